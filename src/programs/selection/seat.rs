//! Seats that become free: withdrawing, and the offer to whoever is first on the wait-list.

use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    db::{ApplicationId, CohortId, PersonId, Tx},
    jobs,
    people::Person,
    programs::{
        application::{
            Application, ApplicationStatus, CohortRole, Decision,
            apply::ApplyError,
            store::{self, Change},
        },
        cohort::{self, Cohort},
        jobs::{ResultReleased, SeatOffered},
        phase::Phase,
    },
};

/// How long a seat is kept for somebody from the wait-list.
pub const OFFER_LASTS: TimeDelta = TimeDelta::hours(72);

/// Takes an application back. Its seat goes to whoever is first on the wait-list.
pub fn withdraw(tx: &mut Tx, person: &Person, id: ApplicationId) -> Result<(), ApplyError> {
    let found = own(tx, person, id)?;
    if found.status == ApplicationStatus::Withdrawn {
        return Ok(());
    }
    if found.status != ApplicationStatus::Submitted {
        return Err(ApplyError::NotFound);
    }
    if matches!(
        found.released(),
        Some(Decision::NotSelected | Decision::Declined)
    ) {
        return Err(ApplyError::Decided);
    }
    let now = tx.now()?;
    store::withdraw(tx, id, now)?;
    note(tx, &found, "withdrawn", None, Some(person), now)?;
    if found.released().is_some_and(Decision::has_seat) {
        offer_free(tx, found.cohort_id, found.role, 1)?;
    }
    Ok(())
}

/// Answers an offer of a seat.
pub fn answer(
    tx: &mut Tx,
    person: &Person,
    id: ApplicationId,
    is_taken: bool,
) -> Result<(), ApplyError> {
    let found = own(tx, person, id)?;
    let now = tx.now()?;
    let is_open = found.released() == Some(Decision::Offered)
        && found.offered_until.is_some_and(|until| until > now);
    match (is_open, is_taken) {
        (false, true) if found.is_in() => Ok(()),
        (false, _) => Err(ApplyError::Decided),
        (true, true) => {
            let selected = Some(Decision::Selected);
            store::decide(tx, id, selected, found.seat, None, now)?;
            note(tx, &found, "accepted", selected, Some(person), now)?;
            let letter = ResultReleased {
                application: id,
                decision: Decision::Selected,
                at: now,
            };
            Ok(jobs::enqueue(tx, &[letter], now)?)
        }
        (true, false) => {
            store::decide(tx, id, Some(Decision::Declined), None, None, now)?;
            note(
                tx,
                &found,
                "declined",
                Some(Decision::Declined),
                Some(person),
                now,
            )?;
            offer_free(tx, found.cohort_id, found.role, 1)?;
            Ok(())
        }
    }
}

/// Passes on the seat of one offer that nobody has answered. Whether there was one.
pub fn lapse_one(tx: &mut Tx) -> Result<bool, ApplyError> {
    let now = tx.now()?;
    let Some(id) = store::lapsed_offer(tx, now)? else {
        return Ok(false);
    };
    let Some((_, found)) = lock(tx, id)? else {
        return Ok(true);
    };
    let now = tx.now()?;
    let is_lapsed = found.decision == Some(Decision::Offered)
        && found.offered_until.is_some_and(|until| until <= now);
    if is_lapsed {
        store::decide(tx, id, Some(Decision::Declined), None, None, now)?;
        note(tx, &found, "lapsed", Some(Decision::Declined), None, now)?;
        offer_free(tx, found.cohort_id, found.role, 1)?;
    }
    Ok(true)
}

/// Keeps free seats, `most` at most, for those who are first on the released wait-list, and tells them. Returns
/// for how many.
pub fn offer_free(
    tx: &mut Tx,
    cohort: CohortId,
    role: CohortRole,
    most: usize,
) -> diesel::QueryResult<usize> {
    let Some(cohort) = cohort::store::lock_id(tx, cohort)? else {
        return Ok(0);
    };
    let now = tx.now()?;
    if matches!(cohort.phase(now), Phase::Closed | Phase::Archived) {
        return Ok(0);
    }
    let mut offered = 0;
    while offered < most
        && let Some(head) = store::head_of_wait_list(tx, cohort.id, role)?
    {
        let Some(seat) = store::free_seat(tx, &cohort, role)? else {
            break;
        };
        let now = tx.now()?;
        store::offer(tx, head.id, seat, now + OFFER_LASTS, now)?;
        note(tx, &head, "offered", Some(Decision::Offered), None, now)?;
        let letter = SeatOffered {
            application: head.id,
            at: now,
        };
        jobs::enqueue(tx, &[letter], now)?;
        offered += 1;
    }
    Ok(offered)
}

/// Ends and forgets all applications of somebody. Their seats go to those who wait.
pub fn forget_all(tx: &mut Tx, person: PersonId) -> diesel::QueryResult<()> {
    for (cohort, id) in store::ids_of(tx, person)? {
        cohort::store::lock_id(tx, cohort)?;
        let Some(found) = store::lock(tx, id)? else {
            continue;
        };
        store::delete(tx, id)?;
        if found.released().is_some_and(Decision::has_seat) {
            offer_free(tx, cohort, found.role, 1)?;
        }
    }
    Ok(())
}

fn note(
    tx: &mut Tx,
    of: &Application,
    what: &str,
    after: Option<Decision>,
    by: Option<&Person>,
    at: DateTime<Utc>,
) -> diesel::QueryResult<()> {
    let change = Change {
        application: of.id,
        at,
        by: by.map(|person| person.id),
        what,
        decisions: (of.decision, after),
    };
    store::note(tx, &change)
}

/// The application of somebody, locked after its cohort, as all who decide about seats lock them.
fn own(tx: &mut Tx, person: &Person, id: ApplicationId) -> Result<Application, ApplyError> {
    let (cohort, application) = lock(tx, id)?.ok_or(ApplyError::NotFound)?;
    if application.person_id != person.id {
        return Err(ApplyError::NotFound);
    }
    match cohort.archived_at.is_some() {
        true => Err(ApplyError::Archived),
        false => Ok(application),
    }
}

fn lock(tx: &mut Tx, id: ApplicationId) -> diesel::QueryResult<Option<(Cohort, Application)>> {
    let Some(cohort) = store::cohort_of(tx, id)? else {
        return Ok(None);
    };
    let cohort = cohort::store::lock_id(tx, cohort)?;
    Ok(cohort.zip(store::lock(tx, id)?))
}
