//! `almanac person`, `sign-in-link`, `token`.

use std::path::Path;

use chrono::NaiveDate;
use serde::Deserialize;

use super::{AddPerson, Failure};
use crate::{
    app::Keys,
    clock::Clock,
    config::Config,
    db::{self, Conn, PersonId, Tx},
    input::{self, Reader},
    people::{
        Person, Role, Roles, Standing,
        audit::{self, AuditAction, By},
        place,
        rules::{LONGEST_NAME, Placement},
        sign_in, store, token,
    },
    schedule::Zone,
    slots::free_times,
};

/// Makes or updates a person.
pub fn add(conn: &mut Conn, wanted: &AddPerson) -> Result<(), Failure> {
    let roles = Roles::new(wanted.role.iter().map(|role| Role::from(*role)));
    let row = Row {
        email: wanted.email.clone(),
        name: wanted.name.clone(),
        roles: roles.iter().map(Role::as_str).collect::<Vec<_>>().join(" "),
        zone: wanted.zone.clone().unwrap_or_default(),
        graduates_on: String::new(),
        standing: String::new(),
    };
    let person = db::transaction::<_, Failure>(conn, &Clock::System, |tx| put(tx, &row, true))?;
    let handle = if person.is(Role::Alumnus) {
        store::profile(conn, person.id)?.handle
    } else {
        String::new()
    };
    println!(
        "{} {} {}",
        person.email,
        person
            .roles
            .iter()
            .map(Role::as_str)
            .collect::<Vec<_>>()
            .join(","),
        handle
    );
    Ok(())
}

/// One line of a CSV file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    email: String,
    name: String,
    roles: String,
    #[serde(default)]
    zone: String,
    #[serde(default)]
    graduates_on: String,
    #[serde(default)]
    standing: String,
}

struct Checked {
    email: String,
    name: String,
    roles: Roles,
    zone: Option<String>,
    graduates_on: Option<NaiveDate>,
    standing: Option<Standing>,
}

impl Row {
    fn checked(&self) -> Result<Checked, String> {
        let mut reader = Reader::default();
        let name = reader.required_line("name", &self.name, LONGEST_NAME);
        let email = input::email(&self.email);
        if email.is_none() {
            reader
                .problems
                .add("email", "is not an address such as ada@example.org");
        }
        let words = self
            .roles
            .split([' ', ',', ';', '|'])
            .filter(|w| !w.is_empty());
        let roles: Option<Vec<Role>> = words.map(Role::parse).collect();
        if roles.as_ref().is_none_or(Vec::is_empty) {
            reader
                .problems
                .add("roles", "must be student, alumnus, coordinator or admin");
        }
        let zone = match self.zone.trim() {
            "" => None,
            zone => Zone::named(zone)
                .map(|z| z.name().to_owned())
                .map_err(|e| reader.problems.add("zone", format!("is {e}")))
                .ok(),
        };
        let graduates_on = match self.graduates_on.trim() {
            "" => None,
            date => reader.date("graduates_on", date),
        };
        let standing = match self.standing.trim() {
            "" => None,
            word => {
                let standing = Standing::parse(word);
                if standing.is_none() {
                    reader
                        .problems
                        .add("standing", "must be active, lapsed or suspended");
                }
                standing
            }
        };
        let checked = Checked {
            email: email.unwrap_or_default(),
            name,
            roles: Roles::new(roles.unwrap_or_default()),
            zone,
            graduates_on,
            standing,
        };
        reader
            .problems
            .or(checked)
            .map_err(|problems| problems.to_string())
    }
}

