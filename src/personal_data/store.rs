//! Queries across all tables, made from what `tables` says of each.

use chrono::{DateTime, Utc};
use diesel::{prelude::*, sql_types};
use serde::de::DeserializeOwned;

use super::tables::{Erase, Export, FORGOTTEN, FORGOTTEN_AT_ONCE, PARTS};
use crate::{
    db::{
        Conn, FileId, PersonId,
        schema::{application_files, audit_log, booking_files, bookings, people, photos, uploads},
    },
    jobs::{self, Work},
    people::{Person, audit::AuditAction},
};

#[derive(QueryableByName)]
struct Text {
    #[diesel(sql_type = sql_types::Text)]
    text: String,
}

/// All that a person may have of what is kept about them, as one JSON object with an array for each part; for
/// a coordinator without what was written for sessions. One statement, so that it is of one moment.
pub fn everything(
    conn: &mut Conn,
    person: &Person,
    is_for_coordinator: bool,
    now: DateTime<Utc>,
) -> QueryResult<String> {
    let parts: Vec<String> = PARTS
        .iter()
        .filter_map(|part| {
            let hidden = match part.export {
                Export::Words(_) if is_for_coordinator => return None,
                Export::SomeWords(hidden, words) if is_for_coordinator => [hidden, words].concat(),
                Export::Without(hidden) | Export::Words(hidden) | Export::SomeWords(hidden, _) => {
                    hidden.to_vec()
                }
                Export::Nothing => return None,
            };
            let row = format!("(to_jsonb(t) - '{{{}}}'::text[])", hidden.join(","));
            // Whom they met is no use as an id.
            let row = match part.table {
                "bookings" => format!(
                    "({row} || jsonb_build_object('host_name', (select name from people where id = t.host_id), \
                     'guest_name', (select name from people where id = t.guest_id)))"
                ),
                _ => row,
            };
            Some(format!(
                "select '{}' as name, (select coalesce(jsonb_agg({row} order by {row}), '[]') from {} t where {}) as rows",
                part.name, part.table, part.rows
            ))
        })
        .collect();
    let all = format!(
        "select jsonb_pretty(jsonb_object_agg(name, rows) || jsonb_build_object('made_at', $3)) as text from ({}) p",
        parts.join(" union all ")
    );
    let all: Text = diesel::sql_query(all)
        .bind::<sql_types::Uuid, _>(person.id)
        .bind::<sql_types::Text, _>(&person.email)
        .bind::<sql_types::Timestamptz, _>(now)
        .get_result(conn)?;
    Ok(all.text)
}

/// A person's portrait, if there is one.
pub fn portrait(conn: &mut Conn, of: PersonId) -> QueryResult<Option<Vec<u8>>> {
    photos::table
        .find(of)
        .select(photos::jpeg)
        .first(conn)
        .optional()
}

/// The files that a person has sent and that are still there, with their names.
pub fn files(conn: &mut Conn, of: PersonId) -> QueryResult<Vec<(FileId, String)>> {
    let mut files: Vec<(FileId, String)> = booking_files::table
        .filter(booking_files::person_id.eq(of))
        .filter(booking_files::removed_at.is_null())
        .order((booking_files::added_at, booking_files::id))
        .select((booking_files::id, booking_files::name))
        .load(conn)?;
    let of_applications: Vec<(FileId, String)> = application_files::table
        .filter(application_files::person_id.eq(of))
        .order((application_files::added_at, application_files::id))
        .select((application_files::id, application_files::name))
        .load(conn)?;
    files.extend(of_applications);
    Ok(files)
}

/// All contents on the disk that came from a person.
pub fn contents(conn: &mut Conn, of: PersonId) -> QueryResult<Vec<FileId>> {
    uploads::table
        .filter(uploads::person_id.eq(of))
        .select(uploads::id)
        .load(conn)
}

