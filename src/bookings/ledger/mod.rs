//! All bookings, with their dates and never their words: for coordinators.

pub mod pages;
pub mod store;
pub mod web;

use chrono::{DateTime, NaiveDate, Utc};

use super::Status;
use crate::{db::PersonId, schedule::Span};

/// Which bookings are looked for.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Of somebody whose name or address has this in it; empty for anybody's.
    pub words: String,
    pub status: Option<Status>,
    /// From this day on, in the reader's zone.
    pub from: Option<NaiveDate>,
}

/// A booking as it is listed.
#[derive(Clone, Debug)]
pub struct Entry {
    pub span: Span,
    pub service_title: String,
    pub status: Status,
    pub host: Party,
    pub guest: Party,
    pub booked_at: DateTime<Utc>,
}

/// One of the two.
#[derive(Clone, Debug)]
pub struct Party {
    pub id: PersonId,
    pub name: String,
}
