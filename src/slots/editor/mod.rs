//! What alumni edit of their own times: weekly hours, days off, one-off times; the API for it.

pub mod api;
pub mod pages;
pub mod typed;
pub mod web;
pub mod week;
