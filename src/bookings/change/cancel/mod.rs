//! Cancelling, by either side, before it begins; and the keys in mails.

pub mod pages;
pub mod web;

use crate::{
    bookings::change::ChangeError,
    bookings::{
        self, Booking, BookingChange, ChangeKind, Status,
        aftercare::reliability,
        change, free, group,
        state::{self, Action, Actor},
    },
    db::{BookingId, PersonId, Tx},
    input::Reader,
    keys::{Keys, Purpose},
    people::{self, Standing},
    slots::{availability, index},
};

/// Why somebody cancels, if they say so.
pub fn reason(reader: &mut Reader, typed: &str) -> String {
    reader.paragraphs("reason", typed, 500)
}

/// How a booking is cancelled.
#[derive(Clone, Debug, Default)]
pub struct How {
    pub reason: String,
    /// After the deadline, all the same; then it counts as late.
    pub is_late: bool,
    /// Its host offers the time to nobody else either.
    pub closes_time: bool,
    /// Whoever cancels does so for everybody in its group, as its host does.
    pub ends_group: bool,
}

/// Cancels a booking of `by`, frees the time and queues the letters. Nobody else's is found. The host of a
/// group ends it for everybody.
pub fn cancel(tx: &mut Tx, id: BookingId, by: PersonId, how: &How) -> Result<Booking, ChangeError> {
    let (before, actor) = change::find(tx, id, by)?;
    cancel_locked(tx, &before, by, actor, how)
}

/// As `cancel`, with everybody in it locked already.
pub fn cancel_locked(
    tx: &mut Tx,
    before: &Booking,
    by: PersonId,
    actor: Actor,
    how: &How,
) -> Result<Booking, ChangeError> {
    let id = before.id;
    let now = tx.now()?;
    state::may(before, Action::Cancel, actor, now)?;
    let other = match actor {
        Actor::Host => Some(before.guest_id),
        Actor::Guest => Some(before.host_id),
        Actor::Time | Actor::Coordinator => None,
    };
    // Whoever would meet somebody who may not take part owes nobody anything.
    let is_owed = match other {
        Some(other) => people::store::person(tx, other)?.standing == Standing::Active,
        None => false,
    };
    let others = match (before.group_id, actor) {
        (Some(group), Actor::Host) => group::store::seats(tx, group, now)?,
        _ => Vec::new(),
    };
    // Of a group it ends all seats: one that was just taken makes the others no less late.
    let is_late = |booking: &Booking| booking.status == Status::Confirmed && booking.is_late(now);
    let counts_as_late = is_owed && (is_late(before) || others.iter().any(is_late));
    if counts_as_late && !how.is_late {
        return Err(ChangeError::TooLate);
    }
    if how.closes_time && actor == Actor::Host {
        availability::close(tx, by, before.span())?;
    }
    let end = End {
        by,
        actor,
        reason: &how.reason,
        counts_as_late,
        is_about_all_seats: how.ends_group || actor == Actor::Host,
    };
    let (held, had): (Vec<_>, Vec<_>) = others
        .iter()
        .filter(|other| other.id != id)
        .partition(|other| other.status == Status::Held);
    for other in had {
        cancel_one(tx, other, &end)?;
    }
    let after = cancel_one(tx, before, &end)?;
    // After the rest: a seat that is let go of before is offered to whoever waits.
    for other in held {
        free::release(tx, other)?;
    }
    if counts_as_late {
        reliability::weigh(tx, by)?;
    }
    Ok(after)
}

/// How one booking ends.
struct End<'a> {
    by: PersonId,
    actor: Actor,
    reason: &'a str,
    counts_as_late: bool,
    is_about_all_seats: bool,
}

fn cancel_one(tx: &mut Tx, before: &Booking, end: &End) -> Result<Booking, ChangeError> {
    let End {
        by,
        actor,
        reason,
        counts_as_late,
        is_about_all_seats,
    } = *end;
    let now = tx.now()?;
    let after = Booking {
        status: state::may(before, Action::Cancel, actor, now)?,
        cancelled_at: Some(now),
        cancelled_by: Some(by),
        cancel_reason: reason.to_owned(),
        cancelled_late: counts_as_late,
        sequence: before.sequence + 1,
        updated_at: now,
        ..before.clone()
    };
    bookings::store::replace(tx, before, &after)?;
    free::free_again(tx, &after)?;
    let is_last = match before.group_id {
        Some(group) => {
            let seats = group::store::seats(tx, group, now)?;
            seats.iter().all(|seat| seat.status == Status::Held)
        }
        None => true,
    };
    if before.status == Status::Confirmed && is_last {
        index::store::add_load(tx, after.host_id, after.starts_at, -1, now)?;
    }
    let what = if counts_as_late {
        ChangeKind::CancelledLate
    } else {
        ChangeKind::Cancelled
    };
    let event = BookingChange {
        is_about_all_seats,
        booking: &after,
        by: Some(by),
        what,
        note: reason,
        was: None,
        at: now,
    };
    event.record(tx)?;
    Ok(after)
}

/// The key in an email's link: it lets its reader do one thing to this booking as it stands now, nothing else.
pub fn key(
    keys: &Keys,
    purpose: Purpose,
    booking: BookingId,
    reader: PersonId,
    sequence: i32,
) -> String {
    let context = [booking.0.as_bytes().as_slice(), &sequence.to_be_bytes()].concat();
    keys.seal(purpose, reader.0.as_bytes(), &context)
}

/// Whose key that is; nobody's once the booking has changed.
pub fn key_owner(keys: &Keys, purpose: Purpose, key: &str, booking: &Booking) -> Option<PersonId> {
    let context = [
        booking.id.0.as_bytes().as_slice(),
        &booking.sequence.to_be_bytes(),
    ]
    .concat();
    let reader = keys.open(purpose, key, &context)?;
    let reader = PersonId(uuid::Uuid::from_slice(&reader).ok()?);
    booking.involves(reader).then_some(reader)
}
