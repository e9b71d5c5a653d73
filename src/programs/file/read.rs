//! Reading a program file. What is wrong with its form is noted, and the rest is read all the same.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike, Days, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Timelike};
use toml_edit::{Document, Item, TableLike};

use super::{
    Acknowledgement, Blank, Block, Cohort, CohortStatus, Contact, Criterion, Eligibility, Field,
    FieldKind, Letter, Milestone, Mode, Moment, Part, ProgramFile, Reader as Reads, Setting,
    Severity,
    dates::Offset,
    lint::{Finding, Findings},
    settings::{self, Kind, Spec, Value},
};
use crate::{
    input,
    schedule::{Zone, zone::ClockChange},
};

/// The largest file, in bytes.
pub const LARGEST: usize = 256 * 1024;
/// The longest text of one value, in characters.
const LONGEST: usize = 20_000;
/// The most entries of one list.
const MOST: usize = 200;

/// A file that was read, as far as it could be.
#[derive(Debug)]
pub struct Reading {
    pub file: ProgramFile,
    pub findings: Findings,
}

/// Reads a file.
///
/// # Errors
///
/// What is wrong where the text is no TOML at all, or too long.
pub fn read(text: &str) -> Result<Reading, Vec<Finding>> {
    if text.len() > LARGEST {
        let mut findings = Findings::default();
        let problem = format!("The file is longer than {} KB.", LARGEST / 1024);
        findings.blocks("too_long", "", problem);
        return Err(findings.finish());
    }
    let document = Document::parse(text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        let ends: Vec<usize> = text.match_indices('\n').map(|(at, _)| at).collect();
        let line = line_at(&ends, at);
        let mut findings = Findings::new(BTreeMap::from([(String::new(), line)]));
        let words = input::line(error.message());
        findings.blocks("syntax", "", format!("This is not TOML: {words}."));
        findings.finish()
    })?;
    let mut lines = BTreeMap::new();
    let ends: Vec<usize> = text.match_indices('\n').map(|(at, _)| at).collect();
    number(document.as_item(), "", &ends, &mut lines);
    let mut reader = Reader {
        findings: Findings::new(lines),
    };
    let file = reader.file(document.as_table());
    Ok(Reading {
        file,
        findings: reader.findings,
    })
}

/// The line of a place in a text whose lines end there.
fn line_at(ends: &[usize], at: usize) -> usize {
    ends.partition_point(|end| *end < at) + 1
}

/// Notes the line of every path.
fn number(item: &Item, path: &str, ends: &[usize], lines: &mut BTreeMap<String, usize>) {
    if let Some(span) = item.span().filter(|_| !path.is_empty()) {
        lines.insert(path.to_owned(), line_at(ends, span.start));
    }
    if let Some(tables) = item.as_array_of_tables() {
        for (at, table) in tables.iter().enumerate() {
            let path = format!("{path}[{at}]");
            if let Some(span) = table.span() {
                lines.insert(path.clone(), line_at(ends, span.start));
            }
            for (key, item) in table {
                number(item, &format!("{path}.{key}"), ends, lines);
            }
        }
    } else if let Some(table) = item.as_table_like() {
        for (key, item) in table.iter() {
            number(item, &join(path, key), ends, lines);
        }
    }
}

fn join(path: &str, key: &str) -> String {
    match path {
        "" => key.to_owned(),
        _ => format!("{path}.{key}"),
    }
}

struct Reader {
    findings: Findings,
}

/// A table of the file, and which of its keys are known.
struct At<'a> {
    table: Option<&'a dyn TableLike>,
    path: String,
    known: BTreeSet<&'static str>,
}

impl<'a> At<'a> {
    fn new(table: Option<&'a dyn TableLike>, path: impl Into<String>) -> Self {
        Self {
            table,
            path: path.into(),
            known: BTreeSet::new(),
        }
    }

