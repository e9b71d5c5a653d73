//! A private Postgres in the data directory, for sites that have no database server.
//!
//! Runs the server binaries of this machine over a Unix socket, without TCP. One supervisor thread
//! starts the server, starts it again if it dies, and stops it; the kernel stops it should Almanac
//! be killed. A lock on the data directory sees to it that there is never a second server.

use std::{
    ffi::OsStr,
    fs::{self, File, OpenOptions},
    io::{self, Read, Seek, Write},
    os::unix::{
        ffi::OsStrExt,
        fs::{MetadataExt, PermissionsExt},
        net::UnixStream,
        process::CommandExt,
    },
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use nix::{
    sys::{
        prctl,
        signal::{Signal, kill},
    },
    unistd::{Pid, Uid, User, chown},
};

use crate::keys;

const PATIENCE: Duration = Duration::from_secs(60);
/// How often the supervisor looks whether the server still lives.
const WATCH: Duration = Duration::from_millis(200);
const DATABASE_USER: &str = "almanac";

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

/// The private server, ours or the running site's. Dropping it stops ours.
pub struct Private {
    url: String,
    _supervisor: Option<Supervisor>,
}

struct Supervisor {
    stop: mpsc::Sender<()>,
    thread: Option<thread::JoinHandle<()>>,
    /// Held while the server runs; the kernel lets go of it if we are killed.
    _lock: File,
}

impl Private {
    /// Finds or starts the server of `data_dir` and waits until it answers.
    pub fn start(data_dir: &Path, purpose: Purpose) -> Result<Self, PrivateError> {
        make_folder(data_dir).map_err(io_error(format!(
            "cannot make the data directory {}",
            data_dir.display()
        )))?;
        let data_dir = data_dir
            .canonicalize()
            .map_err(io_error("cannot find the data directory"))?;
        let place = Place::new(&data_dir)?;
        let Some(lock) = lock(&data_dir, purpose)? else {
            place.wait_until_ready(&mut |_| Ok(()))?;
            return Ok(Self {
                url: place.url(),
                _supervisor: None,
            });
        };
        place.prepare()?;
        let (stop, stopped) = mpsc::channel();
        let (ready, is_ready) = mpsc::channel();
        let url = place.url();
        // The server dies with the thread that started it, so this thread lives as long as it does.
        let thread = thread::Builder::new()
            .name("postgres".into())
            .spawn(move || supervise(&place, &stopped, &ready))
            .map_err(io_error("cannot start a thread"))?;
        let supervisor = Supervisor {
            stop,
            thread: Some(thread),
            _lock: lock,
        };
        match is_ready.recv() {
            Ok(Ok(())) => Ok(Self {
                url,
                _supervisor: Some(supervisor),
            }),
            Ok(Err(error)) => Err(error),
            Err(_) => Err(PrivateError::InitDb("the supervisor ended".into())),
        }
    }

    /// The address for libpq.
    pub fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Supervisor {
    fn drop(&mut self) {
        // An error means that the thread has ended by itself.
        let _ = self.stop.send(());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// The lock on the directory; none if a command may use the server of the running site.
fn lock(data_dir: &Path, purpose: Purpose) -> Result<Option<File>, PrivateError> {
    let path = data_dir.join("almanac.lock");
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(&path)
        .map_err(io_error(format!("cannot open {}", path.display())))?;
    let deadline = Instant::now() + PATIENCE;
    loop {
        match file.try_lock() {
            Ok(()) => break,
            Err(fs::TryLockError::WouldBlock) => {}
            Err(fs::TryLockError::Error(e)) => {
                return Err(io_error("cannot lock the data directory")(e));
            }
        }
        let mut holder = String::new();
        file.rewind()
            .and_then(|()| file.read_to_string(&mut holder))
            .map_err(io_error("cannot read the lock"))?;
        if let Some(process) = holder.strip_prefix("serve ") {
            if purpose == Purpose::Command {
                return Ok(None);
            }
            return Err(PrivateError::AlreadyRunning {
                directory: data_dir.display().to_string(),
                process: process.trim().to_owned(),
            });
        }
        // A command has it; that will not take long.
        if Instant::now() > deadline {
            return Err(PrivateError::AlreadyRunning {
                directory: data_dir.display().to_string(),
                process: holder.trim().to_owned(),
            });
        }
        thread::sleep(Duration::from_millis(50));
    }
    let word = if purpose == Purpose::Serve {
        "serve"
    } else {
        "command"
    };
    file.set_len(0)
        .and_then(|()| file.rewind())
        .and_then(|()| write!(file, "{word} {}", std::process::id()))
        .map_err(io_error("cannot write the lock"))?;
    Ok(Some(file))
}

/// Makes a folder and what is missing above it. Others may pass through what root makes, but not look around:
/// the database has to reach what is its own.
fn make_folder(folder: &Path) -> std::io::Result<()> {
    let is_missing = |path: &&Path| !path.as_os_str().is_empty() && !path.exists();
    let missing: Vec<&Path> = folder.ancestors().take_while(is_missing).collect();
    fs::create_dir_all(folder)?;
    if Uid::effective().is_root() {
        for made in missing {
            fs::set_permissions(made, fs::Permissions::from_mode(0o711))?;
        }
    }
    Ok(())
}

/// Where everything is, and as whom the server runs.
struct Place {
    bin: PathBuf,
    cluster: PathBuf,
    sockets: PathBuf,
    log: PathBuf,
    /// Set when we are root: Postgres refuses to run as such.
    user: Option<User>,
}

impl Place {
    fn new(data_dir: &Path) -> Result<Self, PrivateError> {
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

    fn url(&self) -> String {
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
    fn prepare(&self) -> Result<(), PrivateError> {
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
    fn spawn(&self) -> Result<Child, PrivateError> {
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
    fn wait_until_ready(
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

/// Runs the server until told to stop; starts it again when it dies.
fn supervise(
    place: &Place,
    stopped: &mpsc::Receiver<()>,
    ready: &mpsc::Sender<Result<(), PrivateError>>,
) {
    let mut child: Option<Child> = None;
    // A predecessor that was killed may take a moment to leave; then the new server exits at once
    // and is tried again.
    let mut keep_up = |place: &Place| -> Result<(), PrivateError> {
        if is_other_server_leaving(place) {
            return Ok(());
        }
        let ended = match &mut child {
            Some(child) => child
                .try_wait()
                .map_err(io_error("cannot watch postgres"))?
                .is_some(),
            None => true,
        };
        if ended {
            thread::sleep(Duration::from_millis(if child.is_some() { 200 } else { 0 }));
            child = Some(place.spawn()?);
        }
        Ok(())
    };
    let started = place.wait_until_ready(&mut keep_up);
    let is_up = started.is_ok();
    let _ = ready.send(started);
    if is_up {
        while let Err(mpsc::RecvTimeoutError::Timeout) = stopped.recv_timeout(WATCH) {
            if let Err(error) = keep_up(place) {
                tracing::error!(%error, "the private database cannot be started again");
            }
        }
    }
    if let Some(child) = child {
        stop(child);
    }
}

/// Whether the cluster's pid file names a live postgres that is not our child.
fn is_other_server_leaving(place: &Place) -> bool {
    let path = place.cluster.join("postmaster.pid");
    let Some(pid) = fs::read_to_string(&path)
        .ok()
        .and_then(|t| t.lines().next()?.trim().parse::<i32>().ok())
    else {
        return false;
    };
    let parent = fs::read_to_string(format!("/proc/{pid}/stat"))
        .ok()
        .and_then(|stat| {
            stat.rsplit(')')
                .next()?
                .split_whitespace()
                .nth(1)?
                .parse::<u32>()
                .ok()
        });
    let command = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let is_of_cluster = serves(&command, &place.cluster);
    let is_ours = parent == Some(std::process::id());
    if is_of_cluster && !is_ours && parent.is_some() {
        // Its Almanac is gone (we hold the lock), so ask it to go as well.
        let _ = kill(Pid::from_raw(pid), Signal::SIGINT);
        return true;
    }
    if parent.is_some() && !is_of_cluster {
        // The number was given to somebody else, which would keep postgres from starting.
        let _ = fs::remove_file(&path);
    }
    false
}

/// Whether a process of that command line, as in `/proc`, is the server of this cluster: a number may have been
/// given to anybody since, to a server of somebody else's too.
fn serves(command: &[u8], cluster: &Path) -> bool {
    let words: Vec<&OsStr> = command.split(|b| *b == 0).map(OsStr::from_bytes).collect();
    let program = words.first().and_then(|word| Path::new(word).file_name());
    let folder = words
        .iter()
        .position(|word| *word == "-D")
        .and_then(|at| words.get(at + 1));
    program == Some(OsStr::new("postgres")) && folder.is_some_and(|f| Path::new(f) == cluster)
}

fn stop(mut child: Child) {
    let pid = Pid::from_raw(child.id() as i32);
    for (signal, patience) in [(Signal::SIGINT, 30), (Signal::SIGQUIT, 5)] {
        let _ = kill(pid, signal);
        let deadline = Instant::now() + Duration::from_secs(patience);
        while Instant::now() < deadline {
            if !matches!(child.try_wait(), Ok(None)) {
                return;
            }
            thread::sleep(Duration::from_millis(5));
        }
    }
    let _ = child.kill();
    let _ = child.wait();
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

/// What the ending of a cluster begins with while it is being made.
const UNFINISHED: &str = "new";

/// The folder with `postgres` and `initdb`, of the cluster's version if there is a cluster.
fn server_binaries(cluster: &Path) -> Result<PathBuf, PrivateError> {
    let mut found: Vec<(u32, PathBuf)> = Vec::new();
    for folder in candidate_folders() {
        if folder.join("initdb").exists()
            && let Some(version) = major_version(&folder)
            && version >= 14
            && !found.iter().any(|(v, _)| *v == version)
        {
            found.push((version, folder));
        }
    }
    found.sort_by_key(|(version, _)| std::cmp::Reverse(*version));
    let have = found
        .iter()
        .map(|(v, _)| v.to_string())
        .collect::<Vec<_>>()
        .join(", ");
    let wanted = fs::read_to_string(cluster.join("PG_VERSION"))
        .ok()
        .map(|v| v.trim().to_owned());
    match wanted {
        _ if found.is_empty() => Err(PrivateError::NoServer),
        None => Ok(found.swap_remove(0).1),
        Some(wanted) => match found.into_iter().find(|(v, _)| v.to_string() == wanted) {
            Some((_, folder)) => Ok(folder),
            None => Err(PrivateError::OtherVersion {
                directory: cluster.display().to_string(),
                found: wanted,
                have,
            }),
        },
    }
}

/// The program of that name among PostgreSQL's, and its major version: the oldest of that version or a newer one,
/// since a newer one may say what an older server does not understand.
pub fn client_program(name: &str, at_least: u32) -> Option<(u32, PathBuf)> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    // What distributions put into PATH may be a wrapper that chooses a version by itself.
    let folders = candidate_folders().into_iter().chain(client_folders());
    let programs = folders
        .chain(std::env::split_paths(&path))
        .map(|folder| folder.join(name))
        .filter(|program| program.exists());
    let known = programs.filter_map(|program| Some((major_version_of(&program)?, program)));
    known
        .filter(|(version, _)| *version >= at_least)
        .min_by_key(|(version, _)| *version)
}

/// Where the programs of clients are on a machine without a server.
fn client_folders() -> Vec<PathBuf> {
    let entries = fs::read_dir("/usr/lib/postgresql").into_iter().flatten();
    entries
        .flatten()
        .map(|entry| entry.path().join("bin"))
        .collect()
}

fn major_version(folder: &Path) -> Option<u32> {
    major_version_of(&folder.join("postgres"))
}

fn major_version_of(program: &Path) -> Option<u32> {
    let output = Command::new(program).arg("--version").output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let number = text
        .split_whitespace()
        .find(|w| w.starts_with(|c: char| c.is_ascii_digit()))?;
    number
        .split(|c: char| !c.is_ascii_digit())
        .next()?
        .parse()
        .ok()
}

fn candidate_folders() -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = Vec::new();
    let path = std::env::var_os("PATH").unwrap_or_default();
    for folder in std::env::split_paths(&path) {
        // Distributions link single programs into PATH; the folder behind the link has them all.
        if let Ok(program) = folder.join("postgres").canonicalize() {
            folders.extend(program.parent().map(Path::to_owned));
        }
    }
    if let Ok(output) = Command::new("pg_config").arg("--bindir").output() {
        folders.push(PathBuf::from(
            String::from_utf8_lossy(&output.stdout).trim(),
        ));
    }
    for (parent, below) in [
        ("/usr/lib/postgresql", "bin"),
        ("/usr", "bin"),
        ("/opt/homebrew/opt", "bin"),
        ("/usr/local/opt", "bin"),
        ("/usr/local/pgsql", ""),
    ] {
        let entries = fs::read_dir(parent).into_iter().flatten().flatten();
        folders.extend(
            entries
                .map(|entry| entry.path().join(below))
                .filter(|f| f.join("postgres").exists()),
        );
    }
    folders
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_given_to_another_server_is_not_ours() {
        let cluster = Path::new("/var/lib/almanac/postgres");
        let ours = b"/usr/lib/postgresql/15/bin/postgres\0-D\0/var/lib/almanac/postgres\0-c\0x=1\0";
        assert!(serves(ours, cluster));
        for other in [
            &b"/usr/lib/postgresql/15/bin/postgres\0-D\0/var/lib/postgresql/15/main\0"[..],
            b"/usr/bin/vim\0postgres\0-D\0/var/lib/almanac/postgres\0",
            b"postgres\0-D\0",
            b"",
        ] {
            assert!(
                !serves(other, cluster),
                "{}",
                String::from_utf8_lossy(other)
            );
        }
    }
}
