//! Routes of signing in and out.

use actix_web::{
    HttpRequest, HttpResponse,
    cookie::time::Duration,
    http::StatusCode,
    web::{Data, ServiceConfig, get, post, resource},
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

/// Has the browser keep a session.
pub fn set_session(request: &HttpRequest, app: &App, token: &str) {
    let life = Duration::seconds(rules::SESSION_LIFE.num_seconds());
    set_cookie(request, CookieName::Session.bake(&app.config, token, life));
    // Whoever used this browser before may have lived elsewhere; from now on the person's own zone holds.
    set_cookie(
        request,
        CookieName::Zone.bake(&app.config, "", Duration::ZERO),
    );
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
