//! The queries that keep the index of free time and the loads in step.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use diesel::{prelude::*, sql_types};

use crate::{
    db::{
        Conn, Kept, PersonId,
        schema::{free_time_hosts, free_times, listings},
    },
    schedule::{Free, Span},
    slots::{Host, Pledge},
};

type Times = Vec<DateTime<Utc>>;

/// Free times as columns, for a statement that takes many rows.
#[derive(Default)]
struct Columns {
    person: Vec<PersonId>,
    anchor: Times,
    starts_at: Times,
    starts_before: Times,
    ends_at: Times,
    lot: Vec<i16>,
    notice: Vec<i32>,
}

impl Columns {
    fn push(&mut self, host: &Host, free: &Free) {
        self.person.push(host.person.id);
        self.anchor.push(free.anchor);
        self.starts_at.push(free.from);
        self.starts_before.push(free.before);
        self.ends_at.push(free.until);
        self.lot.push(lot(host.person.id));
        self.notice.push(host.policy.minimum_notice_minutes);
    }
}

/// Lots into which hosts are drawn.
pub const LOTS: i16 = 128;

/// The lot of a host: from the last byte of the id, which is random.
fn lot(of: PersonId) -> i16 {
    i16::from(of.0.as_bytes()[15]) % LOTS
}

/// What a host's free times are to be, no further ahead than they are kept.
const FRESH: &str = "fresh as ( \
    select * from unnest($2, $3, $4, $5) as f (anchor, starts_at, starts_before, ends_at) \
    where f.anchor < (select reaches_until from free_time_hosts where person_id = $1) \
)";

/// Rows that are as they should be stay untouched.
const REPLACED: &str = ", gone as ( \
    delete from free_times t where t.person_id = $1 and t.anchor >= $6 and t.anchor < $7 \
        and not exists (select from fresh f where f.anchor = t.anchor and f.starts_at = t.starts_at) \
) \
insert into free_times (person_id, anchor, starts_at, starts_before, ends_at, lot, notice_minutes, signature) \
select $1, anchor, starts_at, starts_before, ends_at, $8, $9, coalesce((select signature from listings where person_id = $1), 0) from fresh \
on conflict (person_id, anchor, starts_at) do update \
    set starts_before = excluded.starts_before, ends_at = excluded.ends_at, notice_minutes = excluded.notice_minutes \
    where (free_times.starts_before, free_times.ends_at, free_times.notice_minutes) \
       is distinct from (excluded.starts_before, excluded.ends_at, excluded.notice_minutes)";

/// A host's load with this many more sessions.
const COUNTED: &str = "load = greatest(0, load + $sessions * 100 / coalesce( \
    (select wished_per_month from availability where person_id = $1), 4))";

/// The first nine values of the statements that use those.
macro_rules! bound {
    ($sql:expr, $host:expr, $rows:expr, $range:expr) => {
        Kept(
            diesel::sql_query($sql)
                .bind::<sql_types::Uuid, _>($host.person.id)
                .bind::<sql_types::Array<sql_types::Timestamptz>, _>($rows.anchor)
                .bind::<sql_types::Array<sql_types::Timestamptz>, _>($rows.starts_at)
                .bind::<sql_types::Array<sql_types::Timestamptz>, _>($rows.starts_before)
                .bind::<sql_types::Array<sql_types::Timestamptz>, _>($rows.ends_at)
                .bind::<sql_types::Timestamptz, _>($range.start)
                .bind::<sql_types::Timestamptz, _>($range.end)
                .bind::<sql_types::SmallInt, _>(lot($host.person.id))
                .bind::<sql_types::Integer, _>($host.policy.minimum_notice_minutes),
        )
    };
}

/// Replaces the free times of the windows that begin in `range` and no further ahead than the host's
/// times are kept.
pub fn replace(conn: &mut Conn, host: &Host, free: &[Free], range: Span) -> QueryResult<()> {
    let mut rows = Columns::default();
    for free in free {
        rows.push(host, free);
    }
    let sql = format!("with {FRESH} {REPLACED}");
    bound!(sql, host, rows, range).execute(conn)
}

