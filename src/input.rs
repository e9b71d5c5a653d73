//! What people type, cleaned and measured. Every error names its field.

use std::fmt;

use chrono::{DateTime, NaiveDate, Utc};
use unicode_normalization::UnicodeNormalization;

/// What is wrong with which field, in words for the person who filled it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Problems(Vec<(String, String)>);

impl Problems {
    /// `problem` goes on after the name of its field, as in `must be at most 60`. One that begins with a capital
    /// is a sentence of its own, and stands without the name.
    pub fn add(&mut self, field: impl Into<String>, problem: impl Into<String>) {
        self.0.push((field.into(), problem.into()));
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(field, problem)| (field.as_str(), problem.as_str()))
    }

    /// The first problem of a field.
    pub fn of(&self, field: &str) -> Option<&str> {
        self.iter()
            .find(|(f, _)| *f == field)
            .map(|(_, problem)| problem)
    }

    /// `value` if nothing is wrong.
    pub fn or<T>(self, value: T) -> Result<T, Self> {
        if self.is_empty() {
            Ok(value)
        } else {
            Err(self)
        }
    }

    /// One problem that is said in a sentence of its own, as a whole answer.
    pub fn whole(field: impl Into<String>, said: &impl ToString) -> Self {
        Self::one(field, capitalised(&said.to_string()))
    }

    /// One problem as a whole answer.
    pub fn one(field: impl Into<String>, problem: impl Into<String>) -> Self {
        Self(vec![(field.into(), problem.into())])
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, (field, problem)) in self.iter().enumerate() {
            write!(
                f,
                "{}{field}: {problem}",
                if number > 0 { "; " } else { "" }
            )?;
        }
        Ok(())
    }
}

/// Whether a problem is a sentence of its own.
pub fn is_whole(problem: &str) -> bool {
    problem.starts_with(|c: char| c.is_uppercase() || c == '“')
}

fn capitalised(words: &str) -> String {
    let mut chars = words.chars();
    let first = chars.next().map(|c| c.to_uppercase().to_string());
    first.unwrap_or_default() + chars.as_str()
}

/// What an error says, as a sentence: with a capital and a full stop.
///
/// ```
/// assert_eq!(almanac::input::sentence("this time is taken"), "This time is taken.");
/// ```
pub fn sentence(words: &str) -> String {
    let end = if words.ends_with(['.', '!', '?']) {
        ""
    } else {
        "."
    };
    capitalised(words) + end
}

/// Outside all bounds: what was typed is not a number.
const NO_NUMBER: i64 = i64::MIN;

/// A number as it was typed: None if nothing was, and outside all bounds if it is no number.
pub fn typed_number(text: &str) -> Option<i64> {
    let text = text.trim();
    (!text.is_empty()).then(|| text.parse().unwrap_or(NO_NUMBER))
}

/// Characters that would let text pose as something else: controls, and those that turn the
/// direction of writing around. Joiners stay: emoji and several scripts need them.
pub fn is_deceiving(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}' | '\u{FEFF}' | '\u{FFFE}' | '\u{FFFF}')
}

/// Whether nothing of it can be seen.
fn is_invisible(text: &str) -> bool {
    text.chars().all(|c| {
        c.is_whitespace()
            || matches!(
                c,
                '\u{200B}'
                    ..='\u{200F}'
                        | '\u{2060}'
                        | '\u{00AD}'
                        | '\u{034F}'
                        | '\u{3164}'
                        | '\u{115F}'
                        | '\u{1160}'
            )
    })
}

/// Whether it is printable ASCII, perhaps on several lines: nothing in it is to be normalised or taken out. Most
/// text is that, and a calendar of hundreds of sessions is cleaned each time that it is read.
fn is_plain(text: &str) -> bool {
    text.bytes().all(|b| matches!(b, b' '..=b'~' | b'\n'))
}

