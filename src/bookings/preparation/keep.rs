//! Keeps a file that has come in: its content, and that it belongs to a session.

use super::prepare::{self, PrepareError};
use crate::{
    app::App,
    db::{BookingId, PersonId, Tx},
    error::Error,
    input::Problems,
    people::visitor::File,
    uploads::{self, NewFile},
};

/// Judges a file, keeps its content and notes it with the booking.
///
/// # Errors
/// `Invalid` names what is wrong with the file.
pub async fn keep(app: &App, id: BookingId, by: PersonId, file: File) -> Result<(), KeepError> {
    let File { name, content, .. } = file;
    let note = move |tx: &mut Tx, new: &NewFile| prepare::add_file(tx, id, by, new);
    uploads::keep(app, name, content, note)
        .await
        .map_err(|error| match error {
            uploads::KeepError::Bad(bad) => {
                KeepError::Invalid(Problems::one("file", bad.to_string()))
            }
            uploads::KeepError::Refused(error) => KeepError::Refused(error),
            uploads::KeepError::Other(error) => KeepError::Other(error),
        })
}

/// Why a file is not kept.
#[derive(Debug)]
pub enum KeepError {
    /// What is wrong with it.
    Invalid(Problems),
    Refused(PrepareError),
    Other(Error),
}

impl KeepError {
    /// What to say at the field of the file.
    pub fn at_field(self) -> Result<Problems, Error> {
        match self {
            Self::Invalid(problems) => Ok(problems),
            Self::Refused(error @ (PrepareError::NotFound | PrepareError::Database(_))) => {
                Err(error.into())
            }
            Self::Refused(refused) => Ok(Problems::whole("file", &refused)),
            Self::Other(error) => Err(error),
        }
    }
}
