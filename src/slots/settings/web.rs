//! Routes of a person's settings. They live here since the zone decides what weekly hours mean.

use actix_web::{
    HttpRequest, HttpResponse,
    cookie::time::Duration,
    http::StatusCode,
    web::{Data, ServiceConfig, get, post, resource},
};

use crate::{
    app::App,
    error::Error,
    html::Notice,
    input::Problems,
    people::{
        self,
        rules::{REMINDERS, Settings},
        visitor::{CookieName, Form, Visitor, page, see_other, set_cookie},
    },
    slots::availability,
};

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(
            resource("/me/settings")
                .route(get().to(settings_page))
                .route(post().to(save_settings)),
        )
        .service(resource("/me/settings/reminders").route(post().to(save_reminders)));
}

async fn settings_page(app: Data<App>, visitor: Visitor) -> Result<HttpResponse, Error> {
    let person = visitor.signed_in()?;
    settings(
        &app,
        &visitor,
        &Settings::of(person),
        StatusCode::OK,
        &Problems::default(),
    )
    .await
}

async fn settings(
    app: &App,
    visitor: &Visitor,
    values: &Settings,
    status: StatusCode,
    problems: &Problems,
) -> Result<HttpResponse, Error> {
    let person = visitor.signed_in()?;
    let id = person.id;
    let (sessions, reminders, is_unsubscribed) = app
        .read::<_, Error>(move |conn| {
            let (sessions, reminders) = (
                people::sign_in::store::sessions_of(conn, id)?,
                people::store::reminders(conn, id)?,
            );
            Ok((
                sessions,
                reminders,
                people::unsubscribe::store::is_unsubscribed(conn, id)?,
            ))
        })
        .await?;
    let stored = people::pages::Stored {
        person,
        sessions: &sessions,
        this: visitor.session_hash.as_deref(),
        reminders: &reminders,
        is_unsubscribed,
    };
    let markup = people::pages::settings(&visitor.chrome, &stored, values, problems);
    Ok(page(status, markup))
}

async fn save_settings(
    app: Data<App>,
    form: Form,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let id = form.visitor.signed_in()?.id;
    let values = Settings::read(&form.fields)?;
    let checked = match values.checked() {
        Ok(checked) => checked,
        Err(problems) => {
            return settings(
                &app,
                &form.visitor,
                &values,
                StatusCode::UNPROCESSABLE_ENTITY,
                &problems,
            )
            .await;
        }
    };
    let chosen = checked.zone.clone();
    app.transaction(move |tx| availability::change_settings(tx, id, &checked))
        .await?;
    set_cookie(
        &request,
        CookieName::Zone.bake(&app.config, &chosen, Duration::days(365)),
    );
    Ok(see_other(&request, "/me/settings", Some(Notice::SAVED)))
}

/// Any of the offered moments, or none at all.
async fn save_reminders(
    app: Data<App>,
    form: Form,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let id = form.visitor.signed_in()?.id;
    let ticked: Vec<&str> = form.fields.all("minutes").collect();
    let offered = REMINDERS.iter().map(|(minutes, _)| *minutes);
    let chosen: Vec<i32> = offered
        .filter(|minutes| ticked.contains(&minutes.to_string().as_str()))
        .collect();
    app.transaction::<_, Error>(move |conn| Ok(people::store::set_reminders(conn, id, &chosen)?))
        .await?;
    Ok(see_other(&request, "/me/settings", Some(Notice::SAVED)))
}
