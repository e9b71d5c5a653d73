//! The JSON API about one's own availability and services.

use std::collections::BTreeMap;

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use chrono::{DateTime, Datelike, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::typed;
use crate::{
    app::App,
    error::Error,
    input::{self, Problems, Reader},
    json::{Json, Problem, endpoints::Endpoint},
    people::{Role, visitor::ApiCaller},
    schedule::{Rules, Span, Window, Zone},
    slots::{
        self, HostPolicy, Question,
        api::ServiceBody,
        availability::{self, Whole},
        rules::{Availability, LimitsDraft, ServiceDraft, WEEKDAYS},
        service,
    },
};

pub fn endpoints() -> Vec<Endpoint> {
    crate::endpoints![get_availability, put_availability, put_service]
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WeeklyBody {
    /// `mon` to `sun`.
    day: String,
    /// `HH:MM`.
    from: String,
    /// `HH:MM`, up to `24:00`.
    until: String,
}

impl WeeklyBody {
    /// A window of a weekday, 0 Monday to 6 Sunday.
    pub fn new(day: usize, window: &Window) -> Self {
        Self {
            day: WEEKDAYS[day].0.into(),
            from: typed::show_time(window.from),
            until: typed::show_time(window.until),
        }
    }

    /// The weekday, 0 Monday to 6 Sunday; None for an unknown word.
    pub fn weekday(&self) -> Option<usize> {
        WEEKDAYS.iter().position(|(word, _)| *word == self.day)
    }

    /// None unless it goes from `HH:MM` to a later one.
    pub fn window(&self) -> Option<Window> {
        typed::exact_window(&self.from, &self.until)
    }
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WindowBody {
    from: String,
    until: String,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OverrideBody {
    #[schema(value_type = String, format = Date)]
    date: String,
    /// Empty if the host is not available on this date.
    windows: Vec<WindowBody>,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OneOffBody {
    #[schema(value_type = String, format = DateTime)]
    start: DateTime<Utc>,
    #[schema(value_type = String, format = DateTime)]
    end: DateTime<Utc>,
}

/// Everything that says when a host can be booked.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AvailabilityBody {
    /// IANA zone of the weekly hours and overrides.
    zone: String,
    #[serde(default)]
    weekly: Vec<WeeklyBody>,
    #[serde(default)]
    overrides: Vec<OverrideBody>,
    #[serde(default)]
    one_off: Vec<OneOffBody>,
    #[serde(default)]
    buffer_before_minutes: i64,
    #[serde(default)]
    buffer_after_minutes: i64,
    #[serde(default = "default_notice")]
    minimum_notice_minutes: i64,
    #[serde(default = "default_horizon")]
    horizon_days: i64,
    #[serde(default)]
    max_per_day: Option<i64>,
    #[serde(default)]
    max_per_week: Option<i64>,
    /// Sessions a month that the host would like; they appear higher in the list until they reach it.
    #[serde(default)]
    wished_per_month: Option<i64>,
}

fn default_notice() -> i64 {
    HostPolicy::default().minimum_notice_minutes.into()
}

fn default_horizon() -> i64 {
    HostPolicy::default().horizon_days.into()
}

impl AvailabilityBody {
    fn of(zone: &Zone, rules: &Rules, policy: &HostPolicy) -> Self {
        let window = |w: &Window| WindowBody {
            from: typed::show_time(w.from),
            until: typed::show_time(w.until),
        };
        let weekly = rules
            .weekly
            .iter()
            .enumerate()
            .flat_map(|(day, windows)| windows.iter().map(move |w| WeeklyBody::new(day, w)));
        let overrides = rules.overrides.iter().map(|(date, windows)| OverrideBody {
            date: date.to_string(),
            windows: windows.iter().map(window).collect(),
        });
        Self {
            zone: zone.name().into(),
            weekly: weekly.collect(),
            overrides: overrides.collect(),
            one_off: rules
                .one_off
                .iter()
                .map(|s| OneOffBody {
                    start: s.start,
                    end: s.end,
                })
                .collect(),
            buffer_before_minutes: policy.buffer_before_minutes.into(),
            buffer_after_minutes: policy.buffer_after_minutes.into(),
            minimum_notice_minutes: policy.minimum_notice_minutes.into(),
            horizon_days: policy.horizon_days.into(),
            max_per_day: policy.max_per_day.map(Into::into),
            max_per_week: policy.max_per_week.map(Into::into),
            wished_per_month: policy.wished_per_month.map(Into::into),
        }
    }

    fn checked(&self) -> Result<Whole, Problems> {
        let mut reader = Reader::default();
        let problems = &mut reader.problems;
        let zone = match Zone::named(&self.zone) {
            Ok(zone) => zone.name().to_owned(),
            Err(unknown) => {
                problems.add("zone", unknown.to_string());
                String::new()
            }
        };
        let weekly = self.checked_weekly(problems);
        let overrides = self.checked_overrides(problems);
        let one_off = self.checked_one_off(problems);
        let limits = LimitsDraft {
            buffer_before_minutes: Some(self.buffer_before_minutes),
            buffer_after_minutes: Some(self.buffer_after_minutes),
            minimum_notice_minutes: self.minimum_notice_minutes,
            horizon_days: Some(self.horizon_days),
            max_per_day: self.max_per_day,
            max_per_week: self.max_per_week,
            wished_per_month: self.wished_per_month,
        };
        let policy = limits.checked(&mut reader);
        let availability = Availability { weekly, policy };
        reader.problems.or(Whole {
            zone,
            availability,
            overrides,
            one_off,
        })
    }

    fn checked_weekly(&self, problems: &mut Problems) -> [Vec<Window>; 7] {
        let mut weekly: [Vec<Window>; 7] = Default::default();
        let mut has_unknown = false;
        for body in &self.weekly {
            match body.weekday() {
                Some(day) => {
                    weekly[day].extend(window("weekly", &body.from, &body.until, problems));
                }
                None => has_unknown = true,
            }
        }
        if has_unknown {
            problems.add("weekly", "must have only days from mon to sun");
        }
        are_few("weekly", weekly.iter(), problems);
        weekly
    }

    fn checked_overrides(&self, problems: &mut Problems) -> BTreeMap<NaiveDate, Vec<Window>> {
        let mut overrides: BTreeMap<NaiveDate, Vec<Window>> = BTreeMap::new();
        let (mut has_odd, mut has_twice) = (false, false);
        for body in &self.overrides {
            let windows = body
                .windows
                .iter()
                .filter_map(|w| window("overrides", &w.from, &w.until, problems))
                .collect();
            match input::date(&body.date) {
                Some(date) => has_twice |= overrides.insert(date, windows).is_some(),
                None => has_odd = true,
            }
        }
        if has_odd {
            problems.add("overrides", "must have only dates that exist");
        }
        if has_twice {
            problems.add("overrides", "must name each date once");
        }
        are_few("overrides", overrides.values(), problems);
        overrides
    }

    fn checked_one_off(&self, problems: &mut Problems) -> Vec<Span> {
        let spans = self.one_off.iter().map(|b| Span::new(b.start, b.end));
        let one_off: Vec<Span> = spans.collect();
        let is_odd = |span: &Span| {
            span.is_empty()
                || span.length() > chrono::TimeDelta::hours(24)
                || !(1..=9999).contains(&span.start.year())
        };
        if one_off.iter().any(is_odd) {
            problems.add(
                "one_off",
                "must end after it starts, within 24 hours, in the years 1 to 9999",
            );
        }
        one_off
    }
}

fn window(field: &str, from: &str, until: &str, problems: &mut Problems) -> Option<Window> {
    let window = typed::exact_window(from, until);
    if window.is_none() {
        problems.add(
            field,
            "must go from HH:MM to a later HH:MM, 24:00 at the latest",
        );
    }
    window
}

/// Says so if some day has more windows than a day may have.
fn are_few<'a>(
    field: &str,
    mut days: impl Iterator<Item = &'a Vec<Window>>,
    problems: &mut Problems,
) {
    if days.any(|windows| windows.len() > typed::MOST_WINDOWS) {
        problems.add(field, typed::too_many_windows());
    }
}

async fn stored_availability(
    app: &App,
    id: crate::db::PersonId,
) -> Result<AvailabilityBody, Error> {
    let now = app.now();
    app.read::<_, Error>(move |conn| {
        let host = slots::store::own(conn, id)?;
        let rules = slots::store::rules_of(conn, &host, now)?;
        Ok(AvailabilityBody::of(&rules.zone, &rules, &host.policy))
    })
    .await
}

#[utoipa::path(get, path = "/api/v1/me/availability", tag = "me", security(("token" = [])),
    responses((status = 200, body = AvailabilityBody), (status = 401, body = Problem), (status = 403, body = Problem)))]
pub async fn get_availability(app: Data<App>, caller: ApiCaller) -> Result<HttpResponse, Error> {
    let id = caller.person.having(Role::Alumnus)?.id;
    Ok(HttpResponse::Ok().json(stored_availability(&app, id).await?))
}

#[utoipa::path(put, path = "/api/v1/me/availability", tag = "me", security(("token" = [])), request_body = AvailabilityBody,
    responses((status = 200, body = AvailabilityBody, description = "As it is stored; past dates and times are left out"),
        (status = 400, body = Problem), (status = 401, body = Problem), (status = 403, body = Problem), (status = 422, body = Problem)))]
