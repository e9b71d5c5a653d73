//! Reviewing: the staff of a program reads applications, scores them by its rubric, takes notes, and sorts them.

pub mod api;
pub mod pages;
pub mod reading;
pub mod rules;
pub mod save;
pub mod sheet;
pub mod store;
pub mod web;

use std::collections::BTreeMap;

/// Points by the names of the rubric's lines.
pub type Scores = BTreeMap<String, u32>;

/// What somebody thinks of an application.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Review {
    pub scores: Scores,
    /// In percent of all points; none while a line is open.
    pub total: Option<i32>,
    pub note: String,
    /// Whether they know the applicant too well to judge.
    pub is_conflicted: bool,
}
