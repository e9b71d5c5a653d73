//! Every query about kinds of service.

use diesel::{
    connection::SimpleConnection,
    dsl::{exists, select},
    prelude::*,
};

use super::{Catalogue, Entry, ServiceKind};
use crate::db::{
    Conn, PersonId, Tx,
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

/// What a person's service of that slug can be of: what is offered, and what it is of already.
pub fn for_service(conn: &mut Conn, of: PersonId, slug: Option<&str>) -> QueryResult<Catalogue> {
    let current = services::table
        .filter(services::person_id.eq(of))
        .filter(services::slug.nullable().eq(slug))
        .select(services::kind);
    service_kinds::table
        .filter(
            service_kinds::retired_at
                .is_null()
                .or(service_kinds::kind.eq_any(current)),
        )
        .order((service_kinds::position, service_kinds::kind))
        .select(Entry::as_select())
        .load(conn)
        .map(Catalogue)
}

/// Whether there is such a kind, retired or not.
pub fn is_known(conn: &mut Conn, kind: &ServiceKind) -> QueryResult<bool> {
    select(exists(service_kinds::table.find(kind))).get_result(conn)
}

/// Whether new services can be of it, until the transaction ends.
pub fn stays_offered(tx: &mut Tx, kind: &ServiceKind) -> QueryResult<bool> {
    service_kinds::table
        .find(kind)
        .filter(service_kinds::retired_at.is_null())
        .select(service_kinds::kind)
        .for_share()
        .first::<ServiceKind>(&mut **tx)
        .optional()
        .map(|found| found.is_some())
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
