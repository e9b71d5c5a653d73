//! What can be wrong with a program file.

use std::collections::BTreeMap;

use serde::Serialize;
use toml_edit::{Document, Item};

use crate::word_enum;

word_enum! {
    /// Whether a program with this can be published.
    Weight {
        Blocks = "blocks",
        Warns = "warns",
    }
}

/// One thing that is wrong, or that a coordinator should know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Stable, for programs.
    pub code: &'static str,
    /// The path within the file, as in `cohort.starts_on` or `field[2].readers`.
    #[serde(rename = "where")]
    pub place: String,
    pub severity: Weight,
    /// A sentence.
    pub message: String,
    /// The line of the file, from 1; 0: it is not in the file.
    #[serde(skip)]
    pub line: usize,
}

/// All that was found.
#[derive(Clone, Debug, Default)]
pub struct Findings(Vec<Finding>);

impl Findings {
    /// Notes what keeps the program from being published.
    pub fn blocks(&mut self, code: &'static str, place: &str, message: impl Into<String>) {
        self.add(code, place, Weight::Blocks, message.into());
    }

    /// Notes what a coordinator should know.
    pub fn warns(&mut self, code: &'static str, place: &str, message: impl Into<String>) {
        self.add(code, place, Weight::Warns, message.into());
    }

    fn add(&mut self, code: &'static str, place: &str, severity: Weight, message: String) {
        self.0.push(Finding {
            code,
            place: place.to_owned(),
            severity,
            message,
            line: 0,
        });
    }

    /// What was found in that file, each with its line, in their order.
    pub fn finish(mut self, text: &str) -> Vec<Finding> {
        if !self.0.is_empty() {
            let lines = lines(text);
            for finding in &mut self.0 {
                finding.line = line_of(&finding.place, &lines);
            }
        }
        self.0.sort_by_key(|finding| finding.line);
        self.0
    }
}

/// The line of a path, or of the nearest part of the file above it; 0 where there is none.
fn line_of(place: &str, lines: &BTreeMap<String, usize>) -> usize {
    let mut place = place;
    loop {
        if let Some(line) = lines.get(place) {
            return *line;
        }
        match place.rfind(['.', '[']) {
            Some(at) => place = &place[..at],
            None => return 0,
        }
    }
}

/// The line of every path of a file; of a text that is no TOML, that of the mistake.
fn lines(text: &str) -> BTreeMap<String, usize> {
    let ends: Vec<usize> = text.match_indices('\n').map(|(at, _)| at).collect();
    let mut lines = BTreeMap::new();
    match Document::parse(text) {
        Ok(document) => number(document.as_item(), "", &ends, &mut lines),
        Err(error) => {
            let at = error.span().map_or(0, |span| span.start);
            lines.insert(String::new(), line_at(&ends, at));
        }
    }
    lines
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

/// A path and a key below it.
pub fn join(path: &str, key: &str) -> String {
    match path {
        "" => key.to_owned(),
        _ => format!("{path}.{key}"),
    }
}

/// How many findings keep the program from being published.
pub fn blocking(findings: &[Finding]) -> usize {
    findings
        .iter()
        .filter(|f| f.severity == Weight::Blocks)
        .count()
}

pub fn is_blocked(findings: &[Finding]) -> bool {
    blocking(findings) > 0
}
