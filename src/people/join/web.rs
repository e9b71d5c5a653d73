//! Routes of joining.

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Data, ServiceConfig, get, post, resource},
};

use super::{
    JoinError, Welcome, begin,
    pages::{self, Joining},
    store,
};
use crate::{
    app::App,
    db::PersonId,
    error::Error,
    html::Notice,
    input::Problems,
    people::{
        errand::Errand,
        join,
        privacy::PrivacyNotice,
        rules::Newcomer,
        sign_in::web::set_session,
        visitor::{Form, Visitor, page, see_other},
    },
};

pub fn routes(config: &mut ServiceConfig) {
    config.service(
        resource("/join")
            .route(get().to(join_page))
            .route(post().to(join)),
    );
}

/// Said to whoever is in.
pub const WELCOME: &str = "Welcome! Your account is ready.";
/// Said to whoever has asked to be let in.
pub const WAITS: &str =
    "Thank you. A coordinator will look at your request, and you will get an email.";

/// What the form proposes: the zone that somebody chose, since what nobody has chosen is not put into their mouth.
pub fn proposed(visitor: &Visitor) -> Newcomer {
    Newcomer {
        zone: match visitor.zone_is_chosen {
            true => visitor.zone.name().to_owned(),
            false => String::new(),
        },
        ..Newcomer::default()
    }
}

/// Where somebody goes on who has just joined.
pub fn next_after(app: &App, errand: &Errand, person: PersonId) -> String {
    match errand.next.as_str() {
        "" | "/me" => "/alumni".to_owned(),
        _ => errand.arrival(&app.keys, person, app.now()),
    }
}

fn joining<'a>(visitor: &'a Visitor, email: &'a str, welcome: Welcome) -> Joining<'a> {
    Joining {
        chrome: &visitor.chrome,
        action: "/join",
        email,
        welcome,
        errand: &visitor.errand,
    }
}

async fn join_page(
    app: Data<App>,
    visitor: Visitor,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    if visitor.person.is_some() {
        return Ok(see_other(&request, "/me", None));
    }
    let email = visitor.newcomer.clone().ok_or(Error::SignInFirst)?;
    let asked = email.clone();
    let now = app.now();
    let (waiting, welcome) = app
        .read::<_, Error>(move |conn| {
            Ok((
                store::open_request(conn, &asked)?,
                join::welcome(conn, &asked, now)?,
            ))
        })
        .await?;
    let markup = match (welcome, waiting) {
        (Some(welcome), _) => {
            let (newcomer, problems) = (proposed(&visitor), Problems::default());
            pages::join(&joining(&visitor, &email, welcome), &newcomer, &problems)
        }
        (None, Some(waiting)) => {
            let may_browse = !app.config.is_board_for_members;
            pages::request_waits(&visitor.chrome, &waiting, &visitor.zone, may_browse)
        }
        // There is an account by now.
        (None, None) => return Ok(see_other(&request, "/sign-in", None)),
    };
    Ok(page(StatusCode::OK, markup))
}

async fn join(app: Data<App>, form: Form, request: HttpRequest) -> Result<HttpResponse, Error> {
    app.limit_sign_in(form.visitor.network).await?;
    let email = form.visitor.newcomer.clone().ok_or(Error::SignInFirst)?;
    let old = form.visitor.session_hash.clone();
    let proved_at = form.visitor.proved_at.ok_or(Error::SignInFirst)?;
    let newcomer = Newcomer::read(&form.fields)?;
    let (address, wanted) = (email.clone(), newcomer.clone());
    let version = PrivacyNotice::of(&app).version;
    let joined = app
        .transaction(move |tx| {
            begin::join(tx, &address, &wanted, &version, old.as_deref(), proved_at)
        })
        .await;
    let problems = match joined {
        Ok(Some(begun)) => {
            set_session(&request, &app, &begun.token);
            let next = next_after(&app, &form.visitor.errand, begun.person);
            let welcome = Notice::new(WELCOME);
            return Ok(see_other(&request, &next, Some(welcome)));
        }
        Ok(None) => return Ok(see_other(&request, "/join", Some(Notice::new(WAITS)))),
        Err(JoinError::AlreadyAsked) => return Ok(see_other(&request, "/join", None)),
        Err(error) => error.at_form()?,
    };
    let (asked, now) = (email.clone(), app.now());
    let welcome = app
        .read::<_, Error>(move |conn| Ok(join::welcome(conn, &asked, now)?))
        .await?;
    let joining = joining(&form.visitor, &email, welcome.unwrap_or(Welcome::Unknown));
    let markup = pages::join(&joining, &newcomer, &problems);
    Ok(page(StatusCode::UNPROCESSABLE_ENTITY, markup))
}
