//! Routes of rehearsing a program in the browser.

use actix_web::{
    HttpResponse,
    http::StatusCode,
    web::{Data, Path, ServiceConfig, get, post, resource},
};

use super::{
    pages::{self, Rehearsing},
    play::{self, RehearsalError},
};
use crate::{
    app::App,
    db::scratch::Scratch,
    error::Error,
    input::{Problems, Reader},
    people::visitor::{Form, Visitor, page},
    programs::{
        staff::{
            StaffRole,
            access::{self, Access},
        },
        store,
    },
};

/// The most people that are played while somebody waits.
const MOST: i64 = 200;

pub fn routes(config: &mut ServiceConfig) {
    config.service(
        resource("/coordinate/programs/{slug}/rehearsal")
            .route(get().to(rehearsal_page))
            .route(post().to(rehearse)),
    );
}

async fn rehearsal_page(
    app: Data<App>,
    visitor: Visitor,
    slug: Path<String>,
) -> Result<HttpResponse, Error> {
    let access = access::program(&app, &visitor, &slug, StaffRole::Reader).await?;
    let shown = Rehearsing {
        access: &access,
        people: "40",
        seed: "1",
        played: None,
    };
    let markup = pages::rehearsal(&visitor, &shown, &Problems::default());
    Ok(page(StatusCode::OK, markup))
}

async fn rehearse(app: Data<App>, form: Form, slug: Path<String>) -> Result<HttpResponse, Error> {
    let visitor = &form.visitor;
    let access = access::program(&app, visitor, &slug, StaffRole::Reader).await?;
    let (people, seed) = (form.fields.one("people")?, form.fields.one("seed")?);
    let mut reader = Reader::default();
    let count = reader.number("people", people, 2..=MOST);
    let number = reader.number("seed", seed, 0..=1_000_000);
    if !reader.problems.is_empty() {
        let shown = Rehearsing {
            access: &access,
            people,
            seed,
            played: None,
        };
        let markup = pages::rehearsal(visitor, &shown, &reader.problems);
        return Ok(page(StatusCode::UNPROCESSABLE_ENTITY, markup));
    }
    let played = play(&app, &access, (count, number)).await?;
    let status = match played {
        Ok(_) => StatusCode::OK,
        Err(_) => StatusCode::UNPROCESSABLE_ENTITY,
    };
    let shown = Rehearsing {
        access: &access,
        people,
        seed,
        played: Some(&played),
    };
    let markup = pages::rehearsal(visitor, &shown, &Problems::default());
    Ok(page(status, markup))
}

/// Plays the latest version where that keeps nobody else waiting.
async fn play(
    app: &App,
    access: &Access,
    (people, seed): (i64, i64),
) -> Result<Result<super::Rehearsal, RehearsalError>, Error> {
    let slug = access.program.slug.clone();
    let latest = app
        .read::<_, Error>(move |conn| Ok(store::latest(conn, &slug)?))
        .await?
        .ok_or(Error::NotFound)?;
    let url = app.db.url().to_owned();
    let config = app.config.clone();
    let work = move || {
        let scratch = match Scratch::beside(&url) {
            Ok(scratch) => scratch,
            Err(error) => return Ok(Err(RehearsalError::Failed(error.to_string()))),
        };
        let people = usize::try_from(people).unwrap_or(2);
        let seed = u64::try_from(seed).unwrap_or(0);
        Ok(play::rehearse(
            scratch.url(),
            &config,
            &latest.text,
            people,
            seed,
        ))
    };
    app.workshop.run(work).await
}
