//! The queries of the list of people.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use diesel::{
    dsl::{exists, not},
    prelude::*,
    sql_types,
};

use super::{AWAY, Listed, Wanted};
use crate::{
    db::{
        Conn, Kept, Paging, PersonId,
        schema::{people, sessions},
    },
    people::{Person, Roles, store::like},
};

#[derive(QueryableByName)]
struct Activity {
    #[diesel(sql_type = sql_types::Uuid)]
    id: PersonId,
    #[diesel(sql_type = sql_types::BigInt)]
    sessions: i64,
    #[diesel(sql_type = sql_types::Nullable<sql_types::Timestamptz>)]
    seen_at: Option<DateTime<Utc>>,
}

/// A page of people by name, with how much they take part; two queries.
pub fn search(
    conn: &mut Conn,
    wanted: &Wanted,
    page: Paging,
    now: DateTime<Utc>,
) -> QueryResult<Vec<Listed>> {
    let mut query = people::table
        .filter(people::email.not_like("%@erased.invalid"))
        .order((people::name, people::id))
        .limit(page.limit)
        .offset(page.offset)
        .select(Person::as_select())
        .into_boxed();
    if !wanted.words.is_empty() {
        let pattern = like(&wanted.words);
        let has = people::name
            .ilike(pattern.clone())
            .or(people::email.ilike(pattern));
        query = query.filter(has);
    }
    if let Some(role) = wanted.role {
        query = query.filter(people::roles.contains(Roles::new([role])));
    }
    if let Some(standing) = wanted.standing {
        query = query.filter(people::standing.eq(standing));
    }
    let lately = exists(
        sessions::table
            .filter(sessions::person_id.eq(people::id.nullable()))
            .filter(sessions::seen_at.ge(now - TimeDelta::days(AWAY))),
    );
    query = match wanted.is_here {
        Some(true) => query.filter(lately),
        Some(false) => query.filter(not(lately)),
        None => query,
    };
    let people: Vec<Person> = query.load(conn)?;
    let ids: Vec<PersonId> = people.iter().map(|person| person.id).collect();
    let activity: Vec<Activity> = Kept(
        diesel::sql_query(
            "select p.id, (select max(s.seen_at) from sessions s where s.person_id = p.id) as seen_at, \
                    (select count(distinct coalesce(b.group_id, b.id)) from bookings b where b.host_id = p.id and b.starts_at >= $2 \
                         and b.status in ('confirmed', 'completed', 'no_show')) \
                    + (select count(*) from bookings b where b.guest_id = p.id and b.starts_at >= $2 \
                         and b.status in ('confirmed', 'completed', 'no_show')) as sessions \
             from unnest($1) p (id)",
        )
        .bind::<sql_types::Array<sql_types::Uuid>, _>(ids)
        .bind::<sql_types::Timestamptz, _>(now - TimeDelta::days(30)),
    )
    .load(conn)?;
    let mut of: HashMap<PersonId, Activity> =
        activity.into_iter().map(|row| (row.id, row)).collect();
    let listed = |person: Person| {
        let activity = of.remove(&person.id);
        Listed {
            sessions: activity.as_ref().map_or(0, |row| row.sessions),
            seen_at: activity.and_then(|row| row.seen_at),
            person,
        }
    };
    Ok(people.into_iter().map(listed).collect())
}
