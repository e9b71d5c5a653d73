//! Pages about holds and bookings, made from values already loaded.

use chrono::{DateTime, Utc};
use maud::{Markup, html};

use super::{
    Booking, ChangeKind, Line, Meeting, Preparation, Status,
    aftercare::{
        self,
        reliability::{PAUSES_AT, WARNS_AT},
        store::{After, Report},
    },
    event,
    preparation::{
        self,
        store::{File, Prepared},
    },
    rules,
    state::{self, Action, Actor},
};
use crate::{
    db::{BookingId, PersonId},
    html::{
        Page,
        form::{self, Field, address, encode},
        icon,
        layout::Chrome,
        time,
    },
    input::{self, Problems},
    people::{Person, Role, Standing},
    schedule::{Span, Zone},
    slots::{Host, Service, board::pages::time_address, editor},
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
                ({
                    Field::new("goals", "What is the session for?", &said.goals)
                        .hint("A sentence is enough.")
                        .longest(2000)
                        .required()
                        .problems(problems)
                        .text_area(3)
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
            @if booking.is_late(now) {
                p.callout {
                    "The session starts in less than "
                    (service.change_notice_hours)
                    " hours. Once booked, it cannot be moved, and cancelling counts as late."
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

/// The time for the reader, and for the other where it differs.
pub fn when(span: Span, zone: &Zone, other: &Person) -> Markup {
    let theirs = other.zone();
    html! {
        p.when {
            (icon::calendar())
            span {
                strong { (time::span(span, zone)) }
                br;
                span.hint { (time::zone_in_words(zone, span.start)) }
            }
        }
        @if time::differ(span.start, zone, &theirs) {
            p.when.is-theirs {
                (icon::globe())
                span {
                    (time::span(span, &theirs))
                    br;
                    span.hint {
                        "for "
                        bdi { (other.name) }
                        ", "
                        (time::zone_in_words(&theirs, span.start))
                    }
                }
            }
        }
    }
}

/// What the page of a booking shows, to one of its two.
pub struct Shown<'a> {
    pub meeting: &'a Meeting,
    pub history: &'a [Line],
    /// Set once it is over.
    pub after: Option<&'a After>,
    pub prepared: &'a Prepared,
    /// To the host of a group: who comes, with their bookings.
    pub guests: &'a [(BookingId, String)],
    pub typed: (&'a aftercare::pages::Typed, &'a preparation::pages::Typed),
    pub reader: PersonId,
    pub origin: &'a str,
    pub zone: &'a Zone,
    pub now: DateTime<Utc>,
}

pub fn booking(chrome: &Chrome, shown: &Shown) -> Markup {
    let Shown {
        meeting,
        history,
        after,
        prepared,
        guests,
        typed,
        reader,
        origin,
        zone,
        now,
    } = *shown;
    let booking = &meeting.booking;
    let (_, other) = meeting.sides(reader);
    let is_to_come = !booking.is_off() && !booking.is_over(now);
    let side = Actor::of(reader, booking).expect("a reader is one of the two");
    let may = |action| state::may(booking, action, side, now).is_ok();
    let body = html! {
        div.columns {
            div.stack {
                h1 {
                    (booking.service_title)
                    " with "
                    bdi { (other.name) }
                }
                @match booking.status {
                    Status::Cancelled => div.callout.is-wrong {
                        p {
                            strong { (ending(booking, history)) }
                            " by "
                            @if booking.cancelled_by == Some(reader) { "you" } @else if booking.cancelled_by == Some(other.id) {
                                bdi { (other.name) }
                            } @else { "a coordinator" }
                            @if booking.cancelled_late { ", late" }
                            "."
                            @if !booking.cancel_reason.is_empty() { " “" (booking.cancel_reason) "”" }
                        }
                    },
                    Status::Expired => div.callout.is-wrong {
                        p {
                            strong { "Not answered in time." }
                            " The time is free again."
                        }
                    },
                    Status::Pending => div.callout {
                        @if side == Actor::Host {
                            p {
                                strong {
                                    @if booking.asked_for_more.is_empty() {
                                        bdi { (other.name) }
                                        " is waiting for your answer."
                                    } @else { "You asked for more details." }
                                }
                            }
                            p {
                                a.button href={ "/bookings/" (booking.id) "/answer" } {
                                    "Answer the request"
                                }
                            }
                        } @else {
                            p {
                                strong { "Waiting for an answer." }
                                @if let Some(end) = booking.hold_expires_at {
                                    " The time is held until "
                                    (time::moment(end, zone))
                                    "."
                                }
                            }
                        }
                        @if !booking.asked_for_more.is_empty() {
                            p {
                                @if side == Actor::Host { "You asked" } @else {
                                    bdi { (meeting.host.name) }
                                    " asks"
                                }
                                ": “"
                                (booking.asked_for_more)
                                "”"
                            }
                        }
                        @if side == Actor::Guest {
                            p {
                                a.button.is-quiet href={ "/bookings/" (booking.id) "/said" } {
                                    "Add details"
                                }
                            }
                        }
                    },
                    _ => {}
                }
                (when(booking.span(), zone, other))
                @if let Some(seats) = booking.seats {
                    @if side == Actor::Host {
                        section.card aria-labelledby="group" {
                            h2 #group { "The group: " (guests.len()) " of " (seats) " seats taken" }
                            ul.plain {
                                @for (id, name) in guests {
                                    li {
                                        @if *id == booking.id {
                                            bdi { (name) }
                                            " (this page)"
                                        } @else {
                                            a href={ "/bookings/" (id) } {
                                                bdi { (name) }
                                            }
                                        }
                                    }
                                }
                            }
                            p.hint {
                                "They do not see each other’s names or email addresses."
                                @if may(Action::Cancel) {
                                    " Moving or cancelling the session affects all of them."
                                }
                            }
                        }
                    } @else {
                        p.hint {
                            (icon::users())
                            " A group of up to "
                            (seats)
                            ". Nobody else in it sees your name or email address."
                        }
                    }
                }
                @if {
                    !booking.location.is_empty() && booking.status == Status::Confirmed
                        && is_to_come
                } {
                    p.when {
                        (icon::video())
                        span {
                            @if input::is_web_address(&booking.location) {
                                a href=(booking.location) rel="noopener noreferrer" {
                                    "Join the meeting"
                                }
                            } @else { (booking.location) }
                        }
                    }
                }
                @if let Some(after) = after {
                    ({
                        aftercare::pages::how_it_went(
                            chrome,
                            meeting,
                            after,
                            reader,
                            typed.0,
                            zone,
                            now,
                        )
                    })
                }
                @for (heading, words) in event::spoken(meeting) {
                    section {
                        h2 { (heading) }
                        @if input::is_web_address(&words) {
                            p {
                                a href=(words) rel="noopener noreferrer nofollow" { (words) }
                            }
                        } @else {
                            p.said { (words) }
                        }
                    }
                }
                @if !booking.is_off() {
                    ({
                        preparation::pages::preparation(
                            chrome,
                            meeting,
                            prepared,
                            typed.1,
                            reader,
                            zone,
                            now,
                        )
                    })
                }
            }
            aside.stack aria-label="What you can do" {
                @if is_to_come {
                    section.card aria-labelledby="add" {
                        h2 #add { "In your calendar" }
                        p.hint { "The invitation is in your inbox. You can also add it here:" }
                        ul.plain {
                            li {
                                a href={ "/bookings/" (booking.id) "/invite.ics" } {
                                    "Calendar file (.ics)"
                                }
                            }
                            li {
                                a href=(google(meeting, reader, origin)) rel="noopener noreferrer" {
                                    "Google Calendar"
                                }
                            }
                            li {
                                a href=(outlook(meeting, reader, origin)) rel="noopener noreferrer" {
                                    "Outlook"
                                }
                            }
                            li {
                                a href="/me/calendar" { "Subscribe to all your sessions" }
                            }
                        }
                    }
                }
                @if may(Action::Cancel) {
                    section.card aria-labelledby="change" {
                        h2 #change { "Something came up?" }
                        @if {
                            booking.status == Status::Confirmed
                                && booking.change_notice_hours > 0
                        } {
                            p.hint {
                                @if !booking.is_late(now) {
                                    "The session can be "
                                    (rules::changeable(!may(Action::Move)))
                                    " until "
                                    (time::moment(booking.deadline(), zone))
                                    "."
                                } @else {
                                    "The deadline for changes was "
                                    (time::moment(booking.deadline(), zone))
                                    "."
                                }
                            }
                        }
                        div.row {
                            @if {
                                may(Action::Move)
                                    && (side == Actor::Host || !booking.is_late(now))
                            } {
                                a.button.is-quiet href={ "/bookings/" (booking.id) "/move" } {
                                    "Move the session"
                                }
                            }
                            a.button.is-quiet href={ "/bookings/" (booking.id) "/cancel" } {
                                @if booking.status == Status::Pending { "Withdraw the request" } @else if booking.is_late(now) {
                                    "Tell them you cannot make it"
                                } @else if booking.group_id.is_some() && side == Actor::Guest {
                                    "Give up your seat"
                                } @else { "Cancel the session" }
                            }
                        }
                    }
                } @else if reader == booking.guest_id && booking.is_off() {
                    p {
                        a.button.is-quiet href={ "/alumni/" (meeting.host_handle) } {
                            "Book another session with "
                            bdi { (other.name) }
                        }
                    }
                }
                (story(history, meeting, reader, zone))
            }
        }
    };
    let title = format!("{} with {}", booking.service_title, other.name);
    Page {
        chrome,
        title: &title,
        body,
    }
    .render()
}

/// In what way a booking is off.
fn ending(booking: &Booking, history: &[Line]) -> &'static str {
    match history.last().map(|line| line.what) {
        Some(ChangeKind::Declined) => "Declined",
        _ if booking.ended_as_request() => "Withdrawn",
        _ => "Cancelled",
    }
}

/// The history of a booking, latest first.
fn story(history: &[Line], meeting: &Meeting, reader: PersonId, zone: &Zone) -> Markup {
    html! {
        @if !history.is_empty() {
            section.card aria-labelledby="story" {
                h2 #story { "History" }
                ol.plain.story {
                    @for line in history.iter().rev() {
                        li {
                            @if line.by.is_some_and(|by| !meeting.booking.involves(by)) {
                                "A coordinator "
                                @if {
                                    matches!(
                                        line.what,
                                        ChangeKind::Completed | ChangeKind::NoShow
                                    )
                                } { "decided. " }
                            } @else if let Some(by) = line.by && !matches!(line.what, ChangeKind::Completed | ChangeKind::NoShow) {
                                @if by == reader { "You" } @else {
                                    bdi { (meeting.sides(reader).1.name) }
                                }
                                " "
                            }
                            (told(line, &meeting.booking, zone))
                            @if !line.note.is_empty() { " “" (line.note) "”" }
                            br;
                            span.hint { (time::moment(line.at, zone)) }
                        }
                    }
                }
            }
        }
    }
}

fn told(line: &Line, booking: &Booking, zone: &Zone) -> String {
    match line.what {
        ChangeKind::Asked => "asked for this session.".into(),
        ChangeKind::Booked => "booked it.".into(),
        ChangeKind::Approved => "approved it.".into(),
        ChangeKind::Declined => "declined it.".into(),
        ChangeKind::AskedForMore => "asked for more details.".into(),
        ChangeKind::SaidMore => "added details.".into(),
        ChangeKind::Moved => format!("moved it to {}.", time::moment(line.starts_at, zone)),
        ChangeKind::Cancelled if booking.ended_as_request() => "withdrew it.".into(),
        ChangeKind::Cancelled => "cancelled it.".into(),
        ChangeKind::CancelledLate => "cancelled it late.".into(),
        ChangeKind::Expired => "It was not answered in time.".into(),
        ChangeKind::SaidAttended => "said that you met.".into(),
        ChangeKind::SaidNoShow => "said that the other person did not attend.".into(),
        ChangeKind::SaidOther => "said that it was neither a normal session nor a no-show.".into(),
        ChangeKind::Completed => "Settled: the session took place.".into(),
        ChangeKind::NoShow => "Settled: one of you did not attend.".into(),
    }
}

/// An address that opens a calendar with the event filled in.
fn google(meeting: &Meeting, reader: PersonId, origin: &str) -> String {
    let booking = &meeting.booking;
    let stamp = |at: DateTime<Utc>| at.format("%Y%m%dT%H%M%SZ").to_string();
    let dates = format!("{}/{}", stamp(booking.starts_at), stamp(booking.ends_at));
    let text = event::title(meeting, reader);
    let details = format!("{origin}/bookings/{}", booking.id);
    let query = [
        ("action", "TEMPLATE"),
        ("text", &text),
        ("dates", &dates),
        ("details", &details),
        ("location", &booking.location),
    ];
    address("https://calendar.google.com/calendar/render", &query)
}

fn outlook(meeting: &Meeting, reader: PersonId, origin: &str) -> String {
    let booking = &meeting.booking;
    let text = event::title(meeting, reader);
    let details = format!("{origin}/bookings/{}", booking.id);
    let (start, end) = (booking.starts_at.to_rfc3339(), booking.ends_at.to_rfc3339());
    let query = [
        ("path", "/calendar/action/compose"),
        ("rru", "addevent"),
        ("subject", &text),
        ("startdt", &start),
        ("enddt", &end),
        ("body", &details),
        ("location", &booking.location),
    ];
    address(
        "https://outlook.live.com/calendar/0/deeplink/compose",
        &query,
    )
}

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
    pub offers: &'a [Booking],
    /// Set for alumni.
    pub host: Option<(&'a Host, usize)>,
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
        host,
        zone,
        now,
    } = *dashboard;
    let body = html! {
        div.title-row {
            h1 { "My sessions" }
            @if let Some((host, _)) = host {
                div.row {
                    a.button.is-quiet.is-small href="/me/week" { (icon::calendar()) "Your week" }
                    (editor::pages::pause(chrome, host))
                }
            }
        }
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
        @if let Some((host, services)) = host { (setting_up(host, services)) }
        @for offer in offers {
            div.callout {
                p {
                    strong {
                        "From your waitlist: "
                        (offer.service_title)
                        ", "
                        (time::moment(offer.starts_at, zone))
                        "."
                    }
                    @if let Some(end) = offer.hold_expires_at {
                        " It is held for you until "
                        (time::moment(end, zone))
                        "."
                    }
                }
                p {
                    a.button href={ "/holds/" (offer.id) } { "Take this time" }
                }
            }
        }
        @let (asked, coming): (Vec<&Meeting>, Vec<&Meeting>) = coming
            .iter()
            .partition(|m| m.booking.status == Status::Pending);
        @if !asked.is_empty() {
            section aria-labelledby="asked" {
                h2 #asked { "Requests" }
                (list(&asked, person.id, zone, now))
            }
        }
        @let is_to_say = |m: &Meeting| {
            m.booking.status == Status::Confirmed && !m.settlement.is_disputed()
                && !said
                    .iter()
                    .any(|r| r.booking_id == m.booking.id && r.person_id == person.id)
        };
        @let (to_say, past): (Vec<&Meeting>, Vec<&Meeting>) = past
            .iter()
            .partition(|m| is_to_say(m));
        @if !to_say.is_empty() {
            section aria-labelledby="to-say" {
                h2 #to-say { "How did it go?" }
                (list(&to_say, person.id, zone, now))
            }
        }
        section aria-labelledby="coming" {
            h2 #coming { "Upcoming" }
            p.hint { "Times in " (time::zone_in_words(zone, now)) "." }
            @if coming.is_empty() {
                div.empty {
                    (icon::calendar())
                    @if person.is(Role::Student) {
                        p { "You have no upcoming sessions." }
                        p.row {
                            a.button href="/alumni" { "Find a session" }
                            a.button.is-quiet href="/me/waitlist" { "Your waitlist" }
                        }
                    } @else if host.is_some() {
                        p {
                            "You have no upcoming sessions. You will get an email and an invitation as soon as somebody books you."
                        }
                    } @else {
                        p { "You have no upcoming sessions." }
                    }
                }
            }
            (list(&coming, person.id, zone, now))
            @if !coming.is_empty() && person.is(Role::Student) {
                p {
                    a href="/me/waitlist" { "Your waitlist" }
                }
            }
        }
        @if !past.is_empty() {
            section aria-labelledby="past" {
                h2 #past { "Past and cancelled" }
                (list(&past, person.id, zone, now))
            }
            p {
                a href="/me/record" { "Your record" }
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

/// The way for a new alumnus, step by step, until all is done.
fn setting_up(host: &Host, services: usize) -> Markup {
    let has_profile = !host.profile.profile.headline.is_empty();
    html! {
        @if services == 0 || !has_profile {
            section.card aria-labelledby="setting-up" {
                h2 #setting-up { "Three steps, three minutes" }
                ol.steps {
                    li {
                        a href="/me/profile" { "Fill in your profile" }
                        @if has_profile { " (done)" }
                    }
                    li {
                        a href="/me/services/new" { "Choose what you offer" }
                        @if services > 0 { " (done)" }
                    }
                    li {
                        a href="/me/availability" { "Say when you are free" }
                        ": every week, or just “Thursday 18:00 to 20:00”"
                    }
                }
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
                        div.date aria-hidden="true" {
                            @let local = zone.local(booking.starts_at);
                            span { (local.format("%b")) }
                            strong { (local.format("%-d")) }
                            span { (local.format("%a")) }
                        }
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
                                (time::span(booking.span(), zone))
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
                                    (Status::Pending, true) => strong { "Waiting for your answer." },
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

/// The way back to a time after signing in.
pub fn sign_in_for(handle: &str, service: &str, at: DateTime<Utc>) -> String {
    format!(
        "/sign-in?next={}",
        encode(&time_address(handle, service, at))
    )
}
