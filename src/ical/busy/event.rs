//! One event: when it begins, how long it takes, how it repeats.

use std::{
    collections::{BTreeMap, HashSet},
    rc::Rc,
};

use chrono::{DateTime, Days, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};
use percent_encoding::percent_decode_str;

use super::{
    ReadOptions, Skip,
    moment::{Length, Moment, duration, listed, stamp},
    zones::Zones,
};
use crate::{
    ical::content::{Component, Property},
    schedule::{Budget, Recurrence, RecurrenceError, Span, Stamp, Until, interval::later},
};

/// Whose calendar it is, and what it is about.
pub(super) struct Whose<'a> {
    owner: &'a [String],
    /// The owner's address where the calendar is named after it, as those of Google are.
    name: String,
    is_cancelled: bool,
}

impl<'a> Whose<'a> {
    pub(super) fn of(calendar: &Component, question: &ReadOptions<'a>) -> Self {
        let name = calendar.property("X-WR-CALNAME");
        Self {
            owner: question.owner,
            name: name.map_or(String::new(), |p| p.value.trim().to_lowercase()),
            is_cancelled: calendar.word("METHOD") == "CANCEL",
        }
    }

    /// Whether the owner has declined.
    pub(super) fn declined(&self, part: &Component) -> bool {
        // Of attendees only those are kept who have declined.
        part.all("ATTENDEE").any(|attendee| {
            let address = percent_decode_str(attendee.value.trim()).decode_utf8_lossy();
            let address = address.to_lowercase();
            let address = address.strip_prefix("mailto:").unwrap_or(&address);
            address.contains('@')
                && (address == self.name || self.owner.iter().any(|o| o == address))
        })
    }
}

/// A VEVENT, as far as it takes time.
#[derive(Clone, Debug)]
pub(super) struct ForeignEvent {
    pub(super) uid: String,
    pub(super) sequence: i64,
    pub(super) stamp: String,
    pub(super) start: Moment,
    pub(super) length: Length,
    pub(super) rules: Vec<Recurrence>,
    pub(super) except_rules: Vec<Recurrence>,
    /// Times besides the rule's, each with its own length if it has one.
    pub(super) dates: Vec<(Moment, Option<Length>)>,
    pub(super) except: Vec<Named>,
    /// Which instance of its series this replaces, and whether the later ones as well.
    pub(super) replaces: Option<(Named, bool)>,
    pub(super) is_cancelled: bool,
    pub(super) is_free: bool,
}

/// An instance as EXDATE and RECURRENCE-ID name it: by its instant, or by a date.
#[derive(Clone, Debug)]
pub(super) struct Named {
    pub(super) date: NaiveDate,
    pub(super) moment: Moment,
}

impl Named {
    /// Whether it means the instance that begins at `at`.
    pub(super) fn is(&self, at: &Moment) -> bool {
        if self.moment.is_date || at.is_date {
            return self.date == at.local.date();
        }
        self.moment.instant() == at.instant()
    }
}

/// Times of one event: without a zone of their own they are told by the event's clocks.
struct OwnClocks<'a, 'b> {
    zones: &'a mut Zones<'b>,
    start: Moment,
}

impl OwnClocks<'_, '_> {
    fn named(&mut self, text: &str, property: &Property, budget: &mut Budget) -> Option<Named> {
        let stamp = stamp(text, property)?;
        let date = self.zones.date(stamp);
        let mut moment = self.zones.moment(text, property, budget)?;
        let is_plain = matches!(stamp, Stamp::Local(_)) && property.parameter("TZID").is_none();
        if is_plain && !self.start.is_date {
            moment.clocks = Rc::clone(&self.start.clocks);
        }
        Some(Named { date, moment })
    }

    /// The start of an instance: a date of an event that has a time takes the time of its start.
    fn begin(&self, named: &Named) -> Moment {
        match (named.moment.is_date, self.start.is_date) {
            (true, false) => self.start.at(named.date.and_time(self.start.local.time())),
            (false, true) => self.start.at(named.date.and_time(NaiveTime::MIN)),
            _ => named.moment.clone(),
        }
    }
}

/// Whether two name the same instance as far as their own form tells.
pub(super) fn are_same(one: &Named, other: &Named) -> bool {
    one.is(&other.moment) || other.is(&one.moment)
}

