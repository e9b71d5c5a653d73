//! What is kept about people, taken together: the copy they can have of it, its end when they leave, and how
//! long what people wrote is kept.
//!
//! Each table of the database is named once, in `tables`. Rooms below know nothing of this one.

pub mod erase;
pub mod export;
pub mod jobs;
pub mod letters;
pub mod mail;
pub mod pages;
pub mod retention;
pub mod store;
pub mod tables;
pub mod web;
