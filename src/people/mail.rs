//! Letters about accounts, made from values already loaded.

use super::{JoinRequest, Person, invitation::store::Invitation, jobs::AccountChange};
use crate::mail::{Envelope, Letter, body::Block, report::Trouble};

pub fn sign_in_link(envelope: Envelope, site: &str, url: String) -> Letter {
    let blocks = [
        Block::Paragraph(
            "Open this page and select the button on it. You can use the link once, within ten minutes."
                .into(),
        ),
        Block::Button {
            label: "Sign in",
            url,
        },
        Block::Small(
            "If you did not ask for this, ignore this email. Nobody can sign in without it.".into(),
        ),
    ];
    envelope.letter(&format!("Sign in to {site}"), &blocks)
}

pub fn join_asked(envelope: Envelope, site: &str, request: &JoinRequest, url: String) -> Letter {
    let mut blocks = vec![
        Block::Paragraph(format!(
            "{} has asked to join as {}.",
            request.name,
            request.role.with_article()
        )),
        Block::Facts(vec![
            ("Name", request.name.clone()),
            ("Email address", request.email.clone()),
        ]),
    ];
    if !request.message.is_empty() {
        blocks.push(Block::Quote("They write:".into(), request.message.clone()));
    }
    blocks.push(Block::Button {
        label: "Decide",
        url,
    });
    envelope.letter(&format!("Somebody has asked to join {site}"), &blocks)
}

pub fn join_decided(
    envelope: Envelope,
    site: &str,
    approved: bool,
    reason: &str,
    url: String,
) -> Letter {
    if approved {
        let blocks = [
            Block::Paragraph(
                "A coordinator has approved your request. You can sign in with this address."
                    .into(),
            ),
            Block::Button {
                label: "Sign in",
                url,
            },
        ];
        envelope.letter(&format!("Welcome to {site}"), &blocks)
    } else {
        let mut blocks = vec![Block::Paragraph(
            "A coordinator has looked at your request to join and could not approve it. \
             If you think that is a mistake, reply to this email."
                .into(),
        )];
        if !reason.is_empty() {
            blocks.push(Block::Quote("Reason:".into(), reason.to_owned()));
        }
        envelope.letter(&format!("Your request to join {site}"), &blocks)
    }
}

/// To somebody whom a coordinator invites.
pub fn invited(
    envelope: Envelope,
    site: &str,
    inviter: &str,
    invitation: &Invitation,
    url: String,
) -> Letter {
    let mut blocks = vec![Block::Paragraph(format!(
        "{inviter} has invited you to join {site} as {}.",
        invitation.role.with_article()
    ))];
    if !invitation.message.is_empty() {
        blocks.push(Block::Quote(
            format!("{inviter} writes:"),
            invitation.message.clone(),
        ));
    }
    blocks.push(Block::Button {
        label: "Accept the invitation",
        url,
    });
    blocks.push(Block::Small(
        "The link works for 30 days. If you do not want to join, ignore this email and you will not hear from us again."
            .into(),
    ));
    envelope.letter(&format!("{inviter} invites you to {site}"), &blocks)
}

/// To the address that an account is to have.
pub fn confirm_email(envelope: Envelope, site: &str, person: &str, url: String) -> Letter {
    let blocks = [
        Block::Paragraph(format!(
            "{person} wants to use this address for their {site} account. If that is you, open this page and select the button on it within an hour."
        )),
        Block::Button {
            label: "Use this address",
            url,
        },
        Block::Small("If this is not you, ignore this email and nothing will change.".into()),
    ];
    envelope.letter("Confirm your new email address", &blocks)
}

/// To a coordinator: somebody's mail comes back, or they do not want it; what the mail server said.
pub fn trouble(
    envelope: Envelope,
    whose: &Person,
    trouble: Trouble,
    said: &str,
    url: String,
) -> Letter {
    let (subject, what) = match trouble {
        Trouble::Bounce => (
            format!("Emails to {} bounce", whose.name),
            format!(
                "Emails to {} at {} are not being delivered. {0} will miss invitations and changes until there is another \
                 address. Ask them for one in some other way, or cancel their sessions.",
                whose.name, whose.email
            ),
        ),
        Trouble::Complaint => (
            format!("{} marked an email as spam", whose.name),
            format!(
                "{} ({}) has marked an email from this site as spam. Ask them whether they still want to take part.",
                whose.name, whose.email
            ),
        ),
    };
    let mut blocks = vec![Block::Paragraph(what)];
    if !said.is_empty() {
        blocks.push(Block::Small(format!("The mail server said: {said}")));
    }
    blocks.push(Block::Button {
        label: "Open their account",
        url,
    });
    envelope.letter(&subject, &blocks)
}

/// What has changed about how the reader signs in, so that nobody does it unseen.
pub fn account_changed(
    envelope: Envelope,
    change: AccountChange,
    url: String,
    contact: &str,
) -> Letter {
    let (subject, said) = match change {
        AccountChange::SecondFactorAdded => (
            "Two-step verification is on",
            "From now on, you need the link in your email and a code from your app to sign in.",
        ),
        AccountChange::SecondFactorRemoved => (
            "Two-step verification is off",
            "From now on, the link in your email is enough to sign in to your account.",
        ),
        AccountChange::RecoveryCodesMade => (
            "New recovery codes were made",
            "The recovery codes you had before no longer work.",
        ),
        AccountChange::RecoveryCodeUsed => (
            "A recovery code was used",
            "Somebody has signed in to your account with one of your recovery codes.",
        ),
        AccountChange::PasskeyAdded => (
            "A passkey was added",
            "You can use it to verify it’s you when you sign in with the link in your email.",
        ),
        AccountChange::PasskeyRemoved => (
            "A passkey was removed",
            "A passkey was removed from your account. Your other ways to verify it’s you still work.",
        ),
        AccountChange::AppRemoved => (
            "Your authenticator app was removed",
            "You can no longer sign in with codes from the app. Your passkeys still work.",
        ),
        AccountChange::DataExported => (
            "A coordinator downloaded your data",
            "A coordinator downloaded a copy of your account, without your notes, files or what you wrote for sessions. Coordinators do this when somebody asks for their data.",
        ),
        AccountChange::EmailChanged => (
            "Your email address was changed",
            "Your account now has a different email address. You can no longer sign in with this one.",
        ),
    };
    let mut blocks = vec![Block::Paragraph(said.into())];
    let is_out_of_reach = matches!(
        change,
        AccountChange::EmailChanged | AccountChange::DataExported
    );
    if is_out_of_reach {
        // Whoever was cheated cannot sign in with this address, or has nothing to change in the settings.
        blocks.push(Block::Paragraph(format!(
            "If you did not ask for this, email {contact} at once."
        )));
    } else {
        blocks.push(Block::Paragraph(format!(
            "If this was not you, choose “Sign out everywhere” in your settings and email {contact}."
        )));
        blocks.push(Block::Button {
            label: "Open your settings",
            url,
        });
    }
    envelope.letter(subject, &blocks)
}
