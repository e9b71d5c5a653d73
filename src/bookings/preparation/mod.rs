//! Preparing a session together: an agenda, files in versions, notes shared and private. What one
//! changes reaches the other in one letter, not one each.

pub mod api;
pub mod jobs;
pub mod keep;
pub mod letters;
pub mod mail;
pub mod pages;
pub mod prepare;
pub mod store;
pub mod upload;
pub mod web;

use std::io::{self, BufReader};

use chrono::TimeDelta;

use self::upload::{BadFile, FileKind};
use crate::{db::FileId, input::Reader, uploads::Received};

/// What the guest wants to talk about, checked; a form and the API call the field differently.
pub fn agenda(reader: &mut Reader, field: &str, typed: &str) -> String {
    reader.paragraphs(field, typed, 4000)
}

/// A note for the other one, checked.
pub fn note(reader: &mut Reader, field: &str, typed: &str) -> String {
    reader.required_paragraphs(field, typed, 4000)
}

/// How long after the session files are kept.
pub const FILES_STAY: TimeDelta = TimeDelta::days(30);

/// What changes within this is one letter; all of it is sent before the session begins.
pub const GATHERS: TimeDelta = TimeDelta::minutes(15);

/// How long before the session a guest is told that something is missing.
pub const NUDGES: TimeDelta = TimeDelta::days(7);

/// A file that has been looked at.
#[derive(Clone, Debug)]
pub struct NewFile {
    pub id: FileId,
    pub name: String,
    pub kind: FileKind,
    pub bytes: i32,
}

impl NewFile {
    /// Judges a file that has come in; its name is made safe. Blocks.
    pub fn judged(name: &str, content: &Received) -> io::Result<Result<Self, BadFile>> {
        let file = BufReader::new(content.open()?);
        Ok(upload::kind(file).map(|kind| Self {
            id: content.id,
            name: upload::safe_name(name, kind),
            kind,
            bytes: i32::try_from(content.bytes).unwrap_or(i32::MAX),
        }))
    }
}
