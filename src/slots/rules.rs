//! Decisions about services and availability; every fact is an argument.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};

use super::{
    HostPolicy, Question, Questions, ServiceKind, Terms,
    catalogue::{Catalogue, Entry},
    editor::typed,
};
use crate::{
    error::Error,
    html::form::Fields,
    input::{Problems, Reader, typed_number},
    schedule::{Rules, Span, Window, Zone},
};

pub const WEEKDAYS: [(&str, &str); 7] = [
    ("mon", "Monday"),
    ("tue", "Tuesday"),
    ("wed", "Wednesday"),
    ("thu", "Thursday"),
    ("fri", "Friday"),
    ("sat", "Saturday"),
    ("sun", "Sunday"),
];

/// Most overrides and one-off times that one host may have.
pub const MOST_DATES: usize = 400;
/// Most services of one alumnus.
pub const MOST_SERVICES: usize = 20;
/// Most questions of one service.
const MOST_QUESTIONS: usize = 6;

/// A whole availability, checked.
#[derive(Clone, Debug)]
pub struct Availability {
    pub weekly: [Vec<Window>; 7],
    pub policy: HostPolicy,
}

/// Weekly hours and policy as they were typed.
#[derive(Clone, Debug, Default)]
pub struct WeekForm {
    pub weekly: [String; 7],
    pub buffer_before: String,
    pub buffer_after: String,
    pub notice_hours: String,
    pub horizon_days: String,
    pub max_per_day: String,
    pub max_per_week: String,
    pub wished_per_month: String,
}

impl WeekForm {
    pub fn of(rules: &Rules, policy: &HostPolicy) -> Self {
        let optional = |n: Option<i16>| n.map(|n| n.to_string()).unwrap_or_default();
        let hours = f64::from(policy.minimum_notice_minutes) / 60.0;
        Self {
            weekly: std::array::from_fn(|day| typed::show(&rules.weekly[day])),
            buffer_before: policy.buffer_before_minutes.to_string(),
            buffer_after: policy.buffer_after_minutes.to_string(),
            notice_hours: format!("{}", (hours * 100.0).round() / 100.0),
            horizon_days: policy.horizon_days.to_string(),
            max_per_day: optional(policy.max_per_day),
            max_per_week: optional(policy.max_per_week),
            wished_per_month: optional(policy.wished_per_month),
        }
    }

    pub fn read(fields: &Fields) -> Result<Self, Error> {
        let own = |name: &str| fields.one(name).map(str::to_owned);
        let mut weekly: [String; 7] = Default::default();
        for (day, (word, _)) in WEEKDAYS.iter().enumerate() {
            weekly[day] = own(word)?;
        }
        Ok(Self {
            weekly,
            buffer_before: own("buffer_before_minutes")?,
            buffer_after: own("buffer_after_minutes")?,
            notice_hours: own("notice_hours")?,
            horizon_days: own("horizon_days")?,
            max_per_day: own("max_per_day")?,
            max_per_week: own("max_per_week")?,
            wished_per_month: own("wished_per_month")?,
        })
    }

    /// Gives every weekday, Monday to Friday, the hours of one day.
    pub fn copy_to_weekdays(&mut self, day: usize) {
        let hours = self.weekly[day].clone();
        self.weekly[..5].fill(hours);
    }

    pub fn checked(&self) -> Result<Availability, Problems> {
        let mut reader = Reader::default();
        let mut weekly: [Vec<Window>; 7] = Default::default();
        for (day, text) in self.weekly.iter().enumerate() {
            match typed::windows(text) {
                Ok(windows) => weekly[day] = windows,
                Err(problem) => reader.problems.add(WEEKDAYS[day].0, problem),
            }
        }
        let notice = self
            .notice_hours
            .trim()
            .replace(',', ".")
            .parse::<f64>()
            .ok();
        let notice = notice
            .filter(|hours| (0.0..=720.0).contains(hours))
            .unwrap_or_else(|| {
                reader
                    .problems
                    .add("notice_hours", "must be a number from 0 to 720");
                0.0
            });
        let limits = LimitsDraft {
            buffer_before_minutes: typed_number(&self.buffer_before),
            buffer_after_minutes: typed_number(&self.buffer_after),
            minimum_notice_minutes: (notice * 60.0).round() as i64,
            horizon_days: typed_number(&self.horizon_days),
            max_per_day: typed_number(&self.max_per_day),
            max_per_week: typed_number(&self.max_per_week),
            wished_per_month: typed_number(&self.wished_per_month),
        };
        let policy = limits.checked(&mut reader);
        reader.problems.or(Availability { weekly, policy })
    }
}

