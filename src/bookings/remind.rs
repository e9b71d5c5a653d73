//! Reminders: decided by what stands when they are due, each at most once.

use chrono::{DateTime, Utc};

use super::store;
use crate::{
    db::Conn,
    jobs::{self, Job, Reminder},
};

/// Notes which reminders are due and queues those that are still of use. Returns how many were queued.
///
/// Of several that are late only the last one is sent, and none to somebody who has had a letter about the
/// session since it was due, because it was booked, approved or moved only then.
pub fn remind(conn: &mut Conn, now: DateTime<Utc>) -> diesel::QueryResult<usize> {
    let mut due = store::note_reminders(conn, now)?;
    due.retain(|reminder| reminder.is_useful);
    // The last one of each reader and session comes first.
    due.sort_unstable_by_key(|r| (r.booking_id, r.person_id, r.minutes));
    due.dedup_by_key(|r| (r.booking_id, r.person_id));
    let job = |r: &store::DueReminder| {
        Job::Reminder(Reminder {
            booking: r.booking_id,
            reader: r.person_id,
            minutes: r.minutes,
            starts_at: r.starts_at,
            at: now,
        })
    };
    let queued: Vec<Job> = due.iter().map(job).collect();
    jobs::enqueue(conn, &queued, now)?;
    Ok(queued.len())
}
