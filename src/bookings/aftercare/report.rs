//! How a session went, as each of the two says, and what follows from that; thanks; how it has helped.

use std::collections::HashSet;

use chrono::{DateTime, Utc};

use super::{
    Help, Outcome,
    jobs::{AfterLetter, AfterNews},
    reliability, store,
};
use crate::{
    bookings::{
        self, Booking, BookingChange, ChangeKind, Settlement, Status,
        change::{self, ChangeError},
        rules::Verdict,
        state::{self, Action, Actor, WrongState},
    },
    db::{BookingId, PersonId, Tx},
    jobs, people,
};

/// Notes how it went, as `by` says, and settles it where the other one agrees. Until then it can be said
/// again. Whoever was counted as absent without a coordinator may object.
pub fn report(
    tx: &mut Tx,
    id: BookingId,
    by: PersonId,
    outcome: Outcome,
    note: &str,
) -> Result<Booking, ChangeError> {
    let (before, actor) = change::find(tx, id, by)?;
    let now = tx.now()?;
    state::may(&before, Action::Report, actor, now)?;
    let settlement = store::settlement(tx, id)?;
    let is_objection = before.status == Status::NoShow;
    if is_objection && !bookings::rules::may_object(&settlement, by, now) {
        return Err(WrongState::Settled.into());
    }
    if settlement.is_disputed() {
        return Err(WrongState::Done.into()); // It is for a coordinator now.
    }
    change::not_too_often(tx, id, by)?;
    let (host, guest) = store::said(tx, &before)?;
    let before_this = if actor == Actor::Host { host } else { guest };
    store::save_report(tx, id, by, outcome, note, now)?;
    if before_this == Some(outcome) && !is_objection {
        return Ok(before); // The same once more is no news.
    }
    let what = match outcome {
        Outcome::Attended => ChangeKind::SaidAttended,
        Outcome::NoShow => ChangeKind::SaidNoShow,
        Outcome::Other => ChangeKind::SaidOther,
    };
    note_event(tx, &before, Some(by), what, note, now)?;
    if is_objection {
        return dispute(tx, &before, settlement);
    }
    let (host, guest) = store::said(tx, &before)?;
    match bookings::rules::verdict(host, guest, false) {
        Verdict::Open => {
            if outcome != Outcome::Attended {
                let news = match outcome {
                    Outcome::NoShow => AfterNews::SaidNoShow,
                    _ => AfterNews::SaidOther,
                };
                let other = match actor {
                    Actor::Host => before.guest_id,
                    _ => before.host_id,
                };
                tell(tx, &before, &[other], news, note, now)?;
            }
            Ok(before)
        }
        Verdict::Disputed => dispute(tx, &before, settlement),
        Verdict::Completed => settle(tx, &before, Some(by), actor, None, ""),
        Verdict::Absent(_) => unreachable!("only once the time is up"),
    }
}

/// Leaves it to the coordinators.
fn dispute(tx: &mut Tx, booking: &Booking, settlement: Settlement) -> Result<Booking, ChangeError> {
    let now = tx.now()?;
    let disputed = Settlement {
        disputed_at: Some(now),
        ..settlement
    };
    store::put_settlement(tx, booking.id, &disputed)?;
    let coordinators = people::store::coordinators_to_tell(tx)?;
    tell(tx, booking, &coordinators, AfterNews::Disputed, "", now)?;
    Ok(booking.clone())
}

/// Ends a session: all came, or `absent` did not.
fn settle(
    tx: &mut Tx,
    before: &Booking,
    by: Option<PersonId>,
    actor: Actor,
    absent: Option<PersonId>,
    note: &str,
) -> Result<Booking, ChangeError> {
    let now = tx.now()?;
    let (action, what) = match absent {
        None => (Action::Complete, ChangeKind::Completed),
        Some(_) => (Action::Miss, ChangeKind::NoShow),
    };
    let status = state::may(before, action, actor, now)?;
    let after = Booking {
        status,
        ..before.clone()
    };
    let settlement = Settlement {
        disputed_at: None,
        settled_at: Some(now),
        settled_by: by.filter(|_| actor == Actor::Coordinator),
        absent,
    };
    bookings::store::replace(tx, before, &after)?;
    store::put_settlement(tx, before.id, &settlement)?;
    note_event(tx, &after, by, what, note, now)?;
    if let Some(absent) = absent {
        reliability::weigh(tx, absent)?;
    }
    Ok(after)
}

