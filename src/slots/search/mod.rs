//! Find a time first, the person second: one search over everybody's free time.

pub mod api;
pub mod count;
pub mod find;
pub mod pages;
pub mod store;
pub mod web;

use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use diesel::prelude::*;

use crate::{
    db::{PersonId, ServiceId, schema},
    error::Error,
    html::form::Fields,
    input, json,
    schedule::{Free, Span, Zone},
    slots::{MARKETPLACE, ServiceKind, filter::Search},
};

/// How many days ahead a search looks at most.
pub const MOST_DAYS: i64 = 92;

/// What is looked for.
#[derive(Clone, Debug)]
pub struct FreeTimeQuery {
    pub search: Search,
    /// Sessions last at least this.
    pub length: TimeDelta,
    /// When sessions begin, in order, apart from each other.
    pub ranges: Vec<Span>,
    /// Whose days count.
    pub zone: Zone,
}

/// A free time of somebody.
#[derive(Clone, Debug)]
pub struct Found {
    pub slot: Span,
    pub person: PersonId,
    pub handle: String,
    pub name: String,
    pub headline: String,
    pub service: ServiceId,
    pub slug: String,
    pub title: String,
    pub kind: super::ServiceKind,
}

/// What is asked of the index: who has time within the ranges, for whom, and at most how much of it.
#[derive(Clone, Copy, Debug)]
pub struct IndexQuery<'a> {
    pub wanted: &'a FreeTimeQuery,
    pub ranges: &'a [Span],
    /// Who is not to find themselves.
    pub guest: Option<PersonId>,
    pub most: usize,
    pub now: DateTime<Utc>,
}

/// A stretch of somebody's free time within a range that is asked about.
#[derive(Clone, Debug)]
pub struct Candidate {
    pub person: PersonId,
    /// Of a group that can be joined; any of the person's without.
    pub service: Option<ServiceId>,
    pub free: Free,
    /// Starts count within this.
    pub range: Span,
    pub host: Listed,
}

/// What a search shows of a host.
#[derive(Clone, Debug, QueryableByName)]
#[diesel(table_name = schema::listings)]
pub struct Listed {
    pub handle: String,
    pub name: String,
    pub headline: String,
    /// Sessions of 30 days in percent of what is wished.
    pub load: i32,
    /// None: the default.
    pub horizon_days: Option<i16>,
}

/// Who offers what, for the candidates of a search.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = schema::services)]
pub struct Offering {
    pub id: ServiceId,
    pub person_id: PersonId,
    pub slug: String,
    pub kind: ServiceKind,
    pub title: String,
    pub duration_minutes: i16,
    pub increment_minutes: i16,
}

/// Where a page begins: so many answers into the block of those from that instant on. Blocks are read
/// and ordered as a whole, so that pages of one neither repeat nor skip anything; how large they are
/// depends on the pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    pub from: DateTime<Utc>,
    pub offset: usize,
}

impl Place {
    /// From `cursor`; None at the beginning.
    pub fn read(query: &Fields) -> Result<Option<Self>, Error> {
        let Some(cursor) = query.some("cursor")? else {
            return Ok(None);
        };
        let place = json::opened_cursor(cursor).and_then(|text| {
            let (from, offset) = text.split_once(' ')?;
            Some(Self {
                from: DateTime::from_timestamp_micros(from.parse().ok()?)?,
                offset: offset.parse().ok()?,
            })
        });
        let place = place.ok_or_else(json::odd_cursor)?;
        Ok(Some(place))
    }

    pub fn cursor(&self) -> String {
        json::cursor(&format!("{} {}", self.from.timestamp_micros(), self.offset))
    }
}

/// A search as it was typed: days, hours of the day in the reader's zone, and what of the board's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Form {
    pub search: Search,
    pub from: String,
    pub until: String,
    pub after: String,
    pub before: String,
    pub length: String,
}

impl Form {
    pub fn read(query: &Fields) -> Result<Self, Error> {
        let own = |name: &str| -> Result<String, Error> {
            Ok(input::line(query.one(name)?).chars().take(40).collect())
        };
        Ok(Self {
            search: Search::read(query)?,
            from: own("from")?,
            until: own("until")?,
            after: own("after")?,
            before: own("before")?,
            length: own("length")?,
        })
    }

