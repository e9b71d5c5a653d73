//! RFC 5545, pure: the calendars we hand out, and in `busy` what foreign ones say.
//!
//! All times are in UTC, so no VTIMEZONE is needed and none can be wrong. The writer is a crate's; what people
//! typed is stripped here of what no escape can carry.

pub mod busy;
pub mod content;

use chrono::{DateTime, Utc};
use icalendar::{Alarm, Calendar, Component, EventLike, Property};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::input::{is_web_address, line, paragraphs};

/// An address as a URI: what RFC 6068 §2 does not let stand as it is, is percent-encoded.
///
/// ```
/// use almanac::ical::mailto;
/// assert_eq!(mailto("a+b&c%d@example.org"), "mailto:a+b%26c%25d@example.org");
/// ```
pub fn mailto(email: &str) -> String {
    const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
        .remove(b'-')
        .remove(b'.')
        .remove(b'_')
        .remove(b'~')
        .remove(b'!')
        .remove(b'$')
        .remove(b'\'')
        .remove(b'*')
        .remove(b'+')
        .remove(b'@');
    format!("mailto:{}", utf8_percent_encode(email, ENCODED))
}

/// RFC 5546 METHOD.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    Request,
    Cancel,
    Publish,
}

impl Method {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Request => "REQUEST",
            Self::Cancel => "CANCEL",
            Self::Publish => "PUBLISH",
        }
    }
}

/// RFC 5545 §3.8.1.11 STATUS of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    Tentative,
    Confirmed,
    Cancelled,
}

/// Organizer or attendee: a name and an address.
#[derive(Clone, Debug)]
pub struct Party {
    pub name: String,
    pub email: String,
}

/// One VEVENT.
#[derive(Clone, Debug)]
pub struct Event {
    /// The same for the life of the booking.
    pub uid: String,
    pub sequence: i32,
    pub status: Status,
    pub starts_at: DateTime<Utc>,
    pub ends_at: DateTime<Utc>,
    /// DTSTAMP and LAST-MODIFIED: when the event last changed.
    pub changed_at: DateTime<Utc>,
    pub created_at: DateTime<Utc>,
    pub summary: String,
    pub description: String,
    /// A meeting link or a place; a link becomes CONFERENCE as well.
    pub location: String,
    /// The page of the event.
    pub url: String,
    pub organizer: Party,
    /// Only in invitations: a published feed names no attendees (RFC 5546 §3.2.1).
    pub attendee: Option<Party>,
    /// Whether calendars should show the time as taken.
    pub is_busy: bool,
    /// Minutes before the start; none in a cancellation.
    pub alarm_minutes: Option<u32>,
}

/// A whole calendar as CRLF text, the same for the same events. `feed_name` makes it a feed; invitations have
/// none, since feed properties cost them their buttons in some clients.
pub fn calendar(method: Method, feed_name: Option<&str>, events: &[Event]) -> String {
    let mut calendar = Calendar::empty();
    calendar
        .append_property(("VERSION", "2.0"))
        .append_property(("PRODID", "-//Almanac//Almanac//EN"))
        .append_property(("METHOD", method.as_str()));
    if let Some(name) = feed_name {
        calendar
            .append_property(text("X-WR-CALNAME", name))
            .append_property(with("REFRESH-INTERVAL", &[("VALUE", "DURATION")], "PT1H"))
            .append_property(("X-PUBLISHED-TTL", "PT1H"));
    }
    calendar.extend(events.iter().map(vevent));
    folded(&calendar.to_string())
}

/// Lines of at most 75 octets (RFC 5545 §3.1). The crate's own folding lets the last part of a line have 76.
fn folded(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for line in text.replace("\r\n ", "").split_terminator("\r\n") {
        let (mut rest, mut room) = (line, 75);
        while rest.len() > room {
            let (part, further) = rest.split_at(rest.floor_char_boundary(room));
            folded.push_str(part);
            folded.push_str("\r\n ");
            (rest, room) = (further, 74);
        }
        folded.push_str(rest);
        folded.push_str("\r\n");
    }
    folded
}

