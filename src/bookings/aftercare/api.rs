//! The JSON API about sessions that are over.

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{Help, Outcome, Reliability, report, store};
use crate::{
    app::App,
    bookings::{
        api::{BookingBody, load},
        web::id_of,
    },
    error::Error,
    input::Reader,
    json::{Json, Problem, endpoints::Endpoint},
    people::visitor::ApiCaller,
};

pub fn endpoints() -> Vec<Endpoint> {
    crate::endpoints![report_booking, thank_for_booking, say_help, get_reliability]
}

/// How a session went.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReportBooking {
    /// `no_show`: the other person did not attend.
    outcome: Outcome,
    /// Needed for `other`.
    #[serde(default)]
    note: String,
}

#[utoipa::path(post, path = "/api/v1/bookings/{id}/report", tag = "bookings", security(("token" = [])),
    params(("id" = String, Path)), request_body = ReportBooking,
    responses((status = 200, body = BookingBody), (status = 401, body = Problem), (status = 404, body = Problem),
        (status = 409, body = Problem, description = "`wrong_state`: it is not over yet, or has been settled"), (status = 422, body = Problem)))]
pub async fn report_booking(
    app: Data<App>,
    caller: ApiCaller,
    path: Path<String>,
    body: Json<ReportBooking>,
) -> Result<HttpResponse, Error> {
    let (id, by) = (id_of(&path)?, caller.person.id);
    app.limits.booking(by)?;
    let ReportBooking { outcome, note } = body.0;
    let mut reader = Reader::default();
    let note = outcome.note(&mut reader, &note);
    let note = reader.problems.or(note).map_err(Error::Unprocessable)?;
    app.transaction(move |tx| report::report(tx, id, by, outcome, &note))
        .await?;
    Ok(HttpResponse::Ok().json(app.read(move |conn| load(conn, id, by)).await?))
}

/// A message to the other person.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Thanks {
    words: String,
}

#[utoipa::path(post, path = "/api/v1/bookings/{id}/thanks", tag = "bookings", security(("token" = [])),
    params(("id" = String, Path)), request_body = Thanks,
    responses((status = 200, body = BookingBody), (status = 401, body = Problem), (status = 404, body = Problem),
        (status = 409, body = Problem, description = "`wrong_state`: it is not over yet, or they have already been thanked"), (status = 422, body = Problem)))]
pub async fn thank_for_booking(
    app: Data<App>,
    caller: ApiCaller,
    path: Path<String>,
    body: Json<Thanks>,
) -> Result<HttpResponse, Error> {
    let (id, by) = (id_of(&path)?, caller.person.id);
    app.limits.booking(by)?;
    let mut reader = Reader::default();
    let words = super::thanks(&mut reader, &body.0.words);
    let words = reader.problems.or(words).map_err(Error::Unprocessable)?;
    app.transaction(move |tx| report::thank(tx, id, by, &words))
        .await?;
    Ok(HttpResponse::Ok().json(app.read(move |conn| load(conn, id, by)).await?))
}

/// How much it has helped the student.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SayHelp {
    help: Help,
}

#[utoipa::path(post, path = "/api/v1/bookings/{id}/help", tag = "bookings", security(("token" = [])),
    params(("id" = String, Path)), request_body = SayHelp,
    responses((status = 200, body = BookingBody), (status = 401, body = Problem), (status = 404, body = Problem),
        (status = 409, body = Problem, description = "`wrong_state`: it is not over yet, or only the student can say this")))]
pub async fn say_help(
    app: Data<App>,
    caller: ApiCaller,
    path: Path<String>,
    body: Json<SayHelp>,
) -> Result<HttpResponse, Error> {
    let (id, by) = (id_of(&path)?, caller.person.id);
    app.limits.booking(by)?;
    let help = body.0.help;
    app.transaction(move |tx| report::say_help(tx, id, by, help))
        .await?;
    Ok(HttpResponse::Ok().json(app.read(move |conn| load(conn, id, by)).await?))
}

#[utoipa::path(get, path = "/api/v1/me/reliability", tag = "me", security(("token" = [])),
    responses((status = 200, body = Reliability, description = "What counts for the caller, as host and as student"), (status = 401, body = Problem)))]
pub async fn get_reliability(app: Data<App>, caller: ApiCaller) -> Result<HttpResponse, Error> {
    let (id, now) = (caller.person.id, app.now());
    let counted = app
        .read::<_, Error>(move |conn| Ok(store::reliability(conn, id, now)?))
        .await?;
    Ok(HttpResponse::Ok().json(counted))
}
