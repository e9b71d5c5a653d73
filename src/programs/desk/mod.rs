//! Where coordinators keep programs: begun from a template or a file, edited, compared, published.

pub mod pages;
pub mod web;
