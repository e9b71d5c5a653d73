//! Offering what has become free: a time is held for the first in order whom it suits.

use chrono::TimeDelta;
use diesel::prelude::*;

use super::{Wish, jobs::WaitlistOffer, store};
use crate::{
    bookings::{
        self, Booking, Preparation, Status,
        take::{self, BookError, Locked},
    },
    db::{DbError, PersonId, Tx, WishId},
    jobs,
    people::{self, Person},
    schedule::{Offer, Rules, Span},
    slots::{self, Host, MARKETPLACE, Service, claims},
};

/// How long an offer is held.
pub const HELD_FOR: TimeDelta = TimeDelta::hours(2);

/// How many slots that look free are tried for one wish.
const MOST_TRIES: usize = 3;

/// How many guests are tried inside the change that has freed a time; the worker tries the others.
const MOST_GUESTS: usize = 5;

/// What could be kept for less is not offered.
const LEAST: TimeDelta = TimeDelta::minutes(15);

/// The wish that a booking fulfils is over.
pub fn fulfil(tx: &mut Tx, booking: &Booking) -> QueryResult<()> {
    let now = tx.now()?;
    match booking.wish_id {
        Some(wish) => store::end(tx, wish, Some(booking.id), now),
        None => Ok(()),
    }
}

/// Offers what a host, who is locked, has free, as far as that can be done at once; the worker goes on with
/// what is left.
pub fn pass_on(tx: &mut Tx, host: PersonId) -> Result<(), DbError> {
    if !store::is_waited_for(tx, host)? {
        return Ok(());
    }
    // An offer that cannot be made does not stand in the way of the change that has freed the time.
    match tx.savepoint(|tx| offer_one(tx, host, MOST_GUESTS)) {
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
    /// Whoever is next does something else at this moment, or enough were tried for now.
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
            match offer_one(tx, host, usize::MAX)? {
                Looked::Offered => {}
                Looked::Nothing => break,
                Looked::Later => return Ok(false), // The next round finds it again.
            }
        }
    }
    store::looked_at(tx, host)?;
    Ok(true)
}

/// Holds a time of a host, who is locked, for the first person in order that it suits, trying up to `most`.
fn offer_one(tx: &mut Tx, host: PersonId, most: usize) -> Result<Looked, DbError> {
    let now = tx.now()?;
    let Some(host) = slots::store::listed_by_id(tx, host)?.filter(Host::is_open) else {
        return Ok(Looked::Nothing);
    };
    let waiting = store::waiting(tx, host.person.id, now)?;
    if waiting.is_empty() {
        return Ok(Looked::Nothing);
    }
    let rules = slots::store::rules_of(tx, &host, now)?;
    let ahead = Span::new(now, now + host.policy.horizon());
    let free = free_slots(tx, &host, &rules, ahead)?;
    let ids: Vec<WishId> = waiting.iter().map(|wish| wish.id).collect();
    let offered = store::offered(tx, &ids)?;
    // Asked once for all of them: hundreds may wait, and the host is locked.
    let guests: Vec<PersonId> = waiting.iter().map(|wish| wish.guest_id).collect();
    let taken = claims::store::taken(tx, &guests, ahead, now, None)?;
    let mut tried = 0;
    for wish in &waiting {
        let spans = wish.spans(now);
        let busy: Vec<Span> = taken.spans_of(wish.guest_id).collect();
        let suitable = free.iter().filter(|(service, slot)| {
            let is_wanted = match wish.service_id {
                Some(id) => service.id == id,
                None => service.kind == wish.kind,
            };
            is_wanted
                && bookings::rules::suits(&spans, slot)
                && !offered.contains(&(wish.id, service.id, slot.start))
                && !busy.iter().any(|span| span.meets(slot))
        });
        let suitable: Vec<_> = suitable.collect();
        if suitable.is_empty() {
            continue;
        }
        if tried == most {
            return Ok(Looked::Later);
        }
        tried += 1;
        let Some(guest) = people::store::lock_if_free(tx, wish.guest_id)? else {
            return Ok(Looked::Later);
        };
        // Under the lock: not withdrawn, and nothing else is held for them.
        if !store::still_waits(tx, wish, now)? {
            continue;
        }
        // Asked once for the guest, not for every slot: there may be a thousand.
        if take::is_fair(tx, guest.id, host.person.id)?.is_err() {
            continue;
        }
        let can_be_had = suitable.into_iter().filter(|(service, _)| {
            bookings::rules::may_meet(&guest, &host, service, &MARKETPLACE).is_ok()
        });
        for (service, slot) in can_be_had.take(MOST_TRIES) {
            if hold_for(tx, wish, &host, &rules, &guest, service, slot)? {
                return Ok(Looked::Offered);
            }
        }
    }
    Ok(Looked::Nothing)
}

/// What a host has free, by service, that could be kept long enough for somebody to take it.
fn free_slots(
    tx: &mut Tx,
    host: &Host,
    rules: &Rules,
    ahead: Span,
) -> QueryResult<Vec<(Service, Span)>> {
    let now = tx.now()?;
    let taken = claims::store::taken(tx, &[host.person.id], ahead, now, None)?;
    let diary = slots::diary(host.person.id, None, &taken);
    let unwanted = store::given_up_by_host(tx, host.person.id, now)?;
    let mut free = Vec::new();
    let services = slots::store::open_services(tx, &[host.person.id])?;
    let groups = slots::store::open_groups(tx, &services, ahead, now)?;
    for service in services {
        let policy = host.policy.for_service(&service);
        let offer = Offer {
            rules,
            policy: &policy,
            diary: &diary,
            now,
        };
        let soonest = now + policy.minimum_notice + LEAST;
        let mut slots = offer.slots(soonest, ahead.end);
        if let Some(groups) = groups.get(&service.id) {
            slots = slots::with_groups(slots, groups, &policy, now);
            slots.retain(|slot| slot.start >= soonest);
        }
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
    host: &Host,
    rules: &Rules,
    guest: &Person,
    service: &Service,
    slot: &Span,
) -> Result<bool, DbError> {
    let now = tx.now()?;
    let locked = Locked {
        host: host.clone(),
        guest: guest.clone(),
        service: service.clone(),
        rules: rules.clone(),
    };
    let judged = match take::judge(tx, &locked, slot.start, None) {
        Ok(found) => found,
        Err(BookError::Database(error)) => return Err(error),
        Err(_) => return Ok(false),
    };
    let mut booking = take::row(&locked, &judged, Status::Held, &Preparation::default(), now);
    let notice = host.policy.for_service(service).minimum_notice;
    booking.hold_expires_at = Some((now + HELD_FOR).min(slot.start - notice));
    booking.wish_id = Some(wish.id);
    let kept =
        take::insert(tx, &booking, &judged).and_then(|()| locked.claim(tx, &booking, judged));
    kept.map_err(|error| match error {
        BookError::Database(error) => error,
        // Whoever got past the lock some other way has it.
        _ => diesel::result::Error::RollbackTransaction.into(),
    })?;
    store::note_offer(tx, wish.id, service.id, slot.start, now)?;
    let letter = WaitlistOffer {
        booking: booking.id,
        at: now,
    };
    jobs::enqueue(tx, &[letter], now)?;
    Ok(true)
}
