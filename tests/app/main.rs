//! The site as its users meet it: over HTTP, mail and calendars, on a real Postgres.

mod after;
mod api;
mod architecture;
mod audit;
mod booking;
mod browser;
mod cli;
mod feeds;
mod free_times;
mod groups;
mod health;
mod imports;
mod life;
mod mail;
mod pages;
mod prepare;
mod private;
mod race;
mod random;
mod reminders;
mod security;
mod sign_in;
mod support;
mod tokens;
mod waitlist;
mod webhooks;
