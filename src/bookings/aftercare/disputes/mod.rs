//! What coordinators decide about sessions: disputes, fair use, how sessions help.

pub mod pages;
pub mod web;
