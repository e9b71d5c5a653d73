//! Forms: reading what a browser sends, and showing fields with what is wrong in them.

use maud::{Markup, html};

use crate::{
    error::Error,
    input::{self, Problems, is_whole, sentence},
};

const MOST_FIELDS: usize = 1000;

/// The fields of a form or a query, in the order they were sent.
#[derive(Clone, Debug, Default)]
pub struct Fields(Vec<(String, String)>);

impl Fields {
    /// Reads `application/x-www-form-urlencoded`, strictly: what is not UTF-8 or has NUL in it is
    /// a bad request that names the field.
    pub fn parse(encoded: &str) -> Result<Self, Error> {
        let mut fields = Vec::new();
        for pair in encoded.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let name =
                decode(name).ok_or_else(|| Error::bad_request("field name", "is not UTF-8"))?;
            let value = decode(value).ok_or_else(|| {
                Error::bad_request(
                    &input::line(&name),
                    "contains characters that are not allowed",
                )
            })?;
            fields.push((name, value));
            if fields.len() > MOST_FIELDS {
                return Err(Error::TooLarge);
            }
        }
        Ok(Self(fields))
    }

    /// Fields that were read some other way.
    pub fn new(fields: Vec<(String, String)>) -> Result<Self, Error> {
        if fields.len() > MOST_FIELDS {
            return Err(Error::TooLarge);
        }
        match fields.iter().find(|(_, value)| value.contains('\0')) {
            None => Ok(Self(fields)),
            Some((name, _)) => Err(Error::bad_request(
                &input::line(name),
                "contains characters that are not allowed",
            )),
        }
    }

    /// The value of a field; empty if it was not sent, a bad request if it was sent twice.
    pub fn one<'a>(&'a self, name: &str) -> Result<&'a str, Error> {
        let mut values = self
            .0
            .iter()
            .filter(|(n, _)| n == name)
            .map(|(_, value)| value.as_str());
        let first = values.next().unwrap_or_default();
        match values.next() {
            None => Ok(first),
            Some(_) => Err(Error::bad_request(name, "was sent more than once")),
        }
    }

    /// As `one`, a bad request if it was not sent: a form that lacks a field would empty what is there.
    pub fn given<'a>(&'a self, name: &str) -> Result<&'a str, Error> {
        match self.names().any(|given| given == name) {
            true => self.one(name),
            false => Err(Error::bad_request(name, "is missing")),
        }
    }

    /// As `one`, none if it is empty or was not sent.
    pub fn some<'a>(&'a self, name: &str) -> Result<Option<&'a str>, Error> {
        self.one(name)
            .map(|value| Some(value.trim()).filter(|v| !v.is_empty()))
    }

    /// Whether a box was ticked.
    pub fn is_ticked(&self, name: &str) -> bool {
        self.all(name).next().is_some()
    }

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }

    /// Every value of a field, in order.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0
            .iter()
            .filter(move |(n, _)| n == name)
            .map(|(_, value)| value.as_str())
    }
}

fn decode(text: &str) -> Option<String> {
    let spaced = text.replace('+', " ");
    let decoded = percent_encoding::percent_decode_str(&spaced)
        .decode_utf8()
        .ok()?;
    (!decoded.contains('\0')).then(|| decoded.into_owned())
}

/// Percent-encodes a value for a query.
pub fn encode(value: &str) -> String {
    percent_encoding::utf8_percent_encode(value, percent_encoding::NON_ALPHANUMERIC).to_string()
}

/// A path with a query of the pairs that have a value.
pub fn address(path: &str, query: &[(&str, &str)]) -> String {
    let pairs: Vec<String> = query
        .iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| format!("{name}={}", encode(value)))
        .collect();
    if pairs.is_empty() {
        path.to_owned()
    } else {
        format!("{path}?{}", pairs.join("&"))
    }
}

