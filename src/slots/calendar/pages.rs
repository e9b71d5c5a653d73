//! The calendar page of one service: the free times of a week, both zones, in links and forms.

use std::collections::BTreeMap;

use chrono::{DateTime, Datelike, Days, NaiveDate, TimeDelta, Timelike, Utc};
use maud::{Markup, html};

use super::Calendar;
use crate::{
    html::{
        Page,
        form::address,
        icon,
        time::{self, instant},
        week::{self, Block, Day, Hours},
    },
    input::Problems,
    people::{
        Role,
        sign_in::{self, pages::Asking},
        visitor::Visitor,
    },
    schedule::{Span, Zone},
    slots::{
        Host,
        pages::{When, facts_and_policy, portrait, when_fields, zone_note},
        rules::WEEKDAYS,
    },
};

impl Calendar {
    fn path(&self) -> String {
        format!("/alumni/{}/{}", self.host.profile.handle, self.service.slug)
    }

    fn day_address(&self, day: NaiveDate) -> String {
        address(&self.path(), &[("day", &day.to_string())])
    }

    fn waitlist_address(&self) -> String {
        let query = [
            ("alumnus", self.host.profile.handle.as_str()),
            ("service", self.service.slug.as_str()),
        ];
        address("/waitlist", &query)
    }

