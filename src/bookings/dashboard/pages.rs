//! The dashboard, made from values already loaded.

use chrono::{DateTime, Utc};
use maud::{Markup, html};

use crate::bookings::{
    Booking, Meeting, Status,
    aftercare::{
        reliability::{PAUSES_AT, WARNS_AT},
        store::Report,
    },
};
use crate::{
    db::PersonId,
    html::{Page, icon, layout::Chrome, time},
    people::{Person, Role, Standing},
    schedule::Zone,
    slots::{Host, editor},
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
