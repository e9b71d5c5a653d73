//! Saving what the staff thinks of an application, and how it is filed.

use super::{Review, store};
use crate::{
    db::{ApplicationId, CohortId, DbError, PersonId, ProgramId, Tx},
    programs::{
        application::{ApplicationStatus, store as applications},
        cohort::store as cohorts,
        staff,
    },
};

#[derive(Debug, thiserror::Error)]
pub enum ReviewError {
    #[error("there is no such application in this cohort")]
    NotFound,
    /// Only who runs the program reads applications.
    #[error("that person does not run this program")]
    NotStaff,
    #[error(transparent)]
    Database(#[from] DbError),
}
crate::verb_error!(ReviewError);

/// Keeps somebody's review; the one before is gone.
pub fn review(
    tx: &mut Tx,
    by: PersonId,
    cohort: CohortId,
    id: ApplicationId,
    review: &Review,
) -> Result<(), ReviewError> {
    find(tx, by, cohort, id)?;
    let now = tx.now()?;
    store::put(tx, id, by, review, now)?;
    Ok(store::rescore(tx, id)?)
}

/// Says who is to read an application, and tags it.
pub fn file(
    tx: &mut Tx,
    by: PersonId,
    cohort: CohortId,
    id: ApplicationId,
    tags: &[String],
    reviewer: Option<PersonId>,
) -> Result<(), ReviewError> {
    let program = find(tx, by, cohort, id)?;
    if let Some(reviewer) = reviewer {
        let staff = staff::store::all(tx, program)?;
        if !staff.iter().any(|(person, _)| person.id == reviewer) {
            return Err(ReviewError::NotStaff);
        }
    }
    Ok(store::set_filing(tx, id, tags, reviewer)?)
}

/// The program of an application that somebody else has sent to the cohort; the application is locked.
fn find(
    tx: &mut Tx,
    by: PersonId,
    cohort: CohortId,
    id: ApplicationId,
) -> Result<ProgramId, ReviewError> {
    let kept = cohorts::share(tx, cohort)?.filter(|cohort| cohort.archived_at.is_none());
    let program = kept.ok_or(ReviewError::NotFound)?.program_id;
    let found = applications::lock(tx, id)?;
    found
        .filter(|found| {
            let is_sent = found.status == ApplicationStatus::Submitted;
            found.cohort_id == cohort && is_sent && found.person_id != by
        })
        .ok_or(ReviewError::NotFound)?;
    Ok(program)
}
