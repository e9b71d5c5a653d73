//! Foreign calendars as a tree of components, whatever shape their bytes are in.
//!
//! Line ends, folds, encodings and nesting are forgiven as real exporters need it; only the
//! properties that decide when somebody is busy are kept, so titles and guests are never even read.

/// A property: its name in upper case, its parameters with theirs, its value as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Property {
    pub name: String,
    pub parameters: Vec<(String, String)>,
    pub value: String,
    /// The value without the lines behind it that are no properties, where there are some: they may be the rest
    /// of the value, whose folding was lost, or junk.
    pub cut: Option<String>,
}

impl Property {
    /// What the value may be, the likelier first.
    pub fn readings(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.value.as_str()).chain(self.cut.as_deref())
    }

    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters
            .iter()
            .find(|(n, _)| n == name)
            .map(|(_, value)| value.as_str())
    }

    /// Whether a parameter has that value, in any case.
    pub fn is(&self, name: &str, value: &str) -> bool {
        self.parameter(name)
            .is_some_and(|v| v.eq_ignore_ascii_case(value))
    }
}

/// A component: its name in upper case, its properties, what is nested in it.
#[derive(Clone, Debug, Default)]
pub struct Component {
    pub name: String,
    pub properties: Vec<Property>,
    pub parts: Vec<Component>,
}

impl Component {
    pub fn property(&self, name: &str) -> Option<&Property> {
        self.properties.iter().find(|p| p.name == name)
    }

    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Property> {
        self.properties.iter().filter(move |p| p.name == name)
    }

    /// The trimmed value of a property, in upper case; empty without one.
    pub fn word(&self, name: &str) -> String {
        self.property(name)
            .map(|p| p.value.trim().to_ascii_uppercase())
            .unwrap_or_default()
    }
}

/// What was found in a file.
#[derive(Debug, Default)]
pub struct Content {
    pub calendars: Vec<Component>,
    /// It ended inside a component.
    pub is_cut_off: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ContentError {
    #[error("is not a calendar; choose an .ics file")]
    NoCalendar,
    #[error("is too large: at most 10 MB and 20,000 entries can be read")]
    TooLarge,
}

/// Most bytes of one file.
pub const MOST_BYTES: usize = 10 * 1024 * 1024;
/// Most components of one file.
const MOST_COMPONENTS: usize = 20_000;
/// Most properties that are kept: a component has some ten.
const MOST_PROPERTIES: usize = 400_000;
/// Of one property at most so much is kept.
const LONGEST_VALUE: usize = 256 * 1024;

const KEPT: [&str; 23] = [
    "ATTENDEE",
    "DTEND",
    "DTSTAMP",
    "DTSTART",
    "DURATION",
    "EXDATE",
    "EXRULE",
    "FREEBUSY",
    "METHOD",
    "RDATE",
    "RECURRENCE-ID",
    "RRULE",
    "SEQUENCE",
    "STATUS",
    "TRANSP",
    "TZID",
    "TZOFFSETFROM",
    "TZOFFSETTO",
    "UID",
    "X-LIC-LOCATION",
    "X-MICROSOFT-CDO-BUSYSTATUS",
    "X-WR-CALNAME",
    "X-WR-TIMEZONE",
];

/// Reads a file.
pub fn read(bytes: &[u8]) -> Result<Content, ContentError> {
    if bytes.len() > MOST_BYTES {
        return Err(ContentError::TooLarge);
    }
    let bytes = plain_bytes(bytes);
    let mut reader = Reader::default();
    for line in logical_lines(&bytes) {
        let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
        let cut = line.joint.map(|at| text(&line.bytes[..at]));
        reader.take(&text(&line.bytes), cut.as_deref())?;
    }
    let content = reader.finish();
    if content.calendars.is_empty() {
        return Err(ContentError::NoCalendar);
    }
    Ok(content)
}

/// The bytes in an encoding that contains ASCII, without byte order marks and NULs.
fn plain_bytes(bytes: &[u8]) -> Vec<u8> {
    let units = |order: fn([u8; 2]) -> u16| -> Vec<u8> {
        let pairs = bytes.chunks_exact(2).map(|pair| order([pair[0], pair[1]]));
        char::decode_utf16(pairs)
            .map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER))
            .collect::<String>()
            .into_bytes()
    };
    // Without a byte order mark, the half of each pair that is NUL tells the order.
    let start = &bytes[..bytes.len().min(64)];
    let nuls = |parity: usize| {
        let half = start.iter().skip(parity).step_by(2);
        half.filter(|byte| **byte == 0).count() * 4 > start.len()
    };
    let mut plain = if bytes.starts_with(&[0xFF, 0xFE]) || nuls(1) {
        units(u16::from_le_bytes)
    } else if bytes.starts_with(&[0xFE, 0xFF]) || nuls(0) {
        units(u16::from_be_bytes)
    } else {
        bytes.to_vec()
    };
    plain.retain(|byte| *byte != 0);
    plain
}