pub async fn put_availability(
    app: Data<App>,
    caller: ApiCaller,
    body: Json<AvailabilityBody>,
) -> Result<HttpResponse, Error> {
    let id = caller.person.having(Role::Alumnus)?.id;
    let whole = body.0.checked().map_err(Error::Unprocessable)?;
    app.transaction(move |tx| availability::replace(tx, id, &whole))
        .await?;
    Ok(HttpResponse::Ok().json(stored_availability(&app, id).await?))
}

/// A service as its owner puts it.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PutService {
    /// A `kind` listed by `/api/v1/service-kinds`.
    kind: String,
    #[serde(default)]
    title: String,
    #[serde(default)]
    description: String,
    #[schema(minimum = 30, maximum = 60)]
    duration_minutes: i64,
    /// The duration if not given.
    #[schema(minimum = 5, maximum = 240)]
    increment_minutes: Option<i64>,
    #[serde(default)]
    location: String,
    /// A booking is a request that the alumnus answers.
    #[serde(default)]
    approval: bool,
    /// How long the time is held for a request.
    #[serde(default = "two_days")]
    #[schema(minimum = 1, maximum = 168)]
    answer_within_hours: i64,
    /// How long before the start a session can be moved, or cancelled without counting as late.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 168)]
    change_notice_hours: i64,
    /// How many students share one session; null for one student. Not together with `approval`.
    #[serde(default)]
    #[schema(minimum = 2, maximum = 30)]
    seats: Option<i64>,
    #[serde(default)]
    questions: Vec<Question>,
    #[serde(default)]
    needs_file: bool,
    #[serde(default = "yes")]
    active: bool,
}

