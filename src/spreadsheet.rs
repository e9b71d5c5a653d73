//! Tables as spreadsheet programs save them: text with commas, semicolons or tabs, in several encodings.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// A table: the names of its columns, and its rows that are not empty.
#[derive(Debug)]
pub struct Table {
    /// In lower case with underscores, as in `graduates_on`.
    pub columns: Vec<String>,
    pub rows: Vec<Row>,
}

/// A row that is not empty.
#[derive(Debug)]
pub struct Row {
    /// The line of the file on which it begins, from 1.
    pub line: u64,
    /// As many as there are columns, trimmed.
    pub cells: Vec<String>,
}

/// Tables of people are not wider.
const MOST_COLUMNS: usize = 100;

/// What is wrong with a table.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TableError {
    #[error("the file is empty")]
    Empty,
    #[error("this is a workbook; save it as CSV and choose that file")]
    Workbook,
    #[error("line {line}: {cells} cells, but the first line has {columns} columns")]
    Length {
        line: u64,
        cells: usize,
        columns: usize,
    },
    #[error("two columns are called {0}")]
    Twice(String),
    #[error("the first line names {0} columns; at most {MOST_COLUMNS} are read")]
    TooWide(usize),
}

impl Table {
    /// Reads a file; on failure everything that is wrong with it.
    ///
    /// ```
    /// use almanac::spreadsheet::Table;
    /// let table = Table::read(b"E-Mail;Graduates on\r\nada@example.org;2027-06-30\r\n").unwrap();
    /// assert_eq!(table.columns, ["e_mail", "graduates_on"]);
    /// assert_eq!(table.rows[0].cells, ["ada@example.org", "2027-06-30"]);
    /// assert_eq!(table.rows[0].line, 2);
    /// ```
    pub fn read(bytes: &[u8]) -> Result<Self, Vec<TableError>> {
        if is_workbook(bytes) {
            return Err(vec![TableError::Workbook]);
        }
        let text = text(bytes);
        // Excel may say which separator it used.
        let said = text.split_once('\n').and_then(|(first, rest)| {
            let mark = first.trim_end_matches('\r').strip_prefix("sep=")?;
            let [mark] = mark.as_bytes() else { return None };
            Some((*mark, rest))
        });
        let (mark, text, first_line) = match said {
            Some((mark, rest)) => (mark, rest, 1),
            None => (separator(&text), text.as_ref(), 0),
        };
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(mark)
            .has_headers(false)
            .flexible(true)
            .trim(csv::Trim::All)
            .from_reader(text.as_bytes());
        let mut table: Option<Self> = None;
        let mut errors = Vec::new();
        let mut lines = Lines::new(text);
        // What is read from memory as text cannot fail.
        for record in reader.records().flatten() {
            if record.iter().all(str::is_empty) {
                continue;
            }
            let line = first_line + lines.at(record.position().map_or(0, csv::Position::byte));
            let mut cells: Vec<String> = record.iter().map(str::to_owned).collect();
            let Some(table) = &mut table else {
                while cells.last().is_some_and(String::is_empty) {
                    cells.pop();
                }
                if cells.len() > MOST_COLUMNS {
                    return Err(vec![TableError::TooWide(cells.len())]);
                }
                let columns: Vec<String> = cells.iter().map(|name| column(name)).collect();
                for (at, name) in columns.iter().enumerate() {
                    if columns[..at].contains(name) && !name.is_empty() {
                        errors.push(TableError::Twice(name.clone()));
                    }
                }
                table = Some(Self {
                    columns,
                    rows: Vec::new(),
                });
                continue;
            };
            let columns = table.columns.len();
            if cells.iter().skip(columns).any(|cell| !cell.is_empty()) {
                let cells = cells.len();
                errors.push(TableError::Length {
                    line,
                    cells,
                    columns,
                });
                continue;
            }
            cells.resize(columns, String::new());
            table.rows.push(Row { line, cells });
        }
        match table {
            None => Err(vec![TableError::Empty]),
            Some(_) if !errors.is_empty() => Err(errors),
            Some(table) => Ok(table),
        }
    }
}

/// Tells on which line a row begins. The reader's own count is that of the blank lines before it.
struct Lines<'a> {
    text: &'a [u8],
    at: usize,
    line: u64,
}

impl<'a> Lines<'a> {
    fn new(text: &'a str) -> Self {
        Self {
            text: text.as_bytes(),
            at: 0,
            line: 1,
        }
    }

    /// The line of the first row at or after `byte`; asked in order.
    fn at(&mut self, byte: u64) -> u64 {
        let byte = usize::try_from(byte).unwrap_or(usize::MAX);
        while let Some(c) = self.text.get(self.at) {
            let is_end = match c {
                b'\n' => true,
                b'\r' => self.text.get(self.at + 1) != Some(&b'\n'),
                _ => false,
            };
            if self.at >= byte && !matches!(c, b'\n' | b'\r') {
                break;
            }
            self.line += u64::from(is_end);
            self.at += 1;
        }
        self.line
    }
}

/// Rows as a CSV file. What a spreadsheet program would take for a formula gets an apostrophe before it.
///
/// ```
/// let rows = vec![vec!["name".to_owned()], vec!["=1+1".to_owned(), "b, c".to_owned()]];
/// assert_eq!(almanac::spreadsheet::written(&rows).unwrap(), "\u{feff}\"name\"\n\"'=1+1\",\"b, c\"\n");
/// ```
pub fn written(rows: &[Vec<String>]) -> Result<String, csv::Error> {
    let mut writer = csv::WriterBuilder::new()
        .flexible(true)
        // Some programs part cells at semicolons, so none may stand outside of quotes.
        .quote_style(csv::QuoteStyle::Always)
        .from_writer(Vec::new());
    for row in rows {
        writer.write_record(row.iter().map(|cell| match cell.chars().next() {
            Some('=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠' | '\t' | '\r') => {
                format!("'{cell}")
            }
            _ => cell.clone(),
        }))?;
    }
    let bytes = writer.into_inner().map_err(|error| error.into_error())?;
    // Without the mark Excel takes it for another encoding.
    Ok(format!("\u{feff}{}", String::from_utf8_lossy(&bytes)))
}

