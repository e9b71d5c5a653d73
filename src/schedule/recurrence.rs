//! Recurrence rules (RFC 5545 §3.3.10) in wall-clock time: which local times follow from a start.
//!
//! Whoever asks turns the local times into instants one by one, so a series keeps its hour across
//! clock changes. A rule without COUNT is entered at the window that is asked for instead of being
//! counted through from its start, which is why a calendar of decades costs no more than one of
//! weeks.

use chrono::{Datelike, Days, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Timelike, Weekday};

use super::Stamp;

/// How often a rule steps. Rules by the minute or second are refused: no calendar of a person has
/// them, and they cost without end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Frequency {
    Hourly,
    Daily,
    Weekly,
    Monthly,
    Yearly,
}

/// Until when a rule holds, the moment itself included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    /// The whole of this date.
    Date(NaiveDate),
    Local(NaiveDateTime),
    Utc(NaiveDateTime),
}

/// A rule as it stands in a calendar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recurrence {
    frequency: Frequency,
    interval: u32,
    count: Option<u64>,
    pub until: Option<Until>,
    months: Vec<i32>,
    weeks: Vec<i32>,
    year_days: Vec<i32>,
    month_days: Vec<i32>,
    /// Weekdays, each with its ordinal or 0 for every one.
    weekdays: Vec<(i32, Weekday)>,
    hours: Vec<i32>,
    minutes: Vec<i32>,
    seconds: Vec<i32>,
    positions: Vec<i32>,
    week_start: Weekday,
}

/// Why a rule gives no times.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecurrenceError {
    #[error("repeats in a way that cannot be read")]
    Unreadable,
    #[error("repeats every minute or second")]
    TooFrequent,
    #[error("repeats in a way that takes too long to follow")]
    TooCostly,
}

/// How much work may still be done; shared by all that is read from one calendar.
#[derive(Debug)]
pub struct Budget(pub u64);

impl Budget {
    /// Takes `steps` from what is left.
    pub fn spend(&mut self, steps: u64) -> Result<(), RecurrenceError> {
        self.0 = self
            .0
            .checked_sub(steps)
            .ok_or(RecurrenceError::TooCostly)?;
        Ok(())
    }
}