/// When a host can be booked at all, as a form or the API says it.
#[derive(Clone, Copy, Debug)]
pub struct LimitsDraft {
    pub buffer_before_minutes: Option<i64>,
    pub buffer_after_minutes: Option<i64>,
    pub minimum_notice_minutes: i64,
    pub horizon_days: Option<i64>,
    pub max_per_day: Option<i64>,
    pub max_per_week: Option<i64>,
    pub wished_per_month: Option<i64>,
}

impl LimitsDraft {
    /// The one judge of them, whoever asks.
    pub fn checked(self, reader: &mut Reader) -> HostPolicy {
        let mut needed = |field, n: Option<i64>, bounds| {
            // Empty is no number here.
            reader.bounded(field, n.unwrap_or(-1), bounds) as i16
        };
        let buffer_before_minutes =
            needed("buffer_before_minutes", self.buffer_before_minutes, 0..=240);
        let buffer_after_minutes =
            needed("buffer_after_minutes", self.buffer_after_minutes, 0..=240);
        let horizon_days = needed("horizon_days", self.horizon_days, 1..=365);
        let minimum_notice_minutes = reader.bounded(
            "minimum_notice_minutes",
            self.minimum_notice_minutes,
            0..=43_200,
        ) as i32;
        let mut cap =
            |field, n: Option<i64>, most| n.map(|n| reader.bounded(field, n, 1..=most) as i16);
        HostPolicy {
            buffer_before_minutes,
            buffer_after_minutes,
            minimum_notice_minutes,
            horizon_days,
            max_per_day: cap("max_per_day", self.max_per_day, 50),
            max_per_week: cap("max_per_week", self.max_per_week, 200),
            wished_per_month: cap("wished_per_month", self.wished_per_month, 100),
        }
    }
}

/// A service as it was typed.
#[derive(Clone, Debug, Default)]
pub struct ServiceForm {
    pub kind: String,
    pub title: String,
    pub description: String,
    pub duration_minutes: String,
    pub increment_minutes: String,
    pub location: String,
    pub needs_file: bool,
    pub approval: bool,
    pub answer_within_hours: String,
    pub change_notice_hours: String,
    pub seats: String,
    /// One question a line; `*` at the end means that it must be answered.
    pub questions: String,
}

/// A service, checked.
#[derive(Clone, Debug)]
pub struct NewService {
    pub kind: ServiceKind,
    pub title: String,
    pub description: String,
    pub duration_minutes: i16,
    pub increment_minutes: i16,
    pub location: String,
    pub needs_file: bool,
    pub approval: bool,
    pub answer_within_hours: i16,
    pub change_notice_hours: i16,
    pub seats: Option<i16>,
    pub questions: Questions,
}

/// What is wrong with where a session meets, on pages: every session needs a place. A program that keeps services
/// elsewhere may leave it for later.
pub fn place_problem(location: &str) -> Option<&'static str> {
    location
        .trim()
        .is_empty()
        .then_some("Enter a meeting link or a place.")
}

/// How many may share one session.
const SEATS: std::ops::RangeInclusive<i64> = 2..=30;

impl ServiceForm {
    /// A new service of a kind, asking for what the kind asks for.
    pub fn new(kind: &Entry) -> Self {
        Self {
            kind: kind.kind.as_str().into(),
            duration_minutes: "30".into(),
            needs_file: kind.needs_file,
            questions: kind.questions.typed(),
            ..Self::default()
        }
    }

    pub fn of(service: &super::Service) -> Self {
        Self {
            kind: service.kind.as_str().into(),
            title: service.title.clone(),
            description: service.description.clone(),
            duration_minutes: service.duration_minutes.to_string(),
            increment_minutes: service.increment_minutes.to_string(),
            location: service.location.clone(),
            needs_file: service.needs_file,
            approval: service.approval,
            answer_within_hours: service.answer_within_hours.to_string(),
            change_notice_hours: service.change_notice_hours.to_string(),
            seats: service.seats.map_or_else(String::new, |n| n.to_string()),
            questions: service.questions.typed(),
        }
    }

    pub fn read(fields: &Fields) -> Result<Self, Error> {
        let own = |name: &str| fields.one(name).map(str::to_owned);
        Ok(Self {
            kind: own("kind")?,
            title: own("title")?,
            description: own("description")?,
            duration_minutes: own("duration_minutes")?,
            increment_minutes: own("increment_minutes")?,
            location: own("location")?,
            needs_file: fields.is_ticked("needs_file"),
            approval: fields.is_ticked("approval"),
            answer_within_hours: own("answer_within_hours")?,
            change_notice_hours: own("change_notice_hours")?,
            seats: own("seats")?,
            questions: own("questions")?,
        })
    }

