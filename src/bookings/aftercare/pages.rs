//! How a session went, on its page, made from values already loaded.

use chrono::{DateTime, Utc};
use maud::{Markup, html};

use super::{
    Help, Outcome, mail,
    store::{After, Report},
};
use crate::{
    bookings::{self, Meeting, Status},
    db::{PersonId, ServiceId},
    html::{
        form::{self, Field},
        icon,
        layout::Chrome,
        time::{self, instant},
    },
    input::Problems,
    schedule::{Span, Zone},
};

/// What was typed into one of the forms and did not do.
#[derive(Clone, Debug, Default)]
pub struct Typed {
    pub note: String,
    pub words: String,
    pub problems: Problems,
}

/// How it went: what was said, and the forms to say it, for one of the two.
pub fn how_it_went(
    chrome: &Chrome,
    meeting: &Meeting,
    after: &After,
    reader: PersonId,
    typed: &Typed,
    zone: &Zone,
    now: DateTime<Utc>,
) -> Markup {
    let (booking, settlement) = (&meeting.booking, &meeting.settlement);
    let (_, other) = meeting.sides(reader);
    let own = after.reports.iter().find(|r| r.person_id == reader);
    let theirs = after.reports.iter().find(|r| r.person_id != reader);
    let may_object = bookings::rules::may_object(settlement, reader, now);
    let may_say = may_object || bookings::rules::is_open(booking, settlement);
    let is_guest = reader == booking.guest_id;
    let said = |report: &Report| {
        html! {
            "“"
            (mail::in_words(report.outcome))
            "”"
            @if !report.note.is_empty() { ": " (report.note) }
        }
    };
    html! {
        section.card aria-labelledby="went" {
            h2 #went { "How did it go?" }
            @match booking.status {
                Status::Completed => p {
                    (icon::check())
                    @if settlement.settled_by.is_some() {
                        " Settled by a coordinator: the session took place, or nobody was at fault."
                    } @else { " Settled: the session took place." }
                },
                Status::NoShow => p {
                    "Settled"
                    @if settlement.settled_by.is_some() { " by a coordinator" }
                    ": "
                    @if settlement.absent == Some(reader) { "you did not attend." } @else {
                        bdi { (other.name) }
                        " did not attend."
                    }
                },
                _ => {}
            }
            @if settlement.is_disputed() {
                p { "You gave different answers. A coordinator will look into it." }
            }
            @if let Some(own) = own {
                p { "You said " (said(own)) }
            }
            @if let Some(theirs) = theirs {
                p {
                    bdi { (other.name) }
                    " said "
                    (said(theirs))
                }
            }
            @if may_say {
                @if booking.status == Status::Confirmed {
                    p.hint {
                        "You can answer until "
                        ({
                            time::moment(
                                booking.ends_at + bookings::rules::TIME_TO_SAY,
                                zone,
                            )
                        })
                        ". If nobody says otherwise, the session counts as having taken place."
                    }
                }
                (form::summary(&typed.problems))
                (report_form(chrome, meeting, reader, typed, !may_object))
            }
        }
        @if booking.status != Status::NoShow {
            @if is_guest {
                (helped(chrome, meeting, after))
            }
        }
        @if booking.status != Status::NoShow || !after.thanks.is_empty() {
            (thanks(chrome, meeting, after, reader, typed))
        }
        @if let Some((service, times)) = &after.follow_up {
            (again(chrome, meeting, *service, times, zone))
        }
    }
}

/// The ways to say how it went.
fn report_form(
    chrome: &Chrome,
    meeting: &Meeting,
    reader: PersonId,
    typed: &Typed,
    may_say_absent: bool,
) -> Markup {
    let name = meeting.sides(reader).1.name.as_str();
    let booking = &meeting.booking;
    html! {
        form.stack method="post" action={ "/bookings/" (booking.id) "/report" } {
            (chrome.csrf_field())
            ({
                Field::new("note", "What happened", &typed.note)
                    .hint(
                        &format!(
                            "Only needed for “Something else”. {name} can read it, and so can a coordinator if your answers differ.",
                        ),
                    )
                    .longest(1000)
                    .problems(&typed.problems)
                    .text_area(2)
            })
            div.row {
                button.button name="outcome" value=(Outcome::Attended.as_str()) { "We met" }
                @if may_say_absent {
                    button.button.is-quiet name="outcome" value=(Outcome::NoShow.as_str()) {
                        (name)
                        " did not attend"
                    }
                }
                button.button.is-quiet name="outcome" value=(Outcome::Other.as_str()) {
                    "Something else"
                }
            }
        }
    }
}

/// Asks the guest whether it helped.
fn helped(chrome: &Chrome, meeting: &Meeting, after: &After) -> Markup {
    let (booking, other) = (&meeting.booking, &meeting.host);
    html! {
        section.card aria-labelledby="helped" {
            h2 #helped { "Did it help?" }
            p.hint {
                "Coordinators see totals only. "
                bdi { (other.name) }
                " does not see your answer."
            }
            form.row method="post" action={ "/bookings/" (booking.id) "/help" } {
                (chrome.csrf_field())
                @for help in Help::ALL {
                    button
                        .button
                        .is-quiet
                        .is-small
                        name="help"
                        value=(help.as_str())
                        aria-pressed=(after.help == Some(*help))
                    {
                        @if after.help == Some(*help) { (icon::check()) }
                        (help.label())
                    }
                }
            }
        }
    }
}

/// What the two thanked each other with.
fn thanks(
    chrome: &Chrome,
    meeting: &Meeting,
    after: &After,
    reader: PersonId,
    typed: &Typed,
) -> Markup {
    let (booking, other) = (&meeting.booking, meeting.sides(reader).1);
    let name = other.name.as_str();
    html! {
        section.card aria-labelledby="thanks" {
            h2 #thanks { "Thanks" }
            @for (from, words) in &after.thanks {
                figure.thanks {
                    blockquote.said { (words) }
                    figcaption.hint {
                        @if *from == reader { "You" } @else {
                            bdi { (other.name) }
                        }
                    }
                }
            }
            @if {
                booking.status != Status::NoShow
                    && !after.thanks.iter().any(|(from, _)| *from == reader)
            } {
                form.stack method="post" action={ "/bookings/" (booking.id) "/thanks" } {
                    (chrome.csrf_field())
                    ({
                        Field::new(
                                "words",
                                &format!("Message to {name}"),
                                &typed.words,
                            )
                            .hint("Only the two of you can read it.")
                            .longest(1000)
                            .required()
                            .problems(&typed.problems)
                            .text_area(3)
                    })
                    div.row {
                        button.button.is-quiet { "Send thanks" }
                    }
                }
            }
        }
    }
}

/// The next times of the same service.
fn again(
    chrome: &Chrome,
    meeting: &Meeting,
    service: ServiceId,
    times: &[Span],
    zone: &Zone,
) -> Markup {
    html! {
        section.card aria-labelledby="again" {
            h2 #again { "Meet again" }
            @if times.is_empty() {
                p { "There are no free times at the moment." }
            } @else {
                form method="post" action="/holds" {
                    (chrome.csrf_field())
                    input type="hidden" name="service" value=(service);
                    ul.slots.is-wide {
                        @for slot in times {
                            li {
                                button.slot name="start" value=(instant(slot.start)) {
                                    (time::moment(slot.start, zone))
                                }
                            }
                        }
                    }
                }
            }
            p {
                a href={ "/alumni/" (meeting.host_handle) } {
                    "All times with "
                    bdi { (meeting.host.name) }
                }
            }
        }
    }
}
