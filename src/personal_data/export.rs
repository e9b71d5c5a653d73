//! The copy of everything about one person: a ZIP file with JSON, the portrait and the files they have sent.

use std::{
    fs::{self, File},
    io::{self, Read, Seek, Write},
    path::Path,
};

use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

use super::store;
use crate::{
    db::{FileId, Tx},
    people::{
        Person,
        audit::{AuditAction, By, record},
        jobs::AccountChange,
        second_factor,
    },
    uploads,
};

/// What is said to whoever opens the file.
const README: &str = "\
data.json    Everything Almanac keeps about you, in one list for each kind. Times are in UTC.
             sessions_as_guest and sessions_as_host are the sessions, with the names of the two in them;
             the other lists refer to their ids as booking_id. wishes is the waitlist. Minutes from 0 to
             1440 are times of day.
photo.jpg    Your portrait, if you have one.
files/       The files you added to sessions that have not been deleted.

A copy that a coordinator downloads for you does not have files, or what was written for sessions.
There are no passwords. Keys, codes and the addresses of calendars are left out, so that nobody can sign in
with this file.
";

/// The part of it that is in the database.
#[derive(Clone, Debug)]
pub struct Gathered {
    json: String,
    portrait: Option<Vec<u8>>,
    files: Vec<(FileId, String)>,
}

/// Reads everything about a person, and notes who has asked for it. A coordinator gets no more of it than
/// they may see, and the person is told. Whoever runs commands here gets all.
pub fn gather(tx: &mut Tx, by: &By, person: &Person) -> diesel::QueryResult<Gathered> {
    let now = tx.now()?;
    record::record(tx, by, AuditAction::DataExported, Some(person.id), "")?;
    let is_for_coordinator = by.person.is_some_and(|by| by != person.id);
    let mut files = Vec::new();
    if is_for_coordinator {
        second_factor::tell(tx, person.id, AccountChange::DataExported)?;
    } else {
        files = store::files(tx, person.id)?;
    }
    Ok(Gathered {
        json: store::everything(tx, person, is_for_coordinator, now)?,
        portrait: store::portrait(tx, person.id)?,
        files,
    })
}

/// Writes the ZIP file to `out`. A file whose content has gone meanwhile is left out. Blocks.
///
/// # Errors
/// Those of reading the files and of writing.
pub fn pack<W: Write + Seek>(gathered: &Gathered, data_dir: &Path, out: W) -> io::Result<W> {
    let mut zip = ZipWriter::new(out);
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    zip.start_file("README.txt", options)?;
    zip.write_all(README.as_bytes())?;
    zip.start_file("data.json", options)?;
    zip.write_all(gathered.json.as_bytes())?;
    if let Some(portrait) = &gathered.portrait {
        zip.start_file("photo.jpg", options)?;
        zip.write_all(portrait)?;
    }
    for (number, (id, name)) in gathered.files.iter().enumerate() {
        let mut content = match uploads::open(data_dir, *id) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            other => other?,
        };
        // Numbered, since two may have one name.
        zip.start_file(format!("files/{}-{}", number + 1, plain(name)), options)?;
        io::copy(&mut content, &mut zip)?;
    }
    Ok(zip.finish()?)
}

/// The ZIP file as one that nobody else sees, at its beginning. It is gone once it is closed. Blocks.
pub fn packed(gathered: &Gathered, data_dir: &Path) -> io::Result<File> {
    fs::create_dir_all(data_dir)?;
    let mut file = pack(gathered, data_dir, tempfile::tempfile_in(data_dir)?)?;
    file.rewind()?;
    Ok(file)
}

/// The next bytes of a file, none at its end. Blocks.
pub fn next_chunk(file: &mut File) -> io::Result<Vec<u8>> {
    const CHUNK: u64 = 256 * 1024;
    let mut chunk = Vec::new();
    file.take(CHUNK).read_to_end(&mut chunk)?;
    Ok(chunk)
}

/// A file name that leads nowhere else, whatever unpacks it.
fn plain(name: &str) -> String {
    let kept = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | ' ');
    let name: String = name
        .chars()
        .map(|c| if kept(c) { c } else { '_' })
        .collect();
    name.trim_matches(['.', ' ']).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_nowhere_else() {
        for (name, expected) in [
            ("cv.pdf", "cv.pdf"),
            ("../../etc/passwd", "_.._etc_passwd"),
            ("C:\\a\\b.png", "C__a_b.png"),
            ("Lebenslauf (März).docx", "Lebenslauf _März_.docx"),
            ("...", ""),
        ] {
            assert_eq!(plain(name), expected);
        }
    }
}
