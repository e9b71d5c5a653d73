//! When a foreign calendar says that its owner is busy (RFC 5545; CALENDARS of real exporters).
//!
//! Only spans of time come out of here. What cannot be understood costs as little as it can, and is told with a
//! reason: a lost event is an hour offered twice. An event without a readable rule takes its first time, one
//! without an end takes an hour, one whose zone nobody knows counts by its owner's clocks.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    rc::Rc,
};

use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};

use percent_encoding::percent_decode_str;

use super::content::{self, Component, ContentError, Property};
use crate::schedule::{
    Budget, Clocks, Recurrence, RecurrenceError, Span, Spans, Stamp, Until, Zone,
    foreign_zone::{self, Observance},
    interval::later,
    stamp::utc_offset,
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
    #[error("this calendar has too many repeating events to read")]
    TooCostly,
}

/// Steps that one calendar, and one event of it, may cost: a second or so, and a tenth.
const CALENDAR_STEPS: u64 = 20_000_000;
const EVENT_STEPS: u64 = 2_000_000;
/// How many different things that could not be read are reported with their dates.
const MOST_DATED: usize = 50;
/// Most spans before they are merged.
const MOST_SPANS: usize = 500_000;

/// Reads what makes the owner busy.
pub fn read(bytes: &[u8], question: &ReadOptions) -> Result<Reading, ReadError> {
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
        let whose = Whose::of(calendar, question);
        for part in &calendar.parts {
            match part.name.as_str() {
                "VEVENT" => {
                    reader.reading.events += 1;
                    let mut notes = Vec::new();
                    let found = event(part, &mut zones, &whose, (&mut notes, &mut reader.budget));
                    for note in notes {
                        reader.skip(note, found.as_ref().ok().map(|e| e.start.local.date()));
                    }
                    match found {
                        Ok(event) => events.push(event),
                        Err(reason) => reader.skip(reason, date_of(part)),
                    }
                }
                "VFREEBUSY" => reader.free_busy(part, &mut zones)?,
                _ => {}
            }
        }
        for name in zones.unknown {
            reader.skip(Skip::UnknownZone(&name), None);
        }
    }
    if content.is_cut_off {
        reader.skip(Skip::CutOff, None);
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
            Err(error) => {
                reader.skip(Skip::Rule(error), series.date());
                reader.add(series.first_times(question))?;
            }
        }
    }
    let clipped = reader.spans.iter().map(|span| {
        let window = question.window;
        Span::new(span.start.max(window.start), span.end.min(window.end))
    });
    reader.reading.busy = Spans::merged(clipped).as_slice().to_vec();
    Ok(reader.reading)
}

/// What could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
enum Skip<'a> {
    #[error("the time zone “{0}” is not known, so its times count in your own time zone")]
    UnknownZone(&'a str),
    #[error("an event without a start is ignored")]
    NoStart,
    #[error("an event whose start cannot be read is ignored")]
    BadStart,
    #[error("an event whose end cannot be read counts as one hour, or as its whole day")]
    BadEnd,
    #[error("only the first time counts of an event with {0}")]
    Rule(RecurrenceError),
    #[error("an event has more times that cannot be read and are ignored")]
    BadTime,
    #[error("an event has exceptions that cannot be read, so these times count")]
    BadException,
    #[error("a change to a repeating event does not say which time it replaces, so both count")]
    BadInstance,
    #[error("the file is incomplete")]
    CutOff,
    #[error("a busy time that cannot be read is ignored")]
    BadPeriod,
}

/// The date of an event that cannot be read, if that much can.
fn date_of(part: &Component) -> Option<NaiveDate> {
    let dated = ["DTSTART", "DTEND", "RECURRENCE-ID"].into_iter();
    let mut values = dated
        .filter_map(|name| part.property(name))
        .map(|p| &p.value);
    values.find_map(|value| {
        let digits: String = value
            .chars()
            .filter(|c| *c != '-')
            .take_while(char::is_ascii_digit)
            .take(8)
            .collect();
        Some(Stamp::parse(&digits)?.date())
    })
}

/// Whose calendar it is, and what it is about.
struct Whose<'a> {
    owner: &'a [String],
    /// The owner's address where the calendar is named after it, as those of Google are.
    name: String,
    is_cancelled: bool,
}

impl<'a> Whose<'a> {
    fn of(calendar: &Component, question: &ReadOptions<'a>) -> Self {
        let name = calendar.property("X-WR-CALNAME");
        Self {
            owner: question.owner,
            name: name.map_or(String::new(), |p| p.value.trim().to_lowercase()),
            is_cancelled: calendar.word("METHOD") == "CANCEL",
        }
    }