/// What a path names; None for `new`, which stands for what has no name yet.
pub fn unless_new(path: &str) -> Option<String> {
    (path != "new").then(|| path.to_owned())
}

/// Text of one line: normalised (NFC), line breaks to blanks, deceiving characters gone, trimmed.
///
/// ```
/// assert_eq!(almanac::input::line("  Ada\r\nBcc: x\u{202E} "), "Ada Bcc: x");
/// ```
pub fn line(text: &str) -> String {
    if is_plain(text) {
        return words(text);
    }
    let flat: String = text
        .nfc()
        .map(|c| {
            if matches!(c, '\n' | '\r' | '\t' | '\u{2028}' | '\u{2029}') {
                ' '
            } else {
                c
            }
        })
        .filter(|c| !is_deceiving(*c))
        .collect();
    let line = words(&flat);
    if is_invisible(&line) {
        String::new()
    } else {
        line
    }
}

/// With one blank between words and none around them.
fn words(text: &str) -> String {
    let mut words = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !words.is_empty() {
            words.push(' ');
        }
        words.push_str(word);
    }
    words
}

/// Text of several lines: as `line`, but `\n` and tabs stay.
pub fn paragraphs(text: &str) -> String {
    if is_plain(text) {
        return text.trim().to_owned();
    }
    let text: String = text
        .replace("\r\n", "\n")
        .replace(['\r', '\u{2028}', '\u{2029}'], "\n")
        .nfc()
        .filter(|c| matches!(c, '\n' | '\t') || !is_deceiving(*c))
        .collect();
    let text = text.trim();
    if is_invisible(text) {
        String::new()
    } else {
        text.to_owned()
    }
}

/// Reads the fields of one form or body and gathers what is wrong with them.
#[derive(Default)]
pub struct Reader {
    pub problems: Problems,
}

impl Reader {
    pub fn line(&mut self, field: &str, value: &str, longest: usize) -> String {
        let value = line(value);
        self.measure(field, value, longest)
    }

    pub fn required_line(&mut self, field: &str, value: &str, longest: usize) -> String {
        let value = self.line(field, value, longest);
        self.require(field, value)
    }

    pub fn paragraphs(&mut self, field: &str, value: &str, longest: usize) -> String {
        let value = paragraphs(value);
        self.measure(field, value, longest)
    }

    pub fn required_paragraphs(&mut self, field: &str, value: &str, longest: usize) -> String {
        let value = self.paragraphs(field, value, longest);
        self.require(field, value)
    }

    fn measure(&mut self, field: &str, value: String, longest: usize) -> String {
        let length = value.chars().count();
        if length > longest {
            self.problems.add(
                field,
                format!("is {length} characters long; it must be at most {longest}"),
            );
        }
        value
    }

    fn require(&mut self, field: &str, value: String) -> String {
        if value.is_empty() {
            self.problems.add(field, "is required");
        }
        value
    }

    /// A whole number within bounds, written in ASCII digits.
    pub fn number(
        &mut self,
        field: &str,
        value: &str,
        bounds: std::ops::RangeInclusive<i64>,
    ) -> i64 {
        self.bounded(field, typed_number(value).unwrap_or(NO_NUMBER), bounds)
    }

    /// As `number`; empty is none.
    pub fn optional_number(
        &mut self,
        field: &str,
        value: &str,
        bounds: std::ops::RangeInclusive<i64>,
    ) -> Option<i64> {
        (!value.trim().is_empty()).then(|| self.number(field, value, bounds))
    }

    /// A number already parsed, within bounds; else the least that is.
    pub fn bounded(
        &mut self,
        field: &str,
        value: i64,
        bounds: std::ops::RangeInclusive<i64>,
    ) -> i64 {
        if bounds.contains(&value) {
            return value;
        }
        let (least, most) = bounds.into_inner();
        let problem = format!("must be a number from {least} to {most}");
        self.problems.add(field, problem);
        least
    }

