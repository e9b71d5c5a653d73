//! The calendar page of one service: a month, the times of a day, both zones, in links and forms.

use std::collections::BTreeMap;

use chrono::{DateTime, Datelike, Days, NaiveDate, TimeDelta, Utc};
use maud::{Markup, html};

use super::Calendar;
use crate::{
    html::{
        Page,
        form::address,
        icon,
        time::{self, instant},
    },
    people::visitor::Visitor,
    schedule::{Span, Zone},
    slots::{
        Host,
        board::pages::{facts_and_policy, portrait, zone_note},
    },
};

impl Calendar {
    fn path(&self) -> String {
        format!("/alumni/{}/{}", self.host.profile.handle, self.service.slug)
    }

    fn day_address(&self, day: NaiveDate) -> String {
        address(&self.path(), &[("day", &day.to_string())])
    }

    fn month_address(&self, months: i32) -> String {
        let month = time::month_later(self.month, months);
        address(
            &self.path(),
            &[("month", &month.format("%Y-%m").to_string())],
        )
    }

    fn by_day(&self, zone: &Zone) -> BTreeMap<NaiveDate, Vec<Span>> {
        let mut days: BTreeMap<NaiveDate, Vec<Span>> = BTreeMap::new();
        for slot in &self.slots {
            days.entry(zone.local(slot.start).date_naive())
                .or_default()
                .push(*slot);
        }
        days
    }
}

/// `problem`: what went wrong with the attempt before.
pub fn calendar(visitor: &Visitor, calendar: &Calendar, problem: Option<&str>) -> Markup {
    let Calendar {
        host, service, now, ..
    } = calendar;
    let zone = &visitor.zone;
    let days = calendar.by_day(zone);
    let body = html! {
        div.profile-head.is-small {
            (portrait(host))
            div {
                h1 { (service.title) }
                p.lead {
                    "with "
                    a href={ "/alumni/" (host.profile.handle) } {
                        bdi { (host.person.name) }
                    }
                }
            }
        }
        (facts_and_policy(service))
        @if !service.description.is_empty() {
            p { (service.description) }
        }
        @if let Some(problem) = problem {
            div.callout.is-wrong role="alert" {
                p { (problem) }
            }
        }
        (zone_note(visitor, *now))
        (clock_changes(calendar, visitor))
        @if let Some((at, is_free)) = calendar.wanted { (wanted(visitor, calendar, at, is_free)) }
        @if !host.is_open() {
            div.empty {
                (icon::pause())
                p {
                    strong {
                        bdi { (host.person.name) }
                        " has paused bookings."
                    }
                    " No new sessions can be booked for now."
                }
                p {
                    a.button.is-quiet href="/alumni" { "Find somebody else" }
                }
            }
        } @else {
            div.calendar { (month(visitor, calendar, &days)) (times(visitor, calendar, &days)) }
            p {
                "No time that suits you? "
                a   href=({
                        address(
                            "/waitlist",
                            &[
                                ("alumnus", &host.profile.handle),
                                ("service", &service.slug),
                            ],
                        )
                    })
                { "Join the waitlist" }
                " and we will hold a suitable time for you when one comes free."
            }
        }
    };
    let title = format!("{} with {}", service.title, host.person.name);
    Page {
        chrome: &visitor.chrome,
        title: &title,
        body,
    }
    .render()
}

/// Clock changes of either side that fall into the month shown.
fn clock_changes(calendar: &Calendar, visitor: &Visitor) -> Markup {
    let from = visitor.zone.instant(calendar.month, 0).max(calendar.now);
    let until = visitor
        .zone
        .instant(time::month_later(calendar.month, 1), 0);
    let host_zone = calendar.host.person.zone();
    let mut sentences: Vec<String> = Vec::new();
    for zone in [&visitor.zone, &host_zone] {
        let changes = zone.clock_changes(from, until);
        sentences.extend(
            changes
                .iter()
                .map(|change| time::clock_change(change, zone)),
        );
    }
    sentences.dedup();
    html! {
        @if !sentences.is_empty() {
            div.callout {
                (icon::clock())
                p { (sentences.join(" ")) " The times shown here already allow for this." }
            }
        }
    }
}

