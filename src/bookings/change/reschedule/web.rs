//! Routes by which a session is moved.

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Data, Path, ServiceConfig, get, post, resource},
};
use chrono::{DateTime, Days, NaiveDate, Utc};

use super::pages;
use crate::{
    app::App,
    bookings::{
        self,
        change::{
            CANCEL_LINK, ChangeError,
            reschedule::{self, MoveError},
            web::{actor, cannot, refused},
        },
        group,
        state::Action,
        take::BookError,
        web::id_of,
    },
    db::{BookingId, PersonId},
    error::Error,
    html::{Notice, form::Fields},
    input::{self, Problems, Reader},
    people::visitor::{Form, Visitor, page, see_other},
    schedule::{Offer, Span, Spans},
    slots::{self, claims, editor::typed},
};

pub fn routes(config: &mut ServiceConfig) {
    config.service(
        resource("/bookings/{id}/move")
            .route(get().to(move_page))
            .route(post().to(move_booking)),
    );
}

/// How many days with times are shown to choose from when moving, and how many are looked at.
const DAYS_SHOWN: usize = 5;
const DAYS_AHEAD: u64 = 28;

async fn move_page(
    app: Data<App>,
    visitor: Visitor,
    path: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let query = Fields::parse(request.query_string())?;
    let typed = pages::Typed {
        date: query.one("date")?.to_owned(),
        time: query.one("time")?.to_owned(),
    };
    let mut problems = Problems::default();
    let start = match query.some("start")? {
        Some(start) => Some(input::instant(start).ok_or_else(|| {
            Error::bad_request(
                "start",
                "must be a date and time such as 2026-11-26T14:00:00Z",
            )
        })?),
        None if typed.date.is_empty() && typed.time.is_empty() => None,
        None => {
            let mut reader = Reader::default();
            let date = reader.date("date", &typed.date);
            let minute = typed::exact_time(&typed.time);
            if minute.is_none() {
                reader.problems.add("time", "must look like 18:00");
            }
            problems = reader.problems;
            date.zip(minute)
                .map(|(date, minute)| visitor.zone.instant(date, minute))
        }
    };
    let id = id_of(&path)?;
    let shown = Shown {
        start,
        from: query.some("from")?.and_then(input::date),
        typed,
        ..Shown::default()
    };
    show_move(&app, &visitor, id, shown, &problems).await
}

/// What the page for moving shows besides the times to choose from.
#[derive(Default)]
struct Shown {
    /// The new time, for asking whether it shall be.
    start: Option<DateTime<Utc>>,
    /// The first day to choose from; the day before the session without one.
    from: Option<NaiveDate>,
    problem: Option<(StatusCode, String)>,
    /// Why the host should think twice.
    warning: Option<String>,
    typed: pages::Typed,
}

