//! The queries of the numbers, one for each table that is shown.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use diesel::{prelude::*, sql_types};

use super::{DAYS, Demand, Load, Week};
use crate::{
    db::{Conn, Kept},
    schedule::Span,
};

/// How many alumni are listed by their load.
const MOST_HOSTS: i64 = 20;

/// How many sessions each week has. A group is one session.
pub fn weeks(conn: &mut Conn, weeks: &[(NaiveDate, Span)]) -> QueryResult<Vec<Week>> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = sql_types::BigInt)]
        sessions: i64,
        #[diesel(sql_type = sql_types::BigInt)]
        no_shows: i64,
    }
    let starts: Vec<DateTime<Utc>> = weeks.iter().map(|(_, span)| span.start).collect();
    let ends: Vec<DateTime<Utc>> = weeks.iter().map(|(_, span)| span.end).collect();
    let rows: Vec<Row> = Kept(
        diesel::sql_query(
            "select count(distinct coalesce(b.group_id, b.id)) as sessions, \
                    count(distinct coalesce(b.group_id, b.id)) filter (where b.status = 'no_show') as no_shows \
             from unnest($1, $2) with ordinality w (lower, upper, nr) \
             left join bookings b on b.status in ('confirmed', 'completed', 'no_show') \
                 and b.starts_at >= w.lower and b.starts_at < w.upper \
             group by w.nr order by w.nr",
        )
        .bind::<sql_types::Array<sql_types::Timestamptz>, _>(starts)
        .bind::<sql_types::Array<sql_types::Timestamptz>, _>(ends),
    )
    .load(conn)?;
    let week = |((monday, _), row): (&(NaiveDate, Span), Row)| Week {
        monday: *monday,
        sessions: row.sessions,
        no_shows: row.no_shows,
    };
    Ok(weeks.iter().zip(rows).map(week).collect())
}

/// What is offered, taken and waited for, by kind of service in the order of the catalogue.
pub fn demand(conn: &mut Conn, now: DateTime<Utc>) -> QueryResult<Vec<Demand>> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = sql_types::Text)]
        title: String,
        #[diesel(sql_type = sql_types::BigInt)]
        hosts: i64,
        #[diesel(sql_type = sql_types::BigInt)]
        free: i64,
        #[diesel(sql_type = sql_types::BigInt)]
        sessions: i64,
        #[diesel(sql_type = sql_types::BigInt)]
        waiting: i64,
        #[diesel(sql_type = sql_types::Nullable<sql_types::Timestamptz>)]
        waiting_since: Option<DateTime<Utc>>,
    }
    let rows: Vec<Row> = Kept(
        diesel::sql_query(
            "with offered as ( \
                 select s.kind, count(distinct s.person_id) as hosts, \
                        count(distinct s.person_id) filter (where exists ( \
                            select from free_times f where f.person_id = s.person_id \
                                and f.anchor > $2 - interval '26 hours' and f.anchor < $3 and f.ends_at > $2)) as free \
                 from services s join listings l on l.person_id = s.person_id and not l.paused \
                 where s.closed_at is null and s.program_id is null group by s.kind \
             ), taken as ( \
                 select s.kind, count(distinct coalesce(b.group_id, b.id)) as sessions \
                 from bookings b join services s on s.id = b.service_id \
                 where b.status in ('confirmed', 'completed', 'no_show') and b.starts_at >= $1 and b.starts_at < $2 \
                 group by s.kind \
             ), waited as ( \
                 select w.kind, count(*) as waiting, min(w.asked_at) as since from wishes w \
                 where w.ended_at is null and not exists (select from wish_offers o where o.wish_id = w.id) \
                 group by w.kind \
             ) \
             select k.title, coalesce(o.hosts, 0) as hosts, coalesce(o.free, 0) as free, \
                    coalesce(t.sessions, 0) as sessions, coalesce(w.waiting, 0) as waiting, w.since as waiting_since \
             from service_kinds k left join offered o using (kind) left join taken t using (kind) \
             left join waited w using (kind) order by k.position, k.kind",
        )
        .bind::<sql_types::Timestamptz, _>(now - TimeDelta::days(DAYS))
        .bind::<sql_types::Timestamptz, _>(now)
        .bind::<sql_types::Timestamptz, _>(now + TimeDelta::days(DAYS)),
    )
    .load(conn)?;
    let demand = |row: Row| Demand {
        title: row.title,
        hosts: row.hosts,
        free: row.free,
        sessions: row.sessions,
        waiting: row.waiting,
        waiting_since: row.waiting_since,
    };
    Ok(rows.into_iter().map(demand).collect())
}

/// Who has been asked most lately.
pub fn load(conn: &mut Conn, now: DateTime<Utc>) -> QueryResult<Vec<Load>> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = sql_types::Text)]
        name: String,
        #[diesel(sql_type = sql_types::Text)]
        handle: String,
        #[diesel(sql_type = sql_types::BigInt)]
        sessions: i64,
        #[diesel(sql_type = sql_types::Nullable<sql_types::SmallInt>)]
        wished: Option<i16>,
    }
    let rows: Vec<Row> = Kept(
        diesel::sql_query(
            "select p.name, f.handle, b.sessions, a.wished_per_month as wished from ( \
                 select host_id, count(distinct coalesce(group_id, id)) as sessions from bookings \
                 where status in ('confirmed', 'completed', 'no_show') and starts_at >= $1 and starts_at < $2 \
                 group by host_id order by 2 desc, host_id limit $3 \
             ) b join people p on p.id = b.host_id join profiles f on f.person_id = p.id \
             left join availability a on a.person_id = p.id \
             order by b.sessions desc, p.name",
        )
        .bind::<sql_types::Timestamptz, _>(now - TimeDelta::days(DAYS))
        .bind::<sql_types::Timestamptz, _>(now)
        .bind::<sql_types::BigInt, _>(MOST_HOSTS),
    )
    .load(conn)?;
    let load = |row: Row| Load {
        name: row.name,
        handle: row.handle,
        sessions: row.sessions,
        wished: row.wished,
    };
    Ok(rows.into_iter().map(load).collect())
}