fn vevent(event: &Event) -> icalendar::Event {
    let mut out = icalendar::Event::new();
    out.append_property(text("UID", &event.uid))
        .timestamp(event.changed_at)
        .starts(event.starts_at)
        .ends(event.ends_at)
        .created(event.created_at)
        .last_modified(event.changed_at)
        .add_property("SEQUENCE", event.sequence.to_string())
        .status(match event.status {
            Status::Tentative => icalendar::EventStatus::Tentative,
            Status::Confirmed => icalendar::EventStatus::Confirmed,
            Status::Cancelled => icalendar::EventStatus::Cancelled,
        })
        .add_property(
            "TRANSP",
            if event.is_busy {
                "OPAQUE"
            } else {
                "TRANSPARENT"
            },
        )
        .append_property(text("SUMMARY", &line(&event.summary)))
        .append_property(text("DESCRIPTION", &event.description))
        .add_property("URL", uri(&event.url))
        .append_property(party("ORGANIZER", &event.organizer, &[]));
    if !event.location.is_empty() {
        out.append_property(text("LOCATION", &line(&event.location)));
    }
    if is_web_address(&event.location) {
        let parameters = [
            ("VALUE", "URI"),
            ("FEATURE", "VIDEO"),
            ("LABEL", "Join the meeting"),
        ];
        out.append_property(with("CONFERENCE", &parameters, &uri(&event.location)));
    }
    if let Some(attendee) = &event.attendee {
        let parameters = [
            ("CUTYPE", "INDIVIDUAL"),
            ("ROLE", "REQ-PARTICIPANT"),
            ("PARTSTAT", "ACCEPTED"),
            ("RSVP", "FALSE"),
        ];
        out.append_property(party("ATTENDEE", attendee, &parameters));
    }
    if let Some(minutes) = event.alarm_minutes {
        out.alarm(alarm(event, minutes));
    }
    out
}

/// With a time and a UID that follow from the event: those that are missing would be made up anew each time.
fn alarm(event: &Event, minutes: u32) -> Alarm {
    let mut alarm = Alarm::display("", -chrono::TimeDelta::minutes(minutes.into()));
    alarm
        .append_property(text("UID", &format!("{}-alarm", event.uid)))
        .timestamp(event.changed_at)
        // In minutes: some calendars know no alarm in seconds.
        .add_property("TRIGGER", format!("-PT{minutes}M"))
        .append_property(text("DESCRIPTION", &line(&event.summary)));
    alarm
}

/// TEXT that people typed, without characters that calendars choke on.
fn text(name: &str, value: &str) -> Property {
    Property::new(name, paragraphs(value))
}

fn with(name: &str, parameters: &[(&str, &str)], value: &str) -> Property {
    let mut property = Property::new(name, value);
    for (name, value) in parameters {
        property.add_parameter(name, value);
    }
    property
}

fn party(name: &str, party: &Party, parameters: &[(&str, &str)]) -> Property {
    // A parameter value cannot carry a double quote, and a backslash means different things to
    // different readers (RFC 6868).
    let common_name = line(&party.name).replace('"', "'").replace('\\', "/");
    let mut property = with(name, parameters, &mailto(&party.email));
    property.add_parameter("CN", &common_name);
    property
}

/// A URI with what TEXT would escape written in percent, since a URI is not escaped (§3.3.13).
fn uri(address: &str) -> String {
    line(address)
        .replace(' ', "%20")
        .replace(',', "%2C")
        .replace(';', "%3B")
        .replace('\\', "%5C")
        .replace('"', "%22")
}

#[cfg(test)]
mod tests {
    use calcard::icalendar::{ICalendar, ICalendarProperty as P};
    use proptest::prelude::*;

    use super::*;

    fn event() -> Event {
        let at = |t: &str| t.parse().unwrap();
        Event {
            uid: "0e1f".into(),
            sequence: 0,
            status: Status::Confirmed,
            starts_at: at("2026-03-05T09:00:00Z"),
            ends_at: at("2026-03-05T09:30:00Z"),
            changed_at: at("2026-03-02T08:00:00Z"),
            created_at: at("2026-03-02T08:00:00Z"),
            summary: "Resume review with Ada; via Almanac".into(),
            description: "One, two\nthree".into(),
            location: "https://meet.example.org/a,b;c".into(),
            url: "https://almanac.example.org/bookings/0e1f".into(),
            organizer: Party {
                name: "Almanac".into(),
                email: "almanac@example.org".into(),
            },
            attendee: Some(Party {
                name: "Bea".into(),
                email: "bea@example.org".into(),
            }),
            is_busy: true,
            alarm_minutes: Some(15),
        }
    }

