//! The route of the dashboard.

use std::collections::HashMap;

use actix_web::{
    HttpResponse,
    http::{StatusCode, header},
    web::{Data, ServiceConfig, get, resource},
};

use super::pages;
use crate::{
    app::App,
    bookings::{
        Status,
        aftercare::{self},
        store, waitlist,
    },
    db::{BookingId, PersonId},
    error::Error,
    people::{
        Role, introduction,
        visitor::{Visitor, page},
    },
    programs::tasks,
    slots::set_up::Progress,
};

pub fn routes(config: &mut ServiceConfig) {
    config.service(resource("/me").route(get().to(dashboard)));
}

async fn dashboard(app: Data<App>, visitor: Visitor) -> Result<HttpResponse, Error> {
    if visitor.newcomer.is_some() {
        return Ok(HttpResponse::SeeOther()
            .insert_header((header::LOCATION, "/join"))
            .finish());
    }
    let person = visitor.signed_in()?;
    let (id, is_alumnus, now) = (person.id, person.is(Role::Alumnus), app.now());
    let is_student = person.is(Role::Student);
    let is_coordinator = visitor.coordinating().is_ok();
    let (mut coming, past, said, strikes, offers, host, disputes, introductions, tasks) = app
        .read::<_, Error>(move |conn| {
            let host = match is_alumnus {
                true => Some(Progress::read(conn, id, now)?),
                false => None,
            };
            let past = store::past_meetings(conn, id, now, 30)?;
            let open = past
                .iter()
                .filter(|m| m.booking.status == Status::Confirmed);
            let open: Vec<BookingId> = open.map(|m| m.booking.id).collect();
            let coming = store::meetings_since(conn, id, now, 200)?;
            let asking = coming
                .iter()
                .filter(|m| m.booking.status == Status::Pending && m.host.id == id);
            let asking: Vec<PersonId> = asking.map(|m| m.guest.id).collect();
            let introductions = match is_alumnus {
                true => introduction::store::introduced(conn, &asking)?,
                false => HashMap::new(),
            };
            Ok((
                coming,
                past,
                aftercare::store::reports(conn, &open)?,
                aftercare::store::reliability(conn, id, now)?.strikes,
                match is_student {
                    true => waitlist::store::offers(conn, id, now)?,
                    false => Vec::new(),
                },
                host,
                match is_coordinator {
                    true => store::count_disputed(conn)?,
                    false => 0,
                },
                introductions,
                tasks::tasks(conn, id, now)?,
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
        introductions: &introductions,
        disputes,
        tasks: &tasks,
        host: host.as_ref(),
        zone: &visitor.zone,
        now,
    };
    Ok(page(
        StatusCode::OK,
        pages::dashboard(&visitor.chrome, &dashboard),
    ))
}
