//! Pages on which a request is answered, made from values already loaded.

use maud::{Markup, html};

use crate::{
    bookings::change::answer::Answer,
    bookings::{
        Meeting, Preparation, event,
        pages::{said_fields, when},
    },
    html::{
        Page,
        form::{self, Field},
        layout::Chrome,
        time::{self},
    },
    input::Problems,
    people::introduction::{self, Introduced},
    schedule::{Span, Zone},
};

/// What a host has on the day of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Around {
    pub span: Span,
    /// A session here; else busy in another calendar.
    pub is_session: bool,
}

/// A request, who asks, and what the host has on that day, in order.
pub struct Asked<'a> {
    pub meeting: &'a Meeting,
    pub introduced: &'a Introduced,
    pub around: &'a [Around],
}

pub fn answer(
    chrome: &Chrome,
    asked: &Asked,
    key: &str,
    note: &str,
    problems: &Problems,
) -> Markup {
    let Asked {
        meeting,
        introduced,
        around,
    } = *asked;
    let booking = &meeting.booking;
    let zone = meeting.host.zone();
    let guest = meeting.guest.name.as_str();
    let body = html! {
        div.narrow {
            div.stack {
                h1 {
                    bdi { (meeting.guest.name) }
                    " has asked for a session: "
                    (booking.service_title)
                }
                (when(booking.span(), &zone, &meeting.guest))
                @if let Some(end) = booking.hold_expires_at {
                    p.hint {
                        "The time is held until "
                        (time::moment(end, &zone))
                        ". Then the request expires."
                    }
                }
                (introduction::pages::introduced(&meeting.guest, introduced, None))
                @for (heading, words) in event::spoken(meeting) {
                    section {
                        h2 { (heading) }
                        p.said { (words) }
                    }
                }
                section.card aria-labelledby="day" {
                    h2 #day { "Your " (zone.local(booking.starts_at).format("%A")) }
                    ul.plain {
                        @let own = Around { span: booking.span(), is_session: true };
                        @let mut day: Vec<Around> = around
                            .iter()
                            .copied()
                            .chain([own])
                            .collect();
                        @let () = day.sort_unstable();
                        @for Around { span, is_session } in day {
                            li {
                                (time::clock(span.start, &zone))
                                " to "
                                (time::clock(span.end, &zone))
                                " "
                                @if span == booking.span() {
                                    strong { "this request" }
                                } @else if is_session { "a session" } @else {
                                    "busy in another calendar"
                                }
                            }
                        }
                    }
                    @if around.is_empty() {
                        p.hint { "You have nothing else on this day." }
                    }
                }
                (form::summary(problems))
                form.stack method="post" action={ "/bookings/" (booking.id) "/answer" } {
                    (chrome.csrf_field())
                    @if !key.is_empty() {
                        input type="hidden" name="key" value=(key);
                    }
                    ({
                        Field::new("note", &format!("Message to {guest}"), note)
                            .hint("Only needed if you ask for more details.")
                            .longest(1000)
                            .problems(problems)
                            .text_area(3)
                    })
                    div.row {
                        button.button name="answer" value="approve" { "Approve" }
                        button.button.is-quiet name="answer" value="ask" { "Ask for more details" }
                        button.button.is-danger name="answer" value="decline" { "Decline" }
                    }
                }
            }
        }
    };
    Page {
        chrome,
        title: "Answer a request",
        body,
    }
    .render()
}

/// For a guest who has been asked for more: what they said, to add to.
pub fn say_more(
    chrome: &Chrome,
    meeting: &Meeting,
    said: &Preparation,
    problems: &Problems,
    zone: &Zone,
) -> Markup {
    let booking = &meeting.booking;
    let host = meeting.host.name.as_str();
    let body = html! {
        div.narrow {
            h1 { "Add details" }
            p.lead {
                (booking.service_title)
                " with "
                bdi { (meeting.host.name) }
            }
            (when(booking.span(), zone, &meeting.host))
            @if !booking.asked_for_more.is_empty() {
                div.callout {
                    p {
                        bdi { (meeting.host.name) }
                        " asks: “"
                        (booking.asked_for_more)
                        "”"
                    }
                }
            }
            (form::summary(problems))
            form.stack method="post" action={ "/bookings/" (booking.id) "/said" } {
                (chrome.csrf_field())
                (said_fields(booking, host, said, problems))
                ({
                    Field::new(
                            "material_link",
                            "Link to a document",
                            &said.material_link,
                        )
                        .kind("url")
                        .longest(500)
                        .problems(problems)
                        .input()
                })
                div.row {
                    button.button { "Send" }
                    a.button.is-quiet href={ "/bookings/" (booking.id) } {
                        "Keep the session as it is"
                    }
                }
            }
        }
    };
    Page {
        chrome,
        title: "Add details",
        body,
    }
    .render()
}

/// For a host who has answered from an email.
pub fn answered(chrome: &Chrome, meeting: &Meeting, said: Answer) -> Markup {
    let booking = &meeting.booking;
    let title = match said {
        Answer::Approve => "The session is booked",
        Answer::Decline => "The request is declined",
        Answer::AskForMore => "You have asked for more details",
    };
    let body = html! {
        div.narrow {
            h1 { (title) }
            p.lead {
                (booking.service_title)
                " with "
                bdi { (meeting.guest.name) }
                ", "
                (time::span(booking.span(), &meeting.host.zone()))
            }
            p {
                "We are emailing "
                bdi { (meeting.guest.name) }
                "."
                @if said == Answer::AskForMore { " The time is still held." }
            }
            p {
                a.button href={ "/bookings/" (booking.id) } { "Open the session" }
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
