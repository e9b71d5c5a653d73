//! A letter, and the ways to send one: SMTP, or files where no server is set.

pub mod body;
pub mod report;

use std::{fs, io::Write, path::PathBuf, time::Duration};

use chrono::{DateTime, Utc};
use lettre::{
    Address, AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor,
    message::{
        Body, Mailbox, MultiPart, SinglePart,
        header::{ContentTransferEncoding, ContentType, Header, HeaderName, HeaderValue},
    },
    transport::smtp::{
        client::{Tls, TlsParameters},
        extension::ClientId,
    },
};
use secrecy::ExposeSecret;

use self::body::Block;
use crate::{config::Config, ical::Method, identity::Identity};

/// Everything that one reader gets in one email.
#[derive(Clone, Debug)]
pub struct Letter {
    pub to_name: String,
    pub to_email: String,
    pub subject: String,
    pub blocks: Vec<Block>,
    /// An invitation (RFC 6047): the iCalendar text and its METHOD.
    pub calendar: Option<(Method, String)>,
    /// Unique for the letter, the same for each attempt to send it.
    pub id: String,
    pub date: DateTime<Utc>,
    /// Where its reader can leave such letters; none where it is about their own bookings or account.
    pub unsubscribe: Option<String>,
}

impl Letter {
    /// The same letter, which its reader can leave there.
    pub fn leaving_at(mut self, url: String) -> Self {
        self.unsubscribe = Some(url);
        self
    }
}

/// Whom a letter goes to, its id and its date.
#[derive(Clone, Debug)]
pub struct Envelope {
    pub name: String,
    pub email: String,
    pub id: String,
    pub date: DateTime<Utc>,
}

impl Envelope {
    /// The letter about what the blocks say.
    pub fn letter(self, subject: &str, blocks: &[Block]) -> Letter {
        Letter {
            unsubscribe: None,
            to_name: self.name,
            to_email: self.email,
            subject: subject.to_owned(),
            blocks: blocks.to_vec(),
            calendar: None,
            id: self.id,
            date: self.date,
        }
    }
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

/// RFC 2369 and RFC 8058: mail programs show it as a button.
macro_rules! header {
    ($name:ident, $text:literal) => {
        #[derive(Clone)]
        struct $name(String);

        impl Header for $name {
            fn name() -> HeaderName {
                HeaderName::new_from_ascii_str($text)
            }

            fn parse(text: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
                Ok(Self(text.to_owned()))
            }

            fn display(&self) -> HeaderValue {
                HeaderValue::new(Self::name(), self.0.clone())
            }
        }
    };
}
header!(ListUnsubscribe, "List-Unsubscribe");
header!(ListUnsubscribePost, "List-Unsubscribe-Post");

impl Mailer {
    pub fn new(config: &Config) -> Result<Self, MailError> {
        let Some(url) = &config.smtp_url else {
            return Ok(Self::Files(config.data_dir.join("mail")));
        };
        let wrong =
            |e: &dyn std::fmt::Display| MailError::Permanent(format!("ALMANAC_SMTP_URL: {e}"));
        let url = url.expose_secret();
        let mut builder =
            AsyncSmtpTransport::<Tokio1Executor>::from_url(url).map_err(|e| wrong(&e))?;
        if let Some(tls) = tls_unless_chosen(url).map_err(|e| wrong(&e))? {
            builder = builder.tls(tls);
        }
        let transport = builder
            .hello_name(own_name(config))
            .timeout(Some(Duration::from_secs(20)))
            .build();
        Ok(Self::Smtp(Box::new(transport)))
    }

    /// Hands the letter over; an attempt never lasts over 45 seconds.
    pub async fn send(
        &self,
        letter: &Letter,
        sender: &Mailbox,
        site: &Identity,
    ) -> Result<(), MailError> {
        let message = compose(letter, sender, site)?;
        match self {
            Self::Files(folder) => write_file(folder, letter, &message.formatted())
                .map_err(|e| MailError::Temporary(e.to_string())),
            Self::Smtp(transport) => {
                let sending =
                    tokio::time::timeout(Duration::from_secs(45), transport.send(message));
                match sending.await {
                    Ok(Ok(_)) => Ok(()),
                    // A server that does not even talk to us has not judged the letter.
                    Ok(Err(error)) if error.is_permanent() => match self.probe().await {
                        Ok(()) => Err(MailError::Permanent(error.to_string())),
                        Err(refusal) => Err(MailError::Temporary(refusal)),
                    },
                    Ok(Err(error)) => Err(MailError::Temporary(error.to_string())),
                    Err(_) => Err(MailError::Temporary(
                        "the mail server did not answer in time".into(),
                    )),
                }
            }
        }
    }

