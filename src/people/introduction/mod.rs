//! What a student shows to the hosts of their sessions, and to nobody else.

pub mod pages;
pub mod rules;
pub mod store;
pub mod web;

use crate::db::{schema, types::Words};
use diesel::prelude::*;

/// What a host reads beside a request.
#[derive(Clone, Debug, Default, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = schema::introductions)]
pub struct Introduction {
    /// What they study, and in which year; empty if they do not say.
    pub programme: String,
    /// Web addresses they chose to show, at most four.
    pub links: Words,
}

/// An introduction as its readers see it.
#[derive(Clone, Debug, Default)]
pub struct Introduced {
    pub introduction: Introduction,
    pub has_photo: bool,
}
