//! Files that answer a question of an application.
//!
//! The answer names the file that counts, as its id and its name. A file that no answer names is one that was replaced,
//! or that came with a form that could not be sent; it stays for a day, so that nothing is lost meanwhile.

pub mod attach;
pub mod store;
pub mod web;

use chrono::TimeDelta;

use crate::db::FileId;

/// How long a file stays that no answer names.
pub const UNNAMED_STAY: TimeDelta = TimeDelta::days(1);

/// The file that an answer names, and how it is called; none where it is no file.
///
/// ```
/// use almanac::programs::application::attachment::named;
/// let answer = ["6f2a8f6e-52c5-4f0e-8a39-3d3c3f8f2a11".to_owned(), "cv.pdf".to_owned()];
/// assert_eq!(named(&answer).map(|(_, name)| name), Some("cv.pdf"));
/// assert_eq!(named(&["https://example.org/cv".to_owned()]), None);
/// ```
pub fn named(answer: &[String]) -> Option<(FileId, &str)> {
    match answer {
        [id, name] => Some((id.parse().ok()?, name)),
        _ => None,
    }
}
