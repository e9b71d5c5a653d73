//! Queries of second factors: authenticator apps, passkeys and recovery codes.

use chrono::{DateTime, Utc};
use diesel::{
    dsl::{exists, select},
    prelude::*,
};

use crate::db::{
    Conn, PasskeyId, PersonId,
    schema::{passkeys, recovery_codes, second_factors, sessions},
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

/// Whether a person has a second factor that counts: an app or a passkey.
pub fn has(conn: &mut Conn, of: PersonId) -> QueryResult<bool> {
    let confirmed = second_factors::table
        .find(of)
        .filter(second_factors::confirmed_at.is_not_null());
    let keys = passkeys::table.filter(passkeys::person_id.eq(of));
    select(exists(confirmed).or(exists(keys))).get_result(conn)
}

/// A passkey, as its owner sees it.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = passkeys)]
pub struct PasskeyRow {
    pub id: PasskeyId,
    pub name: String,
    pub credential: serde_json::Value,
    pub created_at: DateTime<Utc>,
    pub used_at: Option<DateTime<Utc>>,
}

/// A passkey that is added.
#[derive(Clone, Debug, Insertable)]
#[diesel(table_name = passkeys)]
pub struct NewPasskey {
    pub id: PasskeyId,
    pub person_id: PersonId,
    pub name: String,
    pub credential: serde_json::Value,
    pub created_at: DateTime<Utc>,
}

/// A person's passkeys, oldest first.
pub fn passkeys(conn: &mut Conn, of: PersonId) -> QueryResult<Vec<PasskeyRow>> {
    passkeys::table
        .filter(passkeys::person_id.eq(of))
        .order((passkeys::created_at, passkeys::id))
        .select(PasskeyRow::as_select())
        .load(conn)
}

pub fn insert_passkey(conn: &mut Conn, passkey: &NewPasskey) -> QueryResult<()> {
    diesel::insert_into(passkeys::table)
        .values(passkey)
        .execute(conn)
        .map(drop)
}

/// Keeps the credential as it is after it was used.
pub fn note_passkey_used(
    conn: &mut Conn,
    id: PasskeyId,
    credential: &serde_json::Value,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::update(passkeys::table.find(id))
        .set((
            passkeys::credential.eq(credential),
            passkeys::used_at.eq(now),
        ))
        .execute(conn)
        .map(drop)
}

/// Deletes a passkey of a person; whether there was one.
pub fn delete_passkey(conn: &mut Conn, of: PersonId, id: PasskeyId) -> QueryResult<bool> {
    diesel::delete(passkeys::table.find(id).filter(passkeys::person_id.eq(of)))
        .execute(conn)
        .map(|rows| rows > 0)
}

/// Keeps what a passkey is to answer in that session.
pub fn keep_challenge(
    conn: &mut Conn,
    session: &[u8],
    challenge: Option<&[u8]>,
) -> QueryResult<()> {
    diesel::update(sessions::table.find(session))
        .set(sessions::challenge.eq(challenge))
        .execute(conn)
        .map(drop)
}

/// What a passkey is to answer in that session; good once.
pub fn take_challenge(conn: &mut Conn, session: &[u8]) -> QueryResult<Option<Vec<u8>>> {
    let challenge: Option<Option<Vec<u8>>> = sessions::table
        .find(session)
        .select(sessions::challenge)
        .for_update()
        .first(conn)
        .optional()?;
    keep_challenge(conn, session, None)?;
    Ok(challenge.flatten())
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

/// Deletes the app. Whether it counted.
pub fn delete_app(conn: &mut Conn, of: PersonId) -> QueryResult<bool> {
    let counted: Option<Option<DateTime<Utc>>> = diesel::delete(second_factors::table.find(of))
        .returning(second_factors::confirmed_at)
        .get_result(conn)
        .optional()?;
    Ok(counted.flatten().is_some())
}

/// Deletes app, passkeys and recovery codes. Whether one of them counted.
pub fn delete(conn: &mut Conn, of: PersonId) -> QueryResult<bool> {
    delete_codes(conn, of)?;
    let keys = diesel::delete(passkeys::table.filter(passkeys::person_id.eq(of))).execute(conn)?;
    Ok(delete_app(conn, of)? || keys > 0)
}

pub fn delete_codes(conn: &mut Conn, of: PersonId) -> QueryResult<()> {
    diesel::delete(recovery_codes::table.filter(recovery_codes::person_id.eq(of)))
        .execute(conn)
        .map(drop)
}

pub fn replace_codes(conn: &mut Conn, of: PersonId, prints: &[Vec<u8>]) -> QueryResult<()> {
    delete_codes(conn, of)?;
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
