//! Another address for an account: confirmed by a letter to the new one while signed in by the old one, which
//! is told.

pub mod pages;
pub mod web;

use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    db::{
        DbError, PersonId, Tx,
        limits::{self, Allowance},
    },
    jobs,
    keys::{self, Keys, Purpose},
    people::{
        self, Person,
        audit::{self, AuditAction, By, record},
    },
};

/// Of the link that confirms a new email address.
const CHANGE_EMAIL: Purpose = Purpose::numbered(7);

/// How long the link in the letter works.
pub const LINK_LIFE: TimeDelta = TimeDelta::hours(1);
/// How many letters can be asked for at once, and how often one more.
const LETTERS: Allowance = Allowance {
    burst: 5,
    period: TimeDelta::hours(1),
};

#[derive(Debug, thiserror::Error)]
pub enum EmailError {
    #[error("is already your address")]
    Same,
    #[error("You have asked for too many links. Try again in an hour.")]
    TooOften,
    /// The link is too old, or the account has another address by now.
    #[error("this link no longer works")]
    Over,
    #[error(
        "This address already has an account, perhaps with a slightly different spelling. Sign in with it, or use another address."
    )]
    Taken,
    #[error(transparent)]
    Database(#[from] DbError),
}
crate::verb_error!(EmailError);

/// Queues a letter with a link to the new address. Whether it has an account is not said here: only who
/// reads its mail may know.
pub fn ask(tx: &mut Tx, person: &Person, email: &str) -> Result<(), EmailError> {
    if person.email == email {
        return Err(EmailError::Same);
    }
    let now = tx.now()?;
    let key = format!("email change {}", person.id);
    if limits::take(tx, &key, LETTERS, now)?.is_some() {
        return Err(EmailError::TooOften);
    }
    let letter = people::jobs::ConfirmEmail {
        person: person.id,
        from: person.email.clone(),
        email: email.to_owned(),
        at: now,
    };
    Ok(jobs::enqueue(tx, &[letter], now)?)
}

/// What a link in a letter asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EmailChange {
    pub person: PersonId,
    pub email: String,
    asked_at: DateTime<Utc>,
    /// Of the address that the account had.
    print: [u8; PRINT],
}

impl EmailChange {
    /// Whether the account still has the address that it had when this was asked for.
    pub fn is_of(&self, person: &Person) -> bool {
        person.id == self.person && print(&person.email) == self.print
    }
}

const PRINT: usize = 16;

fn print(email: &str) -> [u8; PRINT] {
    let hash = keys::hash(email);
    std::array::from_fn(|i| hash[i])
}

/// The path of the link that was asked for then, when the account had the address `from`. It says all that is
/// needed, so nothing is stored.
pub fn path(keys: &Keys, person: PersonId, from: &str, email: &str, at: DateTime<Utc>) -> String {
    let content = [
        person.0.as_bytes().as_slice(),
        &at.timestamp().to_be_bytes(),
        &print(from),
        email.as_bytes(),
    ]
    .concat();
    format!("/email/{}", keys.seal(CHANGE_EMAIL, &content, b""))
}

/// What the link of that token asks for; none if it is none of ours or too old.
pub fn wanted(keys: &Keys, token: &str, now: DateTime<Utc>) -> Option<EmailChange> {
    let content = keys.open(CHANGE_EMAIL, token, b"")?;
    let (person, rest) = content.split_at_checked(16)?;
    let (at, rest) = rest.split_at_checked(8)?;
    let (print, email) = rest.split_at_checked(PRINT)?;
    let at = i64::from_be_bytes(at.try_into().ok()?);
    let wanted = EmailChange {
        person: PersonId(uuid::Uuid::from_slice(person).ok()?),
        email: String::from_utf8(email.to_vec()).ok()?,
        asked_at: DateTime::from_timestamp(at, 0)?,
        print: print.try_into().ok()?,
    };
    (now < wanted.asked_at + LINK_LIFE).then_some(wanted)
}

/// Gives the account its new address, unless the address was changed after the link was asked for.
pub fn confirm(tx: &mut Tx, by: &By, wanted: &EmailChange) -> Result<(), EmailError> {
    let is_taken = people::store::is_mailbox_taken(tx, &wanted.email, Some(wanted.person))?;
    let person = people::store::lock(tx, &[wanted.person])?.pop();
    let person = person.filter(|p| wanted.is_of(p));
    let person = person.ok_or(EmailError::Over)?;
    // An address that has gone and come back opens no old link.
    let changed_at = audit::store::last(tx, AuditAction::EmailChanged, person.id)?;
    if changed_at.is_some_and(|at| at.timestamp() > wanted.asked_at.timestamp()) {
        return Err(EmailError::Over);
    }
    let there = people::store::person_by_email(tx, &wanted.email)?;
    if is_taken || there.is_some() {
        return Err(EmailError::Taken);
    }
    Ok(change(tx, by, &person, &wanted.email)?)
}

/// Changes the address of a person who is locked, and tells the old one. Links to the old one die.
pub fn change(tx: &mut Tx, by: &By, person: &Person, email: &str) -> diesel::QueryResult<()> {
    let now = tx.now()?;
    people::store::set_email(tx, person, email)?;
    people::trouble::store::delete_trouble(tx, person.id)?; // That was the other address.
    record::record(tx, by, AuditAction::EmailChanged, Some(person.id), "")?;
    let letter = people::jobs::AccountChanged {
        person: person.id,
        change: people::jobs::AccountChange::EmailChanged,
        at: now,
        to: Some(person.email.clone()),
    };
    jobs::enqueue(tx, &[letter], now)
}
