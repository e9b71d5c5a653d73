//! Programs: cohorts of mentors and mentees beside the marketplace, on the same accounts.
//!
//! A program is a file (`file`): every change of it is a version that is kept, and one of them is published. It is
//! written as a whole (`desk`) or in parts: what it is `about`, its `dates`, and its form (`builder`). Publishing makes
//! its `cohort`; people apply to that (`application`), its `staff` reads (`review`) and decides, and everybody hears at
//! one moment (`selection`). Whoever is in sees it from inside (`member`): milestones, a `space` to talk in, and each
//! `activity` that is put on; what is new comes in a `digest`. A `rehearsal` plays all of that with invented people.
//! `tasks` is what waits for whom.

pub mod about;
pub mod activity;
pub mod api;
pub mod application;
pub mod builder;
pub mod cohort;
pub mod dates;
pub mod desk;
pub mod digest;
pub mod faq;
pub mod file;
pub mod jobs;
pub mod letters;
pub mod mail;
pub mod member;
pub mod pages;
pub mod phase;
pub mod published;
pub mod rehearsal;
pub mod reread;
pub mod review;
pub mod selection;
pub mod space;
pub mod staff;
pub mod store;
pub mod tasks;
pub mod web;

use self::{
    cohort::follow::{FollowError, follow},
    file::{
        check::check_read,
        lint::{Finding, blocking, is_blocked},
        read::{self, is_slug},
    },
    store::NewVersion,
};
use crate::{
    db::{DbError, Tx},
    error::Error,
    people::audit::{AuditAction, By, record},
};

/// A file that has been read and checked, to be taken in.
#[derive(Clone, Debug)]
pub struct Draft {
    pub slug: String,
    name: String,
    text: String,
    /// How many findings keep it from being published.
    blocks: usize,
}

impl Draft {
    /// The file as the program of its slug, or of `slug`.
    ///
    /// # Errors
    ///
    /// Where it is no TOML, or what would be its slug cannot be one.
    pub fn read(text: &str, slug: Option<&str>) -> Result<Self, ImportError> {
        let reading = read::read(text).map_err(ImportError::Unreadable)?;
        let (file, findings) = check_read(text, reading, None);
        let slug = slug.unwrap_or(&file.slug).to_owned();
        if !is_slug(&slug) {
            return Err(ImportError::Slug(slug));
        }
        Ok(Self {
            text: match slug == file.slug {
                true => text.to_owned(),
                false => read::with_slug(text, &slug),
            },
            name: match file.name.is_empty() {
                true => slug.clone(),
                false => file.name,
            },
            slug,
            blocks: blocking(&findings),
        })
    }
}

/// What a file is to follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum After {
    /// Whatever there is.
    Anything,
    /// Nothing: the program is new.
    Nothing,
    /// The version of that number, which its author has seen.
    Version(i32),
}

/// What came of taking in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Imported {
    pub slug: String,
    pub version: i32,
    /// Whether the file was the latest version already.
    pub is_same: bool,
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
    #[error(
        "“{0}” cannot be an address: use 2 to 60 lowercase letters, numbers and hyphens, as in spring-mentoring"
    )]
    Slug(String),
    /// There is another version than the one that it was to follow.
    #[error("somebody has saved another version meanwhile")]
    Changed,
    /// Nothing could be read or written for now.
    #[error(transparent)]
    Unavailable(#[from] Error),
    #[error(transparent)]
    Database(#[from] DbError),
}
crate::verb_error!(ImportError);

/// Takes a file in as the latest version of its program; the published one stays as it is.
pub fn import(tx: &mut Tx, by: &By, draft: &Draft, after: After) -> Result<Imported, ImportError> {
    let Draft {
        slug,
        name,
        text,
        blocks,
    } = draft;
    let program = store::lock_or_insert(tx, slug)?;
    let latest = store::latest(tx, slug)?;
    let number = latest.as_ref().map(|latest| latest.number);
    let follows = match after {
        After::Anything => true,
        After::Nothing => number.is_none(),
        After::Version(seen) => number == Some(seen),
    };
    if !follows {
        return Err(ImportError::Changed);
    }
    let imported = |version: i32, is_same: bool| Imported {
        slug: slug.clone(),
        version,
        is_same,
        blocks: *blocks,
    };
    if let Some(latest) = latest.filter(|latest| latest.text == *text) {
        return Ok(imported(latest.number, true));
    }
    let version = NewVersion {
        program_id: program.id,
        number: number.map_or(1, |number| number + 1),
        text: text.clone(),
        made_at: tx.now()?,
        made_by: by.person,
    };
    store::insert_version(tx, &version)?;
    if program.published.is_none() {
        store::set_name(tx, program.id, name)?;
    }
    let detail = format!("{slug}, version {}", version.number);
    record::record(tx, by, AuditAction::ProgramChanged, None, &detail)?;
    Ok(imported(version.number, false))
}

#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    #[error("there is no such version")]
    NotFound,
    /// What blocks it.
    #[error("the program cannot be published as it is")]
    Blocked(Vec<Finding>),
    /// The cohort cannot be as the file has it.
    #[error(transparent)]
    Cohort(FollowError),
    #[error(transparent)]
    Database(#[from] DbError),
}
crate::verb_error!(PublishError);

/// Publishes a version, unless something blocks it.
pub fn publish(tx: &mut Tx, by: &By, slug: &str, number: i32) -> Result<(), PublishError> {
    let program = store::lock(tx, slug)?.ok_or(PublishError::NotFound)?;
    let version = store::version(tx, program.id, number)?.ok_or(PublishError::NotFound)?;
    let reading = read::read(&version.text).map_err(PublishError::Blocked)?;
    let (file, findings) = check_read(&version.text, reading, None);
    if is_blocked(&findings) {
        return Err(PublishError::Blocked(findings));
    }
    let cohort = follow(tx, program.id, number, &file).map_err(|error| match error {
        FollowError::Database(error) => PublishError::Database(error),
        error => PublishError::Cohort(error),
    })?;
    store::set_published(tx, program.id, Some(number), cohort)?;
    store::set_name(tx, program.id, &file.name)?;
    let detail = format!("{slug}, version {number}");
    record::record(tx, by, AuditAction::ProgramPublished, None, &detail)?;
    Ok(())
}

/// Takes a program off the site; its versions stay.
pub fn unpublish(tx: &mut Tx, by: &By, slug: &str) -> Result<(), PublishError> {
    let program = store::lock(tx, slug)?.ok_or(PublishError::NotFound)?;
    if program.published.is_some() {
        store::set_published(tx, program.id, None, None)?;
        record::record(tx, by, AuditAction::ProgramUnpublished, None, slug)?;
    }
    Ok(())
}
