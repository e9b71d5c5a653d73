//! How this site presents itself, as the database has it.

use diesel::{connection::SimpleConnection, prelude::*};

use crate::{
    db::{Conn, Tx, schema::identity},
    identity::{Accent, Identity},
};

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = identity, treat_none_as_null = true)]
struct Row {
    name: String,
    accent: Option<String>,
    logo: Option<Vec<u8>>,
    contact: String,
    privacy: String,
}

/// What an administrator has said; as Almanac comes until then.
pub fn read(conn: &mut Conn) -> QueryResult<Identity> {
    let row: Option<Row> = identity::table
        .select(Row::as_select())
        .first(conn)
        .optional()?;
    Ok(row.map_or_else(Identity::default, |row| Identity {
        name: row.name,
        accent: row.accent.and_then(|text| Accent::parse(&text).ok()),
        logo: row.logo,
        contact: row.contact,
        privacy: row.privacy,
    }))
}

/// As [`read`]; nobody else changes it until the transaction ends.
pub fn lock(tx: &mut Tx) -> QueryResult<Identity> {
    // There may be no row yet that could be locked.
    tx.batch_execute("lock table identity in share row exclusive mode")?;
    read(tx)
}

/// Replaces it.
pub fn write(tx: &mut Tx, wanted: &Identity) -> QueryResult<()> {
    let row = Row {
        name: wanted.name.clone(),
        accent: wanted.accent.map(Accent::as_text),
        logo: wanted.logo.clone(),
        contact: wanted.contact.clone(),
        privacy: wanted.privacy.clone(),
    };
    diesel::insert_into(identity::table)
        .values(&row)
        .on_conflict(identity::is_only)
        .do_update()
        .set(&row)
        .execute(&mut **tx)
        .map(drop)
}
