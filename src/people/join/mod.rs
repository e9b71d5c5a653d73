//! Joining: at once with an address of a listed domain, else by a coordinator's decision.

pub mod begin;
pub mod pages;
pub mod store;
pub mod web;

use chrono::{DateTime, Utc};
use diesel::QueryResult;

use super::{
    JoinRequest, Person, Role, Roles, Standing,
    audit::{AuditAction, By, record},
    invitation,
    jobs::{JoinAsked, JoinDecided},
    rules::{self, Newcomer},
};
use crate::{
    db::{Conn, JoinRequestId, PersonId, Tx},
    error::Error,
    input::Problems,
    jobs, people,
};

/// How somebody without an account is met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Welcome {
    /// A coordinator has invited them as that.
    Invited(Role),
    /// Their domain is listed: they can join as a student at once.
    Listed,
    /// They can ask.
    Unknown,
}

/// How the owner of that address is met; none: they have an account, or a request that waits.
pub fn welcome(conn: &mut Conn, email: &str, now: DateTime<Utc>) -> QueryResult<Option<Welcome>> {
    if people::store::person_by_email(conn, email)?.is_some() {
        return Ok(None);
    }
    // Whoever is invited is let in, also where they have asked before.
    if let Some(role) = invitation::store::role_for(conn, email, now)? {
        return Ok(Some(Welcome::Invited(role)));
    }
    if store::is_waiting(conn, email)? {
        return Ok(None);
    }
    let is_listed = store::is_listed_domain(conn, rules::domain_of(email))?;
    Ok(Some(match is_listed {
        true => Welcome::Listed,
        false => Welcome::Unknown,
    }))
}

/// What came of it.
#[derive(Debug)]
pub enum Joined {
    /// There is an account now; a session has to begin anew.
    Entered(Person),
    /// A coordinator decides.
    Asked,
}

#[derive(Debug, thiserror::Error)]
pub enum JoinError {
    #[error(transparent)]
    Invalid(#[from] Problems),
    #[error("your earlier request is still waiting for a coordinator")]
    AlreadyAsked,
    #[error(
        "you already have an account with a slightly different address, perhaps without “+…” or with dots in other \
         places; sign in with that one, or ask a coordinator to change it"
    )]
    Taken,
    #[error(transparent)]
    Database(#[from] crate::db::DbError),
}
crate::verb_error!(JoinError);

impl JoinError {
    /// What the form says of it.
    ///
    /// # Errors
    ///
    /// What no form can mend.
    pub fn at_form(self) -> Result<Problems, Error> {
        match self {
            Self::Invalid(problems) => Ok(problems),
            Self::AlreadyAsked | Self::Taken => Ok(Problems::whole("email", &self)),
            Self::Database(error) => Err(error.into()),
        }
    }
}

impl std::error::Error for Problems {}

/// Lets the owner of a proved address in, or asks the coordinators.
pub fn join(tx: &mut Tx, email: &str, newcomer: &Newcomer) -> Result<Joined, JoinError> {
    let (newcomer, role) = newcomer.checked()?;
    // Of two presses at once the second waits here, and finds what the first has made.
    let is_taken = people::store::is_mailbox_taken(tx, email, None)?;
    if let Some(person) = people::store::person_by_email(tx, email)? {
        return Ok(Joined::Entered(person));
    }
    if is_taken {
        return Err(JoinError::Taken);
    }
    let now = tx.now()?;
    if let Some(role) = invitation::store::accept(tx, email, now)? {
        return enter(tx, email, &newcomer, role)
            .map(Joined::Entered)
            .map_err(Into::into);
    }
    // The domain makes students; to be listed as an alumnus takes a coordinator's word.
    if role == Role::Student && store::is_listed_domain(tx, rules::domain_of(email))? {
        return enter(tx, email, &newcomer, role)
            .map(Joined::Entered)
            .map_err(Into::into);
    }
    let request = JoinRequest {
        id: JoinRequestId::random(),
        email: email.to_owned(),
        name: newcomer.name,
        zone: newcomer.zone,
        role,
        message: newcomer.message,
        asked_at: now,
        decided_at: None,
        approved: None,
        reason: String::new(),
    };
    if !store::insert_request(tx, &request)? {
        return Err(JoinError::AlreadyAsked);
    }
    let letters: Vec<JoinAsked> = people::store::coordinators_to_tell(tx)?
        .into_iter()
        .map(|coordinator| JoinAsked {
            request: request.id,
            coordinator,
        })
        .collect();
    jobs::enqueue(tx, &letters, now)?;
    Ok(Joined::Asked)
}

