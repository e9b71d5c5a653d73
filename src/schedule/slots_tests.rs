//! The engine against examples, and against a second, slower way of computing.

use proptest::prelude::*;

use super::*;

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn span(start: &str, end: &str) -> Span {
    Span::new(at(start), at(end))
}

fn minutes(n: i64) -> TimeDelta {
    TimeDelta::minutes(n)
}

fn policy(length: i64, increment: i64) -> Policy {
    Policy {
        length: minutes(length),
        increment: minutes(increment),
        buffer_before: minutes(0),
        buffer_after: minutes(0),
        minimum_notice: minutes(0),
        horizon: TimeDelta::days(400),
        max_per_day: None,
        max_per_week: None,
    }
}

fn every_day(zone: &str, from: u16, until: u16) -> Rules {
    let mut rules = Rules::closed(Zone::named(zone).unwrap());
    rules.weekly = std::array::from_fn(|_| vec![Window::new(from, until).unwrap()]);
    rules
}

fn starts(
    rules: &Rules,
    policy: &Policy,
    diary: &Diary,
    now: &str,
    from: &str,
    until: &str,
) -> Vec<String> {
    let offer = Offer {
        rules,
        policy,
        diary,
        now: at(now),
    };
    let slots = offer.slots(at(from), at(until));
    slots
        .iter()
        .map(|s| s.start.format("%dT%H:%M").to_string())
        .collect()
}

#[test]
fn the_night_the_clocks_go_back_has_an_hour_more() {
    let rules = every_day("Europe/Berlin", 0, 6 * 60);
    let (from, until) = ("2026-10-24T22:00:00Z", "2026-10-25T22:00:00Z");
    let found = starts(
        &rules,
        &policy(60, 60),
        &Diary::default(),
        "2026-10-01T00:00:00Z",
        from,
        until,
    );
    assert_eq!(found.len(), 7);
    let (from, until) = ("2027-03-27T23:00:00Z", "2027-03-28T21:00:00Z");
    let found = starts(
        &rules,
        &policy(60, 60),
        &Diary::default(),
        "2027-03-01T00:00:00Z",
        from,
        until,
    );
    assert_eq!(found.len(), 5);
}

#[test]
fn both_ends_of_notice_and_horizon_may_be_booked() {
    let rules = every_day("UTC", 0, 1440);
    let mut policy = policy(30, 30);
    policy.minimum_notice = minutes(60);
    policy.horizon = minutes(120);
    let found = starts(
        &rules,
        &policy,
        &Diary::default(),
        "2026-03-02T08:00:00Z",
        "2026-03-02T00:00:00Z",
        "2026-03-03T00:00:00Z",
    );
    assert_eq!(found, ["02T09:00", "02T09:30", "02T10:00"]);
}

#[test]
fn buffers_of_the_slot_and_of_the_booking_both_count() {
    let rules = every_day("UTC", 8 * 60, 12 * 60);
    let mut policy = policy(30, 30);
    policy.buffer_before = minutes(15);
    let engagement = Engagement {
        span: span("2026-03-02T09:00:00Z", "2026-03-02T09:30:00Z"),
        buffer_before: minutes(15),
        buffer_after: minutes(0),
        as_host: true,
    };
    let diary = Diary::new([], &[engagement], []);
    let found = starts(
        &rules,
        &policy,
        &diary,
        "2026-03-01T00:00:00Z",
        "2026-03-02T00:00:00Z",
        "2026-03-03T00:00:00Z",
    );
    assert_eq!(
        found,
        ["02T08:00", "02T10:00", "02T10:30", "02T11:00", "02T11:30"]
    );
}

