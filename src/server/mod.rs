//! THE ROOF: the routes of all rooms, static files, health, and what every answer carries.

pub mod admin;
pub mod answers;
mod base_path;
pub mod health;
mod identity;
pub mod openapi;

use std::{net::TcpListener, time::Duration};

use actix_web::{
    App as Actix, HttpResponse, HttpServer,
    http::header,
    middleware::{Compress, from_fn},
    web::{self, Data, Path, ServiceConfig},
};

use crate::{
    app::App,
    bookings::{
        self, activity,
        aftercare::{self, disputes, record},
        change::{answer, cancel, reschedule},
        dashboard, fair_use, hold, ledger, preparation, waitlist, week,
    },
    busy::{self, why},
    feeds,
    html::layout,
    people::{
        self, arrival, coordinate, email, introduction, invitation, join, privacy, profile,
        second_factor::{self, passkey},
        sign_in, token, unsubscribe,
    },
    personal_data, programs, roster,
    slots::{self, calendar, catalogue, editor, search, service, set_up, settings},
    webhooks,
};

/// Threads of each of the server's workers that wait for files.
const MOST_BLOCKING_THREADS: usize = 4;

/// Every route of the site.
pub fn routes(config: &mut ServiceConfig) {
    config
        .route("/static/{print}/{name}", web::get().to(static_file))
        .route("/favicon.ico", web::get().to(favicon))
        .route("/robots.txt", web::get().to(robots))
        .route("/.well-known/security.txt", web::get().to(security))
        .configure(health::routes)
        .configure(openapi::routes)
        .configure(admin::routes)
        .configure(identity::routes)
        .configure(people::web::routes)
        .configure(introduction::web::routes)
        .configure(invitation::web::routes)
        .configure(join::web::routes)
        .configure(sign_in::web::routes)
        .configure(arrival::web::routes)
        .configure(coordinate::web::routes)
        .configure(email::web::routes)
        .configure(passkey::web::routes)
        .configure(privacy::web::routes)
        .configure(profile::web::routes)
        .configure(second_factor::web::routes)
        .configure(token::web::routes)
        .configure(unsubscribe::web::routes)
        .configure(feeds::web::routes)
        .configure(busy::web::routes)
        .configure(why::web::routes)
        .configure(webhooks::web::routes)
        .configure(bookings::web::routes)
        .configure(dashboard::web::routes)
        .configure(ledger::web::routes)
        .configure(programs::web::routes)
        .configure(programs::desk::web::routes)
        .configure(programs::staff::web::routes)
        .configure(programs::cohort::web::routes)
        .configure(people::topic::web::routes)
        .configure(programs::application::answering::web::routes)
        .configure(programs::about::web::routes)
        .configure(programs::builder::web::routes)
        .configure(programs::dates::web::routes)
        .configure(programs::digest::web::routes)
        .configure(programs::application::attachment::web::routes)
        .configure(programs::application::web::routes)
        .configure(programs::review::web::routes)
        .configure(programs::selection::web::routes)
        .configure(programs::rehearsal::web::routes)
        .configure(programs::member::web::routes)
        .configure(programs::space::web::routes)
        .configure(programs::activity::web::routes)
        .configure(fair_use::web::routes)
        .configure(activity::web::routes)
        .configure(hold::web::routes)
        .configure(answer::web::routes)
        .configure(reschedule::web::routes)
        .configure(cancel::web::routes)
        .configure(aftercare::web::routes)
        .configure(record::web::routes)
        .configure(disputes::web::routes)
        .configure(week::web::routes)
        .configure(preparation::web::routes)
        .configure(waitlist::web::routes)
        .configure(personal_data::web::routes)
        .configure(roster::web::routes)
        .configure(search::web::routes)
        .configure(editor::web::routes)
        .configure(service::web::routes)
        .configure(set_up::web::routes)
        .configure(catalogue::web::routes)
        .configure(calendar::web::routes)
        .configure(settings::web::routes)
        .configure(slots::web::routes);
}

