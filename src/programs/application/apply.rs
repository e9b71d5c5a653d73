//! Applying: saving a draft, sending it, withdrawing.

use chrono::{DateTime, Utc};

use super::{
    Agreed, Answers, Application, ApplicationStatus, CohortRole, Decision, form,
    rules::{self, Applicant},
    store::{self, Change},
};
use crate::{
    db::{ApplicationId, DbError, Tx, violates},
    error::Error,
    input::Problems,
    jobs,
    people::{Person, Standing, topic},
    programs::{
        cohort::{self, Cohort},
        file::ProgramFile,
        jobs::{ApplicationReceived, ResultReleased},
        phase::Phase,
    },
};

/// What somebody wants to send.
#[derive(Clone, Debug)]
pub struct Wanted<'a> {
    pub role: CohortRole,
    pub answers: Answers,
    /// The names of what they agree to.
    pub agreed: Vec<String>,
    /// The cohort as its form was shown, and that form.
    pub cohort: &'a Cohort,
    pub file: &'a ProgramFile,
}

#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    #[error("there is nothing at this address")]
    NotFound,
    #[error("applications are not open yet")]
    NotYet,
    #[error("applications have closed")]
    Closed,
    #[error("you have applied already")]
    AlreadyApplied,
    /// Who takes part in one role cannot in the other.
    #[error("you have applied, or begun to, in the other role; withdraw that first")]
    OtherRole,
    /// What was decided stands.
    #[error("it has been decided already")]
    Decided,
    #[error("this cohort has been archived")]
    Archived,
    #[error("the form has changed meanwhile; look at it again")]
    FormChanged,
    #[error("your membership has lapsed; ask a coordinator to renew it")]
    Lapsed,
    #[error("{0}")]
    Invalid(Problems),
    #[error(transparent)]
    Database(#[from] DbError),
}
crate::verb_error!(ApplyError);

impl From<ApplyError> for Error {
    fn from(error: ApplyError) -> Self {
        let detail = error.to_string();
        let conflict = |code| Self::Conflict {
            code,
            detail: detail.clone(),
            alternatives: serde_json::Value::Null,
        };
        match error {
            ApplyError::NotFound => Self::NotFound,
            ApplyError::NotYet | ApplyError::Closed => conflict("closed"),
            ApplyError::AlreadyApplied | ApplyError::OtherRole => conflict("already_applied"),
            ApplyError::Decided | ApplyError::Archived => conflict("wrong_state"),
            ApplyError::FormChanged => conflict("changed"),
            ApplyError::Lapsed => Self::Refused {
                code: "lapsed",
                detail,
            },
            ApplyError::Invalid(problems) => Self::Unprocessable(problems),
            ApplyError::Database(error) => error.into(),
        }
    }
}

/// Whether applications to a cohort are taken now. It is locked.
fn open(cohort: &Cohort, now: DateTime<Utc>) -> Result<(), ApplyError> {
    match cohort.phase(now) {
        Phase::Open | Phase::AlwaysOpen => Ok(()),
        Phase::Planned | Phase::Announced => Err(ApplyError::NotYet),
        _ => Err(ApplyError::Closed),
    }
}

/// Locks the cohort whose form was shown, and the application in it.
fn begin(
    tx: &mut Tx,
    person: &Person,
    wanted: &Wanted,
) -> Result<(Cohort, Application), ApplyError> {
    if person.standing != Standing::Active {
        return Err(ApplyError::Lapsed);
    }
    let cohort = match wanted.cohort.is_rolling {
        // Seats are given out at once.
        true => cohort::store::lock_id(tx, wanted.cohort.id)?,
        false => cohort::store::share(tx, wanted.cohort.id)?,
    };
    let cohort = cohort.ok_or(ApplyError::NotFound)?;
    open(&cohort, tx.now()?)?;
    if cohort.version != wanted.cohort.version {
        return Err(ApplyError::FormChanged);
    }
    let is_only = !wanted.file.allows_both_roles();
    let one_role = |error: diesel::result::Error| match violates(&error, "applications_one_role") {
        true => ApplyError::OtherRole,
        false => error.into(),
    };
    let mut application =
        store::lock_or_insert(tx, &cohort, person.id, wanted.role, is_only).map_err(one_role)?;
    // Somebody may have waited for the lock until it was over.
    open(&cohort, tx.now()?)?;
    if application.status == ApplicationStatus::Withdrawn {
        store::begin_again(tx, application.id, is_only).map_err(one_role)?;
        application.status = ApplicationStatus::Draft;
    }
    Ok((cohort, application))
}

/// Keeps what was typed so far, right or wrong. What has been sent stays as it was sent.
pub fn save(tx: &mut Tx, person: &Person, wanted: &Wanted) -> Result<ApplicationId, ApplyError> {
    let (cohort, application) = begin(tx, person, wanted)?;
    if application.status != ApplicationStatus::Draft {
        return Err(ApplyError::AlreadyApplied);
    }
    let now = tx.now()?;
    let agreed = form::agreed(wanted.file, wanted.role, &wanted.agreed);
    store::save(
        tx,
        application.id,
        cohort.version,
        &wanted.answers,
        &agreed,
        now,
    )?;
    Ok(application.id)
}

