//! What an event says, how it is signed, and when it is tried again; pure.

use aws_lc_rs::hmac;
use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use super::{ApplicationChange, BookingChange, Happened};
use crate::{
    bookings::ChangeKind,
    db::PersonId,
    html::time,
    schedule::{Span, Zone},
};

/// The type of the event of a change, as in `booking.moved`.
pub fn event_type(what: ChangeKind) -> String {
    format!("booking.{}", what.as_str())
}

/// The type of the event of a change of an application, as in `application.submitted`.
pub fn application_event_type(what: &str) -> String {
    format!("application.{what}")
}

/// The body of an event for somebody. `text` is for chat programs that show no more.
pub fn body(
    happened: &Happened,
    reader: PersonId,
    created_at: DateTime<Utc>,
    origin: &str,
) -> Value {
    match happened {
        Happened::Test => json!({
            "type": "test",
            "timestamp": created_at,
            "data": {},
            "text": "A test from Almanac: this webhook works.",
        }),
        Happened::Booking(change) => of_booking(change, origin),
        Happened::Application(change) => of_application(change, reader, origin),
    }
}

/// As chat programs want it: what people typed is text, no link and no call to everybody.
fn plain(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

/// Nothing of the answers, and no name: whoever may read them does so where that is noted. The author learns of a
/// decision once it is released.
fn of_application(change: &ApplicationChange, reader: PersonId, origin: &str) -> Value {
    let is_author = reader == change.author_id;
    let by = match change.by {
        None => "time",
        Some(by) if by == change.author_id => "applicant",
        Some(_) => "staff",
    };
    let is_out = change.released_at.is_some_and(|at| at <= change.at);
    let decision = change.decision.filter(|_| is_out || !is_author);
    let path = match is_author {
        true => format!("/applications/{}", change.application_id),
        false => format!(
            "/coordinate/programs/{}/cohorts/{}/applications/{}",
            change.program, change.cohort, change.application_id
        ),
    };
    let text = plain(&format!(
        "{}: {}, {} ({})",
        application_in_words(&change.what),
        change.program_name,
        change.cohort,
        change.role.as_str()
    ));
    json!({
        "type": application_event_type(&change.what),
        "timestamp": change.at,
        "data": {
            "id": change.application_id,
            "program": change.program,
            "cohort": change.cohort,
            "role": change.role,
            "decision": decision,
            "by": by,
            "url": format!("{origin}{path}"),
        },
        "text": text,
    })
}

fn application_in_words(what: &str) -> &'static str {
    match what {
        "submitted" => "Application received",
        "changed" => "Application changed",
        "withdrawn" => "Application withdrawn",
        "agreed" => "New terms agreed to",
        "taken" | "accepted" => "Place taken",
        "offered" => "Place offered",
        "declined" => "Place declined",
        "lapsed" => "Place not taken in time",
        "released" => "Result sent",
        _ => "Application decided",
    }
}

fn of_booking(happened: &BookingChange, origin: &str) -> Value {
    let by = match happened.by {
        None => "time",
        Some(by) if by == happened.host_id => "alumnus",
        Some(by) if by == happened.guest_id => "student",
        Some(_) => "coordinator",
    };
    let span = Span::new(happened.starts_at, happened.ends_at);
    let text = plain(&format!(
        "{}: {} with {} and {}, {} UTC",
        in_words(happened.what),
        happened.service_title,
        happened.host_name,
        happened.guest_name.as_str(),
        time::span(span, &Zone::utc()),
    ));
    json!({
        "type": event_type(happened.what),
        "timestamp": happened.at,
        "data": {
            "id": happened.booking_id,
            "uid": happened.group_id.map_or(happened.booking_id.0, |group| group.0),
            "status": happened.status,
            "sequence": happened.sequence,
            "start": happened.starts_at,
            "end": happened.ends_at,
            "service_title": happened.service_title,
            "alumnus": happened.host_handle,
            "alumnus_name": happened.host_name,
            "student": happened.guest_name,
            "by": by,
            "url": format!("{origin}/bookings/{}", happened.booking_id),
        },
        "text": text,
    })
}

/// What happened, as the beginning of a sentence.
pub fn in_words(what: ChangeKind) -> &'static str {
    match what {
        ChangeKind::Asked => "Requested",
        ChangeKind::Booked => "Booked",
        ChangeKind::Approved => "Approved",
        ChangeKind::Declined => "Declined",
        ChangeKind::AskedForMore => "Asked for more details",
        ChangeKind::SaidMore => "Added details",
        ChangeKind::Moved => "Moved",
        ChangeKind::Cancelled => "Cancelled",
        ChangeKind::CancelledLate => "Cancelled late",
        ChangeKind::Expired => "Not answered in time",
        ChangeKind::SaidAttended => "Reported as met",
        ChangeKind::SaidNoShow => "Reported as missed",
        ChangeKind::SaidOther => "Reported as something else",
        ChangeKind::Completed => "Completed",
        ChangeKind::NoShow => "Missed",
    }
}

/// The signature of an event (Standard Webhooks, symmetric): `v1,` and HMAC-SHA256 in base64.
///
/// ```
/// use almanac::webhooks::rules::signature;
/// let key = b"0123456789abcdef01234567";
/// assert!(signature(key, "msg_1", 1_700_000_000, "{}").starts_with("v1,"));
/// ```
pub fn signature(secret: &[u8], id: &str, timestamp: i64, body: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
    let mac = hmac::sign(&key, format!("{id}.{timestamp}.{body}").as_bytes());
    format!("v1,{}", STANDARD.encode(mac))
}

/// How long after this many failed attempts the next one comes; None: it is given up. As the
/// specification recommends, with `jitter` (0 to 1) spreading it by a tenth.
pub fn next_wait(attempts: i32, jitter: f64) -> Option<TimeDelta> {
    const SECONDS: [i64; 9] = [5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400];
    let index = usize::try_from(attempts - 1).ok()?;
    let seconds = *SECONDS.get(index)? as f64 * (1.0 + jitter / 10.0);
    Some(TimeDelta::milliseconds((seconds * 1000.0) as i64))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the specification's reference libraries.
    #[test]
    fn signatures_are_those_of_the_specification() {
        let secret = STANDARD.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let signed = signature(
            &secret,
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            1_614_265_330,
            "{\"test\": 2432232314}",
        );
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn attempts_go_on_for_days_and_end() {
        assert_eq!(next_wait(1, 0.0), Some(TimeDelta::seconds(5)));
        assert_eq!(next_wait(9, 0.0), Some(TimeDelta::hours(24)));
        assert_eq!(next_wait(10, 0.0), None);
        assert!(next_wait(2, 1.0) > next_wait(2, 0.0));
    }
}
