//! What a file is is told by its content, never by its name.

use std::io::{BufRead, Seek};

use image::{ImageDecoder, ImageFormat, ImageReader};

use crate::word_enum;

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

/// Pictures are this wide and high at most, in pixels.
const WIDEST: u32 = 10_000;
/// What a document may unpack to.
const MOST_UNPACKED: u64 = 100 * 1024 * 1024;
const MOST_ENTRIES: usize = 2000;

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadFile {
    #[error("must be a PDF, DOCX, PNG or JPEG; changing a file’s name does not change its type")]
    Unknown,
    #[error("must be at most 10,000 pixels on each side")]
    TooWide,
    #[error("must not unpack to more than 100 MB")]
    Bomb,
    #[error("must not contain macros; save it without them")]
    Macros,
    #[error("must not be empty")]
    Empty,
}

/// What a file is, by its content, of which next to nothing is read.
pub fn kind(mut content: impl BufRead + Seek) -> Result<FileKind, BadFile> {
    let start = content.fill_buf().map_err(|_| BadFile::Unknown)?;
    match start {
        [] => Err(BadFile::Empty),
        [b'%', b'P', b'D', b'F', b'-', ..] => Ok(FileKind::Pdf),
        [0x89, b'P', b'N', b'G', ..] => picture(content, ImageFormat::Png, FileKind::Png),
        [0xFF, 0xD8, 0xFF, ..] => picture(content, ImageFormat::Jpeg, FileKind::Jpeg),
        [b'P', b'K', ..] => document(content),
        _ => Err(BadFile::Unknown),
    }
}

/// Reads the header only: nothing is unpacked here, ever.
fn picture(
    content: impl BufRead + Seek,
    format: ImageFormat,
    kind: FileKind,
) -> Result<FileKind, BadFile> {
    let reader = ImageReader::with_format(content, format);
    let decoder = reader.into_decoder().map_err(|_| BadFile::Unknown)?;
    let (width, height) = decoder.dimensions();
    if width.max(height) > WIDEST {
        return Err(BadFile::TooWide);
    }
    Ok(kind)
}

/// Reads the list of contents only.
fn document(content: impl BufRead + Seek) -> Result<FileKind, BadFile> {
    let mut archive = zip::ZipArchive::new(content).map_err(|_| BadFile::Unknown)?;
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
/// use almanac::uploads::kind::{FileKind, safe_name};
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

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Write};

    use proptest::prelude::*;

    use super::*;

    fn kind(bytes: &[u8]) -> Result<FileKind, BadFile> {
        super::kind(Cursor::new(bytes))
    }

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
