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
    mail::{Letter, body::Block},
    people::Person,
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
    let session = event::title(&meeting, job.reader);
    let when = time::moment(job.starts_at, &own.zone());
    // What happened, and when it is or was to be. The event's own title says neither: there it would stay.
    let title = match job.news {
        News::Asked if is_host => format!("Request for {when}: {session}"),
        News::Asked => format!("Requested for {when}: {session}"),
        News::AskedForMore => format!("Question about {when}: {session}"),
        News::SaidMore => format!("More details for {when}: {session}"),
        News::Confirmed => format!("Booked for {when}: {session}"),
        News::Moved => format!("Moved to {when}: {session}"),
        News::Declined => format!("Declined, {when}: {session}"),
        News::Cancelled if meeting.booking.ended_as_request() => {
            format!("Withdrawn, {when}: {session}")
        }
        News::Cancelled => format!("Cancelled, {when}: {session}"),
        News::Expired => format!("Not answered in time, {when}: {session}"),
        News::SeatTaken => format!("{} is coming on {when}: {session}", other.name),
        News::SeatLeft => format!("{} is no longer coming on {when}: {session}", other.name),
    };
    // Words alone change nothing about the event.
    let is_talk = matches!(job.news, News::AskedForMore | News::SaidMore);
    let said = Said {
        meeting: &meeting,
        job,
        site,
        urls,
    };
    let blocks = said.blocks();
    let event = event::event(&meeting, job.reader, site, true);
    Letter {
        unsubscribe: None,
        to_name: own.name.clone(),
        to_email: own.email.clone(),
        blocks,
        subject: title,
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
        blocks,
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

/// What a letter says, and to whom.
struct Said<'a> {
    meeting: &'a Meeting,
    job: &'a BookingLetter,
    site: &'a Site<'a>,
    urls: &'a Urls,
}

