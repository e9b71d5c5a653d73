//! The settings that a program can have, each with what it may be.

use super::dates::Offset;

/// What a setting is set to.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Word(String),
    Words(Vec<String>),
    YesNo(bool),
    Number(i64),
    /// From, to; without either, free.
    Range(Option<i64>, Option<i64>),
    Offset(Offset),
    Text(String),
}

/// What a setting may be.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    OneOf(&'static [&'static str]),
    SeveralOf(&'static [&'static str]),
    YesNo,
    Number(i64, i64),
    Range(i64, i64),
    Offset,
    Text,
}

/// A setting.
#[derive(Clone, Copy, Debug)]
pub struct Spec {
    pub name: &'static str,
    pub title: &'static str,
    pub kind: Kind,
    /// What it decides.
    pub about: &'static str,
}

/// The most of anything that a month or a program has.
const MANY: i64 = 1000;

const fn spec(name: &'static str, title: &'static str, kind: Kind, about: &'static str) -> Spec {
    Spec {
        name,
        title,
        kind,
        about,
    }
}

use Kind::{Number, OneOf, Range, SeveralOf, Text, YesNo};

/// All settings, in the order in which files and pages have them.
pub const SETTINGS: [Spec; 38] = [
    spec(
        "decision_notice",
        "When applicants hear the decision",
        OneOf(&["release", "at_booking", "on_accept", "on_match"]),
        "One moment for everybody, or with the booking, the mentor's answer or the match.",
    ),
    spec(
        "start",
        "When the term starts",
        OneOf(&["date", "per_booking", "on_accept", "on_match", "anchor"]),
        "The cohort's date, each pair's own moment, or a date of the mentee that is asked for in the form.",
    ),
    spec(
        "anchor_field",
        "The date that a term is counted from",
        Text,
        "The name of a field of the kind date; only where the start is an anchor.",
    ),
    spec(
        "anchor_offset",
        "From that date to the start",
        Kind::Offset,
        "For example -P4M: four months before it.",
    ),
    spec(
        "term",
        "How long a term is",
        Kind::Offset,
        "For pairs that have a term of their own; a cohort has dates instead.",
    ),
    spec(
        "cohorts_per_year",
        "Cohorts a year",
        Number(0, 12),
        "How many are planned.",
    ),
    spec(
        "selection",
        "Who decides who is in",
        OneOf(&["coordinator", "registration", "none"]),
        "A coordinator selects, registering is enough, or nobody decides.",
    ),
    spec(
        "review_without_names",
        "Reviewers read without names",
        YesNo,
        "Whether reviewers see neither names nor addresses until the results are out.",
    ),
    spec(
        "both_roles",
        "One person may be mentor and mentee",
        YesNo,
        "Whether somebody may apply in both roles.",
    ),
    spec(
        "payment",
        "Whether it costs something",
        OneOf(&["free"]),
        "Almanac takes no payments.",
    ),
    spec(
        "mentors_per_mentee",
        "Mentors of one mentee",
        Number(1, MANY),
        "At one time.",
    ),
    spec(
        "mentees_per_mentor",
        "Mentees of one mentor",
        Range(1, MANY),
        "At one time; without a maximum, mentors set their own.",
    ),
    spec(
        "matching",
        "How pairs come about",
        OneOf(&["bulk", "coordinator", "invitation", "booking"]),
        "A staged proposal for all at once, a coordinator pair by pair, the mentee's invitation, or a booking.",
    ),
    spec(
        "exclusions",
        "Who is never paired",
        SeveralOf(&["former_partner", "supervisor"]),
        "Pairs that matching and invitations leave out.",
    ),
    spec(
        "session_minutes",
        "Length of a session",
        Range(15, 480),
        "In minutes; without limits, free.",
    ),
    spec(
        "session_count",
        "Number of sessions",
        Range(1, MANY),
        "In a term; without limits, free.",
    ),
    spec(
        "cadence",
        "What is required",
        SeveralOf(&[
            "agreed_in_first_month",
            "contact_monthly_by_mentee",
            "meeting_monthly_by_mentor",
            "meeting_or_email_monthly",
            "sessions_within_term",
        ]),
        "What a pair has to do, and how often.",
    ),
    spec(
        "advised_hours",
        "Advised hours a month",
        Range(0, MANY),
        "Advice: less is never a breach.",
    ),
    spec(
        "advised_sessions",
        "Advised sessions a month",
        Range(0, MANY),
        "Advice: fewer are never a breach.",
    ),
    spec(
        "scheduler",
        "Who schedules",
        OneOf(&["pair", "mentee", "mentor", "mentor_offers_mentee_books"]),
        "Who finds the times of sessions.",
    ),
    spec(
        "agenda_owner",
        "Who sets the agenda",
        OneOf(&["mentee", "pair", "guide"]),
        "Whose task the agenda of a session is.",
    ),
    spec(
        "topics_lead",
        "Topics are shared this long before",
        Kind::Offset,
        "For example P7D.",
    ),
    spec(
        "modality",
        "How pairs meet",
        SeveralOf(&["video", "phone", "in_person", "email", "chat"]),
        "What counts as a contact.",
    ),
    spec(
        "remote_advised",
        "Meeting remotely is advised",
        YesNo,
        "A note on safety is shown where in person is chosen.",
    ),
    spec(
        "agreements",
        "What is agreed on",
        SeveralOf(&[
            "code_of_conduct",
            "role_acknowledgement",
            "mentorship_agreement",
            "confidentiality",
            "ground_rules",
            "cadence",
        ]),
        "What both accept or sign.",
    ),
    spec(
        "goals",
        "Goals",
        OneOf(&[
            "none",
            "advised",
            "one_meeting_goal",
            "required",
            "measured",
            "smart",
        ]),
        "What a mentee writes down before or during the term.",
    ),
    spec(
        "log",
        "Record of meetings",
        OneOf(&[
            "off",
            "optional",
            "attendance",
            "monthly_counters",
            "signed",
            "homework",
        ]),
        "What is kept of sessions.",
    ),
    spec(
        "log_signatures",
        "Who signs the record",
        OneOf(&["nobody", "both"]),
        "An entry counts when it is signed.",
    ),
    spec(
        "cpd_category",
        "Continuing professional development",
        Text,
        "The body and its category; without one, none.",
    ),
    spec(
        "rematch",
        "If a match does not work",
        OneOf(&[
            "no",
            "yes",
            "with_reason",
            "book_another",
            "new_invitation",
            "staged",
        ]),
        "Staged: first the partner, then the coordinator, then a different partner.",
    ),
    spec(
        "renewal",
        "After the term",
        OneOf(&["no", "continues", "if_both_agree", "follow_up"]),
        "Whether a pair can go on.",
    ),
    spec(
        "certificate",
        "At the end",
        OneOf(&["none", "optional", "cpd_statement", "congratulation"]),
        "What participants get.",
    ),
    spec(
        "spaces",
        "Spaces",
        SeveralOf(&["all", "mentors", "mentees"]),
        "Where members of a cohort talk.",
    ),
    spec(
        "channels",
        "How people keep in touch",
        SeveralOf(&[
            "slack",
            "email",
            "meeting_link",
            "phone",
            "video",
            "chosen_by_pair",
        ]),
        "Between sessions.",
    ),
    spec(
        "privacy",
        "Who sees whom",
        OneOf(&[
            "selected_only",
            "students_only",
            "members",
            "pair",
            "confidential",
        ]),
        "Confidential: coordinators see counts and dates, never words.",
    ),
    spec(
        "membership",
        "Who belongs to it",
        OneOf(&["selected", "registered", "everybody"]),
        "Whose roster it is.",
    ),
    spec(
        "tone",
        "How strict it is",
        OneOf(&["mixed", "advisory", "strict"]),
        "Advisory: nothing blocks and nothing is flagged.",
    ),
    spec(
        "own_mentor_first",
        "Members of another program are shown their own mentor first",
        YesNo,
        "A page before booking, which never blocks.",
    ),
];

/// The setting of that name.
pub fn spec_of(name: &str) -> Option<&'static Spec> {
    SETTINGS.iter().find(|spec| spec.name == name)
}

impl Kind {
    /// What a value may be, as an error goes on after “must be”.
    pub fn expected(self) -> String {
        match self {
            Self::OneOf(words) => format!("one of {}", words.join(", ")),
            Self::SeveralOf(words) => format!("a list of any of {}", words.join(", ")),
            Self::YesNo => "true or false".into(),
            Self::Number(from, to) => format!("a whole number from {from} to {to}"),
            Self::Range(from, to) => {
                format!(
                    "a table with min, max or neither, each a whole number from {from} to {to}, min not above max"
                )
            }
            Self::Offset => "a duration such as \"P1M\", \"P7D\" or \"-P4M\"".into(),
            Self::Text => "a text".into(),
        }
    }
}
