//! The week of an alumnus.

pub mod pages;
pub mod web;
