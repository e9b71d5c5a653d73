//! Invitations: coordinators write to people who have no account yet and let them in as soon as they answer.

pub mod pages;
pub mod store;
pub mod web;

use chrono::{DateTime, Utc};

use diesel::QueryResult;

use self::store::Invitation;

use crate::{
    db::{DbError, InvitationId, PersonId, Tx},
    html::form::Fields,
    input::{self, Problems, Reader},
    jobs,
    keys::{Keys, Purpose},
    people::{
        self, Role,
        audit::{AuditAction, By, record},
        jobs::Invited,
    },
};

/// Of the link in an invitation.
const INVITATION: Purpose = Purpose::numbered(12);
/// People invited at once.
pub const MOST_AT_ONCE: usize = 100;
/// The longest personal message, in characters.
pub const LONGEST_MESSAGE: usize = 1000;

/// What the form says, as it was typed.
#[derive(Clone, Debug, Default)]
pub struct Invitees {
    pub emails: String,
    pub role: String,
    pub message: String,
}

/// Whom to invite, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToInvite {
    pub emails: Vec<String>,
    pub role: Role,
    pub message: String,
}

impl Invitees {
    pub fn read(fields: &Fields) -> Result<Self, crate::error::Error> {
        Ok(Self {
            emails: fields.given("emails")?.to_owned(),
            role: fields.one("role")?.to_owned(),
            message: fields.one("message")?.to_owned(),
        })
    }

    /// The addresses, each once, in the order in which they stand there; between them white space, commas or semicolons.
    pub fn checked(&self) -> Result<ToInvite, Problems> {
        let mut reader = Reader::default();
        let mut emails: Vec<String> = Vec::new();
        for typed in self
            .emails
            .split(|c: char| c.is_whitespace() || c == ',' || c == ';')
            .filter(|typed| !typed.is_empty())
        {
            match input::email(typed) {
                Some(email) if emails.contains(&email) => (),
                Some(email) => emails.push(email),
                None => {
                    let typed: String = input::line(typed).chars().take(80).collect();
                    let problem = format!("must be email addresses; “{typed}” is not one");
                    reader.problems.add("emails", &problem);
                    break;
                }
            }
        }
        if reader.problems.is_empty() && emails.is_empty() {
            reader.problems.add("emails", "is required");
        }
        if emails.len() > MOST_AT_ONCE {
            let problem = format!("can be at most {MOST_AT_ONCE} at once");
            reader.problems.add("emails", &problem);
        }
        let role = match self.role.as_str() {
            "student" => Role::Student,
            "alumnus" => Role::Alumnus,
            _ => {
                reader.problems.add("role", "must be student or alumnus");
                Role::Student
            }
        };
        let message = reader.paragraphs("message", &self.message, LONGEST_MESSAGE);
        reader.problems.or(ToInvite {
            emails,
            role,
            message,
        })
    }
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_from_whatever_stands_between_them() {
        let typed = |emails: &str| {
            Invitees {
                emails: emails.into(),
                role: "alumnus".into(),
                message: String::new(),
            }
            .checked()
        };
        let read = typed("Ada@example.org, bea@example.org;\n ada@example.org").unwrap();
        assert_eq!(read.emails, ["ada@example.org", "bea@example.org"]);
        assert!(typed(" ,; ").is_err());
        let problems = typed("ada@example.org bea").unwrap_err();
        assert!(
            format!("{problems:?}").contains("“bea” is not one"),
            "{problems:?}"
        );
        let many: Vec<String> = (0..=MOST_AT_ONCE)
            .map(|n| format!("a{n}@example.org"))
            .collect();
        assert!(typed(&many.join(" ")).is_err());
        assert!(typed(&many[1..].join(" ")).is_ok());
    }
}
