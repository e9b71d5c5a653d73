//! Finds the soonest times of everybody: candidates from the database, cut into slots here.

use std::{
    collections::{HashMap, HashSet},
    hash::{DefaultHasher, Hash, Hasher},
};

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use super::{Candidate, Found, FreeTimeQuery, IndexQuery, Offering, Place, store};
use crate::{
    db::{Conn, Paging, PersonId},
    schedule::{Span, Spans},
    slots::{HostPolicy, claims},
};

/// The most answers of one alumnus on one day.
const MOST_OF_ONE: usize = 2;

/// A block has this many more stretches of free time than a page has answers.
const SPARE: usize = 15;

/// How many blocks are read for a page that is not full yet.
const MOST_BLOCKS: usize = 4;

/// A page of answers, soonest first; of equal times those of alumni who are asked too little come
/// first. Groups that can be joined are among them. Returns where the next page begins, if there may be one.
/// The index gives them: four or five queries a block, one more for a guest.
pub fn find(
    conn: &mut Conn,
    wanted: &FreeTimeQuery,
    guest: Option<PersonId>,
    limit: usize,
    place: Option<Place>,
    now: DateTime<Utc>,
) -> diesel::QueryResult<(Vec<Found>, Option<Place>)> {
    let ranges = clipped(&wanted.ranges, now);
    let Some(first) = ranges.first() else {
        return Ok((Vec::new(), None));
    };
    let kept_busy = kept_busy(conn, guest, &ranges, now)?;
    let mut place = place.unwrap_or(Place {
        from: first.start,
        offset: 0,
    });
    let mut page = Vec::new();
    for _ in 0..MOST_BLOCKS {
        let ranges = clipped(&ranges, place.from);
        if ranges.is_empty() {
            return Ok((page, None));
        }
        let block = Block::read(conn, wanted, &ranges, guest, &kept_busy, limit + SPARE, now)?;
        let size = block.answers.len();
        let rest = block.answers.into_iter().skip(place.offset);
        page.extend(rest.take(limit - page.len()));
        let seen = place.offset + page.len();
        place = match block.next {
            _ if page.len() == limit && seen < size => Place {
                offset: seen,
                ..place
            },
            None => return Ok((page, None)),
            Some(from) => Place { from, offset: 0 },
        };
        if page.len() == limit {
            break;
        }
    }
    Ok((page, Some(place)))
}

/// When a guest has something else within the ranges.
pub fn kept_busy(
    conn: &mut Conn,
    guest: Option<PersonId>,
    ranges: &[Span],
    now: DateTime<Utc>,
) -> diesel::QueryResult<Spans> {
    let (Some(guest), Some(first), Some(last)) = (guest, ranges.first(), ranges.last()) else {
        return Ok(Spans::default());
    };
    let around = Span::new(first.start, last.end);
    let taken = claims::store::taken(conn, &[guest], around, now, None)?;
    Ok(Spans::merged(taken.spans()))
}

/// The answers of some stretches of free time, and the instant at which those after them begin.
struct Block {
    answers: Vec<Found>,
    next: Option<DateTime<Utc>>,
}

impl Block {
    fn read(
        conn: &mut Conn,
        wanted: &FreeTimeQuery,
        ranges: &[Span],
        guest: Option<PersonId>,
        busy: &Spans,
        size: usize,
        now: DateTime<Utc>,
    ) -> diesel::QueryResult<Self> {
        // Once more with many, where those who are free offer nothing that fits.
        for most in [size, size * 8] {
            let question = IndexQuery {
                wanted,
                ranges,
                guest,
                most,
                now,
            };
            let mut candidates = store::candidates(conn, &question)?;
            let groups = store::groups(conn, &question)?;
            let (is_all, are_all) = (candidates.len() < most, groups.len() < most);
            let both = candidates.iter().chain(&groups);
            let people: HashSet<PersonId> = both.map(|c| c.person).collect();
            let people: Vec<PersonId> = people.into_iter().collect();
            let offerings = store::offerings(conn, &people, wanted)?;
            let mut answers = answers(&candidates, &offerings, wanted, busy, now);
            if answers.is_empty() && !is_all && most == size {
                continue;
            }
            let begins = |c: &Candidate| c.free.from.max(c.range.start);
            let last = answers.last().map(|answer| answer.slot.start);
            let last = last.max(candidates.last().map(begins));
            let next = last.filter(|_| !is_all);
            let last_group = groups.last().filter(|_| !are_all).map(begins);
            let next = next.into_iter().chain(last_group).min();
            let next = next.map(|at| at + TimeDelta::seconds(1));
            if !groups.is_empty() {
                candidates.extend(groups);
                answers =
                    crate::slots::search::find::answers(&candidates, &offerings, wanted, busy, now);
                answers.retain(|answer| next.is_none_or(|next| answer.slot.start < next));
            }
            return Ok(Self { answers, next });
        }
        unreachable!("the second round returns")
    }
}