    #[test]
    fn an_invitation_to_the_letter() {
        insta::assert_snapshot!(calendar(Method::Request, None, &[event()]).replace("\r\n", "\n"), @r#"
BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//Almanac//Almanac//EN
METHOD:REQUEST
BEGIN:VEVENT
ATTENDEE;CN=Bea;CUTYPE=INDIVIDUAL;PARTSTAT=ACCEPTED;ROLE=REQ-PARTICIPANT;RS
 VP=FALSE:mailto:bea@example.org
CONFERENCE;FEATURE=VIDEO;LABEL=Join the meeting;VALUE=URI:https://meet.exam
 ple.org/a%2Cb%3Bc
CREATED:20260302T080000Z
DESCRIPTION:One\, two\nthree
DTEND:20260305T093000Z
DTSTAMP:20260302T080000Z
DTSTART:20260305T090000Z
LAST-MODIFIED:20260302T080000Z
LOCATION:https://meet.example.org/a\,b\;c
ORGANIZER;CN=Almanac:mailto:almanac@example.org
SEQUENCE:0
STATUS:CONFIRMED
SUMMARY:Resume review with Ada\; via Almanac
TRANSP:OPAQUE
UID:0e1f
URL:https://almanac.example.org/bookings/0e1f
BEGIN:VALARM
ACTION:DISPLAY
DESCRIPTION:Resume review with Ada\; via Almanac
DTSTAMP:20260302T080000Z
TRIGGER:-PT15M
UID:0e1f-alarm
END:VALARM
END:VEVENT
END:VCALENDAR
"#);
    }

    /// Calendars compare what they are handed: nothing in it is made up on the way.
    #[test]
    fn the_same_events_are_the_same_text() {
        let written = || calendar(Method::Publish, Some("Almanac"), &[event(), event()]);
        let first = written();
        std::thread::sleep(std::time::Duration::from_millis(1100));
        assert_eq!(first, written());
    }

    /// Undoes the folding and checks every physical line (RFC 5545 §3.1).
    fn logical_lines(text: &str) -> Vec<String> {
        assert!(text.ends_with("END:VCALENDAR\r\n"));
        let mut lines: Vec<String> = Vec::new();
        for line in text.strip_suffix("\r\n").unwrap().split("\r\n") {
            assert!(
                line.len() <= 75 && !line.is_empty() && !line.contains(['\r', '\n']),
                "{line:?}"
            );
            assert!(
                !line.chars().any(|c| c.is_control() && c != '\t'),
                "{line:?}"
            );
            match line.strip_prefix(' ') {
                Some(rest) => lines.last_mut().unwrap().push_str(rest),
                None => lines.push(line.to_owned()),
            }
        }
        lines
    }

    proptest! {
        #[test]
        fn no_text_breaks_out_of_its_property(
            text in "(\\PC|\r\n|\n|\r|\"|;|,|:|\\\\|END:VEVENT\r\n|\r\nATTENDEE:evil|\u{2028}|[\\x00-\\x1f]){0,60}",
        ) {
            let mut event = event();
            let before: Vec<String> = logical_lines(&calendar(Method::Request, None, std::slice::from_ref(&event)))
                .iter().map(|l| l.split([':', ';']).next().unwrap().to_owned()).collect();
            event.summary.push_str(&text);
            event.description.push_str(&text);
            event.location = format!("https://x.example.org/{text}");
            event.attendee.as_mut().unwrap().name = format!("B{text}");
            let written = calendar(Method::Request, None, &[event.clone()]);
            let mut after: Vec<String> = logical_lines(&written)
                .iter().map(|l| l.split([':', ';']).next().unwrap().to_owned()).collect();
            if !crate::input::is_web_address(&event.location) {
                let place = before.iter().position(|n| n == "CONFERENCE").unwrap();
                after.insert(place, "CONFERENCE".into());
            }
            prop_assert_eq!(before, after);
            // And a reader of another make finds what was written.
            let read = ICalendar::parse(&written).unwrap();
            let found = read.components[1].entries.iter()
                .find(|e| e.name == P::Description).unwrap().values[0].as_text().unwrap().to_owned();
            prop_assert_eq!(found, crate::input::paragraphs(&event.description));
        }
    }
}