impl Recurrence {
    /// Reads the value of an RRULE. A part that is not understood makes it unreadable: without it the
    /// rule would mean something else.
    ///
    /// ```
    /// use almanac::schedule::{Budget, Recurrence};
    /// let rule: Recurrence = Recurrence::parse("FREQ=WEEKLY;BYDAY=TU,TH;COUNT=3").unwrap();
    /// let at = |t: &str| t.parse().unwrap();
    /// let times = rule.times(at("2026-11-24T09:00:00"), at("2026-11-01T00:00:00"), at("2027-01-01T00:00:00"), &mut Budget(1000));
    /// assert_eq!(times.unwrap(), ["2026-11-24T09:00:00", "2026-11-26T09:00:00", "2026-12-01T09:00:00"].map(at));
    /// ```
    pub fn parse(text: &str) -> Result<Self, RecurrenceError> {
        use RecurrenceError::Unreadable;
        let mut rule = Self {
            frequency: Frequency::Daily,
            interval: 1,
            count: None,
            until: None,
            months: Vec::new(),
            weeks: Vec::new(),
            year_days: Vec::new(),
            month_days: Vec::new(),
            weekdays: Vec::new(),
            hours: Vec::new(),
            minutes: Vec::new(),
            seconds: Vec::new(),
            positions: Vec::new(),
            week_start: Weekday::Mon,
        };
        let mut frequency = None;
        for part in text.split(';').map(str::trim).filter(|p| !p.is_empty()) {
            let (name, value) = part.split_once('=').ok_or(Unreadable)?;
            let value = value.trim().to_ascii_uppercase();
            let numbers = |low: i32, high: i32, negative: bool| {
                let read = |word: &str| {
                    let number: i32 = word.trim().parse().map_err(|_| Unreadable)?;
                    let fits = (low..=high).contains(&number)
                        || (negative && (low..=high).contains(&-number));
                    fits.then_some(number).ok_or(Unreadable)
                };
                value
                    .split(',')
                    .filter(|w| !w.trim().is_empty())
                    .map(read)
                    .collect::<Result<Vec<_>, _>>()
            };
            match name.trim().to_ascii_uppercase().as_str() {
                "FREQ" => {
                    frequency = Some(match value.as_str() {
                        "SECONDLY" | "MINUTELY" => return Err(RecurrenceError::TooFrequent),
                        "HOURLY" => Frequency::Hourly,
                        "DAILY" => Frequency::Daily,
                        "WEEKLY" => Frequency::Weekly,
                        "MONTHLY" => Frequency::Monthly,
                        "YEARLY" => Frequency::Yearly,
                        _ => return Err(Unreadable),
                    });
                }
                "INTERVAL" => {
                    rule.interval = value
                        .parse()
                        .ok()
                        .filter(|n| (1..=10_000).contains(n))
                        .ok_or(Unreadable)?;
                }
                "COUNT" => rule.count = Some(value.parse().map_err(|_| Unreadable)?),
                "UNTIL" => rule.until = Some(until(&value).ok_or(Unreadable)?),
                "BYMONTH" => rule.months = numbers(1, 12, false)?,
                "BYWEEKNO" => rule.weeks = numbers(1, 53, true)?,
                "BYYEARDAY" => rule.year_days = numbers(1, 366, true)?,
                "BYMONTHDAY" => rule.month_days = numbers(1, 31, true)?,
                "BYDAY" => {
                    let words = value.split(',').map(str::trim).filter(|w| !w.is_empty());
                    rule.weekdays = words
                        .map(|w| weekday(w).ok_or(Unreadable))
                        .collect::<Result<_, _>>()?;
                }
                "BYHOUR" => rule.hours = numbers(0, 23, false)?,
                "BYMINUTE" => rule.minutes = numbers(0, 59, false)?,
                "BYSECOND" => rule.seconds = numbers(0, 60, false)?,
                "BYSETPOS" => rule.positions = numbers(1, 366, true)?,
                "WKST" => rule.week_start = weekday(&value).ok_or(Unreadable)?.1,
                "SKIP" if value == "OMIT" => {}
                "RSCALE" if value == "GREGORIAN" => {}
                name if name.starts_with("X-") => {}
                // Misspelt parts, and calendars with other months (RFC 7529).
                _ => return Err(Unreadable),
            }
        }
        rule.frequency = frequency.ok_or(Unreadable)?;
        for list in [&mut rule.hours, &mut rule.minutes, &mut rule.seconds] {
            list.sort_unstable();
            list.dedup();
        }
        Ok(rule)
    }

    /// The local times of a series that begins at `start` within `[from, until)`, in order. UNTIL is
    /// the caller's to heed where it is given in UTC, since only the caller knows the zone; the
    /// start counts only where the rule meets it.
    pub fn times(
        &self,
        start: NaiveDateTime,
        from: NaiveDateTime,
        until: NaiveDateTime,
        budget: &mut Budget,
    ) -> Result<Vec<NaiveDateTime>, RecurrenceError> {
        let rule = self.completed(start);
        let end = match self.until {
            Some(Until::Date(date)) => date
                .checked_add_days(Days::new(1))
                .map(|d| d.and_time(NaiveTime::MIN)),
            Some(Until::Local(last)) => last.checked_add_signed(TimeDelta::seconds(1)),
            Some(Until::Utc(_)) | None => None,
        };
        let end = end.map_or(until, |end| end.min(until));
        let mut left = self.count.unwrap_or(u64::MAX);
        let mut times = Vec::new();
        let first = if self.count.is_none() && from > start {
            rule.period_before(start, from)
        } else {
            0
        };
        for number in first.. {
            budget.spend(1)?;
            let Some(period) = rule.period(start, number) else {
                break;
            };
            if period.first.and_time(NaiveTime::MIN) >= end || left == 0 {
                break;
            }
            for time in rule.set_of(&period, budget)? {
                if time < start || time >= end {
                    continue;
                }
                if left == 0 {
                    break;
                }
                left -= 1;
                if time >= from {
                    times.push(time);
                }
            }
        }
        Ok(times)
    }

