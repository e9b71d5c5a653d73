//! What coordinators and admins do: requests to join, domains, roles and standing.

pub mod pages;
pub mod place;
pub mod store;
pub mod web;

use chrono::{DateTime, Utc};

use super::{Person, Role, Standing};

/// Days without a sign-in after which somebody counts as away.
pub const AWAY: i64 = 30;

/// Which people are looked for.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// In the name or the address; empty for everybody.
    pub words: String,
    pub role: Option<Role>,
    pub standing: Option<Standing>,
    /// Whether they have used the site within [`AWAY`] days.
    pub is_here: Option<bool>,
}

/// Somebody in the list, and how much they take part.
#[derive(Clone, Debug)]
pub struct Listed {
    pub person: Person,
    /// Sessions of the thirty days before and those to come.
    pub sessions: i64,
    /// When they last used the site; none if that is not known any more.
    pub seen_at: Option<DateTime<Utc>>,
}
