//! Unsubscribing from letters that are not about one's own bookings (RFC 8058): a page that asks, and one click for
//! mail programs.

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Data, Path, ServiceConfig, get, post, resource},
};

use super::{pages, store};
use crate::{
    app::App,
    db::PersonId,
    error::Error,
    html::Notice,
    people::visitor::{Form, Visitor, page, see_other},
};

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(
            resource("/unsubscribe/{token}")
                .route(get().to(ask))
                .route(post().to(leave)),
        )
        .service(resource("/me/settings/coordinator-mail").route(post().to(choose)));
}

fn whose(app: &App, token: &str) -> Result<PersonId, Error> {
    let content = app.keys.open(super::UNSUBSCRIBE, token, b"");
    let id = content.and_then(|bytes| uuid::Uuid::from_slice(&bytes).ok());
    id.map(PersonId).ok_or(Error::NotFound)
}

async fn ask(app: Data<App>, visitor: Visitor, token: Path<String>) -> Result<HttpResponse, Error> {
    whose(&app, &token)?;
    let markup = pages::ask(&visitor.chrome, &token);
    Ok(page(StatusCode::OK, markup))
}

/// Whoever has the token may leave: mail programs send no cookie and no hidden token.
async fn leave(
    app: Data<App>,
    visitor: Visitor,
    token: Path<String>,
) -> Result<HttpResponse, Error> {
    let id = whose(&app, &token)?;
    app.transaction::<_, Error>(move |tx| {
        let now = tx.now()?;
        Ok(store::set_unsubscribed(tx, id, true, now)?)
    })
    .await?;
    let markup = pages::left(&visitor.chrome);
    Ok(page(StatusCode::OK, markup))
}

async fn choose(app: Data<App>, form: Form, request: HttpRequest) -> Result<HttpResponse, Error> {
    let id = form.visitor.coordinating()?.id;
    let leaves = !form.fields.is_ticked("wanted");
    app.transaction::<_, Error>(move |tx| {
        let now = tx.now()?;
        Ok(store::set_unsubscribed(tx, id, leaves, now)?)
    })
    .await?;
    Ok(see_other(&request, "/me/settings", Some(Notice::SAVED)))
}
