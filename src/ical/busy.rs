//! When a foreign calendar says that its owner is busy (RFC 5545; CALENDARS of real exporters).
//!
//! Only spans of time come out of here. What cannot be understood is skipped with a reason and the
//! rest counts; an event whose zone nobody knows counts by its owner's clocks rather than not at all.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    rc::Rc,
};

use chrono::{DateTime, Days, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};

use super::content::{self, Component, ContentError, Property};
use crate::schedule::{
    Budget, Clocks, Recurrence, RecurrenceError, Span, Spans, Until, Zone,
    foreign_zone::{self, Observance},
    interval::later,
};

/// How to read a calendar.
pub struct Question<'a> {
    /// What is asked about; busy time is clipped to it.
    pub window: Span,
    /// The owner's zone: what whole days and times without a zone mean.
    pub zone: &'a Zone,
    /// Whether events marked as free count as well: some calendars mark all of theirs so.
    pub count_free: bool,
    /// Whether an event of that UID is one of ours and takes no time of its own.
    pub is_own: &'a dyn Fn(&str) -> bool,
}

/// What a calendar says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// In order, merged, within the window.
    pub busy: Vec<Span>,
    /// Why events were passed over, each reason with how many.
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
    #[error("this calendar repeats too much to be followed")]
    TooCostly,
}

/// Steps that one calendar, and one event of it, may cost: a second or so, and a tenth.
const CALENDAR_STEPS: u64 = 20_000_000;
const EVENT_STEPS: u64 = 2_000_000;
/// Most spans before they are merged.
const MOST_SPANS: usize = 500_000;

/// Reads what makes the owner busy.
pub fn read(bytes: &[u8], question: &Question) -> Result<Reading, ReadError> {
    let content = content::read(bytes)?;
    let mut reader = Reader {
        question,
        budget: Budget(CALENDAR_STEPS),
        spans: Vec::new(),
        reading: Reading {
            is_cut_off: content.is_cut_off,
            ..Reading::default()
        },
    };
    let mut events = Vec::new();
    for calendar in &content.calendars {
        let mut zones = Zones::new(calendar, question);
        let is_cancelled = calendar.word("METHOD") == "CANCEL";
        for part in &calendar.parts {
            match part.name.as_str() {
                "VEVENT" => {
                    reader.reading.events += 1;
                    match event(part, &mut zones, is_cancelled, &mut reader.budget) {
                        Ok(event) => events.push(event),
                        Err(reason) => reader.skip(reason),
                    }
                }
                "VFREEBUSY" => reader.free_busy(part, &mut zones)?,
                _ => {}
            }
        }
    }
    if content.is_cut_off {
        reader.skip(Skip::CutOff);
    }
    events.retain(|event| event.uid.is_empty() || !(question.is_own)(&event.uid));
    for series in series_of(events) {
        let mut budget = Budget(EVENT_STEPS.min(reader.budget.0));
        let before = budget.0;
        let found = series.busy(question, &mut budget);
        reader.budget.0 -= before - budget.0;
        match found {
            Ok(spans) => reader.add(spans)?,
            Err(_) if before < EVENT_STEPS => return Err(ReadError::TooCostly),
            Err(error) => reader.skip(Skip::Rule(error)),
        }
    }
    let clipped = reader.spans.iter().map(|span| {
        let window = question.window;
        Span::new(span.start.max(window.start), span.end.min(window.end))
    });
    reader.reading.busy = Spans::merged(clipped).as_slice().to_vec();
    Ok(reader.reading)
}

/// Why an event does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
enum Skip {
    #[error("an event without a start")]
    NoStart,
    #[error("an event whose start cannot be read")]
    BadStart,
    #[error("an event whose end cannot be read")]
    BadEnd,
    #[error("an event with {0}")]
    Rule(RecurrenceError),
    #[error("the file ends in the middle of an event")]
    CutOff,
    #[error("a busy time that cannot be read")]
    BadPeriod,
}

struct Reader<'a> {
    question: &'a Question<'a>,
    budget: Budget,
    spans: Vec<Span>,
    reading: Reading,
}

