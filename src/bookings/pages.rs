//! The page of a booking, made from values already loaded.

use chrono::{DateTime, Utc};
use maud::{Markup, html};

use super::{
    Booking, ChangeKind, Line, Meeting, Preparation, Status,
    aftercare::{self, store::After},
    event,
    preparation::{self, store::Prepared},
    rules,
    state::{self, Action, Actor},
};
use crate::{
    db::{BookingId, PersonId},
    html::{
        Page,
        form::{Field, address},
        icon,
        layout::Chrome,
        time,
    },
    input::{self, Problems},
    people::{
        Person,
        introduction::{self, Introduced},
    },
    schedule::{Span, Zone},
};

/// The time for the reader, and for the other where it differs.
pub fn when(span: Span, zone: &Zone, other: &Person) -> Markup {
    let theirs = other.zone_for(zone);
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

/// The fields in which a guest says what a session is for, before booking and when asked for more.
pub fn said_fields(
    booking: &Booking,
    host: &str,
    said: &Preparation,
    problems: &Problems,
) -> Markup {
    html! {
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
            (if question.required { field.required() } else { field }.text_area(2))
        }
    }
}

/// What the page of a booking shows, to one of its two.
pub struct Shown<'a> {
    pub meeting: &'a Meeting,
    pub history: &'a [Line],
    /// Sessions the two have had.
    pub met: i64,
    /// To the host of one guest: what that one shows of themselves.
    pub introduced: Option<&'a Introduced>,
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

impl Shown<'_> {
    fn side(&self) -> Actor {
        Actor::of(self.reader, &self.meeting.booking).expect("a reader is one of the two")
    }

    fn may(&self, action: Action) -> bool {
        state::may(&self.meeting.booking, action, self.side(), self.now).is_ok()
    }
}

pub fn booking(chrome: &Chrome, shown: &Shown) -> Markup {
    let Shown {
        meeting,
        history,
        after,
        prepared,
        typed,
        reader,
        zone,
        now,
        ..
    } = *shown;
    let booking = &meeting.booking;
    let (_, other) = meeting.sides(reader);
    let is_to_come = !booking.is_off() && !booking.is_over(now);
    let body = html! {
        div.columns {
            div.stack {
                h1 {
                    (booking.service_title)
                    " with "
                    bdi { (other.name) }
                }
                (standing(chrome, shown))
                section.card.meeting.is-past[!is_to_come] aria-label="The session" {
                    @if booking.status == Status::Pending && is_to_come {
                        p.countdown-words { "Requested" (answer_by(booking, zone)) }
                    } @else if is_to_come {
                        p.countdown-words { (time::until(booking.starts_at - now)) }
                    } @else if !booking.is_off() {
                        p.countdown-words { "This session is over." }
                    }
                    (when(booking.span(), zone, other))
                    (place(booking, is_to_come))
                    p.when {
                        (icon::user())
                        span {
                            "With "
                            @if reader == booking.guest_id {
                                a href={ "/alumni/" (meeting.host_handle) } {
                                    bdi { (other.name) }
                                }
                            } @else {
                                bdi { (other.name) }
                            }
                            @if is_to_come {
                                br;
                                span.hint {
                                    @match shown.met {
                                        0 => "You have not met here before.",
                                        1 => "You have met here once.",
                                        met => { "You have met here " (met) " times." }
                                    }
                                }
                            }
                        }
                    }
                    @if let Some(guest) = shown.introduced { (introduced(meeting, guest)) }
                    @if shown.may(Action::Cancel) { (changing(shown)) }
                }
                (group_of(shown))
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
                        h2 {
                            @if reader == booking.host_id {
                                (heading.replace(&meeting.host.name, "you"))
                            } @else { (heading) }
                        }
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
                @if is_to_come && booking.status == Status::Confirmed { (in_calendar(shown)) }
                @if {
                    reader == booking.guest_id
                        && (booking.is_off() || booking.is_over(now))
                } {
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

/// Until when a request is held.
fn answer_by(booking: &Booking, zone: &Zone) -> String {
    booking.hold_expires_at.map_or_else(String::new, |end| {
        format!(", to be answered by {}", time::moment(end, zone))
    })
}

/// The guest as they introduce themselves to their host.
pub fn introduced(meeting: &Meeting, guest: &Introduced) -> Markup {
    let photo = format!("/bookings/{}/guest.jpg", meeting.booking.id);
    introduction::pages::introduced(&meeting.guest, guest, Some(&photo))
}

/// Where the two meet: one press away where it is online.
fn place(booking: &Booking, is_to_come: bool) -> Markup {
    let is_known = !booking.location.is_empty() && booking.status == Status::Confirmed;
    html! {
        @if is_known && is_to_come {
            @if input::is_web_address(&booking.location) {
                p.row {
                    a.button href=(booking.location) rel="noopener noreferrer" {
                        (icon::video())
                        "Join the meeting"
                    }
                    span.hint { (booking.location) }
                }
            } @else {
                p.when {
                    (icon::pin())
                    span { (booking.location) }
                }
            }
        }
    }
}

/// Why it does not take place, or what it waits for.
fn standing(chrome: &Chrome, shown: &Shown) -> Markup {
    let (meeting, zone) = (shown.meeting, shown.zone);
    let booking = &meeting.booking;
    let (side, history, reader) = (shown.side(), shown.history, shown.reader);
    let (_, other) = meeting.sides(reader);
    html! {
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
                    form.row method="post" action={ "/bookings/" (booking.id) "/answer" } {
                        (chrome.csrf_field())
                        button.button name="answer" value="approve" { (icon::check()) "Approve" }
                        a.button.is-quiet href={ "/bookings/" (booking.id) "/answer" } {
                            "Ask or decline"
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
    }
}

/// Who else comes, as far as the reader may know.
fn group_of(shown: &Shown) -> Markup {
    let (booking, guests) = (&shown.meeting.booking, shown.guests);
    let side = shown.side();
    html! {
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
                        @if shown.may(Action::Cancel) {
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
    }
}

/// The ways into a calendar.
fn in_calendar(shown: &Shown) -> Markup {
    let Shown {
        meeting,
        reader,
        origin,
        ..
    } = *shown;
    let booking = &meeting.booking;
    html! {
        section.card aria-labelledby="add" {
            h2 #add { "In your calendar" }
            p.hint { "The invitation is in your inbox. You can also add it here:" }
            ul.plain {
                li {
                    a href={ "/bookings/" (booking.id) "/invite.ics" } { "Calendar file (.ics)" }
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
}

/// The ways to change it.
fn changing(shown: &Shown) -> Markup {
    let (meeting, zone) = (shown.meeting, shown.zone);
    let booking = &meeting.booking;
    let (side, now) = (shown.side(), shown.now);
    let may = |action| shown.may(action);
    html! {
        div.changes {
            @if booking.status == Status::Confirmed && booking.change_notice_hours > 0 {
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
                @if may(Action::Move) && (side == Actor::Host || !booking.is_late(now)) {
                    a.button.is-quiet href={ "/bookings/" (booking.id) "/move" } {
                        "Move the session"
                    }
                }
                a.button.is-quiet href={ "/bookings/" (booking.id) "/cancel" } {
                    @if booking.status == Status::Pending { "Withdraw the request" } @else if booking.is_late(now) {
                        "Cancel late"
                    } @else if booking.group_id.is_some() && side == Actor::Guest {
                        "Give up your seat"
                    } @else { "Cancel the session" }
                }
            }
        }
    }
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
