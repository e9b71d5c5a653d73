//! The JSON API about bookings.

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Path},
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    Meeting, Preparation, Status,
    book::{self, NewBooking},
    change::{
        answer::{self, Answer, SayError},
        cancel, reschedule,
    },
    store,
    web::{id_of, invitation},
};
use crate::{
    app::App,
    db::{BookingId, Conn, Paging, PersonId},
    error::Error,
    html::form::Fields,
    input::Reader,
    json::{self, Json, Problem, endpoints::Endpoint},
    keys,
    people::visitor::ApiCaller,
    slots,
};

pub fn endpoints() -> Vec<Endpoint> {
    crate::endpoints![
        list_bookings,
        get_booking,
        create_booking,
        cancel_booking,
        reschedule_booking,
        approve_booking,
        decline_booking,
        ask_for_more,
        say_more,
        get_invite
    ]
}

/// A booking of the caller.
#[derive(Debug, Serialize, ToSchema)]
pub struct BookingBody {
    id: BookingId,
    status: Status,
    start: DateTime<Utc>,
    end: DateTime<Utc>,
    /// The handle of the alumnus.
    alumnus: String,
    alumnus_name: String,
    /// The name of the student.
    student: String,
    service: String,
    service_title: String,
    location: String,
    goals: String,
    help_wanted: String,
    answers: Vec<String>,
    sequence: i32,
    /// The UID of the calendar event.
    uid: String,
    /// How many students share the session; null for one student.
    seats: Option<i16>,
    created_at: DateTime<Utc>,
    cancelled_at: Option<DateTime<Utc>>,
    cancel_reason: String,
    /// Whether it was cancelled after the deadline.
    cancelled_late: bool,
    /// The deadline for moving it, or for cancelling it without counting as late.
    deadline: DateTime<Utc>,
    /// The time is held for a request until then.
    answer_by: Option<DateTime<Utc>>,
    /// What the alumnus wants to know before answering.
    asked_for_more: String,
    /// Who did not attend, once that is settled: `alumnus` or `student`.
    absent: Option<&'static str>,
    /// Whether the two disagree about how it went, so that a coordinator decides.
    disputed: bool,
}

impl BookingBody {
    fn new(meeting: Meeting, service: String) -> Self {
        let Meeting {
            booking,
            settlement,
            host,
            host_handle,
            guest,
        } = meeting;
        Self {
            deadline: booking.deadline(),
            uid: booking.uid(),
            absent: settlement.absent.map(|absent| {
                if absent == booking.host_id {
                    "alumnus"
                } else {
                    "student"
                }
            }),
            disputed: settlement.is_disputed(),
            id: booking.id,
            status: booking.status,
            start: booking.starts_at,
            end: booking.ends_at,
            alumnus: host_handle,
            alumnus_name: host.name,
            student: guest.name,
            service,
            service_title: booking.service_title,
            location: booking.location,
            goals: booking.goals,
            help_wanted: booking.help_wanted,
            answers: booking.answers.0,
            cancelled_late: booking.cancelled_late,
            answer_by: booking
                .hold_expires_at
                .filter(|_| booking.status == Status::Pending),
            sequence: booking.sequence,
            seats: booking.seats,
            created_at: booking.created_at,
            cancelled_at: booking.cancelled_at,
            cancel_reason: booking.cancel_reason,
            asked_for_more: booking.asked_for_more,
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub struct BookingsBody {
    bookings: Vec<BookingBody>,
    next_cursor: Option<String>,
}

/// The caller's booking as JSON; anybody else's, and a hold, is not found.
pub fn load(conn: &mut Conn, id: BookingId, caller: PersonId) -> Result<BookingBody, Error> {
    let meeting = store::meeting_of_person(conn, id, caller)?;
    if !meeting.booking.is_event() {
        return Err(Error::NotFound);
    }
    let service =
        slots::store::service(conn, meeting.booking.service_id)?.ok_or(Error::NotFound)?;
    Ok(BookingBody::new(meeting, service.slug))
}

#[utoipa::path(get, path = "/api/v1/bookings", tag = "bookings", security(("token" = [])),
    params(("limit" = Option<i64>, Query, minimum = 1, maximum = 200), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = BookingsBody, description = "The caller’s bookings, soonest first"),
        (status = 400, body = Problem), (status = 401, body = Problem)))]
