//! Reading tables of TOML key by key: what has the wrong form is noted, and the rest is read all the same.

use std::collections::BTreeSet;

use chrono::{Datelike, Days, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Timelike};
use toml_edit::{Item, TableLike};

use super::{
    Moment,
    lint::{Findings, join},
};
use crate::{
    input,
    schedule::{Zone, zone::ClockChange},
};

/// The longest text of one value, in characters.
const LONGEST: usize = 20_000;
/// The most entries of one list.
pub const MOST: usize = 200;

/// Reads, and notes what is wrong.
#[derive(Default)]
pub struct Reader {
    pub findings: Findings,
}

/// A table of the file, and which of its keys are known.
pub struct At<'a> {
    pub table: Option<&'a dyn TableLike>,
    path: String,
    known: BTreeSet<&'static str>,
}

impl<'a> At<'a> {
    pub fn new(table: Option<&'a dyn TableLike>, path: impl Into<String>) -> Self {
        Self {
            table,
            path: path.into(),
            known: BTreeSet::new(),
        }
    }

    pub fn get(&mut self, key: &'static str) -> Option<&'a Item> {
        self.known.insert(key);
        self.table.and_then(|table| table.get(key))
    }

    pub fn place(&self, key: &str) -> String {
        join(&self.path, key)
    }
}

impl Reader {
    pub fn only_known(&mut self, at: &At) {
        let Some(table) = at.table else { return };
        for (key, _) in table.iter() {
            if !at.known.contains(key) {
                let shown = input::line(key);
                let place = at.place(&shown);
                let problem = format!("“{shown}” is not a key of a program file here.");
                self.findings.blocks("unknown_key", &place, problem);
            }
        }
    }

    pub fn wrong_type(&mut self, place: &str, expected: &str) {
        let problem = format!("This must be {expected}.");
        self.findings.blocks("wrong_type", place, problem);
    }

    pub fn missing(&mut self, place: &str) {
        self.findings
            .blocks("missing_key", place, "This is missing.");
    }

    pub fn table<'a>(&mut self, at: &mut At<'a>, key: &'static str, is_required: bool) -> At<'a> {
        let place = at.place(key);
        let item = at.get(key);
        let table = item.and_then(Item::as_table_like);
        if item.is_some() && table.is_none() {
            self.wrong_type(&place, "a table");
        }
        if item.is_none() && is_required {
            self.missing(&place);
        }
        At::new(table, place)
    }

    /// Each entry of a list of tables.
    pub fn each<'a, T>(
        &mut self,
        root: &mut At<'a>,
        key: &'static str,
        read: fn(&mut Self, &mut At<'a>) -> T,
    ) -> Vec<T> {
        let place = root.place(key);
        let Some(item) = root.get(key) else {
            return Vec::new();
        };
        let tables: Vec<&dyn TableLike> = match (item.as_array_of_tables(), item.as_array()) {
            (Some(tables), _) => tables.iter().map(|t| t as &dyn TableLike).collect(),
            (None, Some(array)) if array.iter().all(|v| v.is_inline_table()) => array
                .iter()
                .filter_map(|v| v.as_inline_table())
                .map(|t| t as &dyn TableLike)
                .collect(),
            _ => {
                self.wrong_type(
                    &place,
                    &format!("a list of tables, each begun by [[{key}]]"),
                );
                return Vec::new();
            }
        };
        if tables.len() > MOST {
            let problem = format!("There can be at most {MOST} of these.");
            self.findings.blocks("too_many", &place, problem);
        }
        let mut names = BTreeSet::new();
        let mut all = Vec::new();
        for (number, table) in tables.into_iter().take(MOST).enumerate() {
            let mut at = At::new(Some(table), format!("{place}[{number}]"));
            all.push(read(self, &mut at));
            let name = table.get("name").and_then(Item::as_str).unwrap_or_default();
            let role = table.get("role").and_then(Item::as_str).unwrap_or_default();
            if !name.is_empty() && !names.insert((name, role)) {
                let place = at.place("name");
                let problem = format!("“{}” stands here twice.", input::line(name));
                self.findings.blocks("duplicate_name", &place, problem);
            }
            self.only_known(&at);
        }
        all
    }

    pub fn text(&mut self, at: &mut At, key: &'static str, is_required: bool) -> String {
        let place = at.place(key);
        let Some(item) = at.get(key) else {
            if is_required {
                self.missing(&place);
            }
            return String::new();
        };
        let Some(text) = item.as_str() else {
            self.wrong_type(&place, "a text in quotation marks");
            return String::new();
        };
        if text.chars().count() > LONGEST {
            let problem = format!("This has more than {LONGEST} characters.");
            self.findings.blocks("too_long", &place, problem);
        }
        let text = input::paragraphs(text);
        if is_required && text.is_empty() {
            self.findings.blocks(
                "open",
                &place,
                "This is open: fill it in before the program is published.",
            );
        }
        text
    }

    pub fn flag(&mut self, at: &mut At, key: &'static str) -> bool {
        let place = at.place(key);
        let Some(item) = at.get(key) else {
            return false;
        };
        item.as_bool().unwrap_or_else(|| {
            self.wrong_type(&place, "true or false");
            false
        })
    }

