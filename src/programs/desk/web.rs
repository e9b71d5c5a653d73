//! Routes on which coordinators keep programs.

use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header},
    web::{Data, Path, ServiceConfig, get, post, resource},
};

use super::pages::{self, Desk, Listed, Typed};
use crate::{
    app::App,
    db::{PersonId, ProgramId},
    error::Error,
    html::{Notice, form::Fields},
    input::{self, Problems},
    people::{
        audit::By,
        visitor::{Form, Upload, Visitor, page, see_other},
    },
    programs::{
        self, After, Draft, ImportError, Imported, PublishError,
        cohort::{
            self,
            follow::{self, Concerned},
        },
        file::{
            check::{check, check_read},
            difference::differences,
            lint::blocking,
            read::{LARGEST, read},
            template,
        },
        pages::{Shown, program},
        published::Published,
        reread::reread,
        staff::{self, StaffRole, access},
        store::{self, Program, Version},
    },
    uploads,
};

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(
            resource("/coordinate/programs")
                .route(get().to(list_page))
                .route(post().to(begin)),
        )
        .service(
            resource("/coordinate/programs/{slug}")
                .route(get().to(desk_page))
                .route(post().to(save)),
        )
        .service(resource("/coordinate/programs/{slug}/file.toml").route(get().to(download)))
        .service(resource("/coordinate/programs/{slug}/preview").route(get().to(preview)))
        .service(resource("/coordinate/programs/{slug}/compare").route(get().to(compare)))
        .service(resource("/coordinate/programs/{slug}/publish").route(post().to(publish)))
        .service(resource("/coordinate/programs/{slug}/unpublish").route(post().to(unpublish)));
}

fn desk_of(slug: &str) -> String {
    format!("/coordinate/programs/{slug}")
}

async fn list_page(app: Data<App>, visitor: Visitor) -> Result<HttpResponse, Error> {
    let typed = Typed::default();
    list(&app, &visitor, StatusCode::OK, &typed, &Problems::default()).await
}

async fn list(
    app: &App,
    visitor: &Visitor,
    status: StatusCode,
    typed: &Typed,
    problems: &Problems,
) -> Result<HttpResponse, Error> {
    let may_begin = visitor.coordinating().is_ok();
    let id = visitor.signed_in()?.id;
    let (mut all, own, led) = app
        .read::<_, Error>(move |conn| {
            Ok((
                store::all(conn)?,
                staff::store::of_person(conn, id)?,
                staff::store::led(conn)?,
            ))
        })
        .await?;
    // One's own, and to the site's coordinators those that nobody leads.
    all.retain(|(program, _)| {
        own.iter().any(|(own, _)| *own == program.id) || may_begin && !led.contains(&program.id)
    });
    if all.is_empty() {
        visitor.coordinating()?;
    }
    let listed = move || Ok(all.into_iter().map(listed).collect::<Vec<_>>());
    let listed = app.workshop.run(listed).await?;
    let markup = pages::list(&visitor.chrome, &listed, may_begin, typed, problems);
    Ok(page(status, markup))
}

fn listed((program, version): (Program, Version)) -> Listed {
    let (name, findings) = match read(&version.text) {
        Ok(reading) => {
            let (file, findings) = check_read(&version.text, reading, None);
            (file.name, findings)
        }
        Err(findings) => (String::new(), findings),
    };
    Listed {
        program,
        version,
        name,
        blocks: blocking(&findings),
    }
}

