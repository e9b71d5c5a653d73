//! The waitlist that books: whatever becomes free is held for the first whom it suits.
//!
//! First is who has had the fewest sessions of late, then who asked first. A time is offered to one at a
//! time, for two hours, and never twice to the same wish; then it passes on.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use diesel::{Connection, prelude::*};
use serde::{Deserialize, Serialize};

use super::{
    Booking, Preparation, Status,
    hold::{self, BookError, Locked},
    rules, store, store_group, store_waitlist,
};
use crate::{
    db::{BookingId, Conn, DbError, PersonId, ServiceId, WishId, schema, types::Words},
    input::Problems,
    jobs::{self, Job},
    people::{self, Person},
    schedule::{Offer, Rules, Span, Window, Zone},
    slots::{
        self, Host, Service, ServiceKind, free_times, store as slot_store, store_claims, store_free,
    },
};

/// An offer is held for so long.
pub const HELD_FOR: TimeDelta = TimeDelta::hours(2);
/// What could be kept for less is not offered.
const LEAST: TimeDelta = TimeDelta::minutes(15);
/// So many wishes of one student wait at most.
pub const MOST_WISHES: i64 = 5;
/// A window of a weekday, in minutes after midnight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WishWindow {
    /// 0 Monday to 6 Sunday.
    pub day: u8,
    pub from: u16,
    pub until: u16,
}

/// When a wish would suit, by the week; `jsonb` in the database.
#[derive(
    Clone,
    Debug,
    Default,
    PartialEq,
    Eq,
    Serialize,
    Deserialize,
    diesel::AsExpression,
    diesel::FromSqlRow,
)]
#[diesel(sql_type = diesel::sql_types::Jsonb)]
#[serde(transparent)]
pub struct Weekly(pub Vec<WishWindow>);

crate::stored_as_json!(Weekly);

/// What a student would book as soon as it can be had.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = schema::wishes)]
pub struct Wish {
    pub id: WishId,
    pub guest_id: PersonId,
    /// Of one alumnus; None: anybody who offers the kind.
    pub service_id: Option<ServiceId>,
    pub kind: ServiceKind,
    /// In lower case; one of them is enough. Empty: any.
    pub topics: Words,
    pub zone: String,
    pub weekly: Weekly,
    /// The last date, in its zone.
    pub until_on: NaiveDate,
    pub asked_at: DateTime<Utc>,
    pub ended_at: Option<DateTime<Utc>>,
    pub booking_id: Option<BookingId>,
}

impl Wish {
    pub fn zone(&self) -> Zone {
        Zone::named(&self.zone).unwrap_or_else(|_| Zone::utc())
    }

    /// The spans from `now` on in which it would suit, in order.
    pub fn spans(&self, now: DateTime<Utc>) -> Vec<Span> {
        let mut rules = Rules::closed(self.zone());
        for window in &self.weekly.0 {
            let day = &mut rules.weekly[usize::from(window.day % 7)];
            day.extend(Window::new(window.from, window.until));
        }
        let end = rules.zone.instant(self.until_on, 1440);
        let mut spans = rules.windows_around(now, end);
        spans.sort_unstable();
        spans
    }
}

