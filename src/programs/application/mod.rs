//! Applications: what people answer who want to take part in a cohort, and what becomes of it.
//!
//! `questions` shows a form's questions and the answers to them, `answering` is the form that saves itself until it is
//! sent, `attachment` keeps the files that answer a question.

pub mod answering;
pub mod api;
pub mod apply;
pub mod attachment;
pub mod form;
pub mod pages;
pub mod questions;
pub mod rules;
pub mod store;
pub mod web;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    db::{ApplicationId, CohortId, PersonId, schema::applications, types::Words},
    programs::file::Part,
    word_enum,
};

word_enum! {
    /// What somebody wants to be in a cohort.
    CohortRole {
        Mentee = "mentee",
        Mentor = "mentor",
    }
}

impl CohortRole {
    /// Whether what is the part's is for this one.
    pub fn is_of(self, part: Part) -> bool {
        match part {
            Part::Both => true,
            Part::Mentee => self == Self::Mentee,
            Part::Mentor => self == Self::Mentor,
        }
    }

    pub fn other(self) -> Self {
        match self {
            Self::Mentee => Self::Mentor,
            Self::Mentor => Self::Mentee,
        }
    }

    pub fn words(self) -> &'static str {
        match self {
            Self::Mentee => "Mentee",
            Self::Mentor => "Mentor",
        }
    }

    pub fn plural(self) -> &'static str {
        match self {
            Self::Mentee => "Mentees",
            Self::Mentor => "Mentors",
        }
    }
}

word_enum! {
    /// How far its author has come.
    ApplicationStatus {
        /// Begun, and seen by its author alone.
        Draft = "draft",
        Submitted = "submitted",
        Withdrawn = "withdrawn",
    }
}

word_enum! {
    /// What is decided about an application.
    Decision {
        Selected = "selected",
        WaitListed = "wait_listed",
        NotSelected = "not_selected",
        /// A seat that has become free is kept for them until they answer.
        Offered = "offered",
        /// They did not take it, or did not answer.
        Declined = "declined",
    }
}

impl Decision {
    pub fn words(self) -> &'static str {
        match self {
            Self::Selected => "Selected",
            Self::WaitListed => "Wait-listed",
            Self::NotSelected => "Not selected",
            Self::Offered => "Offered a seat",
            Self::Declined => "Declined a seat",
        }
    }

    /// Whether it keeps a seat.
    pub fn has_seat(self) -> bool {
        matches!(self, Self::Selected | Self::Offered)
    }
}

/// Answers by the names of fields, each a list of texts as they were typed: one, or what was chosen in order.
#[derive(
    Clone,
    Debug,
    Default,
    PartialEq,
    Eq,
    Serialize,
    Deserialize,
    ToSchema,
    diesel::AsExpression,
    diesel::FromSqlRow,
)]
#[diesel(sql_type = diesel::sql_types::Jsonb)]
#[serde(transparent)]
pub struct Answers(pub BTreeMap<String, Vec<String>>);

crate::stored_as_json!(Answers);

impl Answers {
    /// The answer to the question of that name; empty: none.
    pub fn of(&self, field: &str) -> &[String] {
        self.0.get(field).map_or(&[], Vec::as_slice)
    }
}

/// What was agreed to, by name: the SHA-256 of its words, in hexadecimal digits.
#[derive(
    Clone,
    Debug,
    Default,
    PartialEq,
    Eq,
    Serialize,
    Deserialize,
    ToSchema,
    diesel::AsExpression,
    diesel::FromSqlRow,
)]
#[diesel(sql_type = diesel::sql_types::Jsonb)]
#[serde(transparent)]
pub struct Agreed(pub BTreeMap<String, String>);

crate::stored_as_json!(Agreed);

/// An application as it is kept.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = applications)]
pub struct Application {
    pub id: ApplicationId,
    pub cohort_id: CohortId,
    pub person_id: PersonId,
    pub role: CohortRole,
    pub status: ApplicationStatus,
    /// Of the program file whose form was answered.
    pub version: i32,
    pub answers: Answers,
    pub agreed: Agreed,
    /// Why it is not plain that they may apply, a line each.
    pub doubts: String,
    pub started_at: DateTime<Utc>,
    pub saved_at: DateTime<Utc>,
    pub submitted_at: Option<DateTime<Utc>>,
    pub withdrawn_at: Option<DateTime<Utc>>,
    /// For the program's staff alone until it is released.
    pub decision: Option<Decision>,
    pub seat: Option<i32>,
    /// On the wait-list, the first one first.
    pub place: Option<i32>,
    pub decided_at: Option<DateTime<Utc>>,
    pub released_at: Option<DateTime<Utc>>,
    pub offered_until: Option<DateTime<Utc>>,
    /// Who is to read it.
    pub reviewer_id: Option<PersonId>,
    pub tags: Words,
}

impl Application {
    /// The decision as far as its author may know it.
    pub fn released(&self) -> Option<Decision> {
        self.decision.filter(|_| self.released_at.is_some())
    }

    /// Whether its author is in the cohort.
    pub fn is_in(&self) -> bool {
        self.status == ApplicationStatus::Submitted && self.released() == Some(Decision::Selected)
    }
}
