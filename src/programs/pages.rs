//! The public pages of programs, made from values already loaded.

use chrono::{DateTime, Utc};
use maud::{Markup, html};

use super::{
    application::{Application, ApplicationStatus, CohortRole, pages::standing},
    cohort::store::Past,
    faq::{faq, who},
    file::{Block, Mode, Moment, Part, ProgramFile},
    phase::{Phase, timeline},
    published::Published,
};
use crate::{
    html::{
        Page, icon,
        layout::Preview,
        markdown::{self, HeadingLevel},
        time,
    },
    ical, input,
    people::visitor::Visitor,
    schedule::Zone,
};

/// The programs that are published.
pub fn list(visitor: &Visitor, programs: &[Published], now: DateTime<Utc>) -> Markup {
    let body = html! {
        h1 { "Programs" }
        p.lead { "Mentorship over weeks and months, beside the single sessions that you can book." }
        @if programs.is_empty() {
            div.empty {
                (icon::users())
                p {
                    strong { "There are no programs at the moment." }
                    " Single sessions with alumni can be booked at any time."
                }
                p {
                    a.button href="/alumni" { "Find a session" }
                }
            }
        }
        ul.cards {
            @for published in programs {
                @let program = &published.file;
                @let phase = published.phase(now);
                li.card.stack {
                    h2 {
                        a href={ "/programs/" (program.slug) } { (program.name) }
                    }
                    p.row {
                        span.badge.is-open[phase == Phase::Open] { (phase.words()) }
                        @if let Some(cohort) = &program.cohort {
                            span.hint { (cohort.name) }
                        }
                    }
                    @if !program.summary.is_empty() {
                        p { (program.summary) }
                    }
                    p.hint { (next(program, phase, &visitor.zone, now)) }
                }
            }
        }
    };
    Page {
        chrome: &visitor.chrome,
        title: "Programs",
        body,
    }
    .render()
}

/// What comes next, in a sentence, in the program's zone and the reader's.
fn next(program: &ProgramFile, phase: Phase, reader: &Zone, now: DateTime<Utc>) -> Markup {
    let cohort = program.cohort.as_ref();
    let moment = |of: fn(&super::file::Cohort) -> Option<Moment>| cohort.and_then(of);
    html! {
        @match phase {
            Phase::Planned => "The dates are not final yet.",
            Phase::Announced => {
                @if let Some(open) = moment(|c| c.applications_open) {
                    "Applications open "
                    (both(open, false, &program.zone, reader))
                    "."
                }
            }
            Phase::Open => {
                @if let Some(close) = moment(|c| c.applications_close) {
                    "Apply by "
                    (both(close, true, &program.zone, reader))
                    "."
                }
            }
            Phase::Reviewing => {
                @if let Some(results) = moment(|c| c.results_on).filter(|results| results.at > now) {
                    "Applications have closed. Results come out on "
                    (time::short_date(results.day))
                    "."
                } @else { "Applications have closed." }
            }
            Phase::Decided => {
                @if let Some(day) = cohort.and_then(|c| c.starts_on) {
                    "Starts on "
                    (time::short_date(day))
                    "."
                }
            }
            Phase::Running => {
                @if let Some(day) = cohort.and_then(|c| c.ends_on) {
                    "Runs until "
                    (time::short_date(day))
                    "."
                }
            }
            Phase::Closed | Phase::Archived => "This cohort has ended.",
            Phase::AlwaysOpen => "Open all year.",
        }
    }
}

/// A moment on the clocks of the program, and on the reader's where they show something else. An end is named by
/// the last minute before it.
fn both(moment: Moment, is_end: bool, zone: &Zone, reader: &Zone) -> Markup {
    let at = match is_end && moment.is_whole_day {
        true => moment.at - chrono::TimeDelta::minutes(1),
        false => moment.at,
    };
    html! {
        strong { (time::moment(at, zone)) }
        ", "
        (zone.city())
        " time"
        @if time::differ(at, zone, reader) {
            " ("
            (time::moment(at, reader))
            " in "
            (reader.city())
            ")"
        }
    }
}