/// Why a wish is not taken.
#[derive(Debug, thiserror::Error)]
pub enum WishError {
    #[error("you wait for {MOST_WISHES} things already; withdraw one first")]
    TooMany,
    #[error(transparent)]
    Invalid(#[from] Problems),
    #[error("there is no such service or wish")]
    NotFound,
    #[error(transparent)]
    Database(#[from] DbError),
}
crate::verb_error!(WishError);

impl From<WishError> for crate::error::Error {
    fn from(error: WishError) -> Self {
        match error {
            WishError::TooMany => Self::Refused {
                code: "too_many_wishes",
                detail: error.to_string(),
            },
            WishError::Invalid(problems) => Self::Unprocessable(problems),
            WishError::NotFound => Self::NotFound,
            WishError::Database(error) => error.into(),
        }
    }
}

/// What a student asks for, checked.
#[derive(Clone, Debug)]
pub struct NewWish {
    /// Handle of the alumnus and slug of the service; None: anybody.
    pub of: Option<(String, String)>,
    pub kind: ServiceKind,
    pub topics: Vec<String>,
    pub zone: String,
    pub weekly: Vec<WishWindow>,
    pub until_on: NaiveDate,
}

/// Puts a wish on the list; hosts who may suit are looked at soon.
pub fn ask(
    conn: &mut Conn,
    guest: PersonId,
    wanted: &NewWish,
    now: DateTime<Utc>,
) -> Result<Wish, WishError> {
    people::store::lock(conn, &[guest])?;
    let service = match &wanted.of {
        None => None,
        Some((handle, slug)) => {
            let found = slot_store::offered_as(conn, handle, slug).optional()?;
            let (service, host) = found.ok_or(WishError::NotFound)?;
            if host.person.id == guest {
                return Err(WishError::NotFound);
            }
            Some(service)
        }
    };
    let wish = Wish {
        id: WishId::random(),
        guest_id: guest,
        kind: service.as_ref().map_or(wanted.kind, |s| s.kind),
        service_id: service.map(|s| s.id),
        topics: Words(wanted.topics.iter().map(|t| t.to_lowercase()).collect()),
        zone: wanted.zone.clone(),
        weekly: Weekly(wanted.weekly.clone()),
        until_on: wanted.until_on,
        asked_at: now,
        ended_at: None,
        booking_id: None,
    };
    // The same once more is what waits already.
    if let Some(same) = store_waitlist::same(conn, &wish)? {
        return Ok(same);
    }
    if store_waitlist::count_open(conn, guest)? >= MOST_WISHES {
        return Err(WishError::TooMany);
    }
    store_waitlist::insert(conn, &wish)?;
    store_waitlist::look_at_hosts_for(conn, &wish, &wish.spans(now), now)?;
    Ok(wish)
}

/// Takes a wish off the list, and gives back what is held for it. Twice is as good as once.
pub fn withdraw(
    conn: &mut Conn,
    id: WishId,
    guest: PersonId,
    now: DateTime<Utc>,
) -> Result<(), BookError> {
    let wish = store_waitlist::own(conn, id, guest)?.ok_or(BookError::NotFound)?;
    let held = store_waitlist::held_for(conn, id)?;
    let mut touched = vec![guest];
    touched.extend(held.iter().map(|booking| booking.host_id));
    people::store::lock(conn, &touched)?;
    store_waitlist::end(conn, wish.id, None, now)?;
    for booking in held {
        hold::release(conn, &booking, now)?;
    }
    Ok(())
}

/// The wish that a booking fulfils is over.
pub fn fulfil(conn: &mut Conn, booking: &Booking, now: DateTime<Utc>) -> QueryResult<()> {
    match booking.wish_id {
        Some(wish) => store_waitlist::end(conn, wish, Some(booking.id), now),
        None => Ok(()),
    }
}

/// Drops the claims of a booking or hold, whose host is locked, and offers the time to whoever waits for
/// it, in the same transaction: nobody else can be quicker.
pub fn free_again(conn: &mut Conn, booking: &Booking, now: DateTime<Utc>) -> Result<(), DbError> {
    if let Some(group) = booking.group_id {
        // The host's time stays claimed while others come.
        store_group::settle_claim(conn, group, now)?;
    }
    let dropped = store_claims::drop_claims(conn, &[booking.id])?;
    offer_again(conn, booking, &dropped, now)
}

/// Offers the time of a booking whose claims were `dropped`, as `free_again` does.
pub fn offer_again(
    conn: &mut Conn,
    booking: &Booking,
    dropped: &[(PersonId, Span)],
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    free_times::refresh_people(conn, dropped, now)?;
    store_free::note_growth(conn, &[booking.host_id], now)?;
    // Whoever gives a time up does not wait for it.
    store_waitlist::note_given_up(conn, booking, now)?;
    pass_on(conn, booking.host_id, now)
}

/// Offers what a host, who is locked, has free, as far as that can be done at once; the worker goes on with
/// what is left.
fn pass_on(conn: &mut Conn, host: PersonId, now: DateTime<Utc>) -> Result<(), DbError> {
    if !store_waitlist::is_waited_for(conn, host)? {
        return Ok(());
    }
    // An offer that cannot be made does not stand in the way of the change that has freed the time.
    match conn.transaction(|conn| offer_one(conn, host, now)) {
        Ok(_) | Err(DbError::Query(diesel::result::Error::RollbackTransaction)) => Ok(()),
        Err(error) => Err(error),
    }
}

/// What came of looking at a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Looked {
    /// A time is held for somebody; there may be more.
    Offered,
    /// Nothing suits anybody.
    Nothing,
    /// Whoever is next does something else at this moment.
    Later,
}

/// Looks at one host whose free time has grown. Returns whether there was one.
pub fn look_at_one(conn: &mut Conn, now: DateTime<Utc>) -> Result<bool, DbError> {
    let Some(host) = store_waitlist::next_newly_free(conn)? else {
        return Ok(false);
    };
    if store_waitlist::is_waited_for(conn, host)? {
        people::store::lock(conn, &[host])?;
        loop {
            match offer_one(conn, host, now)? {
                Looked::Offered => {}
                Looked::Nothing => break,
                Looked::Later => return Ok(false), // The next round finds it again.
            }
        }
    }
    store_waitlist::looked_at(conn, host)?;
    Ok(true)
}

/// Holds a time of a host, who is locked, for the first in order whom one suits.
fn offer_one(conn: &mut Conn, host: PersonId, now: DateTime<Utc>) -> Result<Looked, DbError> {
    let Some(host) = slot_store::listed_by_id(conn, host)?.filter(Host::is_open) else {
        return Ok(Looked::Nothing);
    };
    let waiting = store_waitlist::waiting(conn, host.person.id, now)?;
    if waiting.is_empty() {
        return Ok(Looked::Nothing);
    }
    let rules = slot_store::rules_of(conn, &host, now)?;
    let free = free_slots(conn, &host, &rules, now)?;
    let ids: Vec<WishId> = waiting.iter().map(|wish| wish.id).collect();
    let offered = store_waitlist::offered(conn, &ids)?;
    for wish in &waiting {
        let spans = wish.spans(now);
        let suitable = free.iter().filter(|(service, slot)| {
            let is_wanted = match wish.service_id {
                Some(id) => service.id == id,
                None => service.kind == wish.kind,
            };
            is_wanted
                && rules::suits(&spans, slot)
                && !offered.contains(&(wish.id, service.id, slot.start))
        });
        let suitable: Vec<_> = suitable.collect();
        if suitable.is_empty() {
            continue;
        }
        let Some(guest) = people::store::lock_if_free(conn, wish.guest_id)? else {
            return Ok(Looked::Later);
        };
        // Under the lock: not withdrawn, and nothing else is held for them.
        if !store_waitlist::still_waits(conn, wish, now)? {
            continue;
        }
        for (service, slot) in suitable {
            if hold_for(conn, wish, (&host, &rules), (&guest, service, slot), now)? {
                return Ok(Looked::Offered);
            }
        }
    }
    Ok(Looked::Nothing)
}

/// What a host has free, by service, that could be kept long enough for somebody to take it.
fn free_slots(
    conn: &mut Conn,
    host: &Host,
    rules: &Rules,
    now: DateTime<Utc>,
) -> QueryResult<Vec<(Service, Span)>> {
    let ahead = Span::new(now, now + host.policy.horizon());
    let taken = store_claims::taken(conn, &[host.person.id], ahead, now, None)?;
    let diary = slots::diary(host.person.id, None, &taken);
    let unwanted = store_waitlist::given_up_by_host(conn, host.person.id, now)?;
    let mut free = Vec::new();
    for service in slot_store::open_services(conn, &[host.person.id])? {
        let policy = host.policy.for_service(&service);
        let offer = Offer {
            rules,
            policy: &policy,
            diary: &diary,
            now,
        };
        let soonest = now + policy.minimum_notice + LEAST;
        let mut slots = offer.slots(soonest, ahead.end);
        let groups = slot_store::open_groups(conn, &service, Span::new(soonest, ahead.end), now)?;
        slots = slots::with_groups(slots, &groups, &policy, now);
        // Whoever has just cancelled a time is not sent somebody else at it.
        slots.retain(|slot| !unwanted.iter().any(|span| span.meets(slot)));
        free.extend(slots.into_iter().map(|slot| (service.clone(), slot)));
    }
    free.sort_by_key(|(service, slot)| (slot.start, service.created_at));
    Ok(free)
}

/// Holds a slot for a wish, whose guest is locked, and writes to them; false if it does not suit them
/// after all.
fn hold_for(
    conn: &mut Conn,
    wish: &Wish,
    (host, rules): (&Host, &Rules),
    (guest, service, slot): (&Person, &Service, &Span),
    now: DateTime<Utc>,
) -> Result<bool, DbError> {
    let (open, with_host) = store::open_bookings(conn, guest.id, host.person.id, now)?;
    let allowed = store::fair_use(conn)?.allows(open, with_host);
    if allowed.is_err() || rules::may_meet(guest, host, service).is_err() {
        return Ok(false);
    }
    let locked = Locked {
        host: host.clone(),
        guest: guest.clone(),
        service: service.clone(),
        rules: rules.clone(),
    };
    let judged = match hold::judge(conn, &locked, slot.start, now, None) {
        Ok(found) => found,
        Err(BookError::Database(error)) => return Err(error),
        Err(_) => return Ok(false),
    };
    let mut booking = hold::row(&locked, &judged, Status::Held, &Preparation::default(), now);
    let notice = host.policy.for_service(service).minimum_notice;
    booking.hold_expires_at = Some((now + HELD_FOR).min(slot.start - notice));
    booking.wish_id = Some(wish.id);
    let kept = hold::insert(conn, &booking, &judged)
        .and_then(|()| locked.claim(conn, &booking, judged, now));
    kept.map_err(|error| match error {
        BookError::Database(error) => error,
        // Whoever got past the lock some other way has it.
        _ => diesel::result::Error::RollbackTransaction.into(),
    })?;
    store_waitlist::note_offer(conn, wish.id, service.id, slot.start, now)?;
    jobs::enqueue(
        conn,
        &[Job::WaitlistOffer {
            booking: booking.id,
            at: now,
        }],
        now,
    )?;
    Ok(true)
}
