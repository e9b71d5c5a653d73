//! Letters about bookings, made from values already loaded.

use chrono::{DateTime, Utc};

use super::{
    Meeting, Status,
    event::{self, Site},
    jobs::{BookingLetter, News, Reminder},
    rules,
};
use crate::{
    html::time,
    ical::{self, Method},
    mail::{
        Letter,
        body::{self, Block},
    },
    schedule::{Span, Zone},
};

/// The letter to `job.reader`, as it was when it happened: SEQUENCE, time and date come from the
/// job, so that another attempt, or one after another change, sends the same.
pub fn letter(meeting: &Meeting, job: &BookingLetter, site: &Site, urls: &Urls) -> Letter {
    let mut meeting = meeting.clone();
    let booking = &mut meeting.booking;
    booking.sequence = job.sequence;
    booking.starts_at = job.starts_at;
    booking.ends_at = job.ends_at;
    booking.updated_at = job.at;
    let is_off = job.news.is_end();
    match job.news {
        News::Declined | News::Cancelled | News::Expired => {}
        News::Asked | News::AskedForMore | News::SaidMore => booking.status = Status::Pending,
        News::Confirmed | News::Moved | News::SeatTaken | News::SeatLeft => {
            booking.status = Status::Confirmed;
        }
    }
    if !is_off {
        booking.cancel_reason.clear();
    }
    let method = if is_off {
        Method::Cancel
    } else {
        Method::Request
    };
    let (own, other) = meeting.sides(job.reader);
    let is_host = job.reader == meeting.booking.host_id;
    let subject = event::title(&meeting, job.reader);
    let title = match job.news {
        News::Asked if is_host => format!("Request: {subject}"),
        News::Asked => format!("Requested: {subject}"),
        News::AskedForMore => format!("A question about {subject}"),
        News::SaidMore => format!("More details: {subject}"),
        News::Confirmed => format!("Booked: {subject}"),
        News::Moved => format!("Moved: {subject}"),
        News::Declined => format!("Declined: {subject}"),
        News::Cancelled => format!("Cancelled: {subject}"),
        News::Expired => format!("Not answered in time: {subject}"),
        News::SeatTaken => format!("{} is coming too: {subject}", other.name),
        News::SeatLeft => format!("{} is no longer coming: {subject}", other.name),
    };
    // Words alone change nothing about the event.
    let is_talk = matches!(job.news, News::AskedForMore | News::SaidMore);
    let blocks = blocks(&meeting, job, site, urls);
    let event = event::event(&meeting, job.reader, site, true);
    Letter {
        unsubscribe: None,
        to_name: own.name.clone(),
        to_email: own.email.clone(),
        text: body::text(&title, &blocks),
        html: body::html(&title, &blocks),
        // Exchange titles the event after the subject, so the subject says no more than the title.
        subject,
        calendar: (!is_talk).then(|| (method, ical::calendar(method, None, &[event]))),
        id: format!(
            "{}.{}{}.{}",
            job.booking,
            job.sequence,
            if is_talk {
                format!("-{}", job.at.timestamp_micros())
            } else {
                String::new()
            },
            if is_host { "host" } else { "guest" }
        ),
        date: job.at,
    }
}

/// The letter before a session, as things stand at `now`.
pub fn reminder(meeting: &Meeting, job: &Reminder, url: String, now: DateTime<Utc>) -> Letter {
    let booking = &meeting.booking;
    let (own, other) = meeting.sides(job.reader);
    let subject = event::title(meeting, job.reader);
    let minutes = (booking.starts_at - now).num_minutes();
    let left = match minutes {
        0..=1 => "in a minute".to_owned(),
        2..=90 => format!("in {minutes} minutes"),
        _ => format!("in {} hours", (minutes + 30) / 60),
    };
    let title = format!("Reminder: {subject}");
    let is_about_all = event::is_about_all(meeting, job.reader);
    let mut facts = when(meeting, job.reader);
    if !is_about_all {
        facts.push(("With", other.name.clone()));
    }
    if !booking.location.is_empty() {
        facts.push(("Where", booking.location.clone()));
    }
    let mut blocks = vec![
        Block::Paragraph(format!("Your session starts {left}.")),
        Block::Facts(facts),
    ];
    let spoken = event::spoken(meeting).into_iter().filter(|_| !is_about_all);
    blocks.extend(spoken.map(|(heading, words)| Block::Quote(heading, words)));
    blocks.push(Block::Button {
        label: "Open the session",
        url,
    });
    blocks.push(Block::Small(
        "You can choose when we remind you in your settings.".into(),
    ));
    let side = if job.reader == booking.host_id {
        "host"
    } else {
        "guest"
    };
    Letter {
        unsubscribe: None,
        to_name: own.name.clone(),
        to_email: own.email.clone(),
        text: body::text(&title, &blocks),
        html: body::html(&title, &blocks),
        subject: title,
        calendar: None,
        id: format!(
            "{}.reminder.{}.{}.{side}",
            job.booking,
            job.starts_at.timestamp(),
            job.minutes
        ),
        date: job.at,
    }
}

/// Addresses that only the reader gets.
#[derive(Clone, Debug)]
pub struct Urls {
    pub cancel: String,
    pub answer: String,
}

