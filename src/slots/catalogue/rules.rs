//! What a kind of service can be.

use super::{Catalogue, Entry};
use crate::{
    error::Error,
    html::{form::Fields, icon},
    input::{self, Problems, Reader},
    slots::{Questions, ServiceKind, rules::checked_questions},
};

/// How many kinds there can be, retired ones included.
pub const MOST_KINDS: usize = 60;

/// A kind of service, as typed.
#[derive(Clone, Debug, Default)]
pub struct EntryForm {
    pub title: String,
    pub icon: String,
    pub needs_file: bool,
    /// As `Questions::typed`.
    pub questions: String,
}

/// A kind of service, checked.
#[derive(Clone, Debug)]
pub struct NewEntry {
    pub title: String,
    pub icon: &'static str,
    pub needs_file: bool,
    pub questions: Questions,
}

impl EntryForm {
    pub fn of(entry: &Entry) -> Self {
        Self {
            title: entry.title.clone(),
            icon: entry.icon.clone(),
            needs_file: entry.needs_file,
            questions: entry.questions.typed(),
        }
    }

    pub fn read(fields: &Fields) -> Result<Self, Error> {
        let own = |name: &str| fields.one(name).map(str::to_owned);
        Ok(Self {
            title: own("title")?,
            icon: own("icon")?,
            needs_file: fields.is_ticked("needs_file"),
            questions: own("questions")?,
        })
    }

    pub fn checked(&self) -> Result<NewEntry, Problems> {
        let mut reader = Reader::default();
        let title = reader.required_line("title", &self.title, 60);
        let icon = icon::kinds().find(|(word, _)| *word == self.icon);
        if icon.is_none() {
            reader.problems.add("icon", "is required; choose one");
        }
        let questions = checked_questions(&mut reader, &Questions::read(&self.questions));
        reader.problems.or(NewEntry {
            title,
            icon: icon.map_or("other", |(word, _)| word),
            needs_file: self.needs_file,
            questions,
        })
    }
}

/// A word for a new kind of that title that no other has.
pub fn free_word(title: &str, catalogue: &Catalogue) -> ServiceKind {
    let slug = input::slug(title).replace('-', "_");
    let base = ServiceKind::parse(&slug).map_or("kind", |_| slug.as_str());
    let base = &base[..base.len().min(ServiceKind::LONGEST - 3)];
    let numbered = (2..).map(|n| format!("{base}_{n}"));
    std::iter::once(base.to_owned())
        .chain(numbered)
        // The address of the form for a new one.
        .filter(|word| word != "new" && catalogue.find(word).is_none())
        .find_map(|word| ServiceKind::parse(&word))
        .expect("some number is free")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_made_of_titles() {
        let entry = |word: &str| Entry {
            kind: ServiceKind::parse(word).expect("a word"),
            title: word.into(),
            icon: String::new(),
            needs_file: false,
            questions: Questions::default(),
            position: 0,
            retired_at: None,
        };
        let catalogue = Catalogue(vec![entry("salary_negotiation"), entry("kind")]);
        let word = |title| free_word(title, &catalogue).as_str().to_owned();
        assert_eq!(word("Code review"), "code_review");
        assert_eq!(word("Salary negotiation"), "salary_negotiation_2");
        assert_eq!(word("New"), "new_2");
        assert_eq!(word("職務経歴書"), "zhi_wu_jing_li_shu");
        // Words begin with a letter of ASCII.
        assert_eq!(word("30 minutes of anything"), "kind_2");
        assert_eq!(word("1 + 1"), "kind_2");
        assert!(word(&"long ".repeat(30)).len() <= ServiceKind::LONGEST);
    }
}
