//! Routes of holds: a time is held, confirmed, let go.

use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header},
    web::{Data, Path, ServiceConfig, get, post, resource},
};
use chrono::{DateTime, Utc};

use super::pages;
use crate::{
    app::App,
    bookings,
    bookings::{
        Meeting, Preparation, Status, book, hold,
        preparation::{self, keep},
        store,
        take::BookError,
        web::id_of,
    },
    db::{BookingId, PersonId, ServiceId},
    error::Error,
    html::{Notice, form::Fields},
    input,
    input::Problems,
    people::{
        errand,
        visitor::{Form, Upload, Visitor, page, see_other},
    },
    schedule::Offer,
    slots::{
        self, Service,
        calendar::{self, CalendarView},
        claims,
        pages::time_address,
    },
};

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(resource("/holds").route(post().to(hold_time)))
        .service(resource("/holds/new").route(get().to(go_on)))
        .service(
            resource("/holds/{id}")
                .route(get().to(hold_page))
                .route(post().to(confirm)),
        )
        .service(resource("/holds/{id}/release").route(post().to(release)))
        .service(resource("/holds/{id}/leave").route(post().to(leave)))
        .service(resource("/holds/{id}/back").route(post().to(come_back)));
}

/// Holds a time that was tapped; who is not signed in signs in first and comes back to it.
async fn hold_time(
    app: Data<App>,
    form: Form,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let (service, start) = chosen(&form.fields)?;
    let Some(person) = &form.visitor.person else {
        if app.config.is_board_for_members {
            return Err(Error::SignInFirst); // Who offers it is for members.
        }
        // Years that no calendar knows cannot be put into words.
        if !bookings::rules::is_known(start) {
            return Err(Error::unprocessable(
                "start",
                "must be a time that is offered",
            ));
        }
        let (host, service) = load_service(&app, service).await?;
        let sign_in =
            calendar::errand(&host, &service, start, &form.visitor.zone).sign_in(&app.keys);
        return Ok(see_other(&request, &sign_in, None));
    };
    let guest = person.id;
    hold_for(&app, &form.visitor, &request, guest, service, start).await
}

/// The service and the start that were chosen.
fn chosen(fields: &Fields) -> Result<(ServiceId, DateTime<Utc>), Error> {
    let text = fields.one("start")?;
    let start = input::instant(text).ok_or_else(|| {
        let problem = "must be a date and time such as 2026-11-26T14:00:00Z";
        match text.parse::<DateTime<Utc>>() {
            // It is a time, and nobody can have it.
            Ok(_) => Error::unprocessable("start", problem),
            Err(_) => Error::bad_request("start", problem),
        }
    })?;
    let service = fields
        .one("service")?
        .parse()
        .map_err(|_| Error::NotFound)?;
    Ok((service, start))
}

/// Somebody comes back from signing in: the time that they chose before is held now. Nothing is held for whoever only
/// follows a link; they see the time, and a button.
async fn go_on(
    app: Data<App>,
    visitor: Visitor,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let query = Fields::parse(request.query_string())?;
    let (service, start) = chosen(&query)?;
    let now = app.now();
    let address = format!("{}?{}", request.path(), request.query_string());
    let arrived = visitor.person.as_ref().map(|person| person.id);
    match arrived.filter(|id| errand::has_arrived(&app.keys, &address, *id, now)) {
        Some(guest) => hold_for(&app, &visitor, &request, guest, service, start).await,
        None if app.config.is_board_for_members && arrived.is_none() => Err(Error::SignInFirst),
        None => {
            let (host, service) = load_service(&app, service).await?;
            let shown = time_address(&host.profile.handle, &service.slug, start);
            Ok(see_other(&request, &shown, None))
        }
    }
}

/// Holds a time and leads to the form of the hold, or to what else is free.
async fn hold_for(
    app: &App,
    visitor: &Visitor,
    request: &HttpRequest,
    guest: PersonId,
    service: ServiceId,
    start: DateTime<Utc>,
) -> Result<HttpResponse, Error> {
    app.limits.booking(guest)?;
    let held = app
        .transaction(move |tx| hold::hold(tx, service, guest, start))
        .await;
    match held {
        Ok(booking) => Ok(see_other(request, &format!("/holds/{}", booking.id), None)),
        Err(error) => refuse(app, visitor, service, start, error).await,
    }
}