/// A job that is about a person.
#[derive(Debug, QueryableByName)]
pub struct About {
    #[diesel(sql_type = sql_types::BigInt)]
    pub id: i64,
    #[diesel(sql_type = sql_types::Jsonb)]
    job: serde_json::Value,
    /// It was given up.
    #[diesel(sql_type = sql_types::Bool)]
    pub has_failed: bool,
}

impl About {
    /// The work, if it is of this kind and this version can read it.
    pub fn read<W: Work + DeserializeOwned>(&self) -> Option<W> {
        let is_it = jobs::kind(&self.job) == W::kind();
        is_it.then(|| W::deserialize(&self.job).ok()).flatten()
    }
}

/// The jobs that are about a person: that name them or their address, or are about a session of theirs;
/// oldest first.
pub fn jobs_about(conn: &mut Conn, person: &Person) -> QueryResult<Vec<About>> {
    diesel::sql_query(
        "select id, job, failed_at is not null as has_failed from jobs \
         where strpos(job::text, $1::text) > 0 or $2 in (job->>'email', job->>'to', job->>'from') \
             or job->>'booking' in (select id::text from bookings where host_id = $1 or guest_id = $1) \
         order by id",
    )
    .bind::<sql_types::Uuid, _>(person.id)
    .bind::<sql_types::Text, _>(&person.email)
    .load(conn)
}

/// Takes an address out of what mail servers have answered.
pub fn forget_in_errors(conn: &mut Conn, email: &str) -> QueryResult<()> {
    diesel::sql_query(
        "update jobs set last_error = replace(last_error, $1, '…') where strpos(last_error, $1) > 0",
    )
    .bind::<sql_types::Text, _>(email)
    .execute(conn)
    .map(drop)
}

/// Who was erased since that moment.
pub fn erased_since(conn: &mut Conn, since: DateTime<Utc>) -> QueryResult<Vec<Person>> {
    people::table
        .filter(
            people::id.nullable().eq_any(
                audit_log::table
                    .filter(audit_log::action.eq(AuditAction::PersonErased))
                    .filter(audit_log::at.gt(since))
                    .select(audit_log::subject_id),
            ),
        )
        .order(people::id)
        .select(Person::as_select())
        .load(conn)
}

/// Does to each table what is to be done when a person is erased.
pub fn erase(conn: &mut Conn, person: &Person, now: DateTime<Utc>) -> QueryResult<()> {
    for part in &PARTS {
        let statement = match part.erase {
            Erase::Keep | Erase::ByHand => continue,
            Erase::Delete => format!("delete from {} t where {}", part.table, part.rows),
            Erase::Blank(update) => update.to_owned(),
        };
        diesel::sql_query(statement)
            .bind::<sql_types::Uuid, _>(person.id)
            .bind::<sql_types::Text, _>(&person.email)
            .bind::<sql_types::Timestamptz, _>(now)
            .execute(conn)?;
    }
    Ok(())
}

/// Forgets words written before that moment, some of each kind. Returns whether there may be more.
pub fn forget_words(conn: &mut Conn, before: DateTime<Utc>) -> QueryResult<bool> {
    let mut is_more = false;
    for statement in FORGOTTEN {
        let rows = diesel::sql_query(statement)
            .bind::<sql_types::Timestamptz, _>(before)
            .bind::<sql_types::BigInt, _>(FORGOTTEN_AT_ONCE)
            .execute(conn)?;
        is_more |= rows as i64 >= FORGOTTEN_AT_ONCE;
    }
    Ok(is_more)
}

/// How many sessions and requests a person has ahead.
pub fn count_ahead(conn: &mut Conn, of: PersonId, now: DateTime<Utc>) -> QueryResult<i64> {
    use crate::bookings::Status;
    bookings::table
        .filter(bookings::host_id.eq(of).or(bookings::guest_id.eq(of)))
        .filter(bookings::status.eq_any([Status::Confirmed, Status::Pending]))
        .filter(bookings::starts_at.gt(now))
        .count()
        .get_result(conn)
}
