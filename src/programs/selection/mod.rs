//! Selection: who is in. Decisions are staged, each with its seat, and nobody but the staff knows of them until they
//! are released: at one moment, to everybody, with one letter each.

pub mod decide;
pub mod letter;
pub mod pages;
pub mod release;
pub mod seat;
pub mod web;
