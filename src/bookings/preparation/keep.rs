//! Keeps a file that has come in: its content, and that it belongs to a session.

use actix_web::web;

use super::{
    NewFile,
    prepare::{self, PrepareError},
};
use crate::{
    app::App,
    db::{BookingId, PersonId},
    error::Error,
    input::Problems,
    people::visitor::File,
    uploads,
};

/// Judges a file, keeps its content and notes it with the booking.
///
/// # Errors
/// `Invalid` names what is wrong with the file.
pub async fn keep(app: &App, id: BookingId, by: PersonId, file: File) -> Result<(), KeepError> {
    let File { name, content } = file;
    let folder = app.config.data_dir.clone();
    let upload = content.id;
    let judged = uploads::blocking(move || {
        let judged = NewFile::judged(&name, &content)?;
        if judged.is_ok() {
            content.keep(&folder)?;
        }
        Ok(judged)
    })
    .await;
    let noted = match judged {
        Err(error) => Err(error.into()),
        Ok(Err(bad)) => Err(KeepError::Invalid(Problems::one("file", bad.to_string()))),
        Ok(Ok(new)) => app
            .transaction(move |tx| prepare::add_file(tx, id, by, &new))
            .await
            .map_err(KeepError::Refused),
    };
    if noted.is_err() {
        let folder = app.config.data_dir.clone();
        // Without a row it would be found and deleted within a day.
        let _ = web::block(move || uploads::remove(&folder, upload)).await;
        uploads::forget(&app.db, upload).await;
    }
    noted
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

impl From<Error> for KeepError {
    fn from(error: Error) -> Self {
        Self::Other(error)
    }
}