#[test]
fn an_override_replaces_and_an_empty_one_closes() {
    let mut rules = every_day("UTC", 8 * 60, 9 * 60);
    rules
        .overrides
        .insert("2026-03-02".parse().unwrap(), vec![]);
    rules.overrides.insert(
        "2026-03-03".parse().unwrap(),
        vec![Window::new(600, 630).unwrap()],
    );
    rules
        .one_off
        .push(span("2026-03-02T20:00:00Z", "2026-03-02T21:00:00Z"));
    let found = starts(
        &rules,
        &policy(30, 30),
        &Diary::default(),
        "2026-03-01T12:00:00Z",
        "2026-03-01T00:00:00Z",
        "2026-03-05T00:00:00Z",
    );
    assert_eq!(
        found,
        ["02T20:00", "02T20:30", "03T10:00", "04T08:00", "04T08:30"]
    );
}

#[test]
fn caps_count_by_the_local_date_and_week_of_the_host() {
    let rules = every_day("America/Toronto", 18 * 60, 1440);
    let mut policy = policy(60, 60);
    policy.max_per_day = Some(1);
    // 22:00 in Toronto is the next date in UTC.
    let engagement = Engagement {
        span: span("2026-03-03T03:00:00Z", "2026-03-03T04:00:00Z"),
        buffer_before: minutes(0),
        buffer_after: minutes(0),
        as_host: true,
    };
    let diary = Diary::new([], &[engagement], []);
    let offer = Offer {
        rules: &rules,
        policy: &policy,
        diary: &diary,
        now: at("2026-03-01T00:00:00Z"),
    };
    assert_eq!(
        offer.may_book(at("2026-03-03T00:00:00Z")),
        Err(Refusal::DayFull)
    );
    assert!(offer.may_book(at("2026-03-04T00:00:00Z")).is_ok());
    policy.max_per_week = Some(1);
    let offer = Offer {
        rules: &rules,
        policy: &policy,
        diary: &diary,
        now: at("2026-03-01T00:00:00Z"),
    };
    assert_eq!(
        offer.may_book(at("2026-03-05T00:00:00Z")),
        Err(Refusal::WeekFull)
    );
    assert!(offer.may_book(at("2026-03-10T00:00:00Z")).is_ok());
}

#[test]
fn a_start_off_the_grid_is_not_offered() {
    let rules = every_day("UTC", 8 * 60, 12 * 60);
    let policy = policy(30, 30);
    let diary = Diary::default();
    let offer = Offer {
        rules: &rules,
        policy: &policy,
        diary: &diary,
        now: at("2026-03-01T00:00:00Z"),
    };
    for start in [
        "2026-03-02T08:00:01Z",
        "2026-03-02T08:15:00Z",
        "2026-03-02T11:45:00Z",
        "2026-03-02T12:00:00Z",
    ] {
        assert_eq!(
            offer.may_book(at(start)),
            Err(Refusal::NotOffered),
            "{start}"
        );
    }
    assert!(offer.may_book(at("2026-03-02T08:30:00+00:00")).is_ok());
}

/// The second way: no inverse of the zone's rules, only "what do clocks show at this instant",
/// asked for every minute; and every condition spelt out over plain lists.
mod slow {
    use super::*;

    #[derive(Debug)]
    pub struct Case {
        pub rules: Rules,
        pub policy: Policy,
        pub busy: Vec<Span>,
        pub engagements: Vec<Engagement>,
        pub guest: Vec<Span>,
        pub now: DateTime<Utc>,
        pub from: DateTime<Utc>,
        pub until: DateTime<Utc>,
    }

    /// What clocks show in every minute of a stretch of time.
    struct Clock(Vec<(DateTime<Utc>, chrono::NaiveDateTime)>);

    impl Clock {
        fn watched(zone: &Zone, from: DateTime<Utc>, until: DateTime<Utc>) -> Self {
            let mut shown = Vec::new();
            let mut minute = from;
            while minute < until {
                shown.push((minute, zone.local(minute).naive_local()));
                minute += minutes(1);
            }
            Self(shown)
        }

