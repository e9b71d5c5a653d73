//! Every query about who runs a program.

use chrono::{DateTime, Utc};
use diesel::{prelude::*, upsert::excluded};

use super::StaffRole;
use crate::{
    db::{
        CohortId, Conn, PersonId, ProgramId,
        schema::{cohorts, people, program_staff, programs},
    },
    people::Person,
    programs::{cohort::Cohort, store::Program},
};

/// A program, what somebody may do in it, and whether it has a lead.
pub fn found(
    conn: &mut Conn,
    slug: &str,
    person: PersonId,
) -> QueryResult<Option<(Program, Option<StaffRole>, bool)>> {
    let found = programs::table
        .left_join(program_staff::table)
        .filter(programs::slug.eq(slug))
        .select((
            Program::as_select(),
            (program_staff::person_id, program_staff::role).nullable(),
        ))
        .load::<(Program, Option<(PersonId, StaffRole)>)>(conn)?;
    let own = found
        .iter()
        .filter_map(|(_, staff)| *staff)
        .find(|(id, _)| *id == person)
        .map(|(_, role)| role);
    let has_lead = found
        .iter()
        .any(|(_, staff)| staff.is_some_and(|(_, role)| role == StaffRole::Lead));
    let program = found.into_iter().next().map(|(program, _)| program);
    Ok(program.map(|program| (program, own, has_lead)))
}

/// A cohort of a program, and what somebody may do there; none for whoever may nothing.
pub fn cohort(
    conn: &mut Conn,
    slug: &str,
    cohort: &str,
    person: PersonId,
) -> QueryResult<Option<(Program, StaffRole, Cohort)>> {
    programs::table
        .inner_join(program_staff::table)
        .inner_join(cohorts::table.on(cohorts::program_id.eq(programs::id)))
        .filter(programs::slug.eq(slug))
        .filter(cohorts::slug.eq(cohort))
        .filter(program_staff::person_id.eq(person))
        .select((
            Program::as_select(),
            program_staff::role,
            Cohort::as_select(),
        ))
        .first(conn)
        .optional()
}

/// Everybody who runs a program, leads first, by name.
pub fn all(conn: &mut Conn, program: ProgramId) -> QueryResult<Vec<(Person, StaffRole)>> {
    program_staff::table
        .inner_join(people::table)
        .filter(program_staff::program_id.eq(program))
        .order((program_staff::role, people::name, people::id))
        .select((Person::as_select(), program_staff::role))
        .load(conn)
}

pub fn leads(conn: &mut Conn, program: ProgramId) -> QueryResult<Vec<PersonId>> {
    program_staff::table
        .filter(program_staff::program_id.eq(program))
        .filter(program_staff::role.eq(StaffRole::Lead))
        .order(program_staff::person_id)
        .select(program_staff::person_id)
        .load(conn)
}

pub fn leads_of_cohort(conn: &mut Conn, cohort: CohortId) -> QueryResult<Vec<PersonId>> {
    program_staff::table
        .inner_join(cohorts::table.on(cohorts::program_id.eq(program_staff::program_id)))
        .filter(cohorts::id.eq(cohort))
        .filter(program_staff::role.eq(StaffRole::Lead))
        .order(program_staff::person_id)
        .select(program_staff::person_id)
        .load(conn)
}

/// What somebody may do in which programs.
pub fn of_person(conn: &mut Conn, person: PersonId) -> QueryResult<Vec<(ProgramId, StaffRole)>> {
    program_staff::table
        .filter(program_staff::person_id.eq(person))
        .order(program_staff::program_id)
        .select((program_staff::program_id, program_staff::role))
        .load(conn)
}

/// The programs that have a lead.
pub fn led(conn: &mut Conn) -> QueryResult<Vec<ProgramId>> {
    program_staff::table
        .filter(program_staff::role.eq(StaffRole::Lead))
        .order(program_staff::program_id)
        .select(program_staff::program_id)
        .distinct()
        .load(conn)
}

/// Gives somebody a role. Returns whether they had none.
pub fn put(
    conn: &mut Conn,
    program: ProgramId,
    person: PersonId,
    role: StaffRole,
    now: DateTime<Utc>,
) -> QueryResult<bool> {
    let since = diesel::insert_into(program_staff::table)
        .values((
            program_staff::program_id.eq(program),
            program_staff::person_id.eq(person),
            program_staff::role.eq(role),
            program_staff::since.eq(now),
        ))
        .on_conflict((program_staff::program_id, program_staff::person_id))
        .do_update()
        .set(program_staff::role.eq(excluded(program_staff::role)))
        .returning(program_staff::since)
        .get_result::<DateTime<Utc>>(conn)?;
    Ok(since == now)
}

/// Whether they had a role.
pub fn remove(conn: &mut Conn, program: ProgramId, person: PersonId) -> QueryResult<bool> {
    diesel::delete(program_staff::table.find((program, person)))
        .execute(conn)
        .map(|rows| rows > 0)
}
