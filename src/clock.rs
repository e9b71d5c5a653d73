//! What time it is; nobody else calls `Utc::now`.
//!
//! Several servers may share one database, and their own clocks differ. So whatever a transaction decides,
//! it decides by the clock of the database (`db::Tx::now`); a server's own clock is good enough to show a
//! page by.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use chrono::{DateTime, TimeDelta, Utc};

/// A server's own clock, and whether the database's is asked or is one that tests set.
#[derive(Clone, Debug, Default)]
pub enum Clock {
    #[default]
    System,
    Fake {
        /// What the database's clock shows, in microseconds since 1970.
        database: Arc<AtomicI64>,
        /// By how much this server's own clock is ahead of it.
        ahead: TimeDelta,
    },
}

impl Clock {
    /// A clock that stands at `at` until it is moved.
    pub fn standing_at(at: DateTime<Utc>) -> Self {
        Self::Fake {
            database: Arc::new(AtomicI64::new(at.timestamp_micros())),
            ahead: TimeDelta::zero(),
        }
    }

    /// The clock of another server on the same database, ahead of this one; the system's stays as it is.
    pub fn ahead_by(&self, more: TimeDelta) -> Self {
        match self {
            Self::System => Self::System,
            Self::Fake { database, ahead } => Self::Fake {
                database: Arc::clone(database),
                ahead: *ahead + more,
            },
        }
    }

    /// Now by this server, in whole microseconds, as Postgres keeps them.
    pub fn now(&self) -> DateTime<Utc> {
        match self {
            Self::System => at(Utc::now().timestamp_micros()),
            Self::Fake { database, ahead } => at(database.load(Ordering::SeqCst)) + *ahead,
        }
    }

    /// Now by the database, where a test has set it; None: ask the database.
    pub fn of_database(&self) -> Option<DateTime<Utc>> {
        match self {
            Self::System => None,
            Self::Fake { database, .. } => Some(at(database.load(Ordering::SeqCst))),
        }
    }

    /// Moves a fake clock; the system's cannot be moved.
    pub fn advance(&self, by: TimeDelta) {
        if let Self::Fake { database, .. } = self {
            let by = by.num_microseconds().expect("a short jump");
            database.fetch_add(by, Ordering::SeqCst);
        }
    }
}

fn at(micros: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(micros).expect("the clock is within chrono's range")
}
