//! Finding what the calendar of a service shows.

use chrono::{DateTime, NaiveDate, Utc};

use super::{Calendar, CalendarView};
use crate::{
    db::{Conn, PersonId},
    html::time,
    schedule::{Offer, Span, Spans, Zone},
    slots::{OpenGroup, claims, diary, store, with_groups},
};

/// The calendar as `guest` sees it, in the visitor's zone. Not found for what is not offered.
pub fn calendar(
    conn: &mut Conn,
    view: &CalendarView,
    guest: Option<PersonId>,
    zone: &Zone,
    now: DateTime<Utc>,
) -> diesel::QueryResult<Calendar> {
    let (service, host) = store::offered_as(conn, &view.handle, &view.slug)?;
    let rules = store::rules_of(conn, &host, now)?;
    let asked: Vec<_> = std::iter::once(host.person.id).chain(guest).collect();
    let ahead = Span::new(now, now + host.policy.horizon());
    let claims = claims::store::taken_within(conn, &asked, host.policy.around(ahead), now, None)?;
    let mut groups = store::open_groups(conn, [&service], ahead, now)?
        .remove(&service.id)
        .unwrap_or_default();
    // Like other times, those of groups are not offered to who has something else, or a seat, then.
    if let Some(guest) = guest.filter(|guest| *guest != host.person.id) {
        let theirs = Spans::merged(claims.spans_of(guest));
        groups.retain(|group| !theirs.meets(&group.span));
    }
    let policy = host.policy.for_service(&service);
    let offer = Offer {
        rules: &rules,
        policy: &policy,
        diary: &diary(host.person.id, guest, &claims),
        now,
    };
    let free = Free {
        offer: &offer,
        groups: &groups,
        is_open: host.is_open(),
    };
    let local_date = |at: DateTime<Utc>| zone.local(at).date_naive();
    // Whoever comes for a time of the past is shown the next ones.
    let coming = view.at.filter(|at| *at > now).map(local_date);
    let day = coming.or(view.day);
    let month = match (day, view.month) {
        (Some(day), _) => time::first_of_month(day),
        (None, Some(month)) => month,
        (None, None) => time::first_of_month(local_date(free.first().unwrap_or(now))),
    };
    let slots = free.of_month(month, zone);
    Ok(Calendar {
        day: day.or_else(|| slots.first().map(|slot| local_date(slot.start))),
        wanted: view.at.map(|at| (at, free.has(at, &slots))),
        later: match slots.is_empty() {
            true => free.after(month, zone),
            false => None,
        },
        slots,
        month,
        host,
        service,
        groups,
        now,
    })
}

/// What is free of a service: by the engine, and in groups.
struct Free<'a> {
    offer: &'a Offer<'a>,
    groups: &'a [OpenGroup],
    is_open: bool,
}

impl Free<'_> {
    /// The next start, whether or not the host is paused.
    fn first(&self) -> Option<DateTime<Utc>> {
        let next = self.offer.next(self.offer.now, 1);
        let joined = with_groups(next, self.groups, self.offer.policy, self.offer.now);
        joined.first().map(|slot| slot.start)
    }

    fn of_month(&self, month: NaiveDate, zone: &Zone) -> Vec<Span> {
        if !self.is_open {
            return Vec::new();
        }
        let (from, until) = bounds(month, zone);
        let here = |group: &&OpenGroup| (from..until).contains(&group.span.start);
        let here: Vec<OpenGroup> = self.groups.iter().filter(here).copied().collect();
        let slots = self.offer.slots(from, until);
        with_groups(slots, &here, self.offer.policy, self.offer.now)
    }

    /// The first slot after a month that has none; before it if there is none after.
    fn after(&self, month: NaiveDate, zone: &Zone) -> Option<Span> {
        let (_, end) = bounds(month, zone);
        let next = |from| self.offer.next(from, 1).pop();
        self.is_open
            .then(|| next(end).or_else(|| next(self.offer.now)))
            .flatten()
    }

    /// Whether a session can begin at `at`; `slots` are those of its month.
    fn has(&self, at: DateTime<Utc>, slots: &[Span]) -> bool {
        self.is_open
            && (self.offer.may_book(at).is_ok() || slots.iter().any(|slot| slot.start == at))
    }
}

/// The instants at which a month of the zone begins and ends.
fn bounds(month: NaiveDate, zone: &Zone) -> (DateTime<Utc>, DateTime<Utc>) {
    let next = time::month_later(month, 1);
    (zone.instant(month, 0), zone.instant(next, 0))
}
