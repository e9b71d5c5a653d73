//! Work whose end is a letter.

use super::App;
use crate::{db::Conn, error::Error, jobs::Work, mail::Letter};

/// Work of a room that ends in a letter, which the worker sends.
pub trait WritesLetter: Work {
    /// The letter that the job of that id asks for; none, or [`Error::NotFound`], if it is no longer of use.
    fn letter(&self, conn: &mut Conn, app: &App, id: i64) -> Result<Option<Letter>, Error>;
}
