//! An introduction as it is typed.

use super::Introduction;
use crate::{
    db::types::Words,
    error::Error,
    html::form::Fields,
    input::{Problems, Reader},
};

pub const LONGEST_PROGRAMME: usize = 120;
const MOST_LINKS: usize = 4;

/// As it was typed: a link a line.
#[derive(Clone, Debug, Default)]
pub struct IntroductionForm {
    pub programme: String,
    pub links: String,
}

impl IntroductionForm {
    pub fn of(introduction: &Introduction) -> Self {
        Self {
            programme: introduction.programme.clone(),
            links: introduction.links.0.join("\n"),
        }
    }

    pub fn read(fields: &Fields) -> Result<Self, Error> {
        Ok(Self {
            programme: fields.one("programme")?.to_owned(),
            links: fields.one("links")?.to_owned(),
        })
    }

    /// Cleaned and checked.
    pub fn checked(&self) -> Result<Introduction, Problems> {
        let mut reader = Reader::default();
        let links = self.links.lines().map(|link| reader.link("links", link));
        let links: Vec<String> = links.filter(|link| !link.is_empty()).collect();
        if links.len() > MOST_LINKS {
            reader
                .problems
                .add("links", "can have at most four entries");
        }
        let introduction = Introduction {
            programme: reader.line("programme", &self.programme, LONGEST_PROGRAMME),
            links: Words(links),
        };
        reader.problems.or(introduction)
    }
}
