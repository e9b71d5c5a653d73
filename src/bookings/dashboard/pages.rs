//! The dashboard, made from values already loaded.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use maud::{Markup, html};

use crate::{
    bookings::{
        Booking, Meeting, Status,
        aftercare::{
            reliability::{PAUSES_AT, WARNS_AT},
            store::Report,
        },
        event,
        pages::introduced,
        rules,
        state::{self, Action, Actor},
        waitlist::store::Held,
    },
    db::PersonId,
    html::{Page, icon, layout::Chrome, time},
    input,
    people::{Person, Role, Standing, introduction::Introduced},
    programs::tasks::Task,
    schedule::Zone,
    slots::{
        editor,
        set_up::{self, Progress},
    },
};

/// What `/me` shows.
pub struct Dashboard<'a> {
    pub person: &'a Person,
    pub coming: &'a [Meeting],
    pub past: &'a [Meeting],
    /// What has been said about those that are not settled.
    pub said: &'a [Report],
    /// Late cancellations and no-shows within thirty days.
    pub strikes: i64,
    /// Times that are held from the waitlist.
    pub offers: &'a [Held],
    /// Those who ask for a session, as they introduce themselves.
    pub introductions: &'a HashMap<PersonId, Introduced>,
    /// Sessions that wait for a coordinator's decision, if the reader is one.
    pub disputes: i64,
    /// What waits for the reader in programs.
    pub tasks: &'a [Task],
    /// Set for alumni.
    pub host: Option<&'a Progress>,
    pub zone: &'a Zone,
    pub now: DateTime<Utc>,
}

pub fn dashboard(chrome: &Chrome, dashboard: &Dashboard) -> Markup {
    let Dashboard {
        person,
        coming,
        past,
        said,
        strikes,
        offers,
        introductions,
        disputes,
        tasks,
        host,
        zone,
        now,
    } = *dashboard;
    let body = html! {
        div.title-row {
            h1 { "My sessions" }
            @if let Some(progress) = host { (editor::pages::pause(chrome, &progress.host)) }
        }
        p.hint { "Times in " (time::zone_in_words(zone, now)) "." }
        @if person.standing == Standing::Lapsed {
            @if strikes >= PAUSES_AT {
                div.callout.is-wrong {
                    p {
                        strong { "Booking is paused." }
                        " You have missed "
                        (strikes)
                        " sessions in the last 30 days, or cancelled them late. Existing bookings stay. Ask a coordinator to lift the pause. "
                        a href="/me/record" { "Your record" }
                    }
                }
            } @else {
                div.callout.is-wrong {
                    p {
                        strong { "Your membership has lapsed." }
                        " Nothing is deleted and existing bookings stay, but you cannot book or be booked until a coordinator renews it."
                    }
                }
            }
        } @else if strikes >= WARNS_AT {
            div.callout.is-wrong {
                p {
                    strong { "Please keep your sessions." }
                    " You have missed "
                    (strikes)
                    " sessions in the last 30 days, or cancelled them late. Booking is paused after "
                    (PAUSES_AT)
                    ". "
                    a href="/me/record" { "Your record" }
                }
            }
        }
        @if let Some(progress) = host { (setting_up(progress)) }
        @let (asked, coming): (Vec<&Meeting>, Vec<&Meeting>) = coming
            .iter()
            .partition(|m| m.booking.status == Status::Pending);
        @let (to_answer, waiting): (Vec<&Meeting>, Vec<&Meeting>) = asked
            .into_iter()
            .partition(|m| rules::waits_for(&m.booking, person.id));
        @let (to_say, past): (Vec<&Meeting>, Vec<&Meeting>) = past
            .iter()
            .partition(|m| is_to_say(m, said, person.id));
        div.columns {
            div.stack {
                (next_up(&coming, host.is_some(), person, zone, now))
                @let is_anything_theirs = !(offers.is_empty() && to_answer.is_empty()
                    && to_say.is_empty() && tasks.is_empty());
                @if is_anything_theirs || chrome.waiting + disputes > 0 {
                    section aria-labelledby="needs-you" {
                        h2 #needs-you { "Waiting for you" }
                        (for_coordinators(chrome.waiting, disputes))
                        @for task in tasks { (in_program(task)) }
                        ul.sessions {
                            @for offer in offers { (take(&offer.booking, &offer.host_name, zone)) }
                            @for meeting in to_answer {
                                ({
                                    let guest = introductions.get(&meeting.guest.id);
                                    answer_here(chrome, meeting, guest, person.id, zone)
                                })
                            }
                            @for meeting in to_say { (say_here(chrome, meeting, person.id, zone)) }
                        }
                    }
                }
            }
            div.stack {
                @if !waiting.is_empty() {
                    section aria-labelledby="asked" {
                        h2 #asked { "Requests" }
                        (list(&waiting, person.id, zone, now))
                    }
                }
                @let rest = after_next(&coming, person.id);
                @if !rest.is_empty() {
                    section aria-labelledby="coming" {
                        h2 #coming { "Upcoming" }
                        (list(&rest, person.id, zone, now))
                    }
                }
                p.row {
                    @if person.is(Role::Student) {
                        a href="/me/waitlist" { "Your waitlist" }
                    }
                    a href="/me/calendar" { "Calendar address" }
                    a href="/me/record" { "Your record" }
                    a href="/me/applications" { "Applications" }
                }
                @if !past.is_empty() {
                    details.past {
                        summary {
                            h2 { "Past and cancelled (" (past.len()) ")" }
                        }
                        (list(&past, person.id, zone, now))
                    }
                }
            }
        }
    };
    Page {
        chrome,
        title: "My sessions",
        body,
    }
    .render()
}

