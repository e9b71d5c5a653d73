//! Almanac: a booking marketplace for alumni sessions.
//!
//! The map. Arrows point down: the roof uses the rooms, the rooms use the foundations. Within each of the
//! three, a module may use those listed before it. `tests/app/architecture` reads this list.
//!
//! THE ROOF:
//!
//! - `server`: the routes of all rooms, static files, health, what every answer carries.
//! - `worker`: periodic work, and the jobs that rooms have queued.
//! - `cli`: the command line, which starts everything else.
//!
//! THE ROOMS, one per thing people speak of:
//!
//! - `people`: accounts, inviting, joining, sign-in and its second factor, API tokens, roles and standing, the audit
//!   log, alumni profiles, the catalogue of topics, how students introduce themselves.
//! - `programs`: mentorship programs, each a file that is checked, kept in versions and published; their cohorts, who
//!   runs them, applying, reviewing, selection and release, what is inside a cohort, rehearsals.
//! - `slots`: services and the catalogue of their kinds, weekly hours, overrides, claims on time; the slots that
//!   follow; the board; the index of everybody's free time, and the search over it.
//! - `bookings`: holds and bookings: hold, book, answer a request, move, cancel; reminders; preparing a
//!   session, what comes after it, groups, the waitlist.
//! - `busy`: calendars that keep their owners busy elsewhere, coming in; why a time is offered or not.
//! - `feeds`: iCalendar subscriptions going out: sessions, events of programs, open times.
//! - `webhooks`: events about bookings and applications, sent to other programs.
//! - `personal_data`: the copy people can download of what is kept about them, and its end when they leave.
//! - `roster`: members from a spreadsheet, looked at and taken in.
//!
//! THE FOUNDATIONS, tools that have never heard of a room:
//!
//! - `clock`: what time it is; nobody else calls `Utc::now`.
//! - `input`: what people type, cleaned and measured.
//! - `keys`: the site's key and what is made with it: tokens, what is kept encrypted, digests.
//! - `config`: every environment variable, read once, typed.
//! - `identity`: how the site presents itself: name, logo, colour.
//! - `schedule`: calendar arithmetic, pure: spans, zones, repetitions, slots, free time.
//! - `spreadsheet`: reads tables as spreadsheet programs save them.
//! - `matching`: who is paired with whom: the best pairs with their proof, and stable ones; pure.
//! - `ical`: RFC 5545, pure: writing calendars, reading when foreign ones say that somebody is busy.
//! - `fetch`: HTTP to addresses that strangers typed.
//! - `mail`: a letter, and the ways to send one.
//! - `db`: threads, transactions, typed ids, the generated schema, the private server.
//! - `jobs`: work that can wait, and its queue, which is a table; what the work is, the rooms know.
//! - `error`: `Error`: what a request is told when it cannot have what it asked for.
//! - `html`: layout, form fields, dates, icons: what every page shares.
//! - `app`: `App`: database, clock, keys, limits and settings; jobs that send emails.
//! - `uploads`: files that people send: their way in, the space they use, where they are kept.
//! - `json`: bodies, cursors, problems, endpoints: what the API's rooms share.

pub mod cli;
pub mod server;
pub mod worker;

pub mod bookings;
pub mod busy;
pub mod feeds;
pub mod people;
pub mod personal_data;
pub mod programs;
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
pub mod identity;
pub mod input;
pub mod jobs;
pub mod json;
pub mod keys;
pub mod mail;
pub mod matching;
pub mod schedule;
pub mod spreadsheet;
pub mod uploads;
