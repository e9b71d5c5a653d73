//! The database: threads that keep connections, transactions, typed ids, the generated schema.
//!
//! Diesel blocks, so a request hands over one whole piece of work and awaits it once. A fixed set
//! of threads, each keeping one connection, takes the work from a bounded queue; a full queue or a
//! long wait is an answer ("busy"), never a pile-up.

pub mod ids;
pub mod limits;
pub mod private;
mod tx;
pub mod types;
#[rustfmt::skip]
pub mod schema;

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use diesel::{
    connection::{Instrumentation, InstrumentationEvent, SimpleConnection, TransactionManager},
    migration::{MigrationSource, MigrationVersion},
    pg::{Pg, PgConnection},
    prelude::*,
    r2d2::{ConnectionManager, CustomizeConnection, Pool, PooledConnection, R2D2Connection},
    result::{DatabaseErrorKind, Error as QueryError},
};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};
use tokio::sync::oneshot;

pub use ids::*;
pub use tx::{Tx, transaction};

use crate::clock::Clock;

pub type Conn = PgConnection;

const MIGRATIONS: EmbeddedMigrations = embed_migrations!();

/// How long a statement waits for a lock, in the settings of each connection.
const LOCK_TIME_OUT: Duration = Duration::from_secs(4);

/// How long work may wait for a thread before its request hears "busy".
const LONGEST_WAIT: Duration = Duration::from_secs(4);
const QUEUE_PER_THREAD: usize = 128;

/// Why the database gave no answer. Never an empty answer in disguise.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    #[error("the database is busy")]
    Busy,
    #[error("the database cannot be reached: {0}")]
    Unavailable(String),
    #[error("work on the database panicked")]
    Panicked,
    #[error(transparent)]
    Query(#[from] QueryError),
}

type Work = Box<dyn FnOnce(&mut Seat) + Send>;

/// A handle on the database threads; cheap to clone.
#[derive(Clone)]
pub struct Db {
    queue: flume::Sender<Work>,
    threads: usize,
    queries: Arc<AtomicU64>,
    clock: Clock,
}

/// The connection that a thread has for one piece of work, fetched when first needed and replaced when
/// broken. The pool gives out the one that was last used: its plans are made, its memory is warm.
struct Seat {
    pool: Arc<Pool<ConnectionManager<Conn>>>,
    conn: Option<PooledConnection<ConnectionManager<Conn>>>,
}

impl Seat {
    fn conn(&mut self) -> Result<&mut Conn, DbError> {
        if self.conn.is_none() {
            let fetched = self
                .pool
                .get()
                .map_err(|e| DbError::Unavailable(e.to_string()))?;
            self.conn = Some(fetched);
        }
        Ok(self.conn.as_mut().expect("just fetched"))
    }

    /// Gives the connection back; r2d2 closes what is broken.
    fn leave(&mut self) {
        self.conn = None;
    }

    /// Gives the connection back if the server has closed it, or it is of no more use. Whether it was.
    fn leave_lost(&mut self) -> bool {
        let conn = self.conn.as_deref_mut();
        let is_lost = conn.is_some_and(|conn| conn.is_broken() || conn.ping().is_err());
        if is_lost {
            self.leave();
        }
        is_lost
    }

    fn begin(&mut self) -> Result<(), DbError> {
        for attempt in 1.. {
            let begun = <Conn as Connection>::TransactionManager::begin_transaction(self.conn()?);
            let Err(error) = begun else { break };
            // Nothing has happened yet, so a lost connection may simply be replaced.
            if !self.leave_lost() || attempt == self.attempts() {
                return Err(error.into());
            }
        }
        Ok(())
    }

    /// How often work is tried: the server may have closed every connection of the pool.
    fn attempts(&self) -> usize {
        self.pool.max_size() as usize + 1
    }
}

/// Sets the limits that every connection has, and counts its queries.
#[derive(Debug)]
struct Limits {
    queries: Arc<AtomicU64>,
}

/// Counts queries as they are sent.
struct Counter(Arc<AtomicU64>);

