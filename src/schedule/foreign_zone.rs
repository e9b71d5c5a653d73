//! Clocks of other people's calendars: a zone we know by one of its many names, or the rules that a
//! calendar brings along in a VTIMEZONE (RFC 5545 §3.6.5).

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};

use super::{Budget, Recurrence, RecurrenceError, Until, Zone};

/// How wall-clock time and instants belong together.
#[derive(Clone, Debug)]
pub enum Clocks {
    Zone(Zone),
    /// The changes of clocks that a calendar lists, in order; never empty.
    Listed(Vec<Change>),
}

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
        Ok((!changes.is_empty()).then_some(Self::Listed(changes)))
    }

    /// The instant at which clocks show `local`: in a gap the offset before it holds, an ambiguous
    /// time is its first occurrence (RFC 5545 §3.3.5).
    pub fn instant(&self, local: NaiveDateTime) -> DateTime<Utc> {
        match self {
            Self::Zone(zone) => zone.instant_of(local),
            Self::Listed(changes) => {
                let by = |offset: TimeDelta| (local - offset).and_utc();
                let mut offset = changes[0].before;
                for change in changes {
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

/// The zone that a TZID means: an IANA name in any case, also behind a vendor's prefix; a name that
/// Windows uses, also with a number behind it. None for what only its own VTIMEZONE explains.
///
/// ```
/// use almanac::schedule::foreign_zone::known;
/// let name = |id: &str| known(id).map(|zone| zone.name().to_owned());
/// assert_eq!(name("/mozilla.org/20050126_1/Europe/Berlin").as_deref(), Some("Europe/Berlin"));
/// assert_eq!(name("Eastern Standard Time 1").as_deref(), Some("America/New_York"));
/// assert_eq!(name("Customized Time Zone"), None);
/// ```
pub fn known(id: &str) -> Option<Zone> {
    let id = id.trim().trim_matches('"').trim();
    let direct = |name: &str| Zone::named(name).ok();
    if let Some(zone) = direct(id) {
        return Some(zone);
    }
    if id.contains('/') {
        let parts: Vec<&str> = id.split('/').filter(|p| !p.is_empty()).collect();
        let tails = (1..parts.len()).filter(|at| parts.len() - at <= 3);
        for at in tails {
            if let Some(zone) = direct(&parts[at..].join("/")) {
                return Some(zone);
            }
        }
    }
    let plain = id.trim_end_matches(|c: char| c.is_ascii_digit()).trim_end();
    [id, plain].into_iter().find_map(|name| {
        let tz: calcard::common::timezone::Tz = name.parse().ok()?;
        // The crate knows which zone a name of Windows means; its rules come from ours.
        direct(&tz.name()?)
    })
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
}
