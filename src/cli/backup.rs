//! `almanac backup`, `almanac restore`: the database and the files of one moment, in one archive.
//!
//! The archive is a ZIP: what it is (`manifest.json`), the database as `pg_dump` has it, the files under their
//! ids, and the secret, where it is kept in the data directory.

use std::{
    fs::{self, File},
    io::{self, Read, Write},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use chrono::{DateTime, Utc};
use diesel::{QueryableByName, RunQueryDsl, sql_query, sql_types};
use serde::{Deserialize, Serialize};
use url::Url;
use zip::{CompressionMethod, ZipArchive, ZipWriter, write::SimpleFileOptions};

use super::{Failure, database::open_database};
use crate::{
    bookings::preparation,
    config::Config,
    db::{
        self,
        private::{self, Purpose},
    },
    keys::{self, Keys},
    programs::application::attachment,
    uploads,
};

/// What the name of a folder with links to files begins with.
const LINKS: &str = "backup-";
/// No backup takes this long.
const LONGEST_BACKUP: Duration = Duration::from_secs(6 * 3600);
/// What this program writes and reads.
const FORMAT: u32 = 1;
/// What restored events are ahead of those saved: calendars may have seen changes made after the backup, and
/// take no event that goes back.
const SEQUENCE_AHEAD: i32 = 1000;

#[derive(Debug, Serialize, Deserialize)]
struct Manifest {
    format: u32,
    /// Of Almanac.
    version: String,
    /// The newest migration of the database.
    migration: String,
    /// The major version of the `pg_dump` that wrote it: an older `pg_restore` does not read it.
    postgres: u32,
    made_at: DateTime<Utc>,
    files: usize,
    /// Tells whether a site has the key that this one had, and nothing about the key.
    key: String,
    /// Whether the key is in the archive.
    has_secret: bool,
}

#[derive(QueryableByName)]
struct Snapshot {
    #[diesel(sql_type = sql_types::Text)]
    name: String,
    #[diesel(sql_type = sql_types::Text)]
    migration: String,
    #[diesel(sql_type = sql_types::Integer)]
    postgres: i32,
    #[diesel(sql_type = sql_types::Timestamptz)]
    now: DateTime<Utc>,
}

/// Writes the archive, which is there whole or not at all. The site may run meanwhile.
pub fn backup(config: &Config, file: &Path) -> Result<(), Failure> {
    if file.exists() {
        return Err(format!("{} already exists; choose another name", file.display()).into());
    }
    let key = config.secret_key()?;
    let (_private, url) = open_database(config, Purpose::Command)?;
    let mut conn = db::connect(&url)?;
    // Of whatever version it is: who is about to install another one saves it first.
    let folder = match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let mut aside = tempfile::NamedTempFile::new_in(folder)?;
    let links = Links::new(&config.data_dir)?;
    // Files come before the rows that name them, and go after; so they are all there before or after the
    // moment of the database.
    links.renew()?;
    let manifest = db::snapshot::<_, Failure>(&mut conn, |conn| {
        let snapshot: Snapshot = sql_query(
            "select pg_export_snapshot() as name, \
                 (select max(version) from __diesel_schema_migrations)::text as migration, \
                 current_setting('server_version_num')::integer / 10000 as postgres, now() as now",
        )
        .get_result(conn)?;
        links.renew()?;
        let mut named = preparation::store::all_named(conn)?;
        named.extend(attachment::store::all(conn)?);
        let mut archive = ZipWriter::new(aside.as_file_mut());
        println!("saving the database ...");
        archive.start_file("database.dump", plain())?;
        let postgres = dump(&url, &snapshot, &mut archive)?;
        println!("saving {} files ...", named.len());
        for id in &named {
            archive.start_file(format!("uploads/{id}"), plain())?;
            let mut content = links.open(&id.to_string()).map_err(|error| {
                format!("file {id}, used by a booking or an application, cannot be read: {error}")
            })?;
            io::copy(&mut content, &mut archive)?;
        }
        let has_secret = config.secret.is_none();
        if has_secret {
            archive.start_file("secret", plain())?;
            archive.write_all(&key)?;
        }
        let manifest = Manifest {
            format: FORMAT,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            migration: snapshot.migration,
            postgres,
            made_at: snapshot.now,
            files: named.len(),
            key: fingerprint(&key),
            has_secret,
        };
        archive.start_file("manifest.json", plain())?;
        archive.write_all(&serde_json::to_vec_pretty(&manifest)?)?;
        archive.finish()?;
        Ok(manifest)
    })?;
    aside.as_file().sync_all()?;
    aside
        .persist_noclobber(file)
        .map_err(|refused| format!("{}: {}", file.display(), refused.error))?;
    println!(
        "{} contains the database and {} files as of {}",
        file.display(),
        manifest.files,
        manifest.made_at.format("%Y-%m-%d %H:%M:%S UTC")
    );
    println!(
        "{}",
        if manifest.has_secret {
            "It contains the key of the site: anybody who has this file can sign in as anybody else. Keep it as safe as the site."
        } else {
            "It does not contain the key of the site: ALMANAC_SECRET must be the same where it is restored."
        }
    );
    Ok(())
}

/// Puts the archive in the place of the database and the files. What is there already is refused, unless forced.
pub fn restore(config: &Config, file: &Path, is_forced: bool) -> Result<(), Failure> {
    let mut archive =
        ZipArchive::new(File::open(file).map_err(|error| format!("{}: {error}", file.display()))?)
            .map_err(|error| format!("{} is not a backup: {error}", file.display()))?;
    let manifest: Manifest = {
        let entry = archive
            .by_name("manifest.json")
            .map_err(|_| format!("{} is not a backup of Almanac", file.display()))?;
        serde_json::from_reader(entry)?
    };
    if manifest.format != FORMAT || db::newest_migration()? < manifest.migration {
        return Err(format!(
            "this backup was made by Almanac {} with a newer database ({}); install that version",
            manifest.version, manifest.migration
        )
        .into());
    }
    let secret = wanted_secret(config, &mut archive, &manifest, is_forced)?;
    // The site must not run, so its own server is asked for as the site does.
    let (_private, url) = open_database(config, Purpose::Serve)?;
    let mut conn = db::connect(&url)?;
    let there: There = sql_query(
        "select (select count(*) from pg_class c join pg_namespace n on n.oid = c.relnamespace \
                 where n.nspname = 'public' and c.relkind = 'r') as tables, \
             (select count(*) from pg_stat_activity where datname = current_database() \
                 and backend_type = 'client backend' and pid <> pg_backend_pid()) as others",
    )
    .get_result(&mut conn)?;
    if there.others > 0 {
        return Err("the database is in use; stop Almanac first".into());
    }
    if there.tables > 0 && !is_forced {
        return Err(
            "there is already a database; `almanac restore --force` deletes it and restores the backup in its place"
                .into(),
        );
    }
    // All that is in the archive is looked at before anything that is there goes.
    let mut dumped = tempfile::NamedTempFile::new_in(&config.data_dir)?;
    let entry = archive.by_name("database.dump");
    let mut entry = entry.map_err(|_| "there is no database in this backup")?;
    io::copy(&mut entry, &mut dumped)?;
    drop(entry);
    check_dump(&url, &manifest, dumped.path())?;
    println!("unpacking {} files ...", manifest.files);
    let folder = uploads::make_folder(&config.data_dir)?;
    let files = unpack(&mut archive, &manifest, &folder)?;
    println!("restoring the database ...");
    drop(conn);
    load(&url, &manifest, dumped.path())?;
    if let Some(secret) = secret {
        let mut aside = tempfile::NamedTempFile::new_in(&config.data_dir)?;
        aside.write_all(&secret)?;
        aside.as_file().sync_all()?;
        aside.persist(config.data_dir.join("secret"))?;
    }
    for (id, content) in files {
        content.persist(folder.join(id.to_string()))?;
    }
    let run = db::migrate(&mut db::connect(&url)?)?;
    if !run.is_empty() {
        println!(
            "migrations run to reach this version of Almanac: {}",
            run.len()
        );
    }
    println!(
        "The site is as it was at {}. Events are {SEQUENCE_AHEAD} versions ahead, so that calendars accept them.",
        manifest.made_at.format("%Y-%m-%d %H:%M:%S UTC")
    );
    println!(
        "Everything after that is lost: tell the people who have booked or cancelled since. The mail server's password and \
         other settings are not in a backup. Run `almanac check` to check the site."
    );
    Ok(())
}

#[derive(QueryableByName)]
struct There {
    #[diesel(sql_type = sql_types::BigInt)]
    tables: i64,
    #[diesel(sql_type = sql_types::BigInt)]
    others: i64,
}

/// The files of an archive, under names of no meaning yet: they go unless they are kept. None stays open, since
/// there may be more of them than a process may have open.
fn unpack(
    archive: &mut ZipArchive<File>,
    manifest: &Manifest,
    folder: &Path,
) -> Result<Vec<(db::FileId, tempfile::TempPath)>, Failure> {
    let mut files = Vec::new();
    for number in 0..archive.len() {
        let mut entry = archive.by_index(number)?;
        let Some(id) = entry.name()?.strip_prefix("uploads/").map(str::to_owned) else {
            continue;
        };
        let id: db::FileId = id.parse().map_err(|_| "a file in the backup has no id")?;
        let mut aside = tempfile::NamedTempFile::new_in(folder)?;
        io::copy(&mut entry, &mut aside)?;
        aside.as_file().sync_all()?;
        files.push((id, aside.into_temp_path()));
    }
    if files.len() != manifest.files {
        let there = files.len();
        return Err(format!(
            "this backup is missing files: it contains {there} of {}",
            manifest.files
        )
        .into());
    }
    Ok(files)
}

/// The key that is to be written, if any; refuses a site whose key is another one, since what is encrypted
/// would be lost.
fn wanted_secret(
    config: &Config,
    archive: &mut ZipArchive<File>,
    manifest: &Manifest,
    is_forced: bool,
) -> Result<Option<Vec<u8>>, Failure> {
    let path = config.data_dir.join("secret");
    let own = match (&config.secret, fs::read(&path)) {
        (Some(_), _) => Some(config.secret_key()?),
        (None, Ok(own)) => Some(own),
        (None, Err(error)) if error.kind() == io::ErrorKind::NotFound => None,
        (None, Err(error)) => return Err(format!("{}: {error}", path.display()).into()),
    };
    if own.is_some_and(|own| fingerprint(&own) == manifest.key) {
        return Ok(None);
    }
    if !manifest.has_secret {
        return Err(
            "this backup does not contain its key: set ALMANAC_SECRET to the one the site had. Without it, \
             calendar addresses, webhooks and authenticator apps cannot be read"
                .into(),
        );
    }
    if config.secret.is_some() {
        return Err(
            "ALMANAC_SECRET is not the key in this backup: unset it to use that key".into(),
        );
    }
    if path.exists() && !is_forced {
        return Err(format!(
            "{} is not the key of this backup; `--force` replaces it",
            path.display()
        )
        .into());
    }
    let mut secret = Vec::new();
    let entry = archive.by_name("secret");
    entry
        .map_err(|_| "the key of this backup is not in it")?
        .take(4096)
        .read_to_end(&mut secret)?;
    if fingerprint(&secret) != manifest.key {
        return Err("the key in this backup is not the one that it was made with".into());
    }
    Ok(Some(secret))
}

fn fingerprint(key: &[u8]) -> String {
    Keys::new(key).seal(keys::FINGERPRINT, b"backup", b"")
}

/// What is compressed already, or random.
fn plain() -> SimpleFileOptions {
    SimpleFileOptions::default()
        .compression_method(CompressionMethod::Stored)
        .large_file(true)
        .unix_permissions(0o600)
}

/// Removes the links of a backup that was interrupted: files that are deleted would live on in them. One that is
/// under way is young.
pub fn remove_leftovers(data_dir: &Path) {
    for entry in fs::read_dir(data_dir).into_iter().flatten().flatten() {
        let is_links = entry.file_name().to_string_lossy().starts_with(LINKS);
        let made = entry.metadata().and_then(|found| found.modified());
        let is_old = made.is_ok_and(|at| at.elapsed().is_ok_and(|age| age > LONGEST_BACKUP));
        if is_links
            && is_old
            && let Err(error) = fs::remove_dir_all(entry.path())
        {
            tracing::warn!(%error, "what an interrupted backup has left stays");
        }
    }
}

/// Hard links to the files, which stay when the files are deleted meanwhile.
struct Links {
    folder: tempfile::TempDir,
    files: PathBuf,
}

impl Links {
    fn new(data_dir: &Path) -> io::Result<Self> {
        Ok(Self {
            folder: tempfile::TempDir::with_prefix_in(LINKS, data_dir)?,
            files: uploads::make_folder(data_dir)?,
        })
    }

    /// Links what has come since the last time.
    fn renew(&self) -> io::Result<()> {
        for entry in fs::read_dir(&self.files)? {
            let entry = entry?;
            match fs::hard_link(entry.path(), self.folder.path().join(entry.file_name())) {
                Err(error)
                    if !matches!(
                        error.kind(),
                        io::ErrorKind::AlreadyExists | io::ErrorKind::NotFound
                    ) =>
                {
                    return Err(error);
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn open(&self, name: &str) -> io::Result<File> {
        File::open(self.folder.path().join(name))
    }
}

/// A program of PostgreSQL, connected by its environment: a password in the arguments could be read by others.
fn tool(name: &str, at_least: u32, url: &str) -> Result<(u32, Command), Failure> {
    let (version, found) = private::programs::client_program(name, at_least).ok_or_else(|| {
        format!(
            "{name} of PostgreSQL {at_least} or newer is not installed on this machine: install it (on Debian `apt-get install postgresql-client-{at_least}`)"
        )
    })?;
    let mut command = Command::new(found);
    let address = match Url::parse(url) {
        Ok(mut url) => {
            if let Some(password) = url.password().map(str::to_owned) {
                let password = percent_encoding::percent_decode_str(&password).decode_utf8_lossy();
                command.env("PGPASSWORD", password.as_ref());
                // A URL that has a host takes the change.
                let _ = url.set_password(None);
            }
            url.to_string()
        }
        Err(_) => url.to_owned(),
    };
    if name != "pg_restore" {
        command.arg("--dbname").arg(address);
    }
    Ok((version, command))
}

/// Returns the major version of the program that wrote it.
fn dump(url: &str, snapshot: &Snapshot, into: &mut impl Write) -> Result<u32, Failure> {
    let (version, mut program) = tool("pg_dump", snapshot.postgres.unsigned_abs(), url)?;
    let mut child = program
        .args([
            "--format=custom",
            "--no-owner",
            "--no-privileges",
            "--snapshot",
        ])
        .arg(&snapshot.name)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let mut output = child.stdout.take().ok_or("pg_dump has no output")?;
    io::copy(&mut output, into)?;
    ended_well("pg_dump", child)?;
    Ok(version)
}

/// Whether `pg_restore` can read a dump.
fn check_dump(url: &str, manifest: &Manifest, dumped: &Path) -> Result<(), Failure> {
    let (_, mut program) = tool("pg_restore", manifest.postgres, url)?;
    let child = program
        .arg("--list")
        .arg(dumped)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()?;
    ended_well("pg_restore", child)
}

/// In one transaction: what was there goes, and what the archive has comes, or nothing.
fn load(url: &str, manifest: &Manifest, dumped: &Path) -> Result<(), Failure> {
    let (_, mut program) = tool("psql", 10, url)?;
    let mut session = program
        .args([
            "--no-psqlrc",
            "--quiet",
            "--set=ON_ERROR_STOP=1",
            "--output=/dev/null",
        ])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()?;
    let mut input = session.stdin.take().ok_or("psql has no input")?;
    let written = write_script(&mut input, url, manifest, dumped);
    if let Err(error) = written {
        session.kill()?;
        let output = session.wait_with_output()?;
        let said = String::from_utf8_lossy(&output.stderr);
        let said = said.trim();
        return Err(format!("the database could not be restored: {said} ({error})").into());
    }
    drop(input);
    ended_well("psql", session)
}

fn write_script(
    input: &mut impl Write,
    url: &str,
    manifest: &Manifest,
    dumped: &Path,
) -> Result<(), Failure> {
    // Input that ends early, should we be killed, commits nothing.
    input.write_all(b"begin;\ndrop schema public cascade;\ncreate schema public;\n")?;
    let (_, mut program) = tool("pg_restore", manifest.postgres, url)?;
    let mut child = program
        .args(["--no-owner", "--no-privileges", "--file=-"])
        .arg(dumped)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let mut script = child.stdout.take().ok_or("pg_restore has no output")?;
    io::copy(&mut script, input)?;
    ended_well("pg_restore", child)?;
    writeln!(
        input,
        "set search_path to public;\n\
         update bookings set sequence = sequence + {SEQUENCE_AHEAD}, updated_at = greatest(updated_at, now());\n\
         update groups set sequence = sequence + {SEQUENCE_AHEAD};\n\
         commit;"
    )?;
    Ok(())
}

fn ended_well(name: &str, child: Child) -> Result<(), Failure> {
    let output = child.wait_with_output()?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(format!("{name} failed: {}", said.trim()).into())
}
