//! Routes on which coordinators keep programs.

use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header},
    web::{Data, Path, ServiceConfig, get, post, resource},
};

use super::pages::{self, Desk, Listed};
use crate::{
    app::App,
    error::Error,
    html::{Notice, form::Fields},
    input::Problems,
    people::visitor::{Form, Upload, Visitor, page, see_other},
    programs::{
        self, ImportError, Imported, PublishError,
        file::{
            check::{check, check_read},
            difference::differences,
            lint::{Finding, Weight},
            read::{LARGEST, read, with_slug},
            template,
        },
        pages::program,
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
    list(&app, &visitor, StatusCode::OK, &Problems::default()).await
}

async fn list(
    app: &App,
    visitor: &Visitor,
    status: StatusCode,
    problems: &Problems,
) -> Result<HttpResponse, Error> {
    visitor.coordinating()?;
    let all = app.read::<_, Error>(|conn| Ok(store::all(conn)?)).await?;
    let listed = all.iter().map(|(program, version)| {
        let reading = read(&version.text).map(|reading| check_read(&version.text, reading, None));
        let (name, findings) = match reading {
            Ok((file, findings)) => (file.name, findings),
            Err(findings) => (String::new(), findings),
        };
        let blocks = findings.iter().filter(|f| f.severity == Weight::Blocks);
        Listed {
            program,
            version,
            name,
            blocks: blocks.count(),
        }
    });
    let markup = pages::list(&visitor.chrome, &listed.collect::<Vec<_>>(), problems);
    Ok(page(status, markup))
}

/// A new program or version, from a template or a file.
async fn begin(
    app: Data<App>,
    upload: Upload,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let Upload { form, file } = upload;
    form.visitor.coordinating()?;
    let wrong = async |field: &str, problem: &str| {
        let problems = Problems::one(field, problem);
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        list(&app, &form.visitor, status, &problems).await
    };
    let text = match file {
        Some(file) => {
            let bytes = app
                .workshop
                .run(move || file.content.read().map_err(uploads::failed))
                .await?;
            if bytes.len() > LARGEST {
                return wrong("file", "is larger than 256 KB").await;
            }
            match String::from_utf8(bytes) {
                Ok(text) => text,
                Err(_) => return wrong("file", "must be text in UTF-8").await,
            }
        }
        None => {
            let Some(text) = template::named(form.fields.one("template")?) else {
                return wrong("template", "must be one of the templates").await;
            };
            let slug = form.fields.one("slug")?.trim();
            let text = match slug.is_empty() {
                true => text.to_owned(),
                false => with_slug(text, slug),
            };
            // A template replaces nobody's work.
            let wanted = read(&text).map_or_else(|_| String::new(), |reading| reading.file.slug);
            let known = app
                .read::<_, Error>(move |conn| Ok(store::program(conn, &wanted)?))
                .await?;
            if known.is_some() {
                return wrong(
                    "slug",
                    "is that of a program you have already; choose another",
                )
                .await;
            }
            text
        }
    };
    let by = form.visitor.by();
    let imported = app
        .transaction(move |tx| programs::import(tx, &by, &text, None))
        .await;
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
        Err(ImportError::Database(error)) => Err(error.into()),
    }
}

fn said(imported: &Imported) -> String {
    match imported.is_same {
        true => format!("Nothing has changed: this is version {}.", imported.version),
        false => format!("Saved as version {}, a draft.", imported.version),
    }
}

/// A program with its latest version.
async fn find(app: &App, slug: &str) -> Result<(Program, Version), Error> {
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
    show(&app, &visitor, &slug, StatusCode::OK, None).await
}

/// `typed`: what stands in the editor where that is not saved.
async fn show(
    app: &App,
    visitor: &Visitor,
    slug: &str,
    status: StatusCode,
    typed: Option<(&str, &[Finding])>,
) -> Result<HttpResponse, Error> {
    visitor.coordinating()?;
    let (program, latest) = find(app, slug).await?;
    let id = program.id;
    let versions = app
        .read::<_, Error>(move |conn| Ok(store::versions(conn, id)?))
        .await?;
    let text = typed.map_or(latest.text.as_str(), |(text, _)| text);
    let findings = match typed {
        Some((_, findings)) => findings.to_vec(),
        None => check(text, None),
    };
    let desk = Desk {
        program: &program,
        latest: &latest,
        versions: &versions,
        text,
        findings: &findings,
        is_unsaved: text != latest.text,
        zone: &visitor.zone,
    };
    Ok(page(status, pages::desk(&visitor.chrome, &desk)))
}

/// Checks what was typed, or saves it as the next version.
async fn save(
    app: Data<App>,
    form: Form,
    slug: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let visitor = &form.visitor;
    visitor.coordinating()?;
    // Browsers send lines that end with a carriage return.
    let text = form.fields.given("text")?.replace("\r\n", "\n");
    let findings = check(&text, None);
    let wrong = StatusCode::UNPROCESSABLE_ENTITY;
    match form.fields.one("action")? {
        "save" => (),
        "check" | "" => {
            return show(
                &app,
                visitor,
                &slug,
                StatusCode::OK,
                Some((&text, &findings)),
            )
            .await;
        }
        _ => return Err(Error::bad_request("action", "must be check or save")),
    }
    let (program, latest) = find(&app, &slug).await?;
    if form.fields.one("number")? != latest.number.to_string() {
        return Err(Error::Conflict {
            code: "changed",
            detail: "Somebody has saved another version meanwhile. Copy your changes, open the program again, and make them there.".into(),
            alternatives: serde_json::Value::Null,
        });
    }
    let by = visitor.by();
    let (own, wanted, number) = (program.slug.clone(), text.clone(), latest.number);
    let imported = app
        .transaction(move |tx| {
            // Whoever else saves now waits, and finds that the number has changed.
            store::lock(tx, &own)?;
            let is_latest = store::latest(tx, &own)?.is_some_and(|v| v.number == number);
            match is_latest {
                true => programs::import(tx, &by, &wanted, Some(&own)).map(Some),
                false => Ok(None),
            }
        })
        .await;
    match imported {
        Ok(Some(imported)) => Ok(see_other(
            &request,
            &desk_of(&slug),
            Some(Notice::saying(said(&imported))),
        )),
        Ok(None) => Err(Error::Conflict {
            code: "changed",
            detail:
                "Somebody has saved another version at the same moment. Open the program again."
                    .into(),
            alternatives: serde_json::Value::Null,
        }),
        Err(ImportError::Unreadable(findings)) => {
            show(&app, visitor, &slug, wrong, Some((&text, &findings))).await
        }
        Err(ImportError::Slug(_)) => {
            show(&app, visitor, &slug, wrong, Some((&text, &findings))).await
        }
        Err(ImportError::Database(error)) => Err(error.into()),
    }
}

async fn download(
    app: Data<App>,
    visitor: Visitor,
    slug: Path<String>,
) -> Result<HttpResponse, Error> {
    visitor.coordinating()?;
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
    visitor.coordinating()?;
    let (_, latest) = find(&app, &slug).await?;
    let file = programs::web::reread(&latest.text)?;
    let markup = program(&visitor, &file, true, app.now());
    Ok(page(StatusCode::OK, markup))
}

async fn compare(
    app: Data<App>,
    visitor: Visitor,
    slug: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    visitor.coordinating()?;
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
    form.visitor.coordinating()?;
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
            show(&app, &form.visitor, &slug, status, None).await
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
    form.visitor.coordinating()?;
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
