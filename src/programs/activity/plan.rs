//! Putting something on, changing it, calling it off; and saying whether one comes.

use super::{Activity, ActivityKind, Rsvp, rules::Wanted, store};
use crate::{
    db::{ActivityId, CohortId, DbError, PersonId, Tx},
    jobs,
    programs::{cohort, jobs::EventNews},
};

#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    #[error("there is no such activity in this cohort")]
    NotFound,
    #[error("it has been cancelled, or is over")]
    Over,
    #[error(transparent)]
    Database(#[from] DbError),
}
crate::verb_error!(PlanError);

/// Puts something on.
pub fn add(tx: &mut Tx, cohort: CohortId, wanted: &Wanted) -> Result<ActivityId, PlanError> {
    open(tx, cohort)?;
    let now = tx.now()?;
    let id = ActivityId::random();
    store::insert(tx, id, cohort, wanted, now)?;
    Ok(id)
}

/// Changes something that is on; those who come to it hear, and their calendars follow.
pub fn change(
    tx: &mut Tx,
    cohort: CohortId,
    id: ActivityId,
    wanted: &Wanted,
) -> Result<(), PlanError> {
    let before = find(tx, cohort, id)?;
    if before.cancelled_at.is_some() {
        return Err(PlanError::Over);
    }
    let now = tx.now()?;
    store::update(tx, id, wanted, now)?;
    let is_moved = before.starts_at.zip(before.ends_at) != wanted.span;
    if is_moved || before.location != wanted.location || before.title != wanted.title {
        tell(tx, id)?;
    }
    Ok(())
}

/// Calls something off.
pub fn cancel(tx: &mut Tx, cohort: CohortId, id: ActivityId) -> Result<(), PlanError> {
    let before = find(tx, cohort, id)?;
    if before.cancelled_at.is_some() {
        return Ok(());
    }
    let now = tx.now()?;
    store::cancel(tx, id, now)?;
    tell(tx, id)
}

/// Says whether somebody comes. Who does gets an invitation for their calendar.
pub fn answer(
    tx: &mut Tx,
    person: PersonId,
    cohort: CohortId,
    id: ActivityId,
    answer: Rsvp,
) -> Result<(), PlanError> {
    let activity = find(tx, cohort, id)?;
    let now = tx.now()?;
    let is_ahead = activity.ends_at.is_some_and(|ends| ends > now);
    if activity.kind != ActivityKind::Event || activity.cancelled_at.is_some() || !is_ahead {
        return Err(PlanError::Over);
    }
    let before = store::put_answer(tx, id, person, answer, now)?;
    let was_coming = before.is_some_and(|before| before != Rsvp::No);
    if (answer != Rsvp::No) != was_coming {
        let letter = EventNews {
            activity: id,
            person,
            at: now,
        };
        jobs::enqueue(tx, &[letter], now)?;
    }
    Ok(())
}

/// Notes who came.
pub fn note_attendance(
    tx: &mut Tx,
    cohort: CohortId,
    id: ActivityId,
    present: &[PersonId],
    everybody: &[PersonId],
) -> Result<(), PlanError> {
    let activity = find(tx, cohort, id)?;
    if activity.kind != ActivityKind::Event {
        return Err(PlanError::NotFound);
    }
    Ok(store::set_attended(tx, id, present, everybody)?)
}

/// Tells those who have said that they come.
fn tell(tx: &mut Tx, id: ActivityId) -> Result<(), PlanError> {
    let now = tx.now()?;
    let letters: Vec<EventNews> = store::coming(tx, id)?
        .into_iter()
        .map(|person| EventNews {
            activity: id,
            person,
            at: now,
        })
        .collect();
    Ok(jobs::enqueue(tx, &letters, now)?)
}

fn find(tx: &mut Tx, cohort: CohortId, id: ActivityId) -> Result<Activity, PlanError> {
    open(tx, cohort)?;
    store::lock(tx, cohort, id)?.ok_or(PlanError::NotFound)
}

/// Nothing changes in an archive.
fn open(tx: &mut Tx, cohort: CohortId) -> Result<(), PlanError> {
    let cohort = cohort::store::share(tx, cohort)?;
    match cohort.is_some_and(|cohort| cohort.archived_at.is_none()) {
        true => Ok(()),
        false => Err(PlanError::NotFound),
    }
}