    pub fn texts(&mut self, at: &mut At, key: &'static str) -> Vec<String> {
        let place = at.place(key);
        let Some(item) = at.get(key) else {
            return Vec::new();
        };
        let texts: Option<Vec<String>> = item
            .as_array()
            .filter(|array| array.len() <= MOST)
            .and_then(|array| array.iter().map(|v| v.as_str().map(input::line)).collect());
        texts.unwrap_or_else(|| {
            self.wrong_type(&place, "a list of texts");
            Vec::new()
        })
    }

    pub fn word<E: Copy>(
        &mut self,
        at: &mut At,
        key: &'static str,
        is_required: bool,
        all: &[E],
        parse: fn(&str) -> Option<E>,
        show: fn(E) -> &'static str,
    ) -> Option<E> {
        let place = at.place(key);
        let Some(item) = at.get(key) else {
            if is_required {
                self.missing(&place);
            }
            return None;
        };
        let found = item.as_str().and_then(parse);
        if found.is_none() {
            let words: Vec<&str> = all.iter().map(|word| show(*word)).collect();
            let problem = format!("This must be one of {}.", words.join(", "));
            self.findings.blocks("bad_value", &place, problem);
        }
        found
    }

    /// A date or a local date and time, as TOML has them or as text. None: open, or wrong.
    fn local(&mut self, at: &mut At, key: &'static str, is_required: bool) -> Option<Local> {
        let place = at.place(key);
        let Some(item) = at.get(key) else {
            if is_required {
                self.missing(&place);
            }
            return None;
        };
        let text = match (item.as_datetime(), item.as_str()) {
            (Some(datetime), _) => datetime.to_string(),
            (None, Some(text)) => text.trim().to_owned(),
            _ => {
                self.wrong_type(&place, "a date such as 2027-02-15, or a date and time");
                return None;
            }
        };
        if text.is_empty() {
            if is_required {
                let problem = "This date is open: fill it in before the program is published.";
                self.findings.blocks("open", &place, problem);
            }
            return None;
        }
        let local = Local::parse(&text);
        if local.is_none() {
            let problem = "This must be a date such as 2027-02-15 or a local date and time such as 2027-02-15T17:00:00, without an offset: the program’s zone applies.";
            self.findings.blocks("bad_value", &place, problem);
        }
        local
    }

    pub fn day(&mut self, at: &mut At, key: &'static str, is_required: bool) -> Option<NaiveDate> {
        Some(match self.local(at, key, is_required)? {
            Local::Day(day) => day,
            Local::Time(time) => {
                let problem = "This is a day, without a time of day.";
                self.findings.blocks("bad_value", &at.place(key), problem);
                time.date()
            }
        })
    }

    /// A date, or a date and time.
    pub fn moment(
        &mut self,
        at: &mut At,
        key: &'static str,
        is_required: bool,
        zone: &Zone,
        is_end: bool,
    ) -> Option<Moment> {
        let local = self.local(at, key, is_required)?;
        let place = at.place(key);
        let (day, is_whole_day) = match local {
            Local::Day(day) => (day, true),
            Local::Time(time) => (time.date(), false),
        };
        let time = match local {
            Local::Day(day) if is_end => (day + Days::new(1)).and_time(NaiveTime::MIN),
            Local::Day(day) => day.and_time(NaiveTime::MIN),
            Local::Time(time) => time,
        };
        let instant = zone.instant_of(time);
        let shown = time.format("%Y-%m-%d %H:%M");
        if !is_whole_day && zone.local(instant).naive_local() != time {
            let problem = format!(
                "{shown} does not exist in {}: the clocks go forward then.",
                zone.name()
            );
            self.findings.blocks("no_such_time", &place, problem);
        }
        let goes_back =
            |change: &ClockChange| zone.local(instant - change.jump()).naive_local() == time;
        let changes = zone.clock_changes(instant, instant + TimeDelta::hours(3));
        if !is_whole_day && changes.iter().any(goes_back) {
            let problem = format!(
                "{shown} comes twice in {}, since the clocks go back then. The first one counts.",
                zone.name()
            );
            self.findings.warns("twice", &place, problem);
        }
        Some(Moment {
            at: instant,
            day,
            is_whole_day,
        })
    }

    /// A number of pairs or persons. None: open.
    pub fn count(&mut self, at: &mut At, key: &'static str) -> Option<u32> {
        let place = at.place(key);
        let item = at.get(key)?;
        if item.as_str() == Some("") {
            return None;
        }
        let count = item
            .as_integer()
            .and_then(|n| u32::try_from(n).ok())
            .filter(|n| (1..=100_000).contains(n));
        if count.is_none() {
            let problem = "This must be a whole number from 1 to 100000.";
            self.findings.blocks("bad_value", &place, problem);
        }
        count
    }
}

/// A date, or a date and time, on the clocks of some place.
#[derive(Clone, Copy, Debug)]
enum Local {
    Day(NaiveDate),
    Time(NaiveDateTime),
}

impl Local {
    fn parse(text: &str) -> Option<Self> {
        if let Some(day) = input::date(text) {
            return Some(Self::Day(day));
        }
        let text = text.replacen(' ', "T", 1);
        let formats = ["%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M"];
        let time = formats
            .iter()
            .find_map(|format| NaiveDateTime::parse_from_str(&text, format).ok())?;
        // No leap seconds, and no digits left out.
        (matches!(text.len(), 16 | 19)
            && time.nanosecond() == 0
            && (2000..2200).contains(&time.year()))
        .then_some(Self::Time(time))
    }
}