    /// What was typed, as the API would say it.
    pub fn draft(&self) -> ServiceDraft {
        ServiceDraft {
            kind: self.kind.clone(),
            title: self.title.clone(),
            description: self.description.clone(),
            duration_minutes: typed_number(&self.duration_minutes),
            increment_minutes: typed_number(&self.increment_minutes),
            location: self.location.clone(),
            needs_file: self.needs_file,
            approval: self.approval,
            answer_within_hours: typed_number(&self.answer_within_hours),
            change_notice_hours: typed_number(&self.change_notice_hours),
            seats: typed_number(&self.seats),
            questions: Questions::read(&self.questions),
        }
    }
}

/// A service as its owner asks for it, by a form or by the API.
#[derive(Clone, Debug)]
pub struct ServiceDraft {
    /// A word of the catalogue, if it is one.
    pub kind: String,
    /// Empty: that of the kind.
    pub title: String,
    pub description: String,
    pub duration_minutes: Option<i64>,
    /// None: the duration.
    pub increment_minutes: Option<i64>,
    pub location: String,
    pub needs_file: bool,
    pub approval: bool,
    /// None: two days.
    pub answer_within_hours: Option<i64>,
    /// None: until it begins.
    pub change_notice_hours: Option<i64>,
    pub seats: Option<i64>,
    pub questions: Vec<Question>,
}

impl ServiceDraft {
    /// The one judge of services, whoever asks. `before`: the word of the kind that it is of already, if it is.
    pub fn checked(
        self,
        terms: &Terms,
        catalogue: &Catalogue,
        before: &str,
    ) -> Result<NewService, Problems> {
        let mut reader = Reader::default();
        let title = reader.line("title", &self.title, 80);
        let duration = reader.bounded(
            "duration_minutes",
            self.duration_minutes.unwrap_or(0),
            terms.minutes.clone(),
        );
        let increment = self.increment_minutes.unwrap_or(duration);
        let questions = checked_questions(&mut reader, &self.questions);
        let seats = self
            .seats
            .map(|seats| reader.bounded("seats", seats, SEATS));
        // A group is booked seat by seat, at once.
        if seats.is_some() && self.approval {
            reader.problems.add(
                "seats",
                "must be empty if you answer each request before it is booked",
            );
        }
        let mut hours = |field: &str, hours: Option<i64>, default: i64, bounds| {
            reader.bounded(field, hours.unwrap_or(default), bounds) as i16
        };
        let answer_within_hours =
            hours("answer_within_hours", self.answer_within_hours, 48, 1..=168);
        let change_notice_hours =
            hours("change_notice_hours", self.change_notice_hours, 0, 0..=168);
        let description = reader.paragraphs("description", &self.description, 1000);
        let increment_minutes = reader.bounded("increment_minutes", increment, 5..=240) as i16;
        let location = reader.line("location", &self.location, 300);
        let Some(entry) = catalogue.choice(&self.kind, before) else {
            reader.problems.add("kind", "must be one from the list");
            return Err(reader.problems);
        };
        reader.problems.or(NewService {
            kind: entry.kind.clone(),
            title: match title.is_empty() {
                true => entry.title.clone(),
                false => title,
            },
            description,
            duration_minutes: duration as i16,
            increment_minutes,
            location,
            needs_file: self.needs_file,
            approval: self.approval,
            answer_within_hours,
            change_notice_hours,
            seats: seats.map(|n| n as i16),
            questions,
        })
    }
}

/// Questions that a service can ask, each a line and not too many.
pub fn checked_questions(reader: &mut Reader, questions: &[Question]) -> Questions {
    if questions.len() > MOST_QUESTIONS {
        reader.problems.add(
            "questions",
            format!("can have at most {MOST_QUESTIONS} entries"),
        );
    }
    let questions = questions.iter().map(|question| Question {
        label: reader.required_line("questions", &question.label, 200),
        required: question.required,
    });
    Questions(questions.collect())
}

/// Dates from `first` to `last` on which other hours hold, as typed.
#[derive(Clone, Debug, Default)]
pub struct OverrideForm {
    pub first: String,
    pub last: String,
    pub hours: String,
}

impl OverrideForm {
    pub fn read(fields: &Fields) -> Result<Self, Error> {
        let own = |name: &str| fields.one(name).map(str::to_owned);
        Ok(Self {
            first: own("first")?,
            last: own("last")?,
            hours: own("hours")?,
        })
    }

