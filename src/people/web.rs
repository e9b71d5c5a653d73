//! Routes of joining, signing in and out.

use actix_web::{
    HttpRequest, HttpResponse,
    cookie::time::Duration,
    http::StatusCode,
    web::{Data, Path, ServiceConfig, get, post, resource},
};

use super::{
    audit::{AuditAction, record},
    join::{self, JoinError, Joined},
    privacy::{self, PrivacyNotice, web::first_stop},
    rules::{self, Newcomer},
    second_factor, sign_in,
    visitor::{CookieName, Form, Visitor, page, see_other, set_cookie},
};
use crate::{
    app::App,
    error::Error,
    html::{
        Notice, Theme,
        form::{self, Fields},
    },
    input::{self, Problems},
    keys,
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
        .service(resource("/sign-out/everywhere").route(post().to(sign_out_everywhere)))
        .service(
            resource("/join")
                .route(get().to(join_page))
                .route(post().to(join_form)),
        )
        .service(resource("/theme").route(post().to(set_theme)));
}

async fn sign_in_page(visitor: Visitor, request: HttpRequest) -> Result<HttpResponse, Error> {
    let query = Fields::parse(request.query_string())?;
    let next = form::own_path(query.one("next")?);
    if visitor.person.is_some() {
        return Ok(see_other(&request, next, None));
    }
    if visitor.awaited.is_some() {
        let challenge = form::address("/second-factor", &[("next", next)]);
        return Ok(see_other(&request, &challenge, None));
    }
    Ok(page(
        StatusCode::OK,
        sign_in::pages::sign_in(&visitor.chrome, next, "", &Problems::default()),
    ))
}

async fn ask_for_link(app: Data<App>, form: Form) -> Result<HttpResponse, Error> {
    app.limit_sign_in(form.visitor.network).await?;
    let chrome = &form.visitor.chrome;
    let next = form::own_path(form.fields.one("next")?).to_owned();
    let typed = form.fields.one("email")?;
    let Some(email) = input::email(typed) else {
        let problems = Problems::one("email", "must be an address such as ada@example.org");
        let markup = sign_in::pages::sign_in(chrome, &next, &input::line(typed), &problems);
        return Ok(page(StatusCode::UNPROCESSABLE_ENTITY, markup));
    };
    let asked = email.clone();
    app.transaction(move |tx| sign_in::ask_for_link(tx, &asked, &next))
        .await?;
    Ok(page(
        StatusCode::OK,
        sign_in::pages::link_sent(chrome, &email),
    ))
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
            sign_in::pages::link_is_over(&visitor.chrome),
        ));
    };
    let link = app
        .read::<_, Error>(move |conn| Ok(sign_in::store::link(conn, link)?))
        .await?;
    if link.is_some_and(|link| link.used_at.is_none() && link.expires_at > now) {
        return Ok(page(
            StatusCode::OK,
            sign_in::pages::redeem(&visitor.chrome, &token),
        ));
    }
    Ok(page(
        StatusCode::NOT_FOUND,
        sign_in::pages::link_is_over(&visitor.chrome),
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
            sign_in::pages::link_is_over(&form.visitor.chrome),
        ));
    };
    // The session before, if there is one, ends with the new one's beginning.
    let old = form.visitor.session_hash.clone();
    let begun = app
        .transaction(move |conn| {
            let begun = sign_in::redeem(conn, link, &agent)?;
            if let (Some(_), Some(old)) = (&begun, &old) {
                sign_in::store::end_session(conn, old)?;
            }
            Ok::<_, Error>(begun)
        })
        .await?;
    let Some(session) = begun else {
        return Ok(page(
            StatusCode::NOT_FOUND,
            sign_in::pages::link_is_over(&form.visitor.chrome),
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
            let next = first_stop(&app, person.id, next).await?;
            see_other(&request, &next, Some(Notice::new("You are signed in.")))
        }
        None => see_other(&request, "/join", None),
    })
}

fn set_session(request: &HttpRequest, app: &App, token: &str) {
    let life = Duration::seconds(rules::SESSION_LIFE.num_seconds());
    set_cookie(request, CookieName::Session.bake(&app.config, token, life));
}

