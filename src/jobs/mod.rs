//! The outbox: work that can wait, and its queue, which is a table. What the work is, the rooms know.
//!
//! A change and the letters about it are written in one transaction; a worker does the rest. Jobs
//! are leased, so a worker that dies loses nothing; jobs of the same order word wait for each other.

use chrono::{DateTime, TimeDelta, Utc};
use diesel::{prelude::*, sql_types};
use serde::Serialize;
use serde_json::Value;

use crate::db::{Conn, Kept, schema::jobs};

/// Work that can wait, of one kind. What it needs is kept as JSON beside its kind, so that it outlives an
/// update of the program.
pub trait Work: Send + Sync {
    /// The word for it in the table.
    fn kind() -> &'static str
    where
        Self: Sized;

    /// Jobs of the same word are done one after the other.
    fn order(&self) -> Option<String> {
        None
    }

    /// The longest delay before another attempt.
    fn longest_wait(&self) -> TimeDelta {
        TimeDelta::hours(2)
    }

    /// Whether it has in it who somebody was whose account is erased.
    fn is_of_erased(&self) -> bool {
        false
    }
}

/// The kind of work of a job as it is kept.
pub fn kind(job: &Value) -> &str {
    job["kind"].as_str().unwrap_or("unknown")
}

/// A job that this worker has until its lease ends.
#[derive(Debug, QueryableByName)]
pub struct Leased {
    #[diesel(sql_type = sql_types::BigInt)]
    pub id: i64,
    #[diesel(sql_type = sql_types::Jsonb)]
    pub job: Value,
    #[diesel(sql_type = sql_types::Integer)]
    pub attempts: i32,
    #[diesel(sql_type = sql_types::Timestamptz)]
    pub created_at: DateTime<Utc>,
}

/// How long a worker has a job; longer than any attempt may take.
const LEASE: TimeDelta = TimeDelta::seconds(120);

/// The statement that queues jobs now, given what stands for the columns and the time.
pub fn queueing([jobs, order, now]: [&str; 3]) -> String {
    format!(
        "insert into jobs (job, in_order, created_at, run_at) select job, in_order, {now}, {now} \
         from unnest({jobs}, {order}) with ordinality q (job, in_order, nr) order by nr"
    )
}

/// Work as the two columns of the table: what is to be done, and the word that orders it.
pub fn columns<W: Work + Serialize>(work: &[W]) -> (Vec<Value>, Vec<Option<String>>) {
    (
        work.iter().map(json).collect(),
        work.iter().map(Work::order).collect(),
    )
}

fn json<W: Work + Serialize>(work: &W) -> Value {
    let mut json = serde_json::to_value(work).expect("work is plain data");
    json["kind"] = W::kind().into();
    json
}

/// Queues work, in this order, to be done from now on.
pub fn enqueue<W: Work + Serialize>(
    conn: &mut Conn,
    work: &[W],
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let (work, order) = columns(work);
    Kept(
        diesel::sql_query(queueing(["$1", "$2", "$3"]))
            .bind::<sql_types::Array<sql_types::Jsonb>, _>(work)
            .bind::<sql_types::Array<sql_types::Nullable<sql_types::Text>>, _>(order)
            .bind::<sql_types::Timestamptz, _>(now),
    )
    .execute(conn)
}

/// A job that this version cannot read waits this long for a version that can: a newer one may have queued it before
/// this one was put back.
const UNREAD_WAITS: TimeDelta = TimeDelta::minutes(10);

/// Takes up to `most` due jobs.
pub fn lease(conn: &mut Conn, most: i64, now: DateTime<Utc>) -> QueryResult<Vec<Leased>> {
    Kept(diesel::sql_query(
        "update jobs set leased_until = $2, attempts = attempts + 1 \
         where id in ( \
             select id from jobs due \
             where failed_at is null and run_at <= $1 and (leased_until is null or leased_until <= $1) \
               and (in_order is null or not exists ( \
                   select from jobs earlier where earlier.in_order = due.in_order \
                   and earlier.id < due.id and earlier.failed_at is null)) \
             order by run_at, id limit $3 for update skip locked) \
         returning id, job, attempts, created_at",
    )
    .bind::<sql_types::Timestamptz, _>(now)
    .bind::<sql_types::Timestamptz, _>(now + LEASE)
    .bind::<sql_types::BigInt, _>(most)).load(conn)
}

/// Puts off a job that this version cannot read, and gives it up after a day.
pub fn put_off_unread(
    conn: &mut Conn,
    leased: &Leased,
    error: &str,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let error = format!("cannot be read: {error}");
    if now - leased.created_at < TimeDelta::days(1) {
        put_back(conn, leased.id, &error, now + UNREAD_WAITS)
    } else {
        give_up(conn, leased.id, &error, now)
    }
}