/// Sends an application, or other answers in its place if `may_replace`.
pub fn submit(
    tx: &mut Tx,
    person: &Person,
    wanted: &Wanted,
    may_replace: bool,
) -> Result<ApplicationId, ApplyError> {
    let (cohort, application) = begin(tx, person, wanted)?;
    let is_change = application.status == ApplicationStatus::Submitted;
    if is_change && !may_replace {
        return Err(ApplyError::AlreadyApplied);
    }
    if application.released_at.is_some() {
        return Err(ApplyError::Decided);
    }
    let answers = as_in_catalogue(tx, wanted)?;
    let mut problems = form::problems(wanted.file, wanted.role, &answers);
    let open = form::not_agreed(wanted.file, wanted.role, &wanted.agreed);
    for (field, problem) in open.iter() {
        problems.add(field, problem);
    }
    if !problems.is_empty() {
        return Err(ApplyError::Invalid(problems));
    }
    let now = tx.now()?;
    let agreed = form::agreed(wanted.file, wanted.role, &wanted.agreed);
    store::save(tx, application.id, cohort.version, &answers, &agreed, now)?;
    let applicant = Applicant {
        roles: &person.roles,
        standing: person.standing,
        email: &person.email,
        graduates_on: person.graduates_on,
        answers: &answers,
    };
    let today = cohort.zone().local(now).date_naive();
    let doubts = rules::doubts(&wanted.file.eligibility, wanted.role, &applicant, today);
    store::submit(tx, application.id, &doubts.join("\n"), now)?;
    let mut change = Change {
        application: application.id,
        at: now,
        by: Some(person.id),
        what: if is_change { "changed" } else { "submitted" },
        decisions: (application.decision, None),
    };
    store::note(tx, &change)?;
    if cohort.is_rolling && wanted.file.takes_everybody() && doubts.is_empty() {
        let seat = store::free_seat(tx, &cohort, wanted.role)?;
        store::decide(
            tx,
            application.id,
            Some(Decision::Selected),
            seat,
            None,
            now,
        )?;
        store::set_released(tx, application.id, now)?;
        change.by = None;
        change.what = "taken";
        change.decisions = (None, Some(Decision::Selected));
        store::note(tx, &change)?;
        let letter = ResultReleased {
            application: application.id,
            decision: Decision::Selected,
            at: now,
        };
        jobs::enqueue(tx, &[letter], now)?;
    } else if !is_change {
        let letter = ApplicationReceived {
            application: application.id,
            at: now,
        };
        jobs::enqueue(tx, &[letter], now)?;
    }
    Ok(application.id)
}

/// The answers with skills as the catalogue calls them, however they were typed.
fn as_in_catalogue(tx: &mut Tx, wanted: &Wanted) -> diesel::QueryResult<Answers> {
    let mut answers = wanted.answers.clone();
    let fields: Vec<_> = form::questions(wanted.file, wanted.role)
        .filter(|field| form::is_of_catalogue(field))
        .collect();
    let words: Vec<String> = fields
        .iter()
        .flat_map(|field| answers.of(&field.name).to_vec())
        .collect();
    if words.is_empty() {
        return Ok(answers);
    }
    let names = topic::store::canonical(tx, &words)?;
    let mut known = names.into_iter();
    for field in fields {
        let given = answers.of(&field.name).to_vec();
        let called: Vec<String> = given
            .into_iter()
            .map(|word| known.next().flatten().unwrap_or(word))
            .collect();
        answers.0.insert(field.name.clone(), form::once(called));
    }
    answers.0.retain(|_, given| !given.is_empty());
    Ok(answers)
}

/// Forgets a draft.
pub fn discard(tx: &mut Tx, person: &Person, id: ApplicationId) -> Result<(), ApplyError> {
    let found = store::lock(tx, id)?;
    let found = found.filter(|found| found.person_id == person.id);
    match found.ok_or(ApplyError::NotFound)?.status {
        ApplicationStatus::Draft => Ok(store::delete(tx, id)?),
        _ => Err(ApplyError::AlreadyApplied),
    }
}

/// Agrees to what has been changed since the application was sent.
pub fn agree(
    tx: &mut Tx,
    person: &Person,
    id: ApplicationId,
    file: &ProgramFile,
    names: &[String],
) -> Result<(), ApplyError> {
    let cohort = store::cohort_of(tx, id)?.ok_or(ApplyError::NotFound)?;
    let cohort = cohort::store::share(tx, cohort)?.ok_or(ApplyError::NotFound)?;
    let application = store::lock(tx, id)?
        .filter(|application| application.person_id == person.id)
        .ok_or(ApplyError::NotFound)?;
    if cohort.archived_at.is_some() {
        return Err(ApplyError::Archived);
    }
    let open = form::to_agree(file, application.role, &application.agreed);
    let mut problems = Problems::default();
    for acknowledgement in &open {
        if !names.contains(&acknowledgement.name) {
            problems.add(
                form::agreement(acknowledgement),
                "You have not agreed to this yet",
            );
        }
    }
    if !problems.is_empty() {
        return Err(ApplyError::Invalid(problems));
    }
    let names: Vec<String> = form::acknowledgements(file, application.role)
        .map(|acknowledgement| acknowledgement.name.clone())
        .collect();
    let agreed: Agreed = form::agreed(file, application.role, &names);
    store::set_agreed(tx, id, &agreed)?;
    let change = Change {
        application: id,
        at: tx.now()?,
        by: Some(person.id),
        what: "agreed",
        decisions: (application.decision, application.decision),
    };
    Ok(store::note(tx, &change)?)
}
