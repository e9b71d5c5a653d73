//! What coordinators do with the catalogue: add a kind, change one, retire one, order them.

use super::{
    Entry,
    rules::{MOST_KINDS, NewEntry, free_word},
    store,
};
use crate::{
    db::{DbError, Tx},
    people::audit::{AuditAction, By, record::record},
};

#[derive(Debug, thiserror::Error)]
pub enum EditError {
    #[error(
        "You can have at most {MOST_KINDS} kinds of service, including those no longer offered; change one of them instead"
    )]
    TooMany,
    #[error("is already used by another kind of service")]
    TitleTaken,
    #[error("must be another kind of service that is offered")]
    Itself,
    #[error("there is no such kind of service")]
    NotFound,
    #[error(transparent)]
    Database(#[from] DbError),
}
crate::verb_error!(EditError);

impl From<EditError> for crate::error::Error {
    fn from(error: EditError) -> Self {
        match error {
            EditError::TooMany | EditError::TitleTaken => {
                Self::unprocessable("title", &error.to_string())
            }
            EditError::Itself => Self::unprocessable("into", &error.to_string()),
            EditError::NotFound => Self::NotFound,
            EditError::Database(error) => error.into(),
        }
    }
}

/// Changes the kind of that word, or adds one at the end without. Services that there are keep what they ask.
pub fn put(
    tx: &mut Tx,
    by: &By,
    word: Option<&str>,
    wanted: &NewEntry,
) -> Result<Entry, EditError> {
    let catalogue = store::lock_all(tx)?;
    let existing = match word {
        Some(word) => Some(catalogue.find(word).ok_or(EditError::NotFound)?),
        None if catalogue.0.len() >= MOST_KINDS => return Err(EditError::TooMany),
        None => None,
    };
    let kind = existing.map_or_else(
        || free_word(&wanted.title, &catalogue),
        |entry| entry.kind.clone(),
    );
    let is_named_so = |entry: &&Entry| {
        entry.kind != kind && entry.title.to_lowercase() == wanted.title.to_lowercase()
    };
    if catalogue.0.iter().any(|entry| is_named_so(&entry)) {
        return Err(EditError::TitleTaken);
    }
    let last = catalogue.0.last().map_or(0, |entry| entry.position);
    let entry = Entry {
        kind,
        title: wanted.title.clone(),
        icon: wanted.icon.to_owned(),
        needs_file: wanted.needs_file,
        questions: wanted.questions.clone(),
        position: existing.map_or(last + 1, |entry| entry.position),
        retired_at: existing.and_then(|entry| entry.retired_at),
    };
    save(tx, by, &entry)?;
    Ok(entry)
}

/// Stops or takes up offering a kind for new services. Services of it stay.
pub fn set_offered(tx: &mut Tx, by: &By, word: &str, is_offered: bool) -> Result<Entry, EditError> {
    let catalogue = store::lock_all(tx)?;
    let mut entry = catalogue.find(word).ok_or(EditError::NotFound)?.clone();
    if entry.retired_at.is_none() != is_offered {
        entry.retired_at = if is_offered { None } else { Some(tx.now()?) };
        save(tx, by, &entry)?;
    }
    Ok(entry)
}

/// Changes places with the offered kind before it; the first stays where it is.
pub fn move_up(tx: &mut Tx, by: &By, word: &str) -> Result<(), EditError> {
    let catalogue = store::lock_all(tx)?;
    let mut entry = catalogue.find(word).ok_or(EditError::NotFound)?.clone();
    let before = catalogue
        .offered()
        .take_while(|other| other.kind != entry.kind)
        .last();
    let Some(mut before) = before.cloned() else {
        return Ok(());
    };
    std::mem::swap(&mut entry.position, &mut before.position);
    store::put(tx, &before)?;
    save(tx, by, &entry)
}

/// Makes every service of a kind, and every wish for one, of another kind, and stops offering the first.
pub fn merge(tx: &mut Tx, by: &By, word: &str, into: &str) -> Result<(), EditError> {
    let catalogue = store::lock_all(tx)?;
    let mut entry = catalogue.find(word).ok_or(EditError::NotFound)?.clone();
    let other = catalogue.find(into).ok_or(EditError::NotFound)?;
    if other.kind == entry.kind || other.retired_at.is_some() {
        return Err(EditError::Itself);
    }
    store::move_all(tx, &entry.kind, &other.kind)?;
    entry.retired_at = Some(tx.now()?);
    save(tx, by, &entry)
}

fn save(tx: &mut Tx, by: &By, entry: &Entry) -> Result<(), EditError> {
    store::put(tx, entry)?;
    let word = entry.kind.as_str();
    record(tx, by, AuditAction::ServiceKindChanged, None, word)?;
    Ok(())
}
