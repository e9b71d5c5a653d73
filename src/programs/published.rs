//! What is published: a program's file, and the cohort that it describes.

use chrono::{DateTime, Utc};

use super::{cohort::Cohort, file::ProgramFile, phase::Phase};

/// A program as everybody may see it.
pub struct Published {
    pub file: ProgramFile,
    /// None where sessions are booked one by one, and in a preview.
    pub cohort: Option<Cohort>,
}

impl Published {
    pub fn phase(&self, now: DateTime<Utc>) -> Phase {
        match &self.cohort {
            Some(cohort) => cohort.phase(now),
            None => Phase::of(&self.file, now),
        }
    }
}
