//! What stands above people and above times alike: words, services, days and hours to look for.

pub mod pages;

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::{
    search::{
        Form,
        count::{self, Week},
    },
    store::{self, Filters},
};
use crate::{
    app::recent::Recent,
    db::{Conn, PersonId},
    error::Error,
    input::Problems,
    schedule::Zone,
};

/// Whether people are shown, or their times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    People,
    Times,
}

impl View {
    pub fn path(self) -> &'static str {
        match self {
            Self::People => "/alumni",
            Self::Times => "/find",
        }
    }
}

/// What can be chosen, and how many are free when in the coming week.
pub struct Overview {
    pub filters: Filters,
    pub week: Week,
}

impl Overview {
    /// For one reader: that of a moment ago where it is the same for everybody. Refuses a kind of service that is
    /// not in the catalogue.
    pub fn read(
        conn: &mut Conn,
        recent: &Recent,
        form: &Form,
        zone: &Zone,
        guest: Option<PersonId>,
        now: DateTime<Utc>,
    ) -> Result<Arc<Self>, Error> {
        let wanted = form.at_any_time(zone, now);
        // Who is signed in is not asked to meet themselves, or while they have something else.
        let question = guest.is_none().then(|| {
            let (search, length) = (&wanted.search, wanted.length.num_minutes());
            format!("overview {} {length} {search:?}", zone.name())
        });
        recent.or_read(question, now, || {
            let filters = store::filters(conn)?;
            wanted.search.check_kind_in(&filters.catalogue)?;
            let week = count::week(conn, &wanted, guest, now)?;
            Ok(Self { filters, week })
        })
    }
}

pub struct Finder<'a> {
    pub view: View,
    pub form: &'a Form,
    pub problems: &'a Problems,
    pub overview: &'a Overview,
    pub now: DateTime<Utc>,
}
