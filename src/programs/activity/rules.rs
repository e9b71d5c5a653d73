//! What an activity may be.

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};

use super::{Activity, ActivityKind};
use crate::{
    error::Error,
    html::form::Fields,
    input::{Problems, Reader},
    programs::file::Part,
    schedule::Zone,
};

/// What is typed about an activity.
#[derive(Clone, Debug, Default)]
pub struct Typed {
    pub kind: String,
    pub role: String,
    pub title: String,
    pub words: String,
    /// A local date and time of the program's zone.
    pub starts: String,
    pub minutes: String,
    pub location: String,
}

/// The same, checked.
#[derive(Clone, Debug)]
pub struct Wanted {
    pub kind: ActivityKind,
    pub role: Part,
    pub title: String,
    pub words: String,
    pub span: Option<(DateTime<Utc>, DateTime<Utc>)>,
    pub location: String,
}

impl Typed {
    pub fn read(fields: &Fields) -> Result<Self, Error> {
        let one = |name| fields.one(name).map(str::to_owned);
        Ok(Self {
            kind: one("kind")?,
            role: one("role")?,
            title: one("title")?,
            words: one("words")?,
            starts: one("starts")?,
            minutes: one("minutes")?,
            location: one("location")?,
        })
    }

    /// As a change of what is on. Calendars that have an event could not turn it into a prompt.
    pub fn changing(&self, before: &Activity, zone: &Zone) -> Result<Wanted, Problems> {
        match self.kind == before.kind.as_str() {
            true => self.checked(zone),
            false => Err(Problems::one(
                "kind",
                "cannot be changed. Cancel this one and add another",
            )),
        }
    }

    /// Times are those of `zone`.
    pub fn checked(&self, zone: &Zone) -> Result<Wanted, Problems> {
        let mut reader = Reader::default();
        let kind = ActivityKind::parse(&self.kind);
        if kind.is_none() {
            reader.problems.add("kind", "must be a prompt or an event");
        }
        let role = Part::parse(&self.role);
        if role.is_none() {
            reader
                .problems
                .add("role", "must be everybody, mentees or mentors");
        }
        let title = reader.required_line("title", &self.title, 150);
        let words = reader.paragraphs("words", &self.words, 5000);
        let location = reader.line("location", &self.location, 500);
        let mut span = None;
        if kind == Some(ActivityKind::Event) {
            let minutes = reader.number("minutes", &self.minutes, 15..=480);
            match local(&self.starts) {
                None => reader
                    .problems
                    .add("starts", "must be a date and time such as 2027-04-12T17:00"),
                Some(starts) if reader.problems.of("minutes").is_none() => {
                    let starts = zone.instant_of(starts);
                    span = Some((starts, starts + TimeDelta::minutes(minutes)));
                }
                Some(_) => (),
            }
        }
        let wanted = Wanted {
            kind: kind.unwrap_or(ActivityKind::Prompt),
            role: role.unwrap_or(Part::Both),
            title,
            words,
            span,
            location,
        };
        reader.problems.or(wanted)
    }
}

/// A local date and time as browsers send it.
fn local(text: &str) -> Option<NaiveDateTime> {
    let text = text.trim();
    let read = |form| NaiveDateTime::parse_from_str(text, form).ok();
    let local = read("%Y-%m-%dT%H:%M").or_else(|| read("%Y-%m-%dT%H:%M:%S"))?;
    let years = 2000..2200;
    years
        .contains(&chrono::Datelike::year(&local))
        .then_some(local)
}
