//! Pages about the second factor, made from values already loaded.

use maud::{Markup, html};

use super::{second::Setup, visitor::Visitor};
use crate::{
    html::{
        Page,
        form::{self, Field},
        icon,
        layout::Chrome,
    },
    input::Problems,
};

/// Where somebody is with it.
pub enum State {
    /// By the link alone.
    Without,
    /// The app is to show its first code.
    Begun(Setup),
    /// So many recovery codes are left.
    On { codes_left: i64 },
    /// Just made, shown this once.
    Codes(Vec<String>),
}

fn code_field(problems: &Problems) -> Markup {
    Field::new("code", "Code", "")
        .hint("Six digits, as the app shows them now.")
        .autocomplete("one-time-code")
        .longest(20)
        .required()
        .problems(problems)
        .input()
}

pub fn settings(visitor: &Visitor, state: &State, problems: &Problems) -> Markup {
    let chrome = &visitor.chrome;
    let body = html! {
        div.narrow {
            p { a href="/me/settings" { "Settings" } }
            h1 { "Second factor" }
            (form::summary(problems))
            @match state {
                State::Without => {
                    p.lead { "Besides the link in your mail, a code of an app on your phone: whoever reads your mail cannot sign in as you." }
                    form.card.stack method="post" action="/me/second-factor" {
                        (chrome.csrf_field())
                        p { "You need an authenticator app, such as Aegis, 2FAS, Google Authenticator or the one in your password manager." }
                        div.row { button.button { "Set up an app" } }
                    }
                },
                State::Begun(setup) => {
                    section.card.stack aria-labelledby="scan" {
                        h2 #scan { "1. Scan this with the app" }
                        img.qr src={ "data:image/png;base64," (setup.qr) } alt="QR code with the key below";
                        p.hint { "Cannot scan? Type this key into the app:" }
                        p { code.secret { (setup.secret) } }
                    }
                    form.card.stack method="post" action="/me/second-factor/confirm" aria-labelledby="enter" {
                        h2 #enter { "2. Enter the code that the app shows" }
                        (chrome.csrf_field())
                        (code_field(problems))
                        div.row { button.button { (icon::check()) "Turn on" } }
                    }
                },
                State::Codes(codes) => {
                    section.card.stack aria-labelledby="codes" {
                        h2 #codes { "Your recovery codes" }
                        p { "Each of them signs you in once, should you lose your phone. Print them or keep them in a safe place: they are not shown again." }
                        ul.plain.secret-list { @for code in codes { li { code { (code) } } } }
                        p { a.button href="/me/second-factor" { "I have kept them" } }
                    }
                },
                State::On { codes_left } => {
                    p.lead { "It is on: signing in takes the link and a code of your app." }
                    section.card.stack aria-labelledby="left" {
                        h2 #left { "Recovery codes" }
                        p { (codes_left) " of " (super::second::RECOVERY_CODES) " are left." }
                        form method="post" action="/me/second-factor/codes" data-confirm="The codes you have now will stop working." { (chrome.csrf_field()) button.button.is-quiet { "Make new codes" } }
                    }
                    form.row method="post" action="/me/second-factor/remove" data-confirm="From now on the link in your mail will be enough to sign in as you." {
                        (chrome.csrf_field())
                        button.button.is-quiet { (icon::trash()) "Turn off" }
                    }
                },
            }
        }
    };
    Page {
        chrome,
        title: "Second factor",
        body,
    }
    .render()
}

/// Asks for the code, after the link.
pub fn challenge(chrome: &Chrome, next: &str, problems: &Problems) -> Markup {
    let body = html! {
        div.narrow {
            h1 { "Enter your code" }
            p.lead { "Open the authenticator app on your phone." }
            (form::summary(problems))
            form.stack method="post" action="/second-factor" {
                (chrome.csrf_field())
                input type="hidden" name="next" value=(next);
                (code_field(problems))
                button.button { "Go on" }
            }
            p.hint { "Lost your phone? Enter one of your recovery codes instead. Without those, ask an administrator." }
        }
    };
    Page {
        chrome,
        title: "Enter your code",
        body,
    }
    .render()
}

/// Asks somebody who is signed in to prove it again, before what matters; by a link, if they have no app.
pub fn again(chrome: &Chrome, email: &str, next: &str) -> Markup {
    let body = html! {
        div.narrow {
            h1 { "Is it you?" }
            p.lead { "What you were about to do takes a fresh sign-in. Nothing was changed." }
            form.stack method="post" action="/sign-in" {
                (chrome.csrf_field())
                input type="hidden" name="next" value=(next);
                input type="hidden" name="email" value=(email);
                div.row { button.button { (icon::mail()) "Send a link to " bdi { (email) } } }
            }
            p.hint { "Its button brings you back to where you were." }
        }
    };
    Page {
        chrome,
        title: "Is it you?",
        body,
    }
    .render()
}
