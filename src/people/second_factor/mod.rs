//! The second factor: codes of an authenticator app (TOTP, RFC 6238), recovery codes for who has lost it, and
//! taking it and passkeys away.

pub mod pages;
pub mod passkey;
pub mod store;
pub mod web;

use chrono::{DateTime, TimeDelta, Utc};
use totp_rs::{Builder, Totp};

use crate::{
    db::{
        DbError, PasskeyId, PersonId, Tx,
        limits::{self, Allowance},
    },
    error::Error,
    jobs,
    keys::Keys,
    people::{
        self, Person,
        audit::{AuditAction, By, record},
        jobs::{AccountChange, AccountChanged},
    },
};

/// How many recovery codes are made at once.
pub const RECOVERY_CODES: usize = 10;
/// Wrong codes of one person: five at once, then one a minute.
const ATTEMPTS: Allowance = Allowance {
    burst: 5,
    period: TimeDelta::minutes(1),
};
const SECRET_BYTES: usize = 20;

#[derive(Debug, thiserror::Error)]
pub enum SecondError {
    #[error("is wrong or has already been used; check it, or wait for the next one in your app")]
    Wrong,
    #[error("was wrong too often; wait a minute, then try again")]
    TooOften,
    #[error("was not accepted; try again, or use another method")]
    PasskeyRefused,
    #[error("cannot be added: you can have at most ten passkeys, so remove one first")]
    TooMany,
    #[error("cannot be checked, since two-step verification is not set up; start again")]
    NotBegun,
    #[error(transparent)]
    Database(#[from] DbError),
}
crate::verb_error!(SecondError);

impl From<SecondError> for Error {
    fn from(error: SecondError) -> Self {
        match error {
            SecondError::Database(error) => error.into(),
            other => Self::unprocessable("code", &other.to_string()),
        }
    }
}

fn totp(secret: Vec<u8>, account: &str) -> Option<Totp> {
    let builder = Builder::new()
        .with_secret(secret)
        .with_account_name(account.replace(':', " "))
        .with_issuer(Some("Almanac"));
    builder.build().ok()
}

/// What an app needs to be set up.
#[derive(Debug)]
pub struct Setup {
    /// PNG, as base64.
    pub qr: String,
    /// Base32, in groups of four.
    pub secret: String,
}

/// What the app of a person is set up with, before it is confirmed; none of one that is confirmed.
pub fn setup(keys: &Keys, person: &Person, sealed: &[u8]) -> Option<Setup> {
    let totp = totp(keys.decrypt(sealed)?, &person.email)?;
    let letters: Vec<char> = totp.secret().to_base32().chars().collect();
    Some(Setup {
        qr: totp.to_qr_base64().ok()?,
        secret: in_fours(&letters).join(" "),
    })
}

/// Begins anew, unless there is one that counts.
pub fn begin(tx: &mut Tx, keys: &Keys, person: PersonId) -> diesel::QueryResult<()> {
    people::store::lock(tx, &[person])?;
    let now = tx.now()?;
    let secret = keys.encrypt(&rand::random::<[u8; SECRET_BYTES]>());
    store::begin(tx, person, &secret, now)
}

/// Counts from now on, since the app shows the right code. Returns recovery codes, which are not kept.
pub fn confirm(
    tx: &mut Tx,
    keys: &Keys,
    by: &By,
    person: &Person,
    code: &str,
) -> Result<Vec<String>, SecondError> {
    people::store::lock(tx, &[person.id])?;
    let now = tx.now()?;
    let factor = store::factor(tx, person.id)?.filter(|f| f.confirmed_at.is_none());
    let factor = factor.ok_or(SecondError::NotBegun)?;
    let step = matching_step(keys, person, &factor, code, now).ok_or(SecondError::Wrong)?;
    store::confirm(tx, person.id, step, now)?;
    let action = AuditAction::SecondFactorAdded;
    record::record(tx, by, action, Some(person.id), "")?;
    tell(tx, person.id, AccountChange::SecondFactorAdded)?;
    Ok(renew_codes(tx, keys, person.id)?)
}

fn matching_step(
    keys: &Keys,
    person: &Person,
    factor: &store::Factor,
    code: &str,
    now: DateTime<Utc>,
) -> Option<i64> {
    let totp = totp(keys.decrypt(&factor.secret)?, &person.email)?;
    let code: String = code.chars().filter(|c| !c.is_whitespace()).collect();
    let step = totp.check(&code, u64::try_from(now.timestamp()).ok()?)?;
    i64::try_from(step)
        .ok()
        .filter(|step| *step > factor.last_step)
}

/// Makes new recovery codes; the old ones are good no more.
pub fn renew_codes(tx: &mut Tx, keys: &Keys, person: PersonId) -> diesel::QueryResult<Vec<String>> {
    let codes: Vec<String> = (0..RECOVERY_CODES).map(|_| recovery_code()).collect();
    let prints: Vec<Vec<u8>> = codes.iter().map(|code| print(keys, code)).collect();
    store::replace_codes(tx, person, &prints)?;
    Ok(codes)
}

/// As in `7k2m-9xqd-4hvt`: 59 bits, without letters and digits that look like others.
fn recovery_code() -> String {
    const SIGNS: &[u8; 31] = b"23456789abcdefghjkmnpqrstuvwxyz";
    let letters: Vec<char> = (0..12)
        .map(|_| SIGNS[rand::random_range(0..SIGNS.len())] as char)
        .collect();
    in_fours(&letters).join("-")
}

fn in_fours(letters: &[char]) -> Vec<String> {
    letters.chunks(4).map(|g| g.iter().collect()).collect()
}

fn print(keys: &Keys, code: &str) -> Vec<u8> {
    let plain: String = code.chars().filter(char::is_ascii_alphanumeric).collect();
    keys.fingerprint(format!("recovery {}", plain.to_lowercase()).as_bytes())
}

/// Checks a code of the app or a recovery code, which is used up by it. What was wrong is counted in a
/// transaction of its own, by `count_attempt`.
pub fn check(
    tx: &mut Tx,
    keys: &Keys,
    by: &By,
    person: &Person,
    code: &str,
) -> Result<(), SecondError> {
    people::store::lock(tx, &[person.id])?;
    let now = tx.now()?;
    if !store::has(tx, person.id)? {
        return Err(SecondError::NotBegun);
    }
    let factor = store::factor(tx, person.id)?.filter(|f| f.confirmed_at.is_some());
    let step = factor.and_then(|factor| matching_step(keys, person, &factor, code, now));
    if let Some(step) = step {
        return Ok(store::set_step(tx, person.id, step)?);
    }
    if !store::use_code(tx, person.id, &print(keys, code))? {
        return Err(SecondError::Wrong);
    }
    let action = AuditAction::RecoveryCodeUsed;
    record::record(tx, by, action, Some(person.id), "")?;
    Ok(tell(tx, person.id, AccountChange::RecoveryCodeUsed)?)
}

/// Counts an attempt before it is made, so that guessing is slow however many ask at once.
pub fn count_attempt(tx: &mut Tx, person: PersonId) -> Result<(), SecondError> {
    let now = tx.now()?;
    let key = format!("second {person}");
    match limits::take(tx, &key, ATTEMPTS, now)? {
        None => Ok(()),
        Some(_) => Err(SecondError::TooOften),
    }
}

/// What a removal has left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Left {
    /// There was nothing to remove.
    Same,
    /// Another way to verify that it is them.
    Some,
    /// It was the last one: two-step verification is off.
    Nothing,
}

