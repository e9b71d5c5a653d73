//! Dates and times as calendars write them (RFC 5545 §3.3.4 and §3.3.5), and as they should not.

use chrono::{NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};

/// A date or time as it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stamp {
    Date(NaiveDate),
    Local(NaiveDateTime),
    Utc(NaiveDateTime),
    /// By clocks that are this far ahead of UTC at that moment; the time is theirs.
    Offset(NaiveDateTime, TimeDelta),
}

impl Stamp {
    /// Reads also dashes, slashes and colons, a blank for the `T`, fractions of seconds, no seconds, lower case,
    /// 24:00 and offsets such as `+01:00`.
    ///
    /// ```
    /// use almanac::schedule::Stamp;
    /// let at = "2027-02-22T09:00:00".parse().unwrap();
    /// assert_eq!(Stamp::parse("2027-02-22T09:00:00.000Z"), Some(Stamp::Utc(at)));
    /// assert_eq!(Stamp::parse("20270222 0900"), Some(Stamp::Local(at)));
    /// assert_eq!(Stamp::parse("soon"), None);
    /// ```
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim().trim_matches('"').to_ascii_uppercase();
        let (date, rest) = date(&text)?;
        let rest = rest.trim_start_matches([' ', 'T']).trim();
        if rest.is_empty() {
            return Some(Self::Date(date));
        }
        let zone_at = rest.find(['Z', '+', '-', ' ']).unwrap_or(rest.len());
        let (time, zone) = rest.split_at(zone_at);
        let at = time_of(date, time)?;
        match zone.trim() {
            "" => Some(Self::Local(at)),
            "Z" | "UTC" | "GMT" => Some(Self::Utc(at)),
            zone => Some(Self::Offset(at, utc_offset(zone)?)),
        }
    }

    /// The date that is written, by whatever clocks.
    pub fn date(self) -> NaiveDate {
        match self {
            Self::Date(date) => date,
            Self::Local(at) | Self::Utc(at) | Self::Offset(at, _) => at.date(),
        }
    }
}

/// The date that a text begins with, and the rest.
fn date(text: &str) -> Option<(NaiveDate, &str)> {
    let after_mark = |text| str::strip_prefix(text, ['-', '/']).unwrap_or(text);
    let (year, rest) = text.split_at_checked(4)?;
    let (month, rest) = after_mark(rest).split_at_checked(2)?;
    let (day, rest) = after_mark(rest).split_at_checked(2)?;
    let year = i32::try_from(number(year)?).ok()?;
    let date = NaiveDate::from_ymd_opt(year, number(month)?, number(day)?)?;
    Some((date, rest))
}

/// What digits alone say.
fn number(digits: &str) -> Option<u32> {
    let is_number = digits.bytes().all(|b| b.is_ascii_digit());
    is_number.then(|| digits.parse().ok())?
}

fn time_of(date: NaiveDate, text: &str) -> Option<NaiveDateTime> {
    // Fractions of a second move nobody's appointment.
    let text = text.split(['.', ',']).next().unwrap_or_default();
    let digits: String = text.chars().filter(|c| *c != ':').collect();
    if !matches!(digits.len(), 2 | 4 | 6) {
        return None;
    }
    let part = |at: usize| digits.get(at..at + 2).map_or(Some(0), number);
    let (hour, minute, second) = (part(0)?, part(2)?, part(4)?);
    if (hour, minute, second) == (24, 0, 0) {
        return Some(date.succ_opt()?.and_time(NaiveTime::MIN));
    }
    date.and_hms_opt(hour, minute, second.min(59))
}

/// RFC 5545 §3.3.14, as in `-0500` or `+053000`, also with colons.
pub fn utc_offset(text: &str) -> Option<TimeDelta> {
    let (sign, digits) = match text.split_at_checked(1)? {
        ("-", digits) => (-1, digits),
        ("+", digits) => (1, digits),
        _ => (1, text),
    };
    let digits = digits.replace(':', "");
    let part = |at: usize| match digits.get(at..at + 2) {
        Some(two) => number(two).map(i64::from),
        None => (at >= digits.len()).then_some(0),
    };
    let seconds = part(0)? * 3600 + part(2)? * 60 + part(4)?;
    (seconds < 26 * 3600).then(|| TimeDelta::seconds(sign * seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_seen() {
        let nine = "2027-02-22T09:00:00".parse().unwrap();
        let day = "2027-02-22".parse().unwrap();
        let hour = TimeDelta::hours(1);
        for (text, stamp) in [
            ("20270222", Stamp::Date(day)),
            ("2027-02-22", Stamp::Date(day)),
            ("2027/02/22T", Stamp::Date(day)),
            ("20270222T090000", Stamp::Local(nine)),
            ("20270222T0900", Stamp::Local(nine)),
            ("20270222t09z", Stamp::Utc(nine)),
            ("2027-02-22 09:00:00", Stamp::Local(nine)),
            ("20270222090000", Stamp::Local(nine)),
            ("20270222T090000.000Z", Stamp::Utc(nine)),
            ("2027-02-22T09:00:00.123456Z", Stamp::Utc(nine)),
            ("2027-02-22T09:00:00+01:00", Stamp::Offset(nine, hour)),
            ("20270222T090000+0100", Stamp::Offset(nine, hour)),
            ("20270222T090000.5-01", Stamp::Offset(nine, -hour)),
            ("2027-02-22 09:00:00 UTC", Stamp::Utc(nine)),
        ] {
            assert_eq!(Stamp::parse(text), Some(stamp), "{text}");
        }
        assert_eq!(
            Stamp::parse("20270222T240000"),
            Some(Stamp::Local("2027-02-23T00:00:00".parse().unwrap()))
        );
        for text in [
            "",
            "soon",
            "2027",
            "20270230",
            "20270222T25",
            "20270222T0900é",
            "é",
            "20270222T+01",
            "20270222Tx",
        ] {
            assert_eq!(Stamp::parse(text), None, "{text}");
        }
    }
}
