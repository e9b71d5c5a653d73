//! The board: alumni with what they offer and the next times, in a constant number of queries.

pub mod pages;

use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    db::{Conn, PersonId},
    schedule::{Diary, Offer, Span, Zone},
    slots::{
        self, Host, Service, ServiceKind, claims, diary,
        filter::Search,
        rules::Standstill,
        search::{self, FreeTimeQuery, find},
    },
};

/// A time on a card, and the service it is for.
#[derive(Clone, Debug)]
pub struct NextTime {
    pub slot: Span,
    pub service: String,
}

/// An alumnus on the board.
#[derive(Clone, Debug)]
pub struct Card {
    pub host: Host,
    pub services: Vec<Service>,
    /// The soonest times, at most three.
    pub next: Vec<NextTime>,
    /// Why there are none.
    pub standstill: Option<Standstill>,
}

/// A page of cards, and how many alumni match in all.
pub fn cards(
    conn: &mut Conn,
    search: &Search,
    page: (i64, i64),
    guest: Option<PersonId>,
    now: DateTime<Utc>,
) -> diesel::QueryResult<(Vec<Card>, i64)> {
    let (hosts, total) = slots::store::board(conn, search, page, now)?;
    Ok((fill(conn, hosts, search.kind.as_ref(), guest, now)?, total))
}

/// A page of those alumni who match and have a slot that starts in the window, soonest first; each
/// with the first of these as its next time. Returns whether there are more.
pub fn free_between(
    conn: &mut Conn,
    search: &Search,
    (from, until): (Option<DateTime<Utc>>, Option<DateTime<Utc>>),
    (limit, offset): (i64, i64),
    now: DateTime<Utc>,
) -> diesel::QueryResult<(Vec<Card>, bool)> {
    let from = from.map_or(now, |from| from.max(now));
    let until = until.unwrap_or(from + TimeDelta::days(search::MOST_DAYS));
    let wanted = FreeTimeQuery {
        search: search.clone(),
        length: TimeDelta::minutes(30),
        ranges: vec![Span::new(from, until)],
        zone: Zone::utc(), // Of each alumnus the first time counts, whatever the day.
    };
    let (people, has_more) = find::people(conn, &wanted, (limit, offset), now)?;
    let hosts = slots::store::listed_by_ids(conn, &people)?;
    Ok((
        fill_from(conn, hosts, search.kind.as_ref(), None, from, now)?,
        has_more,
    ))
}

/// Adds services and next times to hosts, in four queries for all of them.
pub fn fill(
    conn: &mut Conn,
    hosts: Vec<Host>,
    kind: Option<&ServiceKind>,
    guest: Option<PersonId>,
    now: DateTime<Utc>,
) -> diesel::QueryResult<Vec<Card>> {
    fill_from(conn, hosts, kind, guest, now, now)
}

/// As `fill`, with times from `from` on.
fn fill_from(
    conn: &mut Conn,
    hosts: Vec<Host>,
    kind: Option<&ServiceKind>,
    guest: Option<PersonId>,
    from: DateTime<Utc>,
    now: DateTime<Utc>,
) -> diesel::QueryResult<Vec<Card>> {
    let ids: Vec<PersonId> = hosts.iter().map(|h| h.person.id).collect();
    let zones: Vec<_> = hosts
        .iter()
        .map(|h| (h.person.id, h.person.zone()))
        .collect();
    let services = slots::store::open_services(conn, &ids)?;
    let rules = slots::store::rules(conn, &zones, now)?;
    let furthest = hosts
        .iter()
        .map(|h| h.policy.horizon())
        .max()
        .unwrap_or_default();
    let asked: Vec<PersonId> = ids.iter().copied().chain(guest).collect();
    let claims = claims::store::taken(conn, &asked, Span::new(now, now + furthest), now, None)?;
    let cards = hosts.into_iter().map(|host| {
        let id = host.person.id;
        let services: Vec<Service> = services
            .iter()
            .filter(|s| s.person_id == id)
            .cloned()
            .collect();
        let rules = &rules[&id];
        let diary = diary(id, guest, &claims);
        let wanted = || {
            services
                .iter()
                .filter(|s| kind.is_none_or(|kind| s.kind == *kind))
        };
        let mut next: Vec<NextTime> = Vec::new();
        if host.is_open() {
            for service in wanted() {
                let policy = host.policy.for_service(service);
                let offer = Offer {
                    rules,
                    policy: &policy,
                    diary: &diary,
                    now,
                };
                let times = offer.next(from, 3).into_iter();
                next.extend(times.map(|slot| NextTime {
                    slot,
                    service: service.slug.clone(),
                }));
            }
            next.sort_by_key(|time| time.slot.start);
            next.dedup_by_key(|time| time.slot.start);
            next.truncate(3);
        }
        let empty = Diary::default();
        let standstill = match (host.is_open(), next.is_empty()) {
            (false, _) => Some(Standstill::Paused),
            (true, false) => None,
            (true, true) => {
                let is_full = wanted().any(|service| {
                    let policy = host.policy.for_service(service);
                    !Offer {
                        rules,
                        policy: &policy,
                        diary: &empty,
                        now,
                    }
                    .next(now, 1)
                    .is_empty()
                });
                Some(if is_full {
                    Standstill::Full
                } else {
                    Standstill::NoTimes
                })
            }
        };
        Card {
            host,
            services,
            next,
            standstill,
        }
    });
    Ok(cards.collect())
}