/// `next` if it is a path of this site, else `/me`.
///
/// ```
/// use almanac::html::form::own_path;
/// assert_eq!(own_path("/alumni/ada?x=1"), "/alumni/ada?x=1");
/// assert_eq!(own_path("//evil.example"), "/me");
/// assert_eq!(own_path("/a/%2E./b"), "/me");
/// ```
pub fn own_path(next: &str) -> &str {
    let is_own = next.len() <= 500
        && next.starts_with('/')
        && !next.starts_with("//")
        && next.bytes().all(|b| b.is_ascii_graphic() && b != b'\\')
        && !next.to_ascii_lowercase().contains("%5c")
        && !next.to_ascii_lowercase().starts_with("/%2f")
        && !next.to_ascii_lowercase().starts_with("/%09");
    // Browsers go up by two dots: to somebody else's pages, where the site is under a path.
    let path = next
        .split(['?', '#'])
        .next()
        .unwrap_or(next)
        .to_ascii_lowercase();
    let goes_up = path
        .split('/')
        .any(|part| matches!(part.replace("%2e", ".").as_str(), "." | ".."));
    if is_own && !goes_up { next } else { "/me" }
}

/// One labelled control. Build with `Field::new`, adjust, then render.
pub struct Field<'a> {
    name: &'a str,
    label: &'a str,
    value: &'a str,
    hint: &'a str,
    kind: &'a str,
    autocomplete: &'a str,
    problem: Option<&'a str>,
    longest: Option<usize>,
    is_required: bool,
    is_question: bool,
    is_filter: bool,
}

impl<'a> Field<'a> {
    pub fn new(name: &'a str, label: &'a str, value: &'a str) -> Self {
        Self {
            name,
            label,
            value,
            hint: "",
            kind: "text",
            autocomplete: "off",
            problem: None,
            longest: None,
            is_required: false,
            is_question: false,
            is_filter: false,
        }
    }

    /// Of a search, in which nothing has to be filled in.
    pub fn filter(mut self) -> Self {
        self.is_filter = true;
        self
    }

    pub fn hint(mut self, hint: &'a str) -> Self {
        self.hint = hint;
        self
    }

    /// The type of the input, as in `email` or `date`.
    pub fn kind(mut self, kind: &'a str) -> Self {
        self.kind = kind;
        self
    }

    pub fn autocomplete(mut self, autocomplete: &'a str) -> Self {
        self.autocomplete = autocomplete;
        self
    }

    pub fn problems(mut self, problems: &'a Problems) -> Self {
        self.problem = problems.of(self.name);
        self
    }

    pub fn longest(mut self, characters: usize) -> Self {
        self.longest = Some(characters);
        self
    }

    /// The label is what somebody asks, in words of their own.
    pub fn question(mut self) -> Self {
        self.is_question = true;
        self
    }

    pub fn required(mut self) -> Self {
        self.is_required = true;
        self
    }

    /// In a sentence: the label up to the first comma, which a unit follows; a question as a whole.
    fn named(&self) -> String {
        match self.label.split_once(", in ") {
            _ if self.is_question || self.label.ends_with('?') => format!("“{}”", self.label),
            Some((name, _)) => name.to_owned(),
            None => self.label.to_owned(),
        }
    }

    fn frame(&self, control: &Markup) -> Markup {
        html! {
            div.field {
                label for=(self.name) data-name=(self.named()) {
                    (self.label)
                    @if !self.is_required && !self.is_filter && self.kind != "search" {
                        span.optional { " optional" }
                    }
                }
                @if !self.hint.is_empty() {
                    p.hint id={ (self.name) "-hint" } { (self.hint) }
                }
                (control)
                @if let Some(problem) = self.problem {
                    p.problem id={ (self.name) "-problem" } { (said(&self.named(), problem)) }
                }
            }
        }
    }

