//! The description of the JSON API, from the code.

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
    feeds, json,
    people::token,
    slots::{self, editor, search},
    webhooks,
};

#[derive(OpenApi)]
#[openapi(
    info(title = "Almanac", description = "Alumni sessions: find out who offers what and when, and book it.\n\nA query parameter or member that is unknown, or sent twice, is refused."),
    paths(
        slots::api::list_alumni,
        slots::api::get_alumnus,
        slots::api::list_slots,
        search::web::list_free,
        editor::api::get_availability,
        editor::api::put_availability,
        editor::api::put_service,
        bookings::api::list_bookings,
        bookings::api::create_booking,
        bookings::api::get_booking,
        bookings::api::cancel_booking,
        bookings::api::reschedule_booking,
        bookings::api::approve_booking,
        bookings::api::decline_booking,
        bookings::api::ask_for_more,
        bookings::api::say_more,
        bookings::api::get_invite,
        aftercare::api::report_booking,
        aftercare::api::thank_for_booking,
        aftercare::api::say_help,
        aftercare::api::get_reliability,
        preparation::api::get_preparation,
        preparation::api::put_agenda,
        preparation::api::create_note,
        preparation::api::delete_note,
        preparation::api::create_file,
        preparation::api::get_file,
        preparation::api::delete_file,
        waitlist::api::list_wishes,
        waitlist::api::create_wish,
        waitlist::api::delete_wish,
        token::api::list_tokens,
        token::api::delete_token,
        feeds::api::get_feed,
        feeds::api::rotate_feed,
        webhooks::api::list_webhooks,
        webhooks::api::create_webhook,
        webhooks::api::delete_webhook,
        webhooks::api::test_webhook,
        webhooks::api::list_deliveries,
        webhooks::api::replay_delivery,
    ),
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

pub fn routes(config: &mut ServiceConfig) {
    config.route("/api/openapi.json", web::get().to(document));
}

async fn document() -> HttpResponse {
    HttpResponse::Ok().json(Api::openapi())
}
