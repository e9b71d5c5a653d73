//! The JSON API about one's own feed.

use actix_web::{HttpResponse, web::Data};
use serde::Serialize;
use utoipa::ToSchema;

use super::web::feed_path;
use crate::{
    app::App,
    error::Error,
    json::{Problem, endpoints::Endpoint},
    people::visitor::ApiCaller,
};

pub fn endpoints() -> Vec<Endpoint> {
    crate::endpoints![get_feed, rotate_feed]
}

#[derive(Debug, Serialize, ToSchema)]
pub struct FeedBody {
    /// The secret address to subscribe to.
    url: String,
}

async fn feed(app: &Data<App>, caller: &ApiCaller, rotate: bool) -> Result<HttpResponse, Error> {
    let path = feed_path(app, caller.person.id, rotate).await?;
    Ok(HttpResponse::Ok().json(FeedBody {
        url: app.config.link(&path),
    }))
}

#[utoipa::path(get, path = "/api/v1/me/feed", tag = "me", security(("token" = [])),
    responses((status = 200, body = FeedBody), (status = 401, body = Problem)))]
pub async fn get_feed(app: Data<App>, caller: ApiCaller) -> Result<HttpResponse, Error> {
    feed(&app, &caller, false).await
}

#[utoipa::path(post, path = "/api/v1/me/feed/rotate", tag = "me", security(("token" = [])),
    responses((status = 200, body = FeedBody, description = "The old address stops working at once"), (status = 401, body = Problem)))]
pub async fn rotate_feed(app: Data<App>, caller: ApiCaller) -> Result<HttpResponse, Error> {
    feed(&app, &caller, true).await
}
