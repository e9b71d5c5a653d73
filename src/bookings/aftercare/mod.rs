//! After a session: how it went, as each of the two says, and what follows from that; thanks; how it
//! has helped.

pub mod api;
pub mod disputes;
pub mod jobs;
pub mod letters;
pub mod mail;
pub mod next;
pub mod pages;
pub mod record;
pub mod reliability;
pub mod report;
pub mod store;
pub mod web;

use chrono::TimeDelta;

use crate::{input::Reader, word_enum};

/// How long late cancellations and no-shows count together.
pub const STRIKES_COUNT: TimeDelta = TimeDelta::days(30);

word_enum! {
    /// How a session went, as one of the two says.
    Outcome {
        Attended = "attended",
        /// The other person did not attend.
        NoShow = "no_show",
        /// Something else, in words.
        Other = "other",
    }
}

impl Outcome {
    /// What goes with it, which only something else needs.
    pub fn note(self, reader: &mut Reader, typed: &str) -> String {
        match self {
            Self::Other => reader.required_paragraphs("note", typed, 1000),
            Self::Attended | Self::NoShow => reader.paragraphs("note", typed, 1000),
        }
    }
}

/// Thanks, in words that only the two read.
pub fn thanks(reader: &mut Reader, typed: &str) -> String {
    reader.required_paragraphs("words", typed, 1000)
}

word_enum! {
    /// How much a session has helped its guest.
    Help {
        ALot = "a_lot",
        Somewhat = "somewhat",
        ALittle = "a_little",
        NotYet = "not_yet",
    }
}

impl Help {
    pub fn label(self) -> &'static str {
        match self {
            Self::ALot => "A lot",
            Self::Somewhat => "Somewhat",
            Self::ALittle => "A little",
            Self::NotYet => "Not yet",
        }
    }
}

/// Sessions on one side, as host or as guest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub struct Side {
    pub attended: i64,
    pub cancelled_late: i64,
    pub missed: i64,
}

impl Side {
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// What counts for one person.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub struct Reliability {
    /// Sessions given.
    pub as_host: Side,
    /// Sessions booked.
    pub as_guest: Side,
    /// Late cancellations and no-shows of the last thirty days that nobody has forgiven.
    pub strikes: i64,
}
