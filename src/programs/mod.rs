//! Programs: cohorts of mentors and mentees beside the marketplace, on the same accounts.
//!
//! A program is a file (`file`): every change of it is a version that is kept, and one of them is published.

pub mod api;
pub mod desk;
pub mod faq;
pub mod file;
pub mod pages;
pub mod phase;
pub mod store;
pub mod web;

use self::{
    file::{
        check::check_read,
        lint::{Finding, is_blocked},
        read::{self, is_slug},
    },
    store::NewVersion,
};
use crate::{
    db::{DbError, Tx},
    people::audit::{AuditAction, By, record},
};

/// What came of taking in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Imported {
    pub slug: String,
    pub version: i32,
    /// Whether the file was the latest version already.
    pub is_same: bool,
    /// How many findings keep it from being published.
    pub blocks: usize,
}

impl Imported {
    pub fn in_words(&self) -> String {
        let Self { slug, version, .. } = self;
        let state = match self.blocks {
            0 => "can be published".to_owned(),
            1 => "1 finding keeps it from being published".to_owned(),
            many => format!("{many} findings keep it from being published"),
        };
        match self.is_same {
            true => format!("{slug}: version {version} is the same file; it {state}"),
            false => format!("{slug}: version {version} is in as a draft; {state}"),
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    #[error("the file cannot be read")]
    Unreadable(Vec<Finding>),
    #[error("“{0}” cannot be a slug: 2 to 60 lower-case letters, digits and hyphens")]
    Slug(String),
    #[error(transparent)]
    Database(#[from] DbError),
}
crate::verb_error!(ImportError);

/// Takes a file in as the latest version of the program of its slug, or of `slug`; the published one stays as it is.
pub fn import(
    tx: &mut Tx,
    by: &By,
    text: &str,
    slug: Option<&str>,
) -> Result<Imported, ImportError> {
    let reading = read::read(text).map_err(ImportError::Unreadable)?;
    let (file, findings) = check_read(text, reading, None);
    let slug = slug.unwrap_or(&file.slug).to_owned();
    if !is_slug(&slug) {
        return Err(ImportError::Slug(slug));
    }
    let text = match slug == file.slug {
        true => text.to_owned(),
        false => file::read::with_slug(text, &slug),
    };
    let program = store::lock_or_insert(tx, &slug)?;
    let blocks = findings
        .iter()
        .filter(|f| is_blocked(std::slice::from_ref(f)))
        .count();
    let latest = store::latest(tx, &slug)?;
    if let Some(latest) = latest.as_ref().filter(|latest| latest.text == text) {
        return Ok(Imported {
            slug,
            version: latest.number,
            is_same: true,
            blocks,
        });
    }
    let version = NewVersion {
        program_id: program.id,
        number: latest.map_or(1, |latest| latest.number + 1),
        text,
        made_at: tx.now()?,
        made_by: by.person,
    };
    store::insert_version(tx, &version)?;
    let detail = format!("{slug}, version {}", version.number);
    record::record(tx, by, AuditAction::ProgramChanged, None, &detail)?;
    Ok(Imported {
        slug,
        version: version.number,
        is_same: false,
        blocks,
    })
}

#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    #[error("there is no such version")]
    NotFound,
    /// What blocks it.
    #[error("the program cannot be published as it is")]
    Blocked(Vec<Finding>),
    #[error(transparent)]
    Database(#[from] DbError),
}
crate::verb_error!(PublishError);

/// Publishes a version, unless something blocks it.
pub fn publish(tx: &mut Tx, by: &By, slug: &str, number: i32) -> Result<(), PublishError> {
    let program = store::lock(tx, slug)?.ok_or(PublishError::NotFound)?;
    let version = store::version(tx, program.id, number)?.ok_or(PublishError::NotFound)?;
    let findings = file::check::check(&version.text, None);
    if is_blocked(&findings) {
        return Err(PublishError::Blocked(findings));
    }
    store::set_published(tx, program.id, Some(number))?;
    let detail = format!("{slug}, version {number}");
    record::record(tx, by, AuditAction::ProgramPublished, None, &detail)?;
    Ok(())
}

/// Takes a program off the site; its versions stay.
pub fn unpublish(tx: &mut Tx, by: &By, slug: &str) -> Result<(), PublishError> {
    let program = store::lock(tx, slug)?.ok_or(PublishError::NotFound)?;
    if program.published.is_some() {
        store::set_published(tx, program.id, None)?;
        record::record(tx, by, AuditAction::ProgramUnpublished, None, slug)?;
    }
    Ok(())
}
