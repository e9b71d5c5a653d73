//! The queries of a search over everybody's free time: from free times, groups and listings.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use diesel::{prelude::*, sql_types};

use super::{Candidate, FreeTimeQuery, IndexQuery, Listed, Offering};
use crate::{
    db::{Conn, Kept, PersonId, ServiceId, schema::services},
    schedule::{Free, Span},
    slots::{HostPolicy, index::store::LOTS},
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
    #[diesel(embed)]
    host: Listed,
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

/// Whether the host of a free time may have the tags that are asked for, by the bits of both; so it is
/// where none are.
const IS_SIGNED: &str = "t.signature & (select signature_of($4)) = (select signature_of($4))";

/// Whether the host of a free time is one of those who have what is asked for. In a hash of all of them;
/// `coalesce` keeps the planner from making a join of it, and `offset 0` in the statement keeps it to
/// the order that is written: times first, in their order, until there are enough. It would rather
/// read all listings and sort all of their times.
const IS_MATCHED: &str = "coalesce(t.person_id in (select m.person_id from matched m), false)";

/// The listing of a free time's host, if it has what is asked for.
const LISTED: &str = "cross join lateral (select l.load, l.handle, l.name, l.headline, l.horizon_days from listings l \
    where l.person_id = f.person_id and not l.paused and l.tags @> $4 and l.words like all ($5) offset 0) l";

/// What is taken along of a free time; all of it is in the indexes.
const TIME: &str = "t.person_id, t.anchor, t.starts_at, t.starts_before, t.ends_at";

/// Whose times are read for a search.
enum Whose {
    /// All times of those few.
    Few(Vec<PersonId>),
    /// Times in their order, of those.
    Those(Vec<PersonId>),
    /// Times in their order, of everybody who has what is asked for by their listing.
    Everybody,
}

/// To read the times of `n` hosts takes as long as `n`; to walk along those of all until enough match, as
/// long as `listed / n`. So the two meet at a multiple of the root of all, which was measured. The times
/// themselves tell whether their host may have the tags; of words they tell nothing, so that to collect
/// beforehand who has them pays for more.
fn whose(conn: &mut Conn, tags: &[String], words: &[String]) -> QueryResult<Whose> {
    if tags.is_empty() && words.is_empty() {
        return Ok(Whose::Everybody);
    }
    let estimate = estimate(conn, tags, words)?;
    let root = estimate.listed.sqrt();
    let (few, most, many) = match words.is_empty() {
        true => (root, root, 2.0 * root),
        false => (2.5 * root, 20.0 * root, 11.0 * root),
    };
    if estimate.matching > many {
        return Ok(Whose::Everybody);
    }
    let hosts = matching(conn, tags, words, most as usize + 1)?;
    Ok(match hosts.len() as f64 {
        n if n <= few => Whose::Few(hosts),
        n if n <= most => Whose::Those(hosts),
        _ => Whose::Everybody,
    })
}

/// The times of some hosts, read whole.
fn of_few(limit: &str) -> String {
    format!(
        "{RANGES} select t.*, l.* from (select unnest($9) as person_id) f {LISTED} \
         cross join lateral ( \
             select {TIME}, greatest(a.lower, $6 + make_interval(mins => t.notice_minutes)) as lower, a.upper \
             from free_times t, asked a \
             where t.person_id = f.person_id and t.anchor > $1[1] - interval '26 hours' and t.anchor < $2[array_length($2, 1)] \
               and t.starts_at < a.upper and t.starts_before > greatest(a.lower, $6 + make_interval(mins => t.notice_minutes)) \
               and t.ends_at >= greatest(a.lower, t.starts_at, $6 + make_interval(mins => t.notice_minutes)) + $7 \
         ) t \
         where f.person_id is distinct from $8 \
         order by greatest(t.starts_at, t.lower), l.load, t.person_id limit {limit}"
    )
}

/// Times in their order until there are enough; of those that are under way when a range begins, lots of
/// hosts in turn.
fn in_order(is_meant: &str, limit: &str) -> String {
    format!(
        "{RANGES}, matched as materialized (select unnest($9) as person_id) select found.* from (select * from asked order by nr) a cross join lateral ( \
             select t.*, a.upper \
             from notices n \
             cross join lateral (select greatest(a.lower, $6 + make_interval(mins => n.n)) as lower) b \
             cross join lateral ( \
                 (select f.*, b.lower, l.* \
                  from generate_series(0, {LOTS} - 1) turn \
                  cross join lateral (select {TIME} from free_times t where t.notice_minutes = n.n and t.lot = (turn + $10) % {LOTS} \
                      and t.starts_at > b.lower - interval '26 hours' and t.starts_at <= b.lower \
                      and t.starts_before > b.lower and t.ends_at >= b.lower + $7 and {is_meant} offset 0) f \
                  {LISTED} \
                  where f.person_id is distinct from $8 limit $3) \
                 union all \
                 (select f.*, b.lower, l.* \
                  from (select {TIME} from free_times t where t.notice_minutes = n.n and t.starts_at > b.lower and t.starts_at < a.upper \
                          and {is_meant} order by t.starts_at offset 0) f \
                  {LISTED} \
                  where f.person_id is distinct from $8 limit $3) \
             ) t \
             where n.n is not null and b.lower < a.upper \
             order by greatest(t.starts_at, t.lower), t.load limit $3 \
         ) found limit {limit}"
    )
}

/// The statement that reads free times for a search, and the hosts it starts from; none where nobody matches.
/// `limit` is how much is read in all, where `$3` is how much of each range.
fn statement(
    conn: &mut Conn,
    tags: &[String],
    words: &[String],
    limit: &str,
) -> QueryResult<Option<(String, Vec<PersonId>)>> {
    Ok(match whose(conn, tags, words)? {
        Whose::Few(hosts) if hosts.is_empty() => None,
        Whose::Few(hosts) => Some((of_few(limit), hosts)),
        Whose::Those(hosts) => Some((in_order(IS_MATCHED, limit), hosts)),
        Whose::Everybody => Some((in_order(IS_SIGNED, limit), Vec::new())),
    })
}

/// Another lot each day, and for what is asked from another moment on.
fn lot(ranges: &[Span], now: DateTime<Utc>) -> i32 {
    let from = ranges.first().map_or(now, |range| range.start);
    let lot = now.timestamp() / 86_400 * 37 + from.timestamp() / 60;
    i32::try_from(lot.rem_euclid(i64::from(LOTS))).unwrap_or(0)
}

fn interval(length: TimeDelta) -> diesel::data_types::PgInterval {
    diesel::data_types::PgInterval::from_microseconds(length.num_microseconds().unwrap_or(0))
}

/// A statement of free times, with all that [`RANGES`] and what follows it ask for, as `$1` to `$10`.
macro_rules! asked {
    ($sql:expr, $question:expr, $tags:expr, $words:expr, $hosts:expr) => {
        diesel::sql_query($sql)
            .bind::<sql_types::Array<sql_types::Timestamptz>, _>(starts($question.ranges))
            .bind::<sql_types::Array<sql_types::Timestamptz>, _>(ends($question.ranges))
            .bind::<sql_types::BigInt, _>($question.most as i64)
            .bind::<sql_types::Array<sql_types::Text>, _>($tags)
            .bind::<sql_types::Array<sql_types::Text>, _>($words)
            .bind::<sql_types::Timestamptz, _>($question.now)
            .bind::<sql_types::Interval, _>(interval($question.wanted.length))
            .bind::<sql_types::Nullable<sql_types::Uuid>, _>($question.guest)
            .bind::<sql_types::Array<sql_types::Uuid>, _>($hosts)
            .bind::<sql_types::Integer, _>(lot($question.ranges, $question.now))
    };
}

/// Stretches of free time that begin or go on within the ranges, soonest first, at most `most`.
pub fn candidates(conn: &mut Conn, question: &IndexQuery) -> QueryResult<Vec<Candidate>> {
    let tags = question.wanted.search.tags();
    let words = question.wanted.search.patterns();
    let Some((sql, hosts)) = statement(conn, &tags, &words, "$3")? else {
        return Ok(Vec::new());
    };
    let rows: Vec<CandidateRow> = Kept(asked!(sql, question, tags, words, hosts)).load(conn)?;
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
    #[diesel(embed)]
    host: Listed,
}

/// The statement that reads groups with seats left; `guest` and `notice` are the places of who asks, and of the
/// notice of hosts who have not said any.
fn of_groups(guest: &str, notice: &str) -> String {
    format!(
        "select f.person_id, f.service_id, f.starts_at, f.ends_at, l.* from ( \
                 select s.person_id, g.service_id, g.starts_at, g.ends_at from unnest($1, $2) a (lower, upper) \
                 cross join lateral ( \
                     select service_id, starts_at, ends_at from bookings \
                     where group_id is not null and starts_at >= a.lower and starts_at < a.upper \
                       and (status = 'confirmed' or status = 'held' and hold_expires_at > $6) \
                     group by group_id, service_id, starts_at, ends_at having count(*) < max(seats) \
                 ) g \
                 cross join lateral ( \
                     select person_id from services \
                     where id = g.service_id and seats is not null and closed_at is null and program_id is null offset 0 \
                 ) s \
                 offset 0 \
             ) f {LISTED} \
             where f.person_id is distinct from {guest} and f.starts_at >= $6 + make_interval(mins => coalesce( \
                 (select minimum_notice_minutes from availability where person_id = f.person_id), {notice}))"
    )
}

/// Groups with seats left that meet within the ranges, soonest first, at most `most`: to who joins they
/// are as good as free time. Groups are few, so all starts from them.
pub fn groups(conn: &mut Conn, question: &IndexQuery) -> QueryResult<Vec<Candidate>> {
    let IndexQuery {
        wanted,
        ranges,
        guest,
        most,
        now,
    } = *question;
    let rows: Vec<GroupRow> = Kept(
        diesel::sql_query(format!(
            "{} order by f.starts_at, l.load, f.person_id limit $3",
            of_groups("$7", "$8")
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
        host: row.host,
    };
    Ok(rows.into_iter().map(candidate).collect())
}

#[derive(QueryableByName)]
struct CountedRow {
    #[diesel(sql_type = sql_types::Nullable<sql_types::Uuid>)]
    service_id: Option<ServiceId>,
    #[diesel(embed)]
    candidate: CandidateRow,
}

/// At most `most` stretches of free time of each range, with the groups of all, in one query.
pub fn of_each(conn: &mut Conn, question: &IndexQuery) -> QueryResult<Vec<Candidate>> {
    const COLUMNS: &str = "anchor, starts_at, starts_before, ends_at, lower, upper, load, handle, name, headline, horizon_days";
    let tags = question.wanted.search.tags();
    let words = question.wanted.search.patterns();
    let Some((sql, hosts)) = statement(conn, &tags, &words, "all")? else {
        return Ok(Vec::new());
    };
    let groups = of_groups("$8", "$11");
    let rows: Vec<CountedRow> = Kept(
        asked!(
            format!(
            "select person_id, null::uuid as service_id, {COLUMNS} from ({sql}) f \
             union all \
             select person_id, service_id, starts_at, starts_at, starts_at + interval '1 second', ends_at, \
                    starts_at, starts_at, load, handle, name, headline, horizon_days from ({groups}) g"
        ),
            question,
            tags,
            words,
            hosts
        )
        .bind::<sql_types::Integer, _>(HostPolicy::default().minimum_notice_minutes),
    )
    .load(conn)?;
    let counted = |row: CountedRow| Candidate {
        service: row.service_id,
        ..candidate(row.candidate)
    };
    Ok(rows.into_iter().map(counted).collect())
}

fn candidate(row: CandidateRow) -> Candidate {
    Candidate {
        person: row.person_id,
        service: None,
        free: Free {
            anchor: row.anchor,
            from: row.starts_at,
            before: row.starts_before,
            until: row.ends_at,
        },
        range: Span::new(row.lower, row.upper),
        host: row.host,
    }
}

fn starts(ranges: &[Span]) -> Times {
    ranges.iter().map(|range| range.start).collect()
}

fn ends(ranges: &[Span]) -> Times {
    ranges.iter().map(|range| range.end).collect()
}

#[derive(QueryableByName)]
struct Estimate {
    #[diesel(sql_type = sql_types::Double)]
    matching: f64,
    #[diesel(sql_type = sql_types::Double)]
    listed: f64,
}

/// About how many listed alumni have all tags and all words: to find them all may take longer than to look
/// at those who are free. Judged by two samples of some 250, by the one with fewer: what was entered
/// together lies together, and few are many where a sample comes upon them.
fn estimate(conn: &mut Conn, tags: &[String], words: &[String]) -> QueryResult<Estimate> {
    const SHARE: &str = "select coalesce(avg((not paused and tags @> $1 and words like all ($2))::integer), 0)::float8 as of \
        from listings tablesample system (( \
            select least(100, 25000 / greatest(reltuples, 1)) from pg_class where oid = 'listings'::regclass))";
    Kept(
        diesel::sql_query(format!(
            "select known.listed, known.listed * least(one.of, other.of) as matching from ( \
                 select greatest(reltuples, 1)::float8 as listed from pg_class where oid = 'listings'::regclass \
             ) known, ({SHARE}) one, ({SHARE}) other"
        ))
        .bind::<sql_types::Array<sql_types::Text>, _>(tags)
        .bind::<sql_types::Array<sql_types::Text>, _>(words),
    )
    .get_result(conn)
}

/// What listings must be like to have all tags and all words, each with its own condition: `like all`
/// finds nothing in an index, and no tag at all finds everything in it.
pub fn conditions(tags: &[String], words: &[String], tags_at: &str, words_at: &str) -> String {
    let tags = (!tags.is_empty()).then(|| format!(" and tags @> {tags_at}"));
    let words = (1..=words.len()).map(|n| format!(" and words like ({words_at})[{n}]"));
    tags.into_iter().chain(words).collect()
}

/// Some listed alumni who have all tags and all words.
fn matching(
    conn: &mut Conn,
    tags: &[String],
    words: &[String],
    limit: usize,
) -> QueryResult<Vec<PersonId>> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = sql_types::Uuid)]
        person_id: PersonId,
    }
    let has = conditions(tags, words, "$1", "$2");
    let rows: Vec<Row> = Kept(
        diesel::sql_query(format!(
            "select person_id from listings where not paused{has} limit $3"
        ))
        .bind::<sql_types::Array<sql_types::Text>, _>(tags)
        .bind::<sql_types::Array<sql_types::Text>, _>(words)
        .bind::<sql_types::BigInt, _>(limit as i64),
    )
    .load(conn)?;
    Ok(rows.into_iter().map(|row| row.person_id).collect())
}

/// The services of those people that a search asks for, by person.
pub fn offerings(
    conn: &mut Conn,
    of: &[PersonId],
    wanted: &FreeTimeQuery,
) -> QueryResult<HashMap<PersonId, Vec<Offering>>> {
    let minutes = i16::try_from(wanted.length.num_minutes()).unwrap_or(i16::MAX);
    let mut offered = services::table
        .filter(services::person_id.eq_any(of))
        .filter(services::closed_at.is_null())
        .filter(services::program_id.is_null())
        .filter(services::duration_minutes.ge(minutes))
        .select(Offering::as_select())
        .into_boxed();
    if let Some(kind) = &wanted.search.kind {
        offered = offered.filter(services::kind.eq(kind));
    }
    let rows = offered.load(conn)?;
    let mut found: HashMap<PersonId, Vec<Offering>> = HashMap::new();
    for offering in rows {
        found.entry(offering.person_id).or_default().push(offering);
    }
    Ok(found)
}
