//! Every query about reviews, and the table of applications.

use chrono::{DateTime, Utc};
use diesel::{prelude::*, sql_types, upsert::excluded};
use serde_json::{Value, json};

use super::{
    Review,
    rules::{Filter, Sort},
};
use crate::{
    db::{
        ApplicationId, CohortId, Conn, FilterId, Kept, Paging, PersonId, ProgramId,
        schema::{application_reviews, applications, people, program_versions, saved_filters},
        types::Words,
    },
    programs::application::{Answers, CohortRole, Decision},
};

/// A row of the table of applications.
#[derive(Clone, Debug, QueryableByName)]
pub struct Row {
    #[diesel(sql_type = sql_types::Uuid)]
    pub id: ApplicationId,
    #[diesel(sql_type = sql_types::Text)]
    pub name: String,
    #[diesel(sql_type = sql_types::Text)]
    pub email: String,
    #[diesel(sql_type = sql_types::Text)]
    pub role: CohortRole,
    #[diesel(sql_type = sql_types::Timestamptz)]
    pub submitted_at: DateTime<Utc>,
    #[diesel(sql_type = sql_types::Nullable<sql_types::Text>)]
    pub decision: Option<Decision>,
    #[diesel(sql_type = sql_types::Nullable<sql_types::Integer>)]
    pub place: Option<i32>,
    #[diesel(sql_type = sql_types::Nullable<sql_types::Timestamptz>)]
    pub released_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = sql_types::Text)]
    pub doubts: String,
    #[diesel(sql_type = sql_types::Array<sql_types::Nullable<sql_types::Text>>)]
    pub tags: Words,
    #[diesel(sql_type = sql_types::Nullable<sql_types::Text>)]
    pub reviewer: Option<String>,
    /// The mean of the reviews, in percent.
    #[diesel(sql_type = sql_types::Nullable<sql_types::Integer>)]
    pub score: Option<i32>,
    #[diesel(sql_type = sql_types::Integer)]
    pub reviews: i32,
    /// Empty unless they were asked for.
    #[diesel(sql_type = sql_types::Jsonb)]
    pub answers: Answers,
}

/// Who looks at the table, and how.
#[derive(Clone, Debug)]
pub struct Reading {
    pub cohort: CohortId,
    /// Nobody reads their own application as staff.
    pub reader: PersonId,
    /// Whether names and addresses are neither searched nor sorted by.
    pub is_blind: bool,
    /// The names of the questions whose answers are searched.
    pub readable: Vec<String>,
    pub with_answers: bool,
}

/// The applications that a filter shows. What it leaves out is not in the text: planned for every filter at once, a
/// statement is a hundred times slower than the one that is meant.
fn chosen(reading: &Reading, filter: &Filter) -> String {
    let mut sql = "from applications a join people p on p.id = a.person_id \
         where a.cohort_id = $1 and a.status = 'submitted' and a.person_id <> $7"
        .to_owned();
    let conditions = [
        (filter.role.is_some(), " and a.role = $2"),
        (
            !filter.decision.is_empty(),
            " and coalesce(a.decision, 'open') = $3",
        ),
        (!filter.tag.is_empty(), " and $4 = any(a.tags)"),
        (filter.is_doubtful, " and a.doubts <> ''"),
        (filter.is_mine, " and a.reviewer_id = $7"),
    ];
    for (is_meant, condition) in conditions {
        if is_meant {
            sql.push_str(condition);
        }
    }
    let in_answers = "exists (select from jsonb_each_text(a.answers) e where e.key = any($6) and e.value ilike $5)";
    match (filter.words.is_empty(), reading.is_blind) {
        (true, _) => {}
        (false, true) => sql.push_str(&format!(" and {in_answers}")),
        (false, false) => sql.push_str(&format!(
            " and ({in_answers} or p.name ilike $5 or p.email ilike $5)"
        )),
    }
    sql
}

/// The order of the table.
fn order(sort: Sort, is_blind: bool) -> &'static str {
    match (sort, is_blind) {
        (Sort::Name, false) => "lower(p.name), a.id",
        (Sort::Score, _) => "a.score desc nulls last, a.id",
        (Sort::Submitted | Sort::Name, _) => "a.submitted_at, a.id",
    }
}

macro_rules! filtered {
    ($sql:expr, $reading:expr, $filter:expr) => {{
        let escaped = $filter.words.replace('\\', "\\\\");
        let words = format!("%{}%", escaped.replace('%', "\\%").replace('_', "\\_"));
        diesel::sql_query($sql)
            .bind::<sql_types::Uuid, _>($reading.cohort)
            .bind::<sql_types::Text, _>($filter.role.map_or("", CohortRole::as_str).to_owned())
            .bind::<sql_types::Text, _>($filter.decision.clone())
            .bind::<sql_types::Text, _>($filter.tag.clone())
            .bind::<sql_types::Text, _>(words)
            .bind::<sql_types::Array<sql_types::Text>, _>($reading.readable.clone())
            .bind::<sql_types::Uuid, _>($reading.reader)
    }};
}

