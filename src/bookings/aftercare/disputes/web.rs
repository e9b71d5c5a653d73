//! Routes of what coordinators decide about sessions.

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Data, Path, ServiceConfig, get, post, resource},
};

use super::pages;
use crate::{
    app::App,
    bookings::aftercare::{report, store},
    bookings::{self, change::ChangeError, state::Actor, web::id_of},
    db::BookingId,
    error::Error,
    html::Notice,
    input::Reader,
    people::{
        audit::{AuditAction, record},
        visitor::{Form, Visitor, page, see_other},
    },
};

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(resource("/coordinate/sessions").route(get().to(sessions_page)))
        .service(resource("/coordinate/sessions/{id}").route(post().to(decide)));
}

async fn sessions_page(app: Data<App>, visitor: Visitor) -> Result<HttpResponse, Error> {
    visitor.coordinating()?;
    let by = visitor.by();
    let (disputes, reports, unreliable) = app
        .transaction::<_, Error>(move |conn| {
            let now = conn.now()?;
            record::record(conn, &by, AuditAction::SessionsViewed, None, "")?;
            let disputes = bookings::store::disputed(conn)?;
            let ids: Vec<BookingId> = disputes.iter().map(|m| m.booking.id).collect();
            Ok((
                disputes,
                store::reports(conn, &ids)?,
                store::unreliable(conn, now)?,
            ))
        })
        .await?;
    let sessions = pages::Sessions {
        disputes: &disputes,
        reports: &reports,
        unreliable: &unreliable,
        zone: &visitor.zone,
    };
    let markup = pages::sessions(&visitor.chrome, &sessions);
    Ok(page(StatusCode::OK, markup))
}

async fn decide(
    app: Data<App>,
    form: Form,
    path: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let by = form.visitor.coordinating()?.id;
    let id = id_of(&path)?;
    let absent = match form.fields.one("decision")? {
        "nobody" => None,
        "host" => Some(Actor::Host),
        "guest" => Some(Actor::Guest),
        _ => {
            return Err(Error::bad_request(
                "decision",
                "must be nobody, host or guest",
            ));
        }
    };
    let mut reader = Reader::default();
    let note = reader.paragraphs("note", form.fields.one("note")?, 1000);
    let note = reader.problems.or(note).map_err(Error::Unprocessable)?;
    let from = form.visitor.by();
    app.transaction::<_, ChangeError>(move |tx| {
        let after = report::decide(tx, id, by, absent, &note)?;
        let detail = format!("{id}: {}", after.status.as_str());
        Ok(record::record(
            tx,
            &from,
            AuditAction::DisputeDecided,
            None,
            &detail,
        )?)
    })
    .await?;
    Ok(see_other(
        &request,
        "/coordinate/sessions",
        Some(Notice::new("Decision saved. We have emailed them.")),
    ))
}
