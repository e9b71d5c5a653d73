//! A booking as a calendar event, for invitations and feeds. Pure.

use lettre::message::Mailbox;

use super::{Meeting, Status};
use crate::{
    db::PersonId,
    ical::{self, Event, Party},
};

/// Some calendars refuse events with more than 8,192.
const MOST_CHARACTERS: usize = 7500;
/// Minutes before the start at which calendars remind.
const ALARM_MINUTES: u32 = 15;

/// What events need to know of the site.
#[derive(Clone, Debug)]
pub struct Site<'a> {
    /// What it is called.
    pub name: &'a str,
    pub organizer: &'a Mailbox,
    /// As in `https://almanac.example.org`.
    pub origin: &'a str,
}

/// The event as `reader` gets it: the other person is named, their address is not.
/// `is_invitation`: the reader is its attendee; a feed names none.
pub fn event(meeting: &Meeting, reader: PersonId, site: &Site, is_invitation: bool) -> Event {
    let booking = &meeting.booking;
    let (own, _) = meeting.sides(reader);
    let is_off = booking.is_off();
    let is_pending = booking.status == Status::Pending;
    let url = format!("{}{}", site.origin, path(meeting, reader));
    Event {
        uid: booking.uid(),
        sequence: booking.sequence,
        status: match booking.status {
            _ if is_off => ical::Status::Cancelled,
            Status::Pending => ical::Status::Tentative,
            _ => ical::Status::Confirmed,
        },
        starts_at: booking.starts_at,
        ends_at: booking.ends_at,
        changed_at: booking.updated_at,
        created_at: booking.created_at,
        summary: format!("{} ({})", title(meeting, reader), site.name),
        description: description(meeting, reader, &url),
        location: booking.location.clone(),
        url,
        organizer: Party {
            name: site
                .organizer
                .name
                .clone()
                .unwrap_or_else(|| site.name.to_owned()),
            email: site.organizer.email.to_string(),
        },
        attendee: is_invitation.then(|| Party {
            name: own.name.clone(),
            email: own.email.clone(),
        }),
        is_busy: !is_off,
        alarm_minutes: (!is_off && !is_pending).then_some(ALARM_MINUTES),
    }
}

/// All that matters, since some programs show the event instead of the mail.
fn description(meeting: &Meeting, reader: PersonId, url: &str) -> String {
    let booking = &meeting.booking;
    let mut parts = vec![match booking.group_id.is_some() {
        true => format!(
            "{} with {} (group)",
            booking.service_title, meeting.host.name
        ),
        false => format!(
            "{}: {} and {}",
            booking.service_title, meeting.host.name, meeting.guest.name
        ),
    }];
    if !booking.location.is_empty() {
        parts.push(format!("Where: {}", booking.location));
    }
    // What each has said is on their pages.
    let is_about_all = is_about_all(meeting, reader);
    for (heading, words) in spoken(meeting).into_iter().filter(|_| !is_about_all) {
        parts.push(format!("{heading}\n{words}"));
    }
    if !booking.cancel_reason.is_empty() {
        parts.push(format!("Cancelled: {}", booking.cancel_reason));
    }
    let said = shortened(parts.join("\n\n"));
    format!("{said}\n\nDetails: {url}")
}

/// The beginning of what is too long for a calendar; all of it is on the page.
fn shortened(words: String) -> String {
    match words.char_indices().nth(MOST_CHARACTERS) {
        Some((end, _)) => format!("{}…", words[..end].trim_end()),
        None => words,
    }
}

/// Whether it is about all of a group: to its host it is one session.
pub fn is_about_all(meeting: &Meeting, reader: PersonId) -> bool {
    meeting.booking.group_id.is_some() && reader == meeting.booking.host_id
}

/// What it is called to one of its two; to its host a group is no one guest's.
pub fn title(meeting: &Meeting, reader: PersonId) -> String {
    let title = &meeting.booking.service_title;
    match is_about_all(meeting, reader) {
        true => format!("{title} (group)"),
        false => format!("{title} with {}", meeting.sides(reader).1.name),
    }
}

/// The address of its page to one of its two. The seat of one guest may be given up; a group's own address
/// leads its host to one that is taken.
pub fn path(meeting: &Meeting, reader: PersonId) -> String {
    let booking = &meeting.booking;
    match is_about_all(meeting, reader) {
        true => format!("/bookings/{}", booking.uid()),
        false => format!("/bookings/{}", booking.id),
    }
}

/// What the guest said, with headings; only what was said.
pub fn spoken(meeting: &Meeting) -> Vec<(String, String)> {
    let booking = &meeting.booking;
    let mut spoken = vec![
        ("What the session is for".to_owned(), booking.goals.clone()),
        (
            format!("How {} can help", meeting.host.name),
            booking.help_wanted.clone(),
        ),
    ];
    let answers = booking.questions.0.iter().zip(&booking.answers.0);
    spoken.extend(answers.map(|(question, answer)| (question.label.clone(), answer.clone())));
    spoken.push(("Document".to_owned(), booking.material_link.clone()));
    spoken.retain(|(_, words)| !words.is_empty());
    spoken
}
