//! Reading again what was published.

use super::file::{ProgramFile, read::read};
use crate::error::Error;

/// A version that was published; what was published could be read.
pub fn reread(text: &str) -> Result<ProgramFile, Error> {
    let reading =
        read(text).map_err(|_| Error::Internal("a published program is no TOML".into()))?;
    Ok(reading.file)
}
