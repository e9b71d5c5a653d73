//! What somebody looks for on the board or in a search.

use super::{
    ServiceKind,
    catalogue::{self, Catalogue},
};
use crate::{db::Conn, error::Error, html::form::Fields, input, people::store::like};

/// What the visitor looks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Search {
    pub kind: Option<ServiceKind>,
    pub topic: String,
    pub language: String,
    pub words: String,
}

impl Search {
    /// From a query of `service`, `topic`, `language` and `q`.
    pub fn read(fields: &Fields) -> Result<Self, Error> {
        let text = |name: &str| -> Result<String, Error> {
            Ok(input::line(fields.one(name)?).chars().take(100).collect())
        };
        let kind = match fields.some("service")? {
            None => None,
            Some(word) => Some(ServiceKind::parse(word).ok_or_else(unknown_kind)?),
        };
        Ok(Self {
            kind,
            topic: text("topic")?,
            language: text("language")?,
            words: text("q")?,
        })
    }

    /// Refuses a kind of service that is not in the catalogue.
    pub fn check_kind_in(&self, catalogue: &Catalogue) -> Result<(), Error> {
        match &self.kind {
            Some(kind) if catalogue.find(kind.as_str()).is_none() => Err(unknown_kind()),
            _ => Ok(()),
        }
    }

    /// Refuses a kind of service that there is not.
    pub fn check_kind(&self, conn: &mut Conn) -> Result<(), Error> {
        match &self.kind {
            Some(kind) if !catalogue::store::is_known(conn, kind)? => Err(unknown_kind()),
            _ => Ok(()),
        }
    }

    /// The word of the kind; empty for any.
    pub fn kind_word(&self) -> &str {
        self.kind.as_ref().map_or("", ServiceKind::as_str)
    }

    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// What a listing is tagged with that is looked for.
    pub fn tags(&self) -> Vec<String> {
        let kind = self
            .kind
            .as_ref()
            .map(|kind| format!("service:{}", kind.as_str()));
        let word = |name: &str, word: &str| {
            (!word.is_empty()).then(|| format!("{name}:{}", word.to_lowercase()))
        };
        let others = [word("topic", &self.topic), word("language", &self.language)];
        let short = self.words().into_iter().filter(|word| is_short(word));
        kind.into_iter()
            .chain(others.into_iter().flatten())
            .chain(short.map(|word| format!("word:{}", word.trim_matches(is_mark))))
            .collect()
    }

    /// What the words of a listing are like that is looked for. Words too short for trigrams are tags.
    pub fn patterns(&self) -> Vec<String> {
        let words = self.words().into_iter();
        words.filter(|w| !is_short(w)).map(|w| like(&w)).collect()
    }

    fn words(&self) -> Vec<String> {
        let words = self.words.to_lowercase();
        words
            .split_whitespace()
            .take(5)
            .map(str::to_owned)
            .collect()
    }
}

fn unknown_kind() -> Error {
    Error::bad_request("service", "must be one of the kinds of service listed")
}

fn is_mark(c: char) -> bool {
    !c.is_alphanumeric()
}

/// Whether a word is one or two letters long, marks around it aside.
fn is_short(word: &str) -> bool {
    (1..=2).contains(&word.trim_matches(is_mark).chars().count())
}
