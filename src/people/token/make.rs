//! API tokens: made and revoked. Only their hashes are kept.

use super::{ApiToken, MOST, NewToken, store};
use crate::{
    db::{ApiTokenId, PersonId, Tx},
    error::Error,
    keys,
    people::{
        self,
        audit::{AuditAction, By, record},
    },
};

#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    #[error("you already have {MOST} tokens; revoke one first")]
    TooMany,
    #[error(transparent)]
    Database(#[from] crate::db::DbError),
}

crate::verb_error!(TokenError);

/// Makes a token and returns its secret, which is not kept.
pub fn make(
    tx: &mut Tx,
    by: &By,
    owner: PersonId,
    wanted: &NewToken,
) -> Result<String, TokenError> {
    people::store::lock(tx, &[owner])?;
    if store::of(tx, owner)?.len() >= MOST {
        return Err(TokenError::TooMany);
    }
    let now = tx.now()?;
    let secret = keys::random_token();
    let token = ApiToken {
        id: ApiTokenId::random(),
        token_hash: keys::hash(&secret),
        person_id: owner,
        name: wanted.name.clone(),
        created_at: now,
        expires_at: wanted.life.map(|life| now + life),
        used_at: None,
    };
    store::insert(tx, &token)?;
    let (action, detail) = (AuditAction::TokenMade, format!("“{}”", token.name));
    record::record(tx, by, action, Some(owner), &detail)?;
    Ok(secret)
}

/// Revokes a token of `owner`; anybody else's is not found.
pub fn revoke(tx: &mut Tx, by: &By, owner: PersonId, id: ApiTokenId) -> Result<(), Error> {
    let name = store::delete(tx, owner, id)?.ok_or(Error::NotFound)?;
    let (action, detail) = (AuditAction::TokenRevoked, format!("“{name}”"));
    Ok(record::record(tx, by, action, Some(owner), &detail)?)
}
