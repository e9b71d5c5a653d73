//! Routes of applying: the form, what was sent, withdrawing.

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Data, Path, ServiceConfig, get, post, resource},
};

use super::{
    apply::{self, ApplyError},
    form, pages,
    store::{self, Own},
};
use crate::{
    app::App,
    db::ApplicationId,
    error::Error,
    html::Notice,
    input::Problems,
    people::{
        Person,
        visitor::{Form, Visitor, page, see_other},
    },
    programs::{
        cohort::{self, store::Running},
        file::ProgramFile,
        reread::reread,
        selection::seat,
    },
};

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(resource("/me/applications").route(get().to(list_page)))
        .service(resource("/applications/{id}").route(get().to(application_page)))
        .service(
            resource("/applications/{id}/withdraw")
                .route(get().to(withdraw_page))
                .route(post().to(withdraw)),
        )
        .service(resource("/applications/{id}/discard").route(post().to(discard)))
        .service(resource("/applications/{id}/agree").route(post().to(agree)))
        .service(resource("/applications/{id}/seat").route(post().to(answer_offer)));
}

/// The cohort of a published program that takes applications, with its file.
pub async fn current(app: &App, slug: &str) -> Result<(Running, ProgramFile), Error> {
    let slug = slug.to_owned();
    let running = app
        .read::<_, Error>(move |conn| Ok(cohort::store::current(conn, &slug)?))
        .await?
        .ok_or(Error::NotFound)?;
    let file = reread(&running.text)?;
    Ok((running, file))
}

/// The page of an application, to its author.
pub fn page_of(id: ApplicationId) -> String {
    format!("/applications/{id}")
}

async fn list_page(app: Data<App>, visitor: Visitor) -> Result<HttpResponse, Error> {
    let id = visitor.signed_in()?.id;
    let own = app
        .read::<_, Error>(move |conn| Ok(store::of_person(conn, id)?))
        .await?;
    let markup = pages::list(&visitor, &own, app.now());
    Ok(page(StatusCode::OK, markup))
}

/// An application of whoever asks, with the file of its cohort.
async fn find(app: &App, person: &Person, id: &str) -> Result<(Own, Running, ProgramFile), Error> {
    let id: ApplicationId = id.parse().map_err(|_| Error::NotFound)?;
    let person = person.id;
    let (own, running) = app
        .read::<_, Error>(move |conn| {
            let own = store::own(conn, id, person)?.ok_or(Error::NotFound)?;
            let running = cohort::store::running_of(conn, own.cohort.id)?;
            Ok((own, running))
        })
        .await?;
    let file = reread(&running.text)?;
    Ok((own, running, file))
}

async fn application_page(
    app: Data<App>,
    visitor: Visitor,
    id: Path<String>,
) -> Result<HttpResponse, Error> {
    show(&app, &visitor, &id, StatusCode::OK, &Problems::default()).await
}

async fn show(
    app: &App,
    visitor: &Visitor,
    id: &str,
    status: StatusCode,
    problems: &Problems,
) -> Result<HttpResponse, Error> {
    let person = visitor.signed_in()?;
    let (own, _, file) = find(app, person, id).await?;
    let markup = pages::application(visitor, &own, &file, problems, app.now());
    Ok(page(status, markup))
}

async fn withdraw_page(
    app: Data<App>,
    visitor: Visitor,
    id: Path<String>,
) -> Result<HttpResponse, Error> {
    let person = visitor.signed_in()?;
    let (own, _, file) = find(&app, person, &id).await?;
    let markup = pages::withdraw(&visitor, &own, &file, app.now());
    Ok(page(StatusCode::OK, markup))
}

async fn withdraw(
    app: Data<App>,
    form: Form,
    id: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let person = form.visitor.signed_in()?.clone();
    let id: ApplicationId = id.parse().map_err(|_| Error::NotFound)?;
    app.transaction(move |tx| seat::withdraw(tx, &person, id))
        .await?;
    let notice = Notice::new("Your application has been withdrawn.");
    Ok(see_other(&request, &page_of(id), Some(notice)))
}

async fn discard(
    app: Data<App>,
    form: Form,
    id: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let person = form.visitor.signed_in()?.clone();
    let id: ApplicationId = id.parse().map_err(|_| Error::NotFound)?;
    app.transaction(move |tx| apply::discard(tx, &person, id))
        .await?;
    let notice = Notice::new("Draft deleted.");
    Ok(see_other(&request, "/me/applications", Some(notice)))
}

/// Agrees to what has changed since the application was sent.
async fn agree(
    app: Data<App>,
    form: Form,
    id: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let person = form.visitor.signed_in()?.clone();
    let (own, _, file) = find(&app, &person, &id).await?;
    let names: Vec<String> = form::acknowledgements(&file, own.application.role)
        .filter(|one| form.fields.is_ticked(&form::agreement(one)))
        .map(|one| one.name.clone())
        .collect();
    let id = own.application.id;
    let agreed = app
        .transaction(move |tx| apply::agree(tx, &person, id, &file, &names))
        .await;
    match agreed {
        Ok(()) => {
            let notice = Some(Notice::new("Thank you. That has been noted."));
            Ok(see_other(&request, &page_of(id), notice))
        }
        Err(ApplyError::Invalid(problems)) => {
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            show(&app, &form.visitor, &id.to_string(), status, &problems).await
        }
        Err(error) => Err(error.into()),
    }
}

/// Takes or declines a seat that is kept.
async fn answer_offer(
    app: Data<App>,
    form: Form,
    id: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let person = form.visitor.signed_in()?.clone();
    let id: ApplicationId = id.parse().map_err(|_| Error::NotFound)?;
    let is_taken = match form.fields.one("answer")? {
        "take" => true,
        "decline" => false,
        _ => return Err(Error::bad_request("answer", "must be take or decline")),
    };
    app.transaction(move |tx| seat::answer(tx, &person, id, is_taken))
        .await?;
    let notice = match is_taken {
        true => "The place is yours.",
        false => "You have declined the place.",
    };
    Ok(see_other(&request, &page_of(id), Some(Notice::new(notice))))
}
