//! The calendar of one service: a month, and the times of a day.

pub mod pages;
