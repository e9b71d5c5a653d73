//! Letters about programs, made from values already loaded.

use super::{
    activity::{ActivityKind, store::Attended},
    application::CohortRole,
    cohort::Cohort,
    digest::{NewPost, News},
    file::ProgramFile,
    member::rules::Due,
    phase::last_minute,
    staff::StaffRole,
};
use crate::{
    html::time,
    ical::{self, Event, Method},
    mail::{Envelope, Letter, body::Block},
    schedule::{Span, Zone},
};

/// What letters about a cohort are about, to a reader in that zone.
pub struct About<'a> {
    pub file: &'a ProgramFile,
    pub cohort: &'a Cohort,
    pub zone: Zone,
}

impl About<'_> {
    /// The program with the name of its cohort.
    fn name(&self) -> String {
        match self.cohort.is_rolling {
            true => self.file.name.clone(),
            false => format!("{} {}", self.file.name, self.cohort.name),
        }
    }

    /// The dates that are still to come to somebody who has applied.
    fn dates(&self) -> Vec<(&'static str, String)> {
        let zone = self.cohort.zone();
        let moment = |at| match time::differ(at, &zone, &self.zone) {
            false => time::moment(at, &zone),
            true => format!(
                "{}, {} time ({} in {})",
                time::moment(at, &zone),
                zone.city(),
                time::moment(at, &self.zone),
                self.zone.city()
            ),
        };
        let cohort = self.cohort;
        [
            (
                "Applications close",
                cohort.closes_at.map(|at| moment(last_minute(at, &zone))),
            ),
            ("Results", cohort.results_at.map(moment)),
            ("Starts on", cohort.starts_on.map(time::long_date)),
            ("Ends on", cohort.ends_on.map(time::long_date)),
        ]
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)))
        .collect()
    }
}

/// To somebody who helps to run a program from now on.
pub fn appointed(envelope: Envelope, program: &str, role: StaffRole, url: String) -> Letter {
    let blocks = [
        Block::Paragraph(format!(
            "You help to run {program} from now on. {}.",
            role.about()
        )),
        Block::Button {
            label: "Open the program",
            url,
        },
    ];
    envelope.letter(&format!("You help to run {program}"), &blocks)
}

pub fn dates_changed(envelope: Envelope, about: &About, url: String) -> Letter {
    let name = about.name();
    let blocks = [
        Block::Paragraph(format!(
            "The dates of {name} have changed. These are the new ones:"
        )),
        Block::Facts(about.dates()),
        Block::Button {
            label: "Open the program",
            url,
        },
    ];
    envelope.letter(&format!("New dates: {name}"), &blocks)
}

/// To a member of a cohort: what is theirs to reach now.
pub fn milestones_changed(envelope: Envelope, about: &About, due: &[Due], url: String) -> Letter {
    let name = about.name();
    let mut blocks = vec![Block::Paragraph(format!(
        "The milestones of {name} have changed. What you have ticked off stays ticked off."
    ))];
    if !due.is_empty() {
        let lines: Vec<String> = due
            .iter()
            .map(|due| format!("{}: {}", time::long_date(due.day), due.milestone.words))
            .collect();
        blocks.push(Block::Quote("Yours are now:".into(), lines.join("\n")));
    }
    blocks.push(Block::Button {
        label: "Open your cohort",
        url,
    });
    envelope.letter(&format!("New milestones: {name}"), &blocks)
}