/// The time that somebody came for: one button away, or gone.
fn wanted(visitor: &Visitor, calendar: &Calendar, at: DateTime<Utc>, is_free: bool) -> Markup {
    let host_zone = calendar.host.person.zone();
    let slot = Span::lasting(at, calendar.service.duration());
    html! {
        @if is_free {
            form.card.wanted method="post" action="/holds" {
                (visitor.chrome.csrf_field())
                input type="hidden" name="service" value=(calendar.service.id);
                div {
                    h2 { (time::span(slot, &visitor.zone)) }
                    (their_time(at, &visitor.zone, &host_zone, &calendar.host))
                }
                button.button name="start" value=(instant(at)) { "Hold this time and continue" }
            }
        } @else {
            div.callout.is-wrong role="alert" {
                p {
                    "The time you wanted, "
                    (time::span(slot, &visitor.zone))
                    ", is no longer free. Choose another time below."
                }
            }
        }
    }
}

/// The other side's time where it differs, with the day where that differs too.
fn their_time(at: DateTime<Utc>, reader: &Zone, other: &Zone, host: &Host) -> Markup {
    html! {
        @if time::differ(at, reader, other) {
            p.hint {
                (time::clock(at, other))
                " for "
                bdi { (host.person.name) }
                " in "
                (other.city())
                @let shift = time::day_shift(at, reader, other);
                @if !shift.is_empty() {
                    ", "
                    (shift)
                    " ("
                    (time::short_date(other.local(at).date_naive()))
                    ")"
                }
            }
        }
    }
}

fn month(visitor: &Visitor, calendar: &Calendar, days: &BTreeMap<NaiveDate, Vec<Span>>) -> Markup {
    let first = calendar.month;
    let start = first - Days::new(u64::from(first.weekday().num_days_from_monday()));
    let next = time::month_later(first, 1);
    let weeks = ((next - start).num_days() + 6) / 7;
    let today = visitor.zone.local(calendar.now).date_naive();
    let furthest = visitor
        .zone
        .local(calendar.now + calendar.host.policy.horizon())
        .date_naive();
    html! {
        section.month aria-labelledby="month" {
            div.month-head {
                @if first > today {
                    a.button.is-quiet.is-small rel="prev" href=(calendar.month_address(-1)) {
                        (icon::left())
                        span.sr-only { "Previous month" }
                    }
                } @else {
                    span.button.is-quiet.is-small.is-off aria-hidden="true" { (icon::left()) }
                }
                h2 #month { (time::month(first)) }
                @if next <= furthest {
                    a.button.is-quiet.is-small rel="next" href=(calendar.month_address(1)) {
                        (icon::right())
                        span.sr-only { "Next month" }
                    }
                } @else {
                    span.button.is-quiet.is-small.is-off aria-hidden="true" { (icon::right()) }
                }
            }
            table.grid {
                thead {
                    tr {
                        @for day in ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"] {
                            th scope="col" { (day) }
                        }
                    }
                }
                tbody {
                    @for week in 0..weeks {
                        tr {
                            @for day in 0..7 {
                                @let date = start + Days::new((week * 7 + day) as u64);
                                td { (cell(calendar, date, days.get(&date), today)) }
                            }
                        }
                    }
                }
            }
            @if days.is_empty() {
                p.state { (icon::calendar()) "No free times in " (time::month(first)) "." }
            }
            @if let Some(later) = calendar.later {
                @if days.is_empty() {
                    p {
                        a   .button
                            .is-quiet
                            href=({
                                calendar
                                    .day_address(visitor.zone.local(later.start).date_naive())
                            })
                        { "Next free time: " (time::moment(later.start, &visitor.zone)) }
                    }
                }
            } @else if days.is_empty() {
                p.hint {
                    bdi { (calendar.host.person.name) }
                    " has no free times up to "
                    (time::short_date(furthest))
                    ", which is as far ahead as you can book."
                }
            }
        }
    }
}

