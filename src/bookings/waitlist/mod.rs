//! The waitlist that books: whatever becomes free is held for the first whom it suits.
//!
//! First is who has had the fewest sessions recently, then who asked first. A time is offered to one at a
//! time, for two hours, and never twice to the same wish; then it passes on.

pub mod api;
pub mod ask;
pub mod jobs;
pub mod letters;
pub mod mail;
pub mod offer;
pub mod pages;
pub mod rules;
pub mod store;
pub mod web;

use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{
    db::{BookingId, PersonId, ServiceId, WishId, schema, types::Words},
    schedule::{Rules, Span, Window, Zone},
    slots::ServiceKind,
};

/// A window of a weekday, in minutes after midnight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WishWindow {
    /// 0 Monday to 6 Sunday.
    pub day: u8,
    pub from: u16,
    pub until: u16,
}

/// When a wish would suit, by the week; `jsonb` in the database.
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
pub struct Weekly(pub Vec<WishWindow>);

crate::stored_as_json!(Weekly);

/// What a student would book as soon as it is free.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = schema::wishes)]
pub struct Wish {
    pub id: WishId,
    pub guest_id: PersonId,
    /// Of one alumnus; None: anybody who offers the kind.
    pub service_id: Option<ServiceId>,
    pub kind: ServiceKind,
    /// In lower case; one of them is enough. Empty: any.
    pub topics: Words,
    pub zone: String,
    pub weekly: Weekly,
    /// The last date, in its zone.
    pub until_on: NaiveDate,
    pub asked_at: DateTime<Utc>,
    pub ended_at: Option<DateTime<Utc>>,
    pub booking_id: Option<BookingId>,
}

impl Wish {
    /// The spans from `now` on in which it would suit, in order. None should the zone data have lost the name of
    /// its zone: times in another zone would be wrong.
    pub fn spans(&self, now: DateTime<Utc>) -> Vec<Span> {
        let Ok(zone) = Zone::named(&self.zone) else {
            tracing::error!(wish = %self.id, zone = self.zone, "the zone data do not know this zone; nothing is offered");
            return Vec::new();
        };
        let mut rules = Rules::closed(zone);
        for window in &self.weekly.0 {
            let day = &mut rules.weekly[usize::from(window.day % 7)];
            day.extend(Window::new(window.from, window.until));
        }
        let end = rules.zone.instant(self.until_on, 1440);
        let mut spans = rules.windows_around(now, end);
        spans.sort_unstable();
        spans
    }
}

/// What somebody waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WishOf {
    /// One service of one alumnus.
    Service { handle: String, slug: String },
    /// A kind of service, with anybody.
    Kind(ServiceKind),
}

/// What a student asks for, checked.
#[derive(Clone, Debug)]
pub struct NewWish {
    pub of: WishOf,
    pub topics: Vec<String>,
    pub zone: String,
    pub weekly: Vec<WishWindow>,
    pub until_on: NaiveDate,
}
