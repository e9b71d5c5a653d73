//! Every query about programs.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::cohort::Cohort;
use crate::db::{
    CohortId, Conn, PersonId, ProgramId, Tx,
    schema::{cohorts, people, program_versions, programs},
};

/// A program: its versions are files.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = programs)]
pub struct Program {
    pub id: ProgramId,
    pub slug: String,
    /// As the published version has it, or the latest where none is.
    pub name: String,
    /// The number of the version that is published; none: a draft.
    pub published: Option<i32>,
}

/// A version of a program's file.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = program_versions)]
pub struct Version {
    /// From 1.
    pub number: i32,
    pub text: String,
    pub made_at: DateTime<Utc>,
}

/// How a version came about.
#[derive(Clone, Debug, Queryable)]
pub struct Made {
    pub number: i32,
    pub at: DateTime<Utc>,
    /// The name of who made it; none: the command line.
    pub by: Option<String>,
}

#[derive(Clone, Debug, Insertable)]
#[diesel(table_name = program_versions)]
pub struct NewVersion {
    pub program_id: ProgramId,
    pub number: i32,
    pub text: String,
    pub made_at: DateTime<Utc>,
    /// None: the command line.
    pub made_by: Option<PersonId>,
}

/// The program of that slug, locked; a new one if there is none.
pub fn lock_or_insert(tx: &mut Tx, slug: &str) -> QueryResult<Program> {
    let now = tx.now()?;
    diesel::insert_into(programs::table)
        .values((
            programs::id.eq(ProgramId::random()),
            programs::slug.eq(slug),
            programs::created_at.eq(now),
        ))
        .on_conflict_do_nothing()
        .execute(&mut **tx)?;
    lock(tx, slug)?.ok_or(diesel::result::Error::NotFound)
}

/// The program of that slug, locked.
pub fn lock(tx: &mut Tx, slug: &str) -> QueryResult<Option<Program>> {
    let program = programs::table
        .filter(programs::slug.eq(slug))
        .select(Program::as_select())
        .for_update()
        .first(&mut **tx)
        .optional()?;
    tx.locked();
    Ok(program)
}

/// The program of that id, locked.
pub fn lock_id(tx: &mut Tx, id: ProgramId) -> QueryResult<Option<Program>> {
    let program = programs::table
        .find(id)
        .select(Program::as_select())
        .for_update()
        .first(&mut **tx)
        .optional()?;
    tx.locked();
    Ok(program)
}

pub fn program(conn: &mut Conn, slug: &str) -> QueryResult<Option<Program>> {
    programs::table
        .filter(programs::slug.eq(slug))
        .select(Program::as_select())
        .first(conn)
        .optional()
}

/// The latest version of the program of that slug.
pub fn latest(conn: &mut Conn, slug: &str) -> QueryResult<Option<Version>> {
    program_versions::table
        .inner_join(programs::table)
        .filter(programs::slug.eq(slug))
        .order(program_versions::number.desc())
        .select(Version::as_select())
        .first(conn)
        .optional()
}

pub fn version(conn: &mut Conn, id: ProgramId, number: i32) -> QueryResult<Option<Version>> {
    program_versions::table
        .find((id, number))
        .select(Version::as_select())
        .first(conn)
        .optional()
}

/// The versions of a program, the latest first.
pub fn versions(conn: &mut Conn, id: ProgramId) -> QueryResult<Vec<Made>> {
    program_versions::table
        .left_join(people::table)
        .filter(program_versions::program_id.eq(id))
        .order(program_versions::number.desc())
        .limit(100)
        .select((
            program_versions::number,
            program_versions::made_at,
            people::name.nullable(),
        ))
        .load(conn)
}

pub fn insert_version(conn: &mut Conn, version: &NewVersion) -> QueryResult<()> {
    diesel::insert_into(program_versions::table)
        .values(version)
        .execute(conn)
        .map(drop)
}

pub fn set_name(conn: &mut Conn, id: ProgramId, name: &str) -> QueryResult<()> {
    diesel::update(programs::table.find(id))
        .set(programs::name.eq(name))
        .execute(conn)
        .map(drop)
}

/// The program of that id.
pub fn program_of(conn: &mut Conn, id: ProgramId) -> QueryResult<Option<Program>> {
    programs::table
        .find(id)
        .select(Program::as_select())
        .first(conn)
        .optional()
}

/// Sets which version is published, and the cohort that it describes.
pub fn set_published(
    conn: &mut Conn,
    id: ProgramId,
    number: Option<i32>,
    cohort: Option<CohortId>,
) -> QueryResult<()> {
    diesel::update(programs::table.find(id))
        .set((
            programs::published.eq(number),
            programs::cohort_id.eq(cohort),
        ))
        .execute(conn)
        .map(drop)
}

/// The published version of every program that has one, by slug, with its cohort.
pub fn published(conn: &mut Conn) -> QueryResult<Vec<(String, Option<Cohort>)>> {
    programs::table
        .inner_join(program_versions::table)
        .left_join(cohorts::table.on(programs::cohort_id.eq(cohorts::id.nullable())))
        .filter(programs::published.eq(program_versions::number.nullable()))
        .order(programs::slug)
        .select((program_versions::text, Option::<Cohort>::as_select()))
        .load(conn)
}

/// The published version of the program of that slug, with its cohort.
pub fn published_of(conn: &mut Conn, slug: &str) -> QueryResult<Option<(String, Option<Cohort>)>> {
    programs::table
        .inner_join(program_versions::table)
        .left_join(cohorts::table.on(programs::cohort_id.eq(cohorts::id.nullable())))
        .filter(programs::slug.eq(slug))
        .filter(programs::published.eq(program_versions::number.nullable()))
        .select((program_versions::text, Option::<Cohort>::as_select()))
        .first(conn)
        .optional()
}

/// Every program with the number, time and text of its latest version, by slug.
pub fn all(conn: &mut Conn) -> QueryResult<Vec<(Program, Version)>> {
    program_versions::table
        .inner_join(programs::table)
        .distinct_on(programs::slug)
        .order((programs::slug, program_versions::number.desc()))
        .select((Program::as_select(), Version::as_select()))
        .load(conn)
}
