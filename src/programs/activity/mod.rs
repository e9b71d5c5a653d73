//! What the staff puts on for a cohort: prompts, which have no time, and events with RSVP and attendance.

pub mod event;
pub mod pages;
pub mod plan;
pub mod rules;
pub mod store;
pub mod web;

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use crate::{
    db::{ActivityId, CohortId, schema::activities},
    programs::file::Part,
    word_enum,
};

word_enum! {
    /// Whether it has a time.
    ActivityKind {
        Prompt = "prompt",
        Event = "event",
    }
}

word_enum! {
    /// Whether somebody comes.
    Rsvp {
        Yes = "yes",
        Maybe = "maybe",
        No = "no",
    }
}

impl Rsvp {
    pub fn words(self) -> &'static str {
        match self {
            Self::Yes => "Yes",
            Self::Maybe => "Maybe",
            Self::No => "No",
        }
    }
}

/// A prompt or an event.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = activities)]
pub struct Activity {
    pub id: ActivityId,
    pub cohort_id: CohortId,
    pub kind: ActivityKind,
    /// Whom it is for.
    pub role: Part,
    pub title: String,
    pub words: String,
    /// Of an event.
    pub starts_at: Option<DateTime<Utc>>,
    pub ends_at: Option<DateTime<Utc>>,
    pub location: String,
    pub sequence: i32,
    pub created_at: DateTime<Utc>,
    pub changed_at: DateTime<Utc>,
    pub cancelled_at: Option<DateTime<Utc>>,
}
