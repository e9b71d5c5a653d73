//! Webhooks: added, removed, tried, and events sent once more.

use base64::{Engine, engine::general_purpose::STANDARD};
use url::Url;

use super::{MOST, Webhook, store};
use crate::{
    db::{DbError, DeliveryId, PersonId, Tx, WebhookId},
    error::Error,
    keys::Keys,
};

/// Why a webhook is not added.
#[derive(Debug, thiserror::Error)]
pub enum WebhookError {
    #[error("you already have {MOST} webhooks; remove one first")]
    TooMany,
    #[error("there is no such webhook or delivery")]
    NotFound,
    #[error(transparent)]
    Database(#[from] DbError),
}

crate::verb_error!(WebhookError);

impl From<WebhookError> for Error {
    fn from(error: WebhookError) -> Self {
        match error {
            WebhookError::TooMany => Self::Refused {
                code: "too_many_webhooks",
                detail: error.to_string(),
            },
            WebhookError::NotFound => Self::NotFound,
            WebhookError::Database(error) => error.into(),
        }
    }
}

/// Adds a webhook with a new signing key. Returns it and the key, as its owner needs it: `whsec_…`.
pub fn add(
    tx: &mut Tx,
    keys: &Keys,
    owner: PersonId,
    address: &Url,
    covers_all: bool,
) -> Result<(Webhook, String), WebhookError> {
    crate::people::store::lock(tx, &[owner])?;
    let now = tx.now()?;
    if store::count(tx, owner)? >= MOST {
        return Err(WebhookError::TooMany);
    }
    let secret: [u8; 24] = rand::random();
    let webhook = Webhook {
        id: WebhookId::random(),
        person_id: owner,
        host: address.host_str().unwrap_or_default().to_owned(),
        address: keys.encrypt(address.as_str().as_bytes()),
        secret: keys.encrypt(&secret),
        covers_all,
        created_at: now,
        disabled_at: None,
    };
    store::insert(tx, &webhook)?;
    let shown = shown(keys, &webhook);
    Ok((webhook, shown))
}

/// The signing key of a webhook as its owner copies it; empty once the site has another key.
pub fn shown(keys: &Keys, webhook: &Webhook) -> String {
    let secret = keys.decrypt(&webhook.secret);
    secret.map_or_else(String::new, |secret| {
        format!("whsec_{}", STANDARD.encode(secret))
    })
}

/// Removes somebody's own webhook with its log.
pub fn remove(tx: &mut Tx, id: WebhookId, owner: PersonId) -> Result<(), WebhookError> {
    match store::remove(tx, id, owner)? {
        true => Ok(()),
        false => Err(WebhookError::NotFound),
    }
}

/// Queues an event of type `test`; one that was disabled is called again.
pub fn test(tx: &mut Tx, id: WebhookId, owner: PersonId) -> Result<(), WebhookError> {
    store::own(tx, id, owner)?.ok_or(WebhookError::NotFound)?;
    let now = tx.now()?;
    store::enable(tx, id)?;
    Ok(store::insert_test(tx, DeliveryId::random(), id, now)?)
}

/// Delivers once more, under the same id.
pub fn replay(
    tx: &mut Tx,
    id: WebhookId,
    delivery: DeliveryId,
    owner: PersonId,
) -> Result<(), WebhookError> {
    store::own(tx, id, owner)?.ok_or(WebhookError::NotFound)?;
    let now = tx.now()?;
    store::enable(tx, id)?;
    match store::replay(tx, id, delivery, now)? {
        true => Ok(()),
        false => Err(WebhookError::NotFound),
    }
}
