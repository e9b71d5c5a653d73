//! Every query about kinds of service.

use diesel::{
    connection::SimpleConnection,
    dsl::{exists, select},
    prelude::*,
    sql_types,
};

use super::{Catalogue, Entry, ServiceKind};
use crate::db::{
    Conn, Tx,
    schema::{service_kinds, services},
};

/// All of it.
pub fn all(conn: &mut Conn) -> QueryResult<Catalogue> {
    service_kinds::table
        .order((service_kinds::position, service_kinds::kind))
        .select(Entry::as_select())
        .load(conn)
        .map(Catalogue)
}

/// Whether there is such a kind, retired or not.
pub fn is_known(conn: &mut Conn, kind: &ServiceKind) -> QueryResult<bool> {
    select(exists(service_kinds::table.find(kind))).get_result(conn)
}

/// All of it, for judging by it; nobody changes what is there until the transaction ends.
pub fn share_all(tx: &mut Tx) -> QueryResult<Catalogue> {
    service_kinds::table
        .order((service_kinds::position, service_kinds::kind))
        .select(Entry::as_select())
        .for_share()
        .load(&mut **tx)
        .map(Catalogue)
}

/// All of it, for changing it; nobody else does until the transaction ends.
pub fn lock_all(tx: &mut Tx) -> QueryResult<Catalogue> {
    tx.batch_execute("lock table service_kinds in share row exclusive mode")?;
    all(tx)
}

/// Makes services and wishes of one kind ones of another.
pub fn move_all(conn: &mut Conn, from: &ServiceKind, to: &ServiceKind) -> QueryResult<()> {
    diesel::update(services::table.filter(services::kind.eq(from)))
        .set(services::kind.eq(to))
        .execute(conn)?;
    // Whoever waits for both waits for one.
    diesel::sql_query(
        "delete from wishes w where w.kind = $1 and w.ended_at is null and exists ( \
             select from wishes o where o.kind = $2 and o.ended_at is null and o.guest_id = w.guest_id and o.topics = w.topics \
                 and o.service_id is not distinct from w.service_id)",
    )
    .bind::<sql_types::Text, _>(from.as_str())
    .bind::<sql_types::Text, _>(to.as_str())
    .execute(conn)?;
    diesel::sql_query("update wishes set kind = $2 where kind = $1")
        .bind::<sql_types::Text, _>(from.as_str())
        .bind::<sql_types::Text, _>(to.as_str())
        .execute(conn)
        .map(drop)
}

/// Inserts the kind, or changes the one of that word.
pub fn put(conn: &mut Conn, entry: &Entry) -> QueryResult<()> {
    diesel::insert_into(service_kinds::table)
        .values(entry)
        .on_conflict(service_kinds::kind)
        .do_update()
        .set(entry)
        .execute(conn)
        .map(drop)
}
