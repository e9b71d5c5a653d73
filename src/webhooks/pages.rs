//! The pages about webhooks, made from values already loaded.

use maud::{Markup, html};

use super::{Line, Webhook};
use crate::{
    html::{
        Page,
        form::{Field, summary, tick_box},
        icon, time,
    },
    input::Problems,
    people::visitor::Visitor,
    webhooks,
};

/// `typed`: the address that was typed.
pub fn webhooks(
    visitor: &Visitor,
    webhooks: &[Webhook],
    typed: &str,
    problems: &Problems,
) -> Markup {
    let chrome = &visitor.chrome;
    let body = html! {
        div.narrow {
            p {
                a href="/me/settings" { "Settings" }
            }
            h1 { "Webhooks" }
            p.lead {
                "Tell Slack, Zapier or your own program at once when a session is requested, booked, moved or cancelled, and what becomes of applications: yours, and those to programs that you lead."
            }
            @if webhooks.is_empty() {
                div.empty {
                    (icon::globe())
                    p { "There are no webhooks yet." }
                }
            }
            ul.plain {
                @for webhook in webhooks {
                    li.row.is-apart {
                        a href={ "/me/webhooks/" (webhook.id) } {
                            (webhook.host)
                            "/…, added "
                            (time::moment(webhook.created_at, &visitor.zone))
                        }
                        @if webhook.disabled_at.is_some() {
                            span.badge.is-wrong { "Stopped" }
                        } @else if webhook.covers_all {
                            span.badge { "All sessions" }
                        } @else {
                            span.badge { "Your sessions" }
                        }
                    }
                }
            }
            (summary(problems))
            form.card.stack method="post" action="/me/webhooks" aria-labelledby="add" {
                h2 #add { "Add a webhook" }
                (chrome.csrf_field())
                ({
                    Field::new("address", "Address", typed)
                        .kind("url")
                        .hint("We store it encrypted and will not show it again.")
                        .required()
                        .longest(2000)
                        .problems(problems)
                        .input()
                })
                @if chrome.is_coordinator || chrome.is_admin {
                    ({
                        tick_box(
                            "covers_all",
                            "yes",
                            "Everybody’s sessions, not just mine",
                            false,
                        )
                    })
                }
                div.row {
                    button.button { (icon::plus()) "Add" }
                }
                p.hint {
                    "Events are signed as described by Standard Webhooks, in the headers webhook-id, webhook-timestamp and webhook-signature."
                }
            }
        }
    };
    Page {
        chrome,
        title: "Webhooks",
        body,
    }
    .render()
}

/// `secret`: the signing key.
pub fn one(visitor: &Visitor, webhook: &Webhook, secret: &str, log: &[Line]) -> Markup {
    let chrome = &visitor.chrome;
    let path = |what: &str| format!("/me/webhooks/{}/{what}", webhook.id);
    let body = html! {
        p {
            a href="/me/webhooks" { "Webhooks" }
        }
        h1 { (webhook.host) "/…" }
        @if let Some(since) = webhook.disabled_at {
            div.callout.is-wrong {
                p {
                    strong { "Stopped" }
                    " since "
                    (time::moment(since, &visitor.zone))
                    " because the address no longer exists, or has not accepted any events for days. Send a test to start it again."
                }
            }
        }
        div.row {
            form method="post" action=(path("test")) {
                (chrome.csrf_field())
                button.button.is-quiet { "Send a test" }
            }
            form
                method="post"
                action=(path("remove"))
                data-confirm="This also deletes its log and anything that has not been delivered yet."
            {
                (chrome.csrf_field())
                button.button.is-quiet { (icon::trash()) "Remove" }
            }
        }
        details {
            summary { "Signing key" }
            p {
                code { (secret) }
            }
            p.hint {
                "Keep this key secret. Anybody who has it can send events to this address that look like ours."
            }
        }
        h2 { "Log" }
        @if log.is_empty() {
            p.hint { "There are no events yet." }
        } @else {
            p.hint {
                "The last 100 events. They are deleted after "
                (webhooks::LOG_STAYS.num_days())
                " days."
            }
            table.records {
                thead {
                    tr {
                        th scope="col" { "Event" }
                        th scope="col" { "When" }
                        th scope="col" { "Outcome" }
                        td {}
                    }
                }
                tbody {
                    @for line in log {
                        tr {
                            th scope="row" {
                                (line.event)
                            }
                            td { (time::moment(line.created_at, &visitor.zone)) }
                            td {
                                @if line.delivered_at.is_some() {
                                    "delivered"
                                    @if let Some(status) = line.last_status { " (" (status) ")" }
                                } @else {
                                    @if let Some(next) = line.next_at {
                                        @if line.attempts == 0 { "on its way" } @else {
                                            "failed attempts: "
                                            (line.attempts)
                                            ", next attempt "
                                            (time::moment(next, &visitor.zone))
                                        }
                                    } @else { "gave up" }
                                    @if let Some(status) = line.last_status { " (" (status) ")" }
                                    @if !line.last_error.is_empty() { ": " (line.last_error) }
                                }
                            }
                            td {
                                form
                                    method="post"
                                    action={ (path("deliveries")) "/" (line.id) "/replay" }
                                {
                                    (chrome.csrf_field())
                                    button.button.is-quiet.is-small {
                                        "Send again"
                                        span.sr-only {
                                            " "
                                            (time::moment(line.created_at, &visitor.zone))
                                        }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    };
    Page {
        chrome,
        title: "Webhook",
        body,
    }
    .render()
}
