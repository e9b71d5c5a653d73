//! Invented people and what they answer.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use crate::{
    db::PersonId,
    people::{Person, Role, Roles, Standing},
    programs::{
        application::{Answers, CohortRole, form},
        file::{FieldKind, ProgramFile},
    },
    schedule::Zone,
};

const GIVEN: [&str; 25] = [
    "Aiko", "Amara", "Bruno", "Carla", "Chidi", "Dana", "Elif", "Emil", "Farah", "Goran", "Hana",
    "Ines", "Jonas", "Kofi", "Leila", "Marek", "Nadia", "Omar", "Priya", "Rosa", "Sven", "Tala",
    "Uri", "Vera", "Wen",
];
const FAMILY: [&str; 23] = [
    "Abara", "Berg", "Castro", "Dubois", "Eriksen", "Fontana", "Gupta", "Haddad", "Ito", "Jensen",
    "Kaya", "Lopez", "Moreau", "Novak", "Okoye", "Pereira", "Quist", "Rossi", "Santos", "Tanaka",
    "Urban", "Weiss", "Zhou",
];
const ZONES: [&str; 5] = [
    "America/Toronto",
    "Europe/Berlin",
    "Asia/Kolkata",
    "Pacific/Auckland",
    "America/Sao_Paulo",
];

/// What applicants write, in turn.
const LONG: [&str; 8] = [
    "I want to find out whether research or practice suits me better, and talk to somebody who has done both.",
    "My goal is a first position in instructional design. I have a portfolio and would like honest feedback on it.",
    "I am changing careers after ten years of teaching and want to learn how others have done it.",
    "I would like to practise interviews and understand how hiring works in larger organisations.",
    "Balancing a thesis and a job is hard. I hope to learn from somebody who managed it.",
    "I would like to give back what my own mentor gave me: time, patience and a few introductions.",
    "I want to build a network outside my university and get better at speaking about my work.",
    "I am curious how products for learning are made, and which of my skills carry over.",
];
const SHORT: [&str; 5] = [
    "Learning design",
    "Water engineering",
    "Admissions",
    "Teaching",
    "Data analysis",
];
const SKILLS: [&str; 8] = [
    "Interviewing",
    "Grant writing",
    "Python",
    "Facilitation",
    "Essay coaching",
    "Project management",
    "Public speaking",
    "Negotiation",
];

/// Somebody who may take part in a role, as far as roles on the site decide.
pub fn person(role: CohortRole, number: usize, now: DateTime<Utc>) -> Person {
    let name = format!(
        "{} {}",
        GIVEN[number % GIVEN.len()],
        FAMILY[number % FAMILY.len()]
    );
    Person {
        id: PersonId::random(),
        email: format!("{}.{number}@example.org", role.as_str()),
        name,
        zone: ZONES[number % ZONES.len()].into(),
        roles: Roles::new([match role {
            CohortRole::Mentee => Role::Student,
            CohortRole::Mentor => Role::Alumnus,
        }]),
        standing: Standing::Active,
        graduates_on: Some(Zone::utc().local(now).date_naive() + TimeDelta::days(200)),
        joined_at: now,
        twelve_hours: false,
    }
}

/// What the somebody of that number answers in a role: right answers to all questions.
pub fn answers(file: &ProgramFile, role: CohortRole, number: usize, today: NaiveDate) -> Answers {
    form::answers(file, role, |field| {
        let turn = number + field.name.len();
        let options = field.options.len().max(1);
        let option = |n: usize| field.options.get((turn + n) % options).cloned();
        match field.kind {
            FieldKind::LongText => vec![LONG[turn % LONG.len()].to_owned()],
            FieldKind::ShortText => vec![SHORT[turn % SHORT.len()].to_owned()],
            FieldKind::OneOf => option(0).into_iter().collect(),
            FieldKind::SkillsWanted | FieldKind::SkillsOffered if field.options.is_empty() => {
                let skill = |n: usize| SKILLS[(turn + n) % SKILLS.len()];
                vec![format!("{}, {}", skill(0), skill(3))]
            }
            FieldKind::SeveralOf
            | FieldKind::Ranking
            | FieldKind::SkillsWanted
            | FieldKind::SkillsOffered => {
                let two = [option(0), option(1).filter(|_| options > 1)];
                two.into_iter().flatten().collect()
            }
            FieldKind::Number => vec![(2 + turn % 20).to_string()],
            FieldKind::Date => vec![(today + TimeDelta::days(200)).to_string()],
            FieldKind::YesNo => vec!["yes".into()],
            FieldKind::Link | FieldKind::File => vec!["https://example.org/portfolio".into()],
            FieldKind::WeeklyTimes => ["mon-18", "wed-12", "thu-18", "sat-10"]
                .iter()
                .skip(turn % 2)
                .map(|hour| (*hour).to_owned())
                .collect(),
            FieldKind::PersonToExclude => Vec::new(),
        }
    })
}
