//! One row of a spreadsheet of members, checked.

use std::collections::HashMap;

use chrono::NaiveDate;

use crate::{
    input::{self, Reader},
    people::{Role, Roles, Standing, rules::LONGEST_NAME},
    schedule::Zone,
    spreadsheet::Table,
};

/// A row as it is written.
#[derive(Clone, Debug, Default)]
pub struct Row {
    pub email: String,
    pub name: String,
    pub roles: String,
    pub zone: String,
    pub graduates_on: String,
    pub standing: String,
}

/// A row that can be taken in; what is none keeps what is there.
#[derive(Clone, Debug)]
pub struct Checked {
    pub email: String,
    pub name: String,
    pub roles: Roles,
    pub zone: Option<String>,
    pub graduates_on: Option<NaiveDate>,
    pub standing: Option<Standing>,
}

/// The columns, with other names that people give them; the first three must be there.
const COLUMNS: [(&str, &[&str]); 6] = [
    (
        "email",
        &["e_mail", "email_address", "e_mail_address", "mail"],
    ),
    ("name", &["full_name"]),
    ("roles", &["role"]),
    ("zone", &["time_zone", "timezone"]),
    ("graduates_on", &["graduation_date", "graduation"]),
    ("standing", &["status"]),
];
const REQUIRED: usize = 3;

impl Row {
    /// What is in the row, or what is wrong with it, each with its column.
    pub fn checked(&self) -> Result<Checked, input::Problems> {
        let mut reader = Reader::default();
        let name = reader.required_line("name", &self.name, LONGEST_NAME);
        if name.contains('@') {
            reader
                .problems
                .add("name", "has an address in it; is a quotation mark missing?");
        }
        let email = input::email(&self.email);
        if email.is_none() {
            let shown = input::line(&self.email);
            let problem = match shown.as_str() {
                "" => "is missing; it must look like ada@example.org".into(),
                shown => {
                    format!("\u{201c}{shown}\u{201d} is not an address such as ada@example.org")
                }
            };
            reader.problems.add("email", problem);
        }
        let words = self
            .roles
            .split([' ', ',', ';', '|', '/'])
            .filter(|w| !w.is_empty());
        let roles: Option<Vec<Role>> = words
            .map(|word| Role::parse(&word.to_lowercase()))
            .collect();
        if roles.as_ref().is_none_or(Vec::is_empty) {
            reader
                .problems
                .add("roles", "must be student, alumnus, coordinator or admin");
        }
        let zone = match self.zone.trim() {
            "" => None,
            zone => Zone::named(zone)
                .map(|z| z.name().to_owned())
                .map_err(|e| reader.problems.add("zone", e.to_string()))
                .ok(),
        };
        let graduates_on = match self.graduates_on.trim() {
            "" => None,
            date => reader.date("graduates_on", date),
        };
        let standing = match self.standing.trim().to_lowercase().as_str() {
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
        reader.problems.or(checked)
    }
}

/// The rows of a file, each with its line; or everything that is wrong with it, in words.
pub fn read(bytes: &[u8]) -> Result<Vec<(u64, Checked)>, Vec<String>> {
    let table = Table::read(bytes)
        .map_err(|errors| errors.iter().map(ToString::to_string).collect::<Vec<_>>())?;
    let mut errors = Vec::new();
    let mut places = [None; COLUMNS.len()];
    for (at, given) in table.columns.iter().enumerate() {
        let known = COLUMNS
            .iter()
            .position(|(name, others)| name == given || others.contains(&given.as_str()));
        match known {
            Some(number) if places[number].is_none() => places[number] = Some(at),
            Some(number) => errors.push(format!("two columns are called {}", COLUMNS[number].0)),
            None if given.is_empty() => {}
            None => errors.push(format!(
                "line 1: column {given} is not one of {}",
                COLUMNS.map(|(name, _)| name).join(", ")
            )),
        }
    }
    for (place, (name, _)) in places.iter().zip(COLUMNS).take(REQUIRED) {
        if place.is_none() {
            errors.push(format!("line 1: there is no column {name}"));
        }
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    let mut rows = Vec::new();
    let mut lines: HashMap<String, u64> = HashMap::new();
    for row in table.rows {
        let line = row.line;
        let cell = |number: usize| {
            let place: Option<usize> = places[number];
            place.map_or(String::new(), |at| row.cells[at].clone())
        };
        let [email, name, roles, zone, graduates_on, standing] = std::array::from_fn(cell);
        let row = Row {
            email,
            name,
            roles,
            zone,
            graduates_on,
            standing,
        };
        match row.checked() {
            Err(problems) => errors.extend(
                problems
                    .iter()
                    .map(|(column, problem)| format!("line {line}, column {column}: {problem}")),
            ),
            Ok(checked) => match lines.insert(checked.email.clone(), line) {
                Some(first) => errors.push(format!(
                    "line {line}, column email: is the same as in line {first}; keep one of the two"
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
