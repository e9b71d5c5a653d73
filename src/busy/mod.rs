//! Calendars that keep their owners busy elsewhere, coming in; and why a time is offered or not.

mod caldav;
pub mod calendar;
pub mod download;
pub mod importer;
pub mod jobs;
pub mod letters;
pub mod mail;
pub mod pages;
pub mod store;
pub mod web;
pub mod why;

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use crate::db::{BusyCalendarId, PersonId, schema};

/// After failing for this long a calendar is old, and its owner is told.
pub const PATIENCE: TimeDelta = TimeDelta::days(2);

/// What of a calendar could not be read: how often, by the reason.
#[derive(
    Clone,
    Debug,
    Default,
    PartialEq,
    Eq,
    Serialize,
    Deserialize,
    diesel::AsExpression,
    diesel::FromSqlRow,
)]
#[diesel(sql_type = diesel::sql_types::Jsonb)]
#[serde(transparent)]
pub struct Skipped(pub BTreeMap<String, u32>);

crate::stored_as_json!(Skipped);

/// A foreign calendar.
#[derive(Clone, Debug, Queryable, Selectable, Identifiable)]
#[diesel(table_name = schema::busy_calendars)]
pub struct BusyCalendar {
    pub id: BusyCalendarId,
    pub person_id: PersonId,
    pub label: String,
    /// Encrypted; none for an uploaded file.
    pub address: Option<Vec<u8>>,
    pub address_hash: Option<Vec<u8>>,
    pub host: String,
    pub keep_offering: bool,
    pub count_free: bool,
    pub etag: String,
    pub last_modified: String,
    pub events: i32,
    pub skipped: Skipped,
    pub created_at: DateTime<Utc>,
    pub read_at: Option<DateTime<Utc>>,
    pub checked_at: Option<DateTime<Utc>>,
    pub next_at: Option<DateTime<Utc>>,
    pub failures: i32,
    pub failing_since: Option<DateTime<Utc>>,
    pub told_at: Option<DateTime<Utc>>,
}

impl BusyCalendar {
    /// Whether it has failed for so long that what we have of it is not to be trusted.
    pub fn is_old(&self, now: DateTime<Utc>) -> bool {
        self.failing_since
            .is_some_and(|since| since + PATIENCE <= now)
    }
}
