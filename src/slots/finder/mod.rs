//! What stands above people and above times alike: words, services, days and hours to look for.

pub mod pages;

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::{
    search::{
        Form, FreeTimeQuery,
        count::{self, Week},
    },
    store::Filters,
};
use crate::{
    app::App,
    db::{Conn, PersonId},
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

/// The numbers of the coming week for one reader: those of a moment ago where they are the same for everybody.
pub struct Numbers {
    wanted: FreeTimeQuery,
    guest: Option<PersonId>,
    /// None for who is signed in: they are not asked to meet themselves, or while they have something else.
    question: Option<String>,
    kept: Option<Arc<Week>>,
    now: DateTime<Utc>,
}

impl Numbers {
    pub fn of(app: &App, form: &Form, zone: &Zone, guest: Option<PersonId>) -> Self {
        let now = app.now();
        let wanted = form.at_any_time(zone, now);
        let question = guest.is_none().then(|| {
            let (search, length) = (&wanted.search, wanted.length.num_minutes());
            format!("week {} {length} {search:?}", zone.name())
        });
        Self {
            kept: question.as_ref().and_then(|q| app.recent.get(q, now)),
            wanted,
            guest,
            question,
            now,
        }
    }

    pub fn read(&self, conn: &mut Conn) -> diesel::QueryResult<Arc<Week>> {
        match &self.kept {
            Some(week) => Ok(Arc::clone(week)),
            None => count::week(conn, &self.wanted, self.guest, self.now).map(Arc::new),
        }
    }

    /// Keeps for others what has been read.
    pub fn keep(&self, app: &App, week: &Arc<Week>) {
        if let (Some(question), None) = (&self.question, &self.kept) {
            app.recent.put(question.clone(), Arc::clone(week), self.now);
        }
    }
}

pub struct Finder<'a> {
    pub view: View,
    pub form: &'a Form,
    pub problems: &'a Problems,
    pub filters: &'a Filters,
    pub week: &'a Week,
    pub now: DateTime<Utc>,
}
