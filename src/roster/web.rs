//! Routes of taking members in from a spreadsheet.

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Data, ServiceConfig, get, post, resource},
};

use super::{
    pages,
    plan::{self, Plan, PlanError},
    rows,
};
use crate::{
    app::App,
    error::Error,
    html::{Notice, form},
    people::visitor::{Form, Upload, Visitor, page, see_other},
    spreadsheet, uploads,
};

/// Longest table, in bytes as a form sends it, that a page carries from its preview to its import.
const LONGEST: usize = 250 * 1024;

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(
            resource("/coordinate/import")
                .route(get().to(choose))
                .route(post().to(preview)),
        )
        .service(resource("/coordinate/import/confirm").route(post().to(confirm)));
}

async fn choose(app: Data<App>, visitor: Visitor) -> Result<HttpResponse, Error> {
    visitor.coordinating()?;
    visitor.fresh(app.now())?;
    Ok(page(StatusCode::OK, pages::choose(&visitor.chrome, &[])))
}

fn wrong(visitor: &Visitor, problems: &[String]) -> HttpResponse {
    let markup = pages::choose(&visitor.chrome, problems);
    page(StatusCode::UNPROCESSABLE_ENTITY, markup)
}

/// What a table would do, or what is wrong with it.
async fn planned(
    app: &App,
    visitor: &Visitor,
    table: &str,
) -> Result<Result<Plan, Vec<String>>, Error> {
    let placer = visitor.coordinating()?.clone();
    visitor.fresh(app.now())?;
    if form::encode(table).len() > LONGEST {
        let problem =
            "the file has too many people for one page; split it, or use the command line"
                .to_owned();
        return Ok(Err(vec![problem]));
    }
    let rows = match rows::read(table.as_bytes()) {
        Ok(rows) => rows,
        Err(problems) => return Ok(Err(problems)),
    };
    let plan = app
        .read::<_, Error>(move |conn| Ok(Plan::of(conn, &rows)?))
        .await?;
    let refused = plan.refused(&placer);
    if refused.is_empty() {
        return Ok(Ok(plan));
    }
    let words = refused
        .iter()
        .map(|(line, reason)| format!("line {line}: {reason}"));
    Ok(Err(words.collect()))
}

async fn preview(app: Data<App>, upload: Upload) -> Result<HttpResponse, Error> {
    let visitor = upload.form.visitor;
    visitor.coordinating()?;
    let Some(file) = upload.file else {
        return Ok(wrong(&visitor, &["choose a file first".into()]));
    };
    let read = move || file.content.read().map_err(uploads::failed);
    let bytes = app.workshop.run(read).await?;
    if spreadsheet::is_workbook(&bytes) {
        let problem = spreadsheet::TableError::Workbook.to_string();
        return Ok(wrong(&visitor, &[problem]));
    }
    let table = spreadsheet::text(&bytes);
    Ok(match planned(&app, &visitor, &table).await? {
        Ok(plan) => {
            let markup = pages::preview(&visitor.chrome, &plan, &table);
            page(StatusCode::OK, markup)
        }
        Err(problems) => wrong(&visitor, &problems),
    })
}

async fn confirm(app: Data<App>, form: Form, request: HttpRequest) -> Result<HttpResponse, Error> {
    let by = form.visitor.by();
    let plan = match planned(&app, &form.visitor, form.fields.one("table")?).await? {
        Ok(plan) => plan,
        Err(problems) => return Ok(wrong(&form.visitor, &problems)),
    };
    if plan.print() != form.fields.one("print")? {
        let problem =
            "somebody in the file has changed since you looked; choose the file again".to_owned();
        return Ok(wrong(&form.visitor, &[problem]));
    }
    let done = app
        .transaction::<_, PlanError>(move |tx| plan::apply(tx, &by, &plan))
        .await;
    match done {
        Ok(()) => Ok(see_other(
            &request,
            "/coordinate/people",
            Some(Notice::new("Members imported.")),
        )),
        Err(error @ (PlanError::Meanwhile(_) | PlanError::Refused)) => {
            Ok(wrong(&form.visitor, &[error.to_string()]))
        }
        Err(PlanError::Database(error)) => Err(error.into()),
    }
}
