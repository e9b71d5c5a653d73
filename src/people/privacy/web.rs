//! Routes of the privacy notice.

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Data, ServiceConfig, get, post, resource},
};

use super::{PrivacyNotice, pages, store};
use crate::{
    app::App,
    db::PersonId,
    error::Error,
    html::{
        Notice,
        form::{self, Fields},
    },
    input::Problems,
    people::{
        privacy,
        visitor::{Form, Visitor, page, see_other},
    },
};

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(resource("/privacy").route(get().to(notice_page)))
        .service(resource("/privacy/agree").route(post().to(agree)));
}

async fn notice_page(
    app: Data<App>,
    visitor: Visitor,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let query = Fields::parse(request.query_string())?;
    let next = query
        .some("next")?
        .map(|next| form::own_path(next).to_owned());
    show(
        &app,
        &visitor,
        StatusCode::OK,
        &Problems::default(),
        next.as_deref(),
    )
    .await
}

async fn show(
    app: &App,
    visitor: &Visitor,
    status: StatusCode,
    problems: &Problems,
    next: Option<&str>,
) -> Result<HttpResponse, Error> {
    let notice = PrivacyNotice::of(app);
    let agreed = match &visitor.person {
        None => None,
        Some(person) => {
            let (id, version) = (person.id, notice.version.clone());
            app.read::<_, Error>(move |conn| Ok(store::consent(conn, id, &version)?))
                .await?
        }
    };
    let markup = pages::notice(visitor, &notice, agreed, next, problems);
    Ok(page(status, markup))
}

async fn agree(app: Data<App>, form: Form, request: HttpRequest) -> Result<HttpResponse, Error> {
    let id = form.visitor.signed_in()?.id;
    let next = form::own_path(form.fields.one("next")?);
    let version = PrivacyNotice::of(&app).version;
    if form.fields.one("version")? != version {
        let problems = Problems::one("version", "has changed; please read it again");
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        return show(&app, &form.visitor, status, &problems, Some(next)).await;
    }
    app.transaction::<_, Error>(move |tx| Ok(privacy::agree(tx, id, &version)?))
        .await?;
    Ok(see_other(&request, next, Some(Notice::new("Thank you."))))
}

/// Where somebody goes who has just signed in: on, or first to a notice that they have not agreed to.
pub async fn first_stop(app: &App, id: PersonId, next: &str) -> Result<String, Error> {
    let version = PrivacyNotice::of(app).version;
    let agreed = app
        .read::<_, Error>(move |conn| Ok(store::consent(conn, id, &version)?))
        .await?;
    Ok(match agreed {
        Some(_) => next.to_owned(),
        None => form::address("/privacy", &[("next", next)]),
    })
}
