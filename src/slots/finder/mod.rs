//! What stands above people and above times alike: words, services, days and hours to look for.

pub mod pages;

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::{
    search::{
        Form, FreeTimeQuery,
        count::{self, Week},
    },
    store::{self, Filters},
};
use crate::{
    app::App,
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

/// The overview for one reader: that of a moment ago where it is the same for everybody.
pub struct OverviewFor {
    wanted: FreeTimeQuery,
    guest: Option<PersonId>,
    /// None for who is signed in: they are not asked to meet themselves, or while they have something else.
    question: Option<String>,
    kept: Option<Arc<Overview>>,
    now: DateTime<Utc>,
}

impl OverviewFor {
    pub fn new(app: &App, form: &Form, zone: &Zone, guest: Option<PersonId>) -> Self {
        let now = app.now();
        let wanted = form.at_any_time(zone, now);
        let question = guest.is_none().then(|| {
            let (search, length) = (&wanted.search, wanted.length.num_minutes());
            format!("overview {} {length} {search:?}", zone.name())
        });
        Self {
            kept: question.as_ref().and_then(|q| app.recent.get(q, now)),
            wanted,
            guest,
            question,
            now,
        }
    }

    /// Refuses a kind of service that is not in the catalogue.
    pub fn read(&self, conn: &mut Conn) -> Result<Arc<Overview>, Error> {
        if let Some(overview) = &self.kept {
            return Ok(Arc::clone(overview));
        }
        let filters = store::filters(conn)?;
        self.wanted.search.check_kind_in(&filters.catalogue)?;
        let week = count::week(conn, &self.wanted, self.guest, self.now)?;
        Ok(Arc::new(Overview { filters, week }))
    }

    /// Keeps for others what has been read.
    pub fn keep(&self, app: &App, overview: &Arc<Overview>) {
        if let (Some(question), None) = (&self.question, &self.kept) {
            app.recent
                .put(question.clone(), Arc::clone(overview), self.now);
        }
    }
}

pub struct Finder<'a> {
    pub view: View,
    pub form: &'a Form,
    pub problems: &'a Problems,
    pub overview: &'a Overview,
    pub now: DateTime<Utc>,
}
