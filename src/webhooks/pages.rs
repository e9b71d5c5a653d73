//! The pages about webhooks, made from values already loaded.

use maud::{Markup, html};

use super::{Line, Webhook, rules::event_type};
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
            p { a href="/me/settings" { "Settings" } }
            h1 { "Webhooks" }
            p.lead { "Slack, Zapier or a program of your own hears at once when a session is asked for, booked, moved or cancelled." }
            @if webhooks.is_empty() { div.empty { (icon::globe()) p { "None yet." } } }
            ul.plain {
                @for webhook in webhooks {
                    li.row.is-apart {
                        a href={ "/me/webhooks/" (webhook.id) } { (webhook.host) "/…, since " (time::moment(webhook.created_at, &visitor.zone)) }
                        @if webhook.disabled_at.is_some() { span.badge.is-wrong { "Stopped" } } @else if webhook.covers_all { span.badge { "All sessions" } } @else { span.badge { "Your sessions" } }
                    }
                }
            }
            (summary(problems))
            form.card.stack method="post" action="/me/webhooks" aria-labelledby="add" {
                h2 #add { "Add a webhook" }
                (chrome.csrf_field())
                (Field::new("address", "Address", typed).kind("url").hint("It is kept encrypted and never shown again.").required().longest(2000).problems(problems).input())
                @if chrome.is_coordinator || chrome.is_admin { (tick_box("covers_all", "yes", "Everybody’s sessions, not only my own", false)) }
                div.row { button.button { (icon::plus()) "Add" } }
                p.hint { "Events are signed as Standard Webhooks say: webhook-id, webhook-timestamp, webhook-signature." }
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
        p { a href="/me/webhooks" { "Webhooks" } }
        h1 { (webhook.host) "/…" }
        @if let Some(since) = webhook.disabled_at {
            div.callout.is-wrong { p { strong { "Stopped" } " since " (time::moment(since, &visitor.zone)) ": it was gone, or took nothing for days. A test starts it again." } }
        }
        div.row {
            form method="post" action=(path("test")) { (chrome.csrf_field()) button.button.is-quiet { "Send a test" } }
            form method="post" action=(path("remove")) data-confirm="Its log goes with it, and what is still to be delivered." { (chrome.csrf_field()) button.button.is-quiet { (icon::trash()) "Remove" } }
        }
        details {
            summary { "Signing key" }
            p { code { (secret) } }
            p.hint { "Whoever knows it can send events in our name to this address." }
        }
        h2 { "Log" }
        @if log.is_empty() { p.hint { "Nothing has happened yet." } }
        @else {
            p.hint { "The last hundred events, kept for " (webhooks::LOG_STAYS.num_days()) " days." }
            table.records {
                thead { tr { th scope="col" { "Event" } th scope="col" { "When" } th scope="col" { "Outcome" } td {} } }
                tbody {
                    @for line in log {
                        tr {
                            th scope="row" { @match line.what { Some(what) => (event_type(what)), None => "test" } }
                            td { (time::moment(line.created_at, &visitor.zone)) }
                            td {
                                @if line.delivered_at.is_some() { "taken" @if let Some(status) = line.last_status { " (" (status) ")" } }
                                @else {
                                    @if let Some(next) = line.next_at { @if line.attempts == 0 { "on its way" } @else { "failed " (line.attempts) "×, next try " (time::moment(next, &visitor.zone)) } } @else { "given up" }
                                    @if let Some(status) = line.last_status { " (" (status) ")" } @if !line.last_error.is_empty() { ": " (line.last_error) }
                                }
                            }
                            td { form method="post" action={ (path("deliveries")) "/" (line.id) "/replay" } { (chrome.csrf_field()) button.button.is-quiet.is-small { "Send again" span.sr-only { " " (time::moment(line.created_at, &visitor.zone)) } } } }
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