/// Settles one session about which no more is said in time. Returns whether there was one.
pub fn settle_one(tx: &mut Tx) -> Result<bool, ChangeError> {
    let asked = tx.now()?;
    let Some(found) = store::unsettled(tx, asked - bookings::rules::TIME_TO_SAY)? else {
        return Ok(false);
    };
    people::store::lock(tx, &[found.host_id, found.guest_id])?;
    let now = tx.now()?;
    let before = bookings::store::booking(tx, found.id)?.ok_or(ChangeError::NotFound)?;
    if before.status != Status::Confirmed || store::settlement(tx, before.id)?.is_disputed() {
        return Ok(true); // Somebody else was quicker.
    }
    let (host, guest) = store::said(tx, &before)?;
    let absent = match bookings::rules::verdict(host, guest, true) {
        Verdict::Absent(Actor::Host) => Some(before.host_id),
        Verdict::Absent(_) => Some(before.guest_id),
        Verdict::Open | Verdict::Completed | Verdict::Disputed => None,
    };
    let after = settle(tx, &before, None, Actor::Time, absent, "")?;
    if let Some(absent) = absent {
        tell(tx, &after, &[absent], AfterNews::Counted, "", now)?;
    }
    Ok(true)
}

/// A coordinator decides: nobody was at fault, or one of the two did not attend. Nobody decides about
/// their own session.
pub fn decide(
    tx: &mut Tx,
    id: BookingId,
    by: PersonId,
    absent: Option<Actor>,
    note: &str,
) -> Result<Booking, ChangeError> {
    let found = bookings::store::booking(tx, id)?.ok_or(ChangeError::NotFound)?;
    if found.involves(by) {
        return Err(WrongState::NotYours.into());
    }
    people::store::lock(tx, &[found.host_id, found.guest_id])?;
    let before = bookings::store::booking(tx, id)?.ok_or(ChangeError::NotFound)?;
    if !store::settlement(tx, id)?.is_disputed() {
        return Err(WrongState::Done.into()); // Another coordinator was quicker.
    }
    let absent = absent.map(|side| match side {
        Actor::Host => before.host_id,
        _ => before.guest_id,
    });
    let after = settle(tx, &before, Some(by), Actor::Coordinator, absent, note)?;
    let both = [after.guest_id, after.host_id];
    let now = tx.now()?;
    tell(tx, &after, &both, AfterNews::Decided, note, now)?;
    Ok(after)
}

/// Asks the two of sessions that have just ended how it went.
pub fn ask(tx: &mut Tx) -> diesel::QueryResult<()> {
    let now = tx.now()?;
    let (mut asked, mut letters) = (HashSet::new(), Vec::new());
    for booking in store::just_over(tx, now)? {
        let both = [booking.guest_id, booking.host_id];
        // The host of a group is asked once.
        let is_first = booking.group_id.is_none_or(|group| asked.insert(group));
        let readers = if is_first { &both[..] } else { &both[..1] };
        letters.extend(self::letters(&booking, readers, AfterNews::Asked, "", now));
    }
    jobs::enqueue(tx, &letters, now)
}

/// Thanks the other one, once, in words that only the two read.
pub fn thank(
    tx: &mut Tx,
    id: BookingId,
    by: PersonId,
    words: &str,
) -> Result<Booking, ChangeError> {
    let (booking, actor) = met(tx, id, by)?;
    let now = tx.now()?;
    let to = match actor {
        Actor::Host => booking.guest_id,
        _ => booking.host_id,
    };
    if !store::thank(tx, id, by, to, words, now)? {
        return Err(WrongState::Done.into());
    }
    tell(tx, &booking, &[to], AfterNews::Thanks, words, now)?;
    Ok(booking)
}

/// Notes how much it has helped its guest, who may change their mind.
pub fn say_help(
    tx: &mut Tx,
    id: BookingId,
    by: PersonId,
    help: Help,
) -> Result<Booking, ChangeError> {
    let (booking, actor) = met(tx, id, by)?;
    let now = tx.now()?;
    if actor != Actor::Guest {
        return Err(WrongState::NotYours.into());
    }
    store::save_help(tx, id, help, now)?;
    Ok(booking)
}

/// The booking, if the two may have met.
fn met(tx: &mut Tx, id: BookingId, by: PersonId) -> Result<(Booking, Actor), ChangeError> {
    let (booking, actor) = change::find(tx, id, by)?;
    let now = tx.now()?;
    if !booking.is_over(now) || booking.status == Status::NoShow {
        return Err(WrongState::NotOver.into());
    }
    Ok((booking, actor))
}

fn note_event(
    tx: &mut Tx,
    booking: &Booking,
    by: Option<PersonId>,
    what: ChangeKind,
    note: &str,
    at: DateTime<Utc>,
) -> diesel::QueryResult<()> {
    let event = BookingChange {
        is_about_all_seats: false,
        booking,
        by,
        what,
        note,
        was: None,
        at,
    };
    event.record(tx)
}

fn tell(
    tx: &mut Tx,
    booking: &Booking,
    readers: &[PersonId],
    news: AfterNews,
    note: &str,
    at: DateTime<Utc>,
) -> diesel::QueryResult<()> {
    jobs::enqueue(tx, &letters(booking, readers, news, note, at), at)
}

fn letters(
    booking: &Booking,
    readers: &[PersonId],
    news: AfterNews,
    note: &str,
    at: DateTime<Utc>,
) -> Vec<AfterLetter> {
    let letter = |reader: &PersonId| AfterLetter {
        booking: booking.id,
        reader: *reader,
        news,
        note: note.to_owned(),
        at,
    };
    readers.iter().map(letter).collect()
}
