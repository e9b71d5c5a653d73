//! Routes of records.

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Data, Path, ServiceConfig, get, post, resource},
};

use super::pages;
use crate::{
    app::App,
    bookings::aftercare::store,
    bookings::{self, away},
    db::{BookingId, PersonId},
    error::Error,
    html::Notice,
    input::{Problems, Reader},
    people::{
        self, Role,
        audit::{AuditAction, record},
        visitor::{Form, Visitor, page, see_other},
    },
};

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(resource("/me/record").route(get().to(record_page)))
        .service(resource("/coordinate/people/{id}/record").route(get().to(record_of_page)))
        .service(
            resource("/coordinate/people/{id}/cancel-sessions").route(post().to(cancel_sessions)),
        );
}

async fn record_page(app: Data<App>, visitor: Visitor) -> Result<HttpResponse, Error> {
    let person = visitor.signed_in()?;
    let (id, is_alumnus, now) = (person.id, person.is(Role::Alumnus), app.now());
    let (given, thanks, reliability) = app
        .read::<_, Error>(move |conn| {
            let given = match is_alumnus {
                true => Some(store::given(conn, id)?),
                false => None,
            };
            Ok((
                given,
                store::thanks_to(conn, id)?,
                store::reliability(conn, id, now)?,
            ))
        })
        .await?;
    let record = pages::Record {
        person,
        given,
        thanks: &thanks,
        reliability,
        zone: &visitor.zone,
    };
    Ok(page(
        StatusCode::OK,
        pages::record(&visitor.chrome, &record),
    ))
}

async fn record_of_page(
    app: Data<App>,
    visitor: Visitor,
    path: Path<String>,
) -> Result<HttpResponse, Error> {
    visitor.coordinating()?;
    let id: PersonId = path.parse().map_err(|_| Error::NotFound)?;
    show_record_of(&app, &visitor, id, "", &Problems::default()).await
}

async fn show_record_of(
    app: &App,
    visitor: &Visitor,
    id: PersonId,
    reason: &str,
    problems: &Problems,
) -> Result<HttpResponse, Error> {
    let by = visitor.by();
    let (person, reliability, ahead) = app
        .transaction::<_, Error>(move |tx| {
            let now = tx.now()?;
            let person = people::store::person(tx, id)?;
            record::record(tx, &by, AuditAction::RecordViewed, Some(id), "")?;
            let ahead = away::store::ahead(tx, id, now)?;
            let ids: Vec<BookingId> = ahead.iter().map(|booking| booking.id).collect();
            let ahead = bookings::store::meetings(tx, &ids)?;
            Ok((person, store::reliability(tx, id, now)?, ahead))
        })
        .await?;
    let status = if problems.is_empty() {
        StatusCode::OK
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    let markup = pages::record_of(
        &visitor.chrome,
        &person,
        &reliability,
        &ahead,
        reason,
        problems,
        &visitor.zone,
    );
    Ok(page(status, markup))
}

async fn cancel_sessions(
    app: Data<App>,
    form: Form,
    path: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let coordinator = form.visitor.coordinating()?.id;
    let by = form.visitor.by();
    let id: PersonId = path.parse().map_err(|_| Error::NotFound)?;
    let typed = form.fields.one("reason")?;
    let mut reader = Reader::default();
    let reason = reader.required_paragraphs("reason", typed, 500);
    if !reader.problems.is_empty() {
        return show_record_of(&app, &form.visitor, id, typed, &reader.problems).await;
    }
    app.transaction(move |tx| away::cancel_all(tx, &by, coordinator, id, &reason))
        .await?;
    let back = format!("/coordinate/people/{id}/record");
    Ok(see_other(
        &request,
        &back,
        Some(Notice::new(
            "All sessions have been cancelled. We are emailing everybody in them.",
        )),
    ))
}
