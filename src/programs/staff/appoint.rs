//! Having somebody help to run a program, and no longer.

use super::{StaffRole, store};
use crate::{
    db::{DbError, PersonId, ProgramId, Tx},
    jobs,
    people::{
        self,
        audit::{AuditAction, By, record},
    },
    programs::{jobs::StaffAppointed, store as programs},
};

#[derive(Debug, thiserror::Error)]
pub enum StaffError {
    #[error("nobody on this site has that email address")]
    NoAccount,
    /// Somebody has to be able to hand the program over.
    #[error("a program needs a lead: make somebody else one first")]
    LastLead,
    #[error("there is no such program")]
    NotFound,
    #[error(transparent)]
    Database(#[from] DbError),
}
crate::verb_error!(StaffError);

/// Has the owner of an address help to run a program, in that role.
pub fn appoint(
    tx: &mut Tx,
    by: &By,
    program: ProgramId,
    email: &str,
    role: StaffRole,
) -> Result<(), StaffError> {
    let program = programs::lock_id(tx, program)?.ok_or(StaffError::NotFound)?;
    let person = people::store::person_by_email(tx, email)?.ok_or(StaffError::NoAccount)?;
    keep_a_lead(tx, program.id, person.id, Some(role))?;
    let now = tx.now()?;
    let is_new = store::put(tx, program.id, person.id, role, now)?;
    let detail = format!("{}: {}", program.slug, role.as_str());
    record::record(tx, by, AuditAction::StaffChanged, Some(person.id), &detail)?;
    if is_new && by.person != Some(person.id) {
        let letter = StaffAppointed {
            program: program.id,
            person: person.id,
            at: now,
        };
        jobs::enqueue(tx, &[letter], now)?;
    }
    Ok(())
}

/// Takes a program's powers away from somebody.
pub fn dismiss(
    tx: &mut Tx,
    by: &By,
    program: ProgramId,
    person: PersonId,
) -> Result<(), StaffError> {
    let program = programs::lock_id(tx, program)?.ok_or(StaffError::NotFound)?;
    keep_a_lead(tx, program.id, person, None)?;
    if store::remove(tx, program.id, person)? {
        let detail = format!("{}: none", program.slug);
        record::record(tx, by, AuditAction::StaffChanged, Some(person), &detail)?;
    }
    Ok(())
}

/// Refuses to take its last lead from a program. The program is locked.
fn keep_a_lead(
    tx: &mut Tx,
    program: ProgramId,
    person: PersonId,
    role: Option<StaffRole>,
) -> Result<(), StaffError> {
    let leads = store::leads(tx, program)?;
    match leads[..] == [person] && role != Some(StaffRole::Lead) {
        true => Err(StaffError::LastLead),
        false => Ok(()),
    }
}
