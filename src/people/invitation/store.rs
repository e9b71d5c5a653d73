//! Every query about invitations.

use chrono::{DateTime, TimeDelta, Utc};
use diesel::{prelude::*, upsert::excluded};

use crate::{
    db::{
        Conn, InvitationId, Paging, PersonId,
        schema::{invitations, people},
    },
    people::Role,
};

/// How long an invitation can be accepted.
const LIFE: TimeDelta = TimeDelta::days(30);

/// Somebody who has been invited and has not joined.
#[derive(Clone, Debug, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = invitations)]
pub struct Invitation {
    pub id: InvitationId,
    pub email: String,
    /// Student or alumnus.
    pub role: Role,
    /// What the coordinator writes to them; may be empty.
    pub message: String,
    pub invited_by: PersonId,
    pub sent_at: DateTime<Utc>,
}

impl Invitation {
    pub fn expires_at(&self) -> DateTime<Utc> {
        self.sent_at + LIFE
    }
}

/// Which of these addresses have an account.
pub fn members(conn: &mut Conn, emails: &[String]) -> QueryResult<Vec<String>> {
    people::table
        .filter(people::email.eq_any(emails))
        .order(people::email)
        .select(people::email)
        .load(conn)
}

/// Adds invitations; an address has one, the latest. Returns their ids.
pub fn put(conn: &mut Conn, new: &[Invitation]) -> QueryResult<Vec<InvitationId>> {
    diesel::insert_into(invitations::table)
        .values(new)
        .on_conflict(invitations::email)
        .do_update()
        .set((
            invitations::id.eq(excluded(invitations::id)),
            invitations::role.eq(excluded(invitations::role)),
            invitations::message.eq(excluded(invitations::message)),
            invitations::invited_by.eq(excluded(invitations::invited_by)),
            invitations::sent_at.eq(excluded(invitations::sent_at)),
        ))
        .returning(invitations::id)
        .get_results(conn)
}

pub fn invitation(conn: &mut Conn, id: InvitationId) -> QueryResult<Option<Invitation>> {
    invitations::table
        .find(id)
        .select(Invitation::as_select())
        .first(conn)
        .optional()
}

/// Invitations that wait, the latest first, with who invited them.
pub fn waiting(
    conn: &mut Conn,
    now: DateTime<Utc>,
    paging: Paging,
) -> QueryResult<Vec<(Invitation, String)>> {
    invitations::table
        .inner_join(people::table)
        .filter(invitations::sent_at.gt(now - LIFE))
        .order((invitations::sent_at.desc(), invitations::email))
        .limit(paging.limit)
        .offset(paging.offset)
        .select((Invitation::as_select(), people::name))
        .load(conn)
}

/// What the owner of the address has been invited as.
pub fn role_for(conn: &mut Conn, email: &str, now: DateTime<Utc>) -> QueryResult<Option<Role>> {
    invitations::table
        .filter(invitations::email.eq(email))
        .filter(invitations::sent_at.gt(now - LIFE))
        .select(invitations::role)
        .first(conn)
        .optional()
}

/// Uses up the invitation of an address. Returns what they were invited as.
pub fn accept(conn: &mut Conn, email: &str, now: DateTime<Utc>) -> QueryResult<Option<Role>> {
    diesel::delete(
        invitations::table
            .filter(invitations::email.eq(email))
            .filter(invitations::sent_at.gt(now - LIFE)),
    )
    .returning(invitations::role)
    .get_result(conn)
    .optional()
}

/// Whether it was there.
pub fn delete(conn: &mut Conn, id: InvitationId) -> QueryResult<bool> {
    diesel::delete(invitations::table.find(id))
        .execute(conn)
        .map(|rows| rows > 0)
}

/// Forgets invitations that nobody has accepted in time.
pub fn forget_old(conn: &mut Conn, now: DateTime<Utc>) -> QueryResult<()> {
    diesel::delete(invitations::table.filter(invitations::sent_at.le(now - LIFE)))
        .execute(conn)
        .map(drop)
}