/// A page of the table.
pub fn rows(
    conn: &mut Conn,
    reading: &Reading,
    filter: &Filter,
    paging: Paging,
) -> QueryResult<Vec<Row>> {
    let (chosen, order) = (
        chosen(reading, filter),
        order(filter.sort, reading.is_blind),
    );
    let answers = match reading.with_answers {
        true => "a.answers",
        false => "'{}'::jsonb",
    };
    // The page first, and then what is shown of its rows alone.
    let sql = format!(
        "select a.id, p.name, p.email, a.role, a.submitted_at, a.decision, a.place, a.released_at, a.doubts, \
             a.tags, r.name as reviewer, a.score, a.reviews, {answers} as answers \
         from (select a.id {chosen} order by {order} limit $8 offset $9) page \
         join applications a on a.id = page.id join people p on p.id = a.person_id \
         left join people r on r.id = a.reviewer_id \
         order by {order}"
    );
    filtered!(sql, reading, filter)
        .bind::<sql_types::BigInt, _>(paging.limit)
        .bind::<sql_types::BigInt, _>(paging.offset)
        .load(conn)
}

/// How many applications a filter shows.
pub fn count(conn: &mut Conn, reading: &Reading, filter: &Filter) -> QueryResult<i64> {
    #[derive(QueryableByName)]
    struct Count {
        #[diesel(sql_type = sql_types::BigInt)]
        count: i64,
    }
    let sql = format!("select count(*) as count {}", chosen(reading, filter));
    filtered!(sql, reading, filter)
        .get_result::<Count>(conn)
        .map(|found| found.count)
}

/// Takes the score of an application anew from its reviews. It is locked.
pub fn rescore(conn: &mut Conn, id: ApplicationId) -> QueryResult<()> {
    Kept(
        diesel::sql_query(
            "update applications a set (score, reviews) = ( \
                 select round(avg(v.total))::int, count(*) from application_reviews v \
                 where v.application_id = a.id and not v.is_conflicted and v.saved_at >= a.submitted_at) \
             where a.id = $1",
        )
        .bind::<sql_types::Uuid, _>(id),
    )
    .execute(conn)
}

/// The applications before and after one in the order of a filter.
#[derive(Clone, Copy, Debug, Default, QueryableByName)]
pub struct Neighbours {
    #[diesel(sql_type = sql_types::Nullable<sql_types::Uuid>)]
    pub before: Option<ApplicationId>,
    #[diesel(sql_type = sql_types::Nullable<sql_types::Uuid>)]
    pub after: Option<ApplicationId>,
}

pub fn neighbours(
    conn: &mut Conn,
    reading: &Reading,
    filter: &Filter,
    of: ApplicationId,
) -> QueryResult<Neighbours> {
    let (chosen, order) = (
        chosen(reading, filter),
        order(filter.sort, reading.is_blind),
    );
    let sql = format!(
        "select before, after from (select a.id, lag(a.id) over w as before, lead(a.id) over w as after \
         {chosen} window w as (order by {order})) around where id = $8"
    );
    let found = filtered!(sql, reading, filter)
        .bind::<sql_types::Uuid, _>(of)
        .get_result(conn)
        .optional()?;
    Ok(found.unwrap_or_default())
}

/// The tags that are used in a cohort.
pub fn tags(conn: &mut Conn, cohort: CohortId) -> QueryResult<Vec<String>> {
    #[derive(QueryableByName)]
    struct Tag {
        #[diesel(sql_type = sql_types::Text)]
        tag: String,
    }
    let found: Vec<Tag> = Kept(
        diesel::sql_query(
            "select distinct tag from applications, unnest(tags) tag \
             where cohort_id = $1 and status = 'submitted' order by tag limit 200",
        )
        .bind::<sql_types::Uuid, _>(cohort),
    )
    .load(conn)?;
    Ok(found.into_iter().map(|found| found.tag).collect())
}

/// A review with who wrote it.
#[derive(Clone, Debug)]
pub struct Written {
    pub by: PersonId,
    pub name: String,
    pub review: Review,
    pub saved_at: DateTime<Utc>,
}

