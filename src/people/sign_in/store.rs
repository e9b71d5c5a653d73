//! Every query about sign-in links and sessions.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use crate::{
    db::{
        Conn, PersonId, SignInLinkId,
        schema::{people, sessions, sign_in_links},
    },
    people::{Person, Standing, rules, store::plain_mailbox},
};

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = sign_in_links)]
pub struct SignInLink {
    pub id: SignInLinkId,
    pub email: String,
    pub next: String,
    pub created_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
    pub used_at: Option<DateTime<Utc>>,
    pub about: String,
}

/// How many links the mailbox of an address was sent since then, under whatever spelling.
pub fn links_since(conn: &mut Conn, email: &str, since: DateTime<Utc>) -> QueryResult<i64> {
    sign_in_links::table
        .filter(plain_mailbox(sign_in_links::email).eq(rules::plain_mailbox(email)))
        .filter(sign_in_links::created_at.gt(since))
        .count()
        .get_result(conn)
}

pub fn insert_link(conn: &mut Conn, link: &SignInLink) -> QueryResult<()> {
    diesel::insert_into(sign_in_links::table)
        .values(link)
        .execute(conn)
        .map(drop)
}

pub fn link(conn: &mut Conn, id: SignInLinkId) -> QueryResult<Option<SignInLink>> {
    sign_in_links::table
        .find(id)
        .select(SignInLink::as_select())
        .first(conn)
        .optional()
}

/// Uses up the link, and with it all others of its address. None if it is used or too old: of two
/// who redeem it at once, one gets it.
pub fn use_link(
    conn: &mut Conn,
    id: SignInLinkId,
    now: DateTime<Utc>,
) -> QueryResult<Option<SignInLink>> {
    let used: Option<SignInLink> = diesel::update(
        sign_in_links::table
            .find(id)
            .filter(sign_in_links::used_at.is_null())
            .filter(sign_in_links::expires_at.gt(now)),
    )
    .set(sign_in_links::used_at.eq(now))
    .returning(SignInLink::as_returning())
    .get_result(conn)
    .optional()?;
    if let Some(link) = &used {
        diesel::update(
            sign_in_links::table
                .filter(sign_in_links::email.eq(&link.email))
                .filter(sign_in_links::used_at.is_null()),
        )
        .set(sign_in_links::used_at.eq(now))
        .execute(conn)?;
    }
    Ok(used)
}

/// One browser that is signed in, or has proved an address without an account.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = sessions)]
pub struct Session {
    pub token_hash: Vec<u8>,
    pub person_id: Option<PersonId>,
    pub email: String,
    pub user_agent: String,
    pub created_at: DateTime<Utc>,
    pub seen_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
    /// When its owner last proved who they are.
    pub proved_at: DateTime<Utc>,
    /// The code of the second factor is still to come.
    pub awaits_second: bool,
    /// What they go on with once they have an account; empty as soon as they do.
    pub next: String,
    pub about: String,
}

pub fn insert_session(conn: &mut Conn, session: &Session) -> QueryResult<()> {
    diesel::insert_into(sessions::table)
        .values(session)
        .execute(conn)
        .map(drop)
}

/// The session of a cookie and whose it is. Not if it is over or its person suspended. Marks it as
/// used now and then.
pub fn session(
    conn: &mut Conn,
    token_hash: &[u8],
    now: DateTime<Utc>,
) -> QueryResult<Option<(Session, Option<Person>)>> {
    let found: Option<(Session, Option<Person>)> = sessions::table
        .find(token_hash)
        .left_join(people::table)
        .select((Session::as_select(), Option::<Person>::as_select()))
        .first(conn)
        .optional()?;
    let Some((session, person)) = found else {
        return Ok(None);
    };
    let is_shut_out = person
        .as_ref()
        .is_some_and(|p| p.standing == Standing::Suspended);
    if is_shut_out || rules::is_session_over(session.seen_at, session.expires_at, now) {
        return Ok(None);
    }
    if now - session.seen_at >= rules::SESSION_GRAIN {
        diesel::update(sessions::table.find(token_hash))
            .set(sessions::seen_at.eq(now))
            .execute(conn)?;
    }
    Ok(Some((session, person)))
}

/// Forgets what newcomers were doing an hour ago: it names somebody whose account may end before their session does.
pub fn forget_errands(conn: &mut Conn, now: DateTime<Utc>) -> QueryResult<()> {
    let old = now - rules::ERRAND_LIFE;
    diesel::update(
        sessions::table
            .filter(sessions::about.ne(""))
            .filter(sessions::created_at.lt(old)),
    )
    .set((sessions::next.eq(""), sessions::about.eq("")))
    .execute(conn)?;
    diesel::update(
        sign_in_links::table
            .filter(sign_in_links::about.ne(""))
            .filter(sign_in_links::created_at.lt(old)),
    )
    .set(sign_in_links::about.eq(""))
    .execute(conn)
    .map(drop)
}

/// A person's sessions, last used first.
pub fn sessions_of(conn: &mut Conn, id: PersonId) -> QueryResult<Vec<Session>> {
    sessions::table
        .filter(sessions::person_id.eq(id))
        .order((sessions::seen_at.desc(), sessions::token_hash))
        .select(Session::as_select())
        .load(conn)
}

/// Lets a session that another has taken the place of go on for a moment: a second press of the same button
/// still comes with it.
pub fn end_session_soon(conn: &mut Conn, token_hash: &[u8], now: DateTime<Utc>) -> QueryResult<()> {
    diesel::update(sessions::table.find(token_hash))
        .set(sessions::expires_at.eq(now + rules::SECOND_PRESS))
        .execute(conn)
        .map(drop)
}

pub fn end_session(conn: &mut Conn, token_hash: &[u8]) -> QueryResult<()> {
    diesel::delete(sessions::table.find(token_hash))
        .execute(conn)
        .map(drop)
}
