//! Queries of second factors and recovery codes.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use crate::db::{
    Conn, PersonId,
    schema::{recovery_codes, second_factors, sessions},
};

/// An authenticator app.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = second_factors)]
pub struct Factor {
    /// Encrypted.
    pub secret: Vec<u8>,
    /// None: it does not count yet.
    pub confirmed_at: Option<DateTime<Utc>>,
    pub last_step: i64,
}

pub fn factor(conn: &mut Conn, of: PersonId) -> QueryResult<Option<Factor>> {
    second_factors::table
        .find(of)
        .select(Factor::as_select())
        .first(conn)
        .optional()
}

/// Whether a person has one that counts.
pub fn has(conn: &mut Conn, of: PersonId) -> QueryResult<bool> {
    Ok(factor(conn, of)?.is_some_and(|f| f.confirmed_at.is_some()))
}

/// Keeps a new secret; one that counts stays.
pub fn begin(conn: &mut Conn, of: PersonId, secret: &[u8], now: DateTime<Utc>) -> QueryResult<()> {
    let begun = second_factors::table
        .find(of)
        .filter(second_factors::confirmed_at.is_null());
    diesel::delete(begun).execute(conn)?;
    diesel::insert_into(second_factors::table)
        .values((
            second_factors::person_id.eq(of),
            second_factors::secret.eq(secret),
            second_factors::made_at.eq(now),
        ))
        .on_conflict_do_nothing()
        .execute(conn)
        .map(drop)
}

pub fn confirm(conn: &mut Conn, of: PersonId, step: i64, now: DateTime<Utc>) -> QueryResult<()> {
    diesel::update(second_factors::table.find(of))
        .set((
            second_factors::confirmed_at.eq(now),
            second_factors::last_step.eq(step),
        ))
        .execute(conn)
        .map(drop)
}

pub fn set_step(conn: &mut Conn, of: PersonId, step: i64) -> QueryResult<()> {
    diesel::update(second_factors::table.find(of))
        .set(second_factors::last_step.eq(step))
        .execute(conn)
        .map(drop)
}

/// Deletes the factor and its recovery codes. Whether it counted.
pub fn delete(conn: &mut Conn, of: PersonId) -> QueryResult<bool> {
    diesel::delete(recovery_codes::table.filter(recovery_codes::person_id.eq(of))).execute(conn)?;
    let counted: Option<Option<DateTime<Utc>>> = diesel::delete(second_factors::table.find(of))
        .returning(second_factors::confirmed_at)
        .get_result(conn)
        .optional()?;
    Ok(counted.flatten().is_some())
}

pub fn replace_codes(conn: &mut Conn, of: PersonId, prints: &[Vec<u8>]) -> QueryResult<()> {
    diesel::delete(recovery_codes::table.filter(recovery_codes::person_id.eq(of))).execute(conn)?;
    let rows: Vec<_> = prints
        .iter()
        .map(|print| {
            (
                recovery_codes::person_id.eq(of),
                recovery_codes::print.eq(print),
            )
        })
        .collect();
    diesel::insert_into(recovery_codes::table)
        .values(&rows)
        .execute(conn)
        .map(drop)
}

/// Uses a recovery code up; whether there was one.
pub fn use_code(conn: &mut Conn, of: PersonId, print: &[u8]) -> QueryResult<bool> {
    diesel::delete(recovery_codes::table.find((of, print)))
        .execute(conn)
        .map(|rows| rows > 0)
}

pub fn count_codes(conn: &mut Conn, of: PersonId) -> QueryResult<i64> {
    recovery_codes::table
        .filter(recovery_codes::person_id.eq(of))
        .count()
        .get_result(conn)
}

/// Its owner has proved who they are.
pub fn note_proof(conn: &mut Conn, session: &[u8], now: DateTime<Utc>) -> QueryResult<()> {
    diesel::update(sessions::table.find(session))
        .set((
            sessions::proved_at.eq(now),
            sessions::awaits_second.eq(false),
        ))
        .execute(conn)
        .map(drop)
}
