//! HTTP to addresses that strangers typed, without being led anywhere else: fetching, and posting.
//!
//! Every hop's name is resolved once, its addresses are looked at, and the connection goes to these
//! and no others; what is not the public internet is refused unless the settings allow it.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use ipnet::IpNet;
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use reqwest::{Method, StatusCode, header};
use url::{Host, Url};

const MOST_REDIRECTS: usize = 5;
const CONNECT: Duration = Duration::from_secs(10);
/// Longest that a fetch takes as a whole.
pub const WHOLE: Duration = Duration::from_secs(30);
const LONGEST_POST: Duration = Duration::from_secs(20);
/// Longest wait that a server may ask for.
const LONGEST_WAIT: TimeDelta = TimeDelta::days(1);
/// Longest address that is kept.
pub const LONGEST_ADDRESS: usize = 2000;

/// What is known of the copy that we have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Validators {
    pub etag: String,
    pub last_modified: String,
}

#[derive(Debug)]
pub enum Fetched {
    Body(Vec<u8>, Validators),
    /// What we have is what there is.
    NotModified,
    /// The server says that it will never be there again.
    Gone,
}

/// Why there is no calendar. Whoever asked is told no more than that, so that nobody can feel around
/// our network with it.
#[derive(Debug, Default)]
pub struct Failed {
    pub retry_after: Option<TimeDelta>,
    /// The host does not answer, or says that it cannot: others of it may as well wait.
    pub is_of_host: bool,
}

impl Failed {
    /// The host's failure, not the address's.
    pub fn of_host() -> Self {
        Self {
            is_of_host: true,
            ..Self::default()
        }
    }
}

/// An address as it is kept: http or https, webcal stands for https; no user, no fragment. None if it
/// cannot be one.
pub fn address(text: &str) -> Option<Url> {
    let text = text.trim();
    if text.len() > LONGEST_ADDRESS {
        return None;
    }
    let lower = text.to_ascii_lowercase();
    let web = ["webcal://", "webcals://"]
        .iter()
        .find(|scheme| lower.starts_with(**scheme))
        .map(|scheme| format!("https://{}", &text[scheme.len()..]));
    let mut url = Url::parse(web.as_deref().unwrap_or(text)).ok()?;
    url.set_fragment(None);
    let is_web = matches!(url.scheme(), "http" | "https");
    let is_plain = url.username().is_empty() && url.password().is_none();
    (is_web && is_plain && url.host().is_some()).then_some(url)
}

