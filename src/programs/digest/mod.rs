//! The digest: what is new in somebody's cohorts, in at most one letter a day.

pub mod store;
pub mod tell;
pub mod web;

use chrono::{DateTime, Utc};

use super::activity::ActivityKind;

/// Something that others of a cohort have written.
#[derive(Clone, Debug)]
pub struct NewPost {
    /// The path of its thread.
    pub path: String,
    /// The program with the name of its cohort.
    pub cohort: String,
    pub title: String,
    pub author: String,
    /// Of an announcement what it says.
    pub words: String,
    pub is_announcement: bool,
    pub is_reply: bool,
}

/// Something that is put on for somebody.
#[derive(Clone, Debug)]
pub struct NewActivity {
    pub path: String,
    pub cohort: String,
    pub title: String,
    pub kind: ActivityKind,
    pub starts_at: Option<DateTime<Utc>>,
}

/// What is new to somebody.
#[derive(Clone, Debug, Default)]
pub struct News {
    pub posts: Vec<NewPost>,
    pub activities: Vec<NewActivity>,
}
