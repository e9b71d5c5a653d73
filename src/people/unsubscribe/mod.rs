//! The way out of letters that are not about one's own bookings (RFC 8058).

pub mod pages;
pub mod web;
