//! The queries about introductions.

use std::collections::HashMap;

use diesel::prelude::*;

use super::{Introduced, Introduction};
use crate::db::{
    Conn, PersonId,
    schema::{introductions, people, photos},
};

/// What each of them says about themselves; nothing for whoever has said nothing.
pub fn introduced(conn: &mut Conn, of: &[PersonId]) -> QueryResult<HashMap<PersonId, Introduced>> {
    type Row = (PersonId, Option<Introduction>, bool);
    let rows: Vec<Row> = people::table
        .left_join(introductions::table)
        .left_join(photos::table)
        .filter(people::id.eq_any(of))
        .select((
            people::id,
            Option::<Introduction>::as_select(),
            photos::person_id.nullable().is_not_null(),
        ))
        .load(conn)?;
    let introduced = |introduction: Option<Introduction>, has_photo| Introduced {
        introduction: introduction.unwrap_or_default(),
        has_photo,
    };
    let rows = rows.into_iter();
    Ok(rows
        .map(|(id, introduction, has_photo)| (id, introduced(introduction, has_photo)))
        .collect())
}

pub fn introduction(conn: &mut Conn, of: PersonId) -> QueryResult<Introduced> {
    let found = introduced(conn, &[of])?.remove(&of);
    found.ok_or(diesel::result::Error::NotFound)
}

pub fn put(conn: &mut Conn, of: PersonId, introduction: &Introduction) -> QueryResult<()> {
    diesel::insert_into(introductions::table)
        .values((introductions::person_id.eq(of), introduction))
        .on_conflict(introductions::person_id)
        .do_update()
        .set(introduction)
        .execute(conn)
        .map(drop)
}

/// Their photo and its fingerprint.
pub fn photo(conn: &mut Conn, of: PersonId) -> QueryResult<(Vec<u8>, Vec<u8>)> {
    photos::table
        .find(of)
        .select((photos::jpeg, photos::sha256))
        .first(conn)
}
