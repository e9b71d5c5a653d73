//! Releasing results: everybody hears at one moment.

use crate::{
    db::{CohortId, DbError, Tx},
    error::Error,
    input::Problems,
    jobs,
    people::audit::{AuditAction, By, record},
    programs::{
        application::{self, CohortRole},
        cohort::{self, Cohort},
        file::read,
        jobs::{ReleaseBlocked, ResultReleased},
        phase::Phase,
        selection::{letter, seat},
        staff,
    },
};

#[derive(Debug, thiserror::Error)]
pub enum ReleaseError {
    #[error("there is no such cohort")]
    NotFound,
    /// What has to be settled first, a sentence each.
    #[error("the results cannot be released yet")]
    Blocked(Vec<String>),
    #[error(transparent)]
    Database(#[from] DbError),
}
crate::verb_error!(ReleaseError);

impl From<ReleaseError> for Error {
    fn from(error: ReleaseError) -> Self {
        match error {
            ReleaseError::NotFound => Self::NotFound,
            ReleaseError::Blocked(blocks) => Self::Conflict {
                code: "blocked",
                detail: blocks.join(" "),
                alternatives: serde_json::Value::Null,
            },
            ReleaseError::Database(error) => error.into(),
        }
    }
}

/// What keeps the results of a cohort back, a sentence each. It is locked.
fn blocks(tx: &mut Tx, cohort: &Cohort) -> Result<Vec<String>, ReleaseError> {
    let now = tx.now()?;
    let funnel = application::store::funnel(tx, cohort.id)?;
    let undecided: i64 = funnel.iter().map(|role| role.undecided).sum();
    let untold: i64 = funnel.iter().map(|role| role.untold).sum();
    let mut blocks = Vec::new();
    if !cohort.is_rolling {
        match cohort.phase(now) {
            Phase::Planned | Phase::Announced | Phase::Open => {
                blocks.push("Applications have not closed yet.".to_owned());
            }
            Phase::Archived => blocks.push("The cohort has been archived.".to_owned()),
            _ => (),
        }
        if cohort.released_at.is_some() && untold == 0 {
            blocks.push("The results are out already.".to_owned());
        }
        match undecided {
            0 => (),
            1 => blocks.push("1 application has no decision yet.".to_owned()),
            many => blocks.push(format!("{many} applications have no decision yet.")),
        }
    }
    if untold == 0 && cohort.released_at.is_none() && undecided == 0 {
        blocks.push("There are no results to release.".to_owned());
    } else if untold == 0 && cohort.is_rolling {
        blocks.push("Everybody who has been decided about has heard.".to_owned());
    }
    let text = cohort::store::running_of(tx, cohort.id)?.text;
    match read::read(&text) {
        Ok(reading) => {
            let broken: Problems = letter::problems(&reading.file, cohort);
            let words = |(name, problem)| format!("The letter “{name}” {problem}.");
            blocks.extend(broken.iter().map(words));
        }
        Err(_) => blocks.push("The program file cannot be read.".to_owned()),
    }
    blocks.dedup();
    Ok(blocks)
}

/// What keeps the results back, for a page.
pub fn blocked(tx: &mut Tx, cohort: CohortId) -> Result<Vec<String>, ReleaseError> {
    let cohort = cohort::store::share(tx, cohort)?.ok_or(ReleaseError::NotFound)?;
    blocks(tx, &cohort)
}

/// Lets everybody know now. Returns to how many the letters go.
pub fn release(tx: &mut Tx, by: &By, cohort: CohortId) -> Result<usize, ReleaseError> {
    let cohort = cohort::store::lock_id(tx, cohort)?.ok_or(ReleaseError::NotFound)?;
    let blocks = blocks(tx, &cohort)?;
    if !blocks.is_empty() {
        return Err(ReleaseError::Blocked(blocks));
    }
    let now = tx.now()?;
    cohort::store::set_released(tx, cohort.id, now)?;
    let told = application::store::release(tx, cohort.id, now)?;
    application::store::note_released(tx, &told, by.person, now)?;
    let letters: Vec<ResultReleased> = told
        .iter()
        .map(|(application, decision)| ResultReleased {
            application: *application,
            decision: *decision,
            at: now,
        })
        .collect();
    jobs::enqueue(tx, &letters, now)?;
    let detail = format!("{}: {}", cohort.slug, told.len());
    record::record(tx, by, AuditAction::ResultsReleased, None, &detail)?;
    Ok(told.len())
}

/// Offers the seats that are still free to those who wait. Returns to how many.
pub fn offer(tx: &mut Tx, by: &By, cohort: CohortId) -> Result<usize, ReleaseError> {
    let cohort = cohort::store::lock_id(tx, cohort)?.ok_or(ReleaseError::NotFound)?;
    let mut offered = 0;
    for role in CohortRole::ALL {
        offered += seat::offer_free(tx, cohort.id, *role, usize::MAX)?;
    }
    let detail = format!("{}: {offered} free seats offered", cohort.slug);
    record::record(tx, by, AuditAction::ApplicationsDecided, None, &detail)?;
    Ok(offered)
}

/// Has the results go out at the moment that the cohort's dates name.
pub fn plan(tx: &mut Tx, by: &By, cohort: CohortId) -> Result<(), ReleaseError> {
    let cohort = cohort::store::lock_id(tx, cohort)?.ok_or(ReleaseError::NotFound)?;
    let mut blocks = blocks(tx, &cohort)?;
    let now = tx.now()?;
    if cohort.is_rolling || cohort.results_at.is_none_or(|at| at <= now) {
        blocks.push("The date of the results has passed. Release them now.".to_owned());
    }
    if !blocks.is_empty() {
        return Err(ReleaseError::Blocked(blocks));
    }
    cohort::store::set_release_at(tx, cohort.id, cohort.results_at)?;
    let detail = format!("{}: planned", cohort.slug);
    record::record(tx, by, AuditAction::ResultsReleased, None, &detail)?;
    Ok(())
}

/// Has them go out at no moment any more.
pub fn cancel(tx: &mut Tx, by: &By, cohort: CohortId) -> Result<(), ReleaseError> {
    let cohort = cohort::store::lock_id(tx, cohort)?.ok_or(ReleaseError::NotFound)?;
    if cohort.released_at.is_none() && cohort.release_at.is_some() {
        cohort::store::set_release_at(tx, cohort.id, None)?;
        let detail = format!("{}: cancelled", cohort.slug);
        record::record(tx, by, AuditAction::ResultsReleased, None, &detail)?;
    }
    Ok(())
}

/// Releases the results of one cohort that are due. Whether there was one.
pub fn release_due(tx: &mut Tx) -> Result<bool, ReleaseError> {
    let now = tx.now()?;
    let Some(cohort) = cohort::store::due(tx, now)? else {
        return Ok(false);
    };
    match release(tx, &By::MACHINE, cohort) {
        Ok(_) => Ok(true),
        Err(ReleaseError::Blocked(blocks)) => {
            tracing::warn!(%cohort, ?blocks, "results that were due cannot be released");
            cohort::store::set_release_at(tx, cohort, None)?;
            let now = tx.now()?;
            let letters: Vec<ReleaseBlocked> = staff::store::leads_of_cohort(tx, cohort)?
                .into_iter()
                .map(|person| ReleaseBlocked {
                    cohort,
                    person,
                    blocks: blocks.clone(),
                    at: now,
                })
                .collect();
            jobs::enqueue(tx, &letters, now)?;
            let detail = format!("{cohort}: not released. {}", blocks.join(" "));
            record::record(
                tx,
                &By::MACHINE,
                AuditAction::ResultsReleased,
                None,
                &detail,
            )?;
            Ok(true)
        }
        Err(error) => Err(error),
    }
}
