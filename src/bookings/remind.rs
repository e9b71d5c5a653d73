//! Reminders: based on how things stand when they are due, each at most once.

use chrono::{DateTime, Utc};

use super::{Meeting, Status, event, group, jobs::Reminder, store};
use crate::{
    db::{Conn, Tx},
    jobs,
};

/// Notes which reminders are due and queues those that are still of use. Returns how many were queued.
///
/// Of several that are late only the last one is sent, and none to somebody who has had a letter about the
/// session since it was due, because it was booked, approved or moved only then.
pub fn remind(tx: &mut Tx) -> diesel::QueryResult<usize> {
    let now = tx.now()?;
    let mut due = store::note_reminders(tx, now)?;
    due.retain(|reminder| reminder.is_useful);
    // The last one of each reader and session comes first.
    due.sort_unstable_by_key(|r| (r.booking_id, r.person_id, r.minutes));
    due.dedup_by_key(|r| (r.booking_id, r.person_id));
    let letter = |r: &store::DueReminder| Reminder {
        booking: r.booking_id,
        reader: r.person_id,
        minutes: r.minutes,
        starts_at: r.starts_at,
        at: now,
    };
    let queued: Vec<Reminder> = due.iter().map(letter).collect();
    jobs::enqueue(tx, &queued, now)?;
    Ok(queued.len())
}

/// The session that a reminder is about; none if it does not stand any more as it did when the reminder was
/// noted.
pub fn standing(
    conn: &mut Conn,
    reminder: &Reminder,
    now: DateTime<Utc>,
) -> diesel::QueryResult<Option<Meeting>> {
    let Some(mut meeting) = store::meeting(conn, reminder.booking)? else {
        return Ok(None);
    };
    // The seat by which the host of a group was reminded may have been given up meanwhile.
    let group = meeting.booking.group_id;
    if let Some(group) = group.filter(|_| event::is_about_all(&meeting, reminder.reader))
        && let Some(seat) = group::store::shown_to_host(conn, group, reminder.reader)?
        && let Some(shown) = store::meeting(conn, seat)?
    {
        meeting = shown;
    }
    let booking = &meeting.booking;
    let stands = booking.status == Status::Confirmed
        && booking.starts_at == reminder.starts_at
        && booking.starts_at > now;
    Ok(stands.then_some(meeting))
}
