//! The coordinators’ page about sessions, made from values already loaded.

use maud::{Markup, html};

use crate::{
    bookings::Meeting,
    bookings::aftercare::{
        Reliability, mail,
        reliability::{PAUSES_AT, WARNS_AT},
        store::Report,
    },
    db::PersonId,
    html::{Page, form::Field, icon, layout::Chrome, time},
    schedule::Zone,
};

/// What coordinators see of sessions.
pub struct Sessions<'a> {
    pub disputes: &'a [Meeting],
    pub reports: &'a [Report],
    pub unreliable: &'a [(PersonId, String, Reliability)],
    pub zone: &'a Zone,
}

pub fn sessions(chrome: &Chrome, sessions: &Sessions) -> Markup {
    let body = html! {
        p {
            a href="/coordinate" { "Coordination" }
        }
        h1 { "Disputes" }
        p.lead {
            "Sessions about which the two say different things, and who has missed or cancelled lately."
        }
        section aria-labelledby="disputes" {
            h2 #disputes { "Waiting for a decision" }
            @if sessions.disputes.is_empty() {
                div.empty {
                    (icon::check())
                    p { "Nothing to decide. There are no disputed sessions." }
                }
            }
            @for meeting in sessions.disputes { (dispute(chrome, sessions, meeting)) }
        }
        (unreliable(sessions))
    };
    Page {
        chrome,
        title: "Disputes",
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
                            .find(|r| {
                                r.booking_id == booking.id && r.person_id == person.id
                            });
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
                (Field::new("note", "Message to both", "").longest(1000).text_area(2))
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
