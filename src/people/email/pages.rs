//! Pages about changing the address of one's account, made from values already loaded.

use maud::{Markup, html};

use crate::{
    html::{
        Page,
        form::{self, Field},
        icon,
        layout::Chrome,
    },
    input::Problems,
    people::Person,
};

pub fn ask(chrome: &Chrome, person: &Person, typed: &str, problems: &Problems) -> Markup {
    let title = "Change email address";
    let body = html! {
        div.narrow {
            p {
                a href="/me/settings" { "Settings" }
            }
            h1 { (title) }
            p.lead {
                "You use "
                bdi { (person.email) }
                " to sign in and to get emails."
            }
            (form::summary(problems))
            form.stack method="post" action="/me/email" {
                (chrome.csrf_field())
                ({
                    Field::new("email", "New email address", typed)
                        .kind("email")
                        .autocomplete("email")
                        .longest(254)
                        .required()
                        .hint(
                            "We will send a link to this address. Nothing changes until you open it.",
                        )
                        .problems(problems)
                        .input()
                })
                div.row {
                    button.button { (icon::mail()) "Send the link" }
                    a.button.is-quiet href="/me/settings" { "Cancel" }
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

pub fn sent(chrome: &Chrome, email: &str) -> Markup {
    let title = "Check your email";
    let body = html! {
        div.narrow {
            h1 { (title) }
            p.lead {
                "We sent a link to "
                strong {
                    bdi { (email) }
                }
                ". Open it within an hour to use this address."
            }
            p {
                "No email after a minute or two? Check your spam folder, or "
                a href="/me/email" { "try again" }
                "."
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

/// What the link opens; what is wrong with the address, if anything.
pub fn confirm(
    chrome: &Chrome,
    name: &str,
    email: &str,
    token: &str,
    problem: Option<&str>,
) -> Markup {
    let title = "Use this address?";
    let body = html! {
        div.narrow {
            h1 { (title) }
            @if let Some(problem) = problem {
                p.callout.is-wrong role="alert" { (problem) }
                p {
                    bdi { (email) }
                }
                div.row {
                    a.button href="/me/email" { "Use another address" }
                    a.button.is-quiet href="/me/settings" { "Cancel" }
                }
            } @else {
                p.lead {
                    bdi { (name) }
                    " will use "
                    strong {
                        bdi { (email) }
                    }
                    " to sign in and to get emails."
                }
                form.stack method="post" action={ "/email/" (token) } {
                    (chrome.csrf_field())
                    div.row {
                        button.button { (icon::check()) "Use this address" }
                        a.button.is-quiet href="/me/settings" { "Cancel" }
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

pub fn over(chrome: &Chrome) -> Markup {
    let title = "This link no longer works";
    let body = html! {
        div.narrow {
            h1 { (title) }
            p.lead {
                "The link can be used once, within an hour. If your address has not changed yet, ask for a new link."
            }
            p {
                a.button href="/me/email" { "Change email address" }
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
