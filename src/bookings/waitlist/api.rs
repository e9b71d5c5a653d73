//! The JSON API of the waitlist.

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Path},
};
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    NewWish, WishWindow, ask,
    rules::{AskedWish, FieldNames},
    store::{self, Listed},
};
use crate::{
    app::App,
    db::{BookingId, WishId},
    error::Error,
    html::form::Fields,
    input::Reader,
    json::{self, Json, Problem, endpoints::Endpoint},
    people::{Role, visitor::ApiCaller},
    schedule::{Window, Zone},
    slots::{
        ServiceKind,
        catalogue::{self, Catalogue},
        editor::api::WeeklyBody,
    },
};

pub fn endpoints() -> Vec<Endpoint> {
    crate::endpoints![list_wishes, create_wish, delete_wish]
}

/// What a student would book as soon as it is free.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateWish {
    /// A `kind` listed by `/api/v1/service-kinds`, for a session with any alumnus. Without it, `alumnus` and `service` are required.
    #[serde(default)]
    kind: Option<String>,
    /// The handle of one alumnus.
    #[serde(default)]
    alumnus: Option<String>,
    #[serde(default)]
    service: Option<String>,
    /// One of them is enough; empty for any topic.
    #[serde(default)]
    topics: Vec<String>,
    /// IANA zone of `weekly` and `until`.
    zone: String,
    weekly: Vec<WeeklyBody>,
    /// The last date, within 180 days.
    #[schema(value_type = String, format = Date)]
    until: NaiveDate,
}

/// A wish of the caller.
#[derive(Debug, Serialize, ToSchema)]
pub struct WishBody {
    id: WishId,
    kind: ServiceKind,
    /// The alumnus's name, where it is for one.
    alumnus_name: Option<String>,
    topics: Vec<String>,
    zone: String,
    weekly: Vec<WeeklyBody>,
    #[schema(value_type = String, format = Date)]
    until: NaiveDate,
    asked_at: DateTime<Utc>,
    ended_at: Option<DateTime<Utc>>,
    /// The booking that fulfilled it.
    booking: Option<BookingId>,
    /// What is held for it now; it can be booked at `/holds/{hold}`.
    offer: Option<OfferBody>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct OfferBody {
    hold: BookingId,
    start: DateTime<Utc>,
    expires_at: DateTime<Utc>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct WishesBody {
    waitlist: Vec<WishBody>,
}

impl WishBody {
    fn new(listed: Listed) -> Self {
        let wish = listed.wish;
        let window = |w: &WishWindow| {
            let (from, until) = (w.from, w.until);
            WeeklyBody::new(usize::from(w.day % 7), &Window { from, until })
        };
        Self {
            id: wish.id,
            kind: wish.kind,
            alumnus_name: listed.of.map(|(name, _)| name),
            topics: wish.topics.0,
            zone: wish.zone,
            weekly: wish.weekly.0.iter().map(window).collect(),
            until: wish.until_on,
            asked_at: wish.asked_at,
            ended_at: wish.ended_at,
            booking: wish.booking_id,
            offer: listed.held.map(|(hold, start, expires_at)| OfferBody {
                hold,
                start,
                expires_at,
            }),
        }
    }
}

impl CreateWish {
    fn checked(self, catalogue: &Catalogue, now: DateTime<Utc>) -> Result<NewWish, Error> {
        let mut reader = Reader::default();
        let zone = Zone::named(&self.zone).unwrap_or_else(|unknown| {
            reader.problems.add("zone", unknown.to_string());
            Zone::utc()
        });
        let of = match (self.alumnus, self.service) {
            (Some(alumnus), Some(service)) => Some((alumnus, service)),
            (None, None) => None,
            _ => {
                reader
                    .problems
                    .add("service", "and alumnus must be sent together");
                None
            }
        };
        let mut weekly = Vec::new();
        for body in &self.weekly {
            match body.weekday().zip(body.window()) {
                Some((day, window)) => weekly.push(WishWindow {
                    day: day as u8,
                    from: window.from,
                    until: window.until,
                }),
                None => {
                    let problem = "must be mon to sun, from HH:MM to a later HH:MM";
                    reader.problems.add("weekly", problem);
                    break;
                }
            }
        }
        let asked = AskedWish {
            of,
            kind: self.kind,
            topics: self.topics,
            zone,
            weekly,
            until_on: Some(self.until),
        };
        let names = FieldNames {
            kind: "kind",
            topics: "topics",
            weekly: "weekly",
            until_on: "until",
        };
        let checked = asked.checked(names, reader.problems, catalogue, now);
        checked.map_err(Error::Unprocessable)
    }
}

#[utoipa::path(get, path = "/api/v1/me/waitlist", tag = "waitlist", security(("token" = [])),
    responses((status = 200, body = WishesBody, description = "The caller’s wishes, open ones first"), (status = 401, body = Problem)))]
pub async fn list_wishes(
    app: Data<App>,
    caller: ApiCaller,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    json::only(&Fields::parse(request.query_string())?, &[])?;
    let (guest, now) = (caller.person.id, app.now());
    let wishes = app
        .read::<_, Error>(move |conn| Ok(store::listed(conn, guest, now)?))
        .await?;
    let waitlist = wishes.into_iter().map(WishBody::new).collect();
    Ok(HttpResponse::Ok().json(WishesBody { waitlist }))
}

#[utoipa::path(post, path = "/api/v1/me/waitlist", tag = "waitlist", security(("token" = [])), request_body = CreateWish,
    responses((status = 201, body = WishBody), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 422, body = Problem, description = "`too_many_wishes`, or invalid fields")))]
pub async fn create_wish(
    app: Data<App>,
    caller: ApiCaller,
    body: Json<CreateWish>,
) -> Result<HttpResponse, Error> {
    let guest = caller.person.having(Role::Student)?.id;
    app.limits.booking(guest)?;
    let now = app.now();
    let catalogue = app
        .read::<_, Error>(|conn| Ok(catalogue::store::all(conn)?))
        .await?;
    let wanted = body.0.checked(&catalogue, now)?;
    let wish = app
        .transaction(move |tx| ask::ask(tx, guest, &wanted))
        .await?;
    let listed = Listed {
        wish,
        of: None,
        held: None,
    };
    Ok(HttpResponse::Created().json(WishBody::new(listed)))
}

#[utoipa::path(delete, path = "/api/v1/me/waitlist/{id}", tag = "waitlist", security(("token" = [])), params(("id" = String, Path)),
    responses((status = 204, description = "Removed; what was held for it goes to the next person"), (status = 401, body = Problem), (status = 404, body = Problem)))]
pub async fn delete_wish(
    app: Data<App>,
    caller: ApiCaller,
    path: Path<String>,
) -> Result<HttpResponse, Error> {
    let guest = caller.person.id;
    let id: WishId = path.parse().map_err(|_| Error::NotFound)?;
    app.transaction(move |tx| ask::withdraw(tx, id, guest))
        .await?;
    Ok(HttpResponse::NoContent().finish())
}
