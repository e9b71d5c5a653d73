//! Dates, times and zones in words, always said in a zone that is named.

use chrono::{DateTime, Datelike, FixedOffset, NaiveDate, SecondsFormat, TimeDelta, Timelike, Utc};

use crate::schedule::{HourCycle, Span, Zone, zone::ClockChange};

/// As in `Thu 26 Nov`.
pub fn short_date(date: NaiveDate) -> String {
    date.format("%a %-d %b").to_string()
}

/// As in `Thursday 26 November 2026`.
pub fn long_date(date: NaiveDate) -> String {
    date.format("%A %-d %B %Y").to_string()
}

/// As in `27 November to 3 December 2026`, or `2 to 8 November 2026`.
pub fn days(first: NaiveDate, last: NaiveDate) -> String {
    let end = last.format("%-d %B %Y");
    match (first.year() == last.year(), first.month() == last.month()) {
        (true, true) => format!("{} to {end}", first.day()),
        (true, false) => format!("{} to {end}", first.format("%-d %B")),
        (false, _) => format!("{} to {end}", first.format("%-d %B %Y")),
    }
}

/// As in `14:30`, or `2:30 pm` for who reads it so.
///
/// ```
/// use almanac::{html::time, schedule::{HourCycle, Zone}};
/// let at = "2026-11-26T23:05:00Z".parse().unwrap();
/// let berlin = Zone::named("Europe/Berlin").unwrap();
/// assert_eq!(time::clock(at, &berlin), "00:05");
/// assert_eq!(time::clock(at, &berlin.written(HourCycle::H12)), "12:05\u{a0}am");
/// ```
pub fn clock(at: DateTime<Utc>, zone: &Zone) -> String {
    let local = zone.local(at);
    minute_of_day(
        (local.hour() * 60 + local.minute()) as u16,
        zone.hour_cycle(),
    )
}

/// The same from minutes after midnight; 1440 is `24:00`, or `12:00 am` again.
pub fn minute_of_day(minute: u16, hour_cycle: HourCycle) -> String {
    let (hour, minute) = (minute / 60, minute % 60);
    match hour_cycle {
        HourCycle::H23 => format!("{hour:02}:{minute:02}"),
        HourCycle::H12 => format!("{}:{minute:02}\u{a0}{}", hour_of_half(hour), half(hour)),
    }
}

/// What a clock of twelve hours shows.
pub fn hour_of_half(hour: u16) -> u16 {
    match hour % 12 {
        0 => 12,
        hour => hour,
    }
}

/// The half of the day.
pub fn half(hour: u16) -> &'static str {
    match hour % 24 {
        0..12 => "am",
        _ => "pm",
    }
}

/// As in `Thu 26 Nov, 14:30`.
pub fn moment(at: DateTime<Utc>, zone: &Zone) -> String {
    let date = zone.local(at).date_naive();
    format!("{}, {}", short_date(date), clock(at, zone))
}

/// As in `Thursday 26 November 2026, 14:30 to 15:00`.
pub fn span(span: Span, zone: &Zone) -> String {
    let start = zone.local(span.start);
    format!(
        "{}, {} to {}",
        long_date(start.date_naive()),
        clock(span.start, zone),
        clock(span.end, zone)
    )
}

/// As in `Berlin time (CET, UTC+1)`.
pub fn zone_in_words(zone: &Zone, at: DateTime<Utc>) -> String {
    let offset = offset(*zone.local(at).offset());
    if zone.name() == "UTC" {
        return "UTC".into();
    }
    let abbreviation = zone.abbreviation(at);
    if abbreviation.starts_with(|c: char| c.is_ascii_alphabetic()) {
        format!("{} time ({abbreviation}, {offset})", zone.city())
    } else {
        format!("{} time ({offset})", zone.city())
    }
}

/// As in `UTC+5:30`.
pub fn offset(offset: FixedOffset) -> String {
    let minutes = offset.local_minus_utc() / 60;
    let sign = if minutes < 0 { '-' } else { '+' };
    match (minutes.abs() / 60, minutes.abs() % 60) {
        (0, 0) => "UTC".into(),
        (hours, 0) => format!("UTC{sign}{hours}"),
        (hours, minutes) => format!("UTC{sign}{hours}:{minutes:02}"),
    }
}

/// How the other's date differs from the reader's at that instant, in words; empty if it does not.
pub fn day_shift(at: DateTime<Utc>, reader: &Zone, other: &Zone) -> &'static str {
    let days = other.local(at).date_naive() - reader.local(at).date_naive();
    match days.num_days() {
        1.. => "next day",
        ..0 => "day before",
        0 => "",
    }
}

