//! Decisions about people; every fact is an argument.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use super::{Person, Profile, Role, Roles, Standing};
use crate::{
    db::types::Words,
    error::Error,
    html::form::Fields,
    input::{self, Problems, Reader},
    schedule::Zone,
};

/// How long it is kept what somebody was doing when they were asked to sign in.
pub const ERRAND_LIFE: TimeDelta = TimeDelta::hours(1);
/// How long a coordinator may take back that they declined a request; the letter about it waits as long.
pub const UNDO: TimeDelta = TimeDelta::minutes(10);
/// How long a sign-in link can be used.
pub const LINK_LIFE: TimeDelta = TimeDelta::minutes(10);
/// The most links per address in the life of one.
pub const MOST_LINKS: i64 = 5;
/// A session ends when it has not been used for this long, and at the latest after `SESSION_LIFE`.
pub const SESSION_IDLE: TimeDelta = TimeDelta::days(21);
pub const SESSION_LIFE: TimeDelta = TimeDelta::days(90);
/// How long a proof of who somebody is counts as fresh.
pub const FRESH: TimeDelta = TimeDelta::minutes(15);
/// How long after joining a newcomer's session goes on.
pub const SECOND_PRESS: TimeDelta = TimeDelta::seconds(30);
/// How exactly the last use of a session is kept.
pub const SESSION_GRAIN: TimeDelta = TimeDelta::hours(1);

/// When people can be reminded, in minutes before a session.
pub const REMINDERS: [(i32, &str); 5] = [
    (2880, "Two days before"),
    (1440, "A day before"),
    (180, "Three hours before"),
    (60, "An hour before"),
    (15, "Fifteen minutes before"),
];
/// The first of them.
pub const LONGEST_REMINDER: i32 = REMINDERS[0].0;
pub const LONGEST_NAME: usize = 80;
pub const LONGEST_BIO: usize = 4000;

