//! Rehearsals: a whole cohort is played with invented people on a clock of its own, before anybody real applies. What
//! is played is what the site does: the same verbs, the same letters.

pub mod invent;
pub mod pages;
pub mod play;
pub mod web;

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::word_enum;

word_enum! {
    /// What happens in a rehearsal.
    EventKind {
        /// The cohort stands somewhere else.
        State = "state",
        /// Something ends.
        Deadline = "deadline",
        /// Something is due.
        Task = "task",
        /// Somebody did something.
        Action = "action",
        /// Somebody could not do something.
        Refused = "refused",
        Mail = "mail",
        /// What would go wrong.
        Problem = "problem",
    }
}

/// Something that happens in a rehearsal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Event {
    pub at: DateTime<Utc>,
    pub kind: EventKind,
    /// Whom it happens to; empty: the cohort.
    pub who: String,
    pub what: String,
}

/// What there was in all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Totals {
    pub mentees: usize,
    pub mentors: usize,
    pub applications: usize,
    pub selected: usize,
    pub mails: usize,
    /// Letters with a result, at the one moment.
    pub results: usize,
    pub problems: usize,
}

/// A rehearsal from its first to its last event, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rehearsal {
    pub events: Vec<Event>,
    pub totals: Totals,
}
