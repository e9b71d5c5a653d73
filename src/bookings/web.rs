//! Routes of holds, bookings and the dashboard.

use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header},
    web::{Data, Path, ServiceConfig, get, post, resource},
};
use chrono::{DateTime, Utc};

use super::{
    Meeting, Preparation, Status,
    aftercare::{self, next},
    book,
    event::{self, Site},
    group, hold, pages,
    preparation::{self, keep},
    store,
    take::BookError,
    waitlist,
};
use crate::{
    app::App,
    bookings,
    db::{BookingId, GroupId, PersonId, ServiceId},
    error::Error,
    html::Notice,
    ical::{self, Method},
    input::Problems,
    people::{
        Role,
        visitor::{Form, Upload, Visitor, page, see_other},
    },
    schedule::Offer,
    slots::{
        self, Service,
        calendar::{self, CalendarView},
        claims,
    },
};

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(resource("/me").route(get().to(dashboard)))
        .service(resource("/holds").route(post().to(hold_time)))
        .service(
            resource("/holds/{id}")
                .route(get().to(hold_page))
                .route(post().to(confirm)),
        )
        .service(resource("/holds/{id}/release").route(post().to(release)))
        .service(resource("/holds/{id}/leave").route(post().to(leave)))
        .service(resource("/holds/{id}/back").route(post().to(come_back)))
        .service(resource("/bookings/{id}").route(get().to(booking_page)))
        .service(resource("/bookings/{id}/invite.ics").route(get().to(invite)));
}

pub fn id_of(path: &str) -> Result<BookingId, Error> {
    path.parse().map_err(|_| Error::NotFound)
}

async fn dashboard(app: Data<App>, visitor: Visitor) -> Result<HttpResponse, Error> {
    if visitor.newcomer.is_some() {
        return Ok(HttpResponse::SeeOther()
            .insert_header((header::LOCATION, "/join"))
            .finish());
    }
    let person = visitor.signed_in()?;
    let (id, is_alumnus, now) = (person.id, person.is(Role::Alumnus), app.now());
    let (mut coming, past, said, strikes, offers, host) = app
        .read::<_, Error>(move |conn| {
            let host = match is_alumnus {
                true => Some((
                    slots::store::own(conn, id)?,
                    slots::store::open_services(conn, &[id])?.len(),
                )),
                false => None,
            };
            let past = store::past_meetings(conn, id, now, 30)?;
            let open = past
                .iter()
                .filter(|m| m.booking.status == Status::Confirmed);
            let open: Vec<BookingId> = open.map(|m| m.booking.id).collect();
            Ok((
                store::meetings_since(conn, id, now, 200)?,
                past,
                aftercare::store::reports(conn, &open)?,
                aftercare::store::reliability(conn, id, now)?.strikes,
                waitlist::store::offers(conn, id, now)?,
                host,
            ))
        })
        .await?;
    coming.retain(|m| !m.booking.is_off());
    let dashboard = pages::Dashboard {
        person,
        coming: &coming,
        past: &past,
        said: &said,
        strikes,
        offers: &offers,
        host: host.as_ref().map(|(host, services)| (host, *services)),
        zone: &visitor.zone,
        now,
    };
    Ok(page(
        StatusCode::OK,
        pages::dashboard(&visitor.chrome, &dashboard),
    ))
}

