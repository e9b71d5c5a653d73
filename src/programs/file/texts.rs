//! What is wrong with the texts of a program: what was left to be filled in, headings that come twice, variables that
//! do not exist.

use std::collections::HashSet;

/// What a text still has to be filled in with, as it stands there: `<Sample Sheet>`, `[email protected]`, `TBD`.
///
/// ```
/// use almanac::programs::file::texts::placeholder;
/// let found = |text: &str| placeholder(text).map(|p| p.shown);
/// assert_eq!(found("Use this <Sample Tracking Sheet> to log").as_deref(), Some("<Sample Tracking Sheet>"));
/// assert_eq!(found("Write to [email protected]").as_deref(), Some("[email protected]"));
/// assert_eq!(found("Closes TBD.").as_deref(), Some("TBD"));
/// assert_eq!(found("See <https://example.org> and [our page](https://example.org), <b>now</b>"), None);
/// assert_eq!(found("If a < b and b > c, [see below], [candidate] [updated] <br /> <p class=\"x\">"), None);
/// assert_eq!(found("See [email].\n\n[email]: mailto:team@example.org"), None);
/// ```
pub fn placeholder(text: &str) -> Option<Placeholder> {
    angle_brackets(text)
        .or_else(|| square_brackets(text))
        .or_else(|| word(text))
}

/// Something that is still to be filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placeholder {
    pub code: &'static str,
    pub shown: String,
}

/// Where a mark is within the next 80 bytes: what is longer is no placeholder.
fn within(text: &str, mark: u8) -> Option<usize> {
    text.bytes().take(81).position(|byte| byte == mark)
}

fn angle_brackets(text: &str) -> Option<Placeholder> {
    text.match_indices('<').find_map(|(at, _)| {
        let rest = &text[at + 1..];
        let inner = &rest[..within(rest, b'>')?];
        let is_link = inner.contains("://") || inner.contains('@') && !inner.contains(' ');
        let first = inner.split(|c: char| !c.is_ascii_alphanumeric()).next();
        let is_tag = first.is_some_and(|first| TAGS.contains(&first.to_ascii_lowercase().as_str()));
        let is_name = inner.chars().next().is_some_and(char::is_alphabetic)
            && (inner.contains([' ', '_', '-']) || inner.chars().all(char::is_uppercase));
        (is_name && !is_link && !is_tag)
            .then(|| Placeholder::new("angle_brackets", inner, ['<', '>']))
    })
}

/// Elements of HTML that people write into a text.
const TAGS: [&str; 24] = [
    "a",
    "b",
    "blockquote",
    "br",
    "code",
    "div",
    "em",
    "h1",
    "h2",
    "h3",
    "h4",
    "hr",
    "i",
    "img",
    "li",
    "ol",
    "p",
    "pre",
    "small",
    "span",
    "strong",
    "table",
    "u",
    "ul",
];

/// Words in square brackets where something is to be filled in.
const FILL_IN: [&str; 12] = [
    "protected",
    "redacted",
    "insert",
    "your",
    "tbd",
    "tba",
    "tbc",
    "todo",
    "date",
    "email",
    "link",
    "address",
];

fn square_brackets(text: &str) -> Option<Placeholder> {
    text.match_indices('[').find_map(|(at, _)| {
        let rest = &text[at + 1..];
        let end = within(rest, b']')?;
        let inner = &rest[..end];
        let lower = inner.to_lowercase();
        let mut words = lower.split(|c: char| !c.is_alphanumeric());
        let is_open = words.any(|word| FILL_IN.contains(&word))
            || lower.contains("fill in")
            || lower.contains("name of");
        // A link of Markdown, or where one leads.
        let is_link = rest[end + 1..].starts_with(['(', '[', ':'])
            || is_open && text.contains(&format!("\n[{inner}]:"));
        (is_open && !is_link).then(|| Placeholder::new("placeholder", inner, ['[', ']']))
    })
}

impl Placeholder {
    /// What stands between two marks, on one line.
    fn new(code: &'static str, inner: &str, [before, after]: [char; 2]) -> Self {
        let words: Vec<&str> = inner.split_whitespace().collect();
        Self {
            code,
            shown: format!("{before}{}{after}", words.join(" ")),
        }
    }
}

fn word(text: &str) -> Option<Placeholder> {
    let lower = text.to_lowercase();
    if lower.contains("lorem ipsum") {
        return Some(Placeholder {
            code: "placeholder",
            shown: "Lorem ipsum".into(),
        });
    }
    let open = ["TBD", "TBA", "TBC", "TODO", "FIXME", "XXX", "XXXX"];
    text.split(|c: char| !c.is_alphanumeric())
        .find(|word| open.contains(word))
        .map(|word| Placeholder {
            code: "placeholder",
            shown: word.to_owned(),
        })
}

/// A heading of Markdown that comes twice.
pub fn heading_twice(text: &str) -> Option<&str> {
    let headings: Vec<&str> = text
        .lines()
        .filter(|line| line.starts_with('#'))
        .map(|line| line.trim_start_matches('#').trim())
        .collect();
    let mut seen = HashSet::new();
    headings.into_iter().find(|heading| !seen.insert(*heading))
}

/// The variables of a letter, as they stand there: `{name}`.
///
/// ```
/// use almanac::programs::file::texts::variables;
/// assert_eq!(variables("Dear {name}, {unknown thing} {}"), ["name", "unknown thing", ""]);
/// ```
pub fn variables(text: &str) -> Vec<&str> {
    text.match_indices('{')
        .filter_map(|(at, _)| {
            let rest = &text[at + 1..];
            Some(&rest[..rest.find('}')?])
        })
        .collect()
}

/// Years that a text names, as in `15 February 2023`.
pub fn years(text: &str) -> Vec<i32> {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| word.len() == 4 && word.bytes().all(|b| b.is_ascii_digit()))
        .filter_map(|word| word.parse().ok())
        .filter(|year| (1990..=2100).contains(year))
        .collect()
}