/// Puts other work in the place of a job.
pub fn replace<W: Work + Serialize>(conn: &mut Conn, id: i64, job: &W) -> QueryResult<()> {
    diesel::update(jobs::table.find(id))
        .set(jobs::job.eq(json(job)))
        .execute(conn)
        .map(drop)
}

/// Forgets a job that is done.
pub fn finish(conn: &mut Conn, id: i64) -> QueryResult<()> {
    diesel::delete(jobs::table.find(id)).execute(conn).map(drop)
}

/// Lets a job be tried again at `run_at`.
pub fn put_back(conn: &mut Conn, id: i64, error: &str, run_at: DateTime<Utc>) -> QueryResult<()> {
    diesel::update(jobs::table.find(id))
        .set((
            jobs::run_at.eq(run_at),
            jobs::leased_until.eq(None::<DateTime<Utc>>),
            jobs::last_error.eq(error),
        ))
        .execute(conn)
        .map(drop)
}

/// Leaves a job for an administrator to decide on.
pub fn give_up(conn: &mut Conn, id: i64, error: &str, now: DateTime<Utc>) -> QueryResult<()> {
    diesel::update(jobs::table.find(id))
        .set((
            jobs::failed_at.eq(now),
            jobs::leased_until.eq(None::<DateTime<Utc>>),
            jobs::last_error.eq(error),
        ))
        .execute(conn)
        .map(drop)
}

/// How long to wait before the next attempt: doubling from 15 seconds to an hour, with `jitter`
/// (0 to 1) spreading it by a quarter either way, so that a recovering server is not stormed.
pub fn backoff(attempts: i32, jitter: f64) -> TimeDelta {
    let base = 15.0 * 2f64.powi(attempts.clamp(1, 10) - 1);
    let seconds = base.min(3600.0) * (0.75 + jitter / 2.0);
    TimeDelta::milliseconds((seconds * 1000.0) as i64)
}

/// A job that was given up.
#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = jobs)]
pub struct Failed {
    pub id: i64,
    pub job: Value,
    pub created_at: DateTime<Utc>,
    pub attempts: i32,
    pub last_error: String,
}

/// The jobs given up last, newest first, at most a hundred.
pub fn failed(conn: &mut Conn) -> QueryResult<Vec<Failed>> {
    jobs::table
        .filter(jobs::failed_at.is_not_null())
        .order((jobs::failed_at.desc(), jobs::id.desc()))
        .limit(100)
        .select(Failed::as_select())
        .load(conn)
}

/// Tries a job that was given up once more, from the beginning. Returns whether there was one.
pub fn revive(conn: &mut Conn, id: i64, now: DateTime<Utc>) -> QueryResult<bool> {
    diesel::update(jobs::table.find(id).filter(jobs::failed_at.is_not_null()))
        .set((
            jobs::failed_at.eq(None::<DateTime<Utc>>),
            jobs::run_at.eq(now),
            jobs::attempts.eq(0),
            jobs::created_at.eq(now),
        ))
        .execute(conn)
        .map(|rows| rows > 0)
}

/// Drops a job that was given up. Returns whether there was one.
pub fn discard(conn: &mut Conn, id: i64) -> QueryResult<bool> {
    diesel::delete(jobs::table.find(id).filter(jobs::failed_at.is_not_null()))
        .execute(conn)
        .map(|rows| rows > 0)
}

/// Since when the oldest letter that could not be sent has been waiting.
pub fn waiting_since(conn: &mut Conn) -> QueryResult<Option<DateTime<Utc>>> {
    jobs::table
        .filter(jobs::failed_at.is_null())
        .filter(jobs::last_error.ne(""))
        .select(diesel::dsl::min(jobs::created_at))
        .first(conn)
}

/// How many jobs wait, and how many were given up.
pub fn backlog(conn: &mut Conn) -> QueryResult<(i64, i64)> {
    jobs::table
        .select((
            diesel::dsl::count(jobs::id).aggregate_filter(jobs::failed_at.is_null()),
            diesel::dsl::count(jobs::id).aggregate_filter(jobs::failed_at.is_not_null()),
        ))
        .first(conn)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_an_hour() {
        assert_eq!(backoff(1, 0.5), TimeDelta::seconds(15));
        assert_eq!(backoff(3, 0.5), TimeDelta::seconds(60));
        assert_eq!(backoff(50, 0.5), TimeDelta::seconds(3600));
        assert!(backoff(1, 0.0) < backoff(1, 1.0));
    }
}
