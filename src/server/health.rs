//! How the site is: for machines, and a page for people.

use std::sync::OnceLock;

use actix_web::{
    HttpResponse,
    http::StatusCode,
    web::{self, Data, ServiceConfig},
};
use diesel::{RunQueryDsl, dsl::sql, sql_types::Integer};
use maud::html;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};

use crate::{
    app::App,
    db,
    error::Error,
    html::Page,
    jobs,
    people::visitor::{Visitor, page},
    schedule::zone,
};

static RECORDER: OnceLock<Option<PrometheusHandle>> = OnceLock::new();

/// Starts measuring; once per process, whoever comes first.
pub fn start_measuring() -> Option<&'static PrometheusHandle> {
    RECORDER
        .get_or_init(|| PrometheusBuilder::new().install_recorder().ok())
        .as_ref()
}

pub fn routes(config: &mut ServiceConfig) {
    config
        .route("/healthz", web::get().to(alive))
        .route("/readyz", web::get().to(ready))
        .route("/metrics", web::get().to(measurements))
        .route("/status", web::get().to(status_page));
}

/// The process lives.
async fn alive() -> &'static str {
    "ok\n"
}

/// The database answers and is of this version.
async fn ready(app: Data<App>) -> HttpResponse {
    let answer = app
        .read::<bool, Error>(|conn| {
            db::is_migrated(conn).map_err(|e| Error::Internal(e.to_string()))
        })
        .await;
    match answer {
        Ok(true) => HttpResponse::Ok()
            .content_type("text/plain")
            .body("ready\n"),
        Ok(false) => HttpResponse::ServiceUnavailable()
            .content_type("text/plain")
            .body("the database is of another version\n"),
        Err(_) => HttpResponse::ServiceUnavailable()
            .insert_header(("Retry-After", "2"))
            .content_type("text/plain")
            .body("the database does not answer\n"),
    }
}

async fn measurements(app: Data<App>) -> HttpResponse {
    metrics::gauge!("database_queue").set(app.db.waiting() as f64);
    metrics::counter!("database_queries_total").absolute(app.db.queries());
    let text = start_measuring()
        .map(PrometheusHandle::render)
        .unwrap_or_default();
    HttpResponse::Ok()
        .content_type("text/plain; version=0.0.4")
        .body(text)
}

/// What people may know: whether all is well, and which data are in use.
async fn status_page(
    app: Data<App>,
    visitor: Result<Visitor, Error>,
) -> Result<HttpResponse, Error> {
    let database = app
        .read::<_, Error>(|conn| {
            diesel::select(sql::<Integer>("1")).get_result::<i32>(conn)?;
            Ok(jobs::backlog(conn)?)
        })
        .await;
    let chrome = visitor.map(|v| v.chrome).unwrap_or_default();
    let is_well = database.is_ok();
    let mail = match &database {
        Ok((waiting, failed)) => format!("{waiting} waiting, {failed} given up"),
        Err(_) => "unknown".into(),
    };
    let body = html! {
        div.narrow {
            h1 { @if is_well { "All is well" } @else { "The database does not answer" } }
            dl.facts {
                dt { "Version" } dd { (env!("CARGO_PKG_VERSION")) }
                dt { "Database" } dd { @if is_well { "answers" } @else { "does not answer; pages that need it say so" } }
                dt { "Mail" } dd { (mail) }
                dt { "Time zone data" } dd { (zone::version()) " (" (zone::source()) ")" }
            }
        }
    };
    let status = if is_well {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    Ok(page(
        status,
        Page {
            chrome: &chrome,
            title: "Status",
            body,
        }
        .render(),
    ))
}
