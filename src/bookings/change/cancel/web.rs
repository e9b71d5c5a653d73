//! Routes by which a session is cancelled.

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Data, Path, ServiceConfig, get, post, resource},
};

use super::pages;
use crate::{
    app::App,
    bookings::{
        self, Meeting,
        change::{
            CANCEL_LINK, ChangeError, cancel,
            web::{actor, cannot, refused},
        },
        state::Action,
        web::id_of,
    },
    error::Error,
    html::{Notice, form::Fields},
    input::{Problems, Reader},
    people::visitor::{Form, Visitor, page, see_other},
};

pub fn routes(config: &mut ServiceConfig) {
    config.service(
        resource("/bookings/{id}/cancel")
            .route(get().to(cancel_page))
            .route(post().to(cancel_booking)),
    );
}

async fn cancel_page(
    app: Data<App>,
    visitor: Visitor,
    path: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let query = Fields::parse(request.query_string())?;
    let key = query.one("key")?;
    let (meeting, reader) = actor(&app, &visitor, id_of(&path)?, CANCEL_LINK, key).await?;
    let now = app.now();
    if let Some(refused) = refused(&visitor, &meeting, reader, Action::Cancel, now) {
        return Ok(refused);
    }
    let asking = pages::Cancelling {
        meeting: &meeting,
        reader,
        key,
        reason: "",
        closes_time: true,
        problems: &Problems::default(),
        now,
    };
    Ok(page(
        StatusCode::OK,
        pages::cancel(&visitor.chrome, &asking),
    ))
}

async fn cancel_booking(
    app: Data<App>,
    form: Form,
    path: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let id = id_of(&path)?;
    let key = form.fields.one("key")?;
    let (mut meeting, by) = actor(&app, &form.visitor, id, CANCEL_LINK, key).await?;
    app.limits.booking(by)?;
    let typed = form.fields.one("reason")?;
    let mut reader = Reader::default();
    let reason = cancel::reason(&mut reader, typed);
    let now = app.now();
    let how = cancel::How {
        reason,
        is_late: form.fields.is_ticked("late"),
        // A mail's key is for cancelling alone.
        closes_time: key.is_empty() && form.fields.is_ticked("close"),
        ..cancel::How::default()
    };
    let closes_time = how.closes_time;
    let asking = |meeting: &Meeting, problems: &Problems, status| {
        let asking = pages::Cancelling {
            meeting,
            reader: by,
            key,
            reason: typed,
            closes_time,
            problems,
            now,
        };
        page(status, pages::cancel(&form.visitor.chrome, &asking))
    };
    if !reader.problems.is_empty() {
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        return Ok(asking(&meeting, &reader.problems, status));
    }
    match app
        .transaction(move |tx| cancel::cancel(tx, id, by, &how))
        .await
    {
        Ok(booking) if key.is_empty() => Ok(see_other(
            &request,
            &bookings::path(&booking),
            Some(Notice::new(pages::done(&booking, by))),
        )),
        Ok(booking) => {
            meeting.booking = booking;
            Ok(page(
                StatusCode::OK,
                pages::cancelled(&form.visitor.chrome, &meeting, by),
            ))
        }
        // The deadline passed while the page was open.
        Err(ChangeError::TooLate) => {
            Ok(asking(&meeting, &Problems::default(), StatusCode::CONFLICT))
        }
        Err(ChangeError::Refused(reason)) => {
            Ok(cannot(&form.visitor, &meeting, by, Action::Cancel, &reason))
        }
        Err(error) => Err(error.into()),
    }
}
