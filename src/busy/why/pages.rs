//! The page that says why a time is or is not offered.

use chrono::{DateTime, Days, NaiveDate, Utc};
use maud::{Markup, html};

use super::{Reason, Stretch};
use crate::{
    html::{
        Page,
        form::{Field, address, summary},
        icon, time,
    },
    input::Problems,
    people::visitor::Visitor,
    schedule::{Refusal, Span, Zone},
    slots::Service,
};

/// An instant that was asked about: what speaks against it, and what the engine says of each service.
pub struct Asked<'a> {
    pub at: DateTime<Utc>,
    pub reasons: Vec<Reason>,
    pub verdicts: Vec<(&'a Service, Result<Span, Refusal>)>,
}

pub struct Why<'a> {
    pub zone: &'a Zone,
    pub date: NaiveDate,
    pub line: &'a [Stretch],
    pub asked: Option<Asked<'a>>,
    pub time: &'a str,
    pub problems: &'a Problems,
}

pub fn why(visitor: &Visitor, why: &Why) -> Markup {
    let at = |date: NaiveDate| address("/me/availability/why", &[("day", &date.to_string())]);
    let body = html! {
        div.narrow {
            p {
                a href="/me/availability" { "My times" }
            }
            h1 { "Why is this time not offered?" }
            (summary(why.problems))
            form.row.asks method="get" action="/me/availability/why" {
                ({
                    Field::new("day", "Day", &why.date.to_string())
                        .kind("date")
                        .required()
                        .problems(why.problems)
                        .input()
                })
                ({
                    Field::new("time", "Time", why.time)
                        .kind("time")
                        .problems(why.problems)
                        .input()
                })
                button.button { "Check" }
            }
            @if let Some(asked) = &why.asked { (sentence(asked, why.zone)) }
            nav.pager aria-label="Days" {
                a.button.is-quiet.is-small href=(at(why.date - Days::new(1))) {
                    (icon::left())
                    span.sr-only { "Previous day" }
                }
                h2 { (time::long_date(why.date)) }
                a.button.is-quiet.is-small href=(at(why.date + Days::new(1))) {
                    span.sr-only { "Next day" }
                    (icon::right())
                }
            }
            p.hint {
                "Times in "
                ({
                    time::zone_in_words(
                        why.zone,
                        why
                            .line
                            .first()
                            .map_or_else(
                                || why.zone.instant(why.date, 0),
                                |s| s.span.start,
                            ),
                    )
                })
                "."
            }
            ol.dayline {
                @for stretch in why.line {
                    li.is-free[stretch.reasons.is_empty()] {
                        span.when {
                            (time::clock(stretch.span.start, why.zone))
                            " to "
                            (time::clock(stretch.span.end, why.zone))
                        }
                        div {
                            @if stretch.reasons.is_empty() {
                                strong.row { (icon::check()) "Offered" }
                            }
                            @for reason in &stretch.reasons {
                                p { (words(reason)) }
                            }
                        }
                    }
                }
            }
            p.hint {
                "A session can begin only at one of its service’s start times, and must end before the next session or busy time."
            }
        }
    };
    Page {
        chrome: &visitor.chrome,
        title: "Why is this time not offered?",
        body,
    }
    .render()
}

/// One sentence about an instant.
fn sentence(asked: &Asked, zone: &Zone) -> Markup {
    let free: Vec<&str> = asked
        .verdicts
        .iter()
        .filter(|(_, verdict)| verdict.is_ok())
        .map(|(service, _)| service.title.as_str())
        .collect();
    html! {
        div.callout role="status" {
            p {
                strong { (time::moment(asked.at, zone)) }
                " "
                @if asked.reasons.contains(&Reason::Paused) {
                    "is not offered because bookings are paused."
                } @else if !free.is_empty() { "can be booked for " (free.join(", ")) "." } @else if asked.verdicts.is_empty() {
                    "is not offered because you do not offer a service."
                } @else if let Some(reason) = asked.reasons.first() {
                    "is not offered. "
                    (words(reason))
                } @else if asked.verdicts.iter().all(|(_, v)| *v == Err(Refusal::NotOffered)) {
                    "is not offered because no session starts then. Sessions start at their service’s start times and must end before your hours do."
                } @else {
                    "is not offered because a session starting then would overlap with your next session or busy time."
                }
            }
        }
    }
}

fn words(reason: &Reason) -> Markup {
    html! {
        @match reason {
            Reason::Paused => "Bookings are paused: nobody can book new times.",
            Reason::Past => "This time has passed.",
            Reason::TooSoon => "Sooner than your minimum notice.",
            Reason::TooFar => "Further ahead than students can book.",
            Reason::OutsideHours => "Outside your weekly hours and one-off times.",
            Reason::OutsideOverride => "This date has its own hours, and this time is not among them.",
            Reason::DayFull => "You have reached your maximum sessions for this day.",
            Reason::WeekFull => "You have reached your maximum sessions for this week.",
            Reason::Busy(label) => {
                "Busy in your calendar "
                bdi { (label) }
                "."
            }
            Reason::Booked { title, with, path } => {
                a href=(path) {
                    (title)
                    " with "
                    bdi { (with) }
                }
                "."
            }
            Reason::Held => "A student is holding this time right now.",
            Reason::OwnSession => "You have booked a session of your own then.",
            Reason::Buffer => "Buffer around another session.",
        }
    }
}
