//! The catalogue: the kinds of service that there are, and what each asks for. Coordinators edit it.

pub mod api;
pub mod edit;
pub mod pages;
pub mod rules;
pub mod store;
pub mod web;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use super::{Questions, ServiceKind};
use crate::db::schema;

/// A kind of service.
#[derive(
    Clone,
    Debug,
    PartialEq,
    Eq,
    Serialize,
    Deserialize,
    Queryable,
    Selectable,
    Insertable,
    AsChangeset,
)]
#[diesel(table_name = schema::service_kinds, primary_key(kind), treat_none_as_null = true)]
pub struct Entry {
    /// Its word in addresses and the API; never changes.
    pub kind: ServiceKind,
    pub title: String,
    /// A word of `html::icon::KINDS`.
    pub icon: String,
    /// Whether a new service of it asks for a document unless its owner says otherwise.
    pub needs_file: bool,
    /// What a new service of it asks unless its owner says otherwise.
    pub questions: Questions,
    /// Its place in lists.
    pub position: i32,
    /// Since when no new service can be of it.
    pub retired_at: Option<DateTime<Utc>>,
}

/// Kinds of service in their order.
#[derive(
    Clone, Debug, Default, Serialize, Deserialize, diesel::AsExpression, diesel::FromSqlRow,
)]
#[diesel(sql_type = diesel::sql_types::Jsonb)]
pub struct Catalogue(pub Vec<Entry>);

crate::stored_as_json!(Catalogue);

impl Catalogue {
    pub fn find(&self, word: &str) -> Option<&Entry> {
        self.0.iter().find(|entry| entry.kind.as_str() == word)
    }

    /// The title of a kind; its word if it is not among these.
    pub fn title<'a>(&'a self, kind: &'a ServiceKind) -> &'a str {
        self.find(kind.as_str())
            .map_or(kind.as_str(), |entry| entry.title.as_str())
    }

    /// The word of its icon, for `html::icon::of_kind`.
    pub fn icon(&self, kind: &ServiceKind) -> &str {
        self.find(kind.as_str())
            .map_or("", |entry| entry.icon.as_str())
    }

    /// Those that a new service can be of.
    pub fn offered(&self) -> impl Iterator<Item = &Entry> {
        self.0.iter().filter(|entry| entry.retired_at.is_none())
    }

    /// The kind of that word, if it can be chosen: it is offered, or is what was chosen before (empty: nothing).
    pub fn choice(&self, word: &str, before: &str) -> Option<&Entry> {
        let entry = self.find(word)?;
        (entry.retired_at.is_none() || word == before).then_some(entry)
    }

    /// Words and titles of those that can be chosen.
    pub fn choices<'a>(&'a self, before: &'a str) -> impl Iterator<Item = (&'a str, String)> {
        let words = self.0.iter().map(|entry| entry.kind.as_str());
        let choices = words.filter_map(move |word| self.choice(word, before));
        choices.map(|entry| (entry.kind.as_str(), entry.title.clone()))
    }
}
