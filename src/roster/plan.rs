//! What a spreadsheet does to the people who are there, and doing it.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};

use super::rows::Checked;
use crate::{
    db::{Conn, DbError, PersonId, Tx},
    keys,
    people::{
        self, Person, Roles, Standing,
        audit::{AuditAction, By, record},
        coordinate::place,
        rules::{CheckedSettings, Placement},
    },
    slots::index,
};

/// What the rows of a file come to.
#[derive(Debug, Default)]
pub struct Plan {
    pub new: Vec<(u64, Checked)>,
    pub changed: Vec<(u64, Change)>,
    /// How many are as the file says already.
    pub same: usize,
}

/// What a row does to somebody who is there already.
#[derive(Debug)]
pub struct Change {
    pub before: Person,
    pub after: After,
}

#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// Somebody was changed or made since the rows were compared.
    #[error("line {0}: this person has just been changed; nothing was imported; try again")]
    Meanwhile(u64),
    #[error("you no longer have permission; nothing was imported")]
    Refused,
    #[error(transparent)]
    Database(#[from] DbError),
}
crate::verb_error!(PlanError);

impl Plan {
    /// Compares rows with who is there. Everybody in the file has its roles afterwards, and no others.
    pub fn of(conn: &mut Conn, rows: &[(u64, Checked)]) -> diesel::QueryResult<Self> {
        let asked: Vec<&str> = rows.iter().map(|(_, row)| row.email.as_str()).collect();
        let there = people::store::people_by_email(conn, &asked)?;
        let mut there: HashMap<String, Person> =
            there.into_iter().map(|p| (p.email.clone(), p)).collect();
        let mut plan = Self::default();
        for (line, row) in rows {
            let Some(before) = there.remove(&row.email) else {
                plan.new.push((*line, row.clone()));
                continue;
            };
            let after = After::by(row, &before, false);
            if after == After::of(&before) {
                plan.same += 1;
            } else {
                plan.changed.push((*line, Change { before, after }));
            }
        }
        Ok(plan)
    }

    /// Everybody in it.
    pub fn count(&self) -> usize {
        self.new.len() + self.changed.len() + self.same
    }

    /// Tells two plans apart: what was looked at, and what would be done now.
    pub fn print(&self) -> String {
        let hash = keys::hash(&format!("{self:?}"));
        hash.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// As in `1 new, 2 changed, 3 unchanged`.
    pub fn summary(&self) -> String {
        let (new, changed) = (self.new.len(), self.changed.len());
        format!("{new} new, {changed} changed, {} unchanged", self.same)
    }

    /// What it does to whom, by line.
    pub fn in_words(&self) -> Vec<(u64, String)> {
        let new = self.new.iter().map(|(line, row)| {
            let roles = record::roles(&row.roles);
            (
                *line,
                format!("{} is new: {}, {roles}", row.email, row.name),
            )
        });
        let changed = self.changed.iter().map(|(line, change)| {
            let differences = change.after.differences(&change.before).join("; ");
            (*line, format!("{}: {differences}", change.before.email))
        });
        let mut all: Vec<(u64, String)> = new.chain(changed).collect();
        all.sort();
        all
    }

    /// Which rows somebody may not take in, each with why.
    pub fn refused(&self, placer: &Person) -> Vec<(u64, String)> {
        let placement = |roles: &Roles, standing| Placement {
            roles: roles.clone(),
            standing,
        };
        let new = self.new.iter().filter_map(|(line, row)| {
            let wanted = placement(&row.roles, row.standing.unwrap_or(Standing::Active));
            let nobody = somebody(row, DateTime::UNIX_EPOCH);
            let nobody = Person {
                roles: Roles::new([]),
                ..nobody
            };
            let reason = people::rules::may_place(placer, &nobody, &wanted).err()?;
            Some((*line, reason))
        });
        let changed = self.changed.iter().filter_map(|(line, change)| {
            let wanted = placement(&change.after.roles, change.after.standing);
            let reason = people::rules::may_place(placer, &change.before, &wanted).err()?;
            Some((*line, reason))
        });
        new.chain(changed).collect()
    }
}

/// Does what a plan says, all or nothing.
///
/// # Errors
/// `Meanwhile` if somebody in it is no longer as they were when it was made, `Refused` if whoever does it may
/// not any more.
pub fn apply(tx: &mut Tx, by: &By, plan: &Plan) -> Result<(), PlanError> {
    if let Some(placer) = by.person {
        people::store::lock_admins(tx)?;
        let ids: Vec<PersonId> = plan
            .changed
            .iter()
            .map(|(_, c)| c.before.id)
            .chain([placer])
            .collect();
        let placer = people::store::lock(tx, &ids)?
            .into_iter()
            .find(|p| p.id == placer);
        let refused = placer.map(|placer| plan.refused(&placer));
        if refused.is_none_or(|refused| !refused.is_empty()) {
            return Err(PlanError::Refused);
        }
    }
    let asked: Vec<&str> = plan.new.iter().map(|(_, row)| row.email.as_str()).collect();
    if let Some(there) = people::store::people_by_email(tx, &asked)?.first() {
        let line = plan.new.iter().find(|(_, row)| row.email == there.email);
        return Err(PlanError::Meanwhile(line.map_or(0, |(line, _)| *line)));
    }
    make(
        tx,
        by,
        plan.new.iter().map(|(_, row)| row.clone()).collect(),
    )?;
    let ids: Vec<PersonId> = plan.changed.iter().map(|(_, c)| c.before.id).collect();
    let locked = people::store::lock(tx, &ids)?;
    let locked: HashMap<PersonId, Person> = locked.into_iter().map(|p| (p.id, p)).collect();
    for (line, Change { before, after }) in &plan.changed {
        let is_same = locked
            .get(&before.id)
            .is_some_and(|now| now.email == before.email && After::of(now) == After::of(before));
        if !is_same {
            return Err(PlanError::Meanwhile(*line));
        }
        change(tx, by, before, after)?;
    }
    Ok(())
}

/// How somebody is to be.
#[derive(Debug, PartialEq)]
pub struct After {
    name: String,
    zone: String,
    graduates_on: Option<NaiveDate>,
    roles: Roles,
    standing: Standing,
}

impl After {
    pub fn of(person: &Person) -> Self {
        Self {
            name: person.name.clone(),
            zone: person.zone.clone(),
            graduates_on: person.graduates_on,
            roles: person.roles.clone(),
            standing: person.standing,
        }
    }

