//! An event of a program as calendars have it.

use chrono::{DateTime, Utc};

use super::{Activity, Rsvp};
use crate::{
    ical::{Event, Party, Status},
    people::Person,
};

/// What an event says of where it comes from.
pub struct Origin<'a> {
    /// The name of the program with its cohort.
    pub program: &'a str,
    /// The page of the event.
    pub url: String,
    pub organizer: Party,
}

/// The event as one who comes has it; none of a prompt. `answer`: with when it was given.
/// `is_invitation`: the reader is its attendee.
pub fn event(
    activity: &Activity,
    answer: Option<(Rsvp, DateTime<Utc>)>,
    origin: Origin,
    reader: &Person,
    is_invitation: bool,
) -> Option<Event> {
    let (starts_at, ends_at) = activity.starts_at.zip(activity.ends_at)?;
    let (answer, answered_at) = answer.unzip();
    let is_off = activity.cancelled_at.is_some() || answer == Some(Rsvp::No);
    Some(Event {
        uid: format!("{}@almanac", activity.id),
        sequence: activity.sequence,
        status: match (is_off, answer) {
            (true, _) => Status::Cancelled,
            (_, Some(Rsvp::Maybe)) => Status::Tentative,
            _ => Status::Confirmed,
        },
        starts_at,
        ends_at,
        changed_at: answered_at.map_or(activity.changed_at, |at| at.max(activity.changed_at)),
        created_at: activity.created_at,
        summary: format!("{} ({})", activity.title, origin.program),
        description: match activity.words.is_empty() {
            true => origin.url.clone(),
            false => format!("{}\n\n{}", activity.words, origin.url),
        },
        location: activity.location.clone(),
        url: origin.url,
        organizer: origin.organizer,
        attendee: is_invitation.then(|| Party {
            name: reader.name.clone(),
            email: reader.email.clone(),
        }),
        is_busy: answer == Some(Rsvp::Yes) && !is_off,
        alarm_minutes: (!is_off).then_some(60),
    })
}
