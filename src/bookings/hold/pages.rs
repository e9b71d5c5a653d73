//! Pages about a time that is held, made from values already loaded.

use chrono::{DateTime, Utc};
use maud::{Markup, html};

use crate::{
    bookings::{
        Booking, Meeting, Preparation,
        pages::{said_fields, when},
        preparation::{self, store::File},
        rules,
    },
    html::{
        Page,
        form::{self, Field},
        icon,
        layout::Chrome,
        time,
    },
    input::Problems,
    schedule::{Span, Zone},
    slots::{Host, Service, pages::facts_list},
};

/// What is held, and what has been sent for it.
pub struct Held<'a> {
    pub meeting: &'a Meeting,
    pub service: &'a Service,
    pub files: &'a [File],
}

/// The form of a hold: what is the session for?
pub fn hold(
    chrome: &Chrome,
    held: &Held,
    said: &Preparation,
    problems: &Problems,
    zone: &Zone,
    now: DateTime<Utc>,
) -> Markup {
    let Held {
        meeting,
        service,
        files,
    } = *held;
    let booking = &meeting.booking;
    let seconds = booking
        .hold_expires_at
        .map_or(0, |end| (end - now).num_seconds().max(0));
    let host = meeting.host.name.as_str();
    let body = html! {
        div.narrow {
            h1 {
                (booking.service_title)
                " with "
                bdi { (meeting.host.name) }
            }
            (when(booking.span(), zone, &meeting.host))
            (facts_list(service))
            @if let (Some(_), Some(end)) = (booking.wish_id, booking.hold_expires_at) {
                p.callout {
                    (icon::clock())
                    span {
                        "From the waitlist: this time is held for you until "
                        strong { (time::moment(end, zone)) }
                        ". Confirm below to book it."
                    }
                }
            } @else {
                p.callout.countdown data-seconds=(seconds) data-hold={ "/holds/" (booking.id) } {
                    (icon::clock())
                    span {
                        "This time is held for you for another "
                        strong { (minutes_and_seconds(seconds)) }
                        ". Confirm below to book it."
                    }
                }
            }
            (policy(booking, service, zone, now))
            (form::summary(problems))
            form
                #confirm
                .stack
                method="post"
                action={ "/holds/" (booking.id) }
                enctype=[service.needs_file.then_some("multipart/form-data")]
            {
                (chrome.csrf_field())
                (said_fields(booking, host, said, problems))
                @if service.needs_file {
                    p.hint {
                        (host)
                        " would like to see your document beforehand. You can also add it later."
                    }
                    ({
                        preparation::pages::files(
                            chrome,
                            meeting,
                            files,
                            booking.guest_id,
                            false,
                            zone,
                        )
                    })
                    ({
                        preparation::pages::file_field(
                            if files.is_empty() {
                                "Your document"
                            } else {
                                "Another document"
                            },
                            problems,
                        )
                    })
                    ({
                        Field::new(
                                "material_link",
                                "Link to your document",
                                &said.material_link,
                            )
                            .kind("url")
                            .hint(&format!("Make sure that {host} can open it."))
                            .longest(500)
                            .problems(problems)
                            .input()
                    })
                }
                div.row {
                    button.button {
                        (icon::check())
                        @if service.approval { "Ask for this time" } @else { "Confirm the booking" }
                    }
                }
            }
            form #release method="post" action={ "/holds/" (booking.id) "/release" } {
                (chrome.csrf_field())
                button.link {
                    @if booking.wish_id.is_some() { "No thanks, offer it to somebody else" } @else {
                        "Release this time and choose another"
                    }
                }
            }
        }
    };
    Page {
        chrome,
        title: "Confirm your booking",
        body,
    }
    .render()
}

/// What to know before booking: whether it is a request, and until when it can be changed.
fn policy(booking: &Booking, service: &Service, zone: &Zone, now: DateTime<Utc>) -> Markup {
    html! {
        @if service.approval {
            p {
                "This is a request. The time is held for you for up to "
                (service.answer_within_hours)
                " hours, until it is answered."
            }
        }
        @if service.change_notice_hours > 0 {
            @if booking.is_within_notice(now) {
                p.callout {
                    "The session starts in less than "
                    (service.change_notice_hours)
                    " hours. For ten minutes after booking you can still cancel freely. After that, it cannot be moved, and cancelling counts as late."
                }
            } @else {
                p.hint {
                    "The session can be "
                    (rules::changeable(service.seats.is_some()))
                    " until "
                    (time::moment(booking.deadline(), zone))
                    ", "
                    (service.change_notice_hours)
                    " hours before it starts. Cancelling after that counts as late."
                }
            }
        }
    }
}

fn minutes_and_seconds(seconds: i64) -> String {
    format!("{}:{:02}", seconds / 60, seconds % 60)
}

/// A hold that is over: its time may still be free.
pub fn hold_over(
    chrome: &Chrome,
    meeting: &Meeting,
    service: &Service,
    is_free: bool,
    zone: &Zone,
) -> Markup {
    let booking = &meeting.booking;
    let body = html! {
        div.narrow {
            h1 { "This time is no longer held" }
            (when(booking.span(), zone, &meeting.host))
            @if is_free {
                p { "It is still free. Nothing has been booked yet." }
                form method="post" action="/holds" {
                    (chrome.csrf_field())
                    input type="hidden" name="service" value=(booking.service_id);
                    button.button name="start" value=(crate::html::time::instant(booking.starts_at)) {
                        "Hold it again"
                    }
                }
            } @else {
                p { "You released it, somebody else has booked it, or it is too late to book it." }
            }
            p {
                a href={ "/alumni/" (meeting.host_handle) "/" (service.slug) } {
                    "All times with "
                    bdi { (meeting.host.name) }
                }
            }
        }
    };
    Page {
        chrome,
        title: "This time is no longer held",
        body,
    }
    .render()
}

/// Somebody was quicker: what else is free, each a button that holds it.
pub fn taken(
    chrome: &Chrome,
    host: &Host,
    service: &Service,
    problem: &str,
    alternatives: &[Span],
    zone: &Zone,
) -> Markup {
    let body = html! {
        div.narrow {
            h1 { "That time has been taken" }
            div.callout.is-wrong role="alert" {
                p { "Sorry, " (problem) ". Nothing was booked." }
            }
            @if !alternatives.is_empty() {
                h2 { "The nearest free times" }
                p.hint { (time::zone_in_words(zone, alternatives[0].start)) }
                form method="post" action="/holds" {
                    (chrome.csrf_field())
                    input type="hidden" name="service" value=(service.id);
                    ul.slots.is-wide {
                        @for slot in alternatives {
                            li {
                                button
                                    .slot
                                    name="start"
                                    value=(crate::html::time::instant(slot.start))
                                { (time::moment(slot.start, zone)) }
                            }
                        }
                    }
                }
            }
            p {
                a href={ "/alumni/" (host.profile.handle) "/" (service.slug) } {
                    "All times with "
                    bdi { (host.person.name) }
                }
                " · "
                a href="/alumni" { "Find somebody else" }
            }
        }
    };
    Page {
        chrome,
        title: "That time has been taken",
        body,
    }
    .render()
}
