//! Passkeys (WebAuthn) as a second factor: made and asked for by the browser, checked here.
//!
//! What a passkey is to answer is kept with the session, encrypted. Whoever answers takes it first, in a
//! transaction of its own, so that it is good for one answer, right or wrong.

use serde::{Serialize, de::DeserializeOwned};
use webauthn_rs::{
    Webauthn, WebauthnBuilder,
    prelude::{
        Passkey, PasskeyAuthentication, PasskeyRegistration, PublicKeyCredential,
        RegisterPublicKeyCredential,
    },
};

use super::NewPasskey;
use crate::{
    config::Config,
    db::{PasskeyId, Tx},
    keys::Keys,
    people::{
        self, Person,
        audit::{AuditAction, By, record},
        jobs::AccountChange,
        second_factor::{self, SecondError},
    },
};

/// So many passkeys may one person have.
const MOST: usize = 10;

/// Who passkeys are made for: the site by its name. Where it is reached by a number, there are none.
fn site(config: &Config) -> Option<Webauthn> {
    let name = config.base_url.domain()?;
    let builder = WebauthnBuilder::new(name, &config.base_url).ok()?;
    builder.rp_name("Almanac").build().ok()
}

/// Whether the site can have passkeys.
pub fn is_offered(config: &Config) -> bool {
    site(config).is_some()
}

fn refused(error: impl std::fmt::Display) -> SecondError {
    tracing::info!(%error, "a passkey was refused");
    SecondError::PasskeyRefused
}

fn seal(keys: &Keys, state: &impl Serialize) -> Result<Vec<u8>, SecondError> {
    Ok(keys.encrypt(&serde_json::to_vec(state).map_err(refused)?))
}

fn unseal<T: DeserializeOwned>(keys: &Keys, sealed: &[u8]) -> Result<T, SecondError> {
    let state = keys.decrypt(sealed).ok_or(SecondError::NotBegun)?;
    serde_json::from_slice(&state).map_err(|_| SecondError::NotBegun)
}

fn json(options: &impl Serialize) -> Result<String, SecondError> {
    serde_json::to_string(options).map_err(refused)
}

/// The passkeys of a person that can be read, each with its id.
fn passkeys(tx: &mut Tx, person: &Person) -> diesel::QueryResult<Vec<(PasskeyId, Passkey)>> {
    let rows = second_factor::store::passkeys(tx, person.id)?;
    let parsed = rows.into_iter().filter_map(|row| {
        let passkey = serde_json::from_value(row.credential).ok()?;
        Some((row.id, passkey))
    });
    Ok(parsed.collect())
}

/// Begins to add one. Returns what the browser is to be asked for, as JSON.
pub fn begin(
    tx: &mut Tx,
    keys: &Keys,
    config: &Config,
    person: &Person,
    session: &[u8],
) -> Result<String, SecondError> {
    let site = site(config).ok_or(SecondError::NotBegun)?;
    let there = passkeys(tx, person)?;
    if there.len() >= MOST {
        return Err(SecondError::TooMany);
    }
    let known = there.iter().map(|(_, key)| key.cred_id().clone()).collect();
    let (options, state) = site
        .start_passkey_registration(person.id.0, &person.email, &person.name, Some(known))
        .map_err(refused)?;
    second_factor::store::keep_challenge(tx, session, Some(&seal(keys, &state)?))?;
    json(&options)
}

/// Adds the one that the browser has made. Returns recovery codes, which are not kept, if there were none.
pub fn add(
    tx: &mut Tx,
    keys: &Keys,
    config: &Config,
    by: &By,
    person: &Person,
    challenge: Option<&[u8]>,
    made: &NewPasskey,
) -> Result<Option<Vec<String>>, SecondError> {
    let site = site(config).ok_or(SecondError::NotBegun)?;
    people::store::lock(tx, &[person.id])?;
    let state: PasskeyRegistration = unseal(keys, challenge.ok_or(SecondError::NotBegun)?)?;
    let credential: RegisterPublicKeyCredential =
        serde_json::from_str(&made.credential).map_err(refused)?;
    let passkey = site
        .finish_passkey_registration(&credential, &state)
        .map_err(refused)?;
    let there = passkeys(tx, person)?;
    if there.len() >= MOST {
        return Err(SecondError::TooMany);
    }
    if there
        .iter()
        .any(|(_, key)| key.cred_id() == passkey.cred_id())
    {
        return Err(SecondError::PasskeyRefused);
    }
    let row = second_factor::store::NewPasskey {
        id: PasskeyId::random(),
        person_id: person.id,
        name: made.name.clone(),
        credential: serde_json::to_value(&passkey).map_err(refused)?,
        created_at: tx.now()?,
    };
    second_factor::store::insert_passkey(tx, &row)?;
    record::record(tx, by, AuditAction::PasskeyAdded, Some(person.id), "")?;
    second_factor::tell(tx, person.id, AccountChange::PasskeyAdded)?;
    if second_factor::store::count_codes(tx, person.id)? > 0 {
        return Ok(None);
    }
    Ok(Some(second_factor::renew_codes(tx, keys, person.id)?))
}

/// What the browser is to be asked for, as JSON; none of who has no passkey.
pub fn ask(
    tx: &mut Tx,
    keys: &Keys,
    config: &Config,
    person: &Person,
    session: &[u8],
) -> Result<Option<String>, SecondError> {
    let Some(site) = site(config) else {
        return Ok(None);
    };
    let there: Vec<Passkey> = passkeys(tx, person)?
        .into_iter()
        .map(|(_, key)| key)
        .collect();
    if there.is_empty() {
        return Ok(None);
    }
    let (options, state) = site.start_passkey_authentication(&there).map_err(refused)?;
    second_factor::store::keep_challenge(tx, session, Some(&seal(keys, &state)?))?;
    json(&options).map(Some)
}

/// Checks what a passkey has answered.
pub fn check(
    tx: &mut Tx,
    keys: &Keys,
    config: &Config,
    person: &Person,
    challenge: Option<&[u8]>,
    credential: &str,
) -> Result<(), SecondError> {
    let site = site(config).ok_or(SecondError::NotBegun)?;
    people::store::lock(tx, &[person.id])?;
    let state: PasskeyAuthentication = unseal(keys, challenge.ok_or(SecondError::NotBegun)?)?;
    let credential: PublicKeyCredential = serde_json::from_str(credential).map_err(refused)?;
    let result = site
        .finish_passkey_authentication(&credential, &state)
        .map_err(refused)?;
    // It may have been removed since it was asked for.
    let mut used = passkeys(tx, person)?
        .into_iter()
        .find(|(_, key)| key.cred_id() == result.cred_id())
        .ok_or(SecondError::PasskeyRefused)?;
    used.1.update_credential(&result);
    let now = tx.now()?;
    let kept = serde_json::to_value(&used.1).map_err(refused)?;
    Ok(second_factor::store::note_passkey_used(
        tx, used.0, &kept, now,
    )?)
}