/// Whether an address on the network is on the public internet.
pub fn is_public(ip: IpAddr) -> bool {
    match ip.to_canonical() {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => is_public_v6(ip),
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    !(ip.is_private()
        || ip.is_loopback()
        || ip.is_link_local()
        || ip.is_multicast()
        || ip.is_broadcast()
        || ip.is_documentation()
        || a == 0
        || a >= 240
        || (a == 100 && b & 0xC0 == 64)
        || (a, b, c) == (192, 0, 0)
        || (a, b, c) == (192, 88, 99)
        || (a, b & 0xFE) == (198, 18))
}

fn is_public_v6(ip: Ipv6Addr) -> bool {
    let [a, b, ..] = ip.segments();
    // Of the global addresses, those that carry another address inside lead who knows where.
    let is_global = a & 0xE000 == 0x2000;
    let is_teredo_or_other = a == 0x2001 && b < 0x0200;
    let is_documentation = (a, b) == (0x2001, 0x0DB8) || (a == 0x3FFF && b < 0x1000);
    let is_6to4 = a == 0x2002;
    is_global && !is_teredo_or_other && !is_documentation && !is_6to4
}

/// A calendar's address, and who asks there.
#[derive(Clone, PartialEq, Eq)]
pub struct Source {
    pub url: Url,
    /// User and password of the Basic scheme (RFC 7617), for this host alone.
    pub login: Option<(String, String)>,
}

impl Source {
    /// From what was typed: a user and a password may stand in the address as well. None if it cannot be one.
    ///
    /// ```
    /// use almanac::fetch::Source;
    /// let source = Source::typed("https://ada:a%20b@cloud.example.org/cal", "", "").unwrap();
    /// assert_eq!(source.url.as_str(), "https://cloud.example.org/cal");
    /// assert_eq!(source.login, Some(("ada".into(), "a b".into())));
    /// ```
    pub fn typed(text: &str, user: &str, password: &str) -> Option<Self> {
        let mut login = (!user.is_empty()).then(|| (user.to_owned(), password.to_owned()));
        let mut text = text.trim().to_owned();
        if let Ok(mut url) = Url::parse(&text)
            && !url.username().is_empty()
        {
            let plain = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
            let inside = (
                plain(url.username()),
                plain(url.password().unwrap_or_default()),
            );
            login.get_or_insert(inside);
            url.set_username("").ok()?;
            url.set_password(None).ok()?;
            text = url.to_string();
        }
        Some(Self {
            url: address(&text)?,
            login,
        })
    }

    /// As it is kept, encrypted: an address, with user and password in it.
    pub fn to_text(&self) -> String {
        let mut url = self.url.clone();
        if let Some((user, password)) = &self.login {
            // An address with a host takes both.
            let _ = url.set_username(&encode(user));
            let _ = url.set_password(Some(&encode(password)));
        }
        url.to_string()
    }

    /// From what is kept.
    pub fn from_text(text: &str) -> Option<Self> {
        Self::typed(text, "", "")
    }
}

fn encode(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

/// What is asked of a server.
pub struct Ask {
    pub method: Method,
    /// XML, with how deep it goes (RFC 4918 §10.2).
    pub body: Option<(String, &'static str)>,
    pub known: Validators,
}

/// Whom an errand is for, and where it may go.
#[derive(Clone, Copy)]
pub struct Errand<'a> {
    pub source: &'a Source,
    /// Networks that may be reached besides the public internet.
    pub allow: &'a [IpNet],
}

/// The answer to a question, and where it came from in the end.
pub async fn follow(
    errand: Errand<'_>,
    mut at: Url,
    ask: &Ask,
) -> Result<(reqwest::Response, Url), Failed> {
    for _ in 0..=MOST_REDIRECTS {
        let addresses = vetted(&at, errand.allow)
            .await
            .ok_or_else(Failed::default)?;
        let response = request(errand, &at, &addresses, ask)
            .await
            .map_err(|_| Failed::of_host())?;
        let status = response.status();
        if !status.is_redirection() || status == StatusCode::NOT_MODIFIED {
            return Ok((response, at));
        }
        let next = response
            .headers()
            .get(header::LOCATION)
            .and_then(|value| value.to_str().ok())
            .and_then(|location| at.join(location).ok())
            .and_then(|url| address(url.as_str()))
            .ok_or_else(Failed::default)?;
        // Whoever was reached safely is not left for what can be listened to.
        if at.scheme() == "https" && next.scheme() == "http" {
            return Err(Failed::default());
        }
        at = next;
    }
    Err(Failed::default())
}

/// Where to connect to: all addresses of the name, if every one of them may be reached.
async fn vetted(url: &Url, allow: &[IpNet]) -> Option<Vec<SocketAddr>> {
    let port = url.port_or_known_default()?;
    let addresses: Vec<SocketAddr> = match url.host()? {
        Host::Ipv4(ip) => vec![(ip, port).into()],
        Host::Ipv6(ip) => vec![(ip, port).into()],
        Host::Domain(name) => tokio::time::timeout(CONNECT, tokio::net::lookup_host((name, port)))
            .await
            .ok()?
            .ok()?
            .collect(),
    };
    let is_allowed = |ip: IpAddr| allow.iter().any(|net| net.contains(&ip.to_canonical()));
    let may_reach = |address: &SocketAddr| {
        is_allowed(address.ip()) || (is_public(address.ip()) && matches!(port, 80 | 443))
    };
    (!addresses.is_empty() && addresses.iter().all(may_reach)).then_some(addresses)
}

/// Connects to these addresses and no others, and follows nothing by itself.
fn client(url: &Url, addresses: &[SocketAddr]) -> reqwest::Result<reqwest::Client> {
    let name = url.host_str().unwrap_or_default();
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .referer(false)
        .connect_timeout(CONNECT)
        .timeout(WHOLE)
        .user_agent("Almanac")
        .resolve_to_addrs(name, addresses)
        .build()
}

async fn request(
    errand: Errand<'_>,
    url: &Url,
    addresses: &[SocketAddr],
    ask: &Ask,
) -> reqwest::Result<reqwest::Response> {
    let mut request = client(url, addresses)?
        .request(ask.method.clone(), url.clone())
        .header(header::ACCEPT, "text/calendar, text/plain;q=0.5, */*;q=0.1");
    // Never to another host, and in the clear only within a network that the settings name.
    let is_inside = |address: &SocketAddr| {
        let ip = address.ip().to_canonical();
        errand.allow.iter().any(|net| net.contains(&ip))
    };
    let is_safe = url.scheme() == "https" || addresses.iter().all(is_inside);
    if let Some((user, password)) = &errand.source.login
        && url.origin() == errand.source.url.origin()
        && is_safe
    {
        request = request.basic_auth(user, Some(password));
    }
    if let Some((body, depth)) = &ask.body {
        request = request
            .header(header::CONTENT_TYPE, "application/xml; charset=utf-8")
            .header("depth", *depth)
            .body(body.clone());
    }
    if !ask.known.etag.is_empty() {
        request = request.header(header::IF_NONE_MATCH, &ask.known.etag);
    }
    if !ask.known.last_modified.is_empty() {
        request = request.header(header::IF_MODIFIED_SINCE, &ask.known.last_modified);
    }
    request.send().await
}

/// What an endpoint said, or why it said nothing.
#[derive(Debug)]
pub struct Response {
    pub status: Option<u16>,
    /// Empty if it was taken.
    pub error: String,
}

/// Posts JSON. Redirects are not followed: an endpoint says where it is.
pub async fn post(
    address: &Url,
    headers: &[(&'static str, String)],
    body: String,
    allow: &[IpNet],
) -> Response {
    let failed = |error: &str| Response {
        status: None,
        error: error.to_owned(),
    };
    // Whoever asked is told no more than that, so that nobody can feel around our network with it.
    let Some(addresses) = vetted(address, allow).await else {
        return failed("the address cannot be reached");
    };
    let sent = async {
        let mut request = client(address, &addresses)?
            .post(address.clone())
            .header(header::CONTENT_TYPE, "application/json")
            .body(body);
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        request.send().await
    };
    match tokio::time::timeout(LONGEST_POST, sent).await {
        Ok(Ok(response)) => {
            let status = response.status();
            let is_taken = status.is_success();
            Response {
                status: Some(status.as_u16()),
                error: if is_taken { "" } else { "not accepted" }.to_owned(),
            }
        }
        Ok(Err(_)) => failed("no answer"),
        Err(_) => failed("no answer within 20 seconds"),
    }
}

/// What a server's answer to a fetch means; its body has at most `most` bytes.
pub async fn answer(mut response: reqwest::Response, most: usize) -> Result<Fetched, Failed> {
    let text = |name: header::HeaderName| {
        let value = response.headers().get(name)?.to_str().ok()?;
        (value.len() <= 500).then(|| value.to_owned())
    };
    let validators = Validators {
        etag: text(header::ETAG).unwrap_or_default(),
        last_modified: text(header::LAST_MODIFIED).unwrap_or_default(),
    };
    let status = response.status();
    match status {
        StatusCode::OK => {}
        StatusCode::NOT_MODIFIED => return Ok(Fetched::NotModified),
        StatusCode::GONE => return Ok(Fetched::Gone),
        _ => {
            let retry_after = text(header::RETRY_AFTER).and_then(|value| retry_after(&value));
            let is_of_host = status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS;
            return Err(Failed {
                retry_after,
                is_of_host,
            });
        }
    }
    Ok(Fetched::Body(body(&mut response, most).await?, validators))
}

/// A body of at most this many bytes.
pub async fn body(response: &mut reqwest::Response, most: usize) -> Result<Vec<u8>, Failed> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|_| Failed::default())? {
        if body.len() + chunk.len() > most {
            return Err(Failed::default());
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// RFC 9110 §10.2.3, in seconds only: a date would need the server's clock.
fn retry_after(value: &str) -> Option<TimeDelta> {
    let seconds = value.trim().parse::<u32>().ok()?;
    Some(TimeDelta::seconds(seconds.into()).min(LONGEST_WAIT))
}

/// When to try again after this many failures in a row: from a quarter of an hour, doubling up to a
/// day, a quarter more or less by `jitter` (0 to 1).
pub fn next_try(failures: i32, failed: &Failed, jitter: f64, now: DateTime<Utc>) -> DateTime<Utc> {
    let minutes = 15.0 * 2f64.powi(failures.clamp(1, 8) - 1) * (0.75 + jitter / 2.0);
    let own = TimeDelta::seconds((minutes.min(1440.0) * 60.0) as i64);
    now + failed.retry_after.map_or(own, |asked| asked.max(own))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_public_internet_is_public() {
        for inside in [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "100.127.9.9",
            "0.0.0.0",
            "0.1.2.3",
            "192.0.0.8",
            "198.18.0.1",
            "198.19.255.1",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "192.0.2.1",
            "192.88.99.1",
            "::1",
            "::",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::127.0.0.1",
            "fe80::1",
            "fc00::1",
            "fd12::1",
            "ff02::1",
            "64:ff9b::7f00:1",
            "64:ff9b:1::1",
            "2002:7f00:1::",
            "2001::1",
            "2001:db8::1",
            "3fff::1",
            "100::1",
            "fec0::1",
        ] {
            assert!(!is_public(inside.parse().unwrap()), "{inside}");
        }
        for outside in [
            "1.1.1.1",
            "100.63.0.1",
            "100.128.0.1",
            "172.32.0.1",
            "198.20.0.1",
            "2606:4700::1111",
            "2a00:1450::1",
            "::ffff:8.8.8.8",
        ] {
            assert!(is_public(outside.parse().unwrap()), "{outside}");
        }
    }

    #[test]
    fn addresses_in_disguise_are_seen() {
        for bad in [
            "",
            "ftp://example.org/a.ics",
            "file:///etc/passwd",
            "javascript:1",
            "https://user@example.org/",
            "https://user:pw@example.org/",
            "gopher://x",
            "//example.org",
            "http://",
            "data:text/calendar,x",
        ] {
            assert!(address(bad).is_none(), "{bad}");
        }
        assert_eq!(
            address(" WEBCAL://example.org/a.ics#x ").unwrap().as_str(),
            "https://example.org/a.ics"
        );
        for loopback in [
            "http://2130706433/",
            "http://0x7f.1/",
            "http://0177.0.0.1/",
            "http://127.1/",
            "http://[::ffff:127.0.0.1]/",
        ] {
            let ip = match address(loopback).unwrap().host().unwrap() {
                Host::Ipv4(ip) => IpAddr::V4(ip),
                Host::Ipv6(ip) => IpAddr::V6(ip),
                Host::Domain(name) => panic!("{name}"),
            };
            assert!(!is_public(ip), "{loopback}");
        }
    }

    #[test]
    fn failures_back_off() {
        let now = "2026-11-22T00:00:00Z".parse().unwrap();
        let wait =
            |failures, failed: &Failed| (next_try(failures, failed, 0.5, now) - now).num_minutes();
        assert_eq!(wait(1, &Failed::default()), 15);
        assert_eq!(wait(3, &Failed::default()), 60);
        assert_eq!(wait(50, &Failed::default()), 1440);
        let asked = Failed {
            retry_after: retry_after("7200"),
            is_of_host: true,
        };
        assert_eq!(wait(1, &asked), 120);
        assert_eq!(retry_after("99999999"), Some(LONGEST_WAIT));
        assert_eq!(retry_after("soon"), None);
    }
}