impl Reader<'_> {
    /// Counts an event that was passed over.
    fn skip(&mut self, reason: Skip) {
        *self.reading.skipped.entry(reason.to_string()).or_default() += 1;
    }

    fn add(&mut self, spans: Vec<Span>) -> Result<(), ReadError> {
        let inside = spans.into_iter().filter(|s| s.meets(&self.question.window));
        self.spans.extend(inside);
        if self.spans.len() > MOST_SPANS {
            self.spans = Spans::merged(std::mem::take(&mut self.spans))
                .as_slice()
                .to_vec();
        }
        if self.spans.len() > MOST_SPANS {
            return Err(ReadError::TooCostly);
        }
        Ok(())
    }

    /// Published busy time (RFC 5545 §3.6.4).
    fn free_busy(&mut self, part: &Component, zones: &mut Zones) -> Result<(), ReadError> {
        for property in part.all("FREEBUSY") {
            let kind = property.parameter("FBTYPE").unwrap_or("BUSY");
            if kind.eq_ignore_ascii_case("FREE") {
                continue;
            }
            for text in property.value.split(',').filter(|t| !t.trim().is_empty()) {
                match period(text, property, zones, &mut self.budget) {
                    Some((start, length)) => {
                        self.add(vec![Span::new(start.instant(), length.end_of(&start))])?
                    }
                    None => self.skip(Skip::BadPeriod),
                }
            }
        }
        Ok(())
    }
}

/// The zones of one calendar.
struct Zones<'a> {
    owner: Rc<Clocks>,
    /// What times without a zone are told by.
    floating: Rc<Clocks>,
    utc: Rc<Clocks>,
    listed: HashMap<String, &'a Component>,
    found: HashMap<String, Rc<Clocks>>,
    until: NaiveDateTime,
}

impl<'a> Zones<'a> {
    fn new(calendar: &'a Component, question: &Question) -> Self {
        let owner = Rc::new(Clocks::Zone(question.zone.clone()));
        let named = calendar
            .property("X-WR-TIMEZONE")
            .and_then(|p| foreign_zone::known(&p.value));
        let listed = calendar.parts.iter().filter(|p| p.name == "VTIMEZONE");
        Self {
            floating: named.map_or_else(|| Rc::clone(&owner), |zone| Rc::new(Clocks::Zone(zone))),
            owner,
            utc: Rc::new(Clocks::Zone(Zone::utc())),
            listed: listed
                .filter_map(|zone| Some((zone.property("TZID")?.value.trim().to_lowercase(), zone)))
                .collect(),
            found: HashMap::new(),
            until: later(question.window.end, TimeDelta::days(800)).naive_utc(),
        }
    }

    /// The clocks that a TZID means: ours for a name we know, since a calendar's own copy of the
    /// rules is often old; else the calendar's; else the owner's.
    fn named(&mut self, id: &str, budget: &mut Budget) -> Rc<Clocks> {
        let key = id.trim().trim_matches('"').to_lowercase();
        if let Some(clocks) = self.found.get(&key) {
            return Rc::clone(clocks);
        }
        let described = self.listed.get(&key).copied();
        let by_location = || {
            let place = described?.property("X-LIC-LOCATION")?;
            foreign_zone::known(&place.value)
        };
        let clocks = match foreign_zone::known(id).or_else(by_location) {
            Some(zone) => Rc::new(Clocks::Zone(zone)),
            None => {
                let listed = described.and_then(|zone| {
                    let parts: Vec<Observance> = zone.parts.iter().filter_map(observance).collect();
                    Clocks::listed(&parts, self.until, budget).ok().flatten()
                });
                listed.map_or_else(|| Rc::clone(&self.owner), Rc::new)
            }
        };
        self.found.insert(key, Rc::clone(&clocks));
        clocks
    }
}

fn observance(part: &Component) -> Option<Observance> {
    let offset = |name: &str| utc_offset(part.property(name)?.value.trim());
    let local = |text: &str| match stamp(text)? {
        Stamp::Date(date) => Some(date.and_time(NaiveTime::MIN)),
        Stamp::Local(at) | Stamp::Utc(at) => Some(at),
    };
    let rule = match part.property("RRULE") {
        Some(rule) => Some(Recurrence::parse(&rule.value).ok()?),
        None => None,
    };
    let dates = part.all("RDATE").flat_map(|p| p.value.split(','));
    Some(Observance {
        start: local(&part.property("DTSTART")?.value)?,
        offset_from: offset("TZOFFSETFROM")?,
        offset_to: offset("TZOFFSETTO")?,
        rule,
        dates: dates.filter_map(local).collect(),
    })
}

