//! Setting up: what a new alumnus says, one question a page, until they can be booked.

pub mod pages;
pub mod web;

use chrono::{DateTime, Utc};

use super::{Host, Service, store};
use crate::{
    db::{Conn, PersonId},
    schedule::{Rules, Window},
};

/// One question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Zone,
    Profile,
    Service,
    Hours,
}

impl Step {
    /// In the order in which they are asked.
    pub const ALL: [Self; 4] = [Self::Zone, Self::Profile, Self::Service, Self::Hours];

    /// Its word in addresses.
    pub fn word(self) -> &'static str {
        match self {
            Self::Zone => "zone",
            Self::Profile => "profile",
            Self::Service => "service",
            Self::Hours => "hours",
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|step| step.word() == word)
    }
}

/// How far somebody has come.
#[derive(Clone, Debug)]
pub struct Progress {
    pub host: Host,
    pub services: Vec<Service>,
    pub rules: Rules,
    pub has_zone: bool,
}

impl Progress {
    /// In a constant number of queries.
    pub fn read(conn: &mut Conn, of: PersonId, now: DateTime<Utc>) -> diesel::QueryResult<Self> {
        let (host, has_zone) = store::own_and_zone(conn, of)?;
        Ok(Self {
            services: store::open_services(conn, &[of])?,
            rules: store::rules_of(conn, &host, now)?,
            has_zone,
            host,
        })
    }

    pub fn is_done(&self, step: Step) -> bool {
        match step {
            Step::Zone => self.has_zone,
            Step::Profile => !self.host.profile.profile.headline.is_empty(),
            Step::Service => !self.services.is_empty() && self.placeless().next().is_none(),
            Step::Hours => {
                let weekly = self.rules.weekly.iter().any(|windows| !windows.is_empty());
                let dates = self.rules.overrides.values();
                let mut dates = dates.filter(|windows| !windows.is_empty());
                weekly || !self.rules.one_off.is_empty() || dates.next().is_some()
            }
        }
    }

    /// The first that is not done.
    pub fn next(&self) -> Option<Step> {
        Step::ALL.into_iter().find(|step| !self.is_done(*step))
    }

    /// Services that nobody would know where to meet for.
    pub fn placeless(&self) -> impl Iterator<Item = &Service> {
        self.services.iter().filter(|s| s.location.is_empty())
    }
}

/// Hours that many people have, to begin with.
#[derive(Clone, Debug)]
pub struct Preset {
    pub word: &'static str,
    pub name: &'static str,
    pub hours: &'static str,
    /// From Monday as 0.
    days: std::ops::Range<usize>,
    from: u16,
    until: u16,
}

impl Preset {
    pub fn parse(word: &str) -> Option<&'static Self> {
        PRESETS.iter().find(|preset| preset.word == word)
    }

    pub fn weekly(&self) -> [Vec<Window>; 7] {
        let mut weekly: [Vec<Window>; 7] = Default::default();
        for day in self.days.clone() {
            weekly[day] = Window::new(self.from * 60, self.until * 60)
                .into_iter()
                .collect();
        }
        weekly
    }
}

pub static PRESETS: [Preset; 4] = [
    Preset {
        word: "evenings",
        name: "Weekday evenings",
        hours: "Monday to Friday, 18:00 to 20:00",
        days: 0..5,
        from: 18,
        until: 20,
    },
    Preset {
        word: "evening",
        name: "One evening a week",
        hours: "Thursdays, 18:00 to 20:00",
        days: 3..4,
        from: 18,
        until: 20,
    },
    Preset {
        word: "lunchtimes",
        name: "Lunchtimes",
        hours: "Monday to Friday, 12:00 to 13:00",
        days: 0..5,
        from: 12,
        until: 13,
    },
    Preset {
        word: "saturdays",
        name: "Saturday mornings",
        hours: "Saturdays, 10:00 to 12:00",
        days: 5..6,
        from: 10,
        until: 12,
    },
];
