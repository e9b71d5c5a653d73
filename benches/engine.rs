//! In memory: a month of slots with more and more bookings, the horizon of a year, the free spans of
//! the index, a large foreign calendar, and writing a feed.

use almanac::{
    ical::{
        self, Event, Method, Party, Status,
        busy::{self, ReadOptions},
    },
    schedule::{Diary, Engagement, Limits, Offer, Policy, Rules, Span, Window, Zone},
};
use chrono::{DateTime, TimeDelta, Utc};
use divan::{Bencher, black_box};

fn main() {
    divan::main();
}

fn rules() -> Rules {
    let mut rules = Rules::closed(Zone::named("Europe/Berlin").expect("a zone"));
    let window = |from: u16, until: u16| Window::new(from * 60, until * 60).expect("in order");
    rules.weekly = std::array::from_fn(|_| vec![window(9, 12), window(14, 18)]);
    rules
}

fn policy() -> Policy {
    Policy {
        length: TimeDelta::minutes(30),
        increment: TimeDelta::minutes(15),
        buffer_before: TimeDelta::minutes(5),
        buffer_after: TimeDelta::minutes(10),
        minimum_notice: TimeDelta::hours(2),
        horizon: TimeDelta::days(366),
        max_per_day: Some(6),
        max_per_week: Some(20),
    }
}

fn now() -> DateTime<Utc> {
    "2027-03-01T00:00:00Z".parse().expect("an instant")
}

fn engagements(count: usize) -> Vec<Engagement> {
    let one = |n: usize| Engagement {
        span: Span::lasting(
            now() + TimeDelta::minutes(n as i64 * 95),
            TimeDelta::minutes(30),
        ),
        buffer_before: TimeDelta::minutes(5),
        buffer_after: TimeDelta::minutes(10),
        as_host: true,
    };
    (0..count).map(one).collect()
}

#[divan::bench(args = [10, 100, 1_000, 5_000])]
fn a_month_by_bookings(bencher: Bencher, bookings: usize) {
    let (rules, policy) = (rules(), policy());
    let diary = Diary::new([], &engagements(bookings), []);
    bencher.bench(|| {
        let offer = Offer {
            rules: &rules,
            policy: &policy,
            diary: &diary,
            now: now(),
        };
        black_box(offer.slots(now(), now() + TimeDelta::days(31)))
    });
}

#[divan::bench(args = [10, 5_000])]
fn a_year_by_bookings(bencher: Bencher, bookings: usize) {
    let (rules, policy) = (rules(), policy());
    let diary = Diary::new([], &engagements(bookings), []);
    bencher.bench(|| {
        let offer = Offer {
            rules: &rules,
            policy: &policy,
            diary: &diary,
            now: now(),
        };
        black_box(offer.slots(now(), now() + TimeDelta::days(366)))
    });
}

#[divan::bench]
fn one_instant(bencher: Bencher) {
    let (rules, policy) = (rules(), policy());
    let diary = Diary::new([], &engagements(100), []);
    let start = now() + TimeDelta::days(10) + TimeDelta::hours(8);
    bencher.bench(|| {
        let offer = Offer {
            rules: &rules,
            policy: &policy,
            diary: &diary,
            now: now(),
        };
        black_box(offer.may_book(start))
    });
}

/// The spans that the index keeps of one host.
#[divan::bench]
fn free_spans_of_a_hundred_days(bencher: Bencher) {
    let (rules, policy) = (rules(), policy());
    let diary = Diary::new([], &engagements(100), []);
    let limits = Limits {
        buffer_before: policy.buffer_before,
        buffer_after: policy.buffer_after,
        max_per_day: policy.max_per_day,
        max_per_week: policy.max_per_week,
    };
    let span = Span::new(now(), now() + TimeDelta::days(100));
    bencher.bench(|| black_box(almanac::schedule::free::free(&rules, &limits, &diary, span)));
}

/// A calendar of so many series, begun over twenty years, read for the 400 days that are kept.
#[divan::bench(args = [100, 2_000])]
fn a_foreign_calendar_by_series(bencher: Bencher, series: usize) {
    let rules = [
        "FREQ=WEEKLY;BYDAY=MO,WE",
        "FREQ=MONTHLY;BYDAY=-1FR",
        "FREQ=YEARLY",
        "FREQ=DAILY;INTERVAL=3",
    ];
    let mut text = "BEGIN:VCALENDAR\r\n".to_owned();
    for n in 0..series {
        text += &format!(
            "BEGIN:VEVENT\r\nUID:{n}\r\nDTSTART;TZID=Europe/Berlin:{}{:02}{:02}T{:02}0000\r\nDURATION:PT45M\r\n\
             RRULE:{}\r\nSUMMARY:Number {n}\r\nEND:VEVENT\r\n",
            2006 + n % 20,
            1 + n % 12,
            1 + n % 28,
            n % 24,
            rules[n % rules.len()],
        );
    }
    text += "END:VCALENDAR\r\n";
    let zone = Zone::named("Europe/Berlin").expect("a zone");
    bencher.bench(|| {
        let question = ReadOptions {
            window: Span::new(now(), now() + TimeDelta::days(400)),
            zone: &zone,
            count_free: false,
            is_own: &|_| false,
            owner: &[],
        };
        black_box(busy::read::read(text.as_bytes(), &question))
    });
}

/// A feed of so many events.
#[divan::bench(args = [10, 1_000])]
fn writing_a_feed(bencher: Bencher, count: usize) {
    let event = |n: usize| Event {
        uid: format!("{n}"),
        sequence: 0,
        status: Status::Confirmed,
        starts_at: now() + TimeDelta::hours(n as i64),
        ends_at: now() + TimeDelta::hours(n as i64) + TimeDelta::minutes(30),
        changed_at: now(),
        created_at: now(),
        summary: "Resume review with Ada Lovelace".into(),
        description: "What the session is for, in a sentence or two.\n".repeat(4),
        location: "https://meet.example.org/ada".into(),
        url: "https://almanac.example.org/bookings/1".into(),
        organizer: Party {
            name: "Almanac".into(),
            email: "almanac@example.org".into(),
        },
        attendee: None,
        is_busy: true,
        alarm_minutes: Some(15),
    };
    let events: Vec<Event> = (0..count).map(event).collect();
    bencher.bench(|| black_box(ical::calendar(Method::Publish, Some("Sessions"), &events)));
}
