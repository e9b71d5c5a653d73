//! The route by which somebody turns their digest off, and on again.

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Path, ServiceConfig, post, resource},
};

use super::store;
use crate::{
    app::App,
    error::Error,
    html::Notice,
    people::visitor::{Form, see_other},
    programs::member::access::inside,
};

pub fn routes(config: &mut ServiceConfig) {
    config.service(resource("/cohorts/{slug}/{cohort}/digest").route(post().to(set)));
}

async fn set(
    app: Data<App>,
    form: Form,
    path: Path<(String, String)>,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let inside = inside(&app, &form.visitor, (&path.0, &path.1)).await?;
    let is_off = match form.fields.one("digest")? {
        "on" => false,
        "off" => true,
        _ => return Err(Error::bad_request("digest", "must be on or off")),
    };
    let person = inside.person.id;
    app.transaction::<_, Error>(move |tx| Ok(store::set_off(tx, person, is_off)?))
        .await?;
    let notice = match is_off {
        true => "You will get no more daily emails about your cohorts.",
        false => "You will get an email a day when something is new.",
    };
    Ok(see_other(
        &request,
        &inside.at(""),
        Some(Notice::new(notice)),
    ))
}