pub async fn list_bookings(
    app: Data<App>,
    caller: ApiCaller,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let query = Fields::parse(request.query_string())?;
    json::only(&query, &["limit", "cursor"])?;
    let paging = Paging::read(&query, 50, 200)?;
    let id = caller.person.id;
    let mut meetings = app
        .read::<_, Error>(move |conn| {
            Ok(store::meetings_page(
                conn,
                id,
                paging.limit + 1,
                paging.offset,
            )?)
        })
        .await?;
    let has_more = meetings.len() as i64 > paging.limit;
    meetings.truncate(paging.limit as usize);
    let bookings = meetings
        .into_iter()
        .map(|(meeting, slug)| BookingBody::new(meeting, slug))
        .collect();
    Ok(HttpResponse::Ok().json(BookingsBody {
        bookings,
        next_cursor: has_more.then(|| paging.next()),
    }))
}

#[utoipa::path(get, path = "/api/v1/bookings/{id}", tag = "bookings", security(("token" = [])),
    params(("id" = String, Path)),
    responses((status = 200, body = BookingBody), (status = 401, body = Problem), (status = 404, body = Problem)))]
pub async fn get_booking(
    app: Data<App>,
    caller: ApiCaller,
    path: Path<String>,
) -> Result<HttpResponse, Error> {
    let (id, caller) = (id_of(&path)?, caller.person.id);
    Ok(HttpResponse::Ok().json(app.read(move |conn| load(conn, id, caller)).await?))
}

/// What a student asks for.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateBooking {
    /// The handle of the alumnus.
    alumnus: String,
    service: String,
    #[schema(value_type = String, format = DateTime)]
    start: DateTime<Utc>,
    goals: String,
    #[serde(default)]
    help_wanted: String,
    /// One per question of the service, in order.
    #[serde(default)]
    answers: Vec<String>,
}

#[utoipa::path(post, path = "/api/v1/bookings", tag = "bookings", security(("token" = [])), request_body = CreateBooking,
    params(("Idempotency-Key" = Option<String>, Header, description = "Up to 200 visible characters. The same key again gets the same answer")),
    responses((status = 201, body = BookingBody), (status = 400, body = Problem), (status = 401, body = Problem),
        (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 409, body = Problem, description = "`slot_taken` with three `alternatives`, or `guest_busy`"),
        (status = 422, body = Problem, description = "`not_offered`, or invalid fields"), (status = 429, body = Problem)))]
pub async fn create_booking(
    app: Data<App>,
    caller: ApiCaller,
    body: Json<CreateBooking>,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let guest = caller.person.id;
    app.limits.booking(guest)?;
    let body = body.0;
    let key = match request.headers().get("idempotency-key") {
        None => None,
        Some(value) => {
            let key = value
                .to_str()
                .ok()
                .map(str::trim)
                .filter(|k| (1..=200).contains(&k.len()));
            let key = key.ok_or_else(|| {
                Error::bad_request("Idempotency-Key", "must be 1 to 200 visible characters")
            })?;
            let request = serde_json::to_vec(&body).map_err(|e| Error::Internal(e.to_string()))?;
            // Keys of the API must not meet those that the site makes for itself.
            Some((format!("api {key}"), keys::sha256(&request).to_vec()))
        }
    };
    let created = app
        .transaction(move |conn| {
            let said = Preparation {
                goals: body.goals.clone(),
                help_wanted: body.help_wanted.clone(),
                answers: body.answers.clone(),
                material_link: String::new(),
            };
            let wanted = NewBooking {
                alumnus: body.alumnus.clone(),
                service: body.service.clone(),
                start: body.start,
                said,
                key: key.clone(),
            };
            let meeting = book::book(conn, guest, &wanted)?;
            Ok::<_, crate::bookings::take::BookError>(BookingBody::new(
                meeting,
                body.service.clone(),
            ))
        })
        .await?;
    Ok(HttpResponse::Created()
        .insert_header(("Location", format!("/api/v1/bookings/{}", created.id)))
        .json(created))
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CancelBooking {
    #[serde(default)]
    reason: String,
    /// Cancel even after the deadline, which counts as late.
    #[serde(default)]
    late: bool,
    /// For the alumnus: do not offer the time to anybody else. It is taken out of the hours of that date.
    #[serde(default)]
    close: bool,
}

#[utoipa::path(post, path = "/api/v1/bookings/{id}/cancel", tag = "bookings", security(("token" = [])),
    params(("id" = String, Path)), request_body = CancelBooking,
    responses((status = 200, body = BookingBody), (status = 401, body = Problem), (status = 404, body = Problem),
        (status = 409, body = Problem, description = "`wrong_state`, or `too_late` without `late`"), (status = 422, body = Problem)))]
