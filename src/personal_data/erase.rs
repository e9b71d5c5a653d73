//! Erasing a person: what others need stays without a name, all else is deleted.

use super::store;
use crate::{
    bookings::{away, change::ChangeError},
    db::{FileId, PersonId, Tx},
    jobs::{self, BookingLetter, Erased, Job},
    people::{
        self, Person, Role,
        audit::{self, AuditAction, By},
    },
};

/// What those hear who were to meet them.
const REASON: &str = "They have closed their account.";

#[derive(Debug, thiserror::Error)]
pub enum EraseError {
    #[error("there is nobody of that id")]
    NotFound,
    #[error("is the only administrator; make somebody else one first")]
    LastAdmin,
    #[error(transparent)]
    Change(#[from] ChangeError),
    #[error(transparent)]
    Database(#[from] crate::db::DbError),
}
crate::verb_error!(EraseError);

/// Erases a person for good. Their sessions ahead are cancelled, with a letter to everybody in them. Returns
/// the files whose contents are to be deleted from the disk once this is committed.
pub fn erase(tx: &mut Tx, by: &By, id: PersonId) -> Result<Vec<FileId>, EraseError> {
    store::lock_admins(tx)?;
    let person = people::store::lock(tx, &[id])?.pop();
    let person = person.filter(|p| !p.is_erased());
    let person = person.ok_or(EraseError::NotFound)?;
    if person.is(Role::Admin) && store::other_admins(tx, id)? == 0 {
        return Err(EraseError::LastAdmin);
    }
    // Nobody is asked to have been the canceller: the command line has no id.
    away::cancel_all(tx, (by, by.person.unwrap_or(id)), id, REASON)?;
    forget_messages(tx, &person)?;
    let contents = store::contents(tx, id)?;
    let now = tx.now()?;
    store::erase(tx, &person, now)?;
    audit::record(tx, by, AuditAction::PersonErased, Some(id), "")?;
    let farewell = Job::AccountErased {
        email: person.email,
        at: now,
    };
    jobs::enqueue(tx, &[farewell], now)?;
    Ok(contents)
}

/// Drops what waits to be sent to them or about them. What takes sessions out of calendars still goes, with
/// the name and the address that they had.
fn forget_messages(tx: &mut Tx, person: &Person) -> diesel::QueryResult<()> {
    for (id, job) in store::jobs_about(tx, person)? {
        match job {
            Some(Job::BookingLetter(letter))
                if letter.reader != person.id || letter.news.is_end() =>
            {
                let erased = Some(Erased {
                    person: person.id,
                    name: person.name.clone(),
                    email: person.email.clone(),
                    zone: person.zone.clone(),
                });
                jobs::replace(
                    tx,
                    id,
                    &Job::BookingLetter(BookingLetter { erased, ..letter }),
                )?;
            }
            _ => jobs::finish(tx, id)?,
        }
    }
    Ok(())
}