/// Whether the two show different times at that instant.
pub fn differ(at: DateTime<Utc>, one: &Zone, other: &Zone) -> bool {
    one.local(at).offset() != other.local(at).offset()
}

/// A change of clocks in a sentence, as in `Clocks in Toronto go back one hour on Sunday 1 November.`
pub fn clock_change(change: &ClockChange, zone: &Zone) -> String {
    let jump = change.jump();
    let direction = if jump > TimeDelta::zero() {
        "forward"
    } else {
        "back"
    };
    // The date on which people change them: what clocks showed when they jumped.
    let date = change.at.with_timezone(&change.before).date_naive();
    format!(
        "Clocks in {} go {direction} {} on {}.",
        zone.city(),
        length(jump.abs()),
        date.format("%A %-d %B"),
    )
}

/// How long until something begins, as in `In 5 hours`; `Now` once it has.
///
/// ```
/// use almanac::html::time::until;
/// use chrono::TimeDelta;
/// assert_eq!(until(TimeDelta::minutes(45)), "In 45 minutes");
/// assert_eq!(until(TimeDelta::minutes(200)), "In 3 hours");
/// assert_eq!(until(TimeDelta::hours(80)), "In 3 days");
/// ```
pub fn until(left: TimeDelta) -> String {
    match left.num_minutes() {
        ..=0 => "Now".into(),
        _ => format!("In {}", roughly(left)),
    }
}

/// How long something still takes, in the unit that matters, rounded down.
///
/// ```
/// # use {almanac::html::time::roughly, chrono::TimeDelta};
/// assert_eq!(roughly(TimeDelta::minutes(1)), "1 minute");
/// assert_eq!(roughly(TimeDelta::hours(80)), "3 days");
/// ```
pub fn roughly(left: TimeDelta) -> String {
    let of = |count: i64, one: &str| match count {
        1 => format!("1 {one}"),
        _ => format!("{count} {one}s"),
    };
    match left.num_minutes() {
        minutes @ ..=89 => of(minutes, "minute"),
        minutes @ 90..=2879 => of(minutes / 60, "hour"),
        minutes => of(minutes / 1440, "day"),
    }
}

/// As in `45 minutes`, `one hour`, `1 hour 30 minutes`, `3 days`.
pub fn length(length: TimeDelta) -> String {
    let plural = |n: i64, word: &str| {
        if n == 1 {
            format!("1 {word}")
        } else {
            format!("{n} {word}s")
        }
    };
    let minutes = length.num_minutes();
    match (minutes / 60, minutes % 60) {
        (0, minutes) => plural(minutes, "minute"),
        (1, 0) => "one hour".into(),
        (hours, 0) if hours >= 48 && hours % 24 == 0 => plural(hours / 24, "day"),
        (hours, 0) => plural(hours, "hour"),
        (hours, minutes) => format!("{} {}", plural(hours, "hour"), plural(minutes, "minute")),
    }
}

/// An instant in an address.
pub fn instant(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zone(name: &str) -> Zone {
        Zone::named(name).unwrap()
    }

    #[test]
    fn zones_and_shifts_in_words() {
        let at = "2026-11-26T22:30:00Z".parse().unwrap();
        assert_eq!(
            zone_in_words(&zone("Europe/Berlin"), at),
            "Berlin time (CET, UTC+1)"
        );
        assert_eq!(
            zone_in_words(&zone("Asia/Kathmandu"), at),
            "Kathmandu time (UTC+5:45)"
        );
        assert_eq!(
            day_shift(at, &zone("Europe/Berlin"), &zone("Asia/Tokyo")),
            "next day"
        );
        assert_eq!(
            day_shift(at, &zone("Asia/Tokyo"), &zone("America/Toronto")),
            "day before"
        );
        assert_eq!(moment(at, &zone("Asia/Tokyo")), "Fri 27 Nov, 07:30");
    }

    #[test]
    fn a_clock_change_is_said_on_the_date_people_know() {
        let toronto = zone("America/Toronto");
        let from = "2026-10-01T00:00:00Z".parse().unwrap();
        let changes = toronto.clock_changes(from, from + TimeDelta::days(60));
        assert_eq!(
            clock_change(&changes[0], &toronto),
            "Clocks in Toronto go back one hour on Sunday 1 November."
        );
        assert_eq!(length(TimeDelta::minutes(90)), "1 hour 30 minutes");
    }
}
