//! Moving a booking to another time, by either side.

use chrono::{DateTime, Utc};

use super::{
    Booking,
    change::{self, ChangeError, Event, What},
    hold::{self, BookError, Judged, Locked},
    state::{self, Action, Actor},
    store, waitlist,
};
use crate::{
    db::{AsQueryError, BookingId, Conn, DbError, PersonId},
    error::Error,
    schedule::{Refusal, Span},
    slots::{Taken, free_times, store as slot_store, store_free},
};

/// Why a booking is not moved.
#[derive(Debug, thiserror::Error)]
pub enum MoveError {
    #[error(transparent)]
    Change(ChangeError),
    #[error(transparent)]
    Book(BookError),
    /// As `BookError::GuestBusy`, to the host.
    #[error("they have something else at this time")]
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
                detail: format!("{refusal}; say that you are sure to move it there all the same"),
            },
        }
    }
}

/// Moves a booking to `start`, raising its SEQUENCE, and tells the two. The guest moves within the offered
/// times; the host, once sure, also inside their own notice and outside their hours, never onto
/// something else of either. The same time again changes nothing.
pub fn reschedule(
    conn: &mut Conn,
    id: BookingId,
    by: PersonId,
    (start, is_sure): (DateTime<Utc>, bool),
    now: DateTime<Utc>,
) -> Result<Booking, MoveError> {
    let (before, actor) = change::find(conn, id, by)?;
    let status = state::may(&before, Action::Move, actor, now).map_err(ChangeError::from)?;
    if actor == Actor::Guest && before.is_late(now) {
        return Err(ChangeError::TooLate.into());
    }
    if start == before.starts_at {
        return Ok(before);
    }
    let locked = hold::lock_as_booked(conn, &before, now)?;
    let judged = match hold::judge(conn, &locked, start, now, Some(id)) {
        Err(BookError::NotOffered(refusal)) if actor == Actor::Host && start > now => {
            if !is_sure {
                return Err(MoveError::Unusual(refusal));
            }
            let span = Span::new(start, start + before.span().length());
            Judged {
                span,
                taken: free_for_both(conn, &locked, span, now, id)?,
                seat: None,
                terms: None,
            }
        }
        Err(BookError::GuestBusy) if actor == Actor::Host => return Err(MoveError::TheyAreBusy),
        other => other?,
    };
    let span = judged.span;
    let after = Booking {
        status,
        starts_at: span.start,
        ends_at: span.end,
        sequence: before.sequence + 1,
        updated_at: now,
        ..before.clone()
    };
    store::replace(conn, &before, &after)?;
    let dropped = slot_store::drop_claims(conn, id)?;
    store_free::add_load(conn, before.host_id, before.starts_at, -1, now)?;
    locked.claim(conn, &after, judged, now)?;
    waitlist::offer_again(conn, &before, &dropped, now)?;
    let event = Event {
        booking: &after,
        by: Some(by),
        what: What::Moved,
        note: "",
        was: Some(before.span()),
        at: now,
    };
    event.record(conn)?;
    Ok(after)
}

/// What is taken of the two around `span`, if nothing of it is at that time.
fn free_for_both(
    conn: &mut Conn,
    locked: &Locked,
    span: Span,
    now: DateTime<Utc>,
    except: BookingId,
) -> Result<Taken, MoveError> {
    let both = [locked.host.person.id, locked.guest.id];
    let around = free_times::concerned(&locked.host, span);
    let taken = slot_store::taken_within(conn, &both, around, now, Some(except))?;
    let is_taken = |person| {
        let claims = taken.claims.iter().filter(|c| c.person_id == person);
        let busy = taken.busy.iter().filter(|(of, _)| *of == person);
        claims
            .map(|claim| claim.span())
            .chain(busy.map(|(_, span)| *span))
            .any(|other| other.meets(&span))
    };
    if is_taken(locked.guest.id) {
        return Err(MoveError::TheyAreBusy);
    }
    if is_taken(locked.host.person.id) {
        return Err(BookError::Taken {
            alternatives: Vec::new(),
        }
        .into());
    }
    Ok(taken)
}
