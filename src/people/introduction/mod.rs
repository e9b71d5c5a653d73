//! What a student shows to the hosts of their sessions, and to nobody else.

pub mod pages;
pub mod rules;
pub mod store;
pub mod web;

use diesel::prelude::*;

use super::{
    Person, Role,
    profile::{self, photo::Portrait},
};
use crate::{
    db::{Tx, schema, types::Words},
    error::Error,
};

/// What a host reads beside a request.
#[derive(Clone, Debug, Default, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = schema::introductions)]
pub struct Introduction {
    /// What they study, and in which year; empty if they do not say.
    pub programme: String,
    /// Web addresses they chose to show, at most four.
    pub links: Words,
}

/// An introduction as its readers see it.
#[derive(Clone, Debug, Default)]
pub struct Introduced {
    pub introduction: Introduction,
    pub has_photo: bool,
}

/// Alumni have one photo, which is on their profile.
fn require_own_photo(person: &Person) -> Result<(), Error> {
    match person.is(Role::Alumnus) {
        true => Err(Error::Forbidden(
            "Your photo is the one on your profile. Change it there.".into(),
        )),
        false => Ok(()),
    }
}

/// Keeps a photo for the hosts of a student's sessions.
pub fn save_photo(tx: &mut Tx, owner: &Person, portrait: &Portrait) -> Result<(), Error> {
    require_own_photo(owner)?;
    Ok(profile::store::put_photo(
        tx,
        owner.id,
        &portrait.full,
        None,
    )?)
}

pub fn remove_photo(tx: &mut Tx, owner: &Person) -> Result<(), Error> {
    require_own_photo(owner)?;
    Ok(profile::store::remove_photo(tx, owner.id)?)
}