    fn get(&mut self, key: &'static str) -> Option<&'a Item> {
        self.known.insert(key);
        self.table.and_then(|table| table.get(key))
    }

    fn place(&self, key: &str) -> String {
        join(&self.path, key)
    }
}

impl Reader {
    fn file(&mut self, root: &dyn TableLike) -> ProgramFile {
        let mut root = At::new(Some(root), "");
        let mut program = self.table(&mut root, "program", true);
        let slug = self.text(&mut program, "slug", true);
        if !slug.is_empty() && !is_slug(&slug) {
            let place = program.place("slug");
            self.findings.blocks(
                "bad_value",
                &place,
                "The slug must be 2 to 60 lower-case letters, digits and hyphens.",
            );
        }
        let name = self.text(&mut program, "name", true);
        let summary = self.text(&mut program, "summary", false);
        let mode = self.word(
            &mut program,
            "mode",
            true,
            Mode::ALL,
            Mode::parse,
            Mode::as_str,
        );
        let zone = self.zone(&mut program);
        let contacts = self.contacts(&mut program);
        self.only_known(&program);
        let mode = mode.unwrap_or(Mode::Evergreen);
        let cohort = self.cohort(&mut root, mode, &zone);
        let file = ProgramFile {
            slug,
            name,
            summary,
            mode,
            zone,
            contacts,
            cohort,
            settings: self.settings(&mut root),
            eligibility: self.each(&mut root, "eligibility", Self::eligibility),
            fields: self.each(&mut root, "field", Self::field),
            criteria: self.each(&mut root, "criterion", Self::criterion),
            milestones: self.each(&mut root, "milestone", Self::milestone),
            acknowledgements: self.each(&mut root, "acknowledgement", Self::acknowledgement),
            blocks: self.each(&mut root, "block", Self::block),
            letters: self.each(&mut root, "letter", Self::letter),
        };
        self.only_known(&root);
        file
    }

