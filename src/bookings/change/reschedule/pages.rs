//! The page on which a session is moved, made from values already loaded.

use chrono::NaiveDate;
use maud::{Markup, html};

use crate::{
    bookings::{Meeting, event, pages::when},
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
                        dd { (time::span(to, &other.zone_for(zone))) }
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
