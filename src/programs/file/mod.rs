//! The program file: TOML with a program, its next cohort, its settings, forms, texts and milestones.
//!
//! `settings` knows the settings, `read` reads a file by `reader`, which says what is wrong with its form, `check` says what is
//! wrong with its content, `schema` describes it to editors, `difference` compares two.

pub mod check;
pub mod dates;
pub mod difference;
pub mod edit;
pub mod lint;
pub mod read;
pub mod reader;
pub mod schema;
pub mod settings;
pub mod template;
pub mod texts;

#[cfg(test)]
mod check_tests;

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};

use self::settings::Value;
use crate::{schedule::Zone, word_enum};

word_enum! {
    /// How people come together in a program.
    Mode {
        /// Cohorts with an application window, a selection and a common term.
        Cohort = "cohort",
        /// Always open; each pair has its own term.
        Evergreen = "evergreen",
        /// Sessions that are booked one by one.
        Slots = "slots",
    }
}

word_enum! {
    /// How binding something is.
    Severity {
        Hard = "hard",
        Soft = "soft",
        Off = "off",
    }
}

word_enum! {
    /// Whose form, list or milestone it is.
    Part {
        Mentee = "mentee",
        Mentor = "mentor",
        Both = "both",
    }
}

impl Part {
    /// Whom it is for.
    pub fn words(self) -> &'static str {
        match self {
            Self::Mentee => "Mentees",
            Self::Mentor => "Mentors",
            Self::Both => "Everybody",
        }
    }
}

word_enum! {
    /// How far a cohort has been decided on.
    CohortStatus {
        /// Tentative: nobody is written to and nothing is counted down.
        Planned = "planned",
        Confirmed = "confirmed",
    }
}

word_enum! {
    /// What is asked for by a field of a form.
    FieldKind {
        ShortText = "short_text",
        LongText = "long_text",
        OneOf = "one_of",
        SeveralOf = "several_of",
        SkillsWanted = "skills_wanted",
        SkillsOffered = "skills_offered",
        Number = "number",
        Date = "date",
        YesNo = "yes_no",
        File = "file",
        Link = "link",
        Ranking = "ranking",
        WeeklyTimes = "weekly_times",
        PersonToExclude = "person_to_exclude",
    }
}

impl FieldKind {
    /// What it is called in a form.
    pub fn words(self) -> &'static str {
        match self {
            Self::ShortText => "Short text",
            Self::LongText => "Long text",
            Self::OneOf => "One choice",
            Self::SeveralOf => "Several choices",
            Self::SkillsWanted => "Skills they want to learn",
            Self::SkillsOffered => "Skills they can offer",
            Self::Number => "Number",
            Self::Date => "Date",
            Self::YesNo => "Yes or no",
            Self::File => "File",
            Self::Link => "Link",
            Self::Ranking => "Ranking",
            Self::WeeklyTimes => "Times of the week",
            Self::PersonToExclude => "Person not to be matched with",
        }
    }
}

word_enum! {
    /// Who reads the answer to a field, besides whoever gave it.
    Reader {
        Coordinators = "coordinators",
        Reviewers = "reviewers",
        Match = "match",
        Cohort = "cohort",
    }
}

impl Reader {
    pub fn words(self) -> &'static str {
        match self {
            Self::Coordinators => "Coordinators",
            Self::Reviewers => "Reviewers",
            Self::Match => "Used for matching",
            Self::Cohort => "Members of the cohort",
        }
    }
}

word_enum! {
    /// What a blank answer counts as in matching.
    Blank {
        /// As if the criterion were not there.
        Ignored = "ignored",
        /// As an answer that agrees with nothing.
        Nothing = "nothing",
        /// As an answer that agrees with everything.
        Anything = "anything",
    }
}

/// The most questions of a form that take files: as many as come with one form.
pub const MOST_FILES: usize = crate::people::visitor::MOST_ANSWERS;