/// Whether a file is a workbook of a spreadsheet program, not a table as text.
pub fn is_workbook(bytes: &[u8]) -> bool {
    bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"\xD0\xCF\x11\xE0")
}

/// The text of a file: by its byte order mark; without one UTF-16 or UTF-8 where it is that, else what Windows
/// writes in western Europe.
pub fn text(bytes: &[u8]) -> Cow<'_, str> {
    if let Some((encoding, _)) = Encoding::for_bom(bytes) {
        return encoding.decode_with_bom_removal(bytes).0;
    }
    let start = &bytes[..bytes.len().min(64)];
    let is_half_empty = |parity: usize| {
        let half = start.iter().skip(parity).step_by(2);
        half.filter(|byte| **byte == 0).count() * 4 > start.len()
    };
    let encoding = if is_half_empty(1) {
        UTF_16LE
    } else if is_half_empty(0) {
        UTF_16BE
    } else if std::str::from_utf8(bytes).is_ok() {
        UTF_8
    } else {
        WINDOWS_1252
    };
    encoding.decode_without_bom_handling(bytes).0
}

/// What separates the cells: whichever stands most often in the first line outside of quotes.
fn separator(text: &str) -> u8 {
    let first = text.lines().find(|line| !line.trim().is_empty());
    let mut is_quoted = false;
    let plain: Vec<u8> = first
        .unwrap_or_default()
        .bytes()
        .filter(|byte| {
            is_quoted ^= *byte == b'"';
            !is_quoted
        })
        .collect();
    let often = |mark: u8| plain.iter().filter(|byte| **byte == mark).count();
    // Of equals the last is taken: a comma.
    let marks = [b'\t', b';', b','];
    marks
        .into_iter()
        .max_by_key(|mark| often(*mark))
        .unwrap_or(b',')
}

/// The name of a column as programs know it.
fn column(name: &str) -> String {
    let words = name
        .split(|c: char| !c.is_alphanumeric())
        .filter(|w| !w.is_empty());
    words.map(str::to_lowercase).collect::<Vec<_>>().join("_")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(bytes: &[u8]) -> Vec<Vec<String>> {
        let table = Table::read(bytes).unwrap();
        assert_eq!(table.columns, ["email", "name"]);
        table.rows.into_iter().map(|row| row.cells).collect()
    }

    #[test]
    fn one_table_in_many_shapes() {
        let plain = "email,name\nann@example.org,Ann \u{d6}\n";
        let utf16 = |order: fn(u16) -> [u8; 2]| -> Vec<u8> {
            plain.encode_utf16().flat_map(order).collect()
        };
        let latin: Vec<u8> = plain.chars().map(|c| c as u32 as u8).collect();
        for bytes in [
            plain.into(),
            latin,
            utf16(u16::to_le_bytes),
            utf16(u16::to_be_bytes),
            [&[0xFF, 0xFE][..], &utf16(u16::to_le_bytes)].concat(),
            format!("\u{feff}{plain}").into(),
            plain.replace(',', ";").into(),
            plain.replace(',', "\t").into(),
            plain.replace('\n', "\r\n").into(),
            plain.replace('\n', "\r").into(),
            plain.replace('\n', "\n,,,\n\n , \n").into(),
            plain.replace("email,name", " Email , NAME ").into(),
            plain.replace("email,name", "email,name,,").into(),
            format!("sep=;\r\n{}", plain.replace(',', ";")).into_bytes(),
            format!("sep=|\n{}", plain.replace(',', "|")).into_bytes(),
            format!("sep=\t\n{}", plain.replace(',', "\t")).into_bytes(),
            plain.replace("email", "\"email\"").into(),
        ] {
            let there = rows(&bytes);
            assert_eq!(
                there,
                [["ann@example.org", "Ann \u{d6}"]],
                "{}",
                String::from_utf8_lossy(&bytes)
            );
        }
    }

    #[test]
    fn lines_are_those_of_the_file() {
        let text =
            b"sep=,\nemail,name\n\nann@example.org,\"Ann\nthe first\"\nbo@example.org,\"B, o\"\n";
        let table = Table::read(text).unwrap();
        let lines: Vec<u64> = table.rows.iter().map(|row| row.line).collect();
        assert_eq!(lines, [4, 6]);
        assert_eq!(table.rows[0].cells[1], "Ann\nthe first");
        assert_eq!(table.rows[1].cells[1], "B, o");
    }

    #[test]
    fn what_is_no_table_is_refused() {
        let wrong = |text: &[u8]| Table::read(text).unwrap_err()[0].to_string();
        assert_eq!(wrong(b""), "the file is empty");
        assert_eq!(wrong(b"\n,,\n"), "the file is empty");
        assert!(wrong(b"PK\x03\x04...").contains("save it as CSV"));
        assert_eq!(wrong(b"email,Email\n"), "two columns are called email");
        assert!(wrong(&[&b",".repeat(100_000)[..], b"a\nx\n"].concat()).contains("at most 100"));
        assert_eq!(
            wrong(b"a,b\n1,2,3\n"),
            "line 2: 3 cells, but the first line has 2 columns"
        );
    }
}
