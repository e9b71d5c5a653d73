//! A private Postgres in the data directory, for sites that have no database server.
//!
//! Runs the server binaries of this machine over a Unix socket, without TCP. One supervisor thread
//! starts the server, starts it again if it dies, and stops it; the kernel stops it should Almanac
//! be killed. A lock on the data directory sees to it that there is never a second server.

mod cluster;
pub mod programs;
mod supervisor;

use std::{io, time::Duration};

pub use supervisor::Private;

/// How long a server may take to start, and a command to end.
const PATIENCE: Duration = Duration::from_secs(60);

/// Why the private server could not be had, each in a sentence that says what to do.
#[derive(Debug, thiserror::Error)]
pub enum PrivateError {
    #[error(
        "no PostgreSQL server is installed on this machine: run `apt-get install postgresql` \
         (or set DATABASE_URL to a server elsewhere)"
    )]
    NoServer,
    #[error(
        "the database in {directory} was made by PostgreSQL {found}, and this machine has only {have}: \
         install PostgreSQL {found} beside it (on Debian `apt-get install postgresql-{found}`). To change to another \
         version then: stop Almanac, run `almanac backup FILE`, move {directory} away, run `almanac restore FILE`"
    )]
    OtherVersion {
        directory: String,
        found: String,
        have: String,
    },
    #[error("Almanac is already running on {directory} (process {process})")]
    AlreadyRunning { directory: String, process: String },
    #[error(
        "the user {user} cannot enter {directory}, and PostgreSQL does not run as root: \
         set ALMANAC_DATA_DIR to a place it can enter, such as /var/lib/almanac"
    )]
    NotEnterable { user: String, directory: String },
    #[error("initdb failed: {0}")]
    InitDb(String),
    #[error("PostgreSQL did not start within a minute; see {log}")]
    NotReady { log: String },
    #[error("{what}: {source}")]
    Io { what: String, source: io::Error },
}

fn io_error(what: impl Into<String>) -> impl FnOnce(io::Error) -> PrivateError {
    let what = what.into();
    move |source| PrivateError::Io { what, source }
}

/// Who may share a running server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// The site: must be the only one.
    Serve,
    /// A command: uses the site's server if that runs, else starts one for itself.
    Command,
}
