//! Routes of what a student shows to hosts.

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Data, ServiceConfig, get, post, resource},
};

use super::{Introduced, pages, rules::IntroductionForm, store};
use crate::{
    app::App,
    error::Error,
    html::Notice,
    input::Problems,
    people::{
        Role, introduction,
        profile::web::{picture, uploaded_portrait},
        visitor::{Form, Upload, Visitor, page, see_other},
    },
};

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(
            resource("/me/introduction")
                .route(get().to(introduction_page))
                .route(post().to(save)),
        )
        .service(resource("/me/introduction/photo").route(post().to(upload_photo)))
        .service(resource("/me/introduction/photo/remove").route(post().to(remove_photo)))
        .service(resource("/me/introduction/photo.jpg").route(get().to(own_photo)));
}

async fn introduction_page(app: Data<App>, visitor: Visitor) -> Result<HttpResponse, Error> {
    let own = load(&app, &visitor).await?;
    let values = IntroductionForm::of(&own.introduction);
    let markup = pages::introduction(&visitor.chrome, &own, &values, &Problems::default());
    Ok(page(StatusCode::OK, markup))
}

async fn load(app: &App, visitor: &Visitor) -> Result<Introduced, Error> {
    let id = visitor.having(Role::Student)?.id;
    app.read::<_, Error>(move |conn| Ok(store::introduction(conn, id)?))
        .await
}

/// The form as it was filled, with what is wrong about it.
async fn refused(
    app: &App,
    visitor: &Visitor,
    values: Option<&IntroductionForm>,
    problems: &Problems,
) -> Result<HttpResponse, Error> {
    let own = load(app, visitor).await?;
    let stored = IntroductionForm::of(&own.introduction);
    let values = values.unwrap_or(&stored);
    let markup = pages::introduction(&visitor.chrome, &own, values, problems);
    Ok(page(StatusCode::UNPROCESSABLE_ENTITY, markup))
}

async fn save(app: Data<App>, form: Form, request: HttpRequest) -> Result<HttpResponse, Error> {
    let id = form.visitor.having(Role::Student)?.id;
    let values = IntroductionForm::read(&form.fields)?;
    match values.checked() {
        Err(problems) => refused(&app, &form.visitor, Some(&values), &problems).await,
        Ok(introduction) => {
            app.transaction::<_, Error>(move |tx| Ok(store::put(tx, id, &introduction)?))
                .await?;
            Ok(see_other(&request, "/me/introduction", Some(Notice::SAVED)))
        }
    }
}

async fn upload_photo(
    app: Data<App>,
    upload: Upload,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let visitor = upload.form.visitor;
    let owner = visitor.having(Role::Student)?.clone();
    app.limits.photo(owner.id)?;
    match uploaded_portrait(&app, upload.file).await? {
        Err(reason) => {
            let problems = Problems::one("file", reason.to_string());
            refused(&app, &visitor, None, &problems).await
        }
        Ok(portrait) => {
            app.transaction(move |tx| introduction::save_photo(tx, &owner, &portrait))
                .await?;
            Ok(see_other(&request, "/me/introduction", Some(Notice::SAVED)))
        }
    }
}

async fn remove_photo(
    app: Data<App>,
    form: Form,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let owner = form.visitor.having(Role::Student)?.clone();
    app.transaction(move |tx| introduction::remove_photo(tx, &owner))
        .await?;
    Ok(see_other(
        &request,
        "/me/introduction",
        Some(Notice::REMOVED),
    ))
}

async fn own_photo(
    app: Data<App>,
    visitor: Visitor,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let id = visitor.having(Role::Student)?.id;
    let photo = app
        .read::<_, Error>(move |conn| Ok(store::photo(conn, id)?))
        .await?;
    Ok(picture(&request, photo, "private, no-cache"))
}
