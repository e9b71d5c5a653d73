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
        desk::web::{find, saved, seen},
        file::{ProgramFile, check::check, lint::Finding},
        reread::reread,
        staff::{StaffRole, access},
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
    let file = reread(&latest.text)?;
    let typed = Typed::of(&file);
    let outcome = Outcome {
        findings: checked(&app, latest.text.clone()).await?,
        seen: latest.number,
        ..Outcome::default()
    };
    show(&app, &visitor, (&slug, &file), &typed, &outcome)
}

/// What became of what was typed.
#[derive(Default)]
struct Outcome {
    /// The version that was changed.
    seen: i32,
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
    (slug, file): (&str, &ProgramFile),
    typed: &Typed,
    outcome: &Outcome,
) -> Result<HttpResponse, Error> {
    let shown = Dates {
        slug,
        number: outcome.seen,
        file,
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
    let is_saved = match form.fields.one("action")? {
        "save" => true,
        "check" => false,
        _ => return Err(Error::bad_request("action", "must be check or save")),
    };
    let (seen, before) = seen(&app, &program, latest, &form.fields).await?;
    let mut outcome = Outcome {
        seen,
        is_unsaved: true,
        ..Outcome::default()
    };
    let file = reread(&before)?;
    let text = match typed.written(&before, &Typed::of(&file)) {
        Ok(text) => text,
        Err(problems) => {
            outcome.problems = problems;
            outcome.status = is_saved.then_some(StatusCode::UNPROCESSABLE_ENTITY);
            return show(&app, visitor, (&slug, &file), &typed, &outcome);
        }
    };
    outcome.findings = checked(&app, text.clone()).await?;
    if !is_saved {
        return show(&app, visitor, (&slug, &file), &typed, &outcome);
    }
    match saved(&app, visitor, &program, text, seen).await? {
        Ok(said) => {
            let notice = Some(Notice::saying(said));
            let path = format!("/coordinate/programs/{slug}/dates");
            Ok(see_other(&request, &path, notice))
        }
        Err((status, problem)) => {
            outcome.problem = Some(problem);
            outcome.status = Some(status);
            show(&app, visitor, (&slug, &file), &typed, &outcome)
        }
    }
}
