//! Beginning: an account, the consent that comes with it, and a session of its own.

use chrono::{DateTime, Utc};

use super::{JoinError, Joined};
use crate::{
    db::{PersonId, Tx},
    keys,
    people::{self, privacy, rules, rules::Newcomer, second_factor, sign_in},
};

/// An account that somebody is signed in to.
#[derive(Debug)]
pub struct Begun {
    pub person: PersonId,
    /// The secret for the cookie.
    pub token: String,
}

/// Joins, and agrees to that version of the privacy notice. Returns a new session where there is an account at once: rights grow, so the session `old` of the newcomer, who proved the address at `proved_at`, dies in
/// a moment.
pub fn join(
    tx: &mut Tx,
    email: &str,
    wanted: &Newcomer,
    notice: &str,
    old: Option<&[u8]>,
    proved_at: DateTime<Utc>,
) -> Result<Option<Begun>, JoinError> {
    let Joined::Entered(person) = super::join(tx, email, wanted)? else {
        return Ok(None);
    };
    privacy::agree(tx, person.id, notice)?;
    let now = tx.now()?;
    let token = keys::random_token();
    let session = sign_in::store::Session {
        token_hash: keys::hash(&token),
        person_id: Some(person.id),
        email: email.to_owned(),
        user_agent: String::new(),
        created_at: now,
        seen_at: now,
        expires_at: now + rules::SESSION_LIFE,
        proved_at, // Joining proves nothing anew.
        awaits_second: second_factor::store::has(tx, person.id)?,
        next: String::new(),
        about: String::new(),
    };
    sign_in::store::insert_session(tx, &session)?;
    // Whatever other browsers began with this address would be a way into the account.
    people::store::end_newcomers(tx, email, old.unwrap_or_default())?;
    if let Some(old) = old {
        sign_in::store::end_session_soon(tx, old, now)?;
    }
    Ok(Some(Begun {
        person: person.id,
        token,
    }))
}
