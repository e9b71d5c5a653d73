//! What waits for somebody in programs, each with where to do it.

pub mod store;

use chrono::{DateTime, Utc};

use self::store::Pending;
use crate::{
    db::{Conn, PersonId},
    html::time,
};

/// Something to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Task {
    /// What, in a few words.
    pub words: String,
    /// How long there is, in words; empty: no matter.
    pub left: String,
    /// The words of the button, and where it leads.
    pub label: &'static str,
    pub path: String,
}

/// What waits for somebody, the most urgent first.
pub fn tasks(
    conn: &mut Conn,
    person: PersonId,
    now: DateTime<Utc>,
) -> diesel::QueryResult<Vec<Task>> {
    let pending = store::pending(conn, person, now)?;
    Ok(pending.iter().map(|pending| task(pending, now)).collect())
}

fn task(pending: &Pending, now: DateTime<Utc>) -> Task {
    let Pending {
        kind,
        program,
        name,
        cohort,
        object,
        until,
        count,
    } = pending;
    let applications = match count {
        1 => "1 application".to_owned(),
        many => format!("{many} applications"),
    };
    let table =
        |query| format!("/coordinate/programs/{program}/cohorts/{cohort}/applications?{query}");
    let left = until.filter(|until| *until > now);
    let left = left.map_or_else(String::new, |at| {
        format!("{} left", time::roughly(at - now))
    });
    let (words, label, path) = match kind.as_str() {
        "draft" => (
            format!("Finish your application to {name}"),
            "Continue",
            format!("/programs/{program}/apply?role={object}"),
        ),
        "offer" => (
            format!("A place in {name} is free for you"),
            "Answer",
            format!("/applications/{object}"),
        ),
        "review" => (
            format!("{name}: {applications} for you to review"),
            "Read",
            table("mine=yes"),
        ),
        _ => (
            format!("{name}: {applications} without a decision"),
            "Decide",
            table("decision=open"),
        ),
    };
    Task {
        words,
        left,
        label,
        path,
    }
}
