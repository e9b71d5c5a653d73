//! Every query about who is in a cohort, and which milestones they have reached.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use crate::{
    db::{
        CohortId, Conn, PersonId,
        schema::{
            applications, cohorts, milestones_done, people, program_staff, program_versions,
            programs,
        },
    },
    people::Person,
    programs::{
        application::{ApplicationStatus, CohortRole, Decision},
        cohort::Cohort,
        staff::StaffRole,
    },
};

/// A cohort, and what somebody is in it.
pub struct Found {
    pub cohort: Cohort,
    /// The file by which it runs.
    pub text: String,
    pub roles: Vec<CohortRole>,
    pub staff: Option<StaffRole>,
}

pub fn found(
    conn: &mut Conn,
    program: &str,
    cohort: &str,
    person: PersonId,
) -> QueryResult<Option<Found>> {
    let found = cohorts::table
        .inner_join(programs::table.on(programs::id.eq(cohorts::program_id)))
        .inner_join(
            program_versions::table.on(program_versions::program_id
                .eq(cohorts::program_id)
                .and(program_versions::number.eq(cohorts::version))),
        )
        .left_join(
            program_staff::table.on(program_staff::program_id
                .eq(cohorts::program_id)
                .and(program_staff::person_id.eq(person))),
        )
        .filter(programs::slug.eq(program))
        .filter(cohorts::slug.eq(cohort))
        .select((
            Cohort::as_select(),
            program_versions::text,
            program_staff::role.nullable(),
        ))
        .first::<(Cohort, String, Option<StaffRole>)>(conn)
        .optional()?;
    let Some((cohort, text, staff)) = found else {
        return Ok(None);
    };
    let roles = roles(conn, cohort.id, person)?;
    Ok(Some(Found {
        cohort,
        text,
        roles,
        staff,
    }))
}

/// The roles in which somebody was selected, and has heard.
pub fn roles(conn: &mut Conn, cohort: CohortId, person: PersonId) -> QueryResult<Vec<CohortRole>> {
    applications::table
        .filter(applications::cohort_id.eq(cohort))
        .filter(applications::person_id.eq(person))
        .filter(applications::status.eq(ApplicationStatus::Submitted))
        .filter(applications::decision.eq(Decision::Selected))
        .filter(applications::released_at.is_not_null())
        .order(applications::role)
        .select(applications::role)
        .load(conn)
}

/// Everybody who is in a cohort, mentees first, by name.
pub fn members(conn: &mut Conn, cohort: CohortId) -> QueryResult<Vec<(Person, CohortRole)>> {
    applications::table
        .inner_join(people::table.on(people::id.eq(applications::person_id)))
        .filter(applications::cohort_id.eq(cohort))
        .filter(applications::status.eq(ApplicationStatus::Submitted))
        .filter(applications::decision.eq(Decision::Selected))
        .filter(applications::released_at.is_not_null())
        .order((applications::role, people::name, people::id))
        .select((Person::as_select(), applications::role))
        .load(conn)
}

/// The milestones that somebody has reached.
pub fn done(conn: &mut Conn, cohort: CohortId, person: PersonId) -> QueryResult<Vec<String>> {
    milestones_done::table
        .filter(milestones_done::cohort_id.eq(cohort))
        .filter(milestones_done::person_id.eq(person))
        .order(milestones_done::name)
        .select(milestones_done::name)
        .load(conn)
}

/// Notes that somebody has reached a milestone, or has not.
pub fn set_done(
    conn: &mut Conn,
    (cohort, person): (CohortId, PersonId),
    name: &str,
    at: Option<DateTime<Utc>>,
) -> QueryResult<()> {
    match at {
        Some(at) => diesel::insert_into(milestones_done::table)
            .values((
                milestones_done::cohort_id.eq(cohort),
                milestones_done::person_id.eq(person),
                milestones_done::name.eq(name),
                milestones_done::at.eq(at),
            ))
            .on_conflict_do_nothing()
            .execute(conn),
        None => diesel::delete(milestones_done::table.find((cohort, person, name))).execute(conn),
    }
    .map(drop)
}
