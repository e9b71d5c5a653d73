//! Answering: the form of an application, which saves itself as a draft until it is sent.

pub mod pages;
pub mod web;