    /// Empty fields keep what is there, and so do the roles besides those given, if wanted.
    pub fn by(checked: &Checked, before: &Person, keeps_roles: bool) -> Self {
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
    pub fn differences(&self, before: &Person) -> Vec<String> {
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
            (
                "roles",
                record::roles(&was.roles),
                record::roles(&self.roles),
            ),
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
pub fn change(tx: &mut Tx, by: &By, before: &Person, after: &After) -> diesel::QueryResult<()> {
    let was = After::of(before);
    if (&was.name, &was.zone, was.graduates_on) != (&after.name, &after.zone, after.graduates_on) {
        let settings = CheckedSettings {
            name: after.name.clone(),
            zone: after.zone.clone(),
            graduates_on: after.graduates_on,
            ..CheckedSettings::of(before)
        };
        people::store::update_settings(tx, before.id, &settings)?;
    }
    if was.zone != after.zone {
        people::store::confirm_zone(tx, before.id)?;
        index::refresh(tx, before.id)?; // Weekly hours are told by its clocks.
    }
    if (&was.roles, was.standing) != (&after.roles, after.standing) {
        let wanted = Placement {
            roles: after.roles.clone(),
            standing: after.standing,
        };
        place::put(tx, by, before, &wanted)?;
    }
    Ok(())
}

/// Makes people, whom nobody has the addresses of yet.
pub fn make(tx: &mut Tx, by: &By, wanted: Vec<Checked>) -> diesel::QueryResult<Vec<Person>> {
    let now = tx.now()?;
    let people: Vec<Person> = wanted.iter().map(|row| somebody(row, now)).collect();
    people::store::insert_many(tx, &people)?;
    let placeless: Vec<PersonId> = people
        .iter()
        .zip(wanted)
        .filter(|(_, row)| row.zone.is_none())
        .map(|(person, _)| person.id)
        .collect();
    people::store::note_unconfirmed_zones(tx, &placeless)?;
    let noted: Vec<(PersonId, String)> = people
        .iter()
        .map(|person| (person.id, format!("new: {}", record::roles(&person.roles))))
        .collect();
    record::record_many(tx, by, AuditAction::RolesChanged, &noted)?;
    Ok(people)
}

fn somebody(row: &Checked, joined_at: DateTime<Utc>) -> Person {
    Person {
        id: PersonId::random(),
        email: row.email.clone(),
        name: row.name.clone(),
        zone: row.zone.clone().unwrap_or_else(|| "UTC".into()),
        roles: row.roles.clone(),
        standing: row.standing.unwrap_or(Standing::Active),
        graduates_on: row.graduates_on,
        joined_at,
        twelve_hours: false,
    }
}
