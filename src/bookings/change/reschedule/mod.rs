//! Moving a booking to another time, by either side.

pub mod pages;
pub mod web;

use chrono::{DateTime, Utc};

use crate::{
    bookings::change::{ChangeError, answer},
    bookings::{
        self, Booking, BookingChange, ChangeKind, Status, change, free, group,
        state::{self, Action, Actor},
        take::{self, BookError, Judged, Locked},
    },
    db::{AsQueryError, BookingId, DbError, PersonId, Tx},
    error::Error,
    schedule::{Refusal, Span},
    slots::{PersonTime, Taken, claims, index},
};

/// Why a booking is not moved.
#[derive(Debug, thiserror::Error)]
pub enum MoveError {
    #[error(transparent)]
    Change(ChangeError),
    #[error(transparent)]
    Book(BookError),
    /// As `BookError::GuestBusy`, to the host.
    #[error("the other person is busy at this time")]
    TheyAreBusy,
    /// A host may do it all the same, once warned.
    #[error("{0}")]
    Unusual(Refusal),
}

impl From<DbError> for MoveError {
    fn from(error: DbError) -> Self {
        Self::Book(error.into())
    }
}

impl From<diesel::result::Error> for MoveError {
    fn from(error: diesel::result::Error) -> Self {
        Self::Book(error.into())
    }
}

impl From<ChangeError> for MoveError {
    fn from(error: ChangeError) -> Self {
        Self::Change(error)
    }
}

impl From<BookError> for MoveError {
    fn from(error: BookError) -> Self {
        Self::Book(error)
    }
}

impl AsQueryError for MoveError {
    fn as_query_error(&self) -> Option<&diesel::result::Error> {
        match self {
            Self::Change(error) => error.as_query_error(),
            Self::Book(error) => error.as_query_error(),
            Self::TheyAreBusy | Self::Unusual(_) => None,
        }
    }
}

impl From<MoveError> for Error {
    fn from(error: MoveError) -> Self {
        match error {
            MoveError::Change(error) => error.into(),
            MoveError::Book(error) => error.into(),
            MoveError::TheyAreBusy => Self::Conflict {
                code: "guest_busy",
                detail: error.to_string(),
                alternatives: serde_json::Value::Null,
            },
            MoveError::Unusual(refusal) => Self::Refused {
                code: "unusual_time",
                detail: format!("{refusal}; send `sure` to move the session anyway"),
            },
        }
    }
}