fn blocks(meeting: &Meeting, job: &BookingLetter, site: &Site, urls: &Urls) -> Vec<Block> {
    let booking = &meeting.booking;
    let (_, other) = meeting.sides(job.reader);
    let is_host = job.reader == booking.host_id;
    let name = other.name.as_str();
    let is_group = event::is_about_all(meeting, job.reader);
    let url = format!("{}{}", site.origin, event::path(meeting, job.reader));
    let spoken = || {
        event::spoken(meeting)
            .into_iter()
            .map(|(heading, words)| Block::Quote(heading, words))
    };
    let mut facts = when(meeting, job.reader);
    facts.push(("With", other.name.clone()));
    let open = Block::Button {
        label: "Open the session",
        url: url.clone(),
    };
    let cancel = |label| Block::Link {
        label,
        url: urls.cancel.clone(),
    };
    let note = |heading: &str| {
        (!job.note.is_empty()).then(|| Block::Quote(heading.to_owned(), job.note.clone()))
    };
    let mut blocks = Vec::new();
    match job.news {
        News::Asked | News::SaidMore if is_host => {
            if job.news == News::SaidMore {
                blocks.push(Block::Paragraph(format!("{} added details.", other.name)));
            }
            blocks.push(Block::Facts(facts));
            blocks.extend(spoken());
            blocks.push(Block::Button {
                label: "Approve, decline or ask",
                url: urls.answer.clone(),
            });
            blocks.push(Block::Small(format!(
                "The time is held for {name} for {} hours. Then the request expires.",
                booking.answer_within_hours
            )));
        }
        News::Asked | News::SaidMore => {
            blocks.push(Block::Paragraph(format!(
                "You have asked {} for this time. It is held for you until they answer, for at most {} hours.",
                other.name, booking.answer_within_hours
            )));
            blocks.push(Block::Facts(facts));
            blocks.extend(spoken());
            blocks.push(open);
            blocks.push(cancel("Something came up? Withdraw the request"));
        }
        News::AskedForMore => {
            blocks.extend(note(&format!("{} asks before answering:", other.name)));
            blocks.push(Block::Facts(facts));
            blocks.push(open);
            blocks.push(Block::Small(
                "The time is held for you in the meantime.".into(),
            ));
        }
        News::SeatTaken | News::SeatLeft => {
            blocks.push(Block::Facts(facts));
            if job.news == News::SeatTaken {
                blocks.extend(spoken());
            } else {
                blocks.extend(note("The reason:"));
            }
            blocks.push(open);
        }
        News::Confirmed | News::Moved => {
            if let Some((start, end)) = job.was {
                let before = time::span(Span::new(start, end), &meeting.sides(job.reader).0.zone());
                facts.insert(1, ("Previously", before));
            }
            if !booking.location.is_empty() {
                facts.push(("Where", booking.location.clone()));
            }
            if job.news == News::Moved {
                blocks.push(Block::Paragraph(
                    "This session has a new time. Calendars that support invitations will move it by themselves.".into(),
                ));
            }
            // All of a group is moved, whoever took which seat.
            let is_about_all = is_group && job.news == News::Moved;
            if is_about_all {
                facts.retain(|(name, _)| *name != "With");
            }
            blocks.push(Block::Facts(facts));
            blocks.extend(note(&format!("{} says:", meeting.host.name)));
            blocks.extend(spoken().filter(|_| !is_about_all));
            blocks.push(open);
            blocks.push(cancel("Something came up? Cancel it"));
            blocks.push(Block::Small(if booking.change_notice_hours > 0 {
                format!(
                    "It can be {} until {} hours before it starts. Cancelling after that counts as late.",
                    rules::changeable(is_group && job.reader == booking.guest_id),
                    booking.change_notice_hours
                )
            } else {
                let whom = if is_group { "everybody" } else { name };
                format!("If you cancel, we will tell {whom} at once and free the time.")
            }));
        }
        News::Declined | News::Cancelled | News::Expired => {
            let by_self = booking.cancelled_by == Some(job.reader);
            let who = if by_self {
                "You have".to_owned()
            } else if booking.cancelled_by.is_none_or(|by| by == other.id) {
                format!("{} has", other.name)
            } else {
                "A coordinator has".to_owned()
            };
            let what = match job.news {
                News::Declined => format!("{who} declined this request."),
                News::Expired => {
                    "This request was not answered in time, so the time is free again.".into()
                }
                _ => format!("{who} cancelled this session."),
            };
            blocks.push(Block::Paragraph(format!(
                "{what} Calendars that support invitations will remove it by themselves."
            )));
            blocks.push(Block::Facts(facts));
            if !booking.cancel_reason.is_empty() {
                blocks.push(Block::Quote(
                    "The reason:".into(),
                    booking.cancel_reason.clone(),
                ));
            }
            if is_host {
                blocks.push(Block::Link {
                    label: "Open the session",
                    url,
                });
            } else {
                blocks.push(Block::Button {
                    label: "Find another time",
                    url: format!("{}/alumni/{}", site.origin, meeting.host_handle),
                });
            }
        }
    }
    blocks
}

/// The time in the reader's zone, and in the other's where it differs; to its host a group is no one guest's.
pub fn when(meeting: &Meeting, reader: crate::db::PersonId) -> Vec<(&'static str, String)> {
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
    if !event::is_about_all(meeting, reader) && time::differ(span.start, &own.zone(), &other.zone())
    {
        facts.push(("Their time", in_zone(&other.zone())));
    }
    facts
}
