//! Invitations: coordinators write to people who have no account yet and let them in as soon as they answer.

pub mod pages;
pub mod rules;
pub mod store;
pub mod web;

use chrono::{DateTime, Utc};

use diesel::QueryResult;

use self::{rules::ToInvite, store::Invitation};

use crate::{
    db::{DbError, InvitationId, PersonId, Tx},
    jobs,
    keys::{Keys, Purpose},
    people::{
        self,
        audit::{AuditAction, By, record},
        jobs::Invited,
    },
};

/// Of the link in an invitation.
const INVITATION: Purpose = Purpose::numbered(12);
/// How many were invited, and who was not since they have an account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    pub invited: usize,
    pub members: Vec<String>,
}

/// Invites everybody who has no account; whoever was invited before is invited anew.
pub fn invite(
    tx: &mut Tx,
    by: &By,
    inviter: PersonId,
    wanted: &ToInvite,
) -> Result<Outcome, DbError> {
    let now = tx.now()?;
    let members = store::members(tx, &wanted.emails)?;
    let invitations: Vec<Invitation> = wanted
        .emails
        .iter()
        .filter(|email| !members.contains(email))
        .map(|email| Invitation {
            id: InvitationId::random(),
            email: email.clone(),
            role: wanted.role,
            message: wanted.message.clone(),
            invited_by: inviter,
            sent_at: now,
        })
        .collect();
    let sent = store::put(tx, &invitations)?;
    let letters: Vec<Invited> = sent
        .iter()
        .map(|id| Invited {
            invitation: *id,
            at: now,
        })
        .collect();
    jobs::enqueue(tx, &letters, now)?;
    if !sent.is_empty() {
        let detail = format!("{} as {}", sent.len(), wanted.role.as_str());
        record::record(tx, by, AuditAction::PeopleInvited, None, &detail)?;
    }
    Ok(Outcome {
        invited: sent.len(),
        members,
    })
}

/// Takes an invitation back; whether there was one.
pub fn withdraw(tx: &mut Tx, by: &By, id: InvitationId) -> Result<bool, DbError> {
    let was_there = store::delete(tx, id)?;
    if was_there {
        let detail = id.to_string();
        record::record(tx, by, AuditAction::InvitationWithdrawn, None, &detail)?;
    }
    Ok(was_there)
}

/// The path of the link in an invitation: its id, sealed.
pub fn path(keys: &Keys, invitation: InvitationId) -> String {
    format!(
        "/invitations/{}",
        keys.seal(INVITATION, invitation.0.as_bytes(), b"")
    )
}

/// The invitation that a token of the address stands for.
pub fn of_token(keys: &Keys, token: &str) -> Option<InvitationId> {
    let id = keys.open(INVITATION, token, b"")?;
    Some(InvitationId(uuid::Uuid::from_slice(&id).ok()?))
}

/// An invitation that can still be accepted; not where its address has an account by now.
pub fn open(
    conn: &mut crate::db::Conn,
    id: InvitationId,
    now: DateTime<Utc>,
) -> QueryResult<Option<Invitation>> {
    let Some(invitation) = store::invitation(conn, id)? else {
        return Ok(None);
    };
    let is_member = people::store::person_by_email(conn, &invitation.email)?.is_some();
    Ok(Some(invitation).filter(|i| !is_member && i.expires_at() > now))
}