/// Makes the person of that address, or updates it: empty fields keep what is there, and so do the roles
/// besides those given, if wanted.
fn put(tx: &mut Tx, row: &Row, keeps_roles: bool) -> Result<Person, Failure> {
    let checked = row.checked()?;
    let Some(existing) = store::person_by_email(tx, &checked.email)? else {
        let person = Person {
            id: PersonId::random(),
            email: checked.email,
            name: checked.name,
            zone: checked.zone.unwrap_or_else(|| "UTC".into()),
            roles: checked.roles,
            standing: checked.standing.unwrap_or(Standing::Active),
            graduates_on: checked.graduates_on,
            joined_at: tx.now()?,
        };
        store::insert(tx, &person)?;
        let detail = format!("new: {}", audit::roles(&person.roles));
        let action = AuditAction::RolesChanged;
        audit::record(tx, &By::MACHINE, action, Some(person.id), &detail)?;
        return Ok(person);
    };
    store::lock(tx, &[existing.id])?;
    let zone = checked.zone.unwrap_or_else(|| existing.zone.clone());
    let graduates_on = checked.graduates_on.or(existing.graduates_on);
    store::update_settings(tx, existing.id, (&checked.name, &zone, graduates_on))?;
    let kept = existing.roles.iter().filter(|_| keeps_roles);
    let roles = Roles::new(kept.chain(checked.roles.iter()));
    let standing = checked.standing.unwrap_or(existing.standing);
    place::put(tx, &By::MACHINE, &existing, &Placement { roles, standing })?;
    free_times::refresh(tx, existing.id)?;
    Ok(store::person(tx, existing.id)?)
}

/// Imports a CSV file: every line or none; each error with the number of its line. Everybody in it has the
/// roles that it gives, and no others.
pub fn import(conn: &mut Conn, file: &Path) -> Result<(), Failure> {
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .from_path(file)?;
    let mut errors = Vec::new();
    let mut lines = std::collections::HashMap::new();
    let outcome = db::transaction::<usize, Failure>(conn, &Clock::System, |tx| {
        let mut count = 0;
        for row in reader.deserialize::<Row>() {
            count += 1;
            let line = count + 1;
            match row {
                Err(error) => errors.push(format!("line {line}: {error}")),
                Ok(row) => {
                    if let Err(problem) = row.checked() {
                        errors.push(format!("line {line}: {problem}"));
                        continue;
                    }
                    let address = input::email(&row.email).unwrap_or_default();
                    if let Some(first) = lines.insert(address, line) {
                        errors.push(format!(
                            "line {line}: email is the same as in line {first}; keep one of the two"
                        ));
                    } else if errors.is_empty() {
                        put(tx, &row, false).map_err(|e| format!("line {line}: {e}"))?;
                    }
                }
            }
        }
        if errors.is_empty() {
            Ok(count)
        } else {
            Err("nothing was imported".into())
        }
    });
    for error in &errors {
        eprintln!("{error}");
    }
    println!("{} people imported", outcome?);
    Ok(())
}

fn existing(conn: &mut Conn, email: &str) -> Result<Person, Failure> {
    let email = input::email(email).ok_or("--email: not an address")?;
    Ok(store::person_by_email(conn, &email)?
        .ok_or_else(|| format!("there is nobody with the address {email}"))?)
}

/// Prints a link that signs a person in.
pub fn sign_in_link(conn: &mut Conn, config: &Config, email: &str) -> Result<(), Failure> {
    let person = existing(conn, email)?;
    let keys = Keys::new(&config.secret_key()?);
    let link = db::transaction::<_, Failure>(conn, &Clock::System, |tx| {
        Ok(sign_in::make_link(tx, &person.email, "/me")?)
    })?;
    println!("{}", config.link(&sign_in::path(&keys, link)));
    Ok(())
}

/// Prints a new API token; only its hash is kept.
pub fn token(conn: &mut Conn, email: &str, name: &str, days: Option<u16>) -> Result<(), Failure> {
    let person = existing(conn, email)?;
    let wanted = token::Wanted::checked(name, days)?;
    let made = db::transaction::<_, Failure>(conn, &Clock::System, |tx| {
        Ok(token::make(tx, &By::MACHINE, person.id, &wanted)?)
    })?;
    println!("{made}");
    Ok(())
}
