//! Webhooks as in Standard Webhooks 1.0: every change of a booking is an event with an id, a timestamp
//! and an HMAC signature, tried again until it is taken.
//!
//! What is to be delivered is written with the change itself, in `bookings::store::note`.

pub mod api;
pub mod pages;
pub mod store;
pub mod web;

use std::time::Duration;

use actix_web::web::Data;
use aws_lc_rs::hmac;
use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::{DateTime, TimeDelta, Utc};
use futures_util::{StreamExt, stream};
use serde_json::{Value, json};
use url::Url;

use self::store::{Delivery, Happened, Webhook};
use crate::{
    app::App,
    bookings::change::What,
    db::{DbError, DeliveryId, PersonId, Tx, WebhookId},
    error::Error,
    fetch::{self, Answer},
    html::time,
    keys::Keys,
    schedule::{Span, Zone},
};

/// So many webhooks of one person.
pub const MOST: i64 = 10;
/// What is delivered is listed for so long.
pub const LOG_STAYS: TimeDelta = TimeDelta::days(30);
/// Whoever takes a delivery up has it for so long; longer than any attempt takes.
pub const LEASE: TimeDelta = TimeDelta::seconds(60);
const NAP: Duration = Duration::from_secs(2);
const AT_ONCE: usize = 8;

/// Why a webhook is not added.
#[derive(Debug, thiserror::Error)]
pub enum WebhookError {
    #[error("you have {MOST} webhooks already; remove one first")]
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
    (address, covers_all): (&Url, bool),
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
    Ok(store::insert_test(tx, (DeliveryId::random(), id), now)?)
}

/// Delivers once more, under the same id.
pub fn replay(
    tx: &mut Tx,
    (id, delivery): (WebhookId, DeliveryId),
    owner: PersonId,
) -> Result<(), WebhookError> {
    store::own(tx, id, owner)?.ok_or(WebhookError::NotFound)?;
    let now = tx.now()?;
    store::enable(tx, id)?;
    match store::replay(tx, (id, delivery), now)? {
        true => Ok(()),
        false => Err(WebhookError::NotFound),
    }
}

/// The type of the event of a change, as in `booking.moved`.
pub fn event_type(what: What) -> String {
    format!("booking.{}", what.as_str())
}

/// The body of an event: the same with each attempt. `text` is for chat programs that show no more.
pub fn body(happened: Option<&Happened>, created_at: DateTime<Utc>, origin: &str) -> Value {
    let Some(happened) = happened else {
        return json!({
            "type": "test",
            "timestamp": created_at,
            "data": {},
            "text": "A test from Almanac: this webhook works.",
        });
    };
    let by = match happened.by {
        None => "time",
        Some(by) if by == happened.host_id => "alumnus",
        Some(by) if by == happened.guest_id => "student",
        Some(_) => "coordinator",
    };
    let span = Span::new(happened.starts_at, happened.ends_at);
    // As chat programs want it: what people typed is text, no link and no call to everybody.
    let plain = |text: String| {
        text.replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('>', "&gt;")
    };
    let text = plain(format!(
        "{}: {} with {} and {}, {} UTC",
        in_words(happened.what),
        happened.service_title,
        happened.host_name,
        happened.guest_name.as_str(),
        time::span(span, &Zone::utc()),
    ));
    json!({
        "type": event_type(happened.what),
        "timestamp": happened.at,
        "data": {
            "id": happened.booking_id,
            "uid": happened.group_id.map_or(happened.booking_id.0, |group| group.0),
            "status": happened.status,
            "sequence": happened.sequence,
            "start": happened.starts_at,
            "end": happened.ends_at,
            "service_title": happened.service_title,
            "alumnus": happened.host_handle,
            "alumnus_name": happened.host_name,
            "student": happened.guest_name,
            "by": by,
            "url": format!("{origin}/bookings/{}", happened.booking_id),
        },
        "text": text,
    })
}

/// What happened, as the beginning of a sentence.
pub fn in_words(what: What) -> &'static str {
    match what {
        What::Asked => "Asked for",
        What::Booked => "Booked",
        What::Approved => "Approved",
        What::Declined => "Declined",
        What::AskedForMore => "Asked for more",
        What::SaidMore => "Said more",
        What::Moved => "Moved",
        What::Cancelled => "Cancelled",
        What::CancelledLate => "Cancelled late",
        What::Expired => "Not answered in time",
        What::SaidAttended => "Said to have been held",
        What::SaidNoShow => "Said to have been missed",
        What::SaidOther => "Said to have gone another way",
        What::Completed => "Completed",
        What::NoShow => "Missed",
    }
}