async fn load_service(app: &App, id: ServiceId) -> Result<(slots::Host, Service), Error> {
    app.read::<_, Error>(move |conn| {
        let service = slots::store::service(conn, id)?.ok_or(Error::NotFound)?;
        let host = slots::store::listed_by_id(conn, service.person_id)?.ok_or(Error::NotFound)?;
        Ok((host, service))
    })
    .await
}

/// Answers an attempt that failed: with what is still free, or with the calendar and the reason.
async fn refuse(
    app: &App,
    visitor: &Visitor,
    service: ServiceId,
    start: DateTime<Utc>,
    error: BookError,
) -> Result<HttpResponse, Error> {
    let detail = error.to_string();
    let chrome = &visitor.chrome;
    match error {
        BookError::Taken { alternatives } => {
            let (host, service) = load_service(app, service).await?;
            let markup = pages::taken(
                chrome,
                &host,
                &service,
                &detail,
                &alternatives,
                &visitor.zone,
            );
            Ok(page(StatusCode::CONFLICT, markup))
        }
        BookError::GuestBusy | BookError::NotOffered(_) => {
            let status = match error {
                BookError::GuestBusy => StatusCode::CONFLICT,
                _ => StatusCode::UNPROCESSABLE_ENTITY,
            };
            let (host, service) = load_service(app, service).await?;
            // A day far away would show an empty month; then the next free time is shown.
            let is_ahead = start > app.now() && start < app.now() + host.policy.horizon();
            let day = is_ahead.then(|| visitor.zone.local(start).date_naive());
            let view = CalendarView {
                handle: host.profile.handle,
                slug: service.slug,
                day,
                ..CalendarView::default()
            };
            let problem = format!("This time cannot be booked: {detail}. Nothing was booked.");
            calendar::web::show_refused(app, visitor, view, status, &problem).await
        }
        other => Err(other.into()),
    }
}

/// The guest's own hold, with its service; anybody else's is not found.
async fn load_hold(
    app: &App,
    visitor: &Visitor,
    id: BookingId,
) -> Result<(Meeting, Service), Error> {
    let guest = visitor.signed_in()?.id;
    app.read::<_, Error>(move |conn| {
        let meeting = store::meeting(conn, id)?
            .filter(|m| m.booking.guest_id == guest)
            .ok_or(Error::NotFound)?;
        let service =
            slots::store::service(conn, meeting.booking.service_id)?.ok_or(Error::NotFound)?;
        Ok((meeting, service))
    })
    .await
}

async fn hold_page(
    app: Data<App>,
    visitor: Visitor,
    path: Path<String>,
) -> Result<HttpResponse, Error> {
    let id = id_of(&path)?;
    show_hold(
        &app,
        &visitor,
        id,
        &Preparation::default(),
        StatusCode::OK,
        &Problems::default(),
    )
    .await
}