/// RFC 5545 §3.3.14, as in `-0500` or `+053000`.
fn utc_offset(text: &str) -> Option<TimeDelta> {
    let (sign, digits) = match text.split_at_checked(1)? {
        ("-", digits) => (-1, digits),
        ("+", digits) => (1, digits),
        _ => (1, text),
    };
    let digits = digits.replace(':', "");
    let part = |at: usize| match digits.get(at..at + 2) {
        Some(two) => two.parse::<i64>().ok(),
        None => (at >= digits.len()).then_some(0),
    };
    let seconds = part(0)? * 3600 + part(2)? * 60 + part(4)?;
    (seconds < 26 * 3600).then(|| TimeDelta::seconds(sign * seconds))
}

/// A date or time as it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stamp {
    Date(NaiveDate),
    Local(NaiveDateTime),
    Utc(NaiveDateTime),
}

impl Stamp {
    fn date(self) -> NaiveDate {
        match self {
            Self::Date(date) => date,
            Self::Local(at) | Self::Utc(at) => at.date(),
        }
    }
}

/// RFC 5545 §3.3.4 and §3.3.5, also with dashes and colons, without seconds, in lower case, and with
/// 24:00.
fn stamp(text: &str) -> Option<Stamp> {
    let plain: String = text
        .trim()
        .to_ascii_uppercase()
        .chars()
        .filter(|c| !matches!(c, '-' | ':' | ' '))
        .collect();
    let (date, time) = match plain.split_once('T') {
        Some((date, time)) => (date, Some(time)),
        None => (plain.as_str(), None),
    };
    if date.len() != 8 || !date.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let number = |text: &str| text.parse::<u32>().ok();
    let date = NaiveDate::from_ymd_opt(
        date[..4].parse().ok()?,
        number(&date[4..6])?,
        number(&date[6..])?,
    )?;
    let Some(time) = time else {
        return Some(Stamp::Date(date));
    };
    let (time, is_utc) = match time.strip_suffix('Z') {
        Some(time) => (time, true),
        None => (time, false),
    };
    if !matches!(time.len(), 4 | 6) || !time.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let (hour, minute) = (number(&time[..2])?, number(&time[2..4])?);
    let second = if time.len() == 6 {
        number(&time[4..])?
    } else {
        0
    };
    let at = if (hour, minute, second) == (24, 0, 0) {
        date.succ_opt()?.and_time(NaiveTime::MIN)
    } else {
        date.and_hms_opt(hour, minute, second.min(59))?
    };
    Some(if is_utc {
        Stamp::Utc(at)
    } else {
        Stamp::Local(at)
    })
}

/// A moment told by some clocks. Of a date: its midnight by the owner's.
#[derive(Clone, Debug)]
struct Moment {
    local: NaiveDateTime,
    clocks: Rc<Clocks>,
    is_date: bool,
}

impl Moment {
    fn instant(&self) -> DateTime<Utc> {
        self.clocks.instant(self.local)
    }

    fn at(&self, local: NaiveDateTime) -> Self {
        Self {
            local,
            ..self.clone()
        }
    }
}

fn moment(
    text: &str,
    property: &Property,
    zones: &mut Zones,
    budget: &mut Budget,
) -> Option<Moment> {
    let (local, clocks, is_date) = match stamp(text)? {
        Stamp::Date(date) => (date.and_time(NaiveTime::MIN), Rc::clone(&zones.owner), true),
        Stamp::Utc(at) => (at, Rc::clone(&zones.utc), false),
        Stamp::Local(at) => {
            let clocks = match property.parameter("TZID") {
                Some(id) => zones.named(id, budget),
                None => Rc::clone(&zones.floating),
            };
            (at, clocks, false)
        }
    };
    Some(Moment {
        local,
        clocks,
        is_date,
    })
}

/// How long an event lasts (RFC 5545 §3.8.5.3): exactly, or so many days by the clock and then some.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Length {
    days: i64,
    rest: TimeDelta,
}

impl Length {
    const NONE: Self = Self::exact(TimeDelta::zero());

    const fn exact(rest: TimeDelta) -> Self {
        Self { days: 0, rest }
    }

    const fn days(days: i64) -> Self {
        Self {
            days,
            rest: TimeDelta::zero(),
        }
    }

    fn end_of(&self, start: &Moment) -> DateTime<Utc> {
        if self.days == 0 {
            return later(start.instant(), self.rest);
        }
        let end =
            TimeDelta::try_days(self.days).and_then(|days| start.local.checked_add_signed(days));
        match end {
            Some(end) => later(start.clocks.instant(end), self.rest),
            None => DateTime::<Utc>::MAX_UTC,
        }
    }