/// A new program or version, from a template or a file.
async fn begin(
    app: Data<App>,
    upload: Upload,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let Upload { form, file, .. } = upload;
    form.visitor.coordinating()?;
    let typed = Typed {
        template: form.fields.one("template")?.to_owned(),
        slug: form.fields.one("slug")?.trim().to_owned(),
    };
    let wrong = async |field: &str, problem: &str| {
        let problems = Problems::one(field, problem);
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        list(&app, &form.visitor, status, &typed, &problems).await
    };
    // A template replaces nobody's work; a file may be the next version of what it describes.
    let (text, slug, after) = match file {
        Some(file) => {
            let bytes = app
                .workshop
                .run(move || file.content.read().map_err(uploads::failed))
                .await?;
            if bytes.len() > LARGEST {
                return wrong("file", "is larger than 256 KB").await;
            }
            match String::from_utf8(bytes) {
                Ok(text) => (text, None, After::Anything),
                Err(_) => return wrong("file", "must be text in UTF-8").await,
            }
        }
        None => match template::named(&typed.template) {
            Some(text) => {
                let slug = (!typed.slug.is_empty()).then(|| typed.slug.clone());
                (text.to_owned(), slug, After::Nothing)
            }
            None => return wrong("template", "must be one of the templates").await,
        },
    };
    let by = form.visitor.by();
    let imported = match drafted(&app, text, slug).await {
        Ok(draft) => {
            // The next version of a program is for those who run it.
            let wanted = draft.slug.clone();
            let is_there = app
                .read::<_, Error>(move |conn| Ok(store::program(conn, &wanted)?.is_some()))
                .await?;
            if is_there && after == After::Anything {
                access::program(&app, &form.visitor, &draft.slug, StaffRole::Lead).await?;
            }
            let lead = (!is_there).then(|| form.visitor.person.clone()).flatten();
            begin_with(&app, by, draft, after, lead.map(|person| person.id)).await
        }
        Err(error) => Err(error),
    };
    match imported {
        Ok(imported) => Ok(see_other(
            &request,
            &desk_of(&imported.slug),
            Some(Notice::saying(said(&imported))),
        )),
        Err(ImportError::Unreadable(findings)) => {
            let first = findings.first().map_or("", |f| f.message.as_str());
            wrong("file", &format!("cannot be read: {first}")).await
        }
        Err(error @ ImportError::Slug(_)) => wrong("slug", &error.to_string()).await,
        Err(ImportError::Changed) => {
            let problem = "There is already a program at this address. Choose another";
            wrong("slug", problem).await
        }
        Err(ImportError::Unavailable(error)) => Err(error),
        Err(ImportError::Database(error)) => Err(error.into()),
    }
}

/// Reads and checks a file where that keeps nobody waiting.
async fn drafted(app: &App, text: String, slug: Option<String>) -> Result<Draft, ImportError> {
    let read = move || Ok(Draft::read(&text, slug.as_deref()));
    app.workshop.run(read).await?
}

/// Takes a file in; a program that is new has that lead.
async fn begin_with(
    app: &App,
    by: By,
    draft: Draft,
    after: After,
    lead: Option<PersonId>,
) -> Result<Imported, ImportError> {
    app.transaction(move |tx| {
        let imported = programs::import(tx, &by, &draft, after)?;
        if let (Some(lead), 1) = (lead, imported.version) {
            let program = store::program(tx, &imported.slug)?;
            let now = tx.now()?;
            if let Some(program) = program {
                staff::store::put(tx, program.id, lead, StaffRole::Lead, now)?;
            }
        }
        Ok(imported)
    })
    .await
}

async fn take_in(app: &App, by: By, draft: Draft, after: After) -> Result<Imported, ImportError> {
    app.transaction(move |tx| programs::import(tx, &by, &draft, after))
        .await
}

fn said(imported: &Imported) -> String {
    match imported.is_same {
        true => format!("Nothing has changed: this is version {}.", imported.version),
        false => format!("Saved as version {}, a draft.", imported.version),
    }
}

/// A program with its latest version.
pub async fn find(app: &App, slug: &str) -> Result<(Program, Version), Error> {
    let slug = slug.to_owned();
    app.read::<_, Error>(move |conn| {
        let program = store::program(conn, &slug)?.ok_or(Error::NotFound)?;
        let latest = store::latest(conn, &slug)?.ok_or(Error::NotFound)?;
        Ok((program, latest))
    })
    .await
}

async fn desk_page(
    app: Data<App>,
    visitor: Visitor,
    slug: Path<String>,
) -> Result<HttpResponse, Error> {
    show(&app, &visitor, &slug, StatusCode::OK, None, None).await
}

