//! Migrations: run, and compared with what this program knows.

use std::time::Duration;

use diesel::{
    connection::SimpleConnection,
    migration::{MigrationSource, MigrationVersion},
    pg::Pg,
};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::Conn;

/// A migration is tried this often, over half a minute.
const MOST_TRIES: usize = 6;

const MIGRATIONS: EmbeddedMigrations = embed_migrations!();

type MigrationError = Box<dyn std::error::Error + Send + Sync>;

/// Brings the database to this version; of several starting instances one does it, the others wait.
/// Returns the names of what was run. A database of a newer version is refused.
pub fn migrate(conn: &mut Conn) -> Result<Vec<String>, MigrationError> {
    conn.batch_execute("select pg_advisory_lock(hashtext('almanac migrations'))")?;
    let run = run_patiently(conn);
    conn.batch_execute("select pg_advisory_unlock(hashtext('almanac migrations'))")?;
    run
}

/// Behind a backup or a long transaction, a migration that waits for a table would have everybody else wait behind
/// itself: it lets go and comes back.
fn run_patiently(conn: &mut Conn) -> Result<Vec<String>, MigrationError> {
    if let Some(newer) = newer(conn)? {
        return Err(format!("the database was made by a newer Almanac (it has the migration {newer}); install that version").into());
    }
    conn.batch_execute("set lock_timeout = '3s'")?;
    let mut tries = 0;
    let run = loop {
        tries += 1;
        match run_migrations(conn) {
            Err(error) if tries < MOST_TRIES => {
                tracing::warn!(%error, "a migration does not get through; trying again");
                std::thread::sleep(Duration::from_secs(2));
            }
            ended => break ended,
        }
    };
    conn.batch_execute("reset lock_timeout")?;
    run
}

/// The first migration that the database has and this program does not know.
fn newer(conn: &mut Conn) -> Result<Option<MigrationVersion<'static>>, MigrationError> {
    let known = MigrationSource::<Pg>::migrations(&MIGRATIONS)?;
    let is_known =
        |version: &MigrationVersion| known.iter().any(|m| m.name().version() == *version);
    let applied = conn.applied_migrations()?;
    Ok(applied.into_iter().find(|version| !is_known(version)))
}

fn run_migrations(conn: &mut Conn) -> Result<Vec<String>, MigrationError> {
    Ok(conn
        .run_pending_migrations(MIGRATIONS)?
        .iter()
        .map(ToString::to_string)
        .collect())
}

/// The newest migration that this program knows, as the database names it.
pub fn newest_migration() -> Result<String, MigrationError> {
    let known = MigrationSource::<Pg>::migrations(&MIGRATIONS)?;
    let versions = known.iter().map(|m| m.name().version().to_string());
    Ok(versions.max().ok_or("this program has no migrations")?)
}

/// Of what version the database is, compared to this program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Schema {
    Current,
    /// `almanac migrate` is due.
    Older,
    /// A newer Almanac has migrated it.
    Newer,
}

/// Of what version the database is.
pub fn schema_of(conn: &mut Conn) -> Result<Schema, MigrationError> {
    Ok(if newer(conn)?.is_some() {
        Schema::Newer
    } else if conn.has_pending_migration(MIGRATIONS)? {
        Schema::Older
    } else {
        Schema::Current
    })
}
