//! The calendar of one service: its free times, a week at a time.

pub mod load;
pub mod pages;
pub mod web;

use chrono::{DateTime, NaiveDate, Utc};

use super::{Host, OpenGroup, Service};
use crate::{
    html::{
        form::address,
        time::{self, instant},
    },
    people::errand::{self, Errand},
    schedule::{Span, Zone},
};

/// Which service's calendar to show, and the week of which time or day; without, that of the next free time.
#[derive(Clone, Debug, Default)]
pub struct CalendarView {
    /// The host's handle.
    pub handle: String,
    /// The service's slug.
    pub slug: String,
    pub at: Option<DateTime<Utc>>,
    pub day: Option<NaiveDate>,
}

/// Everything that the page shows.
#[derive(Clone, Debug)]
pub struct Calendar {
    pub host: Host,
    pub service: Service,
    /// Slots of the seven days.
    pub slots: Vec<Span>,
    /// Groups that can still be joined.
    pub groups: Vec<OpenGroup>,
    /// The first of the seven days, in the visitor's zone: today, or weeks after it.
    pub first: NaiveDate,
    /// The one that a phone shows.
    pub day: NaiveDate,
    /// A time somebody came for, and whether it is still free.
    pub wanted: Option<(DateTime<Utc>, bool)>,
    /// The next slot where the seven days have none.
    pub later: Option<Span>,
    pub now: DateTime<Utc>,
}

/// What somebody goes on with who has to sign in before a time can be held for them.
pub fn errand(host: &Host, service: &Service, start: DateTime<Utc>, zone: &Zone) -> Errand {
    let id = service.id.to_string();
    let path = address(
        "/holds/new",
        &[("service", &id), ("start", &instant(start))],
    );
    Errand {
        next: errand::that_wants_proof(&path),
        about: format!(
            "{} with {}, {}",
            service.title,
            host.person.name,
            time::moment(start, zone)
        ),
    }
}
