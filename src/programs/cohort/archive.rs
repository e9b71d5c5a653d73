//! Archiving: a cohort that is over stays with its numbers.

use super::{
    rules::slug_of,
    store::{self, PastNumbers},
};
use crate::{
    db::{CohortId, DbError, ProgramId, Tx},
    error::Error,
    html::form::Fields,
    input::{Problems, Reader},
    people::audit::{AuditAction, By, record},
    programs::application,
};

#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    #[error("there is no such cohort")]
    NotFound,
    /// People have been decided about who have not heard.
    #[error("release the results first, or take the decisions back")]
    Untold,
    #[error("a cohort of that name is there already")]
    Taken,
    #[error(transparent)]
    Database(#[from] DbError),
}
crate::verb_error!(ArchiveError);

impl From<ArchiveError> for Error {
    fn from(error: ArchiveError) -> Self {
        match error {
            ArchiveError::NotFound => Self::NotFound,
            ArchiveError::Untold => Self::Conflict {
                code: "wrong_state",
                detail: "release the results first, or take the decisions back".into(),
                alternatives: serde_json::Value::Null,
            },
            ArchiveError::Taken => Self::unprocessable("name", "is that of a cohort you have"),
            ArchiveError::Database(error) => error.into(),
        }
    }
}

/// Archives a cohort: who is in it is counted, and nothing changes any more.
pub fn archive(tx: &mut Tx, by: &By, id: CohortId, pairs: i32) -> Result<(), ArchiveError> {
    let cohort = store::lock_id(tx, id)?.ok_or(ArchiveError::NotFound)?;
    if cohort.archived_at.is_some() {
        return Ok(());
    }
    let [mentees, mentors] = application::store::funnel(tx, id)?;
    if mentees.untold + mentors.untold > 0 {
        return Err(ArchiveError::Untold);
    }
    let now = tx.now()?;
    let count = |number: i64| i32::try_from(number).unwrap_or(i32::MAX);
    let numbers = PastNumbers {
        mentees: count(mentees.selected),
        mentors: count(mentors.selected),
        pairs,
    };
    store::archive(tx, id, numbers, now)?;
    record::record(tx, by, AuditAction::CohortArchived, None, &cohort.slug)?;
    Ok(())
}

/// Takes a cohort out of the archive.
pub fn reopen(tx: &mut Tx, by: &By, id: CohortId) -> Result<(), ArchiveError> {
    let cohort = store::lock_id(tx, id)?.ok_or(ArchiveError::NotFound)?;
    store::unarchive(tx, id)?;
    let detail = format!("{}: reopened", cohort.slug);
    record::record(tx, by, AuditAction::CohortArchived, None, &detail)?;
    Ok(())
}

/// A cohort that was over before the program came here, as it is typed.
#[derive(Clone, Debug, Default)]
pub struct PastCohort {
    pub name: String,
    pub mentees: String,
    pub mentors: String,
    pub pairs: String,
}

/// The same, checked.
#[derive(Clone, Debug)]
pub struct Checked {
    name: String,
    numbers: PastNumbers,
}

impl PastCohort {
    pub fn typed(fields: &Fields) -> Result<Self, Error> {
        let one = |name| fields.one(name).map(str::to_owned);
        Ok(Self {
            name: one("name")?,
            mentees: one("mentees")?,
            mentors: one("mentors")?,
            pairs: one("pairs")?,
        })
    }

    pub fn checked(&self) -> Result<Checked, Problems> {
        let mut reader = Reader::default();
        let name = reader.required_line("name", &self.name, 80);
        let mut number = |field, text: &String| {
            let number = reader.optional_number(field, text, 0..=100_000);
            i32::try_from(number.unwrap_or(0)).unwrap_or(0)
        };
        let numbers = PastNumbers {
            mentees: number("mentees", &self.mentees),
            mentors: number("mentors", &self.mentors),
            pairs: number("pairs", &self.pairs),
        };
        reader.problems.or(Checked { name, numbers })
    }
}

/// Adds a cohort that is over.
pub fn add_past(
    tx: &mut Tx,
    by: &By,
    program: ProgramId,
    past: &Checked,
) -> Result<(), ArchiveError> {
    let slug = slug_of(&past.name);
    if store::lock(tx, program, &slug)?.is_some() {
        return Err(ArchiveError::Taken);
    }
    let now = tx.now()?;
    store::insert_past(tx, program, &slug, &past.name, past.numbers, now)?;
    record::record(tx, by, AuditAction::CohortArchived, None, &slug)?;
    Ok(())
}
