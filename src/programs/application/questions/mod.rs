//! The questions of a form as an applicant meets them, and answers beside their questions.

pub mod pages;