/// What is to come after the next session; to its host a group is one.
fn after_next<'a>(coming: &[&'a Meeting], reader: PersonId) -> Vec<&'a Meeting> {
    let Some((next, rest)) = coming.split_first() else {
        return Vec::new();
    };
    let is_same = |m: &Meeting| {
        event::is_about_all(next, reader) && m.booking.group_id == next.booking.group_id
    };
    rest.iter().copied().filter(|m| !is_same(m)).collect()
}

/// Whether it is over, and the reader has not said how it went.
fn is_to_say(meeting: &Meeting, said: &[Report], reader: PersonId) -> bool {
    let booking = &meeting.booking;
    rules::is_open(booking, &meeting.settlement)
        && !said
            .iter()
            .any(|report| report.booking_id == booking.id && report.person_id == reader)
}

/// The next session, with all that is done about it.
fn next_up(
    coming: &[&Meeting],
    is_host: bool,
    person: &Person,
    zone: &Zone,
    now: DateTime<Utc>,
) -> Markup {
    html! {
        section.card.next-up aria-labelledby="next-up" {
            h2 #next-up { "Next up" }
            @if let Some(meeting) = coming.first() {
                @let booking = &meeting.booking;
                @let side = Actor::of(person.id, booking);
                @let may = |action| {
                    side.is_some_and(|side| state::may(booking, action, side, now).is_ok())
                };
                h3 {
                    a href={ "/bookings/" (booking.id) } {
                        bdi { (event::title(meeting, person.id)) }
                    }
                }
                @if event::is_about_all(meeting, person.id) {
                    @let others = coming.len() - 1 - after_next(coming, person.id).len();
                    p {
                        "With "
                        bdi { (meeting.guest.name) }
                        @if others > 0 { " and " (others) " more" }
                    }
                }
                p.when {
                    (icon::calendar())
                    span {
                        strong { (time::span(booking.span(), zone)) }
                        br;
                        span.hint { (time::until(booking.starts_at - now)) }
                    }
                }
                @if input::is_web_address(&booking.location) {
                    p {
                        a.button href=(booking.location) rel="noopener noreferrer" {
                            (icon::video())
                            "Join the meeting"
                        }
                    }
                } @else if booking.location.is_empty() {
                    p.hint { "No meeting link or place has been given yet." }
                } @else {
                    p { (booking.location) }
                }
                div.row {
                    a.button.is-quiet.is-small href={ "/bookings/" (booking.id) } { "Prepare" }
                    @if {
                        may(Action::Move)
                            && (side == Some(Actor::Host) || !booking.is_late(now))
                    } {
                        a.button.is-quiet.is-small href={ "/bookings/" (booking.id) "/move" } {
                            "Move"
                        }
                    }
                    @if may(Action::Cancel) {
                        a.button.is-quiet.is-small href={ "/bookings/" (booking.id) "/cancel" } {
                            "Cancel"
                        }
                    }
                }
            } @else {
                p {
                    "You have no upcoming sessions."
                    @if is_host {
                        " You will get an email and an invitation as soon as somebody books you."
                    }
                }
                @if person.is(Role::Student) {
                    p {
                        a.button href="/alumni" { "Find a session" }
                    }
                }
            }
        }
    }
}

