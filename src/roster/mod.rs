//! Members from a spreadsheet: read, compared with who is there, looked at, and taken in, all or nothing.
//!
//! The command line and coordinators in the browser go the same way.

pub mod pages;
pub mod plan;
pub mod rows;
pub mod web;
