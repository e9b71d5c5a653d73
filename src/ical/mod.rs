//! RFC 5545, pure: the calendars we hand out, and in `busy` what foreign ones say.
//!
//! All times are in UTC, so no VTIMEZONE is needed and none can be wrong. The serialiser's folding
//! and escaping are a crate's; what people typed is stripped here of what no escape can carry.

pub mod busy;
pub mod content;

use calcard::{
    common::PartialDateTime,
    icalendar::{
        ICalendar, ICalendarComponent, ICalendarComponentType, ICalendarEntry, ICalendarParameter,
        ICalendarParameterName, ICalendarParameterValue, ICalendarProperty as P, ICalendarValue,
    },
};
use chrono::{DateTime, Utc};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

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

/// A whole calendar as CRLF text. `feed_name` makes it a feed; invitations have none, since feed
/// properties cost them their buttons in some clients.
pub fn calendar(method: Method, feed_name: Option<&str>, events: &[Event]) -> String {
    let mut calendar = Writer(vec![ICalendarComponent::new(
        ICalendarComponentType::VCalendar,
    )]);
    let root = calendar.root();
    root.plain(P::Version, "2.0");
    root.plain(P::Prodid, "-//Almanac//Almanac//EN");
    root.plain(P::Method, method.as_str());
    if let Some(name) = feed_name {
        root.text(P::Other("X-WR-CALNAME".into()), name);
        root.with(
            P::RefreshInterval,
            &[(ICalendarParameterName::Value, "DURATION")],
            "PT1H",
        );
        root.plain(P::Other("X-PUBLISHED-TTL".into()), "PT1H");
    }
    for event in events {
        calendar.event(event);
    }
    ICalendar {
        components: calendar.0,
    }
    .to_string()
}

struct Writer(Vec<ICalendarComponent>);

impl Writer {
    fn root(&mut self) -> &mut ICalendarComponent {
        &mut self.0[0]
    }

    fn add(&mut self, parent: usize, kind: ICalendarComponentType) -> usize {
        let number = self.0.len();
        self.0.push(ICalendarComponent::new(kind));
        self.0[parent].component_ids.push(number as u32);
        number
    }

    fn event(&mut self, event: &Event) {
        let number = self.add(0, ICalendarComponentType::VEvent);
        let out = &mut self.0[number];
        out.text(P::Uid, &event.uid);
        out.time(P::Dtstamp, event.changed_at);
        out.time(P::Dtstart, event.starts_at);
        out.time(P::Dtend, event.ends_at);
        out.time(P::Created, event.created_at);
        out.time(P::LastModified, event.changed_at);
        out.value(P::Sequence, ICalendarValue::Integer(event.sequence.into()));
        let status = match event.status {
            Status::Tentative => "TENTATIVE",
            Status::Confirmed => "CONFIRMED",
            Status::Cancelled => "CANCELLED",
        };
        out.plain(P::Status, status);
        out.plain(
            P::Transp,
            if event.is_busy {
                "OPAQUE"
            } else {
                "TRANSPARENT"
            },
        );
        out.text(P::Summary, &crate::input::line(&event.summary));
        out.text(P::Description, &event.description);
        if !event.location.is_empty() {
            out.text(P::Location, &crate::input::line(&event.location));
        }
        if crate::input::is_web_address(&event.location) {
            let parameters = [
                (ICalendarParameterName::Value, "URI"),
                (ICalendarParameterName::Feature, "VIDEO"),
                (ICalendarParameterName::Label, "Join the meeting"),
            ];
            out.with(P::Conference, &parameters, &uri(&event.location));
        }
        out.with(P::Url, &[], &uri(&event.url));
        out.party(P::Organizer, &event.organizer, &[]);
        if let Some(attendee) = &event.attendee {
            let parameters = [
                (ICalendarParameterName::Cutype, "INDIVIDUAL"),
                (ICalendarParameterName::Role, "REQ-PARTICIPANT"),
                (ICalendarParameterName::Partstat, "ACCEPTED"),
                (ICalendarParameterName::Rsvp, "FALSE"),
            ];
            out.party(P::Attendee, attendee, &parameters);
        }
        if let Some(minutes) = event.alarm_minutes {
            let number = self.add(number, ICalendarComponentType::VAlarm);
            let alarm = &mut self.0[number];
            alarm.plain(P::Action, "DISPLAY");
            alarm.plain(P::Trigger, &format!("-PT{minutes}M"));
            alarm.text(P::Description, &crate::input::line(&event.summary));
        }
    }
}

