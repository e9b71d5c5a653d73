//! Spaces of a cohort: threads and replies, for everybody in it, for its mentors and for its mentees.

pub mod pages;
pub mod speak;
pub mod store;
pub mod web;

use crate::{
    programs::{application::CohortRole, file::settings::Value, member::Inside},
    word_enum,
};

word_enum! {
    /// Whose space it is.
    Space {
        All = "all",
        Mentors = "mentors",
        Mentees = "mentees",
    }
}

impl Space {
    pub fn words(self) -> &'static str {
        match self {
            Self::All => "Everybody",
            Self::Mentors => "Mentors",
            Self::Mentees => "Mentees",
        }
    }
}

/// The spaces of a cohort that somebody is in: those that its program has, of their roles. Staff is in all.
pub fn of(inside: &Inside) -> Vec<Space> {
    let Some(Value::Words(words)) = inside.file.value("spaces") else {
        return Vec::new();
    };
    let is_in = |space: &Space| match space {
        _ if inside.staff.is_some() => true,
        Space::All => true,
        Space::Mentors => inside.is(CohortRole::Mentor),
        Space::Mentees => inside.is(CohortRole::Mentee),
    };
    let all = words.iter().filter_map(|word| Space::parse(word));
    all.filter(is_in).collect()
}
