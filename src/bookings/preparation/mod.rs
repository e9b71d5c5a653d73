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
pub mod web;

use chrono::TimeDelta;

use crate::input::Reader;

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
