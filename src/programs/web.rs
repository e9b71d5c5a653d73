//! The public routes of programs.

use actix_web::{
    HttpResponse,
    http::StatusCode,
    web::{Data, Path, ServiceConfig, get, resource},
};

use super::{
    application,
    cohort::{self, Cohort},
    pages::{self, Shown},
    published::Published,
    reread::reread,
    store,
};
use crate::{
    app::App,
    error::Error,
    people::visitor::{MayBrowse, Visitor, page},
};

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(resource("/programs").route(get().to(list)))
        .service(resource("/programs/{slug}").route(get().to(program_page)));
}

/// Every published program.
pub async fn published(app: &App) -> Result<Vec<Published>, Error> {
    let found = app
        .read::<_, Error>(|conn| Ok(store::published(conn)?))
        .await?;
    let read = |(text, cohort): (String, Option<Cohort>)| {
        Ok(Published {
            file: reread(&text)?,
            cohort,
        })
    };
    found.into_iter().map(read).collect()
}

/// The published program of that slug; drafts are not found.
pub async fn published_of(app: &App, slug: &str) -> Result<Published, Error> {
    let slug = slug.to_owned();
    let found = app
        .read::<_, Error>(move |conn| Ok(store::published_of(conn, &slug)?))
        .await?;
    let (text, cohort) = found.ok_or(Error::NotFound)?;
    Ok(Published {
        file: reread(&text)?,
        cohort,
    })
}

async fn list(_: MayBrowse, app: Data<App>, visitor: Visitor) -> Result<HttpResponse, Error> {
    let programs = published(&app).await?;
    let markup = pages::list(&visitor, &programs, app.now());
    Ok(page(StatusCode::OK, markup))
}

async fn program_page(
    _: MayBrowse,
    app: Data<App>,
    visitor: Visitor,
    slug: Path<String>,
) -> Result<HttpResponse, Error> {
    let program = published_of(&app, &slug).await?;
    let person = visitor.person.as_ref().map(|person| person.id);
    let cohort = program.cohort.as_ref().map(|cohort| cohort.id);
    let (past, own) = app
        .read::<_, Error>(move |conn| {
            let past = cohort::store::past(conn, &slug)?;
            let own = match cohort.zip(person) {
                Some((cohort, person)) => application::store::in_cohort(conn, cohort, person)?,
                None => Vec::new(),
            };
            Ok((past, own))
        })
        .await?;
    let shown = Shown {
        program: &program,
        past: &past,
        own: &own,
        is_draft: false,
    };
    let markup = pages::program(&visitor, &shown, app.now());
    Ok(page(StatusCode::OK, markup))
}
