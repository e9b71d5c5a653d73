//! What somebody who signs in sees first: what is next, what needs them, what is past.

pub mod pages;
pub mod web;
