//! How many alumni are free when in the coming seven days: nights, mornings, afternoons, evenings.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};

use super::{Candidate, FreeTimeQuery, IndexQuery, Offering, find, store};
use crate::{
    db::{Conn, PersonId},
    schedule::{Span, Spans},
};

/// A part of the day, by its hours: sessions that begin then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    pub name: &'static str,
    /// Hours of the clock, as they are typed.
    pub after: &'static str,
    pub before: &'static str,
    from: u16,
    until: u16,
}

/// The parts of a day.
pub const PARTS: [Part; 4] = [
    Part::new("Night", "00:00", "06:00", 0, 6),
    Part::new("Morning", "06:00", "12:00", 6, 12),
    Part::new("Afternoon", "12:00", "17:00", 12, 17),
    Part::new("Evening", "17:00", "24:00", 17, 24),
];

/// The place of the night among them: it is shown where somebody is free then.
pub const NIGHT: usize = 0;

impl Part {
    const fn new(
        name: &'static str,
        after: &'static str,
        before: &'static str,
        from: u16,
        until: u16,
    ) -> Self {
        Self {
            name,
            after,
            before,
            from: from * 60,
            until: until * 60,
        }
    }
}

/// Days that are counted, today first.
const DAYS: u64 = 7;

/// Beyond this a count says "more".
pub const MOST: usize = 10;

/// How many are free in a part of a day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    pub alumni: usize,
    /// Whether there are more than were counted.
    pub has_more: bool,
}

/// How many alumni are free in the parts of some days.
pub type Week = Vec<(NaiveDate, [Count; PARTS.len()])>;

/// For each of the coming seven days how many alumni are free in each of its parts, for what is wanted at
/// whatever time. Counting stops soon after [`MOST`]. Two queries, one more for a guest, and two more where words
/// or tags are looked for.
pub fn week(
    conn: &mut Conn,
    wanted: &FreeTimeQuery,
    guest: Option<PersonId>,
    now: DateTime<Utc>,
) -> diesel::QueryResult<Week> {
    let zone = &wanted.zone;
    let today = zone.local(now).date_naive();
    let dates: Vec<NaiveDate> = (0..DAYS).map(|n| today + Days::new(n)).collect();
    let parts = dates.iter().flat_map(|date| {
        PARTS.map(|part| {
            Span::new(
                zone.instant(*date, part.from),
                zone.instant(*date, part.until),
            )
        })
    });
    let parts: Vec<Span> = parts.collect();
    let coming = parts.iter().filter(|part| part.end > now);
    let ranges: Vec<Span> = coming
        .map(|part| Span::new(part.start.max(now), part.end))
        .collect();
    let wanted = FreeTimeQuery {
        ranges,
        ..wanted.clone()
    };
    let busy = find::kept_busy(conn, guest, &wanted.ranges, now)?;
    let question = IndexQuery {
        wanted: &wanted,
        ranges: &wanted.ranges,
        guest,
        most: MOST * 2,
        now,
    };
    let candidates = store::of_each(conn, &question)?;
    let read = |part: &Span| {
        let free = candidates.iter().filter(|c| c.service.is_none());
        free.filter(|c| c.range.end == part.end).count()
    };
    let read: Vec<usize> = parts.iter().map(read).collect();
    let people: HashSet<PersonId> = candidates.iter().map(|c| c.person).collect();
    let people: Vec<PersonId> = people.into_iter().collect();
    let offerings = store::offerings(conn, &people, &wanted)?;
    let mut free: Vec<HashSet<PersonId>> = vec![HashSet::new(); parts.len()];
    for candidate in &candidates {
        if let Some(start) = first_start(candidate, &offerings, &busy)
            && let Some(part) = parts.iter().position(|part| part.contains(start))
        {
            free[part].insert(candidate.person);
        }
    }
    let counts: Vec<Count> = free
        .iter()
        .zip(read)
        .map(|(free, read)| Count {
            alumni: free.len().min(MOST),
            has_more: free.len() > MOST || read >= MOST * 2,
        })
        .collect();
    let (days, _) = counts.as_chunks();
    Ok(dates.into_iter().zip(days.iter().copied()).collect())
}

/// When the first session can begin in a stretch of free time.
fn first_start(
    candidate: &Candidate,
    offerings: &HashMap<PersonId, Vec<Offering>>,
    busy: &Spans,
) -> Option<DateTime<Utc>> {
    let offered = offerings.get(&candidate.person).into_iter().flatten();
    let is_meant = |o: &&Offering| candidate.service.is_none_or(|id| id == o.id);
    let minutes = |n: i16| TimeDelta::minutes(n.into());
    offered
        .filter(is_meant)
        .filter_map(|o| {
            let (length, step) = (minutes(o.duration_minutes), minutes(o.increment_minutes));
            let mut starts = candidate.free.starts(length, step, candidate.range);
            starts.find(|start| !busy.meets(&Span::lasting(*start, length)))
        })
        .min()
}
