//! The letters about bookings, made when they are sent.

use super::{
    change::{self, cancel},
    event::{self, Site},
    jobs::{BookingLetter, Reminder},
    mail, remind, store,
};
use crate::{
    app::{App, WritesLetter},
    db::Conn,
    error::Error,
    html::form,
    mail::Letter,
};

impl WritesLetter for BookingLetter {
    fn letter(&self, conn: &mut Conn, app: &App, _: i64) -> Result<Option<Letter>, Error> {
        let Some(mut meeting) = store::meeting(conn, self.booking)? else {
            return Ok(None);
        };
        for erased in &self.erased {
            meeting.remember(erased);
        }
        let config = &app.config;
        let origin = config.address();
        let (brand, sender) = (app.brand(), app.sender());
        let site = Site {
            name: &brand.identity.name,
            organizer: &sender,
            origin: &origin,
        };
        let url = |purpose, page| {
            let group = self
                .group
                .filter(|_| self.reader == meeting.booking.host_id);
            if let Some(group) = group {
                return config.link(&format!("/bookings/{group}"));
            }
            let key = cancel::key(&app.keys, purpose, self.booking, self.reader, self.sequence);
            let path = format!("/bookings/{}/{page}", self.booking);
            config.link(&form::address(&path, &[("key", &key)]))
        };
        let urls = mail::Urls {
            cancel: url(change::CANCEL_LINK, "cancel"),
            answer: url(change::ANSWER_LINK, "answer"),
        };
        Ok(Some(mail::letter(&meeting, self, &site, &urls)))
    }
}

impl WritesLetter for Reminder {
    fn letter(&self, conn: &mut Conn, app: &App, _: i64) -> Result<Option<Letter>, Error> {
        let Some(meeting) = remind::standing(conn, self, app.now())? else {
            return Ok(None);
        };
        let url = app.config.link(&event::path(&meeting, self.reader));
        Ok(Some(mail::reminder(&meeting, self, url, app.now())))
    }
}
