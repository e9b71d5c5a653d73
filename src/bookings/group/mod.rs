//! Sessions with several guests: how many places there are, and who has one.

pub mod store;