fn cell(
    calendar: &Calendar,
    date: NaiveDate,
    slots: Option<&Vec<Span>>,
    today: NaiveDate,
) -> Markup {
    let is_this_month = date.month() == calendar.month.month();
    html! {
        @match slots.filter(|_| is_this_month) {
            Some(slots) => {
                a   .day
                    href=(calendar.day_address(date))
                    aria-current=[(calendar.day == Some(date)).then_some("date")]
                    aria-label={
                        (time::short_date(date))
                        ", "
                        (slots.len())
                        @if slots.len() == 1 { " time" } @else { " times" }
                    }
                { (date.day()) }
            }
            None => span.day.is-today[date == today].is-outside[!is_this_month] {
                @if is_this_month { (date.day()) }
            },
        }
    }
}

fn times(visitor: &Visitor, calendar: &Calendar, days: &BTreeMap<NaiveDate, Vec<Span>>) -> Markup {
    let host_zone = calendar.host.person.zone();
    let slots = calendar.day.and_then(|day| days.get(&day));
    html! {
        section.day-times aria-labelledby="day" {
            @if let (Some(day), Some(slots)) = (calendar.day, slots) {
                h2 #day { (time::long_date(day)) }
                @if {
                    slots
                        .first()
                        .is_some_and(|s| time::differ(
                            s.start,
                            &visitor.zone,
                            &host_zone,
                        ))
                } {
                    p.hint {
                        "The smaller time is the time for "
                        bdi { (calendar.host.person.name) }
                        " in "
                        (host_zone.city())
                        "."
                    }
                }
                form method="post" action="/holds" {
                    (visitor.chrome.csrf_field())
                    input type="hidden" name="service" value=(calendar.service.id);
                    ul.slots {
                        @for slot in slots {
                            li { (slot_button(slot, calendar, visitor, &host_zone)) }
                        }
                    }
                }
                p.hint {
                    "A time you choose is held for you for five minutes."
                    @if visitor.person.is_none() { " You will be asked to sign in first." }
                }
            } @else if let Some(day) = calendar.day {
                h2 #day { (time::long_date(day)) }
                p.state {
                    (icon::calendar())
                    "No free times on this day. Days with times are marked."
                }
            } @else {
                h2 #day { "Choose a day" }
                p { "Days with free times are marked." }
            }
        }
    }
}

fn slot_button(slot: &Span, calendar: &Calendar, visitor: &Visitor, host_zone: &Zone) -> Markup {
    let at = slot.start;
    let group = calendar.groups.iter().find(|group| group.span.start == at);
    // In the hour that a clock repeats, the zone's abbreviation tells the two apart.
    let local = visitor.zone.local(at);
    let around = TimeDelta::hours(3);
    let is_repeated = visitor
        .zone
        .clock_changes(at - around, at + around)
        .iter()
        .any(|c| c.jump() < TimeDelta::zero() && (at - c.at).abs() <= c.jump().abs());
    html! {
        button.slot name="start" value=(instant(at)) {
            span {
                (local.format("%H:%M"))
                @if is_repeated { " " (visitor.zone.abbreviation(at)) }
            }
            @if let Some(group) = group {
                small {
                    (group.seats_left)
                    @if group.seats_left == 1 { " seat" } @else { " seats" }
                    " left"
                }
            }
            @if time::differ(at, &visitor.zone, host_zone) {
                small {
                    (time::clock(at, host_zone))
                    @let shift = time::day_shift(at, &visitor.zone, host_zone);
                    @if !shift.is_empty() { ", " (shift) }
                }
            }
        }
    }
}
