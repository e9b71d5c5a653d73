//! Delivering events: what is due, each attempt at most once at a time.

use std::time::Duration;

use actix_web::web::Data;
use futures_util::{StreamExt, stream};
use url::Url;

use super::{
    Delivery,
    rules::{body, next_wait, signature},
    store,
};
use crate::{
    app::App,
    db::Tx,
    error::Error,
    fetch::{self, Response},
};

const NAP: Duration = Duration::from_secs(2);

const AT_ONCE: usize = 8;
/// Changes looked at in one transaction.
const MOST_HEARD: i64 = 500;

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

/// Hears what has happened, and delivers what is due. Returns how much of both there was.
pub async fn round(app: &Data<App>) -> Result<usize, Error> {
    let heard = app
        .db
        .transaction::<_, Error>(move |tx| Ok(store::hear(tx, MOST_HEARD)?))
        .await
        .unwrap_or_else(|error| {
            // What is queued already does not wait for it.
            tracing::warn!(%error, "what has happened cannot be heard; trying again");
            0
        });
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
    Ok(heard + count)
}

async fn deliver(app: &Data<App>, delivery: Delivery) -> Result<(), Error> {
    let (id, requires_second) = (delivery.id, app.config.requires_second);
    let (webhook, happened, may_hear) = app
        .read::<_, Error>(move |conn| {
            let (webhook, happened) = store::details(conn, &delivery)?;
            let may_hear = store::may_hear(conn, &webhook, &happened, requires_second)?;
            Ok((webhook, happened, may_hear))
        })
        .await?;
    if !may_hear {
        let answer = Response {
            status: None,
            error: "not sent: you no longer have access to this".into(),
        };
        let note = move |tx: &mut Tx| Ok(store::note_failed(tx, id, &answer, None)?);
        return app.db.transaction::<_, Error>(note).await;
    }
    let (attempts, created_at) = (delivery.attempts, delivery.created_at);
    let body = body(
        &happened,
        webhook.person_id,
        created_at,
        &app.config.address(),
    )
    .to_string();
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
        _ => Response {
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
