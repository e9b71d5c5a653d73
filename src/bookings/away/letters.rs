//! The letters about people who may not take part as they stand when they are sent.

use super::{
    is_ahead,
    jobs::{Away, AwayWithSessions},
    mail,
};
use crate::{
    app::{App, WritesLetter},
    bookings::{self, event},
    db::Conn,
    error::Error,
    mail::{Envelope, Letter},
    people::{self, Standing, letters::leave},
};

impl WritesLetter for Away {
    fn letter(&self, conn: &mut Conn, app: &App, _: i64) -> Result<Option<Letter>, Error> {
        let Some(meeting) = bookings::store::meeting(conn, self.booking)? else {
            return Ok(None);
        };
        let (_, away) = meeting.sides(self.reader);
        let is_over = away.standing == Standing::Active || !is_ahead(&meeting.booking, app.now());
        let url = app.config.link(&event::path(&meeting, self.reader));
        let letter = || mail::to_other(&meeting, self.reader, self.at, url);
        Ok((!is_over).then(letter))
    }
}

impl WritesLetter for AwayWithSessions {
    fn letter(&self, conn: &mut Conn, app: &App, _: i64) -> Result<Option<Letter>, Error> {
        let reader = people::store::person(conn, self.reader)?;
        let away = people::store::person(conn, self.person)?;
        let unique = self.at.timestamp_micros();
        let envelope = Envelope {
            name: reader.name.clone(),
            email: reader.email.clone(),
            id: format!("away.{}.{}.{unique}", self.person, reader.id),
            date: self.at,
        };
        let path = format!("/coordinate/people/{}/record", self.person);
        let letter = mail::to_coordinator(envelope, &away, self.count, app.config.link(&path));
        Ok(Some(letter.leaving_at(leave(app, reader.id))))
    }
}
