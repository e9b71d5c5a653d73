//! Dates of program files, and the words that texts use for them.

use chrono::{Datelike, Months, NaiveDate, TimeDelta};

/// A time after or before something, as in ISO 8601: `P1M`, `-P4M`, `P7D`, `P1Y2M`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Offset {
    months: i32,
    days: i32,
}

/// A century: what is longer is a mistake.
const LONGEST_MONTHS: i32 = 1200;
const LONGEST_DAYS: i32 = 36_600;

impl Offset {
    /// ```
    /// use almanac::programs::file::dates::Offset;
    /// let start = "2026-01-31".parse().unwrap();
    /// assert_eq!(Offset::parse("P1M").unwrap().after(start).unwrap().to_string(), "2026-02-28");
    /// assert_eq!(Offset::parse("-P2W").unwrap().after(start).unwrap().to_string(), "2026-01-17");
    /// assert_eq!(Offset::parse("1 month"), None);
    /// assert_eq!(Offset::parse("P"), None);
    /// assert_eq!(Offset::parse("P9999Y"), None);
    /// ```
    pub fn parse(text: &str) -> Option<Self> {
        let (sign, rest) = match text.strip_prefix('-') {
            Some(rest) => (-1, rest),
            None => (1, text),
        };
        let mut rest = rest.strip_prefix('P')?;
        let (mut months, mut days) = (0_i32, 0_i32);
        if rest.is_empty() {
            return None;
        }
        let mut units = "YMWD";
        while !rest.is_empty() {
            let digits = rest.find(|c: char| !c.is_ascii_digit())?;
            let number: i32 = rest[..digits].parse().ok().filter(|n| *n <= 9999)?;
            let unit = rest[digits..].chars().next()?;
            let at = units.find(unit)?;
            units = &units[at + 1..];
            match unit {
                'Y' => months += number * 12,
                'M' => months += number,
                'W' => days += number * 7,
                _ => days += number,
            }
            rest = &rest[digits + 1..];
        }
        let is_within_reach = months <= LONGEST_MONTHS && days <= LONGEST_DAYS;
        is_within_reach.then_some(Self {
            months: sign * months,
            days: sign * days,
        })
    }

    /// Whether it goes forward at all.
    pub fn is_forward(self) -> bool {
        self.months > 0 || self.days > 0
    }

    /// That time after a day; the last day of a month that is shorter. None: beyond all calendars.
    pub fn after(self, day: NaiveDate) -> Option<NaiveDate> {
        let months = Months::new(self.months.unsigned_abs());
        let moved = match self.months < 0 {
            true => day.checked_sub_months(months)?,
            false => day.checked_add_months(months)?,
        };
        moved
            .checked_add_signed(TimeDelta::days(self.days.into()))
            .filter(|day| (1..=9999).contains(&day.year()))
    }
}

/// How many months there are from the first day to the last, both of them included, to the nearest half month.
///
/// ```
/// use almanac::programs::file::dates::half_months;
/// let months = |a: &str, b: &str| f64::from(half_months(a.parse().unwrap(), b.parse().unwrap())) / 2.0;
/// assert_eq!(months("2024-04-01", "2024-08-31"), 5.0);
/// assert_eq!(months("2024-04-01", "2024-07-31"), 4.0);
/// assert_eq!(months("2024-04-01", "2024-08-15"), 4.5);
/// ```
pub fn half_months(first: NaiveDate, last: NaiveDate) -> i32 {
    let end = last.succ_opt().unwrap_or(last);
    let whole = (end.year() - first.year()) * 12 + end.month() as i32 - first.month() as i32;
    let days = end.day() as i32 - first.day() as i32;
    whole * 2 + (f64::from(days) / 15.2).round() as i32
}

/// A term in words: `five months`, `about 4½ months`.
pub fn in_words(half_months: i32) -> String {
    let months = half_months / 2;
    let words = [
        "no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
        "eleven", "twelve",
    ];
    let number = usize::try_from(months)
        .ok()
        .and_then(|months| words.get(months))
        .map_or_else(|| months.to_string(), ToString::to_string);
    match half_months % 2 {
        _ if half_months <= 0 => "less than a month".into(),
        1 if months == 0 => "about half a month".into(),
        0 if months == 1 => "one month".into(),
        0 => format!("{number} months"),
        _ => format!("about {months}½ months"),
    }
}

const NUMBERS: [(&str, i32); 13] = [
    ("one", 1),
    ("two", 2),
    ("three", 3),
    ("four", 4),
    ("five", 5),
    ("six", 6),
    ("seven", 7),
    ("eight", 8),
    ("nine", 9),
    ("ten", 10),
    ("eleven", 11),
    ("twelve", 12),
    ("eighteen", 18),
];

/// The length in months that a text states as that of the whole: `for four months`, `a 6-month program`, `one year`.
/// None where it states none.
///
/// ```
/// use almanac::programs::file::dates::stated_months;
/// assert_eq!(stated_months("Stay in your match for four months (April - August)."), Some(4));
/// assert_eq!(stated_months("A 6-month program"), Some(6));
/// assert_eq!(stated_months("A one-year commitment"), Some(12));
/// assert_eq!(stated_months("Four months, from April to July"), Some(4));
/// assert_eq!(stated_months("Meet two hours a month, and again after three months."), None);
/// ```
pub fn stated_months(text: &str) -> Option<i32> {
    let text = text
        .to_lowercase()
        .replace(['-', '\u{2010}', '\u{2011}'], " ");
    let words: Vec<&str> = text
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect();
    let number = |word: &str| {
        word.parse::<i32>()
            .ok()
            .filter(|n| (1..=120).contains(n))
            .or_else(|| {
                NUMBERS
                    .iter()
                    .find(|(name, _)| *name == word)
                    .map(|(_, n)| *n)
            })
    };
    words
        .windows(3)
        .chain([&words[..words.len().min(2)]])
        .find_map(|near| {
            let (before, count, unit) = match near {
                [before, count, unit] => (*before, *count, *unit),
                [count, unit] => ("", *count, *unit),
                _ => return None,
            };
            let months = match unit {
                "month" | "months" => number(count)?,
                "year" | "years" => number(count)? * 12,
                _ => return None,
            };
            // “After three months” is a moment, and “two hours a month” a rate.
            let is_length = matches!(
                before,
                "for" | "over" | "of" | "a" | "an" | "the" | "lasts" | "is" | "takes" | ""
            );
            is_length.then_some(months)
        })
}
