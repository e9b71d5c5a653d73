//! The JSON API about alumni, their services and times.

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Path},
};
use chrono::{DateTime, NaiveDate, SecondsFormat, TimeDelta, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    Host, Question, Service, ServiceKind, board, claims, diary, filter::Search, offered,
    search::FreeTimeQuery, store, with_groups,
};
use crate::{
    app::App,
    db::Paging,
    error::Error,
    html::form::Fields,
    input,
    json::{self, Problem, endpoints::Endpoint},
    people::visitor::MayBrowse,
    schedule::{Span, Zone},
};

/// For how many days slots are listed at most.
const MOST_DAYS: i64 = 92;

pub fn endpoints() -> Vec<Endpoint> {
    crate::endpoints![list_alumni, get_alumnus, list_slots]
}

/// A free time, with the offset of the zone asked for.
#[derive(Debug, Serialize, ToSchema)]
pub struct SlotBody {
    #[schema(format = DateTime)]
    start: String,
    #[schema(format = DateTime)]
    end: String,
}

impl SlotBody {
    pub fn new(span: Span, zone: &Zone) -> Self {
        let show = |at: DateTime<Utc>| zone.local(at).to_rfc3339_opts(SecondsFormat::Secs, true);
        Self {
            start: show(span.start),
            end: show(span.end),
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub struct AlumnusSummary {
    handle: String,
    name: String,
    headline: String,
    services: Vec<ServiceSummary>,
    /// The soonest time of any of the services.
    next_slot: Option<SlotBody>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ServiceSummary {
    service: String,
    kind: ServiceKind,
    title: String,
    duration_minutes: i16,
}

impl ServiceSummary {
    fn new(service: &Service) -> Self {
        Self {
            service: service.slug.clone(),
            kind: service.kind.clone(),
            title: service.title.clone(),
            duration_minutes: service.duration_minutes,
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub struct AlumniPage {
    alumni: Vec<AlumnusSummary>,
    next_cursor: Option<String>,
}

/// The zone of a query; `default` without one.
pub fn zone_of(query: &Fields, default: Zone) -> Result<Zone, Error> {
    match query.some("zone")? {
        None => Ok(default),
        Some(name) => {
            Zone::named(name).map_err(|unknown| Error::bad_request("zone", &unknown.to_string()))
        }
    }
}

/// An instant, or the midnight at which a date begins in `zone`.
pub fn moment(query: &Fields, name: &str, zone: &Zone) -> Result<Option<DateTime<Utc>>, Error> {
    let Some(text) = query.some(name)? else {
        return Ok(None);
    };
    let instant = DateTime::parse_from_rfc3339(text)
        .map(|at| at.to_utc())
        .ok();
    let at = instant.or_else(|| input::date(text).map(|date| zone.instant(date, 0)));
    at.map(Some)
        .ok_or_else(|| Error::bad_request(name, "must be an RFC 3339 instant or a date"))
}

#[utoipa::path(get, path = "/api/v1/alumni", tag = "alumni",
    params(
        ("service" = Option<ServiceKind>, Query), ("topic" = Option<String>, Query), ("q" = Option<String>, Query),
        ("language" = Option<String>, Query),
        ("free_from" = Option<String>, Query, description = "Instant or date: only alumni who are free from then on"),
        ("free_until" = Option<String>, Query), ("zone" = Option<String>, Query, description = "IANA time zone; UTC if not given"),
        ("limit" = Option<i64>, Query, minimum = 1, maximum = 100), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = AlumniPage), (status = 400, body = Problem)))]
pub async fn list_alumni(
    _: MayBrowse,
    app: Data<App>,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let query = Fields::parse(request.query_string())?;
    json::only(
        &query,
        &[
            "service",
            "topic",
            "language",
            "q",
            "free_from",
            "free_until",
            "zone",
            "limit",
            "cursor",
        ],
    )?;
    let search = Search::read(&query)?;
    let paging = Paging::read(&query, 20, 100)?;
    let zone = zone_of(&query, Zone::utc())?;
    let free = (
        moment(&query, "free_from", &zone)?,
        moment(&query, "free_until", &zone)?,
    );
    let now = app.now();
    if let (Some(from), Some(until)) = free
        && until < from
    {
        return Err(Error::bad_request(
            "free_until",
            "must not be before free_from",
        ));
    }
    let (cards, has_more) = app
        .read::<_, Error>(move |conn| {
            search.check_kind(conn)?;
            if free == (None, None) {
                let (cards, total) = board::cards(conn, &search, paging, None, now)?;
                return Ok((cards, total > paging.offset + paging.limit));
            }
            let from = free.0.map_or(now, |from| from.max(now));
            let until = free.1.unwrap_or(from + TimeDelta::days(MOST_DAYS));
            let wanted = FreeTimeQuery {
                search: search.clone(),
                length: TimeDelta::minutes(30),
                ranges: vec![Span::new(from, until)],
                zone: Zone::utc(), // Of each alumnus the first time counts, whatever the day.
            };
            Ok(board::free_within(conn, &wanted, paging, None, now)?)
        })
        .await?;
    let alumni = cards.iter().map(|card| AlumnusSummary {
        handle: card.host.profile.handle.clone(),
        name: card.host.person.name.clone(),
        headline: card.host.profile.profile.headline.clone(),
        services: card.services.iter().map(ServiceSummary::new).collect(),
        next_slot: card
            .next
            .first()
            .map(|time| SlotBody::new(time.slot, &zone)),
    });
    let next_cursor = has_more.then(|| paging.next());
    Ok(HttpResponse::Ok().json(AlumniPage {
        alumni: alumni.collect(),
        next_cursor,
    }))
}

#[derive(Debug, Serialize, ToSchema)]
pub struct AlumnusBody {
    handle: String,
    name: String,
    headline: String,
    employer: String,
    field: String,
    topics: Vec<String>,
    languages: Vec<String>,
    /// Markdown.
    bio: String,
    links: Vec<String>,
    zone: String,
    paused: bool,
    services: Vec<ServiceBody>,
}

/// A service, to everybody or to its owner.
#[derive(Debug, Serialize, ToSchema)]
pub struct ServiceBody {
    service: String,
    kind: ServiceKind,
    title: String,
    description: String,
    duration_minutes: i16,
    increment_minutes: i16,
    questions: Vec<Question>,
    needs_file: bool,
    approval: bool,
    answer_within_hours: i16,
    change_notice_hours: i16,
    /// How many students share one session; null for one student.
    seats: Option<i16>,
    active: bool,
    /// Only to the owner.
    #[serde(skip_serializing_if = "Option::is_none")]
    location: Option<String>,
}

impl ServiceBody {
    /// With what only the owner may read.
    pub fn for_owner(service: &Service) -> Self {
        Self {
            location: Some(service.location.clone()),
            ..Self::new(service)
        }
    }

    fn new(service: &Service) -> Self {
        Self {
            service: service.slug.clone(),
            kind: service.kind.clone(),
            title: service.title.clone(),
            description: service.description.clone(),
            duration_minutes: service.duration_minutes,
            increment_minutes: service.increment_minutes,
            questions: service.questions.0.clone(),
            needs_file: service.needs_file,
            approval: service.approval,
            answer_within_hours: service.answer_within_hours,
            change_notice_hours: service.change_notice_hours,
            seats: service.seats,
            active: service.closed_at.is_none(),
            location: None,
        }
    }
}

#[utoipa::path(get, path = "/api/v1/alumni/{handle}", tag = "alumni", params(("handle" = String, Path)),
    responses((status = 200, body = AlumnusBody), (status = 404, body = Problem)))]
pub async fn get_alumnus(
    _: MayBrowse,
    app: Data<App>,
    handle: Path<String>,
) -> Result<HttpResponse, Error> {
    let (host, services) = app
        .read::<_, Error>(move |conn| {
            let host = store::listed(conn, &handle)?;
            let services = store::open_services(conn, &[host.person.id])?;
            Ok((host, services))
        })
        .await?;
    let Host {
        person,
        profile: published,
        ..
    } = host;
    let profile = published.profile.clone();
    Ok(HttpResponse::Ok().json(AlumnusBody {
        handle: published.handle.clone(),
        name: person.name,
        headline: profile.headline,
        employer: profile.employer,
        field: profile.field,
        topics: profile.topics.0,
        languages: profile.languages.0,
        bio: profile.bio,
        links: profile.links.0,
        zone: person.zone,
        paused: published.paused_at.is_some(),
        services: services.iter().map(ServiceBody::new).collect(),
    }))
}

#[derive(Debug, Serialize, ToSchema)]
pub struct SlotsBody {
    zone: String,
    duration_minutes: i16,
    slots: Vec<SlotBody>,
}

#[utoipa::path(get, path = "/api/v1/alumni/{handle}/services/{service}/slots", tag = "alumni",
    params(("handle" = String, Path), ("service" = String, Path),
        ("from" = NaiveDate, Query, description = "First date, in the zone"),
        ("until" = NaiveDate, Query, description = "The date after the last, at most 92 days later"),
        ("zone" = Option<String>, Query, description = "IANA time zone; the host's if not given")),
    responses((status = 200, body = SlotsBody), (status = 400, body = Problem), (status = 404, body = Problem)))]
