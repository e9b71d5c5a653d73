//! Letters about sessions that are over, made from values already loaded.

use super::{
    Outcome,
    jobs::{AfterLetter, AfterNews},
    reliability,
    store::Report,
};
use crate::{
    bookings::Meeting,
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
    if !is_of_use(about, job) {
        return None;
    }
    let Words {
        subject,
        mut blocks,
        button,
    } = match job.news {
        AfterNews::Asked | AfterNews::SaidNoShow | AfterNews::SaidOther => asking(about, job),
        AfterNews::Disputed => to_decide(about),
        AfterNews::Decided | AfterNews::Counted => settled(about, job),
        AfterNews::Thanks => thanks(about, job),
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

fn is_of_use(about: &About, job: &AfterLetter) -> bool {
    let settlement = &about.meeting.settlement;
    match job.news {
        AfterNews::Asked | AfterNews::SaidNoShow | AfterNews::SaidOther => {
            let has_said = about.reports.iter().any(|r| r.person_id == job.reader);
            settlement.settled_at.is_none() && !has_said
        }
        AfterNews::Disputed => settlement.is_disputed(),
        AfterNews::Decided | AfterNews::Counted | AfterNews::Thanks => true,
    }
}

/// What a letter says, its button aside.
struct Words {
    subject: String,
    blocks: Vec<Block>,
    button: &'static str,
}

impl About<'_> {
    /// The name of the other one.
    fn name(&self, job: &AfterLetter) -> &str {
        &self.meeting.sides(job.reader).1.name
    }

    fn session(&self, job: &AfterLetter) -> String {
        let title = &self.meeting.booking.service_title;
        format!("{title} with {}", self.name(job))
    }

    fn when(&self) -> (&'static str, String) {
        let span = self.meeting.booking.span();
        ("When", time::span(span, &self.reader.zone()))
    }
}

fn quote(job: &AfterLetter, heading: String) -> Option<Block> {
    (!job.note.is_empty()).then(|| Block::Quote(heading, job.note.clone()))
}

/// Asks the reader how it went; the other one may have said so.
fn asking(about: &About, job: &AfterLetter) -> Words {
    let (name, session) = (about.name(job), about.session(job));
    let went = format!("How did it go? {session}");
    let (subject, said) = match job.news {
        AfterNews::SaidNoShow => (
            format!("Did you miss it? {session}"),
            format!(
                "{name} says that you did not attend. If that is not right, tell us, and a coordinator will look into it."
            ),
        ),
        AfterNews::SaidOther => (
            went,
            format!("{name} says that it was neither a normal session nor a no-show."),
        ),
        _ => (
            went,
            format!("Did you and {name} meet? Answer with one click."),
        ),
    };
    let mut blocks = vec![Block::Paragraph(said), Block::Facts(vec![about.when()])];
    if job.news != AfterNews::Asked {
        blocks.extend(quote(job, format!("{name} writes:")));
        blocks.push(Block::Small(
            "If you do not answer within seven days of the session, this is what we record.".into(),
        ));
    }
    Words {
        subject,
        blocks,
        button: "Say how it went",
    }
}

/// To coordinators.
fn to_decide(about: &About) -> Words {
    let facts = vec![
        about.when(),
        ("Alumnus", about.meeting.host.name.clone()),
        ("Student", about.meeting.guest.name.clone()),
    ];
    let said =
        "The two people disagree about whether they met. Ask them if you need to, then decide.";
    Words {
        subject: format!("Please decide: {}", about.meeting.booking.service_title),
        blocks: vec![Block::Paragraph(said.into()), Block::Facts(facts)],
        button: "Decide",
    }
}

/// What it has come to: by a coordinator, or since one of the two has said nothing.
fn settled(about: &About, job: &AfterLetter) -> Words {
    let (name, session) = (about.name(job), about.session(job));
    let outcome = match about.meeting.settlement.absent {
        None => "nobody was at fault".to_owned(),
        Some(absent) if absent == job.reader => "you did not attend".into(),
        Some(_) => format!("{name} did not attend"),
    };
    let (subject, said) = match job.news {
        AfterNews::Decided => (
            format!("Decided: {session}"),
            format!("A coordinator has decided: {outcome}."),
        ),
        _ => (
            format!("Counted as missed: {session}"),
            format!(
                "{name} has said that you did not attend, and you did not reply, so it counts as missed. \
                 You can still object within 30 days."
            ),
        ),
    };
    let mut blocks = vec![Block::Paragraph(said), Block::Facts(vec![about.when()])];
    if job.news == AfterNews::Decided {
        blocks.extend(quote(job, "The coordinator writes:".into()));
    }
    Words {
        subject,
        blocks,
        button: "Open the session",
    }
}

fn thanks(about: &About, job: &AfterLetter) -> Words {
    let name = about.name(job);
    Words {
        subject: format!("Thanks from {name}"),
        blocks: vec![
            Block::Quote(format!("{name} writes:"), job.note.clone()),
            Block::Facts(vec![about.when()]),
            Block::Small("Only the two of you can read this.".into()),
        ],
        button: "Open the session",
    }
}

/// To somebody with that many late cancellations and no-shows within thirty days.
pub fn strikes(envelope: Envelope, strikes: i64, url: String) -> Letter {
    let is_pause = strikes >= reliability::PAUSES_AT;
    let said = format!(
        "You have missed {strikes} sessions in the last 30 days, or cancelled them late. Each time, somebody had \
         set that time aside for you."
    );
    let follows = if is_pause {
        "Booking is paused: what you have already booked stays, but nothing new can be booked. Reply to this \
         email or write to a coordinator, who can lift the pause."
    } else {
        "After the fourth, booking is paused until a coordinator lifts the pause. If you cannot make it, cancel \
         before the deadline. That does not count against you."
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
        "Booking is paused"
    } else {
        "Please keep your sessions"
    };
    envelope.letter(subject, &blocks)
}

/// The outcome in words, for use in a sentence.
pub fn in_words(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Attended => "we met",
        Outcome::NoShow => "the other person did not attend",
        Outcome::Other => "something else",
    }
}
