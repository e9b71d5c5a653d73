//! The coordinators’ page about sessions, made from values already loaded.

use maud::{Markup, html};

use crate::{
    bookings::Meeting,
    bookings::aftercare::{
        Help, Reliability, mail,
        reliability::{PAUSES_AT, WARNS_AT},
        store::{Helped, Report},
    },
    db::PersonId,
    html::{
        Page,
        form::{self, Field},
        layout::Chrome,
        time::{self},
    },
    input::Problems,
    schedule::Zone,
};

/// Sums of fewer answers are not shown: they could tell who said what.
const FEWEST_ANSWERS: i64 = 5;

/// What coordinators see of sessions.
pub struct Sessions<'a> {
    pub disputes: &'a [Meeting],
    pub reports: &'a [Report],
    pub helped: &'a [Helped],
    pub unreliable: &'a [(PersonId, String, Reliability)],
    /// The caps of fair use as typed: per student, per student and alumnus.
    pub caps: [String; 2],
    pub problems: &'a Problems,
    pub zone: &'a Zone,
}

pub fn sessions(chrome: &Chrome, sessions: &Sessions) -> Markup {
    let body = html! {
        h1 { "Sessions" }
        p {
            a href="/coordinate" { "Coordination" }
        }
        section aria-labelledby="disputes" {
            h2 #disputes { "Waiting for a decision" }
            @if sessions.disputes.is_empty() {
                p.hint { "Nothing to decide. There are no disputed sessions." }
            }
            @for meeting in sessions.disputes {
                (dispute(chrome, sessions, meeting))
            }
        }
        (fair_use(chrome, sessions))
        (helped(sessions))
        (unreliable(sessions))
    };
    Page {
        chrome,
        title: "Sessions",
        body,
    }
    .render()
}

/// One session about which the two disagree.
fn dispute(chrome: &Chrome, sessions: &Sessions, meeting: &Meeting) -> Markup {
    let (booking, zone) = (&meeting.booking, sessions.zone);
    html! {
        section.card aria-labelledby={ "d-" (booking.id) } {
            h3 id={ "d-" (booking.id) } {
                (booking.service_title)
                ": "
                bdi { (meeting.host.name) }
                " and "
                bdi { (meeting.guest.name) }
            }
            p { (time::span(booking.span(), zone)) }
            ul.plain {
                @for (person, role) in [(&meeting.host, "alumnus"), (&meeting.guest, "student")] {
                    li {
                        strong {
                            bdi { (person.name) }
                        }
                        " ("
                        (role)
                        "): "
                        @let report = sessions
                            .reports
                            .iter()
                            .find(|r| r.booking_id == booking.id && r.person_id == person.id);
                        @match report {
                            Some(report) => {
                                "“"
                                (mail::in_words(report.outcome))
                                "”"
                                @if !report.note.is_empty() { ": " (report.note) }
                            }
                            None => "has not answered",
                        }
                    }
                }
            }
            form.stack method="post" action={ "/coordinate/sessions/" (booking.id) } {
                (chrome.csrf_field())
                ({
                    Field::new("note", "Message to both", "")
                        .longest(1000)
                        .text_area(2)
                })
                div.row {
                    button.button name="decision" value="nobody" { "Nobody was at fault" }
                    button.button.is-quiet name="decision" value="host" {
                        span {
                            bdi { (meeting.host.name) }
                            " did not attend"
                        }
                    }
                    button.button.is-quiet name="decision" value="guest" {
                        span {
                            bdi { (meeting.guest.name) }
                            " did not attend"
                        }
                    }
                }
            }
        }
    }
}

/// The caps for students.
fn fair_use(chrome: &Chrome, sessions: &Sessions) -> Markup {
    html! {
        section aria-labelledby="fair" {
            h2 #fair { "Fair use" }
            p.hint {
                "How many sessions and requests a student can have open at a time. Leave empty for no limit. Existing bookings stay. Alumni set their own limits per day and week."
            }
            (form::summary(sessions.problems))
            form.stack method="post" action="/coordinate/fair-use" {
                (chrome.csrf_field())
                div.fields {
                    ({
                        Field::new("open_per_guest", "In total", &sessions.caps[0])
                            .problems(sessions.problems)
                            .number(1, 200)
                    })
                    ({
                        Field::new(
                                "open_per_pair",
                                "With the same alumnus",
                                &sessions.caps[1],
                            )
                            .problems(sessions.problems)
                            .number(1, 200)
                    })
                }
                div.row {
                    button.button.is-quiet { "Save" }
                }
            }
        }
    }
}

/// What students said, by kind of service.
fn helped(sessions: &Sessions) -> Markup {
    html! {
        section aria-labelledby="helped" {
            h2 #helped { "How sessions help" }
            p.hint {
                "Sessions in the last year, and what students said about them. Results with fewer than "
                (FEWEST_ANSWERS)
                " answers are not shown."
            }
            @if sessions.helped.is_empty() {
                p { "No session has been completed yet." }
            } @else {
                div.scroll tabindex="0" role="region" aria-labelledby="helped" {
                    table {
                        thead {
                            tr {
                                td {}
                                th scope="col" { "Sessions" }
                                @for help in Help::ALL {
                                    th scope="col" { (help.label()) }
                                }
                            }
                        }
                        tbody {
                            @for row in sessions.helped {
                                @let all: i64 = row
                                    .answers
                                    .iter()
                                    .map(|(_, count)| count)
                                    .sum();
                                tr {
                                    th scope="row" { (row.kind) }
                                    td { (row.sessions) }
                                    @if all < FEWEST_ANSWERS {
                                        td.hint colspan="4" { "too few answers" }
                                    } @else {
                                        @for help in Help::ALL {
                                            td {
                                                ({
                                                    row.answers
                                                        .iter()
                                                        .find(|(h, _)| h == help)
                                                        .map_or(0, |(_, count)| *count)
                                                })
                                            }
                                        }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Who missed sessions lately.
fn unreliable(sessions: &Sessions) -> Markup {
    html! {
        section aria-labelledby="unreliable" {
            h2 #unreliable { "Cancelled late or missed in the last 30 days" }
            @if sessions.unreliable.is_empty() {
                p.hint { "Nobody in the last 30 days." }
            }
            ul.plain {
                @for (id, name, record) in sessions.unreliable {
                    li {
                        a href={ "/coordinate/people/" (id) "/record" } {
                            bdi { (name) }
                        }
                        ": "
                        (record.strikes)
                        @if record.strikes >= PAUSES_AT { ", paused" } @else if record.strikes >= WARNS_AT {
                            ", warned"
                        }
                    }
                }
            }
        }
    }
}