/// What the page of a program shows.
pub struct Shown<'a> {
    pub program: &'a Published,
    /// Its archived cohorts.
    pub past: &'a [Past],
    /// What the visitor has answered in its cohort.
    pub own: &'a [Application],
    /// Whether it is a preview that only coordinators see.
    pub is_draft: bool,
}

/// The page of a program.
pub fn program(visitor: &Visitor, shown: &Shown, now: DateTime<Utc>) -> Markup {
    let (program, is_draft) = (&shown.program.file, shown.is_draft);
    let phase = shown.program.phase(now);
    let blocks = |is_general: bool| {
        let is_shown =
            move |block: &Block| !block.text.is_empty() && (block.role == Part::Both) == is_general;
        let blocks = program.blocks.iter().enumerate();
        blocks.filter(move |(_, block)| is_shown(block))
    };
    let body = html! {
        @if is_draft {
            div.callout role="status" {
                p { "This is a preview. Only coordinators can see it." }
            }
        }
        p {
            a href="/programs" { "Programs" }
        }
        h1 { (program.name) }
        @if !program.summary.is_empty() {
            p.lead { (program.summary) }
        }
        div.columns {
            aside.stack {
                section.card aria-labelledby="now" {
                    h2 #now { (phase.words()) }
                    p { (next(program, phase, &visitor.zone, now)) }
                    @if !is_draft { (apply(shown, phase)) }
                    @if program.mode == Mode::Slots {
                        p {
                            a.button href="/alumni" { (icon::search()) "Find a session" }
                        }
                    }
                }
                (contacts(program))
            }
            div.stack {
                @if let Some(cohort) = &program.cohort {
                    @let points = timeline(cohort, &program.zone, now);
                    @if !points.is_empty() {
                        section aria-labelledby="timeline" {
                            h2 #timeline { "Timeline" }
                            ol.timeline {
                                @for point in &points {
                                    li.is-over[point.is_over] {
                                        strong { (point.label) }
                                        span {
                                            (time::short_date(point.day))
                                            " "
                                            (point.day.format("%Y"))
                                        }
                                    }
                                }
                            }
                            p.hint {
                                "Dates are those of "
                                (time::zone_in_words(&program.zone, now))
                                "."
                                @if let Some(pairs) = cohort.pairs {
                                    " There is room for "
                                    (pairs)
                                    @if pairs == 1 { " pair" } @else { " pairs" }
                                    @if let Some(seats) = cohort.seats {
                                        ", "
                                        (seats)
                                        " people in all"
                                    }
                                    "."
                                }
                            }
                        }
                    }
                }
                @for (number, block) in blocks(true) { (text(number, block)) }
                section aria-labelledby="who" {
                    h2 #who { "Who can take part" }
                    dl.facts {
                        @for (role, name) in [(Part::Mentee, "Mentees"), (Part::Mentor, "Mentors")] {
                            dt { (name) }
                            dd {
                                @for words in who(program, role) {
                                    p { (words) }
                                }
                            }
                        }
                    }
                }
                @for (number, block) in blocks(false) { (text(number, block)) }
                @if !program.acknowledgements.is_empty() {
                    section aria-labelledby="agree" {
                        h2 #agree { "What you agree to" }
                        ul {
                            @for acknowledgement in &program.acknowledgements {
                                li {
                                    @match acknowledgement.role {
                                        Part::Mentee => strong { "Mentees: " },
                                        Part::Mentor => strong { "Mentors: " },
                                        Part::Both => {}
                                    }
                                    (acknowledgement.words)
                                }
                            }
                        }
                    }
                }
                (past(shown.past))
                section aria-labelledby="questions" {
                    h2 #questions { "Questions and answers" }
                    @for answered in faq(program) {
                        details {
                            summary { (answered.question) }
                            p { (answered.answer) }
                        }
                    }
                }
            }
        }
    };
    let page = Page {
        chrome: &visitor.chrome,
        title: &program.name,
        body,
    };
    match is_draft {
        true => page.render(),
        false => page.linked(&Preview {
            description: program.summary.clone(),
            picture: None,
        }),
    }
}

