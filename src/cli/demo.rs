//! `almanac demo`: the site on a database of its own, filled with invented people.

use chrono::{DateTime, Datelike, TimeDelta, Utc};
use diesel::{Connection, RunQueryDsl, connection::SimpleConnection};
use rand::{RngExt, SeedableRng, rngs::StdRng};

use super::{Failure, serve, texts};
use crate::{
    bookings::{
        self, Booking, FairUse, Preparation, Status,
        aftercare::report,
        book,
        change::{
            answer::{self, Answer},
            cancel,
        },
        take::BookError,
        waitlist::ask,
    },
    clock::Clock,
    config::Config,
    db::{
        self, Conn, Paging, PersonId, Tx,
        private::{Private, Purpose},
        schema,
        types::Words,
    },
    keys::Keys,
    people::{self, Person, Profile, Role, Roles, Standing, sign_in},
    schedule::{Offer, Window, Zone},
    slots::{
        self, HostPolicy, Question, Questions, Service, ServiceKind, availability, claims,
        filter::Search,
        index,
        rules::{Availability, NewService},
        service,
    },
};

/// All who are in the demonstration.
const EVERYBODY: Paging = Paging {
    limit: 100,
    offset: 0,
};

/// Who is named at the start.
const STUDENT: &str = "student@example.org";
const ALUMNUS: &str = "alumnus@example.org";
const COORDINATOR: &str = "coordinator@example.org";

/// Serves the demonstration; every start begins from scratch.
pub fn run(config: Config) -> Result<(), Failure> {
    let log = serve::log_to_stderr();
    let private = Private::start(&config.data_dir, Purpose::Serve)?;
    let mut conn = db::connect(private.url())?;
    conn.batch_execute("drop schema if exists public cascade; create schema public")?;
    db::migrate(&mut conn)?;
    let now = Clock::System.now();
    conn.transaction::<_, Failure, _>(|conn| fill(conn, now))?;
    let keys = Keys::new(&config.secret_key()?);
    println!("\nAlmanac demonstration: {}\n", config.address());
    for (who, email) in [
        ("a student", STUDENT),
        ("an alumnus", ALUMNUS),
        ("a coordinator", COORDINATOR),
    ] {
        let link = as_of(&mut conn, now, |tx| sign_in::make_link(tx, email, "/me"))?;
        println!(
            "Sign in as {who} ({email}), within ten minutes:\n  {}\n",
            config.link(&sign_in::path(&keys, link))
        );
    }
    println!(
        "Emails are written to {}\nPress Ctrl-C to stop. The next start begins from scratch.\n",
        config.data_dir.join("mail").display()
    );
    drop(conn);
    let served = serve::prepare_and_serve(config, private.url());
    drop(log);
    served
}

fn fill(conn: &mut Conn, now: DateTime<Utc>) -> Result<(), Failure> {
    let mut rng = StdRng::seed_from_u64(7);
    people::join::store::add_domain(conn, "students.example.org", false, now)?;
    let mut alumni = Vec::new();
    for number in 0..texts::ALUMNI.len() {
        alumni.push(alumnus(conn, number, &mut rng, now)?);
    }
    let mut students = Vec::new();
    for (number, name) in texts::STUDENTS.iter().enumerate() {
        let email = match number {
            0 => STUDENT.to_owned(),
            _ => format!("{}@students.example.org", crate::input::slug(name)),
        };
        let zone = texts::PLACES[(number * 5 + 2) % texts::PLACES.len()].0;
        let mut student = person(name, email, zone, &[Role::Student], now);
        student.graduates_on = now
            .date_naive()
            .with_day(1)
            .map(|d| d + chrono::Months::new(3 + number as u32 % 20));
        people::store::insert(conn, &student)?;
        students.push(student.id);
    }
    let coordinator = person(
        "Robin Ashby",
        COORDINATOR.into(),
        "America/New_York",
        &[Role::Coordinator, Role::Admin],
        now,
    );
    people::store::insert(conn, &coordinator)?;
    asks_to_join(conn, now)?;
    book_some(conn, &students, &mut rng, now)?;
    meet_together(conn, &students[..4], &mut rng, now)?;
    look_back(conn, &mut rng, now)?;
    wait_for_some(conn, &students, now)?;
    // A board with every state on it: one paused, one without times.
    people::profile::store::set_paused(conn, alumni[13], Some(now))?;
    slots::store::put_weekly(conn, alumni[22], &Default::default())?;
    as_of(conn, now, |tx| index::refresh(tx, alumni[22]))?;
    index::store::renew_loads(conn, now)?;
    let caps = FairUse {
        open_per_guest: Some(10),
        open_per_pair: Some(3),
    };
    bookings::store::set_fair_use(conn, &caps)?;
    // Letters about an invented past would only confuse.
    diesel::delete(schema::jobs::table).execute(conn)?;
    Ok(())
}