fn enter(tx: &mut Tx, email: &str, newcomer: &Newcomer, role: Role) -> QueryResult<Person> {
    let now = tx.now()?;
    let person = Person {
        id: PersonId::random(),
        email: email.to_owned(),
        name: newcomer.name.clone(),
        zone: newcomer.zone.clone(),
        roles: Roles::new([role]),
        standing: Standing::Active,
        graduates_on: None,
        joined_at: now,
        twelve_hours: false,
    };
    people::store::insert(tx, &person)?;
    // Neither waits for an answer any more.
    invitation::store::accept(tx, email, now)?;
    store::forget_waiting(tx, email)?;
    Ok(person)
}

/// What a coordinator decides about a request.
#[derive(Clone, Debug)]
pub struct Decision {
    pub approved: bool,
    /// What they say to somebody whom they decline; may be empty.
    pub reason: String,
}

/// Takes back that a request was declined, within ten minutes. It waits again, and nobody is written to.
pub fn reopen(tx: &mut Tx, request: JoinRequestId, by: &By) -> Result<(), Error> {
    let email = store::request(tx, request)?.email;
    people::store::lock_mailbox(tx, &email)?;
    let now = tx.now()?;
    if store::is_waiting(tx, &email)? || people::store::is_mailbox_taken(tx, &email, None)? {
        return Err(Error::Conflict {
            code: "asked_again",
            detail: "They have asked again or joined meanwhile, so this cannot be undone.".into(),
            alternatives: serde_json::Value::Null,
        });
    }
    let request = store::reopen_request(tx, request, now - rules::UNDO)?;
    let request = request.ok_or_else(|| Error::Conflict {
        code: "too_late",
        detail: "This can no longer be undone.".into(),
        alternatives: serde_json::Value::Null,
    })?;
    Ok(record::record(
        tx,
        by,
        AuditAction::RequestReopened,
        None,
        &request.id.to_string(),
    )?)
}

/// Approves or declines a request and queues the letter about it; once.
pub fn decide(
    tx: &mut Tx,
    request: JoinRequestId,
    by: &By,
    decision: &Decision,
) -> Result<(), Error> {
    let now = tx.now()?;
    let approved = decision.approved;
    let request = store::decide_request(tx, request, by.person, approved, &decision.reason, now)?
        .ok_or(Error::NotFound)?;
    let action = if approved {
        AuditAction::RequestApproved
    } else {
        AuditAction::RequestDeclined
    };
    record::record(tx, by, action, None, &request.id.to_string())?;
    let is_taken = approved && people::store::is_mailbox_taken(tx, &request.email, None)?;
    if approved && people::store::person_by_email(tx, &request.email)?.is_none() {
        if is_taken {
            return Err(Error::Conflict {
                code: "mailbox_taken",
                detail: "This mailbox already has an account, under another spelling of its address. Decline this request.".into(),
                alternatives: serde_json::Value::Null,
            });
        }
        let newcomer = Newcomer {
            name: request.name,
            zone: request.zone,
            ..Newcomer::default()
        };
        enter(tx, &request.email, &newcomer, request.role)?;
        people::store::end_newcomers(tx, &request.email, &[])?;
    }
    let letter = JoinDecided {
        request: request.id,
        at: Some(now),
    };
    let due = if approved { now } else { now + rules::UNDO };
    Ok(jobs::enqueue(tx, &[letter], due)?)
}
