//! What coordinators do with the catalogue of topics: add one, rename it, merge it into another, take it off.

use super::store;
use crate::{
    db::{DbError, Tx},
    error::Error,
    people::audit::{AuditAction, By, record::record},
};

/// The most topics.
const MOST: i64 = 500;

#[derive(Debug, thiserror::Error)]
pub enum TopicError {
    #[error("is already in the catalogue, or another word for “{0}”; merge them instead")]
    Taken(String),
    #[error("cannot be added: the catalogue has 500 topics, which is the most")]
    TooMany,
    #[error("must be another topic")]
    Itself,
    #[error("there is no such topic")]
    NotFound,
    #[error(transparent)]
    Database(#[from] DbError),
}
crate::verb_error!(TopicError);

impl TopicError {
    /// What to say at a field, unless it is no mistake of whoever typed.
    pub fn at_field(self) -> Result<String, Error> {
        match self {
            Self::NotFound => Err(Error::NotFound),
            Self::Database(error) => Err(error.into()),
            refused => Ok(refused.to_string()),
        }
    }
}

pub fn add(tx: &mut Tx, by: &By, name: &str) -> Result<(), TopicError> {
    store::lock(tx)?;
    if let Some(known) = store::find(tx, name)? {
        return Err(TopicError::Taken(known));
    }
    if store::count(tx)? >= MOST {
        return Err(TopicError::TooMany);
    }
    let now = tx.now()?;
    store::insert(tx, name, now)?;
    // However it was written so far.
    store::rewrite(tx, name, name)?;
    Ok(record(
        tx,
        by,
        AuditAction::TopicsChanged,
        None,
        &format!("{name} added"),
    )?)
}

/// Whoever lists it lists it under its new name; the old one is another word for it.
pub fn rename(tx: &mut Tx, by: &By, name: &str, to: &str) -> Result<(), TopicError> {
    store::lock(tx)?;
    let name = exactly(tx, name)?;
    match store::find(tx, to)? {
        Some(known) if known != name => return Err(TopicError::Taken(known)),
        _ => {}
    }
    store::rename(tx, &name, to)?;
    store::remove_alias(tx, to)?;
    if !store::is_same(tx, &name, to)? {
        store::put_alias(tx, &name, to)?;
    }
    store::rewrite(tx, &name, to)?;
    let detail = format!("{name} renamed to {to}");
    Ok(record(tx, by, AuditAction::TopicsChanged, None, &detail)?)
}

/// Whoever lists a word lists a topic instead. The word is a topic that is one no more, or none that ever was.
pub fn merge(tx: &mut Tx, by: &By, word: &str, into: &str) -> Result<(), TopicError> {
    store::lock(tx)?;
    let into = exactly(tx, into)?;
    match store::find(tx, word)? {
        Some(name) if name == into => return Err(TopicError::Itself),
        Some(name) if store::is_same(tx, &name, word)? => {
            store::move_aliases(tx, &name, &into)?;
            store::remove(tx, &name)?;
        }
        // It is another word for something already.
        Some(name) => return Err(TopicError::Taken(name)),
        None if !store::is_listed(tx, word)? => return Err(TopicError::NotFound),
        None => {}
    }
    store::put_alias(tx, word, &into)?;
    store::rewrite(tx, word, &into)?;
    let detail = format!("{word} merged into {into}");
    Ok(record(tx, by, AuditAction::TopicsChanged, None, &detail)?)
}

/// Takes a topic off the catalogue. Whoever lists it goes on doing so.
pub fn remove(tx: &mut Tx, by: &By, name: &str) -> Result<(), TopicError> {
    store::lock(tx)?;
    let name = exactly(tx, name)?;
    store::remove(tx, &name)?;
    let detail = format!("{name} removed");
    Ok(record(tx, by, AuditAction::TopicsChanged, None, &detail)?)
}

/// The topic of that very name, however it is typed.
fn exactly(tx: &mut Tx, name: &str) -> Result<String, TopicError> {
    let found = store::find(tx, name)?.ok_or(TopicError::NotFound)?;
    match store::is_same(tx, &found, name)? {
        true => Ok(found),
        false => Err(TopicError::NotFound),
    }
}
