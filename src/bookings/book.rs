//! Booking: from a hold on the site, or at once through the API.

use chrono::{DateTime, Utc};

use super::{
    Booking, Meeting, Preparation, Status,
    hold::{self, BookError},
    store,
};
use crate::{
    db::{BookingId, Conn, PersonId},
    jobs::{self, BookingLetter, Job, News},
    slots::{store as slot_store, store_free},
};

/// A request of the API.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// The host's handle.
    pub alumnus: String,
    /// The service's slug.
    pub service: String,
    pub start: DateTime<Utc>,
    pub said: Preparation,
    /// The client's key, and a hash of the request it stands for.
    pub key: Option<(String, Vec<u8>)>,
}

/// Books what `wanted` names for `guest` and queues the letters about it. The same key again is
/// the same booking.
pub fn book(
    conn: &mut Conn,
    guest: PersonId,
    wanted: &Wanted,
    now: DateTime<Utc>,
) -> Result<Meeting, BookError> {
    if let Some(before) = earlier(conn, guest, wanted)? {
        return Ok(before);
    }
    let locked = hold::lock_named(conn, (&wanted.alumnus, &wanted.service), guest, now)?;
    // Of two with the same key at once, the second finds the first's booking under the lock.
    if let Some(before) = earlier(conn, guest, wanted)? {
        return Ok(before);
    }
    let said = wanted.said.checked(&locked.service.questions.0)?;
    let (slot, taken) = hold::judge(conn, &locked, wanted.start, now, None)?;
    let mut booking = hold::row(&locked, slot, Status::Confirmed, &said, now);
    if let Some((key, hash)) = &wanted.key {
        booking.idempotency_key = Some(key.clone());
        booking.request_hash = Some(hash.clone());
    }
    store::insert(conn, &booking)?;
    locked.claim(conn, &booking, taken, now)?;
    tell_both(conn, &booking, News::Confirmed, now)?;
    Ok(locked.meeting(booking))
}

fn earlier(
    conn: &mut Conn,
    guest: PersonId,
    wanted: &Wanted,
) -> Result<Option<Meeting>, BookError> {
    let Some((key, hash)) = &wanted.key else {
        return Ok(None);
    };
    match store::by_key(conn, guest, key)? {
        Some(booking) if booking.request_hash.as_ref() == Some(hash) => {
            Ok(store::meeting(conn, booking.id)?)
        }
        Some(_) => Err(BookError::KeyReused),
        None => Ok(None),
    }
}

/// Turns the guest's hold into a booking. A hold that ran out is taken up again if its time is
/// still free; one that was confirmed before is the same booking.
pub fn confirm(
    conn: &mut Conn,
    id: BookingId,
    guest: PersonId,
    said: &Preparation,
    now: DateTime<Utc>,
) -> Result<Booking, BookError> {
    let held = store::booking(conn, id)?
        .filter(|b| b.guest_id == guest)
        .ok_or(BookError::NotFound)?;
    if held.status == Status::Confirmed {
        return Ok(held);
    }
    let locked = hold::lock(conn, held.service_id, vec![held.host_id], guest, now)?;
    let held = store::booking(conn, id)?.ok_or(BookError::NotFound)?;
    match held.status {
        Status::Confirmed => return Ok(held),
        Status::Cancelled => return Err(BookError::HoldOver),
        Status::Held | Status::Expired => {}
    }
    // A hold that ran out becomes another row, whose key it is: two presses make one booking.
    let key = format!("hold {id}");
    if let Some(before) = store::by_key(conn, guest, &key)? {
        return Ok(before);
    }
    let said = said.checked(&held.questions.0)?;
    let (_, taken) = hold::judge(conn, &locked, held.starts_at, now, Some(id))?;
    let booking = if held.is_held(now) {
        slot_store::set_expiry(conn, id, None)?;
        store_free::add_load(conn, held.host_id, held.starts_at, 1, now)?;
        store::confirm(conn, id, &said, now)?
    } else {
        let mut booking = hold::row(&locked, held.span(), Status::Confirmed, &said, now);
        booking.idempotency_key = Some(key);
        store::expire(conn, id, now)?;
        slot_store::drop_claims(conn, id)?;
        store::insert(conn, &booking)?;
        locked.claim(conn, &booking, taken, now)?;
        booking
    };
    tell_both(conn, &booking, News::Confirmed, now)?;
    Ok(booking)
}

/// Queues a letter to each of the two about what has just happened.
pub fn tell_both(
    conn: &mut Conn,
    booking: &Booking,
    news: News,
    now: DateTime<Utc>,
) -> diesel::QueryResult<()> {
    let letter = |reader| {
        Job::BookingLetter(BookingLetter {
            booking: booking.id,
            reader,
            news,
            sequence: booking.sequence,
            starts_at: booking.starts_at,
            ends_at: booking.ends_at,
            at: now,
        })
    };
    jobs::enqueue(
        conn,
        &[letter(booking.guest_id), letter(booking.host_id)],
        now,
    )
}
