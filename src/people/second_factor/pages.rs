//! Pages about the second factor, made from values already loaded.

use maud::{Markup, html};

use super::{Setup, store::PasskeyRow};
use crate::{
    html::{
        Page,
        form::{self, Field},
        icon,
        layout::Chrome,
        time,
    },
    ical::mailto,
    input::Problems,
    people::visitor::Visitor,
};

/// Where somebody is with an authenticator app.
pub enum AppState {
    Without,
    /// The app is to show its first code.
    Begun(Setup),
    On,
}

/// Where somebody is with two-step verification.
pub struct State {
    pub app: AppState,
    pub passkeys: Vec<PasskeyRow>,
    /// Whether the site can have passkeys.
    pub offers_passkeys: bool,
    /// How many recovery codes are left.
    pub codes_left: i64,
}

impl State {
    /// What is asked before a method is removed: `words`, unless nothing is left then.
    fn unless_last(&self, words: &'static str) -> &'static str {
        let methods = self.passkeys.len() + usize::from(matches!(self.app, AppState::On));
        match methods {
            1 => {
                "This is the only method you have set up. Two-step verification will be turned off, and your recovery codes will stop working."
            }
            _ => words,
        }
    }

    fn is_on(&self) -> bool {
        matches!(self.app, AppState::On) || !self.passkeys.is_empty()
    }
}

fn code_field(problems: &Problems) -> Markup {
    Field::new("code", "Code", "")
        .hint("The six digits your app is showing now.")
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
            p {
                a href="/me/settings" { "Settings" }
            }
            h1 { "Two-step verification" }
            (form::summary(problems))
            @if visitor.lacks_second {
                p.lead {
                    "You need two-step verification because you are a coordinator or administrator and can see other people’s data. Set it up with one of the methods below."
                }
            } @else if state.is_on() {
                p.lead {
                    "Two-step verification is on. To sign in, you need the link in your email and one of the methods below."
                }
            } @else {
                p.lead {
                    "Sign in with the link in your email and something that only you have. Somebody who can read your email still cannot sign in as you."
                }
            }
            @if state.offers_passkeys {
                (passkeys(visitor, state))
            }
            (app(chrome, state, problems))
            @if state.is_on() {
                (recovery(chrome, state.codes_left))
                form
                    .row
                    method="post"
                    action="/me/second-factor/remove"
                    data-confirm="From now on, the link in your email will be enough to sign in."
                {
                    (chrome.csrf_field())
                    button.button.is-quiet { (icon::trash()) "Turn off two-step verification" }
                }
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

/// The passkeys there are, and one more.
fn passkeys(visitor: &Visitor, state: &State) -> Markup {
    let (chrome, zone) = (&visitor.chrome, &visitor.zone);
    html! {
        section #passkey.card.stack aria-labelledby="passkeys" {
            h2 #passkeys { "Passkeys" }
            p {
                "Use your fingerprint, your face, your device’s PIN or a security key. There is no code to type."
            }
            @if !state.passkeys.is_empty() {
                ul.plain.stack {
                    @for key in &state.passkeys {
                        li.row {
                            span {
                                strong {
                                    bdi { (key.name) }
                                }
                                br;
                                span.hint {
                                    "added "
                                    (time::moment(key.created_at, zone))
                                    @match key.used_at {
                                        Some(at) => {
                                            ", last used "
                                            (time::moment(at, zone))
                                        }
                                        None => ", never used",
                                    }
                                }
                            }
                            form
                                method="post"
                                action={ "/me/passkeys/" (key.id) "/remove" }
                                data-confirm=({
                                    state.unless_last(
                                        "You will no longer be able to sign in with this passkey.",
                                    )
                                })
                            {
                                (chrome.csrf_field())
                                button.button.is-quiet {
                                    (icon::trash())
                                    "Remove"
                                    span.sr-only { " " (key.name) }
                                }
                            }
                        }
                    }
                }
            }
            form method="post" action="/me/passkeys" {
                (chrome.csrf_field())
                button.button.is-quiet { (icon::plus()) "Add a passkey" }
            }
        }
    }
}

/// The authenticator app, at each step.
fn app(chrome: &Chrome, state: &State, problems: &Problems) -> Markup {
    html! {
        section.card.stack aria-labelledby="app" {
            h2 #app { "Authenticator app" }
            @match &state.app {
                AppState::Without => {
                    p {
                        "An app such as Google Authenticator, Aegis, 2FAS or your password manager shows a new code every 30 seconds."
                    }
                    form method="post" action="/me/second-factor" {
                        (chrome.csrf_field())
                        button.button.is-quiet { (icon::plus()) "Set up an app" }
                    }
                }
                AppState::Begun(setup) => {
                    h3 { "1. Scan this with your app" }
                    img .qr
                        src={ "data:image/png;base64," (setup.qr) }
                        alt="QR code for the key below";
                    p.hint { "Cannot scan it? Type this key into the app:" }
                    p {
                        code.secret { (setup.secret) }
                    }
                    h3 #enter { "2. Enter the code your app shows" }
                    form
                        .stack
                        method="post"
                        action="/me/second-factor/confirm"
                        aria-labelledby="enter"
                    {
                        (chrome.csrf_field())
                        (code_field(problems))
                        div.row {
                            button.button { (icon::check()) "Turn on" }
                        }
                    }
                    form method="post" action="/me/second-factor/app/remove" {
                        (chrome.csrf_field())
                        button.link { "Cancel" }
                    }
                }
                AppState::On => {
                    p { "Your app is set up." }
                    form
                        method="post"
                        action="/me/second-factor/app/remove"
                        data-confirm=({
                            state.unless_last(
                                "You will no longer be able to sign in with codes from the app.",
                            )
                        })
                    {
                        (chrome.csrf_field())
                        button.button.is-quiet {
                            (icon::trash())
                            "Remove"
                            span.sr-only { " the app" }
                        }
                    }
                }
            }
        }
    }
}

/// How many recovery codes are left.
fn recovery(chrome: &Chrome, left: i64) -> Markup {
    html! {
        section.card.stack aria-labelledby="left" {
            h2 #left { "Recovery codes" }
            p {
                "Use one of these if you lose your phone or your key. "
                (left)
                " of "
                (crate::people::second_factor::RECOVERY_CODES)
                " left."
            }
            form
                method="post"
                action="/me/second-factor/codes"
                data-confirm="The codes you have now will stop working."
            {
                (chrome.csrf_field())
                button.button.is-quiet { "Make new codes" }
            }
        }
    }
}

/// Codes just made, shown this once.
pub fn codes(chrome: &Chrome, codes: &[String]) -> Markup {
    let title = "Your recovery codes";
    let body = html! {
        div.narrow {
            h1 { (title) }
            p.lead {
                "If you lose your phone or your key, you can sign in once with each of these codes. Print them or keep them somewhere safe. You will not see them again."
            }
            ul.plain.secret-list {
                @for code in codes {
                    li {
                        code { (code) }
                    }
                }
            }
            p {
                a.button href="/me/second-factor" { "I have saved them" }
            }
        }
    };
    Page {
        chrome,
        title,
        body,
    }
    .render()
}

/// Lets the browser make a passkey; `options` is what it is asked for, as JSON.
pub fn add_passkey(chrome: &Chrome, name: &str, options: &str, problems: &Problems) -> Markup {
    let title = "Add a passkey";
    let body = html! {
        div.narrow {
            p {
                a href="/me/second-factor" { "Two-step verification" }
            }
            h1 { (title) }
            (form::summary(problems))
            form
                #passkey
                .stack
                .card
                method="post"
                action="/me/passkeys/add"
                data-passkey="create"
                data-options=(options)
            {
                (chrome.csrf_field())
                input type="hidden" name="credential" value="";
                ({
                    Field::new("name", "Name", name)
                        .hint("To tell it apart from others. For example: My phone.")
                        .longest(60)
                        .required()
                        .problems(problems)
                        .input()
                })
                p.problem role="alert" hidden {}
                div.row {
                    button.button { "Continue" }
                    a.button.is-quiet href="/me/second-factor" { "Cancel" }
                }
                noscript {
                    p.problem {
                        "Passkeys need JavaScript, which is off in this browser. An authenticator app works without it."
                    }
                }
            }
        }
    };
    Page {
        chrome,
        title,
        body,
    }
    .render()
}

/// The ways in which somebody can verify that it is them.
pub struct Ways<'a> {
    /// What the browser is asked for, as JSON, of who has a passkey.
    pub options: Option<&'a str>,
    pub has_app: bool,
    /// Whom to write to when all of them are lost.
    pub contact: &'a str,
}

/// Asks for the second step, after the link.
pub fn challenge(chrome: &Chrome, next: &str, ways: &Ways, problems: &Problems) -> Markup {
    let title = "Verify it’s you";
    let body = html! {
        div.narrow {
            h1 { (title) }
            (form::summary(problems))
            @if let Some(options) = ways.options {
                form
                    #passkey
                    .stack
                    .card
                    method="post"
                    action="/second-factor/passkey"
                    data-passkey="get"
                    data-options=(options)
                {
                    (chrome.csrf_field())
                    input type="hidden" name="next" value=(next);
                    input type="hidden" name="credential" value="";
                    p.problem role="alert" hidden {}
                    div.row {
                        button.button { "Use your passkey" }
                    }
                    noscript {
                        p.problem {
                            "Passkeys need JavaScript, which is off in this browser. Enter a code instead."
                        }
                    }
                }
            }
            form.stack method="post" action="/second-factor" {
                (chrome.csrf_field())
                input type="hidden" name="next" value=(next);
                ({
                    Field::new(
                            "code",
                            if ways.has_app { "Code" } else { "Recovery code" },
                            "",
                        )
                        .hint(
                            if ways.has_app {
                                "From your authenticator app, or one of your recovery codes."
                            } else {
                                "One of your recovery codes."
                            },
                        )
                        .autocomplete("one-time-code")
                        .longest(20)
                        .required()
                        .problems(problems)
                        .input()
                })
                div.row {
                    button.button.is-quiet[ways.options.is_some()] { "Continue" }
                }
            }
            p.hint {
                "Lost all of these? Email "
                a href=(mailto(ways.contact)) { (ways.contact) }
                "."
            }
            form method="post" action="/sign-out" {
                (chrome.csrf_field())
                button.link { "Start again" }
            }
        }
    };
    Page {
        chrome,
        title,
        body,
    }
    .render()
}

/// Asks somebody who is signed in to prove it again, before what matters; by a link, if they have no second factor.
pub fn again(chrome: &Chrome, email: &str, next: &str) -> Markup {
    let body = html! {
        div.narrow {
            h1 { "Confirm it’s you" }
            p.lead {
                "To keep your account safe, sign in again before you continue. Nothing has been changed."
            }
            form.stack method="post" action="/sign-in" {
                (chrome.csrf_field())
                input type="hidden" name="next" value=(next);
                input type="hidden" name="email" value=(email);
                div.row {
                    button.button { (icon::mail()) "Email me a sign-in link" }
                }
            }
            p.hint {
                "We will send it to "
                bdi { (email) }
                ". It brings you back to where you were."
            }
        }
    };
    Page {
        chrome,
        title: "Confirm it’s you",
        body,
    }
    .render()
}
