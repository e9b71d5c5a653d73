//! Routes of the search for a time: its page, and the same for programs.

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Data, ServiceConfig, get, resource},
};
use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    Form, FreeTimeQuery, MOST_DAYS, Place, find,
    pages::{self, Findings},
};
use crate::{
    app::App,
    error::Error,
    html::form::{Fields, address},
    input::Problems,
    json::{self, Problem, endpoints::Endpoint},
    people::visitor::{MayBrowse, Visitor, page},
    schedule::{Span, Zone},
    slots::{
        self, ServiceKind,
        api::{SlotBody, moment, zone_of},
        catalogue,
        filter::Search,
    },
};

const PER_PAGE: usize = 30;
/// Of what would nearly do.
const NEAREST: usize = 6;

pub fn routes(config: &mut ServiceConfig) {
    config.service(resource("/find").route(get().to(find_page)));
}

pub fn endpoints() -> Vec<Endpoint> {
    crate::endpoints![list_free]
}

async fn find_page(
    _: MayBrowse,
    app: Data<App>,
    visitor: Visitor,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let query = Fields::parse(request.query_string())?;
    let form = Form::read(&query)?;
    let place = Place::read(&query)?;
    let now = app.now();
    let guest = visitor.person.as_ref().map(|p| p.id);
    let (wanted, problems) = match form.checked(&visitor.zone, now) {
        Ok(wanted) => (Some(wanted), Problems::default()),
        Err(problems) => (None, problems),
    };
    let status = match wanted {
        Some(_) => StatusCode::OK,
        None => StatusCode::UNPROCESSABLE_ENTITY,
    };
    let relaxed: Vec<(&'static str, Form, FreeTimeQuery)> = form
        .relaxed()
        .into_iter()
        .filter_map(|(lets_go, form)| {
            let mut wanted = form.checked(&visitor.zone, now).ok()?;
            if form.from.is_empty() {
                // Without days: as far ahead as is planned.
                wanted.ranges = vec![Span::new(now, now + TimeDelta::days(MOST_DAYS))];
            }
            Some((lets_go, form, wanted))
        })
        .collect();
    let search = form.search.clone();
    let found = app
        .read::<_, Error>(move |conn| {
            search.check_kind(conn)?;
            let catalogue = catalogue::store::all(conn)?;
            let (topics, languages) = slots::store::vocabulary(conn)?;
            let Some(wanted) = &wanted else {
                return Ok((catalogue, topics, languages, (Vec::new(), None), None));
            };
            let answers = find::find(conn, wanted, guest, PER_PAGE, place, now)?;
            let mut nearest = None;
            if answers.0.is_empty() && place.is_none() {
                for (lets_go, form, wanted) in &relaxed {
                    let (near, _) = find::find(conn, wanted, guest, NEAREST, None, now)?;
                    if !near.is_empty() {
                        nearest = Some((*lets_go, form.clone(), near));
                        break;
                    }
                }
            }
            Ok((catalogue, topics, languages, answers, nearest))
        })
        .await?;
    let (catalogue, topics, languages, (answers, next), nearest) = found;
    let next = next.map(|place| {
        let cursor = place.cursor();
        let pairs = form
            .query()
            .into_iter()
            .chain([("cursor", cursor.as_str())]);
        address("/find", &pairs.collect::<Vec<_>>())
    });
    let findings = Findings {
        form: &form,
        problems: &problems,
        catalogue: &catalogue,
        topics: &topics,
        languages: &languages,
        answers: &answers,
        next,
        is_first: place.is_none(),
        nearest,
        now,
    };
    Ok(page(status, pages::find(&visitor, &findings)))
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
    let from: DateTime<Utc> = moment(&query, "from", &zone)?.unwrap_or(now).max(now);
    let until = moment(&query, "until", &zone)?.unwrap_or(from + TimeDelta::days(14));
    if until - from > TimeDelta::days(MOST_DAYS) {
        return Err(Error::bad_request(
            "until",
            "must be at most 92 days after from",
        ));
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
