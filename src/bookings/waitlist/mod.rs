//! The waitlist that books: whatever becomes free is held for the first whom it suits.
//!
//! First is who has had the fewest sessions of late, then who asked first. A time is offered to one at a
//! time, for two hours, and never twice to the same wish; then it passes on.

pub mod api;
pub mod mail;
pub mod pages;
pub mod store;
pub mod web;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{
    bookings::{
        self, Booking, Preparation, Status, group,
        hold::{self, BookError, Locked},
    },
    db::{BookingId, DbError, PersonId, ServiceId, Tx, WishId, schema, types::Words},
    input::Problems,
    jobs::{self, Job},
    people::{self, Person},
    schedule::{Offer, Rules, Span, Window, Zone},
    slots::{self, Host, Service, ServiceKind, claims, index},
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
pub fn ask(tx: &mut Tx, guest: PersonId, wanted: &NewWish) -> Result<Wish, WishError> {
    people::store::lock(tx, &[guest])?;
    let now = tx.now()?;
    let service = match &wanted.of {
        None => None,
        Some((handle, slug)) => {
            let found = slots::store::offered_as(tx, handle, slug).optional()?;
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
    if let Some(same) = store::same(tx, &wish)? {
        return Ok(same);
    }
    if store::count_open(tx, guest)? >= MOST_WISHES {
        return Err(WishError::TooMany);
    }
    store::insert(tx, &wish)?;
    store::look_at_hosts_for(tx, &wish, &wish.spans(now), now)?;
    Ok(wish)
}

/// Takes a wish off the list, and gives back what is held for it. Twice is as good as once.
pub fn withdraw(tx: &mut Tx, id: WishId, guest: PersonId) -> Result<(), BookError> {
    let wish = store::own(tx, id, guest)?.ok_or(BookError::NotFound)?;
    let held = store::held_for(tx, id)?;
    let mut touched = vec![guest];
    touched.extend(held.iter().map(|booking| booking.host_id));
    people::store::lock(tx, &touched)?;
    let now = tx.now()?;
    store::end(tx, wish.id, None, now)?;
    for booking in held {
        hold::release(tx, &booking)?;
    }
    Ok(())
}

/// The wish that a booking fulfils is over.
pub fn fulfil(tx: &mut Tx, booking: &Booking) -> QueryResult<()> {
    let now = tx.now()?;
    match booking.wish_id {
        Some(wish) => store::end(tx, wish, Some(booking.id), now),
        None => Ok(()),
    }
}

/// Drops the claims of a booking or hold, whose host is locked, and offers the time to whoever waits for
/// it, in the same transaction: nobody else can be quicker.
pub fn free_again(tx: &mut Tx, booking: &Booking) -> Result<(), DbError> {
    let now = tx.now()?;
    if let Some(group) = booking.group_id {
        // The host's time stays claimed while others come.
        group::store::settle_claim(tx, group, now)?;
    }
    let dropped = claims::store::drop_claims(tx, &[booking.id])?;
    offer_again(tx, booking, &dropped)
}

/// Offers the time of a booking whose claims were `dropped`, as `free_again` does.
pub fn offer_again(
    tx: &mut Tx,
    booking: &Booking,
    dropped: &[(PersonId, Span)],
) -> Result<(), DbError> {
    let now = tx.now()?;
    index::refresh_people(tx, dropped)?;
    index::store::note_growth(tx, &[booking.host_id], now)?;
    // Whoever gives a time up does not wait for it.
    store::note_given_up(tx, booking, now)?;
    pass_on(tx, booking.host_id)
}

/// Offers what a host, who is locked, has free, as far as that can be done at once; the worker goes on with
/// what is left.
fn pass_on(tx: &mut Tx, host: PersonId) -> Result<(), DbError> {
    if !store::is_waited_for(tx, host)? {
        return Ok(());
    }
    // An offer that cannot be made does not stand in the way of the change that has freed the time.
    match tx.savepoint(|tx| offer_one(tx, host)) {
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
pub fn look_at_one(tx: &mut Tx) -> Result<bool, DbError> {
    let Some(host) = store::next_newly_free(tx)? else {
        return Ok(false);
    };
    if store::is_waited_for(tx, host)? {
        people::store::lock(tx, &[host])?;
        loop {
            match offer_one(tx, host)? {
                Looked::Offered => {}
                Looked::Nothing => break,
                Looked::Later => return Ok(false), // The next round finds it again.
            }
        }
    }
    store::looked_at(tx, host)?;
    Ok(true)
}

/// Holds a time of a host, who is locked, for the first in order whom one suits.
fn offer_one(tx: &mut Tx, host: PersonId) -> Result<Looked, DbError> {
    let now = tx.now()?;
    let Some(host) = slots::store::listed_by_id(tx, host)?.filter(Host::is_open) else {
        return Ok(Looked::Nothing);
    };
    let waiting = store::waiting(tx, host.person.id, now)?;
    if waiting.is_empty() {
        return Ok(Looked::Nothing);
    }
    let rules = slots::store::rules_of(tx, &host, now)?;
    let free = free_slots(tx, &host, &rules)?;
    let ids: Vec<WishId> = waiting.iter().map(|wish| wish.id).collect();
    let offered = store::offered(tx, &ids)?;
    for wish in &waiting {
        let spans = wish.spans(now);
        let suitable = free.iter().filter(|(service, slot)| {
            let is_wanted = match wish.service_id {
                Some(id) => service.id == id,
                None => service.kind == wish.kind,
            };
            is_wanted
                && bookings::rules::suits(&spans, slot)
                && !offered.contains(&(wish.id, service.id, slot.start))
        });
        let suitable: Vec<_> = suitable.collect();
        if suitable.is_empty() {
            continue;
        }
        let Some(guest) = people::store::lock_if_free(tx, wish.guest_id)? else {
            return Ok(Looked::Later);
        };
        // Under the lock: not withdrawn, and nothing else is held for them.
        if !store::still_waits(tx, wish, now)? {
            continue;
        }
        for (service, slot) in suitable {
            if hold_for(tx, wish, (&host, &rules), (&guest, service, slot))? {
                return Ok(Looked::Offered);
            }
        }
    }
    Ok(Looked::Nothing)
}

/// What a host has free, by service, that could be kept long enough for somebody to take it.
fn free_slots(tx: &mut Tx, host: &Host, rules: &Rules) -> QueryResult<Vec<(Service, Span)>> {
    let now = tx.now()?;
    let ahead = Span::new(now, now + host.policy.horizon());
    let taken = claims::store::taken(tx, &[host.person.id], ahead, now, None)?;
    let diary = slots::diary(host.person.id, None, &taken);
    let unwanted = store::given_up_by_host(tx, host.person.id, now)?;
    let mut free = Vec::new();
    for service in slots::store::open_services(tx, &[host.person.id])? {
        let policy = host.policy.for_service(&service);
        let offer = Offer {
            rules,
            policy: &policy,
            diary: &diary,
            now,
        };
        let soonest = now + policy.minimum_notice + LEAST;
        let mut slots = offer.slots(soonest, ahead.end);
        let groups = slots::store::open_groups(tx, &service, Span::new(soonest, ahead.end), now)?;
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
    tx: &mut Tx,
    wish: &Wish,
    (host, rules): (&Host, &Rules),
    (guest, service, slot): (&Person, &Service, &Span),
) -> Result<bool, DbError> {
    let now = tx.now()?;
    let allowed = hold::is_fair(tx, guest.id, host.person.id)?;
    if allowed.is_err() || bookings::rules::may_meet(guest, host, service).is_err() {
        return Ok(false);
    }
    let locked = Locked {
        host: host.clone(),
        guest: guest.clone(),
        service: service.clone(),
        rules: rules.clone(),
    };
    let judged = match hold::judge(tx, &locked, slot.start, None) {
        Ok(found) => found,
        Err(BookError::Database(error)) => return Err(error),
        Err(_) => return Ok(false),
    };
    let mut booking = hold::row(&locked, &judged, Status::Held, &Preparation::default(), now);
    let notice = host.policy.for_service(service).minimum_notice;
    booking.hold_expires_at = Some((now + HELD_FOR).min(slot.start - notice));
    booking.wish_id = Some(wish.id);
    let kept =
        hold::insert(tx, &booking, &judged).and_then(|()| locked.claim(tx, &booking, judged));
    kept.map_err(|error| match error {
        BookError::Database(error) => error,
        // Whoever got past the lock some other way has it.
        _ => diesel::result::Error::RollbackTransaction.into(),
    })?;
    store::note_offer(tx, wish.id, service.id, slot.start, now)?;
    jobs::enqueue(
        tx,
        &[Job::WaitlistOffer {
            booking: booking.id,
            at: now,
        }],
        now,
    )?;
    Ok(true)
}
