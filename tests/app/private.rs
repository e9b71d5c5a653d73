//! The private database, with the program run as its users run it.

use std::{
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

struct Site {
    child: Child,
    port: u16,
}

impl Site {
    fn start(folder: &Path) -> Self {
        let port = std::net::TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let child = Self::command(folder, port).spawn().unwrap();
        let site = Self { child, port };
        site.wait_until(200);
        site
    }

    fn command(folder: &Path, port: u16) -> Command {
        Self::command_to("serve", folder, port)
    }

    fn command_to(what: &str, folder: &Path, port: u16) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_almanac"));
        command
            .arg(what)
            .env("ALMANAC_DATA_DIR", folder)
            .env("ALMANAC_LISTEN", format!("127.0.0.1:{port}"))
            .current_dir(folder)
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        command
    }

    fn get(&self, path: &str) -> u16 {
        use std::io::{Read, Write};
        let Ok(mut stream) = std::net::TcpStream::connect(("127.0.0.1", self.port)) else {
            return 0;
        };
        let request =
            format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        let mut answer = String::new();
        if stream.write_all(request.as_bytes()).is_err()
            || stream.read_to_string(&mut answer).is_err()
        {
            return 0;
        }
        answer
            .split_whitespace()
            .nth(1)
            .and_then(|status| status.parse().ok())
            .unwrap_or(0)
    }

    fn wait_until(&self, status: u16) {
        let deadline = Instant::now() + Duration::from_secs(60);
        while self.get("/readyz") != status {
            assert!(
                Instant::now() < deadline,
                "the site never answered {status}"
            );
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.child.id() as i32), signal).unwrap();
    }
}

fn postmaster(folder: &Path) -> Option<Pid> {
    let text = std::fs::read_to_string(folder.join("postgres/postmaster.pid")).ok()?;
    Some(Pid::from_raw(text.lines().next()?.parse().ok()?))
}

fn add(folder: &Path, name: &str) -> bool {
    let email = format!("{name}@example.org");
    Command::new(env!("CARGO_BIN_EXE_almanac"))
        .args([
            "person", "add", "--email", &email, "--name", name, "--role", "student",
        ])
        .env("ALMANAC_DATA_DIR", folder)
        .current_dir(folder)
        .stdout(Stdio::null())
        .status()
        .unwrap()
        .success()
}

fn has(folder: &Path, name: &str) -> bool {
    Command::new(env!("CARGO_BIN_EXE_almanac"))
        .args(["token", "--email", &format!("{name}@example.org")])
        .env("ALMANAC_DATA_DIR", folder)
        .current_dir(folder)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .unwrap()
        .success()
}

#[test]
fn it_survives_being_killed_is_never_run_twice_and_stops_cleanly() {
    let temporary = tempfile::tempdir().unwrap();
    std::fs::set_permissions(
        temporary.path(),
        std::os::unix::fs::PermissionsExt::from_mode(0o755),
    )
    .unwrap();
    // A path with a blank, too long for a socket in it.
    let folder = temporary.path().join("with a blank").join("x".repeat(100));
    std::fs::create_dir_all(&folder).unwrap();
    let folder = folder.as_path();

    let mut site = Site::start(folder);
    assert!(
        add(folder, "ada"),
        "a command uses the running site's server"
    );
    let second = Site::command(folder, 1).output().unwrap();
    assert_eq!(second.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&second.stderr).contains("already running"));

    // The server is killed: the site says so, starts it again and goes on.
    let old = postmaster(folder).unwrap();
    kill(old, Signal::SIGKILL).unwrap();
    let deadline = Instant::now() + Duration::from_secs(60);
    while postmaster(folder).is_none_or(|pid| pid == old) || site.get("/readyz") != 200 {
        assert!(Instant::now() < deadline, "the server never came back");
        std::thread::sleep(Duration::from_millis(50));
    }
    assert!(has(folder, "ada"));

    // The site is killed: its server goes with it, and the next start takes over.
    assert!(add(folder, "bea"));
    let orphan = postmaster(folder).unwrap();
    site.signal(Signal::SIGKILL);
    site.child.wait().unwrap();
    let mut site = Site::start(folder);
    assert_ne!(postmaster(folder), Some(orphan));
    assert!(has(folder, "bea"));

    // Both are killed at once.
    assert!(add(folder, "cem"));
    kill(postmaster(folder).unwrap(), Signal::SIGKILL).unwrap();
    site.signal(Signal::SIGKILL);
    site.child.wait().unwrap();
    let mut site = Site::start(folder);
    assert!(has(folder, "cem") && has(folder, "ada"));

    // Told to stop, it stops its server in order.
    let last = postmaster(folder).unwrap();
    site.signal(Signal::SIGTERM);
    assert!(site.child.wait().unwrap().success());
    assert_eq!(postmaster(folder), None);
    assert!(kill(last, None).is_err(), "the server is gone");
}

