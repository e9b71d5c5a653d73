//! What goes out and comes in: iCalendar subscriptions (a person's own sessions, an alumnus's open times),
//! busy calendars, and webhooks for other programs.

pub mod api;
pub mod api_webhook;
pub mod busy_calendar;
mod caldav;
pub mod fetch;
pub mod importer;
pub mod mail;
pub mod pages;
pub mod pages_busy;
pub mod pages_webhook;
pub mod pages_why;
pub mod rules;
pub mod store;
pub mod store_busy;
pub mod store_webhook;
pub mod subscription;
pub mod web;
pub mod web_busy;
pub mod web_webhook;
pub mod web_why;
pub mod webhook;
