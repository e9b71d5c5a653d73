//! Queries about sessions ahead of somebody who may not take part.

use chrono::{DateTime, Utc};
use diesel::{prelude::*, sql_types};

use crate::{
    bookings::{Booking, Status},
    db::{BookingId, Conn, Kept, PersonId, schema::bookings},
};

/// A session whose `person` may not take part, and the one on its other side.
#[derive(Debug, QueryableByName)]
pub struct Absence {
    #[diesel(sql_type = sql_types::Uuid)]
    pub booking: BookingId,
    #[diesel(sql_type = sql_types::Uuid)]
    pub person: PersonId,
    #[diesel(sql_type = sql_types::Uuid)]
    pub other: PersonId,
}

/// Notes the sessions and requests ahead of people who are not active, each once. The few who are not active
/// have an index, and their sessions another.
pub fn note_new(conn: &mut Conn, now: DateTime<Utc>) -> QueryResult<Vec<Absence>> {
    Kept(
        diesel::sql_query(
            "insert into absences (booking_id, person_id, told_at) \
             select b.id, p.id, $1 from people p join bookings b on b.host_id = p.id \
             where p.standing <> 'active' and b.status in ('confirmed', 'pending') and b.starts_at > $1 \
             union all \
             select b.id, p.id, $1 from people p join bookings b on b.guest_id = p.id \
             where p.standing <> 'active' and b.status in ('confirmed', 'pending') and b.starts_at > $1 \
             on conflict do nothing \
             returning booking_id as booking, person_id as person, \
                 (select case when b.host_id = person_id then b.guest_id else b.host_id end \
                  from bookings b where b.id = booking_id) as other",
        )
        .bind::<sql_types::Timestamptz, _>(now),
    )
    .load(conn)
}

pub fn forget_who_is_back(conn: &mut Conn) -> QueryResult<()> {
    diesel::sql_query(
        "delete from absences a using people p where p.id = a.person_id and p.standing = 'active'",
    )
    .execute(conn)
    .map(drop)
}

/// A person's sessions and requests ahead, soonest first.
pub fn ahead(conn: &mut Conn, of: PersonId, now: DateTime<Utc>) -> QueryResult<Vec<Booking>> {
    bookings::table
        .filter(bookings::host_id.eq(of).or(bookings::guest_id.eq(of)))
        .filter(bookings::status.eq_any([Status::Confirmed, Status::Pending]))
        .filter(bookings::starts_at.gt(now))
        .order((bookings::starts_at, bookings::id))
        .select(Booking::as_select())
        .load(conn)
}

/// Everybody in a person's sessions ahead.
pub fn concerned(conn: &mut Conn, of: PersonId, now: DateTime<Utc>) -> QueryResult<Vec<PersonId>> {
    let ahead = ahead(conn, of, now)?;
    Ok(ahead.iter().flat_map(|b| [b.host_id, b.guest_id]).collect())
}