    /// The rule with what it leaves open taken from the start of its series.
    fn completed(&self, start: NaiveDateTime) -> Self {
        let mut rule = self.clone();
        if self.frequency <= Frequency::Weekly || !self.weeks.is_empty() {
            // An ordinal means something only within a month or a year (RFC 5545 §3.3.10).
            for (ordinal, _) in &mut rule.weekdays {
                *ordinal = 0;
            }
        }
        let names_days =
            !rule.year_days.is_empty() || !rule.month_days.is_empty() || !rule.weekdays.is_empty();
        let day = i32::try_from(start.day()).expect("at most 31");
        match self.frequency {
            _ if names_days => {}
            Frequency::Yearly if !rule.weeks.is_empty() => {
                rule.weekdays = vec![(0, start.weekday())];
            }
            Frequency::Yearly => {
                rule.month_days = vec![day];
                if rule.months.is_empty() {
                    rule.months = vec![i32::try_from(start.month()).expect("at most 12")];
                }
            }
            Frequency::Monthly => rule.month_days = vec![day],
            Frequency::Weekly => rule.weekdays = vec![(0, start.weekday())],
            Frequency::Daily | Frequency::Hourly => {}
        }
        let number = |n: u32| i32::try_from(n).expect("less than 60");
        if rule.hours.is_empty() && self.frequency != Frequency::Hourly {
            rule.hours = vec![number(start.hour())];
        }
        if rule.minutes.is_empty() {
            rule.minutes = vec![number(start.minute())];
        }
        if rule.seconds.is_empty() {
            rule.seconds = vec![number(start.second())];
        }
        rule
    }

    /// The number of a period that ends before `from`, or 0.
    fn period_before(&self, start: NaiveDateTime, from: NaiveDateTime) -> u64 {
        let interval = i64::from(self.interval);
        let elapsed = match self.frequency {
            Frequency::Hourly => (from - start).num_hours() - 1,
            Frequency::Daily => (from.date() - start.date()).num_days() - 1,
            Frequency::Weekly => (from.date() - start.date()).num_weeks() - 1,
            Frequency::Monthly => month_number(from.date()) - month_number(start.date()) - 1,
            Frequency::Yearly => i64::from(from.year()) - i64::from(start.year()) - 1,
        };
        u64::try_from(elapsed / interval).unwrap_or(0)
    }

    /// The days of the period of that number, and for hourly rules its hour. None past the calendar.
    fn period(&self, start: NaiveDateTime, number: u64) -> Option<Period> {
        let steps = i64::try_from(number)
            .ok()?
            .checked_mul(i64::from(self.interval))?;
        let date = start.date();
        let whole = |first: NaiveDate, last: NaiveDate| Period {
            first,
            last,
            hour: None,
        };
        Some(match self.frequency {
            Frequency::Hourly => {
                let at = start.checked_add_signed(TimeDelta::try_hours(steps)?)?;
                Period {
                    first: at.date(),
                    last: at.date(),
                    hour: Some(i32::try_from(at.hour()).ok()?),
                }
            }
            Frequency::Daily => {
                let day = date.checked_add_signed(TimeDelta::try_days(steps)?)?;
                whole(day, day)
            }
            Frequency::Weekly => {
                let since = date.weekday().days_since(self.week_start);
                let first = date.checked_sub_days(Days::new(u64::from(since)))?;
                let first = first.checked_add_signed(TimeDelta::try_weeks(steps)?)?;
                whole(first, first.checked_add_days(Days::new(6))?)
            }
            Frequency::Monthly => {
                let month = month_number(date) + steps;
                let (year, month) = (
                    i32::try_from(month.div_euclid(12)).ok()?,
                    month.rem_euclid(12),
                );
                let first = NaiveDate::from_ymd_opt(year, u32::try_from(month).ok()? + 1, 1)?;
                whole(first, last_of_month(first)?)
            }
            Frequency::Yearly => {
                let year = i32::try_from(i64::from(date.year()) + steps).ok()?;
                whole(
                    NaiveDate::from_ymd_opt(year, 1, 1)?,
                    NaiveDate::from_ymd_opt(year, 12, 31)?,
                )
            }
        })
    }

