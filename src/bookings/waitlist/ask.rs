//! Joining and leaving the waitlist.

use diesel::prelude::*;

use super::{NewWish, Weekly, Wish, WishOf, store};
use crate::{
    bookings::{free, take::BookError},
    db::{DbError, PersonId, Tx, WishId, types::Words},
    input::Problems,
    people, slots,
};

/// The most wishes of one student that can wait.
pub const MOST_WISHES: i64 = 5;

/// Why a wish is not taken.
#[derive(Debug, thiserror::Error)]
pub enum WishError {
    #[error("you are already on the waitlist {MOST_WISHES} times; leave one first")]
    TooMany,
    #[error(transparent)]
    Invalid(#[from] Problems),
    #[error("there is no such service or waitlist entry")]
    NotFound,
    #[error(transparent)]
    Database(#[from] DbError),
}

crate::verb_error!(WishError);

impl From<WishError> for crate::error::Error {
    fn from(error: WishError) -> Self {
        match error {
            WishError::TooMany => Self::Refused {
                code: "too_many_wishes",
                detail: error.to_string(),
            },
            WishError::Invalid(problems) => Self::Unprocessable(problems),
            WishError::NotFound => Self::NotFound,
            WishError::Database(error) => error.into(),
        }
    }
}

/// Puts a wish on the list; hosts who may suit are looked at soon.
pub fn ask(tx: &mut Tx, guest: PersonId, wanted: &NewWish) -> Result<Wish, WishError> {
    people::store::lock(tx, &[guest])?;
    let now = tx.now()?;
    let (service_id, kind) = match &wanted.of {
        WishOf::Kind(kind) => (None, kind.clone()),
        WishOf::Service { handle, slug } => {
            let found = slots::store::offered_as(tx, handle, slug).optional()?;
            let (service, host) = found.ok_or(WishError::NotFound)?;
            if host.person.id == guest {
                return Err(WishError::NotFound);
            }
            (Some(service.id), service.kind)
        }
    };
    let wish = Wish {
        id: WishId::random(),
        guest_id: guest,
        service_id,
        kind,
        topics: Words(wanted.topics.iter().map(|t| t.to_lowercase()).collect()),
        zone: wanted.zone.clone(),
        weekly: Weekly(wanted.weekly.clone()),
        until_on: wanted.until_on,
        asked_at: now,
        ended_at: None,
        booking_id: None,
    };
    // The same once more is what waits already.
    if let Some(same) = store::same(tx, &wish)? {
        return Ok(same);
    }
    if store::count_open(tx, guest)? >= MOST_WISHES {
        return Err(WishError::TooMany);
    }
    store::insert(tx, &wish)?;
    store::look_at_hosts_for(tx, &wish, &wish.spans(now), now)?;
    Ok(wish)
}

/// Takes a wish off the list, and gives back what is held for it. Twice is as good as once.
pub fn withdraw(tx: &mut Tx, id: WishId, guest: PersonId) -> Result<(), BookError> {
    let wish = store::own(tx, id, guest)?.ok_or(BookError::NotFound)?;
    people::store::lock_concerned(tx, |tx| {
        let hosts = store::held_for(tx, id)?.into_iter();
        Ok(hosts
            .map(|booking| booking.host_id)
            .chain([guest])
            .collect())
    })?;
    let now = tx.now()?;
    store::end(tx, wish.id, None, now)?;
    for booking in store::held_for(tx, id)? {
        free::release(tx, &booking)?;
    }
    Ok(())
}
