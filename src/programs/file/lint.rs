//! What can be wrong with a program file.

use std::collections::BTreeMap;

use serde::Serialize;

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

/// All that was found, in the order of the file.
#[derive(Clone, Debug, Default)]
pub struct Findings {
    found: Vec<Finding>,
    /// The line of each path.
    lines: BTreeMap<String, usize>,
}

impl Findings {
    pub fn new(lines: BTreeMap<String, usize>) -> Self {
        Self {
            found: Vec::new(),
            lines,
        }
    }

    /// Notes what keeps the program from being published.
    pub fn blocks(&mut self, code: &'static str, place: &str, message: impl Into<String>) {
        self.add(code, place, Weight::Blocks, message.into());
    }

    /// Notes what a coordinator should know.
    pub fn warns(&mut self, code: &'static str, place: &str, message: impl Into<String>) {
        self.add(code, place, Weight::Warns, message.into());
    }

    fn add(&mut self, code: &'static str, place: &str, severity: Weight, message: String) {
        self.found.push(Finding {
            code,
            place: place.to_owned(),
            severity,
            message,
            line: self.line_of(place),
        });
    }

    /// The line of a path, or of the nearest part of the file above it.
    fn line_of(&self, place: &str) -> usize {
        let mut place = place;
        loop {
            if let Some(line) = self.lines.get(place) {
                return *line;
            }
            match place.rfind(['.', '[']) {
                Some(at) => place = &place[..at],
                None => return 0,
            }
        }
    }

    /// What was found, by line.
    pub fn finish(mut self) -> Vec<Finding> {
        self.found.sort_by_key(|finding| finding.line);
        self.found
    }
}

/// Whether anything keeps the program from being published.
pub fn is_blocked(findings: &[Finding]) -> bool {
    findings.iter().any(|f| f.severity == Weight::Blocks)
}
