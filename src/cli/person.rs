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
        email, place,
        rules::{LONGEST_NAME, Placement},
        second, sign_in, store, token,
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
    let checked = row.checked()?;
    let mut wanted = Some(checked);
    let person = db::transaction::<_, Failure>(conn, &Clock::System, |tx| {
        put(tx, wanted.take().ok_or("this has to be run again")?, true)
    })?;
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
    note_shared(conn, &[&person.email])
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

/// What a line does to somebody who is there already.
#[derive(Debug, PartialEq)]
struct After {
    name: String,
    zone: String,
    graduates_on: Option<NaiveDate>,
    roles: Roles,
    standing: Standing,
}

impl After {
    fn of(person: &Person) -> Self {
        Self {
            name: person.name.clone(),
            zone: person.zone.clone(),
            graduates_on: person.graduates_on,
            roles: person.roles.clone(),
            standing: person.standing,
        }
    }

    /// Empty fields keep what is there, and so do the roles besides those given, if wanted.
    fn by(checked: &Checked, before: &Person, keeps_roles: bool) -> Self {
        let kept = before.roles.iter().filter(|_| keeps_roles);
        Self {
            name: checked.name.clone(),
            zone: checked.zone.clone().unwrap_or_else(|| before.zone.clone()),
            graduates_on: checked.graduates_on.or(before.graduates_on),
            roles: Roles::new(kept.chain(checked.roles.iter())),
            standing: checked.standing.unwrap_or(before.standing),
        }
    }

    /// What differs, in words; empty where nothing does.
    fn differences(&self, before: &Person) -> Vec<String> {
        let was = Self::of(before);
        let date = |d: Option<NaiveDate>| d.map_or("none".to_owned(), |d| d.to_string());
        let pairs = [
            ("name", was.name, self.name.clone()),
            ("zone", was.zone, self.zone.clone()),
            (
                "graduates_on",
                date(was.graduates_on),
                date(self.graduates_on),
            ),
            ("roles", audit::roles(&was.roles), audit::roles(&self.roles)),
            (
                "standing",
                was.standing.as_str().into(),
                self.standing.as_str().into(),
            ),
        ];
        let differing = pairs.into_iter().filter(|(_, was, is)| was != is);
        differing
            .map(|(field, was, is)| format!("{field}: {was} → {is}"))
            .collect()
    }
}

/// Changes somebody who is there already and locked.
fn change(tx: &mut Tx, before: &Person, after: After) -> Result<(), Failure> {
    let was = After::of(before);
    if (&was.name, &was.zone, was.graduates_on) != (&after.name, &after.zone, after.graduates_on) {
        let settings = (after.name.as_str(), after.zone.as_str(), after.graduates_on);
        store::update_settings(tx, before.id, settings)?;
    }
    if was.zone != after.zone {
        free_times::refresh(tx, before.id)?; // Weekly hours are told by its clocks.
    }
    if (&was.roles, was.standing) != (&after.roles, after.standing) {
        let wanted = Placement {
            roles: after.roles,
            standing: after.standing,
        };
        place::put(tx, &By::MACHINE, before, &wanted)?;
    }
    Ok(())
}

/// Makes people, whom nobody has the addresses of yet.
fn make(tx: &mut Tx, wanted: Vec<Checked>) -> Result<Vec<Person>, Failure> {
    let now = tx.now()?;
    let people: Vec<Person> = wanted
        .into_iter()
        .map(|checked| Person {
            id: PersonId::random(),
            email: checked.email,
            name: checked.name,
            zone: checked.zone.unwrap_or_else(|| "UTC".into()),
            roles: checked.roles,
            standing: checked.standing.unwrap_or(Standing::Active),
            graduates_on: checked.graduates_on,
            joined_at: now,
        })
        .collect();
    store::insert_many(tx, &people)?;
    let noted: Vec<(PersonId, String)> = people
        .iter()
        .map(|person| (person.id, format!("new: {}", audit::roles(&person.roles))))
        .collect();
    audit::record_many(tx, &By::MACHINE, AuditAction::RolesChanged, &noted)?;
    Ok(people)
}

/// Makes or updates one person. Returns them as they are now.
fn put(tx: &mut Tx, checked: Checked, keeps_roles: bool) -> Result<Person, Failure> {
    match store::person_by_email(tx, &checked.email)? {
        None => Ok(make(tx, vec![checked])?.remove(0)),
        Some(before) => {
            let after = After::by(&checked, &before, keeps_roles);
            store::lock(tx, &[before.id])?;
            change(tx, &before, after)?;
            Ok(store::person(tx, before.id)?)
        }
    }
}