fn yes() -> bool {
    true
}

fn two_days() -> i64 {
    48
}

impl PutService {
    fn draft(&self) -> ServiceDraft {
        ServiceDraft {
            kind: self.kind.clone(),
            title: self.title.clone(),
            description: self.description.clone(),
            duration_minutes: Some(self.duration_minutes),
            increment_minutes: self.increment_minutes,
            location: self.location.clone(),
            needs_file: self.needs_file,
            approval: self.approval,
            answer_within_hours: Some(self.answer_within_hours),
            change_notice_hours: Some(self.change_notice_hours),
            seats: self.seats,
            questions: self.questions.clone(),
        }
    }
}

#[utoipa::path(put, path = "/api/v1/me/services/{service}", tag = "me", security(("token" = [])),
    params(("service" = String, Path, description = "Lower-case letters, digits and hyphens, at most 40")),
    request_body = PutService,
    responses((status = 200, body = ServiceBody), (status = 400, body = Problem), (status = 401, body = Problem),
        (status = 403, body = Problem), (status = 422, body = Problem)))]
pub async fn put_service(
    app: Data<App>,
    caller: ApiCaller,
    slug: Path<String>,
    body: Json<PutService>,
) -> Result<HttpResponse, Error> {
    let id = caller.person.having(Role::Alumnus)?.id;
    let slug = slug.into_inner();
    if slug.is_empty() || slug != input::slug(&slug) || slug == "new" {
        return Err(Error::unprocessable(
            "service",
            "must be lower-case letters, digits and hyphens, at most 40, and not “new”",
        ));
    }
    let body = body.0;
    let stored = app
        .transaction(move |tx| service::save(tx, id, Some(&slug), body.draft(), body.active))
        .await?;
    Ok(HttpResponse::Ok().json(ServiceBody::for_owner(&stored)))
}