    /// The times of one period, in order, with BYSETPOS applied.
    fn set_of(
        &self,
        period: &Period,
        budget: &mut Budget,
    ) -> Result<Vec<NaiveDateTime>, RecurrenceError> {
        let hours: &[i32] = match &period.hour {
            Some(hour) if self.hours.is_empty() || self.hours.contains(hour) => {
                std::slice::from_ref(hour)
            }
            Some(_) => return Ok(Vec::new()),
            None => &self.hours,
        };
        let mut set = Vec::new();
        let mut date = period.first;
        while date <= period.last {
            budget.spend(1)?;
            if !self.has_month(date) {
                let Some(next) = last_of_month(date).and_then(|last| last.succ_opt()) else {
                    break;
                };
                date = next;
                continue;
            }
            if self.has_date(date) {
                budget.spend((hours.len() * self.minutes.len() * self.seconds.len()) as u64)?;
                for hour in hours {
                    for minute in &self.minutes {
                        for second in &self.seconds {
                            // A leap second is the last one of its minute to us.
                            let time = NaiveTime::from_hms_opt(
                                hour.unsigned_abs(),
                                minute.unsigned_abs(),
                                second.unsigned_abs().min(59),
                            );
                            set.extend(time.map(|time| date.and_time(time)));
                        }
                    }
                }
            }
            let Some(next) = date.succ_opt() else { break };
            date = next;
        }
        if self.positions.is_empty() {
            return Ok(set);
        }
        let at = |position: &i32| {
            let index = if *position > 0 {
                usize::try_from(position - 1).ok()
            } else {
                set.len().checked_sub(position.unsigned_abs() as usize)
            };
            index.and_then(|index| set.get(index)).copied()
        };
        let mut chosen: Vec<NaiveDateTime> = self.positions.iter().filter_map(at).collect();
        chosen.sort_unstable();
        chosen.dedup();
        Ok(chosen)
    }

    fn has_month(&self, date: NaiveDate) -> bool {
        let month = i32::try_from(date.month()).expect("at most 12");
        self.months.is_empty() || self.months.contains(&month)
    }

    /// Whether all parts that speak of days allow this date; its month is known to be allowed.
    fn has_date(&self, date: NaiveDate) -> bool {
        let number = |n: u32| i32::try_from(n).expect("at most 366");
        let either = |list: &[i32], place: i32, length: i32| {
            list.is_empty() || list.contains(&place) || list.contains(&(place - length - 1))
        };
        let month_length = || last_of_month(date).map_or(31, |last| number(last.day()));
        let year_length = if date.leap_year() { 366 } else { 365 };
        if !either(&self.month_days, number(date.day()), month_length())
            || !either(&self.year_days, number(date.ordinal()), year_length)
        {
            return false;
        }
        if !self.weeks.is_empty() {
            let (week, weeks) = week_of(date, self.week_start);
            if !either(&self.weeks, week, weeks) {
                return false;
            }
        }
        if self.weekdays.is_empty() {
            return true;
        }
        // Ordinals count within the month, or within the year of a yearly rule without months.
        let within_year = self.frequency == Frequency::Yearly && self.months.is_empty();
        let (place, length) = if within_year {
            (number(date.ordinal()), year_length)
        } else {
            (number(date.day()), month_length())
        };
        let from_front = (place - 1) / 7 + 1;
        let from_back = -((length - place) / 7 + 1);
        self.weekdays.iter().any(|(ordinal, day)| {
            *day == date.weekday()
                && (*ordinal == 0 || *ordinal == from_front || *ordinal == from_back)
        })
    }
}

