//! `almanac demo`: the site on a database of its own, filled with invented people.

mod applications;
mod people;
mod portraits;
mod programs;
mod sessions;
mod start;
mod texts;

use chrono::{DateTime, Utc};

pub use start::run;

use crate::{
    clock::Clock,
    db::{self, Conn, Tx},
};

/// Who is named at the start.
const STUDENT: &str = "student@example.org";
const ALUMNUS: &str = "alumnus@example.org";
const COORDINATOR: &str = "coordinator@example.org";

/// Does something as of an instant.
fn as_of<T, E>(
    conn: &mut Conn,
    instant: DateTime<Utc>,
    work: impl FnOnce(&mut Tx) -> Result<T, E>,
) -> Result<T, E>
where
    E: From<diesel::result::Error>,
{
    db::transaction(conn, &Clock::standing_at(instant), work)
}
