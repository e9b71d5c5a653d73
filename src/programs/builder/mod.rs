//! The builder: the form of a program in blocks that are moved, changed and tried, instead of in its file.

pub mod pages;
pub mod typed;
pub mod web;
