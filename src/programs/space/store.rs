//! Every query about what is written in spaces.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::Space;
use crate::db::{
    CohortId, Conn, Paging, PersonId, PostId, Tx,
    schema::{people, posts},
};

#[derive(Clone, Debug, Insertable)]
#[diesel(table_name = posts)]
pub struct NewPost {
    pub id: PostId,
    pub cohort_id: CohortId,
    pub space: Space,
    /// None: it begins a thread.
    pub thread_id: Option<PostId>,
    pub author_id: PersonId,
    pub title: String,
    pub words: String,
    pub is_announcement: bool,
    pub at: DateTime<Utc>,
    pub last_at: DateTime<Utc>,
}

/// A thread in a list.
#[derive(Clone, Debug, Queryable)]
pub struct Thread {
    pub id: PostId,
    pub space: Space,
    pub title: String,
    pub is_announcement: bool,
    pub at: DateTime<Utc>,
    pub last_at: DateTime<Utc>,
    /// The name of whoever began it.
    pub author: String,
}

/// What somebody wrote.
#[derive(Clone, Debug, Queryable)]
pub struct Post {
    pub id: PostId,
    pub thread_id: Option<PostId>,
    pub space: Space,
    pub title: String,
    pub words: String,
    pub is_announcement: bool,
    pub at: DateTime<Utc>,
    pub removed_at: Option<DateTime<Utc>>,
    pub author_id: PersonId,
    pub author: String,
}

pub fn insert(conn: &mut Conn, post: &NewPost) -> QueryResult<()> {
    diesel::insert_into(posts::table)
        .values(post)
        .execute(conn)
        .map(drop)
}

/// The space of a thread that has not been removed; locked, so that it is not while it is replied to.
pub fn lock_thread(tx: &mut Tx, cohort: CohortId, id: PostId) -> QueryResult<Option<Space>> {
    let space = posts::table
        .filter(posts::id.eq(id))
        .filter(posts::cohort_id.eq(cohort))
        .filter(posts::thread_id.is_null())
        .filter(posts::removed_at.is_null())
        .select(posts::space)
        .for_update()
        .first(&mut **tx)
        .optional()?;
    tx.locked();
    Ok(space)
}

pub fn touch(conn: &mut Conn, thread: PostId, now: DateTime<Utc>) -> QueryResult<()> {
    diesel::update(posts::table.find(thread))
        .set(posts::last_at.eq(now))
        .execute(conn)
        .map(drop)
}

/// Takes the words of a post away. Returns its thread; none where it is not there, or not of that author.
pub fn remove(
    conn: &mut Conn,
    cohort: CohortId,
    id: PostId,
    author: Option<PersonId>,
    now: DateTime<Utc>,
) -> QueryResult<Option<PostId>> {
    let found: Option<(PostId, Option<PostId>, PersonId)> = posts::table
        .filter(posts::id.eq(id))
        .filter(posts::cohort_id.eq(cohort))
        .filter(posts::removed_at.is_null())
        .select((posts::id, posts::thread_id, posts::author_id))
        .for_update()
        .first(conn)
        .optional()?;
    let Some((id, thread, written_by)) = found else {
        return Ok(None);
    };
    if author.is_some_and(|author| author != written_by) {
        return Ok(None);
    }
    diesel::update(posts::table.find(id))
        .set((posts::words.eq(""), posts::removed_at.eq(now)))
        .execute(conn)?;
    Ok(Some(thread.unwrap_or(id)))
}

/// The threads of a space, the last replied to first.
pub fn threads(
    conn: &mut Conn,
    cohort: CohortId,
    space: Space,
    paging: Paging,
) -> QueryResult<Vec<Thread>> {
    posts::table
        .inner_join(people::table)
        .filter(posts::cohort_id.eq(cohort))
        .filter(posts::space.eq(space))
        .filter(posts::thread_id.is_null())
        .order((posts::last_at.desc(), posts::id))
        .limit(paging.limit)
        .offset(paging.offset)
        .select((
            posts::id,
            posts::space,
            posts::title,
            posts::is_announcement,
            posts::at,
            posts::last_at,
            people::name,
        ))
        .load(conn)
}

/// The latest threads of spaces.
pub fn latest(conn: &mut Conn, cohort: CohortId, spaces: &[Space]) -> QueryResult<Vec<Thread>> {
    posts::table
        .inner_join(people::table)
        .filter(posts::cohort_id.eq(cohort))
        .filter(posts::space.eq_any(spaces))
        .filter(posts::thread_id.is_null())
        .filter(posts::removed_at.is_null())
        .order((posts::last_at.desc(), posts::id))
        .limit(5)
        .select((
            posts::id,
            posts::space,
            posts::title,
            posts::is_announcement,
            posts::at,
            posts::last_at,
            people::name,
        ))
        .load(conn)
}

/// A thread with its replies, as they were written; empty where there is no such thread.
pub fn thread(conn: &mut Conn, cohort: CohortId, id: PostId) -> QueryResult<Vec<Post>> {
    posts::table
        .inner_join(people::table)
        .filter(posts::cohort_id.eq(cohort))
        .filter(posts::id.eq(id).or(posts::thread_id.eq(id)))
        .order((posts::thread_id.asc().nulls_first(), posts::at, posts::id))
        .limit(1000)
        .select((
            posts::id,
            posts::thread_id,
            posts::space,
            posts::title,
            posts::words,
            posts::is_announcement,
            posts::at,
            posts::removed_at,
            people::id,
            people::name,
        ))
        .load(conn)
}