    /// Whether the owner has declined.
    fn declined(&self, part: &Component) -> bool {
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

struct Reader<'a> {
    question: &'a ReadOptions<'a>,
    budget: Budget,
    spans: Vec<Span>,
    reading: Reading,
}

impl Reader<'_> {
    /// Counts what could not be read.
    fn skip(&mut self, reason: Skip<'_>, date: Option<NaiveDate>) {
        let skipped = &mut self.reading.skipped;
        let dated = date.map(|date| format!("{reason} ({})", date.format("%-d %b %Y")));
        let text = match dated {
            Some(dated) if skipped.len() < MOST_DATED || skipped.contains_key(&dated) => dated,
            _ => reason.to_string(),
        };
        *skipped.entry(text).or_default() += 1;
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
            if property.is("FBTYPE", "FREE") {
                continue;
            }
            for text in property.value.split(',').filter(|t| !t.trim().is_empty()) {
                match period(text, property, zones, &mut self.budget) {
                    Some((start, length)) => {
                        self.add(vec![Span::new(start.instant(), length.end_of(&start))])?
                    }
                    None => self.skip(Skip::BadPeriod, None),
                }
            }
        }
        Ok(())
    }
}

/// The zones of one calendar.
struct Zones<'a> {
    owner: Rc<Clocks>,
    owner_zone: Zone,
    /// What times without a zone are told by.
    floating: Rc<Clocks>,
    utc: Rc<Clocks>,
    listed: HashMap<String, &'a Component>,
    found: HashMap<String, Rc<Clocks>>,
    /// Names of zones that nobody knows.
    unknown: Vec<String>,
    until: NaiveDateTime,
}

