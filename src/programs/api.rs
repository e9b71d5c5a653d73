//! The JSON API of programs.

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Path},
};
use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    file::{CohortStatus, FieldKind, Mode, Part, Reader},
    phase::Phase,
    published::Published,
    web::{published, published_of},
};
use crate::{
    app::App,
    error::Error,
    html::form::Fields,
    json::{self, Problem, endpoints::Endpoint},
    people::visitor::MayBrowse,
};

pub fn endpoints() -> Vec<Endpoint> {
    crate::endpoints![list_programs, show_program]
}

/// A program.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProgramBody {
    slug: String,
    name: String,
    summary: String,
    mode: Mode,
    /// The zone of its dates.
    zone: String,
    phase: Phase,
    cohort: Option<CohortBody>,
    eligibility: Vec<EligibilityBody>,
    form: Vec<FieldBody>,
    acknowledgements: Vec<AcknowledgementBody>,
}

/// The next cohort, or the one that runs.
#[derive(Debug, Serialize, ToSchema)]
pub struct CohortBody {
    slug: String,
    name: String,
    status: CohortStatus,
    applications_open: Option<DateTime<Utc>>,
    /// Applications are taken up to but not including this instant.
    applications_close: Option<DateTime<Utc>>,
    results_on: Option<DateTime<Utc>>,
    starts_on: Option<NaiveDate>,
    /// The last day.
    ends_on: Option<NaiveDate>,
    pairs: Option<u32>,
    /// In persons.
    seats: Option<u32>,
}

/// Who may apply in a role.
#[derive(Debug, Serialize, ToSchema)]
pub struct EligibilityBody {
    role: Part,
    words: String,
}

/// A question of the application form.
#[derive(Debug, Serialize, ToSchema)]
pub struct FieldBody {
    name: String,
    role: Part,
    label: String,
    help: String,
    kind: FieldKind,
    required: bool,
    options: Vec<String>,
    /// Who reads the answer, besides whoever gave it.
    readers: Vec<Reader>,
}

/// What an applicant has to agree to.
#[derive(Debug, Serialize, ToSchema)]
pub struct AcknowledgementBody {
    name: String,
    role: Part,
    words: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ProgramsBody {
    programs: Vec<ProgramBody>,
}

impl ProgramBody {
    fn new(published: Published, now: DateTime<Utc>) -> Self {
        let phase = published.phase(now);
        let slug = published.cohort.map(|cohort| cohort.slug);
        let program = published.file;
        Self {
            phase,
            slug: program.slug,
            name: program.name,
            summary: program.summary,
            mode: program.mode,
            zone: program.zone.name().to_owned(),
            cohort: program.cohort.map(|cohort| CohortBody {
                slug: slug.unwrap_or_default(),
                name: cohort.name,
                status: cohort.status,
                applications_open: cohort.applications_open.map(|m| m.at),
                applications_close: cohort.applications_close.map(|m| m.at),
                results_on: cohort.results_on.map(|m| m.at),
                starts_on: cohort.starts_on,
                ends_on: cohort.ends_on,
                pairs: cohort.pairs,
                seats: cohort.seats,
            }),
            eligibility: program
                .eligibility
                .into_iter()
                .map(|e| EligibilityBody {
                    role: e.role,
                    words: e.words,
                })
                .collect(),
            form: program
                .fields
                .into_iter()
                .map(|field| FieldBody {
                    name: field.name,
                    role: field.role,
                    label: field.label,
                    help: field.help,
                    kind: field.kind,
                    required: field.required,
                    options: field.options,
                    readers: field.readers,
                })
                .collect(),
            acknowledgements: program
                .acknowledgements
                .into_iter()
                .map(|a| AcknowledgementBody {
                    name: a.name,
                    role: a.role,
                    words: a.words,
                })
                .collect(),
        }
    }
}

#[utoipa::path(get, path = "/api/v1/programs", tag = "programs",
    responses((status = 200, body = ProgramsBody, description = "The programs that are published, by slug"), (status = 400, body = Problem)))]
pub async fn list_programs(
    _: MayBrowse,
    app: Data<App>,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    json::only(&Fields::parse(request.query_string())?, &[])?;
    let now = app.now();
    let programs = published(&app).await?;
    let programs = programs.into_iter().map(|p| ProgramBody::new(p, now));
    Ok(HttpResponse::Ok().json(ProgramsBody {
        programs: programs.collect(),
    }))
}

#[utoipa::path(get, path = "/api/v1/programs/{slug}", tag = "programs",
    params(("slug" = String, Path, description = "The slug of the program")),
    responses((status = 200, body = ProgramBody), (status = 404, body = Problem)))]
pub async fn show_program(
    _: MayBrowse,
    app: Data<App>,
    slug: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    json::only(&Fields::parse(request.query_string())?, &[])?;
    let program = published_of(&app, &slug).await?;
    Ok(HttpResponse::Ok().json(ProgramBody::new(program, app.now())))
}
