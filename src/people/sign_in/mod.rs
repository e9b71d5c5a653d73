//! Sign-in by a mailed link: asked for, redeemed, ended.

pub mod pages;
pub mod store;
pub mod web;

use self::store::{Session, SignInLink};
use super::{Person, Standing, errand::Errand, rules, second_factor, trouble};
use crate::{
    db::{SignInLinkId, Tx},
    error::Error,
    input, jobs,
    keys::{self, Keys, Purpose},
    people,
};

/// Of a sign-in link.
const SIGN_IN: Purpose = Purpose::numbered(0);

/// Queues a link for the address, whether it has an account or not, so that nobody learns which
/// it is; unless it was given enough of them lately, of which any still works.
pub fn ask_for_link(tx: &mut Tx, email: &str, errand: &Errand) -> Result<(), Error> {
    // Under a lock, so that many at once get no more than one after the other.
    people::store::lock_mailbox(tx, email)?;
    let now = tx.now()?;
    if store::links_since(tx, email, now - rules::LINK_LIFE)? >= rules::MOST_LINKS {
        return Ok(());
    }
    let link = insert_link(tx, email, errand)?;
    jobs::enqueue(tx, &[super::jobs::SignInLink { link }], now)?;
    Ok(())
}

/// Makes a link without mailing it, for the command line.
pub fn make_link(tx: &mut Tx, email: &str, next: &str) -> Result<SignInLinkId, Error> {
    let errand = Errand {
        next: next.to_owned(),
        about: String::new(),
    };
    insert_link(tx, email, &errand)
}

fn insert_link(tx: &mut Tx, email: &str, errand: &Errand) -> Result<SignInLinkId, Error> {
    let now = tx.now()?;
    let link = SignInLink {
        id: SignInLinkId::random(),
        email: email.to_owned(),
        next: errand.next.clone(),
        created_at: now,
        expires_at: now + rules::LINK_LIFE,
        used_at: None,
        about: errand.about.clone(),
    };
    store::insert_link(tx, &link)?;
    Ok(link.id)
}

/// The path of a link: its id, sealed. The database alone opens nothing.
pub fn path(keys: &Keys, link: SignInLinkId) -> String {
    format!("/sign-in/{}", keys.seal(SIGN_IN, link.0.as_bytes(), b""))
}

/// The link that a token of the address stands for.
pub fn link_of(keys: &Keys, token: &str) -> Option<SignInLinkId> {
    let id = keys.open(SIGN_IN, token, b"")?;
    Some(SignInLinkId(uuid::Uuid::from_slice(&id).ok()?))
}

/// A session that begins.
#[derive(Debug)]
pub struct SignedIn {
    /// The secret for the cookie.
    pub token: String,
    /// The address that the link proved.
    pub email: String,
    pub next: String,
    /// What that page is about; empty: nothing in particular.
    pub about: String,
    /// Whether a code is asked for before anybody is signed in.
    pub awaits_second: bool,
    /// None: the address is proved, but has no account yet.
    pub person: Option<Person>,
}

/// Uses up a link and begins a session. None if the link is used, too old or nobody's.
pub fn redeem(
    tx: &mut Tx,
    link: SignInLinkId,
    user_agent: &str,
) -> Result<Option<SignedIn>, Error> {
    let now = tx.now()?;
    let Some(link) = store::use_link(tx, link, now)? else {
        return Ok(None);
    };
    let person = people::store::person_by_email(tx, &link.email)?;
    if person
        .as_ref()
        .is_some_and(|p| p.standing == Standing::Suspended)
    {
        return Err(Error::Forbidden(
            "Your account is suspended. Ask a coordinator about it.".into(),
        ));
    }
    if let Some(person) = &person {
        trouble::store::delete_trouble(tx, person.id)?; // Their mail has arrived.
    }
    let awaits_second = match &person {
        Some(person) => second_factor::store::has(tx, person.id)?,
        None => false,
    };
    let token = keys::random_token();
    let is_new = person.is_none();
    let session = Session {
        token_hash: keys::hash(&token),
        person_id: person.as_ref().map(|p| p.id),
        email: link.email,
        user_agent: input::line(user_agent).chars().take(200).collect(),
        created_at: now,
        seen_at: now,
        expires_at: now + rules::SESSION_LIFE,
        proved_at: now,
        awaits_second,
        next: if is_new {
            link.next.clone()
        } else {
            String::new()
        },
        about: if is_new {
            link.about.clone()
        } else {
            String::new()
        },
    };
    store::insert_session(tx, &session)?;
    if session.person_id.is_some() {
        // What an address began before it had an account is over with the first sign-in to it.
        people::store::end_newcomers(tx, &session.email, &[])?;
    }
    Ok(Some(SignedIn {
        token,
        email: session.email,
        next: link.next,
        about: link.about,
        awaits_second,
        person,
    }))
}
