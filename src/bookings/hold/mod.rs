//! Holding a time while its guest says what the session is for.

pub mod pages;
pub mod web;

use chrono::{DateTime, Utc};

use crate::{
    bookings::{
        Booking, Preparation, Status,
        change::answer,
        free::release,
        group, rules, store,
        take::{self, BookError},
    },
    db::{self, BookingId, PersonId, ServiceId, Tx},
    people,
    slots::{MARKETPLACE, claims},
};

/// Holds a time for `guest`. Whatever the guest held before is let go.
pub fn hold(
    tx: &mut Tx,
    service: ServiceId,
    guest: PersonId,
    start: DateTime<Utc>,
) -> Result<Booking, BookError> {
    let hosts = store::hosts_touched(tx, service, guest)?;
    let locked = take::lock(tx, service, hosts.clone(), guest, &MARKETPLACE)?;
    let now = tx.now()?;
    for before in store::holds_of(tx, guest)? {
        // Held while we waited for the lock: its host is not locked.
        if !hosts.contains(&before.host_id) {
            return Err(db::overtaken().into());
        }
        release(tx, &before)?;
    }
    // The database will refuse, too; here it is said before the form is filled.
    let allowed = take::is_fair(tx, guest, locked.host.person.id)?;
    allowed.map_err(BookError::Barred)?;
    let judged = answer::after_overdue(tx, &locked, |tx| take::judge(tx, &locked, start, None))?;
    let booking = take::row(&locked, &judged, Status::Held, &Preparation::default(), now);
    take::insert(tx, &booking, &judged)?;
    locked.claim(tx, &booking, judged)?;
    Ok(booking)
}

/// Lets the guest's own hold go. Doing so twice changes nothing more.
pub fn let_go(tx: &mut Tx, hold: BookingId, guest: PersonId) -> Result<Booking, BookError> {
    let booking = own(tx, hold, guest)?;
    release(tx, &booking)?;
    Ok(booking)
}

/// The page was left: the hold ends in a moment, unless the page comes back (`is_back`).
pub fn leave(
    tx: &mut Tx,
    hold: BookingId,
    guest: PersonId,
    is_back: bool,
) -> Result<(), BookError> {
    let booking = own(tx, hold, guest)?;
    let now = tx.now()?;
    // What is held for a wish stays so, wherever its guest looks meanwhile.
    if !booking.is_held(now) || booking.wish_id.is_some() {
        return Ok(());
    }
    let full = booking.created_at + rules::HOLD;
    let expires_at = if is_back {
        full
    } else {
        full.min(now + rules::LEAVING)
    };
    store::set_hold_expiry(tx, hold, expires_at)?;
    claims::store::set_expiry(tx, hold, Some(expires_at))?;
    if let Some(group) = booking.group_id {
        group::store::settle_claim(tx, group, now)?;
    }
    Ok(())
}

/// The guest's hold, with host and guest locked; anybody else's is not found.
fn own(tx: &mut Tx, hold: BookingId, guest: PersonId) -> Result<Booking, BookError> {
    let booking = store::booking(tx, hold)?
        .filter(|b| b.guest_id == guest)
        .ok_or(BookError::NotFound)?;
    people::store::lock(tx, &[booking.host_id, guest])?;
    store::booking(tx, hold)?.ok_or(BookError::NotFound)
}
