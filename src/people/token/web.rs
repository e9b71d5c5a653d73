//! Routes of a person's API tokens.

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Data, Path, ServiceConfig, get, post, resource},
};

use super::{
    NewToken,
    make::{self, TokenError},
    pages::{self, LIVES, NEVER, Typed},
    store,
};
use crate::{
    app::App,
    db::ApiTokenId,
    error::Error,
    html::Notice,
    input::{self, Problems},
    people::visitor::{Form, Visitor, page, see_other},
};

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(
            resource("/me/tokens")
                .route(get().to(tokens_page))
                .route(post().to(make)),
        )
        .service(resource("/me/tokens/{id}/revoke").route(post().to(revoke)));
}

async fn tokens_page(app: Data<App>, visitor: Visitor) -> Result<HttpResponse, Error> {
    let typed = Typed {
        days: LIVES[1].0.to_owned(),
        ..Typed::default()
    };
    show(&app, &visitor, &typed).await
}

async fn show(app: &App, visitor: &Visitor, typed: &Typed) -> Result<HttpResponse, Error> {
    let owner = visitor.signed_in()?.id;
    let tokens = app
        .read::<_, Error>(move |conn| Ok(store::of(conn, owner)?))
        .await?;
    let status = if typed.problems.is_empty() {
        StatusCode::OK
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    Ok(page(
        status,
        pages::tokens(visitor, &tokens, typed, app.now()),
    ))
}

/// Answers with the page that shows the secret, which no address leads to.
async fn make(app: Data<App>, form: Form) -> Result<HttpResponse, Error> {
    let visitor = &form.visitor;
    let (owner, by) = (visitor.fresh(app.now())?.id, visitor.by());
    let mut typed = Typed {
        name: input::line(form.fields.one("name")?),
        days: form.fields.one("days")?.to_owned(),
        ..Typed::default()
    };
    let days = match typed.days.as_str() {
        NEVER => None,
        days if LIVES.iter().any(|(d, _)| *d == days) => days.parse().ok(),
        _ => return Err(Error::bad_request("days", "must be one of the options")),
    };
    match NewToken::checked(&typed.name, days) {
        Err(problems) => typed.problems = problems,
        Ok(wanted) => {
            let made = app
                .transaction(move |tx| make::make(tx, &by, owner, &wanted))
                .await;
            match made {
                Ok(secret) => {
                    typed = Typed {
                        made: Some(secret),
                        days: typed.days,
                        ..Typed::default()
                    }
                }
                Err(TokenError::TooMany) => {
                    typed.problems = Problems::whole("name", &TokenError::TooMany);
                }
                Err(TokenError::Database(error)) => return Err(error.into()),
            }
        }
    }
    show(&app, visitor, &typed).await
}

async fn revoke(
    app: Data<App>,
    form: Form,
    path: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let (owner, by) = (form.visitor.signed_in()?.id, form.visitor.by());
    let id: ApiTokenId = path.parse().map_err(|_| Error::NotFound)?;
    app.transaction(move |tx| make::revoke(tx, &by, owner, id))
        .await?;
    Ok(see_other(
        &request,
        "/me/tokens",
        Some(Notice::new("The token is revoked.")),
    ))
}
