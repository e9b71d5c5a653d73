//! Routes of deciding and of releasing results.

use std::collections::BTreeSet;

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Data, Path, ServiceConfig, get, post, resource},
};

use super::{
    decide::{self, DecideError, MOST},
    pages::{self, Preview, Results},
    release::{self, ReleaseError},
};
use crate::{
    app::App,
    db::{ApplicationId, BatchId},
    error::Error,
    html::{Notice, form::own_path},
    people::visitor::{Form, Visitor, page, see_other},
    programs::{
        application::{self, CohortRole, Decision},
        cohort,
        file::ProgramFile,
        reread::reread,
        selection::letter::{self, Facts},
        staff::{
            StaffRole,
            access::{self, CohortAccess},
        },
    },
};

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(
            resource("/coordinate/programs/{slug}/cohorts/{cohort}/decide")
                .route(post().to(decide)),
        )
        .service(
            resource("/coordinate/programs/{slug}/cohorts/{cohort}/undo").route(post().to(undo)),
        )
        .service(
            resource("/coordinate/programs/{slug}/cohorts/{cohort}/results")
                .route(get().to(results_page)),
        )
        .service(
            resource("/coordinate/programs/{slug}/cohorts/{cohort}/release")
                .route(post().to(release)),
        );
}

async fn decide(
    app: Data<App>,
    form: Form,
    path: Path<(String, String)>,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let (slug, cohort) = path.into_inner();
    let access = access::cohort(&app, &form.visitor, (&slug, &cohort), StaffRole::Lead).await?;
    let decision = match form.fields.one("decision")? {
        "open" => None,
        word => Some(
            Decision::parse(word)
                .filter(|decision| !matches!(decision, Decision::Offered | Decision::Declined))
                .ok_or_else(|| Error::bad_request("decision", "must be one of the buttons"))?,
        ),
    };
    let ids: Result<Vec<ApplicationId>, _> = form.fields.all("id").map(str::parse).collect();
    // In the order of the page: those who are wait-listed together are in that order.
    let mut seen = BTreeSet::new();
    let mut ids = ids.map_err(|_| Error::NotFound)?;
    ids.retain(|id| seen.insert(*id));
    let back = own_path(form.fields.one("back")?).to_owned();
    if ids.is_empty() {
        let notice = Notice::refusing("Tick at least one application first.");
        return Ok(see_other(&request, &back, Some(notice)));
    }
    if ids.len() > MOST {
        return Err(Error::unprocessable(
            "id",
            "must be at most 500 applications",
        ));
    }
    let (by, id) = (form.visitor.by(), access.cohort.id);
    let decided = app
        .transaction(move |tx| decide::decide(tx, &by, id, &ids, decision))
        .await;
    match decided {
        Ok(batch) => {
            let joint = if back.contains('?') { '&' } else { '?' };
            let is_table = back
                .split('?')
                .next()
                .is_some_and(|path| path.ends_with("/applications"));
            let next = match batch.filter(|_| is_table) {
                Some(batch) => format!("{back}{joint}undo={batch}"),
                None => back,
            };
            Ok(see_other(&request, &next, None))
        }
        Err(error) => refused(&request, &back, error),
    }
}

/// Says on the page before why nothing was decided.
fn refused(request: &HttpRequest, back: &str, error: DecideError) -> Result<HttpResponse, Error> {
    let words = match error {
        DecideError::NotFound => return Err(Error::NotFound),
        DecideError::Database(error) => return Err(error.into()),
        DecideError::Full(1) => {
            "There is no seat left for one of them. Nothing was changed.".to_owned()
        }
        DecideError::Full(over) => {
            format!("There are no seats left for {over} of them. Nothing was changed.")
        }
        error => format!(
            "{} Nothing was changed.",
            crate::input::sentence(&error.to_string())
        ),
    };
    Ok(see_other(request, back, Some(Notice::refusing(words))))
}

async fn undo(
    app: Data<App>,
    form: Form,
    path: Path<(String, String)>,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let (slug, cohort) = path.into_inner();
    let access = access::cohort(&app, &form.visitor, (&slug, &cohort), StaffRole::Lead).await?;
    let batch: uuid::Uuid = form
        .fields
        .one("batch")?
        .parse()
        .map_err(|_| Error::bad_request("batch", "must be what was decided together"))?;
    let (by, id) = (form.visitor.by(), access.cohort.id);
    let undone = app
        .transaction(move |tx| decide::undo(tx, &by, id, BatchId(batch)))
        .await;
    let back = match form.fields.some("back")? {
        Some(back) => own_path(back).to_owned(),
        None => format!("/coordinate/programs/{slug}/cohorts/{cohort}/applications"),
    };
    match undone {
        Ok(_) => Ok(see_other(&request, &back, Some(Notice::new("Undone.")))),
        Err(error) => refused(&request, &back, error),
    }
}

