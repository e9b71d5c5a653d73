//! Every query about profiles, their photos and how they are listed.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use diesel::{prelude::*, upsert::excluded};

use crate::{
    db::{
        Conn, PersonId,
        schema::{people, photos, profiles},
    },
    keys,
    people::{Profile, PublishedProfile, Role, Roles, Standing},
};

pub fn profile(conn: &mut Conn, id: PersonId) -> QueryResult<PublishedProfile> {
    profiles::table
        .find(id)
        .select(PublishedProfile::as_select())
        .first(conn)
}

/// The small pictures of those who have one.
pub fn thumbnails(conn: &mut Conn, ids: &[PersonId]) -> QueryResult<HashMap<PersonId, Vec<u8>>> {
    let found: Vec<(PersonId, Option<Vec<u8>>)> = profiles::table
        .filter(profiles::person_id.eq_any(ids))
        .filter(profiles::thumbnail.is_not_null())
        .select((profiles::person_id, profiles::thumbnail))
        .load(conn)?;
    let of = |(id, thumbnail): (PersonId, Option<Vec<u8>>)| Some((id, thumbnail?));
    Ok(found.into_iter().filter_map(of).collect())
}

pub fn update_profile(conn: &mut Conn, id: PersonId, profile: &Profile) -> QueryResult<()> {
    diesel::update(profiles::table.find(id))
        .set(profile)
        .execute(conn)
        .map(drop)
}

/// Pauses from one moment to another, or until its owner says otherwise; without a first moment nothing is paused.
pub fn set_paused(
    conn: &mut Conn,
    id: PersonId,
    since: Option<DateTime<Utc>>,
    until: Option<DateTime<Utc>>,
) -> QueryResult<()> {
    diesel::update(profiles::table.find(id))
        .set((
            profiles::paused_at.eq(since),
            profiles::paused_until.eq(until.filter(|_| since.is_some())),
        ))
        .execute(conn)
        .map(drop)
}

/// Ends the pauses whose time has come.
pub fn resume(conn: &mut Conn, now: DateTime<Utc>) -> QueryResult<()> {
    let none = None::<DateTime<Utc>>;
    diesel::update(profiles::table.filter(profiles::paused_until.le(now)))
        .set((
            profiles::paused_at.eq(none),
            profiles::paused_until.eq(none),
        ))
        .execute(conn)
        .map(drop)
}

pub fn set_unlisted(
    conn: &mut Conn,
    id: PersonId,
    since: Option<DateTime<Utc>>,
) -> QueryResult<()> {
    diesel::update(profiles::table.find(id))
        .set(profiles::unlisted_at.eq(since))
        .execute(conn)
        .map(drop)
}

/// Keeps a photo and its fingerprint. With the small one for the board it is on the profile, where everybody sees
/// it; without, it is on none.
pub fn put_photo(
    conn: &mut Conn,
    id: PersonId,
    jpeg: &[u8],
    thumbnail: Option<&[u8]>,
) -> QueryResult<()> {
    diesel::insert_into(photos::table)
        .values((
            photos::person_id.eq(id),
            photos::jpeg.eq(jpeg),
            photos::sha256.eq(keys::sha256(jpeg).to_vec()),
        ))
        .on_conflict(photos::person_id)
        .do_update()
        .set((
            photos::jpeg.eq(excluded(photos::jpeg)),
            photos::sha256.eq(excluded(photos::sha256)),
        ))
        .execute(conn)?;
    diesel::update(profiles::table.find(id))
        .set(profiles::thumbnail.eq(thumbnail))
        .execute(conn)
        .map(drop)
}

pub fn remove_photo(conn: &mut Conn, id: PersonId) -> QueryResult<()> {
    diesel::delete(photos::table.find(id)).execute(conn)?;
    diesel::update(profiles::table.find(id))
        .set(profiles::thumbnail.eq(None::<Vec<u8>>))
        .execute(conn)
        .map(drop)
}

/// The photo on the profile of a listed alumnus, and its fingerprint.
pub fn photo(conn: &mut Conn, handle: &str) -> QueryResult<(Vec<u8>, Vec<u8>)> {
    photos::table
        .inner_join(profiles::table.on(profiles::person_id.eq(photos::person_id)))
        .inner_join(people::table.on(people::id.eq(photos::person_id)))
        .filter(profiles::handle.eq(handle))
        .filter(profiles::unlisted_at.is_null())
        .filter(people::standing.eq(Standing::Active))
        .filter(people::roles.contains(Roles::new([Role::Alumnus])))
        .filter(profiles::thumbnail.is_not_null())
        .select((photos::jpeg, photos::sha256))
        .first(conn)
}
