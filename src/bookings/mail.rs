//! Letters about bookings, made from values already loaded.

use super::{
    Meeting, Status,
    event::{self, Site},
};
use crate::{
    html::time,
    ical::{self, Method},
    jobs::{BookingLetter, News},
    mail::{
        Letter,
        body::{self, Block},
    },
    schedule::{Span, Zone},
};

/// The letter to `job.reader`, as it was when it happened: SEQUENCE, time and date come from the
/// job, so that another attempt, or one after another change, sends the same.
pub fn letter(meeting: &Meeting, job: &BookingLetter, site: &Site, cancel_url: &str) -> Letter {
    let mut meeting = meeting.clone();
    let booking = &mut meeting.booking;
    booking.sequence = job.sequence;
    booking.starts_at = job.starts_at;
    booking.ends_at = job.ends_at;
    booking.updated_at = job.at;
    if job.news == News::Confirmed {
        booking.status = Status::Confirmed;
        booking.cancel_reason.clear();
    }
    let method = match job.news {
        News::Confirmed => Method::Request,
        News::Cancelled => Method::Cancel,
    };
    let (own, other) = meeting.sides(job.reader);
    let subject = format!("{} with {}", meeting.booking.service_title, other.name);
    let title = match job.news {
        News::Confirmed => format!("Booked: {subject}"),
        News::Cancelled => format!("Cancelled: {subject}"),
    };
    let blocks = blocks(&meeting, job, site, cancel_url);
    let event = event::event(&meeting, job.reader, site, true);
    Letter {
        to_name: own.name.clone(),
        to_email: own.email.clone(),
        text: body::text(&title, &blocks),
        html: body::html(&title, &blocks),
        // Exchange titles the event after the subject, so the subject says no more than the title.
        subject,
        calendar: Some((method, ical::calendar(method, None, &[event]))),
        id: format!(
            "{}.{}.{}",
            job.booking,
            job.sequence,
            if job.reader == meeting.booking.host_id {
                "host"
            } else {
                "guest"
            }
        ),
        date: job.at,
    }
}

fn blocks(meeting: &Meeting, job: &BookingLetter, site: &Site, cancel_url: &str) -> Vec<Block> {
    let booking = &meeting.booking;
    let (_, other) = meeting.sides(job.reader);
    let url = format!("{}/bookings/{}", site.origin, booking.id);
    let mut facts = when(meeting, job.reader);
    facts.push(("With", other.name.clone()));
    match job.news {
        News::Confirmed => {
            if !booking.location.is_empty() {
                facts.push(("Where", booking.location.clone()));
            }
            let mut blocks = vec![Block::Facts(facts)];
            blocks.extend(
                event::spoken(meeting)
                    .into_iter()
                    .map(|(heading, words)| Block::Quote(heading, words)),
            );
            blocks.push(Block::Button {
                label: "Open the session",
                url,
            });
            blocks.push(Block::Link {
                label: "Something came up? Cancel it",
                url: cancel_url.to_owned(),
            });
            let first_name = event::first_name(&other.name);
            blocks.push(Block::Small(format!(
                "Cancelling tells {first_name} at once and frees the time."
            )));
            blocks
        }
        News::Cancelled => {
            let by_self = booking.cancelled_by == Some(job.reader);
            let who = if by_self {
                "You have".to_owned()
            } else {
                format!("{} has", other.name)
            };
            let mut blocks = vec![
                Block::Paragraph(format!(
                    "{who} cancelled this session. It goes from your calendar by itself where the calendar understands invitations."
                )),
                Block::Facts(facts),
            ];
            if !booking.cancel_reason.is_empty() {
                blocks.push(Block::Quote(
                    "The reason:".into(),
                    booking.cancel_reason.clone(),
                ));
            }
            if job.reader == booking.guest_id {
                let url = format!("{}/alumni/{}", site.origin, meeting.host_handle);
                blocks.push(Block::Button {
                    label: "Find another time",
                    url,
                });
            } else {
                blocks.push(Block::Link {
                    label: "Open the session",
                    url,
                });
            }
            blocks
        }
    }
}

/// The time in the reader's zone, and in the other's where it differs.
fn when(meeting: &Meeting, reader: crate::db::PersonId) -> Vec<(&'static str, String)> {
    let (own, other) = meeting.sides(reader);
    let span = Span::new(meeting.booking.starts_at, meeting.booking.ends_at);
    let in_zone = |zone: &Zone| {
        format!(
            "{}, {}",
            time::span(span, zone),
            time::zone_in_words(zone, span.start)
        )
    };
    let mut facts = vec![("When", in_zone(&own.zone()))];
    if time::differ(span.start, &own.zone(), &other.zone()) {
        facts.push(("For them", in_zone(&other.zone())));
    }
    facts
}
