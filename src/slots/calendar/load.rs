//! Finding what the calendar of a service shows.

use chrono::{DateTime, Days, NaiveDate, Utc};

use super::{Calendar, CalendarView};
use crate::{
    db::{Conn, PersonId},
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
    let shown = day.unwrap_or_else(|| local_date(free.first().unwrap_or(now)));
    let first = week_of(shown, local_date(now));
    let slots = free.of_week(first, zone);
    Ok(Calendar {
        day: day
            .filter(|day| *day >= first)
            .or_else(|| slots.first().map(|slot| local_date(slot.start)))
            .unwrap_or(first),
        wanted: view.at.map(|at| (at, free.has(at, &slots))),
        later: match slots.is_empty() {
            true => free.after(first, zone),
            false => None,
        },
        slots,
        first,
        host,
        service,
        groups,
        now,
    })
}

/// The first day of the week of `day`, where weeks begin with today. Days of the past are in today's.
fn week_of(day: NaiveDate, today: NaiveDate) -> NaiveDate {
    let weeks = (day - today).num_days().max(0) / 7;
    today
        .checked_add_days(Days::new(weeks as u64 * 7))
        .unwrap_or(today)
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

    fn of_week(&self, first: NaiveDate, zone: &Zone) -> Vec<Span> {
        if !self.is_open {
            return Vec::new();
        }
        let week = bounds(first, zone);
        let here = |group: &&OpenGroup| week.contains(group.span.start);
        let here: Vec<OpenGroup> = self.groups.iter().filter(here).copied().collect();
        let slots = self.offer.slots(week.start, week.end);
        with_groups(slots, &here, self.offer.policy, self.offer.now)
    }

    /// The first slot after a week that has none; before it if there is none after.
    fn after(&self, first: NaiveDate, zone: &Zone) -> Option<Span> {
        let end = bounds(first, zone).end;
        let earliest = self.offer.now + self.offer.policy.minimum_notice;
        let next = |from: DateTime<Utc>| {
            let groups = self.groups.iter().map(|group| group.span);
            let joined = groups.filter(|span| span.start >= from.max(earliest));
            joined.chain(self.offer.next(from, 1)).min()
        };
        self.is_open
            .then(|| next(end).or_else(|| next(self.offer.now)))
            .flatten()
    }

    /// Whether a session can begin at `at`; `slots` are those of its week.
    fn has(&self, at: DateTime<Utc>, slots: &[Span]) -> bool {
        self.is_open
            && (self.offer.may_book(at).is_ok() || slots.iter().any(|slot| slot.start == at))
    }
}

/// The instants at which seven days of the zone begin and end.
fn bounds(first: NaiveDate, zone: &Zone) -> Span {
    Span::new(
        zone.instant(first, 0),
        zone.instant(first + Days::new(7), 0),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weeks_begin_with_today() {
        let date = |text: &str| text.parse::<NaiveDate>().unwrap();
        let today = date("2026-11-27");
        for (day, first) in [
            ("2026-11-27", "2026-11-27"),
            ("2026-12-03", "2026-11-27"),
            ("2026-12-04", "2026-12-04"),
            ("2026-11-02", "2026-11-27"),
        ] {
            assert_eq!(week_of(date(day), today), date(first), "{day}");
        }
    }
}
