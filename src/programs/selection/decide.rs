//! Deciding about applications, several at once, and taking that back.

use std::collections::{BTreeMap, VecDeque};

use crate::{
    db::{ApplicationId, BatchId, CohortId, DbError, Tx},
    error::Error,
    people::audit::{AuditAction, By, record},
    programs::{
        application::{
            Application, ApplicationStatus, CohortRole, Decision,
            store::{self, Staged},
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
    #[error("the cohort has been archived")]
    Archived,
    #[error("it was changed meanwhile and cannot be taken back")]
    Changed,
    #[error(transparent)]
    Database(#[from] DbError),
}
crate::verb_error!(DecideError);

impl From<DecideError> for Error {
    fn from(error: DecideError) -> Self {
        let detail = error.to_string();
        let conflict = |code| Self::Conflict {
            code,
            detail,
            alternatives: serde_json::Value::Null,
        };
        match error {
            DecideError::NotFound => Self::NotFound,
            DecideError::Full(_) => conflict("no_seats"),
            DecideError::Database(error) => error.into(),
            _ => conflict("wrong_state"),
        }
    }
}

/// Stages a decision about all of these applications, or none; without a decision they are open again. Those who are
/// put on the wait-list come after those who are on it, in this order. Returns what it can be taken back by; none
/// where nothing has changed.
pub fn decide(
    tx: &mut Tx,
    by: &By,
    cohort: CohortId,
    ids: &[ApplicationId],
    decision: Option<Decision>,
) -> Result<Option<BatchId>, DecideError> {
    let cohort = lock(tx, cohort)?;
    let found = applications(tx, by, &cohort, ids)?;
    let changed: Vec<&Application> = found
        .iter()
        .filter(|application| application.decision != decision)
        .collect();
    if changed.is_empty() {
        return Ok(None);
    }
    let mut seats = Seats::of(tx, &cohort, decision, &changed)?;
    let mut over = 0;
    let mut staged = Vec::new();
    for application in changed {
        match seats.stage(application, decision, None) {
            Some(one) => staged.push(one),
            None => over += 1,
        }
    }
    if over > 0 {
        return Err(DecideError::Full(over));
    }
    let batch = BatchId::random();
    write(tx, by, &staged, Some(batch))?;
    let detail = format!(
        "{}: {} as {}",
        cohort.slug,
        staged.len(),
        decision.map_or("open", Decision::as_str)
    );
    record::record(tx, by, AuditAction::ApplicationsDecided, None, &detail)?;
    Ok(Some(batch))
}

/// Takes decisions back that were made together, unless one of them has been changed since.
pub fn undo(tx: &mut Tx, by: &By, cohort: CohortId, batch: BatchId) -> Result<usize, DecideError> {
    let cohort = lock(tx, cohort)?;
    let decided = store::batch(tx, cohort.id, batch)?;
    if decided.is_empty() {
        return Err(DecideError::NotFound);
    }
    if decided.iter().any(|one| !one.is_latest) {
        return Err(DecideError::Changed);
    }
    let ids: Vec<ApplicationId> = decided.iter().map(|one| one.application).collect();
    let found = applications(tx, by, &cohort, &ids)?;
    let known: BTreeMap<ApplicationId, &Application> =
        found.iter().map(|one| (one.id, one)).collect();
    // First all seats are given back: some of them may be needed.
    let freed: Vec<Staged> = found
        .iter()
        .map(|application| Staged::new(application, None, None, None))
        .collect();
    write(tx, by, &freed, None)?;
    let all: Vec<&Application> = found.iter().collect();
    let mut seats = Seats::of(tx, &cohort, Some(Decision::Selected), &all)?;
    let mut restored = Vec::new();
    for one in &decided {
        let application = known.get(&one.application).ok_or(DecideError::NotFound)?;
        let staged = seats.stage(application, one.before, one.place_before);
        restored.push(staged.ok_or(DecideError::Full(1))?);
    }
    restored.retain(|one: &Staged| one.decision.is_some());
    write(tx, by, &restored, None)?;
    let detail = format!("{}: {} taken back", cohort.slug, decided.len());
    record::record(tx, by, AuditAction::ApplicationsDecided, None, &detail)?;
    Ok(decided.len())
}

fn lock(tx: &mut Tx, cohort: CohortId) -> Result<Cohort, DecideError> {
    let cohort = cohort::store::lock_id(tx, cohort)?.ok_or(DecideError::NotFound)?;
    if cohort.archived_at.is_some() {
        return Err(DecideError::Archived);
    }
    match cohort.release_at.is_some() && cohort.released_at.is_none() {
        true => Err(DecideError::Planned),
        false => Ok(cohort),
    }
}

/// The applications, locked, in the order in which they are asked for. Nobody decides about their own.
fn applications(
    tx: &mut Tx,
    by: &By,
    cohort: &Cohort,
    ids: &[ApplicationId],
) -> Result<Vec<Application>, DecideError> {
    let mut found: BTreeMap<ApplicationId, Application> = store::lock_many(tx, cohort.id, ids)?
        .into_iter()
        .filter(|application| by.person != Some(application.person_id))
        .map(|application| (application.id, application))
        .collect();
    let mut all = Vec::new();
    for id in ids {
        let application = found.remove(id).ok_or(DecideError::NotFound)?;
        if application.status != ApplicationStatus::Submitted {
            return Err(DecideError::NotSubmitted);
        }
        if application.released_at.is_some() {
            return Err(DecideError::Released);
        }
        all.push(application);
    }
    Ok(all)
}

/// The free seats and the next places on the wait-list of each role.
struct Seats {
    free: BTreeMap<CohortRole, VecDeque<i32>>,
    last: BTreeMap<CohortRole, i32>,
}

impl Seats {
    /// What a decision about these applications may need. The cohort is locked.
    fn of(
        tx: &mut Tx,
        cohort: &Cohort,
        decision: Option<Decision>,
        applications: &[&Application],
    ) -> Result<Self, DecideError> {
        let (mut free, mut last) = (BTreeMap::new(), BTreeMap::new());
        for role in CohortRole::ALL {
            let wanted = applications.iter().filter(|found| found.role == *role);
            let wanted = wanted.count();
            if wanted == 0 {
                continue;
            }
            if decision.is_some_and(Decision::has_seat) {
                let seats = store::free_seats(tx, cohort, *role, wanted)?;
                free.insert(*role, seats.into());
            }
            if decision == Some(Decision::WaitListed) {
                last.insert(*role, store::last_place(tx, cohort.id, *role)?);
            }
        }
        Ok(Self { free, last })
    }

    /// A decision with the seat or the place that goes with it; none where no seat is left.
    fn stage(
        &mut self,
        application: &Application,
        decision: Option<Decision>,
        place: Option<i32>,
    ) -> Option<Staged> {
        let role = application.role;
        let seat = match decision {
            Some(decision) if decision.has_seat() => Some(self.free.get_mut(&role)?.pop_front()?),
            _ => None,
        };
        let place = match decision {
            Some(Decision::WaitListed) => Some(place.unwrap_or_else(|| {
                let last = self.last.entry(role).or_default();
                *last += 1;
                *last
            })),
            _ => None,
        };
        Some(Staged::new(application, decision, seat, place))
    }
}

fn write(
    tx: &mut Tx,
    by: &By,
    staged: &[Staged],
    batch: Option<BatchId>,
) -> Result<(), DecideError> {
    let now = tx.now()?;
    store::decide_many(tx, staged, now)?;
    Ok(store::note_decisions(tx, staged, by.person, batch, now)?)
}
