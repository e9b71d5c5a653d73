//! Letters about sessions ahead of somebody who may not take part, made from values already loaded.

use chrono::{DateTime, Utc};

use crate::{
    bookings::{self, Meeting},
    db::PersonId,
    mail::{Envelope, Letter, body::Block},
    people::{Person, Standing},
};

/// To the other side of one session.
pub fn to_other(meeting: &Meeting, reader: PersonId, at: DateTime<Utc>, url: String) -> Letter {
    let booking = &meeting.booking;
    let (own, away) = meeting.sides(reader);
    let blocks = [
        Block::Paragraph(format!(
            "{}’s account is not active at the moment, so this session may not take place. A coordinator has been \
             told and will look into it.",
            away.name
        )),
        Block::Facts(bookings::mail::when(meeting, reader)),
        Block::Paragraph(
            "You do not need to do anything. If you would rather cancel, you can at any time, and it will not count against you."
                .into(),
        ),
        Block::Button {
            label: "Open the session",
            url,
        },
    ];
    let envelope = Envelope {
        name: own.name.clone(),
        email: own.email.clone(),
        id: format!("{}.away.{}.{}", booking.id, reader, at.timestamp_micros()),
        date: at,
    };
    let subject = format!(
        "May not take place: {} with {}",
        booking.service_title, away.name
    );
    envelope.letter(&subject, &blocks)
}

/// To a coordinator, about all sessions of one person.
pub fn to_coordinator(envelope: Envelope, person: &Person, count: i64, url: String) -> Letter {
    let state = match person.standing {
        Standing::Suspended => "is suspended",
        _ => "has lapsed",
    };
    let sessions = if count == 1 {
        "one upcoming session"
    } else {
        "upcoming sessions"
    };
    let number = if count == 1 {
        String::new()
    } else {
        format!("{count} ")
    };
    let blocks = [
        Block::Paragraph(format!(
            "{} {state} and has {number}{sessions}. Everybody in them has been told. You can cancel all of them \
             at once.",
            person.name
        )),
        Block::Button {
            label: "See the sessions",
            url,
        },
    ];
    envelope.letter(
        &format!("{} {state}, with upcoming sessions", person.name),
        &blocks,
    )
}
