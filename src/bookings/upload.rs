//! Files of preparations: what they are is told by their content, never by their name; they are kept
//! outside of anything that is served.

use std::{
    fs,
    io::{self, Cursor, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use chrono::{DateTime, Utc};
use image::{ImageDecoder, ImageFormat, ImageReader};

use crate::{db::FileId, people::visitor::LARGEST_FILE, word_enum};

word_enum! {
    /// What a file is.
    FileKind {
        Pdf = "pdf",
        Docx = "docx",
        Png = "png",
        Jpeg = "jpeg",
    }
}

impl FileKind {
    /// The media type (RFC 6838).
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Pdf => "application/pdf",
            Self::Docx => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
        }
    }
}

/// Largest file: as large as forms take.
pub const LARGEST: usize = LARGEST_FILE;
/// Pictures are this wide and high at most, in pixels.
const WIDEST: u32 = 10_000;
/// What a document may unpack to.
const MOST_UNPACKED: u64 = 100 * 1024 * 1024;
const MOST_ENTRIES: usize = 2000;
/// What the name of a file ends in while it is being written.
const UNFINISHED: &str = ".unfinished";

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadFile {
    #[error("must be a PDF, DOCX, PNG or JPEG; this is something else, whatever it is called")]
    Unknown,
    #[error("is larger than 10 MB")]
    TooLarge,
    #[error("is larger than 10,000 pixels a side")]
    TooWide,
    #[error("unpacks to more than 100 MB")]
    Bomb,
    #[error("has macros in it; save it without them")]
    Macros,
    #[error("is empty")]
    Empty,
}

/// What a file is, by its content.
pub fn kind(bytes: &[u8]) -> Result<FileKind, BadFile> {
    match bytes {
        [] => Err(BadFile::Empty),
        _ if bytes.len() > LARGEST => Err(BadFile::TooLarge),
        [b'%', b'P', b'D', b'F', b'-', ..] => Ok(FileKind::Pdf),
        [0x89, b'P', b'N', b'G', ..] => picture(bytes, ImageFormat::Png, FileKind::Png),
        [0xFF, 0xD8, 0xFF, ..] => picture(bytes, ImageFormat::Jpeg, FileKind::Jpeg),
        [b'P', b'K', ..] => document(bytes),
        _ => Err(BadFile::Unknown),
    }
}

/// Reads the header only: nothing is unpacked here, ever.
fn picture(bytes: &[u8], format: ImageFormat, kind: FileKind) -> Result<FileKind, BadFile> {
    let reader = ImageReader::with_format(Cursor::new(bytes), format);
    let decoder = reader.into_decoder().map_err(|_| BadFile::Unknown)?;
    let (width, height) = decoder.dimensions();
    if width.max(height) > WIDEST {
        return Err(BadFile::TooWide);
    }
    Ok(kind)
}

/// Reads the list of contents only.
fn document(bytes: &[u8]) -> Result<FileKind, BadFile> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|_| BadFile::Unknown)?;
    if archive.len() > MOST_ENTRIES {
        return Err(BadFile::Bomb);
    }
    let (mut unpacked, mut has_types, mut has_words, mut has_macros) = (0, false, false, false);
    for number in 0..archive.len() {
        let entry = archive.by_index_raw(number).map_err(|_| BadFile::Unknown)?;
        unpacked += entry.size();
        let name = entry.name().map_err(|_| BadFile::Unknown)?;
        has_types |= name == "[Content_Types].xml";
        has_words |= name == "word/document.xml";
        has_macros |= name.to_ascii_lowercase().ends_with("vbaproject.bin");
    }
    match (has_types && has_words, has_macros) {
        _ if unpacked > MOST_UNPACKED => Err(BadFile::Bomb),
        (false, _) => Err(BadFile::Unknown),
        (true, true) => Err(BadFile::Macros),
        (true, false) => Ok(FileKind::Docx),
    }
}

/// A name that is safe to save under anywhere: letters, digits and a few signs, with the ending of the kind.
///
/// ```
/// use almanac::bookings::upload::{FileKind, safe_name};
/// assert_eq!(safe_name("../Mein \"Lebenslauf\"\r\n.exe", FileKind::Pdf), "Mein Lebenslauf.pdf");
/// ```
pub fn safe_name(given: &str, kind: FileKind) -> String {
    let base = given.rsplit(['/', '\\']).next().unwrap_or_default();
    let base = base.rsplit_once('.').map_or(base, |(base, _)| base);
    let kept: String = base
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .filter(|c| c.is_alphanumeric() || " -_.()".contains(*c))
        .take(80)
        .collect();
    let kept = kept.split_whitespace().collect::<Vec<_>>().join(" ");
    let kept = kept.trim_matches(['.', ' ', '-']);
    let base = if kept.is_empty() { "file" } else { kept };
    let ending = match kind {
        FileKind::Jpeg => "jpg",
        other => other.as_str(),
    };
    format!("{base}.{ending}")
}

fn folder(data_dir: &Path) -> PathBuf {
    data_dir.join("uploads")
}