/// Moves a booking to `start`, raising its SEQUENCE, and tells the two. The guest moves within the offered
/// times; the host, once sure, also inside their own notice and outside their hours, never onto
/// something else of either. The host of a group moves it for everybody in it. The same time again changes
/// nothing.
pub fn reschedule(
    tx: &mut Tx,
    id: BookingId,
    by: PersonId,
    start: DateTime<Utc>,
    is_sure: bool,
) -> Result<Booking, MoveError> {
    let (before, actor) = change::find(tx, id, by)?;
    let now = tx.now()?;
    let status = state::may(&before, Action::Move, actor, now).map_err(ChangeError::from)?;
    if actor == Actor::Guest && before.is_late(now) {
        return Err(ChangeError::TooLate.into());
    }
    if start == before.starts_at {
        return Ok(before);
    }
    change::not_too_often(tx, id, by)?;
    if !bookings::rules::is_known(start) || start > now + bookings::rules::FURTHEST_MOVE {
        return Err(BookError::NotOffered(Refusal::NotOffered).into());
    }
    let (held, others) = others_in_group(tx, &before)?;
    for hold in &held {
        bookings::store::expire(tx, hold.id, now)?;
    }
    // Their own time does not stand in their way.
    let all = held.iter().chain(&others).chain([&before]);
    let all: Vec<BookingId> = all.map(|seat| seat.id).collect();
    let dropped = claims::store::drop_claims(tx, &all)?;
    let locked = take::lock_as_booked(tx, &before)?;
    bookings::rules::may_move(actor, &locked.guest, &locked.host).map_err(BookError::Barred)?;
    let judged = match answer::after_overdue(tx, &locked, |tx| {
        take::judge_alone(tx, &locked, start, None)
    }) {
        Err(BookError::NotOffered(refusal)) if actor == Actor::Host && start > now => {
            if !is_sure {
                return Err(MoveError::Unusual(refusal));
            }
            let span = Span::new(start, start + before.span().length());
            Judged {
                span,
                taken: free_for_both(tx, &locked, span)?,
                seat: None,
                terms: None,
            }
        }
        Err(BookError::GuestBusy) if actor == Actor::Host => return Err(MoveError::TheyAreBusy),
        other => other?,
    };
    let span = judged.span;
    let guests: Vec<PersonId> = others.iter().map(|seat| seat.guest_id).collect();
    if is_any_busy(tx, &guests, span)? {
        return Err(MoveError::TheyAreBusy);
    }
    index::store::add_load(tx, before.host_id, before.starts_at, -1, now)?;
    let moved = |seat: &Booking| Booking {
        status,
        starts_at: span.start,
        ends_at: span.end,
        sequence: seat.sequence + 1,
        updated_at: now,
        ..seat.clone()
    };
    let after = moved(&before);
    locked.claim(tx, &after, judged)?;
    let others: Vec<(&Booking, Booking)> = others.iter().map(|seat| (seat, moved(seat))).collect();
    let seats: Vec<&Booking> = others.iter().map(|(_, after)| after).collect();
    group::store::claim_for_guests(tx, &seats)?;
    let taken: Vec<_> = guests
        .iter()
        .map(|guest| PersonTime {
            person: *guest,
            span,
        })
        .collect();
    index::refresh_people(tx, &taken)?;
    // Its own one last, with which the host is told.
    let all = others.iter().map(|(seat, after)| (*seat, after));
    for (seat, after) in all.chain([(&before, &after)]) {
        bookings::store::replace(tx, seat, after)?;
        let event = BookingChange {
            is_about_all_seats: false,
            booking: after,
            by: Some(by),
            what: ChangeKind::Moved,
            note: "",
            was: Some(before.span()),
            at: now,
        };
        event.record(tx)?;
    }
    free::offer_again(tx, &before, &dropped)?;
    Ok(after)
}

/// The seats in the group of a booking besides its own: those held while somebody decides, and those had.
fn others_in_group(
    tx: &mut Tx,
    booking: &Booking,
) -> Result<(Vec<Booking>, Vec<Booking>), DbError> {
    let now = tx.now()?;
    let Some(group) = booking.group_id else {
        return Ok(Default::default());
    };
    let mut seats = group::store::seats(tx, group, now)?;
    seats.retain(|seat| seat.id != booking.id);
    Ok(seats
        .into_iter()
        .partition(|seat| seat.status == Status::Held))
}

/// Whether one of those people has something at that time.
fn is_any_busy(tx: &mut Tx, people: &[PersonId], span: Span) -> Result<bool, DbError> {
    let now = tx.now()?;
    if people.is_empty() {
        return Ok(false);
    }
    let taken = claims::store::taken_within(tx, people, span, now, None)?;
    claims::store::drop_expired(tx, people, now)?;
    Ok(taken.spans().any(|other| other.meets(&span)))
}

/// What is taken of the two around `span`, if nothing of it is at that time.
fn free_for_both(tx: &mut Tx, locked: &Locked, span: Span) -> Result<Taken, MoveError> {
    let now = tx.now()?;
    let (host, guest) = (locked.host.person.id, locked.guest.id);
    let around = index::concerned(&locked.host, span);
    let taken = claims::store::taken_within(tx, &[host, guest], around, now, None)?;
    let is_taken = |person| taken.spans_of(person).any(|other| other.meets(&span));
    if is_taken(guest) {
        return Err(MoveError::TheyAreBusy);
    }
    if is_taken(host) {
        return Err(BookError::Taken {
            alternatives: Vec::new(),
        }
        .into());
    }
    Ok(taken)
}