    /// A date from 2000 to 2199, as in 2026-11-26.
    pub fn date(&mut self, field: &str, value: &str) -> Option<NaiveDate> {
        let parsed = date(value);
        if parsed.is_none() {
            self.problems.add(
                field,
                "must be a date such as 2026-11-26, from 2000 to 2199",
            );
        }
        parsed
    }

    /// An `https://` or `http://` address; empty stays empty. One that begins with its domain is taken as https.
    pub fn link(&mut self, field: &str, value: &str) -> String {
        let value = self.line(field, value, 500);
        if value.is_empty() || is_web_address(&value) {
            return value;
        }
        let domain = value.split(['/', '?', '#']).next().unwrap_or_default();
        let has_name = domain
            .rsplit('.')
            .next()
            .is_some_and(|last| last.chars().any(|c| c.is_ascii_alphabetic()));
        let completed = format!("https://{value}");
        let is_whole = is_web_address(&completed) && completed.len() <= 500 && !value.contains(' ');
        if has_name && is_domain(&domain.to_ascii_lowercase()) && is_whole {
            return completed;
        }
        self.problems.add(field, "must begin with https://");
        value
    }
}

/// A date from 2000 to 2199, as in `2026-11-26`.
pub fn date(value: &str) -> Option<NaiveDate> {
    use chrono::Datelike;
    let value = value.trim();
    let digits = value.len() == 10 && value.bytes().all(|b| b.is_ascii_digit() || b == b'-');
    let date = NaiveDate::parse_from_str(value, "%Y-%m-%d")
        .ok()
        .filter(|_| digits)?;
    (2000..2200).contains(&date.year()).then_some(date)
}

/// An instant from 2000 to 2199, as in `2026-11-26T14:00:00Z`: zones can show no other of those that can be
/// written.
///
/// ```
/// use almanac::input::instant;
/// assert!(instant("2026-11-26T14:00:00Z").is_some());
/// assert!(instant("+262142-12-31T23:59:59Z").is_none());
/// ```
pub fn instant(value: &str) -> Option<DateTime<Utc>> {
    use chrono::Datelike;
    let at: DateTime<Utc> = value.trim().parse().ok()?;
    (2000..2200).contains(&at.year()).then_some(at)
}

/// Whether it is an absolute web address without credentials in it.
pub fn is_web_address(value: &str) -> bool {
    url::Url::parse(value).is_ok_and(|url| {
        matches!(url.scheme(), "http" | "https")
            && url.host().is_some()
            && url.username().is_empty()
            && url.password().is_none()
    })
}

/// An email address in the form we store: lower case, at most 254 characters, plain ASCII, no
/// quoting. None if it is not one.
///
/// ```
/// use almanac::input::email;
/// assert_eq!(email(" Ada@Example.org ").as_deref(), Some("ada@example.org"));
/// assert_eq!(email("eve@b\u{fc}cher.example").as_deref(), Some("eve@xn--bcher-kva.example"));
/// assert_eq!(email("a@b>,<c@d"), None);
/// ```
pub fn email(text: &str) -> Option<String> {
    let text = text.trim().to_lowercase();
    let (local, domain) = text.rsplit_once('@')?;
    let domain = ascii_domain(domain)?;
    let local_fits = !local.is_empty()
        && local.len() <= 64
        && !local.starts_with('.')
        && !local.ends_with('.')
        && !local.contains("..")
        && local
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b".!#$%&'*+/=?^_`{|}~-".contains(&b));
    let email = format!("{local}@{domain}");
    (email.len() <= 254 && local_fits && is_domain(&domain)).then_some(email)
}

/// A domain as mail servers know it: one with letters beyond ASCII in punycode.
pub fn ascii_domain(domain: &str) -> Option<String> {
    if domain.is_ascii() {
        return Some(domain.to_ascii_lowercase());
    }
    match url::Host::parse(domain).ok()? {
        url::Host::Domain(domain) => Some(domain),
        _ => None,
    }
}