/// What waits for whoever coordinates.
fn for_coordinators(requests: i64, disputes: i64) -> Markup {
    html! {
        @if requests > 0 {
            p.card.row.is-apart {
                span {
                    (requests)
                    @if requests == 1 { " request to join" } @else { " requests to join" }
                }
                a.button.is-small href="/coordinate" { "Decide" }
            }
        }
        @if disputes > 0 {
            p.card.row.is-apart {
                span {
                    (disputes)
                    @if disputes == 1 { " disputed session" } @else { " disputed sessions" }
                }
                a.button.is-small href="/coordinate/sessions" { "Decide" }
            }
        }
    }
}

/// What waits in a program.
fn in_program(task: &Task) -> Markup {
    html! {
        p.card.row.is-apart {
            span {
                (task.words)
                @if !task.left.is_empty() {
                    span.hint { ", " (task.left) }
                }
            }
            a.button.is-small href=(task.path) { (task.label) }
        }
    }
}

/// A time that is held from the waitlist.
fn take(offer: &Booking, host: &str, zone: &Zone) -> Markup {
    html! {
        li.card.session {
            (date(offer, zone))
            div.stack {
                h3 {
                    "From your waitlist: "
                    (offer.service_title)
                    " with "
                    bdi { (host) }
                }
                p { (time::span(offer.span(), zone)) ", " (zone.city()) " time" }
                @if let Some(end) = offer.hold_expires_at {
                    p.hint { "Held for you until " (time::moment(end, zone)) "." }
                }
                div.row {
                    a.button.is-small href={ "/holds/" (offer.id) } { "Take this time" }
                }
            }
        }
    }
}

/// A request, answered in one click.
fn answer_here(
    chrome: &Chrome,
    meeting: &Meeting,
    guest: Option<&Introduced>,
    reader: PersonId,
    zone: &Zone,
) -> Markup {
    let booking = &meeting.booking;
    let (_, other) = meeting.sides(reader);
    html! {
        li.card.session {
            (date(booking, zone))
            div.stack {
                h3 {
                    a href={ "/bookings/" (booking.id) } {
                        bdi { (other.name) }
                        @if reader == booking.host_id { " asks for " (booking.service_title) } @else {
                            " has a question about "
                            (booking.service_title)
                        }
                    }
                }
                p { (time::span(booking.span(), zone)) }
                @if reader == booking.host_id {
                    @if let Some(guest) = guest { (introduced(meeting, guest)) }
                    @if !booking.goals.is_empty() {
                        p.said { (booking.goals) }
                    }
                    form.row method="post" action={ "/bookings/" (booking.id) "/answer" } {
                        (chrome.csrf_field())
                        button.button.is-small name="answer" value="approve" {
                            (icon::check())
                            "Approve"
                            span.sr-only { " " (other.name) }
                        }
                        a.button.is-quiet.is-small href={ "/bookings/" (booking.id) "/answer" } {
                            "Ask or decline"
                            span.sr-only { " " (other.name) }
                        }
                    }
                } @else {
                    p.said { (booking.asked_for_more) }
                    div.row {
                        a.button.is-small href={ "/bookings/" (booking.id) "/said" } {
                            "Add details"
                        }
                    }
                }
                @if let Some(end) = booking.hold_expires_at {
                    p.hint { "The time is held until " (time::moment(end, zone)) "." }
                }
            }
        }
    }
}