/// The program files whose forms have been answered in a cohort.
pub fn forms(conn: &mut Conn, program: ProgramId, cohort: CohortId) -> QueryResult<Vec<String>> {
    let answered = applications::table
        .filter(applications::cohort_id.eq(cohort))
        .select(applications::version);
    program_versions::table
        .filter(program_versions::program_id.eq(program))
        .filter(program_versions::number.eq_any(answered))
        .order(program_versions::number)
        .select(program_versions::text)
        .load(conn)
}

pub fn put(
    conn: &mut Conn,
    application: ApplicationId,
    by: PersonId,
    review: &Review,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::insert_into(application_reviews::table)
        .values((
            application_reviews::application_id.eq(application),
            application_reviews::reviewer_id.eq(by),
            application_reviews::scores.eq(json!(review.scores)),
            application_reviews::total.eq(review.total),
            application_reviews::note.eq(&review.note),
            application_reviews::is_conflicted.eq(review.is_conflicted),
            application_reviews::saved_at.eq(now),
        ))
        .on_conflict((
            application_reviews::application_id,
            application_reviews::reviewer_id,
        ))
        .do_update()
        .set((
            application_reviews::scores.eq(excluded(application_reviews::scores)),
            application_reviews::total.eq(excluded(application_reviews::total)),
            application_reviews::note.eq(excluded(application_reviews::note)),
            application_reviews::is_conflicted.eq(excluded(application_reviews::is_conflicted)),
            application_reviews::saved_at.eq(excluded(application_reviews::saved_at)),
        ))
        .execute(conn)
        .map(drop)
}

/// The reviews of an application, the first one first.
pub fn reviews(conn: &mut Conn, application: ApplicationId) -> QueryResult<Vec<Written>> {
    type Row = (
        PersonId,
        String,
        Value,
        Option<i32>,
        String,
        bool,
        DateTime<Utc>,
    );
    let found: Vec<Row> = application_reviews::table
        .inner_join(people::table)
        .filter(application_reviews::application_id.eq(application))
        .order((
            application_reviews::saved_at,
            application_reviews::reviewer_id,
        ))
        .select((
            people::id,
            people::name,
            application_reviews::scores,
            application_reviews::total,
            application_reviews::note,
            application_reviews::is_conflicted,
            application_reviews::saved_at,
        ))
        .load(conn)?;
    let review = |(by, name, scores, total, note, is_conflicted, saved_at): Row| {
        let scores = serde_json::from_value(scores);
        let scores =
            scores.map_err(|error| diesel::result::Error::DeserializationError(Box::new(error)))?;
        let review = Review {
            scores,
            total,
            note,
            is_conflicted,
        };
        Ok(Written {
            by,
            name,
            review,
            saved_at,
        })
    };
    found.into_iter().map(review).collect()
}

pub fn set_filing(
    conn: &mut Conn,
    id: ApplicationId,
    tags: &[String],
    reviewer: Option<PersonId>,
) -> QueryResult<()> {
    diesel::update(applications::table.find(id))
        .set((
            applications::tags.eq(Words(tags.to_vec())),
            applications::reviewer_id.eq(reviewer),
        ))
        .execute(conn)
        .map(drop)
}

/// A filter that somebody comes back to.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = saved_filters)]
pub struct SavedFilter {
    pub id: FilterId,
    pub program_id: ProgramId,
    pub person_id: PersonId,
    pub name: String,
    /// As in the address of the table.
    pub query: String,
}

pub fn filters(
    conn: &mut Conn,
    program: ProgramId,
    person: PersonId,
) -> QueryResult<Vec<SavedFilter>> {
    saved_filters::table
        .filter(saved_filters::program_id.eq(program))
        .filter(saved_filters::person_id.eq(person))
        .order(saved_filters::name)
        .limit(50)
        .select(SavedFilter::as_select())
        .load(conn)
}

/// Keeps a filter; one of that name is replaced.
pub fn put_filter(conn: &mut Conn, filter: &SavedFilter) -> QueryResult<()> {
    diesel::insert_into(saved_filters::table)
        .values(filter)
        .on_conflict((
            saved_filters::program_id,
            saved_filters::person_id,
            saved_filters::name,
        ))
        .do_update()
        .set(saved_filters::query.eq(excluded(saved_filters::query)))
        .execute(conn)
        .map(drop)
}

pub fn remove_filter(conn: &mut Conn, id: FilterId, person: PersonId) -> QueryResult<()> {
    diesel::delete(
        saved_filters::table
            .find(id)
            .filter(saved_filters::person_id.eq(person)),
    )
    .execute(conn)
    .map(drop)
}

/// The file of a version: the form that was answered.
pub fn form_of(conn: &mut Conn, program: ProgramId, version: i32) -> QueryResult<String> {
    program_versions::table
        .find((program, version))
        .select(program_versions::text)
        .first(conn)
}
