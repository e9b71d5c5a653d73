//! Clocks of other people's calendars: a zone we know by one of its many names, or the rules that a
//! calendar brings along in a VTIMEZONE (RFC 5545 §3.6.5).

use std::{collections::HashMap, sync::LazyLock};

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};
use icu_time::{
    TimeZone,
    zone::{WindowsParser, iana::IanaParserExtended},
};
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

use super::{Budget, Recurrence, RecurrenceError, Until, Zone, zone};

/// How wall-clock time and instants belong together.
#[derive(Clone, Debug)]
pub enum Clocks {
    Zone(Zone),
    /// The changes of clocks that a calendar lists, in order; never empty.
    Listed(Vec<Change>),
}

/// Two a year for two thousand years.
const MOST_CHANGES: usize = 4000;

/// From `at` on clocks are `offset` ahead of UTC; before the first change they were `before`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Change {
    pub at: DateTime<Utc>,
    pub before: TimeDelta,
    pub offset: TimeDelta,
}

/// One STANDARD or DAYLIGHT part of a VTIMEZONE.
#[derive(Clone, Debug)]
pub struct Observance {
    pub start: NaiveDateTime,
    pub offset_from: TimeDelta,
    pub offset_to: TimeDelta,
    pub rule: Option<Recurrence>,
    pub dates: Vec<NaiveDateTime>,
}

impl Clocks {
    /// The clocks that a VTIMEZONE describes up to `until`; none if it describes nothing.
    pub fn listed(
        observances: &[Observance],
        until: NaiveDateTime,
        budget: &mut Budget,
    ) -> Result<Option<Self>, RecurrenceError> {
        let mut changes = Vec::new();
        for part in observances {
            let mut onsets = vec![part.start];
            onsets.extend(&part.dates);
            budget.spend(onsets.len() as u64)?;
            if let Some(rule) = &part.rule {
                let last = match rule.until {
                    // Given in UTC, while onsets are told by the clocks before the change.
                    Some(Until::Utc(last)) => last + part.offset_from + TimeDelta::seconds(1),
                    _ => until,
                };
                onsets.extend(rule.times(part.start, part.start, last.min(until), budget)?);
            }
            changes.extend(onsets.into_iter().map(|onset| Change {
                at: (onset - part.offset_from).and_utc(),
                before: part.offset_from,
                offset: part.offset_to,
            }));
        }
        changes.sort_unstable();
        changes.dedup_by_key(|change| change.at);
        if changes.len() > MOST_CHANGES {
            return Err(RecurrenceError::TooCostly);
        }
        Ok((!changes.is_empty()).then_some(Self::Listed(changes)))
    }

    /// Clocks that are never changed.
    pub fn fixed(offset: TimeDelta) -> Self {
        Self::Listed(vec![Change {
            at: DateTime::<Utc>::MIN_UTC,
            before: offset,
            offset,
        }])
    }

    /// The instant at which clocks show `local`: in a gap the offset before it holds, an ambiguous
    /// time is its first occurrence (RFC 5545 §3.3.5).
    pub fn instant(&self, local: NaiveDateTime) -> DateTime<Utc> {
        match self {
            Self::Zone(zone) => zone.instant_of(local),
            Self::Listed(changes) => {
                let by = |offset: TimeDelta| (local - offset).and_utc();
                // Clocks differ from UTC by less than two days: earlier changes have long passed.
                let long_ago = (local - TimeDelta::days(2)).and_utc();
                let first = changes.partition_point(|change| change.at < long_ago);
                let mut offset = match first.checked_sub(1) {
                    Some(last) => changes[last].offset,
                    None => changes[0].before,
                };
                for change in &changes[first..] {
                    // Read by the clocks before the change the time is earlier than it.
                    if by(offset) < change.at {
                        return by(offset);
                    }
                    // Neither before nor after: a gap.
                    if by(change.offset) < change.at {
                        return by(offset);
                    }
                    offset = change.offset;
                }
                by(offset)
            }
        }
    }

    /// What clocks show at that instant.
    pub fn local(&self, at: DateTime<Utc>) -> NaiveDateTime {
        match self {
            Self::Zone(zone) => zone.local(at).naive_local(),
            Self::Listed(changes) => {
                let passed = changes.partition_point(|change| change.at <= at);
                let offset = match passed.checked_sub(1) {
                    Some(last) => changes[last].offset,
                    None => changes[0].before,
                };
                at.naive_utc() + offset
            }
        }
    }
}

