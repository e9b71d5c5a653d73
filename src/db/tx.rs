//! A transaction that knows its instant.

use std::ops::{Deref, DerefMut};

use chrono::{DateTime, Utc};
use diesel::{Connection, QueryResult, RunQueryDsl, dsl::sql, select, sql_types::Timestamptz};

use super::Conn;
use crate::clock::Clock;

/// One transaction: its connection, and the time by which it decides.
///
/// Whoever waits for a lock may wait past a deadline. So the time is read when it is first asked for after
/// the last lock ([`Tx::locked`]), never before the queue, and by the clock of the database, which is one for
/// all servers. Between two locks it stands still.
pub struct Tx<'a> {
    conn: &'a mut Conn,
    clock: &'a Clock,
    now: Option<DateTime<Utc>>,
}

impl<'a> Tx<'a> {
    /// For the transaction that is open on `conn`.
    pub fn on(conn: &'a mut Conn, clock: &'a Clock) -> Self {
        Self {
            conn,
            clock,
            now: None,
        }
    }

    /// The time by which this transaction decides.
    pub fn now(&mut self) -> QueryResult<DateTime<Utc>> {
        if let Some(now) = self.now {
            return Ok(now);
        }
        let now = match self.clock.of_database() {
            Some(now) => now,
            None => select(sql::<Timestamptz>("clock_timestamp()")).get_result(self.conn)?,
        };
        self.now = Some(now);
        Ok(now)
    }

    /// A lock has been taken, perhaps after a long wait: the time is read again.
    pub fn locked(&mut self) {
        self.now = None;
    }

    /// Runs `work`, whose changes are undone if it fails; those before it stay.
    pub fn savepoint<T, E>(&mut self, work: impl FnOnce(&mut Tx) -> Result<T, E>) -> Result<T, E>
    where
        E: From<diesel::result::Error>,
    {
        let (clock, mut now) = (self.clock, self.now);
        let done = self.conn.transaction(|conn| {
            let mut inner = Tx { conn, clock, now };
            let done = work(&mut inner);
            now = inner.now;
            done
        });
        self.now = now;
        done
    }
}

impl Deref for Tx<'_> {
    type Target = Conn;

    fn deref(&self) -> &Conn {
        self.conn
    }
}

impl DerefMut for Tx<'_> {
    fn deref_mut(&mut self) -> &mut Conn {
        self.conn
    }
}

/// Runs `work` in a transaction of its own on a connection outside the threads, for commands.
pub fn transaction<T, E>(
    conn: &mut Conn,
    clock: &Clock,
    work: impl FnOnce(&mut Tx) -> Result<T, E>,
) -> Result<T, E>
where
    E: From<diesel::result::Error>,
{
    conn.transaction(|conn| work(&mut Tx::on(conn, clock)))
}
