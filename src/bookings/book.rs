//! Booking: from a hold on the site, or at once through the API.

use chrono::{DateTime, Utc};

use super::{
    Booking, BookingChange, ChangeKind, Meeting, Preparation, Status,
    change::answer,
    group, preparation,
    rules::{self, Barrier},
    store,
    take::{self, BookError, Locked},
    waitlist::{self, offer},
};
use crate::{
    db::{BookingId, PersonId, Tx},
    slots::{MARKETPLACE, claims, index},
};

/// A request of the API.
#[derive(Clone, Debug)]
pub struct NewBooking {
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
pub fn book(tx: &mut Tx, guest: PersonId, wanted: &NewBooking) -> Result<Meeting, BookError> {
    if let Some(before) = earlier(tx, guest, wanted)? {
        return Ok(before);
    }
    let locked = take::lock_named(tx, &wanted.alumnus, &wanted.service, guest, &MARKETPLACE)?;
    // Of two with the same key at once, the second finds the first's booking under the lock.
    if let Some(before) = earlier(tx, guest, wanted)? {
        return Ok(before);
    }
    let now = tx.now()?;
    // The database sees to the other caps.
    let patient = take::is_patient(tx, guest, locked.host.person.id)?;
    patient.map_err(BookError::Barred)?;
    let said = wanted.said.checked(&locked.service.questions.0)?;
    let judged = answer::after_overdue(tx, &locked, |tx| {
        take::judge(tx, &locked, wanted.start, None)
    })?;
    let (status, what) = beginning(tx, &locked)?;
    let booking = take::row(&locked, &judged, status, &said, now);
    take::insert(tx, &booking, &judged)?;
    if let Some((key, hash)) = &wanted.key {
        store::keep_key(tx, &booking, key, Some(hash))?;
    }
    locked.claim(tx, &booking, judged)?;
    record(tx, &booking, what)?;
    Ok(locked.meeting(booking))
}

fn earlier(
    tx: &mut Tx,
    guest: PersonId,
    wanted: &NewBooking,
) -> Result<Option<Meeting>, BookError> {
    let Some((key, hash)) = &wanted.key else {
        return Ok(None);
    };
    match store::by_key(tx, guest, key)? {
        Some((booking, of)) if of.as_ref() == Some(hash) => Ok(store::meeting(tx, booking.id)?),
        Some(_) => Err(BookError::KeyReused),
        None => Ok(None),
    }
}

/// Turns the guest's hold into a booking. A hold that ran out is taken up again if its time is
/// still free; one that was confirmed before is the same booking.
pub fn confirm(
    tx: &mut Tx,
    id: BookingId,
    guest: PersonId,
    said: &Preparation,
) -> Result<Booking, BookError> {
    let held = store::booking(tx, id)?
        .filter(|b| b.guest_id == guest)
        .ok_or(BookError::NotFound)?;
    if matches!(held.status, Status::Confirmed | Status::Pending) {
        return Ok(held);
    }
    let locked = take::lock(tx, held.service_id, vec![held.host_id], guest, &MARKETPLACE)?;
    let now = tx.now()?;
    let held = store::booking(tx, id)?.ok_or(BookError::NotFound)?;
    match held.status {
        Status::Confirmed | Status::Pending => return Ok(held),
        Status::Held => {}
        Status::Expired if held.cancelled_at.is_none() => {}
        _ => return Err(BookError::HoldOver),
    }
    // What the host has given up meanwhile is not taken up again.
    if held.status == Status::Expired {
        let given_up = waitlist::store::given_up_by_host(tx, held.host_id, now)?;
        if given_up.iter().any(|span| span.meets(&held.span())) {
            return Err(BookError::HoldOver);
        }
    }
    // A hold that ran out becomes another row, whose key it is: two presses make one booking.
    let key = format!("hold {id}");
    if let Some((before, _)) = store::by_key(tx, guest, &key)? {
        return Ok(before);
    }
    let said = said.checked(&held.questions.0)?;
    let judged = answer::after_overdue(tx, &locked, |tx| {
        take::judge(tx, &locked, held.starts_at, Some(id))
    })?;
    let (status, what) = beginning(tx, &locked)?;
    let mut booking = take::row(&locked, &judged, status, &said, now);
    (booking.starts_at, booking.ends_at) = (held.starts_at, held.ends_at);
    booking.questions = held.questions.clone(); // As they were answered.
    booking.wish_id = held.wish_id;
    // One of the two claims may be gone only where the hold has run out.
    let is_kept = held.is_held(now)
        && (claims::store::set_expiry(tx, id, None)? == 2 || held.group_id.is_some());
    if is_kept {
        booking.id = held.id;
        (booking.group_id, booking.seat, booking.seats) = (held.group_id, held.seat, held.seats);
        let joins = judged.seat.is_some_and(|seat| seat.joins);
        if status == Status::Confirmed && !joins {
            index::store::add_load(tx, held.host_id, held.starts_at, 1, now)?;
        }
        store::replace(tx, &held, &booking)?;
        if let Some(group) = booking.group_id {
            group::store::settle_claim(tx, group, now)?;
        }
    } else {
        store::expire(tx, id, now)?;
        claims::store::drop_claims(tx, &[id])?;
        take::insert(tx, &booking, &judged)?;
        store::keep_key(tx, &booking, &key, None)?;
        preparation::store::carry_files(tx, id, booking.id)?;
        locked.claim(tx, &booking, judged)?;
    }
    offer::fulfil(tx, &booking)?;
    record(tx, &booking, what)?;
    Ok(booking)
}

/// The state in which a booking of this service begins, and what its history says.
fn beginning(tx: &mut Tx, locked: &Locked) -> Result<(Status, ChangeKind), BookError> {
    let now = tx.now()?;
    if !locked.service.approval {
        return Ok((Status::Confirmed, ChangeKind::Booked));
    }
    if store::open_requests(tx, locked.guest.id, now)? >= rules::MOST_REQUESTS {
        return Err(BookError::Barred(Barrier::TooManyRequests));
    }
    Ok((Status::Pending, ChangeKind::Asked))
}

fn record(tx: &mut Tx, booking: &Booking, what: ChangeKind) -> Result<(), BookError> {
    let now = tx.now()?;
    let event = BookingChange {
        is_about_all_seats: false,
        booking,
        by: Some(booking.guest_id),
        what,
        note: "",
        was: None,
        at: now,
    };
    Ok(event.record(tx)?)
}
