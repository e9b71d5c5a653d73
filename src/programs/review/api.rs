//! The JSON API of those who run a program: a cohort, its applications, decisions and the release of results.

use std::collections::BTreeSet;

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Path},
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    reading::read_by,
    rules::Filter,
    store::{self, Row},
};
use crate::{
    app::App,
    db::{ApplicationId, Paging},
    error::Error,
    html::form::Fields,
    json::{self, Json, Problem, endpoints::Endpoint},
    people::{
        audit::{AuditAction, record},
        visitor::ApiCaller,
    },
    programs::{
        application::{Answers, CohortRole, Decision, store as applications},
        phase::Phase,
        selection::{
            decide::{self, MOST},
            release,
        },
        staff::{
            StaffRole,
            access::{CohortAccess, cohort_of},
        },
    },
};

pub fn endpoints() -> Vec<Endpoint> {
    crate::endpoints![
        show_cohort,
        list_cohort_applications,
        decide_applications,
        release_results
    ]
}

/// A cohort as those see it who run it.
#[derive(Debug, Serialize, ToSchema)]
pub struct CohortDesk {
    program: String,
    cohort: String,
    name: String,
    phase: Phase,
    /// When the results go out by themselves.
    release_at: Option<DateTime<Utc>>,
    released_at: Option<DateTime<Utc>>,
    mentees: Counts,
    mentors: Counts,
}

/// How many applications are how far.
#[derive(Debug, Serialize, ToSchema)]
pub struct Counts {
    started: i64,
    received: i64,
    undecided: i64,
    selected: i64,
    offered: i64,
    wait_listed: i64,
    not_selected: i64,
    withdrawn: i64,
    /// None: no limit.
    seats: Option<i32>,
}

impl Counts {
    fn new(funnel: &applications::Funnel, seats: Option<i32>) -> Self {
        Self {
            started: funnel.started,
            received: funnel.received,
            undecided: funnel.undecided,
            selected: funnel.selected,
            offered: funnel.offered,
            wait_listed: funnel.wait_listed,
            not_selected: funnel.not_selected,
            withdrawn: funnel.withdrawn,
            seats,
        }
    }
}

/// An application as those see it who run the program.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReceivedApplication {
    id: ApplicationId,
    /// None where names are hidden.
    name: Option<String>,
    email: Option<String>,
    role: CohortRole,
    submitted_at: DateTime<Utc>,
    decision: Option<Decision>,
    /// On the wait-list.
    place: Option<i32>,
    /// The mean of the reviews, in percent.
    score: Option<i32>,
    tags: Vec<String>,
    /// Why it is not plain that they may apply.
    doubts: Vec<String>,
    /// Those that you may read.
    answers: Answers,
}

/// A page of them.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReceivedApplications {
    applications: Vec<ReceivedApplication>,
    next_cursor: Option<String>,
}

/// A decision about several applications.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Decisions {
    applications: Vec<ApplicationId>,
    /// `selected`, `wait_listed` or `not_selected`; none: no decision.
    decision: Option<Decision>,
}

/// What came of it.
#[derive(Debug, Serialize, ToSchema)]
pub struct Decided {
    /// How many applications were decided about.
    decided: usize,
}

/// What went out.
#[derive(Debug, Serialize, ToSchema)]
pub struct Released {
    /// How many hear.
    letters: usize,
}

async fn open(
    app: &App,
    caller: &ApiCaller,
    path: &(String, String),
    needed: StaffRole,
) -> Result<CohortAccess, Error> {
    cohort_of(app, &caller.person, (&path.0, &path.1), needed).await
}

#[utoipa::path(get, path = "/api/v1/programs/{slug}/cohorts/{cohort}", tag = "programs", security(("token" = [])),
    params(("slug" = String, Path, description = "The slug of the program"), ("cohort" = String, Path, description = "The slug of the cohort")),
    responses((status = 200, body = CohortDesk), (status = 404, body = Problem, description = "Also to whoever does not run it")))]
pub async fn show_cohort(
    caller: ApiCaller,
    app: Data<App>,
    path: Path<(String, String)>,
) -> Result<HttpResponse, Error> {
    let access = open(&app, &caller, &path, StaffRole::Reader).await?;
    let cohort = access.cohort;
    let id = cohort.id;
    let [mentees, mentors] = app
        .read::<_, Error>(move |conn| Ok(applications::funnel(conn, id)?))
        .await?;
    Ok(HttpResponse::Ok().json(CohortDesk {
        program: access.program.slug,
        phase: cohort.phase(app.now()),
        release_at: cohort.release_at.filter(|_| cohort.released_at.is_none()),
        released_at: cohort.released_at,
        mentees: Counts::new(&mentees, cohort.mentee_seats),
        mentors: Counts::new(&mentors, cohort.mentor_seats),
        cohort: cohort.slug,
        name: cohort.name,
    }))
}