pub async fn cancel_booking(
    app: Data<App>,
    caller: ApiCaller,
    path: Path<String>,
    body: Json<CancelBooking>,
) -> Result<HttpResponse, Error> {
    let (id, by) = (id_of(&path)?, caller.person.id);
    app.limits.booking(by)?;
    let mut reader = Reader::default();
    let reason = cancel::reason(&mut reader, &body.0.reason);
    let reason = reader.problems.or(reason).map_err(Error::Unprocessable)?;
    let how = cancel::How {
        reason,
        is_late: body.0.late,
        closes_time: body.0.close,
        ..cancel::How::default()
    };
    app.transaction(move |tx| cancel::cancel(tx, id, by, &how))
        .await?;
    Ok(HttpResponse::Ok().json(app.read(move |conn| load(conn, id, by)).await?))
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RescheduleBooking {
    start: DateTime<Utc>,
    /// For the alumnus: move it even outside their own hours and minimum notice.
    #[serde(default)]
    sure: bool,
}

#[utoipa::path(post, path = "/api/v1/bookings/{id}/reschedule", tag = "bookings", security(("token" = [])),
    params(("id" = String, Path)), request_body = RescheduleBooking,
    responses((status = 200, body = BookingBody), (status = 401, body = Problem), (status = 404, body = Problem),
        (status = 409, body = Problem, description = "`wrong_state`, `too_late`, `slot_taken` or `guest_busy`"),
        (status = 422, body = Problem, description = "`not_offered`, or `unusual_time` without `sure`")))]
pub async fn reschedule_booking(
    app: Data<App>,
    caller: ApiCaller,
    path: Path<String>,
    body: Json<RescheduleBooking>,
) -> Result<HttpResponse, Error> {
    let (id, by) = (id_of(&path)?, caller.person.id);
    app.limits.booking(by)?;
    let RescheduleBooking { start, sure, .. } = body.0;
    app.transaction(move |tx| reschedule::reschedule(tx, id, by, start, sure))
        .await?;
    Ok(HttpResponse::Ok().json(app.read(move |conn| load(conn, id, by)).await?))
}

#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AnswerBooking {
    /// A message to the student.
    #[serde(default)]
    note: String,
}

#[utoipa::path(post, path = "/api/v1/bookings/{id}/approve", tag = "bookings", security(("token" = [])),
    params(("id" = String, Path)), request_body = AnswerBooking,
    responses((status = 200, body = BookingBody), (status = 401, body = Problem), (status = 404, body = Problem),
        (status = 409, body = Problem, description = "`wrong_state`"), (status = 422, body = Problem)))]
pub async fn approve_booking(
    app: Data<App>,
    caller: ApiCaller,
    path: Path<String>,
    body: Json<AnswerBooking>,
) -> Result<HttpResponse, Error> {
    answer_booking(&app, &caller, &path, body.0, Answer::Approve).await
}

