//! A foreign calendar as its server hands it out: a file, or what it has for CalDAV.

use ipnet::IpNet;
use reqwest::{Method, StatusCode};

use super::caldav;
use crate::{
    fetch::{Ask, Errand, Failed, Fetched, Source, Validators, WHOLE, answer, follow},
    ical::content::MOST_BYTES,
    schedule::Span,
};

/// Fetches a calendar: a file, or what a CalDAV server has within `window`. `allow`: networks that may be reached
/// besides the public internet.
pub async fn download(
    source: &Source,
    known: &Validators,
    window: Span,
    allow: &[IpNet],
) -> Result<Fetched, Failed> {
    let errand = Errand { source, allow };
    tokio::time::timeout(WHOLE, file_or_caldav(errand, known, window))
        .await
        .unwrap_or_else(|_| Err(Failed::of_host()))
}

async fn file_or_caldav(
    errand: Errand<'_>,
    known: &Validators,
    window: Span,
) -> Result<Fetched, Failed> {
    let ask = Ask {
        method: Method::GET,
        body: None,
        known: known.clone(),
    };
    let (response, _) = follow(errand, errand.source.url.clone(), &ask).await?;
    let headers = response.headers();
    let is_dav = headers
        .get("dav")
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.contains("calendar-access"));
    let status = response.status();
    let may_be_caldav = is_dav || errand.source.login.is_some() || status == StatusCode::OK;
    let found = answer(response, MOST_BYTES).await;
    let is_calendar = match &found {
        Ok(Fetched::Body(body, _)) => has_calendar(body),
        Ok(_) => true,
        // What a server does not hand out as a file it may hand out when asked as it wants.
        Err(_) => !matches!(status.as_u16(), 403 | 404 | 405 | 501),
    };
    if is_calendar || !may_be_caldav {
        return found;
    }
    // From the address as it was given: browsers may be sent to another one.
    let body = caldav::read(errand, window).await?;
    Ok(Fetched::Body(body, Validators::default()))
}

/// Whether a calendar begins near the front, in whatever encoding.
fn has_calendar(body: &[u8]) -> bool {
    let front = crate::spreadsheet::text(&body[..body.len().min(4096)]);
    front.to_ascii_uppercase().contains("BEGIN:VCALENDAR")
}
