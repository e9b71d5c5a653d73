//! Routes of the second factor, and of proving again who one is.

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Data, ServiceConfig, get, post, resource},
};

use super::{
    Left, SecondError,
    pages::{self, AppState, State, Ways},
    passkey::webauthn,
    store,
};
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
        Person,
        audit::{AuditAction, record},
        jobs::AccountChange,
        privacy::web::first_stop,
        second_factor,
        visitor::{Form, Visitor, page, see_other},
    },
};

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(
            resource("/second-factor")
                .route(get().to(challenge_page))
                .route(post().to(answer)),
        )
        .service(
            resource("/me/second-factor")
                .route(get().to(settings_page))
                .route(post().to(begin)),
        )
        .service(resource("/me/second-factor/confirm").route(post().to(confirm)))
        .service(resource("/me/second-factor/app/remove").route(post().to(remove_app)))
        .service(resource("/me/second-factor/codes").route(post().to(renew_codes)))
        .service(resource("/me/second-factor/remove").route(post().to(remove)));
}

/// Whoever has used a link and still owes the code, or is signed in and proves it again.
pub fn challenged(visitor: &Visitor) -> Result<&Person, Error> {
    let person = visitor.awaited.as_ref().or(visitor.person.as_ref());
    person.ok_or(Error::SignInFirst)
}

async fn challenge_page(
    app: Data<App>,
    visitor: Visitor,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let query = Fields::parse(request.query_string())?;
    let next = form::own_path(query.one("next")?);
    let person = challenged(&visitor)?;
    let id = person.id;
    let has_second = app
        .read::<_, Error>(move |conn| Ok(store::has(conn, id)?))
        .await?;
    if has_second {
        return challenge(&app, &visitor, next, &Problems::default()).await;
    }
    let markup = pages::again(&visitor.chrome, &person.email, next);
    Ok(page(StatusCode::OK, markup))
}

