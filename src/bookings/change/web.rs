//! Routes that change a booking: answer a request, move, cancel. Also for the links in mails, whose key
//! stands for signing in.

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Data, Path, ServiceConfig, get, post, resource},
};
use chrono::{DateTime, Days, NaiveDate, Utc};

use super::{
    ANSWER_LINK, CANCEL_LINK, ChangeError,
    answer::{self, Answer, SayError},
    cancel, pages,
    reschedule::{self, MoveError},
};
use crate::{
    app::App,
    bookings::{
        self, Meeting, Preparation, group,
        state::{self, Action, Actor},
        take::BookError,
        web::id_of,
    },
    db::{BookingId, PersonId},
    error::Error,
    html::{Notice, form::Fields},
    input::{self, Problems, Reader},
    keys::Purpose,
    people::visitor::{Form, Visitor, page, see_other},
    schedule::{Offer, Span, Spans},
    slots::{self, claims, editor::typed},
};

/// How many days with times are shown to choose from when moving, and how many are looked at.
const DAYS_SHOWN: usize = 5;
const DAYS_AHEAD: u64 = 28;

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(
            resource("/bookings/{id}/answer")
                .route(get().to(answer_page))
                .route(post().to(answer_request)),
        )
        .service(
            resource("/bookings/{id}/said")
                .route(get().to(say_page))
                .route(post().to(say_more)),
        )
        .service(
            resource("/bookings/{id}/move")
                .route(get().to(move_page))
                .route(post().to(move_booking)),
        )
        .service(
            resource("/bookings/{id}/cancel")
                .route(get().to(cancel_page))
                .route(post().to(cancel_booking)),
        );
}

/// Who acts: the one the mail's key belongs to, else who is signed in. Anybody else finds nothing.
async fn actor(
    app: &App,
    visitor: &Visitor,
    id: BookingId,
    purpose: Purpose,
    key: &str,
) -> Result<(Meeting, PersonId), Error> {
    if key.is_empty() {
        visitor.signed_in()?;
    }
    let meeting = app
        .read::<_, Error>(move |conn| bookings::store::meeting(conn, id)?.ok_or(Error::NotFound))
        .await?;
    let reader = match key {
        "" => visitor
            .person
            .as_ref()
            .map(|p| p.id)
            .filter(|id| meeting.booking.involves(*id)),
        key => cancel::key_owner(&app.keys, purpose, key, &meeting.booking),
    };
    let reader = reader.ok_or(Error::NotFound)?;
    let (own, _) = meeting.sides(reader);
    if own.standing == crate::people::Standing::Suspended {
        return Err(Error::NotFound);
    }
    Ok((meeting, reader))
}

/// None if `reader` may do it to that booking now; else the page that says why not.
fn refused(
    visitor: &Visitor,
    meeting: &Meeting,
    reader: PersonId,
    action: Action,
    now: DateTime<Utc>,
) -> Option<HttpResponse> {
    let side = Actor::of(reader, &meeting.booking).expect("a reader is one of the two");
    let reason = state::may(&meeting.booking, action, side, now).err()?;
    let markup = pages::cannot(&visitor.chrome, meeting, action, &reason.to_string());
    Some(page(StatusCode::CONFLICT, markup))
}

async fn answer_page(
    app: Data<App>,
    visitor: Visitor,
    path: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let query = Fields::parse(request.query_string())?;
    let key = query.one("key")?;
    show_answer(&app, &visitor, id_of(&path)?, key, "", &Problems::default()).await
}