/// The lines of a CSV file, each with its number; or what is wrong with them.
fn read(file: &Path) -> Result<Vec<(usize, Checked)>, Vec<String>> {
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .from_path(file)
        .map_err(|error| vec![error.to_string()])?;
    let (mut rows, mut errors) = (Vec::new(), Vec::new());
    let mut lines = std::collections::HashMap::new();
    for (row, line) in reader.deserialize::<Row>().zip(2..) {
        let checked = match row {
            Err(error) => Err(error.to_string()),
            Ok(row) => row.checked(),
        };
        match checked {
            Err(problem) => errors.push(format!("line {line}: {problem}")),
            Ok(checked) => match lines.insert(checked.email.clone(), line) {
                Some(first) => errors.push(format!(
                    "line {line}: email is the same as in line {first}; keep one of the two"
                )),
                None => rows.push((line, checked)),
            },
        }
    }
    if errors.is_empty() {
        Ok(rows)
    } else {
        Err(errors)
    }
}

/// Says which of these share a mailbox with another account: joining would have refused it, but whoever runs
/// commands may have a reason.
fn note_shared(conn: &mut Conn, emails: &[&str]) -> Result<(), Failure> {
    for (email, other) in store::shared_mailboxes(conn, emails)? {
        eprintln!("note: {email} and {other} are one mailbox with two accounts");
    }
    Ok(())
}

/// Imports a CSV file: every line or none; each error with the number of its line. Everybody in it has the
/// roles that it gives, and no others. A preview prints what would change, and changes nothing.
pub fn import(conn: &mut Conn, file: &Path, is_preview: bool) -> Result<(), Failure> {
    let rows = match read(file) {
        Ok(rows) => rows,
        Err(errors) => {
            for error in errors {
                eprintln!("{error}");
            }
            return Err("nothing was imported".into());
        }
    };
    let addresses: Vec<String> = rows.iter().map(|(_, row)| row.email.clone()).collect();
    let asked: Vec<&str> = addresses.iter().map(String::as_str).collect();
    let mut there: std::collections::HashMap<String, Person> =
        store::people_by_email(conn, &asked)?
            .into_iter()
            .map(|person| (person.email.clone(), person))
            .collect();
    let (mut new, mut changed, mut same) = (Vec::new(), Vec::new(), 0);
    for (line, row) in rows {
        let Some(before) = there.remove(&row.email) else {
            if is_preview {
                println!(
                    "line {line}: {} is new, {}",
                    row.email,
                    audit::roles(&row.roles)
                );
            }
            new.push(row);
            continue;
        };
        let after = After::by(&row, &before, false);
        let differences = after.differences(&before);
        if differences.is_empty() {
            same += 1;
            continue;
        }
        if is_preview {
            println!("line {line}: {}: {}", row.email, differences.join("; "));
        }
        changed.push((line, before, after));
    }
    let summary = format!(
        "{} new, {} changed, {same} as they were",
        new.len(),
        changed.len()
    );
    if is_preview {
        println!("{summary}; this was a preview, nothing was changed");
        return Ok(());
    }
    let count = new.len() + changed.len() + same;
    let mut wanted = Some((new, changed));
    db::transaction::<_, Failure>(conn, &Clock::System, |tx| {
        let (new, changed) = wanted.take().ok_or("the import has to be run again")?;
        make(tx, new)?;
        let ids: Vec<PersonId> = changed.iter().map(|(_, before, _)| before.id).collect();
        store::lock(tx, &ids)?;
        for (line, before, after) in changed {
            change(tx, &before, after).map_err(|e| format!("line {line}: {e}"))?;
        }
        Ok(())
    })?;
    println!("{count} people imported: {summary}");
    let addresses: Vec<&str> = addresses.iter().map(String::as_str).collect();
    note_shared(conn, &addresses)
}

pub(super) fn existing(conn: &mut Conn, email: &str) -> Result<Person, Failure> {
    let email = input::email(email).ok_or("--email: not an address")?;
    Ok(store::person_by_email(conn, &email)?
        .ok_or_else(|| format!("there is nobody with the address {email}"))?)
}

/// Gives a person another address, for whoever can read the old one no more.
pub fn change_email(conn: &mut Conn, email: &str, to: &str) -> Result<(), Failure> {
    let person = existing(conn, email)?;
    let to = input::email(to).ok_or("--to is not an address such as ada@example.org")?;
    db::transaction::<_, Failure>(conn, &Clock::System, |tx| {
        let is_taken = store::is_mailbox_taken(tx, &to, Some(person.id))?;
        if is_taken || store::person_by_email(tx, &to)?.is_some() {
            return Err(format!("{to} has an account already").into());
        }
        let person = store::lock(tx, &[person.id])?.pop();
        let person = person.filter(|p| !p.is_erased());
        let person = person.ok_or("the account was deleted meanwhile")?;
        Ok(email::change(tx, &By::MACHINE, &person, &to)?)
    })?;
    println!("{} is {to} now", person.email);
    Ok(())
}

/// Turns a person's second factor off.
pub fn forget_second_factor(conn: &mut Conn, email: &str) -> Result<(), Failure> {
    let person = existing(conn, email)?;
    let found = db::transaction::<_, Failure>(conn, &Clock::System, |tx| {
        Ok(second::remove(tx, &By::MACHINE, person.id)?)
    })?;
    if !found {
        return Err("there is no second factor".into());
    }
    println!("{} signs in by the link alone", person.email);
    Ok(())
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
