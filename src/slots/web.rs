//! Routes of the board, of alumni and of the calendar page.

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Data, Path, ServiceConfig, get, resource},
};
use chrono::{DateTime, NaiveDate, Utc};

use super::{
    OpenGroup, board,
    calendar::{self, pages::Calendar},
    catalogue, claims, diary,
    filter::Search,
    store, with_groups,
};
use crate::{
    app::App,
    error::Error,
    html::{
        form::{self, Fields},
        time,
    },
    input,
    people::visitor::{MayBrowse, Visitor, page},
    schedule::{Offer, Span, Spans, zone},
};

const PER_PAGE: i64 = 12;

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(resource("/").route(get().to(board_page)))
        .service(resource("/alumni").route(get().to(board_page)))
        .service(resource("/alumni/{handle}").route(get().to(alumnus_page)))
        .service(resource("/alumni/{handle}/{service}").route(get().to(calendar_page)))
        .service(resource("/about").route(get().to(about_page)))
        .service(resource("/zones").route(get().to(zones_page)));
}

async fn board_page(
    _: MayBrowse,
    app: Data<App>,
    visitor: Visitor,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let query = Fields::parse(request.query_string())?;
    let search = Search::read(&query)?;
    let number = match query.some("page")? {
        None => 1,
        Some(text) => text
            .parse::<i64>()
            .ok()
            .filter(|n| (1..=100_000).contains(n))
            .ok_or_else(|| Error::bad_request("page", "must be a number from 1"))?,
    };
    let now = app.now();
    let guest = visitor.person.as_ref().map(|p| p.id);
    let asked = search.clone();
    let (cards, total, catalogue, topics, languages) = app
        .read::<_, Error>(move |conn| {
            asked.check_kind(conn)?;
            let (cards, total) = board::cards(
                conn,
                &asked,
                (PER_PAGE, (number - 1) * PER_PAGE),
                guest,
                now,
            )?;
            let (topics, languages) = store::vocabulary(conn)?;
            Ok((
                cards,
                total,
                catalogue::store::all(conn)?,
                topics,
                languages,
            ))
        })
        .await?;
    if cards.is_empty() && number > 1 {
        return Err(Error::NotFound);
    }
    let board = board::pages::Board {
        search: &search,
        catalogue: &catalogue,
        topics: &topics,
        languages: &languages,
        total,
        page: number,
        per_page: PER_PAGE,
        now,
    };
    Ok(page(
        StatusCode::OK,
        board::pages::board(&visitor, &cards, &board),
    ))
}

async fn alumnus_page(
    _: MayBrowse,
    app: Data<App>,
    visitor: Visitor,
    handle: Path<String>,
) -> Result<HttpResponse, Error> {
    let now = app.now();
    let guest = visitor.person.as_ref().map(|p| p.id);
    let (card, catalogue) = app
        .read::<_, Error>(move |conn| {
            let host = store::listed(conn, &handle)?;
            let card = board::fill(conn, vec![host], None, guest, now)?.pop();
            Ok((card.ok_or(Error::NotFound)?, catalogue::store::all(conn)?))
        })
        .await?;
    Ok(page(
        StatusCode::OK,
        board::pages::alumnus(&visitor, &card, &catalogue, now),
    ))
}

async fn calendar_page(
    _: MayBrowse,
    app: Data<App>,
    visitor: Visitor,
    path: Path<(String, String)>,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let (handle, service) = path.into_inner();
    let query = Fields::parse(request.query_string())?;
    let wanted = CalendarView {
        at: read(
            &query,
            "at",
            "must be an instant such as 2026-11-26T14:00:00Z",
            |t| t.parse().ok(),
        )?,
        day: read(
            &query,
            "day",
            "must be a date such as 2026-11-26",
            input::date,
        )?,
        month: read(&query, "month", "must be a month such as 2026-11", |t| {
            input::date(&format!("{t}-01"))
        })?,
    };
    show_calendar(
        &app,
        &visitor,
        (handle, service),
        wanted,
        StatusCode::OK,
        None,
    )
    .await
}

fn read<T>(
    query: &Fields,
    name: &str,
    expected: &str,
    parse: impl Fn(&str) -> Option<T>,
) -> Result<Option<T>, Error> {
    let Some(text) = query.some(name)? else {
        return Ok(None);
    };
    parse(text)
        .map(Some)
        .ok_or_else(|| Error::bad_request(name, expected))
}

