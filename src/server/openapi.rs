//! The description of the JSON API, from the code.

use actix_web::{
    HttpResponse,
    web::{self, ServiceConfig},
};
use utoipa::{
    Modify, OpenApi,
    openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
};

use crate::{bookings, feeds, json, people, slots};

#[derive(OpenApi)]
#[openapi(
    info(title = "Almanac", description = "Alumni sessions: who offers what, when, and booking it.\n\nA query parameter or member that is sent twice is refused; unknown ones are refused."),
    paths(
        slots::api::list_alumni,
        slots::api::get_alumnus,
        slots::api::list_slots,
        slots::web_find::list_free,
        slots::api_own::get_availability,
        slots::api_own::put_availability,
        slots::api_own::put_service,
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
        bookings::api_after::report_booking,
        bookings::api_after::thank_for_booking,
        bookings::api_after::say_help,
        bookings::api_after::get_reliability,
        bookings::api_prepare::get_preparation,
        bookings::api_prepare::put_agenda,
        bookings::api_prepare::create_note,
        bookings::api_prepare::delete_note,
        bookings::api_prepare::create_file,
        bookings::api_prepare::get_file,
        bookings::api_prepare::delete_file,
        bookings::api_waitlist::list_wishes,
        bookings::api_waitlist::create_wish,
        bookings::api_waitlist::delete_wish,
        people::api_token::list_tokens,
        people::api_token::delete_token,
        feeds::api::get_feed,
        feeds::api::rotate_feed,
        feeds::api_webhook::list_webhooks,
        feeds::api_webhook::create_webhook,
        feeds::api_webhook::delete_webhook,
        feeds::api_webhook::test_webhook,
        feeds::api_webhook::list_deliveries,
        feeds::api_webhook::replay_delivery,
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
