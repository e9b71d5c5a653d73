//! Find a time first, the person second: one search over everybody's free time.

pub mod pages;
pub mod store;
pub mod web;

use std::{
    collections::{HashMap, HashSet},
    hash::{DefaultHasher, Hash, Hasher},
};

use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use diesel::prelude::*;

use crate::{
    db::{Conn, PersonId, ServiceId, schema},
    error::Error,
    html::form::Fields,
    input, json,
    schedule::{Free, Span, Spans, Zone},
    slots::{ServiceKind, board::Search, claims},
};

/// At most so many answers on one day are of one alumnus.
const MOST_OF_ONE: usize = 2;
/// So many stretches of free time more than there are answers on a page make a block.
const SPARE: usize = 15;
/// So many blocks are read for a page that is not full yet.
const MOST_BLOCKS: usize = 4;
/// A search looks at most so many days ahead.
pub const MOST_DAYS: i64 = 92;

/// What is looked for.
#[derive(Clone, Debug)]
pub struct Wanted {
    pub search: Search,
    /// Sessions last at least this.
    pub length: TimeDelta,
    /// When sessions begin, in order, apart from each other.
    pub ranges: Vec<Span>,
    /// Whose days count.
    pub zone: Zone,
}

/// A free time of somebody.
#[derive(Clone, Debug)]
pub struct Answer {
    pub slot: Span,
    pub person: PersonId,
    pub handle: String,
    pub name: String,
    pub headline: String,
    pub service: ServiceId,
    pub slug: String,
    pub title: String,
    pub kind: super::ServiceKind,
}

/// What is asked of the index: who has time within the ranges, for whom, and at most how much of it.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    pub wanted: &'a Wanted,
    pub ranges: &'a [Span],
    /// Who is not to find themselves.
    pub guest: Option<PersonId>,
    pub most: usize,
    pub now: DateTime<Utc>,
}

/// A stretch of somebody's free time within a range that is asked about.
#[derive(Clone, Debug)]
pub struct Candidate {
    pub person: PersonId,
    /// Of a group that can be joined; any of the person's without.
    pub service: Option<ServiceId>,
    pub free: Free,
    /// Starts count within this.
    pub range: Span,
    pub host: Listed,
}

/// What a search shows of a host.
#[derive(Clone, Debug, QueryableByName)]
#[diesel(table_name = schema::listings)]
pub struct Listed {
    pub handle: String,
    pub name: String,
    pub headline: String,
    /// Sessions of 30 days in percent of what is wished.
    pub load: i32,
    /// None: the default.
    pub horizon_days: Option<i16>,
}

/// Who offers what, for the candidates of a search.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = schema::services)]
pub struct Offering {
    pub id: ServiceId,
    pub person_id: PersonId,
    pub slug: String,
    pub kind: ServiceKind,
    pub title: String,
    pub duration_minutes: i16,
    pub increment_minutes: i16,
}

/// Where a page begins: so many answers into the block of those from that instant on. Blocks are read
/// and ordered as a whole, so that pages of one neither repeat nor skip anything; how large they are
/// depends on the pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    pub from: DateTime<Utc>,
    pub offset: usize,
}

impl Place {
    /// From `cursor`; None at the beginning.
    pub fn read(query: &Fields) -> Result<Option<Self>, Error> {
        let Some(cursor) = query.some("cursor")? else {
            return Ok(None);
        };
        let place = json::opened_cursor(cursor).and_then(|text| {
            let (from, offset) = text.split_once(' ')?;
            Some(Self {
                from: DateTime::from_timestamp_micros(from.parse().ok()?)?,
                offset: offset.parse().ok()?,
            })
        });
        let place = place.ok_or_else(json::odd_cursor)?;
        Ok(Some(place))
    }

    pub fn cursor(&self) -> String {
        json::cursor(&format!("{} {}", self.from.timestamp_micros(), self.offset))
    }
}

