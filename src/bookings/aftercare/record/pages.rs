//! Pages of a record, made from values already loaded.

use chrono::{DateTime, Utc};
use maud::{Markup, html};

use crate::{
    bookings::Meeting,
    bookings::aftercare::{
        Reliability, Side,
        reliability::{PAUSES_AT, WARNS_AT},
        store::Given,
    },
    html::{
        Page,
        form::{self, Field},
        layout::Chrome,
        time::{self},
    },
    input::Problems,
    people::Person,
    schedule::Zone,
};

/// Somebody's own record.
pub struct Record<'a> {
    pub person: &'a Person,
    /// Set for alumni.
    pub given: Option<Given>,
    pub thanks: &'a [(DateTime<Utc>, String, String)],
    pub reliability: Reliability,
    pub zone: &'a Zone,
}

pub fn record(chrome: &Chrome, record: &Record) -> Markup {
    let body = html! {
        h1 { "Your record" }
        @if let Some(given) = record.given {
            section aria-labelledby="given" {
                h2 #given { "Your contribution" }
                dl.numbers {
                    div {
                        dt { "Hours" }
                        dd { (hours(given.minutes)) }
                    }
                    div {
                        dt { "Sessions" }
                        dd { (given.sessions) }
                    }
                    div {
                        dt { "People" }
                        dd { (given.people) }
                    }
                    div {
                        dt { "Thanks" }
                        dd { (record.thanks.len()) }
                    }
                }
            }
        }
        section aria-labelledby="thanks" {
            h2 #thanks { "Thanks" }
            @if record.thanks.is_empty() {
                p.hint {
                    "There are no thanks yet. People can send them after a session. Only you and the person who wrote them can read them."
                }
            }
            @for (at, from, words) in record.thanks {
                figure.card.thanks {
                    blockquote.said { (words) }
                    figcaption.hint {
                        bdi { (from) }
                        ", "
                        (time::moment(*at, record.zone))
                    }
                }
            }
        }
        section aria-labelledby="reliability" {
            h2 #reliability { "Reliability" }
            p.hint { "Only you and coordinators can see this." }
            (counts(&record.reliability))
        }
    };
    Page {
        chrome,
        title: "Your record",
        body,
    }
    .render()
}

fn hours(minutes: i64) -> String {
    match (minutes / 60, minutes % 60) {
        (hours, 0) => hours.to_string(),
        (hours, rest) => format!("{hours}.{}", rest * 10 / 60),
    }
}

/// The counts of somebody's reliability.
fn counts(record: &Reliability) -> Markup {
    let line = |name: &str, side: &Side| {
        html! {
            tr {
                th scope="row" { (name) }
                td { (side.attended) }
                td { (side.cancelled_late) }
                td { (side.missed) }
            }
        }
    };
    html! {
        div.scroll tabindex="0" role="region" aria-label="Counts" {
            table {
                thead {
                    tr {
                        td {}
                        th scope="col" { "Took place" }
                        th scope="col" { "Cancelled late" }
                        th scope="col" { "Missed" }
                    }
                }
                tbody {
                    // Somebody who never hosts needs no row about it.
                    @if !record.as_host.is_empty() || record.as_guest.is_empty() {
                        (line("As an alumnus", &record.as_host))
                    }
                    (line("As a student", &record.as_guest))
                }
            }
        }
        @if record.strikes > 0 {
            p {
                (record.strikes)
                " sessions cancelled late or missed in the last 30 days. "
                @if record.strikes >= PAUSES_AT {
                    "Booking is paused. A coordinator can lift the pause."
                } @else if record.strikes >= WARNS_AT { "Booking is paused after " (PAUSES_AT) "." }
            }
        }
    }
}

/// A coordinator's view of somebody's record.
/// `ahead`: their sessions and requests ahead; `reason`: why all of them are to be cancelled, as typed.
pub fn record_of(
    chrome: &Chrome,
    person: &Person,
    record: &Reliability,
    ahead: &[Meeting],
    reason: &str,
    problems: &Problems,
    zone: &Zone,
) -> Markup {
    let body = html! {
        div.narrow {
            p {
                a href={ "/coordinate/people/" (person.id) } { "Roles and standing" }
            }
            h1 {
                "Record for "
                bdi { (person.name) }
            }
            (counts(record))
            section aria-labelledby="ahead" {
                h2 #ahead { "Upcoming sessions" }
                @if ahead.is_empty() {
                    p.hint { "There are no upcoming sessions." }
                }
                ul.plain {
                    @for meeting in ahead {
                        li {
                            a href={ "/bookings/" (meeting.booking.id) } {
                                (meeting.booking.service_title)
                            }
                            " with "
                            bdi { (meeting.sides(person.id).1.name) }
                            br;
                            span.hint {
                                (time::span(meeting.booking.span(), zone))
                                ", "
                                (time::zone_in_words(zone, meeting.booking.starts_at))
                            }
                        }
                    }
                }
                @if !ahead.is_empty() {
                    (form::summary(problems))
                    form
                        .card
                        .stack
                        method="post"
                        action={ "/coordinate/people/" (person.id) "/cancel-sessions" }
                        data-confirm={
                            @if ahead.len() == 1 { "This session" } @else {
                                "All "
                                (ahead.len())
                                " sessions"
                            }
                            " will be cancelled, and everybody involved will get an email. This cannot be undone."
                        }
                    {
                        (chrome.csrf_field())
                        h3 { "Cancel all of them" }
                        ({
                            Field::new("reason", "Reason", reason)
                                .hint(
                                    "Everybody in these sessions will see this in their email.",
                                )
                                .required()
                                .longest(500)
                                .problems(problems)
                                .text_area(3)
                        })
                        div.row {
                            button.button.is-danger { "Cancel all sessions" }
                        }
                    }
                }
            }
        }
    };
    Page {
        chrome,
        title: "Record",
        body,
    }
    .render()
}