fn person(name: &str, email: String, zone: &str, roles: &[Role], now: DateTime<Utc>) -> Person {
    Person {
        id: PersonId::random(),
        email,
        name: name.to_owned(),
        zone: zone.to_owned(),
        roles: Roles::new(roles.iter().copied()),
        standing: Standing::Active,
        graduates_on: None,
        joined_at: now - TimeDelta::days(60),
    }
}

fn alumnus(
    conn: &mut Conn,
    number: usize,
    rng: &mut StdRng,
    now: DateTime<Utc>,
) -> Result<PersonId, Failure> {
    let (given, family) = texts::ALUMNI[number];
    let (headline, employer, field) = texts::WORK[number];
    let (zone, language) = texts::PLACES[number % texts::PLACES.len()];
    let name = format!("{given} {family}");
    let email = match number {
        0 => ALUMNUS.to_owned(),
        _ => format!("{}@alumni.example.org", crate::input::slug(&name)),
    };
    let person = person(&name, email, zone, &[Role::Alumnus], now);
    people::store::insert(conn, &person)?;
    let pick = |n: usize| texts::TOPICS[(number * 3 + n * 5) % texts::TOPICS.len()].to_owned();
    let mut languages = vec!["English".to_owned()];
    if number % 3 != 2 {
        languages.push(language.to_owned());
    }
    let bio = [
        texts::OPENINGS[number % texts::OPENINGS.len()],
        texts::MIDDLES[number % texts::MIDDLES.len()],
        texts::ENDINGS[number % texts::ENDINGS.len()],
    ];
    let profile = Profile {
        headline: headline.into(),
        employer: employer.into(),
        field: field.into(),
        topics: Words(vec![pick(0), pick(1), pick(2)]),
        languages: Words(languages),
        bio: bio.join("\n\n"),
        links: Words(vec![format!(
            "https://{}.example.org",
            crate::input::slug(&name)
        )]),
    };
    people::profile::store::update_profile(conn, person.id, &profile)?;
    for n in 0..=number % 3 {
        let (kind, title, description, minutes, question) =
            texts::SERVICES[(number + n * 3) % texts::SERVICES.len()];
        let questions = if question.is_empty() {
            vec![]
        } else {
            vec![Question {
                label: question.into(),
                required: false,
            }]
        };
        let wanted = NewService {
            kind: ServiceKind::parse(kind).expect("a word"),
            title: title.into(),
            description: format!(
                "{description} My perspective: {}, {employer}.",
                field.to_lowercase()
            ),
            duration_minutes: minutes,
            increment_minutes: if minutes == 45 { 30 } else { minutes },
            location: format!("https://meet.example.org/{}", crate::input::slug(given)),
            needs_file: matches!(kind, "resume" | "portfolio" | "cover_letter"),
            // The visitor answers requests, too.
            approval: kind == "networking" || number == 0,
            answer_within_hours: 48,
            change_notice_hours: 24,
            seats: (kind == "job_hunting" && number % 2 == 1).then_some(6),
            questions: Questions(questions),
        };
        as_of(conn, now, |tx| {
            service::put(tx, person.id, None, &wanted, true)
        })?;
        if number == 0 {
            let together = NewService {
                title: "Resume evening".into(),
                description: "We read each other's first pages and improve one line each.".into(),
                approval: false,
                seats: Some(5),
                ..wanted
            };
            as_of(conn, now, |tx| {
                service::put(tx, person.id, None, &together, true)
            })?;
        }
    }
    let window =
        |from: u16, until: u16| Window::new(from * 60, until * 60).expect("whole hours in order");
    let mut weekly: [Vec<Window>; 7] = Default::default();
    for (day, hours) in weekly.iter_mut().enumerate() {
        *hours = match (number + day * 2) % 7 {
            0 => vec![window(18, 20)],
            2 => vec![window(12, 13), window(17, 20)],
            4 if day < 5 => vec![window(9, 12)],
            5 if day == 5 => vec![window(10, 14)],
            _ => vec![],
        };
    }
    let policy = HostPolicy {
        buffer_after_minutes: [0, 10, 15][number % 3],
        minimum_notice_minutes: [120, 720, 1440][number % 3],
        horizon_days: [28, 42, 60][rng.random_range(0..3)],
        max_per_day: number.is_multiple_of(4).then_some(2),
        max_per_week: number.is_multiple_of(2).then_some(4),
        ..HostPolicy::default()
    };
    as_of(conn, now, |tx| {
        availability::save(tx, person.id, &Availability { weekly, policy })
    })?;
    Ok(person.id)
}

