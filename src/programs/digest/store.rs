//! Every query about what is new in cohorts, and who has been told.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::{prelude::*, query_dsl::methods::FilterDsl as _, sql_types, upsert::excluded};

use super::{NewActivity, NewPost, News};
use crate::{
    db::{Conn, Kept, PersonId, schema::cohort_digests},
    programs::activity::ActivityKind,
};

/// The most that one letter names of each.
const MOST: i64 = 40;

/// Who is in which open cohort, in which roles, and since when, as a common table expression.
const MEMBERS: &str = "members as ( \
     select a.person_id, a.cohort_id, array_agg(a.role) as roles, min(a.released_at) as since \
     from applications a join cohorts c on c.id = a.cohort_id \
     where a.status = 'submitted' and a.decision = 'selected' and a.released_at is not null and c.archived_at is null \
     group by a.person_id, a.cohort_id)";

/// Whether a post `t` is for a member `m`.
const POST_IS_FOR: &str = "t.author_id <> m.person_id and t.removed_at is null \
     and (t.space = 'all' or left(t.space, -1) = any(m.roles))";

/// Whether an activity `t` is for a member `m`.
const ACTIVITY_IS_FOR: &str =
    "t.cancelled_at is null and (t.role = 'both' or t.role = any(m.roles))";

/// Somebody to whom something is new.
#[derive(Clone, Debug, QueryableByName)]
pub struct Waiting {
    #[diesel(sql_type = sql_types::Uuid)]
    pub person_id: PersonId,
    #[diesel(sql_type = sql_types::Text)]
    pub zone: String,
    /// Since when they have not been told.
    #[diesel(sql_type = sql_types::Timestamptz)]
    pub since: DateTime<Utc>,
    #[diesel(sql_type = sql_types::Nullable<sql_types::Date>)]
    pub sent_on: Option<NaiveDate>,
}

/// Everybody to whom something was new at a moment and who wants to be told.
pub fn waiting(conn: &mut Conn, until: DateTime<Utc>) -> QueryResult<Vec<Waiting>> {
    let since = "coalesce(d.sent_at, m.since)";
    Kept(diesel::sql_query(format!(
        "with {MEMBERS} \
         select p.id as person_id, p.zone, min({since}) as since, d.sent_on \
         from members m join people p on p.id = m.person_id left join cohort_digests d on d.person_id = p.id \
         where not coalesce(d.is_off, false) and p.standing <> 'suspended' and ( \
             exists (select from posts t where t.cohort_id = m.cohort_id and t.at > {since} and t.at <= $1 and {POST_IS_FOR}) \
             or exists (select from activities t \
                 where t.cohort_id = m.cohort_id and t.created_at > {since} and t.created_at <= $1 and {ACTIVITY_IS_FOR})) \
         group by p.id, p.zone, d.sent_on order by p.id"
    ))
    .bind::<sql_types::Timestamptz, _>(until))
    .load(conn)
}

/// Notes that people are told of what was new until a moment, each with the day that it is where they live. Returns those who had not been told
/// that day, also by another worker meanwhile.
pub fn note_sent(
    conn: &mut Conn,
    told: &[(PersonId, NaiveDate)],
    until: DateTime<Utc>,
) -> QueryResult<Vec<PersonId>> {
    let rows: Vec<_> = told
        .iter()
        .map(|(person, today)| {
            (
                cohort_digests::person_id.eq(person),
                cohort_digests::sent_at.eq(until),
                cohort_digests::sent_on.eq(today),
            )
        })
        .collect();
    diesel::insert_into(cohort_digests::table)
        .values(rows)
        .on_conflict(cohort_digests::person_id)
        .do_update()
        .set((
            cohort_digests::sent_at.eq(excluded(cohort_digests::sent_at)),
            cohort_digests::sent_on.eq(excluded(cohort_digests::sent_on)),
        ))
        .filter(
            cohort_digests::sent_on
                .is_null()
                .or(cohort_digests::sent_on.lt(excluded(cohort_digests::sent_on))),
        )
        .returning(cohort_digests::person_id)
        .get_results(conn)
}

/// Whether somebody wants no digests.
pub fn is_off(conn: &mut Conn, person: PersonId) -> QueryResult<bool> {
    let is_off = cohort_digests::table
        .find(person)
        .select(cohort_digests::is_off)
        .first(conn)
        .optional()?;
    Ok(is_off.unwrap_or(false))
}

