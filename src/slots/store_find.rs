//! The queries of a search over everybody's free time: from free times, groups and listings.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use diesel::{prelude::*, sql_types};

use super::{
    HostPolicy, ServiceKind,
    find::{Candidate, Offering, Question, Wanted},
    store_free::LOTS,
};
use crate::{
    db::{
        Conn, Kept, PersonId, ServiceId,
        schema::{availability, people, profiles, services},
    },
    schedule::{Free, Span},
};

type Times = Vec<DateTime<Utc>>;

#[derive(QueryableByName)]
struct CandidateRow {
    #[diesel(sql_type = sql_types::Uuid)]
    person_id: PersonId,
    #[diesel(sql_type = sql_types::Timestamptz)]
    anchor: DateTime<Utc>,
    #[diesel(sql_type = sql_types::Timestamptz)]
    starts_at: DateTime<Utc>,
    #[diesel(sql_type = sql_types::Timestamptz)]
    starts_before: DateTime<Utc>,
    #[diesel(sql_type = sql_types::Timestamptz)]
    ends_at: DateTime<Utc>,
    #[diesel(sql_type = sql_types::Timestamptz)]
    lower: DateTime<Utc>,
    #[diesel(sql_type = sql_types::Timestamptz)]
    upper: DateTime<Utc>,
    #[diesel(sql_type = sql_types::Integer)]
    load: i32,
}

/// The ranges by the notice that hosts ask for: whoever asks for a day's notice is not free before.
/// Notices are few, so each is looked up in turn instead of reading all rows.
const RANGES: &str = "with recursive notices as ( \
        (select notice_minutes as n from free_times order by notice_minutes limit 1) \
        union all \
        select (select f.notice_minutes from free_times f where f.notice_minutes > p.n order by f.notice_minutes limit 1) \
        from notices p where p.n is not null \
    ), asked as ( \
        select r.lower, r.upper, r.nr from unnest($1, $2) with ordinality r (lower, upper, nr) \
    ) ";

/// Whether the host of a free time has what is asked for. In a hash of all that have it, where few do;
/// `coalesce` keeps the planner from making a join of it, and `offset 0` in the statement keeps it to
/// the order that is written: times first, in their order, until there are enough. It would rather
/// read all listings and sort all of their times.
const IS_MATCHED: &str = "coalesce(f.person_id in (select m.person_id from matched m), false)";

/// The listing of a free time's host, if it has what is asked for.
const LISTED: &str = "cross join lateral (select l.load from listings l \
    where l.person_id = f.person_id and not l.paused and l.tags @> $4 and l.words like all ($5) offset 0) l";