/// A session that is over: how it went is said in one click.
fn say_here(chrome: &Chrome, meeting: &Meeting, reader: PersonId, zone: &Zone) -> Markup {
    let booking = &meeting.booking;
    let (_, other) = meeting.sides(reader);
    html! {
        li.card.session {
            (date(booking, zone))
            div.stack {
                h3 {
                    a href={ "/bookings/" (booking.id) } {
                        "How did it go? "
                        (booking.service_title)
                        " with "
                        bdi { (other.name) }
                    }
                }
                p { (time::span(booking.span(), zone)) }
                form.row method="post" action={ "/bookings/" (booking.id) "/report" } {
                    (chrome.csrf_field())
                    button.button.is-small name="outcome" value="attended" {
                        (icon::check())
                        "We met"
                        span.sr-only { " with " (other.name) }
                    }
                    a.button.is-quiet.is-small href={ "/bookings/" (booking.id) } {
                        "Something else"
                        span.sr-only { " with " (other.name) }
                    }
                }
            }
        }
    }
}

fn date(booking: &Booking, zone: &Zone) -> Markup {
    let local = zone.local(booking.starts_at);
    html! {
        div.date aria-hidden="true" {
            span { (local.format("%b")) }
            strong { (local.format("%-d")) }
            span { (local.format("%a")) }
        }
    }
}

/// What is left to do before somebody can be booked.
fn setting_up(progress: &Progress) -> Markup {
    html! {
        @if progress.next().is_some() {
            section.card.is-set-up aria-labelledby="setting-up" {
                div {
                    h2 #setting-up { "Finish setting up" }
                    p { "A few questions, about three minutes, and students can book you." }
                    p {
                        a.button href="/me/set-up" { "Continue" }
                    }
                }
                (set_up::pages::checklist(progress, None))
            }
        }
    }
}

fn list(meetings: &[&Meeting], reader: PersonId, zone: &Zone, now: DateTime<Utc>) -> Markup {
    html! {
        ul.sessions {
            @for (number, meeting) in meetings.iter().enumerate() {
                @let booking = &meeting.booking;
                @let (_, other) = meeting.sides(reader);
                // A group is one session to its host.
                @let group = booking
                    .group_id
                    .filter(|_| booking.host_id == reader && !booking.is_off());
                @let is_same = |m: &&&Meeting| {
                    group.is_some() && m.booking.group_id == group && !m.booking.is_off()
                };
                @if !meetings[..number].iter().any(|m| is_same(&m)) {
                    li.card.session.is-cancelled[booking.is_off()] {
                        (date(booking, zone))
                        div {
                            @let others = meetings[number + 1..]
                                .iter()
                                .filter(|m| is_same(m))
                                .count();
                            h3 {
                                a href={ "/bookings/" (booking.id) } {
                                    (booking.service_title)
                                    " with "
                                    bdi { (other.name) }
                                    @if others > 0 { " and " (others) " more" }
                                }
                            }
                            p {
                                (time::clock(booking.starts_at, zone))
                                " to "
                                (time::clock(booking.ends_at, zone))
                                @match booking.status {
                                    Status::Cancelled => {
                                        " · "
                                        strong { "cancelled" }
                                    }
                                    Status::Expired => {
                                        " · "
                                        strong { "not answered" }
                                    }
                                    Status::NoShow => {
                                        " · "
                                        strong { "missed" }
                                    }
                                    _ => {}
                                }
                            }
                            p.hint {
                                @match (booking.status, reader == booking.host_id) {
                                    (Status::Pending, true) => "Waiting for the details you asked for.",
                                    (Status::Pending, false) => "Waiting for an answer.",
                                    _ if meeting.settlement.is_disputed() => "A coordinator will look into how it went.",
                                    (_, true) if booking.is_off() || booking.ends_at <= now => "You were the host.",
                                    (_, true) => "You are the host.",
                                    (_, false) => "You booked this session.",
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}