/// The request with the host's day around it.
async fn show_answer(
    app: &App,
    visitor: &Visitor,
    id: BookingId,
    key: &str,
    note: &str,
    problems: &Problems,
) -> Result<HttpResponse, Error> {
    let (meeting, reader) = actor(app, visitor, id, ANSWER_LINK, key).await?;
    if let Some(refused) = refused(visitor, &meeting, reader, Action::Approve, app.now()) {
        return Ok(refused);
    }
    let zone = meeting.host.zone();
    let day = zone.local(meeting.booking.starts_at).date_naive();
    let day = Span::new(zone.instant(day, 0), zone.instant(day, 1440));
    let (host, now) = (meeting.host.id, app.now());
    let taken = app
        .read::<_, Error>(move |conn| {
            Ok(claims::store::taken_within(
                conn,
                &[host],
                day,
                now,
                Some(id),
            )?)
        })
        .await?;
    let claims = taken.claims.iter().map(|claim| (claim.span(), true));
    let busy = taken.busy.iter().map(|(_, span)| (*span, false));
    let mut around: Vec<(Span, bool)> = claims.chain(busy).collect();
    around.sort_unstable();
    let status = if problems.is_empty() {
        StatusCode::OK
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    let markup = pages::answer(&visitor.chrome, &meeting, &around, key, note, problems);
    Ok(page(status, markup))
}

async fn answer_request(
    app: Data<App>,
    form: Form,
    path: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let id = id_of(&path)?;
    let key = form.fields.one("key")?;
    let typed = form.fields.one("note")?;
    let (meeting, by) = actor(&app, &form.visitor, id, ANSWER_LINK, key).await?;
    app.limits.booking(by)?;
    let said = match form.fields.one("answer")? {
        "approve" => Answer::Approve,
        "decline" => Answer::Decline,
        "ask" => Answer::AskForMore,
        _ => {
            return Err(Error::bad_request(
                "answer",
                "must be approve, decline or ask",
            ));
        }
    };
    let mut reader = Reader::default();
    let note = said.note(&mut reader, typed);
    if !reader.problems.is_empty() {
        return show_answer(&app, &form.visitor, id, key, typed, &reader.problems).await;
    }
    match app
        .transaction(move |tx| answer::answer(tx, id, by, said, &note))
        .await
    {
        Ok(booking) if key.is_empty() => Ok(see_other(
            &request,
            &bookings::path(&booking),
            Some(Notice::new("Decision saved. We have emailed them.")),
        )),
        Ok(booking) => Ok(page(
            StatusCode::OK,
            pages::answered(&form.visitor.chrome, &Meeting { booking, ..meeting }, said),
        )),
        Err(ChangeError::Refused(reason)) => Ok(page(
            StatusCode::CONFLICT,
            pages::cannot(
                &form.visitor.chrome,
                &meeting,
                Action::Approve,
                &reason.to_string(),
            ),
        )),
        Err(error) => Err(error.into()),
    }
}

async fn say_page(
    app: Data<App>,
    visitor: Visitor,
    path: Path<String>,
) -> Result<HttpResponse, Error> {
    let id = id_of(&path)?;
    let (meeting, reader) = actor(&app, &visitor, id, ANSWER_LINK, "").await?;
    if let Some(refused) = refused(&visitor, &meeting, reader, Action::SayMore, app.now()) {
        return Ok(refused);
    }
    let booking = &meeting.booking;
    let said = Preparation {
        goals: booking.goals.clone(),
        help_wanted: booking.help_wanted.clone(),
        answers: booking.answers.0.clone(),
        material_link: booking.material_link.clone(),
    };
    let problems = Problems::default();
    let markup = pages::say_more(&visitor.chrome, &meeting, &said, &problems, &visitor.zone);
    Ok(page(StatusCode::OK, markup))
}

async fn say_more(
    app: Data<App>,
    form: Form,
    path: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let id = id_of(&path)?;
    let visitor = &form.visitor;
    let (meeting, by) = actor(&app, visitor, id, ANSWER_LINK, "").await?;
    app.limits.booking(by)?;
    let said = Preparation::read(&form.fields, &meeting.booking.questions.0)?;
    let wanted = said.clone();
    match app
        .transaction(move |tx| answer::say_more(tx, id, by, &wanted))
        .await
    {
        Ok(booking) => Ok(see_other(
            &request,
            &bookings::path(&booking),
            Some(Notice::SAVED),
        )),
        Err(SayError::Invalid(problems)) => {
            let zone = &visitor.zone;
            let markup = pages::say_more(&visitor.chrome, &meeting, &said, &problems, zone);
            Ok(page(StatusCode::UNPROCESSABLE_ENTITY, markup))
        }
        Err(SayError::Change(ChangeError::Refused(reason))) => {
            let reason = reason.to_string();
            let markup = pages::cannot(&visitor.chrome, &meeting, Action::SayMore, &reason);
            Ok(page(StatusCode::CONFLICT, markup))
        }
        Err(SayError::Change(error)) => Err(error.into()),
    }
}

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
        Some(start) => Some(start.parse().map_err(|_| {
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
        let reason = ChangeError::TooLate.to_string();
        let markup = pages::cannot(&visitor.chrome, &meeting, Action::Move, &reason);
        return Ok(page(StatusCode::CONFLICT, markup));
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
    let start: DateTime<Utc> = form.fields.one("start")?.parse().map_err(|_| {
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

async fn cancel_page(
    app: Data<App>,
    visitor: Visitor,
    path: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let query = Fields::parse(request.query_string())?;
    let key = query.one("key")?;
    let (meeting, reader) = actor(&app, &visitor, id_of(&path)?, CANCEL_LINK, key).await?;
    let now = app.now();
    if let Some(refused) = refused(&visitor, &meeting, reader, Action::Cancel, now) {
        return Ok(refused);
    }
    let asking = pages::Cancelling {
        meeting: &meeting,
        reader,
        key,
        reason: "",
        closes_time: true,
        problems: &Problems::default(),
        now,
    };
    Ok(page(
        StatusCode::OK,
        pages::cancel(&visitor.chrome, &asking),
    ))
}

async fn cancel_booking(
    app: Data<App>,
    form: Form,
    path: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let id = id_of(&path)?;
    let key = form.fields.one("key")?;
    let (mut meeting, by) = actor(&app, &form.visitor, id, CANCEL_LINK, key).await?;
    app.limits.booking(by)?;
    let typed = form.fields.one("reason")?;
    let mut reader = Reader::default();
    let reason = cancel::reason(&mut reader, typed);
    let now = app.now();
    let how = cancel::How {
        reason,
        is_late: form.fields.is_ticked("late"),
        // A mail's key is for cancelling alone.
        closes_time: key.is_empty() && form.fields.is_ticked("close"),
        ..cancel::How::default()
    };
    let closes_time = how.closes_time;
    let asking = |meeting: &Meeting, problems: &Problems, status| {
        let asking = pages::Cancelling {
            meeting,
            reader: by,
            key,
            reason: typed,
            closes_time,
            problems,
            now,
        };
        page(status, pages::cancel(&form.visitor.chrome, &asking))
    };
    if !reader.problems.is_empty() {
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        return Ok(asking(&meeting, &reader.problems, status));
    }
    match app
        .transaction(move |tx| cancel::cancel(tx, id, by, &how))
        .await
    {
        Ok(booking) if key.is_empty() => Ok(see_other(
            &request,
            &bookings::path(&booking),
            Some(Notice::new(pages::done(&booking, by))),
        )),
        Ok(booking) => {
            meeting.booking = booking;
            Ok(page(
                StatusCode::OK,
                pages::cancelled(&form.visitor.chrome, &meeting, by),
            ))
        }
        // The deadline passed while the page was open.
        Err(ChangeError::TooLate) => {
            Ok(asking(&meeting, &Problems::default(), StatusCode::CONFLICT))
        }
        Err(ChangeError::Refused(reason)) => Ok(page(
            StatusCode::CONFLICT,
            pages::cannot(
                &form.visitor.chrome,
                &meeting,
                Action::Cancel,
                &reason.to_string(),
            ),
        )),
        Err(error) => Err(error.into()),
    }
}