/// A program as a file describes it.
#[derive(Clone, Debug)]
pub struct ProgramFile {
    pub slug: String,
    pub name: String,
    /// What it is, in a sentence.
    pub summary: String,
    pub mode: Mode,
    pub zone: Zone,
    pub contacts: Vec<Contact>,
    pub cohort: Option<Cohort>,
    pub settings: BTreeMap<&'static str, Setting>,
    pub eligibility: Vec<Eligibility>,
    pub fields: Vec<Field>,
    pub criteria: Vec<Criterion>,
    pub milestones: Vec<Milestone>,
    pub acknowledgements: Vec<Acknowledgement>,
    pub blocks: Vec<Block>,
    pub letters: Vec<Letter>,
    pub rubric: Vec<RubricLine>,
}

/// A way to the coordinators.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contact {
    /// `email`, `slack` or `link`.
    pub channel: String,
    pub address: String,
}

/// A moment of a cohort: a date of its zone, or a date and time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// Of a date alone the beginning, or of one that ends something the end.
    pub at: DateTime<Utc>,
    /// The date as written.
    pub day: NaiveDate,
    /// Whether the time of day was left out.
    pub is_whole_day: bool,
}

impl Moment {
    /// Whether this is before the other: by their dates where both leave out the time of day.
    pub fn is_before(&self, other: &Self) -> bool {
        match self.is_whole_day && other.is_whole_day {
            true => self.day < other.day,
            false => self.at < other.at,
        }
    }
}

/// The next cohort.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cohort {
    pub name: String,
    pub status: CohortStatus,
    pub applications_open: Option<Moment>,
    /// Applications are taken up to but not including this moment.
    pub applications_close: Option<Moment>,
    pub results_on: Option<Moment>,
    pub starts_on: Option<NaiveDate>,
    /// The last day.
    pub ends_on: Option<NaiveDate>,
    pub pairs: Option<u32>,
    /// In persons.
    pub seats: Option<u32>,
}

/// A setting: what it is, how binding it is, and the sentence of the program's document that says so.
#[derive(Clone, Debug, PartialEq)]
pub struct Setting {
    /// None: open.
    pub value: Option<Value>,
    pub severity: Severity,
    /// Empty: the document is silent, and the value is a default of Almanac.
    pub source: String,
}

/// Who may apply in a role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Eligibility {
    pub role: Part,
    /// Any of these roles on the site.
    pub roles: Vec<String>,
    /// `active`, or empty.
    pub standing: String,
    /// Any of these, as in `technologist`; empty: no matter.
    pub designations: Vec<String>,
    /// An email address at any of these domains, or below one; empty: no matter.
    pub domains: Vec<String>,
    /// The latest graduation, from today on; none: no matter.
    pub graduates_within: Option<dates::Offset>,
    /// What a reader of the program's page is told.
    pub words: String,
    pub source: String,
}

/// A question of the application form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    pub name: String,
    pub label: String,
    pub role: Part,
    pub kind: FieldKind,
    pub required: bool,
    pub readers: Vec<Reader>,
    pub help: String,
    pub options: Vec<String>,
}

/// What a match is scored by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Criterion {
    pub name: String,
    /// Fields of the form, of mentee and mentor; the same for both where one name does.
    pub mentee_field: String,
    pub mentor_field: String,
    pub weight: u32,
    /// Whether a pair that does not meet it is impossible.
    pub must: bool,
    pub blank: Blank,
}

/// Something that is due a time after the start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Milestone {
    pub name: String,
    pub role: Part,
    pub after: Option<dates::Offset>,
    pub severity: Severity,
    pub words: String,
}

/// What an applicant has to agree to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acknowledgement {
    pub name: String,
    pub role: Part,
    pub words: String,
}

/// A text of the program, in Markdown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    pub name: String,
    pub title: String,
    pub role: Part,
    pub required: bool,
    pub text: String,
}

/// A letter of the program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    pub name: String,
    pub role: Part,
    pub subject: String,
    pub text: String,
}

/// A line of the rubric by which applications are scored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RubricLine {
    pub name: String,
    pub role: Part,
    /// What it looks at.
    pub words: String,
    /// The most points.
    pub points: u32,
}