    /// At least how long it is, for looking back.
    fn reach(&self) -> TimeDelta {
        let days = TimeDelta::try_days(self.days.clamp(0, 40_000)).unwrap_or_default();
        let rest = self.rest.clamp(TimeDelta::zero(), TimeDelta::days(40_000));
        days + rest + TimeDelta::days(2)
    }
}

/// RFC 5545 §3.3.6.
fn duration(text: &str) -> Option<Length> {
    let text = text.trim().to_ascii_uppercase();
    let (sign, body) = match text.strip_prefix('-') {
        Some(body) => (-1, body),
        None => (1, text.strip_prefix('+').unwrap_or(&text)),
    };
    let mut length = Length::NONE;
    let mut digits = String::new();
    let mut is_read = false;
    for c in body.strip_prefix('P')?.chars() {
        if c.is_ascii_digit() {
            digits.push(c);
            continue;
        }
        if c == 'T' && digits.is_empty() {
            continue;
        }
        let number: i64 = digits.parse().ok().filter(|n| *n < 1_000_000_000)?;
        digits.clear();
        is_read = true;
        let number = sign * number;
        match c {
            'W' => length.days += number * 7,
            'D' => length.days += number,
            'H' => length.rest += TimeDelta::try_hours(number)?,
            'M' => length.rest += TimeDelta::try_minutes(number)?,
            'S' => length.rest += TimeDelta::try_seconds(number)?,
            _ => return None,
        }
    }
    (is_read && digits.is_empty()).then_some(length)
}

/// A PERIOD: a start, and an end or a duration (RFC 5545 §3.3.9).
fn period(
    text: &str,
    property: &Property,
    zones: &mut Zones,
    budget: &mut Budget,
) -> Option<(Moment, Length)> {
    let (start, end) = text.split_once('/')?;
    let start = moment(start, property, zones, budget)?;
    let length = match duration(end) {
        Some(length) => length,
        None => Length::exact(moment(end, property, zones, budget)?.instant() - start.instant()),
    };
    Some((start, length))
}

/// A VEVENT, as far as it takes time.
#[derive(Clone, Debug)]
struct Event {
    uid: String,
    sequence: i64,
    stamp: String,
    start: Moment,
    length: Length,
    rules: Vec<Recurrence>,
    except_rules: Vec<Recurrence>,
    /// Times besides the rule's, each with its own length if it has one.
    dates: Vec<(Moment, Option<Length>)>,
    except: Vec<Named>,
    /// Which instance of its series this replaces, and whether the later ones as well.
    replaces: Option<(Named, bool)>,
    is_cancelled: bool,
    is_free: bool,
}

/// An instance as EXDATE and RECURRENCE-ID name it: by its instant, or by a date.
#[derive(Clone, Debug)]
struct Named {
    stamp: Stamp,
    moment: Moment,
}

impl Named {
    /// Whether it means the instance that begins at `at`.
    fn is(&self, at: &Moment) -> bool {
        if self.moment.is_date || at.is_date {
            return self.stamp.date() == at.local.date();
        }
        self.moment.instant() == at.instant()
    }
}

fn event(
    part: &Component,
    zones: &mut Zones,
    is_cancelled: bool,
    budget: &mut Budget,
) -> Result<Event, Skip> {
    let start = part.property("DTSTART").ok_or(Skip::NoStart)?;
    let start = moment(&start.value, start, zones, budget).ok_or(Skip::BadStart)?;
    let length = length(part, &start, zones, budget)?;
    let rules = |name: &str| {
        let parsed = part.all(name).map(|p| Recurrence::parse(&p.value));
        parsed.collect::<Result<Vec<_>, _>>().map_err(Skip::Rule)
    };
    let is_free =
        part.word("TRANSP") == "TRANSPARENT" || part.word("X-MICROSOFT-CDO-BUSYSTATUS") == "FREE";
    let mut event = Event {
        uid: part
            .property("UID")
            .map(|p| p.value.trim().to_owned())
            .unwrap_or_default(),
        sequence: part.word("SEQUENCE").parse().unwrap_or(0),
        stamp: part.word("DTSTAMP"),
        rules: rules("RRULE")?,
        except_rules: rules("EXRULE")?,
        dates: Vec::new(),
        except: Vec::new(),
        replaces: None,
        is_cancelled: is_cancelled || part.word("STATUS") == "CANCELLED",
        is_free,
        start,
        length,
    };
    let mut own = OwnClocks {
        zones,
        start: event.start.clone(),
    };
    for property in part.all("RDATE") {
        for text in property.value.split(',').filter(|t| !t.trim().is_empty()) {
            let date = if text.contains('/') {
                period(text, property, own.zones, budget).map(|(at, length)| (at, Some(length)))
            } else {
                own.named(text, property, budget)
                    .map(|named| (own.begin(&named), None))
            };
            event.dates.extend(date);
        }
    }
    for property in part.all("EXDATE") {
        let texts = property.value.split(',');
        event
            .except
            .extend(texts.filter_map(|text| own.named(text, property, budget)));
    }
    if let Some(property) = part.property("RECURRENCE-ID") {
        let with_later = property
            .parameter("RANGE")
            .is_some_and(|r| r.eq_ignore_ascii_case("THISANDFUTURE"));
        event.replaces = own
            .named(&property.value, property, budget)
            .map(|named| (named, with_later));
    }
    Ok(event)
}