impl Said<'_> {
    fn blocks(&self) -> Vec<Block> {
        match self.job.news {
            News::Asked | News::SaidMore if self.is_host() => self.request_to_answer(),
            News::Asked | News::SaidMore => self.request_of_mine(),
            News::AskedForMore => self.asked_for_more(),
            News::SeatTaken | News::SeatLeft => self.seat(),
            News::Confirmed | News::Moved => self.on(),
            News::Declined | News::Cancelled | News::Expired => self.off(),
        }
    }

    fn is_host(&self) -> bool {
        self.job.reader == self.meeting.booking.host_id
    }

    fn other(&self) -> &Person {
        self.meeting.sides(self.job.reader).1
    }

    fn facts(&self) -> Vec<(&'static str, String)> {
        let mut facts = when(self.meeting, self.job.reader);
        facts.push(("With", self.other().name.clone()));
        facts
    }

    /// What the guest has said.
    fn spoken(&self) -> impl Iterator<Item = Block> {
        let spoken = event::spoken(self.meeting).into_iter();
        spoken.map(|(heading, words)| Block::Quote(heading, words))
    }

    /// What whoever did it has said.
    fn note(&self, heading: &str) -> Option<Block> {
        let note = &self.job.note;
        (!note.is_empty()).then(|| Block::Quote(heading.to_owned(), note.clone()))
    }

    fn url(&self) -> String {
        let path = event::path(self.meeting, self.job.reader);
        format!("{}{path}", self.site.origin)
    }

    /// The address of something about this booking, though it be one of a group.
    fn of_seat(&self, what: &str) -> String {
        let id = self.meeting.booking.id;
        format!("{}/bookings/{id}/{what}", self.site.origin)
    }

    fn open(&self) -> Block {
        Block::Button {
            label: "Open the session",
            url: self.url(),
        }
    }

    fn cancel(&self, label: &'static str) -> Block {
        Block::Link {
            label,
            url: self.urls.cancel.clone(),
        }
    }

    fn request_to_answer(&self) -> Vec<Block> {
        let name = &self.other().name;
        let mut blocks = Vec::new();
        if self.job.news == News::SaidMore {
            blocks.push(Block::Paragraph(format!("{name} added details.")));
        }
        blocks.push(Block::Facts(self.facts()));
        blocks.extend(self.spoken());
        blocks.push(Block::Button {
            label: "Approve, decline or ask for details",
            url: self.urls.answer.clone(),
        });
        blocks.extend(self.held_until().map(|until| {
            Block::Small(format!(
                "The time is held until {until}. After that, the request expires."
            ))
        }));
        blocks
    }

    fn request_of_mine(&self) -> Vec<Block> {
        let mut said = format!("You have asked {} for this time.", self.other().name);
        if let Some(until) = self.held_until() {
            said += &format!(" It is held for you until they answer, until {until} at the latest.");
        }
        let mut blocks = vec![Block::Paragraph(said), Block::Facts(self.facts())];
        blocks.extend(self.spoken());
        blocks.push(self.open());
        blocks.push(self.cancel("Something came up? Withdraw the request"));
        blocks
    }

    fn asked_for_more(&self) -> Vec<Block> {
        let asks = self.note(&format!("{} asks before answering:", self.other().name));
        let add = Block::Button {
            label: "Add details",
            url: self.of_seat("said"),
        };
        let held = self
            .held_until()
            .map(|until| Block::Small(format!("The time is held for you until {until}.")));
        let rest = [Block::Facts(self.facts()), add];
        asks.into_iter().chain(rest).chain(held).collect()
    }

    /// Until when the time of a request is held: as long from when it is made, and again from when its host
    /// asks for more.
    fn held_until(&self) -> Option<String> {
        let booking = &self.meeting.booking;
        let until = match self.job.news {
            News::Asked | News::AskedForMore => {
                let hours = booking.answer_within_hours;
                Some(rules::answer_by(booking.starts_at, hours, self.job.at))
            }
            _ => booking.hold_expires_at,
        };
        let zone = self.meeting.sides(self.job.reader).0.zone();
        until.map(|until| time::moment(until, &zone))
    }

    fn seat(&self) -> Vec<Block> {
        let mut blocks = vec![Block::Facts(self.facts())];
        if self.job.news == News::SeatTaken {
            blocks.extend(self.spoken());
        } else {
            blocks.extend(self.note("Reason:"));
        }
        blocks.push(self.open());
        blocks
    }

    /// It takes place, perhaps at another time than before.
    fn on(&self) -> Vec<Block> {
        let (meeting, reader) = (self.meeting, self.job.reader);
        let is_moved = self.job.news == News::Moved;
        // All of a group is moved, whoever took which seat.
        let is_about_all = is_moved && event::is_about_all(meeting, reader);
        let mut facts = self.facts();
        if let Some((start, end)) = self.job.was {
            let before = time::span(Span::new(start, end), &meeting.sides(reader).0.zone());
            facts.insert(facts.len() - 1, ("Previously", before));
        }
        if !meeting.booking.location.is_empty() {
            facts.push(("Where", meeting.booking.location.clone()));
        }
        if is_about_all {
            facts.retain(|(name, _)| *name != "With");
        }
        let mut blocks = Vec::new();
        if is_moved {
            blocks.push(Block::Paragraph(
                "This session has a new time. If your calendar supports invitations, it will update automatically.".into(),
            ));
        }
        blocks.push(Block::Facts(facts));
        blocks.extend(self.note(&format!("{} says:", meeting.host.name)));
        blocks.extend(self.spoken().filter(|_| !is_about_all));
        blocks.push(self.open());
        // A seat in a group is given up, not moved.
        let is_late = meeting.booking.is_late(self.job.at);
        if self.is_host() || meeting.booking.group_id.is_none() && !is_late {
            blocks.push(Block::Link {
                label: "Move the session",
                url: self.of_seat("move"),
            });
        }
        blocks.push(self.cancel("Something came up? Cancel the session"));
        blocks.push(Block::Link {
            label: "Add it to your calendar",
            url: self.of_seat("invite.ics"),
        });
        blocks.push(Block::Small(self.until_when()));
        blocks
    }

    /// Until when it can be changed, and what happens then.
    fn until_when(&self) -> String {
        let booking = &self.meeting.booking;
        let is_group = event::is_about_all(self.meeting, self.job.reader);
        if booking.change_notice_hours > 0 && booking.is_within_notice(self.job.at) {
            return match booking.is_late(self.job.at) {
                true => format!(
                    "It starts in less than {} hours, so it cannot be moved, and cancelling counts as late.",
                    booking.change_notice_hours
                ),
                false => format!(
                    "It starts in less than {} hours. For ten minutes after booking you can still cancel freely. After \
                     that, it cannot be moved, and cancelling counts as late.",
                    booking.change_notice_hours
                ),
            };
        }
        if booking.change_notice_hours > 0 {
            return format!(
                "It can be {} until {} hours before it starts. Cancelling after that counts as late.",
                rules::changeable(is_group && !self.is_host()),
                booking.change_notice_hours
            );
        }
        let whom = match is_group {
            true => "everybody",
            false => &self.other().name,
        };
        format!("If you cancel, we will tell {whom} at once and free the time.")
    }

    /// It does not take place.
    fn off(&self) -> Vec<Block> {
        let (booking, other) = (&self.meeting.booking, self.other());
        let who = match booking.cancelled_by {
            Some(by) if by == self.job.reader => "You have".to_owned(),
            Some(by) if by != other.id => "A coordinator has".to_owned(),
            _ => format!("{} has", other.name),
        };
        let what = match self.job.news {
            News::Declined => format!("{who} declined this request."),
            News::Expired => {
                "This request was not answered in time, so the time is free again.".into()
            }
            _ if booking.ended_as_request() => format!("{who} withdrawn this request."),
            // The group goes on without them.
            _ if booking.group_id.is_some() && booking.cancelled_by == Some(booking.guest_id) => {
                format!("{who} given up this seat.")
            }
            _ => format!("{who} cancelled this session."),
        };
        let mut facts = self.facts();
        if event::is_about_all(self.meeting, self.job.reader) {
            facts.retain(|(name, _)| *name != "With");
        }
        let mut blocks = vec![
            Block::Paragraph(format!(
                "{what} If your calendar supports invitations, it will update automatically."
            )),
            Block::Facts(facts),
        ];
        if !booking.cancel_reason.is_empty() {
            let reason = booking.cancel_reason.clone();
            blocks.push(Block::Quote("Reason:".into(), reason));
        }
        blocks.push(match self.is_host() {
            true => Block::Link {
                label: "Open the session",
                url: self.url(),
            },
            false => Block::Button {
                label: "Find another time",
                url: format!("{}/alumni/{}", self.site.origin, self.meeting.host_handle),
            },
        });
        blocks
    }
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
    let zone = own.zone();
    let theirs = other.zone_for(&zone);
    let mut facts = vec![("When", in_zone(&zone))];
    if !event::is_about_all(meeting, reader) && time::differ(span.start, &zone, &theirs) {
        facts.push(("Their time", in_zone(&theirs)));
    }
    facts
}
