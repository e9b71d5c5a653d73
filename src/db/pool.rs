//! Threads that keep connections, and the work that they take from a bounded queue.
//!
//! Diesel blocks, so a request hands over one whole piece of work and awaits it once. A full queue or a long wait
//! is an answer ("busy"), never a pile-up.

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
    prelude::*,
    r2d2::{ConnectionManager, CustomizeConnection, Pool, PooledConnection, R2D2Connection},
    result::{DatabaseErrorKind, Error as QueryError},
};
use tokio::sync::oneshot;

use super::{AsQueryError, Conn, DbError, Tx, with_time_outs};
use crate::clock::Clock;

/// How long a statement waits for a lock.
const LOCK_TIME_OUT: Duration = Duration::from_secs(4);

/// How long work may wait for a thread before its request hears "busy".
const LONGEST_WAIT: Duration = Duration::from_secs(4);
const QUEUE_PER_THREAD: usize = 128;

type Work = Box<dyn FnOnce(&mut Seat) + Send>;

/// A handle on the database threads; cheap to clone.
#[derive(Clone)]
pub struct Db {
    queue: flume::Sender<Work>,
    /// May hold a password: it is never shown.
    url: Arc<str>,
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
        conn.batch_execute(&format!(
            "set plan_cache_mode = 'force_generic_plan'; set random_page_cost = 1.1; \
             set statement_timeout = '8s'; set lock_timeout = '{}ms'; \
             set idle_in_transaction_session_timeout = '20s'; set timezone = 'UTC'; \
             set client_min_messages = 'warning'; set application_name = 'almanac'",
            LOCK_TIME_OUT.as_millis()
        ))
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
            url: url.into(),
            threads,
            queries,
            clock,
        }
    }

    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// The address of the database, for who needs another one beside it. It may hold a password.
    pub fn url(&self) -> &str {
        &self.url
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
