//! iCalendar subscriptions going out: a person's own sessions and events of programs, and an alumnus's open times.

pub mod api;
pub mod pages;
pub mod rules;
pub mod store;
pub mod subscription;
pub mod web;
