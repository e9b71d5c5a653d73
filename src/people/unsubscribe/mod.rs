//! The way out of letters that are not about one's own bookings (RFC 8058).

pub mod pages;
pub mod store;
pub mod web;

use crate::{
    db::PersonId,
    keys::{Keys, Purpose},
};

/// Of the link that ends reminders.
pub const UNSUBSCRIBE: Purpose = Purpose::numbered(8);

/// The path by which somebody leaves.
pub fn path(keys: &Keys, person: PersonId) -> String {
    let token = keys.seal(UNSUBSCRIBE, person.0.as_bytes(), b"");
    format!("/unsubscribe/{token}")
}
