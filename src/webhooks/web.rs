//! Routes of webhooks.

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Data, Path, ServiceConfig, get, post, resource},
};

use super::{
    NO_ADDRESS,
    change::{self, WebhookError},
    pages, store,
};
use crate::{
    app::App,
    db::WebhookId,
    error::Error,
    fetch,
    html::Notice,
    input::Problems,
    people::visitor::{Form, Visitor, page, see_other},
};

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(
            resource("/me/webhooks")
                .route(get().to(list))
                .route(post().to(add)),
        )
        .service(resource("/me/webhooks/{id}").route(get().to(one)))
        .service(resource("/me/webhooks/{id}/test").route(post().to(test)))
        .service(resource("/me/webhooks/{id}/remove").route(post().to(remove)))
        .service(
            resource("/me/webhooks/{id}/deliveries/{delivery}/replay").route(post().to(replay)),
        );
}

async fn list(app: Data<App>, visitor: Visitor) -> Result<HttpResponse, Error> {
    show(&app, &visitor, "", &Problems::default()).await
}

async fn show(
    app: &App,
    visitor: &Visitor,
    typed: &str,
    problems: &Problems,
) -> Result<HttpResponse, Error> {
    let owner = visitor.signed_in()?.id;
    let webhooks = app
        .read::<_, Error>(move |conn| Ok(store::of(conn, owner)?))
        .await?;
    let status = if problems.is_empty() {
        StatusCode::OK
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    let markup = pages::webhooks(visitor, &webhooks, typed, problems);
    Ok(page(status, markup))
}

async fn add(app: Data<App>, form: Form, request: HttpRequest) -> Result<HttpResponse, Error> {
    let person = form.visitor.fresh(app.now())?;
    let owner = person.id;
    app.limits.booking(owner)?;
    let typed = form.fields.one("address")?.trim().to_owned();
    let covers_all = form.fields.is_ticked("covers_all");
    if covers_all {
        person.coordinating()?;
    }
    let Some(address) = fetch::address(&typed) else {
        let problems = Problems::one("address", NO_ADDRESS);
        return show(&app, &form.visitor, &typed, &problems).await;
    };
    let shared = Data::clone(&app);
    let added = app
        .transaction(move |conn| change::add(conn, &shared.keys, owner, &address, covers_all))
        .await;
    match added {
        Ok((new, _)) => {
            let next = format!("/me/webhooks/{}", new.id);
            Ok(see_other(&request, &next, Some(Notice::SAVED)))
        }
        Err(error @ WebhookError::TooMany) => {
            let problems = Problems::whole("address", &error);
            show(&app, &form.visitor, &typed, &problems).await
        }
        Err(error) => Err(error.into()),
    }
}

fn id_of(path: &str) -> Result<WebhookId, Error> {
    path.parse().map_err(|_| Error::NotFound)
}

async fn one(app: Data<App>, visitor: Visitor, path: Path<String>) -> Result<HttpResponse, Error> {
    // Its secret stands on the page.
    let (owner, id) = (visitor.fresh(app.now())?.id, id_of(&path)?);
    let (webhook, log) = app
        .read::<_, Error>(move |conn| {
            let webhook = store::own(conn, id, owner)?.ok_or(Error::NotFound)?;
            Ok((webhook, store::log(conn, id)?))
        })
        .await?;
    Ok(page(
        StatusCode::OK,
        pages::one(
            &visitor,
            &webhook,
            &change::shown(&app.keys, &webhook),
            &log,
        ),
    ))
}

async fn test(
    app: Data<App>,
    form: Form,
    path: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let (owner, id) = (form.visitor.signed_in()?.id, id_of(&path)?);
    app.limits.booking(owner)?;
    app.transaction(move |tx| change::test(tx, id, owner))
        .await?;
    let back = format!("/me/webhooks/{id}");
    Ok(see_other(
        &request,
        &back,
        Some(Notice::new("A test event is on its way.")),
    ))
}

async fn replay(
    app: Data<App>,
    form: Form,
    path: Path<(String, String)>,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let (owner, id) = (form.visitor.signed_in()?.id, id_of(&path.0)?);
    let delivery = path.1.parse().map_err(|_| Error::NotFound)?;
    app.limits.booking(owner)?;
    app.transaction(move |tx| change::replay(tx, id, delivery, owner))
        .await?;
    let back = format!("/me/webhooks/{id}");
    Ok(see_other(
        &request,
        &back,
        Some(Notice::new("A test event is on its way.")),
    ))
}

async fn remove(
    app: Data<App>,
    form: Form,
    path: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let (owner, id) = (form.visitor.signed_in()?.id, id_of(&path)?);
    app.transaction(move |tx| change::remove(tx, id, owner))
        .await?;
    Ok(see_other(&request, "/me/webhooks", Some(Notice::REMOVED)))
}
