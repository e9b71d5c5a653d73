//! Dates and seats of a cohort as they are typed.

use chrono::{NaiveDate, NaiveTime};

use crate::{
    error::Error,
    html::form::Fields,
    input::{self, Problems},
    programs::file::{
        CohortStatus, Moment, ProgramFile,
        edit::{Written, with_date, with_number, with_word},
    },
};

/// The keys of the dates in the file, in their order, each with what it is called, and what its time of day is if it has one.
pub const DATES: [(&str, &str, Option<&str>); 5] = [
    (
        "applications_open",
        "Applications open",
        Some("Opening time"),
    ),
    (
        "applications_close",
        "Applications close",
        Some("Closing time"),
    ),
    ("results_on", "Results", Some("Results time")),
    ("starts_on", "First day", None),
    ("ends_on", "Last day", None),
];

/// The most pairs of a cohort, and half of the most seats.
const MOST: u32 = 10_000;

/// What stands in the form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Typed {
    pub name: String,
    pub status: String,
    /// In the order of [`DATES`], each with the time of day; empty: open, or the whole day.
    pub dates: [(String, String); 5],
    pub pairs: String,
    /// In persons.
    pub seats: String,
}

impl Typed {
    pub fn of(file: &ProgramFile) -> Self {
        let Some(cohort) = &file.cohort else {
            return Self {
                status: CohortStatus::Planned.as_str().to_owned(),
                ..Self::default()
            };
        };
        let moment = |moment: Option<Moment>| match moment {
            None => Default::default(),
            Some(moment) if moment.is_whole_day => (moment.day.to_string(), String::new()),
            Some(moment) => {
                let time = file.zone.local(moment.at).time();
                (moment.day.to_string(), time.format("%H:%M").to_string())
            }
        };
        let day = |day: Option<NaiveDate>| {
            let day = day.map(|day| day.to_string());
            (day.unwrap_or_default(), String::new())
        };
        let count = |count: Option<u32>| count.map_or_else(String::new, |n| n.to_string());
        Self {
            name: cohort.name.clone(),
            status: cohort.status.as_str().to_owned(),
            dates: [
                moment(cohort.applications_open),
                moment(cohort.applications_close),
                moment(cohort.results_on),
                day(cohort.starts_on),
                day(cohort.ends_on),
            ],
            pairs: count(cohort.pairs),
            seats: count(cohort.seats),
        }
    }

    /// # Errors
    ///
    /// A field that was sent twice.
    pub fn read(fields: &Fields) -> Result<Self, Error> {
        let mut typed = Self {
            name: input::line(fields.one("name")?),
            status: fields.one("status")?.to_owned(),
            pairs: fields.one("pairs")?.trim().to_owned(),
            seats: fields.one("seats")?.trim().to_owned(),
            ..Self::default()
        };
        for ((key, _, time_label), (date, time)) in DATES.iter().zip(&mut typed.dates) {
            *date = fields.one(key)?.trim().to_owned();
            if time_label.is_some() {
                *time = fields.one(&time_of(key))?.trim().to_owned();
            }
        }
        Ok(typed)
    }

    /// The text of a file with what differs from how it was shown; what was not changed stays as it is written.
    ///
    /// # Errors
    ///
    /// What is wrong, by field.
    pub fn written(&self, text: &str, shown: &Self) -> Result<String, Problems> {
        let mut problems = Problems::default();
        let mut text = text.to_owned();
        match self.name.chars().count() {
            0 => problems.add("name", "is required"),
            1..=80 if self.name == shown.name => {}
            1..=80 => text = with_word(&text, "name", &self.name),
            _ => problems.add("name", "must be at most 80 characters long"),
        }
        match CohortStatus::parse(&self.status) {
            Some(_) if self.status == shown.status => {}
            Some(status) => text = with_word(&text, "status", status.as_str()),
            None => problems.add("status", "must be planned or confirmed"),
        }
        for (((key, ..), typed), before) in DATES.iter().zip(&self.dates).zip(&shown.dates) {
            let (date, time) = typed;
            match moment(date, time) {
                Ok(_) if typed == before => {}
                Ok(moment) => text = with_date(&text, key, moment),
                Err((true, problem)) => problems.add(time_of(key), problem),
                Err((false, problem)) => problems.add(*key, problem),
            }
        }
        for (key, typed, before, most) in [
            ("pairs", &self.pairs, &shown.pairs, MOST),
            ("seats", &self.seats, &shown.seats, MOST * 2),
        ] {
            let number: Option<u32> = typed.parse().ok().filter(|n| (1..=most).contains(n));
            match (typed.is_empty(), number) {
                (false, None) => {
                    problems.add(key, format!("must be a whole number from 1 to {most}"))
                }
                _ if typed == before => {}
                _ => text = with_number(&text, key, number),
            }
        }
        problems.or(text)
    }
}

