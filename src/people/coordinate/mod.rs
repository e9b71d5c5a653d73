//! What coordinators and admins do: requests to join, domains, roles and standing.

pub mod pages;
pub mod place;
pub mod web;
