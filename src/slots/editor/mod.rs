//! What an alumnus edits: weekly hours, days off, one-off times, services.

pub mod api;
pub mod pages;
pub mod typed;
pub mod web;
pub mod week;
