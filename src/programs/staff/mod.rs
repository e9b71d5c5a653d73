//! Who runs a program: its leads, reviewers and readers. Nobody else reads what its applicants write.

pub mod access;
pub mod appoint;
pub mod pages;
pub mod store;
pub mod web;

use crate::word_enum;

word_enum! {
    /// What somebody may do who helps to run a program; each may do what those below may.
    StaffRole {
        /// Changes the program, decides, releases results, says who else runs it.
        Lead = "lead",
        /// Reads applications, scores them, writes notes.
        Reviewer = "reviewer",
        /// Reads.
        Reader = "reader",
    }
}

impl StaffRole {
    /// Whether this allows what that role is needed for.
    pub fn may(self, needed: Self) -> bool {
        self <= needed
    }

    pub fn words(self) -> &'static str {
        match self {
            Self::Lead => "Lead",
            Self::Reviewer => "Reviewer",
            Self::Reader => "Reader",
        }
    }

    /// What it allows, for a choice.
    pub fn about(self) -> &'static str {
        match self {
            Self::Lead => "Lead: changes the program, decides, releases results",
            Self::Reviewer => "Reviewer: reads applications, scores them, writes notes",
            Self::Reader => "Reader: reads, and changes nothing",
        }
    }
}
