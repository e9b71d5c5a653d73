//! Route of the page that says why a time is or is not offered.

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Data, ServiceConfig, get, resource},
};
use chrono::{Days, NaiveDate};

use super::{
    Facts,
    pages::{self, Asked, Why},
};
use crate::{
    app::App,
    busy,
    error::Error,
    html::form::Fields,
    input::Reader,
    people::{
        Role,
        visitor::{Visitor, page},
    },
    schedule::Span,
    slots::{self, claims, editor::typed},
};

pub fn routes(config: &mut ServiceConfig) {
    config.service(resource("/me/availability/why").route(get().to(why_page)));
}

async fn why_page(
    app: Data<App>,
    visitor: Visitor,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let person = visitor.having(Role::Alumnus)?;
    let (id, zone, now) = (person.id, person.zone(), app.now());
    let query = Fields::parse(request.query_string())?;
    let mut reader = Reader::default();
    let today = slots::rules::today(&zone, now);
    let date: NaiveDate = match query.some("day")? {
        None => today,
        Some(text) => reader.date("day", text).unwrap_or(today),
    };
    // Beyond a year there is nothing to say but that it is too far.
    let date = date.clamp(today - Days::new(400), today + Days::new(800));
    let text = query.one("time")?.chars().take(20).collect::<String>();
    let minute = match text.as_str() {
        "" => None,
        text => {
            let minute = typed::exact_time(text).filter(|minute| *minute < 1440);
            if minute.is_none() {
                reader.problems.add("time", "must look like 18:00");
            }
            minute
        }
    };
    let day = Span::new(zone.instant(date, 0), zone.instant(date, 1440));
    let (host, rules, taken, booked, busy, services) = app
        .read::<_, Error>(move |conn| {
            let host = slots::store::own(conn, id)?;
            let rules = slots::store::rules_of(conn, &host, day.start.min(now))?;
            let taken = claims::store::taken(conn, &[id], day, now, None)?;
            let booked = claims::store::booked(conn, id, day.start)?;
            let busy = busy::store::coming(conn, id, day)?;
            let services = slots::store::open_services(conn, &[id])?;
            Ok((host, rules, taken, booked, busy, services))
        })
        .await?;
    let facts = Facts {
        host: &host,
        rules: &rules,
        taken: &taken,
        booked: &booked,
        busy: &busy,
        now,
    };
    let asked = minute.map(|minute| {
        let at = zone.instant(date, minute);
        Asked {
            at,
            reasons: facts.at(at),
            verdicts: facts.verdicts(&services, at),
        }
    });
    let status = match reader.problems.is_empty() {
        true => StatusCode::OK,
        false => StatusCode::UNPROCESSABLE_ENTITY,
    };
    let why = Why {
        zone: &zone,
        date,
        line: &facts.day(date),
        asked,
        time: &text,
        problems: &reader.problems,
    };
    Ok(page(status, pages::why(&visitor, &why)))
}
