//! The pages of signing in.

use maud::{Markup, html};

use crate::{
    html::{
        Page,
        form::{self, Field},
        icon,
        layout::Chrome,
    },
    input::Problems,
    people::errand::Errand,
};

const ON_SIGNING_IN: &str = "We’ll hold this time for you as soon as you sign in.";

/// What somebody is asked to sign in for; `sealed`: its words, for the browser to carry.
pub struct Asking<'a> {
    pub errand: &'a Errand,
    pub sealed: &'a str,
}

/// Says what signing in is for, and what comes of it then.
pub fn about(errand: &Errand, then: &str) -> Markup {
    html! {
        @if !errand.about.is_empty() {
            p.callout {
                (icon::clock())
                span {
                    "You are booking "
                    strong { bdi { (errand.about) } }
                    ". "
                    (then)
                }
            }
        }
    }
}

/// The form that sends a link to whatever address is typed.
pub fn ask_for_link(chrome: &Chrome, asking: &Asking, email: &str, problems: &Problems) -> Markup {
    html! {
        form.stack method="post" action="/sign-in" {
            (chrome.csrf_field())
            input type="hidden" name="next" value=(asking.errand.next);
            input type="hidden" name="about" value=(asking.sealed);
            ({
                Field::new("email", "Email address", email)
                    .kind("email")
                    .autocomplete("email")
                    .longest(254)
                    .required()
                    .problems(problems)
                    .input()
            })
            button.button { (icon::mail()) "Send me a link" }
        }
    }
}

pub fn sign_in(chrome: &Chrome, asking: &Asking, email: &str, problems: &Problems) -> Markup {
    let body = html! {
        div.narrow {
            h1 { "Sign in or join" }
            p.lead {
                "Enter your email address and we will send you a link. There is no password to remember."
            }
            (about(asking.errand, ON_SIGNING_IN))
            (form::summary(problems))
            (ask_for_link(chrome, asking, email, problems))
            p.hint {
                "New here? Do the same. Depending on your email address, you can join straight away or a coordinator will look at your request first."
            }
        }
    };
    Page {
        chrome,
        title: "Sign in",
        body,
    }
    .render()
}

pub fn link_sent(chrome: &Chrome, asking: &Asking, email: &str) -> Markup {
    let again = form::address(
        "/sign-in",
        &[("next", &asking.errand.next), ("about", asking.sealed)],
    );
    let body = html! {
        div.narrow {
            h1 { "Check your email" }
            p.lead {
                "We have sent a link to "
                strong {
                    bdi { (email) }
                }
                ". You can use it once, within ten minutes."
            }
            (about(asking.errand, ON_SIGNING_IN))
            p {
                "No email after a minute or two? Check your spam folder, or "
                a href=(again) { "ask for another link" }
                "."
            }
        }
    };
    Page {
        chrome,
        title: "Check your email",
        body,
    }
    .render()
}

/// The page that a mailed link opens. Mail scanners open it too, so it takes a button to get in.
pub fn redeem(chrome: &Chrome, errand: &Errand, token: &str) -> Markup {
    let body = html! {
        div.narrow {
            h1 { "Sign in" }
            p.lead { "Select the button to finish signing in." }
            (about(errand, ON_SIGNING_IN))
            form.stack method="post" action={ "/sign-in/" (token) } {
                (chrome.csrf_field())
                button.button { "Sign in" }
            }
        }
    };
    Page {
        chrome,
        title: "Sign in",
        body,
    }
    .render()
}

pub fn link_is_over(chrome: &Chrome) -> Markup {
    let body = html! {
        div.narrow {
            h1 { "This link no longer works" }
            p.lead { "A sign-in link can be used once, within ten minutes. Ask for a new one." }
            p {
                a.button href="/sign-in" { "Ask for a new link" }
            }
        }
    };
    Page {
        chrome,
        title: "This link no longer works",
        body,
    }
    .render()
}