    /// The day that a link to a week `weeks` later leads to.
    fn week_address(&self, weeks: i64) -> String {
        self.day_address(self.first + TimeDelta::weeks(weeks))
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

/// `asking`: what a stranger who came for a free time signs in for; `problem`: what went wrong with the attempt before.
pub fn calendar(
    visitor: &Visitor,
    calendar: &Calendar,
    asking: Option<&Asking>,
    problem: Option<&str>,
) -> Markup {
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
        @if let Some((at, is_free)) = calendar.wanted {
            (wanted(visitor, calendar, at, is_free, asking))
        }
        @if !host.is_open() {
            div.empty {
                (icon::pause())
                p {
                    strong {
                        bdi { (host.person.name) }
                        " has paused bookings."
                    }
                    @match host.profile.paused_until {
                        Some(until) => {
                            " New sessions can be booked again on "
                            (time::short_date(visitor.zone.local(until).date_naive()))
                            "."
                        }
                        None => " No new sessions can be booked for now.",
                    }
                }
                p {
                    a.button.is-quiet href="/alumni" { "Find somebody else" }
                }
            }
        } @else {
            (week(visitor, calendar, &days))
            @if !days.is_empty() {
                p {
                    "No time that suits you? "
                    a href=(calendar.waitlist_address()) { "Join the waitlist" }
                    " and we will hold a suitable time for you when one comes free."
                }
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

/// Clock changes of either side that fall into the week shown.
fn clock_changes(calendar: &Calendar, visitor: &Visitor) -> Markup {
    let from = visitor.zone.instant(calendar.first, 0).max(calendar.now);
    let until = visitor.zone.instant(calendar.first + Days::new(7), 0);
    let host_zone = calendar.host.person.zone_for(&visitor.zone);
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
fn wanted(
    visitor: &Visitor,
    calendar: &Calendar,
    at: DateTime<Utc>,
    is_free: bool,
    asking: Option<&Asking>,
) -> Markup {
    let host_zone = calendar.host.person.zone_for(&visitor.zone);
    let slot = Span::lasting(at, calendar.service.duration());
    let when = html! {
        div {
            h2 { (time::span(slot, &visitor.zone)) }
            (their_time(at, &visitor.zone, &host_zone, &calendar.host))
        }
    };
    html! {
        @if let (true, Some(asking)) = (is_free, asking) {
            div.card.wanted {
                div {
                    (when)
                    p.hint {
                        "To book it, sign in or join with a link that we send you. We’ll hold the time for you as soon as you are in."
                    }
                }
                ({
                    sign_in::pages::ask_for_link(
                        &visitor.chrome,
                        asking,
                        "",
                        &Problems::default(),
                    )
                })
            }
        } @else if is_free {
            form.card.wanted method="post" action="/holds" {
                (visitor.chrome.csrf_field())
                input type="hidden" name="service" value=(calendar.service.id);
                (when)
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

fn week(visitor: &Visitor, calendar: &Calendar, days: &BTreeMap<NaiveDate, Vec<Span>>) -> Markup {
    let first = calendar.first;
    let today = visitor.zone.local(calendar.now).date_naive();
    let furthest = visitor
        .zone
        .local(calendar.now + calendar.host.policy.horizon())
        .date_naive();
    let last = first + Days::new(6);
    let is_shifted = calendar
        .slots
        .first()
        .is_some_and(|slot| time::differ(slot.start, &visitor.zone, &calendar.host.person.zone()));
    html! {
        section.calendar aria-labelledby="week" {
            (week_head(calendar, today, furthest))
            @if is_shifted {
                p.hint {
                    "The smaller time is the time for "
                    bdi { (calendar.host.person.name) }
                    " in "
                    (calendar.host.person.zone().city())
                    "."
                }
            }
            @if days.is_empty() { (nothing(visitor, calendar, furthest)) } @else {
                form method="post" action="/holds" {
                    (visitor.chrome.csrf_field())
                    input type="hidden" name="service" value=(calendar.service.id);
                    ({
                        week::grid(
                            "is-free-times",
                            &first
                                .iter_days()
                                .take_while(|date| *date <= last)
                                .map(|date| {
                                    day(visitor, calendar, date, days.get(&date), today)
                                })
                                .collect::<Vec<_>>(),
                            visitor.zone.hour_cycle(),
                            Hours::Folded,
                        )
                    })
                }
                p.hint {
                    "A time you choose is held for you for five minutes."
                    @if visitor.person.is_none() { " You will be asked to sign in first." }
                }
            }
        }
    }
}

/// Which week it is, and the ways to others.
fn week_head(calendar: &Calendar, today: NaiveDate, furthest: NaiveDate) -> Markup {
    let first = calendar.first;
    html! {
        div.week-head {
            @if first > today {
                a.button.is-quiet.is-small rel="prev" href=(calendar.week_address(-1)) {
                    (icon::left())
                    span.sr-only { "Previous week" }
                }
            } @else {
                span.button.is-quiet.is-small.is-off aria-hidden="true" { (icon::left()) }
            }
            h2 #week { (time::days(first, first + Days::new(6))) }
            @if first + Days::new(7) <= furthest {
                a.button.is-quiet.is-small rel="next" href=(calendar.week_address(1)) {
                    span.sr-only { "Next week" }
                    (icon::right())
                }
            } @else {
                span.button.is-quiet.is-small.is-off aria-hidden="true" { (icon::right()) }
            }
        }
    }
}

/// What a week without free times says: where the next is, and what else to do.
fn nothing(visitor: &Visitor, calendar: &Calendar, furthest: NaiveDate) -> Markup {
    html! {
        div.empty {
            (icon::calendar())
            p {
                strong { "No free times in these seven days." }
                @if calendar.later.is_none() {
                    " "
                    bdi { (calendar.host.person.name) }
                    " has no free times up to "
                    (time::short_date(furthest))
                    ", which is as far ahead as you can book."
                }
            }
            @if let Some(later) = calendar.later {
                p {
                    a   .button
                        href=({
                            calendar
                                .day_address(visitor.zone.local(later.start).date_naive())
                        })
                    { "Next free time: " (time::moment(later.start, &visitor.zone)) }
                }
            }
        }
        (join_waitlist(visitor, calendar))
    }
}

/// The form that joins the waitlist for this service; for whoever cannot, the way to it.
fn join_waitlist(visitor: &Visitor, calendar: &Calendar) -> Markup {
    let is_student = visitor.person.as_ref().is_some_and(|p| p.is(Role::Student));
    let today = visitor.zone.local(calendar.now).date_naive();
    let until_on = (today + Days::new(30)).to_string();
    let when = When {
        days: &WEEKDAYS.map(|(word, _)| word.to_owned()),
        hours: "",
        until_on: &until_on,
    };
    html! {
        section.card aria-labelledby="waitlist" {
            h3 #waitlist { "Join the waitlist" }
            p {
                "Say when would suit you. As soon as a time like that is free, we will hold it for you for two hours and email you."
            }
            @if is_student {
                form.stack method="post" action="/waitlist" {
                    (visitor.chrome.csrf_field())
                    input type="hidden" name="alumnus" value=(calendar.host.profile.handle);
                    input type="hidden" name="service" value=(calendar.service.slug);
                    ({
                        when_fields(
                            &when,
                            &Problems::default(),
                            &visitor.zone,
                            calendar.now,
                        )
                    })
                    div.row {
                        button.button.is-quiet[calendar.later.is_some()] { "Join the waitlist" }
                    }
                }
            } @else {
                p {
                    a.button.is-quiet href=(calendar.waitlist_address()) { "Join the waitlist" }
                }
            }
        }
    }
}

fn day(
    visitor: &Visitor,
    calendar: &Calendar,
    date: NaiveDate,
    slots: Option<&Vec<Span>>,
    today: NaiveDate,
) -> Day {
    let slots = slots.map_or(&[][..], Vec::as_slice);
    let is_chosen = calendar.day == date;
    let heading = html! {
        a   .day
            .is-today[date == today]
            .is-empty[slots.is_empty()]
            href=(calendar.day_address(date))
            aria-current=[is_chosen.then_some("date")]
        {
            span { (date.format("%a")) }
            strong { (date.day()) }
            (week::dots(slots.len()))
            span.sr-only {
                ", "
                (slots.len())
                @if slots.len() == 1 { " time" } @else { " times" }
            }
        }
    };
    Day {
        name: time::long_date(date),
        heading,
        is_chosen,
        blocks: blocks(visitor, calendar, slots),
        none: "No free times on this day. Days with dots have some.",
    }
}

/// Slots of a day as blocks that do not overlap: as long as a session, or until the next can begin.
/// Those that begin within the same half hour share one.
fn blocks(visitor: &Visitor, calendar: &Calendar, slots: &[Span]) -> Vec<Block> {
    const SHARED: u16 = 30;
    let minute = |slot: &Span| {
        let local = visitor.zone.local(slot.start);
        (local.hour() * 60 + local.minute()) as u16
    };
    let groups: Vec<&[Span]> = slots
        .chunk_by(|one, next| minute(one) / SHARED == minute(next) / SHARED)
        .collect();
    // As long as the step from one start to the next, so that all look alike: how long a session takes is said above.
    let minutes = |minutes: i16| u16::try_from(minutes).unwrap_or(SHARED);
    let step = minutes(calendar.service.increment_minutes).max(SHARED);
    let length = minutes(calendar.service.duration_minutes).min(step);
    let host_zone = calendar.host.person.zone_for(&visitor.zone);
    let block = |(at, group): (usize, &&[Span])| {
        let from = minute(&group[0]);
        // Clocks that go back come by the same hour twice.
        // A block ends where the row of the next begins.
        let next = groups
            .get(at + 1)
            .map(|next| minute(&next[0]) / week::ROW * week::ROW);
        let next = next.filter(|next| *next > from).unwrap_or(1440);
        Block {
            from,
            until: (from + length).min(next).min(1440),
            class: "is-free",
            content: html! {
                @for slot in group.iter() { (slot_button(slot, calendar, visitor, &host_zone)) }
            },
        }
    };
    groups.iter().enumerate().map(block).collect()
}

fn slot_button(slot: &Span, calendar: &Calendar, visitor: &Visitor, host_zone: &Zone) -> Markup {
    let at = slot.start;
    let group = calendar.groups.iter().find(|group| group.span.start == at);
    // In the hour that a clock repeats, the zone's abbreviation tells the two apart.
    let around = TimeDelta::hours(3);
    let is_repeated = visitor
        .zone
        .clock_changes(at - around, at + around)
        .iter()
        .any(|c| c.jump() < TimeDelta::zero() && (at - c.at).abs() <= c.jump().abs());
    let is_chosen = calendar.wanted == Some((at, true));
    html! {
        button
            .slot
            .is-chosen[is_chosen]
            name="start"
            value=(instant(at))
            aria-current=[is_chosen.then_some("true")]
        {
            span {
                (time::clock(at, &visitor.zone))
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
                    @let theirs = host_zone.local(at);
                    @if theirs.date_naive() != visitor.zone.local(at).date_naive() {
                        (theirs.format("%a"))
                        " "
                    }
                    (time::clock(at, host_zone))
                }
            }
        }
    }
}