/// As `replace`, for a host who has just promised a time to a guest: claims it for both, too, and adds
/// to the host's load.
pub fn claim(
    conn: &mut Conn,
    host: &Host,
    pledge: &Pledge,
    free: &[Free],
    range: Span,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let mut rows = Columns::default();
    for free in free {
        rows.push(host, free);
    }
    let Pledge {
        booking,
        claims: [own, guests],
        sessions,
    } = *pledge;
    let counted = if counts(own.starts_at, now) {
        sessions
    } else {
        0
    };
    let sql = format!(
        "with claimed as ( \
             insert into claims (booking_id, person_id, starts_at, ends_at, as_host, buffer_before_minutes, buffer_after_minutes, expires_at) \
             values ($10, $1, $11, $12, true, $13, $14, $15), ($10, $16, $11, $12, false, 0, 0, $15) \
         ), loaded as ( \
             update listings set {COUNTED} where person_id = $1 and $17 <> 0 \
         ), {FRESH} {REPLACED}"
    )
    .replace("$sessions", "$17");
    let query = bound!(sql, host, rows, range)
        .0
        .bind::<sql_types::Uuid, _>(booking)
        .bind::<sql_types::Timestamptz, _>(own.starts_at)
        .bind::<sql_types::Timestamptz, _>(own.ends_at)
        .bind::<sql_types::SmallInt, _>(own.buffer_before_minutes)
        .bind::<sql_types::SmallInt, _>(own.buffer_after_minutes)
        .bind::<sql_types::Nullable<sql_types::Timestamptz>, _>(own.expires_at)
        .bind::<sql_types::Uuid, _>(guests.person_id)
        .bind::<sql_types::Integer, _>(counted);
    Kept(query).execute(conn)
}

/// Removes the free times of windows that begin outside of `range`.
pub fn remove_outside(conn: &mut Conn, of: PersonId, range: Span) -> QueryResult<()> {
    let is_outside = free_times::anchor
        .lt(range.start)
        .or(free_times::anchor.ge(range.end));
    diesel::delete(
        free_times::table
            .filter(free_times::person_id.eq(of))
            .filter(is_outside),
    )
    .execute(conn)
    .map(drop)
}

/// Notes that there may be more free time of those hosts than before.
pub fn note_growth(conn: &mut Conn, of: &[PersonId], now: DateTime<Utc>) -> QueryResult<()> {
    // In the order of the ids, so that two who note several do not wait for each other.
    Kept(
        diesel::sql_query(
            "insert into newly_free (person_id, since) \
             select distinct id, $2 from unnest($1) id order by id on conflict do nothing",
        )
        .bind::<sql_types::Array<sql_types::Uuid>, _>(of.to_vec())
        .bind::<sql_types::Timestamptz, _>(now),
    )
    .execute(conn)
}

/// Notes how far ahead a host's free times are kept and when they are due again.
pub fn set_reach(
    conn: &mut Conn,
    of: PersonId,
    reaches_until: DateTime<Utc>,
    renew_at: DateTime<Utc>,
    zone_data: &str,
) -> QueryResult<()> {
    let row = (
        free_time_hosts::reaches_until.eq(reaches_until),
        free_time_hosts::renew_at.eq(renew_at),
        free_time_hosts::zone_data.eq(zone_data),
    );
    diesel::insert_into(free_time_hosts::table)
        .values((free_time_hosts::person_id.eq(of), row))
        .on_conflict(free_time_hosts::person_id)
        .do_update()
        .set(row)
        .execute(conn)
        .map(drop)
}

/// Hosts whose free times are due to be carried on, the longest due first.
pub fn due(conn: &mut Conn, now: DateTime<Utc>, limit: i64) -> QueryResult<Vec<PersonId>> {
    free_time_hosts::table
        .filter(free_time_hosts::renew_at.le(now))
        .order((free_time_hosts::renew_at, free_time_hosts::person_id))
        .limit(limit)
        .select(free_time_hosts::person_id)
        .load(conn)
}

/// Makes everybody due whose free times were made with other zone data.
pub fn outdate(conn: &mut Conn, zone_data: &str, now: DateTime<Utc>) -> QueryResult<usize> {
    diesel::update(
        free_time_hosts::table
            .filter(free_time_hosts::zone_data.ne(zone_data))
            .filter(free_time_hosts::renew_at.gt(now)),
    )
    .set(free_time_hosts::renew_at.eq(now))
    .execute(conn)
}

/// Inserts the free times of hosts who have none yet.
pub fn fill(
    conn: &mut Conn,
    hosts: &[(&Host, DateTime<Utc>, Vec<Free>)],
    renew_at: DateTime<Utc>,
    zone_data: &str,
) -> QueryResult<()> {
    let mut rows = Columns::default();
    for (host, _, free) in hosts {
        for free in free {
            rows.push(host, free);
        }
    }
    Kept(diesel::sql_query(
        "insert into free_times (person_id, anchor, starts_at, starts_before, ends_at, lot, notice_minutes, signature) \
         select f.*, coalesce(l.signature, 0) \
         from unnest($1, $2, $3, $4, $5, $6, $7) as f (person_id, anchor, starts_at, starts_before, ends_at, lot, notice_minutes) \
         left join listings l using (person_id) on conflict do nothing",
    )
    .bind::<sql_types::Array<sql_types::Uuid>, _>(rows.person)
    .bind::<sql_types::Array<sql_types::Timestamptz>, _>(rows.anchor)
    .bind::<sql_types::Array<sql_types::Timestamptz>, _>(rows.starts_at)
    .bind::<sql_types::Array<sql_types::Timestamptz>, _>(rows.starts_before)
    .bind::<sql_types::Array<sql_types::Timestamptz>, _>(rows.ends_at)
    .bind::<sql_types::Array<sql_types::SmallInt>, _>(rows.lot)
    .bind::<sql_types::Array<sql_types::Integer>, _>(rows.notice)).execute(conn)?;
    let ids: Vec<PersonId> = hosts.iter().map(|(host, _, _)| host.person.id).collect();
    let reach: Times = hosts.iter().map(|(_, reach, _)| *reach).collect();
    Kept(
        diesel::sql_query(
            "update free_time_hosts h set reaches_until = f.reach, renew_at = $3, zone_data = $4 \
         from unnest($1, $2) as f (id, reach) where h.person_id = f.id",
        )
        .bind::<sql_types::Array<sql_types::Uuid>, _>(ids)
        .bind::<sql_types::Array<sql_types::Timestamptz>, _>(reach)
        .bind::<sql_types::Timestamptz, _>(renew_at)
        .bind::<sql_types::Text, _>(zone_data.to_owned()),
    )
    .execute(conn)
}