/// The ways to apply, or to what the visitor has applied with.
fn apply(shown: &Shown, phase: Phase) -> Markup {
    let program = &shown.program.file;
    let current = shown
        .own
        .iter()
        .filter(|found| found.status != ApplicationStatus::Withdrawn);
    let takes = |role: &CohortRole| {
        let has_other = current.clone().any(|found| found.role == role.other());
        let has_own = current.clone().any(|found| found.role == *role);
        !has_own && (!has_other || program.allows_both_roles())
    };
    html! {
        @for own in current.clone() {
            p {
                "As a "
                (own.role.as_str())
                ": "
                a href={ "/applications/" (own.id) } { (standing(own)) }
            }
        }
        @if phase.is_open() && shown.program.cohort.is_some() {
            div.row {
                @for role in CohortRole::ALL.iter().filter(|role| takes(role)) {
                    a   .button
                        .is-quiet[*role == CohortRole::Mentor]
                        href={ "/programs/" (program.slug) "/apply?role=" (role.as_str()) }
                    { "Apply as a " (role.as_str()) }
                }
            }
        }
    }
}

/// Cohorts that are over, with how many took part.
fn past(past: &[Past]) -> Markup {
    html! {
        @if !past.is_empty() {
            section aria-labelledby="past" {
                h2 #past { "Past cohorts" }
                ul.plain {
                    @for cohort in past {
                        li {
                            strong { (cohort.name) }
                            span.hint { " " (counts(cohort)) }
                        }
                    }
                }
            }
        }
    }
}

/// As in `16 pairs, 17 mentees and 16 mentors`.
fn counts(past: &Past) -> String {
    let count = |number: Option<i32>, one: &str| match number.unwrap_or(0) {
        0 => None,
        1 => Some(format!("1 {one}")),
        many => Some(format!("{many} {one}s")),
    };
    let people = [
        count(past.past_mentees, "mentee"),
        count(past.past_mentors, "mentor"),
    ];
    let people: Vec<String> = people.into_iter().flatten().collect();
    let parts = count(past.past_pairs, "pair")
        .into_iter()
        .chain((!people.is_empty()).then(|| people.join(" and ")));
    parts.collect::<Vec<_>>().join(", ")
}

/// `number` tells its heading from others.
fn text(number: usize, block: &Block) -> Markup {
    let id = format!("text-{number}");
    let names = |word: &str| block.title.to_lowercase().contains(word);
    html! {
        section.prose aria-labelledby=(id) {
            h2 id=(id) {
                (block.title)
                @match block.role {
                    // Where the title does not say whom it is for.
                    Part::Mentee if !names("mentee") => span.hint { " for mentees" },
                    Part::Mentor if !names("mentor") => span.hint { " for mentors" },
                    _ => {}
                }
            }
            (markdown::render(&block.text, HeadingLevel::H3))
        }
    }
}

fn contacts(program: &ProgramFile) -> Markup {
    html! {
        section.card aria-labelledby="contact" {
            h2 #contact { "Questions?" }
            ul.plain {
                @for contact in &program.contacts {
                    li {
                        @if contact.channel == "email" {
                            a href=(ical::mailto(&contact.address)) { (contact.address) }
                        } @else if input::is_web_address(&contact.address) {
                            a href=(contact.address) rel="noopener noreferrer nofollow" {
                                @if contact.channel == "slack" { "Slack" } @else { (contact.address) }
                            }
                        }
                    }
                }
            }
        }
    }
}