impl<'a> Zones<'a> {
    fn new(calendar: &'a Component, question: &ReadOptions) -> Self {
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
    fn named(&mut self, id: &str, budget: &mut Budget) -> Rc<Clocks> {
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
    fn of(&mut self, property: &Property, budget: &mut Budget) -> Rc<Clocks> {
        match property.parameter("TZID") {
            Some(id) => self.named(id, budget),
            None => Rc::clone(&self.floating),
        }
    }

    /// The date that is meant where one is needed: by the owner's clocks. A midnight of UTC is how some write a
    /// date.
    fn date(&self, stamp: Stamp) -> NaiveDate {
        match stamp {
            Stamp::Utc(at) if at.time() != NaiveTime::MIN => self.owner.local(at.and_utc()).date(),
            Stamp::Offset(at, offset) => match at.checked_sub_signed(offset) {
                Some(at) => self.owner.local(at.and_utc()).date(),
                None => at.date(),
            },
            written => written.date(),
        }
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

    /// Whether its date happens there: a zone that crosses the date line skips one.
    fn exists(&self) -> bool {
        let shown = |local: NaiveDateTime| self.clocks.local(self.clocks.instant(local));
        let date = self.local.date();
        shown(self.local) == self.local || shown(date.and_time(NaiveTime::MIN)).date() == date
    }

    fn at(&self, local: NaiveDateTime) -> Self {
        Self {
            local,
            ..self.clone()
        }
    }
}

/// What a property says when, as it is written; of VALUE=DATE, only the date.
fn stamp(text: &str, property: &Property) -> Option<Stamp> {
    let stamp = Stamp::parse(text)?;
    Some(if property.is("VALUE", "DATE") {
        Stamp::Date(stamp.date())
    } else {
        stamp
    })
}

fn moment(
    text: &str,
    property: &Property,
    zones: &mut Zones,
    budget: &mut Budget,
) -> Option<Moment> {
    let (local, clocks, is_date) = match stamp(text, property)? {
        Stamp::Date(date) => (date.and_time(NaiveTime::MIN), Rc::clone(&zones.owner), true),
        Stamp::Utc(at) => (at, Rc::clone(&zones.utc), false),
        Stamp::Local(at) => (at, zones.of(property, budget), false),
        Stamp::Offset(at, offset) => {
            // A series goes on by the clocks of its zone, where the offset is theirs.
            let clocks = zones.of(property, budget);
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
fn moment_of(property: &Property, zones: &mut Zones, budget: &mut Budget) -> Option<Moment> {
    let mut readings = property.readings();
    readings.find_map(|text| moment(text, property, zones, budget))
}

/// The times that a property lists, by the likeliest of its readings.
fn listed(property: &Property) -> impl Iterator<Item = &str> {
    let times = |text: &str| {
        text.split(',')
            .all(|t| t.contains('/') || Stamp::parse(t).is_some())
    };
    let mut readings = property.readings();
    let text = readings.find(|text| times(text)).unwrap_or(&property.value);
    text.split(',').filter(|t| !t.trim().is_empty())
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
            'W' => length.days = length.days.checked_add(number * 7)?,
            'D' => length.days = length.days.checked_add(number)?,
            _ => {
                let part = match c {
                    'H' => TimeDelta::try_hours(number)?,
                    'M' => TimeDelta::try_minutes(number)?,
                    'S' => TimeDelta::try_seconds(number)?,
                    _ => return None,
                };
                length.rest = length.rest.checked_add(&part)?;
            }
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
    date: NaiveDate,
    moment: Moment,
}

impl Named {
    /// Whether it means the instance that begins at `at`.
    fn is(&self, at: &Moment) -> bool {
        if self.moment.is_date || at.is_date {
            return self.date == at.local.date();
        }
        self.moment.instant() == at.instant()
    }
}

fn event(
    part: &Component,
    zones: &mut Zones,
    whose: &Whose,
    (notes, budget): (&mut Vec<Skip<'static>>, &mut Budget),
) -> Result<Event, Skip<'static>> {
    let start = part.property("DTSTART").ok_or(Skip::NoStart)?;
    let start = moment_of(start, zones, budget).ok_or(Skip::BadStart)?;
    let (length, is_guessed) = length(part, &start, zones, budget);
    if is_guessed {
        notes.push(Skip::BadEnd);
    }
    let mut rules = |name: &str, note: fn(RecurrenceError) -> Skip<'static>| {
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
        read.collect::<Vec<_>>()
    };
    let (rrules, exrules) = (
        rules("RRULE", Skip::Rule),
        rules("EXRULE", |_| Skip::BadException),
    );
    let is_free = match part.word("X-MICROSOFT-CDO-BUSYSTATUS").as_str() {
        "WORKINGELSEWHERE" => true,
        "FREE" => part.word("TRANSP") != "OPAQUE",
        _ => part.word("TRANSP") == "TRANSPARENT",
    };
    let mut event = Event {
        uid: part
            .property("UID")
            .map(|p| p.value.trim().to_owned())
            .unwrap_or_default(),
        sequence: part.word("SEQUENCE").parse().unwrap_or(0),
        stamp: part.word("DTSTAMP"),
        rules: rrules,
        except_rules: exrules,
        dates: Vec::new(),
        except: Vec::new(),
        replaces: None,
        is_cancelled: whose.is_cancelled
            || part.word("STATUS") == "CANCELLED"
            || whose.declined(part),
        is_free,
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
                period(text, property, own.zones, budget).map(|(at, length)| (at, Some(length)))
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
            Some(named) => event.replaces = Some((named, property.is("RANGE", "THISANDFUTURE"))),
            None => {
                // It stands alone, so that it is not taken for the series.
                event.uid.clear();
                notes.push(Skip::BadInstance);
            }
        }
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
        let stamp = stamp(text, property)?;
        let date = self.zones.date(stamp);
        let mut moment = moment(text, property, self.zones, budget)?;
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

/// How long an event lasts, and whether that is a guess: an hour or a day where no end can be read.
fn length(
    part: &Component,
    start: &Moment,
    zones: &mut Zones,
    budget: &mut Budget,
) -> (Length, bool) {
    let ends = part.property("DTEND");
    if let Some(end) = ends.and_then(|property| moment_of(property, zones, budget)) {
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
    fn busy(
        &self,
        question: &ReadOptions,
        budget: &mut Budget,
    ) -> Result<Vec<Span>, RecurrenceError> {
        let counts = |event: &Event| event.counts(question);
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
            budget.spend(1 + changes.len() as u64)?;
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
                    dated.insert(which.date, number);
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
            if is_stale {
                continue;
            }
            spans.push(span(&change.start, &change.length));
            // One that replaces nothing and has a rule is a series that some program has cut off another.
            let mut is_known = is_used[number] || change.rules.is_empty();
            for master in &self.masters {
                is_known = is_known || master.has_instance(which, budget)?;
            }
            if !is_known {
                for (at, length) in change.instances(question.window, TimeDelta::zero(), budget)? {
                    spans.push(span(&at, &length.unwrap_or(change.length)));
                }
            }
        }
        Ok(spans)
    }

    /// What it takes at least, when its rules cost too much to follow.
    fn first_times(&self, question: &ReadOptions) -> Vec<Span> {
        let all = self.masters.iter().chain(&self.changes);
        all.filter(|event| event.counts(question))
            .map(|event| event.span(&event.start))
            .collect()
    }

    fn date(&self) -> Option<NaiveDate> {
        let first = self.masters.first().or(self.changes.first())?;
        Some(first.start.local.date())
    }
}

/// Whether two name the same instance as far as their own form tells.
fn are_same(one: &Named, other: &Named) -> bool {
    one.is(&other.moment) || other.is(&one.moment)
}

impl Event {
    fn counts(&self, question: &ReadOptions) -> bool {
        !self.is_cancelled && (question.count_free || !self.is_free)
    }

    fn span(&self, start: &Moment) -> Span {
        Span::new(start.instant(), self.length.end_of(start))
    }

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
    fn has_instance(&self, named: &Named, budget: &mut Budget) -> Result<bool, RecurrenceError> {
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

#[cfg(test)]
#[path = "busy_tests.rs"]
mod tests;