        fn shows_date(&self, date: NaiveDate) -> bool {
            self.0.iter().any(|(_, shown)| shown.date() == date)
        }

        /// The first minute that shows `wanted`; if none does, the jump over it, and as far
        /// behind the jump as `wanted` is behind the last minute before it.
        fn first(&self, wanted: chrono::NaiveDateTime) -> DateTime<Utc> {
            if let Some((instant, _)) = self.0.iter().find(|(_, shown)| *shown == wanted) {
                return *instant;
            }
            let jump = self
                .0
                .windows(2)
                .find(|pair| pair[0].1 < wanted && wanted < pair[1].1);
            let (instant, shown) = jump.expect("the watch was long enough")[0];
            instant + (wanted - shown)
        }
    }

    pub fn slots(case: &Case) -> Vec<DateTime<Utc>> {
        let day = TimeDelta::days(1);
        let clock = Clock::watched(&case.rules.zone, case.from - day * 4, case.until + day * 4);
        let mut windows = case.rules.one_off.clone();
        let mut date = (case.from - day * 2).date_naive();
        while date <= (case.until + day * 2).date_naive() {
            let weekly = &case.rules.weekly[date.weekday().num_days_from_monday() as usize];
            let today = case.rules.overrides.get(&date).unwrap_or(weekly);
            for window in today.iter().filter(|_| clock.shows_date(date)) {
                let midnight = date.and_hms_opt(0, 0, 0).unwrap();
                let [a, b] = [window.from, window.until]
                    .map(|minute| clock.first(midnight + minutes(minute.into())));
                windows.push(Span::new(a, b));
            }
            date = date.succ_opt().unwrap();
        }
        let mut starts = std::collections::BTreeSet::new();
        for window in windows {
            let mut start = window.start;
            while start + case.policy.length <= window.end {
                if case.from <= start && start < case.until && bookable(case, start) {
                    starts.insert(start);
                }
                start += case.policy.increment;
            }
        }
        starts.into_iter().collect()
    }

    fn overlap(a: (DateTime<Utc>, DateTime<Utc>), b: (DateTime<Utc>, DateTime<Utc>)) -> bool {
        a.0 < a.1 && b.0 < b.1 && a.0.max(b.0) < a.1.min(b.1)
    }

    fn bookable(case: &Case, s: DateTime<Utc>) -> bool {
        let p = &case.policy;
        let e = s + p.length;
        let wide = (s - p.buffer_before, e + p.buffer_after);
        let local = |at: DateTime<Utc>| case.rules.zone.local(at).date_naive();
        let count = |same: &dyn Fn(NaiveDate) -> bool| {
            case.engagements
                .iter()
                .filter(|x| x.as_host && same(local(x.span.start)))
                .count() as u32
        };
        case.now + p.minimum_notice <= s
            && s <= case.now + p.horizon
            && case.busy.iter().all(|x| !overlap(wide, (x.start, x.end)))
            && case
                .guest
                .iter()
                .all(|x| !overlap((s, e), (x.start, x.end)))
            && case.engagements.iter().all(|x| {
                let own = (x.span.start - x.buffer_before, x.span.end + x.buffer_after);
                !overlap(wide, (x.span.start, x.span.end)) && !overlap((s, e), own)
            })
            && p.max_per_day
                .is_none_or(|cap| count(&|d| d == local(s)) < cap)
            && p.max_per_week
                .is_none_or(|cap| count(&|d| d.iso_week() == local(s).iso_week()) < cap)
    }
}

