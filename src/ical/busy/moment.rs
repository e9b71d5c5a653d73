//! Moments and lengths as calendars tell them (RFC 5545 §3.3.4 to §3.3.6).

use std::rc::Rc;

use chrono::{DateTime, NaiveDateTime, NaiveTime, TimeDelta, Utc};

use crate::{
    ical::content::Property,
    schedule::{Clocks, Stamp, interval::later},
};

/// A moment told by some clocks. Of a date: its midnight by the owner's.
#[derive(Clone, Debug)]
pub(super) struct Moment {
    pub(super) local: NaiveDateTime,
    pub(super) clocks: Rc<Clocks>,
    pub(super) is_date: bool,
}

impl Moment {
    pub(super) fn instant(&self) -> DateTime<Utc> {
        self.clocks.instant(self.local)
    }

    /// Whether its date happens there: a zone that crosses the date line skips one.
    pub(super) fn exists(&self) -> bool {
        let shown = |local: NaiveDateTime| self.clocks.local(self.clocks.instant(local));
        let date = self.local.date();
        shown(self.local) == self.local || shown(date.and_time(NaiveTime::MIN)).date() == date
    }

    pub(super) fn at(&self, local: NaiveDateTime) -> Self {
        Self {
            local,
            ..self.clone()
        }
    }
}

/// What a property says when, as it is written; of VALUE=DATE, only the date.
pub(super) fn stamp(text: &str, property: &Property) -> Option<Stamp> {
    let stamp = Stamp::parse(text)?;
    Some(if property.is("VALUE", "DATE") {
        Stamp::Date(stamp.date())
    } else {
        stamp
    })
}

/// How long an event lasts (RFC 5545 §3.8.5.3): exactly, or so many days by the clock and then some.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Length {
    pub(super) days: i64,
    pub(super) rest: TimeDelta,
}

impl Length {
    pub(super) const NONE: Self = Self::exact(TimeDelta::zero());

    pub(super) const fn exact(rest: TimeDelta) -> Self {
        Self { days: 0, rest }
    }

    pub(super) const fn days(days: i64) -> Self {
        Self {
            days,
            rest: TimeDelta::zero(),
        }
    }

    pub(super) fn end_of(&self, start: &Moment) -> DateTime<Utc> {
        if self.days == 0 {
            return later(start.instant(), self.rest);
        }
        let end =
            TimeDelta::try_days(self.days).and_then(|days| start.local.checked_add_signed(days));
        match end {
            Some(end) => later(start.clocks.instant(end), self.rest),
            None => DateTime::<Utc>::MAX_UTC,
        }
    }

    /// At least how long it is, for looking back.
    pub(super) fn reach(&self) -> TimeDelta {
        let days = TimeDelta::try_days(self.days.clamp(0, 40_000)).unwrap_or_default();
        let rest = self.rest.clamp(TimeDelta::zero(), TimeDelta::days(40_000));
        days + rest + TimeDelta::days(2)
    }
}

/// RFC 5545 §3.3.6.
pub(super) fn duration(text: &str) -> Option<Length> {
    let text = text.trim().to_ascii_uppercase();
    let (sign, body) = match text.strip_prefix('-') {
        Some(body) => (-1, body),
        None => (1, text.strip_prefix('+').unwrap_or(&text)),
    };
    let mut length = Length::NONE;
    let mut digits = String::new();
    let mut is_read = false;
    for c in body.strip_prefix('P')?.chars() {
        if c.is_ascii_digit() {
            digits.push(c);
            continue;
        }
        if c == 'T' && digits.is_empty() {
            continue;
        }
        let number: i64 = digits.parse().ok().filter(|n| *n < 1_000_000_000)?;
        digits.clear();
        is_read = true;
        let number = sign * number;
        match c {
            'W' => length.days = length.days.checked_add(number * 7)?,
            'D' => length.days = length.days.checked_add(number)?,
            _ => {
                let part = match c {
                    'H' => TimeDelta::try_hours(number)?,
                    'M' => TimeDelta::try_minutes(number)?,
                    'S' => TimeDelta::try_seconds(number)?,
                    _ => return None,
                };
                length.rest = length.rest.checked_add(&part)?;
            }
        }
    }
    (is_read && digits.is_empty()).then_some(length)
}

/// The times that a property lists, by the likeliest of its readings.
pub(super) fn listed(property: &Property) -> impl Iterator<Item = &str> {
    let times = |text: &str| {
        text.split(',')
            .all(|t| t.contains('/') || Stamp::parse(t).is_some())
    };
    let mut readings = property.readings();
    let text = readings.find(|text| times(text)).unwrap_or(&property.value);
    text.split(',').filter(|t| !t.trim().is_empty())
}
