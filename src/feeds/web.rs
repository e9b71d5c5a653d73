//! Routes of feeds, and of the page about one's own.

use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header},
    web::{Data, Path, ServiceConfig, get, head, post, resource},
};
use chrono::{DateTime, TimeDelta, Utc};

use super::{pages, rules, store, subscription};
use crate::{
    app::App,
    bookings::{
        self, Meeting,
        event::{self, Site},
        group,
    },
    db::{GroupId, PersonId},
    error::Error,
    html::{Notice, time::instant},
    ical::{self, Event, Method, Status},
    keys,
    people::visitor::{Form, MayBrowse, Visitor, kept_for_a_while, page, see_other},
    programs::activity::{self, event::Origin},
    schedule::{Rules, Span},
    slots::{self, Host, Service, Taken, claims, pages::time_address},
};

/// How far ahead an alumnus's open times are published.
const OPEN_TIMES_AHEAD: TimeDelta = TimeDelta::days(28);
/// How long they stay as they were worked out, unless something changes.
const OPEN_TIMES_STAY: TimeDelta = TimeDelta::minutes(5);
/// The most open times in a feed.
const MOST_OPEN_TIMES: usize = 500;

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(
            resource("/calendar/{token}.ics")
                .route(get().to(private_feed))
                .route(head().to(private_feed)),
        )
        .service(
            resource("/alumni/{handle}/open-times.ics")
                .route(get().to(open_times))
                .route(head().to(open_times)),
        )
        .service(resource("/me/calendar").route(get().to(calendar_page)))
        .service(resource("/me/calendar/rotate").route(post().to(rotate)));
}

/// The path of the person's feed.
pub async fn feed_path(app: &Data<App>, person: PersonId, rotate: bool) -> Result<String, Error> {
    let keys = Data::clone(app);
    app.transaction(move |tx| subscription::path(tx, &keys.keys, person, rotate))
        .await
}

async fn calendar_page(app: Data<App>, visitor: Visitor) -> Result<HttpResponse, Error> {
    let path = feed_path(&app, visitor.signed_in()?.id, false).await?;
    Ok(page(
        StatusCode::OK,
        pages::calendar(&visitor.chrome, &app.config.link(&path)),
    ))
}

async fn rotate(app: Data<App>, form: Form, request: HttpRequest) -> Result<HttpResponse, Error> {
    feed_path(&app, form.visitor.fresh(app.now())?.id, true).await?;
    Ok(see_other(
        &request,
        "/me/calendar",
        Some(Notice::new(
            "Here is your new calendar address. The old one no longer works.",
        )),
    ))
}

/// All seats of a group share an event, so one stands for it: one that is taken before the last that was
/// given up, since a group is moved with those who are in it.
/// To its host the event has the group's SEQUENCE.
fn one_per_group(
    meetings: Vec<Meeting>,
    reader: PersonId,
    sequences: &[(GroupId, i32)],
) -> Vec<Meeting> {
    let mut kept: Vec<Meeting> = Vec::with_capacity(meetings.len());
    for mut meeting in meetings {
        let booking = &mut meeting.booking;
        if let Some(group) = booking.group_id {
            let known = sequences.iter().find(|(id, _)| *id == group);
            if let Some((_, sequence)) = known.filter(|_| booking.host_id == reader) {
                booking.sequence = *sequence;
            }
            let before = kept.iter_mut().find(|m| m.booking.group_id == Some(group));
            if let Some(before) = before {
                let last = |m: &Meeting| {
                    let booking = &m.booking;
                    (!booking.is_off(), booking.sequence, booking.cancelled_at)
                };
                let changed_at = before.booking.updated_at.max(meeting.booking.updated_at);
                if last(&meeting) > last(before) {
                    *before = meeting;
                }
                before.booking.updated_at = changed_at;
                continue;
            }
        }
        kept.push(meeting);
    }
    kept
}

/// Past 90 days and all that is to come, cancelled ones for a week after their time.
async fn private_feed(
    app: Data<App>,
    token: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let (hash, now) = (keys::hash(&token), app.now());
    let found = app
        .read::<_, Error>(move |conn| {
            let Some((person, since)) = store::owner(conn, &hash)? else {
                return Ok(None);
            };
            let reach = now - bookings::rules::FEED_REACHES_BACK;
            let meetings = bookings::store::meetings_since(conn, person.id, reach, 5000)?;
            let groups: Vec<GroupId> = meetings.iter().filter_map(|m| m.booking.group_id).collect();
            let sequences = group::store::sequences(conn, &groups)?;
            let meetings = one_per_group(meetings, person.id, &sequences);
            let changed_at = bookings::store::feed_changed_at(conn, person.id, now)?;
            let attended = activity::store::of_person(conn, person.id, reach)?;
            let of_programs = attended
                .iter()
                .map(|one| one.answered_at.max(one.activity.changed_at));
            let changed_at = of_programs.chain(changed_at).chain([since]).max();
            Ok(Some((
                person,
                meetings,
                attended,
                changed_at.unwrap_or(since),
            )))
        })
        .await?;
    let Some((person, meetings, attended, changed_at)) = found else {
        return Ok(HttpResponse::NotFound()
            .content_type("text/plain; charset=utf-8")
            .body("no such calendar\n"));
    };
    let origin = app.config.address();
    let (brand, sender) = (app.brand(), app.sender());
    let site = Site {
        name: &brand.identity.name,
        organizer: &sender,
        origin: &origin,
    };
    let is_shown =
        |m: &&Meeting| bookings::rules::leaves_feed_at(m.booking.status, m.booking.ends_at) > now;
    let of_programs = attended.iter().filter_map(|one| {
        let path = format!(
            "/cohorts/{}/{}/activities/{}",
            one.program, one.cohort.slug, one.activity.id
        );
        let origin = Origin {
            program: &one.program_name,
            url: format!("{origin}{path}"),
            organizer: app.organizer(),
        };
        let answer = Some((one.answer, one.answered_at));
        activity::event::event(&one.activity, answer, origin, &person, false)
    });
    let events: Vec<Event> = meetings
        .iter()
        .filter(is_shown)
        .map(|m| event::event(m, person.id, &site, false))
        .chain(of_programs)
        .collect();
    let name = format!("{} sessions", brand.identity.name);
    let text = actix_web::web::block(move || ical::calendar(Method::Publish, Some(&name), &events))
        .await
        .map_err(|error| Error::Internal(error.to_string()))?;
    let tag = keys::digest(&text);
    Ok(answer(
        &request,
        &text,
        &tag,
        changed_at,
        "private, no-cache",
    ))
}

