//! Routes of the dates of a cohort.

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Data, Path, ServiceConfig, get, post, resource},
};

use super::{
    pages::{self, Dates},
    typed::Typed,
};
use crate::{
    app::App,
    error::Error,
    html::Notice,
    input::Problems,
    people::visitor::{Form, Visitor, page, see_other},
    programs::{
        desk::web::{desk_of, find, saved},
        file::{check::check, lint::Finding},
        reread::reread,
        staff::{StaffRole, access},
        store::Version,
    },
};

pub fn routes(config: &mut ServiceConfig) {
    config.service(
        resource("/coordinate/programs/{slug}/dates")
            .route(get().to(dates))
            .route(post().to(change)),
    );
}

async fn dates(
    app: Data<App>,
    visitor: Visitor,
    slug: Path<String>,
) -> Result<HttpResponse, Error> {
    access::program(&app, &visitor, &slug, StaffRole::Lead).await?;
    let (_, latest) = find(&app, &slug).await?;
    let typed = Typed::of(&reread(&latest.text)?);
    let findings = checked(&app, latest.text.clone()).await?;
    let outcome = Outcome {
        findings,
        ..Outcome::default()
    };
    show(&app, &visitor, (&slug, &latest), &typed, &outcome)
}

/// What became of what was typed.
#[derive(Default)]
struct Outcome {
    problems: Problems,
    findings: Vec<Finding>,
    /// Why it was not saved.
    problem: Option<&'static str>,
    is_unsaved: bool,
    status: Option<StatusCode>,
}

async fn checked(app: &App, text: String) -> Result<Vec<Finding>, Error> {
    app.workshop.run(move || Ok(check(&text, None))).await
}

fn show(
    app: &App,
    visitor: &Visitor,
    (slug, latest): (&str, &Version),
    typed: &Typed,
    outcome: &Outcome,
) -> Result<HttpResponse, Error> {
    let file = reread(&latest.text)?;
    let shown = Dates {
        slug,
        number: latest.number,
        file: &file,
        typed,
        problems: &outcome.problems,
        findings: &outcome.findings,
        problem: outcome.problem,
        is_unsaved: outcome.is_unsaved,
        today: file.zone.local(app.now()).date_naive(),
    };
    let status = outcome.status.unwrap_or(StatusCode::OK);
    Ok(page(status, pages::dates(&visitor.chrome, &shown)))
}

/// Checks what was typed, or saves it as the next version.
async fn change(
    app: Data<App>,
    form: Form,
    slug: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let visitor = &form.visitor;
    access::program(&app, visitor, &slug, StaffRole::Lead).await?;
    let (program, latest) = find(&app, &slug).await?;
    let typed = Typed::read(&form.fields)?;
    let mut outcome = Outcome {
        is_unsaved: true,
        ..Outcome::default()
    };
    let is_saved = match form.fields.one("action")? {
        "save" => true,
        "check" => false,
        _ => return Err(Error::bad_request("action", "must be check or save")),
    };
    let seen = form.fields.one("number")?.parse();
    let seen = seen.map_err(|_| Error::bad_request("number", "must be the number of a version"))?;
    let text = match typed.written(&latest.text) {
        Ok(text) => text,
        Err(problems) => {
            outcome.problems = problems;
            outcome.status = is_saved.then_some(StatusCode::UNPROCESSABLE_ENTITY);
            return show(&app, visitor, (&slug, &latest), &typed, &outcome);
        }
    };
    outcome.findings = checked(&app, text.clone()).await?;
    if !is_saved {
        return show(&app, visitor, (&slug, &latest), &typed, &outcome);
    }
    match saved(&app, visitor, &program, text, seen).await? {
        Ok(said) => {
            let notice = Some(Notice::saying(said));
            Ok(see_other(&request, &desk_of(&slug), notice))
        }
        Err((status, problem)) => {
            outcome.problem = Some(problem);
            outcome.status = Some(status);
            show(&app, visitor, (&slug, &latest), &typed, &outcome)
        }
    }
}
