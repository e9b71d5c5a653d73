//! Who is in the demonstration.

use chrono::{DateTime, Datelike, TimeDelta, Utc};
use rand::{RngExt, rngs::StdRng};

use super::{ALUMNUS, COORDINATOR, STUDENT, as_of, portraits, texts};
use crate::{
    cli::Failure,
    db::{Conn, PersonId, types::Words},
    input::slug,
    people::{
        self, JoinRequest, Person, Profile, Role, Roles, Standing,
        introduction::{self, Introduction},
    },
    schedule::Window,
    slots::{
        HostPolicy, Question, Questions, ServiceKind, availability,
        rules::{Availability, NewService},
        service,
    },
};

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
        twelve_hours: false,
    }
}

/// An alumnus with a profile, services and hours.
pub fn alumnus(
    conn: &mut Conn,
    number: usize,
    rng: &mut StdRng,
    now: DateTime<Utc>,
) -> Result<PersonId, Failure> {
    let (given, family) = texts::ALUMNI[number];
    let (zone, _) = texts::PLACES[number % texts::PLACES.len()];
    let name = format!("{given} {family}");
    let email = match number {
        0 => ALUMNUS.to_owned(),
        _ => format!("{}@alumni.example.org", slug(&name)),
    };
    let person = person(&name, email, zone, &[Role::Alumnus], now);
    people::store::insert(conn, &person)?;
    people::profile::store::update_profile(conn, person.id, &profile(number, &name))?;
    // Not everybody has a photo.
    if number % 4 != 3 {
        let portrait = people::profile::photo::portrait(&portraits::draw(number))?;
        as_of(conn, now, |tx| {
            people::profile::save_photo(tx, &person, &portrait)
        })?;
    }
    for offered in services(number) {
        as_of(conn, now, |tx| {
            service::put(tx, person.id, None, &offered, true)
        })?;
        // The visitor has one for several at once, too.
        if number == 0 {
            let together = in_a_group(offered);
            as_of(conn, now, |tx| {
                service::put(tx, person.id, None, &together, true)
            })?;
        }
    }
    let availability = availability_of(number, rng);
    as_of(conn, now, |tx| {
        availability::save(tx, person.id, &availability)
    })?;
    Ok(person.id)
}

fn profile(number: usize, name: &str) -> Profile {
    let (headline, employer, field) = texts::WORK[number];
    let (_, language) = texts::PLACES[number % texts::PLACES.len()];
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
    Profile {
        headline: headline.into(),
        employer: employer.into(),
        field: field.into(),
        topics: Words(vec![pick(0), pick(1), pick(2)]),
        languages: Words(languages),
        bio: bio.join("\n\n"),
        links: Words(vec![format!("https://{}.example.org", slug(name))]),
    }
}

fn services(number: usize) -> Vec<NewService> {
    let (given, _) = texts::ALUMNI[number];
    let (_, employer, field) = texts::WORK[number];
    let of_kind = |n: usize| {
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
        NewService {
            kind: ServiceKind::parse(kind).expect("a word"),
            title: title.into(),
            description: format!(
                "{description} My perspective: {}, {employer}.",
                field.to_lowercase()
            ),
            duration_minutes: minutes,
            increment_minutes: if minutes == 45 { 30 } else { minutes },
            location: format!("https://meet.example.org/{}", slug(given)),
            needs_file: matches!(kind, "resume" | "portfolio" | "cover_letter"),
            // The visitor answers requests, too.
            approval: kind == "networking" || number == 0,
            answer_within_hours: 48,
            change_notice_hours: 24,
            seats: (kind == "job_hunting" && number % 2 == 1).then_some(6),
            questions: Questions(questions),
        }
    };
    (0..=number % 3).map(of_kind).collect()
}

/// The same for several at once.
fn in_a_group(service: NewService) -> NewService {
    NewService {
        title: "Resume evening".into(),
        description: "We read each other's first pages and improve one line each.".into(),
        approval: false,
        seats: Some(5),
        ..service
    }
}

fn availability_of(number: usize, rng: &mut StdRng) -> Availability {
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
    Availability { weekly, policy }
}

/// The students, the visitor's first.
pub fn students(conn: &mut Conn, now: DateTime<Utc>) -> Result<Vec<PersonId>, Failure> {
    let mut students = Vec::new();
    for (number, name) in texts::STUDENTS.iter().enumerate() {
        let email = match number {
            0 => STUDENT.to_owned(),
            _ => format!("{}@students.example.org", slug(name)),
        };
        let zone = texts::PLACES[(number * 5 + 2) % texts::PLACES.len()].0;
        let mut student = person(name, email, zone, &[Role::Student], now);
        student.graduates_on = now
            .date_naive()
            .with_day(1)
            .map(|d| d + chrono::Months::new(3 + number as u32 % 20));
        people::store::insert(conn, &student)?;
        let introduction = Introduction {
            programme: texts::PROGRAMMES[number % texts::PROGRAMMES.len()].to_owned(),
            links: Words(match number % 2 {
                0 => vec![format!("https://portfolio.example.org/{}", slug(name))],
                _ => Vec::new(),
            }),
        };
        introduction::store::put(conn, student.id, &introduction)?;
        students.push(student.id);
    }
    Ok(students)
}

pub fn coordinator(conn: &mut Conn, now: DateTime<Utc>) -> Result<(), Failure> {
    let roles = [Role::Coordinator, Role::Admin];
    let person = person(
        "Robin Ashby",
        COORDINATOR.into(),
        "America/New_York",
        &roles,
        now,
    );
    people::store::insert(conn, &person)?;
    Ok(())
}

/// Two wait to be let in.
pub fn ask_to_join(conn: &mut Conn, now: DateTime<Utc>) -> Result<(), Failure> {
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
            decided_at: None,
            approved: None,
            reason: String::new(),
        };
        people::join::store::insert_request(conn, &request)?;
    }
    Ok(())
}
