//! Fair use: how much one student may have open at a time, set by coordinators.

pub mod pages;
pub mod web;