pub async fn list_slots(
    _: MayBrowse,
    app: Data<App>,
    path: Path<(String, String)>,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let (handle, slug) = path.into_inner();
    let query = Fields::parse(request.query_string())?;
    json::only(&query, &["from", "until", "zone"])?;
    let date = |name: &str| -> Result<NaiveDate, Error> {
        input::date(query.one(name)?)
            .ok_or_else(|| Error::bad_request(name, "must be a date such as 2026-11-26"))
    };
    let (from, until) = (date("from")?, date("until")?);
    let days = (until - from).num_days();
    if !(1..=MOST_DAYS).contains(&days) {
        return Err(Error::bad_request(
            "until",
            &format!("must be 1 to {MOST_DAYS} days after from"),
        ));
    }
    let asked = match query.some("zone")? {
        None => None,
        Some(_) => Some(zone_of(&query, Zone::utc())?),
    };
    let now = app.now();
    let (zone, duration_minutes, slots) = app
        .read::<_, Error>(move |conn| {
            let (service, host) = store::offered_as(conn, &handle, &slug)?;
            let zone = asked.clone().unwrap_or_else(|| host.person.zone());
            let window = Span::new(zone.instant(from, 0), zone.instant(until, 0));
            let rules = store::rules_of(conn, &host, now.min(window.start))?;
            let around = host.policy.around(window);
            let claims = claims::store::taken_within(conn, &[host.person.id], around, now, None)?;
            let diary = diary(host.person.id, None, &claims);
            let mut slots = offered(&host, &service, &rules, &diary, now, window);
            if host.is_open() {
                let open = store::open_groups(conn, [&service], window, now)?;
                let open = open.get(&service.id).map_or(&[][..], Vec::as_slice);
                let policy = host.policy.for_service(&service);
                slots = with_groups(slots, open, &policy, now);
            }
            Ok((zone, service.duration_minutes, slots))
        })
        .await?;
    let slots = slots
        .into_iter()
        .map(|slot| SlotBody::new(slot, &zone))
        .collect();
    Ok(HttpResponse::Ok().json(SlotsBody {
        zone: zone.name().to_owned(),
        duration_minutes,
        slots,
    }))
}
