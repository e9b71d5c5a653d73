//! Routes of a cohort's desk, and of the cohorts of a program.

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Data, Path, ServiceConfig, get, post, resource},
};

use super::{
    archive::{self, ArchiveError, PastCohort},
    pages::{self, Desk},
    store,
};
use crate::{
    app::App,
    error::Error,
    html::Notice,
    input::Problems,
    people::visitor::{Form, Visitor, page, see_other},
    programs::{
        application,
        reread::reread,
        staff::{StaffRole, access},
    },
};

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(
            resource("/coordinate/programs/{slug}/cohorts")
                .route(get().to(list_page))
                .route(post().to(add_past)),
        )
        .service(
            resource("/coordinate/programs/{slug}/cohorts/{cohort}").route(get().to(desk_page)),
        )
        .service(
            resource("/coordinate/programs/{slug}/cohorts/{cohort}/archive")
                .route(post().to(archive)),
        )
        .service(
            resource("/coordinate/programs/{slug}/cohorts/{cohort}/reopen")
                .route(post().to(reopen)),
        );
}

fn cohorts_of(slug: &str) -> String {
    format!("/coordinate/programs/{slug}/cohorts")
}

async fn list_page(
    app: Data<App>,
    visitor: Visitor,
    slug: Path<String>,
) -> Result<HttpResponse, Error> {
    let status = StatusCode::OK;
    show(
        &app,
        &visitor,
        &slug,
        status,
        &PastCohort::default(),
        &Problems::default(),
    )
    .await
}

async fn show(
    app: &App,
    visitor: &Visitor,
    slug: &str,
    status: StatusCode,
    typed: &PastCohort,
    problems: &Problems,
) -> Result<HttpResponse, Error> {
    let access = access::program(app, visitor, slug, StaffRole::Reader).await?;
    let id = access.program.id;
    let cohorts = app
        .read::<_, Error>(move |conn| Ok(store::of_program(conn, id)?))
        .await?;
    let markup = pages::list(visitor, &access, &cohorts, typed, problems, app.now());
    Ok(page(status, markup))
}

/// Adds a cohort that was over before the program came here.
async fn add_past(
    app: Data<App>,
    form: Form,
    slug: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let access = access::program(&app, &form.visitor, &slug, StaffRole::Lead).await?;
    let typed = PastCohort::typed(&form.fields)?;
    let status = StatusCode::UNPROCESSABLE_ENTITY;
    let checked = match typed.checked() {
        Ok(checked) => checked,
        Err(problems) => return show(&app, &form.visitor, &slug, status, &typed, &problems).await,
    };
    let (by, program) = (form.visitor.by(), access.program.id);
    let added = app
        .transaction(move |tx| archive::add_past(tx, &by, program, &checked))
        .await;
    match added {
        Ok(()) => {
            let notice = Some(Notice::new("Added."));
            Ok(see_other(&request, &cohorts_of(&slug), notice))
        }
        Err(ArchiveError::Taken) => {
            let problem = "is that of a cohort you have already";
            let problems = Problems::one("name", problem);
            show(&app, &form.visitor, &slug, status, &typed, &problems).await
        }
        Err(error) => Err(error.into()),
    }
}

async fn desk_page(
    app: Data<App>,
    visitor: Visitor,
    path: Path<(String, String)>,
) -> Result<HttpResponse, Error> {
    let (slug, cohort) = path.into_inner();
    let access = access::cohort(&app, &visitor, (&slug, &cohort), StaffRole::Reader).await?;
    let (id, reader) = (access.cohort.id, visitor.signed_in()?.id);
    let (running, funnel, mine) = app
        .read::<_, Error>(move |conn| {
            Ok((
                store::running_of(conn, id)?,
                application::store::funnel(conn, id)?,
                application::store::to_read(conn, id, reader)?,
            ))
        })
        .await?;
    let file = reread(&running.text)?;
    let desk = Desk {
        access: &access,
        file: &file,
        funnel,
        mine,
        now: app.now(),
    };
    Ok(page(StatusCode::OK, pages::desk(&visitor, &desk)))
}

/// Ends a cohort for good, with the numbers that its program's page keeps.
async fn archive(
    app: Data<App>,
    form: Form,
    path: Path<(String, String)>,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let (slug, cohort) = path.into_inner();
    let access = access::cohort(&app, &form.visitor, (&slug, &cohort), StaffRole::Lead).await?;
    let mut reader = crate::input::Reader::default();
    let pairs = reader.number("pairs", form.fields.one("pairs")?, 0..=10_000);
    reader.problems.or(()).map_err(Error::Unprocessable)?;
    let (by, id) = (form.visitor.by(), access.cohort.id);
    app.transaction(move |tx| archive::archive(tx, &by, id, i32::try_from(pairs).unwrap_or(0)))
        .await?;
    let notice = Some(Notice::new("Archived. You can reopen it."));
    let next = format!("{}/{cohort}", cohorts_of(&slug));
    Ok(see_other(&request, &next, notice))
}

async fn reopen(
    app: Data<App>,
    form: Form,
    path: Path<(String, String)>,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let (slug, cohort) = path.into_inner();
    let access = access::cohort(&app, &form.visitor, (&slug, &cohort), StaffRole::Lead).await?;
    let (by, id) = (form.visitor.by(), access.cohort.id);
    app.transaction(move |tx| archive::reopen(tx, &by, id))
        .await?;
    let next = format!("{}/{cohort}", cohorts_of(&slug));
    Ok(see_other(&request, &next, Some(Notice::new("Reopened."))))
}