    fn only_known(&mut self, at: &At) {
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

    fn wrong_type(&mut self, place: &str, expected: &str) {
        let problem = format!("This must be {expected}.");
        self.findings.blocks("wrong_type", place, problem);
    }

    fn missing(&mut self, place: &str) {
        self.findings
            .blocks("missing_key", place, "This is missing.");
    }

    fn table<'a>(&mut self, at: &mut At<'a>, key: &'static str, is_required: bool) -> At<'a> {
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
    fn each<'a, T>(
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

    fn text(&mut self, at: &mut At, key: &'static str, is_required: bool) -> String {
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

    fn flag(&mut self, at: &mut At, key: &'static str) -> bool {
        let place = at.place(key);
        let Some(item) = at.get(key) else {
            return false;
        };
        item.as_bool().unwrap_or_else(|| {
            self.wrong_type(&place, "true or false");
            false
        })
    }

    fn texts(&mut self, at: &mut At, key: &'static str) -> Vec<String> {
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

    fn word<E: Copy>(
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

    fn part(&mut self, at: &mut At) -> Part {
        let part = self.word(at, "role", true, Part::ALL, Part::parse, Part::as_str);
        part.unwrap_or(Part::Both)
    }

    fn severity(&mut self, at: &mut At) -> Severity {
        let (all, parse, show) = (
            Severity::ALL,
            Severity::parse as fn(&str) -> _,
            Severity::as_str,
        );
        let severity = self.word(at, "severity", false, all, parse, show);
        severity.unwrap_or(Severity::Hard)
    }

    fn zone(&mut self, program: &mut At) -> Zone {
        let name = self.text(program, "zone", true);
        let place = program.place("zone");
        Zone::named(&name).unwrap_or_else(|_| {
            if !name.is_empty() {
                let problem = "This must be the name of a time zone, such as America/Toronto.";
                self.findings.blocks("bad_value", &place, problem);
            }
            Zone::utc()
        })
    }

    fn contacts(&mut self, program: &mut At) -> Vec<Contact> {
        let place = program.place("contacts");
        let Some(item) = program.get("contacts") else {
            self.missing(&place);
            return Vec::new();
        };
        let Some(array) = item.as_array() else {
            let expected =
                "a list such as [{ channel = \"email\", address = \"team@example.org\" }]";
            self.wrong_type(&place, expected);
            return Vec::new();
        };
        let mut contacts = Vec::new();
        for (number, value) in array.iter().take(MOST).enumerate() {
            let place = format!("{place}[{number}]");
            let Some(table) = value.as_inline_table() else {
                let expected =
                    "a table such as { channel = \"email\", address = \"team@example.org\" }";
                self.wrong_type(&place, expected);
                continue;
            };
            let mut at = At::new(Some(table), place);
            contacts.push(Contact {
                channel: self.text(&mut at, "channel", true),
                address: self.text(&mut at, "address", true),
            });
            self.only_known(&at);
        }
        contacts
    }

    fn cohort(&mut self, root: &mut At, mode: Mode, zone: &Zone) -> Option<Cohort> {
        let is_required = mode == Mode::Cohort;
        let mut at = self.table(root, "cohort", is_required);
        at.table?;
        let (all, parse, show) = (
            CohortStatus::ALL,
            CohortStatus::parse as fn(&str) -> _,
            CohortStatus::as_str,
        );
        let cohort = Cohort {
            name: self.text(&mut at, "name", is_required),
            status: self
                .word(&mut at, "status", is_required, all, parse, show)
                .unwrap_or(CohortStatus::Planned),
            applications_open: self.moment(&mut at, "applications_open", is_required, zone, false),
            applications_close: self.moment(&mut at, "applications_close", is_required, zone, true),
            results_on: self.moment(&mut at, "results_on", is_required, zone, false),
            starts_on: self.day(&mut at, "starts_on", is_required),
            ends_on: self.day(&mut at, "ends_on", is_required),
            pairs: self.count(&mut at, "pairs"),
            seats: self.count(&mut at, "seats"),
        };
        self.only_known(&at);
        Some(cohort)
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

    fn day(&mut self, at: &mut At, key: &'static str, is_required: bool) -> Option<NaiveDate> {
        Some(match self.local(at, key, is_required)? {
            Local::Day(day) => day,
            Local::Time(time) => time.date(),
        })
    }

    /// A date, or a date and time.
    fn moment(
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
    fn count(&mut self, at: &mut At, key: &'static str) -> Option<u32> {
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

    fn settings(&mut self, root: &mut At) -> BTreeMap<&'static str, Setting> {
        let mut at = self.table(root, "settings", false);
        let mut all = BTreeMap::new();
        for spec in &settings::SETTINGS {
            let place = at.place(spec.name);
            let Some(item) = at.get(spec.name) else {
                continue;
            };
            let Some(table) = item.as_table_like() else {
                self.wrong_type(&place, "a table with value, severity and source");
                continue;
            };
            let mut at = At::new(Some(table), place);
            let setting = Setting {
                severity: self.severity(&mut at),
                value: self.value(&mut at, spec),
                source: self.text(&mut at, "source", false),
            };
            self.only_known(&at);
            all.insert(spec.name, setting);
        }
        self.only_known(&at);
        all
    }

    /// What a setting is set to. None: open, or wrong.
    fn value(&mut self, at: &mut At, spec: &Spec) -> Option<Value> {
        let place = at.place("value");
        let Some(item) = at.get("value") else {
            self.missing(&place);
            return None;
        };
        if item.as_str() == Some("") && !matches!(spec.kind, Kind::Text) {
            let problem = format!(
                "“{}” is open: choose it before the program is published.",
                spec.title
            );
            self.findings.blocks("open", &place, problem);
            return None;
        }
        let value = value_of(item, spec.kind);
        if value.is_none() {
            let problem = format!("This must be {}.", spec.kind.expected());
            self.findings.blocks("bad_value", &place, problem);
        }
        value
    }

    fn eligibility(&mut self, at: &mut At) -> Eligibility {
        let eligibility = Eligibility {
            role: self.part(at),
            roles: self.texts(at, "roles"),
            standing: self.text(at, "standing", false),
            designations: self.texts(at, "designations"),
            words: self.text(at, "words", true),
            source: self.text(at, "source", false),
        };
        let site = ["student", "alumnus"];
        if eligibility
            .roles
            .iter()
            .any(|role| !site.contains(&role.as_str()))
        {
            let place = at.place("roles");
            let problem = "Roles on the site are student and alumnus.";
            self.findings.blocks("bad_value", &place, problem);
        }
        if !["", "active"].contains(&eligibility.standing.as_str()) {
            let place = at.place("standing");
            let problem = "This must be active, or empty for any standing.";
            self.findings.blocks("bad_value", &place, problem);
        }
        eligibility
    }

    fn field(&mut self, at: &mut At) -> Field {
        let (kinds, parse, show) = (
            FieldKind::ALL,
            FieldKind::parse as fn(&str) -> _,
            FieldKind::as_str,
        );
        let name = self.text(at, "name", true);
        let role = self.part(at);
        let kind = self.word(at, "kind", true, kinds, parse, show);
        let readers = self.texts(at, "readers");
        let place = at.place("readers");
        let readers = readers.iter().filter_map(|word| {
            let reader = Reads::parse(word);
            if reader.is_none() {
                let words: Vec<&str> = Reads::ALL.iter().map(|r| r.as_str()).collect();
                let problem = format!("Each reader must be one of {}.", words.join(", "));
                self.findings.blocks("bad_value", &place, problem);
            }
            reader
        });
        let readers = readers.collect();
        let field = Field {
            label: self.text(at, "label", true),
            required: self.flag(at, "required"),
            help: self.text(at, "help", false),
            options: self.texts(at, "options"),
            kind: kind.unwrap_or(FieldKind::ShortText),
            name,
            role,
            readers,
        };
        let has_choice = matches!(
            field.kind,
            FieldKind::OneOf | FieldKind::SeveralOf | FieldKind::Ranking
        );
        if has_choice && field.options.len() < 2 {
            let place = at.place("options");
            let problem = "A choice needs at least two options.";
            self.findings.blocks("missing_options", &place, problem);
        }
        field
    }

    fn criterion(&mut self, at: &mut At) -> Criterion {
        let name = self.text(at, "name", true);
        let field = self.text(at, "field", false);
        let own = |text: String| match text.is_empty() {
            true => field.clone(),
            false => text,
        };
        let mentee_field = own(self.text(at, "mentee_field", false));
        let mentor_field = own(self.text(at, "mentor_field", false));
        let place = at.place("weight");
        let weight = at.get("weight").map(|item| {
            let weight = item.as_integer().and_then(|n| u32::try_from(n).ok());
            weight.filter(|n| *n <= 100).unwrap_or_else(|| {
                let problem = "This must be a whole number from 0 to 100.";
                self.findings.blocks("bad_value", &place, problem);
                0
            })
        });
        if weight.is_none() {
            self.missing(&place);
        }
        let (all, parse, show) = (Blank::ALL, Blank::parse as fn(&str) -> _, Blank::as_str);
        Criterion {
            name,
            mentee_field,
            mentor_field,
            weight: weight.unwrap_or_default(),
            must: self.flag(at, "must"),
            blank: self
                .word(at, "blank", true, all, parse, show)
                .unwrap_or(Blank::Ignored),
        }
    }

    fn milestone(&mut self, at: &mut At) -> Milestone {
        let name = self.text(at, "name", true);
        let role = self.part(at);
        let after = self.text(at, "after", true);
        let offset = Offset::parse(&after);
        if offset.is_none() && !after.is_empty() {
            let place = at.place("after");
            let problem = "This must be a time after the start, such as \"P1M\" or \"P7D\".";
            self.findings.blocks("bad_value", &place, problem);
        }
        Milestone {
            name,
            role,
            after: offset,
            severity: self.severity(at),
            words: self.text(at, "words", true),
        }
    }

    fn acknowledgement(&mut self, at: &mut At) -> Acknowledgement {
        Acknowledgement {
            name: self.text(at, "name", true),
            role: self.part(at),
            words: self.text(at, "words", true),
        }
    }

    fn block(&mut self, at: &mut At) -> Block {
        Block {
            name: self.text(at, "name", true),
            title: self.text(at, "title", true),
            role: self.part(at),
            required: self.flag(at, "required"),
            text: self.text(at, "text", false),
        }
    }

    fn letter(&mut self, at: &mut At) -> Letter {
        Letter {
            name: self.text(at, "name", true),
            role: self.part(at),
            subject: self.text(at, "subject", true),
            text: self.text(at, "text", true),
        }
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

fn value_of(item: &Item, kind: Kind) -> Option<Value> {
    let within = |n: &i64, from: i64, to: i64| (from..=to).contains(n);
    match kind {
        Kind::OneOf(words) => item
            .as_str()
            .filter(|word| words.contains(word))
            .map(|word| Value::Word(word.to_owned())),
        Kind::SeveralOf(words) => {
            let given: Option<Vec<&str>> = item.as_array()?.iter().map(|v| v.as_str()).collect();
            let given = given.filter(|given| given.iter().all(|word| words.contains(word)))?;
            Some(Value::Words(given.into_iter().map(str::to_owned).collect()))
        }
        Kind::YesNo => item.as_bool().map(Value::YesNo),
        Kind::Number(from, to) => item
            .as_integer()
            .filter(|n| within(n, from, to))
            .map(Value::Number),
        Kind::Range(from, to) => {
            let table = item.as_table_like()?;
            if table.iter().any(|(key, _)| !["min", "max"].contains(&key)) {
                return None;
            }
            let end = |key: &str| match table.get(key) {
                None => Some(None),
                Some(item) => item.as_integer().filter(|n| within(n, from, to)).map(Some),
            };
            let (min, max) = (end("min")?, end("max")?);
            let is_in_order = min.zip(max).is_none_or(|(min, max)| min <= max);
            is_in_order.then_some(Value::Range(min, max))
        }
        Kind::Offset => item.as_str().and_then(Offset::parse).map(Value::Offset),
        Kind::Text => item.as_str().map(|text| Value::Text(input::line(text))),
    }
}

/// Whether it can stand in an address.
pub fn is_slug(text: &str) -> bool {
    (2..=60).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && !text.starts_with('-')
        && !text.ends_with('-')
}

/// A file that can be read, under another slug; all else, comments among it, stays as it is.
pub fn with_slug(text: &str, slug: &str) -> String {
    let Ok(mut document) = text.parse::<toml_edit::DocumentMut>() else {
        return text.to_owned();
    };
    if let Some(program) = document
        .get_mut("program")
        .and_then(Item::as_table_like_mut)
    {
        match program.get_mut("slug").and_then(Item::as_value_mut) {
            Some(value) => {
                let decor = value.decor().clone();
                *value = slug.into();
                *value.decor_mut() = decor;
            }
            None => {
                program.insert("slug", toml_edit::value(slug));
            }
        }
    }
    document.to_string()
}
