//! Answering a request: approve, decline, ask for more; and what becomes of one that nobody answers.

pub mod pages;
pub mod web;

use crate::{
    bookings::change::ChangeError,
    bookings::{
        self, Booking, BookingChange, ChangeKind, Preparation, change, free,
        state::{self, Action, Actor},
        take::{BookError, Judged, Locked},
    },
    db::{AsQueryError, BookingId, DbError, PersonId, Tx, types::Words},
    input::{Problems, Reader},
    people,
    slots::index,
};

/// What a host says to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    Approve,
    Decline,
    AskForMore,
}

impl Answer {
    /// What goes with it, which only asking for more needs.
    pub fn note(self, reader: &mut Reader, typed: &str) -> String {
        match self {
            Self::AskForMore => reader.required_paragraphs("note", typed, 1000),
            Self::Approve | Self::Decline => reader.paragraphs("note", typed, 1000),
        }
    }

    fn action(self) -> (Action, ChangeKind) {
        match self {
            Self::Approve => (Action::Approve, ChangeKind::Approved),
            Self::Decline => (Action::Decline, ChangeKind::Declined),
            Self::AskForMore => (Action::AskForMore, ChangeKind::AskedForMore),
        }
    }
}

/// Answers a request and tells the two. Asking for more keeps the time as long again.
pub fn answer(
    tx: &mut Tx,
    id: BookingId,
    by: PersonId,
    answer: Answer,
    note: &str,
) -> Result<Booking, ChangeError> {
    let (before, actor) = change::find(tx, id, by)?;
    let now = tx.now()?;
    if answer == Answer::AskForMore {
        change::not_too_often(tx, id, by)?;
    }
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
            index::store::add_load(tx, after.host_id, after.starts_at, 1, now)?;
        }
        Answer::Decline => {
            after.cancelled_at = Some(now);
            after.cancelled_by = Some(by);
            after.cancel_reason = note.to_owned();
            after.sequence += 1;
            after.updated_at = now;
        }
        Answer::AskForMore => {
            let until =
                bookings::rules::answer_by(before.starts_at, before.answer_within_hours, now);
            after.asked_for_more = note.to_owned();
            after.hold_expires_at = Some(until);
        }
    }
    bookings::store::replace(tx, &before, &after)?;
    if answer == Answer::Decline {
        free::free_again(tx, &after)?;
    }
    let event = BookingChange {
        is_about_all_seats: false,
        booking: &after,
        by: Some(by),
        what,
        note,
        was: None,
        at: now,
    };
    event.record(tx)?;
    Ok(after)
}

/// Replaces what the guest has said and tells the host.
pub fn say_more(
    tx: &mut Tx,
    id: BookingId,
    by: PersonId,
    said: &Preparation,
) -> Result<Booking, SayError> {
    let (before, actor) = change::find(tx, id, by)?;
    let now = tx.now()?;
    let status = state::may(&before, Action::SayMore, actor, now).map_err(ChangeError::from)?;
    change::not_too_often(tx, id, by)?;
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
    bookings::store::replace(tx, &before, &after)?;
    let event = BookingChange {
        is_about_all_seats: false,
        booking: &after,
        by: Some(by),
        what: ChangeKind::SaidMore,
        note: "",
        was: None,
        at: now,
    };
    event.record(tx)?;
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
pub fn expire_one(tx: &mut Tx) -> Result<bool, ChangeError> {
    let asked = tx.now()?;
    let Some(found) = bookings::store::overdue_request(tx, asked)? else {
        return Ok(false);
    };
    people::store::lock(tx, &[found.host_id, found.guest_id])?;
    expire(tx, found.id)?;
    Ok(true)
}

/// Ends the overdue requests of two people, who are locked, so that their time can be had at once. Returns
/// whether there were any; one whose other side is busy at this moment is left to the worker.
pub fn expire_of(tx: &mut Tx, both: [PersonId; 2]) -> Result<bool, ChangeError> {
    let now = tx.now()?;
    let mut is_any = false;
    for found in bookings::store::overdue_requests_of(tx, both, now)? {
        let other = if both.contains(&found.host_id) {
            found.guest_id
        } else {
            found.host_id
        };
        if both.contains(&other) || people::store::lock_if_free(tx, other)?.is_some() {
            is_any |= expire(tx, found.id)?;
        }
    }
    Ok(is_any)
}

/// Judges a time; if it is taken only by requests that nobody has answered in time, ends these and judges once
/// more.
pub fn after_overdue(
    tx: &mut Tx,
    locked: &Locked,
    judge: impl Fn(&mut Tx) -> Result<Judged, BookError>,
) -> Result<Judged, BookError> {
    let judged = judge(tx);
    let is_taken = matches!(judged, Err(BookError::Taken { .. } | BookError::GuestBusy));
    if is_taken && expire_of(tx, [locked.host.person.id, locked.guest.id]).map_err(overdue)? {
        return judge(tx);
    }
    judged
}

fn overdue(error: ChangeError) -> BookError {
    match error {
        ChangeError::Database(error) => BookError::Database(error),
        _ => BookError::NotFound,
    }
}

/// Ends a request, whose two are locked, if it is overdue still. Returns whether it was.
fn expire(tx: &mut Tx, id: BookingId) -> Result<bool, ChangeError> {
    let now = tx.now()?;
    let before = bookings::store::booking(tx, id)?.ok_or(ChangeError::NotFound)?;
    let is_overdue = before.hold_expires_at.is_some_and(|end| end <= now);
    let Some(status) =
        state::after(before.status, Action::Expire, Actor::Time).filter(|_| is_overdue)
    else {
        return Ok(false); // Somebody else was quicker.
    };
    let after = Booking {
        status,
        cancelled_at: Some(now),
        sequence: before.sequence + 1,
        updated_at: now,
        ..before.clone()
    };
    bookings::store::replace(tx, &before, &after)?;
    free::free_again(tx, &after)?;
    let event = BookingChange {
        is_about_all_seats: false,
        booking: &after,
        by: None,
        what: ChangeKind::Expired,
        note: "",
        was: None,
        at: now,
    };
    event.record(tx)?;
    Ok(true)
}
