//! Every query about cohorts and their seats.

use chrono::{DateTime, Utc};
use diesel::{prelude::*, sql_types};

use super::{Cohort, rules::Plan};
use crate::{
    db::{
        CohortId, Conn, ProgramId, Tx,
        schema::{applications, cohorts, program_versions, programs, seats},
    },
    programs::file::CohortStatus,
};

/// A cohort with the file by which it runs.
#[derive(Clone, Debug)]
pub struct Running {
    pub cohort: Cohort,
    /// The slug of its program.
    pub program: String,
    /// The file, in TOML.
    pub text: String,
}

/// The cohort of that name, locked.
pub fn lock(tx: &mut Tx, program: ProgramId, slug: &str) -> QueryResult<Option<Cohort>> {
    let cohort = cohorts::table
        .filter(cohorts::program_id.eq(program))
        .filter(cohorts::slug.eq(slug))
        .select(Cohort::as_select())
        .for_update()
        .first(&mut **tx)
        .optional()?;
    tx.locked();
    Ok(cohort)
}

/// The cohort of that slug.
pub fn of_slug(conn: &mut Conn, program: ProgramId, slug: &str) -> QueryResult<Option<Cohort>> {
    cohorts::table
        .filter(cohorts::program_id.eq(program))
        .filter(cohorts::slug.eq(slug))
        .select(Cohort::as_select())
        .first(conn)
        .optional()
}

/// The cohort, locked against changes of it; others may hold it in the same way.
pub fn share(tx: &mut Tx, id: CohortId) -> QueryResult<Option<Cohort>> {
    let cohort = cohorts::table
        .find(id)
        .select(Cohort::as_select())
        .for_share()
        .first(&mut **tx)
        .optional()?;
    tx.locked();
    Ok(cohort)
}

/// The cohort, locked.
pub fn lock_id(tx: &mut Tx, id: CohortId) -> QueryResult<Option<Cohort>> {
    let cohort = cohorts::table
        .find(id)
        .select(Cohort::as_select())
        .for_update()
        .first(&mut **tx)
        .optional()?;
    tx.locked();
    Ok(cohort)
}

pub fn put(
    conn: &mut Conn,
    id: CohortId,
    program: ProgramId,
    version: i32,
    plan: &Plan,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let planned = (
        cohorts::version.eq(version),
        cohorts::name.eq(&plan.name),
        cohorts::zone.eq(&plan.zone),
        cohorts::status.eq(plan.status),
        cohorts::is_rolling.eq(plan.is_rolling),
        cohorts::opens_at.eq(plan.opens_at),
        cohorts::closes_at.eq(plan.closes_at),
        cohorts::results_at.eq(plan.results_at),
        cohorts::starts_on.eq(plan.starts_on),
        cohorts::ends_on.eq(plan.ends_on),
        cohorts::pairs.eq(plan.pairs),
        cohorts::mentee_seats.eq(plan.mentee_seats),
        cohorts::mentor_seats.eq(plan.mentor_seats),
    );
    diesel::insert_into(cohorts::table)
        .values((
            cohorts::id.eq(id),
            cohorts::program_id.eq(program),
            cohorts::slug.eq(&plan.slug),
            cohorts::created_at.eq(now),
            planned,
        ))
        .on_conflict(cohorts::id)
        .do_update()
        .set(planned)
        .execute(conn)
        .map(drop)
}

/// Gives a cohort the seats that it is to have. One that somebody has cannot be taken away.
pub fn set_seats(conn: &mut Conn, id: CohortId, plan: &Plan) -> QueryResult<()> {
    for (role, count) in [("mentee", plan.mentee_seats), ("mentor", plan.mentor_seats)] {
        let Some(count) = count else {
            continue;
        };
        diesel::sql_query(
            "insert into seats (cohort_id, role, number) \
             select $1, $2, n from generate_series(1, $3) n on conflict do nothing",
        )
        .bind::<sql_types::Uuid, _>(id)
        .bind::<sql_types::Text, _>(role)
        .bind::<sql_types::Integer, _>(count)
        .execute(conn)?;
        // Who has a seat that is to go takes a lower one that is free.
        diesel::sql_query(
            "update applications a set seat = free.number from ( \
                 select s.number, row_number() over (order by s.number) as nr from seats s \
                 where s.cohort_id = $1 and s.role = $2 and s.number <= $3 \
                   and not exists (select from applications t \
                       where t.cohort_id = $1 and t.role = $2 and t.seat = s.number)) free, \
                 (select id, row_number() over (order by seat) as nr from applications \
                 where cohort_id = $1 and role = $2 and seat > $3) high \
             where a.id = high.id and high.nr = free.nr",
        )
        .bind::<sql_types::Uuid, _>(id)
        .bind::<sql_types::Text, _>(role)
        .bind::<sql_types::Integer, _>(count)
        .execute(conn)?;
        diesel::delete(
            seats::table
                .filter(seats::cohort_id.eq(id))
                .filter(seats::role.eq(role))
                .filter(seats::number.gt(count)),
        )
        .execute(conn)?;
    }
    Ok(())
}

/// Whether each person has one role only, for those who have applied already.
pub fn set_one_role(conn: &mut Conn, id: CohortId, is_only: bool) -> QueryResult<()> {
    diesel::update(
        applications::table
            .filter(applications::cohort_id.eq(id))
            .filter(applications::is_only.ne(is_only)),
    )
    .set(applications::is_only.eq(is_only))
    .execute(conn)
    .map(drop)
}