impl ForeignEvent {
    /// Reads a VEVENT; what of it cannot be read is added to `notes`, or is why there is none.
    pub(super) fn read(
        part: &Component,
        zones: &mut Zones,
        whose: &Whose,
        notes: &mut Vec<Skip<'static>>,
        budget: &mut Budget,
    ) -> Result<Self, Skip<'static>> {
        let start = part.property("DTSTART").ok_or(Skip::NoStart)?;
        let start = zones.moment_of(start, budget).ok_or(Skip::BadStart)?;
        let (length, is_guessed) = length(part, &start, zones, budget);
        if is_guessed {
            notes.push(Skip::BadEnd);
        }
        let mut event = Self {
            uid: part
                .property("UID")
                .map(|p| p.value.trim().to_owned())
                .unwrap_or_default(),
            sequence: part.word("SEQUENCE").parse().unwrap_or(0),
            stamp: part.word("DTSTAMP"),
            rules: rules(part, "RRULE", notes, Skip::Rule),
            except_rules: rules(part, "EXRULE", notes, |_| Skip::BadException),
            dates: Vec::new(),
            except: Vec::new(),
            replaces: None,
            is_cancelled: whose.is_cancelled
                || part.word("STATUS") == "CANCELLED"
                || whose.declined(part),
            is_free: is_free(part),
            start,
            length,
        };
        let mut own = OwnClocks {
            zones,
            start: event.start.clone(),
        };
        for property in part.all("RDATE") {
            for text in listed(property) {
                let date = if text.contains('/') {
                    own.zones
                        .period(text, property, budget)
                        .map(|(at, length)| (at, Some(length)))
                } else {
                    own.named(text, property, budget)
                        .map(|named| (own.begin(&named), None))
                };
                match date {
                    Some(date) => event.dates.push(date),
                    None => notes.push(Skip::BadTime),
                }
            }
        }
        for property in part.all("EXDATE") {
            for text in listed(property) {
                match own.named(text, property, budget) {
                    Some(named) => event.except.push(named),
                    None => notes.push(Skip::BadException),
                }
            }
        }
        if let Some(property) = part.property("RECURRENCE-ID") {
            let mut readings = property.readings();
            match readings.find_map(|text| own.named(text, property, budget)) {
                Some(named) => {
                    event.replaces = Some((named, property.is("RANGE", "THISANDFUTURE")))
                }
                None => {
                    // It stands alone, so that it is not taken for the series.
                    event.uid.clear();
                    notes.push(Skip::BadInstance);
                }
            }
        }
        Ok(event)
    }

    pub(super) fn counts(&self, question: &ReadOptions) -> bool {
        !self.is_cancelled && (question.count_free || !self.is_free)
    }

    pub(super) fn span(&self, start: &Moment) -> Span {
        Span::new(start.instant(), self.length.end_of(start))
    }

    /// The starts of the instances that may meet `window`, exceptions taken out, each once; with a
    /// length where it has its own.
    pub(super) fn instances(
        &self,
        window: Span,
        margin: TimeDelta,
        budget: &mut Budget,
    ) -> Result<Vec<(Moment, Option<Length>)>, RecurrenceError> {
        let clocks = &self.start.clocks;
        let back = self.length.reach() + margin;
        let from = clocks.local(later(window.start, -back));
        let until = clocks.local(later(window.end, margin + TimeDelta::days(2)));
        let locals = self.locals(&self.rules, from, until, budget)?;
        let mut starts: BTreeMap<DateTime<Utc>, (Moment, Option<Length>)> = BTreeMap::new();
        let own = std::iter::once(self.start.local).chain(locals);
        for local in own {
            let at = self.start.at(local);
            if !at.exists() {
                continue;
            }
            starts.entry(at.instant()).or_insert((at, None));
        }
        for (at, length) in &self.dates {
            starts.insert(at.instant(), (at.clone(), *length));
        }
        let without: HashSet<NaiveDateTime> = self
            .locals(&self.except_rules, from, until, budget)?
            .into_iter()
            .collect();
        let by_instant: HashSet<DateTime<Utc>> = self
            .except
            .iter()
            .filter(|e| !e.moment.is_date && !self.start.is_date)
            .map(|e| e.moment.instant())
            .collect();
        let by_date: HashSet<NaiveDate> = self
            .except
            .iter()
            .filter(|e| e.moment.is_date || self.start.is_date)
            .map(|e| e.date)
            .collect();
        starts.retain(|instant, (at, _)| {
            !by_instant.contains(instant)
                && !by_date.contains(&at.local.date())
                && !without.contains(&at.local)
        });
        Ok(starts.into_values().collect())
    }

    /// The local times that rules give within `[from, until)`.
    pub(super) fn locals(
        &self,
        rules: &[Recurrence],
        from: NaiveDateTime,
        until: NaiveDateTime,
        budget: &mut Budget,
    ) -> Result<Vec<NaiveDateTime>, RecurrenceError> {
        let mut locals = Vec::new();
        for rule in rules {
            let mut rule = rule.clone();
            rule.until = match rule.until {
                // Whole days end with a date, however it is written.
                // As some other time of day it is that of the owner's clocks.
                Some(Until::Utc(at)) if self.start.is_date && at.time() != NaiveTime::MIN => {
                    Some(Until::Date(self.start.clocks.local(at.and_utc()).date()))
                }
                Some(Until::Utc(at) | Until::Local(at)) if self.start.is_date => {
                    Some(Until::Date(at.date()))
                }
                Some(Until::Utc(at)) => Some(Until::Local(self.start.clocks.local(at.and_utc()))),
                given => given,
            };
            locals.extend(rule.times(self.start.local, from, until, budget)?);
        }
        Ok(locals)
    }

    /// Whether the series has an instance of that name that is not taken out.
    pub(super) fn has_instance(
        &self,
        named: &Named,
        budget: &mut Budget,
    ) -> Result<bool, RecurrenceError> {
        budget.spend(1 + (self.except.len() + self.dates.len()) as u64)?;
        if self.except.iter().any(|except| are_same(except, named)) {
            return Ok(false);
        }
        if named.is(&self.start) || self.dates.iter().any(|(at, _)| named.is(at)) {
            return Ok(true);
        }
        let local = self.start.clocks.local(named.moment.instant());
        let day = |by: u64| local.checked_add_days(Days::new(by));
        let (Some(from), Some(until)) = (local.checked_sub_days(Days::new(1)), day(2)) else {
            return Ok(false);
        };
        let locals = self.locals(&self.rules, from, until, budget)?;
        Ok(locals
            .into_iter()
            .any(|local| named.is(&self.start.at(local))))
    }
}

