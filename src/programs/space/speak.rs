//! Writing in a space, and taking back what was written.

use super::{
    Space,
    store::{self, NewPost},
};
use crate::{
    db::{CohortId, DbError, PersonId, PostId, Tx},
    programs::cohort,
};

/// What somebody writes.
#[derive(Clone, Debug)]
pub struct Words {
    /// Of a thread.
    pub title: String,
    pub words: String,
    pub is_announcement: bool,
}

#[derive(Debug, thiserror::Error)]
pub enum SpeakError {
    #[error("there is no such thread")]
    NotFound,
    #[error(transparent)]
    Database(#[from] DbError),
}
crate::verb_error!(SpeakError);

/// Begins a thread.
pub fn begin(
    tx: &mut Tx,
    author: PersonId,
    cohort: CohortId,
    space: Space,
    words: &Words,
) -> Result<PostId, SpeakError> {
    open(tx, cohort)?;
    let now = tx.now()?;
    let post = NewPost {
        id: PostId::random(),
        cohort_id: cohort,
        space,
        thread_id: None,
        author_id: author,
        title: words.title.clone(),
        words: words.words.clone(),
        is_announcement: words.is_announcement,
        at: now,
        last_at: now,
    };
    store::insert(tx, &post)?;
    Ok(post.id)
}

/// Replies in a thread of one of these spaces.
pub fn reply(
    tx: &mut Tx,
    author: PersonId,
    cohort: CohortId,
    spaces: &[Space],
    thread: PostId,
    words: &str,
) -> Result<(), SpeakError> {
    open(tx, cohort)?;
    let found = store::lock_thread(tx, cohort, thread)?;
    let space = found.filter(|space| spaces.contains(space));
    let space = space.ok_or(SpeakError::NotFound)?;
    let now = tx.now()?;
    let post = NewPost {
        id: PostId::random(),
        cohort_id: cohort,
        space,
        thread_id: Some(thread),
        author_id: author,
        title: String::new(),
        words: words.to_owned(),
        is_announcement: false,
        at: now,
        last_at: now,
    };
    store::insert(tx, &post)?;
    Ok(store::touch(tx, thread, now)?)
}

/// Takes the words of a post away: one's own, or to a lead anybody's. The replies to it stay.
pub fn remove(
    tx: &mut Tx,
    by: PersonId,
    cohort: CohortId,
    id: PostId,
    may_any: bool,
) -> Result<PostId, SpeakError> {
    open(tx, cohort)?;
    let now = tx.now()?;
    let author = (!may_any).then_some(by);
    let thread = store::remove(tx, cohort, id, author, now)?;
    thread.ok_or(SpeakError::NotFound)
}

/// Nothing is written in an archive.
fn open(tx: &mut Tx, cohort: CohortId) -> Result<(), SpeakError> {
    let cohort = cohort::store::share(tx, cohort)?;
    match cohort.is_some_and(|cohort| cohort.archived_at.is_none()) {
        true => Ok(()),
        false => Err(SpeakError::NotFound),
    }
}
