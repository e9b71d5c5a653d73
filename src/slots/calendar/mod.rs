//! The calendar of one service: a month, and the times of a day.

pub mod load;
pub mod pages;
pub mod web;

use chrono::{DateTime, NaiveDate, Utc};

use super::{Host, OpenGroup, Service};
use crate::schedule::Span;

/// Which service's calendar to show, and what of it: a time, a day or a month; without, where the next free time
/// is.
#[derive(Clone, Debug, Default)]
pub struct CalendarView {
    /// The host's handle.
    pub handle: String,
    /// The service's slug.
    pub slug: String,
    pub at: Option<DateTime<Utc>>,
    pub day: Option<NaiveDate>,
    pub month: Option<NaiveDate>,
}

/// Everything that the page shows.
#[derive(Clone, Debug)]
pub struct Calendar {
    pub host: Host,
    pub service: Service,
    /// Slots of the month in the visitor's zone.
    pub slots: Vec<Span>,
    /// Groups that can still be joined.
    pub groups: Vec<OpenGroup>,
    /// The first of the month that is shown.
    pub month: NaiveDate,
    /// The day whose times are shown.
    pub day: Option<NaiveDate>,
    /// A time somebody came for, and whether it is still free.
    pub wanted: Option<(DateTime<Utc>, bool)>,
    /// The first slot after the month, and the last before the horizon ends.
    pub later: Option<Span>,
    pub now: DateTime<Utc>,
}
