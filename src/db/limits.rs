//! Rate limits that all servers share, as the generic cell rate algorithm (GCRA) counts.

use chrono::{DateTime, TimeDelta, Utc};
use diesel::{QueryResult, prelude::*, sql_types};

use super::{Conn, schema::rate_limits};

/// How often something may be done: `burst` times, and once more each `period`.
#[derive(Clone, Copy, Debug)]
pub struct Allowance {
    pub burst: i32,
    pub period: TimeDelta,
}

/// Takes one of an allowance. None: taken; else how long until there is one again.
pub fn take(
    conn: &mut Conn,
    key: &str,
    allowance: Allowance,
    now: DateTime<Utc>,
) -> QueryResult<Option<TimeDelta>> {
    let Allowance { burst, period } = allowance;
    let latest = now + period * burst;
    let taken = diesel::sql_query(
        "insert into rate_limits as r (key, full_at) values ($1, $2) \
         on conflict (key) do update set full_at = greatest(r.full_at, $3) + ($2 - $3) \
         where greatest(r.full_at, $3) + ($2 - $3) <= $4",
    )
    .bind::<sql_types::Text, _>(key)
    .bind::<sql_types::Timestamptz, _>(now + period)
    .bind::<sql_types::Timestamptz, _>(now)
    .bind::<sql_types::Timestamptz, _>(latest)
    .execute(conn)?;
    if taken > 0 {
        return Ok(None);
    }
    let full_at: DateTime<Utc> = rate_limits::table
        .find(key)
        .select(rate_limits::full_at)
        .first(conn)?;
    Ok(Some(full_at + period - latest))
}

/// Forgets whoever has all of their allowance again.
pub fn forget(conn: &mut Conn, now: DateTime<Utc>) -> QueryResult<()> {
    diesel::delete(rate_limits::table.filter(rate_limits::full_at.lt(now)))
        .execute(conn)
        .map(drop)
}
