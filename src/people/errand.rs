//! What somebody was doing when they were asked to sign in, and goes on with afterwards.

use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    db::PersonId,
    error::Error,
    html::form::{self, Fields},
    keys::{Keys, Purpose},
};

/// Of what an errand is about, on its way through a browser: nobody else puts words into the site's mouth.
const ABOUT: Purpose = Purpose::numbered(10);
/// Of the proof that somebody has come to a page by signing in.
const ARRIVED: Purpose = Purpose::numbered(11);
/// How long that proof holds: as long as reading the privacy notice may take.
const ARRIVAL: TimeDelta = TimeDelta::minutes(15);
/// How a page's address ends that wants the proof.
const WANTS_PROOF: &str = "&arrived=";

/// A page of this site, and what it is about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Errand {
    /// The path to go on to.
    pub next: String,
    /// In words, as in `Resume review with Ada, Thu 5 Mar, 09:00`; empty: nothing in particular.
    pub about: String,
}

impl Errand {
    /// What a query or a form says in `next` and `about`.
    pub fn read(keys: &Keys, fields: &Fields) -> Result<Self, Error> {
        let next = form::own_path(fields.one("next")?);
        let about = keys.open(ABOUT, fields.one("about")?, next.as_bytes());
        Ok(Self {
            next: next.to_owned(),
            about: about
                .and_then(|about| String::from_utf8(about).ok())
                .unwrap_or_default(),
        })
    }

    /// `about` for a query or a form; it goes with this `next` alone.
    pub fn sealed(&self, keys: &Keys) -> String {
        match self.about.is_empty() {
            true => String::new(),
            false => keys.seal(ABOUT, self.about.as_bytes(), self.next.as_bytes()),
        }
    }

    /// The path to go on to for somebody who has just signed in. Only one that this site has put into words, and they
    /// have read, gets the proof: anybody can write an address.
    pub fn arrival(&self, keys: &Keys, person: PersonId, now: DateTime<Utc>) -> String {
        let wants_proof = !self.about.is_empty() && self.next.ends_with(WANTS_PROOF);
        if !wants_proof {
            return self.next.clone();
        }
        let at = now.timestamp().to_be_bytes();
        let proof = keys.seal(ARRIVED, &at, &context(person, &self.next));
        format!("{}{proof}", self.next)
    }

    /// The address of the page that asks them to sign in.
    pub fn sign_in(&self, keys: &Keys) -> String {
        form::address(
            "/sign-in",
            &[("next", &self.next), ("about", &self.sealed(keys))],
        )
    }
}

/// The path of a page on which somebody goes on with what they chose before, given the proof that they have just
/// signed in: following a link proves nothing.
pub fn that_wants_proof(path: &str) -> String {
    format!("{path}{WANTS_PROOF}")
}

fn context(person: PersonId, next: &str) -> Vec<u8> {
    [person.0.as_bytes(), next.as_bytes()].concat()
}

/// Whether the person has just signed in to come to this address, path and query.
pub fn has_arrived(keys: &Keys, address: &str, person: PersonId, now: DateTime<Utc>) -> bool {
    let Some(at) = address.rfind(WANTS_PROOF) else {
        return false;
    };
    let (next, proof) = address.split_at(at + WANTS_PROOF.len());
    let at = keys.open(ARRIVED, proof, &context(person, next));
    let at = at.and_then(|at| at.try_into().ok()).map(i64::from_be_bytes);
    at.and_then(|at| DateTime::from_timestamp(at, 0))
        .is_some_and(|at| (at..at + ARRIVAL).contains(&now))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_who_has_just_signed_in_goes_on_at_once() {
        let keys = Keys::new(b"a key");
        let (ada, bea) = (PersonId::random(), PersonId::random());
        let now: DateTime<Utc> = "2026-03-02T08:00:00Z".parse().unwrap();
        let errand = Errand {
            next: that_wants_proof("/holds/new?service=1"),
            about: "Resume review with Ada".into(),
        };
        let there = errand.arrival(&keys, ada, now);
        let later = |minutes| now + TimeDelta::minutes(minutes);
        assert!(has_arrived(&keys, &there, ada, later(14)));
        assert!(!has_arrived(&keys, &there, ada, later(15)));
        assert!(!has_arrived(&keys, &there, bea, now));
        assert!(!has_arrived(&keys, &errand.next, ada, now));
        // For another page it proves nothing, and nobody proves anything by writing an address.
        let another = there.replace("service=1", "service=2");
        assert!(!has_arrived(&keys, &another, ada, now));
        let forged = Errand {
            about: String::new(),
            ..errand.clone()
        };
        assert_eq!(forged.arrival(&keys, ada, now), errand.next);
    }

    #[test]
    fn nobody_else_says_what_it_is_about() {
        let keys = Keys::new(b"a key");
        let errand = Errand {
            next: "/alumni/ada".into(),
            about: "Resume review with Ada".into(),
        };
        let address = errand.sign_in(&keys);
        let fields = Fields::parse(address.split_once('?').unwrap().1).unwrap();
        assert_eq!(Errand::read(&keys, &fields).unwrap(), errand);
        let forged = Fields::parse("next=/me&about=Your+account+is+gone").unwrap();
        assert_eq!(Errand::read(&keys, &forged).unwrap().about, "");
        let swapped = format!("next=/alumni/bea&about={}", errand.sealed(&keys));
        let swapped = Fields::parse(&swapped).unwrap();
        assert_eq!(Errand::read(&keys, &swapped).unwrap().about, "");
    }
}
