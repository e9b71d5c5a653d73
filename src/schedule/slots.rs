//! The engine: which slots follow from rules, policy and what is taken.
//!
//! One pair of functions decides, for what is offered and for what may be booked: `starts` lists
//! the grid, `objection` says what speaks against one start on it.

use std::{
    collections::{BTreeMap, HashMap},
    sync::OnceLock,
};

use chrono::{DateTime, Datelike, Days, NaiveDate, TimeDelta, Utc};

use super::{Span, Spans, Zone, interval::later};

/// A wall-clock window of one day, in minutes after midnight; `until` may be 1440 for 24:00.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Window {
    pub from: u16,
    pub until: u16,
}

impl Window {
    /// None unless `from < until <= 24:00`.
    pub fn new(from: u16, until: u16) -> Option<Self> {
        (from < until && until <= 1440).then_some(Self { from, until })
    }
}

/// When a host is available, as the host says it.
#[derive(Clone, Debug)]
pub struct Rules {
    pub zone: Zone,
    /// Windows by weekday, Monday first.
    pub weekly: [Vec<Window>; 7],
    /// What replaces the weekly windows on a date; empty means closed.
    pub overrides: BTreeMap<NaiveDate, Vec<Window>>,
    /// Windows that happen once, besides the weekly ones.
    pub one_off: Vec<Span>,
}

impl Rules {
    /// Nothing at all, in `zone`.
    pub fn closed(zone: Zone) -> Self {
        Self {
            zone,
            weekly: Default::default(),
            overrides: BTreeMap::new(),
            one_off: Vec::new(),
        }
    }

    /// The windows of a date by the wall clock: those of an override, else the weekday's.
    pub fn hours_on(&self, date: NaiveDate) -> &[Window] {
        let weekday = date.weekday().num_days_from_monday() as usize;
        self.overrides.get(&date).unwrap_or(&self.weekly[weekday])
    }

    /// The hours of those dates that change when a span is taken out of them.
    pub fn hours_without(&self, span: Span) -> BTreeMap<NaiveDate, Vec<Window>> {
        // An hour that a clock shows twice is taken out both times.
        let minutes = self.zone.minutes_of(span).into_iter();
        let changed = minutes.filter_map(|(date, from, until)| {
            let hours = self.hours_on(date);
            let left = hours.iter().flat_map(|window| {
                let before = Window::new(window.from, window.until.min(from));
                let after = Window::new(window.from.max(until), window.until);
                before.into_iter().chain(after)
            });
            let left: Vec<Window> = left.collect();
            (left != hours).then_some((date, left))
        });
        changed.collect()
    }

    /// The windows of one local date, as instants. A date that does not exist has none.
    pub fn windows_on(&self, date: NaiveDate) -> Vec<Span> {
        let windows = self.hours_on(date);
        if windows.is_empty() || !self.zone.has_date(date) {
            return Vec::new();
        }
        let instant = |minute| self.zone.instant(date, minute);
        let spans = windows
            .iter()
            .map(|w| Span::new(instant(w.from), instant(w.until)));
        spans.filter(|span| !span.is_empty()).collect()
    }

    /// Every window that may meet `[from, until)`, from rules and one-off times alike.
    pub fn windows_around(&self, from: DateTime<Utc>, until: DateTime<Utc>) -> Vec<Span> {
        let asked = Span::new(from, until);
        if asked.is_empty() {
            return Vec::new();
        }
        // A day more on each side: offsets reach 15 hours, and a window lasts at most 25.
        let first = self.zone.local(from).date_naive() - Days::new(2);
        let last = self.zone.local(until).date_naive() + Days::new(1);
        let mut windows: Vec<Span> = Vec::new();
        if self.weekly.iter().any(|w| !w.is_empty()) {
            let dates = first.iter_days().take_while(|date| *date <= last);
            windows.extend(dates.flat_map(|date| self.windows_on(date)));
        } else {
            let dates = self.overrides.range(first..=last).map(|(date, _)| *date);
            windows.extend(dates.flat_map(|date| self.windows_on(date)));
        }
        windows.extend(self.one_off.iter().copied());
        windows.retain(|window| window.meets(&asked));
        windows
    }
}

