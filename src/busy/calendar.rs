//! Foreign calendars that keep their owners busy: had, changed, removed, and what was read from them.

use std::collections::HashSet;

use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;

use super::{BusyCalendar, Skipped, jobs::CalendarFailing, store};
use crate::{
    bookings,
    db::{BusyCalendarId, Conn, DbError, PersonId, Tx},
    fetch::{self, Source},
    ical::busy::{self, ReadError, ReadOptions, Reading},
    jobs,
    keys::Keys,
    people::{self, Person},
    schedule::Span,
    slots::index,
};

/// Most calendars of one person.
pub const MOST: usize = 10;
/// How far ahead busy time is read: further than any horizon, and further still by the days for which
/// an unchanged calendar is not read again.
const AHEAD: TimeDelta = TimeDelta::days(400);
/// Even an unchanged calendar is read again after this, since the window moves on.
pub const READ_AGAIN: TimeDelta = TimeDelta::days(7);

#[derive(Debug, thiserror::Error)]
pub enum BusyCalendarError {
    #[error("you have already connected {MOST} calendars; remove one first")]
    TooMany,
    #[error("you have already connected this calendar")]
    Twice,
    #[error("this calendar does not exist")]
    NotFound,
    #[error(transparent)]
    Unreadable(#[from] ReadError),
    #[error(transparent)]
    Database(DbError),
}

impl From<DbError> for BusyCalendarError {
    fn from(error: DbError) -> Self {
        match error {
            DbError::Query(error) if crate::db::violates(&error, "busy_calendars_once") => {
                Self::Twice
            }
            other => Self::Database(other),
        }
    }
}

impl From<diesel::result::Error> for BusyCalendarError {
    fn from(error: diesel::result::Error) -> Self {
        DbError::Query(error).into()
    }
}

impl crate::db::AsQueryError for BusyCalendarError {
    fn as_query_error(&self) -> Option<&diesel::result::Error> {
        match self {
            Self::Database(error) => error.as_query_error(),
            _ => None,
        }
    }
}

impl From<BusyCalendarError> for crate::error::Error {
    fn from(error: BusyCalendarError) -> Self {
        match error {
            BusyCalendarError::TooMany | BusyCalendarError::Twice => {
                Self::unprocessable("address", &error.to_string())
            }
            BusyCalendarError::Unreadable(_) => Self::unprocessable("file", &error.to_string()),
            BusyCalendarError::NotFound => Self::NotFound,
            BusyCalendarError::Database(error) => error.into(),
        }
    }
}

/// Adds a calendar by its address; it is fetched at the next opportunity.
pub fn add_address(
    tx: &mut Tx,
    keys: &Keys,
    of: PersonId,
    label: &str,
    source: &Source,
) -> Result<(), BusyCalendarError> {
    let now = tx.now()?;
    let text = source.to_text();
    let calendar = BusyCalendar {
        address: Some(keys.encrypt(text.as_bytes())),
        address_hash: Some(keys.fingerprint(text.as_bytes())),
        host: source.url.host_str().unwrap_or_default().to_owned(),
        next_at: Some(now),
        ..new(of, label, now)
    };
    add(tx, &calendar)
}

/// Adds what was read from an uploaded file.
pub fn add_file(
    tx: &mut Tx,
    of: PersonId,
    label: &str,
    reading: &Reading,
) -> Result<(), BusyCalendarError> {
    let now = tx.now()?;
    let calendar = new(of, label, now);
    add(tx, &calendar)?;
    keep(tx, &calendar, reading, &fetch::Validators::default(), None)
}

fn new(of: PersonId, label: &str, now: DateTime<Utc>) -> BusyCalendar {
    BusyCalendar {
        id: BusyCalendarId::random(),
        person_id: of,
        label: label.to_owned(),
        address: None,
        address_hash: None,
        host: String::new(),
        keep_offering: true,
        count_free: false,
        etag: String::new(),
        last_modified: String::new(),
        events: 0,
        skipped: Skipped::default(),
        created_at: now,
        read_at: None,
        checked_at: None,
        next_at: None,
        failures: 0,
        failing_since: None,
        told_at: None,
    }
}

fn add(tx: &mut Tx, calendar: &BusyCalendar) -> Result<(), BusyCalendarError> {
    people::store::lock(tx, &[calendar.person_id])?;
    if store::of(tx, calendar.person_id)?.len() >= MOST {
        return Err(BusyCalendarError::TooMany);
    }
    Ok(store::insert(tx, calendar)?)
}

/// Removes a calendar and the busy time that it made. Nobody else's is found.
pub fn remove(tx: &mut Tx, id: BusyCalendarId, of: PersonId) -> Result<(), BusyCalendarError> {
    people::store::lock(tx, &[of])?;
    if !store::delete(tx, id, of)? {
        return Err(BusyCalendarError::NotFound);
    }
    Ok(index::refresh(tx, of)?)
}

/// Whether times are offered while a calendar is old, and whether events marked as free count. The
/// calendar is read anew for it.
pub fn change(
    tx: &mut Tx,
    id: BusyCalendarId,
    of: PersonId,
    keep_offering: bool,
    count_free: bool,
) -> Result<(), BusyCalendarError> {
    people::store::lock(tx, &[of])?;
    let now = tx.now()?;
    let calendar = store::own(tx, id, of)?.ok_or(BusyCalendarError::NotFound)?;
    store::set_choices(tx, id, keep_offering, count_free)?;
    if calendar.address.is_some() {
        store::read_anew(tx, id, now)?;
        if calendar.is_old(now) && calendar.keep_offering && !keep_offering {
            block(tx, &calendar)?;
        }
    }
    Ok(())
}

/// Reads a calendar at the next opportunity, unless it has just been looked at.
pub fn hurry(tx: &mut Tx, id: BusyCalendarId, of: PersonId) -> Result<(), BusyCalendarError> {
    let calendar = store::own(tx, id, of)?.ok_or(BusyCalendarError::NotFound)?;
    let now = tx.now()?;
    let is_recent = store::last_tried(tx, id)?.is_some_and(|at| at + TimeDelta::minutes(1) > now);
    if calendar.address.is_some() && !is_recent {
        store::set_next(tx, &[id], now)?;
    }
    Ok(())
}

/// What is kept of foreign calendars.
pub fn window(now: DateTime<Utc>) -> Span {
    Span::new(now - TimeDelta::days(1), now + AHEAD)
}

/// Reads a file for its owner: busy time by the owner's clocks, without what is ours anyway.
pub fn read(
    bytes: &[u8],
    owner: &Person,
    own: &HashSet<String>,
    count_free: bool,
    now: DateTime<Utc>,
) -> Result<Reading, ReadError> {
    busy::read::read(
        bytes,
        &ReadOptions {
            window: window(now),
            zone: &owner.zone(),
            count_free,
            is_own: &|uid| own.contains(uid),
            owner: &[owner.email.to_lowercase()],
        },
    )
}

/// The UIDs of a person's own bookings, as calendars hand them back to us.
pub fn own_uids(conn: &mut Conn, of: PersonId) -> QueryResult<HashSet<String>> {
    let uids = bookings::store::uids_of(conn, of)?;
    Ok(uids.into_iter().map(|uid| uid.to_string()).collect())
}

/// Keeps what was read instead of what was there before.
pub fn keep(
    tx: &mut Tx,
    calendar: &BusyCalendar,
    reading: &Reading,
    validators: &fetch::Validators,
    next_at: Option<DateTime<Utc>>,
) -> Result<(), BusyCalendarError> {
    people::store::lock(tx, &[calendar.person_id])?;
    let now = tx.now()?;
    store::replace_times(tx, calendar, &reading.busy)?;
    store::note_read(tx, calendar.id, reading, validators, next_at, now)?;
    Ok(index::refresh(tx, calendar.person_id)?)
}

/// Notes that a calendar could not be had. What we have of it stays, and is said to be old after two
/// days; then its owner is told, and no times are offered if that is the choice.
pub fn note_failure(
    tx: &mut Tx,
    calendar: &BusyCalendar,
    next_at: Option<DateTime<Utc>>,
) -> Result<(), BusyCalendarError> {
    people::store::lock(tx, &[calendar.person_id])?;
    let now = tx.now()?;
    let Some(noted) = store::note_failure(tx, calendar.id, next_at, now)? else {
        return Ok(()); // Removed meanwhile.
    };
    // One that will never be tried again is not waited for.
    let is_lost = noted.is_old(now) || next_at.is_none();
    if is_lost && noted.told_at.is_none() {
        store::set_told(tx, noted.id, now)?;
        jobs::enqueue(tx, &[CalendarFailing { calendar: noted.id }], now)?;
        if !noted.keep_offering {
            block(tx, &noted)?;
        }
    }
    Ok(())
}

/// All of the owner's time counts as busy until the calendar can be read again.
fn block(tx: &mut Tx, calendar: &BusyCalendar) -> Result<(), BusyCalendarError> {
    let now = tx.now()?;
    store::replace_times(tx, calendar, &[Span::new(now, now + AHEAD)])?;
    Ok(index::refresh(tx, calendar.person_id)?)
}