/// Asks for the second step, with a new challenge for the passkeys of who has some.
pub async fn challenge(
    app: &Data<App>,
    visitor: &Visitor,
    next: &str,
    problems: &Problems,
) -> Result<HttpResponse, Error> {
    let person = challenged(visitor)?.clone();
    let session = visitor.session_hash.clone().ok_or(Error::SignInFirst)?;
    let shared = Data::clone(app);
    let (options, has_app) = app
        .transaction(move |tx| {
            let options = webauthn::ask(tx, &shared.keys, &shared.config, &person, &session)?;
            let factor = store::factor(tx, person.id)?;
            Ok::<_, SecondError>((options, factor.is_some_and(|f| f.confirmed_at.is_some())))
        })
        .await?;
    let ways = Ways {
        options: options.as_deref(),
        has_app,
        contact: app.config.contact.as_ref(),
    };
    let markup = pages::challenge(&visitor.chrome, next, &ways, problems);
    let status = if problems.is_empty() {
        StatusCode::OK
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    Ok(page(status, markup))
}

/// What was checked, as an answer: on to where they wanted to be, or asked again.
pub async fn checked(
    app: &Data<App>,
    request: &HttpRequest,
    visitor: &Visitor,
    id: PersonId,
    field: &str,
    next: &str,
    checked: Result<(), SecondError>,
) -> Result<HttpResponse, Error> {
    match checked {
        Ok(()) => {
            let next = first_stop(app, id, next).await?;
            Ok(see_other(
                request,
                &next,
                Some(Notice::new("You are signed in.")),
            ))
        }
        Err(SecondError::Database(error)) => Err(error.into()),
        Err(error) => {
            let problems = Problems::one(field, error.to_string());
            challenge(app, visitor, next, &problems).await
        }
    }
}

async fn answer(app: Data<App>, form: Form, request: HttpRequest) -> Result<HttpResponse, Error> {
    let visitor = &form.visitor;
    let person = challenged(visitor)?.clone();
    let session = visitor.session_hash.clone().ok_or(Error::SignInFirst)?;
    let next = form::own_path(form.fields.one("next")?).to_owned();
    let code = form.fields.one("code")?.to_owned();
    let mut by = visitor.by();
    by.person = Some(person.id);
    let id = person.id;
    let shared = Data::clone(&app);
    let counted = app
        .transaction(move |tx| second_factor::count_attempt(tx, id))
        .await;
    let outcome = match counted {
        Err(error) => Err(error),
        Ok(()) => {
            app.transaction(move |tx| {
                second_factor::check(tx, &shared.keys, &by, &person, &code)?;
                let now = tx.now()?;
                Ok::<_, SecondError>(store::note_proof(tx, &session, now)?)
            })
            .await
        }
    };
    checked(&app, &request, visitor, id, "code", &next, outcome).await
}

async fn settings_page(app: Data<App>, visitor: Visitor) -> Result<HttpResponse, Error> {
    show(&app, &visitor, &Problems::default()).await
}

pub async fn show(
    app: &App,
    visitor: &Visitor,
    problems: &Problems,
) -> Result<HttpResponse, Error> {
    let person = visitor.signed_in()?;
    let id = person.id;
    let (factor, passkeys, codes_left) = app
        .read::<_, Error>(move |conn| {
            Ok((
                store::factor(conn, id)?,
                store::passkeys(conn, id)?,
                store::count_codes(conn, id)?,
            ))
        })
        .await?;
    let own = match factor {
        None => AppState::Without,
        Some(factor) if factor.confirmed_at.is_some() => AppState::On,
        // One that was encrypted with another key cannot be shown: it is begun again.
        Some(factor) => second_factor::setup(&app.keys, person, &factor.secret)
            .map_or(AppState::Without, AppState::Begun),
    };
    let state = State {
        app: own,
        passkeys,
        offers_passkeys: webauthn::is_offered(&app.config),
        codes_left,
    };
    let status = if problems.is_empty() {
        StatusCode::OK
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    Ok(page(status, pages::settings(visitor, &state, problems)))
}

async fn begin(app: Data<App>, form: Form, request: HttpRequest) -> Result<HttpResponse, Error> {
    let id = form.visitor.fresh(app.now())?.id;
    let shared = Data::clone(&app);
    app.transaction::<_, Error>(move |tx| Ok(second_factor::begin(tx, &shared.keys, id)?))
        .await?;
    Ok(see_other(&request, "/me/second-factor", None))
}

async fn confirm(app: Data<App>, form: Form) -> Result<HttpResponse, Error> {
    let visitor = &form.visitor;
    let person = visitor.fresh(app.now())?.clone();
    let (by, code) = (visitor.by(), form.fields.one("code")?.to_owned());
    let shared = Data::clone(&app);
    let confirmed = app
        .transaction(move |tx| second_factor::confirm(tx, &shared.keys, &by, &person, &code))
        .await;
    match confirmed {
        Ok(codes) => Ok(show_codes(visitor, &codes)),
        Err(SecondError::Database(error)) => Err(error.into()),
        Err(error) => show(&app, visitor, &Problems::one("code", error.to_string())).await,
    }
}

pub fn show_codes(visitor: &Visitor, codes: &[String]) -> HttpResponse {
    page(StatusCode::OK, pages::codes(&visitor.chrome, codes))
}

async fn renew_codes(app: Data<App>, form: Form) -> Result<HttpResponse, Error> {
    let visitor = &form.visitor;
    let (id, by) = (visitor.fresh(app.now())?.id, visitor.by());
    let shared = Data::clone(&app);
    let codes = app
        .transaction::<_, Error>(move |tx| {
            if !store::has(tx, id)? {
                return Err(Error::NotFound);
            }
            let codes = second_factor::renew_codes(tx, &shared.keys, id)?;
            record::record(tx, &by, AuditAction::RecoveryCodesMade, Some(id), "")?;
            second_factor::tell(tx, id, AccountChange::RecoveryCodesMade)?;
            Ok(codes)
        })
        .await?;
    Ok(show_codes(visitor, &codes))
}

async fn remove_app(
    app: Data<App>,
    form: Form,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let (id, by) = (form.visitor.fresh(app.now())?.id, form.visitor.by());
    let left = app
        .transaction::<_, Error>(move |tx| Ok(second_factor::remove_app(tx, &by, id)?))
        .await?;
    removed(&request, left)
}

/// Back to the page, which says what is left.
pub fn removed(request: &HttpRequest, left: Left) -> Result<HttpResponse, Error> {
    let notice = match left {
        Left::Same => return Err(Error::NotFound),
        Left::Some => Notice::REMOVED,
        Left::Nothing => Notice::new("Two-step verification is off."),
    };
    Ok(see_other(request, "/me/second-factor", Some(notice)))
}

async fn remove(app: Data<App>, form: Form, request: HttpRequest) -> Result<HttpResponse, Error> {
    let (id, by) = (form.visitor.fresh(app.now())?.id, form.visitor.by());
    let found = app
        .transaction::<_, Error>(move |tx| Ok(second_factor::remove(tx, &by, id)?))
        .await?;
    let left = if found { Left::Nothing } else { Left::Same };
    removed(&request, left)
}