async fn show_hold(
    app: &App,
    visitor: &Visitor,
    id: BookingId,
    said: &Preparation,
    status: StatusCode,
    problems: &Problems,
) -> Result<HttpResponse, Error> {
    let (meeting, service) = load_hold(app, visitor, id).await?;
    let now = app.now();
    let chrome = &visitor.chrome;
    if meeting.booking.is_held(now) {
        let files = app
            .read::<_, Error>(move |conn| Ok(preparation::store::files(conn, id)?))
            .await?;
        let held = pages::Held {
            meeting: &meeting,
            service: &service,
            files: &files,
        };
        let markup = pages::hold(chrome, &held, said, problems, &visitor.zone, now);
        return Ok(page(status, markup));
    }
    if meeting.booking.is_event() {
        let path = bookings::path(&meeting.booking);
        return Ok(HttpResponse::SeeOther()
            .insert_header((header::LOCATION, path))
            .finish());
    }
    let booking = meeting.booking.clone();
    let asked = service.clone();
    let is_free = app
        .read::<_, Error>(move |conn| {
            let Some(host) = slots::store::listed_by_id(conn, booking.host_id)? else {
                return Ok(false);
            };
            let rules = slots::store::rules_of(conn, &host, now)?;
            let both = [booking.host_id, booking.guest_id];
            let claims = claims::store::taken(conn, &both, booking.span(), now, Some(booking.id))?;
            let diary = slots::diary(booking.host_id, Some(booking.guest_id), &claims);
            let policy = host.policy.for_service(&asked);
            let offer = Offer {
                rules: &rules,
                policy: &policy,
                diary: &diary,
                now,
            };
            Ok(host.is_open()
                && asked.closed_at.is_none()
                && offer.may_book(booking.starts_at).is_ok())
        })
        .await?;
    Ok(page(
        StatusCode::OK,
        pages::hold_over(chrome, &meeting, &service, is_free, &visitor.zone),
    ))
}

async fn confirm(
    app: Data<App>,
    upload: Upload,
    path: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let id = id_of(&path)?;
    let Upload { form, file, .. } = upload;
    let guest = form.visitor.signed_in()?.id;
    app.limits.booking(guest)?;
    let (meeting, _) = load_hold(&app, &form.visitor, id).await?;
    let said = Preparation::read(&form.fields, &meeting.booking.questions.0)?;
    let now = app.now();
    // First the file: whatever else is wrong, it need not be chosen again.
    if let Some(file) = file.filter(|_| meeting.booking.is_held(now))
        && let Err(error) = keep::keep(&app, id, guest, file).await
    {
        let problems = error.at_field()?;
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        return show_hold(&app, &form.visitor, id, &said, status, &problems).await;
    }
    let wanted = said.clone();
    let confirmed = app
        .transaction(move |tx| book::confirm(tx, id, guest, &wanted))
        .await;
    match confirmed {
        Ok(booking) => Ok(see_other(
            &request,
            &bookings::path(&booking),
            Some(if booking.status == Status::Pending {
                Notice::new(
                    "Request sent. The time is held for you until they answer, and you will get an email.",
                )
            } else {
                Notice::new("Booked. We are emailing an invitation to both of you.")
            }),
        )),
        Err(BookError::Invalid(problems)) => {
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            show_hold(&app, &form.visitor, id, &said, status, &problems).await
        }
        Err(error) => {
            let booking = meeting.booking;
            refuse(
                &app,
                &form.visitor,
                booking.service_id,
                booking.starts_at,
                error,
            )
            .await
        }
    }
}

async fn release(
    app: Data<App>,
    form: Form,
    path: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let id = id_of(&path)?;
    let guest = form.visitor.signed_in()?.id;
    let booking = app
        .transaction(move |tx| hold::let_go(tx, id, guest))
        .await?;
    if booking.is_event() {
        return Ok(see_other(&request, &bookings::path(&booking), None)); // It was booked meanwhile.
    }
    let (host, service) = load_service(&app, booking.service_id).await?;
    let next = format!("/alumni/{}/{}", host.profile.handle, service.slug);
    Ok(see_other(
        &request,
        &next,
        Some(Notice::new("The time is free again.")),
    ))
}

async fn leave(app: Data<App>, form: Form, path: Path<String>) -> Result<HttpResponse, Error> {
    set_leaving(&app, &form, id_of(&path)?, false).await
}

async fn come_back(app: Data<App>, form: Form, path: Path<String>) -> Result<HttpResponse, Error> {
    set_leaving(&app, &form, id_of(&path)?, true).await
}

async fn set_leaving(
    app: &App,
    form: &Form,
    id: BookingId,
    is_back: bool,
) -> Result<HttpResponse, Error> {
    let guest = form.visitor.signed_in()?.id;
    app.transaction(move |tx| hold::leave(tx, id, guest, is_back))
        .await?;
    Ok(HttpResponse::NoContent().finish())
}
