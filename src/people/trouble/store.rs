//! Every query about addresses that give mail back.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use crate::{
    db::{Conn, PersonId, schema::mail_troubles},
    mail::report::{Report, Trouble},
};

/// What is wrong with somebody's mail.
#[derive(Clone, Debug)]
pub struct Noted {
    pub trouble: Trouble,
    /// What the mail server said.
    pub said: String,
    pub since: DateTime<Utc>,
}

pub fn trouble(conn: &mut Conn, id: PersonId) -> QueryResult<Option<Noted>> {
    let found: Option<(String, String, DateTime<Utc>)> = mail_troubles::table
        .find(id)
        .select((
            mail_troubles::kind,
            mail_troubles::detail,
            mail_troubles::noted_at,
        ))
        .first(conn)
        .optional()?;
    Ok(found.and_then(|(kind, said, since)| {
        let trouble = Trouble::parse(&kind)?;
        Some(Noted {
            trouble,
            said,
            since,
        })
    }))
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