struct Period {
    first: NaiveDate,
    last: NaiveDate,
    hour: Option<i32>,
}

fn month_number(date: NaiveDate) -> i64 {
    i64::from(date.year()) * 12 + i64::from(date.month0())
}

fn last_of_month(date: NaiveDate) -> Option<NaiveDate> {
    let days = u32::from(date.num_days_in_month());
    date.with_day(days)
}

/// The week of a date and how many its year has, by weeks that begin on `start`; the first has at
/// least four days in its year (RFC 5545 §3.3.10, BYWEEKNO).
fn week_of(date: NaiveDate, start: Weekday) -> (i32, i32) {
    // The fourth day of a week decides which year the week belongs to.
    let into_week = i64::from(date.weekday().days_since(start));
    let middle = date + TimeDelta::days(3 - into_week);
    let week = i32::try_from(middle.ordinal0() / 7 + 1).expect("at most 53");
    let days = if middle.leap_year() { 366 } else { 365 };
    // Weeks of a year are its days that are fourth of their week.
    let first = middle.ordinal0() % 7;
    let weeks = i32::try_from((days - 1 - first) / 7 + 1).expect("at most 53");
    (week, weeks)
}

/// A weekday with an optional ordinal, as in `-1FR`.
fn weekday(word: &str) -> Option<(i32, Weekday)> {
    let split = word
        .len()
        .checked_sub(2)
        .filter(|at| word.is_char_boundary(*at))?;
    let (ordinal, name) = word.split_at(split);
    let day = match name {
        "MO" => Weekday::Mon,
        "TU" => Weekday::Tue,
        "WE" => Weekday::Wed,
        "TH" => Weekday::Thu,
        "FR" => Weekday::Fri,
        "SA" => Weekday::Sat,
        "SU" => Weekday::Sun,
        _ => return None,
    };
    let ordinal = match ordinal {
        "" => 0,
        text => text
            .parse()
            .ok()
            .filter(|n| (-53..=53).contains(n) && *n != 0)?,
    };
    Some((ordinal, day))
}