#[test]
fn without_a_server_one_sentence_says_what_to_install() {
    let folder = tempfile::tempdir().unwrap();
    // An empty root for the search: no PATH, and a mount of nothing over the usual folders is more
    // than a test may do, so the sentence itself is checked.
    let sentence = almanac::db::private::PrivateError::NoServer.to_string();
    assert!(sentence.contains("apt-get install postgresql") && !sentence.contains('\n'));
    std::fs::create_dir(folder.path().join("postgres")).unwrap();
    std::fs::write(folder.path().join("postgres/PG_VERSION"), "9\n").unwrap();
    let refused =
        almanac::db::private::Private::start(folder.path(), almanac::db::private::Purpose::Command);
    assert!(
        refused
            .err()
            .unwrap()
            .to_string()
            .contains("was made by PostgreSQL 9")
    );
}

#[test]
fn two_that_migrate_at_once_do_it_once_and_a_newer_database_is_refused() {
    let url = crate::support::empty_database();
    let results: Vec<usize> = std::thread::scope(|scope| {
        let both: Vec<_> = (0..2)
            .map(|_| {
                scope.spawn(|| {
                    almanac::db::migrate(&mut crate::support::connect(&url))
                        .unwrap()
                        .len()
                })
            })
            .collect();
        both.into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    });
    assert!(
        results.contains(&0) && results.iter().sum::<usize>() > 0,
        "{results:?}"
    );
    use diesel::connection::SimpleConnection;
    let mut conn = crate::support::connect(&url);
    conn.batch_execute(
        "insert into __diesel_schema_migrations (version) values ('29990101000000')",
    )
    .unwrap();
    assert!(
        almanac::db::migrate(&mut conn)
            .unwrap_err()
            .to_string()
            .contains("newer Almanac")
    );
}

/// Letters hold links that sign in.
#[test]
fn nobody_else_on_the_machine_reads_what_is_written() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    let mail = folder.path().join("mail");
    std::fs::create_dir(&mail).unwrap();
    std::fs::set_permissions(&mail, std::fs::Permissions::from_mode(0o755)).unwrap();
    std::fs::write(mail.join("old.eml"), "a letter of before").unwrap();
    std::fs::set_permissions(mail.join("old.eml"), std::fs::Permissions::from_mode(0o644)).unwrap();
    let mut site = Site::start(folder.path());
    site.signal(Signal::SIGTERM);
    site.child.wait().unwrap();
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert!(
        matches!(mode(folder.path()), 0o700 | 0o711),
        "{:o}",
        mode(folder.path())
    );
    for entry in std::fs::read_dir(folder.path()).unwrap().flatten() {
        assert_eq!(mode(&entry.path()) & 0o077, 0, "{:?}", entry.path());
    }
    assert_eq!(mode(&mail.join("old.eml")), 0o600);
    let check = || {
        let output = Command::new(env!("CARGO_BIN_EXE_almanac"))
            .arg("check")
            .env("ALMANAC_DATA_DIR", folder.path())
            .current_dir(folder.path())
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    assert!(
        check().contains("ok    files: closed to other users"),
        "{}",
        check()
    );
    std::fs::set_permissions(mail.join("old.eml"), std::fs::Permissions::from_mode(0o644)).unwrap();
    let said = check();
    assert!(
        said.contains("WRONG files: ") && said.contains("old.eml"),
        "{said}"
    );
}

