//! The index of free time: every host's free spans, kept in the table `free_times` in the same
//! transaction as whatever they follow from, so that a search over everybody is one query.
//!
//! The engine stays the judge of what may be booked; `compare` sees whether they agree.

pub mod store;

use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    db::{Conn, PersonId, Tx},
    people,
    schedule::{Free, Offer, Rules, Span, free, zone},
    slots::{self, Host, PersonTime, Pledge, Taken, claims},
};

/// Kept further ahead than the horizon by this, so that a host is due for more only every few days.
const AHEAD: TimeDelta = TimeDelta::days(8);
const RENEWED_EVERY: TimeDelta = TimeDelta::days(6);
/// Holds count until they are swept: nobody is told of a time that the index does not have.
pub const HOLDS_COUNT: DateTime<Utc> = DateTime::UNIX_EPOCH;
/// Windows that began earlier are over.
const LONGEST_WINDOW: TimeDelta = TimeDelta::days(2);

/// Rebuilds all free times of a person; nothing for somebody who is no host. The person is locked
/// by the caller.
pub fn refresh(tx: &mut Tx, of: PersonId) -> diesel::QueryResult<()> {
    let now = tx.now()?;
    let Some(host) = slots::store::hosts(tx, &[of])?.pop() else {
        return Ok(());
    };
    let range = Span::new(now - LONGEST_WINDOW, reach(&host, now));
    let rules = slots::store::rules_of(tx, &host, range.start)?;
    store::set_reach(tx, of, range.end, now + RENEWED_EVERY, zone::version())?;
    let taken = claims::store::taken(tx, &[of], range, HOLDS_COUNT, None)?;
    let free = free_in(&host, &rules, &taken, range);
    store::replace(tx, &host, &free, range)?;
    store::remove_outside(tx, of, range)?;
    store::note_growth(tx, &[of], now)
}

/// How far a change of what is taken reaches: a cap by the week closes or opens all of its days, else
/// windows that began the day before may be touched.
fn margin(host: &Host) -> TimeDelta {
    match host.policy.max_per_week {
        Some(_) => TimeDelta::days(9),
        None => LONGEST_WINDOW,
    }
}

/// What is taken within this decides over `span`, and over the free times that a change there touches.
pub fn concerned(host: &Host, span: Span) -> Span {
    // Of the windows within the margin, those days and weeks that a cap counts.
    let margin = margin(host) * 2 + TimeDelta::days(1);
    span.widened(margin, margin)
}

/// Rebuilds those free times that a change at `span` may have touched. `taken` is what is taken of the
/// host within what is `concerned`, the change included.
pub fn refresh_with(
    tx: &mut Tx,
    host: &Host,
    rules: &Rules,
    taken: &Taken,
    span: Span,
) -> diesel::QueryResult<()> {
    let now = tx.now()?;
    let range = affected(host, span, now);
    let free = free_in(host, rules, taken, range);
    store::replace(tx, host, &free, range)
}

/// Where windows begin, or will, whose free times a change of what is taken at `span` may touch.
fn affected(host: &Host, span: Span, now: DateTime<Utc>) -> Span {
    let wide = span.widened(margin(host), margin(host));
    Span::new(wide.start.max(now - LONGEST_WINDOW), wide.end)
}

/// Claims a time for two people and rebuilds those free times of the host that this may touch, in one
/// statement. `taken` is as for `refresh_with`.
pub fn claim(
    tx: &mut Tx,
    host: &Host,
    rules: &Rules,
    taken: &Taken,
    pledge: &Pledge,
) -> diesel::QueryResult<()> {
    let now = tx.now()?;
    let range = affected(host, pledge.claims[0].span(), now);
    let free = free_in(host, rules, taken, range);
    store::claim(tx, host, pledge, &free, range, now)
}

/// Rebuilds those free times that changes at those spans may have touched.
pub fn refresh_people(tx: &mut Tx, changed: &[PersonTime]) -> diesel::QueryResult<()> {
    let now = tx.now()?;
    if changed.is_empty() {
        return Ok(());
    }
    let ids: Vec<PersonId> = changed.iter().map(|changed| changed.person).collect();
    for host in slots::store::hosts(tx, &ids)? {
        let rules = slots::store::rules_of(tx, &host, now)?;
        let id = host.person.id;
        for PersonTime { span, .. } in changed.iter().filter(|changed| changed.person == id) {
            let around = concerned(&host, *span);
            let taken = claims::store::taken_within(tx, &[id], around, HOLDS_COUNT, None)?;
            refresh_with(tx, &host, &rules, &taken, *span)?;
        }
    }
    Ok(())
}

fn reach(host: &Host, now: DateTime<Utc>) -> DateTime<Utc> {
    now + host.policy.horizon() + AHEAD
}

/// The free times of the windows that begin in `range`.
fn free_in(host: &Host, rules: &Rules, taken: &Taken, range: Span) -> Vec<Free> {
    let diary = super::diary(host.person.id, None, taken);
    free::free(rules, &host.policy.limits(), &diary, range)
}

/// Carries on the free times of hosts who are due, a few at a time. Returns how many there were.
pub fn renew_some(tx: &mut Tx) -> diesel::QueryResult<usize> {
    let asked = tx.now()?;
    let due = store::due(tx, asked, 25)?;
    people::store::lock(tx, &due)?;
    for id in &due {
        refresh(tx, *id)?;
    }
    Ok(due.len())
}