/// Times of one event: without a zone of their own they are told by the event's clocks.
struct OwnClocks<'a, 'b> {
    zones: &'a mut Zones<'b>,
    start: Moment,
}

impl OwnClocks<'_, '_> {
    fn named(&mut self, text: &str, property: &Property, budget: &mut Budget) -> Option<Named> {
        let stamp = stamp(text)?;
        let mut moment = moment(text, property, self.zones, budget)?;
        let is_plain = matches!(stamp, Stamp::Local(_)) && property.parameter("TZID").is_none();
        if is_plain && !self.start.is_date {
            moment.clocks = Rc::clone(&self.start.clocks);
        }
        Some(Named { stamp, moment })
    }

    /// The start of an instance: a date of an event that has a time takes the time of its start.
    fn begin(&self, named: &Named) -> Moment {
        match (named.moment.is_date, self.start.is_date) {
            (true, false) => self
                .start
                .at(named.stamp.date().and_time(self.start.local.time())),
            (false, true) => self.start.at(named.stamp.date().and_time(NaiveTime::MIN)),
            _ => named.moment.clone(),
        }
    }
}

fn length(
    part: &Component,
    start: &Moment,
    zones: &mut Zones,
    budget: &mut Budget,
) -> Result<Length, Skip> {
    if let Some(property) = part.property("DTEND") {
        let end = moment(&property.value, property, zones, budget).ok_or(Skip::BadEnd)?;
        return Ok(match (start.is_date, end.is_date) {
            (true, true) => match (end.local.date() - start.local.date()).num_days() {
                0 => Length::days(1),
                days => Length::days(days),
            },
            (false, true) => {
                let midnight = start.clocks.instant(end.local);
                Length::exact(midnight - start.instant())
            }
            _ => Length::exact(end.instant() - start.instant()),
        });
    }
    match part.property("DURATION") {
        Some(property) => duration(&property.value).ok_or(Skip::BadEnd),
        None if start.is_date => Ok(Length::days(1)),
        None => Ok(Length::NONE),
    }
}

/// What belongs together: an event, what it was before, and the instances that were changed.
struct Series {
    /// The newest ones; several if a calendar uses one UID for different events.
    masters: Vec<Event>,
    changes: Vec<Event>,
}

fn series_of(events: Vec<Event>) -> Vec<Series> {
    let mut by_uid: HashMap<String, usize> = HashMap::new();
    let mut all: Vec<Series> = Vec::new();
    for mut event in events {
        if event.uid.is_empty() {
            event.replaces = None;
        }
        let number = match by_uid.get(&event.uid) {
            Some(number) if !event.uid.is_empty() => *number,
            _ => {
                by_uid.insert(event.uid.clone(), all.len());
                all.push(Series {
                    masters: Vec::new(),
                    changes: Vec::new(),
                });
                all.len() - 1
            }
        };
        match event.replaces {
            Some(_) => all[number].changes.push(event),
            None => all[number].masters.push(event),
        }
    }
    for series in &mut all {
        let newest = series.masters.iter().map(|e| e.sequence).max().unwrap_or(0);
        series.masters.retain(|e| e.sequence == newest);
        series
            .changes
            .sort_by(|a, b| (a.sequence, &a.stamp).cmp(&(b.sequence, &b.stamp)));
    }
    all
}

