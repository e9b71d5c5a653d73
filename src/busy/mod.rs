//! Calendars that keep their owners busy elsewhere, coming in; and why a time is offered or not.

mod caldav;
pub mod calendar;
pub mod download;
pub mod importer;
pub mod mail;
pub mod pages;
pub mod store;
pub mod web;
pub mod why;
