//! Arriving by a mailed link: signing in, and joining with the same press where the address is new.

pub mod web;

use crate::{
    db::{DbError, SignInLinkId, Tx},
    error::Error,
    keys,
    people::{
        join::{
            JoinError,
            begin::{self, Begun},
        },
        rules::Newcomer,
        sign_in::{self, SignedIn},
    },
};

/// Whom the link let in.
#[derive(Debug)]
pub struct Arrived {
    pub session: SignedIn,
    /// The account that joining began, and the session to use instead.
    pub begun: Option<Begun>,
}

#[derive(Debug, thiserror::Error)]
pub enum ArrivalError {
    #[error("this link no longer works")]
    Over,
    #[error(transparent)]
    Join(#[from] JoinError),
    #[error(transparent)]
    Refused(#[from] Error),
    #[error(transparent)]
    Database(#[from] DbError),
}
crate::verb_error!(ArrivalError);

/// Uses up a link. Where its address has no account, joins with what the newcomer has filled in and agrees to that
/// version of the privacy notice; what is wrong with that leaves the link as it was.
pub fn arrive(
    tx: &mut Tx,
    link: SignInLinkId,
    user_agent: &str,
    newcomer: Option<&Newcomer>,
    notice: &str,
) -> Result<Arrived, ArrivalError> {
    let session = sign_in::redeem(tx, link, user_agent)?.ok_or(ArrivalError::Over)?;
    let begun = match newcomer.filter(|_| session.person.is_none()) {
        Some(newcomer) => {
            let proved_at = tx.now()?;
            match begin::join(tx, &session.email, newcomer, notice, None, proved_at) {
                Err(JoinError::AlreadyAsked) => None,
                joined => joined?,
            }
        }
        None => None,
    };
    if begun.is_some() {
        sign_in::store::end_session(tx, &keys::hash(&session.token))?;
    }
    Ok(Arrived { session, begun })
}
