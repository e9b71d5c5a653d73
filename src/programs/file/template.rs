//! The programs that come with Almanac: six that exist, as their documents have them. What a document leaves open is
//! open here too.

use super::{Mode, read::read};

/// Names and files, in the order of the documents.
const TEMPLATES: [(&str, &str); 6] = [
    ("ectmp", include_str!("templates/ectmp.toml")),
    ("mind-to-mind", include_str!("templates/mind-to-mind.toml")),
    (
        "ieca-mentor-match",
        include_str!("templates/ieca-mentor-match.toml"),
    ),
    ("palta", include_str!("templates/palta.toml")),
    ("wsyas", include_str!("templates/wsyas.toml")),
    ("ctan", include_str!("templates/ctan.toml")),
];

/// The names of all.
pub fn names() -> impl Iterator<Item = &'static str> {
    TEMPLATES.iter().map(|(name, _)| *name)
}

/// The file of that name.
pub fn named(name: &str) -> Option<&'static str> {
    TEMPLATES
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, file)| *file)
}

/// The names of all, with what the programs are called.
pub fn titles() -> impl Iterator<Item = (&'static str, String)> {
    TEMPLATES.iter().map(|(name, file)| {
        let title = read(file).map_or_else(
            |_| (*name).to_owned(),
            |reading| {
                let kind = match reading.file.mode {
                    Mode::Cohort => "cohorts",
                    Mode::Evergreen => "always open",
                    Mode::Slots => "single sessions",
                };
                format!("{} ({kind})", reading.file.name)
            },
        );
        (*name, title)
    })
}
