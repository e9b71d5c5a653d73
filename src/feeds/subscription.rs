//! A person's secret feed address: made, and changed.

use super::store;
use crate::{
    db::{PersonId, Tx},
    error::Error,
    keys::{self, Keys, Purpose},
    people,
};

/// Of the address of a feed.
const FEED: Purpose = Purpose::numbered(2);

/// The token of that version. It follows from the site's key, so that only its hash is stored and
/// its owner can still be shown it.
fn token(keys: &Keys, person: PersonId, version: i32) -> String {
    let context = [person.0.as_bytes().as_slice(), &version.to_be_bytes()].concat();
    let salt = keys::hash(&format!("{person} {version}"));
    keys.seal(FEED, &salt[..8], &context)
}

/// The path of a person's feed; made when first asked for, or when rotated.
pub fn path(tx: &mut Tx, keys: &Keys, person: PersonId, rotate: bool) -> Result<String, Error> {
    people::store::lock(tx, &[person])?;
    let now = tx.now()?;
    let version = match store::version(tx, person)? {
        Some(version) if !rotate => version,
        before => {
            let version = before.unwrap_or(0) + 1;
            store::put(
                tx,
                person,
                &keys::hash(&token(keys, person, version)),
                version,
                now,
            )?;
            version
        }
    };
    Ok(format!("/calendar/{}.ics", token(keys, person, version)))
}
