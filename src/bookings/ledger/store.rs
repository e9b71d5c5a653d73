//! The queries of the list.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

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

/// People whose bookings are listed, where a name fits more than that.
const MOST_MEANT: i64 = 200;

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
    // Whoever is meant first: their bookings are few, and found by an index.
    let meant: Option<Vec<PersonId>> = match wanted.words.is_empty() {
        true => None,
        false => {
            let pattern = like(&wanted.words);
            let has = people::name
                .ilike(pattern.clone())
                .or(people::email.ilike(pattern));
            let found = people::table.filter(has).order(people::name);
            Some(found.limit(MOST_MEANT).select(people::id).load(conn)?)
        }
    };
    if meant.as_ref().is_some_and(Vec::is_empty) {
        return Ok(Vec::new());
    }
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
    if let Some(meant) = &meant {
        query = query.filter(
            bookings::host_id
                .eq_any(meant)
                .or(bookings::guest_id.eq_any(meant)),
        );
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
