//! The queries about what is taken of people's time: claims of bookings and holds, and imported busy times.

use chrono::{DateTime, Utc};
use diesel::{connection::DefaultLoadingMode, dsl::case_when, prelude::*, sql_types};

use crate::{
    db::{
        BookingId, Conn, PersonId,
        schema::{bookings, busy_times, claims, people},
    },
    schedule::Span,
    slots::{Booked, Claim, PersonTime, Taken},
};

/// What is taken of those people's time around a span: nine days more on each side, so that buffers
/// and the caps of whole weeks are seen. Holds that have expired by `now` do not count, nor does the
/// booking `except`.
pub fn taken(
    conn: &mut Conn,
    of: &[PersonId],
    around: Span,
    now: DateTime<Utc>,
    except: Option<BookingId>,
) -> QueryResult<Taken> {
    let margin = chrono::TimeDelta::days(9);
    taken_within(conn, of, around.widened(margin, margin), now, except)
}

/// As `taken`, without more on each side.
pub fn taken_within(
    conn: &mut Conn,
    of: &[PersonId],
    span: Span,
    now: DateTime<Utc>,
    except: Option<BookingId>,
) -> QueryResult<Taken> {
    type Row = (
        Option<PersonId>,
        DateTime<Utc>,
        DateTime<Utc>,
        Option<bool>,
        i16,
        i16,
        Option<DateTime<Utc>>,
    );
    // Of one person nobody needs to read whose each row is: the id is a third of it.
    let are_several = (of.len() > 1).into_sql::<sql_types::Bool>();
    let claimed = claims::table
        .filter(claims::person_id.eq_any(of))
        .filter(claims::ends_at.gt(span.start))
        .filter(claims::starts_at.lt(span.end))
        // None is longer; so the index bounds them on both sides.
        .filter(claims::ends_at.le(span.end + chrono::TimeDelta::days(1)))
        .filter(claims::expires_at.is_null().or(claims::expires_at.gt(now)))
        .filter(claims::booking_id.nullable().is_distinct_from(except))
        .select((
            case_when(are_several, claims::person_id),
            claims::starts_at,
            claims::ends_at,
            claims::as_host.nullable(),
            claims::buffer_before_minutes,
            claims::buffer_after_minutes,
            claims::expires_at,
        ));
    let busy = busy_times::table
        .filter(busy_times::person_id.eq_any(of))
        .filter(busy_times::ends_at.gt(span.start))
        .filter(busy_times::starts_at.lt(span.end))
        .select((
            case_when(are_several, busy_times::person_id),
            busy_times::starts_at,
            busy_times::ends_at,
            None::<bool>.into_sql::<sql_types::Nullable<sql_types::Bool>>(),
            0i16.into_sql::<sql_types::SmallInt>(),
            0i16.into_sql::<sql_types::SmallInt>(),
            None::<DateTime<Utc>>.into_sql::<sql_types::Nullable<sql_types::Timestamptz>>(),
        ));
    let mut taken = Taken::default();
    for row in claimed
        .union_all(busy)
        .load_iter::<Row, DefaultLoadingMode>(conn)?
    {
        let (person_id, starts_at, ends_at, as_host, before, after, expires_at) = row?;
        let person_id = person_id.unwrap_or(of[0]);
        match as_host {
            Some(as_host) => taken.claims.push(Claim {
                person_id,
                starts_at,
                ends_at,
                as_host,
                buffer_before_minutes: before,
                buffer_after_minutes: after,
                expires_at,
            }),
            None => taken.busy.push(PersonTime {
                person: person_id,
                span: Span::new(starts_at, ends_at),
            }),
        }
    }
    Ok(taken)
}

/// The coming bookings of a host, soonest first, for the editor.
pub fn booked(conn: &mut Conn, host: PersonId, now: DateTime<Utc>) -> QueryResult<Vec<Booked>> {
    type Row = (BookingId, DateTime<Utc>, DateTime<Utc>, String, String);
    let rows: Vec<Row> = claims::table
        .inner_join(bookings::table)
        .inner_join(people::table.on(people::id.eq(bookings::guest_id)))
        .filter(claims::person_id.eq(host))
        .filter(claims::as_host)
        .filter(bookings::status.eq("confirmed"))
        .filter(claims::ends_at.gt(now))
        .order((claims::starts_at, claims::booking_id))
        .select((
            claims::booking_id,
            claims::starts_at,
            claims::ends_at,
            bookings::service_title,
            people::name,
        ))
        .load(conn)?;
    let booked = rows
        .into_iter()
        .map(|(id, start, end, title, with)| Booked {
            path: format!("/bookings/{id}"),
            title,
            with,
            span: Span::new(start, end),
        });
    Ok(booked.collect())
}

/// A hold's claims stay as a booking's, or until another moment. Returns how many there were: two, or for a
/// seat in a group its guest's alone.
pub fn set_expiry(
    conn: &mut Conn,
    booking: BookingId,
    expires_at: Option<DateTime<Utc>>,
) -> QueryResult<usize> {
    diesel::update(claims::table.filter(claims::booking_id.eq(booking)))
        .set(claims::expires_at.eq(expires_at))
        .execute(conn)
}

/// Drops the claims of those bookings. Returns whose they were.
pub fn drop_claims(conn: &mut Conn, bookings: &[BookingId]) -> QueryResult<Vec<PersonTime>> {
    dropped(conn, claims::booking_id.eq_any(bookings.to_vec()))
}

/// Drops those people's own claims by holds that have expired, so that they no longer stand in the
/// way of the constraint. The other side of each hold is left to whoever locks it.
pub fn drop_expired(
    conn: &mut Conn,
    of: &[PersonId],
    now: DateTime<Utc>,
) -> QueryResult<Vec<PersonTime>> {
    let theirs = claims::person_id.eq_any(of.to_vec());
    let is_over = claims::expires_at.le(now).assume_not_null();
    dropped(conn, theirs.and(is_over))
}

fn dropped<F>(conn: &mut Conn, which: F) -> QueryResult<Vec<PersonTime>>
where
    F: diesel::expression::NonAggregate
        + Expression<SqlType = sql_types::Bool>
        + AppearsOnTable<claims::table>
        + diesel::query_builder::QueryFragment<diesel::pg::Pg>
        + diesel::query_builder::QueryId,
{
    let dropped = diesel::delete(claims::table.filter(which))
        .returning((claims::person_id, claims::starts_at, claims::ends_at))
        .get_results::<(PersonId, DateTime<Utc>, DateTime<Utc>)>(conn)?;
    let spans = dropped.into_iter().map(|(person, start, end)| PersonTime {
        person,
        span: Span::new(start, end),
    });
    Ok(spans.collect())
}

/// Some people who have claims by holds that have expired.
pub fn with_expired(conn: &mut Conn, now: DateTime<Utc>) -> QueryResult<Vec<PersonId>> {
    claims::table
        .filter(claims::expires_at.le(now))
        .select(claims::person_id)
        .order(claims::expires_at)
        .limit(100)
        .load(conn)
}
