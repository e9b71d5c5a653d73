//! How the site is: for machines, and a page for people.

use std::{collections::BTreeMap, path::Path, sync::OnceLock, time::Duration};

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{self, Data, ServiceConfig},
};
use chrono::{DateTime, TimeDelta, Utc};
use maud::html;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use nix::sys::statvfs::statvfs;

use crate::{
    app::App,
    db::{self, Conn, Schema},
    error::Error,
    html::{Page, time},
    jobs,
    people::visitor::{Visitor, client, page},
    schedule::zone,
};

/// With less free than this, Postgres and uploads are about to fail.
const LEAST_FREE: u64 = 64 * 1024 * 1024;
/// The worker comes round every two seconds, unless the database keeps it waiting.
const LONGEST_SILENCE: Duration = Duration::from_secs(60);
/// If letters have failed for this long, emails are not being sent.
const MAIL_IS_LATE: TimeDelta = TimeDelta::minutes(10);
const LONGEST_LOOK: Duration = Duration::from_secs(3);

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

/// What is wrong, in words that anybody may read.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Trouble {
    /// Requests fail: another server may do better.
    Down(&'static str),
    /// Pages work, and somebody has to look.
    Impaired(String),
}

/// Mail, as far as the database knows.
#[derive(Clone, Copy, Debug, Default)]
struct Post {
    waiting: i64,
    given_up: i64,
    late_since: Option<DateTime<Utc>>,
}

fn look_at_database(conn: &mut Conn, now: DateTime<Utc>) -> Result<(Vec<Trouble>, Post), Error> {
    let schema = db::schema_of(conn).map_err(|e| Error::Internal(e.to_string()))?;
    match schema {
        Schema::Current => {}
        Schema::Older => {
            let words = "the database is at an older version; run almanac migrate";
            return Ok((vec![Trouble::Down(words)], Post::default()));
        }
        Schema::Newer => {
            let words = "the database is at a newer version than this program";
            return Ok((vec![Trouble::Down(words)], Post::default()));
        }
    }
    let looked = db::state(conn)?;
    let mut troubles = Vec::new();
    if looked.is_read_only {
        troubles.push(Trouble::Down(
            "the database is read-only, so nothing can be changed",
        ));
    }
    if looked.is_locked {
        troubles.push(Trouble::Down("a database table is locked"));
    }
    let (waiting, given_up) = jobs::backlog(conn)?;
    let late_since = jobs::waiting_since(conn)?.filter(|since| now - *since >= MAIL_IS_LATE);
    if late_since.is_some() {
        let words = format!("emails are not being sent: {waiting} are waiting");
        troubles.push(Trouble::Impaired(words));
    }
    let post = Post {
        waiting,
        given_up,
        late_since,
    };
    Ok((troubles, post))
}

/// Whether the disk of the data directory is as good as full.
fn is_full(data_dir: &Path) -> bool {
    statvfs(data_dir).is_ok_and(|disk| {
        let free = disk.blocks_available() * disk.fragment_size();
        free < LEAST_FREE || disk.files_available() == 0 && disk.files() > 0
    })
}

/// What is wrong with this process and its machine.
fn own_troubles(
    is_full: bool,
    silence: Duration,
    stumbles: &BTreeMap<&'static str, usize>,
) -> Vec<Trouble> {
    let mut troubles = Vec::new();
    if is_full {
        troubles.push(Trouble::Down("the disk is full"));
    }
    if silence > LONGEST_SILENCE {
        troubles.push(Trouble::Down(
            "the worker has stopped, so no emails or reminders are sent; restart the program",
        ));
    }
    for (name, count) in stumbles {
        let words = format!(
            "{name} failed {count} times in the last hour and was restarted; see the log for the reason"
        );
        troubles.push(Trouble::Impaired(words));
    }
    troubles
}

