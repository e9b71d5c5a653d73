//! `almanac serve`: the site and its worker.

use std::{io::IsTerminal, net::TcpListener};

use actix_web::web::Data;
use tracing_appender::non_blocking::WorkerGuard;

use super::{Failure, backup, database::open_database};
use crate::{
    app::App,
    clock::Clock,
    config::Config,
    db::{self, Db, private::Purpose},
    mail::Mailer,
    schedule::zone,
    server::{self, health},
    worker,
};

/// Logs to standard error, never waiting for whoever reads it: lines are dropped instead.
/// Keep the guard until the end.
pub fn log_to_stderr() -> WorkerGuard {
    let (writer, guard) = tracing_appender::non_blocking(std::io::stderr());
    let filter = tracing_subscriber::EnvFilter::try_from_env("RUST_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info,actix_server=warn"));
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(writer)
        .with_target(false);
    if std::io::stderr().is_terminal() {
        builder.compact().init();
    } else {
        builder.json().init();
    }
    guard
}

/// Serves until SIGTERM or SIGINT.
pub fn run(config: Config, _log: WorkerGuard) -> Result<(), Failure> {
    let (_private, url) = open_database(&config, Purpose::Serve)?;
    prepare_and_serve(config, &url)
}

/// Migrates the database at `url` and serves it.
pub fn prepare_and_serve(config: Config, url: &str) -> Result<(), Failure> {
    let run = db::migrate(&mut db::connect(url)?)?;
    if !run.is_empty() {
        tracing::info!(count = run.len(), "migrated");
    }
    backup::remove_leftovers(&config.data_dir);
    let key = config.secret_key()?;
    let mailer = Mailer::new(&config)?;
    if let Mailer::Files(folder) = &mailer {
        tracing::warn!(folder = %folder.display(), "ALMANAC_SMTP_URL is not set: mails are written to files");
    }
    health::start_measuring();
    let listener = TcpListener::bind(config.listen)
        .map_err(|e| format!("cannot listen on {} (ALMANAC_LISTEN): {e}", config.listen))?;
    tracing::info!(
        address = %config.address(), zone_data = zone::version(), source = zone::source(), "serving"
    );
    actix_web::rt::System::new().block_on(async move {
        let db = Db::start(url, config.pool, Clock::System);
        let app = Data::new(App::new(config, db, &key));
        if let Err(error) = app.refresh_brand().await {
            tracing::warn!(%error, "the site's name and look could not be read");
        }
        let worker = actix_web::rt::spawn(worker::run(Data::clone(&app), mailer));
        let served = server::serve(app, listener).await;
        worker.abort();
        served
    })?;
    Ok(())
}