/// Serves until told to stop; then takes no more and finishes what it has, for 30 seconds at most.
pub async fn serve(app: Data<App>, listener: TcpListener) -> std::io::Result<()> {
    let server = HttpServer::new(move || {
        Actix::new()
            .app_data(Data::clone(&app))
            .wrap(from_fn(answers::finish))
            .wrap(Compress::default())
            .configure(routes)
    })
    .on_connect(|connection, _| {
        // Else the end of a compressed answer waits for the client to acknowledge its beginning.
        if let Some(stream) = connection.downcast_ref::<actix_web::rt::net::TcpStream>()
            && let Err(error) = stream.set_nodelay(true)
        {
            tracing::debug!(%error, "a connection goes on without TCP_NODELAY");
        }
    })
    // They wait for the disk: few are enough, and each has memory of its own.
    .worker_max_blocking_threads(MOST_BLOCKING_THREADS)
    .client_request_timeout(Duration::from_secs(10))
    .client_disconnect_timeout(Duration::from_secs(5))
    .keep_alive(Duration::from_secs(20))
    .shutdown_timeout(30)
    .disable_signals()
    .listen(listener)?
    .run();
    let handle = server.handle();
    actix_web::rt::spawn(async move {
        stop_signal().await;
        tracing::info!("stopping");
        handle.stop(true).await;
    });
    server.await
}

/// Waits for SIGTERM or SIGINT.
async fn stop_signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate()).expect("signals can be listened for");
    let mut interrupt = signal(SignalKind::interrupt()).expect("signals can be listened for");
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}

/// A file of `static/`. Its address carries a fingerprint, so it is kept for ever.
async fn static_file(app: Data<App>, path: Path<(String, String)>) -> HttpResponse {
    const FOR_EVER: &str = "public, max-age=31536000, immutable";
    let (print, name) = path.into_inner();
    if name == "almanac.css" {
        let brand = app.brand();
        // Under an address of another time or server it is not what is meant.
        let is_it = brand.style == format!("/static/{print}/{name}");
        return HttpResponse::Ok()
            .content_type("text/css; charset=utf-8")
            .insert_header((
                header::CACHE_CONTROL,
                if is_it { FOR_EVER } else { "no-cache" },
            ))
            .body(brand.styles.clone());
    }
    asset(&name, FOR_EVER)
}

fn asset(name: &str, cache: &'static str) -> HttpResponse {
    let kind = match name.rsplit('.').next() {
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("woff2") => "font/woff2",
        _ => return HttpResponse::NotFound().finish(),
    };
    match layout::file(name) {
        Some(content) => HttpResponse::Ok()
            .content_type(kind)
            .insert_header((header::CACHE_CONTROL, cache))
            .body(content.into_owned()),
        None => HttpResponse::NotFound().finish(),
    }
}

async fn favicon() -> HttpResponse {
    asset("favicon.svg", "public, max-age=86400")
}

/// Whom to tell about a security hole (RFC 9116).
async fn security(app: Data<App>) -> String {
    let config = &app.config;
    let until = app.now() + chrono::TimeDelta::days(180);
    format!(
        "Contact: {}\nExpires: {}\nPreferred-Languages: en\nCanonical: {}\n",
        crate::ical::mailto(config.contact.as_ref()),
        until.format("%Y-%m-%dT00:00:00Z"),
        config.link("/.well-known/security.txt"),
    )
}

/// Search engines may look around, and calendar services fetch feeds; which pages are not to be found is said
/// by each of them.
async fn robots(app: Data<App>) -> String {
    let base = app.config.base_path();
    let closed = [
        "/admin",
        "/api/",
        "/bookings",
        "/coordinate",
        "/holds",
        "/me",
        "/sign-in",
    ];
    let lines = closed.map(|path| format!("Disallow: {base}{path}\n"));
    format!("User-agent: *\n{}", lines.concat())
}
