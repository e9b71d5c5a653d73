//! Routes of the page that a mailed link opens.

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Data, Path, ServiceConfig, get, post, resource},
};

use super::{ArrivalError, Arrived, arrive};
use crate::{
    app::App,
    db::SignInLinkId,
    error::Error,
    html::{
        Notice,
        form::{self, Fields},
    },
    input::Problems,
    people::{
        errand::Errand,
        join::{
            self, Welcome,
            pages::Joining,
            web::{WAITS, next_after, proposed},
        },
        privacy::{PrivacyNotice, web::first_stop},
        rules::Newcomer,
        sign_in::{self, pages, store::SignInLink, web::set_session},
        visitor::{Form, Visitor, page, see_other},
    },
};

pub fn routes(config: &mut ServiceConfig) {
    config.service(
        resource("/sign-in/{token}")
            .route(get().to(redeem_page))
            .route(post().to(redeem)),
    );
}

/// A link that still works.
struct Open {
    link: SignInLink,
    /// How its owner is met who is asked to join; none: they have an account, or a request that waits.
    welcome: Option<Welcome>,
}

async fn open(app: &App, link: Option<SignInLinkId>) -> Result<Option<Open>, Error> {
    let now = app.now();
    let Some(link) = link else { return Ok(None) };
    app.read::<_, Error>(move |conn| {
        let link = sign_in::store::link(conn, link)?;
        let Some(link) = link.filter(|link| link.used_at.is_none() && link.expires_at > now) else {
            return Ok(None);
        };
        let welcome = join::welcome(conn, &link.email, now)?;
        Ok(Some(Open { link, welcome }))
    })
    .await
}

async fn redeem_page(
    app: Data<App>,
    visitor: Visitor,
    token: Path<String>,
) -> Result<HttpResponse, Error> {
    let newcomer = proposed(&visitor);
    let status = StatusCode::OK;
    show(
        &app,
        &visitor,
        &token,
        &newcomer,
        status,
        &Problems::default(),
    )
    .await
}

async fn show(
    app: &App,
    visitor: &Visitor,
    token: &str,
    newcomer: &Newcomer,
    status: StatusCode,
    problems: &Problems,
) -> Result<HttpResponse, Error> {
    let chrome = &visitor.chrome;
    let Some(open) = open(app, sign_in::link_of(&app.keys, token)).await? else {
        return Ok(page(StatusCode::NOT_FOUND, pages::link_is_over(chrome)));
    };
    let errand = Errand {
        next: open.link.next,
        about: open.link.about,
    };
    let Some(welcome) = open.welcome else {
        return Ok(page(status, pages::redeem(chrome, &errand, token)));
    };
    let joining = Joining {
        chrome,
        action: &format!("/sign-in/{token}"),
        email: &open.link.email,
        welcome,
        errand: &errand,
    };
    Ok(page(
        status,
        join::pages::join(&joining, newcomer, problems),
    ))
}

/// What a newcomer has filled in; the button alone sends nothing.
fn filled_in(fields: &Fields) -> Result<Option<Newcomer>, Error> {
    match fields.names().any(|name| name == "name") {
        true => Newcomer::read(fields).map(Some),
        false => Ok(None),
    }
}

async fn redeem(
    app: Data<App>,
    form: Form,
    token: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    app.limit_sign_in(form.visitor.network).await?;
    let agent = request
        .headers()
        .get("user-agent")
        .and_then(|v| v.to_str().ok())
        .unwrap_or_default()
        .to_owned();
    let newcomer = filled_in(&form.fields)?;
    let over = || {
        let markup = pages::link_is_over(&form.visitor.chrome);
        Ok(page(StatusCode::NOT_FOUND, markup))
    };
    let Some(link) = sign_in::link_of(&app.keys, &token) else {
        return over();
    };
    // The session before, if there is one, ends with the new one's beginning.
    let old = form.visitor.session_hash.clone();
    let version = PrivacyNotice::of(&app).version;
    let wanted = newcomer.clone();
    let arrived = app
        .transaction(move |tx| {
            let arrived = arrive(tx, link, &agent, wanted.as_ref(), &version)?;
            if let Some(old) = &old {
                sign_in::store::end_session(tx, old)?;
            }
            Ok(arrived)
        })
        .await;
    let problems = match arrived {
        Ok(arrived) => return go_on(&app, &request, arrived, newcomer.is_some()).await,
        Err(ArrivalError::Over) => return over(),
        Err(ArrivalError::Join(error)) => error.at_form()?,
        Err(ArrivalError::Database(error)) => return Err(error.into()),
        Err(ArrivalError::Refused(error)) => return Err(error),
    };
    let status = StatusCode::UNPROCESSABLE_ENTITY;
    let newcomer = newcomer.unwrap_or_default();
    show(&app, &form.visitor, &token, &newcomer, status, &problems).await
}

/// Sets the cookies of whoever has arrived, and leads on.
async fn go_on(
    app: &App,
    request: &HttpRequest,
    arrived: Arrived,
    has_asked: bool,
) -> Result<HttpResponse, Error> {
    let Arrived { session, begun } = arrived;
    let token = begun.as_ref().map_or(&session.token, |begun| &begun.token);
    set_session(request, app, token);
    let errand = Errand {
        next: form::own_path(&session.next).to_owned(),
        about: session.about,
    };
    if let Some(begun) = begun {
        let welcome = Notice::new(join::web::WELCOME);
        let next = next_after(app, &errand, begun.person);
        return Ok(see_other(request, &next, Some(welcome)));
    }
    if session.awaits_second {
        let challenge = form::address("/second-factor", &[("next", &errand.next)]);
        return Ok(see_other(request, &challenge, None));
    }
    let Some(person) = session.person else {
        let notice = has_asked.then(|| Notice::new(WAITS));
        return Ok(see_other(request, "/join", notice));
    };
    let next = errand.arrival(&app.keys, person.id, app.now());
    let next = first_stop(app, person.id, &next).await?;
    let notice = Notice::new("You are signed in.");
    Ok(see_other(request, &next, Some(notice)))
}