/// Whether a session is over.
pub fn is_session_over(
    seen_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> bool {
    now >= expires_at || now - seen_at >= SESSION_IDLE
}

/// What somebody says of themselves when they join.
#[derive(Clone, Debug, Default)]
pub struct Newcomer {
    pub name: String,
    pub zone: String,
    pub role: String,
    pub message: String,
}

impl Newcomer {
    pub fn read(fields: &Fields) -> Result<Self, Error> {
        let own = |name| fields.one(name).map(str::to_owned);
        Ok(Self {
            name: own("name")?,
            zone: own("zone")?,
            role: own("role")?,
            message: own("message")?,
        })
    }

    /// Cleaned and checked; the role is student unless alumnus was chosen.
    pub fn checked(&self) -> Result<(Self, Role), Problems> {
        let mut reader = Reader::default();
        let name = reader.required_line("name", &self.name, LONGEST_NAME);
        let message = reader.paragraphs("message", &self.message, 1000);
        let zone = zone(&mut reader, &self.zone);
        let role = match self.role.as_str() {
            "alumnus" => Role::Alumnus,
            "student" | "" => Role::Student,
            _ => {
                reader.problems.add("role", "must be student or alumnus");
                Role::Student
            }
        };
        reader.problems.or((
            Self {
                name,
                zone,
                role: role.as_str().into(),
                message,
            },
            role,
        ))
    }
}

fn zone(reader: &mut Reader, value: &str) -> String {
    match Zone::named(value.trim()) {
        Ok(zone) => zone.name().to_owned(),
        Err(unknown) => {
            reader.problems.add("zone", unknown.to_string());
            String::new()
        }
    }
}

/// What everybody may change about themselves.
#[derive(Clone, Debug)]
pub struct Settings {
    pub name: String,
    pub zone: String,
    pub graduates_on: String,
    /// `12` or `24`.
    pub clock: String,
}

/// What of it is written.
#[derive(Clone, Debug)]
pub struct CheckedSettings {
    pub name: String,
    pub zone: String,
    pub graduates_on: Option<NaiveDate>,
    pub twelve_hours: bool,
}

impl CheckedSettings {
    pub fn of(person: &Person) -> Self {
        Self {
            name: person.name.clone(),
            zone: person.zone.clone(),
            graduates_on: person.graduates_on,
            twelve_hours: person.twelve_hours,
        }
    }
}

impl Settings {
    pub fn of(person: &Person) -> Self {
        Self {
            name: person.name.clone(),
            zone: person.zone.clone(),
            graduates_on: person
                .graduates_on
                .map(|d| d.to_string())
                .unwrap_or_default(),
            clock: if person.twelve_hours { "12" } else { "24" }.into(),
        }
    }

    pub fn read(fields: &Fields) -> Result<Self, Error> {
        let own = |name| fields.one(name).map(str::to_owned);
        Ok(Self {
            name: own("name")?,
            zone: own("zone")?,
            graduates_on: own("graduates_on")?,
            clock: own("clock")?,
        })
    }

    /// Cleaned and checked.
    pub fn checked(&self) -> Result<CheckedSettings, Problems> {
        let mut reader = Reader::default();
        let name = reader.required_line("name", &self.name, LONGEST_NAME);
        let zone = zone(&mut reader, &self.zone);
        let graduates_on = match self.graduates_on.trim() {
            "" => None,
            date => reader.date("graduates_on", date),
        };
        if !["", "12", "24"].contains(&self.clock.as_str()) {
            reader.problems.add("clock", "must be 12 or 24");
        }
        reader.problems.or(CheckedSettings {
            name,
            zone,
            graduates_on,
            twelve_hours: self.clock == "12",
        })
    }
}

/// A profile as it was typed: lists as lines or commas.
#[derive(Clone, Debug, Default)]
pub struct ProfileForm {
    pub headline: String,
    pub employer: String,
    pub field: String,
    pub topics: String,
    pub languages: String,
    pub bio: String,
    pub links: String,
}

/// When a pause until a day ends: as it begins for whoever pauses.
pub fn pause_end(day: &str, zone: &Zone, now: DateTime<Utc>) -> Result<DateTime<Utc>, Problems> {
    let end = input::date(day).map(|date| zone.instant(date, 0));
    end.filter(|end| *end > now)
        .ok_or_else(|| Problems::one("until", "must be a day after today"))
}

impl ProfileForm {
    pub fn of(profile: &Profile) -> Self {
        Self {
            headline: profile.headline.clone(),
            employer: profile.employer.clone(),
            field: profile.field.clone(),
            topics: profile.topics.0.join(", "),
            languages: profile.languages.0.join(", "),
            bio: profile.bio.clone(),
            links: profile.links.0.join("\n"),
        }
    }

    pub fn read(fields: &Fields) -> Result<Self, Error> {
        let own = |name| fields.one(name).map(str::to_owned);
        Ok(Self {
            headline: own("headline")?,
            employer: own("employer")?,
            field: own("field")?,
            topics: own("topics")?,
            languages: own("languages")?,
            bio: own("bio")?,
            links: own("links")?,
        })
    }

    /// Cleaned and checked.
    pub fn checked(&self) -> Result<Profile, Problems> {
        let mut reader = Reader::default();
        let profile = Profile {
            headline: reader.line("headline", &self.headline, 120),
            employer: reader.line("employer", &self.employer, 80),
            field: reader.line("field", &self.field, 80),
            topics: words(&mut reader, "topics", &self.topics, 12),
            languages: words(&mut reader, "languages", &self.languages, 8),
            bio: reader.paragraphs("bio", &self.bio, LONGEST_BIO),
            links: Words(
                self.links
                    .lines()
                    .map(|link| reader.link("links", link))
                    .filter(|link| !link.is_empty())
                    .collect(),
            ),
        };
        if profile.links.0.len() > 6 {
            reader.problems.add("links", "can have at most six entries");
        }
        reader.problems.or(profile)
    }
}

/// Longest word of a profile, in characters.
const LONGEST_WORD: usize = 40;

/// Words separated by commas: each once, at most `most` of them.
fn words(reader: &mut Reader, field: &str, text: &str, most: usize) -> Words {
    let mut words: Vec<String> = Vec::new();
    let mut is_long = false;
    for word in text.split([',', '\n', ';']) {
        let word = crate::input::line(word);
        is_long |= word.chars().count() > LONGEST_WORD;
        if !word.is_empty()
            && !words
                .iter()
                .any(|w| w.to_lowercase() == word.to_lowercase())
        {
            words.push(word);
        }
    }
    if is_long {
        let problem = format!("must each be at most {LONGEST_WORD} characters long");
        reader.problems.add(field, problem);
    }
    if words.len() > most {
        reader
            .problems
            .add(field, format!("can have at most {most} entries"));
    }
    Words(words)
}

/// What a coordinator wants a person to be.
#[derive(Clone, Debug)]
pub struct Placement {
    pub roles: Roles,
    pub standing: Standing,
}

/// Whether `by` may place `person` so: only administrators make or touch coordinators and
/// administrators, and nobody shuts themselves out.
pub fn may_place(by: &Person, person: &Person, wanted: &Placement) -> Result<(), String> {
    if person.is_erased() {
        return Err("this account was deleted and cannot be restored".into());
    }
    if by.coordinating().is_err() {
        return Err("only coordinators and administrators can do this".into());
    }
    let powers = [Role::Coordinator, Role::Admin];
    let touches_power = powers.iter().any(|p| person.is(*p) || wanted.roles.has(*p));
    let changes_power = powers.iter().any(|p| person.is(*p) != wanted.roles.has(*p));
    if !by.is(Role::Admin)
        && (changes_power || (touches_power && wanted.standing != person.standing))
    {
        return Err("only an administrator can change coordinators and administrators".into());
    }
    let loses = by.id == person.id
        && (wanted.standing != Standing::Active
            || (by.is(Role::Admin) && !wanted.roles.has(Role::Admin)));
    if loses {
        return Err("you cannot remove your own access; ask another administrator".into());
    }
    Ok(())
}

/// Whether one person may download everything about another or delete their account: everybody may with their
/// own, coordinators with those who are neither coordinators nor administrators, administrators with all.
pub fn may_act_for(by: &Person, person: &Person) -> bool {
    let has_power = person.is(Role::Coordinator) || person.is(Role::Admin);
    by.id == person.id
        || by.having(Role::Admin).is_ok()
        || (by.coordinating().is_ok() && !has_power)
}

/// A domain as it is listed, from what was typed: `@Example.org` is `example.org`.
pub fn domain(text: &str) -> Option<String> {
    let domain = input::ascii_domain(text.trim().trim_start_matches('@'))?;
    input::is_domain(&domain).then_some(domain)
}

/// The mailbox that an address leads to: what follows a + is the reader's own business.
pub fn mailbox(email: &str) -> String {
    let (local, domain) = email.rsplit_once('@').unwrap_or((email, ""));
    let local = local.split_once('+').map_or(local, |(local, _)| local);
    format!("{local}@{domain}")
}

/// The same without dots, as limits count: some providers ignore them.
pub fn plain_mailbox(email: &str) -> String {
    let mailbox = mailbox(email);
    let (local, domain) = mailbox.rsplit_once('@').unwrap_or((&mailbox, ""));
    format!("{}@{domain}", local.replace('.', ""))
}

/// The domain of an address.
pub fn domain_of(email: &str) -> &str {
    email.rsplit_once('@').map_or("", |(_, domain)| domain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::PersonId;

    fn person(roles: &[Role]) -> Person {
        Person {
            id: PersonId::random(),
            email: "a@example.org".into(),
            name: "A".into(),
            zone: "UTC".into(),
            roles: Roles::new(roles.iter().copied()),
            standing: Standing::Active,
            graduates_on: None,
            joined_at: DateTime::UNIX_EPOCH,
            twelve_hours: false,
        }
    }

    #[test]
    fn coordinators_make_no_coordinators() {
        let coordinator = person(&[Role::Coordinator]);
        let admin = person(&[Role::Admin]);
        let student = person(&[Role::Student]);
        let make = |roles: &[Role], standing| Placement {
            roles: Roles::new(roles.iter().copied()),
            standing,
        };
        let promoted = make(&[Role::Student, Role::Coordinator], Standing::Active);
        assert!(may_place(&coordinator, &student, &promoted).is_err());
        assert!(may_place(&admin, &student, &promoted).is_ok());
        let alumnus = make(&[Role::Alumnus], Standing::Lapsed);
        assert!(may_place(&coordinator, &student, &alumnus).is_ok());
        assert!(
            may_place(
                &coordinator,
                &admin,
                &make(&[Role::Admin], Standing::Suspended)
            )
            .is_err()
        );
        assert!(may_place(&admin, &admin, &make(&[], Standing::Active)).is_err());
    }

    #[test]
    fn lists_are_split_and_counted() {
        let form = ProfileForm {
            topics: "Rust, rust ,, UX".into(),
            links: "https://a.example.org\n\njavascript:x".into(),
            ..Default::default()
        };
        let problems = form.checked().unwrap_err();
        assert!(problems.of("links").is_some() && problems.of("topics").is_none());
        let form = ProfileForm {
            links: String::new(),
            ..form
        };
        assert_eq!(form.checked().unwrap().topics.0, ["Rust", "UX"]);
    }
}
