//! Where a program stands at a moment, and what comes next.

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};

use super::file::{Cohort, CohortStatus, Mode, Moment, ProgramFile};
use crate::{schedule::Zone, word_enum};

word_enum! {
    /// Where a program stands.
    Phase {
        /// Tentative: nothing is counted down.
        Planned = "planned",
        /// Applications open later.
        Announced = "announced",
        /// Applications are open.
        Open = "open",
        /// Applications have closed, and the results are not out.
        Reviewing = "reviewing",
        /// The results are out, and it has not started.
        Decided = "decided",
        Running = "running",
        Closed = "closed",
        /// It is over for good: nothing changes any more.
        Archived = "archived",
        /// There is no window: it is always open.
        AlwaysOpen = "always_open",
    }
}

/// What decides where a cohort stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dates {
    pub status: CohortStatus,
    pub opens_at: Option<DateTime<Utc>>,
    /// Applications are taken up to but not including this moment.
    pub closes_at: Option<DateTime<Utc>>,
    pub results_at: Option<DateTime<Utc>>,
    pub starts_on: Option<NaiveDate>,
    /// The last day.
    pub ends_on: Option<NaiveDate>,
}

impl Dates {
    fn of(cohort: &Cohort) -> Self {
        Self {
            status: cohort.status,
            opens_at: cohort.applications_open.map(|moment| moment.at),
            closes_at: cohort.applications_close.map(|moment| moment.at),
            results_at: cohort.results_on.map(|moment| moment.at),
            starts_on: cohort.starts_on,
            ends_on: cohort.ends_on,
        }
    }
}

impl Phase {
    /// As the dates of a file have it.
    pub fn of(file: &ProgramFile, now: DateTime<Utc>) -> Self {
        match (file.mode, &file.cohort) {
            (Mode::Cohort, Some(cohort)) => Self::of_dates(&Dates::of(cohort), &file.zone, now),
            _ => Self::AlwaysOpen,
        }
    }

    /// As the dates have it that `zone` is of.
    pub fn of_dates(dates: &Dates, zone: &Zone, now: DateTime<Utc>) -> Self {
        let is_over = |at: Option<DateTime<Utc>>| at.is_some_and(|at| at <= now);
        let today = zone.local(now).date_naive();
        let is_past = |day: Option<NaiveDate>, or: bool| {
            day.is_some_and(|day| day < today || or && day == today)
        };
        match dates.status {
            CohortStatus::Planned => Self::Planned,
            // While somebody can still apply nothing else is said, also on a day on which more than one thing happens.
            _ if dates.closes_at.is_some()
                && !is_over(dates.closes_at)
                && is_over(dates.opens_at) =>
            {
                Self::Open
            }
            _ if is_past(dates.ends_on, false) => Self::Closed,
            _ if is_past(dates.starts_on, true) => Self::Running,
            _ if is_over(dates.results_at) => Self::Decided,
            _ if is_over(dates.closes_at) => Self::Reviewing,
            _ if is_over(dates.opens_at) => Self::Open,
            CohortStatus::Confirmed => Self::Announced,
        }
    }

    /// Whether applications are taken.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Open | Self::AlwaysOpen)
    }

    /// In a few words, for a list.
    pub fn words(self) -> &'static str {
        match self {
            Self::Planned => "Planned",
            Self::Announced => "Opens soon",
            Self::Open => "Open for applications",
            Self::Reviewing => "Applications closed",
            Self::Decided => "Starts soon",
            Self::Running => "Running",
            Self::Closed | Self::Archived => "Ended",
            Self::AlwaysOpen => "Always open",
        }
    }
}

/// An end as people name it: of midnight, the last minute before it.
pub fn last_minute(at: DateTime<Utc>, zone: &Zone) -> DateTime<Utc> {
    match zone.local(at).time() == NaiveTime::MIN {
        true => at - TimeDelta::minutes(1),
        false => at,
    }
}

/// A point of the timeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Point {
    pub label: &'static str,
    pub day: NaiveDate,
    /// The moment, where it is one of a day that matters; of an end, the moment after it.
    pub at: Option<DateTime<Utc>>,
    pub is_over: bool,
}

/// The dates of a cohort in their order.
pub fn timeline(cohort: &Cohort, zone: &Zone, now: DateTime<Utc>) -> Vec<Point> {
    let today = zone.local(now).date_naive();
    let moment = |label, moment: Option<Moment>| {
        moment.map(|moment| Point {
            label,
            day: moment.day,
            at: Some(moment.at),
            is_over: moment.at <= now,
        })
    };
    let day = |label, day: Option<NaiveDate>, counts: bool| {
        day.map(|day| Point {
            label,
            day,
            at: None,
            is_over: day < today || counts && day == today,
        })
    };
    [
        moment("Applications open", cohort.applications_open),
        moment("Applications close", cohort.applications_close),
        moment("Results", cohort.results_on),
        day("Start", cohort.starts_on, true),
        day("End", cohort.ends_on, false),
    ]
    .into_iter()
    .flatten()
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::programs::file::read::read;

    const FILE: &str = r#"
        [program]
        slug = "spring"
        name = "Spring"
        mode = "cohort"
        zone = "ZONE"
        contacts = []
        [cohort]
        name = "2027"
        status = "confirmed"
        applications_open = 2027-02-15T09:00:00
        applications_close = 2027-03-14
        results_on = 2027-03-20T10:00:00
        starts_on = 2027-04-01
        ends_on = 2027-07-31
    "#;

    /// A second before and a second after each moment, also where clocks have changed meanwhile.
    #[test]
    fn phases_change_to_the_second_in_the_programs_zone() {
        for (zone, moments) in [
            (
                "America/Toronto",
                [
                    "02-15T14:00:00",
                    "03-15T04:00:00",
                    "03-20T14:00:00",
                    "04-01T04:00:00",
                    "08-01T04:00:00",
                ],
            ),
            (
                "Pacific/Auckland",
                [
                    "02-14T20:00:00",
                    "03-14T11:00:00",
                    "03-19T21:00:00",
                    "03-31T11:00:00",
                    "07-31T12:00:00",
                ],
            ),
            (
                "UTC",
                [
                    "02-15T09:00:00",
                    "03-15T00:00:00",
                    "03-20T10:00:00",
                    "04-01T00:00:00",
                    "08-01T00:00:00",
                ],
            ),
        ] {
            let file = read(&FILE.replace("ZONE", zone)).unwrap().file;
            use Phase::{Announced, Closed, Decided, Open, Reviewing, Running};
            let phases = [Announced, Open, Reviewing, Decided, Running, Closed];
            for (number, moment) in moments.iter().enumerate() {
                let at: DateTime<Utc> = format!("2027-{moment}Z").parse().unwrap();
                let second = chrono::TimeDelta::seconds(1);
                assert_eq!(Phase::of(&file, at - second), phases[number], "{zone} {at}");
                assert_eq!(Phase::of(&file, at), phases[number + 1], "{zone} {at}");
            }
        }
        let planned = FILE.replace("ZONE", "UTC").replace("confirmed", "planned");
        let file = read(&planned).unwrap().file;
        let at = "2027-03-01T00:00:00Z".parse().unwrap();
        assert_eq!(Phase::of(&file, at), Phase::Planned);
    }
}
