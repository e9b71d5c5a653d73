//! The sessions of the demonstration: booked, answered, cancelled, held and looked back on.

use chrono::{DateTime, TimeDelta, Utc};
use rand::{RngExt, rngs::StdRng};

use super::{ALUMNUS, as_of, texts};
use crate::{
    bookings::{
        Booking, Preparation, Status,
        aftercare::{self, Help, Outcome, report},
        book,
        change::{
            answer::{self, Answer},
            cancel,
        },
        take::BookError,
        waitlist::{NewWish, WishOf, WishWindow, ask},
    },
    cli::Failure,
    db::{Conn, Paging, PersonId},
    schedule::{Offer, Zone},
    slots::{self, Service, ServiceKind, claims, filter::Search},
};

/// All who are in the demonstration.
const EVERYBODY: Paging = Paging {
    limit: 100,
    offset: 0,
};

/// Bookings of the past four and the coming three weeks, made the way students make them.
pub fn book_some(
    conn: &mut Conn,
    students: &[PersonId],
    rng: &mut StdRng,
    now: DateTime<Utc>,
) -> Result<(), Failure> {
    let everybody = slots::store::board(conn, &Search::default(), EVERYBODY, now)?;
    let hosts = slots::store::listed_by_ids(conn, &everybody.people)?;
    let asked = ask_some(conn, &hosts, students, rng, now)?;
    let mut said_so_far = asked;
    for day in -28i64..21 {
        for nth in 0..3 {
            // So has the alumnus.
            let is_visitors = nth == 1 && day.rem_euclid(5) == 0;
            let own = hosts
                .iter()
                .find(|h| is_visitors && h.person.email == ALUMNUS);
            let host = own.unwrap_or(&hosts[rng.random_range(0..hosts.len())]);
            let services = slots::store::open_services(conn, &[host.person.id])?;
            let service = &services[rng.random_range(0..services.len())];
            // The first student and the first alumnus are the visitor's; they have something to see.
            let guest = if nth == 0 && day.rem_euclid(6) == 0 {
                students[0]
            } else {
                students[rng.random_range(0..students.len())]
            };
            let from = now + TimeDelta::days(day);
            let asked_at = from - TimeDelta::days(3).min(from - (now - TimeDelta::days(40)));
            let asked_at = asked_at.min(now);
            said_so_far += 1;
            let pair = Pair {
                host,
                service,
                guest,
            };
            let booked = book_one(conn, &pair, from, asked_at, said_so_far, rng)?;
            if let Some(booking) = booked {
                answer_or_cancel(conn, &booking, asked_at, day >= 1, rng, now)?;
            }
        }
    }
    Ok(())
}

/// Requests that wait for the visitor's answer, and one of the visitor's. How many.
fn ask_some(
    conn: &mut Conn,
    hosts: &[slots::Host],
    students: &[PersonId],
    rng: &mut StdRng,
    now: DateTime<Utc>,
) -> Result<usize, Failure> {
    let asked = [
        (true, students[1]),
        (true, students[2]),
        (false, students[0]),
    ];
    for (number, (of_visitor, guest)) in asked.into_iter().enumerate() {
        let may_be = |h: &&slots::Host| (h.person.email == ALUMNUS) == of_visitor;
        let ids: Vec<PersonId> = hosts.iter().filter(may_be).map(|h| h.person.id).collect();
        let services = slots::store::open_services(conn, &ids)?;
        let service = services
            .iter()
            .find(|s| s.approval)
            .expect("somebody asks to be asked");
        let host = hosts
            .iter()
            .find(|h| h.person.id == service.person_id)
            .expect("a host");
        let pair = Pair {
            host,
            service,
            guest,
        };
        let asked_at = now - TimeDelta::hours(3);
        for days in [1, 4] {
            let from = now + TimeDelta::days(days);
            if book_one(conn, &pair, from, asked_at, number + 1, rng)?.is_some() {
                break;
            }
        }
    }
    Ok(asked.len())
}