/// A page of the alumni who are free, by their soonest times. Returns whether there are more.
pub fn people(
    conn: &mut Conn,
    wanted: &FreeTimeQuery,
    guest: Option<PersonId>,
    page: Paging,
    now: DateTime<Utc>,
) -> diesel::QueryResult<(Vec<PersonId>, bool)> {
    let ranges = clipped(&wanted.ranges, now);
    let busy = kept_busy(conn, guest, &ranges, now)?;
    let last = usize::try_from(page.offset + page.limit).unwrap_or(0);
    let mut most = (last + 40) * 2;
    loop {
        let question = IndexQuery {
            wanted,
            ranges: &ranges,
            guest,
            most,
            now,
        };
        let mut candidates = store::candidates(conn, &question)?;
        let mut groups = store::groups(conn, &question)?;
        let is_all = candidates.len().max(groups.len()) < most;
        // What comes after the last that was read may come after others, too.
        if let Some(last) = candidates.last().filter(|_| candidates.len() == most) {
            let until = last.free.from.max(last.range.start);
            groups.retain(|group| group.free.from <= until);
        }
        candidates.extend(groups);
        let ids: Vec<PersonId> = candidates.iter().map(|c| c.person).collect();
        let offerings = store::offerings(conn, &ids, wanted)?;
        let mut seen = HashSet::new();
        let mut free: Vec<PersonId> = answers(&candidates, &offerings, wanted, &busy, now)
            .into_iter()
            .map(|answer| answer.person)
            .filter(|person| seen.insert(*person))
            .collect();
        if free.len() > last || is_all || most > 20_000 {
            let has_more = free.len() > last;
            free.truncate(last);
            let page = free.split_off(free.len().min(usize::try_from(page.offset).unwrap_or(0)));
            return Ok((page, has_more));
        }
        // One alumnus has many times; more of them are needed.
        most *= 8;
    }
}

/// What of the ranges is still to come.
fn clipped(ranges: &[Span], now: DateTime<Utc>) -> Vec<Span> {
    let coming = ranges.iter().map(|r| Span::new(r.start.max(now), r.end));
    coming.filter(|r| !r.is_empty()).collect()
}

fn answers(
    candidates: &[Candidate],
    offerings: &HashMap<PersonId, Vec<Offering>>,
    wanted: &FreeTimeQuery,
    guest_busy: &Spans,
    now: DateTime<Utc>,
) -> Vec<Found> {
    let today = now.date_naive();
    let default_horizon = HostPolicy::default().horizon_days;
    // An order of the day among equals, so that nobody is always first.
    let turn = |of: PersonId| {
        let mut hasher = DefaultHasher::new();
        (of, today).hash(&mut hasher);
        hasher.finish()
    };
    let mut found = Vec::new();
    for candidate in candidates {
        let offered = offerings.get(&candidate.person).into_iter().flatten();
        let is_meant = |o: &&Offering| candidate.service.is_none_or(|id| id == o.id);
        for offering in offered.filter(is_meant) {
            let minutes = |n: i16| TimeDelta::minutes(n.into());
            let length = minutes(offering.duration_minutes);
            let horizon = candidate.host.horizon_days.unwrap_or(default_horizon);
            let latest = now + TimeDelta::days(horizon.into()) + TimeDelta::nanoseconds(1);
            let asked = Span::new(candidate.range.start, candidate.range.end.min(latest));
            let starts = candidate
                .free
                .starts(length, minutes(offering.increment_minutes), asked);
            let slots = starts.map(|start| Span::lasting(start, length));
            let open = slots
                .filter(|slot| !guest_busy.meets(slot))
                .take(MOST_OF_ONE);
            let rank = (candidate.host.load / 25, turn(candidate.person));
            found.extend(open.map(|slot| (slot, rank, candidate, offering)));
        }
    }
    found.sort_by_key(|(slot, rank, candidate, offering)| {
        (slot.start, *rank, candidate.person, &offering.slug)
    });
    let mut of_day: HashMap<(PersonId, NaiveDate), usize> = HashMap::new();
    let mut seen = HashSet::new();
    found.retain(|(slot, _, candidate, _)| {
        let person = candidate.person;
        let date = wanted.zone.local(slot.start).date_naive();
        let count = of_day.entry((person, date)).or_default();
        // Of several services at one time the first will do.
        let is_new = *count < MOST_OF_ONE && seen.insert((person, slot.start));
        *count += usize::from(is_new);
        is_new
    });
    let answer = |(slot, _, candidate, offering): (_, _, &Candidate, &Offering)| Found {
        slot,
        person: candidate.person,
        handle: candidate.host.handle.clone(),
        name: candidate.host.name.clone(),
        headline: candidate.host.headline.clone(),
        service: offering.id,
        slug: offering.slug.clone(),
        title: offering.title.clone(),
        kind: offering.kind.clone(),
    };
    found.into_iter().map(answer).collect()
}
