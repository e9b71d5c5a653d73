//! Calendars on a CalDAV server (RFC 4791), as Nextcloud, Radicale and others have them: found from whatever
//! address of the server people have, and asked for what lies within a window.

use reqwest::{Method, StatusCode};
use roxmltree::{Document, Node};
use url::Url;

use crate::{
    fetch::{Ask, Errand, Failed, Validators, body, follow},
    ical::content::MOST_BYTES,
    schedule::Span,
};

const DAV: &str = "DAV:";
const CALDAV: &str = "urn:ietf:params:xml:ns:caldav";
/// Most calendars of one address.
const MOST: usize = 20;
/// Places that are looked at to find them.
const MOST_PLACES: usize = 5;
/// Largest list of what a server has.
const LONGEST_LIST: usize = 1024 * 1024;

/// All events of the calendars at an address, as one body with several calendars in it.
pub async fn read(errand: Errand<'_>, window: Span) -> Result<Vec<u8>, Failed> {
    let mut events = Vec::new();
    for calendar in calendars(errand).await? {
        let stamp = |at: chrono::DateTime<chrono::Utc>| at.format("%Y%m%dT%H%M%SZ");
        let query = format!(
            "<?xml version=\"1.0\" encoding=\"utf-8\"?>\
             <c:calendar-query xmlns:d=\"DAV:\" xmlns:c=\"{CALDAV}\"><d:prop><c:calendar-data/></d:prop><c:filter>\
             <c:comp-filter name=\"VCALENDAR\"><c:comp-filter name=\"VEVENT\"><c:time-range start=\"{}\" end=\"{}\"/>\
             </c:comp-filter></c:comp-filter></c:filter></c:calendar-query>",
            stamp(window.start),
            stamp(window.end),
        );
        let left = MOST_BYTES - events.len();
        let (text, _) = multistatus(errand, calendar, "REPORT", query, "1", left).await?;
        let found = Document::parse(&text).map_err(|_| Failed::default())?;
        for response in responses(&found) {
            // A server that gives only a part of what it has says so (507), or has no data for an event that it
            // names: half a calendar is none.
            if status(response).is_some_and(|status| status >= 400) {
                return Err(Failed::default());
            }
            let data = within(response, CALDAV, "calendar-data").and_then(|d| d.text());
            let data = data.filter(|data| !data.trim().is_empty());
            let data = data.ok_or_else(Failed::default)?;
            events.extend_from_slice(data.trim().as_bytes());
            events.extend_from_slice(b"\r\n");
        }
        if events.len() > MOST_BYTES {
            return Err(Failed::default());
        }
    }
    if events.is_empty() {
        // A calendar without events is one.
        events.extend_from_slice(b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nEND:VCALENDAR\r\n");
    }
    Ok(events)
}

/// The calendars at an address: itself, those in it, or those of whoever asks.
async fn calendars(errand: Errand<'_>) -> Result<Vec<Url>, Failed> {
    // The address, the principal that it names, that one's home: as far as each tells of the next.
    let mut places = vec![errand.source.url.clone()];
    let mut has_home = false;
    for number in 0..MOST_PLACES {
        let Some(at) = places.get(number).cloned() else {
            break;
        };
        let list = format!(
            "<?xml version=\"1.0\" encoding=\"utf-8\"?>\
             <d:propfind xmlns:d=\"DAV:\" xmlns:c=\"{CALDAV}\"><d:prop><d:resourcetype/><d:current-user-principal/>\
             <c:calendar-home-set/><c:schedule-calendar-transp/></d:prop></d:propfind>"
        );
        let (text, from) = multistatus(errand, at, "PROPFIND", list, "1", LONGEST_LIST).await?;
        let found = Document::parse(&text).map_err(|_| Failed::default())?;
        let link = |node: Node, inside: Option<(&str, &str)>| -> Option<Url> {
            let node = match inside {
                Some((space, name)) => within(node, space, name)?,
                None => node,
            };
            let href = within(node, DAV, "href")?.text()?.trim();
            let url = from.join(href).ok()?;
            // Nobody is led to another host with a password.
            (url.origin() == from.origin()).then_some(url)
        };
        let is_calendar = |node: &Node| {
            let kind = within(*node, DAV, "resourcetype");
            let is_free = within(*node, CALDAV, "schedule-calendar-transp")
                .and_then(|transp| within(transp, CALDAV, "transparent"));
            kind.and_then(|kind| within(kind, CALDAV, "calendar"))
                .is_some()
                && is_free.is_none()
        };
        let there: Vec<Node> = responses(&found).filter(is_calendar).collect();
        let here: Vec<Url> = there.iter().filter_map(|node| link(*node, None)).collect();
        // What is not asked for would make its owner free.
        if here.len() < there.len() || here.len() > MOST {
            return Err(Failed::default());
        }
        if !here.is_empty() {
            return Ok(here);
        }
        let named = |name| responses(&found).find_map(|node| link(node, Some(name)));
        let home = named((CALDAV, "calendar-home-set"));
        has_home |= home.is_some();
        for place in home
            .into_iter()
            .chain(named((DAV, "current-user-principal")))
        {
            if !places.contains(&place) {
                places.push(place);
            }
        }
    }
    // Somebody without a calendar is busy with nothing.
    if has_home {
        Ok(Vec::new())
    } else {
        Err(Failed::default())
    }
}

/// What a server answers with 207, and where it came from.
async fn multistatus(
    errand: Errand<'_>,
    at: Url,
    method: &str,
    text: String,
    depth: &'static str,
    most: usize,
) -> Result<(String, Url), Failed> {
    let ask = Ask {
        method: Method::from_bytes(method.as_bytes()).map_err(|_| Failed::default())?,
        body: Some((text, depth)),
        known: Validators::default(),
    };
    let (mut response, from) = follow(errand, at, &ask).await?;
    if response.status() != StatusCode::MULTI_STATUS {
        return Err(Failed {
            is_of_host: response.status().is_server_error(),
            ..Failed::default()
        });
    }
    let bytes = body(&mut response, most).await?;
    let text = String::from_utf8(bytes).map_err(|_| Failed::default())?;
    Ok((text, from))
}

fn responses<'a>(found: &'a Document<'a>) -> impl Iterator<Item = Node<'a, 'a>> {
    let all = found.root_element().children();
    all.filter(|node| node.has_tag_name((DAV, "response")))
}

fn within<'a>(node: Node<'a, 'a>, space: &str, name: &str) -> Option<Node<'a, 'a>> {
    node.descendants()
        .find(|n| n.tag_name().namespace() == Some(space) && n.tag_name().name() == name)
}

/// The status of a response as a whole, as in `HTTP/1.1 507 Insufficient Storage`.
fn status(response: Node) -> Option<u16> {
    let own = response
        .children()
        .find(|n| n.has_tag_name((DAV, "status")))?;
    own.text()?.split_whitespace().nth(1)?.parse().ok()
}
