//! What every page shares: the layout, form fields, dates in words, icons.

pub mod form;
pub mod icon;
pub mod layout;
pub mod markdown;
pub mod pager;
pub mod time;
pub mod week;

pub use layout::{Notice, Page, Theme};
