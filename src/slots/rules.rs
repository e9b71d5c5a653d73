//! Decisions about services and availability; every fact is an argument.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};

use super::{HostPolicy, Question, Questions, ServiceKind, editor::typed};
use crate::{
    error::Error,
    html::form::Fields,
    input::{Problems, Reader},
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
pub const MOST_QUESTIONS: usize = 6;

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
            buffer_before: own("buffer_before")?,
            buffer_after: own("buffer_after")?,
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
        let policy = HostPolicy {
            buffer_before_minutes: reader.number("buffer_before", &self.buffer_before, 0..=240)
                as i16,
            buffer_after_minutes: reader.number("buffer_after", &self.buffer_after, 0..=240) as i16,
            minimum_notice_minutes: (notice * 60.0).round() as i32,
            horizon_days: reader.number("horizon_days", &self.horizon_days, 1..=365) as i16,
            max_per_day: reader
                .optional_number("max_per_day", &self.max_per_day, 1..=50)
                .map(|n| n as i16),
            max_per_week: reader
                .optional_number("max_per_week", &self.max_per_week, 1..=200)
                .map(|n| n as i16),
            wished_per_month: reader
                .optional_number("wished_per_month", &self.wished_per_month, 1..=100)
                .map(|n| n as i16),
        };
        reader.problems.or(Availability { weekly, policy })
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

/// How many may share one session.
pub const SEATS: std::ops::RangeInclusive<i64> = 2..=30;

/// A group is booked seat by seat, at once.
pub fn check_seats(problems: &mut Problems, seats: Option<i64>, approval: bool) {
    if seats.is_some() && approval {
        problems.add(
            "seats",
            "must be empty if you answer each request before it is booked",
        );
    }
}

impl ServiceForm {
    pub fn of(service: &super::Service) -> Self {
        let line = |q: &Question| format!("{}{}", q.label, if q.required { " *" } else { "" });
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
            questions: service
                .questions
                .0
                .iter()
                .map(line)
                .collect::<Vec<_>>()
                .join("\n"),
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

    pub fn checked(&self) -> Result<NewService, Problems> {
        let mut reader = Reader::default();
        let kind = ServiceKind::parse(&self.kind);
        if kind.is_none() {
            reader.problems.add("kind", "must be one from the list");
        }
        let kind = kind.unwrap_or(ServiceKind::Other);
        let duration = reader.number("duration_minutes", &self.duration_minutes, 30..=60);
        let increment = if self.increment_minutes.trim().is_empty() {
            duration
        } else {
            reader.number("increment_minutes", &self.increment_minutes, 5..=240)
        };
        let mut title = reader.line("title", &self.title, 80);
        if title.is_empty() {
            title = kind.label().to_owned();
        }
        let mut questions = Vec::new();
        for text in self.questions.lines() {
            let text = reader.line("questions", text, 200);
            let (label, required) = match text.strip_suffix('*') {
                Some(label) => (label.trim().to_owned(), true),
                None => (text, false),
            };
            if !label.is_empty() {
                questions.push(Question { label, required });
            }
        }
        if questions.len() > MOST_QUESTIONS {
            reader
                .problems
                .add("questions", format!("must be at most {MOST_QUESTIONS}"));
        }
        let mut hours = |name: &str, typed: &str, default: i64, range| match typed.trim() {
            "" => default as i16,
            typed => reader.number(name, typed, range) as i16,
        };
        let answer_within_hours = hours(
            "answer_within_hours",
            &self.answer_within_hours,
            48,
            1..=168,
        );
        let change_notice_hours =
            hours("change_notice_hours", &self.change_notice_hours, 0, 0..=168);
        let seats = reader.optional_number("seats", &self.seats, SEATS);
        check_seats(&mut reader.problems, seats, self.approval);
        let service = NewService {
            kind,
            title,
            description: reader.paragraphs("description", &self.description, 1000),
            duration_minutes: duration as i16,
            increment_minutes: increment as i16,
            location: reader.line("location", &self.location, 300),
            needs_file: self.needs_file,
            approval: self.approval,
            answer_within_hours,
            change_notice_hours,
            seats: seats.map(|n| n as i16),
            questions: Questions(questions),
        };
        reader.problems.or(service)
    }
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
            ["mon", "sun", "horizon_days", "buffer_before"]
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
