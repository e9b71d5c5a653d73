//! After a session: how it went, as each of the two says, and what follows from that; thanks; how it
//! has helped.

use std::collections::HashSet;

use chrono::{DateTime, Utc};

use super::{
    Booking, Status,
    change::{self, ChangeError, Event, What},
    reliability,
    rules::{self, Verdict},
    state::{self, Action, Actor, WrongState},
    store, store_after,
};
use crate::{
    db::{BookingId, Conn, PersonId},
    jobs::{self, AfterLetter, AfterNews, Job},
    people, word_enum,
};

word_enum! {
    /// How a session went, as one of the two says.
    Outcome {
        Attended = "attended",
        /// The other one did not come.
        NoShow = "no_show",
        /// Something else, in words.
        Other = "other",
    }
}

word_enum! {
    /// How much a session has helped its guest.
    Help {
        ALot = "a_lot",
        Somewhat = "somewhat",
        ALittle = "a_little",
        NotYet = "not_yet",
    }
}

impl Help {
    pub fn label(self) -> &'static str {
        match self {
            Self::ALot => "A lot",
            Self::Somewhat => "Somewhat",
            Self::ALittle => "A little",
            Self::NotYet => "Not yet",
        }
    }
}

/// Notes how it went, as `by` says, and settles it where the other one agrees. Until then it can be said
/// anew. Whoever was counted as absent without a coordinator may object.
pub fn report(
    conn: &mut Conn,
    id: BookingId,
    by: PersonId,
    (outcome, note): (Outcome, &str),
    now: DateTime<Utc>,
) -> Result<Booking, ChangeError> {
    let (before, actor) = change::find(conn, id, by)?;
    state::may(&before, Action::Report, actor, now)?;
    let is_objection = before.status == Status::NoShow;
    if is_objection && !rules::may_object(&before, by, now) {
        return Err(WrongState::Settled.into());
    }
    if before.disputed_at.is_some() {
        return Err(WrongState::Done.into()); // It is for a coordinator now.
    }
    store_after::save_report(conn, id, by, (outcome, note), now)?;
    let what = match outcome {
        Outcome::Attended => What::SaidAttended,
        Outcome::NoShow => What::SaidNoShow,
        Outcome::Other => What::SaidOther,
    };
    note_event(conn, &before, Some(by), what, note, now)?;
    if is_objection {
        return dispute(conn, &before, now);
    }
    let (host, guest) = store_after::said(conn, &before)?;
    match rules::verdict(host, guest, false) {
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
                tell(conn, &before, &[other], news, note, now)?;
            }
            Ok(before)
        }
        Verdict::Disputed => dispute(conn, &before, now),
        Verdict::Completed => settle(conn, &before, (Some(by), actor), None, "", now),
        Verdict::Absent(_) => unreachable!("only once the time is up"),
    }
}

/// Leaves it to the coordinators.
fn dispute(conn: &mut Conn, before: &Booking, now: DateTime<Utc>) -> Result<Booking, ChangeError> {
    let after = Booking {
        disputed_at: Some(now),
        ..before.clone()
    };
    store::replace(conn, before, &after)?;
    let coordinators = people::store::coordinators(conn)?;
    tell(conn, &after, &coordinators, AfterNews::Disputed, "", now)?;
    Ok(after)
}

/// Ends a session: all came, or `absent` did not.
fn settle(
    conn: &mut Conn,
    before: &Booking,
    (by, actor): (Option<PersonId>, Actor),
    absent: Option<PersonId>,
    note: &str,
    now: DateTime<Utc>,
) -> Result<Booking, ChangeError> {
    let (action, what) = match absent {
        None => (Action::Complete, What::Completed),
        Some(_) => (Action::Miss, What::NoShow),
    };
    let status = state::may(before, action, actor, now)?;
    let after = Booking {
        status,
        absent,
        disputed_at: None,
        settled_at: Some(now),
        settled_by: by.filter(|_| actor == Actor::Coordinator),
        ..before.clone()
    };
    store::replace(conn, before, &after)?;
    note_event(conn, &after, by, what, note, now)?;
    if let Some(absent) = absent {
        reliability::weigh(conn, absent, now)?;
    }
    Ok(after)
}

/// Settles one session about which no more is said in time. Returns whether there was one.
pub fn settle_one(conn: &mut Conn, now: DateTime<Utc>) -> Result<bool, ChangeError> {
    let Some(found) = store_after::unsettled(conn, now - rules::TIME_TO_SAY)? else {
        return Ok(false);
    };
    people::store::lock(conn, &[found.host_id, found.guest_id])?;
    let before = store::booking(conn, found.id)?.ok_or(ChangeError::NotFound)?;
    if before.status != Status::Confirmed || before.disputed_at.is_some() {
        return Ok(true); // Somebody else was quicker.
    }
    let (host, guest) = store_after::said(conn, &before)?;
    let absent = match rules::verdict(host, guest, true) {
        Verdict::Absent(Actor::Host) => Some(before.host_id),
        Verdict::Absent(_) => Some(before.guest_id),
        Verdict::Open | Verdict::Completed | Verdict::Disputed => None,
    };
    let after = settle(conn, &before, (None, Actor::Time), absent, "", now)?;
    if let Some(absent) = absent {
        tell(conn, &after, &[absent], AfterNews::Counted, "", now)?;
    }
    Ok(true)
}