/// Writes the content of a file so that it is there whole or not at all.
pub fn write(data_dir: &Path, id: FileId, bytes: &[u8]) -> io::Result<()> {
    let folder = folder(data_dir);
    fs::create_dir_all(&folder)?;
    let unfinished = folder.join(format!("{id}{UNFINISHED}"));
    let written = (|| {
        let mut file = fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&unfinished)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&unfinished, folder.join(id.to_string()))?;
        fs::File::open(&folder)?.sync_all()
    })();
    if written.is_err() {
        let _ = fs::remove_file(&unfinished); // The disk may be full: what is half there goes.
    }
    written
}

/// The content of a file.
pub fn read(data_dir: &Path, id: FileId) -> io::Result<Vec<u8>> {
    fs::read(folder(data_dir).join(id.to_string()))
}

/// Deletes the content of a file, finished or not; one that is gone already is no error.
pub fn remove(data_dir: &Path, id: FileId) -> io::Result<()> {
    for name in [id.to_string(), format!("{id}{UNFINISHED}")] {
        match fs::remove_file(folder(data_dir).join(name)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

/// The files in the folder, finished or not, that were written before that moment.
pub fn older_than(data_dir: &Path, moment: DateTime<Utc>) -> io::Result<Vec<FileId>> {
    let entries = match fs::read_dir(folder(data_dir)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        other => other?,
    };
    let mut old = Vec::new();
    for entry in entries {
        let entry = entry?;
        if DateTime::<Utc>::from(entry.metadata()?.modified()?) < moment {
            let name = entry.file_name();
            let id = name.to_str().map(|name| name.trim_end_matches(UNFINISHED));
            old.extend(id.and_then(|id| id.parse::<FileId>().ok()));
        }
    }
    Ok(old)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn png(width: u32, height: u32) -> Vec<u8> {
        let mut out = Cursor::new(Vec::new());
        image::DynamicImage::new_luma8(width, height)
            .write_to(&mut out, ImageFormat::Png)
            .unwrap();
        out.into_inner()
    }

    /// An archive of empty entries that claim a size.
    fn archive(names: &[&str], claimed: u32) -> Vec<u8> {
        let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for name in names {
            let options = zip::write::SimpleFileOptions::default()
                .compression_method(zip::CompressionMethod::Stored);
            zip.start_file(*name, options).unwrap();
            zip.write_all(b"x").unwrap();
        }
        let mut bytes = zip.finish().unwrap().into_inner();
        // The size that the list of contents claims for each: four bytes, 24 after its mark.
        let marks: Vec<usize> = (0..bytes.len() - 4)
            .filter(|at| bytes[*at..*at + 4] == *b"PK\x01\x02")
            .collect();
        if claimed > 0 {
            for mark in marks {
                bytes[mark + 24..mark + 28].copy_from_slice(&claimed.to_le_bytes());
            }
        }
        bytes
    }

    #[test]
    fn a_file_is_what_its_content_says() {
        assert_eq!(kind(b"%PDF-1.7 ..."), Ok(FileKind::Pdf));
        assert_eq!(kind(&png(8, 8)), Ok(FileKind::Png));
        let docx = ["[Content_Types].xml", "word/document.xml"];
        assert_eq!(kind(&archive(&docx, 0)), Ok(FileKind::Docx));
        assert_eq!(kind(b"<html><script>"), Err(BadFile::Unknown));
        assert_eq!(kind(b"<svg onload=\"x\"/>"), Err(BadFile::Unknown));
        assert_eq!(kind(&archive(&["a.txt"], 0)), Err(BadFile::Unknown));
        assert_eq!(kind(&archive(&docx, 90 << 20)), Err(BadFile::Bomb));
        let macros = [docx[0], docx[1], "word/vbaProject.bin"];
        assert_eq!(kind(&archive(&macros, 0)), Err(BadFile::Macros));
        assert_eq!(kind(&[]), Err(BadFile::Empty));
        assert_eq!(kind(&vec![b'%'; LARGEST + 1]), Err(BadFile::TooLarge));
        assert_eq!(kind(&png(10_001, 1)), Err(BadFile::TooWide));
        // A header that promises 30,000 by 30,000 pixels.
        let mut bomb = png(8, 8);
        bomb[16..24].copy_from_slice(&[0, 0, 0x75, 0x30, 0, 0, 0x75, 0x30]);
        assert!(kind(&bomb).is_err());
    }

    proptest! {
        #[test]
        fn any_name_becomes_a_safe_one(given in "\\PC{0,40}[\\x00-\\x1f\"'/\\\\;%]{0,3}\\PC{0,100}") {
            let name = safe_name(&given, FileKind::Jpeg);
            prop_assert!(name.ends_with(".jpg") && name.chars().count() <= 84, "{name}");
            prop_assert!(!name.starts_with('.') && !name.contains(['/', '\\', '"', '\r', '\n', '\0', ';', '%', '<']), "{name}");
        }

        #[test]
        fn any_bytes_are_judged_without_harm(bytes in prop::collection::vec(any::<u8>(), 0..400), head in 0usize..4) {
            let heads: [&[u8]; 4] = [b"", b"PK\x03\x04", b"\x89PNG\r\n\x1a\n", &[0xFF, 0xD8, 0xFF]];
            let _ = kind(&[heads[head], &bytes[..]].concat());
        }
    }
}
