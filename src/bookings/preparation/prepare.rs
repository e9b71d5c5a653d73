//! Preparing a session together: what each of the two may do, and when the other is told.

use chrono::{DateTime, TimeDelta, Utc};

use super::{
    FILES_STAY, GATHERS, NUDGES,
    jobs::{Digest, Nudge},
    store,
};
use crate::{
    bookings::{self, Booking, Status, state::Actor},
    db::{BookingId, Conn, DbError, FileId, NoteId, PersonId, Tx},
    error::Error,
    jobs, people,
    uploads::NewFile,
};

/// And how long after a hold that came to nothing: it may be taken up again.
const HOLDS_STAY: TimeDelta = TimeDelta::hours(2);

const SOON: TimeDelta = TimeDelta::hours(1);

/// The most versions of files in one session, and below, the most notes of each person.
const MOST_FILES: i64 = 20;

const MOST_NOTES: i64 = 100;

/// Why something is not added to a preparation.
#[derive(Debug, thiserror::Error)]
pub enum PrepareError {
    #[error("there is no such session, file or note")]
    NotFound,
    #[error("this session is over or cancelled, so nothing more can be added to it")]
    Closed,
    #[error("there can be at most {MOST_FILES} files; remove one first")]
    TooManyFiles,
    #[error("there can be at most {MOST_NOTES} notes; remove one first")]
    TooManyNotes,
    /// The other person was quicker; what they wrote has to be read first.
    #[error(
        "the other person has changed the agenda; their version is above and yours is below, save again to replace it"
    )]
    Overtaken,
    #[error(transparent)]
    Database(#[from] DbError),
}

crate::verb_error!(PrepareError);

impl From<PrepareError> for Error {
    fn from(error: PrepareError) -> Self {
        let detail = error.to_string();
        let code = match error {
            PrepareError::NotFound => return Self::NotFound,
            PrepareError::Database(error) => return error.into(),
            PrepareError::Closed => "wrong_state",
            PrepareError::Overtaken => "overtaken",
            PrepareError::TooManyFiles => "too_many_files",
            PrepareError::TooManyNotes => "too_many_notes",
        };
        Self::Conflict {
            code,
            detail,
            alternatives: serde_json::Value::Null,
        }
    }
}

/// The booking, with the two locked, if `by` is one of them and it is open.
fn find(tx: &mut Tx, id: BookingId, by: PersonId) -> Result<Booking, PrepareError> {
    let booking = bookings::store::booking(tx, id)?.ok_or(PrepareError::NotFound)?;
    let side = Actor::of(by, &booking).ok_or(PrepareError::NotFound)?;
    people::store::lock(tx, &[booking.host_id, booking.guest_id])?;
    let now = tx.now()?;
    let booking = bookings::store::booking(tx, id)?.ok_or(PrepareError::NotFound)?;
    if booking.status == Status::Held && side == Actor::Host {
        return Err(PrepareError::NotFound); // Hosts do not see holds.
    }
    if !bookings::rules::may_prepare(&booking, now) {
        return Err(PrepareError::Closed);
    }
    Ok(booking)
}

/// Notes that the other person has to be told of something.
fn changed(tx: &mut Tx, booking: &Booking, by: PersonId) -> diesel::QueryResult<()> {
    let now = tx.now()?;
    if booking.status == Status::Held {
        return Ok(()); // The booking itself will tell.
    }
    let other = if by == booking.host_id {
        booking.guest_id
    } else {
        booking.host_id
    };
    store::note_digest(tx, booking.id, other, now)
}

/// Adds a file whose content is written already.
pub fn add_file(
    tx: &mut Tx,
    id: BookingId,
    by: PersonId,
    file: &NewFile,
) -> Result<(), PrepareError> {
    let booking = find(tx, id, by)?;
    let now = tx.now()?;
    if store::count_files(tx, id)? >= MOST_FILES {
        return Err(PrepareError::TooManyFiles);
    }
    store::insert_file(tx, id, by, file, now)?;
    Ok(changed(tx, &booking, by)?)
}

/// Removes a file of one's own.
pub fn remove_file(
    tx: &mut Tx,
    id: BookingId,
    file: FileId,
    by: PersonId,
) -> Result<(), PrepareError> {
    find(tx, id, by)?;
    let now = tx.now()?;
    match store::remove_file(tx, id, file, by, now)? {
        true => Ok(()),
        false => Err(PrepareError::NotFound),
    }
}

/// Replaces the agenda, which its writer has seen as `version`; 0: there was none.
pub fn set_agenda(
    tx: &mut Tx,
    id: BookingId,
    by: PersonId,
    words: &str,
    version: i32,
) -> Result<(), PrepareError> {
    let booking = find(tx, id, by)?;
    let now = tx.now()?;
    let before = store::agenda(tx, id)?;
    if before.as_ref().is_some_and(|a| a.words == words) {
        return Ok(());
    }
    if before.map_or(0, |agenda| agenda.version) != version {
        return Err(PrepareError::Overtaken);
    }
    store::put_agenda(tx, id, by, words, version + 1, now)?;
    Ok(changed(tx, &booking, by)?)
}

/// Adds a note, for both or for oneself.
pub fn add_note(
    tx: &mut Tx,
    id: BookingId,
    by: PersonId,
    words: &str,
    is_shared: bool,
) -> Result<(), PrepareError> {
    let booking = find(tx, id, by)?;
    let now = tx.now()?;
    if store::count_notes(tx, id, by)? >= MOST_NOTES {
        return Err(PrepareError::TooManyNotes);
    }
    store::insert_note(tx, id, NoteId::random(), by, words, is_shared, now)?;
    if is_shared {
        changed(tx, &booking, by)?;
    }
    Ok(())
}

/// Removes a note of one's own.
pub fn remove_note(
    tx: &mut Tx,
    id: BookingId,
    note: NoteId,
    by: PersonId,
) -> Result<(), PrepareError> {
    match store::remove_note(tx, id, note, by)? {
        true => Ok(()),
        false => Err(PrepareError::NotFound),
    }
}

/// Queues the letters that gather what has been prepared.
pub fn tell(tx: &mut Tx) -> diesel::QueryResult<()> {
    let now = tx.now()?;
    let letters: Vec<Digest> = store::due_digests(tx, now - GATHERS, now + SOON)?
        .into_iter()
        .map(|(booking, reader, since)| Digest {
            booking,
            reader,
            since,
            at: now,
        })
        .collect();
    jobs::enqueue(tx, &letters, now)
}

/// Queues the letters that say what is missing. It looks at every session of the week to come, so it is not
/// asked for every few seconds.
pub fn nudge(tx: &mut Tx) -> diesel::QueryResult<()> {
    let now = tx.now()?;
    let letters: Vec<Nudge> = store::nudge(tx, now, now + NUDGES)?
        .into_iter()
        .map(|booking| Nudge { booking, at: now })
        .collect();
    jobs::enqueue(tx, &letters, now)
}

/// Which contents of files are kept no longer: of files that were removed, of those whose session is long
/// over or came to nothing.
pub fn outdated(conn: &mut Conn, now: DateTime<Utc>) -> diesel::QueryResult<Vec<FileId>> {
    store::outdated_files(conn, now - FILES_STAY, now - HOLDS_STAY, now)
}