fn asks_to_join(conn: &mut Conn, now: DateTime<Utc>) -> Result<(), Failure> {
    use crate::people::{JoinRequest, Role};
    for (name, role, message) in [
        (
            "Petra Novotná",
            Role::Alumnus,
            "Class of 2017, now in medical simulation. Happy to help with portfolios.",
        ),
        (
            "Luis Ortega",
            Role::Student,
            "I use my personal address because the campus one expires in May.",
        ),
    ] {
        let request = JoinRequest {
            id: crate::db::JoinRequestId::random(),
            email: format!("{}@example.org", crate::input::slug(name)),
            name: name.into(),
            zone: "Europe/Berlin".into(),
            role,
            message: message.into(),
            asked_at: now - TimeDelta::hours(20),
            approved: None,
        };
        people::join::store::insert_request(conn, &request)?;
    }
    Ok(())
}

/// Bookings of the past four and the coming three weeks, made the way students make them.
fn book_some(
    conn: &mut Conn,
    students: &[PersonId],
    rng: &mut StdRng,
    now: DateTime<Utc>,
) -> Result<(), Failure> {
    let (hosts, _) = slots::store::board(conn, &Search::default(), EVERYBODY, now)?;
    let mut said_so_far = 0;
    // Requests that wait for the visitor's answer, and for one to the visitor.
    for (host, guest) in [
        (true, students[1]),
        (true, students[2]),
        (false, students[0]),
    ] {
        let is_wanted = |h: &&slots::Host| (h.person.email == ALUMNUS) == host;
        let wanted: Vec<PersonId> = hosts
            .iter()
            .filter(is_wanted)
            .map(|h| h.person.id)
            .collect();
        let services = slots::store::open_services(conn, &wanted)?;
        let service = services
            .iter()
            .find(|s| s.approval)
            .expect("somebody asks to be asked");
        let host = hosts
            .iter()
            .find(|h| h.person.id == service.person_id)
            .expect("a host");
        said_so_far += 1;
        let asked_at = now - TimeDelta::hours(3);
        for days in [1, 4] {
            let from = now + TimeDelta::days(days);
            let pair = Pair {
                host,
                service,
                guest,
            };
            if book_one(conn, &pair, from, asked_at, said_so_far, rng)?.is_some() {
                break;
            }
        }
    }
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
            let Some(booking) = book_one(conn, &pair, from, asked_at, said_so_far, rng)? else {
                continue;
            };
            if booking.status == Status::Pending {
                // Some of the coming ones wait for an answer.
                if day < 1 || rng.random_range(0..3) > 0 {
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
                let at =
                    (booking.starts_at - TimeDelta::hours(20)).clamp(asked_at, now.max(asked_at));
                let how = cancel::How {
                    reason: reason.to_owned(),
                    is_late: true,
                    closes_time: false,
                    ..cancel::How::default()
                };
                as_of(conn, at, |tx| cancel::cancel(tx, booking.id, by, &how))?;
            }
        }
    }
    Ok(())
}

/// Several share a session of the visitor's.
fn meet_together(
    conn: &mut Conn,
    guests: &[PersonId],
    rng: &mut StdRng,
    now: DateTime<Utc>,
) -> Result<(), Failure> {
    let (hosts, _) = slots::store::board(conn, &Search::default(), EVERYBODY, now)?;
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

/// Does something as of an instant.
fn as_of<T, E>(
    conn: &mut Conn,
    instant: DateTime<Utc>,
    work: impl FnOnce(&mut Tx) -> Result<T, E>,
) -> Result<T, E>
where
    E: From<diesel::result::Error>,
{
    db::transaction(conn, &Clock::standing_at(instant), work)
}

/// Says how the sessions of the past went, but for a few of the last days.
fn look_back(conn: &mut Conn, rng: &mut StdRng, now: DateTime<Utc>) -> Result<(), Failure> {
    use crate::bookings::aftercare::{self, Help, Outcome};
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
fn wait_for_some(
    conn: &mut Conn,
    students: &[PersonId],
    now: DateTime<Utc>,
) -> Result<(), Failure> {
    use crate::bookings::waitlist::{NewWish, WishOf, WishWindow};
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
