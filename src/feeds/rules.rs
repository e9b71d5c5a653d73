//! Whether a reader already has what it asks for (RFC 9110 §13); pure.

use chrono::{DateTime, Utc};

/// Decides 304: `If-None-Match` wins over `If-Modified-Since`, which is a date or ignored.
///
/// ```
/// use almanac::feeds::rules::is_known;
/// let at = "2026-03-02T08:00:00Z".parse().unwrap();
/// assert!(is_known(Some("\"x\", W/\"abc\""), None, "abc", at));
/// assert!(!is_known(Some("\"x\""), Some("Mon, 02 Mar 2026 08:00:00 GMT"), "abc", at));
/// ```
pub fn is_known(
    if_none_match: Option<&str>,
    if_modified_since: Option<&str>,
    tag: &str,
    changed_at: DateTime<Utc>,
) -> bool {
    if let Some(list) = if_none_match {
        return list.split(',').map(str::trim).any(|candidate| {
            let candidate = candidate.strip_prefix("W/").unwrap_or(candidate);
            candidate == "*" || candidate.trim_matches('"') == tag
        });
    }
    let since = if_modified_since.and_then(|text| DateTime::parse_from_rfc2822(text.trim()).ok());
    since.is_some_and(|since| changed_at.timestamp() <= since.timestamp())
}

/// An HTTP date (RFC 9110 §5.6.7).
pub fn http_date(at: DateTime<Utc>) -> String {
    at.format("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_compared_and_junk_is_ignored() {
        let at: DateTime<Utc> = "2026-03-02T08:00:00.5Z".parse().unwrap();
        assert!(is_known(None, Some(&http_date(at)), "t", at));
        assert!(!is_known(
            None,
            Some("Mon, 02 Mar 2026 07:59:59 GMT"),
            "t",
            at
        ));
        assert!(!is_known(None, Some("yesterday"), "t", at));
        assert!(!is_known(None, None, "t", at));
        assert!(is_known(Some("*"), None, "t", at));
        assert!(is_known(Some("W/\"t\""), None, "t", at));
        assert!(!is_known(Some("\"tt\""), None, "t", at));
    }
}