/// The cohort that the file of a published program describes.
pub fn current(conn: &mut Conn, program: &str) -> QueryResult<Option<Running>> {
    cohorts::table
        .inner_join(programs::table)
        .inner_join(program_versions::table.on(version_of_cohort()))
        .filter(programs::slug.eq(program))
        .filter(programs::cohort_id.eq(cohorts::id.nullable()))
        .select((Cohort::as_select(), programs::slug, program_versions::text))
        .first(conn)
        .optional()
        .map(|found| found.map(running))
}

/// A cohort with the file by which it runs.
pub fn running_of(conn: &mut Conn, id: CohortId) -> QueryResult<Running> {
    cohorts::table
        .inner_join(programs::table)
        .inner_join(program_versions::table.on(version_of_cohort()))
        .filter(cohorts::id.eq(id))
        .select((Cohort::as_select(), programs::slug, program_versions::text))
        .first(conn)
        .map(running)
}

#[diesel::dsl::auto_type(no_type_alias)]
fn version_of_cohort() -> _ {
    let program: program_versions::program_id = program_versions::program_id;
    program
        .eq(cohorts::program_id)
        .and(program_versions::number.eq(cohorts::version))
}

fn running((cohort, program, text): (Cohort, String, String)) -> Running {
    Running {
        cohort,
        program,
        text,
    }
}

/// The cohorts of a program, the latest first.
pub fn of_program(conn: &mut Conn, program: ProgramId) -> QueryResult<Vec<Cohort>> {
    cohorts::table
        .filter(cohorts::program_id.eq(program))
        .order((
            cohorts::starts_on.desc().nulls_first(),
            cohorts::created_at.desc(),
        ))
        .select(Cohort::as_select())
        .load(conn)
}

/// How many people were in a past cohort.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = cohorts)]
pub struct Past {
    pub id: CohortId,
    pub name: String,
    pub past_mentees: Option<i32>,
    pub past_mentors: Option<i32>,
    pub past_pairs: Option<i32>,
}

/// The archived cohorts of a program, the latest first.
pub fn past(conn: &mut Conn, program: &str) -> QueryResult<Vec<Past>> {
    cohorts::table
        .inner_join(programs::table)
        .filter(programs::slug.eq(program))
        .filter(cohorts::archived_at.is_not_null())
        .order((
            cohorts::starts_on.desc().nulls_last(),
            cohorts::created_at.desc(),
        ))
        .limit(50)
        .select(Past::as_select())
        .load(conn)
}

/// How many there were.
#[derive(Clone, Copy, Debug)]
pub struct PastNumbers {
    pub mentees: i32,
    pub mentors: i32,
    pub pairs: i32,
}

/// Archives a cohort with the numbers that stay.
pub fn archive(
    conn: &mut Conn,
    id: CohortId,
    numbers: PastNumbers,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::update(cohorts::table.find(id))
        .set((
            cohorts::archived_at.eq(now),
            cohorts::past_mentees.eq(numbers.mentees),
            cohorts::past_mentors.eq(numbers.mentors),
            cohorts::past_pairs.eq(numbers.pairs),
        ))
        .execute(conn)
        .map(drop)
}

/// A cohort that was over before its program came here. It has the first version of the file, which it never ran by.
pub fn insert_past(
    conn: &mut Conn,
    program: ProgramId,
    slug: &str,
    name: &str,
    numbers: PastNumbers,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::insert_into(cohorts::table)
        .values((
            cohorts::id.eq(CohortId::random()),
            cohorts::program_id.eq(program),
            cohorts::slug.eq(slug),
            cohorts::name.eq(name),
            cohorts::version.eq(1),
            cohorts::zone.eq("UTC"),
            cohorts::status.eq(CohortStatus::Confirmed),
            cohorts::is_rolling.eq(false),
            cohorts::created_at.eq(now),
            cohorts::archived_at.eq(now),
            cohorts::past_mentees.eq(numbers.mentees),
            cohorts::past_mentors.eq(numbers.mentors),
            cohorts::past_pairs.eq(numbers.pairs),
        ))
        .execute(conn)
        .map(drop)
}

/// Takes a cohort out of the archive.
pub fn unarchive(conn: &mut Conn, id: CohortId) -> QueryResult<()> {
    diesel::update(cohorts::table.find(id))
        .set(cohorts::archived_at.eq(None::<DateTime<Utc>>))
        .execute(conn)
        .map(drop)
}

/// Has the results go out at a moment, or no longer.
pub fn set_release_at(conn: &mut Conn, id: CohortId, at: Option<DateTime<Utc>>) -> QueryResult<()> {
    diesel::update(cohorts::table.find(id))
        .set(cohorts::release_at.eq(at))
        .execute(conn)
        .map(drop)
}

pub fn set_released(conn: &mut Conn, id: CohortId, at: DateTime<Utc>) -> QueryResult<()> {
    diesel::update(
        cohorts::table
            .find(id)
            .filter(cohorts::released_at.is_null()),
    )
    .set(cohorts::released_at.eq(at))
    .execute(conn)
    .map(drop)
}

/// A cohort whose results are due.
pub fn due(conn: &mut Conn, now: DateTime<Utc>) -> QueryResult<Option<CohortId>> {
    cohorts::table
        .filter(cohorts::release_at.le(now))
        .filter(cohorts::released_at.is_null())
        .order((cohorts::release_at, cohorts::id))
        .select(cohorts::id)
        .first(conn)
        .optional()
}