/// A line as it was before it was folded.
#[derive(Default)]
struct Line {
    bytes: Vec<u8>,
    /// Where the first line was added that is neither a property nor folded.
    joint: Option<usize>,
}

/// Unfolds (RFC 5545 §3.1), before bytes become characters, since folds may lie within one. A line
/// that is no property may go on from the one before, its blank lost on the way.
fn logical_lines(bytes: &[u8]) -> Vec<Line> {
    let is_blank = |line: &&[u8]| line.iter().all(|byte| matches!(byte, b' ' | b'\t'));
    let physical: Vec<&[u8]> = bytes
        .split(|byte| matches!(byte, b'\n' | b'\r'))
        .filter(|line| !is_blank(line))
        .collect();
    let mut lines: Vec<Line> = Vec::new();
    for (number, mut line) in physical.iter().copied().enumerate() {
        while let Some(rest) = line.strip_prefix(b"\xEF\xBB\xBF") {
            line = rest;
        }
        let folded = line.strip_prefix(b" ").or_else(|| line.strip_prefix(b"\t"));
        match (folded, lines.last_mut()) {
            (Some(rest), Some(before)) => extend(&mut before.bytes, rest),
            (None, Some(before))
                if !begins_property(line, &physical[number + 1..])
                    && !is_bracket(&before.bytes) =>
            {
                before.joint.get_or_insert(before.bytes.len());
                extend(&mut before.bytes, line);
            }
            _ => lines.push(Line {
                bytes: line[..line.len().min(LONGEST_VALUE)].to_vec(),
                joint: None,
            }),
        }
    }
    lines
}

fn extend(line: &mut Vec<u8>, rest: &[u8]) {
    let room = LONGEST_VALUE.saturating_sub(line.len());
    line.extend_from_slice(&rest[..rest.len().min(room)]);
}

/// Whether a line begins as a property does: a name, then its parameters or its value; any of it may have been
/// folded onto the `next` lines.
fn begins_property(first: &[u8], next: &[&[u8]]) -> bool {
    let named = |line: &[u8]| {
        let is_of_name = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        line.iter().take_while(is_of_name).count()
    };
    let folded = next.iter().map_while(|line| match line {
        [b' ' | b'\t', rest @ ..] => Some(rest),
        _ => None,
    });
    let mut parts = std::iter::once(first).chain(folded);
    let ends = parts.find_map(|part| part.get(named(part)));
    named(first) > 0 && matches!(ends, Some(b':' | b';'))
}

/// Whether a line opens or closes a component; what follows it is never part of it.
fn is_bracket(line: &[u8]) -> bool {
    let begins =
        |word: &[u8]| line.len() > word.len() && line[..word.len()].eq_ignore_ascii_case(word);
    begins(b"BEGIN:") || begins(b"END:")
}

#[derive(Default)]
struct Reader {
    open: Vec<Component>,
    /// Components open that say nothing of when somebody is busy, such as alarms.
    buried: usize,
    count: usize,
    properties: usize,
    content: Content,
}

