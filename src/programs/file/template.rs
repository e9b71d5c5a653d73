//! The programs that come with Almanac: six that exist, as their documents have them. What a document leaves open is
//! open here too.

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
