//! When a foreign calendar says that its owner is busy (RFC 5545; CALENDARS of real exporters).
//!
//! Only spans of time come out of here. What cannot be understood costs as little as it can, and is told with a
//! reason: a lost event is an hour offered twice. An event without a readable rule takes its first time, one
//! without an end takes an hour, one whose zone nobody knows counts by its owner's clocks.

mod event;
mod moment;
pub mod read;
mod series;
mod zones;

use std::collections::BTreeMap;

use crate::{
    ical::content::ContentError,
    schedule::{RecurrenceError, Span, Zone},
};

/// How to read a calendar.
pub struct ReadOptions<'a> {
    /// What is asked about; busy time is clipped to it.
    pub window: Span,
    /// The owner's zone: what whole days and times without a zone mean.
    pub zone: &'a Zone,
    /// Whether events marked as free count as well: some calendars mark all of theirs so.
    pub count_free: bool,
    /// Whether an event of that UID is one of ours and takes no time of its own.
    pub is_own: &'a dyn Fn(&str) -> bool,
    /// The owner's addresses, in lower case: what they have declined takes no time.
    pub owner: &'a [String],
}

/// What a calendar says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// In order, merged, within the window.
    pub busy: Vec<Span>,
    /// What could not be read, each with how often; with its date, where there is one, as long as there are few.
    pub skipped: BTreeMap<String, u32>,
    /// How many events there are.
    pub events: usize,
    /// The file ended in the middle.
    pub is_cut_off: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    #[error(transparent)]
    Content(#[from] ContentError),
    #[error("has too many repeating events to read")]
    TooCostly,
}

/// What could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
enum Skip<'a> {
    #[error("the time zone “{0}” is unknown, so its times are read in your own time zone")]
    UnknownZone(&'a str),
    #[error("an event without a start is ignored")]
    NoStart,
    #[error("an event whose start cannot be read is ignored")]
    BadStart,
    #[error("an event whose end cannot be read counts as one hour, or as its whole day")]
    BadEnd,
    #[error("an event {0}; only its first time counts")]
    Rule(RecurrenceError),
    #[error("some times of an event cannot be read and are ignored")]
    BadTime,
    #[error("cancelled dates of an event cannot be read, so they count as busy")]
    BadException,
    #[error("a change to a repeating event does not say which time it replaces, so both count")]
    BadInstance,
    #[error("the file is incomplete")]
    CutOff,
    #[error("a busy time that cannot be read is ignored")]
    BadPeriod,
}
