//! API tokens: made, used, revoked. Only their hashes are kept.

pub mod api;
pub mod make;
pub mod pages;
pub mod store;
pub mod web;

use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;

use crate::{
    db::{ApiTokenId, PersonId, schema},
    input::{Problems, Reader},
};

/// The most tokens that one person may have.
pub const MOST: usize = 20;
/// The longest life that can be asked for, in days.
pub const LONGEST_LIFE: u16 = 3650;
/// How exactly the last use is kept.
pub const USE_GRAIN: TimeDelta = TimeDelta::hours(1);

/// A token, without its secret.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = schema::api_tokens)]
pub struct ApiToken {
    pub id: ApiTokenId,
    pub token_hash: Vec<u8>,
    pub person_id: PersonId,
    pub name: String,
    pub created_at: DateTime<Utc>,
    pub expires_at: Option<DateTime<Utc>>,
    pub used_at: Option<DateTime<Utc>>,
}

/// What somebody asks for.
#[derive(Clone, Debug)]
pub struct NewToken {
    pub name: String,
    /// None: until it is revoked.
    pub life: Option<TimeDelta>,
}

impl NewToken {
    /// `days`: how long it works.
    pub fn checked(name: &str, days: Option<u16>) -> Result<Self, Problems> {
        let mut reader = Reader::default();
        let name = reader.required_line("name", name, 60);
        let life = days.map(|days| {
            let days = reader.bounded("days", days.into(), 1..=LONGEST_LIFE.into());
            TimeDelta::days(days)
        });
        reader.problems.or(Self { name, life })
    }
}