impl Instrumentation for Counter {
    fn on_connection_event(&mut self, event: InstrumentationEvent<'_>) {
        if matches!(event, InstrumentationEvent::StartQuery { .. }) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl CustomizeConnection<Conn, diesel::r2d2::Error> for Limits {
    fn on_acquire(&self, conn: &mut Conn) -> Result<(), diesel::r2d2::Error> {
        // Every query here has one good plan, so planning each time is lost time; and the data are
        // on a disk that seeks for next to nothing.
        conn.batch_execute(
            "set plan_cache_mode = 'force_generic_plan'; set random_page_cost = 1.1; \
             set statement_timeout = '8s'; set lock_timeout = '4s'; \
             set idle_in_transaction_session_timeout = '20s'; set timezone = 'UTC'; \
             set client_min_messages = 'warning'; set application_name = 'almanac'",
        )
        .map_err(diesel::r2d2::Error::QueryError)?;
        conn.set_instrumentation(Counter(Arc::clone(&self.queries)));
        Ok(())
    }
}

impl Db {
    /// Starts `threads` threads on the database at `url`. Connects when there is work.
    pub fn start(url: &str, threads: usize, clock: Clock) -> Self {
        let queries = Arc::new(AtomicU64::new(0));
        let pool = Pool::builder()
            .max_size(threads as u32)
            .min_idle(Some(0))
            .test_on_check_out(false)
            .connection_timeout(Duration::from_secs(3))
            .connection_customizer(Box::new(Limits {
                queries: Arc::clone(&queries),
            }))
            .build_unchecked(ConnectionManager::new(with_time_outs(url)));
        let pool = Arc::new(pool);
        let (queue, work) = flume::bounded::<Work>(threads * QUEUE_PER_THREAD);
        for number in 0..threads {
            let work = work.clone();
            let mut seat = Seat {
                pool: Arc::clone(&pool),
                conn: None,
            };
            thread::Builder::new()
                .name(format!("db-{number}"))
                .spawn(move || {
                    for job in work.iter() {
                        job(&mut seat);
                        seat.leave();
                    }
                })
                .expect("a thread can be started");
        }
        Self {
            queue,
            threads,
            queries,
            clock,
        }
    }

    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Work that waits for a thread right now.
    pub fn waiting(&self) -> usize {
        self.queue.len()
    }

    /// Queries sent since the start, those that begin and end transactions included.
    pub fn queries(&self) -> u64 {
        self.queries.load(Ordering::Relaxed)
    }

    pub fn threads(&self) -> usize {
        self.threads
    }

    /// Runs queries that change nothing; once more if the connection turns out to be lost.
    pub async fn read<T, E>(
        &self,
        work: impl Fn(&mut Conn) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<DbError> + AsQueryError + Send + 'static,
    {
        self.hand_over(move |seat| {
            let mut attempt = 1;
            loop {
                let began = Instant::now();
                let done = work(seat.conn()?);
                let Err(error) = done else { return done };
                let took = began.elapsed();
                let is_lost = seat.leave_lost();
                if is_lost && attempt < seat.attempts() {
                    attempt += 1;
                    continue;
                }
                return Err(match error.as_query_error() {
                    Some(cause) if Failure::of(cause, took, is_lost) == Failure::Passing => {
                        DbError::Unavailable(cause.to_string()).into()
                    }
                    _ => error,
                });
            }
        })
        .await
    }

    /// Runs `work` in one transaction, again if Postgres asks for that (deadlock, serialization).
    pub async fn transaction<T, E>(
        &self,
        work: impl Fn(&mut Tx) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<DbError> + From<QueryError> + AsQueryError + Send + 'static,
    {
        let clock = self.clock.clone();
        self.hand_over(move |seat| {
            let mut attempt = 1;
            loop {
                let began = Instant::now();
                seat.begin()?;
                let conn = seat.conn()?;
                let outcome = work(&mut Tx::on(conn, &clock)).and_then(|done| {
                    <Conn as Connection>::TransactionManager::commit_transaction(conn)?;
                    Ok(done)
                });
                let Err(error) = outcome else { return outcome };
                let took = began.elapsed();
                let rolled_back =
                    <Conn as Connection>::TransactionManager::rollback_transaction(conn);
                let is_lost = rolled_back.is_err() || conn.is_broken();
                if is_lost {
                    seat.leave();
                }
                let Some(cause) = error.as_query_error() else {
                    return Err(error);
                };
                match Failure::of(cause, took, is_lost) {
                    Failure::Conflict if attempt < 3 => attempt += 1,
                    Failure::Passing => return Err(DbError::Unavailable(cause.to_string()).into()),
                    _ => return Err(error),
                }
            }
        })
        .await
    }

    async fn hand_over<T, E>(
        &self,
        work: impl FnOnce(&mut Seat) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let asked = Instant::now();
        let task: Work = Box::new(move |seat| {
            if answer.is_closed() {
                return; // Nobody waits any more.
            }
            let outcome = if asked.elapsed() > LONGEST_WAIT {
                Err(DbError::Busy.into())
            } else {
                catch_unwind(AssertUnwindSafe(|| work(seat))).unwrap_or_else(|_| {
                    seat.leave();
                    Err(DbError::Panicked.into())
                })
            };
            // The other end may have gone away meanwhile; then nobody needs the answer.
            let _ = answer.send(outcome);
        });
        self.queue.try_send(task).map_err(|_| DbError::Busy)?;
        answered
            .await
            .unwrap_or_else(|_| Err(DbError::Panicked.into()))
    }
}

/// What libpq is told about a server that has gone: notice within seconds, not hours.
fn with_time_outs(url: &str) -> String {
    let joint = if url.contains('?') { '&' } else { '?' };
    format!(
        "{url}{joint}connect_timeout=3&tcp_user_timeout=15000&keepalives_idle=10&keepalives_interval=5&keepalives_count=3"
    )
}

/// Errors that may carry one of the database.
pub trait AsQueryError {
    fn as_query_error(&self) -> Option<&QueryError>;
}

impl AsQueryError for DbError {
    fn as_query_error(&self) -> Option<&QueryError> {
        match self {
            Self::Query(error) => Some(error),
            _ => None,
        }
    }
}

/// What to do about a failed piece of work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Failure {
    /// It would fail again.
    Lasting,
    /// It may succeed when done again: a deadlock, two that wrote at once.
    Conflict,
    /// The database could not answer just now: a time-out, a lost connection.
    Passing,
}

impl Failure {
    /// Diesel has no kinds for deadlocks, time-outs and most lost connections, hides their codes, and their
    /// messages come in the language of the server. So they are told apart by what they do: a lost connection
    /// answers nothing any more, a time-out takes as long as [`LOCK_TIME_OUT`], and a deadlock is noticed sooner.
    fn of(error: &QueryError, took: Duration, is_lost: bool) -> Self {
        match error {
            QueryError::DatabaseError(DatabaseErrorKind::SerializationFailure, _) => Self::Conflict,
            QueryError::DatabaseError(
                DatabaseErrorKind::Unknown | DatabaseErrorKind::UnableToSendCommand,
                _,
            ) => {
                if is_lost || took >= LOCK_TIME_OUT {
                    Self::Passing
                } else {
                    Self::Conflict
                }
            }
            _ if is_lost => Self::Passing,
            _ => Self::Lasting,
        }
    }
}

/// Who or what had to be locked has changed before the lock was there: the transaction is done again from its
/// start.
pub fn overtaken() -> QueryError {
    let message = Box::new("what was to be locked has changed".to_owned());
    QueryError::DatabaseError(DatabaseErrorKind::SerializationFailure, message)
}

/// Whether the database refused because of the constraint of that name.
pub fn violates(error: &QueryError, constraint: &str) -> bool {
    matches!(error, QueryError::DatabaseError(_, info) if info.constraint_name() == Some(constraint))
}

/// Opens one connection outside the threads, for commands and migrations.
pub fn connect(url: &str) -> Result<Conn, ConnectionError> {
    Conn::establish(&with_time_outs(url))
}

type MigrationError = Box<dyn std::error::Error + Send + Sync>;

/// Brings the database to this version; of several starting instances one does it, the others wait.
/// Returns the names of what was run. A database of a newer version is refused.
pub fn migrate(conn: &mut Conn) -> Result<Vec<String>, MigrationError> {
    conn.batch_execute("select pg_advisory_lock(hashtext('almanac migrations'))")?;
    let run = run_migrations(conn);
    conn.batch_execute("select pg_advisory_unlock(hashtext('almanac migrations'))")?;
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
    if let Some(newer) = newer(conn)? {
        return Err(format!("the database was made by a newer Almanac (it has the migration {newer}); install that version").into());
    }
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

/// Reads what belongs together as it is at one moment, for as long as that takes.
pub fn snapshot<T, E: From<diesel::result::Error>>(
    conn: &mut Conn,
    work: impl FnOnce(&mut Conn) -> Result<T, E>,
) -> Result<T, E> {
    let mut transaction = conn.build_transaction().repeatable_read().read_only();
    transaction.run(|conn| {
        conn.batch_execute(
            "set local statement_timeout = 0; set local idle_in_transaction_session_timeout = 0",
        )?;
        work(conn)
    })
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

/// A lock on a whole table that others have waited for so long is not one in passing.
const LONGEST_LOCK: &str = "2 seconds";
/// What the database says of itself.
#[derive(Debug, QueryableByName)]
pub struct State {
    #[diesel(sql_type = diesel::sql_types::Bool)]
    pub is_read_only: bool,
    /// Whether somebody keeps everybody else from a whole table.
    #[diesel(sql_type = diesel::sql_types::Bool)]
    pub is_locked: bool,
}

/// Whether changes can be made right now.
pub fn state(conn: &mut Conn) -> QueryResult<State> {
    // Who holds a lock on a whole table for long keeps everybody else from it, whether or not one waits now.
    diesel::sql_query(format!(
        "select current_setting('transaction_read_only')::bool as is_read_only, \
             exists (select from pg_locks l \
                 join pg_class c on c.oid = l.relation and c.relnamespace = 'public'::regnamespace \
                 left join pg_stat_activity a on a.pid = l.pid \
                 where l.locktype = 'relation' and c.relkind = 'r' \
                   and l.database = (select oid from pg_database where datname = current_database()) \
                   and case when l.granted \
                       then l.mode in ('ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock') \
                           and a.xact_start < clock_timestamp() - interval '{LONGEST_LOCK}' \
                       else l.waitstart < clock_timestamp() - interval '{LONGEST_LOCK}' end) as is_locked"
    ))
    .get_result(conn)
}

/// A query in SQL of our own whose statement is kept, like those that diesel writes: else it would be
/// planned anew each time, which takes longer than most of them run. Only for texts that are few.
#[derive(Clone, Copy, Debug)]
pub struct Kept<Q>(pub Q);

impl<Q> diesel::query_builder::QueryFragment<diesel::pg::Pg> for Kept<Q>
where
    Q: diesel::query_builder::QueryFragment<diesel::pg::Pg>,
{
    fn walk_ast<'b>(
        &'b self,
        pass: diesel::query_builder::AstPass<'_, 'b, diesel::pg::Pg>,
    ) -> diesel::QueryResult<()> {
        self.0.walk_ast(pass)
    }

    /// Diesel takes SQL of one's own for endlessly many texts.
    fn is_safe_to_cache_prepared(&self, _: &diesel::pg::Pg) -> diesel::QueryResult<bool> {
        Ok(true)
    }
}

impl<Q> diesel::query_builder::QueryId for Kept<Q> {
    type QueryId = ();
    // The text is the key.
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<Q> diesel::query_builder::Query for Kept<Q> {
    type SqlType = diesel::sql_types::Untyped;
}

impl<Q> diesel::RunQueryDsl<Conn> for Kept<Q> {}

impl<Q> Kept<Q>
where
    Q: diesel::query_builder::QueryFragment<diesel::pg::Pg> + 'static,
{
    /// Runs a statement that returns no rows.
    pub fn execute(self, conn: &mut Conn) -> diesel::QueryResult<()> {
        // Diesel's own takes a reference, and a reference forgets what is said above about keeping.
        let rows =
            diesel::connection::LoadConnection::<diesel::connection::DefaultLoadingMode>::load(
                conn, self,
            )?;
        debug_assert_eq!(rows.count(), 0);
        Ok(())
    }
}
