//! What waits to be done about accounts: letters. What a letter tells is fixed when it is queued, so that
//! sending it twice sends the same letter twice.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    db::{InvitationId, JoinRequestId, PersonId, SignInLinkId},
    jobs::Work,
};

/// To whoever asked to sign in.
#[derive(Debug, Serialize, Deserialize)]
pub struct SignInLink {
    pub link: SignInLinkId,
}

impl Work for SignInLink {
    fn kind() -> &'static str {
        "sign_in_link"
    }

    /// Somebody waits for it, also where a server lets strangers wait for five minutes before it takes their
    /// letter (greylisting).
    fn longest_wait(&self) -> TimeDelta {
        TimeDelta::minutes(1)
    }
}

/// To a coordinator: somebody asks to join.
#[derive(Debug, Serialize, Deserialize)]
pub struct JoinAsked {
    pub request: JoinRequestId,
    pub coordinator: PersonId,
}

impl Work for JoinAsked {
    fn kind() -> &'static str {
        "join_asked"
    }
}

/// To whoever asked to join.
#[derive(Debug, Serialize, Deserialize)]
pub struct JoinDecided {
    pub request: JoinRequestId,
    /// When it was decided: a decision that was taken back is not written about.
    #[serde(default)]
    pub at: Option<DateTime<Utc>>,
}

impl Work for JoinDecided {
    fn kind() -> &'static str {
        "join_decided"
    }
}

/// To somebody whom a coordinator invites.
#[derive(Debug, Serialize, Deserialize)]
pub struct Invited {
    pub invitation: InvitationId,
    pub at: DateTime<Utc>,
}

impl Work for Invited {
    fn kind() -> &'static str {
        "invited"
    }
}

/// To somebody, about how they sign in.
#[derive(Debug, Serialize, Deserialize)]
pub struct AccountChanged {
    pub person: PersonId,
    pub change: AccountChange,
    pub at: DateTime<Utc>,
    /// None: to the address they have.
    pub to: Option<String>,
}

impl Work for AccountChanged {
    fn kind() -> &'static str {
        "account_changed"
    }
}

/// What has changed about how somebody signs in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountChange {
    SecondFactorAdded,
    SecondFactorRemoved,
    RecoveryCodeUsed,
    RecoveryCodesMade,
    EmailChanged,
    PasskeyAdded,
    PasskeyRemoved,
    AppRemoved,
    DataExported,
}

/// To the address that an account is to have.
#[derive(Debug, Serialize, Deserialize)]
pub struct ConfirmEmail {
    pub person: PersonId,
    /// The one that it had when this was asked for.
    pub from: String,
    pub email: String,
    pub at: DateTime<Utc>,
}

impl Work for ConfirmEmail {
    fn kind() -> &'static str {
        "confirm_email"
    }
}

/// To a coordinator: somebody's address gives mail back, or they do not want it.
#[derive(Debug, Serialize, Deserialize)]
pub struct MailTrouble {
    pub person: PersonId,
    pub reader: PersonId,
    pub at: DateTime<Utc>,
}

impl Work for MailTrouble {
    fn kind() -> &'static str {
        "mail_trouble"
    }
}
