//! `almanac person`, `sign-in-link`, `token`.

use std::{io::Read, path::Path};

use super::{AddPerson, Failure};
use crate::{
    clock::Clock,
    config::Config,
    db::{self, Conn, Tx},
    input,
    keys::Keys,
    mail::report,
    people::{
        self, Person, Role, Roles,
        audit::By,
        email, second_factor, sign_in,
        token::{self, make},
        trouble,
    },
    roster::{
        self,
        plan::{self, After, Plan, PlanError},
        rows::{Checked, Row},
    },
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
    let checked = row.checked().map_err(|problems| problems.to_string())?;
    let person = db::transaction::<_, Failure>(conn, &Clock::System, |tx| put(tx, &checked))?;
    let handle = if person.is(Role::Alumnus) {
        people::profile::store::profile(conn, person.id)?.handle
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

/// Makes or updates one person. Returns them as they are now.
fn put(tx: &mut Tx, checked: &Checked) -> Result<Person, Failure> {
    match people::store::person_by_email(tx, &checked.email)? {
        None => Ok(plan::make(tx, &By::MACHINE, vec![checked.clone()])?.remove(0)),
        Some(before) => {
            let after = After::by(checked, &before, true);
            people::store::lock(tx, &[before.id])?;
            plan::change(tx, &By::MACHINE, &before, &after)?;
            Ok(people::store::person(tx, before.id)?)
        }
    }
}

/// Says which of these share a mailbox with another account: joining would have refused it, but whoever runs
/// commands may have a reason.
fn note_shared(conn: &mut Conn, emails: &[&str]) -> Result<(), Failure> {
    for (email, other) in people::store::shared_mailboxes(conn, emails)? {
        eprintln!("note: {email} and {other} are one mailbox with two accounts");
    }
    Ok(())
}

/// Imports a spreadsheet: every line or none; each error with its line and column. A preview prints what would
/// change, and changes nothing.
pub fn import(conn: &mut Conn, file: &Path, is_preview: bool) -> Result<(), Failure> {
    let bytes = std::fs::read(file).map_err(|error| format!("{}: {error}", file.display()))?;
    let rows = match roster::rows::read(&bytes) {
        Ok(rows) => rows,
        Err(errors) => {
            for error in errors {
                eprintln!("{error}");
            }
            return Err("nothing was imported".into());
        }
    };
    let addresses: Vec<String> = rows.iter().map(|(_, row)| row.email.clone()).collect();
    let plan = Plan::of(conn, &rows)?;
    if is_preview {
        for (line, words) in plan.in_words() {
            println!("line {line}: {words}");
        }
        println!(
            "{}; this was a preview, nothing was changed",
            plan.summary()
        );
        return Ok(());
    }
    db::transaction::<_, PlanError>(conn, &Clock::System, |tx| {
        plan::apply(tx, &By::MACHINE, &plan)
    })?;
    println!("{} people imported: {}", plan.count(), plan.summary());
    let addresses: Vec<&str> = addresses.iter().map(String::as_str).collect();
    note_shared(conn, &addresses)
}

pub(super) fn existing(conn: &mut Conn, email: &str) -> Result<Person, Failure> {
    let email = input::email(email).ok_or("--email: must be an address such as ada@example.org")?;
    Ok(people::store::person_by_email(conn, &email)?
        .ok_or_else(|| format!("there is nobody with the address {email}"))?)
}

/// Gives a person another address, if they can no longer read the old one.
pub fn change_email(conn: &mut Conn, email: &str, to: &str) -> Result<(), Failure> {
    let person = existing(conn, email)?;
    let to = input::email(to).ok_or("--to: must be an address such as ada@example.org")?;
    db::transaction::<_, Failure>(conn, &Clock::System, |tx| {
        let is_taken = people::store::is_mailbox_taken(tx, &to, Some(person.id))?;
        if is_taken || people::store::person_by_email(tx, &to)?.is_some() {
            return Err(format!("{to} already has an account").into());
        }
        let person = people::store::lock(tx, &[person.id])?.pop();
        let person = person.filter(|p| !p.is_erased());
        let person = person.ok_or("the account has just been deleted")?;
        Ok(email::change(tx, &By::MACHINE, &person, &to)?)
    })?;
    println!("{} is now {to}", person.email);
    Ok(())
}

/// Turns a person's second factor off.
pub fn forget_second_factor(conn: &mut Conn, email: &str) -> Result<(), Failure> {
    let person = existing(conn, email)?;
    let found = db::transaction::<_, Failure>(conn, &Clock::System, |tx| {
        Ok(second_factor::remove(tx, &By::MACHINE, person.id)?)
    })?;
    if !found {
        return Err("this person has no second factor".into());
    }
    println!("{} now signs in with the link alone", person.email);
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
    let wanted = token::NewToken::checked(name, days)?;
    let made = db::transaction::<_, Failure>(conn, &Clock::System, |tx| {
        Ok(make::make(tx, &By::MACHINE, person.id, &wanted)?)
    })?;
    println!("{made}");
    Ok(())
}

/// Takes what a mail server reports on standard input; anything else is left alone, since whatever comes back
/// to the sender of our letters ends here.
pub fn bounce(conn: &mut Conn) -> Result<(), Failure> {
    let mut message = Vec::new();
    let most = 10 * 1024 * 1024;
    std::io::stdin()
        .lock()
        .take(most)
        .read_to_end(&mut message)?;
    let reports = report::reports(&message);
    if reports.is_empty() {
        println!("this is neither a bounce nor a complaint");
    }
    for report in reports {
        let noted = db::transaction::<_, Failure>(conn, &Clock::System, |tx| {
            Ok(trouble::note(tx, &report)?)
        })?;
        let (email, what) = (&report.email, report.trouble.as_str());
        match noted {
            Some(_) => println!("{email}: {what} noted"),
            None => println!("{email}: {what}, but nobody here has this address"),
        }
    }
    Ok(())
}