fn until(value: &str) -> Option<Until> {
    Some(match Stamp::parse(value)? {
        Stamp::Date(date) => Until::Date(date),
        Stamp::Local(at) => Until::Local(at),
        Stamp::Utc(at) => Until::Utc(at),
        Stamp::Offset(at, offset) => Until::Utc(at.checked_sub_signed(offset)?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(text: &str) -> NaiveDateTime {
        text.parse().unwrap()
    }

    fn days(rule: &str, start: &str, from: &str, until: &str) -> Vec<String> {
        let rule = Recurrence::parse(rule).unwrap();
        let midnight = |t: &str| at(&format!("{t}T00:00:00"));
        let times = rule.times(
            at(start),
            midnight(from),
            midnight(until),
            &mut Budget(1_000_000),
        );
        let times = times.unwrap();
        times
            .iter()
            .map(|t| t.format("%m-%d").to_string())
            .collect()
    }

    #[test]
    fn months_of_different_lengths() {
        let start = "2026-01-31T09:00:00";
        assert_eq!(
            days("FREQ=MONTHLY", start, "2026-01-01", "2026-08-01"),
            ["01-31", "03-31", "05-31", "07-31"]
        );
        assert_eq!(
            days(
                "FREQ=MONTHLY;BYMONTHDAY=-1",
                start,
                "2026-01-01",
                "2026-05-01"
            ),
            ["01-31", "02-28", "03-31", "04-30"]
        );
        assert_eq!(
            days("FREQ=MONTHLY;BYDAY=-5MO", start, "2026-01-01", "2026-09-01"),
            ["03-02", "06-01", "08-03"]
        );
        assert_eq!(
            days(
                "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29",
                "2024-02-29T09:00:00",
                "2025-01-01",
                "2033-01-01"
            ),
            ["02-29", "02-29"]
        );
    }

    #[test]
    fn weeks_begin_where_the_rule_says() {
        // The example of RFC 5545 §3.8.5.3.
        let start = "1997-08-05T09:00:00";
        assert_eq!(
            days(
                "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=MO",
                start,
                "1997-08-01",
                "1998-01-01"
            ),
            ["08-05", "08-10", "08-19", "08-24"]
        );
        assert_eq!(
            days(
                "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=SU",
                start,
                "1997-08-01",
                "1998-01-01"
            ),
            ["08-05", "08-17", "08-19", "08-31"]
        );
        assert_eq!(
            days(
                "FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO",
                "1997-05-12T09:00:00",
                "1997-01-01",
                "2000-01-01"
            ),
            ["05-12", "05-11", "05-17"]
        );
    }

    #[test]
    fn the_last_workday_of_a_month() {
        assert_eq!(
            days(
                "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
                "2026-01-30T09:00:00",
                "2026-05-01",
                "2026-09-01"
            ),
            ["05-29", "06-30", "07-31", "08-31"]
        );
    }

    #[test]
    fn what_cannot_be_followed_is_refused() {
        for (rule, error) in [
            ("FREQ=SECONDLY", RecurrenceError::TooFrequent),
            ("FREQ=MINUTELY;INTERVAL=5", RecurrenceError::TooFrequent),
            ("INTERVAL=2", RecurrenceError::Unreadable),
            ("FREQ=WEEKLY;BYDAY=XX", RecurrenceError::Unreadable),
            ("FREQ=DAILY;INTERVAL=0", RecurrenceError::Unreadable),
            ("FREQ=DAILY;UNTIL=soon", RecurrenceError::Unreadable),
            ("FREQ=WEEKLY;BYDAY=é", RecurrenceError::Unreadable),
        ] {
            assert_eq!(Recurrence::parse(rule), Err(error), "{rule}");
        }
        let all = (0..60).map(|n| n.to_string()).collect::<Vec<_>>().join(",");
        let dense = format!("FREQ=DAILY;BYMINUTE={all};BYSECOND={all}");
        let dense = Recurrence::parse(&dense).unwrap();
        let (start, end) = (at("2026-01-01T00:00:00"), at("2027-01-01T00:00:00"));
        assert_eq!(
            dense.times(start, start, end, &mut Budget(100_000)),
            Err(RecurrenceError::TooCostly)
        );
    }

    proptest! {
        /// Entering a rule at a window gives what counting through from its start gives.
        #[test]
        fn a_window_cuts_from_the_whole(
            frequency in prop::sample::select(vec!["HOURLY", "DAILY", "WEEKLY", "MONTHLY", "YEARLY"]),
            interval in 1u32..14,
            days in prop::collection::vec(prop::sample::select(vec!["MO", "TU", "WE", "TH", "FR", "SA", "SU"]), 0..3),
            from in 0i64..900, length in 1i64..60,
        ) {
            let mut text = format!("FREQ={frequency};INTERVAL={interval}");
            if !days.is_empty() {
                text += &format!(";BYDAY={}", days.join(","));
            }
            let rule = Recurrence::parse(&text).unwrap();
            let start = at("2024-02-29T22:30:00");
            let from = start + TimeDelta::days(from);
            let until = from + TimeDelta::days(length);
            let whole = rule.times(start, start, until, &mut Budget(10_000_000)).unwrap();
            let cut: Vec<_> = whole.into_iter().filter(|t| *t >= from).collect();
            prop_assert_eq!(rule.times(start, from, until, &mut Budget(10_000_000)).unwrap(), cut);
        }
    }
}