pub fn set_off(conn: &mut Conn, person: PersonId, is_off: bool) -> QueryResult<()> {
    let value = cohort_digests::is_off.eq(is_off);
    diesel::insert_into(cohort_digests::table)
        .values((cohort_digests::person_id.eq(person), value))
        .on_conflict(cohort_digests::person_id)
        .do_update()
        .set(value)
        .execute(conn)
        .map(drop)
}

#[derive(QueryableByName)]
struct Post {
    #[diesel(sql_type = sql_types::Text)]
    path: String,
    #[diesel(sql_type = sql_types::Text)]
    cohort: String,
    #[diesel(sql_type = sql_types::Text)]
    title: String,
    #[diesel(sql_type = sql_types::Text)]
    author: String,
    #[diesel(sql_type = sql_types::Text)]
    words: String,
    #[diesel(sql_type = sql_types::Bool)]
    is_announcement: bool,
    #[diesel(sql_type = sql_types::Bool)]
    is_reply: bool,
}

#[derive(QueryableByName)]
struct Put {
    #[diesel(sql_type = sql_types::Text)]
    path: String,
    #[diesel(sql_type = sql_types::Text)]
    cohort: String,
    #[diesel(sql_type = sql_types::Text)]
    title: String,
    #[diesel(sql_type = sql_types::Text)]
    kind: ActivityKind,
    #[diesel(sql_type = sql_types::Nullable<sql_types::Timestamptz>)]
    starts_at: Option<DateTime<Utc>>,
}

/// The columns that say where something is, of a cohort `c` of a program `g`.
const WHERE: &str = "g.name || case when c.is_rolling then '' else ' ' || c.name end as cohort";

/// What is new to somebody from one moment to another, announcements first.
pub fn news(
    conn: &mut Conn,
    person: PersonId,
    since: DateTime<Utc>,
    until: DateTime<Utc>,
) -> QueryResult<News> {
    let posts: Vec<Post> = Kept(
        diesel::sql_query(format!(
            "with {MEMBERS} \
             select '/cohorts/' || g.slug || '/' || c.slug || '/posts/' || coalesce(t.thread_id, t.id) as path, {WHERE}, \
                 coalesce(h.title, t.title) as title, p.name as author, t.words, t.is_announcement, \
                 t.thread_id is not null as is_reply \
             from members m join posts t on t.cohort_id = m.cohort_id left join posts h on h.id = t.thread_id \
                 join people p on p.id = t.author_id join cohorts c on c.id = m.cohort_id \
                 join programs g on g.id = c.program_id \
             where m.person_id = $1 and t.at > greatest($2, m.since) and t.at <= $3 and {POST_IS_FOR} \
             order by t.is_announcement desc, cohort, t.at, t.id limit $4"
        ))
        .bind::<sql_types::Uuid, _>(person)
        .bind::<sql_types::Timestamptz, _>(since)
        .bind::<sql_types::Timestamptz, _>(until)
        .bind::<sql_types::BigInt, _>(MOST),
    )
    .load(conn)?;
    let activities: Vec<Put> = Kept(
        diesel::sql_query(format!(
            "with {MEMBERS} \
             select '/cohorts/' || g.slug || '/' || c.slug || '/activities/' || t.id as path, {WHERE}, \
                 t.title, t.kind, t.starts_at \
             from members m join activities t on t.cohort_id = m.cohort_id join cohorts c on c.id = m.cohort_id \
                 join programs g on g.id = c.program_id \
             where m.person_id = $1 and t.created_at > greatest($2, m.since) and t.created_at <= $3 \
                 and {ACTIVITY_IS_FOR} \
             order by cohort, t.starts_at nulls last, t.id limit $4"
        ))
        .bind::<sql_types::Uuid, _>(person)
        .bind::<sql_types::Timestamptz, _>(since)
        .bind::<sql_types::Timestamptz, _>(until)
        .bind::<sql_types::BigInt, _>(MOST),
    )
    .load(conn)?;
    let post = |row: Post| NewPost {
        path: row.path,
        cohort: row.cohort,
        title: row.title,
        author: row.author,
        words: row.words,
        is_announcement: row.is_announcement,
        is_reply: row.is_reply,
    };
    let activity = |row: Put| NewActivity {
        path: row.path,
        cohort: row.cohort,
        title: row.title,
        kind: row.kind,
        starts_at: row.starts_at,
    };
    Ok(News {
        posts: posts.into_iter().map(post).collect(),
        activities: activities.into_iter().map(activity).collect(),
    })
}