/// A coordinator decides: nobody is to blame, or one of the two did not come. Nobody decides about
/// their own session.
pub fn decide(
    conn: &mut Conn,
    id: BookingId,
    by: PersonId,
    (absent, note): (Option<Actor>, &str),
    now: DateTime<Utc>,
) -> Result<Booking, ChangeError> {
    let found = store::booking(conn, id)?.ok_or(ChangeError::NotFound)?;
    if found.involves(by) {
        return Err(WrongState::NotYours.into());
    }
    people::store::lock(conn, &[found.host_id, found.guest_id])?;
    let before = store::booking(conn, id)?.ok_or(ChangeError::NotFound)?;
    if before.disputed_at.is_none() {
        return Err(WrongState::Done.into()); // Another coordinator was quicker.
    }
    let absent = absent.map(|side| match side {
        Actor::Host => before.host_id,
        _ => before.guest_id,
    });
    let after = settle(
        conn,
        &before,
        (Some(by), Actor::Coordinator),
        absent,
        note,
        now,
    )?;
    let both = [after.guest_id, after.host_id];
    tell(conn, &after, &both, AfterNews::Decided, note, now)?;
    Ok(after)
}

/// Asks the two of sessions that have just ended how it went.
pub fn ask(conn: &mut Conn, now: DateTime<Utc>) -> diesel::QueryResult<()> {
    let (mut asked, mut letters) = (HashSet::new(), Vec::new());
    for booking in store_after::just_over(conn, now)? {
        let both = [booking.guest_id, booking.host_id];
        // The host of a group is asked once.
        let is_first = booking.group_id.is_none_or(|group| asked.insert(group));
        let readers = if is_first { &both[..] } else { &both[..1] };
        letters.extend(self::letters(&booking, readers, AfterNews::Asked, "", now));
    }
    jobs::enqueue(conn, &letters, now)
}

/// Thanks the other one, once, in words that only the two read.
pub fn thank(
    conn: &mut Conn,
    id: BookingId,
    by: PersonId,
    words: &str,
    now: DateTime<Utc>,
) -> Result<Booking, ChangeError> {
    let (booking, actor) = met(conn, id, by, now)?;
    let to = match actor {
        Actor::Host => booking.guest_id,
        _ => booking.host_id,
    };
    if !store_after::thank(conn, id, (by, to), words, now)? {
        return Err(WrongState::Done.into());
    }
    tell(conn, &booking, &[to], AfterNews::Thanks, words, now)?;
    Ok(booking)
}

/// Notes how much it has helped its guest, who may change their mind.
pub fn say_help(
    conn: &mut Conn,
    id: BookingId,
    by: PersonId,
    help: Help,
    now: DateTime<Utc>,
) -> Result<Booking, ChangeError> {
    let (booking, actor) = met(conn, id, by, now)?;
    if actor != Actor::Guest {
        return Err(WrongState::NotYours.into());
    }
    store_after::save_help(conn, id, help, now)?;
    Ok(booking)
}

/// The booking, if the two may have met.
fn met(
    conn: &mut Conn,
    id: BookingId,
    by: PersonId,
    now: DateTime<Utc>,
) -> Result<(Booking, Actor), ChangeError> {
    let (booking, actor) = change::find(conn, id, by)?;
    if !booking.is_over(now) || booking.status == Status::NoShow {
        return Err(WrongState::NotOver.into());
    }
    Ok((booking, actor))
}

fn note_event(
    conn: &mut Conn,
    booking: &Booking,
    by: Option<PersonId>,
    what: What,
    note: &str,
    at: DateTime<Utc>,
) -> diesel::QueryResult<()> {
    let event = Event {
        booking,
        by,
        what,
        note,
        was: None,
        at,
    };
    event.record(conn)
}

fn tell(
    conn: &mut Conn,
    booking: &Booking,
    readers: &[PersonId],
    news: AfterNews,
    note: &str,
    at: DateTime<Utc>,
) -> diesel::QueryResult<()> {
    jobs::enqueue(conn, &letters(booking, readers, news, note, at), at)
}

fn letters(
    booking: &Booking,
    readers: &[PersonId],
    news: AfterNews,
    note: &str,
    at: DateTime<Utc>,
) -> Vec<Job> {
    let letter = |reader: &PersonId| {
        Job::After(AfterLetter {
            booking: booking.id,
            reader: *reader,
            news,
            note: note.to_owned(),
            at,
        })
    };
    readers.iter().map(letter).collect()
}