#[utoipa::path(get, path = "/api/v1/programs/{slug}/cohorts/{cohort}/applications", tag = "programs", security(("token" = [])),
    params(("slug" = String, Path, description = "The slug of the program"), ("cohort" = String, Path, description = "The slug of the cohort"),
        ("role" = Option<CohortRole>, Query, description = "Of mentees or mentors alone"),
        ("decision" = Option<String>, Query, description = "`open`, or a decision"),
        ("tag" = Option<String>, Query), ("q" = Option<String>, Query, description = "Words of a name, an address or an answer"),
        ("sort" = Option<String>, Query, description = "`submitted`, `name` or `score`"),
        ("limit" = Option<i64>, Query, description = "1 to 200"), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = ReceivedApplications), (status = 400, body = Problem), (status = 404, body = Problem, description = "Also to whoever does not run it")))]
pub async fn list_cohort_applications(
    caller: ApiCaller,
    app: Data<App>,
    path: Path<(String, String)>,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let query = Fields::parse(request.query_string())?;
    let known = ["role", "decision", "tag", "q", "sort", "limit", "cursor"];
    json::only(&query, &known)?;
    let filter = Filter::read(&query)?;
    let paging = Paging::read(&query, 50, 200)?;
    let access = open(&app, &caller, &path, StaffRole::Reader).await?;
    let (by, reader, role) = (caller.by(), caller.person.id, access.role);
    let cohort = access.cohort.clone();
    let detail = format!("{}, {}", path.0, path.1);
    let (mut rows, is_blind, readable) = app
        .transaction::<_, Error>(move |tx| {
            record::record(tx, &by, AuditAction::ApplicationsListed, None, &detail)?;
            let mut reading = read_by(tx, &cohort, role, reader)?.reading;
            reading.with_answers = true;
            let more = Paging {
                limit: paging.limit + 1,
                offset: paging.offset,
            };
            let rows = store::rows(tx, &reading, &filter, more)?;
            Ok((rows, reading.is_blind, reading.readable))
        })
        .await?;
    let has_more = rows.len() as i64 > paging.limit;
    rows.truncate(usize::try_from(paging.limit).unwrap_or(0));
    let body = |row: Row| {
        let mut answers = row.answers;
        answers.0.retain(|name, _| readable.contains(name));
        ReceivedApplication {
            id: row.id,
            name: (!is_blind).then_some(row.name),
            email: (!is_blind).then_some(row.email),
            role: row.role,
            submitted_at: row.submitted_at,
            decision: row.decision,
            place: row.place,
            score: row.score,
            tags: row.tags.0,
            doubts: row.doubts.lines().map(str::to_owned).collect(),
            answers,
        }
    };
    Ok(HttpResponse::Ok().json(ReceivedApplications {
        applications: rows.into_iter().map(body).collect(),
        next_cursor: has_more.then(|| paging.next()),
    }))
}

#[utoipa::path(post, path = "/api/v1/programs/{slug}/cohorts/{cohort}/decisions", tag = "programs", security(("token" = [])),
    params(("slug" = String, Path, description = "The slug of the program"), ("cohort" = String, Path, description = "The slug of the cohort")),
    request_body = Decisions,
    responses((status = 200, body = Decided), (status = 404, body = Problem, description = "Also for an application of another cohort"),
        (status = 409, body = Problem, description = "`no_seats`, `wrong_state`; nothing was changed"), (status = 422, body = Problem)))]
pub async fn decide_applications(
    caller: ApiCaller,
    app: Data<App>,
    path: Path<(String, String)>,
    body: Json<Decisions>,
) -> Result<HttpResponse, Error> {
    let access = open(&app, &caller, &path, StaffRole::Lead).await?;
    let Decisions {
        mut applications,
        decision,
    } = body.0;
    if matches!(decision, Some(Decision::Offered | Decision::Declined)) {
        let problem = "must be selected, wait_listed or not_selected";
        return Err(Error::unprocessable("decision", problem));
    }
    let mut seen = BTreeSet::new();
    applications.retain(|id| seen.insert(*id));
    if applications.is_empty() || applications.len() > MOST {
        return Err(Error::unprocessable(
            "applications",
            "must be 1 to 500 of them",
        ));
    }
    let (by, cohort, decided) = (caller.by(), access.cohort.id, applications.len());
    app.transaction(move |tx| decide::decide(tx, &by, cohort, &applications, decision))
        .await?;
    Ok(HttpResponse::Ok().json(Decided { decided }))
}

#[utoipa::path(post, path = "/api/v1/programs/{slug}/cohorts/{cohort}/release", tag = "programs", security(("token" = [])),
    params(("slug" = String, Path, description = "The slug of the program"), ("cohort" = String, Path, description = "The slug of the cohort")),
    responses((status = 200, body = Released, description = "Everybody hears"), (status = 404, body = Problem),
        (status = 409, body = Problem, description = "`blocked`: says what has to be settled first")))]
pub async fn release_results(
    caller: ApiCaller,
    app: Data<App>,
    path: Path<(String, String)>,
) -> Result<HttpResponse, Error> {
    let access = open(&app, &caller, &path, StaffRole::Lead).await?;
    let (by, cohort) = (caller.by(), access.cohort.id);
    let letters = app
        .transaction(move |tx| release::release(tx, &by, cohort))
        .await?;
    Ok(HttpResponse::Ok().json(Released { letters }))
}