/// The clocks that a TZID means, by what is to be believed most: an IANA name with its region, since a calendar's
/// own copy of the rules is often old; a name that Windows uses, unless the calendar is never at the same hour;
/// the VTIMEZONE of that name; what can be guessed from an abbreviation, an offset or the names of cities.
///
/// `listed` gives the clocks of the VTIMEZONE; `about` is a year that is asked about.
pub fn clocks(
    id: &str,
    listed: impl FnOnce() -> Option<Clocks>,
    owner: &Zone,
    about: i32,
) -> Option<Clocks> {
    let id = plain(id);
    if let Some(zone) = with_region(id) {
        return Some(Clocks::Zone(zone));
    }
    let listed = listed();
    if let Some(zone) = of_windows(id) {
        let ours = Clocks::Zone(zone);
        return match listed {
            Some(theirs) if !agree(&theirs, &ours, about) => Some(theirs),
            _ => Some(ours),
        };
    }
    let name = match id {
        "Z" | "z" => "UTC",
        name => name,
    };
    listed
        .or_else(|| Zone::named(name).ok().map(Clocks::Zone))
        .or_else(|| guessed(id, owner, about))
        .or_else(|| shown_by_windows(id).map(Clocks::Zone))
}

/// The zone of a name that stands alone: an IANA name in any case, also behind a vendor's prefix; a name that
/// Windows uses, also with a number behind it.
///
/// ```
/// use almanac::schedule::foreign_zone::known;
/// let name = |id: &str| known(id).map(|zone| zone.name().to_owned());
/// assert_eq!(name("/mozilla.org/20050126_1/Europe/Berlin").as_deref(), Some("Europe/Berlin"));
/// assert_eq!(name("Eastern Standard Time 1").as_deref(), Some("America/New_York"));
/// assert_eq!(name("Customized Time Zone"), None);
/// ```
pub fn known(id: &str) -> Option<Zone> {
    let id = plain(id);
    with_region(id)
        .or_else(|| of_windows(id))
        .or_else(|| Zone::named(id).ok())
}

fn plain(id: &str) -> &str {
    id.trim().trim_matches('"').trim()
}

/// As in `Europe/Berlin`, also with blanks and with a vendor's prefix.
fn with_region(id: &str) -> Option<Zone> {
    let id = id.replace(' ', "_");
    let parts: Vec<&str> = id.split('/').filter(|part| !part.is_empty()).collect();
    if parts.len() < 2 {
        return None;
    }
    let tails = (0..parts.len()).filter(|at| parts.len() - at <= 3);
    tails
        .map(|at| parts[at..].join("/"))
        .find_map(|tail| Zone::named(&tail).ok())
}

/// As in `W. Europe Standard Time` or `Eastern Daylight Time 1`, by the table of the CLDR.
fn of_windows(id: &str) -> Option<Zone> {
    static IANA: LazyLock<HashMap<TimeZone, &'static str>> = LazyLock::new(|| {
        let names = IanaParserExtended::new();
        names.iter().map(|t| (t.time_zone, t.canonical)).collect()
    });
    let id = id
        .trim_end_matches(|c: char| c.is_ascii_digit() || c == ' ')
        .to_ascii_lowercase()
        .replace("daylight time", "standard time");
    // The table is strict about its capitals: abbreviations such as GMT, words such as Sao.
    let capitals = |longest_abbreviation: usize| -> String {
        let mut is_first = true;
        let length = |at: usize| {
            let word = id[at..].split([' ', '(', ')']).next().unwrap_or_default();
            word.len()
        };
        let mut is_abbreviation = false;
        id.char_indices()
            .map(|(at, c)| {
                if is_first {
                    is_abbreviation = length(at) <= longest_abbreviation;
                }
                let is_upper = is_first || is_abbreviation;
                is_first = matches!(c, ' ' | '(');
                if is_upper { c.to_ascii_uppercase() } else { c }
            })
            .collect()
    };
    let zone = [0, 3]
        .into_iter()
        .find_map(|longest| WindowsParser::new().parse(&capitals(longest), None))?;
    Zone::named(IANA.get(&zone)?).ok()
}

/// As Windows shows it to people: `Eastern Time (US & Canada)`.
fn shown_by_windows(words: &str) -> Option<Zone> {
    let (name, _) = words.split_once(" Time")?;
    of_windows(&format!("{name} Standard Time"))
}

/// Whether two clocks show the same in the winter or the summer of a year.
fn agree(one: &Clocks, other: &Clocks, year: i32) -> bool {
    samples(year).any(|at| one.local(at) == other.local(at))
}

