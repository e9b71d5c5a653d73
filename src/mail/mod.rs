//! A letter, and the ways to send one: SMTP, or files where no server is set.

pub mod body;

use std::{fs, io::Write, path::PathBuf, time::Duration};

use chrono::{DateTime, Utc};
use lettre::{
    Address, AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor,
    message::{
        Body, Mailbox, MultiPart, SinglePart,
        header::{ContentTransferEncoding, ContentType, Header, HeaderName, HeaderValue},
    },
};
use secrecy::ExposeSecret;

use crate::{config::Config, ical::Method};

/// Everything that one reader gets in one email.
#[derive(Clone, Debug)]
pub struct Letter {
    pub to_name: String,
    pub to_email: String,
    pub subject: String,
    pub text: String,
    pub html: String,
    /// An invitation (RFC 6047): the iCalendar text and its METHOD.
    pub calendar: Option<(Method, String)>,
    /// Unique for the letter, the same for each attempt to send it.
    pub id: String,
    pub date: DateTime<Utc>,
}

#[derive(Debug, thiserror::Error)]
pub enum MailError {
    /// Worth another attempt.
    #[error("{0}")]
    Temporary(String),
    /// Would fail again in the same way.
    #[error("{0}")]
    Permanent(String),
}

/// The way letters leave.
pub enum Mailer {
    Smtp(Box<AsyncSmtpTransport<Tokio1Executor>>),
    /// Each mail becomes a file here.
    Files(PathBuf),
}

/// RFC 3834: keeps autoresponders from answering.
#[derive(Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".into())
    }
}

impl Mailer {
    pub fn new(config: &Config) -> Result<Self, MailError> {
        let Some(url) = &config.smtp_url else {
            return Ok(Self::Files(config.data_dir.join("mail")));
        };
        let transport = AsyncSmtpTransport::<Tokio1Executor>::from_url(url.expose_secret())
            .map_err(|e| MailError::Permanent(format!("ALMANAC_SMTP_URL: {e}")))?
            .timeout(Some(Duration::from_secs(20)))
            .build();
        Ok(Self::Smtp(Box::new(transport)))
    }

    /// Hands the letter over; an attempt never lasts over 45 seconds.
    pub async fn send(&self, letter: &Letter, config: &Config) -> Result<(), MailError> {
        let message = compose(letter, config)?;
        match self {
            Self::Files(folder) => write_file(folder, letter, &message.formatted())
                .map_err(|e| MailError::Temporary(e.to_string())),
            Self::Smtp(transport) => {
                let sending =
                    tokio::time::timeout(Duration::from_secs(45), transport.send(message));
                match sending.await {
                    Ok(Ok(_)) => Ok(()),
                    Ok(Err(error)) if error.is_permanent() => {
                        Err(MailError::Permanent(error.to_string()))
                    }
                    Ok(Err(error)) => Err(MailError::Temporary(error.to_string())),
                    Err(_) => Err(MailError::Temporary(
                        "the mail server did not answer in time".into(),
                    )),
                }
            }
        }
    }

    /// Whether the mail server answers; true for files.
    pub async fn is_reachable(&self) -> bool {
        match self {
            Self::Files(_) => true,
            Self::Smtp(transport) => {
                tokio::time::timeout(Duration::from_secs(10), transport.test_connection())
                    .await
                    .is_ok_and(|answer| answer.unwrap_or(false))
            }
        }
    }
}

/// Two dots in a row or an address we would not store cannot come from our own tables; whatever
/// does not fit is refused for good rather than guessed at.
fn compose(letter: &Letter, config: &Config) -> Result<Message, MailError> {
    let permanent = |e: &dyn std::fmt::Display| MailError::Permanent(e.to_string());
    let address: Address = letter.to_email.parse().map_err(|e| permanent(&e))?;
    let name = crate::input::line(&letter.to_name);
    let domain = config.mail_from.email.domain();
    let mut parts = MultiPart::alternative()
        .singlepart(SinglePart::plain(letter.text.clone()))
        .singlepart(SinglePart::html(letter.html.clone()));
    if let Some((method, text)) = &letter.calendar {
        let kind = format!("text/calendar; method={}; charset=UTF-8", method.as_str());
        let kind = ContentType::parse(&kind).map_err(|e| permanent(&e))?;
        // In base64 its line ends and folds arrive as they left, whoever forwards the mail.
        let body =
            Body::new_with_encoding(text.clone().into_bytes(), ContentTransferEncoding::Base64)
                .map_err(|_| MailError::Permanent("the invitation cannot be encoded".into()))?;
        parts = parts.singlepart(SinglePart::builder().header(kind).body(body));
    }
    Message::builder()
        .from(config.mail_from.clone())
        .to(Mailbox::new(Some(name).filter(|n| !n.is_empty()), address))
        .subject(crate::input::line(&letter.subject))
        .date(letter.date.into())
        .message_id(Some(format!("<{}@{domain}>", letter.id)))
        .header(AutoSubmitted)
        .multipart(parts)
        .map_err(|e| permanent(&e))
}

/// Written aside and renamed: a reader of the folder never sees half an email, and a second attempt
/// replaces the first.
fn write_file(folder: &std::path::Path, letter: &Letter, bytes: &[u8]) -> std::io::Result<()> {
    fs::create_dir_all(folder)?;
    let name = format!("{}-{}.eml", letter.date.format("%Y%m%dT%H%M%SZ"), letter.id);
    let aside = folder.join(format!(".{name}"));
    let mut file = fs::File::create(&aside)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(aside, folder.join(name))
}