/// Holds a time that was tapped; who is not signed in signs in first and comes back to it.
async fn hold_time(
    app: Data<App>,
    form: Form,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let service: ServiceId = form
        .fields
        .one("service")?
        .parse()
        .map_err(|_| Error::NotFound)?;
    let start: DateTime<Utc> = form.fields.one("start")?.parse().map_err(|_| {
        Error::bad_request(
            "start",
            "must be a date and time such as 2026-11-26T14:00:00Z",
        )
    })?;
    let Some(person) = &form.visitor.person else {
        if app.config.is_board_for_members {
            return Err(Error::SignInFirst); // Who offers it is for members.
        }
        let (host, service) = load_service(&app, service).await?;
        return Ok(see_other(
            &request,
            &pages::sign_in_for(&host.profile.handle, &service.slug, start),
            None,
        ));
    };
    app.limits.booking(person.id)?;
    let guest = person.id;
    let held = app
        .transaction(move |tx| hold::hold(tx, service, guest, start))
        .await;
    match held {
        Ok(booking) => Ok(see_other(&request, &format!("/holds/{}", booking.id), None)),
        Err(error) => refuse(&app, &form.visitor, service, start, error).await,
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
    let Upload { form, file } = upload;
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

async fn booking_page(
    app: Data<App>,
    visitor: Visitor,
    path: Path<String>,
) -> Result<HttpResponse, Error> {
    let id = id_of(&path)?;
    let typed = (&Default::default(), &Default::default());
    let shown = show_booking(&app, &visitor, id, typed, StatusCode::OK).await;
    if !matches!(shown, Err(Error::NotFound)) {
        return shown;
    }
    // The address of a group leads its host to one of the seats.
    let host = visitor.signed_in()?.id;
    let seat = app
        .read::<_, Error>(move |conn| {
            group::store::shown_to_host(conn, GroupId(id.0), host)?.ok_or(Error::NotFound)
        })
        .await?;
    Ok(HttpResponse::SeeOther()
        .insert_header((header::LOCATION, format!("/bookings/{seat}")))
        .finish())
}

/// The page of a booking, with what was typed into one of its forms.
pub async fn show_booking(
    app: &App,
    visitor: &Visitor,
    id: BookingId,
    typed: (&aftercare::pages::Typed, &preparation::pages::Typed),
    status: StatusCode,
) -> Result<HttpResponse, Error> {
    let reader = visitor.signed_in()?.id;
    let now = app.now();
    let (meeting, history, prepared, after, guests) = app
        .read::<_, Error>(move |conn| {
            let meeting = store::meeting_of_person(conn, id, reader)?;
            let after = match meeting.booking.is_over(now) {
                true => Some(next::load(conn, &meeting, reader, now)?),
                false => None,
            };
            let prepared = preparation::store::prepared(conn, id, reader)?;
            let own_group = meeting
                .booking
                .group_id
                .filter(|_| meeting.host.id == reader);
            let guests = match own_group {
                Some(group) => group::store::guests(conn, group)?,
                None => Vec::new(),
            };
            Ok((meeting, store::history(conn, id)?, prepared, after, guests))
        })
        .await?;
    if !meeting.booking.is_event() {
        return if meeting.booking.guest_id == reader {
            Ok(HttpResponse::SeeOther()
                .insert_header((header::LOCATION, format!("/holds/{id}")))
                .finish())
        } else {
            Err(Error::NotFound)
        };
    }
    let origin = app.config.address();
    let shown = pages::Shown {
        meeting: &meeting,
        history: &history,
        after: after.as_ref(),
        prepared: &prepared,
        guests: &guests,
        typed,
        reader,
        origin: &origin,
        zone: &visitor.zone,
        now,
    };
    Ok(page(status, pages::booking(&visitor.chrome, &shown)))
}

async fn invite(
    app: Data<App>,
    visitor: Visitor,
    path: Path<String>,
) -> Result<HttpResponse, Error> {
    let reader = visitor.signed_in()?.id;
    invitation(&app, id_of(&path)?, reader).await
}

/// The event as an .ics file, for one of its two.
pub async fn invitation(app: &App, id: BookingId, reader: PersonId) -> Result<HttpResponse, Error> {
    let meeting = app
        .read::<_, Error>(move |conn| {
            let mut meeting = store::meeting_of_person(conn, id, reader)?;
            let booking = &mut meeting.booking;
            if let Some(group) = booking.group_id.filter(|_| booking.host_id == reader) {
                booking.sequence = group::store::sequence(conn, group)?;
            }
            Ok(meeting)
        })
        .await?;
    if !meeting.booking.is_event() {
        return Err(Error::NotFound);
    }
    let origin = app.config.address();
    let site = Site {
        organizer: &app.config.mail_from,
        origin: &origin,
    };
    // As a file it is a published event; METHOD:REQUEST would make programs ask for an answer.
    let event = event::event(&meeting, reader, &site, false);
    Ok(HttpResponse::Ok()
        .content_type("text/calendar; charset=utf-8")
        .insert_header((
            header::CONTENT_DISPOSITION,
            "attachment; filename=\"session.ics\"",
        ))
        .body(ical::calendar(Method::Publish, None, &[event])))
}
