//! Roles and standing: given, taken, and noted in the audit log.

use crate::{
    db::{PersonId, Tx},
    people::{
        self, Person, Role, Standing,
        audit::{AuditAction, By, record},
        rules::Placement,
    },
};

#[derive(Debug, thiserror::Error)]
pub enum PlaceError {
    #[error("there is nobody with that id")]
    NotFound,
    #[error("{1}")]
    Refused(Box<Person>, String),
    #[error(transparent)]
    Database(#[from] crate::db::DbError),
}
crate::verb_error!(PlaceError);

/// Lets one person place another, if they may. Takes the lock that booking takes: a booking is either
/// before the change or refused.
pub fn place(
    tx: &mut Tx,
    by: &By,
    placer: PersonId,
    id: PersonId,
    wanted: &Placement,
) -> Result<(), PlaceError> {
    people::store::lock_admins(tx)?;
    // Whoever waited for the lock may have lost their own roles meanwhile.
    let locked = people::store::lock(tx, &[placer, id])?;
    let find = |id| locked.iter().find(|p| p.id == id);
    let person = find(id).cloned().ok_or(PlaceError::NotFound)?;
    let placer = find(placer).ok_or(PlaceError::NotFound)?;
    let stays_admin = wanted.roles.has(Role::Admin) && wanted.standing == Standing::Active;
    if person.is(Role::Admin) && !stays_admin && people::store::other_admins(tx, id)? == 0 {
        let reason = "this is the only administrator; appoint another one first".to_owned();
        return Err(PlaceError::Refused(Box::new(person), reason));
    }
    if let Err(reason) = people::rules::may_place(placer, &person, wanted) {
        return Err(PlaceError::Refused(Box::new(person), reason));
    }
    Ok(put(tx, by, &person, wanted)?)
}

/// Gives a person, who is locked, roles and standing. Whoever comes back from a pause begins without
/// strikes.
pub fn put(tx: &mut Tx, by: &By, person: &Person, wanted: &Placement) -> diesel::QueryResult<()> {
    people::store::place(tx, person, &wanted.roles, wanted.standing)?;
    if person.roles != wanted.roles {
        let detail = format!(
            "{} → {}",
            record::roles(&person.roles),
            record::roles(&wanted.roles)
        );
        record::record(tx, by, AuditAction::RolesChanged, Some(person.id), &detail)?;
    }
    if person.standing != wanted.standing {
        let (from, to) = (person.standing.as_str(), wanted.standing.as_str());
        let detail = format!("{from} → {to}");
        let action = AuditAction::StandingChanged;
        record::record(tx, by, action, Some(person.id), &detail)?;
    }
    if person.standing == Standing::Lapsed && wanted.standing == Standing::Active {
        let now = tx.now()?;
        people::store::forgive(tx, person.id, now)?;
    }
    Ok(())
}
