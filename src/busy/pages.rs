//! The page about calendars that keep their owner busy.

use chrono::{DateTime, Utc};
use maud::{Markup, html};

use super::{BusyCalendar, calendar::MOST};
use crate::{
    html::{
        Page,
        form::{Field, summary, tick_box},
        icon,
        layout::Chrome,
        time,
    },
    input::Problems,
    people::visitor::Visitor,
};

/// What was typed for a new calendar.
#[derive(Clone, Debug, Default)]
pub struct NewCalendar {
    pub label: String,
    pub address: String,
    pub user: String,
}

pub fn calendars(
    visitor: &Visitor,
    calendars: &[BusyCalendar],
    typed: &NewCalendar,
    problems: &Problems,
    now: DateTime<Utc>,
) -> Markup {
    let chrome = &visitor.chrome;
    let body = html! {
        div.narrow {
            p {
                a href="/me/settings" { "Settings" }
            }
            h1 { "Connected calendars" }
            p.lead {
                "Nobody can book you while one of your connected calendars shows you as busy. We keep only the times: no titles, locations or guests."
            }
            @if calendars.is_empty() {
                div.empty {
                    (icon::calendar())
                    p {
                        strong { "You have no connected calendars yet." }
                        " Paste the secret address of your Google, Outlook or iCloud calendar below."
                    }
                }
            }
            @for calendar in calendars { (crate::busy::pages::calendar(visitor, calendar, now)) }
            @if calendars.len() < MOST {
                (summary(problems))
                (by_address(&visitor.chrome, typed, problems))
                form
                    .card
                    .stack
                    method="post"
                    action="/me/busy/file"
                    enctype="multipart/form-data"
                    aria-labelledby="upload"
                {
                    h2 #upload { "Or upload a file" }
                    (chrome.csrf_field())
                    ({
                        Field::new("file", "Calendar file", "")
                            .hint(
                                ".ics, up to 10 MB. We read it once. Upload it again when it changes.",
                            )
                            .required()
                            .problems(problems)
                            .kind("file")
                            .input()
                    })
                    div.row {
                        button.button.is-quiet { "Upload" }
                    }
                }
            } @else {
                p.hint { "You have reached the limit. Remove a calendar to add another." }
            }
        }
    };
    Page {
        chrome,
        title: "Connected calendars",
        body,
    }
    .render()
}

/// A calendar is connected by its address.
fn by_address(chrome: &Chrome, typed: &NewCalendar, problems: &Problems) -> Markup {
    html! {
        form.card.stack method="post" action="/me/busy" aria-labelledby="add" {
            h2 #add { "Add a calendar by its address" }
            (chrome.csrf_field())
            ({
                Field::new("address", "Secret address", &typed.address)
                    .hint(
                        "It begins with https:// or webcal:// and usually ends in .ics. The address of a CalDAV server works too. We store it encrypted and will not show it again.",
                    )
                    .required()
                    .longest(2000)
                    .problems(problems)
                    .input()
            })
            details open[!typed.user.is_empty()] {
                summary { "This calendar needs a username and password" }
                div.stack {
                    p.hint {
                        "Nextcloud, Exchange and CalDAV servers usually need them. If you can, make a password there just for this site (an app password). We store it encrypted and send it only to this server."
                    }
                    ({
                        Field::new("user", "Username", &typed.user)
                            .longest(200)
                            .autocomplete("off")
                            .problems(problems)
                            .input()
                    })
                    ({
                        Field::new("password", "Password", "")
                            .kind("password")
                            .longest(200)
                            .autocomplete("off")
                            .problems(problems)
                            .input()
                    })
                }
            }
            ({
                Field::new("label", "Name", &typed.label)
                    .hint("Only you see this. For example: Work.")
                    .longest(60)
                    .problems(problems)
                    .input()
            })
            div.row {
                button.button { (icon::plus()) "Add" }
            }
            details {
                summary { "Where do I find it?" }
                ul {
                    li {
                        "Google: open Settings, choose the calendar, then copy “Secret address in iCal format”."
                    }
                    li {
                        "Outlook: open Settings, Calendar, Shared calendars, publish the calendar, then copy the ICS link."
                    }
                    li {
                        "iCloud: share the calendar, turn on Public calendar, then copy the link."
                    }
                    li {
                        "Nextcloud: edit the calendar and copy its link. Add your username and an app password here."
                    }
                }
            }
        }
    }
}

