//! Queries about sessions with several guests.

use chrono::{DateTime, Utc};
use diesel::{prelude::*, sql_types};

use crate::{
    bookings::{Booking, Status},
    db::{
        BookingId, Conn, GroupId, Kept, PersonId, ServiceId,
        schema::{bookings, claims, groups, people},
    },
};

/// A seat that counts: had by somebody, or held for them.
macro_rules! is_live {
    ($now:expr) => {
        bookings::status.eq_any(Status::HAD).or(bookings::status
            .eq(Status::Held)
            .and(bookings::hold_expires_at.gt($now)))
    };
}

pub fn insert(conn: &mut Conn, id: GroupId) -> QueryResult<()> {
    diesel::insert_into(groups::table)
        .values(groups::id.eq(id))
        .execute(conn)
        .map(drop)
}

/// The seats that are had or held in the group that meets at that time, `except` left out.
pub fn seats_at(
    conn: &mut Conn,
    service: ServiceId,
    starts_at: DateTime<Utc>,
    except: Option<BookingId>,
    now: DateTime<Utc>,
) -> QueryResult<Vec<Booking>> {
    let mut query = bookings::table
        .filter(bookings::service_id.eq(service))
        .filter(bookings::starts_at.eq(starts_at))
        .filter(bookings::group_id.is_not_null())
        .filter(is_live!(now))
        .order(bookings::seat)
        .select(Booking::as_select())
        .into_boxed();
    if let Some(except) = except {
        query = query.filter(bookings::id.ne(except));
    }
    query.load(conn)
}

/// The seats of a group that are had or held, first come first.
pub fn seats(conn: &mut Conn, group: GroupId, now: DateTime<Utc>) -> QueryResult<Vec<Booking>> {
    bookings::table
        .filter(bookings::group_id.eq(group))
        .filter(is_live!(now))
        .order((bookings::created_at, bookings::id))
        .select(Booking::as_select())
        .load(conn)
}

/// Those who have a seat, with their bookings, by name.
pub fn guests(conn: &mut Conn, group: GroupId) -> QueryResult<Vec<(BookingId, String)>> {
    bookings::table
        .inner_join(people::table.on(people::id.eq(bookings::guest_id)))
        .filter(bookings::group_id.eq(group))
        .filter(bookings::status.eq_any(Status::HAD))
        .order((people::name, bookings::id))
        .select((bookings::id, people::name))
        .load(conn)
}

/// The booking to show the host of a group: a seat that is taken, else the last that was.
pub fn shown_to_host(
    conn: &mut Conn,
    group: GroupId,
    host: PersonId,
) -> QueryResult<Option<BookingId>> {
    bookings::table
        .filter(bookings::group_id.eq(group))
        .filter(bookings::host_id.eq(host))
        .filter(bookings::status.ne_all([Status::Held, Status::Expired]))
        .order((bookings::cancelled_at.desc().nulls_first(), bookings::id))
        .select(bookings::id)
        .first(conn)
        .optional()
}

/// Frees the seats of holds that ran out: they no longer stand in the way of the index.
pub fn lapse(
    conn: &mut Conn,
    service: ServiceId,
    starts_at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::update(
        bookings::table
            .filter(bookings::service_id.eq(service))
            .filter(bookings::starts_at.eq(starts_at))
            .filter(bookings::group_id.is_not_null())
            .filter(bookings::status.eq(Status::Held))
            .filter(bookings::hold_expires_at.le(now)),
    )
    .set((
        bookings::status.eq(Status::Expired),
        bookings::updated_at.eq(now),
    ))
    .execute(conn)
    .map(drop)
}

/// Lets the host's claim go with the seat that lasts longest: a booking before a hold.
pub fn settle_claim(conn: &mut Conn, group: GroupId, now: DateTime<Utc>) -> QueryResult<()> {
    Kept(
        diesel::sql_query(
            "with best as ( \
                 select id, case when status = 'held' then hold_expires_at end as expires_at from bookings \
                 where group_id = $1 and (status = 'confirmed' or status = 'held' and hold_expires_at > $2) \
                 order by status = 'held', hold_expires_at desc nulls first, created_at, id limit 1 \
             ) \
             update claims c set booking_id = best.id, expires_at = best.expires_at from best \
             where c.as_host and c.booking_id in (select id from bookings where group_id = $1) \
               and (c.booking_id, c.expires_at) is distinct from (best.id, best.expires_at)",
        )
        .bind::<sql_types::Uuid, _>(group)
        .bind::<sql_types::Timestamptz, _>(now),
    )
    .execute(conn)
}

/// Claims the times of seats for their guests only: the host's is claimed already.
pub fn claim_for_guests(conn: &mut Conn, seats: &[&Booking]) -> QueryResult<()> {
    let row = |seat: &&Booking| {
        (
            claims::booking_id.eq(seat.id),
            claims::person_id.eq(seat.guest_id),
            claims::starts_at.eq(seat.starts_at),
            claims::ends_at.eq(seat.ends_at),
            claims::as_host.eq(false),
            claims::buffer_before_minutes.eq(0i16),
            claims::buffer_after_minutes.eq(0i16),
            claims::expires_at.eq(seat.hold_expires_at),
        )
    };
    diesel::insert_into(claims::table)
        .values(seats.iter().map(row).collect::<Vec<_>>())
        .execute(conn)
        .map(drop)
}

/// The SEQUENCE of the host's event.
pub fn sequence(conn: &mut Conn, group: GroupId) -> QueryResult<i32> {
    groups::table
        .find(group)
        .select(groups::sequence)
        .first(conn)
}

/// The SEQUENCE with which the event of a guest in a group begins: after those of seats they gave up.
pub fn next_sequence(
    conn: &mut Conn,
    group: GroupId,
    guest: PersonId,
    except: Option<BookingId>,
) -> QueryResult<i32> {
    let given_up: Vec<(BookingId, i32)> = bookings::table
        .filter(bookings::group_id.eq(group))
        .filter(bookings::guest_id.eq(guest))
        .filter(bookings::cancelled_at.is_not_null())
        .select((bookings::id, bookings::sequence))
        .load(conn)?;
    let others = given_up.into_iter().filter(|(id, _)| Some(*id) != except);
    Ok(others.map(|(_, sequence)| sequence + 1).max().unwrap_or(0))
}

/// The host's event changes: its SEQUENCE after that.
pub fn raise(conn: &mut Conn, group: GroupId) -> QueryResult<i32> {
    diesel::update(groups::table.find(group))
        .set(groups::sequence.eq(groups::sequence + 1))
        .returning(groups::sequence)
        .get_result(conn)
}

/// The SEQUENCE of the host's event of each group.
pub fn sequences(conn: &mut Conn, of: &[GroupId]) -> QueryResult<Vec<(GroupId, i32)>> {
    if of.is_empty() {
        return Ok(Vec::new()); // As in most feeds, which are read often.
    }
    groups::table
        .filter(groups::id.eq_any(of))
        .select((groups::id, groups::sequence))
        .load(conn)
}

/// Everybody with a seat in the group, for locking.
pub fn people_in(conn: &mut Conn, group: GroupId) -> QueryResult<Vec<PersonId>> {
    bookings::table
        .filter(bookings::group_id.eq(group))
        .select(bookings::guest_id)
        .distinct()
        .load(conn)
}
