//! Answering a request: approve, decline, ask for more; and what becomes of one that nobody answers.

use chrono::{DateTime, Utc};

use super::{
    Booking, Preparation,
    change::{self, ChangeError, Event, What},
    rules,
    state::{self, Action, Actor},
    store, waitlist,
};
use crate::{
    db::{AsQueryError, BookingId, Conn, DbError, PersonId, types::Words},
    input::Problems,
    people,
    slots::{store_claims, store_free},
};

/// What a host says to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    Approve,
    Decline,
    AskForMore,
}

impl Answer {
    fn action(self) -> (Action, What) {
        match self {
            Self::Approve => (Action::Approve, What::Approved),
            Self::Decline => (Action::Decline, What::Declined),
            Self::AskForMore => (Action::AskForMore, What::AskedForMore),
        }
    }
}

/// Answers a request and tells the two. Asking for more keeps the time as long again.
pub fn answer(
    conn: &mut Conn,
    id: BookingId,
    by: PersonId,
    answer: Answer,
    note: &str,
    now: DateTime<Utc>,
) -> Result<Booking, ChangeError> {
    let (before, actor) = change::find(conn, id, by)?;
    let (action, what) = answer.action();
    let status = state::may(&before, action, actor, now)?;
    let mut after = Booking {
        status,
        ..before.clone()
    };
    match answer {
        Answer::Approve => {
            after.hold_expires_at = None;
            after.asked_for_more.clear();
            after.sequence += 1;
            after.updated_at = now;
            store_claims::set_expiry(conn, id, None)?;
            store_free::add_load(conn, after.host_id, after.starts_at, 1, now)?;
        }
        Answer::Decline => {
            after.cancelled_at = Some(now);
            after.cancelled_by = Some(by);
            after.cancel_reason = note.to_owned();
            after.sequence += 1;
            after.updated_at = now;
        }
        Answer::AskForMore => {
            let until = rules::answer_by(before.starts_at, before.answer_within_hours, now);
            after.asked_for_more = note.to_owned();
            after.hold_expires_at = Some(until);
            store_claims::set_expiry(conn, id, Some(until))?;
        }
    }
    store::replace(conn, &before, &after)?;
    if answer == Answer::Decline {
        waitlist::free_again(conn, &after, now)?;
    }
    let event = Event {
        booking: &after,
        by: Some(by),
        what,
        note,
        was: None,
        at: now,
    };
    event.record(conn)?;
    Ok(after)
}

/// Replaces what the guest has said and tells the host.
pub fn say_more(
    conn: &mut Conn,
    id: BookingId,
    by: PersonId,
    said: &Preparation,
    now: DateTime<Utc>,
) -> Result<Booking, SayError> {
    let (before, actor) = change::find(conn, id, by)?;
    let status = state::may(&before, Action::SayMore, actor, now).map_err(ChangeError::from)?;
    let said = said.checked(&before.questions.0)?;
    let after = Booking {
        status,
        goals: said.goals,
        help_wanted: said.help_wanted,
        answers: Words(said.answers),
        material_link: said.material_link,
        asked_for_more: String::new(),
        updated_at: now,
        ..before.clone()
    };
    store::replace(conn, &before, &after)?;
    let event = Event {
        booking: &after,
        by: Some(by),
        what: What::SaidMore,
        note: "",
        was: None,
        at: now,
    };
    event.record(conn)?;
    Ok(after)
}

/// Why nothing is added to a request.
#[derive(Debug, thiserror::Error)]
pub enum SayError {
    #[error(transparent)]
    Change(#[from] ChangeError),
    #[error(transparent)]
    Invalid(#[from] Problems),
}

impl From<DbError> for SayError {
    fn from(error: DbError) -> Self {
        Self::Change(error.into())
    }
}

impl From<diesel::result::Error> for SayError {
    fn from(error: diesel::result::Error) -> Self {
        Self::Change(error.into())
    }
}

impl AsQueryError for SayError {
    fn as_query_error(&self) -> Option<&diesel::result::Error> {
        match self {
            Self::Change(error) => error.as_query_error(),
            Self::Invalid(_) => None,
        }
    }
}

/// Ends one request that nobody has answered in time, frees its time and tells the two. Returns whether
/// there was one; several workers find different ones.
pub fn expire_one(conn: &mut Conn, now: DateTime<Utc>) -> Result<bool, ChangeError> {
    let Some(found) = store::overdue_request(conn, now)? else {
        return Ok(false);
    };
    people::store::lock(conn, &[found.host_id, found.guest_id])?;
    let before = store::booking(conn, found.id)?.ok_or(ChangeError::NotFound)?;
    let is_overdue = before.hold_expires_at.is_some_and(|end| end <= now);
    let Some(status) =
        state::after(before.status, Action::Expire, Actor::Time).filter(|_| is_overdue)
    else {
        return Ok(true); // Somebody else was quicker.
    };
    let after = Booking {
        status,
        cancelled_at: Some(now),
        sequence: before.sequence + 1,
        updated_at: now,
        ..before.clone()
    };
    store::replace(conn, &before, &after)?;
    waitlist::free_again(conn, &after, now)?;
    let event = Event {
        booking: &after,
        by: None,
        what: What::Expired,
        note: "",
        was: None,
        at: now,
    };
    event.record(conn)?;
    Ok(true)
}