fn calendar(visitor: &Visitor, calendar: &BusyCalendar, now: DateTime<Utc>) -> Markup {
    let chrome = &visitor.chrome;
    let ago = |at: DateTime<Utc>| {
        if now - at < chrono::TimeDelta::minutes(1) {
            "just now".to_owned()
        } else {
            format!("{} ago", time::length(now - at))
        }
    };
    let is_waiting = calendar.address.is_some() && calendar.read_at.is_none();
    let path = |what: &str| format!("/me/busy/{}/{what}", calendar.id);
    let reasons = &calendar.skipped.0;
    html! {
        section.card.stack aria-label=(calendar.label) {
            div.row.is-apart {
                h2 {
                    bdi { (calendar.label) }
                }
                @if {
                    calendar.is_old(now)
                        || (calendar.failing_since.is_some()
                            && calendar.next_at.is_none())
                } {
                    span.badge.is-wrong { "Out of date" }
                } @else if calendar.failing_since.is_some() {
                    span.badge { "Not answering" }
                } @else if is_waiting {
                    span.badge { "Not read yet" }
                } @else {
                    span.badge { "Up to date" }
                }
            }
            @if !calendar.host.is_empty() {
                p.hint { (calendar.host) "/…" }
            }
            @if let Some(at) = calendar.read_at {
                p {
                    "Updated "
                    (ago(at))
                    @if let Some(checked) = calendar.checked_at {
                        @if checked > at { ", checked " (ago(checked)) }
                    }
                    ": "
                    (calendar.events)
                    @if calendar.events == 1 { " event." } @else { " events." }
                }
            } @else if calendar.failing_since.is_none() {
                p { "We will fetch it in a moment. Reload this page to see the result." }
            }
            @if let Some(since) = calendar.failing_since {
                div.callout.is-wrong role="status" {
                    p {
                        "We have not been able to read it since "
                        (time::moment(since, &visitor.zone))
                        ". "
                        @if calendar.read_at.is_some() {
                            "We are using the last copy that worked. "
                        }
                        @if let Some(next) = calendar.next_at {
                            "Next try: "
                            (time::moment(next.max(now), &visitor.zone))
                            ". "
                        } @else { "We have stopped trying. " }
                        "Check that the address is still the one your calendar shows, and that any password is still right."
                    }
                    @if calendar.is_old(now) && !calendar.keep_offering {
                        p {
                            strong { "Until we can, none of your times are offered." }
                        }
                    }
                }
            }
            @if !reasons.is_empty() {
                details {
                    summary { "Some of it could not be read (" (reasons.values().sum::<u32>()) ")" }
                    ul {
                        @for (reason, count) in reasons {
                            li {
                                (reason)
                                @if *count > 1 { " (" (count) " times)" }
                                "."
                            }
                        }
                    }
                }
            }
            form.stack method="post" action=(path("choices")) {
                (chrome.csrf_field())
                @if calendar.address.is_some() {
                    ({
                        tick_box(
                            "stop",
                            "yes",
                            "Do not offer my times while this calendar is out of date",
                            !calendar.keep_offering,
                        )
                    })
                    ({
                        tick_box(
                            "count_free",
                            "yes",
                            "Treat events marked as free as busy too",
                            calendar.count_free,
                        )
                    })
                    div.row {
                        button.button.is-quiet.is-small { "Save" }
                    }
                }
            }
            div.row {
                @if calendar.address.is_some() {
                    form method="post" action=(path("read")) {
                        (chrome.csrf_field())
                        button.button.is-quiet.is-small { "Refresh now" }
                    }
                }
                form
                    method="post"
                    action=(path("remove"))
                    data-confirm="Its busy times will be removed, and you can be booked at those times again."
                {
                    (chrome.csrf_field())
                    button.button.is-quiet.is-small { "Remove" }
                }
            }
        }
    }
}