/// All that is wrong.
async fn look(app: &App) -> (Vec<Trouble>, Option<Post>) {
    let now = app.now();
    let asked = app.read::<_, Error>(move |conn| look_at_database(conn, now));
    let (mut troubles, post) = match tokio::time::timeout(LONGEST_LOOK, asked).await {
        Ok(Ok((troubles, post))) => (troubles, Some(post)),
        Ok(Err(_)) | Err(_) => (vec![Trouble::Down("the database is not responding")], None),
    };
    let data_dir = app.config.data_dir.clone();
    let is_full = web::block(move || is_full(&data_dir)).await;
    let silence = app.pulse.silent_for();
    // That it cannot be told is no sign of a full disk.
    troubles.extend(own_troubles(
        is_full.unwrap_or(false),
        silence,
        &app.pulse.stumbles(),
    ));
    (troubles, post)
}

/// Whether requests can be served, and a line for each thing that is wrong. Mail that does not go out is told,
/// and no reason to send visitors elsewhere.
async fn ready(app: Data<App>) -> HttpResponse {
    let (troubles, _) = look(&app).await;
    let is_down = troubles.iter().any(|t| matches!(t, Trouble::Down(_)));
    let mut lines = vec![if is_down { "not ready" } else { "ready" }];
    lines.extend(troubles.iter().map(Trouble::words));
    let mut response = if is_down {
        HttpResponse::ServiceUnavailable()
    } else {
        HttpResponse::Ok()
    };
    if is_down {
        response.insert_header(("Retry-After", "2"));
    }
    response
        .content_type("text/plain")
        .body(lines.join("\n") + "\n")
}

impl Trouble {
    fn words(&self) -> &str {
        match self {
            Self::Down(words) => words,
            Self::Impaired(words) => words,
        }
    }
}

/// For the networks that may read them. What a proxy passes on that is not trusted comes from anywhere.
async fn measurements(app: Data<App>, request: HttpRequest) -> HttpResponse {
    let client = client(&request, &app.config);
    let peer = request.peer_addr().map(|peer| peer.ip().to_canonical());
    let headers = request.headers();
    let is_passed_on = headers.contains_key("x-forwarded-for") || headers.contains_key("forwarded");
    let is_named = !is_passed_on || peer != Some(client);
    let mut allowed = app.config.metrics_allow.iter();
    if !is_named || !allowed.any(|network| network.contains(&client)) {
        return HttpResponse::NotFound().finish();
    }
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
    let (troubles, post) = look(&app).await;
    let (chrome, zone) = visitor.map_or_else(
        |_| (Default::default(), zone::Zone::utc()),
        |visitor| (visitor.chrome, visitor.zone),
    );
    let is_down = troubles.iter().any(|t| matches!(t, Trouble::Down(_)));
    let heading = match (is_down, troubles.is_empty()) {
        (true, _) => "The site is not working as it should",
        (false, false) => "The site is working, with a problem",
        (false, true) => "Everything is working",
    };
    let body = html! {
        div.narrow {
            h1 { (heading) }
            @if !troubles.is_empty() {
                ul {
                    @for trouble in &troubles {
                        li { (crate::input::sentence(trouble.words())) }
                    }
                }
                p.hint {
                    "Confirmed bookings are safe. The people who run this site can find more in its log."
                }
            }
            dl.facts {
                dt { "Version" }
                dd { (env!("CARGO_PKG_VERSION")) }
                dt { "Database" }
                dd {
                    @if post.is_some() { "Working" } @else { "Not responding" }
                }
                dt { "Email" }
                dd {
                    @match post {
                        None => "Unknown",
                        Some(Post { waiting, given_up, late_since }) => {
                            (waiting)
                            " waiting, "
                            (given_up)
                            " failed"
                            @if let Some(since) = late_since {
                                br;
                                "The oldest has waited since "
                                (time::moment(since, &zone))
                            }
                        }
                    }
                }
                dt { "Time zone data" }
                dd { (zone::version()) " (" (zone::source()) ")" }
            }
        }
    };
    let status = if is_down {
        StatusCode::SERVICE_UNAVAILABLE
    } else {
        StatusCode::OK
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_worker_that_is_silent_for_a_minute_has_stopped() {
        assert_eq!(own_troubles(false, LONGEST_SILENCE, &BTreeMap::new()), []);
        let late = LONGEST_SILENCE + Duration::from_secs(1);
        let troubles = own_troubles(true, late, &BTreeMap::new());
        assert_eq!(troubles.len(), 2);
        assert!(troubles[1].words().starts_with("the worker has stopped"));
    }
}
