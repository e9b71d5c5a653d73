//! Every query that starts from feeds.

use chrono::{DateTime, Utc};
use diesel::{prelude::*, upsert::excluded};

use crate::{
    db::{
        Conn, PersonId,
        schema::{feeds, people},
    },
    people::{Person, Standing},
};

/// The version of a person's feed, if there is one.
pub fn version(conn: &mut Conn, person: PersonId) -> QueryResult<Option<i32>> {
    feeds::table
        .find(person)
        .select(feeds::version)
        .first(conn)
        .optional()
}

/// Sets a person's token; the old one stops working at once.
pub fn put(
    conn: &mut Conn,
    person: PersonId,
    token_hash: &[u8],
    version: i32,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::insert_into(feeds::table)
        .values((
            feeds::person_id.eq(person),
            feeds::token_hash.eq(token_hash),
            feeds::version.eq(version),
            feeds::rotated_at.eq(now),
        ))
        .on_conflict(feeds::person_id)
        .do_update()
        .set((
            feeds::token_hash.eq(excluded(feeds::token_hash)),
            feeds::version.eq(excluded(feeds::version)),
            feeds::rotated_at.eq(excluded(feeds::rotated_at)),
        ))
        .execute(conn)
        .map(drop)
}

/// Whose token that is, and since when; nobody's if the person is suspended. Lapsed members keep
/// the feed: what is booked stays.
pub fn owner(conn: &mut Conn, token_hash: &[u8]) -> QueryResult<Option<(Person, DateTime<Utc>)>> {
    feeds::table
        .inner_join(people::table)
        .filter(feeds::token_hash.eq(token_hash))
        .filter(people::standing.ne(Standing::Suspended))
        .select((Person::as_select(), feeds::rotated_at))
        .first(conn)
        .optional()
}
