//! Writes down who did what to whom.

use super::{AuditAction, By, store};
use crate::{
    db::{PersonId, Tx},
    people::{Role, Roles},
};

/// Notes what somebody does to `subject`, or to nobody in particular, in the transaction that does it.
pub fn record(
    tx: &mut Tx,
    by: &By,
    action: AuditAction,
    subject: Option<PersonId>,
    detail: &str,
) -> diesel::QueryResult<()> {
    let at = tx.now()?;
    store::insert(tx, by, action, subject, detail, at)?;
    let text = |id: Option<PersonId>| id.map(|id| id.to_string());
    tracing::info!(
        action = action.as_str(),
        person = text(by.person),
        subject = text(subject),
        network = by.network.map(|n| n.to_string()),
        "audit"
    );
    Ok(())
}

/// As `record`, about many at once.
pub fn record_many(
    tx: &mut Tx,
    by: &By,
    action: AuditAction,
    subjects: &[(PersonId, String)],
) -> diesel::QueryResult<()> {
    let at = tx.now()?;
    store::insert_many(tx, by, action, subjects, at)?;
    tracing::info!(action = action.as_str(), count = subjects.len(), "audit");
    Ok(())
}

/// Roles in words, for a detail.
pub fn roles(roles: &Roles) -> String {
    let words: Vec<_> = roles.iter().map(Role::as_str).collect();
    if words.is_empty() {
        return "no role".to_owned();
    }
    words.join(", ")
}
