//! The database: threads that keep connections, transactions, typed ids, the generated schema.

pub mod ids;
pub mod limits;
mod migrate;
mod pool;
pub mod private;
pub mod scratch;
mod tx;
pub mod types;
#[rustfmt::skip]
pub mod schema;
mod together;

use diesel::{
    connection::SimpleConnection,
    pg::PgConnection,
    prelude::*,
    result::{DatabaseErrorKind, Error as QueryError},
};

pub use ids::*;
pub use migrate::{Schema, migrate, newest_migration, schema_of};
pub use pool::Db;
pub use tx::{Tx, transaction};

/// Which rows of a list: so many, from that one on.
#[derive(Clone, Copy, Debug)]
pub struct Paging {
    pub limit: i64,
    pub offset: i64,
}

pub type Conn = PgConnection;

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

/// A lock on a whole table that others have waited for this long is not one in passing.
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
