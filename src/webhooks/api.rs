//! The JSON API of webhooks.

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Line, NO_ADDRESS, Webhook, change, store};
use crate::{
    app::App,
    db::{DeliveryId, WebhookId},
    error::Error,
    fetch,
    json::{Json, Problem, endpoints::Endpoint},
    people::visitor::ApiCaller,
};

pub fn endpoints() -> Vec<Endpoint> {
    crate::endpoints![
        list_webhooks,
        create_webhook,
        delete_webhook,
        test_webhook,
        list_deliveries,
        replay_delivery
    ]
}

/// An address that is told what happens to bookings, as described by Standard Webhooks.
#[derive(Debug, Serialize, ToSchema)]
pub struct WebhookBody {
    id: WebhookId,
    /// The host of the address. The address itself is not shown again.
    host: String,
    /// Whether it covers everybody's bookings, as long as its owner is a coordinator.
    covers_all: bool,
    created_at: DateTime<Utc>,
    /// When it was stopped; a test starts it again.
    disabled_at: Option<DateTime<Utc>>,
    /// The signing key, `whsec_…`; only in the answer that creates it.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
}

impl WebhookBody {
    fn new(webhook: Webhook, secret: Option<String>) -> Self {
        Self {
            id: webhook.id,
            host: webhook.host,
            covers_all: webhook.covers_all,
            created_at: webhook.created_at,
            disabled_at: webhook.disabled_at,
            secret,
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub struct WebhooksBody {
    webhooks: Vec<WebhookBody>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateWebhook {
    url: String,
    /// Only for coordinators.
    #[serde(default)]
    covers_all: bool,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct DeliveryBody {
    id: DeliveryId,
    /// As in `booking.moved`, or `test`.
    r#type: String,
    created_at: DateTime<Utc>,
    attempts: i32,
    delivered_at: Option<DateTime<Utc>>,
    /// When it will be tried next; null if it was delivered, or has failed for good.
    next_at: Option<DateTime<Utc>>,
    last_status: Option<i16>,
    last_error: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct DeliveriesBody {
    deliveries: Vec<DeliveryBody>,
}

fn id_of(path: &str) -> Result<WebhookId, Error> {
    path.parse().map_err(|_| Error::NotFound)
}

#[utoipa::path(get, path = "/api/v1/me/webhooks", tag = "webhooks", security(("token" = [])),
    responses((status = 200, body = WebhooksBody), (status = 401, body = Problem)))]
pub async fn list_webhooks(app: Data<App>, caller: ApiCaller) -> Result<HttpResponse, Error> {
    let owner = caller.person.id;
    let webhooks = app
        .read::<_, Error>(move |conn| Ok(store::of(conn, owner)?))
        .await?;
    let webhooks = webhooks
        .into_iter()
        .map(|webhook| WebhookBody::new(webhook, None))
        .collect();
    Ok(HttpResponse::Ok().json(WebhooksBody { webhooks }))
}

#[utoipa::path(post, path = "/api/v1/me/webhooks", tag = "webhooks", security(("token" = [])), request_body = CreateWebhook,
    responses((status = 201, body = WebhookBody), (status = 401, body = Problem), (status = 403, body = Problem), (status = 422, body = Problem)))]
pub async fn create_webhook(
    app: Data<App>,
    caller: ApiCaller,
    body: Json<CreateWebhook>,
) -> Result<HttpResponse, Error> {
    let owner = caller.person.id;
    app.limits.booking(owner)?;
    let CreateWebhook { url, covers_all } = body.0;
    if covers_all {
        caller.coordinating()?;
    }
    let address = fetch::address(&url).ok_or_else(|| Error::unprocessable("url", NO_ADDRESS))?;
    let shared = Data::clone(&app);
    let (webhook, secret) = app
        .transaction(move |conn| change::add(conn, &shared.keys, owner, &address, covers_all))
        .await?;
    Ok(HttpResponse::Created().json(WebhookBody::new(webhook, Some(secret))))
}

#[utoipa::path(delete, path = "/api/v1/me/webhooks/{id}", tag = "webhooks", security(("token" = [])), params(("id" = String, Path)),
    responses((status = 204, description = "Removed with its log"), (status = 401, body = Problem), (status = 404, body = Problem)))]
pub async fn delete_webhook(
    app: Data<App>,
    caller: ApiCaller,
    path: Path<String>,
) -> Result<HttpResponse, Error> {
    let (owner, id) = (caller.person.id, id_of(&path)?);
    app.transaction(move |tx| change::remove(tx, id, owner))
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

#[utoipa::path(post, path = "/api/v1/me/webhooks/{id}/test", tag = "webhooks", security(("token" = [])), params(("id" = String, Path)),
    responses((status = 202, description = "An event of type `test` is on its way"), (status = 401, body = Problem), (status = 404, body = Problem)))]
pub async fn test_webhook(
    app: Data<App>,
    caller: ApiCaller,
    path: Path<String>,
) -> Result<HttpResponse, Error> {
    let (owner, id) = (caller.person.id, id_of(&path)?);
    app.limits.booking(owner)?;
    app.transaction(move |tx| change::test(tx, id, owner))
        .await?;
    Ok(HttpResponse::Accepted().finish())
}

#[utoipa::path(get, path = "/api/v1/me/webhooks/{id}/deliveries", tag = "webhooks", security(("token" = [])), params(("id" = String, Path)),
    responses((status = 200, body = DeliveriesBody, description = "The last 100, latest first"), (status = 401, body = Problem), (status = 404, body = Problem)))]
pub async fn list_deliveries(
    app: Data<App>,
    caller: ApiCaller,
    path: Path<String>,
) -> Result<HttpResponse, Error> {
    let (owner, id) = (caller.person.id, id_of(&path)?);
    let log = app
        .read::<_, Error>(move |conn| {
            store::own(conn, id, owner)?.ok_or(Error::NotFound)?;
            Ok(store::log(conn, id)?)
        })
        .await?;
    let line = |line: Line| DeliveryBody {
        id: line.id,
        r#type: line.event,
        created_at: line.created_at,
        attempts: line.attempts,
        delivered_at: line.delivered_at,
        next_at: line.next_at,
        last_status: line.last_status,
        last_error: line.last_error,
    };
    let deliveries = log.into_iter().map(line).collect();
    Ok(HttpResponse::Ok().json(DeliveriesBody { deliveries }))
}

#[utoipa::path(post, path = "/api/v1/me/webhooks/{id}/deliveries/{delivery}/replay", tag = "webhooks", security(("token" = [])),
    params(("id" = String, Path), ("delivery" = String, Path)),
    responses((status = 202, description = "It will be delivered again, under the same id"), (status = 401, body = Problem), (status = 404, body = Problem)))]
pub async fn replay_delivery(
    app: Data<App>,
    caller: ApiCaller,
    path: Path<(String, String)>,
) -> Result<HttpResponse, Error> {
    let (owner, id) = (caller.person.id, id_of(&path.0)?);
    let delivery = path.1.parse().map_err(|_| Error::NotFound)?;
    app.limits.booking(owner)?;
    app.transaction(move |tx| change::replay(tx, id, delivery, owner))
        .await?;
    Ok(HttpResponse::Accepted().finish())
}
