//! Free time as spans, the same for all services of a host: what an index can keep.
//!
//! Slots are cut from these spans as the engine cuts them from windows, so the two agree to the
//! instant; what changes by the minute (notice, horizon) and what is the guest's is left out.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use super::{Diary, Rules, Span, Spans, interval::later};

/// No session is shorter, so no shorter span is of use.
pub const SHORTEST: TimeDelta = TimeDelta::minutes(30);

/// A stretch of a window in which sessions fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Free {
    /// Where the window begins, and with it the grid that starts lie on.
    pub anchor: DateTime<Utc>,
    /// The earliest start.
    pub from: DateTime<Utc>,
    /// Starts are before this.
    pub before: DateTime<Utc>,
    /// Sessions end by then.
    pub until: DateTime<Utc>,
}

impl Free {
    /// The starts, within a span, of sessions of that length, in order.
    pub fn starts(
        &self,
        length: TimeDelta,
        increment: TimeDelta,
        within: Span,
    ) -> impl Iterator<Item = DateTime<Utc>> + use<> {
        let step = increment.num_milliseconds().max(1);
        let first = self.from.max(within.start);
        let steps = ((first - self.anchor).num_milliseconds() + step - 1).div_euclid(step);
        let start = later(self.anchor, TimeDelta::milliseconds(steps.max(0) * step));
        let (before, end) = (self.before.min(within.end), self.until);
        std::iter::successors(Some(start), move |start| Some(later(*start, increment)))
            .take_while(move |start| *start < before && later(*start, length) <= end)
    }
}

/// What of a host's policy decides about free time.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    pub buffer_before: TimeDelta,
    pub buffer_after: TimeDelta,
    pub max_per_day: Option<u32>,
    pub max_per_week: Option<u32>,
}

/// The free spans of all windows that begin within a span, in order.
pub fn free(rules: &Rules, limits: &Limits, diary: &Diary, within: Span) -> Vec<Free> {
    let Span {
        start: from,
        end: until,
    } = within;
    let mut windows: Vec<Span> = rules
        .windows_around(from, until)
        .into_iter()
        .filter(|window| from <= window.start && window.start < until)
        .collect();
    // Windows that begin together share a grid; the longest of them has all their slots.
    windows.sort_unstable_by_key(|window| (window.start, std::cmp::Reverse(window.end)));
    windows.dedup_by_key(|window| window.start);
    let occupied = diary.occupied.as_slice().iter();
    // A session with its buffers keeps clear of what is occupied just when the session alone keeps
    // clear of this.
    let widened = occupied.map(|taken| taken.widened(limits.buffer_after, limits.buffer_before));
    let blocked = Spans::merged(widened.chain(diary.guarded.as_slice().iter().copied()));
    let mut found = Vec::new();
    for window in windows {
        for gap in gaps(window, &blocked) {
            let starts = match (limits.max_per_day, limits.max_per_week) {
                (None, None) => vec![gap],
                _ => open_days(gap, rules, limits, diary),
            };
            found.extend(starts.into_iter().map(|starts| Free {
                anchor: window.start,
                from: starts.start,
                before: starts.end,
                until: gap.end,
            }));
        }
    }
    found.retain(|free| free.until - free.from >= SHORTEST && free.from < free.before);
    found
}

/// The remaining part of `window`.
fn gaps(window: Span, blocked: &Spans) -> Vec<Span> {
    let mut gaps = Vec::new();
    let mut start = window.start;
    let blocked = blocked.as_slice();
    let first = blocked.partition_point(|span| span.end <= window.start);
    for span in blocked[first..]
        .iter()
        .take_while(|span| span.start < window.end)
    {
        gaps.push(Span::new(start, span.start));
        start = start.max(span.end);
    }
    gaps.push(Span::new(start, window.end));
    gaps.retain(|gap| !gap.is_empty());
    gaps
}

/// The parts of `gap` that lie on days and in weeks with room for another session.
fn open_days(gap: Span, rules: &Rules, limits: &Limits, diary: &Diary) -> Vec<Span> {
    let is_open = |date: NaiveDate| {
        let reached = diary.reached(limits.max_per_day, limits.max_per_week, date, &rules.zone);
        reached.is_none()
    };
    let (first, last) = (
        rules.zone.local(gap.start).date_naive(),
        rules.zone.local(gap.end).date_naive(),
    );
    let days = first.iter_days().take_while(|date| *date <= last);
    let open = days.filter(|date| is_open(*date)).map(|date| {
        let (start, end) = (rules.zone.instant(date, 0), rules.zone.instant(date, 1440));
        Span::new(start.max(gap.start), end.min(gap.end))
    });
    Spans::merged(open).as_slice().to_vec()
}
