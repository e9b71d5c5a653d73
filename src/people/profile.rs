//! What an alumnus does with the own profile: save it, pause, leave the board.

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};

use super::{Person, Profile, Role, photo::Portrait, store};
use crate::{db::Conn, error::Error};

fn require_alumnus(person: &Person) -> Result<(), Error> {
    if person.is(Role::Alumnus) {
        return Ok(());
    }
    Err(Error::Forbidden(
        "Only alumni have a profile. A coordinator can make you one.".into(),
    ))
}

pub fn save(conn: &mut Conn, owner: &Person, profile: &Profile) -> Result<(), Error> {
    require_alumnus(owner)?;
    Ok(store::update_profile(conn, owner.id, profile)?)
}

pub fn save_photo(conn: &mut Conn, owner: &Person, portrait: &Portrait) -> Result<(), Error> {
    require_alumnus(owner)?;
    let print = Sha256::digest(&portrait.full);
    Ok(store::put_photo(
        conn,
        owner.id,
        &portrait.full,
        &print,
        &portrait.thumbnail,
    )?)
}

pub fn remove_photo(conn: &mut Conn, owner: &Person) -> Result<(), Error> {
    require_alumnus(owner)?;
    Ok(store::remove_photo(conn, owner.id)?)
}

/// Stops or takes up being booked. What is booked stays. Holds the lock that booking takes, so a
/// booking is either before the pause or refused.
pub fn pause(conn: &mut Conn, owner: &Person, since: Option<DateTime<Utc>>) -> Result<(), Error> {
    require_alumnus(owner)?;
    store::lock(conn, &[owner.id])?;
    Ok(store::set_paused(conn, owner.id, since)?)
}

/// Leaves the board or comes back to it.
pub fn unlist(conn: &mut Conn, owner: &Person, since: Option<DateTime<Utc>>) -> Result<(), Error> {
    require_alumnus(owner)?;
    store::lock(conn, &[owner.id])?;
    Ok(store::set_unlisted(conn, owner.id, since)?)
}
