//! Who takes part in the programs of the demonstration: applications at every stage.

use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;

use super::as_of;
use crate::{
    cli::Failure,
    db::{ApplicationId, Conn, PersonId, schema::people},
    people::{Person, Role, audit::By},
    programs::{
        self,
        application::{
            CohortRole, Decision,
            apply::{self, ApplyError, Wanted},
            form,
        },
        cohort,
        rehearsal::invent::answers,
        reread::reread,
        review::{Review, Scores, save},
        selection::{decide, release},
        staff::{self, StaffRole},
    },
};

/// Everybody with a role, by name.
fn everybody(conn: &mut Conn, role: Role) -> QueryResult<Vec<Person>> {
    let all: Vec<Person> = people::table
        .order((people::name, people::id))
        .select(Person::as_select())
        .load(conn)?;
    let is_demo = |person: &Person| person.email.ends_with("example.org");
    Ok(all
        .into_iter()
        .filter(|person| person.is(role) && is_demo(person))
        .collect())
}

/// One application as of an instant.
fn apply_as_of(
    conn: &mut Conn,
    slug: &str,
    person: &Person,
    role: CohortRole,
    number: usize,
    at: DateTime<Utc>,
) -> Result<ApplicationId, Failure> {
    let running = cohort::store::current(conn, slug)?.ok_or("a published program has a cohort")?;
    let file = reread(&running.text).map_err(|error| error.to_string())?;
    let wanted = Wanted {
        role,
        answers: answers(&file, role, number, at.date_naive()),
        agreed: form::acknowledgements(&file, role)
            .map(|one| one.name.clone())
            .collect(),
        cohort: &running.cohort,
        file: &file,
    };
    let sent = as_of(conn, at, |tx| apply::submit(tx, person, &wanted, false));
    sent.map_err(|error: ApplyError| format!("{slug}: {error}").into())
}

/// Fills the programs; `lead` leads them all.
pub fn insert(conn: &mut Conn, lead: PersonId, now: DateTime<Utc>) -> Result<(), Failure> {
    for slug in programs::file::template::names() {
        let program = programs::store::program(conn, slug)?.ok_or("it was taken in")?;
        staff::store::put(conn, program.id, lead, StaffRole::Lead, now)?;
    }
    let (students, alumni) = (
        everybody(conn, Role::Student)?,
        everybody(conn, Role::Alumnus)?,
    );
    // The one who is named at the start has only begun.
    let others = |people: &[Person], skipped: &str| -> Vec<Person> {
        let others = people.iter().filter(|person| person.email != skipped);
        others.cloned().collect()
    };
    let (mentees, mentors) = (
        others(&students, super::STUDENT),
        others(&alumni, super::ALUMNUS),
    );
    let days = |days: i64| now - TimeDelta::days(days);

    // Open, with applications coming in.
    let mut open = Vec::new();
    for (number, student) in mentees.iter().take(12).enumerate() {
        let at = days(12) + TimeDelta::hours(19 * number as i64);
        open.push(apply_as_of(
            conn,
            "ectmp",
            student,
            CohortRole::Mentee,
            number,
            at,
        )?);
    }
    for (number, alumnus) in mentors.iter().take(9).enumerate() {
        let at = days(11) + TimeDelta::hours(23 * number as i64);
        open.push(apply_as_of(
            conn,
            "ectmp",
            alumnus,
            CohortRole::Mentor,
            number,
            at,
        )?);
    }
    let running = cohort::store::current(conn, "ectmp")?.ok_or("it has a cohort")?;
    for (number, id) in open.iter().enumerate().take(8) {
        let review = Review {
            scores: Scores::from([("overall".to_owned(), 2 + number as u32 % 4)]),
            total: Some((2 + number as i32 % 4) * 20),
            note: "Clear goals.".into(),
            is_conflicted: false,
        };
        as_of(conn, now, |tx| {
            save::review(tx, lead, running.cohort.id, *id, &review)
        })
        .map_err(|error| error.to_string())?;
    }
    for person in students.iter().filter(|p| p.email == super::STUDENT) {
        let file = reread(&running.text).map_err(|error| error.to_string())?;
        let mut begun = answers(&file, CohortRole::Mentee, 1, now.date_naive());
        begun.0.remove("expectations");
        let wanted = Wanted {
            role: CohortRole::Mentee,
            answers: begun,
            agreed: Vec::new(),
            cohort: &running.cohort,
            file: &file,
        };
        as_of(conn, days(1), |tx| apply::save(tx, person, &wanted))
            .map_err(|error: ApplyError| error.to_string())?;
    }

    // Running, with the results out since long.
    let mut ids = Vec::new();
    for (role, people) in [
        (CohortRole::Mentee, &mentees),
        (CohortRole::Mentor, &mentors),
    ] {
        for (number, person) in people.iter().skip(4).take(6).enumerate() {
            let at = days(80) + TimeDelta::hours(number as i64);
            ids.push((number, apply_as_of(conn, "ctan", person, role, number, at)?));
        }
    }
    let running = cohort::store::current(conn, "ctan")?.ok_or("it has a cohort")?;
    for (decision, from, to) in [
        (Decision::Selected, 0, 4),
        (Decision::WaitListed, 4, 5),
        (Decision::NotSelected, 5, 6),
    ] {
        let chosen = ids.iter().filter(|(number, _)| (from..to).contains(number));
        let chosen: Vec<ApplicationId> = chosen.map(|(_, id)| *id).collect();
        as_of(conn, days(50), |tx| {
            decide::decide(tx, &By::MACHINE, running.cohort.id, &chosen, Some(decision))
        })
        .map_err(|error| error.to_string())?;
    }
    as_of(conn, days(34), |tx| {
        release::release(tx, &By::MACHINE, running.cohort.id)
    })
    .map_err(|error| error.to_string())?;

    // Always open: whoever enrols is in, or waits for a coordinator.
    for slug in ["ieca-mentor-match", "palta"] {
        for (number, alumnus) in mentors.iter().skip(8).take(5).enumerate() {
            let at = days(30) + TimeDelta::hours(50 * number as i64);
            apply_as_of(conn, slug, alumnus, CohortRole::Mentor, number, at)?;
        }
        for (number, student) in mentees.iter().skip(6).take(6).enumerate() {
            let at = days(20) + TimeDelta::hours(60 * number as i64);
            apply_as_of(conn, slug, student, CohortRole::Mentee, number, at)?;
        }
    }
    Ok(())
}
