//! Letters about preparations, made from values already loaded.

use chrono::{DateTime, Utc};

use super::{jobs::Digest, store::Prepared};
use crate::{
    bookings::{self, Meeting, Status},
    db::PersonId,
    mail::{Envelope, Letter, body::Block},
};

/// What the other person has prepared since, in one letter; none if nothing of it is left.
pub fn digest(meeting: &Meeting, prepared: &Prepared, job: &Digest, url: String) -> Option<Letter> {
    let booking = &meeting.booking;
    if booking.is_off() {
        return None;
    }
    let Digest {
        reader, since, at, ..
    } = *job;
    let (own, other) = meeting.sides(reader);
    let is_news = |by: PersonId, when: DateTime<Utc>| by == other.id && when >= since;
    let mut blocks = vec![Block::Paragraph(format!(
        "{} has added something to your session.",
        other.name
    ))];
    let agenda = prepared.agenda.as_ref();
    if let Some(agenda) = agenda.filter(|a| is_news(a.person_id, a.at)) {
        blocks.push(Block::Quote("Agenda".into(), agenda.words.clone()));
    }
    let notes = prepared.notes.iter();
    for note in notes.filter(|note| note.is_shared && is_news(note.person_id, note.at)) {
        blocks.push(Block::Quote("Note".into(), note.words.clone()));
    }
    let files = prepared.files.iter();
    let files: Vec<&str> = files
        .filter(|file| is_news(file.person_id, file.added_at))
        .map(|file| file.name.as_str())
        .collect();
    if !files.is_empty() {
        blocks.push(Block::Quote("Files".into(), files.join("\n")));
    }
    if blocks.len() == 1 {
        return None;
    }
    blocks.push(Block::Facts(bookings::mail::when(meeting, reader)));
    blocks.push(Block::Button {
        label: "Open the session",
        url,
    });
    let envelope = Envelope {
        name: own.name.clone(),
        email: own.email.clone(),
        id: format!(
            "{}.digest.{reader}.{}",
            booking.id,
            since.timestamp_micros()
        ),
        date: at,
    };
    let subject = format!(
        "New for your session: {} with {}",
        booking.service_title, other.name
    );
    Some(envelope.letter(&subject, &blocks))
}

/// To a guest who has given nothing of what the service asks for; none once the session is off.
pub fn nudge(meeting: &Meeting, at: DateTime<Utc>, url: String) -> Option<Letter> {
    let booking = &meeting.booking;
    if booking.status != Status::Confirmed || !booking.material_link.is_empty() {
        return None;
    }
    let host = meeting.host.name.as_str();
    let blocks = [
        Block::Paragraph(format!(
            "{host} would like to see your document before the session, so that you get the most out of it. \
             Add a PDF, DOCX, PNG or JPEG on the session’s page."
        )),
        Block::Facts(bookings::mail::when(meeting, booking.guest_id)),
        Block::Button {
            label: "Add the document",
            url,
        },
    ];
    let envelope = Envelope {
        name: meeting.guest.name.clone(),
        email: meeting.guest.email.clone(),
        id: format!("{}.nudge", booking.id),
        date: at,
    };
    let subject = format!(
        "Please add your document: {} with {}",
        booking.service_title, meeting.host.name
    );
    Some(envelope.letter(&subject, &blocks))
}
