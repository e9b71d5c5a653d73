//! How long what people wrote is kept: letters and words of long ago are forgotten, the record that there was
//! a session stays.

use std::{fs, io, path::Path};

use chrono::{DateTime, TimeDelta, Utc};

use super::store;
use crate::db::Tx;

/// Forgets what was written more than `days` ago, and of sessions what was over by then. Returns whether there
/// may be more: each round takes so much that nobody waits for it.
pub fn forget(tx: &mut Tx, days: u16) -> diesel::QueryResult<bool> {
    let now = tx.now()?;
    store::forget_words(tx, now - TimeDelta::days(days.into()))
}

/// Deletes letters kept as files that are older than `before`. Blocks.
pub fn forget_letters(data_dir: &Path, before: DateTime<Utc>) -> io::Result<()> {
    let letters = match fs::read_dir(data_dir.join("mail")) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        other => other?,
    };
    for letter in letters {
        let letter = letter?;
        if DateTime::<Utc>::from(letter.metadata()?.modified()?) < before {
            match fs::remove_file(letter.path()) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {} // Another server may have been quicker.
            }
        }
    }
    Ok(())
}
