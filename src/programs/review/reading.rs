//! How somebody who runs a program reads the applications of a cohort: whether names are hidden from them, and whose
//! answers they are shown.

use super::{
    rules,
    store::{self, Reading},
};
use crate::{
    db::{Conn, PersonId},
    error::Error,
    programs::{
        cohort::{self, Cohort},
        file::ProgramFile,
        reread::reread,
        staff::StaffRole,
    },
};

/// The file by which a cohort runs, and how its applications are read.
pub struct ReadBy {
    pub file: ProgramFile,
    pub reading: Reading,
}

/// Answers are left out until they are asked for.
pub fn read_by(
    conn: &mut Conn,
    cohort: &Cohort,
    role: StaffRole,
    reader: PersonId,
) -> Result<ReadBy, Error> {
    let file = reread(&cohort::store::running_of(conn, cohort.id)?.text)?;
    let mut forms = vec![file.clone()];
    for text in store::forms(conn, cohort.program_id, cohort.id)? {
        forms.push(reread(&text)?);
    }
    let reading = Reading {
        cohort: cohort.id,
        reader,
        is_blind: rules::is_blind(&file, cohort, role),
        readable: rules::readable(&forms, role),
        with_answers: false,
    };
    Ok(ReadBy { file, reading })
}
