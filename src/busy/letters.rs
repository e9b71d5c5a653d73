//! The letters about connected calendars as they stand when they are sent.

use super::{jobs::CalendarFailing, mail, store};
use crate::{
    app::{App, WritesLetter},
    db::Conn,
    error::Error,
    mail::{Envelope, Letter},
    people,
};

impl WritesLetter for CalendarFailing {
    fn letter(&self, conn: &mut Conn, app: &App, _: i64) -> Result<Option<Letter>, Error> {
        let Some(calendar) = store::calendar(conn, self.calendar)? else {
            return Ok(None);
        };
        let (Some(since), Some(told_at)) = (calendar.failing_since, calendar.told_at) else {
            return Ok(None); // It can be read again.
        };
        let reader = people::store::person(conn, calendar.person_id)?;
        let zone = reader.zone();
        let envelope = Envelope {
            name: reader.name,
            email: reader.email,
            id: format!("calendar.{}.{}", calendar.id, told_at.timestamp()),
            date: told_at,
        };
        let url = app.config.link("/me/busy");
        Ok(Some(mail::failing(envelope, &calendar, since, &zone, url)))
    }
}