/// The name of the field for the time of day of a date.
pub fn time_of(key: &str) -> String {
    format!("{key}_time")
}

/// A date with its time of day, or what is wrong with it, and whether with the time.
fn moment(date: &str, time: &str) -> Result<Written, (bool, &'static str)> {
    if date.is_empty() {
        return match time.is_empty() {
            true => Ok(Written::Open),
            false => Err((false, "is missing; a time of day needs one")),
        };
    }
    let day = input::date(date).ok_or((false, "must be a date such as 2027-05-31"))?;
    if time.is_empty() {
        return Ok(Written::Day(day));
    }
    let time = NaiveTime::parse_from_str(time, "%H:%M")
        .or_else(|_| NaiveTime::parse_from_str(time, "%H:%M:%S"))
        .map_err(|_| (true, "must be a time such as 09:00"))?;
    Ok(Written::Moment(day.and_time(time)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::programs::file::read::read;

    const FILE: &str = "[program]\nslug = \"spring\"\nname = \"Spring\"\nmode = \"cohort\"\nzone = \"America/Toronto\"\n\
        contacts = []\n[cohort] # ours\nname = \"2027\"\nstatus = \"planned\"\napplications_open = 2027-02-15T09:00:00 # at nine\n\
        applications_close = 2027-03-15\nresults_on = \"\"\nstarts_on = 2027-05-01\nends_on = 2027-08-31\npairs = 8\nseats = 16\n";

    #[test]
    fn what_is_typed_stands_in_the_file_and_the_rest_stays() {
        let file = read(FILE).unwrap().file;
        let shown = Typed::of(&file);
        let mut typed = shown.clone();
        assert_eq!(typed.written(FILE, &shown).unwrap(), FILE);
        for odd in [
            "2027-03-15T23:59:59",
            "\"2027-03-15\"",
            "2027-03-15 09:00:00",
            "2027-03-14T02:30:00",
            "2027-03-15T23:59:59-08:00",
        ] {
            let text = FILE.replace(
                "applications_close = 2027-03-15",
                &format!("applications_close = {odd}"),
            );
            let shown = Typed::of(&read(&text).unwrap().file);
            assert_eq!(
                shown.written(&text, &shown).unwrap(),
                text,
                "nothing was changed"
            );
        }
        typed.dates[0].1 = "10:30".into();
        typed.dates[2] = ("2027-04-01".into(), String::new());
        typed.pairs = String::new();
        let text = typed.written(FILE, &shown).unwrap();
        assert!(
            text.contains("applications_open = 2027-02-15T10:30:00 # at nine"),
            "{text}"
        );
        assert!(text.contains("results_on = 2027-04-01\n") && text.contains("[cohort] # ours"));
        assert!(!text.contains("pairs"));
        assert_eq!(Typed::of(&read(&text).unwrap().file), typed);
    }

    #[test]
    fn what_is_no_date_is_named() {
        let shown = Typed::of(&read(FILE).unwrap().file);
        let mut typed = shown.clone();
        typed.dates[1] = ("2027-02-30".into(), String::new());
        typed.dates[2] = (String::new(), "09:00".into());
        typed.dates[0].1 = "25:00".into();
        typed.seats = "-1".into();
        let problems = typed.written(FILE, &shown).unwrap_err();
        let named: Vec<&str> = problems.iter().map(|(field, _)| field).collect();
        assert_eq!(
            named,
            [
                "applications_open_time",
                "applications_close",
                "results_on",
                "seats"
            ]
        );
    }
}
