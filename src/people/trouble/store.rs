//! Every query about addresses that give mail back.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use crate::{
    db::{Conn, PersonId, schema::mail_troubles},
    mail::report::{Report, Trouble},
};

/// What is wrong with somebody's mail, what the server said, and since when.
pub fn trouble(
    conn: &mut Conn,
    id: PersonId,
) -> QueryResult<Option<(Trouble, String, DateTime<Utc>)>> {
    let found: Option<(String, String, DateTime<Utc>)> = mail_troubles::table
        .find(id)
        .select((
            mail_troubles::kind,
            mail_troubles::detail,
            mail_troubles::noted_at,
        ))
        .first(conn)
        .optional()?;
    Ok(found.and_then(|(kind, detail, at)| Some((Trouble::parse(&kind)?, detail, at))))
}

/// Notes what is wrong with somebody's mail; whether that is new.
pub fn insert_trouble(
    conn: &mut Conn,
    id: PersonId,
    report: &Report,
    now: DateTime<Utc>,
) -> QueryResult<bool> {
    let detail: String = report.detail.chars().take(500).collect();
    let rows = diesel::insert_into(mail_troubles::table)
        .values((
            mail_troubles::person_id.eq(id),
            mail_troubles::kind.eq(report.trouble.as_str()),
            mail_troubles::detail.eq(detail),
            mail_troubles::noted_at.eq(now),
        ))
        .on_conflict_do_nothing()
        .execute(conn)?;
    Ok(rows == 1)
}

/// Forgets it: their mail arrives.
pub fn delete_trouble(conn: &mut Conn, id: PersonId) -> QueryResult<()> {
    diesel::delete(mail_troubles::table.find(id))
        .execute(conn)
        .map(drop)
}
