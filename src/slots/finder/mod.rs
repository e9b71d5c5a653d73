//! What stands above people and above times alike: words, services, days and hours to look for.

pub mod pages;

use chrono::{DateTime, NaiveDate, Utc};

use super::{
    search::{
        Form,
        count::{Count, PARTS},
    },
    store::Filters,
};
use crate::input::Problems;

/// Whether people are shown, or their times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    People,
    Times,
}

impl View {
    pub fn path(self) -> &'static str {
        match self {
            Self::People => "/alumni",
            Self::Times => "/find",
        }
    }
}

/// How many alumni are free in the parts of some days.
pub type Week = Vec<(NaiveDate, [Count; PARTS.len()])>;

pub struct Finder<'a> {
    pub view: View,
    pub form: &'a Form,
    pub problems: &'a Problems,
    pub filters: &'a Filters,
    pub week: &'a Week,
    pub now: DateTime<Utc>,
}
