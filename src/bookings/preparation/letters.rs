//! The letters about preparations as they stand when they are sent.

use super::{
    jobs::{Digest, Nudge},
    mail, store,
};
use crate::{
    app::{App, WritesLetter},
    bookings,
    db::Conn,
    error::Error,
    mail::Letter,
};

impl WritesLetter for Digest {
    fn letter(&self, conn: &mut Conn, app: &App, _: i64) -> Result<Option<Letter>, Error> {
        let Some(meeting) = bookings::store::meeting(conn, self.booking)? else {
            return Ok(None);
        };
        let prepared = store::prepared(conn, self.booking, self.reader)?;
        let url = app.config.link(&bookings::path(&meeting.booking));
        Ok(mail::digest(&meeting, &prepared, self, url))
    }
}

impl WritesLetter for Nudge {
    fn letter(&self, conn: &mut Conn, app: &App, _: i64) -> Result<Option<Letter>, Error> {
        let Some(meeting) = bookings::store::meeting(conn, self.booking)? else {
            return Ok(None);
        };
        let is_missing = store::count_files(conn, self.booking)? == 0;
        let url = app.config.link(&bookings::path(&meeting.booking));
        let letter = mail::nudge(&meeting, self.at, url);
        Ok(letter.filter(|_| is_missing))
    }
}
