//! The engine in memory: a month of slots with more and more bookings, and the horizon of a year.

use almanac::schedule::{Diary, Engagement, Offer, Policy, Rules, Span, Window, Zone};
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
    let diary = Diary::new(&rules.zone, [], &engagements(bookings), []);
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
    let diary = Diary::new(&rules.zone, [], &engagements(bookings), []);
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
    let diary = Diary::new(&rules.zone, [], &engagements(100), []);
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
