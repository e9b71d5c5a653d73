//! Letters about sessions that are over, made from values already loaded.

use super::{
    Outcome,
    jobs::{AfterLetter, AfterNews},
    reliability,
    store::Report,
};
use crate::{
    bookings::Meeting,
    db::PersonId,
    html::time,
    mail::{Envelope, Letter, body::Block},
    people::Person,
};

/// What a letter is made from.
#[derive(Clone, Copy, Debug)]
pub struct About<'a> {
    pub meeting: &'a Meeting,
    pub reports: &'a [Report],
    pub reader: &'a Person,
    pub url: &'a str,
}

/// The letter to `job.reader`; none where it is no longer of use.
pub fn letter(about: &About, job: &AfterLetter) -> Option<Letter> {
    let booking = &about.meeting.booking;
    let has_said = |person: PersonId| about.reports.iter().any(|r| r.person_id == person);
    let is_settled = about.meeting.settlement.settled_at.is_some();
    let is_of_use = match job.news {
        AfterNews::Asked | AfterNews::SaidNoShow | AfterNews::SaidOther => {
            !is_settled && !has_said(job.reader)
        }
        AfterNews::Disputed => about.meeting.settlement.is_disputed(),
        AfterNews::Decided | AfterNews::Counted | AfterNews::Thanks => true,
    };
    if !is_of_use {
        return None;
    }
    let zone = about.reader.zone();
    let (_, other) = about.meeting.sides(job.reader);
    let name = other.name.as_str();
    let session = format!("{} with {}", booking.service_title, other.name);
    let mut facts = vec![("When", time::span(booking.span(), &zone))];
    let quote =
        |heading: String| (!job.note.is_empty()).then(|| Block::Quote(heading, job.note.clone()));
    let week = "If nobody says otherwise within seven days of the session, this stands.";
    let (subject, mut blocks, button) = match job.news {
        AfterNews::Asked => (
            format!("How did it go? {session}"),
            vec![
                Block::Paragraph(format!("Did you and {name} meet? Answer with one click.")),
                Block::Facts(facts),
            ],
            "Say how it went",
        ),
        AfterNews::SaidNoShow => {
            let mut blocks = vec![
                Block::Paragraph(format!(
                    "{} says that you did not attend. If that is not right, tell us, and a coordinator will look into it.",
                    other.name
                )),
                Block::Facts(facts),
            ];
            blocks.extend(quote(format!("{name} writes:")));
            blocks.push(Block::Small(week.into()));
            (
                format!("Did you miss it? {session}"),
                blocks,
                "Say how it went",
            )
        }
        AfterNews::SaidOther => {
            let mut blocks = vec![
                Block::Paragraph(format!("{} says that something else happened.", other.name)),
                Block::Facts(facts),
            ];
            blocks.extend(quote(format!("{name} writes:")));
            blocks.push(Block::Small(week.into()));
            (
                format!("How did it go? {session}"),
                blocks,
                "Say how it went",
            )
        }
        AfterNews::Disputed => {
            facts.push(("Alumnus", about.meeting.host.name.clone()));
            facts.push(("Student", about.meeting.guest.name.clone()));
            (
                format!("Please decide: {}", booking.service_title),
                vec![
                    Block::Paragraph(
                        "The two people say different things about whether they met. Ask them if you need to, then decide."
                            .into(),
                    ),
                    Block::Facts(facts),
                ],
                "Decide",
            )
        }
        AfterNews::Decided => {
            let outcome = match about.meeting.settlement.absent {
                None => "nobody was at fault".to_owned(),
                Some(absent) if absent == job.reader => "you did not attend".into(),
                Some(_) => format!("{} did not attend", other.name),
            };
            let mut blocks = vec![
                Block::Paragraph(format!("A coordinator has decided: {outcome}.")),
                Block::Facts(facts),
            ];
            blocks.extend(quote("The coordinator writes:".into()));
            (format!("Decided: {session}"), blocks, "Open the session")
        }
        AfterNews::Counted => (
            format!("Counted as missed: {session}"),
            vec![
                Block::Paragraph(format!(
                    "{} has said that you did not attend, and you have not said otherwise, so it counts as missed. \
                     You can still object within 30 days.",
                    other.name
                )),
                Block::Facts(facts),
            ],
            "Open the session",
        ),
        AfterNews::Thanks => (
            format!("Thanks from {}", other.name),
            vec![
                Block::Quote(format!("{} writes:", other.name), job.note.clone()),
                Block::Facts(facts),
                Block::Small("Only you and they can read this.".into()),
            ],
            "Open the session",
        ),
    };
    blocks.push(Block::Button {
        label: button,
        url: about.url.to_owned(),
    });
    let envelope = Envelope {
        name: about.reader.name.clone(),
        email: about.reader.email.clone(),
        id: format!(
            "{}.after.{}.{}",
            job.booking,
            job.reader,
            job.at.timestamp_micros()
        ),
        date: job.at,
    };
    Some(envelope.letter(&subject, &blocks))
}

/// To somebody with that many late cancellations and no-shows within thirty days.
pub fn strikes(envelope: Envelope, strikes: i64, url: String) -> Letter {
    let is_pause = strikes >= reliability::PAUSES_AT;
    let said = format!(
        "You have missed or cancelled late {strikes} sessions in the last 30 days. Each time, somebody had \
         kept the time free."
    );
    let follows = if is_pause {
        "Your bookings are paused: what is already booked stays, but nothing new can be booked. Reply to this \
         email or write to a coordinator, who can lift the pause."
    } else {
        "At four, booking is paused until a coordinator lifts the pause. If you cannot make it, cancel before the \
         deadline: that does not count against you."
    };
    let blocks = [
        Block::Paragraph(said),
        Block::Paragraph(follows.into()),
        Block::Button {
            label: "See your record",
            url,
        },
    ];
    let subject = if is_pause {
        "Your bookings are paused"
    } else {
        "Please keep your sessions"
    };
    envelope.letter(subject, &blocks)
}

/// As a sentence about somebody says it.
pub fn in_words(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Attended => "we met",
        Outcome::NoShow => "the other person did not attend",
        Outcome::Other => "something else",
    }
}
