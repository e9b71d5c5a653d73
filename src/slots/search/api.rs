//! The JSON API of the search for a time.

use actix_web::{HttpRequest, HttpResponse, web::Data};
use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::{FreeTimeQuery, MOST_DAYS, Place, find};
use crate::{
    app::App,
    error::Error,
    html::form::Fields,
    json::{self, Problem, endpoints::Endpoint},
    people::visitor::MayBrowse,
    schedule::{Span, Zone},
    slots::{
        ServiceKind,
        api::{SlotBody, moment, zone_of},
        filter::Search,
    },
};

pub fn endpoints() -> Vec<Endpoint> {
    crate::endpoints![list_free]
}

/// A free time of somebody.
#[derive(Debug, Serialize, ToSchema)]
pub struct FreeTime {
    #[serde(flatten)]
    time: SlotBody,
    alumnus: String,
    name: String,
    service: String,
    kind: ServiceKind,
    title: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct FreeTimes {
    zone: String,
    slots: Vec<FreeTime>,
    next_cursor: Option<String>,
}

#[utoipa::path(get, path = "/api/v1/slots", tag = "alumni",
    params(
        ("service" = Option<ServiceKind>, Query),
        ("from" = Option<String>, Query, description = "Instant, or date in `zone`; now if not given"),
        ("until" = Option<String>, Query, description = "Instant, or date in `zone`; two weeks after `from` if not given, at most 92 days"),
        ("zone" = Option<String>, Query, description = "IANA time zone; UTC if not given"),
        ("topic" = Option<String>, Query), ("language" = Option<String>, Query), ("q" = Option<String>, Query),
        ("limit" = Option<i64>, Query, minimum = 1, maximum = 100), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = FreeTimes, description = "Soonest first, at most two a day for each alumnus"), (status = 400, body = Problem)))]
pub async fn list_free(
    _: MayBrowse,
    app: Data<App>,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let query = Fields::parse(request.query_string())?;
    let known = [
        "service", "from", "until", "zone", "topic", "language", "q", "limit", "cursor",
    ];
    json::only(&query, &known)?;
    let search = Search::read(&query)?;
    let limit = json::limit(&query, 20, 100)? as usize;
    let place = Place::read(&query)?;
    let zone = zone_of(&query, Zone::utc())?;
    let now = app.now();
    let asked_from = moment(&query, "from", &zone)?;
    let from: DateTime<Utc> = asked_from.unwrap_or(now).max(now);
    let until = moment(&query, "until", &zone)?.unwrap_or(from + TimeDelta::days(14));
    if asked_from.is_some_and(|asked| until < asked) {
        return Err(Error::bad_request("until", "must not be before from"));
    }
    if until - from > TimeDelta::days(MOST_DAYS) {
        let problem = format!("must be at most {MOST_DAYS} days after from");
        return Err(Error::bad_request("until", &problem));
    }
    let wanted = FreeTimeQuery {
        search,
        length: TimeDelta::minutes(30),
        ranges: vec![Span::new(from, until)],
        zone: zone.clone(),
    };
    let (answers, next) = app
        .read::<_, Error>(move |conn| {
            wanted.search.check_kind(conn)?;
            Ok(find::find(conn, &wanted, None, limit, place, now)?)
        })
        .await?;
    let slots = answers.into_iter().map(|answer| FreeTime {
        time: SlotBody::new(answer.slot, &zone),
        alumnus: answer.handle,
        name: answer.name,
        service: answer.slug,
        kind: answer.kind,
        title: answer.title,
    });
    Ok(HttpResponse::Ok().json(FreeTimes {
        slots: slots.collect(),
        zone: zone.name().to_owned(),
        next_cursor: next.map(|place| place.cursor()),
    }))
}
