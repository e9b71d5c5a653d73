//! iCalendar subscriptions going out (a person's own sessions, an alumnus's open times) and busy
//! calendars coming in.

pub mod api;
pub mod busy_calendar;
pub mod fetch;
pub mod importer;
pub mod mail;
pub mod pages;
pub mod pages_busy;
pub mod pages_why;
pub mod rules;
pub mod store;
pub mod store_busy;
pub mod subscription;
pub mod web;
pub mod web_busy;
pub mod web_why;