#[test]
fn the_log_tells_who_asked_for_what_and_no_secret() {
    use std::io::Read;
    let temporary = tempfile::tempdir().unwrap();
    let open = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(temporary.path(), open).unwrap();
    let folder = temporary.path();
    let mut site = Site::start(folder);
    assert!(add(folder, "ada"));
    let made = Command::new(env!("CARGO_BIN_EXE_almanac"))
        .args(["token", "--email", "ada@example.org"])
        .env("ALMANAC_DATA_DIR", folder)
        .output()
        .unwrap();
    let token = String::from_utf8(made.stdout).unwrap().trim().to_owned();
    let booking = "0e1f8f6e-0000-4000-8000-000000000000";
    let asked = format!(
        "GET /api/v1/bookings/{booking} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\r\n"
    );
    let mut stream = std::net::TcpStream::connect(("127.0.0.1", site.port)).unwrap();
    std::io::Write::write_all(&mut stream, asked.as_bytes()).unwrap();
    stream.read_to_string(&mut String::new()).unwrap();
    assert_eq!(site.get("/calendar/a-secret-of-somebody.ics"), 404);
    assert_eq!(site.get("/sign-in/another-secret"), 404);
    site.signal(Signal::SIGTERM);
    assert!(site.child.wait().unwrap().success());
    let mut log = String::new();
    let stderr = site.child.stderr.as_mut().unwrap();
    stderr.read_to_string(&mut log).unwrap();
    let line = log
        .lines()
        .find(|line| line.contains(booking))
        .unwrap_or_else(|| panic!("{log}"));
    let line: serde_json::Value = serde_json::from_str(line).unwrap();
    let fields = &line["fields"];
    assert_eq!(fields["route"], "/api/v1/bookings/{id}");
    assert_eq!(fields["object"], format!("id={booking}"));
    assert_eq!(fields["code"], "not_found");
    assert_eq!(fields["network"], "127.0.0.1");
    assert_eq!(fields["person"].as_str().map(str::len), Some(36));
    for secret in [token.as_str(), "a-secret-of", "another-secret", "ada@"] {
        assert!(!log.contains(secret), "{secret} in {log}");
    }
}

/// Killed at any moment of its first start, the next one begins anew.
#[test]
fn a_first_start_that_is_killed_is_mended_by_the_next() {
    for milliseconds in [60, 150, 200, 230, 260, 300, 500] {
        let temporary = tempfile::tempdir().unwrap();
        let open = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(temporary.path(), open).unwrap();
        let folder = temporary.path();
        let mut first = Site::command(folder, 1);
        let mut first = first.stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(milliseconds));
        first.kill().unwrap();
        first.wait().unwrap();
        let mut site = Site::start(folder);
        site.signal(Signal::SIGTERM);
        assert!(site.child.wait().unwrap().success(), "{milliseconds}");
    }
}

/// Whoever runs the database passes through every folder that was made for it.
#[test]
fn folders_that_are_not_there_yet_are_made_so_that_the_database_can_enter() {
    let temporary = tempfile::tempdir().unwrap();
    let open = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(temporary.path(), open).unwrap();
    let folder = temporary.path().join("one/two");
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let mut command = Site::command(&folder, port);
    command.current_dir(temporary.path());
    let mut site = Site {
        child: command.spawn().unwrap(),
        port,
    };
    site.wait_until(200);
    site.signal(Signal::SIGTERM);
    assert!(site.child.wait().unwrap().success());
    let mode = std::fs::metadata(temporary.path().join("one")).unwrap();
    let mode = std::os::unix::fs::MetadataExt::mode(&mode);
    assert_eq!(mode & 0o066, 0, "others may pass at most: {mode:o}");
}

/// The demonstration's database is in a folder below the one that is set, and passes through that, too.
#[test]
fn a_demonstration_starts_in_a_folder_that_is_there() {
    let temporary = tempfile::tempdir().unwrap();
    let open = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(temporary.path(), open).unwrap();
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let mut command = Site::command_to("demo", temporary.path(), port);
    let mut site = Site {
        child: command.spawn().unwrap(),
        port,
    };
    site.wait_until(200);
    site.signal(Signal::SIGTERM);
    assert!(site.child.wait().unwrap().success());
}

