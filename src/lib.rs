//! Almanac: a booking marketplace for alumni sessions.
//!
//! The map. Arrows point down: each module may use those below it, a room those before it.
//!
//! - `cli`: the command line, which starts everything else.
//! - `server`: THE ROOF: the routes of all rooms, static files, health, what every answer carries.
//! - `worker`: one exhaustive `match`, from a `Job` to the room that does it.
//!
//! THE ROOMS, one per thing people speak of; each may use those before it:
//!
//! - `people`: accounts, joining, sign-in and its second factor, API tokens, roles and standing, the audit log,
//!   alumni profiles, students.
//! - `slots`: services, weekly hours, overrides, claims on time; the slots that follow; the board; the
//!   index of everybody's free time, and the search over it.
//! - `bookings`: holds and bookings: hold, book, answer a request, move, cancel; reminders; preparing a
//!   session, what comes after it, groups, the waitlist.
//! - `busy`: calendars that keep their owners busy elsewhere, coming in; why a time is offered or not.
//! - `feeds`: iCalendar subscriptions going out.
//! - `webhooks`: what other programs hear of bookings.
//! - `personal_data`: the copy people can have of what is kept about them, its end when they leave.
//! - `roster`: members from a spreadsheet, looked at and taken in.
//!
//! THE FOUNDATIONS, tools that have never heard of a room:
//!
//! - `schedule`: calendar arithmetic, pure: spans, zones, repetitions, slots, free time.
//! - `ical`: RFC 5545, pure: writing calendars, reading when foreign ones say that somebody is busy.
//! - `db`: threads, transactions, typed ids, the generated schema, the private server.
//! - `jobs`: the `Job` enum and its queue, which is a table.
//! - `fetch`: HTTP to addresses that strangers typed.
//! - `uploads`: files that people send: their way in, the room they take, where they stay.
//! - `mail`: a letter, and the ways to send one.
//! - `html`: layout, form fields, dates, icons: what every page shares.
//! - `spreadsheet`: tables as spreadsheet programs save them, read.
//! - `json`: bodies, cursors, problems: what the API's rooms share.
//! - `input`: what people type, cleaned and measured.
//! - `app`: `App`: database, clock, keys, limits and settings.
//! - `clock`: what time it is; nobody else calls `Utc::now`.
//! - `config`: every environment variable, read once, typed.
//! - `error`: `Error`: what a request hears when it cannot have what it asked for.

pub mod cli;
pub mod server;
pub mod worker;

pub mod bookings;
pub mod busy;
pub mod feeds;
pub mod people;
pub mod personal_data;
pub mod roster;
pub mod slots;
pub mod webhooks;

pub mod app;
pub mod clock;
pub mod config;
pub mod db;
pub mod error;
pub mod fetch;
pub mod html;
pub mod ical;
pub mod input;
pub mod jobs;
pub mod json;
pub mod mail;
pub mod schedule;
pub mod spreadsheet;
pub mod uploads;
