//! The letters about the waitlist as they stand when they are sent.

use super::{jobs::WaitlistOffer, mail};
use crate::{
    app::{App, WritesLetter},
    bookings,
    db::Conn,
    error::Error,
    mail::Letter,
};

impl WritesLetter for WaitlistOffer {
    fn letter(&self, conn: &mut Conn, app: &App, _: i64) -> Result<Option<Letter>, Error> {
        let Some(meeting) = bookings::store::meeting(conn, self.booking)? else {
            return Ok(None);
        };
        let url = app.config.link(&format!("/holds/{}", self.booking));
        let list = app.config.link("/me/waitlist");
        let is_held = meeting.booking.is_held(app.now());
        Ok(is_held.then(|| mail::offer(&meeting, self.at, url, list)))
    }
}