/// Stretches of free time that begin or go on within the ranges, soonest first, at most `most`.
///
/// A few alumni match a narrow search: then theirs are read. Else times are read in their order, until
/// there are enough; of those that are under way when a range begins, lots of hosts in turn. Whose times
/// count is known beforehand, unless many match: then their listings are looked at one by one.
pub fn candidates(conn: &mut Conn, question: &Question) -> QueryResult<Vec<Candidate>> {
    let Question {
        wanted,
        ranges,
        guest,
        most,
        now,
    } = *question;
    // So many hosts' times are read whole; up to so many ids are taken along.
    const FEW: usize = 200;
    const MANY: usize = 5_000;
    let search = &wanted.search;
    let tags = search.tags();
    let words = search.patterns();
    let asks_nothing = tags.is_empty() && words.is_empty();
    let (limit, mut hosts) = match search.kind {
        _ if asks_nothing => (0, Vec::new()),
        Some(kind) if tags.len() == 1 && words.is_empty() => {
            (FEW, offering(conn, kind, FEW as i64 + 1)?)
        }
        _ if are_many(conn, &tags, &words)? => (0, Vec::new()),
        _ => (MANY, matching(conn, &tags, &words, MANY as i64 + 1)?),
    };
    let is_whole = limit > 0 && hosts.len() <= limit;
    let by_host = is_whole && hosts.len() <= FEW;
    if by_host && hosts.is_empty() {
        return Ok(Vec::new());
    }
    if !is_whole {
        hosts.clear();
    }
    let is_matched = if is_whole { IS_MATCHED } else { "true" };
    let sql = if by_host {
        format!(
            "{RANGES} select f.person_id, f.anchor, f.starts_at, f.starts_before, f.ends_at, \
                 greatest(a.lower, $6 + make_interval(mins => f.notice_minutes)) as lower, a.upper, l.load \
             from listings l, free_times f, asked a \
             where l.person_id = any($9) and not l.paused and l.tags @> $4 and l.words like all ($5) and l.person_id is distinct from $8 and f.person_id = l.person_id \
               and f.anchor > $1[1] - interval '26 hours' and f.anchor < $2[array_length($2, 1)] \
               and f.starts_at < a.upper and f.starts_before > greatest(a.lower, $6 + make_interval(mins => f.notice_minutes)) \
               and f.ends_at >= greatest(a.lower, f.starts_at, $6 + make_interval(mins => f.notice_minutes)) + $7 and $10 >= 0 \
             order by greatest(a.lower, f.starts_at, $6 + make_interval(mins => f.notice_minutes)), l.load, f.person_id limit $3"
        )
    } else {
        format!(
            "{RANGES}, matched as materialized (select unnest($9) as person_id) select found.* from (select * from asked order by nr) a cross join lateral ( \
                 select t.person_id, t.anchor, t.starts_at, t.starts_before, t.ends_at, t.lower, a.upper, t.load \
                 from notices n \
                 cross join lateral (select greatest(a.lower, $6 + make_interval(mins => n.n)) as lower) b \
                 cross join lateral ( \
                     (select f.person_id, f.anchor, f.starts_at, f.starts_before, f.ends_at, b.lower, l.load \
                      from generate_series(0, {LOTS} - 1) turn \
                      cross join lateral (select * from free_times f where f.notice_minutes = n.n and f.lot = (turn + $10) % {LOTS} \
                          and f.starts_at > b.lower - interval '26 hours' and f.starts_at <= b.lower \
                          and f.starts_before > b.lower and f.ends_at >= b.lower + $7 and {is_matched} offset 0) f \
                      {LISTED} \
                      where f.person_id is distinct from $8 limit $3) \
                     union all \
                     (select f.person_id, f.anchor, f.starts_at, f.starts_before, f.ends_at, b.lower, l.load \
                      from (select * from free_times f where f.notice_minutes = n.n and f.starts_at > b.lower and f.starts_at < a.upper \
                              and {is_matched} order by f.starts_at offset 0) f \
                      {LISTED} \
                      where f.person_id is distinct from $8 limit $3) \
                 ) t \
                 where n.n is not null and b.lower < a.upper \
                 order by greatest(t.starts_at, t.lower), t.load limit $3 \
             ) found limit $3"
        )
    };
    // Another lot each day, and for what is asked from another moment on.
    let from = ranges.first().map_or(now, |range| range.start);
    let lot = (now.timestamp() / 86_400 * 37 + from.timestamp() / 60).rem_euclid(i64::from(LOTS));
    let rows: Vec<CandidateRow> = Kept(
        diesel::sql_query(sql)
            .bind::<sql_types::Array<sql_types::Timestamptz>, _>(starts(ranges))
            .bind::<sql_types::Array<sql_types::Timestamptz>, _>(ends(ranges))
            .bind::<sql_types::BigInt, _>(most as i64)
            .bind::<sql_types::Array<sql_types::Text>, _>(tags)
            .bind::<sql_types::Array<sql_types::Text>, _>(words)
            .bind::<sql_types::Timestamptz, _>(now)
            .bind::<sql_types::Interval, _>(diesel::data_types::PgInterval::from_microseconds(
                wanted.length.num_microseconds().unwrap_or(0),
            ))
            .bind::<sql_types::Nullable<sql_types::Uuid>, _>(guest)
            .bind::<sql_types::Array<sql_types::Uuid>, _>(hosts)
            .bind::<sql_types::Integer, _>(i32::try_from(lot).unwrap_or(0)),
    )
    .load(conn)?;
    let candidate = |row: CandidateRow| Candidate {
        person: row.person_id,
        service: None,
        free: Free {
            anchor: row.anchor,
            from: row.starts_at,
            before: row.starts_before,
            until: row.ends_at,
        },
        range: Span::new(row.lower, row.upper),
        load: row.load,
    };
    Ok(rows.into_iter().map(candidate).collect())
}

#[derive(QueryableByName)]
struct GroupRow {
    #[diesel(sql_type = sql_types::Uuid)]
    person_id: PersonId,
    #[diesel(sql_type = sql_types::Uuid)]
    service_id: ServiceId,
    #[diesel(sql_type = sql_types::Timestamptz)]
    starts_at: DateTime<Utc>,
    #[diesel(sql_type = sql_types::Timestamptz)]
    ends_at: DateTime<Utc>,
    #[diesel(sql_type = sql_types::Integer)]
    load: i32,
}