/// The free slots of an alumnus, each with the page on which it is booked. What it depends on is read each
/// time; the slots are worked out again, aside, when that has changed or five minutes have passed.
async fn open_times(
    _: MayBrowse,
    app: Data<App>,
    handle: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let now = floor(app.now(), OPEN_TIMES_STAY);
    let ahead = Span::new(now, now + OPEN_TIMES_AHEAD);
    let handle = handle.into_inner();
    let asked = handle.clone();
    let (host, services, rules, claims) = app
        .read::<_, Error>(move |conn| {
            let host = slots::store::listed(conn, &asked)?;
            let id = host.person.id;
            let services = slots::store::open_services(conn, &[id])?;
            let rules = slots::store::rules_of(conn, &host, now)?;
            let claims = claims::store::taken(conn, &[id], ahead, now, None)?;
            Ok((host, services, rules, claims))
        })
        .await?;
    let from = format!(
        "{now} {} {} {:?} {services:?} {rules:?} {claims:?}",
        host.person.name,
        host.is_open(),
        host.policy
    );
    // In whole hours: read twice in a row the feed is the same to the byte.
    let stamp = floor(now, TimeDelta::hours(1));
    let shared = Data::clone(&app);
    let write = move || open_times_text(&shared, &host, &services, &rules, &claims, now, stamp);
    let name = format!("open times of {handle}");
    let kept = app.texts.get(&name, &from, write).await?;
    Ok(answer(
        &request,
        &kept.text,
        &kept.tag,
        stamp,
        kept_for_a_while(&app.config),
    ))
}

/// The last moment before or at `at` that is a whole number of `step`s from the epoch.
fn floor(at: DateTime<Utc>, step: TimeDelta) -> DateTime<Utc> {
    let seconds = step.num_seconds();
    let floored = at.timestamp().div_euclid(seconds) * seconds;
    DateTime::from_timestamp(floored, 0).unwrap_or(at)
}

fn open_times_text(
    site: &App,
    host: &Host,
    services: &[Service],
    rules: &Rules,
    claims: &Taken,
    now: DateTime<Utc>,
    stamp: DateTime<Utc>,
) -> String {
    let ahead = Span::new(now, now + OPEN_TIMES_AHEAD);
    let diary = slots::diary(host.person.id, None, claims);
    let origin = site.config.address();
    let organizer = site.organizer();
    let mut times: Vec<(&Service, Span)> = services
        .iter()
        .flat_map(|service| {
            let offered = slots::offered(host, service, rules, &diary, now, ahead);
            offered.into_iter().map(move |slot| (service, slot))
        })
        .collect();
    times.sort_by_key(|(_, slot)| slot.start);
    times.truncate(MOST_OPEN_TIMES);
    let events: Vec<Event> = times
        .into_iter()
        .map(|(service, slot)| {
            let url = format!(
                "{origin}{}",
                time_address(&host.profile.handle, &service.slug, slot.start)
            );
            let uid = keys::digest(&format!("{} {}", service.id, instant(slot.start)));
            Event {
                uid,
                sequence: 0,
                status: Status::Confirmed,
                starts_at: slot.start,
                ends_at: slot.end,
                changed_at: stamp,
                created_at: stamp,
                summary: format!("Free: {} with {}", service.title, host.person.name),
                description: format!("Book this time: {url}"),
                location: String::new(),
                url,
                organizer: organizer.clone(),
                attendee: None,
                is_busy: false,
                alarm_minutes: None,
            }
        })
        .collect();
    let name = format!("Free times of {}", host.person.name);
    ical::calendar(Method::Publish, Some(&name), &events)
}

/// A feed with its validators, or 304 for whoever has it already.
fn answer(
    request: &HttpRequest,
    text: &str,
    tag: &str,
    changed_at: DateTime<Utc>,
    cache: &'static str,
) -> HttpResponse {
    let header_text = |name| {
        request
            .headers()
            .get(name)
            .and_then(|v: &header::HeaderValue| v.to_str().ok())
    };
    let is_known = rules::is_known(
        header_text(header::IF_NONE_MATCH),
        header_text(header::IF_MODIFIED_SINCE),
        tag,
        changed_at,
    );
    let mut response = if is_known {
        HttpResponse::NotModified()
    } else {
        HttpResponse::Ok()
    };
    response
        .insert_header((header::ETAG, format!("\"{tag}\"")))
        .insert_header((header::LAST_MODIFIED, rules::http_date(changed_at)))
        .insert_header((header::CACHE_CONTROL, cache));
    if is_known {
        return response.finish();
    }
    response
        .content_type("text/calendar; charset=utf-8")
        .body(text.to_owned())
}