    /// What a screen reader should read along with the control.
    fn described_by(&self) -> Option<String> {
        let hint = (!self.hint.is_empty()).then(|| format!("{}-hint", self.name));
        let problem = self.problem.map(|_| format!("{}-problem", self.name));
        let ids: Vec<String> = hint.into_iter().chain(problem).collect();
        (!ids.is_empty()).then(|| ids.join(" "))
    }

    pub fn input(self) -> Markup {
        self.frame(&html! {
            input
                type=(self.kind)
                id=(self.name)
                name=(self.name)
                value=(self.value)
                autocomplete=(self.autocomplete)
                maxlength=[self.longest]
                required[self.is_required]
                aria-invalid=[self.problem.map(|_| "true")]
                aria-describedby=[self.described_by()];
        })
    }

    /// A number with its bounds.
    pub fn number(self, least: i64, most: i64) -> Markup {
        self.frame(&html! {
            input
                type="number"
                inputmode="numeric"
                id=(self.name)
                name=(self.name)
                value=(self.value)
                min=(least)
                max=(most)
                required[self.is_required]
                aria-invalid=[self.problem.map(|_| "true")]
                aria-describedby=[self.described_by()];
        })
    }

    pub fn text_area(self, rows: u8) -> Markup {
        self.frame(&html! {
            textarea
                id=(self.name)
                name=(self.name)
                rows=(rows)
                maxlength=[self.longest]
                required[self.is_required]
                aria-invalid=[self.problem.map(|_| "true")]
                aria-describedby=[self.described_by()]
            { (self.value) }
        })
    }

    /// A choice among values with their labels.
    pub fn select<'o>(self, options: impl IntoIterator<Item = (&'o str, String)>) -> Markup {
        self.frame(&html! {
            select
                id=(self.name)
                name=(self.name)
                required[self.is_required]
                aria-invalid=[self.problem.map(|_| "true")]
                aria-describedby=[self.described_by()]
            {
                @for (value, label) in options {
                    option value=(value) selected[value == self.value] { (label) }
                }
            }
        })
    }
}

/// A box to tick.
pub fn tick_box(name: &str, value: &str, label: &str, is_ticked: bool) -> Markup {
    html! {
        label.tick {
            input type="checkbox" name=(name) value=(value) checked[is_ticked];
            span { (label) }
        }
    }
}

