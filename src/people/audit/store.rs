//! Queries of the audit log.

use chrono::{DateTime, Utc};
use diesel::{alias, prelude::*};

use super::{AuditAction, By, Entry};
use crate::{
    db::{
        Conn, PersonId,
        schema::{audit_log, people},
    },
    people::Person,
};

/// Rows of one statement; Postgres takes 65,535 parameters.
const AT_ONCE: usize = 2000;

pub fn insert(
    conn: &mut Conn,
    by: &By,
    action: AuditAction,
    subject: Option<PersonId>,
    detail: &str,
    at: DateTime<Utc>,
) -> QueryResult<()> {
    let network = by.network.map(|n| n.to_string()).unwrap_or_default();
    diesel::insert_into(audit_log::table)
        .values((
            audit_log::at.eq(at),
            audit_log::actor_id.eq(by.person),
            audit_log::network.eq(network),
            audit_log::action.eq(action),
            audit_log::subject_id.eq(subject),
            audit_log::detail.eq(detail),
        ))
        .execute(conn)
        .map(drop)
}

/// When this was last done to somebody.
pub fn last(
    conn: &mut Conn,
    action: AuditAction,
    subject: PersonId,
) -> QueryResult<Option<DateTime<Utc>>> {
    audit_log::table
        .filter(audit_log::subject_id.eq(subject))
        .filter(audit_log::action.eq(action))
        .select(diesel::dsl::max(audit_log::at))
        .first(conn)
}

/// Notes the same of many, each with its own detail.
pub fn insert_many(
    conn: &mut Conn,
    by: &By,
    action: AuditAction,
    subjects: &[(PersonId, String)],
    at: DateTime<Utc>,
) -> QueryResult<()> {
    let network = by.network.map(|n| n.to_string()).unwrap_or_default();
    for some in subjects.chunks(AT_ONCE) {
        let rows: Vec<_> = some
            .iter()
            .map(|(subject, detail)| {
                (
                    audit_log::at.eq(at),
                    audit_log::actor_id.eq(by.person),
                    audit_log::network.eq(&network),
                    audit_log::action.eq(action),
                    audit_log::subject_id.eq(subject),
                    audit_log::detail.eq(detail),
                )
            })
            .collect();
        diesel::insert_into(audit_log::table)
            .values(&rows)
            .execute(conn)?;
    }
    Ok(())
}

/// Entries before the one of that number, newest first; only those by or about `person`, if one is given.
pub fn page(
    conn: &mut Conn,
    person: Option<PersonId>,
    before: Option<i64>,
    limit: i64,
) -> QueryResult<Vec<Entry>> {
    let (actors, subjects) = alias!(people as actors, people as subjects);
    let mut query = audit_log::table
        .left_join(actors.on(audit_log::actor_id.eq(actors.field(people::id).nullable())))
        .left_join(subjects.on(audit_log::subject_id.eq(subjects.field(people::id).nullable())))
        .order(audit_log::id.desc())
        .limit(limit)
        .select((
            (
                audit_log::id,
                audit_log::at,
                audit_log::network,
                audit_log::action,
                audit_log::detail,
            ),
            actors
                .fields(<Person as Selectable<diesel::pg::Pg>>::construct_selection())
                .nullable(),
            subjects
                .fields(<Person as Selectable<diesel::pg::Pg>>::construct_selection())
                .nullable(),
        ))
        .into_boxed();
    if let Some(before) = before {
        query = query.filter(audit_log::id.lt(before));
    }
    if let Some(person) = person {
        let theirs = audit_log::actor_id
            .eq(person)
            .or(audit_log::subject_id.eq(person));
        query = query.filter(theirs.assume_not_null());
    }
    type Row = (
        (i64, DateTime<Utc>, String, AuditAction, String),
        Option<Person>,
        Option<Person>,
    );
    let rows: Vec<Row> = query.load(conn)?;
    let entry = |((id, at, network, action, detail), actor, subject): Row| Entry {
        id,
        at,
        network,
        action,
        detail,
        actor,
        subject,
    };
    Ok(rows.into_iter().map(entry).collect())
}