/// Drops claims by holds that have expired, and makes room in the index for what is free again.
/// Returns whether there may be more.
pub fn sweep(tx: &mut Tx) -> diesel::QueryResult<bool> {
    let asked = tx.now()?;
    let people = claims::store::with_expired(tx, asked)?;
    if people.is_empty() {
        return Ok(false);
    }
    people::store::lock(tx, &people)?;
    let now = tx.now()?;
    let dropped = claims::store::drop_expired(tx, &people, now)?;
    refresh_people(tx, &dropped)?;
    Ok(true)
}

/// Fills the index for hosts who have none of it yet, many at once: after bulk changes only.
pub fn fill(conn: &mut Conn, now: DateTime<Utc>) -> diesel::QueryResult<()> {
    loop {
        let due = store::due(conn, now, 500)?;
        if due.is_empty() {
            return Ok(());
        }
        let hosts = slots::store::hosts(conn, &due)?;
        let zones: Vec<_> = hosts
            .iter()
            .map(|h| (h.person.id, h.person.zone()))
            .collect();
        let from = now - LONGEST_WINDOW;
        let furthest = hosts.iter().map(|h| reach(h, now)).max().unwrap_or(now);
        let rules = slots::store::rules(conn, &zones, from)?;
        let around = Span::new(from, furthest);
        let mut by_person =
            claims::store::taken(conn, &due, around, HOLDS_COUNT, None)?.by_person();
        let mut rows = Vec::new();
        for host in &hosts {
            let id = host.person.id;
            let taken = by_person.remove(&id).unwrap_or_default();
            let diary = super::diary(id, None, &taken);
            let span = Span::new(from, reach(host, now));
            let free = free::free(&rules[&id], &host.policy.limits(), &diary, span);
            rows.push((host, span.end, free));
        }
        if rows.is_empty() {
            return Ok(());
        }
        store::fill(conn, &rows, now + RENEWED_EVERY, zone::version())?;
    }
}

/// A host and service for which index and engine do not agree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    pub handle: String,
    pub service: String,
    pub only_engine: Vec<DateTime<Utc>>,
    pub only_index: Vec<DateTime<Utc>>,
}

impl std::fmt::Display for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            handle,
            service,
            only_engine,
            only_index,
        } = self;
        write!(
            f,
            "{handle}/{service}: only the engine has {only_engine:?}, only the index has {only_index:?}"
        )
    }
}

/// What a comparison of some hosts found.
#[derive(Debug, Default)]
pub struct Compared {
    pub differences: Vec<Difference>,
    pub hosts: usize,
    /// Where to go on; none at the end.
    pub last: Option<PersonId>,
}

/// Compares the slots of every service of every host by the engine with those that the index
/// gives, up to the horizon, for the next two hundred hosts.
pub fn compare(
    conn: &mut Conn,
    after: Option<PersonId>,
    now: DateTime<Utc>,
) -> diesel::QueryResult<Compared> {
    let ids = store::hosts_after(conn, after, now, 200)?;
    let hosts = slots::store::hosts(conn, &ids)?;
    let zones: Vec<_> = hosts
        .iter()
        .map(|h| (h.person.id, h.person.zone()))
        .collect();
    let rules = slots::store::rules(conn, &zones, now)?;
    let furthest = hosts
        .iter()
        .map(|h| h.policy.horizon())
        .max()
        .unwrap_or_default();
    let ahead = Span::new(now, now + furthest);
    let mut by_person = claims::store::taken(conn, &ids, ahead, HOLDS_COUNT, None)?.by_person();
    let services = slots::store::open_services(conn, &ids)?;
    let mut index = store::of(conn, &ids, now)?;
    let mut found = Vec::new();
    for host in &hosts {
        let id = host.person.id;
        let taken = by_person.remove(&id).unwrap_or_default();
        let diary = super::diary(id, None, &taken);
        let free = index.remove(&id).unwrap_or_default();
        for service in services.iter().filter(|s| s.person_id == id) {
            let policy = host.policy.for_service(service);
            let (earliest, latest) = (now + policy.minimum_notice, now + policy.horizon);
            let end = latest + TimeDelta::nanoseconds(1);
            let offer = Offer {
                rules: &rules[&id],
                policy: &policy,
                diary: &diary,
                now,
            };
            let engine: Vec<_> = offer.slots(now, end).iter().map(|s| s.start).collect();
            let asked = Span::new(earliest, end);
            let mut indexed: Vec<_> = free
                .iter()
                .flat_map(|free| free.starts(policy.length, policy.increment, asked))
                .collect();
            indexed.sort_unstable();
            indexed.dedup();
            if engine != indexed {
                let without = |one: &[DateTime<Utc>], other: &[DateTime<Utc>]| {
                    let missing = one.iter().filter(|at| other.binary_search(at).is_err());
                    missing.take(5).copied().collect()
                };
                found.push(Difference {
                    handle: host.profile.handle.clone(),
                    service: service.slug.clone(),
                    only_engine: without(&engine, &indexed),
                    only_index: without(&indexed, &engine),
                });
            }
        }
    }
    Ok(Compared {
        differences: found,
        hosts: ids.len(),
        last: ids.last().copied(),
    })
}