fn samples(year: i32) -> impl Iterator<Item = DateTime<Utc>> {
    let dates = [1, 7].map(|month| NaiveDate::from_ymd_opt(year, month, 2));
    let noons = dates
        .into_iter()
        .flatten()
        .map(|d| d.and_time(NaiveTime::MIN));
    noons.map(|at| at.and_utc())
}

/// What a zone is ahead of UTC when its clocks are not changed for the summer.
fn standard_offset(zone: &Zone, year: i32) -> Option<TimeDelta> {
    let ahead = |at: DateTime<Utc>| zone.local(at).naive_local() - at.naive_utc();
    samples(year).map(ahead).min()
}

/// What `GMT+05:30` and `(UTC+01:00) Amsterdam, Berlin` say, in whatever language: the cities' own clocks
/// where one is known, the owner's where they are as far from UTC, else no change of clocks.
fn guessed(id: &str, owner: &Zone, year: i32) -> Option<Clocks> {
    let (offset, words) = offset(id)?;
    let ahead = offset.unwrap_or_default();
    let fits = |zone: &Zone| standard_offset(zone, year) == Some(ahead);
    let zone = cities(words, &fits).or_else(|| shown_by_windows(words).filter(&fits));
    let is_plain = words.is_empty() || offset.is_none();
    Some(match zone {
        Some(zone) => Clocks::Zone(zone),
        None if !is_plain && fits(owner) => Clocks::Zone(owner.clone()),
        None => Clocks::fixed(ahead),
    })
}

/// The zone of the first city named that has one and fits.
fn cities(words: &str, fits: &dyn Fn(&Zone) -> bool) -> Option<Zone> {
    let simple = |name: &str| -> String {
        let letters = name.nfd().filter(|c| !is_combining_mark(*c));
        letters.collect::<String>().to_lowercase()
    };
    let named = words.split([',', ';', '/', '&']).map(str::trim);
    named.filter(|word| word.len() > 2).find_map(|word| {
        let word = simple(word).replace(' ', "_");
        let of_state = Zone::named(&format!("US/{word}")).ok();
        let mut of_city = zone::names().iter().filter_map(|name| {
            let (_, city) = name.rsplit_once('/')?;
            (simple(city) == word).then(|| Zone::named(name).ok())?
        });
        of_city.find(|zone| fits(zone)).or(of_state.filter(fits))
    })
}

