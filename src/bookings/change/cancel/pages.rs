//! Pages that ask before a session is cancelled, made from values already loaded.

use chrono::{DateTime, Utc};
use maud::{Markup, html};

use crate::{
    bookings::{Booking, Meeting, Status, event, pages::when},
    db::PersonId,
    html::{
        Page,
        form::{self, Field},
        layout::Chrome,
        time::{self},
    },
    input::Problems,
};

/// What the page before cancelling shows. `key` is the mail's, for a reader who is not signed in.
pub struct Cancelling<'a> {
    pub meeting: &'a Meeting,
    pub reader: PersonId,
    pub key: &'a str,
    pub reason: &'a str,
    /// Whether the host offers the time to nobody else.
    pub closes_time: bool,
    pub problems: &'a Problems,
    pub now: DateTime<Utc>,
}

pub fn cancel(chrome: &Chrome, asking: &Cancelling) -> Markup {
    let Cancelling {
        meeting,
        reader,
        key,
        reason,
        closes_time,
        problems,
        now,
    } = *asking;
    let booking = &meeting.booking;
    let is_host = reader == booking.host_id;
    let (own, other) = meeting.sides(reader);
    let is_group = event::is_about_all(meeting, reader);
    let is_request = booking.status == Status::Pending;
    let is_late = !is_request && booking.is_late(now);
    let is_seat = booking.group_id.is_some() && !is_host;
    let title = match (is_request, is_late) {
        (true, _) => "Withdraw this request?",
        (_, true) => "Tell them you cannot make it?",
        _ if is_seat => "Give up your seat?",
        _ => "Cancel this session?",
    };
    let body = html! {
        div.narrow {
            h1 { (title) }
            p.lead { (event::title(meeting, reader)) }
            (when(booking.span(), &own.zone(), if is_group { own } else { other }))
            @if is_late {
                div.callout.is-wrong {
                    p {
                        strong { "The deadline for cancelling has passed." }
                        " It was "
                        (time::moment(booking.deadline(), &own.zone()))
                        ". You can still tell them now. This cancels the session and counts as late."
                    }
                }
            }
            @if is_group {
                div.callout {
                    p {
                        "This is a group session. It will be cancelled for everybody in it, and they will all be told."
                    }
                }
            }
            (form::summary(problems))
            form.stack method="post" action={ "/bookings/" (booking.id) "/cancel" } {
                (chrome.csrf_field())
                @if !key.is_empty() {
                    input type="hidden" name="key" value=(key);
                }
                @if is_late {
                    input type="hidden" name="late" value="yes";
                }
                ({
                    Field::new("reason", "Reason", reason)
                        .hint(
                            &if is_group {
                                "Everybody in the group will see this.".to_owned()
                            } else {
                                format!("{} will see this.", other.name.as_str())
                            },
                        )
                        .longest(500)
                        .problems(problems)
                        .text_area(3)
                })
                @if is_host && key.is_empty() {
                    ({
                        form::tick_box(
                            "close",
                            "yes",
                            "Do not offer this time to anybody else",
                            closes_time,
                        )
                    })
                }
                div.row {
                    button.button.is-danger {
                        @if is_request { "Withdraw the request" } @else if is_late {
                            "Tell them now"
                        } @else if is_seat { "Give up my seat" } @else { "Cancel the session" }
                    }
                    @if key.is_empty() {
                        a.button.is-quiet href={ "/bookings/" (booking.id) } {
                            @if is_request { "Keep the request" } @else if is_seat {
                                "Keep my seat"
                            } @else { "Keep the session" }
                        }
                    }
                }
            }
            p.hint {
                @if !is_host || !key.is_empty() {
                    "The "
                    @if booking.group_id.is_some() { "seat" } @else { "time" }
                    " will be free for others at once. "
                }
                "This cannot be undone"
                @if !is_host { ", but you can book again" }
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

/// What is said to somebody who has just cancelled.
pub fn done(booking: &Booking, reader: PersonId) -> &'static str {
    let is_host = reader == booking.host_id;
    match booking.group_id {
        _ if booking.ended_as_request() => "Withdrawn. We are emailing both of you.",
        Some(_) if is_host => "Cancelled. We are emailing everybody in the group.",
        Some(_) => "You have given up your seat. We are emailing both of you.",
        None => "Cancelled. We are emailing both of you.",
    }
}

/// For somebody who has cancelled from an email.
pub fn cancelled(chrome: &Chrome, meeting: &Meeting, reader: PersonId) -> Markup {
    let (own, other) = meeting.sides(reader);
    let title = match meeting.booking.ended_as_request() {
        true => "Withdrawn",
        false => "Cancelled",
    };
    let body = html! {
        div.narrow {
            h1 { (title) }
            p.lead {
                (meeting.booking.service_title)
                " with "
                bdi { (other.name) }
                ", "
                (time::span(meeting.booking.span(), &own.zone()))
            }
            p {
                (done(&meeting.booking, reader))
                " Calendars that support invitations will remove the event automatically."
            }
            @if reader == meeting.booking.guest_id {
                p {
                    a.button href={ "/alumni/" (meeting.host_handle) } { "Find another time" }
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
