//! Queries of API tokens.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::{ApiToken, USE_GRAIN};
use crate::{
    db::{
        ApiTokenId, Conn, PersonId,
        schema::{api_tokens, people},
    },
    people::{Person, Standing},
};

pub fn insert(conn: &mut Conn, token: &ApiToken) -> QueryResult<()> {
    diesel::insert_into(api_tokens::table)
        .values(token)
        .execute(conn)
        .map(drop)
}

/// A person's tokens, newest first, those that have run out among them.
pub fn of(conn: &mut Conn, owner: PersonId) -> QueryResult<Vec<ApiToken>> {
    api_tokens::table
        .filter(api_tokens::person_id.eq(owner))
        .order((api_tokens::created_at.desc(), api_tokens::id))
        .select(ApiToken::as_select())
        .load(conn)
}

/// The name of the token that is gone now; none if the owner had none of that id.
pub fn delete(conn: &mut Conn, owner: PersonId, id: ApiTokenId) -> QueryResult<Option<String>> {
    let theirs = api_tokens::table
        .filter(api_tokens::id.eq(id))
        .filter(api_tokens::person_id.eq(owner));
    diesel::delete(theirs)
        .returning(api_tokens::name)
        .get_result(conn)
        .optional()
}

/// Whose token that is; nobody's if it has run out or the person is suspended. Marks it as used now and
/// then.
pub fn owner(
    conn: &mut Conn,
    token_hash: &[u8],
    now: DateTime<Utc>,
) -> QueryResult<Option<Person>> {
    let is_alive = api_tokens::expires_at
        .is_null()
        .or(api_tokens::expires_at.gt(now).assume_not_null());
    let found: Option<(Option<DateTime<Utc>>, Person)> = api_tokens::table
        .find(token_hash)
        .inner_join(people::table)
        .filter(people::standing.ne(Standing::Suspended))
        .filter(is_alive)
        .select((api_tokens::used_at, Person::as_select()))
        .first(conn)
        .optional()?;
    let Some((used_at, person)) = found else {
        return Ok(None);
    };
    if used_at.is_none_or(|at| now - at >= USE_GRAIN) {
        diesel::update(api_tokens::table.find(token_hash))
            .set(api_tokens::used_at.eq(now))
            .execute(conn)?;
    }
    Ok(Some(person))
}
