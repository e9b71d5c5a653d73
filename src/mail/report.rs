//! What comes back about letters: bounces (RFC 3464) and complaints (RFC 5965).

use mail_parser::{MessageParser, MimeHeaders};

/// Why a letter did not arrive as it should.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// The address takes no mail, for good.
    Bounce,
    /// Its reader has marked a letter as spam.
    Complaint,
}

impl Trouble {
    pub const ALL: [Self; 2] = [Self::Bounce, Self::Complaint];

    /// As it is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Bounce => "bounce",
            Self::Complaint => "complaint",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|trouble| trouble.as_str() == text)
    }
}

/// What a report says about one address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    pub email: String,
    pub trouble: Trouble,
    /// What the mail server said, in a line.
    pub detail: String,
}

/// Whether a server that refuses a letter for good says that there is no such mailbox or that it is closed
/// (RFC 3463), and not that it does not want us as a sender or this letter.
///
/// ```
/// use almanac::mail::report::is_about_mailbox;
/// assert!(is_about_mailbox("permanent error (550): 5.1.1 no such mailbox"));
/// assert!(!is_about_mailbox("permanent error (550): 5.7.1 sender not allowed"));
/// ```
pub fn is_about_mailbox(said: &str) -> bool {
    const CODES: [&str; 6] = ["5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1"];
    said.split_whitespace().any(|word| CODES.contains(&word))
}

/// The reports in a message as it came in. Delays do not count, and neither does an ordinary letter.
///
/// ```
/// use almanac::mail::report::{Trouble, reports};
/// let message = "Content-Type: multipart/report; report-type=delivery-status; boundary=x\r\n\r\n\
///     --x\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mail.example.org\r\n\r\n\
///     Final-Recipient: rfc822; gone@example.org\r\nAction: failed\r\nStatus: 5.1.1\r\n--x--\r\n";
/// let found = reports(message.as_bytes());
/// assert_eq!((found[0].email.as_str(), found[0].trouble), ("gone@example.org", Trouble::Bounce));
/// ```
pub fn reports(message: &[u8]) -> Vec<Report> {
    let Some(message) = MessageParser::new().parse(message) else {
        return Vec::new();
    };
    let parts = message.parts.iter();
    parts
        .flat_map(|part| {
            let kind = part.content_type();
            let kind = kind.map(|t| {
                (
                    t.ctype().to_lowercase(),
                    t.subtype().unwrap_or("").to_lowercase(),
                )
            });
            let text = String::from_utf8_lossy(part.contents());
            match kind.as_ref().map(|(t, s)| (t.as_str(), s.as_str())) {
                Some(("message", "delivery-status" | "global-delivery-status")) => bounces(&text),
                Some(("message", "feedback-report")) => complaints(&text),
                _ => Vec::new(),
            }
        })
        .collect()
}

/// One group of fields for each recipient, after one about the letter.
fn bounces(text: &str) -> Vec<Report> {
    let text = text.replace("\r\n", "\n");
    let groups = text.split("\n\n").map(fields);
    groups
        .filter(|group| {
            value(group, "action").is_some_and(|action| action.to_lowercase().starts_with("failed"))
        })
        .filter(|group| value(group, "status").is_none_or(|status| status.starts_with('5')))
        .filter_map(|group| {
            let recipients = ["original-recipient", "final-recipient"].into_iter();
            let email = recipients
                .filter_map(|name| value(&group, name))
                .find_map(address)?;
            let said = value(&group, "diagnostic-code").or_else(|| value(&group, "status"));
            Some(Report {
                email,
                trouble: Trouble::Bounce,
                detail: crate::input::line(said.unwrap_or_default()),
            })
        })
        .collect()
}

fn complaints(text: &str) -> Vec<Report> {
    let group = fields(&text.replace("\r\n", "\n"));
    let kind = value(&group, "feedback-type")
        .unwrap_or_default()
        .to_lowercase();
    if !["abuse", "fraud", "opt-out"].contains(&kind.as_str()) {
        return Vec::new();
    }
    let recipients = group.iter().filter(|(name, _)| name == "original-rcpt-to");
    recipients
        .filter_map(|(_, recipient)| {
            Some(Report {
                email: address(recipient)?,
                trouble: Trouble::Complaint,
                detail: crate::input::line(&kind),
            })
        })
        .collect()
}

/// Header fields, their names in lower case, unfolded.
fn fields(text: &str) -> Vec<(String, String)> {
    let mut fields: Vec<(String, String)> = Vec::new();
    for line in text.lines() {
        if line.starts_with([' ', '\t']) {
            if let Some((_, value)) = fields.last_mut() {
                value.push(' ');
                value.push_str(line.trim());
            }
        } else if let Some((name, value)) = line.split_once(':') {
            fields.push((name.trim().to_lowercase(), value.trim().to_owned()));
        }
    }
    fields
}

fn value<'a>(group: &'a [(String, String)], name: &str) -> Option<&'a str> {
    let found = group.iter().find(|(n, _)| n == name);
    found
        .map(|(_, value)| value.as_str())
        .filter(|value| !value.is_empty())
}

/// The address in `rfc822; <ada@example.org>`.
fn address(text: &str) -> Option<String> {
    let text = text.rsplit(';').next().unwrap_or(text).trim();
    crate::input::email(text.trim_matches(['<', '>']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_and_letters_are_no_reports() {
        let with = |action: &str, status: &str| {
            reports(
                format!(
                    "Subject: Undelivered\r\nMIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status;\r\n boundary=\"x\"\r\n\r\n\
                     --x\r\n\r\nIt did not arrive.\r\n--x\r\nContent-Type: message/delivery-status\r\n\r\n\
                     Reporting-MTA: dns; mail.example.org\r\n\r\n\
                     Original-Recipient: rfc822;Ada@example.org\r\nFinal-Recipient: rfc822; x@elsewhere.example\r\nAction: {action}\r\nStatus: {status}\r\n\
                     Diagnostic-Code: smtp; 550 5.1.1\r\n No such user\r\n\r\n\
                     Final-Recipient: rfc822; <bea@example.org>\r\nAction: delivered\r\n--x--\r\n"
                )
                .as_bytes(),
            )
        };
        let found = with("failed", "5.1.1");
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].email, "ada@example.org");
        assert_eq!(found[0].detail, "smtp; 550 5.1.1 No such user");
        assert!(with("delayed", "4.4.1").is_empty());
        assert!(with("failed", "4.4.1").is_empty());
        assert!(
            reports(
                b"Subject: hello\r\n\r\nAction: failed\r\nFinal-Recipient: rfc822; a@example.org"
            )
            .is_empty()
        );
        assert!(reports(b"").is_empty());
    }

    #[test]
    fn complaints_name_who_complains() {
        let text = "MIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=feedback-report; boundary=x\r\n\r\n\
            --x\r\nContent-Type: message/feedback-report\r\n\r\nFeedback-Type: abuse\r\nVersion: 1\r\nOriginal-Rcpt-To: <ada@example.org>\r\n--x--\r\n";
        let found = reports(text.as_bytes());
        assert_eq!(
            (found[0].email.as_str(), found[0].trouble),
            ("ada@example.org", Trouble::Complaint)
        );
        assert!(reports(text.replace("abuse", "not-spam").as_bytes()).is_empty());
    }
}