async fn sign_out(app: Data<App>, form: Form, request: HttpRequest) -> Result<HttpResponse, Error> {
    if let Some(hash) = form.visitor.session_hash {
        app.transaction::<_, Error>(move |conn| Ok(sign_in::store::end_session(conn, &hash)?))
            .await?;
    }
    set_cookie(
        &request,
        CookieName::Session.bake(&app.config, "", Duration::ZERO),
    );
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
        crate::people::store::end_sessions(tx, id)?;
        let action = AuditAction::SignedOutEverywhere;
        Ok(record::record(tx, &by, action, Some(id), "")?)
    })
    .await?;
    set_cookie(
        &request,
        CookieName::Session.bake(&app.config, "", Duration::ZERO),
    );
    Ok(see_other(
        &request,
        "/",
        Some(Notice::new("You are signed out on all devices.")),
    ))
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
    let (waiting, is_listed) = app
        .read::<_, Error>(move |conn| {
            Ok((
                join::store::open_request(conn, &asked)?,
                join::store::is_listed_domain(conn, rules::domain_of(&asked))?,
            ))
        })
        .await?;
    let markup = match waiting {
        Some(waiting) => {
            let may_browse = !app.config.is_board_for_members;
            join::pages::request_waits(&visitor.chrome, &waiting, &visitor.zone, may_browse)
        }
        None => {
            let newcomer = Newcomer {
                zone: visitor.zone.name().to_owned(),
                ..Newcomer::default()
            };
            join::pages::join(
                &visitor.chrome,
                &email,
                is_listed,
                &newcomer,
                &Problems::default(),
            )
        }
    };
    Ok(page(StatusCode::OK, markup))
}

async fn join_form(
    app: Data<App>,
    form: Form,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    app.limit_sign_in(form.visitor.network).await?;
    let email = form.visitor.newcomer.clone().ok_or(Error::SignInFirst)?;
    let old = form.visitor.session_hash.clone();
    let proved_at = form.visitor.proved_at.ok_or(Error::SignInFirst)?;
    let newcomer = Newcomer::read(&form.fields)?;
    let (address, wanted) = (email.clone(), newcomer.clone());
    let version = PrivacyNotice::of(&app.config).version;
    let joined = app
        .transaction(move |conn| {
            let joined = join::join(conn, &address, &wanted)?;
            let Joined::Entered(person) = &joined else {
                return Ok((joined, None));
            };
            privacy::agree(conn, person.id, &version)?;
            // Rights grow, so the session begins anew (its old id dies in a moment).
            let now = conn.now()?;
            let token = keys::random_token();
            let session = sign_in::store::Session {
                token_hash: keys::hash(&token),
                person_id: Some(person.id),
                email: address.clone(),
                user_agent: String::new(),
                created_at: now,
                seen_at: now,
                expires_at: now + rules::SESSION_LIFE,
                proved_at, // Joining proves nothing anew.
                awaits_second: second_factor::store::has(conn, person.id)?,
            };
            sign_in::store::insert_session(conn, &session)?;
            if let Some(old) = &old {
                sign_in::store::end_session_soon(conn, old, now)?;
            }
            Ok::<_, JoinError>((joined, Some(token)))
        })
        .await;
    match joined {
        Ok((_, Some(token))) => {
            set_session(&request, &app, &token);
            Ok(see_other(
                &request,
                "/alumni",
                Some(Notice::new("Welcome! Your account is ready.")),
            ))
        }
        Ok((_, None)) => Ok(see_other(
            &request,
            "/join",
            Some(Notice::new(
                "Thank you. A coordinator will look at your request, and you will get an email.",
            )),
        )),
        Err(JoinError::AlreadyAsked) => Ok(see_other(&request, "/join", None)),
        Err(JoinError::Invalid(problems)) => {
            let markup =
                join::pages::join(&form.visitor.chrome, &email, false, &newcomer, &problems);
            Ok(page(StatusCode::UNPROCESSABLE_ENTITY, markup))
        }
        Err(error @ JoinError::Taken) => {
            let problems = Problems::one("email", error.to_string());
            let markup =
                join::pages::join(&form.visitor.chrome, &email, false, &newcomer, &problems);
            Ok(page(StatusCode::UNPROCESSABLE_ENTITY, markup))
        }
        Err(JoinError::Database(error)) => Err(error.into()),
    }
}

async fn set_theme(
    app: Data<App>,
    form: Form,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let theme = Theme::parse(form.fields.one("theme")?);
    let value = if theme == Theme::Auto {
        ""
    } else {
        theme.as_str()
    };
    set_cookie(
        &request,
        CookieName::Theme.bake(&app.config, value, Duration::days(365)),
    );
    let next = form::own_path(form.fields.one("next")?);
    Ok(see_other(&request, next, None))
}