/// Whether it is a host name of at least two labels, in lower-case ASCII.
pub fn is_domain(domain: &str) -> bool {
    let label = |l: &str| {
        (1..=63).contains(&l.len())
            && !l.starts_with('-')
            && !l.ends_with('-')
            && l.bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    };
    domain.len() <= 253 && domain.contains('.') && domain.split('.').all(label)
}

/// Lower-case letters, digits and hyphens from any text, for addresses; empty if nothing is left. Other scripts and
/// letters are spelled out.
///
/// ```
/// assert_eq!(almanac::input::slug("Łukasz Ørsted-Weiß"), "lukasz-orsted-weiss");
/// assert_eq!(almanac::input::slug("李伟"), "li-wei");
/// ```
pub fn slug(text: &str) -> String {
    let mut slug = String::new();
    for c in deunicode::deunicode(&text.nfc().collect::<String>()).chars() {
        if c.is_ascii_alphanumeric() {
            slug.push(c.to_ascii_lowercase());
        } else if !slug.ends_with('-')
            && !slug.is_empty()
            && (c.is_whitespace() || c.is_ascii_punctuation())
        {
            slug.push('-');
        }
    }
    slug.truncate(40);
    slug.trim_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn odd_addresses_are_refused() {
        for odd in [
            "",
            "@",
            "a@b",
            "a b@c.org",
            "\"a\"@c.org",
            "a@c.org\r\nBcc: x@y.org",
            "a@-c.org",
            "ä@c.org",
        ] {
            assert_eq!(email(odd), None, "{odd}");
        }
        assert_eq!(email(&format!("{}@c.org", "a".repeat(65))), None);
    }

    #[test]
    fn an_address_without_its_scheme_is_taken_as_https() {
        let link = |typed: &str| {
            let mut reader = Reader::default();
            let link = reader.link("links", typed);
            reader.problems.or(link)
        };
        assert_eq!(
            link("LinkedIn.com/in/nia").as_deref(),
            Ok("https://LinkedIn.com/in/nia")
        );
        assert_eq!(
            link("http://a.example.org").as_deref(),
            Ok("http://a.example.org")
        );
        for odd in [
            "javascript:alert(1)",
            "nia",
            "a b.org",
            "me@example.org",
            "//x.org",
            "1.2",
            "a.org/b c",
            ".org",
        ] {
            assert!(link(odd).is_err(), "{odd}");
        }
    }

    #[test]
    fn what_cannot_be_seen_is_empty() {
        assert_eq!(line("\u{200B} \u{200D}"), "");
        assert_eq!(paragraphs(" \n\u{2060}\n "), "");
        assert_eq!(slug("Zoë O'Neil-Ünal  "), "zoe-o-neil-unal");
    }

    proptest! {
        /// What is plain may be taken as it is: normalising would leave it so.
        #[test]
        fn plain_text_is_cleaned_as_all_text_is(text in "[ -~\n]{0,60}") {
            let among_others = format!("é {text} é");
            prop_assert_eq!(line(&among_others), line(&format!("é {} é", line(&text))));
            prop_assert_eq!(paragraphs(&among_others), among_others);
            prop_assert_eq!(paragraphs(&text), text.trim());
        }
    }

    #[test]
    fn dates_are_real_and_near() {
        assert!(date("2026-11-26").is_some());
        for odd in [
            "2026-02-30",
            "0000-00-00",
            "9999-12-31",
            "+10000-01-01",
            "26-11-26",
            "2026-1-1",
            "",
        ] {
            assert!(date(odd).is_none(), "{odd}");
        }
    }

    proptest! {
        #[test]
        fn a_line_is_one_line_and_stays_as_it_is(text in "\\PC*|[\\x00-\\x20a]*") {
            let once = line(&text);
            prop_assert!(!once.chars().any(is_deceiving));
            prop_assert_eq!(line(&once), once);
        }
    }
}