async fn show_move(
    app: &App,
    visitor: &Visitor,
    id: BookingId,
    shown: Shown,
    problems: &Problems,
) -> Result<HttpResponse, Error> {
    let (meeting, reader) = actor(app, visitor, id, CANCEL_LINK, "").await?;
    let now = app.now();
    if let Some(refused) = refused(visitor, &meeting, reader, Action::Move, now) {
        return Ok(refused);
    }
    let booking = &meeting.booking;
    if reader == booking.guest_id && booking.is_late(now) {
        let reason = ChangeError::TooLate;
        return Ok(cannot(visitor, &meeting, reader, Action::Move, &reason));
    }
    let wanted = booking.clone();
    let zone = visitor.zone.clone();
    let today = zone.local(now).date_naive();
    let around = zone.local(booking.starts_at).date_naive() - Days::new(1);
    let first = shown.from.unwrap_or(around).max(today);
    let (days, later) = app
        .read::<_, Error>(move |conn| {
            let service = slots::store::service(conn, wanted.service_id)?.ok_or(Error::NotFound)?;
            let host = slots::store::own(conn, wanted.host_id)?;
            let rules = slots::store::rules_of(conn, &host, now)?;
            let guests = match wanted.group_id {
                Some(group) => group::store::seats(conn, group, now)?,
                None => vec![wanted.clone()],
            };
            let mut people: Vec<PersonId> = guests.iter().map(|seat| seat.guest_id).collect();
            people.push(wanted.host_id);
            let ahead = Span::new(now, now + host.policy.horizon());
            let around = host.policy.around(ahead);
            let mut taken = claims::store::taken_within(conn, &people, around, now, None)?;
            taken.claims.retain(|claim| claim.span() != wanted.span()); // What is moved itself.
            let diary = slots::diary(wanted.host_id, None, &taken);
            let guests = guests.iter().flat_map(|seat| taken.spans_of(seat.guest_id));
            let guests_busy = Spans::merged(guests);
            let mut policy = host.policy.for_service(&service);
            policy.length = wanted.span().length();
            let offer = Offer {
                rules: &rules,
                policy: &policy,
                diary: &diary,
                now,
            };
            let until = zone.instant(first + Days::new(DAYS_AHEAD), 0);
            let slots = offer.slots(zone.instant(first, 0), until);
            let mut days: Vec<(NaiveDate, Vec<Span>)> = Vec::new();
            let fits = |s: &Span| s.start != wanted.starts_at && !guests_busy.meets(s);
            for slot in slots.into_iter().filter(fits) {
                let day = zone.local(slot.start).date_naive();
                match days.last_mut() {
                    Some((last, slots)) if *last == day => slots.push(slot),
                    _ => days.push((day, vec![slot])),
                }
            }
            let has_more = days.len() > DAYS_SHOWN;
            days.truncate(DAYS_SHOWN);
            let later = has_more.then(|| days.last().map(|(day, _)| *day + Days::new(1)));
            Ok((days, later.flatten()))
        })
        .await?;
    let status = match &shown.problem {
        Some((status, _)) => *status,
        None if !problems.is_empty() || shown.warning.is_some() => StatusCode::UNPROCESSABLE_ENTITY,
        None => StatusCode::OK,
    };
    let moving = pages::Moving {
        meeting: &meeting,
        reader,
        days: &days,
        earlier: (first > today).then(|| (first - Days::new(DAYS_SHOWN as u64)).max(today)),
        later,
        to: shown
            .start
            .map(|start| Span::lasting(start, booking.span().length())),
        problem: shown.problem.map(|(_, text)| text),
        warning: shown.warning,
        typed: &shown.typed,
        problems,
        zone: &visitor.zone,
    };
    Ok(page(status, pages::moving(&visitor.chrome, &moving)))
}

async fn move_booking(
    app: Data<App>,
    form: Form,
    path: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let id = id_of(&path)?;
    let by = form.visitor.signed_in()?.id;
    app.limits.booking(by)?;
    let start = input::instant(form.fields.one("start")?).ok_or_else(|| {
        Error::bad_request(
            "start",
            "must be a date and time such as 2026-11-26T14:00:00Z",
        )
    })?;
    let is_sure = form.fields.is_ticked("sure");
    let now = app.now();
    let moved = app
        .transaction(move |tx| reschedule::reschedule(tx, id, by, start, is_sure))
        .await;
    let mut shown = Shown::default();
    match moved {
        Ok(booking) => {
            return Ok(see_other(
                &request,
                &bookings::path(&booking),
                (booking.updated_at == now).then_some(Notice::new(
                    "Moved. We are emailing an updated invitation to everybody in the session.",
                )), // The same time again changes nothing.
            ));
        }
        Err(MoveError::Unusual(refusal)) => {
            shown.start = Some(start);
            shown.warning = Some(refusal.to_string());
        }
        Err(MoveError::Book(error @ (BookError::Taken { .. } | BookError::GuestBusy))) => {
            shown.problem = Some((StatusCode::CONFLICT, error.to_string()));
        }
        Err(error @ MoveError::TheyAreBusy) => {
            shown.problem = Some((StatusCode::CONFLICT, error.to_string()));
        }
        Err(MoveError::Book(BookError::NotOffered(refusal))) => {
            shown.problem = Some((StatusCode::UNPROCESSABLE_ENTITY, refusal.to_string()));
        }
        Err(error) => return Err(error.into()),
    }
    show_move(&app, &form.visitor, id, shown, &Problems::default()).await
}