    /// Greets the mail server and signs in as for a letter; what is wrong, if anything. Files are always well.
    pub async fn probe(&self) -> Result<(), String> {
        let Self::Smtp(transport) = self else {
            return Ok(());
        };
        let probe = transport.test_connection();
        match tokio::time::timeout(Duration::from_secs(10), probe).await {
            Ok(Ok(true)) => Ok(()),
            Ok(Ok(false)) => Err("the mail server closed the connection".into()),
            Ok(Err(error)) => Err(in_full(&error)),
            Err(_) => Err("the mail server did not answer within ten seconds".into()),
        }
    }
}

/// An error with what it comes from.
fn in_full(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text += &format!(": {cause_text}");
        }
        source = cause.source();
    }
    text
}

/// The name by which we greet mail servers: the domain that mail comes from, else that of the site. The name of
/// a machine is often bare, and refused.
fn own_name(config: &Config) -> ClientId {
    let sender = config.mail_from.email.domain();
    if sender.contains('.') && !sender.starts_with('[') {
        return ClientId::Domain(sender.to_owned());
    }
    match config.base_url.host() {
        Some(url::Host::Domain(name)) => ClientId::Domain(name.to_owned()),
        Some(url::Host::Ipv4(address)) => ClientId::Ipv4(address),
        Some(url::Host::Ipv6(address)) => ClientId::Ipv6(address),
        None => ClientId::default(),
    }
}

/// Without a word about TLS in the address, TLS is used where the server offers it, whoever's its certificate is:
/// better than the plain text that it replaces (RFC 7435). Where a password goes to it, TLS is required, with a
/// certificate that is known.
fn tls_unless_chosen(address: &str) -> Result<Option<Tls>, lettre::transport::smtp::Error> {
    let Ok(url) = url::Url::parse(address) else {
        return Ok(None);
    };
    if url.scheme() != "smtp" || url.query_pairs().any(|(name, _)| name == "tls") {
        return Ok(None);
    }
    let host = url.host_str().unwrap_or_default();
    let is_checked = url.password().is_some();
    let is_here = matches!(host, "localhost" | "127.0.0.1" | "[::1]");
    let parameters = TlsParameters::builder(host.to_owned())
        .dangerous_accept_invalid_certs(!is_checked)
        .dangerous_accept_invalid_hostnames(!is_checked)
        .build_rustls()?;
    // A password never goes over a network in the clear.
    Ok(Some(if is_checked && !is_here {
        Tls::Required(parameters)
    } else {
        Tls::Opportunistic(parameters)
    }))
}

/// Two dots in a row or an address we would not store cannot come from our own tables; whatever
/// does not fit is refused for good rather than guessed at.
fn compose(letter: &Letter, sender: &Mailbox, site: &Identity) -> Result<Message, MailError> {
    let permanent = |e: &dyn std::fmt::Display| MailError::Permanent(e.to_string());
    let address: Address = letter.to_email.parse().map_err(|e| permanent(&e))?;
    let name = crate::input::line(&letter.to_name);
    let domain = sender.email.domain();
    let mut parts = MultiPart::alternative()
        .singlepart(SinglePart::plain(body::text(
            site,
            &letter.subject,
            &letter.blocks,
        )))
        .singlepart(SinglePart::html(body::html(
            site,
            &letter.subject,
            &letter.blocks,
        )));
    if let Some((method, text)) = &letter.calendar {
        let kind = format!("text/calendar; method={}; charset=UTF-8", method.as_str());
        let kind = ContentType::parse(&kind).map_err(|e| permanent(&e))?;
        // In base64 its line ends and folds arrive as they left, whoever forwards the mail.
        let body =
            Body::new_with_encoding(text.clone().into_bytes(), ContentTransferEncoding::Base64)
                .map_err(|_| MailError::Permanent("the invitation cannot be encoded".into()))?;
        parts = parts.singlepart(SinglePart::builder().header(kind).body(body));
    }
    let mut message = Message::builder();
    if let Some(url) = &letter.unsubscribe {
        message = message
            .header(ListUnsubscribe(format!("<{url}>")))
            .header(ListUnsubscribePost("List-Unsubscribe=One-Click".into()));
    }
    message
        .from(sender.clone())
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