/// Places and moments at which clocks or calendars jump, with quiet ones between.
const MOMENTS: [(&str, &str); 16] = [
    ("Europe/Berlin", "2027-03-28T01:00:00Z"),
    ("Europe/Berlin", "2026-10-25T01:00:00Z"),
    ("America/Toronto", "2026-11-01T06:00:00Z"),
    ("America/Toronto", "2027-03-14T07:00:00Z"),
    ("America/St_Johns", "2027-03-14T05:30:00Z"),
    ("America/Santiago", "2026-09-06T04:00:00Z"),
    ("Asia/Beirut", "2027-03-27T22:00:00Z"),
    ("Africa/Cairo", "2026-10-29T21:00:00Z"),
    ("Australia/Lord_Howe", "2027-04-03T15:00:00Z"),
    ("Australia/Lord_Howe", "2026-10-03T15:30:00Z"),
    ("Pacific/Apia", "2011-12-30T10:00:00Z"),
    ("Pacific/Auckland", "2026-09-26T14:00:00Z"),
    ("Africa/Casablanca", "2026-02-15T02:00:00Z"),
    ("America/Vancouver", "2026-11-01T09:00:00Z"),
    ("Asia/Kathmandu", "2026-06-01T00:00:00Z"),
    ("Antarctica/Troll", "2027-03-28T01:00:00Z"),
];

fn window() -> impl Strategy<Value = Window> {
    (0u16..96, 1u16..97).prop_filter_map("from before until", |(a, b)| Window::new(a * 15, b * 15))
}

fn windows() -> impl Strategy<Value = Vec<Window>> {
    prop::collection::vec(window(), 0..3)
}

