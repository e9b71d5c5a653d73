//! Being in a cohort: what its members see, and nobody else.

pub mod access;
pub mod pages;
pub mod rules;
pub mod store;
pub mod web;

use crate::{
    people::Person,
    programs::{application::CohortRole, cohort::Cohort, file::ProgramFile, staff::StaffRole},
};

/// A cohort as somebody sees it who belongs to it.
pub struct Inside {
    /// The slug of the program.
    pub program: String,
    pub cohort: Cohort,
    pub file: ProgramFile,
    /// The roles in which they were selected; empty: they run it.
    pub roles: Vec<CohortRole>,
    pub staff: Option<StaffRole>,
    pub person: Person,
}

impl Inside {
    /// The path of a page of the cohort.
    pub fn at(&self, path: &str) -> String {
        format!("/cohorts/{}/{}{path}", self.program, self.cohort.slug)
    }

    pub fn is(&self, role: CohortRole) -> bool {
        self.roles.contains(&role)
    }

    /// Whether they can change what others have written, and say what is on.
    pub fn leads(&self) -> bool {
        self.staff == Some(StaffRole::Lead)
    }

    /// Whether anything can still be changed.
    pub fn is_open(&self) -> bool {
        self.cohort.archived_at.is_none()
    }
}
