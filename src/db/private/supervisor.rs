//! The thread that starts the private server, starts it again and stops it; and who may have it.

use std::{
    ffi::OsStr,
    fs::{self, File, OpenOptions},
    io::{Read, Seek, Write},
    os::unix::{ffi::OsStrExt, fs::PermissionsExt},
    path::Path,
    process::Child,
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::{Pid, Uid},
};

use super::{PATIENCE, PrivateError, Purpose, cluster::Place, io_error};

/// How often the supervisor looks whether the server still lives.
const WATCH: Duration = Duration::from_millis(200);

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