/// Requests are answered, though some of the coming ones wait; a few bookings are cancelled.
fn answer_or_cancel(
    conn: &mut Conn,
    booking: &Booking,
    asked_at: DateTime<Utc>,
    is_to_come: bool,
    rng: &mut StdRng,
    now: DateTime<Utc>,
) -> Result<(), Failure> {
    if booking.status == Status::Pending {
        if !is_to_come || rng.random_range(0..3) > 0 {
            let (host, said) = (booking.host_id, Answer::Approve);
            as_of(conn, asked_at, |tx| {
                answer::answer(tx, booking.id, host, said, "")
            })?;
        }
    } else if rng.random_range(0..9) == 0 {
        let by = if rng.random() {
            booking.guest_id
        } else {
            booking.host_id
        };
        let reason = texts::REASONS[rng.random_range(0..texts::REASONS.len())];
        let at = (booking.starts_at - TimeDelta::hours(20)).clamp(asked_at, now.max(asked_at));
        let how = cancel::How {
            reason: reason.to_owned(),
            is_late: true,
            closes_time: false,
            ..cancel::How::default()
        };
        as_of(conn, at, |tx| cancel::cancel(tx, booking.id, by, &how))?;
    }
    Ok(())
}

/// Several share a session of the visitor's.
pub fn meet_together(
    conn: &mut Conn,
    guests: &[PersonId],
    rng: &mut StdRng,
    now: DateTime<Utc>,
) -> Result<(), Failure> {
    let everybody = slots::store::board(conn, &Search::default(), EVERYBODY, now)?;
    let hosts = slots::store::listed_by_ids(conn, &everybody.people)?;
    let host = hosts.iter().find(|h| h.person.email == ALUMNUS);
    let host = host.expect("the visitor is an alumnus, too");
    let services = slots::store::open_services(conn, &[host.person.id])?;
    let service = services.iter().find(|s| s.seats.is_some());
    let service = service.expect("one of them has seats");
    let from = now + TimeDelta::days(9);
    let first = Pair {
        host,
        service,
        guest: guests[0],
    };
    let Some(booking) = book_one(conn, &first, from, now, 3, rng)? else {
        return Ok(());
    };
    for (number, guest) in guests.iter().enumerate().skip(1) {
        let wanted = book::NewBooking {
            alumnus: host.profile.handle.clone(),
            service: service.slug.clone(),
            start: booking.starts_at,
            said: Preparation {
                goals: goals(number * 7),
                ..Preparation::default()
            },
            key: None,
        };
        // Who has something else then does not come.
        match as_of(conn, now, |tx| book::book(tx, *guest, &wanted)) {
            Ok(_) | Err(BookError::GuestBusy | BookError::Barred(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// Says how the sessions of the past went, but for a few of the last days.
pub fn look_back(conn: &mut Conn, rng: &mut StdRng, now: DateTime<Utc>) -> Result<(), Failure> {
    let past = aftercare::store::all_over(conn, now)?;
    let mut has_dispute = false;
    for booking in past {
        let (host, guest, ended) = (booking.host_id, booking.guest_id, booking.ends_at);
        let at = (ended + TimeDelta::hours(rng.random_range(1..20))).min(now);
        let is_recent = ended > now - TimeDelta::days(4);
        if is_recent && !has_dispute {
            has_dispute = true;
            let (nobody, here) = (texts::DISPUTE[0], texts::DISPUTE[1]);
            as_of(conn, at, |tx| {
                report::report(tx, booking.id, host, Outcome::NoShow, nobody)
            })?;
            as_of(conn, at, |tx| {
                report::report(tx, booking.id, guest, Outcome::Attended, here)
            })?;
            continue;
        }
        if is_recent && rng.random() {
            continue;
        }
        if rng.random_range(0..14) == 0 {
            as_of(conn, at, |tx| {
                report::report(tx, booking.id, host, Outcome::NoShow, "")
            })?;
            continue;
        }
        as_of(conn, at, |tx| {
            report::report(tx, booking.id, host, Outcome::Attended, "")
        })?;
        as_of(conn, at, |tx| {
            report::report(tx, booking.id, guest, Outcome::Attended, "")
        })?;
        let help = [Help::ALot, Help::ALot, Help::Somewhat, Help::ALittle];
        as_of(conn, at, |tx| {
            report::say_help(tx, booking.id, guest, help[rng.random_range(0..4)])
        })?;
        if rng.random_range(0..3) > 0 {
            let words = texts::THANKS[rng.random_range(0..texts::THANKS.len())];
            as_of(conn, at, |tx| report::thank(tx, booking.id, guest, words))?;
        }
    }
    while as_of(conn, now, report::settle_one)? {}
    Ok(())
}

/// A few wait for something.
pub fn wait_for_some(
    conn: &mut Conn,
    students: &[PersonId],
    now: DateTime<Utc>,
) -> Result<(), Failure> {
    for (number, kind) in ["interview", "resume"].into_iter().enumerate() {
        let evenings = (0..5).map(|day| WishWindow {
            day,
            from: 18 * 60,
            until: 21 * 60,
        });
        let wish = NewWish {
            of: WishOf::Kind(ServiceKind::parse(kind).expect("a word")),
            topics: vec![texts::TOPICS[number].to_owned()],
            zone: "Europe/London".into(),
            weekly: evenings.collect(),
            until_on: (now + TimeDelta::days(40)).date_naive(),
        };
        as_of(conn, now - TimeDelta::hours(5), |tx| {
            ask::ask(tx, students[number], &wish)
        })?;
    }
    Ok(())
}

/// Who meets whom, and for what.
struct Pair<'a> {
    host: &'a slots::Host,
    service: &'a Service,
    guest: PersonId,
}

/// Books some time after `from`; None if there is none, or a rule refuses it.
fn book_one(
    conn: &mut Conn,
    pair: &Pair,
    from: DateTime<Utc>,
    asked_at: DateTime<Utc>,
    number: usize,
    rng: &mut StdRng,
) -> Result<Option<Booking>, Failure> {
    let Pair {
        host,
        service,
        guest,
    } = *pair;
    let Some(start) = some_slot(conn, host, service, guest, from, asked_at, rng)? else {
        return Ok(None);
    };
    let wanted = book::NewBooking {
        alumnus: host.profile.handle.clone(),
        service: service.slug.clone(),
        start,
        said: Preparation {
            goals: goals(number),
            help_wanted: texts::HELP[rng.random_range(0..texts::HELP.len())].into(),
            ..Preparation::default()
        },
        key: None,
    };
    match as_of(conn, asked_at, |tx| book::book(tx, guest, &wanted)) {
        Ok(meeting) => Ok(Some(meeting.booking)),
        Err(BookError::Database(error)) => Err(error.into()),
        Err(_) => Ok(None),
    }
}

/// What the `number`th booking is for; the lengths of the two lists have no common factor, so the
/// first 156 differ.
fn goals(number: usize) -> String {
    let goal = texts::GOALS[number % texts::GOALS.len()];
    let circumstance = texts::CIRCUMSTANCES[number % texts::CIRCUMSTANCES.len()];
    format!("{goal} {circumstance}")
}

/// One of the slots of the three days from `from` on.
fn some_slot(
    conn: &mut Conn,
    host: &slots::Host,
    service: &Service,
    guest: PersonId,
    from: DateTime<Utc>,
    now: DateTime<Utc>,
    rng: &mut StdRng,
) -> Result<Option<DateTime<Utc>>, Failure> {
    let rules = slots::store::rules(
        conn,
        &[(host.person.id, Zone::named(&host.person.zone)?)],
        now,
    )?;
    let rules = &rules[&host.person.id];
    let window = crate::schedule::Span::new(from, from + TimeDelta::days(3));
    let claims = claims::store::taken(conn, &[host.person.id, guest], window, now, None)?;
    let diary = slots::diary(host.person.id, Some(guest), &claims);
    let policy = host.policy.for_service(service);
    let offer = Offer {
        rules,
        policy: &policy,
        diary: &diary,
        now,
    };
    let slots = offer.slots(window.start, window.end);
    Ok((!slots.is_empty()).then(|| slots[rng.random_range(0..slots.len())].start))
}
