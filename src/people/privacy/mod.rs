//! The privacy notice, and who has agreed to which version of it.

pub mod pages;
pub mod store;
pub mod web;

use crate::{
    app::App,
    db::{PersonId, Tx},
    keys,
};

/// The notice of this site, as it is shown.
#[derive(Clone, Debug)]
pub struct PrivacyNotice {
    /// Markdown.
    pub text: String,
    /// Follows from the text: another text is another version.
    pub version: String,
}

impl PrivacyNotice {
    /// What an administrator wrote, else that of the settings, else the one that Almanac comes with.
    pub fn of(app: &App) -> Self {
        let (config, brand) = (&app.config, app.brand());
        let own = Some(brand.identity.privacy.as_str()).filter(|text| !text.is_empty());
        let text = own
            .or(config.privacy.as_deref())
            .unwrap_or(include_str!("notice.md"))
            .replace("{contact}", config.contact.as_ref())
            .replace("{retention}", &in_words(config.retention_days));
        let version = keys::digest(&text)[..12].to_owned();
        Self { text, version }
    }
}

/// 730 days are two years.
pub fn in_words(days: u16) -> String {
    match (days % 365, days / 365) {
        (0, 1) => "a year".to_owned(),
        (0, years @ 2..) => format!("{years} years"),
        _ => format!("{days} days"),
    }
}

/// Records that somebody agrees to that version; once is enough.
pub fn agree(tx: &mut Tx, person: PersonId, version: &str) -> diesel::QueryResult<()> {
    let now = tx.now()?;
    store::insert_consent(tx, person, version, now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retention_is_said_in_words() {
        assert_eq!(in_words(730), "2 years");
        assert_eq!(in_words(365), "a year");
        assert_eq!(in_words(90), "90 days");
    }
}
