//! Deciding about applications, several at once, and taking that back.

use crate::{
    db::{ApplicationId, BatchId, CohortId, DbError, Tx},
    people::audit::{AuditAction, By, record},
    programs::{
        application::{
            Application, ApplicationStatus, Decision,
            store::{self, Change},
        },
        cohort::{self, Cohort},
    },
};

/// The most applications that one action decides about.
pub const MOST: usize = 500;

#[derive(Debug, thiserror::Error)]
pub enum DecideError {
    #[error("there is no such application in this cohort")]
    NotFound,
    /// How many more people were to be selected than there are seats.
    #[error("there are not enough seats: {0} too many")]
    Full(usize),
    #[error("an applicant who has heard the result cannot be decided about anew")]
    Released,
    #[error("an application that has not been sent, or was withdrawn, cannot be decided about")]
    NotSubmitted,
    #[error("the results are about to go out; cancel that first")]
    Planned,
    #[error("it was changed meanwhile and cannot be taken back")]
    Changed,
    #[error(transparent)]
    Database(#[from] DbError),
}
crate::verb_error!(DecideError);

/// Stages a decision about all of these applications, or none; without a decision they are open again.
/// Returns what it can be taken back by.
pub fn decide(
    tx: &mut Tx,
    by: &By,
    cohort: CohortId,
    ids: &[ApplicationId],
    decision: Option<Decision>,
) -> Result<BatchId, DecideError> {
    let cohort = lock(tx, cohort)?;
    let batch = BatchId::random();
    let mut over = 0;
    for id in ids {
        let found = application(tx, &cohort, *id)?;
        if found.decision == decision {
            continue;
        }
        if !stage(tx, by, &cohort, &found, decision, Some(batch))? {
            over += 1;
        }
    }
    if over > 0 {
        return Err(DecideError::Full(over));
    }
    let detail = format!(
        "{}: {} as {}",
        cohort.slug,
        ids.len(),
        decision.map_or("open", Decision::as_str)
    );
    record::record(tx, by, AuditAction::ApplicationsDecided, None, &detail)?;
    Ok(batch)
}

/// Takes decisions back that were made together, unless one of them has been changed since.
pub fn undo(tx: &mut Tx, by: &By, cohort: CohortId, batch: BatchId) -> Result<usize, DecideError> {
    let cohort = lock(tx, cohort)?;
    let decided = store::batch(tx, cohort.id, batch)?;
    if decided.is_empty() {
        return Err(DecideError::NotFound);
    }
    let mut found = Vec::new();
    for one in &decided {
        let application = application(tx, &cohort, one.application)?;
        if application.decision != one.after {
            return Err(DecideError::Changed);
        }
        // First all seats are given back: some of them may be needed.
        stage(tx, by, &cohort, &application, None, None)?;
        found.push((application, one.before));
    }
    for (application, before) in &found {
        if before.is_some() && !stage(tx, by, &cohort, application, *before, None)? {
            return Err(DecideError::Full(1));
        }
    }
    let detail = format!("{}: {} taken back", cohort.slug, decided.len());
    record::record(tx, by, AuditAction::ApplicationsDecided, None, &detail)?;
    Ok(decided.len())
}

fn lock(tx: &mut Tx, cohort: CohortId) -> Result<Cohort, DecideError> {
    let cohort = cohort::store::lock_id(tx, cohort)?.ok_or(DecideError::NotFound)?;
    match cohort.release_at.is_some() && cohort.released_at.is_none() {
        true => Err(DecideError::Planned),
        false => Ok(cohort),
    }
}

fn application(
    tx: &mut Tx,
    cohort: &Cohort,
    id: ApplicationId,
) -> Result<Application, DecideError> {
    let found = store::lock(tx, id)?.filter(|found| found.cohort_id == cohort.id);
    let found = found.ok_or(DecideError::NotFound)?;
    if found.status != ApplicationStatus::Submitted {
        return Err(DecideError::NotSubmitted);
    }
    match found.released_at.is_some() {
        true => Err(DecideError::Released),
        false => Ok(found),
    }
}

/// Sets one decision. Whether there was a seat for it.
fn stage(
    tx: &mut Tx,
    by: &By,
    cohort: &Cohort,
    found: &Application,
    decision: Option<Decision>,
    batch: Option<BatchId>,
) -> Result<bool, DecideError> {
    let now = tx.now()?;
    let seat = match decision {
        Some(decision) if decision.has_seat() => {
            let seat = store::free_seat(tx, cohort, found.role)?;
            if seat.is_none() {
                return Ok(false);
            }
            seat
        }
        _ => None,
    };
    let place = match decision {
        Some(Decision::WaitListed) => Some(store::last_place(tx, cohort.id, found.role)? + 1),
        _ => None,
    };
    store::decide(tx, found.id, decision, seat, place, now)?;
    let change = Change {
        application: found.id,
        at: now,
        by: by.person,
        what: "decided",
        decisions: (found.decision, decision),
        batch,
    };
    store::note(tx, &change)?;
    Ok(true)
}