/// How slots are cut and what keeps them apart.
#[derive(Clone, Copy, Debug)]
pub struct Policy {
    pub length: TimeDelta,
    pub increment: TimeDelta,
    pub buffer_before: TimeDelta,
    pub buffer_after: TimeDelta,
    pub minimum_notice: TimeDelta,
    pub horizon: TimeDelta,
    pub max_per_day: Option<u32>,
    pub max_per_week: Option<u32>,
}

/// A booking or hold of the host, with the buffers it was made under.
#[derive(Clone, Copy, Debug)]
pub struct Engagement {
    pub span: Span,
    pub buffer_before: TimeDelta,
    pub buffer_after: TimeDelta,
    /// Whether it counts against the caps: the person is its host.
    pub as_host: bool,
}

/// What is taken: of the host, and of the guest who asks.
#[derive(Clone, Debug, Default)]
pub struct Diary {
    pub(super) occupied: Spans,
    pub(super) guarded: Spans,
    guest: Spans,
    /// When sessions begin that the host gives.
    hosted: Vec<DateTime<Utc>>,
    /// Made of these where a cap asks for them.
    counts: OnceLock<Counts>,
}

/// Sessions that a host gives, by the date and by the Monday of the week.
#[derive(Clone, Debug, Default)]
struct Counts {
    per_day: HashMap<NaiveDate, u32>,
    per_week: HashMap<NaiveDate, u32>,
}

impl Diary {
    /// `busy`: imported; `engagements`: the host's; `guest`: whatever the guest has. Any order.
    pub fn new(
        busy: impl IntoIterator<Item = Span>,
        engagements: &[Engagement],
        guest: impl IntoIterator<Item = Span>,
    ) -> Self {
        let hosted = engagements.iter().filter(|e| e.as_host);
        let widened = |e: &Engagement| e.span.widened(e.buffer_before, e.buffer_after);
        Self {
            occupied: Spans::merged(busy.into_iter().chain(engagements.iter().map(|e| e.span))),
            guarded: Spans::merged(
                engagements
                    .iter()
                    .filter(|e| !e.span.is_empty())
                    .map(widened),
            ),
            guest: Spans::merged(guest),
            hosted: hosted.map(|e| e.span.start).collect(),
            counts: OnceLock::new(),
        }
    }

    /// Which of the caps by day and by week is reached on a date in the host's zone.
    pub(super) fn reached(
        &self,
        per_day: Option<u32>,
        per_week: Option<u32>,
        date: NaiveDate,
        zone: &Zone,
    ) -> Option<Refusal> {
        let counts = self.counts.get_or_init(|| {
            let mut counts = Counts::default();
            for start in &self.hosted {
                let date = zone.local(*start).date_naive();
                *counts.per_day.entry(date).or_default() += 1;
                *counts.per_week.entry(monday(date)).or_default() += 1;
            }
            counts
        });
        let is_reached = |cap: Option<u32>, count: Option<&u32>| {
            cap.is_some_and(|cap| count.copied().unwrap_or(0) >= cap)
        };
        if is_reached(per_day, counts.per_day.get(&date)) {
            return Some(Refusal::DayFull);
        }
        is_reached(per_week, counts.per_week.get(&monday(date))).then_some(Refusal::WeekFull)
    }
}

/// Why a start may not be booked, in words for the person who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("this time is outside the hours offered")]
    NotOffered,
    #[error("this time has passed")]
    Past,
    #[error("this time is too soon; the host needs more notice")]
    TooSoon,
    #[error("this time is further ahead than can be booked")]
    TooFar,
    #[error("this time is taken")]
    Taken,
    #[error("the host takes no more sessions on that day")]
    DayFull,
    #[error("the host takes no more sessions in that week")]
    WeekFull,
    #[error("you are busy at this time")]
    GuestBusy,
}

/// Everything that decides about the slots of one service at one moment.
#[derive(Clone, Copy, Debug)]
pub struct Offer<'a> {
    pub rules: &'a Rules,
    pub policy: &'a Policy,
    pub diary: &'a Diary,
    pub now: DateTime<Utc>,
}

/// How far starts in order have come in a diary.
#[derive(Default)]
struct Places {
    occupied: usize,
    guarded: usize,
    guest: usize,
}

