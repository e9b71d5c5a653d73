//! Routes of one booking: its page, and its invitation to download.

use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header},
    web::{Data, Path, ServiceConfig, get, resource},
};

use super::{
    aftercare::{self, next},
    event::{self, Site},
    group, pages,
    preparation::{self},
    store,
};
use crate::{
    app::App,
    db::{BookingId, GroupId, PersonId},
    error::Error,
    ical::{self, Method},
    people::{
        introduction,
        profile::web::picture,
        visitor::{Visitor, page},
    },
};

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(resource("/bookings/{id}").route(get().to(booking_page)))
        .service(resource("/bookings/{id}/guest.jpg").route(get().to(guest_photo)))
        .service(resource("/bookings/{id}/invite.ics").route(get().to(invite)));
}

pub fn id_of(path: &str) -> Result<BookingId, Error> {
    path.parse().map_err(|_| Error::NotFound)
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
    let (meeting, history, prepared, after, guests, met, introduced) = app
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
            let met = store::met(conn, meeting.host.id, meeting.guest.id)?;
            let history = store::history(conn, id)?;
            let is_of_host = meeting.host.id == reader && !event::is_about_all(&meeting, reader);
            let introduced = match is_of_host {
                true => Some(introduction::store::introduction(conn, meeting.guest.id)?),
                false => None,
            };
            Ok((meeting, history, prepared, after, guests, met, introduced))
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
        met,
        introduced: introduced.as_ref(),
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

/// The guest's photo, for their host.
async fn guest_photo(
    app: Data<App>,
    visitor: Visitor,
    path: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let (id, reader) = (id_of(&path)?, visitor.signed_in()?.id);
    let photo = app
        .read::<_, Error>(move |conn| {
            let meeting = store::meeting_of_person(conn, id, reader)?;
            if meeting.host.id != reader || !meeting.booking.is_event() {
                return Err(Error::NotFound);
            }
            Ok(introduction::store::photo(conn, meeting.guest.id)?)
        })
        .await?;
    Ok(picture(&request, photo, "private, no-cache"))
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
    let (brand, sender) = (app.brand(), app.sender());
    let site = Site {
        name: &brand.identity.name,
        organizer: &sender,
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
