//! Stands in for passkeys where they are not compiled in: none are offered.

use super::NewPasskey;
use crate::{
    config::Config,
    db::Tx,
    keys::Keys,
    people::{Person, audit::By, second_factor::SecondError},
};

pub fn is_offered(_: &Config) -> bool {
    false
}

pub fn begin(
    _: &mut Tx,
    _: &Keys,
    _: &Config,
    _: &Person,
    _: &[u8],
) -> Result<String, SecondError> {
    Err(SecondError::NotBegun)
}

pub fn add(
    _: &mut Tx,
    _: &Keys,
    _: &Config,
    _: &By,
    _: &Person,
    _: Option<&[u8]>,
    _: &NewPasskey,
) -> Result<Option<Vec<String>>, SecondError> {
    Err(SecondError::NotBegun)
}

pub fn ask(
    _: &mut Tx,
    _: &Keys,
    _: &Config,
    _: &Person,
    _: &[u8],
) -> Result<Option<String>, SecondError> {
    Ok(None)
}

pub fn check(
    _: &mut Tx,
    _: &Keys,
    _: &Config,
    _: &Person,
    _: Option<&[u8]>,
    _: &str,
) -> Result<(), SecondError> {
    Err(SecondError::NotBegun)
}
