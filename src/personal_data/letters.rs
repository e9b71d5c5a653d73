//! The last letter to somebody.

use super::{jobs::AccountErased, mail};
use crate::{
    app::{App, WritesLetter},
    db::Conn,
    error::Error,
    mail::{Envelope, Letter},
};

impl WritesLetter for AccountErased {
    fn letter(&self, _: &mut Conn, app: &App, id: i64) -> Result<Option<Letter>, Error> {
        let envelope = Envelope {
            name: String::new(),
            email: self.email.clone(),
            id: format!("erased.{id}"),
            date: self.at,
        };
        let contact = app.config.contact.as_ref();
        let letter = mail::account_erased(envelope, self.by_other, self.cancelled, contact);
        Ok(Some(letter))
    }
}