/// The few shapes of property that we write.
trait Properties {
    fn put(&mut self, name: P, parameters: Vec<ICalendarParameter>, value: ICalendarValue);

    fn value(&mut self, name: P, value: ICalendarValue) {
        self.put(name, Vec::new(), value);
    }

    /// A value of our own, with nothing in it to escape.
    fn plain(&mut self, name: P, value: &str) {
        self.value(name, ICalendarValue::Text(value.to_owned()));
    }

    /// TEXT that people typed: escaped, and without characters that calendars choke on.
    fn text(&mut self, name: P, value: &str) {
        self.plain(name, &crate::input::paragraphs(value));
    }

    fn with(&mut self, name: P, parameters: &[(ICalendarParameterName, &str)], value: &str) {
        let parameters = parameters
            .iter()
            .map(|(name, value)| ICalendarParameter {
                name: name.clone(),
                value: ICalendarParameterValue::Text((*value).to_owned()),
            })
            .collect();
        self.put(name, parameters, ICalendarValue::Text(value.to_owned()));
    }

    fn party(&mut self, name: P, party: &Party, parameters: &[(ICalendarParameterName, &str)]) {
        // A parameter value cannot carry a double quote, and a backslash means different things to
        // different readers (RFC 6868).
        let common_name = crate::input::line(&party.name)
            .replace('"', "'")
            .replace('\\', "/");
        let mut all = vec![(ICalendarParameterName::Cn, common_name.as_str())];
        all.extend_from_slice(parameters);
        self.with(name, &all, &mailto(&party.email));
    }

    fn time(&mut self, name: P, at: DateTime<Utc>) {
        let at = PartialDateTime::from_utc_timestamp(at.timestamp());
        self.value(name, ICalendarValue::PartialDateTime(Box::new(at)));
    }
}

impl Properties for ICalendarComponent {
    fn put(&mut self, name: P, params: Vec<ICalendarParameter>, value: ICalendarValue) {
        self.entries.push(ICalendarEntry {
            name,
            params,
            values: vec![value],
        });
    }
}

/// A URI with what TEXT would escape written in percent, since a URI is not escaped (§3.3.13).
fn uri(address: &str) -> String {
    crate::input::line(address)
        .replace(' ', "%20")
        .replace(',', "%2C")
        .replace(';', "%3B")
        .replace('\\', "%5C")
        .replace('"', "%22")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

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
UID:0e1f
DTSTAMP:20260302T080000Z
DTSTART:20260305T090000Z
DTEND:20260305T093000Z
CREATED:20260302T080000Z
LAST-MODIFIED:20260302T080000Z
SEQUENCE:0
STATUS:CONFIRMED
TRANSP:OPAQUE
SUMMARY:Resume review with Ada\; via Almanac
DESCRIPTION:One\, two\nthree
LOCATION:https://meet.example.org/a\,b\;c
CONFERENCE;VALUE=URI;FEATURE=VIDEO;LABEL="Join the meeting":https://meet.ex
 ample.org/a%2Cb%3Bc
URL:https://almanac.example.org/bookings/0e1f
ORGANIZER;CN=Almanac:mailto:almanac@example.org
ATTENDEE;CN=Bea;CUTYPE=INDIVIDUAL;ROLE=REQ-PARTICIPANT;PARTSTAT=ACCEPTED;
 RSVP=FALSE:mailto:bea@example.org
BEGIN:VALARM
ACTION:DISPLAY
TRIGGER:-PT15M
DESCRIPTION:Resume review with Ada\; via Almanac
END:VALARM
END:VEVENT
END:VCALENDAR
"#);
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
            // And a reader finds what was written.
            let read = ICalendar::parse(&written).unwrap();
            let found = read.components[1].entries.iter()
                .find(|e| e.name == P::Description).unwrap().values[0].as_text().unwrap().to_owned();
            prop_assert_eq!(found, crate::input::paragraphs(&event.description));
        }
    }
}
