//! Every query about agreements to the privacy notice.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use crate::db::{Conn, PersonId, schema::consents};

/// Notes that somebody agrees to a version of the privacy notice, unless they have before.
pub fn insert_consent(
    conn: &mut Conn,
    person: PersonId,
    version: &str,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::insert_into(consents::table)
        .values((
            consents::person_id.eq(person),
            consents::version.eq(version),
            consents::agreed_at.eq(now),
        ))
        .on_conflict_do_nothing()
        .execute(conn)
        .map(drop)
}

/// When somebody agreed to that version; none if they have not.
pub fn consent(
    conn: &mut Conn,
    person: PersonId,
    version: &str,
) -> QueryResult<Option<DateTime<Utc>>> {
    consents::table
        .find((person, version))
        .select(consents::agreed_at)
        .first(conn)
        .optional()
}
