//! The description of the JSON API, from the code.

use std::sync::LazyLock;

use actix_web::{
    HttpResponse,
    web::{self, ServiceConfig},
};
use utoipa::{
    Modify, OpenApi,
    openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
};

use crate::{
    bookings::{self, aftercare, preparation, waitlist},
    feeds,
    json::{
        self,
        endpoints::{self, Endpoint},
    },
    people::token,
    programs,
    slots::{self, catalogue, editor, search},
    webhooks,
};

/// What each room answers.
const ROOMS: [fn() -> Vec<Endpoint>; 14] = [
    slots::api::endpoints,
    catalogue::api::endpoints,
    search::api::endpoints,
    editor::api::endpoints,
    bookings::api::endpoints,
    aftercare::api::endpoints,
    preparation::api::endpoints,
    waitlist::api::endpoints,
    token::api::endpoints,
    feeds::api::endpoints,
    webhooks::api::endpoints,
    programs::api::endpoints,
    programs::application::api::endpoints,
    programs::review::api::endpoints,
];

#[derive(OpenApi)]
#[openapi(
    info(title = "Almanac", description = "Alumni sessions: find out who offers what and when, and book it.\n\nA query parameter or member that is unknown, or sent twice, is refused."),
    components(schemas(json::Problem)),
    modifiers(&Bearer)
)]
struct Api;

struct Bearer;

impl Modify for Bearer {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        let scheme =
            SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build());
        openapi
            .components
            .get_or_insert_default()
            .add_security_scheme("token", scheme);
    }
}

static DOCUMENT: LazyLock<utoipa::openapi::OpenApi> = LazyLock::new(|| {
    let mut document = Api::openapi();
    for room in ROOMS {
        endpoints::describe(room(), &mut document);
    }
    document
});

pub fn routes(config: &mut ServiceConfig) {
    config.route("/api/openapi.json", web::get().to(document));
    for room in ROOMS {
        endpoints::routes(room(), config);
    }
}

async fn document() -> HttpResponse {
    HttpResponse::Ok().json(&*DOCUMENT)
}