/// Takes the app away, set up or not. A passkey stays.
pub fn remove_app(tx: &mut Tx, by: &By, person: PersonId) -> diesel::QueryResult<Left> {
    people::store::lock(tx, &[person])?;
    if !store::delete_app(tx, person)? {
        return Ok(Left::Same);
    }
    note_removal(
        tx,
        by,
        person,
        AuditAction::AppRemoved,
        AccountChange::AppRemoved,
    )
}

/// Takes one passkey away.
pub fn remove_passkey(
    tx: &mut Tx,
    by: &By,
    person: PersonId,
    id: PasskeyId,
) -> diesel::QueryResult<Left> {
    people::store::lock(tx, &[person])?;
    if !store::delete_passkey(tx, person, id)? {
        return Ok(Left::Same);
    }
    note_removal(
        tx,
        by,
        person,
        AuditAction::PasskeyRemoved,
        AccountChange::PasskeyRemoved,
    )
}

/// Without any other factor, recovery codes go with the last one.
fn note_removal(
    tx: &mut Tx,
    by: &By,
    person: PersonId,
    action: AuditAction,
    change: AccountChange,
) -> diesel::QueryResult<Left> {
    record::record(tx, by, action, Some(person), "")?;
    if store::has(tx, person)? {
        tell(tx, person, change)?;
        return Ok(Left::Some);
    }
    store::delete_codes(tx, person)?;
    record::record(tx, by, AuditAction::SecondFactorRemoved, Some(person), "")?;
    tell(tx, person, AccountChange::SecondFactorRemoved)?;
    Ok(Left::Nothing)
}

/// Signs in by the link alone from now on.
pub fn remove(tx: &mut Tx, by: &By, person: PersonId) -> diesel::QueryResult<bool> {
    people::store::lock(tx, &[person])?;
    if !store::delete(tx, person)? {
        return Ok(false);
    }
    record::record(tx, by, AuditAction::SecondFactorRemoved, Some(person), "")?;
    tell(tx, person, AccountChange::SecondFactorRemoved)?;
    Ok(true)
}

/// Tells somebody what has changed about how they sign in.
pub fn tell(tx: &mut Tx, person: PersonId, change: AccountChange) -> diesel::QueryResult<()> {
    let at = tx.now()?;
    let letter = AccountChanged {
        person,
        change,
        at,
        to: None,
    };
    jobs::enqueue(tx, &[letter], at)
}