/// Groups with seats left that meet within the ranges, soonest first, at most `most`: to who joins they
/// are as good as free time. Groups are few, so all starts from them.
pub fn groups(conn: &mut Conn, question: &Question) -> QueryResult<Vec<Candidate>> {
    let Question {
        wanted,
        ranges,
        guest,
        most,
        now,
    } = *question;
    let rows: Vec<GroupRow> = Kept(
        diesel::sql_query(format!(
            "select f.person_id, f.service_id, f.starts_at, f.ends_at, l.load from ( \
                 select s.person_id, g.service_id, g.starts_at, g.ends_at from unnest($1, $2) a (lower, upper) \
                 cross join lateral ( \
                     select service_id, starts_at, ends_at from bookings \
                     where group_id is not null and starts_at >= a.lower and starts_at < a.upper \
                       and (status = 'confirmed' or status = 'held' and hold_expires_at > $6) \
                     group by group_id, service_id, starts_at, ends_at having count(*) < max(seats) \
                 ) g \
                 cross join lateral ( \
                     select person_id from services \
                     where id = g.service_id and seats is not null and closed_at is null offset 0 \
                 ) s \
                 offset 0 \
             ) f {LISTED} \
             where f.person_id is distinct from $7 and f.starts_at >= $6 + make_interval(mins => coalesce( \
                 (select minimum_notice_minutes from availability where person_id = f.person_id), $8)) \
             order by f.starts_at, l.load, f.person_id limit $3"
        ))
        .bind::<sql_types::Array<sql_types::Timestamptz>, _>(starts(ranges))
        .bind::<sql_types::Array<sql_types::Timestamptz>, _>(ends(ranges))
        .bind::<sql_types::BigInt, _>(most as i64)
        .bind::<sql_types::Array<sql_types::Text>, _>(wanted.search.tags())
        .bind::<sql_types::Array<sql_types::Text>, _>(wanted.search.patterns())
        .bind::<sql_types::Timestamptz, _>(now)
        .bind::<sql_types::Nullable<sql_types::Uuid>, _>(guest)
        .bind::<sql_types::Integer, _>(HostPolicy::default().minimum_notice_minutes),
    )
    .load(conn)?;
    let candidate = |row: GroupRow| Candidate {
        person: row.person_id,
        service: Some(row.service_id),
        free: Free {
            anchor: row.starts_at,
            from: row.starts_at,
            before: row.starts_at + TimeDelta::seconds(1),
            until: row.ends_at,
        },
        range: Span::new(row.starts_at, row.ends_at),
        load: row.load,
    };
    Ok(rows.into_iter().map(candidate).collect())
}

fn starts(ranges: &[Span]) -> Times {
    ranges.iter().map(|range| range.start).collect()
}

fn ends(ranges: &[Span]) -> Times {
    ranges.iter().map(|range| range.end).collect()
}

/// Some who offer a service of that kind, listed or not.
fn offering(conn: &mut Conn, kind: ServiceKind, limit: i64) -> QueryResult<Vec<PersonId>> {
    services::table
        .filter(services::kind.eq(kind))
        .filter(services::closed_at.is_null())
        .select(services::person_id)
        .limit(limit)
        .load(conn)
}

/// Whether more than about a thousand listed alumni have all tags and all words, judged by five hundred
/// of them: to find them all would take longer than to look at the listings of those who are free.
fn are_many(conn: &mut Conn, tags: &[String], words: &[String]) -> QueryResult<bool> {
    #[derive(QueryableByName)]
    struct Judged {
        #[diesel(sql_type = sql_types::Bool)]
        are_many: bool,
    }
    let judged: Judged = Kept(
        diesel::sql_query(
            "select count(*) * (select reltuples / 500 from pg_class where oid = 'listings'::regclass) > 1200 as are_many \
             from listings tablesample system (( \
                 select least(100, 50000 / greatest(reltuples, 1)) from pg_class where oid = 'listings'::regclass)) \
             where not paused and tags @> $1 and words like all ($2)",
        )
        .bind::<sql_types::Array<sql_types::Text>, _>(tags)
        .bind::<sql_types::Array<sql_types::Text>, _>(words),
    )
    .get_result(conn)?;
    Ok(judged.are_many)
}

/// Some listed alumni who have all tags and all words.
fn matching(
    conn: &mut Conn,
    tags: &[String],
    words: &[String],
    limit: i64,
) -> QueryResult<Vec<PersonId>> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = sql_types::Uuid)]
        person_id: PersonId,
    }
    let rows: Vec<Row> = Kept(
        diesel::sql_query(
            "select person_id from listings where not paused and tags @> $1 and words like all ($2) limit $3",
        )
        .bind::<sql_types::Array<sql_types::Text>, _>(tags)
        .bind::<sql_types::Array<sql_types::Text>, _>(words)
        .bind::<sql_types::BigInt, _>(limit),
    )
    .load(conn)?;
    Ok(rows.into_iter().map(|row| row.person_id).collect())
}

/// The services of those people that a search asks for, by person.
pub fn offerings(
    conn: &mut Conn,
    of: &[PersonId],
    wanted: &Wanted,
) -> QueryResult<HashMap<PersonId, Vec<Offering>>> {
    let minutes = i16::try_from(wanted.length.num_minutes()).unwrap_or(i16::MAX);
    let kinds = match wanted.search.kind {
        Some(kind) => vec![kind],
        None => ServiceKind::ALL.to_vec(),
    };
    let rows: Vec<Offering> = services::table
        .inner_join(profiles::table.on(profiles::person_id.eq(services::person_id)))
        .inner_join(people::table.on(people::id.eq(services::person_id)))
        .left_join(availability::table.on(availability::person_id.eq(services::person_id)))
        .filter(services::person_id.eq_any(of))
        .filter(services::closed_at.is_null())
        .filter(services::duration_minutes.ge(minutes))
        .filter(services::kind.eq_any(kinds))
        .select(Offering::as_select())
        .load(conn)?;
    let mut found: HashMap<PersonId, Vec<Offering>> = HashMap::new();
    for offering in rows {
        found.entry(offering.person_id).or_default().push(offering);
    }
    Ok(found)
}
