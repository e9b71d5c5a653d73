//! Routes by which the two say how a session went, and thank each other.

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Data, Path, ServiceConfig, post, resource},
};

use super::{Help, Outcome, pages::Typed, report};
use crate::{
    app::App,
    bookings::{
        self,
        change::ChangeError,
        web::{id_of, show_booking},
    },
    db::BookingId,
    error::Error,
    html::Notice,
    input::{Problems, Reader},
    people::visitor::{Form, see_other},
};

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(resource("/bookings/{id}/report").route(post().to(report)))
        .service(resource("/bookings/{id}/thanks").route(post().to(thank)))
        .service(resource("/bookings/{id}/help").route(post().to(say_help)));
}

/// The page of the booking again, with what was typed and why it will not do.
async fn again(
    app: &App,
    form: &Form,
    id: BookingId,
    typed: Typed,
    status: StatusCode,
) -> Result<HttpResponse, Error> {
    let typed = (&typed, &Default::default());
    show_booking(app, &form.visitor, id, typed, status).await
}

/// Goes back to the booking, or shows it with what was typed and is wrong.
async fn back(
    app: &App,
    form: &Form,
    request: &HttpRequest,
    id: BookingId,
    done: Result<crate::bookings::Booking, ChangeError>,
    notice: Notice,
) -> Result<HttpResponse, Error> {
    match done {
        Ok(booking) => Ok(see_other(request, &bookings::path(&booking), Some(notice))),
        Err(ChangeError::Refused(reason)) => {
            let typed = Typed {
                problems: Problems::whole("session", &reason),
                ..Typed::default()
            };
            again(app, form, id, typed, StatusCode::CONFLICT).await
        }
        Err(error) => Err(error.into()),
    }
}

async fn report(
    app: Data<App>,
    form: Form,
    path: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let id = id_of(&path)?;
    let by = form.visitor.signed_in()?.id;
    app.limits.booking(by)?;
    let outcome = Outcome::parse(form.fields.one("outcome")?)
        .ok_or_else(|| Error::bad_request("outcome", "must be attended, no_show or other"))?;
    let typed = form.fields.one("note")?;
    let mut reader = Reader::default();
    let note = outcome.note(&mut reader, typed);
    if !reader.problems.is_empty() {
        let typed = Typed {
            note: typed.to_owned(),
            problems: reader.problems,
            ..Typed::default()
        };
        return again(&app, &form, id, typed, StatusCode::UNPROCESSABLE_ENTITY).await;
    }
    let done = app
        .transaction(move |tx| report::report(tx, id, by, outcome, &note))
        .await;
    back(&app, &form, &request, id, done, Notice::SAVED).await
}

async fn thank(
    app: Data<App>,
    form: Form,
    path: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let id = id_of(&path)?;
    let by = form.visitor.signed_in()?.id;
    app.limits.booking(by)?;
    let typed = form.fields.one("words")?;
    let mut reader = Reader::default();
    let words = super::thanks(&mut reader, typed);
    if !reader.problems.is_empty() {
        let typed = Typed {
            words: typed.to_owned(),
            problems: reader.problems,
            ..Typed::default()
        };
        return again(&app, &form, id, typed, StatusCode::UNPROCESSABLE_ENTITY).await;
    }
    let done = app
        .transaction(move |tx| report::thank(tx, id, by, &words))
        .await;
    back(
        &app,
        &form,
        &request,
        id,
        done,
        Notice::new("Your thanks have been sent."),
    )
    .await
}

async fn say_help(
    app: Data<App>,
    form: Form,
    path: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let id = id_of(&path)?;
    let by = form.visitor.signed_in()?.id;
    let help = Help::parse(form.fields.one("help")?).ok_or_else(|| {
        Error::bad_request("help", "must be a_lot, somewhat, a_little or not_yet")
    })?;
    let done = app
        .transaction(move |tx| report::say_help(tx, id, by, help))
        .await;
    back(&app, &form, &request, id, done, Notice::SAVED).await
}
