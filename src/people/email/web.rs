//! Routes of changing the address of one's account.

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Data, Path, ServiceConfig, get, post, resource},
};

use super::{EmailChange, EmailError, pages};
use crate::{
    app::App,
    error::Error,
    html::Notice,
    input::{self, Problems},
    people::{
        email,
        visitor::{Form, Visitor, page, see_other},
    },
};

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(
            resource("/me/email")
                .route(get().to(ask_page))
                .route(post().to(ask)),
        )
        .service(
            resource("/email/{token}")
                .route(get().to(confirm_page))
                .route(post().to(confirm)),
        );
}

async fn ask_page(app: Data<App>, visitor: Visitor) -> Result<HttpResponse, Error> {
    let person = visitor.fresh(app.now())?;
    let markup = pages::ask(&visitor.chrome, person, "", &Problems::default());
    Ok(page(StatusCode::OK, markup))
}

async fn ask(app: Data<App>, form: Form) -> Result<HttpResponse, Error> {
    let visitor = &form.visitor;
    let person = visitor.fresh(app.now())?.clone();
    app.limit_sign_in(visitor.network).await?;
    let typed = form.fields.one("email")?;
    let refused = |problem: &str| {
        let problems = Problems::one("email", problem);
        let markup = pages::ask(&visitor.chrome, &person, &input::line(typed), &problems);
        Ok(page(StatusCode::UNPROCESSABLE_ENTITY, markup))
    };
    let Some(wanted) = input::email(typed) else {
        return refused("must look like ada@example.org");
    };
    let (asker, asked) = (person.clone(), wanted.clone());
    let done = app
        .transaction(move |tx| email::ask(tx, &asker, &asked))
        .await;
    match done {
        Ok(()) => {
            let markup = pages::sent(&visitor.chrome, &wanted);
            Ok(page(StatusCode::OK, markup))
        }
        Err(EmailError::Database(error)) => Err(error.into()),
        Err(error) => refused(&error.to_string()),
    }
}

/// What the link asks for. Scanners of mail open links, so that it takes a button.
fn wanted(app: &App, token: &str) -> Option<EmailChange> {
    email::wanted(&app.keys, token, app.now())
}

fn over(visitor: &Visitor) -> HttpResponse {
    let markup = pages::over(&visitor.chrome);
    page(StatusCode::NOT_FOUND, markup)
}

async fn confirm_page(
    app: Data<App>,
    visitor: Visitor,
    token: Path<String>,
) -> Result<HttpResponse, Error> {
    let Some(wanted) = wanted(&app, &token) else {
        return Ok(over(&visitor));
    };
    let person = visitor.signed_in()?;
    if !wanted.is_of(person) {
        return Ok(over(&visitor));
    }
    let markup = pages::confirm(&visitor.chrome, &person.name, &wanted.email, &token, None);
    Ok(page(StatusCode::OK, markup))
}

async fn confirm(
    app: Data<App>,
    form: Form,
    token: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let visitor = &form.visitor;
    app.limit_sign_in(visitor.network).await?;
    let Some(wanted) = wanted(&app, &token) else {
        return Ok(over(visitor));
    };
    // Whoever reads the new mailbox alone may be a stranger: addresses are mistyped.
    if !wanted.is_of(visitor.signed_in()?) {
        return Ok(over(visitor));
    }
    let by = visitor.by();
    let asked = wanted.clone();
    let done = app
        .transaction(move |tx| email::confirm(tx, &by, &asked))
        .await;
    match done {
        Ok(()) => Ok(see_other(
            &request,
            "/me/settings",
            Some(Notice::new(
                "Your email address has been changed. From now on, sign in with the new one.",
            )),
        )),
        Err(EmailError::Over) => Ok(over(visitor)),
        Err(EmailError::Database(error)) => Err(error.into()),
        Err(error) => {
            let problem = error.to_string();
            let markup = pages::confirm(&visitor.chrome, "", &wanted.email, &token, Some(&problem));
            Ok(page(StatusCode::UNPROCESSABLE_ENTITY, markup))
        }
    }
}
