//! The time zones of a calendar, and the moments that its properties tell by them.

use std::{collections::HashMap, rc::Rc};

use chrono::{Datelike, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};

use super::{
    ReadOptions,
    moment::{Length, Moment, duration, listed, stamp},
};
use crate::{
    ical::content::{Component, Property},
    schedule::{
        Budget, Clocks, Recurrence, Stamp, Zone,
        foreign_zone::{self, Observance},
        interval::later,
        stamp::utc_offset,
    },
};

/// The zones of one calendar.
pub(super) struct Zones<'a> {
    pub(super) owner: Rc<Clocks>,
    pub(super) owner_zone: Zone,
    /// What times without a zone are told by.
    pub(super) floating: Rc<Clocks>,
    pub(super) utc: Rc<Clocks>,
    pub(super) listed: HashMap<String, &'a Component>,
    pub(super) found: HashMap<String, Rc<Clocks>>,
    /// Names of zones that nobody knows.
    pub(super) unknown: Vec<String>,
    pub(super) until: NaiveDateTime,
}

impl<'a> Zones<'a> {
    pub(super) fn new(calendar: &'a Component, question: &ReadOptions) -> Self {
        let owner = Rc::new(Clocks::Zone(question.zone.clone()));
        let named = calendar
            .property("X-WR-TIMEZONE")
            .and_then(|p| foreign_zone::known(&p.value));
        let listed = calendar.parts.iter().filter(|p| p.name == "VTIMEZONE");
        Self {
            floating: named.map_or_else(|| Rc::clone(&owner), |zone| Rc::new(Clocks::Zone(zone))),
            owner,
            owner_zone: question.zone.clone(),
            utc: Rc::new(Clocks::Zone(Zone::utc())),
            listed: listed
                .flat_map(|zone| {
                    let named = zone.property("TZID").into_iter();
                    named
                        .flat_map(Property::readings)
                        .map(move |id| (id.trim().to_lowercase(), zone))
                })
                .collect(),
            found: HashMap::new(),
            unknown: Vec::new(),
            until: later(question.window.end, TimeDelta::days(800)).naive_utc(),
        }
    }

    /// The clocks that a TZID means; the owner's if nobody knows.
    pub(super) fn named(&mut self, id: &str, budget: &mut Budget) -> Rc<Clocks> {
        let key = id.trim().trim_matches('"').to_lowercase();
        if let Some(clocks) = self.found.get(&key) {
            return Rc::clone(clocks);
        }
        let described = self.listed.get(&key).copied();
        let place = described.and_then(|zone| zone.property("X-LIC-LOCATION"));
        let located = || place.and_then(|place| foreign_zone::known(&place.value));
        let listed = || {
            if let Some(zone) = located() {
                return Some(Clocks::Zone(zone));
            }
            let parts = described?
                .parts
                .iter()
                .filter_map(observance)
                .collect::<Vec<Observance>>();
            Clocks::listed(&parts, self.until, budget).ok().flatten()
        };
        let found = foreign_zone::clocks(id, listed, &self.owner_zone, self.until.year() - 2);
        if found.is_none() {
            self.unknown.push(id.trim().chars().take(60).collect());
        }
        let clocks = found.map_or_else(|| Rc::clone(&self.owner), Rc::new);
        self.found.insert(key, Rc::clone(&clocks));
        clocks
    }
}

impl Zones<'_> {
    /// The clocks by which a property tells the time.
    pub(super) fn of(&mut self, property: &Property, budget: &mut Budget) -> Rc<Clocks> {
        match property.parameter("TZID") {
            Some(id) => self.named(id, budget),
            None => Rc::clone(&self.floating),
        }
    }

    /// The date that is meant where one is needed: by the owner's clocks. A midnight of UTC is how some write a
    /// date.
    pub(super) fn date(&self, stamp: Stamp) -> NaiveDate {
        match stamp {
            Stamp::Utc(at) if at.time() != NaiveTime::MIN => self.owner.local(at.and_utc()).date(),
            Stamp::Offset(at, offset) => match at.checked_sub_signed(offset) {
                Some(at) => self.owner.local(at.and_utc()).date(),
                None => at.date(),
            },
            written => written.date(),
        }
    }

    /// The moment that a text of a property says.
    pub(super) fn moment(
        &mut self,
        text: &str,
        property: &Property,
        budget: &mut Budget,
    ) -> Option<Moment> {
        let (local, clocks, is_date) = match stamp(text, property)? {
            Stamp::Date(date) => (date.and_time(NaiveTime::MIN), Rc::clone(&self.owner), true),
            Stamp::Utc(at) => (at, Rc::clone(&self.utc), false),
            Stamp::Local(at) => (at, self.of(property, budget), false),
            Stamp::Offset(at, offset) => {
                // A series goes on by the clocks of its zone, where the offset is theirs.
                let clocks = self.of(property, budget);
                if clocks.local(at.checked_sub_signed(offset)?.and_utc()) == at {
                    (at, clocks, false)
                } else {
                    (at, Rc::new(Clocks::fixed(offset)), false)
                }
            }
        };
        Some(Moment {
            local,
            clocks,
            is_date,
        })
    }

    /// The moment that a property says by the likeliest of its readings.
    pub(super) fn moment_of(&mut self, property: &Property, budget: &mut Budget) -> Option<Moment> {
        let mut readings = property.readings();
        readings.find_map(|text| self.moment(text, property, budget))
    }

    /// A PERIOD: a start, and an end or a duration (RFC 5545 §3.3.9).
    pub(super) fn period(
        &mut self,
        text: &str,
        property: &Property,
        budget: &mut Budget,
    ) -> Option<(Moment, Length)> {
        let (start, end) = text.split_once('/')?;
        let start = self.moment(start, property, budget)?;
        let length = match duration(end) {
            Some(length) => length,
            None => Length::exact(self.moment(end, property, budget)?.instant() - start.instant()),
        };
        Some((start, length))
    }
}

fn observance(part: &Component) -> Option<Observance> {
    let offset = |name: &str| {
        let mut readings = part.property(name)?.readings();
        readings.find_map(|text| utc_offset(text.trim()))
    };
    let local = |text: &str| match Stamp::parse(text)? {
        Stamp::Date(date) => Some(date.and_time(NaiveTime::MIN)),
        Stamp::Local(at) | Stamp::Utc(at) | Stamp::Offset(at, _) => Some(at),
    };
    let rule = match part.property("RRULE") {
        Some(rule) => Some(
            rule.readings()
                .find_map(|text| Recurrence::parse(text).ok())?,
        ),
        None => None,
    };
    Some(Observance {
        start: part.property("DTSTART")?.readings().find_map(local)?,
        offset_from: offset("TZOFFSETFROM")?,
        offset_to: offset("TZOFFSETTO")?,
        rule,
        dates: part
            .all("RDATE")
            .flat_map(listed)
            .filter_map(local)
            .collect(),
    })
}
