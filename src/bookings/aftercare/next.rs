//! A session that is over, with the times at which the two can meet again.

use chrono::{DateTime, Days, Utc};

use super::store::{self, After};
use crate::{
    bookings::Meeting,
    db::{Conn, PersonId},
    error::Error,
    schedule::{Offer, Span},
    slots::{self, claims},
};

/// All that the page of a session that is over shows besides it.
pub fn load(
    conn: &mut Conn,
    meeting: &Meeting,
    reader: PersonId,
    now: DateTime<Utc>,
) -> Result<After, Error> {
    let id = meeting.booking.id;
    Ok(After {
        reports: store::reports(conn, &[id])?,
        thanks: store::thanks_in(conn, id)?,
        help: store::help_of(conn, id)?,
        follow_up: if reader == meeting.booking.guest_id {
            follow_up(conn, meeting, now)?
        } else {
            None
        },
    })
}

/// Three times for meeting again: the same weekday and time in the weeks to come where that is offered,
/// else what is free next. None if the service is no longer offered.
fn follow_up(
    conn: &mut Conn,
    meeting: &Meeting,
    now: DateTime<Utc>,
) -> Result<Option<(crate::db::ServiceId, Vec<Span>)>, Error> {
    let booking = &meeting.booking;
    let Some(host) = slots::store::listed_by_id(conn, booking.host_id)? else {
        return Ok(None);
    };
    let service = slots::store::service(conn, booking.service_id)?.ok_or(Error::NotFound)?;
    if service.closed_at.is_some() || !host.is_open() {
        return Ok(None);
    }
    let ahead = Span::new(now, now + host.policy.horizon());
    let rules = slots::store::rules_of(conn, &host, now)?;
    let both = [booking.host_id, booking.guest_id];
    let taken = claims::store::taken(conn, &both, ahead, now, None)?;
    let policy = host.policy.for_service(&service);
    let diary = slots::diary(booking.host_id, Some(booking.guest_id), &taken);
    let offer = Offer {
        rules: &rules,
        policy: &policy,
        diary: &diary,
        now,
    };
    let zone = host.person.zone();
    let local = zone.local(booking.starts_at);
    let minute = chrono::Timelike::hour(&local) * 60 + chrono::Timelike::minute(&local);
    let weeks = (1..=26)
        .map(|week| zone.instant(local.date_naive() + Days::new(7 * week), minute as u16))
        .filter(|start| *start > now);
    let mut times: Vec<Span> = weeks
        .take(8)
        .filter_map(|start| offer.may_book(start).ok())
        .take(3)
        .collect();
    if times.is_empty() {
        times = offer.next(now, 3);
    }
    Ok(Some((service.id, times)))
}
