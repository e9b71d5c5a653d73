//! What an alumnus does with the own profile: save it, pause, leave the board.

pub mod pages;
pub mod photo;
pub mod store;
pub mod web;

use chrono::{DateTime, Utc};

use self::photo::Portrait;
use crate::{
    db::Tx,
    error::Error,
    people::{self, Person, Profile, Role, topic},
};

fn require_alumnus(person: &Person) -> Result<(), Error> {
    if person.is(Role::Alumnus) {
        return Ok(());
    }
    Err(Error::Forbidden(
        "Only alumni have a profile. If you are an alumnus, ask a coordinator to add that role."
            .into(),
    ))
}

pub fn save(tx: &mut Tx, owner: &Person, profile: &Profile) -> Result<(), Error> {
    require_alumnus(owner)?;
    let mut profile = profile.clone();
    profile.topics.0 = topic::store::as_in_catalogue(tx, &profile.topics.0)?;
    Ok(store::update_profile(tx, owner.id, &profile)?)
}

pub fn save_photo(tx: &mut Tx, owner: &Person, portrait: &Portrait) -> Result<(), Error> {
    require_alumnus(owner)?;
    Ok(store::put_photo(
        tx,
        owner.id,
        &portrait.full,
        Some(&portrait.thumbnail),
    )?)
}

pub fn remove_photo(tx: &mut Tx, owner: &Person) -> Result<(), Error> {
    require_alumnus(owner)?;
    Ok(store::remove_photo(tx, owner.id)?)
}

/// Stops or takes up being booked. What is booked stays. Holds the lock that booking takes, so a
/// booking is either before the pause or refused.
///
/// A pause with an end is over from then on.
pub fn pause(
    tx: &mut Tx,
    owner: &Person,
    since: Option<DateTime<Utc>>,
    until: Option<DateTime<Utc>>,
) -> Result<(), Error> {
    require_alumnus(owner)?;
    people::store::lock(tx, &[owner.id])?;
    Ok(store::set_paused(tx, owner.id, since, until)?)
}

/// Leaves the board or comes back to it.
pub fn unlist(tx: &mut Tx, owner: &Person, since: Option<DateTime<Utc>>) -> Result<(), Error> {
    require_alumnus(owner)?;
    people::store::lock(tx, &[owner.id])?;
    Ok(store::set_unlisted(tx, owner.id, since)?)
}
