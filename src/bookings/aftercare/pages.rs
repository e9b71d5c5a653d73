//! Pages and parts of pages about sessions that are over, made from values already loaded.

use chrono::{DateTime, Utc};
use maud::{Markup, html};

use super::{
    Help, Outcome, Reliability, Side, mail,
    reliability::{PAUSES_AT, WARNS_AT},
    store::{After, Given, Helped, Report},
};
use crate::{
    bookings::{self, Meeting, Status},
    db::PersonId,
    html::{
        Page,
        form::{self, Field},
        icon,
        layout::Chrome,
        time::{self, instant},
    },
    input::Problems,
    people::Person,
    schedule::Zone,
};

/// Sums of fewer answers are not shown: they could tell who said what.
const FEWEST_ANSWERS: i64 = 5;

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
    let name = other.name.as_str();
    let own = after.reports.iter().find(|r| r.person_id == reader);
    let theirs = after.reports.iter().find(|r| r.person_id != reader);
    let may_object = bookings::rules::may_object(settlement, reader, now);
    let may_say = may_object || (booking.status == Status::Confirmed && !settlement.is_disputed());
    let action = |what: &str| format!("/bookings/{}/{what}", booking.id);
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
                form.stack method="post" action=(action("report")) {
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
                        @if !may_object {
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
        @if booking.status != Status::NoShow {
            @if is_guest {
                section.card aria-labelledby="helped" {
                    h2 #helped { "Did it help?" }
                    p.hint {
                        "Coordinators see totals only. "
                        bdi { (other.name) }
                        " does not see your answer."
                    }
                    form.row method="post" action=(action("help")) {
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
        @if booking.status != Status::NoShow || !after.thanks.is_empty() {
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
                    form.stack method="post" action=(action("thanks")) {
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
        @if let Some((service, times)) = &after.follow_up {
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
}

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
    let zone = sessions.zone;
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
                @let booking = &meeting.booking;
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
                                @match {
                                    sessions
                                        .reports
                                        .iter()
                                        .find(|r| {
                                            r.booking_id == booking.id && r.person_id == person.id
                                        })
                                } {
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
        section aria-labelledby="unreliable" {
            h2 #unreliable { "Cancelled late or missed in the last 30 days" }
            @if sessions.unreliable.is_empty() {
                p.hint { "There is nobody to show." }
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
    };
    Page {
        chrome,
        title: "Sessions",
        body,
    }
    .render()
}
