//! Routes of what coordinators decide about sessions.

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Data, Path, ServiceConfig, get, post, resource},
};
use chrono::TimeDelta;

use super::pages;
use crate::{
    app::App,
    bookings::aftercare::{report, store},
    bookings::{self, FairUse, change::ChangeError, state::Actor, web::id_of},
    db::BookingId,
    error::Error,
    html::Notice,
    input::{Problems, Reader},
    people::{
        audit::{AuditAction, record},
        visitor::{Form, Visitor, page, see_other},
    },
};

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(resource("/coordinate/sessions").route(get().to(sessions_page)))
        .service(resource("/coordinate/fair-use").route(post().to(set_fair_use)))
        .service(resource("/coordinate/sessions/{id}").route(post().to(decide)));
}

async fn sessions_page(app: Data<App>, visitor: Visitor) -> Result<HttpResponse, Error> {
    show_sessions(&app, &visitor, None).await
}

/// `typed`: the caps of fair use as typed, and what is wrong with them.
async fn show_sessions(
    app: &App,
    visitor: &Visitor,
    typed: Option<([String; 2], Problems)>,
) -> Result<HttpResponse, Error> {
    visitor.coordinating()?;
    let by = visitor.by();
    let (disputes, reports, helped, unreliable, caps) = app
        .transaction::<_, Error>(move |conn| {
            let now = conn.now()?;
            record::record(conn, &by, AuditAction::SessionsViewed, None, "")?;
            let disputes = bookings::store::disputed(conn)?;
            let ids: Vec<BookingId> = disputes.iter().map(|m| m.booking.id).collect();
            Ok((
                disputes,
                store::reports(conn, &ids)?,
                store::helped(conn, now - TimeDelta::days(365))?,
                store::unreliable(conn, now)?,
                bookings::store::fair_use(conn)?,
            ))
        })
        .await?;
    let show = |cap: Option<i16>| cap.map_or_else(String::new, |cap| cap.to_string());
    let (caps, problems) = typed.unwrap_or_else(|| {
        let caps = [show(caps.open_per_guest), show(caps.open_per_pair)];
        (caps, Problems::default())
    });
    let sessions = pages::Sessions {
        disputes: &disputes,
        reports: &reports,
        helped: &helped,
        unreliable: &unreliable,
        caps,
        problems: &problems,
        zone: &visitor.zone,
    };
    let status = if problems.is_empty() {
        StatusCode::OK
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    let markup = pages::sessions(&visitor.chrome, &sessions);
    Ok(page(status, markup))
}

async fn set_fair_use(
    app: Data<App>,
    form: Form,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
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
        return show_sessions(&app, &form.visitor, Some((typed, reader.problems))).await;
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
        "/coordinate/sessions",
        Some(Notice::SAVED),
    ))
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