/// Managed databases demand TLS; the program does it where it is built for that.
#[cfg(feature = "database-tls")]
#[test]
fn a_database_that_demands_tls_is_reached() {
    use std::os::unix::{fs::MetadataExt, process::CommandExt};

    use almanac::db::private::{Private, Purpose, programs::client_program};

    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    std::fs::set_permissions(at, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    drop(Private::start(at, Purpose::Command).unwrap());
    let cluster = at.join("postgres");
    let owner = cluster.metadata().unwrap();
    let certificate = rcgen::generate_simple_self_signed(["localhost".into()]).unwrap();
    let write = |name: &str, text: &str| {
        let path = cluster.join(name);
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600))
            .unwrap();
        std::os::unix::fs::chown(&path, Some(owner.uid()), Some(owner.gid())).unwrap();
    };
    write("server.crt", &certificate.cert.pem());
    write("server.key", &certificate.signing_key.serialize_pem());
    write("pg_hba.conf", "hostssl all all 127.0.0.1/32 trust\n");
    let authority = at.join("authority.pem");
    std::fs::write(&authority, certificate.cert.pem()).unwrap();
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = free.local_addr().unwrap().port();
    drop(free);
    let mut server = Command::new(client_program("postgres", 14).unwrap().1);
    server
        .arg("-D")
        .arg(&cluster)
        .args([
            "-c",
            "listen_addresses=127.0.0.1",
            "-c",
            "unix_socket_directories=",
            "-c",
            "ssl=on",
        ])
        .args(["-c", &format!("port={port}")])
        .current_dir(&cluster)
        .stderr(Stdio::null())
        .uid(owner.uid())
        .gid(owner.gid());
    let mut server = server.spawn().unwrap();
    let migrate = |options: &str| {
        let url = format!("postgres://almanac@localhost:{port}/almanac?{options}");
        let mut command = Command::new(env!("CARGO_BIN_EXE_almanac"));
        command
            .arg("migrate")
            .env("ALMANAC_DATA_DIR", at.join("data"))
            .env("DATABASE_URL", url)
            .current_dir(at);
        let output = command.output().unwrap();
        (
            output.status.success(),
            String::from_utf8_lossy(&output.stderr).into_owned(),
        )
    };
    let known = format!("sslmode=verify-full&sslrootcert={}", authority.display());
    let deadline = Instant::now() + Duration::from_secs(20);
    let mut reached = migrate(&known);
    while !reached.0 && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(200));
        reached = migrate(&known);
    }
    let required = migrate("sslmode=require");
    let plain = migrate("sslmode=disable");
    kill(Pid::from_raw(server.id() as i32), Signal::SIGINT).unwrap();
    server.wait().unwrap();
    assert!(reached.0, "{}", reached.1);
    assert!(required.0, "{}", required.1);
    assert!(!plain.0);
}

/// After a crash the number in the pid file may be anybody's, even another server's.
#[test]
fn the_server_of_somebody_else_is_left_alone() {
    use almanac::db::private::{Private, Purpose};
    use diesel::Connection;

    let (ours, theirs) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    for folder in [&ours, &theirs] {
        let open = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(folder.path(), open).unwrap();
    }
    drop(Private::start(ours.path(), Purpose::Command).unwrap());
    let other = Private::start(theirs.path(), Purpose::Serve).unwrap();
    let pid = postmaster(theirs.path()).unwrap();
    std::fs::copy(
        theirs.path().join("postgres/postmaster.pid"),
        ours.path().join("postgres/postmaster.pid"),
    )
    .unwrap();

    let own = Private::start(ours.path(), Purpose::Command).unwrap();
    for url in [own.url(), other.url()] {
        diesel::PgConnection::establish(url).unwrap();
    }
    assert_eq!(postmaster(theirs.path()), Some(pid));
    assert!(kill(pid, None).is_ok());
    assert_ne!(postmaster(ours.path()), Some(pid));
}