impl Offer<'_> {
    /// The slots that start within `[from, until)`, in order.
    pub fn slots(&self, from: DateTime<Utc>, until: DateTime<Utc>) -> Vec<Span> {
        let (earliest, latest) = self.bookable();
        // `latest` itself may be booked, hence a nanosecond more.
        let until = until.min(later(latest, TimeDelta::nanoseconds(1)));
        let starts = self.starts(from.max(earliest), until).into_iter();
        let mut places = Places::default();
        starts
            .filter(|start| self.objection(*start, &mut places).is_none())
            .map(|start| Span::lasting(start, self.policy.length))
            .collect()
    }

    /// The first `count` slots from `from` on; looks no further than the horizon.
    pub fn next(&self, from: DateTime<Utc>, count: usize) -> Vec<Span> {
        self.next_within(&[Span::new(from, DateTime::<Utc>::MAX_UTC)], count)
    }

    /// The first `count` slots that start within the ranges, which are in order and apart from each other;
    /// looks no further than the horizon.
    pub fn next_within(&self, ranges: &[Span], count: usize) -> Vec<Span> {
        let (earliest, latest) = self.bookable();
        let mut found = Vec::new();
        for range in ranges {
            let mut cursor = range.start.max(earliest);
            while found.len() < count && cursor <= latest && cursor < range.end {
                let end = later(cursor, TimeDelta::days(7)).min(range.end);
                found.extend(self.slots(cursor, end));
                cursor = end;
            }
        }
        found.truncate(count);
        found
    }

    /// Whether `start` may be booked; the same judgement that `slots` makes.
    pub fn may_book(&self, start: DateTime<Utc>) -> Result<Span, Refusal> {
        let (earliest, latest) = self.bookable();
        if start < earliest {
            return Err(if start < self.now {
                Refusal::Past
            } else {
                Refusal::TooSoon
            });
        }
        if start > latest {
            return Err(Refusal::TooFar);
        }
        let instant = later(start, TimeDelta::nanoseconds(1));
        if !self.starts(start, instant).contains(&start) {
            return Err(Refusal::NotOffered);
        }
        match self.objection(start, &mut Places::default()) {
            Some(refusal) => Err(refusal),
            None => Ok(Span::lasting(start, self.policy.length)),
        }
    }

    /// First and last instant that may be booked, both included.
    fn bookable(&self) -> (DateTime<Utc>, DateTime<Utc>) {
        (
            later(self.now, self.policy.minimum_notice),
            later(self.now, self.policy.horizon),
        )
    }

    /// Every start on the grid within `[from, until)`, each once, in order.
    fn starts(&self, from: DateTime<Utc>, until: DateTime<Utc>) -> Vec<DateTime<Utc>> {
        let Policy {
            length, increment, ..
        } = *self.policy;
        let mut starts = Vec::new();
        if increment <= TimeDelta::zero() || length <= TimeDelta::zero() {
            return starts;
        }
        for window in self.rules.windows_around(from, until) {
            let mut start = window.start;
            if start < from {
                let steps = (from - start).num_milliseconds() / increment.num_milliseconds().max(1);
                start = later(start, increment * i32::try_from(steps).unwrap_or(i32::MAX));
            }
            while start < until && later(start, length) <= window.end {
                if start >= from {
                    starts.push(start);
                }
                start = later(start, increment);
            }
        }
        starts.sort_unstable();
        starts.dedup();
        starts
    }

    /// What speaks against a start on the grid; starts come in order.
    fn objection(&self, start: DateTime<Utc>, places: &mut Places) -> Option<Refusal> {
        let Policy {
            length,
            buffer_before,
            buffer_after,
            max_per_day,
            max_per_week,
            ..
        } = *self.policy;
        let slot = Span::lasting(start, length);
        let own = slot.widened(buffer_before, buffer_after);
        let diary = self.diary;
        if diary.occupied.meets_next(&own, &mut places.occupied)
            || diary.guarded.meets_next(&slot, &mut places.guarded)
        {
            return Some(Refusal::Taken);
        }
        if diary.guest.meets_next(&slot, &mut places.guest) {
            return Some(Refusal::GuestBusy);
        }
        if max_per_day.is_none() && max_per_week.is_none() {
            return None;
        }
        let zone = &self.rules.zone;
        let date = zone.local(start).date_naive();
        self.diary.reached(max_per_day, max_per_week, date, zone)
    }
}

/// The Monday of the week of `date`.
pub fn monday(date: NaiveDate) -> NaiveDate {
    date - Days::new(u64::from(date.weekday().num_days_from_monday()))
}

#[cfg(test)]
#[path = "slots_tests.rs"]
mod tests;