/// The signature of an event (Standard Webhooks, symmetric): `v1,` and HMAC-SHA256 in base64.
///
/// ```
/// use almanac::webhooks::signature;
/// let key = b"0123456789abcdef01234567";
/// assert!(signature(key, "msg_1", 1_700_000_000, "{}").starts_with("v1,"));
/// ```
pub fn signature(secret: &[u8], id: &str, timestamp: i64, body: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
    let mac = hmac::sign(&key, format!("{id}.{timestamp}.{body}").as_bytes());
    format!("v1,{}", STANDARD.encode(mac))
}

/// How long after so many failed attempts the next one comes; None: it is given up. As the
/// specification recommends, with `jitter` (0 to 1) spreading it by a tenth.
pub fn next_wait(attempts: i32, jitter: f64) -> Option<TimeDelta> {
    const SECONDS: [i64; 9] = [5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400];
    let index = usize::try_from(attempts - 1).ok()?;
    let seconds = *SECONDS.get(index)? as f64 * (1.0 + jitter / 10.0);
    Some(TimeDelta::milliseconds((seconds * 1000.0) as i64))
}

/// Works until the program ends.
pub async fn run(app: Data<App>) {
    loop {
        match round(&app).await {
            Ok(0) => {}
            Ok(_) => continue,
            Err(error) => tracing::warn!(%error, "webhooks cannot be called; trying again"),
        }
        tokio::time::sleep(NAP).await;
    }
}

/// Delivers what is due. Returns how much was.
pub async fn round(app: &Data<App>) -> Result<usize, Error> {
    let due = app
        .db
        .transaction::<_, Error>(move |tx| {
            let now = tx.now()?;
            Ok(store::lease(tx, AT_ONCE as i64, now)?)
        })
        .await?;
    let count = due.len();
    stream::iter(due)
        .for_each_concurrent(AT_ONCE, |delivery| async move {
            if let Err(error) = deliver(app, delivery).await {
                tracing::warn!(%error, "a webhook cannot be called; trying again");
            }
        })
        .await;
    Ok(count)
}

async fn deliver(app: &Data<App>, delivery: Delivery) -> Result<(), Error> {
    let (id, requires_second) = (delivery.id, app.config.requires_second);
    let (webhook, happened, may_hear) = app
        .read::<_, Error>(move |conn| {
            let (webhook, happened) = store::details(conn, &delivery)?;
            let may_hear = store::may_hear(conn, &webhook, happened.as_ref(), requires_second)?;
            Ok((webhook, happened, may_hear))
        })
        .await?;
    if !may_hear {
        let answer = Answer {
            status: None,
            error: "not sent: you may no longer hear of this booking".into(),
        };
        let note = move |tx: &mut Tx| Ok(store::note_failed(tx, id, &answer, None)?);
        return app.db.transaction::<_, Error>(note).await;
    }
    let (attempts, created_at) = (delivery.attempts, delivery.created_at);
    let body = body(happened.as_ref(), created_at, &app.config.address()).to_string();
    let now = app.now();
    let address = app
        .keys
        .decrypt(&webhook.address)
        .and_then(|bytes| Url::parse(&String::from_utf8(bytes).ok()?).ok());
    let answer = match (address, app.keys.decrypt(&webhook.secret)) {
        (Some(address), Some(secret)) => {
            let timestamp = now.timestamp();
            let headers = [
                ("webhook-id", id.to_string()),
                ("webhook-timestamp", timestamp.to_string()),
                (
                    "webhook-signature",
                    signature(&secret, &id.to_string(), timestamp, &body),
                ),
            ];
            fetch::post(&address, &headers, body, &app.config.webhook_allow).await
        }
        _ => Answer {
            status: None,
            error: "the address cannot be read: the site's key has changed".into(),
        },
    };
    let is_taken = answer.status.is_some_and(|s| (200..300).contains(&s));
    let outcome = if is_taken { "taken" } else { "failed" };
    metrics::counter!("webhook_deliveries_total", "outcome" => outcome).increment(1);
    let now = app.now();
    let next = next_wait(attempts, rand::random()).map(|wait| now + wait);
    app.db
        .transaction::<_, Error>(move |conn| {
            if is_taken {
                return Ok(store::note_taken(conn, id, &answer, now)?);
            }
            let is_gone = answer.status == Some(410);
            store::note_failed(conn, id, &answer, next.filter(|_| !is_gone))?;
            if is_gone || next.is_none() {
                store::disable(conn, webhook.id, created_at, is_gone, now)?;
            }
            Ok(())
        })
        .await
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the specification's reference libraries.
    #[test]
    fn signatures_are_those_of_the_specification() {
        let secret = STANDARD.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let signed = signature(
            &secret,
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            1_614_265_330,
            "{\"test\": 2432232314}",
        );
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn attempts_go_on_for_days_and_end() {
        assert_eq!(next_wait(1, 0.0), Some(TimeDelta::seconds(5)));
        assert_eq!(next_wait(9, 0.0), Some(TimeDelta::hours(24)));
        assert_eq!(next_wait(10, 0.0), None);
        assert!(next_wait(2, 1.0) > next_wait(2, 0.0));
    }
}