    /// Two weeks from today without days; the whole day without hours; hours past midnight belong to
    /// the day on which they begin.
    pub fn checked(
        &self,
        zone: &Zone,
        now: DateTime<Utc>,
    ) -> Result<FreeTimeQuery, input::Problems> {
        let mut reader = input::Reader::default();
        let today = zone.local(now).date_naive();
        let mut date = |name: &str, text: &str, default: NaiveDate| match text {
            "" => default,
            text => reader.date(name, text).unwrap_or(default),
        };
        let from = date("from", &self.from, today).max(today);
        let until = date("until", &self.until, from + Days::new(13));
        let mut hour = |name: &str, text: &str, default: u16| match text {
            "" => default,
            text => crate::slots::editor::typed::exact_time(text).unwrap_or_else(|| {
                reader.problems.add(name, "must look like 18:00");
                default
            }),
        };
        let (after, before) = (
            hour("after", &self.after, 0),
            hour("before", &self.before, 1440),
        );
        if after == 1440 {
            reader.problems.add("after", "must be before 24:00");
        } else if after == before {
            reader
                .problems
                .add("before", "must differ from the earliest start");
        }
        let length = match self.length.as_str() {
            "" => 30,
            text => reader.number("length", text, MARKETPLACE.minutes),
        };
        if until < from {
            reader
                .problems
                .add("until", "must not be before the from date");
        } else if (until - from).num_days() >= MOST_DAYS {
            reader.problems.add(
                "until",
                format!("must be at most {MOST_DAYS} days after the from date"),
            );
        }
        let days: Vec<NaiveDate> = from
            .iter_days()
            .take_while(|day| *day <= until)
            .take(MOST_DAYS as usize)
            .collect();
        let span = |day: &NaiveDate| {
            let end = if before > after {
                *day
            } else {
                *day + Days::new(1)
            };
            Span::new(zone.instant(*day, after), zone.instant(end, before))
        };
        let ranges = match (after, before, days.first(), days.last()) {
            (0, 1440, Some(first), Some(last)) => {
                vec![Span::new(
                    zone.instant(*first, 0),
                    zone.instant(*last, 1440),
                )]
            }
            _ => days.iter().map(span).collect(),
        };
        reader.problems.or(FreeTimeQuery {
            search: self.search.clone(),
            length: TimeDelta::minutes(length),
            ranges,
            zone: zone.clone(),
        })
    }

    /// As `checked`; what is wrong besides, where something is.
    pub fn judged(
        &self,
        zone: &Zone,
        now: DateTime<Utc>,
    ) -> (Option<FreeTimeQuery>, input::Problems) {
        match self.checked(zone, now) {
            Ok(wanted) => (Some(wanted), input::Problems::default()),
            Err(problems) => (None, problems),
        }
    }

    /// What it asks for, at whatever time.
    pub fn at_any_time(&self, zone: &Zone, now: DateTime<Utc>) -> FreeTimeQuery {
        let form = Self {
            search: self.search.clone(),
            length: self.length.clone(),
            ..Self::default()
        };
        let any_length = Self {
            search: self.search.clone(),
            ..Self::default()
        };
        form.checked(zone, now)
            .or_else(|_| any_length.checked(zone, now))
            .expect("nothing is wrong where nothing is typed")
    }

    /// Whether it asks for days, hours or a length.
    pub fn has_times(&self) -> bool {
        let typed = [
            &self.from,
            &self.until,
            &self.after,
            &self.before,
            &self.length,
        ];
        typed.iter().any(|text| !text.is_empty())
    }

    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The query of an address that leads back here.
    pub fn query(&self) -> [(&str, &str); 9] {
        [
            ("service", self.search.kind_word()),
            ("from", &self.from),
            ("until", &self.until),
            ("after", &self.after),
            ("before", &self.before),
            ("length", &self.length),
            ("topic", &self.search.topic),
            ("language", &self.search.language),
            ("q", &self.search.words),
        ]
    }

    /// Searches that ask for less, the nearest first, each with what it lets go.
    pub fn relaxed(&self) -> Vec<(&'static str, Self)> {
        let mut all = Vec::new();
        let mut form = self.clone();
        if !(form.after.is_empty() && form.before.is_empty()) {
            form.after.clear();
            form.before.clear();
            all.push(("at other times on these days", form.clone()));
        }
        form.from.clear();
        form.until.clear();
        all.push(("on other days", form.clone()));
        if !form.search.words.is_empty()
            || !form.search.topic.is_empty()
            || !form.search.language.is_empty()
        {
            form.search.words.clear();
            form.search.topic.clear();
            form.search.language.clear();
            all.push(("with other alumni", form.clone()));
        }
        all
    }
}
