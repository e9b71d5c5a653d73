//! Every query about requests to join and the domains whose owners need none.

use chrono::{DateTime, Utc};
use diesel::{
    dsl::{exists, select},
    prelude::*,
};

use crate::{
    db::{
        Conn, JoinRequestId, PersonId,
        schema::{email_domains, join_requests},
    },
    people::{JoinRequest, rules, store::plain_mailbox},
};

pub fn is_listed_domain(conn: &mut Conn, domain: &str) -> QueryResult<bool> {
    diesel::select(diesel::dsl::exists(email_domains::table.find(domain))).get_result(conn)
}

/// A domain whose addresses may join as students straight away.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = email_domains)]
pub struct OpenDomain {
    pub domain: String,
    /// Whether dots in front of its @ do not matter.
    pub ignores_dots: bool,
}

/// The listed domains, by name.
pub fn domains(conn: &mut Conn) -> QueryResult<Vec<OpenDomain>> {
    email_domains::table
        .order(email_domains::domain)
        .select(OpenDomain::as_select())
        .load(conn)
}

/// Lists a domain, or changes whether dots matter.
pub fn add_domain(
    conn: &mut Conn,
    domain: &str,
    ignores_dots: bool,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::insert_into(email_domains::table)
        .values((
            email_domains::domain.eq(domain),
            email_domains::added_at.eq(now),
            email_domains::ignores_dots.eq(ignores_dots),
        ))
        .on_conflict(email_domains::domain)
        .do_update()
        .set(email_domains::ignores_dots.eq(ignores_dots))
        .execute(conn)
        .map(drop)
}

/// Returns whether it was listed.
pub fn remove_domain(conn: &mut Conn, domain: &str) -> QueryResult<bool> {
    diesel::delete(email_domains::table.find(domain))
        .execute(conn)
        .map(|rows| rows > 0)
}

/// Adds a request, unless its mailbox, which is locked, has one that waits; whether it was added.
pub fn insert_request(conn: &mut Conn, request: &JoinRequest) -> QueryResult<bool> {
    if is_waiting(conn, &request.email)? {
        return Ok(false);
    }
    diesel::insert_into(join_requests::table)
        .values(request)
        .on_conflict_do_nothing()
        .execute(conn)
        .map(|rows| rows > 0)
}

/// Forgets the request of that address that waits.
pub fn forget_waiting(conn: &mut Conn, email: &str) -> QueryResult<()> {
    diesel::delete(
        join_requests::table
            .filter(join_requests::email.eq(email))
            .filter(join_requests::decided_at.is_null()),
    )
    .execute(conn)
    .map(drop)
}

/// Whether a request of the mailbox of that address waits, under whatever spelling.
pub fn is_waiting(conn: &mut Conn, email: &str) -> QueryResult<bool> {
    let waiting = join_requests::table
        .filter(join_requests::decided_at.is_null())
        .filter(plain_mailbox(join_requests::email).eq(rules::plain_mailbox(email)));
    select(exists(waiting)).get_result(conn)
}

pub fn request(conn: &mut Conn, id: JoinRequestId) -> QueryResult<JoinRequest> {
    join_requests::table
        .find(id)
        .select(JoinRequest::as_select())
        .first(conn)
}

pub fn open_request(conn: &mut Conn, email: &str) -> QueryResult<Option<JoinRequest>> {
    join_requests::table
        .filter(join_requests::email.eq(email))
        .filter(join_requests::decided_at.is_null())
        .select(JoinRequest::as_select())
        .first(conn)
        .optional()
}

/// Requests that wait, oldest first.
pub fn open_requests(conn: &mut Conn) -> QueryResult<Vec<JoinRequest>> {
    join_requests::table
        .filter(join_requests::decided_at.is_null())
        .order((join_requests::asked_at, join_requests::id))
        .limit(200)
        .select(JoinRequest::as_select())
        .load(conn)
}

/// How many requests wait.
pub fn count_open(conn: &mut Conn) -> QueryResult<i64> {
    join_requests::table
        .filter(join_requests::decided_at.is_null())
        .count()
        .get_result(conn)
}

/// Requests that were declined since then, the last one first.
pub fn declined_since(conn: &mut Conn, since: DateTime<Utc>) -> QueryResult<Vec<JoinRequest>> {
    join_requests::table
        .filter(join_requests::approved.eq(false))
        .filter(join_requests::decided_at.gt(since))
        .order((join_requests::decided_at.desc(), join_requests::id))
        .limit(200)
        .select(JoinRequest::as_select())
        .load(conn)
}

/// Takes back that a request was declined, if that was after `since`. None if it was not.
pub fn reopen_request(
    conn: &mut Conn,
    id: JoinRequestId,
    since: DateTime<Utc>,
) -> QueryResult<Option<JoinRequest>> {
    diesel::update(
        join_requests::table
            .find(id)
            .filter(join_requests::approved.eq(false))
            .filter(join_requests::decided_at.gt(since)),
    )
    .set((
        join_requests::decided_at.eq(None::<DateTime<Utc>>),
        join_requests::decided_by.eq(None::<PersonId>),
        join_requests::approved.eq(None::<bool>),
        join_requests::reason.eq(""),
    ))
    .returning(JoinRequest::as_returning())
    .get_result(conn)
    .optional()
}

/// Decides a request once. None if there is none that waits.
pub fn decide_request(
    conn: &mut Conn,
    id: JoinRequestId,
    by: Option<PersonId>,
    approved: bool,
    reason: &str,
    now: DateTime<Utc>,
) -> QueryResult<Option<JoinRequest>> {
    diesel::update(
        join_requests::table
            .find(id)
            .filter(join_requests::decided_at.is_null()),
    )
    .set((
        join_requests::decided_at.eq(now),
        join_requests::decided_by.eq(by),
        join_requests::approved.eq(approved),
        join_requests::reason.eq(reason),
    ))
    .returning(JoinRequest::as_returning())
    .get_result(conn)
    .optional()
}