/// `GMT+05:30`, `UTC-5`, `+0100`, `(UTC+01:00) Berlin`, `(UTC) Words`: the offset, if one stands there, and the
/// words behind it. None for anything else.
fn offset(id: &str) -> Option<(Option<TimeDelta>, &str)> {
    let (inner, words) = match id.strip_prefix('(') {
        Some(rest) => rest.split_once(')')?,
        None => (id, ""),
    };
    let prefixes = ["GMT", "UTC", "UT"];
    let inner = inner.trim();
    let bare = prefixes.into_iter().find_map(|prefix| {
        let (head, rest) = inner.split_at_checked(prefix.len())?;
        head.eq_ignore_ascii_case(prefix).then_some(rest.trim())
    });
    let text = match bare {
        Some("") if !words.trim().is_empty() => return Some((None, words.trim())),
        Some(rest) => rest,
        None => inner,
    };
    let (sign, digits) = match text.chars().next()? {
        '+' => (1, &text[1..]),
        '-' => (-1, &text[1..]),
        '\u{2212}' => (-1, &text['\u{2212}'.len_utf8()..]),
        _ => return None,
    };
    let (hours, minutes) = match digits.split_once([':', '.']) {
        Some((hours, minutes)) => (hours, minutes),
        None if digits.len() > 2 => digits.split_at_checked(digits.len() - 2)?,
        None => (digits, "0"),
    };
    let number = |text: &str, most: i64| {
        let is_short = !text.is_empty() && text.len() <= 2;
        let number = is_short.then(|| text.parse::<u8>().ok())??;
        Some(i64::from(number)).filter(|n| *n <= most)
    };
    let minutes = number(hours, 18)? * 60 + number(minutes, 59)?;
    Some((Some(TimeDelta::minutes(sign * minutes)), words.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> NaiveDateTime {
        text.parse().unwrap()
    }

    fn central_europe() -> Clocks {
        let part = |start: &str, from: i64, to: i64, rule: &str| Observance {
            start: at(start),
            offset_from: TimeDelta::hours(from),
            offset_to: TimeDelta::hours(to),
            rule: Some(Recurrence::parse(rule).unwrap()),
            dates: Vec::new(),
        };
        let parts = [
            part(
                "1601-01-01T03:00:00",
                2,
                1,
                "FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10",
            ),
            part(
                "1601-01-01T02:00:00",
                1,
                2,
                "FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3",
            ),
        ];
        let clocks = Clocks::listed(&parts, at("2030-01-01T00:00:00"), &mut Budget(1_000_000));
        clocks.unwrap().unwrap()
    }

    #[test]
    fn a_listed_zone_agrees_with_the_one_it_describes() {
        let (listed, known) = (
            central_europe(),
            Clocks::Zone(Zone::named("Europe/Berlin").unwrap()),
        );
        let mut local = at("2026-03-01T00:00:00");
        while local < at("2027-12-01T00:00:00") {
            assert_eq!(listed.instant(local), known.instant(local), "{local}");
            let instant = known.instant(local);
            assert_eq!(listed.local(instant), known.local(instant), "{instant}");
            local += TimeDelta::minutes(30);
        }
    }

    #[test]
    fn zones_have_many_names() {
        for (id, name) in [
            ("europe/BERLIN", Some("Europe/Berlin")),
            ("\"America/New_York\"", Some("America/New_York")),
            ("W. Europe Standard Time", Some("Europe/Berlin")),
            (
                "/freeassociation.sourceforge.net/America/Argentina/Buenos_Aires",
                Some("America/Argentina/Buenos_Aires"),
            ),
            ("/citadel.org/20210210_1/UTC", Some("UTC")),
            ("Mars/Olympus", None),
            ("W. EUROPE standard time", Some("Europe/Berlin")),
            ("gmt standard time", Some("Europe/London")),
            ("Sao Tome Standard Time", Some("Africa/Sao_Tome")),
            ("Eastern Daylight Time", Some("America/New_York")),
            ("South Sudan Standard Time", Some("Africa/Juba")),
            ("Mountain Standard Time (Mexico)", Some("America/Mazatlan")),
            ("America/New York", Some("America/New_York")),
            ("tzone://Microsoft/Utc", Some("UTC")),
            ("", None),
            ("../../etc/passwd", None),
        ] {
            assert_eq!(
                known(id).map(|z| z.name().to_owned()).as_deref(),
                name,
                "{id}"
            );
        }
    }

    #[test]
    fn names_that_only_hint() {
        let berlin = Zone::named("Europe/Berlin").unwrap();
        let winter_and_summer = |id: &str| {
            let clocks = clocks(id, || None, &berlin, 2027)?;
            Some(
                samples(2027)
                    .map(|at| (clocks.local(at) - at.naive_utc()).num_minutes())
                    .collect::<Vec<_>>(),
            )
        };
        for (id, minutes) in [
            ("GMT+05:30", Some([330, 330])),
            ("GMT+0530", Some([330, 330])),
            ("UTC-5", Some([-300, -300])),
            ("+01:00", Some([60, 60])),
            ("(UTC) Coordinated Universal Time", Some([0, 0])),
            ("(UTC) Koordinerad universell tid", Some([0, 0])),
            (
                "(UTC+01:00) Amsterdam, Berlin, Bern, Rom, Stockholm, Wien",
                Some([60, 120]),
            ),
            ("(UTC-05:00) Eastern Time (US & Canada)", Some([-300, -240])),
            ("(UTC-09:00) Alaska", Some([-540, -480])),
            ("(UTC-03:00) Bras\u{ed}lia", Some([-180, -180])),
            ("(UTC+09:00) Osaka, Sapporo, Tokio", Some([540, 540])),
            ("(GMT+01:00) \u{15a}rodkowoeuropejski", Some([60, 120])),
            (
                "(UTC+00:00) Dublin, Edimburgo, Lisboa, Londres",
                Some([0, 60]),
            ),
            ("CET", Some([60, 120])),
            ("Mars", None),
            ("Z", Some([0, 0])),
            ("Eastern Time (US & Canada)", Some([-300, -240])),
            ("GMT+99", None),
            ("(UTC+1", None),
            ("(\u{2212}) x", None),
        ] {
            assert_eq!(winter_and_summer(id), minutes.map(Vec::from), "{id}");
        }
        // The calendar knows better than a guess, and than a name of Windows that it never agrees with.
        let theirs = |id: &str, hours: i64| {
            let listed = || Some(Clocks::fixed(TimeDelta::hours(hours)));
            let clocks = clocks(id, listed, &berlin, 2027).unwrap();
            let at = samples(2027).next().unwrap();
            (clocks.local(at) - at.naive_utc()).num_hours()
        };
        assert_eq!(theirs("GMT", 2), 2);
        assert_eq!(theirs("Eastern Standard Time", 10), 10);
        assert_eq!(theirs("Eastern Standard Time", -4), -5);
        assert_eq!(theirs("America/New_York", 10), -5);
    }
}
