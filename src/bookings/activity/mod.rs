//! How the marketplace is doing, in numbers: for coordinators.

pub mod pages;
pub mod store;
pub mod web;

use chrono::{DateTime, Days, NaiveDate, Utc};

use crate::{
    bookings::aftercare::store::Helped,
    schedule::{Span, Zone, slots::monday},
};

/// Weeks that are shown: those that are over, this one, and some that come.
const WEEKS_BACK: u64 = 11;
const WEEKS_AHEAD: u64 = 2;

/// Days over which load and demand are counted, back from now, and supply ahead.
pub const DAYS: i64 = 30;

/// A week, by its Monday, and what is counted of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Week {
    pub monday: NaiveDate,
    /// Sessions that took place, or are booked.
    pub sessions: i64,
    /// Sessions to which somebody did not come.
    pub no_shows: i64,
}

/// What is offered and asked for of one kind of service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Demand {
    pub title: String,
    /// Alumni who offer it.
    pub hosts: i64,
    /// Of these, who has free time in the coming [`DAYS`].
    pub free: i64,
    /// Sessions that began within the last [`DAYS`].
    pub sessions: i64,
    /// Who waits for one, and has not been offered any.
    pub waiting: i64,
    /// Since when the first of them waits.
    pub waiting_since: Option<DateTime<Utc>>,
}

/// How much is asked of an alumnus.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Load {
    pub name: String,
    pub handle: String,
    /// Sessions of the last [`DAYS`].
    pub sessions: i64,
    /// Of a month; None where they have not said.
    pub wished: Option<i16>,
}

/// All of it.
#[derive(Clone, Debug)]
pub struct Activity {
    pub weeks: Vec<Week>,
    pub demand: Vec<Demand>,
    /// Those who are asked most, most first.
    pub load: Vec<Load>,
    /// What students of the last year said, by kind of service.
    pub helped: Vec<Helped>,
}

/// The weeks that are shown, each with its Monday, in the reader's zone.
pub fn weeks(zone: &Zone, now: DateTime<Utc>) -> Vec<(NaiveDate, Span)> {
    let this = monday(zone.local(now).date_naive());
    let first = this - Days::new(WEEKS_BACK * 7);
    let week = |n: u64| {
        let monday = first + Days::new(n * 7);
        let end = zone.instant(monday + Days::new(7), 0);
        (monday, Span::new(zone.instant(monday, 0), end))
    };
    (0..=WEEKS_BACK + WEEKS_AHEAD).map(week).collect()
}