/// A page of answers, soonest first; of equal times those of alumni who are asked too little come
/// first. Groups that can be joined are among them. Returns where the next page begins, if there may be one.
/// The index gives them: four or five queries a block, one more for a guest.
pub fn find(
    conn: &mut Conn,
    wanted: &Wanted,
    guest: Option<PersonId>,
    (limit, place): (usize, Option<Place>),
    now: DateTime<Utc>,
) -> diesel::QueryResult<(Vec<Answer>, Option<Place>)> {
    let ranges = clipped(&wanted.ranges, now);
    let (Some(first), Some(last)) = (ranges.first(), ranges.last()) else {
        return Ok((Vec::new(), None));
    };
    let kept_busy = match guest {
        Some(guest) => {
            let around = Span::new(first.start, last.end);
            let taken = claims::store::taken(conn, &[guest], around, now, None)?;
            Spans::merged(taken.spans())
        }
        None => Spans::default(),
    };
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
        let block = Block::read(
            conn,
            wanted,
            &ranges,
            (guest, &kept_busy),
            limit + SPARE,
            now,
        )?;
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

/// The answers of some stretches of free time, and the instant at which those after them begin.
struct Block {
    answers: Vec<Answer>,
    next: Option<DateTime<Utc>>,
}

impl Block {
    fn read(
        conn: &mut Conn,
        wanted: &Wanted,
        ranges: &[Span],
        (guest, busy): (Option<PersonId>, &Spans),
        size: usize,
        now: DateTime<Utc>,
    ) -> diesel::QueryResult<Self> {
        // Once more with many, where those who are free offer nothing that fits.
        for most in [size, size * 8] {
            let question = Question {
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
                answers = crate::slots::search::answers(&candidates, &offerings, wanted, busy, now);
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
    wanted: &Wanted,
    (limit, offset): (i64, i64),
    now: DateTime<Utc>,
) -> diesel::QueryResult<(Vec<PersonId>, bool)> {
    let ranges = clipped(&wanted.ranges, now);
    let last = usize::try_from(offset + limit).unwrap_or(0);
    let mut most = (last + 40) * 2;
    loop {
        let question = Question {
            wanted,
            ranges: &ranges,
            guest: None,
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
        let mut free: Vec<PersonId> =
            answers(&candidates, &offerings, wanted, &Spans::default(), now)
                .into_iter()
                .map(|answer| answer.person)
                .filter(|person| seen.insert(*person))
                .collect();
        if free.len() > last || is_all || most > 20_000 {
            let has_more = free.len() > last;
            free.truncate(last);
            let page = free.split_off(free.len().min(usize::try_from(offset).unwrap_or(0)));
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
    wanted: &Wanted,
    guest_busy: &Spans,
    now: DateTime<Utc>,
) -> Vec<Answer> {
    let today = now.date_naive();
    let default_horizon = super::HostPolicy::default().horizon_days;
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
            let asked = (candidate.range.start, candidate.range.end.min(latest));
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
    let answer = |(slot, _, candidate, offering): (_, _, &Candidate, &Offering)| Answer {
        slot,
        person: candidate.person,
        handle: candidate.host.handle.clone(),
        name: candidate.host.name.clone(),
        headline: candidate.host.headline.clone(),
        service: offering.id,
        slug: offering.slug.clone(),
        title: offering.title.clone(),
        kind: offering.kind,
    };
    found.into_iter().map(answer).collect()
}

/// A search as it was typed: days, hours of the day in the reader's zone, and what of the board's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Form {
    pub search: Search,
    pub from: String,
    pub until: String,
    pub after: String,
    pub before: String,
    pub length: String,
}

impl Form {
    pub fn read(query: &Fields) -> Result<Self, Error> {
        let own = |name: &str| -> Result<String, Error> {
            Ok(input::line(query.one(name)?).chars().take(40).collect())
        };
        Ok(Self {
            search: Search::read(query)?,
            from: own("from")?,
            until: own("until")?,
            after: own("after")?,
            before: own("before")?,
            length: own("length")?,
        })
    }

    /// Two weeks from today without days; the whole day without hours; hours past midnight belong to
    /// the day on which they begin.
    pub fn checked(&self, zone: &Zone, now: DateTime<Utc>) -> Result<Wanted, input::Problems> {
        let mut reader = input::Reader::default();
        let today = zone.local(now).date_naive();
        let mut date = |name: &str, text: &str, default: NaiveDate| match text {
            "" => default,
            text => reader.date(name, text).unwrap_or(default),
        };
        let from = date("from", &self.from, today).max(today);
        let until = date("until", &self.until, from + Days::new(13));
        let mut hour = |name: &str, text: &str, default: u16| match text {
            "" => default,
            text => crate::slots::editor::typed::exact_time(text).unwrap_or_else(|| {
                reader.problems.add(name, "must be a time such as 18:00");
                default
            }),
        };
        let (after, before) = (
            hour("after", &self.after, 0),
            hour("before", &self.before, 1440),
        );
        let length = match self.length.as_str() {
            "" => 30,
            text => reader.number("length", text, 30..=60),
        };
        if until < from {
            reader.problems.add("until", "is before the first day");
        } else if (until - from).num_days() >= MOST_DAYS {
            reader
                .problems
                .add("until", "is more than 92 days after the first day");
        }
        let days: Vec<NaiveDate> = from
            .iter_days()
            .take_while(|day| *day <= until)
            .take(MOST_DAYS as usize)
            .collect();
        let span = |day: &NaiveDate| {
            let end = if before > after {
                *day
            } else {
                *day + Days::new(1)
            };
            Span::new(zone.instant(*day, after), zone.instant(end, before))
        };
        let ranges = match (after, before, days.first(), days.last()) {
            (0, 1440, Some(first), Some(last)) => {
                vec![Span::new(
                    zone.instant(*first, 0),
                    zone.instant(*last, 1440),
                )]
            }
            _ => days.iter().map(span).collect(),
        };
        reader.problems.or(Wanted {
            search: self.search.clone(),
            length: TimeDelta::minutes(length),
            ranges,
            zone: zone.clone(),
        })
    }

    /// The query of an address that leads back here.
    pub fn query(&self) -> [(&str, &str); 9] {
        [
            (
                "service",
                self.search.kind.map_or("", super::ServiceKind::as_str),
            ),
            ("from", &self.from),
            ("until", &self.until),
            ("after", &self.after),
            ("before", &self.before),
            ("length", &self.length),
            ("topic", &self.search.topic),
            ("language", &self.search.language),
            ("q", &self.search.words),
        ]
    }

    /// Searches that ask for less, the nearest first, each with what it lets go.
    pub fn relaxed(&self) -> Vec<(&'static str, Self)> {
        let mut all = Vec::new();
        let mut form = self.clone();
        if !(form.after.is_empty() && form.before.is_empty()) {
            form.after.clear();
            form.before.clear();
            all.push(("at other hours of these days", form.clone()));
        }
        form.from.clear();
        form.until.clear();
        all.push(("on other days", form.clone()));
        if !form.search.words.is_empty()
            || !form.search.topic.is_empty()
            || !form.search.language.is_empty()
        {
            form.search.words.clear();
            form.search.topic.clear();
            form.search.language.clear();
            all.push(("with other alumni", form.clone()));
        }
        all
    }
}
