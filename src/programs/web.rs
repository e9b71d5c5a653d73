//! The public routes of programs.

use actix_web::{
    HttpResponse,
    http::StatusCode,
    web::{Data, Path, ServiceConfig, get, resource},
};

use super::{
    file::{ProgramFile, read::read},
    pages, store,
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

/// A version that was published, read again; what was published could be read.
pub fn reread(text: &str) -> Result<ProgramFile, Error> {
    let reading =
        read(text).map_err(|_| Error::Internal("a published program is no TOML".into()))?;
    Ok(reading.file)
}

/// Every published program.
pub async fn published(app: &App) -> Result<Vec<ProgramFile>, Error> {
    let texts = app
        .read::<_, Error>(|conn| Ok(store::published(conn)?))
        .await?;
    texts.iter().map(|(_, text)| reread(text)).collect()
}

/// The published program of that slug; drafts are not found.
pub async fn published_of(app: &App, slug: &str) -> Result<ProgramFile, Error> {
    let slug = slug.to_owned();
    let text = app
        .read::<_, Error>(move |conn| Ok(store::published_of(conn, &slug)?))
        .await?;
    reread(&text.ok_or(Error::NotFound)?)
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
    let markup = pages::program(&visitor, &program, false, app.now());
    Ok(page(StatusCode::OK, markup))
}