/// `typed`: what stands in the editor where that is not saved; `problem`: why it was not.
async fn show(
    app: &App,
    visitor: &Visitor,
    slug: &str,
    status: StatusCode,
    typed: Option<String>,
    problem: Option<&str>,
) -> Result<HttpResponse, Error> {
    let access = access::program(app, visitor, slug, StaffRole::Reader).await?;
    let (program, latest) = find(app, slug).await?;
    let id = program.id;
    let (versions, cohorts) = app
        .read::<_, Error>(move |conn| {
            Ok((
                store::versions(conn, id)?,
                cohort::store::of_program(conn, id)?,
            ))
        })
        .await?;
    let text = typed.unwrap_or_else(|| latest.text.clone());
    let concerned = match program.published {
        Some(number) if number != latest.number && text == latest.text => {
            foreseen(app, id, latest.text.clone()).await?
        }
        _ => Concerned::default(),
    };
    let asked = text.clone();
    let findings = app.workshop.run(move || Ok(check(&asked, None))).await?;
    let desk = Desk {
        program: &program,
        access: &access,
        cohorts: &cohorts,
        now: app.now(),
        latest: &latest,
        versions: &versions,
        is_unsaved: text != latest.text,
        text: &text,
        findings: &findings,
        problem,
        concerned: &concerned,
        zone: &visitor.zone,
    };
    Ok(page(status, pages::desk(&visitor.chrome, &desk)))
}

/// Who would be written to if that text were published now.
async fn foreseen(app: &App, id: ProgramId, text: String) -> Result<Concerned, Error> {
    match app.workshop.run(move || Ok(read(&text))).await? {
        Ok(reading) => {
            let file = reading.file;
            app.read::<_, Error>(move |conn| Ok(follow::foreseen(conn, id, &file)?))
                .await
        }
        Err(_) => Ok(Concerned::default()),
    }
}

/// Checks what was typed, or saves it as the next version.
async fn save(
    app: Data<App>,
    form: Form,
    slug: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let visitor = &form.visitor;
    access::program(&app, visitor, &slug, StaffRole::Lead).await?;
    let (program, latest) = find(&app, &slug).await?;
    let text = lines_as_in(form.fields.given("text")?, &latest.text);
    let again = async |status: StatusCode, problem: Option<&str>| {
        show(&app, visitor, &slug, status, Some(text.clone()), problem).await
    };
    match form.fields.one("action")? {
        "save" => (),
        "check" | "" => return again(StatusCode::OK, None).await,
        _ => return Err(Error::bad_request("action", "must be check or save")),
    }
    let seen = form.fields.one("number")?.parse();
    let seen = seen.map_err(|_| Error::bad_request("number", "must be the number of a version"))?;
    match saved(&app, visitor, &program, text.clone(), seen).await? {
        Ok(said) => Ok(see_other(
            &request,
            &desk_of(&slug),
            Some(Notice::saying(said)),
        )),
        Err((status, problem)) => again(status, Some(problem)).await,
    }
}

/// Saves a text as the next version of a program whose version `seen` was changed. Returns what to say of it, or why it
/// was not saved.
pub async fn saved(
    app: &App,
    visitor: &Visitor,
    program: &Program,
    text: String,
    seen: i32,
) -> Result<Result<String, (StatusCode, &'static str)>, Error> {
    let imported = match drafted(app, text, None).await {
        Ok(draft) if draft.slug != program.slug => {
            let problem = "The slug is the program’s address and cannot be changed. To have another program, begin one with this file.";
            return Ok(Err((StatusCode::UNPROCESSABLE_ENTITY, problem)));
        }
        Ok(draft) => take_in(app, visitor.by(), draft, After::Version(seen)).await,
        Err(error) => Err(error),
    };
    match imported {
        Ok(imported) => Ok(Ok(said(&imported))),
        Err(ImportError::Changed) => {
            let problem = "Somebody has saved another version meanwhile. Copy your changes, open the program again and make them there.";
            Ok(Err((StatusCode::CONFLICT, problem)))
        }
        Err(ImportError::Unreadable(_) | ImportError::Slug(_)) => {
            let problem = "This cannot be read, so it was not saved.";
            Ok(Err((StatusCode::UNPROCESSABLE_ENTITY, problem)))
        }
        Err(ImportError::Unavailable(error)) => Err(error),
        Err(ImportError::Database(error)) => Err(error.into()),
    }
}

/// The version that a form says it changes: its number and its text.
pub async fn seen(
    app: &App,
    program: &Program,
    latest: Version,
    fields: &Fields,
) -> Result<(i32, String), Error> {
    let unknown = || Error::bad_request("number", "must be the number of a version");
    let number: i32 = fields.one("number")?.parse().map_err(|_| unknown())?;
    if number == latest.number {
        return Ok((number, latest.text));
    }
    let id = program.id;
    let found = app
        .read::<_, Error>(move |conn| Ok(store::version(conn, id, number)?))
        .await?;
    Ok((number, found.ok_or_else(unknown)?.text))
}

