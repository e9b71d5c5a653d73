//! Routes of inviting people, and of accepting.

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Data, Path, ServiceConfig, get, post, resource},
};

use super::{
    of_token, open, pages,
    rules::Invitees,
    store::{self, Invitation},
};
use crate::{
    app::App,
    db::InvitationId,
    error::Error,
    html::{Notice, form::Fields, pager},
    input::Problems,
    people::{
        Role,
        errand::Errand,
        invitation,
        join::{
            self, JoinError, Welcome, begin,
            pages::Joining,
            web::{WELCOME, next_after, proposed},
        },
        privacy::PrivacyNotice,
        rules::Newcomer,
        sign_in::{store::end_session, web::set_session},
        visitor::{Form, Visitor, page, see_other},
    },
};

const PER_PAGE: i64 = 50;

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(
            resource("/coordinate/invitations")
                .route(get().to(invite_page))
                .route(post().to(invite)),
        )
        .service(resource("/coordinate/invitations/{id}/withdraw").route(post().to(withdraw)))
        .service(
            resource("/invitations/{token}")
                .route(get().to(accept_page))
                .route(post().to(accept)),
        );
}

async fn invite_page(
    app: Data<App>,
    visitor: Visitor,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let number = pager::page_number(&Fields::parse(request.query_string())?)?;
    let status = StatusCode::OK;
    show(
        &app,
        &visitor,
        number,
        status,
        &Invitees::default(),
        &Problems::default(),
    )
    .await
}

async fn show(
    app: &App,
    visitor: &Visitor,
    number: i64,
    status: StatusCode,
    typed: &Invitees,
    problems: &Problems,
) -> Result<HttpResponse, Error> {
    visitor.coordinating()?;
    let now = app.now();
    let mut waiting = app
        .read::<_, Error>(move |conn| {
            let paging = pager::and_one_more(number, PER_PAGE);
            Ok(store::waiting(conn, now, paging)?)
        })
        .await?;
    let paging = (number, pager::cut(&mut waiting, PER_PAGE));
    let markup = pages::invite(visitor, &waiting, paging, typed, problems);
    Ok(page(status, markup))
}

async fn invite(app: Data<App>, form: Form, request: HttpRequest) -> Result<HttpResponse, Error> {
    let inviter = form.visitor.coordinating()?.id;
    let typed = Invitees::read(&form.fields)?;
    let wanted = match typed.checked() {
        Ok(wanted) => wanted,
        Err(problems) => {
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            return show(&app, &form.visitor, 1, status, &typed, &problems).await;
        }
    };
    let by = form.visitor.by();
    let outcome = app
        .transaction::<_, Error>(move |tx| Ok(invitation::invite(tx, &by, inviter, &wanted)?))
        .await?;
    let notice = Notice::saying(pages::invited(&outcome));
    Ok(see_other(&request, "/coordinate/invitations", Some(notice)))
}

async fn withdraw(
    app: Data<App>,
    form: Form,
    id: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    form.visitor.coordinating()?;
    let by = form.visitor.by();
    let id: InvitationId = id.parse().map_err(|_| Error::NotFound)?;
    let was_there = app
        .transaction::<_, Error>(move |tx| Ok(invitation::withdraw(tx, &by, id)?))
        .await?;
    let notice = match was_there {
        true => "Invitation withdrawn. Its link no longer works.",
        false => "They have joined, or the invitation had been withdrawn already.",
    };
    let notice = Some(Notice::new(notice));
    Ok(see_other(&request, "/coordinate/invitations", notice))
}

async fn find(app: &App, token: &str) -> Result<Option<Invitation>, Error> {
    let now = app.now();
    let Some(id) = of_token(&app.keys, token) else {
        return Ok(None);
    };
    app.read::<_, Error>(move |conn| Ok(open(conn, id, now)?))
        .await
}

async fn accept_page(
    app: Data<App>,
    visitor: Visitor,
    token: Path<String>,
) -> Result<HttpResponse, Error> {
    Ok(match find(&app, &token).await? {
        Some(invitation) => {
            let newcomer = proposed(&visitor);
            let markup = form_of(
                &visitor,
                &token,
                &invitation,
                &newcomer,
                &Problems::default(),
            );
            page(StatusCode::OK, markup)
        }
        None => page(StatusCode::NOT_FOUND, pages::over(&visitor.chrome)),
    })
}

fn form_of(
    visitor: &Visitor,
    token: &str,
    invitation: &Invitation,
    newcomer: &Newcomer,
    problems: &Problems,
) -> maud::Markup {
    let joining = Joining {
        chrome: &visitor.chrome,
        action: &format!("/invitations/{token}"),
        email: &invitation.email,
        welcome: Welcome::Invited(invitation.role),
        errand: &Errand::default(),
    };
    join::pages::join(&joining, newcomer, problems)
}

async fn accept(
    app: Data<App>,
    form: Form,
    token: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    app.limit_sign_in(form.visitor.network).await?;
    let newcomer = Newcomer::read(&form.fields)?;
    let Some(invitation) = find(&app, &token).await? else {
        let markup = pages::over(&form.visitor.chrome);
        return Ok(page(StatusCode::NOT_FOUND, markup));
    };
    let old = form.visitor.session_hash.clone();
    let version = PrivacyNotice::of(&app).version;
    let (email, wanted) = (invitation.email.clone(), newcomer.clone());
    let joined = app
        .transaction::<_, JoinError>(move |tx| {
            let now = tx.now()?;
            // Accepted or withdrawn a moment ago, it lets nobody in, and asks no coordinator either.
            if store::role_for(tx, &email, now)?.is_none() {
                return Ok(None);
            }
            let begun = begin::join(tx, &email, &wanted, &version, None, now)?;
            if let (Some(_), Some(old)) = (&begun, &old) {
                end_session(tx, old)?;
            }
            Ok(begun)
        })
        .await;
    let problems = match joined {
        Ok(Some(begun)) => {
            set_session(&request, &app, &begun.token);
            let next = match invitation.role {
                Role::Alumnus => "/me".to_owned(),
                _ => next_after(&app, &Errand::default(), begun.person),
            };
            let welcome = Notice::new(WELCOME);
            return Ok(see_other(&request, &next, Some(welcome)));
        }
        Ok(None) => {
            let markup = pages::over(&form.visitor.chrome);
            return Ok(page(StatusCode::NOT_FOUND, markup));
        }
        Err(error) => error.at_form()?,
    };
    let markup = form_of(&form.visitor, &token, &invitation, &newcomer, &problems);
    Ok(page(StatusCode::UNPROCESSABLE_ENTITY, markup))
}
