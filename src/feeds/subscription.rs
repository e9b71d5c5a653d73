//! A person's secret feed address: had, and changed.

use chrono::{DateTime, Utc};

use super::store;
use crate::{
    app::{self, Keys, Purpose},
    db::{Conn, PersonId},
    error::Error,
    people,
};

/// The token of that version. It follows from the site's key, so that only its hash is stored and
/// its owner can still be shown it.
fn token(keys: &Keys, person: PersonId, version: i32) -> String {
    let context = [person.0.as_bytes().as_slice(), &version.to_be_bytes()].concat();
    let salt = app::hash(&format!("{person} {version}"));
    keys.seal(Purpose::Feed, &salt[..8], &context)
}

/// The path of a person's feed; made when first asked for, or anew.
pub fn path(
    conn: &mut Conn,
    keys: &Keys,
    person: PersonId,
    rotate: bool,
    now: DateTime<Utc>,
) -> Result<String, Error> {
    people::store::lock(conn, &[person])?;
    let version = match store::version(conn, person)? {
        Some(version) if !rotate => version,
        before => {
            let version = before.unwrap_or(0) + 1;
            store::put(
                conn,
                person,
                &app::hash(&token(keys, person, version)),
                version,
                now,
            )?;
            version
        }
    };
    Ok(format!("/calendar/{}.ics", token(keys, person, version)))
}
