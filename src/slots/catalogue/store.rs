//! Every query about kinds of service.

use diesel::{
    connection::SimpleConnection,
    dsl::{exists, select},
    prelude::*,
};

use super::{Catalogue, Entry, ServiceKind};
use crate::db::{Conn, Tx, schema::service_kinds};

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