/// The next hosts after one, by id, whose free times are kept.
pub fn hosts_after(
    conn: &mut Conn,
    after: Option<PersonId>,
    now: DateTime<Utc>,
    limit: i64,
) -> QueryResult<Vec<PersonId>> {
    let mut query = free_time_hosts::table
        .filter(free_time_hosts::reaches_until.gt(now))
        .order(free_time_hosts::person_id)
        .limit(limit)
        .select(free_time_hosts::person_id)
        .into_boxed();
    if let Some(after) = after {
        query = query.filter(free_time_hosts::person_id.gt(after));
    }
    query.load(conn)
}

/// The free times of those people that are not over yet, in order; without those that a search passes
/// over for a signature that is not the listing's.
pub fn of(
    conn: &mut Conn,
    ids: &[PersonId],
    now: DateTime<Utc>,
) -> QueryResult<HashMap<PersonId, Vec<Free>>> {
    type Row = (
        PersonId,
        DateTime<Utc>,
        DateTime<Utc>,
        DateTime<Utc>,
        DateTime<Utc>,
    );
    let is_signed = listings::signature
        .eq(free_times::signature)
        .or(listings::signature.nullable().is_null());
    let rows: Vec<Row> = free_times::table
        .left_join(listings::table.on(listings::person_id.eq(free_times::person_id)))
        .filter(is_signed)
        .filter(free_times::person_id.eq_any(ids))
        .filter(free_times::ends_at.gt(now))
        .order((free_times::person_id, free_times::starts_at))
        .select((
            free_times::person_id,
            free_times::anchor,
            free_times::starts_at,
            free_times::starts_before,
            free_times::ends_at,
        ))
        .load(conn)?;
    let mut found: HashMap<PersonId, Vec<Free>> = HashMap::new();
    for (of, anchor, from, before, until) in rows {
        found.entry(of).or_default().push(Free {
            anchor,
            from,
            before,
            until,
        });
    }
    Ok(found)
}

/// Counts a session more or less at once; `renew_loads` recounts them.
pub fn add_load(
    conn: &mut Conn,
    host: PersonId,
    starts_at: DateTime<Utc>,
    sessions: i32,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    if !counts(starts_at, now) {
        return Ok(());
    }
    let counted = COUNTED.replace("$sessions", "$2");
    Kept(
        diesel::sql_query(format!(
            "update listings set {counted} where person_id = $1"
        ))
        .bind::<sql_types::Uuid, _>(host)
        .bind::<sql_types::Integer, _>(sessions),
    )
    .execute(conn)
}

/// How far from now, before and after, sessions count towards a host's load.
const LOAD_REACHES: TimeDelta = TimeDelta::days(15);

fn counts(starts_at: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    (starts_at - now).abs() <= LOAD_REACHES
}

/// Renews how many sessions each listed alumnus has within 30 days, in percent of the wish; of four a
/// month without one.
pub fn renew_loads(conn: &mut Conn, now: DateTime<Utc>) -> QueryResult<()> {
    Kept(diesel::sql_query(
        "update listings l set load = f.load from ( \
             select l.person_id, coalesce(b.held, 0) * 100 / coalesce(a.wished_per_month, 4) as load \
             from listings l left join availability a on a.person_id = l.person_id \
             left join (select host_id, count(distinct coalesce(group_id, id))::integer as held from bookings \
                        where status in ('confirmed', 'completed', 'no_show') and starts_at > $1 and starts_at < $2 group by host_id) b \
               on b.host_id = l.person_id) f \
         where f.person_id = l.person_id and f.load <> l.load",
    )
    .bind::<sql_types::Timestamptz, _>(now - LOAD_REACHES)
    .bind::<sql_types::Timestamptz, _>(now + LOAD_REACHES)).execute(conn)
}
