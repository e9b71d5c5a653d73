//! Erasing a person: what others need stays without a name, all else is deleted.

use chrono::TimeDelta;

use super::{jobs::AccountErased, store};
use crate::{
    bookings::{
        away,
        change::ChangeError,
        jobs::{BookingLetter, Erased},
    },
    db::{DbError, FileId, PersonId, Tx},
    jobs,
    people::{
        self, Person, Role,
        audit::{AuditAction, By, record},
        jobs::{AccountChange, AccountChanged},
        rules::may_act_for,
    },
    programs::selection::seat,
};

/// What those hear who were to meet them.
const CLOSED_IT: &str = "They have deleted their account.";
const WAS_CLOSED: &str = "Their account was deleted.";

/// How long after the end of an account something that was on its way may still come in for it.
const STRAGGLERS: TimeDelta = TimeDelta::hours(3);

#[derive(Debug, thiserror::Error)]
pub enum EraseError {
    #[error("there is nobody with that id")]
    NotFound,
    #[error("only an administrator can do this for a coordinator or an administrator")]
    NotYours,
    #[error("is the only administrator; appoint another one first")]
    LastAdmin,
    #[error(transparent)]
    Change(ChangeError),
    #[error(transparent)]
    Database(#[from] DbError),
}
crate::verb_error!(EraseError);

impl From<ChangeError> for EraseError {
    fn from(error: ChangeError) -> Self {
        match error {
            ChangeError::Database(error) => Self::Database(error),
            other => Self::Change(other),
        }
    }
}

/// Erases a person for good. Their sessions ahead are cancelled, with a letter to everybody in them. Returns
/// the files whose contents are to be deleted from the disk once this is committed.
pub fn erase(tx: &mut Tx, by: &By, id: PersonId) -> Result<Vec<FileId>, EraseError> {
    people::store::lock_admins(tx)?;
    let both: Vec<PersonId> = by.person.into_iter().chain([id]).collect();
    let locked = people::store::lock(tx, &both)?;
    let find = |id| locked.iter().find(|p| p.id == id && !p.is_erased());
    let person = find(id).ok_or(EraseError::NotFound)?;
    if let Some(actor) = by.person {
        let actor = find(actor).ok_or(EraseError::NotYours)?;
        if !may_act_for(actor, person) {
            return Err(EraseError::NotYours);
        }
    }
    if person.is(Role::Admin) && people::store::other_admins(tx, id)? == 0 {
        return Err(EraseError::LastAdmin);
    }
    // Who runs commands has no id of their own.
    let by_other = by.person != Some(id);
    let reason = if by_other { WAS_CLOSED } else { CLOSED_IT };
    let cancelled = away::cancel_all(tx, by, by.person.unwrap_or(id), id, reason)?;
    forget_messages(tx, person)?;
    seat::forget_all(tx, id)?;
    let contents = store::contents(tx, id)?;
    let now = tx.now()?;
    store::erase(tx, person, now)?;
    record::record(tx, by, AuditAction::PersonErased, Some(id), "")?;
    let farewell = AccountErased {
        email: person.email.clone(),
        at: now,
        by_other,
        cancelled,
    };
    jobs::enqueue(tx, &[farewell], now)?;
    Ok(contents)
}

/// Erases once more what requests wrote that were on their way when their account ended.
pub fn erase_again(tx: &mut Tx) -> diesel::QueryResult<()> {
    let now = tx.now()?;
    for person in store::erased_since(tx, now - STRAGGLERS)? {
        seat::forget_all(tx, person.id)?;
        store::erase(tx, &person, now)?;
    }
    Ok(())
}

/// Drops what waits to be sent to them or about them. What takes sessions out of calendars still goes, with
/// the name and the address that they had, and so does the news that the address was changed.
fn forget_messages(tx: &mut Tx, person: &Person) -> diesel::QueryResult<()> {
    for about in store::jobs_about(tx, person)? {
        if about.has_failed {
            jobs::finish(tx, about.id)?;
            continue;
        }
        if let Some(mut letter) = about.read::<BookingLetter>()
            && (letter.reader != person.id || letter.news.is_end())
        {
            letter.erased.push(Erased {
                person: person.id,
                name: person.name.clone(),
                email: person.email.clone(),
                zone: person.zone.clone(),
            });
            jobs::replace(tx, about.id, &letter)?;
            continue;
        }
        let is_kept = about
            .read::<AccountChanged>()
            .is_some_and(|letter| letter.change == AccountChange::EmailChanged);
        if !is_kept {
            jobs::finish(tx, about.id)?;
        }
    }
    store::forget_in_errors(tx, &person.email)
}
