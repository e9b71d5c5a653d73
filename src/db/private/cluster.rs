//! The folder of the private database: made, and served.

use std::{
    fs::{self, OpenOptions},
    io,
    os::unix::{
        fs::{MetadataExt, PermissionsExt},
        net::UnixStream,
        process::CommandExt,
    },
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use nix::{
    sys::{prctl, signal::Signal},
    unistd::{Uid, User, chown},
};

use super::{PATIENCE, PrivateError, io_error, programs::server_binaries};
use crate::keys;

const DATABASE_USER: &str = "almanac";
/// What the ending of a cluster begins with while it is being made.
const UNFINISHED: &str = "new";

/// Where everything is, and as whom the server runs.
pub struct Place {
    bin: PathBuf,
    pub cluster: PathBuf,
    sockets: PathBuf,
    log: PathBuf,
    /// Set when we are root: Postgres refuses to run as such.
    user: Option<User>,
}

impl Place {
    pub fn new(data_dir: &Path) -> Result<Self, PrivateError> {
        let cluster = data_dir.join("postgres");
        let bin = server_binaries(&cluster)?;
        let user = if Uid::effective().is_root() {
            Some(unprivileged_user(&cluster)?)
        } else {
            None
        };
        // A socket's path has at most 107 bytes; ours ends in "/.s.PGSQL.5432".
        let mut sockets = data_dir.join("run");
        if sockets.as_os_str().len() > 90 {
            let digest = keys::sha256(data_dir.as_os_str().as_encoded_bytes());
            let name = keys::hex(&digest[..8]);
            sockets = std::env::temp_dir().join(format!("almanac-{name}"));
        }
        Ok(Self {
            bin,
            cluster,
            sockets,
            log: data_dir.join("postgres.log"),
            user,
        })
    }

    pub fn url(&self) -> String {
        self.url_of(DATABASE_USER)
    }

    fn url_of(&self, database: &str) -> String {
        let host: String = percent_encoding::utf8_percent_encode(
            &self.sockets.to_string_lossy(),
            percent_encoding::NON_ALPHANUMERIC,
        )
        .to_string();
        format!("postgres://{DATABASE_USER}@{host}/{database}")
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.bin.join(program));
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("PG") {
                command.env_remove(name);
            }
        }
        command
            .env("LC_ALL", "C.UTF-8")
            .current_dir("/")
            .stdin(Stdio::null());
        if let Some(user) = &self.user {
            command.uid(user.uid.as_raw()).gid(user.gid.as_raw());
        }
        command
    }

    /// Makes a directory that the server's user owns and nobody else reads.
    fn own(&self, directory: &Path) -> Result<(), PrivateError> {
        let what = || format!("cannot prepare {}", directory.display());
        fs::create_dir_all(directory).map_err(io_error(what()))?;
        if let Some(user) = &self.user {
            chown(directory, Some(user.uid), Some(user.gid))
                .map_err(|e| io_error(what())(e.into()))?;
        }
        fs::set_permissions(directory, fs::Permissions::from_mode(0o700)).map_err(io_error(what()))
    }

    /// Makes the cluster if there is none.
    pub fn prepare(&self) -> Result<(), PrivateError> {
        let data_dir = self
            .cluster
            .parent()
            .expect("the cluster is inside the data directory");
        if let Some(user) = &self.user {
            // Others may pass through to what is theirs, but not look around.
            fs::set_permissions(data_dir, fs::Permissions::from_mode(0o711))
                .map_err(io_error("cannot open the data directory to the database"))?;
            let entered = Command::new("test")
                .args(["-x".as_ref(), data_dir.as_os_str()])
                .uid(user.uid.as_raw())
                .gid(user.gid.as_raw())
                .current_dir("/")
                .status()
                .map_err(io_error("cannot run test(1)"))?;
            if !entered.success() {
                return Err(PrivateError::NotEnterable {
                    user: user.name.clone(),
                    directory: data_dir.display().to_string(),
                });
            }
        }
        self.own(&self.sockets)?;
        if self.cluster.join("PG_VERSION").exists() {
            return Ok(());
        }
        // Built aside and renamed, so that a crash half-way leaves nothing that looks finished; under a name
        // of its own, since the initdb of a start that was killed may still be at it.
        self.remove_unfinished();
        let unique = format!("{UNFINISHED}{}", rand::random::<u32>());
        let half = self.cluster.with_extension(unique);
        self.own(&half)?;
        let made = self
            .command("initdb")
            .args([
                "-U",
                DATABASE_USER,
                "-E",
                "UTF8",
                "--locale=C.UTF-8",
                "--auth=trust",
                "--data-checksums",
            ])
            .arg("-D")
            .arg(&half)
            .output()
            .map_err(io_error("cannot run initdb"))?;
        if !made.status.success() {
            return Err(PrivateError::InitDb(
                String::from_utf8_lossy(&made.stderr).trim().to_owned(),
            ));
        }
        fs::rename(&half, &self.cluster).map_err(io_error("cannot finish the database"))
    }

    /// Removes what starts that were killed have left. What somebody still writes into stays for the next
    /// time.
    fn remove_unfinished(&self) {
        let Some(Ok(entries)) = self.cluster.parent().map(fs::read_dir) else {
            return; // There is no folder yet.
        };
        let begins_with = format!("postgres.{UNFINISHED}");
        for entry in entries.filter_map(Result::ok) {
            let is_unfinished = entry
                .file_name()
                .to_string_lossy()
                .starts_with(&begins_with);
            if is_unfinished && let Err(error) = fs::remove_dir_all(entry.path()) {
                tracing::warn!(%error, "an unfinished database is removed next time");
            }
        }
    }

    #[allow(unsafe_code)] // `pre_exec` has no safe form.
    pub fn spawn(&self) -> Result<Child, PrivateError> {
        let log = OpenOptions::new()
            .create(true)
            .append(true)
            .open(&self.log)
            .map_err(io_error("cannot open the database's log"))?;
        let mut command = self.command("postgres");
        command
            .arg("-D")
            .arg(&self.cluster)
            .arg("-k")
            .arg(&self.sockets)
            .args([
                "-c",
                "listen_addresses=",
                "-c",
                "unix_socket_permissions=0700",
            ])
            .args([
                "-c",
                "timezone=UTC",
                "-c",
                "log_timezone=UTC",
                "-c",
                "jit=off",
            ])
            .args(["-c", "max_connections=100", "-c", "shared_buffers=128MB"])
            .args([
                "-c",
                "log_checkpoints=off",
                "-c",
                "log_min_messages=warning",
            ])
            // What failed is logged by us; the server must not write people's words into its log.
            .args([
                "-c",
                "log_min_error_statement=panic",
                "-c",
                "log_error_verbosity=terse",
            ])
            .stdout(Stdio::null())
            .stderr(log)
            // Ctrl-C in the terminal is for Almanac, which then stops the server in order.
            .process_group(0);
        let parent = std::process::id();
        // SAFETY: only calls prctl and getppid, both async-signal-safe.
        unsafe {
            command.pre_exec(move || {
                prctl::set_pdeathsig(Signal::SIGINT)?;
                if nix::unistd::getppid().as_raw() as u32 == parent {
                    Ok(())
                } else {
                    Err(io::Error::other("Almanac is gone"))
                }
            });
        }
        command.spawn().map_err(io_error("cannot run postgres"))
    }

    /// Waits until the server takes connections; `each` may start it again or give up.
    pub fn wait_until_ready(
        &self,
        each: &mut dyn FnMut(&Self) -> Result<(), PrivateError>,
    ) -> Result<(), PrivateError> {
        let deadline = Instant::now() + PATIENCE;
        let pid_file = self.cluster.join("postmaster.pid");
        while Instant::now() < deadline {
            each(self)?;
            let status = fs::read_to_string(&pid_file).unwrap_or_default();
            let is_ready = status
                .lines()
                .nth(7)
                .is_some_and(|line| line.trim() == "ready");
            if is_ready && UnixStream::connect(self.sockets.join(".s.PGSQL.5432")).is_ok() {
                return self.make_database();
            }
            thread::sleep(Duration::from_millis(10));
        }
        Err(PrivateError::NotReady {
            log: self.log.display().to_string(),
        })
    }

    fn make_database(&self) -> Result<(), PrivateError> {
        use diesel::{connection::SimpleConnection, prelude::*};
        let failed = |e: String| PrivateError::InitDb(format!("cannot make the database: {e}"));
        if diesel::PgConnection::establish(&self.url()).is_ok() {
            return Ok(());
        }
        let mut conn = diesel::PgConnection::establish(&self.url_of("postgres"))
            .map_err(|e| failed(e.to_string()))?;
        conn.batch_execute(&format!("create database {DATABASE_USER}"))
            .map_err(|e| failed(e.to_string()))
    }
}

/// The existing cluster's owner, else `postgres`, else `nobody`.
fn unprivileged_user(cluster: &Path) -> Result<User, PrivateError> {
    let owner = fs::metadata(cluster)
        .ok()
        .map(|m| Uid::from_raw(m.uid()))
        .filter(|uid| !uid.is_root());
    let owner = owner.and_then(|uid| User::from_uid(uid).ok().flatten());
    let named = |name| User::from_name(name).ok().flatten();
    owner
        .or_else(|| named("postgres"))
        .or_else(|| named("nobody"))
        .ok_or_else(|| {
            io_error("there is neither a user postgres nor nobody")(io::Error::from(
                io::ErrorKind::NotFound,
            ))
        })
}
