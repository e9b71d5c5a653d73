//! Reading a program file. What is wrong with its form is noted, and the rest is read all the same.

use std::collections::BTreeMap;

use toml_edit::{Document, Item, TableLike};

use super::{
    Acknowledgement, Blank, Block, Cohort, CohortStatus, Contact, Criterion, Eligibility, Field,
    FieldKind, Letter, Milestone, Mode, Part, ProgramFile, Reader as Reads, RubricLine, Setting,
    Severity,
    dates::Offset,
    lint::{Finding, Findings},
    reader::{At, MOST, Reader},
    settings::{self, Kind, Spec, Value},
};
use crate::{input, schedule::Zone};

/// The largest file, in bytes.
pub const LARGEST: usize = 256 * 1024;

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
    let mut reader = Reader::default();
    if text.len() > LARGEST {
        let problem = format!("The file is longer than {} KB.", LARGEST / 1024);
        reader.findings.blocks("too_long", "", problem);
        return Err(reader.findings.finish(""));
    }
    let document = match Document::parse(text) {
        Ok(document) => document,
        Err(error) => {
            let problem = format!("This is not TOML: {}.", input::line(error.message()));
            reader.findings.blocks("syntax", "", problem);
            return Err(reader.findings.finish(text));
        }
    };
    let file = reader.file(document.as_table());
    Ok(Reading {
        file,
        findings: reader.findings,
    })
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
            rubric: self.each(&mut root, "rubric", Self::rubric),
        };
        self.only_known(&root);
        file
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
            domains: self.texts(at, "domains"),
            graduates_within: self.offset(at, "graduates_within", false),
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
        let offset = self.offset(at, "after", true);
        Milestone {
            name,
            role,
            after: offset,
            severity: self.severity(at),
            words: self.text(at, "words", true),
        }
    }

    /// A time after something; none where it is left out or open.
    fn offset(&mut self, at: &mut At, key: &'static str, is_required: bool) -> Option<Offset> {
        let given = self.text(at, key, is_required);
        let offset = Offset::parse(&given);
        if offset.is_none() && !given.is_empty() {
            let place = at.place(key);
            let problem = "This must be a length of time, such as \"P1M\" or \"P7D\".";
            self.findings.blocks("bad_value", &place, problem);
        }
        offset
    }

    fn rubric(&mut self, at: &mut At) -> RubricLine {
        let place = at.place("points");
        let points = at.get("points").map(|item| {
            let points = item.as_integer().and_then(|n| u32::try_from(n).ok());
            points.filter(|n| (1..=100).contains(n)).unwrap_or_else(|| {
                let problem = "This must be a whole number from 1 to 100.";
                self.findings.blocks("bad_value", &place, problem);
                1
            })
        });
        if points.is_none() {
            self.missing(&place);
        }
        RubricLine {
            name: self.text(at, "name", true),
            role: self.part(at),
            words: self.text(at, "words", true),
            points: points.unwrap_or(1),
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

/// A file that can be read, under another slug; every other byte of it stays as it is.
pub fn with_slug(text: &str, slug: &str) -> String {
    let Ok(document) = Document::parse(text) else {
        return text.to_owned();
    };
    let program = document.get("program");
    let span = program.and_then(|program| program.get("slug")?.span());
    match span {
        Some(span) => [&text[..span.start], "\"", slug, "\"", &text[span.end..]].concat(),
        None => {
            let mut document = document.into_mut();
            document["program"]["slug"] = toml_edit::value(slug);
            document.to_string()
        }
    }
}
