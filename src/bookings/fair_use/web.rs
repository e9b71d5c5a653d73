//! Routes of fair use.

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Data, ServiceConfig, get, post, resource},
};

use super::pages;
use crate::{
    app::App,
    bookings::{self, FairUse},
    error::Error,
    html::Notice,
    input::{Problems, Reader},
    people::{
        audit::{AuditAction, record},
        visitor::{Form, Visitor, page, see_other},
    },
};

pub fn routes(config: &mut ServiceConfig) {
    config.service(
        resource("/coordinate/fair-use")
            .route(get().to(fair_use_page))
            .route(post().to(set)),
    );
}

async fn fair_use_page(app: Data<App>, visitor: Visitor) -> Result<HttpResponse, Error> {
    visitor.coordinating()?;
    let caps = app
        .read::<_, Error>(|conn| Ok(bookings::store::fair_use(conn)?))
        .await?;
    let show = |cap: Option<i16>| cap.map_or_else(String::new, |cap| cap.to_string());
    let caps = [show(caps.open_per_guest), show(caps.open_per_pair)];
    let markup = pages::fair_use(&visitor.chrome, &caps, &Problems::default());
    Ok(page(StatusCode::OK, markup))
}

async fn set(app: Data<App>, form: Form, request: HttpRequest) -> Result<HttpResponse, Error> {
    form.visitor.coordinating()?;
    let typed = [
        form.fields.one("open_per_guest")?.to_owned(),
        form.fields.one("open_per_pair")?.to_owned(),
    ];
    let mut reader = Reader::default();
    let mut cap = |field: &str, typed: &str| {
        let cap = reader.optional_number(field, typed, 1..=200);
        cap.and_then(|cap| i16::try_from(cap).ok())
    };
    let caps = FairUse {
        open_per_guest: cap("open_per_guest", &typed[0]),
        open_per_pair: cap("open_per_pair", &typed[1]),
    };
    if !reader.problems.is_empty() {
        let markup = pages::fair_use(&form.visitor.chrome, &typed, &reader.problems);
        return Ok(page(StatusCode::UNPROCESSABLE_ENTITY, markup));
    }
    let by = form.visitor.by();
    app.transaction::<_, Error>(move |tx| {
        bookings::store::set_fair_use(tx, &caps)?;
        let show = |cap: Option<i16>| cap.map_or("none".to_owned(), |cap| cap.to_string());
        let detail = format!(
            "open at a time: {} a student, {} with one alumnus",
            show(caps.open_per_guest),
            show(caps.open_per_pair)
        );
        Ok(record::record(
            tx,
            &by,
            AuditAction::SettingsChanged,
            None,
            &detail,
        )?)
    })
    .await?;
    Ok(see_other(
        &request,
        "/coordinate/fair-use",
        Some(Notice::SAVED),
    ))
}