/// Says above a form that something in it is wrong. [`name_as_labels`] has it name each field as its label does.
pub fn summary(problems: &Problems) -> Markup {
    html! {
        @if !problems.is_empty() {
            div.callout.is-wrong role="alert" {
                p {
                    strong { "There is a problem." }
                }
                ul {
                    @for (field, problem) in problems.iter() {
                        li {
                            @if is_whole(problem) {
                                a href={ "#" (field) } { (sentence(problem)) }
                            } @else {
                                a data-field href={ "#" (field) } { (spoken(field)) }
                                " "
                                (problem)
                                "."
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Says beside a group of boxes or buttons of one name what is wrong with it, as the summary does, which leads here.
pub fn group_problem(field: &str, problems: &Problems) -> Markup {
    html! {
        @if let Some(problem) = problems.of(field) {
            p.problem id=(field) { (said(&spoken(field), problem)) }
        }
    }
}

/// The problem of a field of that name, in a sentence.
pub fn said(name: &str, problem: &str) -> String {
    match is_whole(problem) {
        true => sentence(problem),
        false => format!("{name} {problem}."),
    }
}

/// A page in whose summary of problems each field is named as beside it, so that both say the same sentence:
/// the summary comes first and cannot know the fields below.
///
/// ```
/// # use almanac::html::form::name_as_labels;
/// let page = r##"<a data-field href="#q">Q</a> must be shorter.<label for="q" data-name="Keywords">"##;
/// assert!(name_as_labels(page.into()).starts_with(r##"<a data-field href="#q">Keywords</a> must"##));
/// ```
pub fn name_as_labels(page: String) -> String {
    const LINK: &str = "<a data-field href=\"#";
    if !page.contains(LINK) {
        return page; // As nearly every page is: nothing is wrong.
    }
    let mut out = String::with_capacity(page.len());
    let mut rest = page.as_str();
    while let Some(at) = rest.find(LINK) {
        let (before, after) = rest.split_at(at + LINK.len());
        let (field, after) = after.split_once("\">").unwrap_or((after, ""));
        out.push_str(before);
        out.push_str(field);
        out.push_str("\">");
        rest = after;
        let name = page
            .split_once(&format!("<label for=\"{field}\" data-name=\""))
            .and_then(|(_, name)| name.split('"').next());
        if let Some(name) = name {
            out.push_str(name);
            rest = &after[after.find('<').unwrap_or(0)..];
        }
    }
    out.push_str(rest);
    out
}

/// The name of a field as words, as in `Notice hours`.
fn spoken(field: &str) -> String {
    let words = field.replace('_', " ");
    let mut chars = words.chars();
    chars
        .next()
        .map(|first| first.to_uppercase().chain(chars).collect())
        .unwrap_or_default()
}

/// Every zone to choose from.
pub fn zone_field(name: &str, label: &str, chosen: &str, problems: &Problems) -> Markup {
    let names: Vec<&str> = crate::schedule::zone::choices_by_name().collect();
    let known = names.contains(&chosen);
    let own = match chosen {
        "" => Some(("", "Choose…".to_owned())),
        _ => (!known).then(|| (chosen, chosen.to_owned())),
    };
    let options = names.iter().map(|n| (*n, n.replace('_', " ")));
    Field::new(name, label, chosen)
        .required()
        .problems(problems)
        .select(own.into_iter().chain(options))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_read_strictly() {
        let fields = Fields::parse("a=1&b=x+y%20z&b=2&c=%C3%A4").unwrap();
        assert_eq!(fields.one("a").unwrap(), "1");
        assert_eq!(fields.all("b").collect::<Vec<_>>(), ["x y z", "2"]);
        assert_eq!(fields.one("c").unwrap(), "ä");
        assert!(fields.one("b").is_err());
        assert_eq!(fields.one("missing").unwrap(), "");
        for bad in ["a=%00", "a=%ED%A0%80", "a=%FF", "%FF=a"] {
            assert!(Fields::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn only_own_paths_are_followed() {
        let odd = [
            "",
            "//evil",
            "///evil",
            "////evil/%2e%2e",
            "/\\evil",
            "/\\/evil",
            "\\\\evil",
            "\\/evil",
            "https:evil",
            "https:/evil",
            "https://evil.example",
            "HTTPS://evil.example",
            "http:evil",
            "http:///evil",
            "javascript:alert(1)",
            "JaVaScRiPt:alert(1)",
            "java\tscript:alert(1)",
            "\u{1}javascript:alert(1)",
            "data:text/html,x",
            "vbscript:x",
            "/%09//evil",
            "/%09/evil",
            "//%09evil",
            "%09//evil",
            "@evil",
            "//a@evil",
            "me@evil.example",
            "evil.example",
            "www.evil.example/me",
            ":80/me",
            "?next=//evil",
            "#//evil",
            "../me",
            "./me",
            "/a\r\nLocation: x",
            "/a\nLocation:x",
            "/%5Cevil",
            "/%5cevil",
            "/%2f%2fevil",
            "/%2Fevil",
            " /me",
            "/\tx",
            "\t//evil",
            "/me\0",
            "/\u{2044}evil",
            "\u{ff0f}\u{ff0f}evil",
            "/\u{202e}x",
        ];
        assert!(odd.len() >= 40);
        for next in odd {
            assert_eq!(own_path(next), "/me", "{next}");
        }
        assert_eq!(own_path(&format!("/{}", "a".repeat(5000))), "/me");
        assert_eq!(
            own_path("/bookings/1?at=2026-01-01T00%3A00%3A00Z"),
            "/bookings/1?at=2026-01-01T00%3A00%3A00Z"
        );
    }
}
