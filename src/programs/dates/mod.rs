//! The dates and seats of the next cohort, picked in fields or on a line instead of written in the file.

pub mod pages;
pub mod typed;
pub mod web;
