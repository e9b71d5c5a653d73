//! The letters about accounts as they stand when they are sent.

use super::{
    email,
    jobs::{
        AccountChanged, ConfirmEmail, Invited, JoinAsked, JoinDecided, MailTrouble, SignInLink,
    },
    mail, sign_in, store, trouble, unsubscribe,
};
use crate::{
    app::{App, WritesLetter},
    db::{Conn, PersonId},
    error::Error,
    html::form,
    mail::{Envelope, Letter},
    people::{invitation, join},
};

/// Where a coordinator can leave letters about what waits for a decision.
pub fn leave(app: &App, reader: PersonId) -> String {
    app.config.link(&unsubscribe::path(&app.keys, reader))
}

impl WritesLetter for SignInLink {
    fn letter(&self, conn: &mut Conn, app: &App, _: i64) -> Result<Option<Letter>, Error> {
        let Some(link) = sign_in::store::link(conn, self.link)? else {
            return Ok(None);
        };
        if link.used_at.is_some() || link.expires_at <= app.now() {
            return Ok(None);
        }
        let envelope = Envelope {
            name: String::new(),
            email: link.email,
            id: format!("sign-in.{}", link.id),
            date: link.created_at,
        };
        let url = app.config.link(&sign_in::path(&app.keys, link.id));
        Ok(Some(mail::sign_in_link(
            envelope,
            &app.brand().identity.name,
            url,
        )))
    }
}

impl WritesLetter for JoinAsked {
    fn letter(&self, conn: &mut Conn, app: &App, _: i64) -> Result<Option<Letter>, Error> {
        let request = join::store::request(conn, self.request)?;
        let reader = store::person(conn, self.coordinator)?;
        if request.approved.is_some() {
            return Ok(None);
        }
        let envelope = Envelope {
            name: reader.name,
            email: reader.email,
            id: format!("join-asked.{}.{}", request.id, reader.id),
            date: request.asked_at,
        };
        let letter = mail::join_asked(
            envelope,
            &app.brand().identity.name,
            &request,
            app.config.link("/coordinate"),
        );
        Ok(Some(letter.leaving_at(leave(app, self.coordinator))))
    }
}

impl WritesLetter for JoinDecided {
    fn letter(&self, conn: &mut Conn, app: &App, id: i64) -> Result<Option<Letter>, Error> {
        let request = join::store::request(conn, self.request)?;
        let Some(approved) = request.approved else {
            return Ok(None);
        };
        if self.at.is_some() && self.at != request.decided_at {
            return Ok(None);
        }
        let envelope = Envelope {
            name: request.name.clone(),
            email: request.email.clone(),
            id: format!("join-decided.{}.{id}", request.id),
            date: request.asked_at,
        };
        let url = form::address("/sign-in", &[("next", "/me")]);
        Ok(Some(mail::join_decided(
            envelope,
            &app.brand().identity.name,
            approved,
            &request.reason,
            app.config.link(&url),
        )))
    }
}

impl WritesLetter for Invited {
    fn letter(&self, conn: &mut Conn, app: &App, _: i64) -> Result<Option<Letter>, Error> {
        let Some(invitation) = invitation::open(conn, self.invitation, app.now())? else {
            return Ok(None);
        };
        let inviter = store::person(conn, invitation.invited_by)?;
        let envelope = Envelope {
            name: String::new(),
            email: invitation.email.clone(),
            id: format!("invitation.{}", invitation.id),
            date: self.at,
        };
        let url = app.config.link(&invitation::path(&app.keys, invitation.id));
        Ok(Some(mail::invited(
            envelope,
            &app.brand().identity.name,
            &inviter.name,
            &invitation,
            url,
        )))
    }
}

impl WritesLetter for AccountChanged {
    fn letter(&self, conn: &mut Conn, app: &App, id: i64) -> Result<Option<Letter>, Error> {
        let reader = store::person(conn, self.person)?;
        let envelope = Envelope {
            name: reader.name,
            email: self.to.clone().unwrap_or(reader.email),
            id: format!("account.{}.{id}", self.person),
            date: self.at,
        };
        let url = app.config.link("/me/settings");
        let contact = app.config.contact.as_ref();
        Ok(Some(mail::account_changed(
            envelope,
            self.change,
            url,
            contact,
        )))
    }
}

impl WritesLetter for ConfirmEmail {
    fn letter(&self, conn: &mut Conn, app: &App, id: i64) -> Result<Option<Letter>, Error> {
        let person = store::person(conn, self.person)?;
        let envelope = Envelope {
            name: person.name.clone(),
            email: self.email.clone(),
            id: format!("email.{id}"),
            date: self.at,
        };
        let path = email::path(&app.keys, person.id, &self.from, &self.email, self.at);
        let url = app.config.link(&path);
        Ok(Some(mail::confirm_email(
            envelope,
            &app.brand().identity.name,
            &person.name,
            url,
        )))
    }
}

impl WritesLetter for MailTrouble {
    fn letter(&self, conn: &mut Conn, app: &App, _: i64) -> Result<Option<Letter>, Error> {
        let Some(noted) = trouble::store::trouble(conn, self.person)? else {
            return Ok(None);
        };
        let reader = store::person(conn, self.reader)?;
        let whose = store::person(conn, self.person)?;
        let unique = self.at.timestamp_micros();
        let envelope = Envelope {
            name: reader.name,
            email: reader.email,
            id: format!("trouble.{}.{}.{unique}", self.person, reader.id),
            date: self.at,
        };
        let url = app
            .config
            .link(&format!("/coordinate/people/{}", self.person));
        let letter = mail::trouble(envelope, &whose, noted.trouble, &noted.said, url);
        Ok(Some(letter.leaving_at(leave(app, reader.id))))
    }
}