impl Reader {
    fn take(&mut self, line: &str, cut: Option<&str>) -> Result<(), ContentError> {
        let Some(mut property) = property(line) else {
            return Ok(());
        };
        property.cut = cut.and_then(self::property).map(|p| p.value);
        let value = property.value.trim().to_ascii_uppercase();
        match property.name.as_str() {
            "BEGIN" => self.begin(value)?,
            "END" => self.end(&value),
            // Who else is invited is nobody's business here.
            "ATTENDEE" if !property.is("PARTSTAT", "DECLINED") => {}
            name if self.buried == 0 && KEPT.contains(&name) => {
                if let Some(open) = self.open.last_mut() {
                    self.properties += 1;
                    if self.properties > MOST_PROPERTIES {
                        return Err(ContentError::TooLarge);
                    }
                    open.properties.push(property);
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn begin(&mut self, name: String) -> Result<(), ContentError> {
        // What stands beside each other in a calendar ends where the next begins, closed or not.
        let is_entry =
            |name: &str| ["VEVENT", "VTODO", "VJOURNAL", "VFREEBUSY", "VTIMEZONE"].contains(&name);
        if name == "VCALENDAR" || is_entry(&name) {
            while self.open.len() > usize::from(is_entry(&name)) {
                self.close();
            }
            self.buried = 0;
        }
        if self.open.is_empty() && name != "VCALENDAR" {
            return Ok(()); // Not within a calendar.
        }
        let is_of_zone = ["STANDARD", "DAYLIGHT"].contains(&name.as_str())
            && self.open.last().is_some_and(|c| c.name == "VTIMEZONE");
        if name != "VCALENDAR" && !is_entry(&name) && !is_of_zone {
            self.buried += 1;
            return Ok(());
        }
        self.count += 1;
        if self.count > MOST_COMPONENTS {
            return Err(ContentError::TooLarge);
        }
        self.open.push(Component {
            name,
            ..Component::default()
        });
        Ok(())
    }

    fn end(&mut self, name: &str) {
        if !self.open.iter().any(|c| c.name == name) {
            self.buried = self.buried.saturating_sub(1);
            return;
        }
        self.buried = 0;
        while let Some(closed) = self.open.last().map(|c| c.name == name) {
            self.close();
            if closed {
                break;
            }
        }
    }

    fn close(&mut self) {
        let Some(done) = self.open.pop() else { return };
        match self.open.last_mut() {
            Some(parent) => parent.parts.push(done),
            None => self.content.calendars.push(done),
        }
    }

    fn finish(mut self) -> Content {
        self.content.is_cut_off = !self.open.is_empty();
        // Of what is still open only the calendar itself is whole enough.
        self.open.truncate(1);
        self.close();
        self.content
    }
}

/// A property from its line; none from a line that is none.
fn property(line: &str) -> Option<Property> {
    let colon = colon_of(line)?;
    let (head, value) = (&line[..colon], &line[colon + 1..]);
    let mut parts = split_unquoted(head);
    let name = parts.next()?.trim().to_ascii_uppercase();
    let mut parameters: Vec<(String, String)> = Vec::new();
    for part in parts {
        match (part.split_once('='), parameters.last_mut()) {
            (Some((name, value)), _) => {
                let value = value.trim().trim_matches('"');
                parameters.push((name.trim().to_ascii_uppercase(), value.to_owned()));
            }
            // A semicolon in a value that ought to be quoted.
            (None, Some((_, before))) => {
                before.push(';');
                before.push_str(part.trim_end_matches('"'));
            }
            (None, None) => {}
        }
    }
    Some(Property {
        name,
        parameters,
        value: value.to_owned(),
        cut: None,
    })
}

/// Where the value of a property begins. Names of zones with colons in them ought to be quoted and often are not:
/// what is known to be a date begins with one.
fn colon_of(line: &str) -> Option<usize> {
    const DATED: [&str; 5] = ["DTSTART", "DTEND", "EXDATE", "RDATE", "RECURRENCE-ID"];
    let name = line.split([':', ';']).next().unwrap_or_default().trim();
    let mut colons = line.match_indices(':').map(|(at, _)| at);
    if DATED.iter().any(|dated| dated.eq_ignore_ascii_case(name)) {
        let is_dated = |at: &usize| {
            let value = line[at + 1..].trim_start().bytes().filter(|b| *b != b'-');
            value.take_while(u8::is_ascii_digit).take(8).count() == 8
        };
        if let Some(at) = colons.find(is_dated) {
            return Some(at);
        }
    }
    let mut is_quoted = false;
    let unquoted = line.char_indices().find(|(_, c)| {
        is_quoted ^= *c == '"';
        *c == ':' && !is_quoted
    });
    // A quote that is never closed hides the colon: then it is the last one.
    unquoted.map(|(at, _)| at).or_else(|| line.rfind(':'))
}

/// Splits at semicolons outside of quotes.
fn split_unquoted(text: &str) -> impl Iterator<Item = &str> {
    let mut is_quoted = false;
    text.split(move |c| {
        is_quoted ^= c == '"';
        c == ';' && !is_quoted
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn starts(bytes: &[u8]) -> Vec<String> {
        let content = read(bytes).unwrap();
        let events = content.calendars.iter().flat_map(|c| &c.parts);
        events
            .flat_map(|e| e.all("DTSTART").map(|p| p.value.clone()))
            .collect()
    }

    const PLAIN: &str = "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART:20261124T090000Z\r\nSUMMARY:Zo\u{eb}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";

    #[test]
    fn bytes_in_every_shape() {
        let utf16 = |order: fn(u16) -> [u8; 2]| -> Vec<u8> {
            PLAIN.encode_utf16().flat_map(order).collect()
        };
        let latin = PLAIN.replace('\u{eb}', "?").into_bytes();
        let latin: Vec<u8> = latin
            .into_iter()
            .map(|b| if b == b'?' { 0xEB } else { b })
            .collect();
        for bytes in [
            PLAIN.into(),
            PLAIN.replace("\r\n", "\n").into_bytes(),
            PLAIN.replace("\r\n", "\r").into_bytes(),
            PLAIN.replace("\r\n", "\r\r\n").into_bytes(),
            PLAIN.replace("\r\n", "\r\n\r\n").into_bytes(),
            PLAIN
                .to_lowercase()
                .replace("t09", "T09")
                .replace("00z", "00Z")
                .into_bytes(),
            format!("\u{feff}{PLAIN}").into_bytes(),
            format!("junk\r\n{PLAIN}more junk").into_bytes(),
            PLAIN.replace("VEVENT", "VEV\0ENT").into_bytes(),
            PLAIN.replace("DTSTART:", "DTSTART:\r\n ").into_bytes(),
            PLAIN.replace("T090000Z", "T09\r\n\t0000Z").into_bytes(),
            PLAIN.replace("T090000Z", "T09\r\n0000Z").into_bytes(),
            PLAIN.replace("DTSTART:", "DTSTART\r\n\r\n :").into_bytes(),
            latin,
            utf16(u16::to_le_bytes),
            utf16(u16::to_be_bytes),
        ] {
            assert!(!read(&bytes).unwrap().is_cut_off);
            assert_eq!(
                starts(&bytes),
                ["20261124T090000Z"],
                "{}",
                String::from_utf8_lossy(&bytes)
            );
        }
        // A fold within a character.
        let mut folded = PLAIN.as_bytes().to_vec();
        let at = folded.iter().position(|b| *b == 0xC3).unwrap() + 1;
        folded.splice(at..at, *b"\r\n ");
        assert_eq!(starts(&folded).len(), 1);
    }

    #[test]
    fn nesting_that_does_not_add_up() {
        let event = "BEGIN:VEVENT\nDTSTART:1\nBEGIN:VALARM\nDTSTART:9\nEND:VALARM\n";
        let two = format!("BEGIN:VCALENDAR\n{event}{event}END:VCALENDAR\n");
        assert_eq!(starts(two.as_bytes()), ["1", "1"]);
        let cut = format!("BEGIN:VCALENDAR\n{event}END:VEVENT\n{event}");
        let content = read(cut.as_bytes()).unwrap();
        assert!(content.is_cut_off);
        assert_eq!(content.calendars[0].parts.len(), 1);
        let deep = format!(
            "BEGIN:VCALENDAR\n{}{event}END:VEVENT\nEND:VCALENDAR",
            "BEGIN:X\n".repeat(5000)
        );
        assert_eq!(starts(deep.as_bytes()).len(), 1);
        assert_eq!(read(b"<html>").unwrap_err(), ContentError::NoCalendar);
        assert_eq!(read(b"").unwrap_err(), ContentError::NoCalendar);
        // Alarms are not entries.
        let alarms = "BEGIN:VALARM\nTRIGGER:-PT5M\nEND:VALARM\n".repeat(30_000);
        let alarms =
            format!("BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:1\n{alarms}END:VEVENT\nEND:VCALENDAR");
        assert_eq!(starts(alarms.as_bytes()), ["1"]);
        let many = "BEGIN:VEVENT\n".repeat(30_000);
        let many = format!("BEGIN:VCALENDAR\n{many}");
        assert_eq!(read(many.as_bytes()).unwrap_err(), ContentError::TooLarge);
    }

    #[test]
    fn parameters_quoted_or_not() {
        let read = |line: &str| property(line).unwrap();
        let zone = |line: &str| read(line).parameter("TZID").unwrap().to_owned();
        assert_eq!(
            zone("DTSTART;TZID=\"W. Europe: x\";X=1:20261124T090000"),
            "W. Europe: x"
        );
        let odd = read("DTSTART;TZID=(UTC+01:00) Amsterdam:20261124T090000");
        assert_eq!(odd.value, "20261124T090000");
        assert_eq!(odd.parameter("TZID"), Some("(UTC+01:00) Amsterdam"));
        for id in [
            "GMT+05:30",
            "tzone://Microsoft/Custom",
            "A; B",
            "\"GMT+01:00",
        ] {
            let property = read(&format!("DTSTART;TZID={id}:2027-02-22T09:00:00"));
            assert_eq!(property.value, "2027-02-22T09:00:00", "{id}");
            assert_eq!(property.parameter("TZID"), Some(id.trim_matches('"')));
        }
        assert_eq!(
            read("dtstart;tzid=\"Europe/Berlin:20261124T090000").value,
            "20261124T090000"
        );
    }
}
