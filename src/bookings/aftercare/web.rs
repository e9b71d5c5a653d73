//! Routes about sessions that are over: how they went, thanks, records, what coordinators decide.

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Data, Path, ServiceConfig, get, post, resource},
};
use chrono::TimeDelta;

use super::{
    Help, Outcome,
    pages::{self, Typed},
    report, store,
};
use crate::{
    app::App,
    bookings::{
        self, FairUse, away,
        change::ChangeError,
        state::Actor,
        web::{id_of, show_booking},
    },
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
        .service(resource("/bookings/{id}/report").route(post().to(report)))
        .service(resource("/bookings/{id}/thanks").route(post().to(thank)))
        .service(resource("/bookings/{id}/help").route(post().to(say_help)))
        .service(resource("/me/record").route(get().to(record_page)))
        .service(resource("/coordinate/sessions").route(get().to(sessions_page)))
        .service(resource("/coordinate/fair-use").route(post().to(set_fair_use)))
        .service(resource("/coordinate/sessions/{id}").route(post().to(decide)))
        .service(resource("/coordinate/people/{id}/record").route(get().to(record_of_page)))
        .service(
            resource("/coordinate/people/{id}/cancel-sessions").route(post().to(cancel_sessions)),
        );
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