impl Series {
    fn busy(&self, question: &Question, budget: &mut Budget) -> Result<Vec<Span>, RecurrenceError> {
        let counts = |event: &Event| !event.is_cancelled && (question.count_free || !event.is_free);
        let span =
            |start: &Moment, length: &Length| Span::new(start.instant(), length.end_of(start));
        let mut spans = Vec::new();
        // Of several changes to one instance the newest holds: the later of equal ones.
        let mut changes: Vec<&Event> = Vec::new();
        for change in self.changes.iter().rev() {
            let (named, _) = change
                .replaces
                .as_ref()
                .expect("a change replaces something");
            let is_replaced = |newer: &&Event| {
                let (other, _) = newer
                    .replaces
                    .as_ref()
                    .expect("a change replaces something");
                are_same(named, other)
            };
            budget.spend(1 + changes.len() as u64 / 8)?;
            if !changes.iter().any(is_replaced) {
                changes.push(change);
            }
        }
        let mut is_used = vec![false; changes.len()];
        for master in &self.masters {
            let shifts: Vec<(DateTime<Utc>, &Event)> = {
                let mut shifts: Vec<_> = changes
                    .iter()
                    .filter_map(|change| {
                        let (named, with_later) = change.replaces.as_ref()?;
                        with_later.then(|| (named.moment.instant(), *change))
                    })
                    .collect();
                shifts.sort_by_key(|(from, _)| *from);
                shifts
            };
            let moved = shifts
                .iter()
                .map(|(from, change)| {
                    (change.start.instant() - *from).abs() + change.length.reach()
                })
                .max()
                .unwrap_or_default();
            let mut named: HashMap<DateTime<Utc>, usize> = HashMap::new();
            let mut dated: HashMap<NaiveDate, usize> = HashMap::new();
            for (number, change) in changes.iter().enumerate() {
                let (which, _) = change
                    .replaces
                    .as_ref()
                    .expect("a change replaces something");
                if which.moment.is_date || master.start.is_date {
                    dated.insert(which.stamp.date(), number);
                } else {
                    named.insert(which.moment.instant(), number);
                }
            }
            for (at, own_length) in master.instances(question.window, moved, budget)? {
                budget.spend(1)?;
                let changed = named
                    .get(&at.instant())
                    .or_else(|| dated.get(&at.local.date()));
                if let Some(number) = changed {
                    is_used[*number] = true;
                    continue;
                }
                let instant = at.instant();
                match shifts.iter().rfind(|(from, _)| *from <= instant) {
                    None if counts(master) => {
                        spans.push(span(&at, &own_length.unwrap_or(master.length)));
                    }
                    None => {}
                    Some((from, change)) if counts(change) => {
                        // As far from its change as the instance was from the one that was changed.
                        let clocks = &change.start.clocks;
                        let apart = clocks.local(instant) - clocks.local(*from);
                        let start = change.start.at(change.start.local + apart);
                        spans.push(span(&start, &change.length));
                    }
                    Some(_) => {}
                }
            }
        }
        for (number, change) in changes.iter().enumerate() {
            if !counts(change) {
                continue;
            }
            let (which, _) = change
                .replaces
                .as_ref()
                .expect("a change replaces something");
            let is_stale = !is_used[number] && !self.masters.is_empty() && {
                let is_older = self.masters.iter().all(|m| change.sequence < m.sequence);
                let mut is_known = false;
                for master in &self.masters {
                    is_known |= master.has_instance(which, budget)?;
                }
                is_older && !is_known
            };
            if !is_stale {
                spans.push(span(&change.start, &change.length));
            }
        }
        Ok(spans)
    }
}

/// Whether two name the same instance as far as their own form tells.
fn are_same(one: &Named, other: &Named) -> bool {
    one.is(&other.moment) || other.is(&one.moment)
}

impl Event {
    /// The starts of the instances that may meet `window`, exceptions taken out, each once; with a
    /// length where it has its own.
    fn instances(
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
            .map(|e| e.stamp.date())
            .collect();
        starts.retain(|instant, (at, _)| {
            !by_instant.contains(instant)
                && !by_date.contains(&at.local.date())
                && !without.contains(&at.local)
        });
        Ok(starts.into_values().collect())
    }

    /// The local times that rules give within `[from, until)`.
    fn locals(
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
    fn has_instance(&self, named: &Named, budget: &mut Budget) -> Result<bool, RecurrenceError> {
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

#[cfg(test)]
#[path = "busy_tests.rs"]
mod tests;