prop_compose! {
    fn case()(
        moment in 0..MOMENTS.len(),
        weekly in prop::array::uniform7(windows()),
        overrides in prop::collection::vec((-3i64..4, windows()), 0..3),
        one_off in prop::collection::vec((-4000i64..4000, 1i64..400), 0..2),
        shape in (6i64..13, 1i64..13, 0i64..4, 0i64..4),
        limits in (-200i64..200, 0i64..100, 0i64..200),
        caps in (prop::option::of(1u32..3), prop::option::of(1u32..4)),
        busy in prop::collection::vec((-500i64..500, -2i64..20), 0..6),
        engaged in prop::collection::vec((-500i64..500, 6i64..13, 0i64..4, 0i64..4, any::<bool>()), 0..6),
        guest in prop::collection::vec((-500i64..500, 6i64..13), 0..3),
    ) -> slow::Case {
        let (zone, moment) = MOMENTS[moment];
        let moment = at(moment);
        let five = |n: i64| minutes(n * 5);
        let span = |start: i64, length: i64| Span::new(moment + five(start), moment + five(start + length));
        let mut rules = Rules::closed(Zone::named(zone).unwrap());
        rules.weekly = weekly;
        rules.overrides = overrides
            .into_iter()
            .map(|(day, windows)| ((moment + TimeDelta::days(day)).date_naive(), windows))
            .collect();
        rules.one_off = one_off
            .into_iter()
            .map(|(start, length)| Span::new(moment + minutes(start), moment + minutes(start + length)))
            .collect();
        let (length, increment, before, after) = shape;
        let (now, notice, horizon) = limits;
        slow::Case {
            rules,
            policy: Policy {
                length: five(length),
                increment: five(increment),
                buffer_before: five(before),
                buffer_after: five(after),
                minimum_notice: minutes(notice * 7),
                horizon: minutes(horizon * 50),
                max_per_day: caps.0,
                max_per_week: caps.1,
            },
            busy: busy.into_iter().map(|(s, l)| span(s, l)).collect(),
            engagements: engaged
                .into_iter()
                .map(|(s, l, before, after, as_host)| Engagement {
                    span: span(s, l),
                    buffer_before: five(before),
                    buffer_after: five(after),
                    as_host,
                })
                .collect(),
            guest: guest.into_iter().map(|(s, l)| span(s, l)).collect(),
            now: moment + minutes(now * 20),
            from: moment - TimeDelta::days(3),
            until: moment + TimeDelta::days(3),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn the_engine_agrees_with_the_slow_way(case in case()) {
        let diary = Diary::new(case.busy.clone(), &case.engagements, case.guest.clone());
        let offer = Offer { rules: &case.rules, policy: &case.policy, diary: &diary, now: case.now };
        let fast: Vec<_> = offer.slots(case.from, case.until).iter().map(|s| s.start).collect();
        prop_assert_eq!(&fast, &slow::slots(&case));
        // Whatever is listed may be booked, and nothing else on a grid of five minutes.
        let mut start = case.from;
        while start < case.until {
            prop_assert_eq!(offer.may_book(start).is_ok(), fast.binary_search(&start).is_ok());
            start += minutes(5);
        }
        let first: Vec<_> = offer.next(case.from, 3).iter().map(|s| s.start).collect();
        let within: Vec<_> = first.into_iter().filter(|s| *s < case.until).collect();
        prop_assert_eq!(&within[..], &fast[..within.len()]);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn free_time_gives_the_slots_of_the_engine(case in case()) {
        let diary = Diary::new(case.busy.clone(), &case.engagements, []);
        let offer = Offer { rules: &case.rules, policy: &case.policy, diary: &diary, now: case.now };
        let Policy { buffer_before, buffer_after, max_per_day, max_per_week, .. } = case.policy;
        let limits = crate::schedule::Limits { buffer_before, buffer_after, max_per_day, max_per_week };
        let margin = TimeDelta::days(2);
        let free = crate::schedule::free::free(&case.rules, &limits, &diary, Span::new(case.from - margin, case.until + margin));
        let (earliest, latest) = (case.now + case.policy.minimum_notice, case.now + case.policy.horizon);
        let asked = Span::new(case.from.max(earliest), case.until.min(latest + TimeDelta::nanoseconds(1)));
        let mut starts: Vec<_> = free
            .iter()
            .flat_map(|free| free.starts(case.policy.length, case.policy.increment, asked))
            .collect();
        starts.sort_unstable();
        starts.dedup();
        let engine: Vec<_> = offer.slots(case.from, case.until).iter().map(|s| s.start).collect();
        prop_assert_eq!(starts, engine);
    }
}

#[test]
fn hours_are_left_around_a_span_that_is_taken_out_of_them() {
    let without = |start, end| {
        let rules = every_day("Europe/Berlin", 60, 600);
        let left = rules.hours_without(span(start, end)).into_iter();
        let texts = left.map(|(date, windows)| {
            let windows = windows.iter().map(|w| format!("{}-{}", w.from, w.until));
            format!("{date}: {}", windows.collect::<Vec<_>>().join(" "))
        });
        texts.collect::<Vec<_>>()
    };
    // In winter Berlin is an hour ahead of UTC.
    assert_eq!(
        without("2026-12-01T05:00:00Z", "2026-12-01T06:00:00Z"),
        ["2026-12-01: 60-360 420-600"]
    );
    assert_eq!(
        without("2026-12-01T00:00:00Z", "2026-12-01T12:00:00Z"),
        ["2026-12-01: "]
    );
    assert!(
        without("2026-12-01T12:00:00Z", "2026-12-01T13:00:00Z").is_empty(),
        "outside of the hours"
    );
    // Over midnight, each date loses its part.
    assert_eq!(
        without("2026-12-01T08:00:00Z", "2026-12-02T01:00:00Z"),
        ["2026-12-01: 60-540", "2026-12-02: 120-600"]
    );
    assert_eq!(
        without("2026-03-29T00:30:00Z", "2026-03-29T01:30:00Z"),
        ["2026-03-29: 60-90 210-600"],
        "with the hour that is not there"
    );
    // The hour that is there twice goes with both.
    assert_eq!(
        without("2026-10-25T00:00:00Z", "2026-10-25T01:00:00Z"),
        ["2026-10-25: 60-120 180-600"]
    );
    assert_eq!(
        without("2026-10-25T01:00:00Z", "2026-10-25T01:30:00Z"),
        ["2026-10-25: 60-120 150-600"]
    );
}
