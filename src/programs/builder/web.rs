//! Routes of the builder.

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Data, Path, ServiceConfig, get, post, resource},
};

use super::{
    pages::{self, Builder},
    typed::{self, Block, MOST},
};
use crate::{
    app::App,
    error::Error,
    html::{Notice, form::Fields},
    input::Problems,
    people::visitor::{Form, Visitor, page, see_other},
    programs::{
        application::{self, CohortRole, answering::web::skills},
        desk::web::{find, saved, seen},
        file::{FieldKind, ProgramFile, check::check, edit::with_fields},
        reread::reread,
        staff::{StaffRole, access},
        store::{Program, Version},
    },
};

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(
            resource("/coordinate/programs/{slug}/form")
                .route(get().to(builder))
                .route(post().to(change)),
        )
        .service(resource("/coordinate/programs/{slug}/form/preview").route(get().to(preview)));
}

/// A program with its latest version, and that read.
async fn open(app: &App, slug: &str) -> Result<(Program, Version, ProgramFile), Error> {
    let (program, latest) = find(app, slug).await?;
    let file = reread(&latest.text)?;
    Ok((program, latest, file))
}

async fn builder(
    app: Data<App>,
    visitor: Visitor,
    slug: Path<String>,
) -> Result<HttpResponse, Error> {
    access::program(&app, &visitor, &slug, StaffRole::Lead).await?;
    let (program, latest, file) = open(&app, &slug).await?;
    let typed = Typed {
        seen: latest.number,
        before: latest.text.clone(),
        blocks: typed::of(&file.fields),
        problems: Problems::default(),
        problem: None,
        is_unsaved: false,
        newest: None,
    };
    show(&app, &visitor, (&program, &file), &typed, StatusCode::OK).await
}

/// What stands in the builder.
struct Typed {
    /// The version that was changed, and its text: what was sent names its questions by their places.
    seen: i32,
    before: String,
    blocks: Vec<Block>,
    problems: Problems,
    /// Why it was not saved.
    problem: Option<&'static str>,
    is_unsaved: bool,
    /// The key of the question that has just been added.
    newest: Option<String>,
}

async fn show(
    app: &App,
    visitor: &Visitor,
    (program, file): (&Program, &ProgramFile),
    typed: &Typed,
    status: StatusCode,
) -> Result<HttpResponse, Error> {
    let id = program.id;
    let answered = app
        .read::<_, Error>(move |conn| Ok(application::store::count_answered(conn, id)?))
        .await?;
    let text = with_fields(&typed.before, &typed::fields(&typed.blocks));
    let mut findings = app.workshop.run(move || Ok(check(&text, None))).await?;
    findings.retain(|finding| finding.place.starts_with("field["));
    let shown = Builder {
        slug: &program.slug,
        number: typed.seen,
        file,
        blocks: &typed.blocks,
        problems: &typed.problems,
        findings: &findings,
        problem: typed.problem,
        is_unsaved: typed.is_unsaved,
        newest: typed.newest.as_deref(),
        answered,
    };
    Ok(page(status, pages::builder(&visitor.chrome, &shown)))
}

/// Changes the blocks, shows them to an applicant, or saves them as the next version.
async fn change(
    app: Data<App>,
    form: Form,
    slug: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let visitor = &form.visitor;
    access::program(&app, visitor, &slug, StaffRole::Lead).await?;
    let (program, latest) = find(&app, &slug).await?;
    let (fields, action) = (&form.fields, form.fields.one("action")?);
    // What was sent names the questions of the version that was seen.
    let (seen, before) = seen(&app, &program, latest, fields).await?;
    let file = reread(&before)?;
    let mut blocks = typed::read(fields, &file.fields)?;
    let mut newest = None;
    let (verb, about) = action.split_once('-').unwrap_or((action, ""));
    match (verb, about) {
        ("show" | "save", "") | ("preview", _) => {}
        ("add", "") if blocks.len() < MOST => {
            let kind = FieldKind::parse(fields.one("add-kind")?)
                .ok_or_else(|| Error::bad_request("add-kind", "must be a kind of question"))?;
            blocks.push(typed::new(kind, &blocks));
            newest = blocks.last().map(|block| block.key.clone());
        }
        ("up" | "down" | "remove", key) => typed::change(&mut blocks, verb, key),
        _ => return Err(Error::bad_request("action", "must be one of the buttons")),
    }
    if verb == "preview" {
        let role = side_of(about)?;
        let text = with_fields(&before, &typed::fields(&blocks));
        let file = reread(&text)?;
        let skills = skills(&app, &file).await?;
        let markup = pages::preview(&visitor.chrome, &slug, (&file, &skills), role, false);
        return Ok(page(StatusCode::OK, markup));
    }
    let mut typed = Typed {
        seen,
        before,
        problems: typed::problems(&blocks),
        blocks,
        problem: None,
        is_unsaved: true,
        newest,
    };
    let shown = (&program, &file);
    if verb != "save" {
        typed.problems = Problems::default();
        return show(&app, visitor, shown, &typed, StatusCode::OK).await;
    }
    if !typed.problems.is_empty() {
        return show(
            &app,
            visitor,
            shown,
            &typed,
            StatusCode::UNPROCESSABLE_ENTITY,
        )
        .await;
    }
    let text = with_fields(&typed.before, &typed::fields(&typed.blocks));
    match saved(&app, visitor, &program, text, seen).await? {
        Ok(said) => {
            let notice = Some(Notice::saying(said));
            let path = format!("/coordinate/programs/{slug}/form");
            Ok(see_other(&request, &path, notice))
        }
        Err((status, problem)) => {
            typed.problem = Some(problem);
            show(&app, visitor, shown, &typed, status).await
        }
    }
}

fn side_of(word: &str) -> Result<CohortRole, Error> {
    CohortRole::parse(word).ok_or_else(|| Error::bad_request("role", "must be mentee or mentor"))
}

/// The form of the latest version as an applicant meets it.
async fn preview(
    app: Data<App>,
    visitor: Visitor,
    slug: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    access::program(&app, &visitor, &slug, StaffRole::Reader).await?;
    let query = Fields::parse(request.query_string())?;
    let role = side_of(query.some("role")?.unwrap_or("mentee"))?;
    let (_, _, file) = open(&app, &slug).await?;
    let skills = skills(&app, &file).await?;
    let markup = pages::preview(&visitor.chrome, &slug, (&file, &skills), role, true);
    Ok(page(StatusCode::OK, markup))
}
