//! Somebody’s record: what they gave, were thanked for, and how reliable they are.

pub mod pages;
pub mod web;
