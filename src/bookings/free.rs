//! Freeing a time: its claims are dropped, and whoever waits for it is offered it, in the same transaction.

use super::{
    Booking, group,
    waitlist::{offer::pass_on, store},
};
use crate::{
    bookings,
    db::{DbError, Tx},
    slots::{PersonTime, claims, index},
};

/// Drops the claims of a booking or hold, whose host is locked, and offers the time to whoever waits for
/// it, in the same transaction: nobody else can be quicker.
pub fn free_again(tx: &mut Tx, booking: &Booking) -> Result<(), DbError> {
    let now = tx.now()?;
    if let Some(group) = booking.group_id {
        // The host's time stays claimed while others come.
        group::store::settle_claim(tx, group, now)?;
    }
    let dropped = claims::store::drop_claims(tx, &[booking.id])?;
    offer_again(tx, booking, &dropped)
}

/// Offers the time of a booking whose claims were `dropped`, as `free_again` does.
pub fn offer_again(tx: &mut Tx, booking: &Booking, dropped: &[PersonTime]) -> Result<(), DbError> {
    let now = tx.now()?;
    index::refresh_people(tx, dropped)?;
    index::store::note_growth(tx, &[booking.host_id], now)?;
    // Whoever gives a time up does not wait for it.
    store::note_given_up(tx, booking, now)?;
    pass_on(tx, booking.host_id)
}

/// Lets a hold go; its host is locked.
pub fn release(tx: &mut Tx, hold: &Booking) -> Result<(), DbError> {
    let now = tx.now()?;
    if bookings::store::expire(tx, hold.id, now)? {
        free_again(tx, hold)?;
    }
    Ok(())
}
