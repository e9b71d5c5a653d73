//! The page about API tokens, made from values already loaded.

use chrono::{DateTime, Utc};
use maud::{Markup, html};

use super::ApiToken;
use crate::{
    html::{
        Page,
        form::{self, Field},
        icon, time,
    },
    input::Problems,
    people::visitor::Visitor,
};

/// The life of a token that works until it is revoked.
pub const NEVER: &str = "never";
/// How long a new token may work: days or `never`, and in words.
pub const LIVES: [(&str, &str); 4] = [
    ("30", "30 days"),
    ("90", "90 days"),
    ("365", "1 year"),
    (NEVER, "Never"),
];

/// What was typed, and what came of it.
#[derive(Debug, Default)]
pub struct Typed {
    pub name: String,
    pub days: String,
    pub problems: Problems,
    /// The secret of the token just made, shown this once.
    pub made: Option<String>,
}

pub fn tokens(visitor: &Visitor, tokens: &[ApiToken], typed: &Typed, now: DateTime<Utc>) -> Markup {
    let (chrome, zone) = (&visitor.chrome, &visitor.zone);
    let body = html! {
        div.narrow {
            p {
                a href="/me/settings" { "Settings" }
            }
            h1 { "API tokens" }
            p.lead {
                "A program with one of these tokens can act as you through the "
                a href="/api/openapi.json" { "API" }
                "."
            }
            @if let Some(secret) = &typed.made {
                section.card.stack aria-labelledby="made" {
                    h2 #made { "Your new token" }
                    p { "Copy it now. You will not see it again." }
                    div.row {
                        code.secret { (secret) }
                        button.button.is-quiet type="button" data-copy-text=(secret) hidden {
                            (icon::copy())
                            "Copy"
                        }
                    }
                }
            }
            @if tokens.is_empty() {
                div.empty {
                    (icon::globe())
                    p { "No tokens yet." }
                }
            }
            ul.cards {
                @for token in tokens {
                    li.card {
                        h2 {
                            bdi { (token.name) }
                            @if token.expires_at.is_some_and(|end| end <= now) {
                                " "
                                span.badge.is-wrong { "Expired" }
                            }
                        }
                        p.hint {
                            "Created "
                            (time::moment(token.created_at, zone))
                            " · "
                            @match token.used_at {
                                Some(at) => { "last used " (time::moment(at, zone)) }
                                None => "never used",
                            }
                            " · "
                            @match token.expires_at {
                                Some(at) => {
                                    "expires "
                                    (time::long_date(zone.local(at).date_naive()))
                                }
                                None => "does not expire",
                            }
                        }
                        form
                            method="post"
                            action={ "/me/tokens/" (token.id) "/revoke" }
                            data-confirm={ "Programs that use “" (token.name) "” will stop working." }
                        {
                            (chrome.csrf_field())
                            button.button.is-quiet.is-small {
                                (icon::trash())
                                "Revoke"
                                span.sr-only { " " (token.name) }
                            }
                        }
                    }
                }
            }
            (form::summary(&typed.problems))
            form.card.stack method="post" action="/me/tokens" aria-labelledby="add" {
                h2 #add { "Create a token" }
                (chrome.csrf_field())
                ({
                    Field::new("name", "Name", &typed.name)
                        .hint("What it is for, such as: attendance spreadsheet.")
                        .required()
                        .longest(60)
                        .problems(&typed.problems)
                        .input()
                })
                ({
                    Field::new("days", "Expiry", &typed.days)
                        .required()
                        .problems(&typed.problems)
                        .select(LIVES.map(|(days, words)| (days, words.to_owned())))
                })
                div.row {
                    button.button { (icon::plus()) "Create" }
                }
            }
        }
    };
    Page {
        chrome,
        title: "API tokens",
        body,
    }
    .render()
}
