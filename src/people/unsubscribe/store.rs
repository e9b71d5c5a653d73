//! Every query about readers who want no letters about what waits for a decision.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use crate::db::{Conn, PersonId, schema::unsubscribed};

/// Whether somebody wants no letters about what waits for a decision.
pub fn is_unsubscribed(conn: &mut Conn, id: PersonId) -> QueryResult<bool> {
    diesel::select(diesel::dsl::exists(unsubscribed::table.find(id))).get_result(conn)
}

pub fn set_unsubscribed(
    conn: &mut Conn,
    id: PersonId,
    is_unsubscribed: bool,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    if is_unsubscribed {
        diesel::insert_into(unsubscribed::table)
            .values((
                unsubscribed::person_id.eq(id),
                unsubscribed::created_at.eq(now),
            ))
            .on_conflict_do_nothing()
            .execute(conn)
    } else {
        diesel::delete(unsubscribed::table.find(id)).execute(conn)
    }
    .map(drop)
}
