//! Routes of passkeys.

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Data, Path, ServiceConfig, post, resource},
};

use super::{NewPasskey, webauthn};
use crate::{
    app::App,
    db::PasskeyId,
    error::Error,
    html::{Notice, form},
    input::{self, Problems, Reader},
    people::{
        second_factor::{
            self, SecondError,
            web::{challenged, checked, removed, show_codes},
        },
        visitor::{Form, Visitor, page, see_other},
    },
};

/// Longest name of a passkey.
const LONGEST_NAME: usize = 60;

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(resource("/me/passkeys").route(post().to(begin)))
        .service(resource("/me/passkeys/add").route(post().to(add)))
        .service(resource("/me/passkeys/{id}/remove").route(post().to(remove)))
        .service(resource("/second-factor/passkey").route(post().to(answer)));
}

async fn begin(app: Data<App>, form: Form) -> Result<HttpResponse, Error> {
    show(&app, &form.visitor, "", &Problems::default()).await
}

/// The page on which the browser makes one, each time with a new challenge.
async fn show(
    app: &Data<App>,
    visitor: &Visitor,
    name: &str,
    problems: &Problems,
) -> Result<HttpResponse, Error> {
    let person = visitor.fresh(app.now())?.clone();
    let session = visitor.session_hash.clone().ok_or(Error::SignInFirst)?;
    let shared = Data::clone(app);
    let begun = app
        .transaction(move |tx| webauthn::begin(tx, &shared.keys, &shared.config, &person, &session))
        .await;
    let options = match begun {
        Ok(options) => options,
        Err(SecondError::Database(error)) => return Err(error.into()),
        Err(error) => {
            let problems = Problems::one("passkey", error.to_string());
            return second_factor::web::show(app, visitor, &problems).await;
        }
    };
    let markup = second_factor::pages::add_passkey(&visitor.chrome, name, &options, problems);
    let status = if problems.is_empty() {
        StatusCode::OK
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    Ok(page(status, markup))
}

async fn add(app: Data<App>, form: Form, request: HttpRequest) -> Result<HttpResponse, Error> {
    let visitor = &form.visitor;
    let person = visitor.fresh(app.now())?.clone();
    let session = visitor.session_hash.clone().ok_or(Error::SignInFirst)?;
    let typed = form.fields.one("name")?;
    let credential = form.fields.one("credential")?.to_owned();
    let mut reader = Reader::default();
    let name = reader.required_line("name", typed, LONGEST_NAME);
    if !reader.problems.is_empty() {
        return show(&app, visitor, &input::line(typed), &reader.problems).await;
    }
    let challenge = take_challenge(&app, session).await?;
    let (by, shared) = (visitor.by(), Data::clone(&app));
    let made = NewPasskey {
        name: name.clone(),
        credential,
    };
    let added = app
        .transaction(move |tx| {
            let challenge = challenge.as_deref();
            webauthn::add(
                tx,
                &shared.keys,
                &shared.config,
                &by,
                &person,
                challenge,
                &made,
            )
        })
        .await;
    match added {
        Ok(Some(codes)) => Ok(show_codes(visitor, &codes)),
        Ok(None) => Ok(see_other(
            &request,
            "/me/second-factor",
            Some(Notice::SAVED),
        )),
        Err(SecondError::Database(error)) => Err(error.into()),
        Err(error) => {
            let problems = Problems::one("passkey", error.to_string());
            show(&app, visitor, &name, &problems).await
        }
    }
}

async fn answer(app: Data<App>, form: Form, request: HttpRequest) -> Result<HttpResponse, Error> {
    let visitor = &form.visitor;
    let person = challenged(visitor)?.clone();
    let session = visitor.session_hash.clone().ok_or(Error::SignInFirst)?;
    let next = form::own_path(form.fields.one("next")?).to_owned();
    let credential = form.fields.one("credential")?.to_owned();
    let id = person.id;
    let shared = Data::clone(&app);
    let counted = app
        .transaction(move |tx| second_factor::count_attempt(tx, id))
        .await;
    let outcome = match counted {
        Err(error) => Err(error),
        Ok(()) => {
            let challenge = take_challenge(&app, session.clone()).await?;
            app.transaction(move |tx| {
                let challenge = challenge.as_deref();
                webauthn::check(
                    tx,
                    &shared.keys,
                    &shared.config,
                    &person,
                    challenge,
                    &credential,
                )?;
                let now = tx.now()?;
                Ok::<_, SecondError>(second_factor::store::note_proof(tx, &session, now)?)
            })
            .await
        }
    };
    checked(&app, &request, visitor, id, "passkey", &next, outcome).await
}

async fn take_challenge(app: &App, session: Vec<u8>) -> Result<Option<Vec<u8>>, Error> {
    app.transaction::<_, Error>(move |tx| Ok(second_factor::store::take_challenge(tx, &session)?))
        .await
}

async fn remove(
    app: Data<App>,
    form: Form,
    path: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let (owner, by) = (form.visitor.fresh(app.now())?.id, form.visitor.by());
    let id: PasskeyId = path.parse().map_err(|_| Error::NotFound)?;
    let left = app
        .transaction::<_, Error>(move |tx| Ok(second_factor::remove_passkey(tx, &by, owner, id)?))
        .await?;
    removed(&request, left)
}