/// What of the calendar to show: a time, a day or a month; without, where the next free time is.
#[derive(Clone, Copy, Debug, Default)]
pub struct CalendarView {
    pub at: Option<DateTime<Utc>>,
    pub day: Option<NaiveDate>,
    pub month: Option<NaiveDate>,
}

/// The calendar page, also as the answer to an attempt that failed.
pub async fn show_calendar(
    app: &App,
    visitor: &Visitor,
    (handle, slug): (String, String),
    wanted: CalendarView,
    status: StatusCode,
    problem: Option<&str>,
) -> Result<HttpResponse, Error> {
    let now = app.now();
    let guest = visitor.person.as_ref().map(|p| p.id);
    let (host, service, rules, claims, mut groups) = app
        .read::<_, Error>(move |conn| {
            let (service, host) = store::offered_as(conn, &handle, &slug)?;
            let rules = store::rules_of(conn, &host, now)?;
            let asked: Vec<_> = std::iter::once(host.person.id).chain(guest).collect();
            let ahead = Span::new(now, now + host.policy.horizon());
            let claims =
                claims::store::taken_within(conn, &asked, host.policy.around(ahead), now, None)?;
            let mut groups = store::open_groups(conn, [&service], ahead, now)?;
            let groups = groups.remove(&service.id).unwrap_or_default();
            Ok((host, service, rules, claims, groups))
        })
        .await?;
    let diary = diary(host.person.id, guest, &claims);
    // Like other times, those of groups are not offered to who has something else, or a seat, then.
    if let Some(guest) = guest.filter(|guest| *guest != host.person.id) {
        let theirs = Spans::merged(claims.spans_of(guest));
        groups.retain(|group| !theirs.meets(&group.span));
    }
    let policy = host.policy.for_service(&service);
    let offer = Offer {
        rules: &rules,
        policy: &policy,
        diary: &diary,
        now,
    };
    let zone = &visitor.zone;
    let local_date = |at: DateTime<Utc>| zone.local(at).date_naive();
    let first_free = || {
        let next = offer.next(now, 1).into_iter();
        let joined = with_groups(next.collect(), &groups, &policy, now);
        joined.first().map(|slot| slot.start)
    };

    // Whoever comes for a time of the past is shown the next ones.
    let day = wanted
        .at
        .filter(|at| *at > now)
        .map(local_date)
        .or(wanted.day);
    let month = match (day, wanted.month) {
        (Some(day), _) => time::first_of_month(day),
        (None, Some(month)) => month,
        (None, None) => {
            time::first_of_month(first_free().map_or_else(|| local_date(now), local_date))
        }
    };
    let (from, until) = (
        zone.instant(month, 0),
        zone.instant(time::month_later(month, 1), 0),
    );
    let slots = if host.is_open() {
        let here = |group: &&OpenGroup| (from..until).contains(&group.span.start);
        let here: Vec<OpenGroup> = groups.iter().filter(here).copied().collect();
        with_groups(offer.slots(from, until), &here, &policy, now)
    } else {
        Vec::new()
    };
    let day = day.or_else(|| slots.first().map(|slot| local_date(slot.start)));
    let later = if slots.is_empty() && host.is_open() {
        offer
            .next(until, 1)
            .pop()
            .or_else(|| offer.next(now, 1).pop())
    } else {
        None
    };
    let at = wanted.at.map(|at| {
        (
            at,
            host.is_open() && (offer.may_book(at).is_ok() || slots.iter().any(|s| s.start == at)),
        )
    });
    let calendar = Calendar {
        host: &host,
        service: &service,
        slots: &slots,
        groups: &groups,
        month,
        day,
        wanted: at,
        later,
        now,
        problem,
    };
    Ok(page(status, calendar::pages::calendar(visitor, &calendar)))
}

async fn about_page(visitor: Visitor) -> HttpResponse {
    page(StatusCode::OK, board::pages::about(&visitor.chrome))
}

async fn zones_page(
    app: Data<App>,
    visitor: Visitor,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let query = Fields::parse(request.query_string())?;
    let next = match query.some("next")? {
        Some(next) => form::own_path(next),
        None => "/alumni",
    };
    let words: String = input::line(query.one("q")?).chars().take(100).collect();
    let found = zone::search(&words, 700);
    Ok(page(
        StatusCode::OK,
        board::pages::zones(&visitor.chrome, &words, &found, next, app.now()),
    ))
}
