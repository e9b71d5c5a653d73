//! What a program file says of its cohort, as it is kept.

use chrono::{DateTime, NaiveDate, Utc};
use deunicode::deunicode;

use crate::programs::file::{CohortStatus, Mode, ProgramFile};

/// A cohort as a file plans it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// What tells it from other cohorts of its program, and stands in its address.
    pub slug: String,
    pub name: String,
    pub zone: String,
    pub status: CohortStatus,
    pub is_rolling: bool,
    pub opens_at: Option<DateTime<Utc>>,
    pub closes_at: Option<DateTime<Utc>>,
    pub results_at: Option<DateTime<Utc>>,
    pub starts_on: Option<NaiveDate>,
    pub ends_on: Option<NaiveDate>,
    pub pairs: Option<i32>,
    pub mentee_seats: Option<i32>,
    pub mentor_seats: Option<i32>,
}

/// The slug of the one cohort of a program that is always open.
pub const ALWAYS: &str = "always";

impl Plan {
    /// None where sessions are booked one by one, and where a program has no cohort yet.
    pub fn of(file: &ProgramFile) -> Option<Self> {
        let zone = file.zone.name().to_owned();
        match file.mode {
            Mode::Slots => None,
            Mode::Evergreen => Some(Self {
                slug: ALWAYS.into(),
                name: "Always open".into(),
                zone,
                status: CohortStatus::Confirmed,
                is_rolling: true,
                opens_at: None,
                closes_at: None,
                results_at: None,
                starts_on: None,
                ends_on: None,
                pairs: None,
                mentee_seats: None,
                mentor_seats: None,
            }),
            Mode::Cohort => file.cohort.as_ref().map(|cohort| {
                let count = |n: Option<u32>| n.map(|n| i32::try_from(n).unwrap_or(i32::MAX));
                let (pairs, seats) = (count(cohort.pairs), count(cohort.seats));
                let mentee_seats = pairs.or(seats.map(|seats| seats / 2));
                let mentor_seats = match (seats, mentee_seats) {
                    (Some(seats), Some(mentees)) => Some((seats - mentees).max(0)),
                    (_, pairs) => pairs,
                };
                Self {
                    slug: slug_of(&cohort.name),
                    name: cohort.name.clone(),
                    zone,
                    status: cohort.status,
                    is_rolling: false,
                    opens_at: cohort.applications_open.map(|moment| moment.at),
                    closes_at: cohort.applications_close.map(|moment| moment.at),
                    results_at: cohort.results_on.map(|moment| moment.at),
                    starts_on: cohort.starts_on,
                    ends_on: cohort.ends_on,
                    pairs,
                    mentee_seats,
                    mentor_seats,
                }
            }),
        }
    }
}

/// The name of a cohort as it stands in an address.
///
/// ```
/// use almanac::programs::cohort::rules::slug_of;
/// assert_eq!(slug_of("Spring 2027"), "spring-2027");
/// assert_eq!(slug_of("Été"), "ete");
/// assert_eq!(slug_of("7"), "cohort-7");
/// ```
pub fn slug_of(name: &str) -> String {
    let ascii = deunicode(name).to_ascii_lowercase();
    let words: Vec<&str> = ascii
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect();
    let slug: String = words.join("-").chars().take(50).collect();
    let slug = slug.trim_matches('-');
    match slug.len() {
        0 => "cohort".into(),
        1 => format!("cohort-{slug}"),
        _ => slug.to_owned(),
    }
}
