//! Routes by which alumni edit their services.

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Data, Path, ServiceConfig, get, post, resource},
};

use super::pages;
use crate::{
    app::App,
    db::PersonId,
    error::Error,
    html::{Notice, form::Fields},
    input::{self, Problems},
    people::{
        Role,
        visitor::{Form, Visitor, page, see_other},
    },
    slots::{
        self, Service,
        catalogue::{self, Catalogue},
        rules::{ServiceForm, place_problem},
        service::{self, ServiceError},
    },
};

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(resource("/me/services").route(get().to(services_page)))
        .service(
            resource("/me/services/{slug}")
                .route(get().to(service_page))
                .route(post().to(save_service)),
        )
        .service(resource("/me/services/{slug}/open").route(post().to(open_service)));
}

async fn services_page(app: Data<App>, visitor: Visitor) -> Result<HttpResponse, Error> {
    let id = visitor.having(Role::Alumnus)?.id;
    let (host, services, kinds) = app
        .read::<_, Error>(move |conn| {
            Ok((
                slots::store::own(conn, id)?,
                slots::store::services_of(conn, id)?,
                catalogue::store::all(conn)?,
            ))
        })
        .await?;
    Ok(page(
        StatusCode::OK,
        pages::services(&visitor.chrome, &host, &services, &kinds),
    ))
}

async fn service_page(
    app: Data<App>,
    visitor: Visitor,
    path: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let id = visitor.having(Role::Alumnus)?.id;
    let fields = Fields::parse(request.query_string())?;
    let chrome = &visitor.chrome;
    let slug = input::unless_new(&path);
    let (found, kinds) = load_service(&app, id, slug.clone()).await?;
    let values = match (&found, fields.some("kind")?) {
        (Some(service), _) => ServiceForm::of(service),
        (None, None) => return Ok(page(StatusCode::OK, pages::choose_kind(chrome, &kinds))),
        (None, Some(word)) => {
            let known = kinds.choice(word, "");
            let unknown =
                || Error::bad_request("kind", "must be one of the kinds of service listed");
            ServiceForm::new(known.ok_or_else(unknown)?)
        }
    };
    let markup = pages::service(
        chrome,
        found.as_ref(),
        &values,
        &kinds,
        &Problems::default(),
    );
    Ok(page(StatusCode::OK, markup))
}

/// The service of that slug, if one is meant, and the kinds that there are.
async fn load_service(
    app: &App,
    of: PersonId,
    slug: Option<String>,
) -> Result<(Option<Service>, Catalogue), Error> {
    app.read::<_, Error>(move |conn| {
        let found = match &slug {
            None => None,
            Some(slug) => {
                let found = slots::store::own_service(conn, of, slug)?;
                Some(found.ok_or(Error::NotFound)?)
            }
        };
        Ok((found, catalogue::store::all(conn)?))
    })
    .await
}

async fn save_service(
    app: Data<App>,
    form: Form,
    path: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let id = form.visitor.having(Role::Alumnus)?.id;
    let slug = input::unless_new(&path);
    let values = ServiceForm::read(&form.fields)?;
    let (draft, asked) = (values.draft(), slug.clone());
    let saved = app
        .transaction::<_, ServiceError>(move |tx| {
            let existing = match &asked {
                Some(slug) => {
                    let found = slots::store::own_service(tx, id, slug)?;
                    Some(found.ok_or(ServiceError::NotFound)?)
                }
                None => None,
            };
            if let Some(problem) = place_problem(&draft.location) {
                return Err(Problems::one("location", problem).into());
            }
            let is_open = existing.is_none_or(|s| s.closed_at.is_none());
            service::save(tx, id, asked.as_deref(), draft.clone(), is_open)
        })
        .await;
    match saved {
        Ok(_) => Ok(see_other(&request, "/me/services", Some(Notice::SAVED))),
        Err(ServiceError::Invalid(problems)) => {
            let (found, kinds) = load_service(&app, id, slug).await?;
            let chrome = &form.visitor.chrome;
            let markup = pages::service(chrome, found.as_ref(), &values, &kinds, &problems);
            Ok(page(StatusCode::UNPROCESSABLE_ENTITY, markup))
        }
        Err(error) => Err(error.into()),
    }
}

async fn open_service(
    app: Data<App>,
    form: Form,
    path: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let id = form.visitor.having(Role::Alumnus)?.id;
    let is_open = form.fields.one("open")? == "yes";
    app.transaction(move |tx| service::set_open(tx, id, &path, is_open))
        .await?;
    Ok(see_other(&request, "/me/services", Some(Notice::SAVED)))
}