/// What a browser sends, with the line ends of the version before: browsers know only one kind.
fn lines_as_in(typed: &str, before: &str) -> String {
    let text = typed.replace("\r\n", "\n");
    match before.contains("\r\n") {
        true => text.replace('\n', "\r\n"),
        false => text,
    }
}

async fn download(
    app: Data<App>,
    visitor: Visitor,
    slug: Path<String>,
) -> Result<HttpResponse, Error> {
    access::program(&app, &visitor, &slug, StaffRole::Reader).await?;
    let (program, latest) = find(&app, &slug).await?;
    let name = format!("attachment; filename=\"{}.toml\"", program.slug);
    Ok(HttpResponse::Ok()
        .content_type("application/toml; charset=utf-8")
        .insert_header((header::CONTENT_DISPOSITION, name))
        .body(latest.text))
}

async fn preview(
    app: Data<App>,
    visitor: Visitor,
    slug: Path<String>,
) -> Result<HttpResponse, Error> {
    access::program(&app, &visitor, &slug, StaffRole::Reader).await?;
    let (_, latest) = find(&app, &slug).await?;
    let file = reread(&latest.text)?;
    let shown = Shown {
        program: &Published { file, cohort: None },
        past: &[],
        own: &[],
        is_draft: true,
    };
    let markup = program(&visitor, &shown, app.now());
    Ok(page(StatusCode::OK, markup))
}

async fn compare(
    app: Data<App>,
    visitor: Visitor,
    slug: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    access::program(&app, &visitor, &slug, StaffRole::Reader).await?;
    let query = Fields::parse(request.query_string())?;
    let number = |name: &str| -> Result<i32, Error> {
        let number = query.one(name)?.parse().ok().filter(|n| *n > 0);
        number.ok_or_else(|| Error::bad_request(name, "must be the number of a version"))
    };
    let (before, after) = (number("before")?, number("after")?);
    let (program, _) = find(&app, &slug).await?;
    let id = program.id;
    let (first, second) = app
        .read::<_, Error>(move |conn| {
            let version =
                |conn: &mut _, number| store::version(conn, id, number)?.ok_or(Error::NotFound);
            Ok((version(conn, before)?, version(conn, after)?))
        })
        .await?;
    let found = differences(&first.text, &second.text)
        .map_err(|_| Error::Internal("a version of a program is no TOML".into()))?;
    let markup = pages::compare(&visitor.chrome, &program.slug, (before, after), &found);
    Ok(page(StatusCode::OK, markup))
}

async fn publish(
    app: Data<App>,
    form: Form,
    slug: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    access::program(&app, &form.visitor, &slug, StaffRole::Lead).await?;
    let by = form.visitor.by();
    let number = form.fields.one("number")?.parse();
    let number =
        number.map_err(|_| Error::bad_request("number", "must be the number of a version"))?;
    let wanted = slug.clone();
    let published = app
        .transaction(move |tx| programs::publish(tx, &by, &wanted, number))
        .await;
    match published {
        Ok(()) => Ok(see_other(
            &request,
            &desk_of(&slug),
            Some(Notice::new("Published.")),
        )),
        Err(PublishError::Blocked(_)) => {
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            show(&app, &form.visitor, &slug, status, None, None).await
        }
        Err(PublishError::Cohort(error)) => {
            let problem = input::sentence(&error.to_string());
            let status = StatusCode::CONFLICT;
            show(&app, &form.visitor, &slug, status, None, Some(&problem)).await
        }
        Err(PublishError::NotFound) => Err(Error::NotFound),
        Err(PublishError::Database(error)) => Err(error.into()),
    }
}

async fn unpublish(
    app: Data<App>,
    form: Form,
    slug: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    access::program(&app, &form.visitor, &slug, StaffRole::Lead).await?;
    let (by, wanted) = (form.visitor.by(), slug.clone());
    let done = app
        .transaction(move |tx| programs::unpublish(tx, &by, &wanted))
        .await;
    match done {
        Ok(()) => Ok(see_other(
            &request,
            &desk_of(&slug),
            Some(Notice::new(
                "It is off the site. Its versions are still here.",
            )),
        )),
        Err(PublishError::Database(error)) => Err(error.into()),
        Err(_) => Err(Error::NotFound),
    }
}
