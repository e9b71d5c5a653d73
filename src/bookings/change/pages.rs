//! Pages that ask before a booking is changed, made from values already loaded.

use chrono::{DateTime, NaiveDate, Utc};
use maud::{Markup, html};

use super::answer::Answer;
use crate::{
    bookings::{Booking, Meeting, Preparation, Status, event, pages::when, state::Action},
    db::PersonId,
    html::{
        Page,
        form::{self, Field},
        layout::Chrome,
        time::{self, instant},
    },
    input::{Problems, sentence},
    schedule::{Span, Zone},
};

/// It cannot be done, and why.
pub fn cannot(chrome: &Chrome, meeting: &Meeting, action: Action, reason: &str) -> Markup {
    let title = match action {
        Action::Move => "This session cannot be moved",
        Action::Approve | Action::Decline | Action::AskForMore => "This request cannot be answered",
        Action::SayMore => "Nothing can be added now",
        _ => "This session cannot be cancelled",
    };
    let booking = &meeting.booking;
    let body = html! {
        div.narrow {
            h1 { (title) }
            p.lead { (event::title(meeting, booking.guest_id)) }
            p { (sentence(reason)) }
            div.row {
                a.button href={ "/bookings/" (booking.id) } { "Open the session" }
                @if action == Action::Move && booking.status == Status::Confirmed {
                    a.button.is-quiet href={ "/bookings/" (booking.id) "/cancel" } {
                        "Tell them you cannot make it"
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

/// A request, with what the host has on that day: each span, and whether it is a session.
pub fn answer(
    chrome: &Chrome,
    meeting: &Meeting,
    around: &[(Span, bool)],
    key: &str,
    note: &str,
    problems: &Problems,
) -> Markup {
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
                @for (heading, words) in event::spoken(meeting) {
                    section {
                        h2 { (heading) }
                        p.said { (words) }
                    }
                }
                section.card aria-labelledby="day" {
                    h2 #day { "Your " (zone.local(booking.starts_at).format("%A")) }
                    ul.plain {
                        @let own = (booking.span(), true);
                        @let mut day: Vec<(Span, bool)> = around
                            .iter()
                            .copied()
                            .chain([own])
                            .collect();
                        @let () = day.sort_unstable();
                        @for (span, is_session) in day {
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
                ({
                    Field::new("goals", "What is the session for?", &said.goals)
                        .longest(2000)
                        .required()
                        .problems(problems)
                        .text_area(4)
                })
                ({
                    Field::new(
                            "help_wanted",
                            &format!("How can {host} best help?"),
                            &said.help_wanted,
                        )
                        .longest(2000)
                        .problems(problems)
                        .text_area(3)
                })
                @for (number, question) in booking.questions.0.iter().enumerate() {
                    @let name = format!("answer_{number}");
                    @let field = Field::new(
                            &name,
                            &question.label,
                            said.answers.get(number).map_or("", String::as_str),
                        )
                        .question()
                        .longest(2000)
                        .problems(problems);
                    ({
                        if question.required { field.required() } else { field }
                            .text_area(2)
                    })
                }
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

/// A date and a time as typed.
#[derive(Clone, Debug, Default)]
pub struct Typed {
    pub date: String,
    pub time: String,
}

/// What the page for moving shows.
pub struct Moving<'a> {
    pub meeting: &'a Meeting,
    pub reader: PersonId,
    /// Days with the times that are offered.
    pub days: &'a [(NaiveDate, Vec<Span>)],
    /// First days of what is earlier and later.
    pub earlier: Option<NaiveDate>,
    pub later: Option<NaiveDate>,
    /// The new time, for asking whether it shall be.
    pub to: Option<Span>,
    pub problem: Option<String>,
    /// Why the host should think twice.
    pub warning: Option<String>,
    pub typed: &'a Typed,
    pub problems: &'a Problems,
    pub zone: &'a Zone,
}

pub fn moving(chrome: &Chrome, moving: &Moving) -> Markup {
    let booking = &moving.meeting.booking;
    let (_, other) = moving.meeting.sides(moving.reader);
    let is_host = moving.reader == booking.host_id;
    let is_group = event::is_about_all(moving.meeting, moving.reader);
    let zone = moving.zone;
    let title = match moving.to {
        Some(_) => "Move the session to this time?",
        None => "Move this session",
    };
    let action = format!("/bookings/{}/move", booking.id);
    let body = html! {
        div.narrow {
            h1 { (title) }
            p.lead { (event::title(moving.meeting, moving.reader)) }
            @if let Some(problem) = &moving.problem {
                div.callout.is-wrong role="alert" {
                    p { (sentence(problem)) " Nothing was changed." }
                }
            }
            @if let Some(to) = moving.to {
                dl.facts {
                    dt { "From" }
                    dd { (time::span(booking.span(), zone)) }
                    dt { "To" }
                    dd {
                        strong { (time::span(to, zone)) }
                        br;
                        span.hint { (time::zone_in_words(zone, to.start)) }
                    }
                    @if !is_group && time::differ(to.start, zone, &other.zone()) {
                        dt { "Their time" }
                        dd { (time::span(to, &other.zone())) }
                    }
                }
                @if let Some(warning) = &moving.warning {
                    div.callout.is-wrong role="alert" {
                        p {
                            strong { "Are you sure?" }
                            " "
                            (sentence(warning))
                        }
                    }
                }
                form.row method="post" action=(action) {
                    (chrome.csrf_field())
                    @if moving.warning.is_some() {
                        input type="hidden" name="sure" value="yes";
                    }
                    button.button name="start" value=(instant(to.start)) {
                        @if moving.warning.is_some() { "Move it anyway" } @else {
                            "Move the session"
                        }
                    }
                    a.button.is-quiet href=(action) { "Choose another time" }
                    a.button.is-quiet href={ "/bookings/" (booking.id) } {
                        "Keep the session as it is"
                    }
                }
                p.hint {
                    @if is_group { "Everybody in the group" } @else {
                        bdi { (other.name) }
                    }
                    " will be told at once. Calendars that support invitations will update automatically."
                }
            } @else {
                ({
                    when(
                        booking.span(),
                        zone,
                        if is_group { &moving.meeting.host } else { other },
                    )
                })
                h2 { "Free times" }
                @if moving.days.is_empty() {
                    p {
                        "There are no other free times at the moment."
                        @if !is_host {
                            " You can cancel, or write to "
                            bdi { (other.name) }
                            "."
                        }
                    }
                } @else {
                    p.hint { (time::zone_in_words(zone, booking.starts_at)) }
                    form method="get" action=(action) {
                        @for (day, slots) in moving.days {
                            h3 { (time::long_date(*day)) }
                            ul.slots {
                                @for slot in slots {
                                    li {
                                        button.slot name="start" value=(instant(slot.start)) {
                                            (time::clock(slot.start, zone))
                                        }
                                    }
                                }
                            }
                        }
                    }
                    p.row {
                        @if let Some(day) = moving.earlier {
                            a href={ (action) "?from=" (day) } { "Earlier days" }
                        }
                        @if let Some(day) = moving.later {
                            a href={ (action) "?from=" (day) } { "Later days" }
                        }
                    }
                }
                @if is_host {
                    h2 { "Choose another time" }
                    p.hint { "As the host you can also choose a time outside your hours." }
                    (form::summary(moving.problems))
                    form.stack method="get" action=(action) {
                        div.fields {
                            ({
                                Field::new("date", "Date", &moving.typed.date)
                                    .kind("date")
                                    .required()
                                    .problems(moving.problems)
                                    .input()
                            })
                            ({
                                Field::new("time", "Time", &moving.typed.time)
                                    .kind("time")
                                    .required()
                                    .problems(moving.problems)
                                    .input()
                            })
                        }
                        div.row {
                            button.button.is-quiet { "Check this time" }
                        }
                    }
                }
                p {
                    a href={ "/bookings/" (booking.id) } { "Keep the session as it is" }
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