    /// The dates and their windows; without hours they are closed.
    pub fn checked(&self, today: NaiveDate) -> Result<BTreeMap<NaiveDate, Vec<Window>>, Problems> {
        let mut reader = Reader::default();
        let first = reader.date("first", &self.first);
        let last = if self.last.trim().is_empty() {
            first
        } else {
            reader.date("last", &self.last)
        };
        let windows = typed::windows(&self.hours).unwrap_or_else(|problem| {
            reader.problems.add("hours", problem);
            Vec::new()
        });
        let mut overrides = BTreeMap::new();
        if let (Some(first), Some(last)) = (first, last) {
            if first < today {
                reader.problems.add("first", "must not be in the past");
            } else if last < first {
                reader
                    .problems
                    .add("last", "must not be before the first day");
            } else if (last - first).num_days() > 90 {
                reader.problems.add(
                    "last",
                    "must be at most 90 days after the first day; to be away longer, pause instead",
                );
            } else {
                overrides.extend(
                    first
                        .iter_days()
                        .take_while(|d| *d <= last)
                        .map(|d| (d, windows.clone())),
                );
            }
        }
        reader.problems.or(overrides)
    }
}

/// Those of `booked` that a window of the rules `before` holds and none of those `after`.
pub fn stranded<T>(
    booked: Vec<T>,
    span: impl Fn(&T) -> Span,
    before: &Rules,
    after: &Rules,
) -> Vec<T> {
    let is_held = |rules: &Rules, span: Span| {
        let windows = rules.windows_around(span.start, span.end);
        windows
            .iter()
            .any(|w| w.start <= span.start && span.end <= w.end)
    };
    let is_stranded = |span: Span| is_held(before, span) && !is_held(after, span);
    booked
        .into_iter()
        .filter(|b| is_stranded(span(b)))
        .collect()
}

/// Why nothing is offered, for the board.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standstill {
    Paused,
    Full,
    NoTimes,
}

/// The date that a host's calendar shows now.
pub fn today(zone: &Zone, now: DateTime<Utc>) -> NaiveDate {
    zone.local(now).date_naive()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(hours: &str) -> WeekForm {
        WeekForm {
            weekly: std::array::from_fn(|_| hours.to_owned()),
            buffer_before: "0".into(),
            buffer_after: "10".into(),
            notice_hours: "1.5".into(),
            horizon_days: "30".into(),
            max_per_day: String::new(),
            max_per_week: "5".into(),
            wished_per_month: String::new(),
        }
    }

    #[test]
    fn a_week_is_checked_and_shown_again() {
        let checked = form("9-12").checked().unwrap();
        assert_eq!(checked.policy.minimum_notice_minutes, 90);
        assert_eq!(
            (checked.policy.max_per_day, checked.policy.max_per_week),
            (None, Some(5))
        );
        let mut odd = form("9-8");
        odd.horizon_days = "1000".into();
        odd.buffer_before = "-5".into();
        let problems = odd.checked().unwrap_err();
        assert!(
            ["mon", "sun", "horizon_days", "buffer_before_minutes"]
                .iter()
                .all(|f| problems.of(f).is_some())
        );
    }

    #[test]
    fn copying_leaves_the_weekend() {
        let mut week = form("");
        week.weekly[2] = "9-10".into();
        week.copy_to_weekdays(2);
        assert_eq!(week.weekly[4], "9-10");
        assert_eq!(week.weekly[5], "");
    }

    #[test]
    fn bookings_outside_new_hours_are_stranded() {
        let mut before = Rules::closed(Zone::utc());
        before.weekly[0] = vec![Window::new(540, 780).unwrap()];
        let mut rules = before.clone();
        rules.weekly[0] = vec![Window::new(540, 720).unwrap()];
        let at = |t: &str| -> DateTime<Utc> { t.parse().unwrap() };
        let inside = Span::new(at("2026-03-02T09:10:00Z"), at("2026-03-02T09:40:00Z"));
        let outside = Span::new(at("2026-03-02T11:45:00Z"), at("2026-03-02T12:15:00Z"));
        let elsewhere = Span::new(at("2026-03-03T09:00:00Z"), at("2026-03-03T09:30:00Z"));
        let booked = vec![inside, outside, elsewhere];
        assert_eq!(stranded(booked, |s| *s, &before, &rules), [outside]);
    }

    #[test]
    fn days_off_are_a_range() {
        let form = OverrideForm {
            first: "2026-12-24".into(),
            last: "2026-12-26".into(),
            hours: String::new(),
        };
        let today = "2026-11-22".parse().unwrap();
        assert_eq!(form.checked(today).unwrap().len(), 3);
        let back = OverrideForm {
            last: "2026-12-01".into(),
            ..form
        };
        assert!(back.checked(today).unwrap_err().of("last").is_some());
    }
}