/// The rules of that name that can be read.
fn rules(
    part: &Component,
    name: &str,
    notes: &mut Vec<Skip<'static>>,
    note: fn(RecurrenceError) -> Skip<'static>,
) -> Vec<Recurrence> {
    let given = part.all(name).filter(|p| !p.value.trim().is_empty());
    let read = given.filter_map(|property| {
        let mut readings = property.readings().map(Recurrence::parse);
        let first = readings.next()?;
        match first.or_else(|error| readings.next().unwrap_or(Err(error))) {
            Ok(rule) => Some(rule),
            Err(error) => {
                notes.push(note(error));
                None
            }
        }
    });
    read.collect()
}

/// Whether its owner counts as free.
fn is_free(part: &Component) -> bool {
    match part.word("X-MICROSOFT-CDO-BUSYSTATUS").as_str() {
        "WORKINGELSEWHERE" => true,
        "FREE" => part.word("TRANSP") != "OPAQUE",
        _ => part.word("TRANSP") == "TRANSPARENT",
    }
}

/// How long an event lasts, and whether that is a guess: an hour or a day where no end can be read.
fn length(
    part: &Component,
    start: &Moment,
    zones: &mut Zones,
    budget: &mut Budget,
) -> (Length, bool) {
    let ends = part.property("DTEND");
    if let Some(end) = ends.and_then(|property| zones.moment_of(property, budget)) {
        let length = match (start.is_date, end.is_date) {
            (true, true) => match (end.local.date() - start.local.date()).num_days() {
                0 => Length::days(1),
                days => Length::days(days),
            },
            (false, true) => {
                let midnight = start.clocks.instant(end.local);
                Length::exact(midnight - start.instant())
            }
            _ => Length::exact(end.instant() - start.instant()),
        };
        return (length, false);
    }
    let lasts = part.property("DURATION");
    if let Some(length) = lasts.and_then(|property| property.readings().find_map(duration)) {
        return (length, false);
    }
    let is_guessed = [ends, lasts]
        .into_iter()
        .flatten()
        .any(|p| !p.value.trim().is_empty());
    let length = match (start.is_date, ends.or(lasts)) {
        (true, _) => Length::days(1),
        (false, Some(_)) => Length::exact(TimeDelta::hours(1)),
        (false, None) => Length::NONE,
    };
    (length, is_guessed)
}