#[utoipa::path(post, path = "/api/v1/bookings/{id}/decline", tag = "bookings", security(("token" = [])),
    params(("id" = String, Path)), request_body = AnswerBooking,
    responses((status = 200, body = BookingBody), (status = 401, body = Problem), (status = 404, body = Problem),
        (status = 409, body = Problem, description = "`wrong_state`"), (status = 422, body = Problem)))]
pub async fn decline_booking(
    app: Data<App>,
    caller: ApiCaller,
    path: Path<String>,
    body: Json<AnswerBooking>,
) -> Result<HttpResponse, Error> {
    answer_booking(&app, &caller, &path, body.0, Answer::Decline).await
}

#[utoipa::path(post, path = "/api/v1/bookings/{id}/ask-for-more", tag = "bookings", security(("token" = [])),
    params(("id" = String, Path)), request_body = AnswerBooking,
    responses((status = 200, body = BookingBody, description = "The time is held for as long again"), (status = 401, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem, description = "`wrong_state`"), (status = 422, body = Problem, description = "Without a note")))]
pub async fn ask_for_more(
    app: Data<App>,
    caller: ApiCaller,
    path: Path<String>,
    body: Json<AnswerBooking>,
) -> Result<HttpResponse, Error> {
    answer_booking(&app, &caller, &path, body.0, Answer::AskForMore).await
}

/// What a student adds to a request; it replaces what was said before.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SayMore {
    goals: String,
    #[serde(default)]
    help_wanted: String,
    /// One per question of the service, in order.
    #[serde(default)]
    answers: Vec<String>,
    #[serde(default)]
    material_link: String,
}

#[utoipa::path(post, path = "/api/v1/bookings/{id}/say-more", tag = "bookings", security(("token" = [])),
    params(("id" = String, Path)), request_body = SayMore,
    responses((status = 200, body = BookingBody), (status = 401, body = Problem), (status = 404, body = Problem),
        (status = 409, body = Problem, description = "`wrong_state`"), (status = 422, body = Problem)))]
pub async fn say_more(
    app: Data<App>,
    caller: ApiCaller,
    path: Path<String>,
    body: Json<SayMore>,
) -> Result<HttpResponse, Error> {
    let (id, by) = (id_of(&path)?, caller.person.id);
    app.limits.booking(by)?;
    let body = body.0;
    let said = Preparation {
        goals: body.goals,
        help_wanted: body.help_wanted,
        answers: body.answers,
        material_link: body.material_link,
    };
    app.transaction(move |tx| answer::say_more(tx, id, by, &said))
        .await
        .map_err(|error| match error {
            SayError::Change(error) => Error::from(error),
            SayError::Invalid(problems) => Error::Unprocessable(problems),
        })?;
    Ok(HttpResponse::Ok().json(app.read(move |conn| load(conn, id, by)).await?))
}

async fn answer_booking(
    app: &App,
    caller: &ApiCaller,
    path: &str,
    body: AnswerBooking,
    said: Answer,
) -> Result<HttpResponse, Error> {
    let (id, by) = (id_of(path)?, caller.person.id);
    app.limits.booking(by)?;
    let mut reader = Reader::default();
    let note = said.note(&mut reader, &body.note);
    let note = reader.problems.or(note).map_err(Error::Unprocessable)?;
    app.transaction(move |tx| answer::answer(tx, id, by, said, &note))
        .await?;
    Ok(HttpResponse::Ok().json(app.read(move |conn| load(conn, id, by)).await?))
}

#[utoipa::path(get, path = "/api/v1/bookings/{id}/invite.ics", tag = "bookings", security(("token" = [])),
    params(("id" = String, Path)),
    responses((status = 200, content_type = "text/calendar", body = String), (status = 401, body = Problem), (status = 404, body = Problem)))]
pub async fn get_invite(
    app: Data<App>,
    caller: ApiCaller,
    path: Path<String>,
) -> Result<HttpResponse, Error> {
    invitation(&app, id_of(&path)?, caller.person.id).await
}
