//! Queries about the room that files take.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use diesel::{prelude::*, sql_types};

use crate::db::{Conn, FileId, PersonId, Tx, schema::uploads};

/// Lets one transaction at a time set room aside.
pub fn lock(tx: &mut Tx) -> QueryResult<()> {
    tx.locked();
    diesel::sql_query("select pg_advisory_xact_lock(hashtext('almanac uploads'))")
        .execute(&mut **tx)
        .map(drop)
}

#[derive(QueryableByName)]
struct Taken {
    #[diesel(sql_type = sql_types::BigInt)]
    own: i64,
    #[diesel(sql_type = sql_types::BigInt)]
    all: i64,
}

/// The bytes that a person's files take, and all together; without those on their way in since before
/// `given_up`.
pub fn taken(conn: &mut Conn, by: PersonId, given_up: DateTime<Utc>) -> QueryResult<(i64, i64)> {
    let taken: Taken = diesel::sql_query(
        "select coalesce(sum(bytes) filter (where person_id = $1), 0)::bigint as own, \
             coalesce(sum(bytes), 0)::bigint as all \
         from uploads where kept_at is not null or begun_at > $2",
    )
    .bind::<sql_types::Uuid, _>(by)
    .bind::<sql_types::Timestamptz, _>(given_up)
    .get_result(conn)?;
    Ok((taken.own, taken.all))
}

pub fn insert(
    conn: &mut Conn,
    id: FileId,
    by: PersonId,
    bytes: i64,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::insert_into(uploads::table)
        .values((
            uploads::id.eq(id),
            uploads::person_id.eq(by),
            uploads::bytes.eq(bytes),
            uploads::begun_at.eq(now),
        ))
        .execute(conn)
        .map(drop)
}

pub fn note_kept(conn: &mut Conn, id: FileId, bytes: i64, now: DateTime<Utc>) -> QueryResult<()> {
    diesel::update(uploads::table.find(id))
        .set((uploads::bytes.eq(bytes), uploads::kept_at.eq(now)))
        .execute(conn)
        .map(drop)
}

pub fn delete(conn: &mut Conn, ids: &[FileId]) -> QueryResult<()> {
    diesel::delete(uploads::table.filter(uploads::id.eq_any(ids)))
        .execute(conn)
        .map(drop)
}

/// Those of them that take room.
pub fn known(conn: &mut Conn, ids: &[FileId]) -> QueryResult<HashSet<FileId>> {
    let known: Vec<FileId> = uploads::table
        .filter(uploads::id.eq_any(ids))
        .select(uploads::id)
        .load(conn)?;
    Ok(known.into_iter().collect())
}

/// Those that have been on their way in since before that moment.
pub fn given_up(conn: &mut Conn, before: DateTime<Utc>) -> QueryResult<Vec<FileId>> {
    uploads::table
        .filter(uploads::kept_at.is_null())
        .filter(uploads::begun_at.lt(before))
        .select(uploads::id)
        .load(conn)
}
