//! `almanac person export`, `person erase`.

use std::{
    io::{BufRead, IsTerminal, Write},
    path::Path,
};

use super::{Failure, person::existing};
use crate::{
    clock::Clock,
    config::Config,
    db::{self, Conn},
    people::audit::By,
    personal_data::{
        erase::{self, EraseError},
        export,
    },
    uploads,
};

/// Writes everything about a person to a ZIP file, which is there whole or not at all.
pub fn export(conn: &mut Conn, config: &Config, email: &str, file: &Path) -> Result<(), Failure> {
    let person = existing(conn, email)?;
    let gathered = db::transaction::<_, Failure>(conn, &Clock::System, |tx| {
        Ok(export::gather(tx, &By::MACHINE, &person)?)
    })?;
    let folder = match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let mut aside = tempfile::NamedTempFile::new_in(folder)?;
    export::pack(&gathered, &config.data_dir, aside.as_file_mut())?;
    aside.as_file().sync_all()?;
    aside
        .persist_noclobber(file)
        .map_err(|refused| format!("{}: {}", file.display(), refused.error))?;
    println!("{} has been exported to {}", person.email, file.display());
    Ok(())
}

/// Deletes an account for good. Somebody at a terminal is asked first.
pub fn erase(conn: &mut Conn, config: &Config, email: &str) -> Result<(), Failure> {
    let person = existing(conn, email)?;
    let stdin = std::io::stdin();
    if stdin.is_terminal() {
        print!(
            "This deletes the account of {} ({}) and cannot be undone.\nType the address to continue: ",
            person.name, person.email
        );
        std::io::stdout().flush()?;
        let mut typed = String::new();
        stdin.lock().read_line(&mut typed)?;
        if typed.trim().to_lowercase() != person.email {
            return Err("nothing was deleted".into());
        }
    }
    let erased = db::transaction::<_, EraseError>(conn, &Clock::System, |tx| {
        erase::erase(tx, &By::MACHINE, person.id)
    });
    let contents = match erased {
        Err(error @ EraseError::LastAdmin) => return Err(format!("{email} {error}").into()),
        other => other?,
    };
    for file in contents {
        uploads::remove(&config.data_dir, file)?;
    }
    println!("{} has been deleted", person.email);
    Ok(())
}
