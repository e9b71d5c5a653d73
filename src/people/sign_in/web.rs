//! Routes of signing in and out.

use actix_web::{
    HttpRequest, HttpResponse,
    cookie::time::Duration,
    http::StatusCode,
    web::{Data, Path, ServiceConfig, get, post, resource},
};

use super::{
    pages::{self, Asking},
    store,
};
use crate::{
    app::App,
    error::Error,
    html::{
        Notice,
        form::{self, Fields},
    },
    input::{self, Problems},
    people::{
        self,
        audit::{AuditAction, record},
        errand::Errand,
        privacy::web::first_stop,
        rules, sign_in,
        visitor::{CookieName, Form, Visitor, page, see_other, set_cookie},
    },
};

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(
            resource("/sign-in")
                .route(get().to(sign_in_page))
                .route(post().to(ask_for_link)),
        )
        .service(
            resource("/sign-in/{token}")
                .route(get().to(redeem_page))
                .route(post().to(redeem)),
        )
        .service(resource("/sign-out").route(post().to(sign_out)))
        .service(resource("/sign-out/everywhere").route(post().to(sign_out_everywhere)));
}

async fn sign_in_page(
    app: Data<App>,
    visitor: Visitor,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let query = Fields::parse(request.query_string())?;
    let errand = Errand::read(&app.keys, &query)?;
    if visitor.person.is_some() {
        return Ok(see_other(&request, &errand.next, None));
    }
    if visitor.awaited.is_some() {
        let challenge = form::address("/second-factor", &[("next", &errand.next)]);
        return Ok(see_other(&request, &challenge, None));
    }
    let asking = Asking {
        errand: &errand,
        sealed: &errand.sealed(&app.keys),
    };
    let markup = pages::sign_in(&visitor.chrome, &asking, "", &Problems::default());
    Ok(page(StatusCode::OK, markup))
}

async fn ask_for_link(app: Data<App>, form: Form) -> Result<HttpResponse, Error> {
    app.limit_sign_in(form.visitor.network).await?;
    let chrome = &form.visitor.chrome;
    let errand = Errand::read(&app.keys, &form.fields)?;
    let sealed = errand.sealed(&app.keys);
    let asking = Asking {
        errand: &errand,
        sealed: &sealed,
    };
    let typed = form.fields.one("email")?;
    let Some(email) = input::email(typed) else {
        let problems = Problems::one("email", "must look like ada@example.org");
        let markup = pages::sign_in(chrome, &asking, &input::line(typed), &problems);
        return Ok(page(StatusCode::UNPROCESSABLE_ENTITY, markup));
    };
    let (asked, wanted) = (email.clone(), errand.clone());
    app.transaction(move |tx| sign_in::ask_for_link(tx, &asked, &wanted))
        .await?;
    let markup = pages::link_sent(chrome, &asking, &email);
    Ok(page(StatusCode::OK, markup))
}

async fn redeem_page(
    app: Data<App>,
    visitor: Visitor,
    token: Path<String>,
) -> Result<HttpResponse, Error> {
    let now = app.now();
    let Some(link) = sign_in::link_of(&app.keys, &token) else {
        return Ok(page(
            StatusCode::NOT_FOUND,
            pages::link_is_over(&visitor.chrome),
        ));
    };
    let link = app
        .read::<_, Error>(move |conn| Ok(store::link(conn, link)?))
        .await?;
    if let Some(link) = link.filter(|link| link.used_at.is_none() && link.expires_at > now) {
        let errand = Errand {
            next: link.next,
            about: link.about,
        };
        let markup = pages::redeem(&visitor.chrome, &errand, &token);
        return Ok(page(StatusCode::OK, markup));
    }
    Ok(page(
        StatusCode::NOT_FOUND,
        pages::link_is_over(&visitor.chrome),
    ))
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
    let Some(link) = sign_in::link_of(&app.keys, &token) else {
        return Ok(page(
            StatusCode::NOT_FOUND,
            pages::link_is_over(&form.visitor.chrome),
        ));
    };
    // The session before, if there is one, ends with the new one's beginning.
    let old = form.visitor.session_hash.clone();
    let begun = app
        .transaction(move |conn| {
            let begun = sign_in::redeem(conn, link, &agent)?;
            if let (Some(_), Some(old)) = (&begun, &old) {
                store::end_session(conn, old)?;
            }
            Ok::<_, Error>(begun)
        })
        .await?;
    let Some(session) = begun else {
        return Ok(page(
            StatusCode::NOT_FOUND,
            pages::link_is_over(&form.visitor.chrome),
        ));
    };
    set_session(&request, &app, &session.token);
    // Whoever used this browser before may have lived elsewhere; from now on the person's own zone holds.
    set_cookie(
        &request,
        CookieName::Zone.bake(&app.config, "", Duration::ZERO),
    );
    let next = form::own_path(&session.next);
    if session.awaits_second {
        let challenge = form::address("/second-factor", &[("next", next)]);
        return Ok(see_other(&request, &challenge, None));
    }
    Ok(match session.person {
        Some(person) => {
            let errand = Errand {
                next: next.to_owned(),
                about: session.about,
            };
            let next = errand.arrival(&app.keys, person.id, app.now());
            let next = first_stop(&app, person.id, &next).await?;
            see_other(&request, &next, Some(Notice::new("You are signed in.")))
        }
        None => see_other(&request, "/join", None),
    })
}

/// Has the browser keep a session.
pub fn set_session(request: &HttpRequest, app: &App, token: &str) {
    let life = Duration::seconds(rules::SESSION_LIFE.num_seconds());
    set_cookie(request, CookieName::Session.bake(&app.config, token, life));
}

/// Has the browser forget its session.
fn forget_session(request: &HttpRequest, app: &App) {
    let gone = CookieName::Session.bake(&app.config, "", Duration::ZERO);
    set_cookie(request, gone);
}

async fn sign_out(app: Data<App>, form: Form, request: HttpRequest) -> Result<HttpResponse, Error> {
    if let Some(hash) = form.visitor.session_hash {
        app.transaction::<_, Error>(move |conn| Ok(store::end_session(conn, &hash)?))
            .await?;
    }
    forget_session(&request, &app);
    Ok(see_other(
        &request,
        "/",
        Some(Notice::new("You are signed out.")),
    ))
}

async fn sign_out_everywhere(
    app: Data<App>,
    form: Form,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let id = form.visitor.signed_in()?.id;
    let by = form.visitor.by();
    app.transaction::<_, Error>(move |tx| {
        people::store::end_sessions(tx, id)?;
        let action = AuditAction::SignedOutEverywhere;
        Ok(record::record(tx, &by, action, Some(id), "")?)
    })
    .await?;
    forget_session(&request, &app);
    Ok(see_other(
        &request,
        "/",
        Some(Notice::new("You are signed out on all devices.")),
    ))
}
