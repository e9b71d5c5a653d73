//! A cohort follows the program file that is published for it.

use super::{Cohort, rules::Plan, store};
use crate::{
    db::{CohortId, Conn, DbError, PersonId, ProgramId, Tx, violates},
    jobs,
    programs::{
        application::{self, CohortRole},
        file::{CohortStatus, Milestone, ProgramFile, Severity, read::read},
        jobs::{DatesChanged, MilestonesChanged},
        member,
        selection::{letter, seat},
        store as programs,
    },
};

#[derive(Debug, thiserror::Error)]
pub enum FollowError {
    #[error(
        "the cohort “{0}” has been archived. Give the next one a name of its own, in cohort.name"
    )]
    Archived(String),
    #[error("more people have been selected than there would be seats")]
    SeatsTaken,
    #[error(
        "somebody has applied in both roles: settings.both_roles cannot be false for this cohort"
    )]
    BothRoles,
    /// Its name, and what is wrong with it.
    #[error("the letter “{0}” {1}")]
    Letter(String, String),
    #[error(transparent)]
    Database(#[from] DbError),
}
crate::verb_error!(FollowError);

/// Makes or changes the cohort that the file of a version describes, and tells whom its new dates concern.
/// The program is locked. Returns the cohort; none where sessions are booked one by one.
pub fn follow(
    tx: &mut Tx,
    program: ProgramId,
    version: i32,
    file: &ProgramFile,
) -> Result<Option<CohortId>, FollowError> {
    let Some(plan) = Plan::of(file) else {
        return Ok(None);
    };
    let before = store::lock(tx, program, &plan.slug)?;
    let now = tx.now()?;
    if let Some(cohort) = &before
        && cohort.archived_at.is_some()
    {
        return Err(FollowError::Archived(plan.name));
    }
    let both_roles = file.allows_both_roles();
    let id = before
        .as_ref()
        .map_or_else(CohortId::random, |cohort| cohort.id);
    store::put(tx, id, program, version, &plan, now)?;
    store::set_seats(tx, id, &plan).map_err(|error| {
        match violates(&error, "applications_seat_is_there") {
            true => FollowError::SeatsTaken,
            false => error.into(),
        }
    })?;
    if plan.status == CohortStatus::Confirmed
        && let Some(cohort) = store::lock_id(tx, id)?
        && let Some((name, problem)) = letter::problems(file, &cohort).iter().next()
    {
        return Err(FollowError::Letter(name.into(), problem.into()));
    }
    let Some(before) = before else {
        return Ok(Some(id));
    };
    store::set_one_role(tx, id, !both_roles).map_err(|error| {
        match violates(&error, "applications_one_role") {
            true => FollowError::BothRoles,
            false => error.into(),
        }
    })?;
    if before.release_at.is_some()
        && before.released_at.is_none()
        && before.results_at != plan.results_at
    {
        // Results that are planned go out at the date that people are told.
        store::set_release_at(tx, id, plan.results_at)?;
    }
    for (role, [had, has]) in [
        (CohortRole::Mentee, [before.mentee_seats, plan.mentee_seats]),
        (CohortRole::Mentor, [before.mentor_seats, plan.mentor_seats]),
    ] {
        let more = had.zip(has).map_or(0, |(had, has)| has - had);
        if let Ok(more) = usize::try_from(more) {
            seat::offer_free(tx, id, role, more)?;
        }
    }
    let concerned = concerned(tx, &before, &plan, file)?;
    let letters = concerned.dates.into_iter().map(|person| DatesChanged {
        cohort: id,
        person,
        at: now,
    });
    jobs::enqueue(tx, &letters.collect::<Vec<_>>(), now)?;
    let letters = concerned
        .milestones
        .into_iter()
        .map(|person| MilestonesChanged {
            cohort: id,
            person,
            at: now,
        });
    jobs::enqueue(tx, &letters.collect::<Vec<_>>(), now)?;
    Ok(Some(id))
}

/// Who is written to when a cohort follows a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Concerned {
    /// Applicants, of dates that have changed.
    pub dates: Vec<PersonId>,
    /// Members, of milestones that have.
    pub milestones: Vec<PersonId>,
}

/// Whom a file that is to be published concerns, were it now. Nobody where it begins another cohort.
pub fn foreseen(
    conn: &mut Conn,
    program: ProgramId,
    file: &ProgramFile,
) -> Result<Concerned, DbError> {
    let Some(plan) = Plan::of(file) else {
        return Ok(Concerned::default());
    };
    match store::of_slug(conn, program, &plan.slug)? {
        Some(before) => concerned(conn, &before, &plan, file),
        None => Ok(Concerned::default()),
    }
}

fn concerned(
    conn: &mut Conn,
    before: &Cohort,
    plan: &Plan,
    file: &ProgramFile,
) -> Result<Concerned, DbError> {
    let dates = match is_moved(before, plan) {
        true => application::store::concerned(conn, before.id)?,
        false => Vec::new(),
    };
    let text = programs::version(conn, before.program_id, before.version)?;
    // One that this version of Almanac cannot read had no milestones that anybody saw.
    let had = text.and_then(|version| read(&version.text).ok());
    let had = had
        .map(|reading| reading.file.milestones)
        .unwrap_or_default();
    let of = |milestones: &[Milestone], role: CohortRole| -> Vec<Milestone> {
        let is_shown = |one: &&Milestone| role.is_of(one.role) && one.severity != Severity::Off;
        milestones.iter().filter(is_shown).cloned().collect()
    };
    let is_changed = |role: &CohortRole| of(&had, *role) != of(&file.milestones, *role);
    let mut milestones = Vec::new();
    if CohortRole::ALL.iter().any(is_changed) {
        let members = member::store::members(conn, before.id)?;
        let told = members.iter().filter(|(_, role)| is_changed(role));
        milestones.extend(told.map(|(person, _)| person.id));
        milestones.sort_unstable();
        milestones.dedup();
    }
    Ok(Concerned { dates, milestones })
}

/// Whether a date that people have been told is another now. What was only planned nobody was told.
fn is_moved(before: &Cohort, plan: &Plan) -> bool {
    before.status == CohortStatus::Confirmed
        && plan.status == CohortStatus::Confirmed
        && (
            before.closes_at,
            before.results_at,
            before.starts_on,
            before.ends_on,
        ) != (
            plan.closes_at,
            plan.results_at,
            plan.starts_on,
            plan.ends_on,
        )
}
