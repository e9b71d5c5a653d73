//! Routes of a cohort as its members see it.

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Data, Path, ServiceConfig, get, post, resource},
};

use super::{
    access::inside,
    pages::{self, Home},
    rules, store,
};
use crate::{
    app::App,
    error::Error,
    html::Notice,
    people::visitor::{Form, Visitor, page, see_other},
    programs::{activity, digest, space},
};

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(resource("/cohorts/{slug}/{cohort}").route(get().to(home)))
        .service(resource("/cohorts/{slug}/{cohort}/milestones").route(post().to(set_done)));
}

async fn home(
    app: Data<App>,
    visitor: Visitor,
    path: Path<(String, String)>,
) -> Result<HttpResponse, Error> {
    let inside = inside(&app, &visitor, (&path.0, &path.1)).await?;
    let (cohort, person, now) = (inside.cohort.id, inside.person.id, app.now());
    let spaces: Vec<space::Space> = space::of(&inside);
    let wanted = spaces.clone();
    let (done, members, activities, threads, is_off) = app
        .read::<_, Error>(move |conn| {
            Ok((
                store::done(conn, cohort, person)?,
                store::members(conn, cohort)?,
                activity::store::upcoming(conn, cohort, person, now)?,
                space::store::latest(conn, cohort, &wanted)?,
                digest::store::is_off(conn, person)?,
            ))
        })
        .await?;
    let home = Home {
        inside: &inside,
        done: &done,
        members: &members,
        activities: &activities,
        spaces: &spaces,
        threads: &threads,
        is_digest_off: is_off,
        now,
    };
    Ok(page(StatusCode::OK, pages::home(&visitor, &home)))
}

/// Ticks a milestone off, or takes that back.
async fn set_done(
    app: Data<App>,
    form: Form,
    path: Path<(String, String)>,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let inside = inside(&app, &form.visitor, (&path.0, &path.1)).await?;
    let name = form.fields.one("name")?.to_owned();
    let is_done = match form.fields.one("done")? {
        "yes" => true,
        "no" => false,
        _ => return Err(Error::bad_request("done", "must be yes or no")),
    };
    let all = rules::milestones(&inside.file, &inside.roles, inside.cohort.starts_on);
    let is_theirs = all.iter().any(|due| due.milestone.name == name);
    if !is_theirs || inside.roles.is_empty() || !inside.is_open() {
        return Err(Error::NotFound);
    }
    let whose = (inside.cohort.id, inside.person.id);
    app.transaction::<_, Error>(move |tx| {
        let at = is_done.then(|| tx.now()).transpose()?;
        Ok(store::set_done(tx, whose, &name, at)?)
    })
    .await?;
    let notice = match is_done {
        true => "Done.",
        false => "Not done yet.",
    };
    Ok(see_other(
        &request,
        &inside.at(""),
        Some(Notice::new(notice)),
    ))
}
