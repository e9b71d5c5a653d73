//! What the verbs that change a booking share: finding it under the lock, noting and telling what
//! has happened.

pub mod answer;
pub mod cancel;
pub mod pages;
pub mod reschedule;
pub mod web;

use crate::{
    bookings::{
        self, Booking, BookingChange, ChangeKind, Status, group,
        jobs::{BookingLetter, News},
        state::{Actor, WrongState},
    },
    db::{BookingId, DbError, GroupId, PersonId, Tx},
    error::Error,
    keys::Purpose,
    people,
    slots::availability::AvailabilityError,
};

/// Of the links in letters by which a booking is cancelled, and a request answered.
pub const CANCEL_LINK: Purpose = Purpose::numbered(3);
pub const ANSWER_LINK: Purpose = Purpose::numbered(6);

/// Why a booking is not changed.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    #[error("{0}")]
    Refused(#[from] WrongState),
    #[error("the deadline for changes has passed; you can still tell them you cannot make it")]
    TooLate,
    #[error("you have changed this {MOST_A_DAY} times today; try again tomorrow")]
    TooOften,
    #[error("this booking does not exist")]
    NotFound,
    #[error("the time cannot be closed: {0}")]
    Hours(AvailabilityError),
    #[error(transparent)]
    Database(#[from] DbError),
}
crate::verb_error!(ChangeError);

impl From<AvailabilityError> for ChangeError {
    fn from(error: AvailabilityError) -> Self {
        match error {
            AvailabilityError::Database(error) => Self::Database(error),
            error @ (AvailabilityError::TooMany | AvailabilityError::NoZone) => Self::Hours(error),
        }
    }
}

impl From<ChangeError> for Error {
    fn from(error: ChangeError) -> Self {
        let detail = error.to_string();
        let code = match error {
            ChangeError::Refused(_) => "wrong_state",
            ChangeError::TooLate => "too_late",
            ChangeError::TooOften => "too_often",
            ChangeError::NotFound => return Self::NotFound,
            ChangeError::Hours(error) => return error.into(),
            ChangeError::Database(error) => return error.into(),
        };
        Self::Conflict {
            code,
            detail,
            alternatives: serde_json::Value::Null,
        }
    }
}

/// The booking with both of its people locked, for the host of a group all of its guests, and the side of `by`. Nobody else's is found.
pub fn find(tx: &mut Tx, id: BookingId, by: PersonId) -> Result<(Booking, Actor), ChangeError> {
    let booking = bookings::store::booking(tx, id)?.ok_or(ChangeError::NotFound)?;
    let actor = Actor::of(by, &booking).ok_or(ChangeError::NotFound)?;
    people::store::lock_concerned(tx, |tx| {
        let mut concerned = vec![booking.host_id, booking.guest_id];
        if let (Some(group), Actor::Host) = (booking.group_id, actor) {
            concerned.extend(group::store::people_in(tx, group)?);
        }
        Ok(concerned)
    })?;
    let booking = bookings::store::booking(tx, id)?.ok_or(ChangeError::NotFound)?;
    Ok((booking, actor))
}

/// How often one person may change one booking within a day, so that nobody floods the other's mailbox.
/// Cancelling is always allowed.
pub const MOST_A_DAY: i64 = 12;

/// Refuses one more change that the other would hear of.
pub fn not_too_often(tx: &mut Tx, booking: BookingId, by: PersonId) -> Result<(), ChangeError> {
    let since = tx.now()? - chrono::TimeDelta::days(1);
    match bookings::store::changes_by(tx, booking, by, since)? {
        count if count >= MOST_A_DAY => Err(ChangeError::TooOften),
        _ => Ok(()),
    }
}

/// Where others keep their seats, the host's event goes on: news and SEQUENCE for the host. What the host
/// does to all seats is told with the last of them.
fn to_host(
    tx: &mut Tx,
    group: GroupId,
    news: News,
    event: &BookingChange,
) -> diesel::QueryResult<Option<(News, i32)>> {
    let mut seats = group::store::seats(tx, group, event.at)?;
    seats.retain(|seat| seat.status != Status::Held);
    let is_here = |seat: &Booking| seat.starts_at == event.booking.starts_at;
    let news = match news {
        News::Confirmed if seats.len() == 1 => {
            return Ok(Some((news, group::store::sequence(tx, group)?)));
        }
        News::Confirmed => News::SeatTaken,
        News::Moved if seats.iter().all(is_here) => news,
        News::Moved => return Ok(None),
        _ if seats.is_empty() => news,
        _ if event.is_about_all_seats => return Ok(None),
        _ => News::SeatLeft,
    };
    Ok(Some((news, group::store::raise(tx, group)?)))
}

impl BookingChange<'_> {
    /// Writes the line of history and queues a letter to each of the two whose calendars or plans it changes.
    pub fn record(&self, tx: &mut Tx) -> diesel::QueryResult<()> {
        let letters = self.letters(tx)?;
        bookings::store::note(tx, self, &letters)
    }

    /// Those about what comes after the session are `aftercare`'s.
    fn letters(&self, tx: &mut Tx) -> diesel::QueryResult<Vec<BookingLetter>> {
        let news = match self.what {
            ChangeKind::Asked => News::Asked,
            ChangeKind::Booked | ChangeKind::Approved => News::Confirmed,
            ChangeKind::AskedForMore => News::AskedForMore,
            ChangeKind::SaidMore => News::SaidMore,
            ChangeKind::Moved => News::Moved,
            ChangeKind::Declined => News::Declined,
            ChangeKind::Cancelled | ChangeKind::CancelledLate => News::Cancelled,
            ChangeKind::Expired => News::Expired,
            ChangeKind::SaidAttended
            | ChangeKind::SaidNoShow
            | ChangeKind::SaidOther
            | ChangeKind::Completed
            | ChangeKind::NoShow => return Ok(Vec::new()),
        };
        let booking = self.booking;
        let own = (news, booking.sequence);
        let to_host = match booking.group_id {
            None => Some(own),
            Some(group) => to_host(tx, group, news, self)?,
        };
        let letter = |reader, (news, sequence)| BookingLetter {
            booking: booking.id,
            reader,
            news,
            sequence,
            starts_at: booking.starts_at,
            ends_at: booking.ends_at,
            was: self.was.map(|span| (span.start, span.end)),
            note: self.note.to_owned(),
            group: booking.group_id,
            erased: Vec::new(),
            at: self.at,
        };
        // Both know what they have said themselves.
        let guests = (self.what != ChangeKind::SaidMore).then(|| letter(booking.guest_id, own));
        let hosts = to_host.filter(|_| self.what != ChangeKind::AskedForMore);
        let hosts = hosts.map(|news| letter(booking.host_id, news));
        Ok(guests.into_iter().chain(hosts).collect())
    }
}
