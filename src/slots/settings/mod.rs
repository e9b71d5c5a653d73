//! A person's settings. They are here because the zone decides what weekly hours mean.

pub mod web;
