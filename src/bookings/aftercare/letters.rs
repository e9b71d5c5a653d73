//! The letters about sessions that are over as they stand when they are sent.

use super::{
    jobs::{AfterLetter, AfterNews, Strikes},
    mail, store,
};
use crate::{
    app::{App, WritesLetter},
    bookings,
    db::Conn,
    error::Error,
    mail::{Envelope, Letter},
    people::{self, letters::leave},
};

impl WritesLetter for AfterLetter {
    fn letter(&self, conn: &mut Conn, app: &App, _: i64) -> Result<Option<Letter>, Error> {
        let reader = people::store::person(conn, self.reader)?;
        let Some(meeting) = bookings::store::meeting(conn, self.booking)? else {
            return Ok(None);
        };
        let reports = store::reports(conn, &[self.booking])?;
        let path = match self.news {
            AfterNews::Disputed => "/coordinate/sessions".to_owned(),
            _ => bookings::path(&meeting.booking),
        };
        let about = mail::About {
            meeting: &meeting,
            reports: &reports,
            reader: &reader,
            url: &app.config.link(&path),
        };
        let letter = mail::letter(&about, self);
        Ok(match self.news {
            AfterNews::Disputed => letter.map(|l| l.leaving_at(leave(app, self.reader))),
            _ => letter,
        })
    }
}

impl WritesLetter for Strikes {
    fn letter(&self, conn: &mut Conn, app: &App, _: i64) -> Result<Option<Letter>, Error> {
        let reader = people::store::person(conn, self.person)?;
        let envelope = Envelope {
            name: reader.name,
            email: reader.email,
            id: format!("strikes.{}.{}", self.person, self.at.timestamp_micros()),
            date: self.at,
        };
        let url = app.config.link("/me/record");
        Ok(Some(mail::strikes(envelope, self.strikes, url)))
    }
}
