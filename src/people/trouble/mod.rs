//! Addresses that give mail back, and readers who do not want it: noted, and told to coordinators once.

pub mod store;

use super::jobs::MailTrouble;
use crate::{
    db::{PersonId, Tx},
    jobs,
    mail::report::Report,
    people,
};

/// Notes what a mail server has reported about somebody's address, and tells coordinators if that is new.
/// Returns who it is; none if nobody has that address.
pub fn note(tx: &mut Tx, report: &Report) -> diesel::QueryResult<Option<PersonId>> {
    let Some(person) = people::store::person_by_email(tx, &report.email)? else {
        return Ok(None);
    };
    people::store::lock(tx, &[person.id])?;
    let now = tx.now()?;
    if !store::insert_trouble(tx, person.id, report, now)? {
        return Ok(Some(person.id));
    }
    let coordinators = people::store::coordinators_to_tell(tx)?.into_iter();
    let letters: Vec<MailTrouble> = coordinators
        .filter(|reader| *reader != person.id)
        .map(|reader| MailTrouble {
            person: person.id,
            reader,
            at: now,
        })
        .collect();
    jobs::enqueue(tx, &letters, now)?;
    Ok(Some(person.id))
}
