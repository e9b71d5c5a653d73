//! Sessions ahead of somebody who was suspended or has lapsed: who hears of it, and cancelling them all.

pub mod jobs;
pub mod letters;
pub mod mail;
pub mod store;

use chrono::{DateTime, Utc};

use self::jobs::{Away, AwayWithSessions};
use crate::{
    bookings::{
        Booking,
        change::{
            ChangeError, answer,
            cancel::{self, How},
        },
        state::Actor,
    },
    db::{PersonId, Tx},
    jobs::enqueue,
    people::{
        self,
        audit::{AuditAction, By, record},
    },
};

/// Tells the other side of each such session, and the coordinators once for each person, whatever it was
/// that shut them out. Who is back is forgotten, so that the next time is told again.
pub fn tell(tx: &mut Tx) -> diesel::QueryResult<()> {
    let now = tx.now()?;
    store::forget_who_is_back(tx)?;
    let found = store::note_new(tx, now)?;
    if found.is_empty() {
        return Ok(());
    }
    let (mut to_others, mut to_coordinators) = (Vec::new(), Vec::new());
    let mut counts: Vec<(PersonId, i64)> = Vec::new();
    for absence in found {
        to_others.push(Away {
            booking: absence.booking,
            reader: absence.other,
            at: now,
        });
        match counts
            .iter_mut()
            .find(|(person, _)| *person == absence.person)
        {
            Some((_, count)) => *count += 1,
            None => counts.push((absence.person, 1)),
        }
    }
    let coordinators = people::store::coordinators_to_tell(tx)?;
    for (person, count) in counts {
        to_coordinators.extend(coordinators.iter().map(|coordinator| AwayWithSessions {
            person,
            reader: *coordinator,
            count,
            at: now,
        }));
    }
    enqueue(tx, &to_others, now)?;
    enqueue(tx, &to_coordinators, now)
}

/// Cancels all sessions and requests ahead of a person, for a coordinator. Each is told to both of its
/// sides as any cancellation is, and counts as nobody's. Returns how many there were.
pub fn cancel_all(
    tx: &mut Tx,
    by: &By,
    coordinator: PersonId,
    person: PersonId,
    reason: &str,
) -> Result<usize, ChangeError> {
    people::store::lock_concerned(tx, |tx| {
        let asked = tx.now()?;
        let mut concerned = store::concerned(tx, person, asked)?;
        concerned.push(person);
        Ok(concerned)
    })?;
    // Requests whose time to answer is over are ended as such.
    answer::expire_of(tx, [person; 2])?;
    let now = tx.now()?;
    let ahead: Vec<Booking> = store::ahead(tx, person, now)?;
    for booking in &ahead {
        let how = How {
            reason: reason.to_owned(),
            ends_group: booking.host_id == person,
            ..How::default()
        };
        cancel::cancel_locked(tx, booking, coordinator, Actor::Coordinator, &how)?;
    }
    let detail = format!("{} sessions", ahead.len());
    record::record(
        tx,
        by,
        AuditAction::SessionsCancelled,
        Some(person),
        &detail,
    )?;
    Ok(ahead.len())
}

/// Whether a letter about somebody being away is still of use.
pub fn is_ahead(booking: &Booking, now: DateTime<Utc>) -> bool {
    !booking.is_off() && booking.starts_at > now
}
