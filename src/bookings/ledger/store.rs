//! The query of the list.

use chrono::{DateTime, Utc};
use diesel::{dsl::sql, prelude::*, sql_types};

use super::{Entry, Party, Wanted};
use crate::{
    bookings::Status,
    db::{
        Conn, Paging, PersonId,
        schema::{bookings, people},
    },
    people::store::like,
    schedule::Span,
};

type Row = (
    DateTime<Utc>,
    DateTime<Utc>,
    String,
    Status,
    DateTime<Utc>,
    PersonId,
    String,
    PersonId,
    String,
);

/// A page of bookings: the latest first, or from a moment on, the earliest first. Times that are only held are
/// not among them.
pub fn page(
    conn: &mut Conn,
    wanted: &Wanted,
    from: Option<DateTime<Utc>>,
    page: Paging,
) -> QueryResult<Vec<Entry>> {
    let (hosts, guests) = diesel::alias!(people as hosts, people as guests);
    let mut query = bookings::table
        .inner_join(hosts.on(hosts.field(people::id).eq(bookings::host_id)))
        .inner_join(guests.on(guests.field(people::id).eq(bookings::guest_id)))
        .filter(bookings::status.ne(Status::Held))
        .limit(page.limit)
        .offset(page.offset)
        .select((
            bookings::starts_at,
            bookings::ends_at,
            bookings::service_title,
            bookings::status,
            bookings::created_at,
            hosts.field(people::id),
            hosts.field(people::name),
            guests.field(people::id),
            guests.field(people::name),
        ))
        .into_boxed();
    if let Some(status) = wanted.status {
        query = query.filter(bookings::status.eq(status));
    }
    if !wanted.words.is_empty() {
        // Whoever is meant first: their bookings are few, and found by an index.
        let is_meant = sql::<sql_types::Bool>(
            "array[bookings.host_id, bookings.guest_id] && array(select id from people where name ilike ",
        )
        .bind::<sql_types::Text, _>(like(&wanted.words))
        .sql(" or email ilike ")
        .bind::<sql_types::Text, _>(like(&wanted.words))
        .sql(")");
        query = query.filter(is_meant);
    }
    query = match from {
        Some(from) => query
            .filter(bookings::starts_at.ge(from))
            .order((bookings::starts_at, bookings::id)),
        None => query.order((bookings::starts_at.desc(), bookings::id.desc())),
    };
    let rows: Vec<Row> = query.load(conn)?;
    let entry = |row: Row| {
        let (start, end, service_title, status, booked_at, host, host_name, guest, guest_name) =
            row;
        Entry {
            span: Span::new(start, end),
            service_title,
            status,
            booked_at,
            host: Party {
                id: host,
                name: host_name,
            },
            guest: Party {
                id: guest,
                name: guest_name,
            },
        }
    };
    Ok(rows.into_iter().map(entry).collect())
}
