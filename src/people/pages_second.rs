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
        .hint("The six digits your app shows right now.")
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
            h1 { "Two-step verification" }
            (form::summary(problems))
            @match state {
                State::Without => {
                    p.lead { "Sign in with the link in your email and a code from an app on your phone. Somebody who can read your email still cannot sign in as you." }
                    form.card.stack method="post" action="/me/second-factor" {
                        (chrome.csrf_field())
                        p { "You need an authenticator app, such as Google Authenticator, Aegis, 2FAS or your password manager." }
                        div.row { button.button { "Set up an app" } }
                    }
                },
                State::Begun(setup) => {
                    section.card.stack aria-labelledby="scan" {
                        h2 #scan { "1. Scan this with your app" }
                        img.qr src={ "data:image/png;base64," (setup.qr) } alt="QR code with the key below";
                        p.hint { "Cannot scan? Type this key into the app:" }
                        p { code.secret { (setup.secret) } }
                    }
                    form.card.stack method="post" action="/me/second-factor/confirm" aria-labelledby="enter" {
                        h2 #enter { "2. Enter the code your app shows" }
                        (chrome.csrf_field())
                        (code_field(problems))
                        div.row { button.button { (icon::check()) "Turn on" } }
                    }
                },
                State::Codes(codes) => {
                    section.card.stack aria-labelledby="codes" {
                        h2 #codes { "Your recovery codes" }
                        p { "If you lose your phone, each of these codes signs you in once. Print them or keep them somewhere safe: they are not shown again." }
                        ul.plain.secret-list { @for code in codes { li { code { (code) } } } }
                        p { a.button href="/me/second-factor" { "I have saved them" } }
                    }
                },
                State::On { codes_left } => {
                    p.lead { "It is on. To sign in you need the link in your email and a code from your app." }
                    section.card.stack aria-labelledby="left" {
                        h2 #left { "Recovery codes" }
                        p { (codes_left) " of " (super::second::RECOVERY_CODES) " left." }
                        form method="post" action="/me/second-factor/codes" data-confirm="The codes you have now will stop working." { (chrome.csrf_field()) button.button.is-quiet { "Make new codes" } }
                    }
                    form.row method="post" action="/me/second-factor/remove" data-confirm="From now on, the link in your email will be enough to sign in." {
                        (chrome.csrf_field())
                        button.button.is-quiet { (icon::trash()) "Turn off" }
                    }
                },
            }
        }
    };
    Page {
        chrome,
        title: "Two-step verification",
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
                button.button { "Continue" }
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
            h1 { "Confirm it’s you" }
            p.lead { "To keep your account safe, sign in again before you go on. Nothing has been changed." }
            form.stack method="post" action="/sign-in" {
                (chrome.csrf_field())
                input type="hidden" name="next" value=(next);
                input type="hidden" name="email" value=(email);
                div.row { button.button { (icon::mail()) "Email me a sign-in link" } }
            }
            p.hint { "We send it to " bdi { (email) } ". It brings you back to where you were." }
        }
    };
    Page {
        chrome,
        title: "Confirm it’s you",
        body,
    }
    .render()
}
