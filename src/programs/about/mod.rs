//! What a program is called, where its clocks are, whom to write to, and its texts: in fields instead of in its file.

pub mod pages;
pub mod typed;
pub mod web;