/// To a member of cohorts: what is new in them; none where nothing is.
pub fn digest(
    envelope: Envelope,
    news: &News,
    zone: &Zone,
    link: impl Fn(&str) -> String,
) -> Option<Letter> {
    let first = news.posts.first().map(|post| (&post.cohort, &post.path));
    let first = first.or_else(|| news.activities.first().map(|one| (&one.cohort, &one.path)));
    let (cohort, path) = first?;
    let mut blocks = Vec::new();
    for post in news.posts.iter().filter(|post| post.is_announcement) {
        let heading = format!("{}: {}, {} wrote:", post.cohort, post.title, post.author);
        blocks.push(Block::Quote(heading, post.words.clone()));
    }
    for one in &news.activities {
        let what = match (one.kind, one.starts_at) {
            (ActivityKind::Event, Some(at)) => format!("Event, {}", time::moment(at, zone)),
            _ => "Prompt".to_owned(),
        };
        blocks.push(Block::Paragraph(format!(
            "{}: {} ({what})",
            one.cohort, one.title
        )));
    }
    // Each thread once, however many have replied.
    let mut threads: Vec<(&NewPost, Vec<&str>)> = Vec::new();
    for post in news.posts.iter().filter(|post| !post.is_announcement) {
        match threads
            .iter_mut()
            .find(|(known, _)| known.path == post.path)
        {
            Some((_, authors)) if authors.contains(&post.author.as_str()) => {}
            Some((_, authors)) => authors.push(&post.author),
            None => threads.push((post, vec![&post.author])),
        }
    }
    for (post, authors) in threads {
        let verb = if post.is_reply { "replied to" } else { "wrote" };
        let authors = authors.join(", ");
        blocks.push(Block::Paragraph(format!(
            "{}: {authors} {verb} “{}”",
            post.cohort, post.title
        )));
    }
    // The tabs of the cohort are on its page, and the switch for these letters.
    let home = path.split('/').take(4).collect::<Vec<_>>().join("/");
    blocks.push(Block::Button {
        label: "Read and reply",
        url: link(if blocks.len() == 1 { path } else { &home }),
    });
    blocks.push(Block::Small(
        "We send at most one of these a day. You can turn them off on the page of your cohort."
            .into(),
    ));
    let is_one = news.posts.iter().all(|post| post.cohort == *cohort)
        && news.activities.iter().all(|one| one.cohort == *cohort);
    let subject = match is_one {
        true => format!("New in {cohort}"),
        false => "New in your cohorts".to_owned(),
    };
    Some(envelope.letter(&subject, &blocks))
}

/// To an applicant whose application is complete.
pub fn received(envelope: Envelope, about: &About, role: CohortRole, url: String) -> Letter {
    let name = about.name();
    let mut blocks = vec![Block::Paragraph(format!(
        "We have received your application to {name} as a {}.",
        role.as_str()
    ))];
    match about.cohort.is_rolling {
        true => blocks.push(Block::Paragraph(
            "A coordinator reads it and writes to you.".into(),
        )),
        false => {
            blocks.push(Block::Paragraph(
                "You can change or withdraw it until applications close. Everybody hears the result at the same time.".into(),
            ));
            blocks.push(Block::Facts(about.dates()));
        }
    }
    blocks.push(Block::Button {
        label: "Your application",
        url,
    });
    envelope.letter(&format!("Application received: {name}"), &blocks)
}

/// To a lead: results that were to go out could not.
pub fn release_blocked(
    envelope: Envelope,
    about: &About,
    blocks: &[String],
    url: String,
) -> Letter {
    let name = about.name();
    let blocks = [
        Block::Paragraph(format!(
            "The results of {name} were to go out now, and did not. Nobody has heard anything."
        )),
        Block::Quote("First:".into(), blocks.join("\n")),
        Block::Button {
            label: "Open the results",
            url,
        },
    ];
    envelope.letter(&format!("Results not sent: {name}"), &blocks)
}

/// To somebody who comes to an event: the invitation, a change of it, or its end.
pub fn event_news(
    envelope: Envelope,
    attended: &Attended,
    event: &Event,
    zone: &Zone,
    url: String,
) -> Letter {
    let title = &attended.activity.title;
    let is_off = event.status == ical::Status::Cancelled;
    let (subject, words) = match (is_off, attended.activity.cancelled_at, event.sequence) {
        (true, Some(_), _) => (
            format!("Cancelled: {title}"),
            "This event has been cancelled.",
        ),
        (true, None, _) => (
            format!("You are not coming: {title}"),
            "You have said that you are not coming, so it leaves your calendar.",
        ),
        (false, _, 0) => (
            format!("Event: {title}"),
            "You have said that you are coming.",
        ),
        (false, ..) => (format!("Changed: {title}"), "This event has changed."),
    };
    let span = Span::new(event.starts_at, event.ends_at);
    let mut facts = vec![
        ("Program", attended.program_name.clone()),
        (
            "When",
            format!("{}, {} time", time::span(span, zone), zone.city()),
        ),
    ];
    if !event.location.is_empty() {
        facts.push(("Where", event.location.clone()));
    }
    let blocks = [
        Block::Paragraph(words.into()),
        Block::Facts(facts),
        Block::Button {
            label: "Open the event",
            url,
        },
    ];
    let method = if is_off {
        Method::Cancel
    } else {
        Method::Request
    };
    let mut letter = envelope.letter(&subject, &blocks);
    letter.calendar = Some((
        method,
        ical::calendar(method, None, std::slice::from_ref(event)),
    ));
    letter
}
