//! The board: alumni with what they offer and the next times, in a constant number of queries.

pub mod pages;

use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    db::{Conn, Paging, PersonId},
    schedule::{Diary, Offer, Rules, Span},
    slots::{
        self, Host, Service, ServiceKind, claims, diary,
        filter::Search,
        rules::Standstill,
        search::{FreeTimeQuery, find},
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
    page: Paging,
    guest: Option<PersonId>,
    now: DateTime<Utc>,
) -> diesel::QueryResult<(Vec<Card>, i64)> {
    let page = slots::store::board(conn, search, page, now)?;
    Ok((
        cards_of(conn, &page.people, search, guest, now)?,
        page.total,
    ))
}

/// The cards of those of the people who may be seen, in the same order.
pub fn cards_of(
    conn: &mut Conn,
    people: &[PersonId],
    search: &Search,
    guest: Option<PersonId>,
    now: DateTime<Utc>,
) -> diesel::QueryResult<Vec<Card>> {
    let hosts = slots::store::listed_by_ids(conn, people)?;
    fill(conn, hosts, search.kind.as_ref(), guest, now)
}

/// A page of those alumni who match and have a slot that starts within what is wanted, soonest first; each
/// with the first of these as its next times. Returns whether there are more.
pub fn free_within(
    conn: &mut Conn,
    wanted: &FreeTimeQuery,
    page: Paging,
    guest: Option<PersonId>,
    now: DateTime<Utc>,
) -> diesel::QueryResult<(Vec<Card>, bool)> {
    let (people, has_more) = find::people(conn, wanted, guest, page, now)?;
    let hosts = slots::store::listed_by_ids(conn, &people)?;
    let asked = Times {
        kind: wanted.search.kind.as_ref(),
        length: wanted.length,
        ranges: &wanted.ranges,
    };
    Ok((fill_within(conn, hosts, asked, guest, now)?, has_more))
}

/// Adds services and next times to hosts, in four queries for all of them.
pub fn fill(
    conn: &mut Conn,
    hosts: Vec<Host>,
    kind: Option<&ServiceKind>,
    guest: Option<PersonId>,
    now: DateTime<Utc>,
) -> diesel::QueryResult<Vec<Card>> {
    let asked = Times {
        kind,
        length: TimeDelta::zero(),
        ranges: &[Span::new(now, DateTime::<Utc>::MAX_UTC)],
    };
    fill_within(conn, hosts, asked, guest, now)
}

/// Which times a card shows.
#[derive(Clone, Copy)]
struct Times<'a> {
    /// Only of services of this kind.
    kind: Option<&'a ServiceKind>,
    /// Sessions last at least this.
    length: TimeDelta,
    /// Only times that start within these.
    ranges: &'a [Span],
}

/// As `fill`, with these times.
fn fill_within(
    conn: &mut Conn,
    hosts: Vec<Host>,
    times: Times,
    guest: Option<PersonId>,
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
        let of_host = services.iter().filter(|s| s.person_id == id);
        let asked = Asked {
            times,
            now,
            rules: &rules[&id],
            diary: &diary(id, guest, &claims),
        };
        asked.card(host, of_host.cloned().collect())
    });
    Ok(cards.collect())
}

/// What a card answers about one host.
struct Asked<'a> {
    times: Times<'a>,
    now: DateTime<Utc>,
    rules: &'a Rules,
    diary: &'a Diary,
}

impl Asked<'_> {
    fn card(&self, host: Host, services: Vec<Service>) -> Card {
        let wanted: Vec<&Service> = services
            .iter()
            .filter(|s| self.times.kind.is_none_or(|kind| s.kind == *kind))
            .filter(|s| s.duration() >= self.times.length)
            .collect();
        let next = match host.is_open() {
            true => self.next(&host, &wanted),
            false => Vec::new(),
        };
        let standstill = if !host.is_open() {
            Some(Standstill::Paused)
        } else if !next.is_empty() {
            None
        } else if self.is_full(&host, &wanted) {
            Some(Standstill::Full)
        } else {
            Some(Standstill::NoTimes)
        };
        Card {
            next,
            standstill,
            services,
            host,
        }
    }

    /// The soonest times of these services, at most three.
    fn next(&self, host: &Host, services: &[&Service]) -> Vec<NextTime> {
        let mut next: Vec<NextTime> = Vec::new();
        for service in services {
            let slots = self.slots(host, service, self.diary, self.times.ranges, 3);
            next.extend(slots.into_iter().map(|slot| NextTime {
                slot,
                service: service.slug.clone(),
            }));
        }
        next.sort_by_key(|time| time.slot.start);
        next.dedup_by_key(|time| time.slot.start);
        next.truncate(3);
        next
    }

    /// Whether there would be times if nothing were taken.
    fn is_full(&self, host: &Host, services: &[&Service]) -> bool {
        let empty = Diary::default();
        let coming = [Span::new(self.now, DateTime::<Utc>::MAX_UTC)];
        let mut slots = services
            .iter()
            .map(|service| self.slots(host, service, &empty, &coming, 1));
        slots.any(|slots| !slots.is_empty())
    }

    fn slots(
        &self,
        host: &Host,
        service: &Service,
        diary: &Diary,
        ranges: &[Span],
        count: usize,
    ) -> Vec<Span> {
        let offer = Offer {
            rules: self.rules,
            policy: &host.policy.for_service(service),
            diary,
            now: self.now,
        };
        offer.next_within(ranges, count)
    }
}