async fn results_page(
    app: Data<App>,
    visitor: Visitor,
    path: Path<(String, String)>,
) -> Result<HttpResponse, Error> {
    let (slug, cohort) = path.into_inner();
    let access = access::cohort(&app, &visitor, (&slug, &cohort), StaffRole::Reader).await?;
    show(&app, &visitor, &access, StatusCode::OK).await
}

async fn show(
    app: &App,
    visitor: &Visitor,
    access: &CohortAccess,
    status: StatusCode,
) -> Result<HttpResponse, Error> {
    let id = access.cohort.id;
    let (running, funnel, blocks) = app
        .transaction::<_, Error>(move |tx| {
            Ok((
                cohort::store::running_of(tx, id)?,
                application::store::funnel(tx, id)?,
                release::blocked(tx, id)?,
            ))
        })
        .await?;
    let file = reread(&running.text)?;
    let results = Results {
        access,
        file: &file,
        funnel,
        blocks: &blocks,
        previews: &previews(app, &file, &running.cohort),
        now: app.now(),
    };
    Ok(page(status, pages::results(visitor, &results)))
}

/// Every letter as somebody would get it.
fn previews(app: &App, file: &ProgramFile, cohort: &cohort::Cohort) -> Vec<Preview> {
    let url = app.config.link("/applications/…");
    let mut previews: Vec<Preview> = Vec::new();
    for decision in letter::DECISIONS {
        for role in CohortRole::ALL {
            let facts = Facts {
                name: "Ada Example",
                role: *role,
                url: &url,
                until: (decision == Decision::Offered).then(|| "Fri 5 Feb, 14:00".to_owned()),
            };
            previews.push(Preview {
                decision,
                role: *role,
                letter: letter::written(file, cohort, decision, &facts),
            });
        }
    }
    previews
}

async fn release(
    app: Data<App>,
    form: Form,
    path: Path<(String, String)>,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let (slug, cohort) = path.into_inner();
    let access = access::cohort(&app, &form.visitor, (&slug, &cohort), StaffRole::Lead).await?;
    let (by, id) = (form.visitor.by(), access.cohort.id);
    let action = form.fields.one("action")?.to_owned();
    let done = match action.as_str() {
        "now" => {
            app.transaction(move |tx| release::release(tx, &by, id).map(Some))
                .await
        }
        "plan" => {
            app.transaction(move |tx| release::plan(tx, &by, id).map(|()| None))
                .await
        }
        "cancel" => {
            app.transaction(move |tx| release::cancel(tx, &by, id).map(|()| None))
                .await
        }
        "offer" => {
            let offered = app
                .transaction(move |tx| release::offer(tx, &by, id))
                .await?;
            let words = match offered {
                0 => "There is no free seat, or nobody on the wait-list.".to_owned(),
                1 => "1 person on the wait-list is offered a seat.".to_owned(),
                many => format!("{many} people on the wait-list are offered a seat."),
            };
            let next = format!("/coordinate/programs/{slug}/cohorts/{cohort}/results");
            return Ok(see_other(&request, &next, Some(Notice::saying(words))));
        }
        _ => {
            let problem = "must be now, plan, cancel or offer";
            return Err(Error::bad_request("action", problem));
        }
    };
    let words = match (done, action.as_str()) {
        (Ok(Some(1)), _) => "The results are out: 1 letter is on its way.".to_owned(),
        (Ok(Some(count)), _) => format!("The results are out: {count} letters are on their way."),
        (Ok(None), "plan") => "The results go out by themselves at the date of the results.".into(),
        (Ok(None), _) => "Cancelled. The results do not go out by themselves.".into(),
        (Err(ReleaseError::Blocked(_)), _) => {
            let status = StatusCode::CONFLICT;
            return show(&app, &form.visitor, &access, status).await;
        }
        (Err(error), _) => return Err(error.into()),
    };
    let next = format!("/coordinate/programs/{slug}/cohorts/{cohort}/results");
    Ok(see_other(&request, &next, Some(Notice::saying(words))))
}
