//! Attaching a file to an application, and forgetting those that no answer names.

use super::{UNNAMED_STAY, store};
use crate::{
    db::{ApplicationId, Conn, FileId, PersonId, Tx},
    programs::application::{self, apply::ApplyError},
    uploads::NewFile,
};

/// Notes a file as one of a question. It counts once the answer names it.
pub fn attach(
    tx: &mut Tx,
    by: PersonId,
    to: ApplicationId,
    field: &str,
    file: &NewFile,
) -> Result<(), ApplyError> {
    let application = application::store::lock(tx, to)?;
    if application.is_none_or(|found| found.person_id != by) {
        return Err(ApplyError::NotFound);
    }
    let now = tx.now()?;
    Ok(store::insert(tx, to, by, field, file, now)?)
}

/// The files that are kept no longer.
pub fn outdated(
    conn: &mut Conn,
    now: chrono::DateTime<chrono::Utc>,
) -> diesel::QueryResult<Vec<FileId>> {
    store::unnamed(conn, now - UNNAMED_STAY)
}
