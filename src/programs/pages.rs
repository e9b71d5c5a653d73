//! The public pages of programs, made from values already loaded.

use chrono::{DateTime, Utc};
use maud::{Markup, html};

use super::{
    faq::{faq, who},
    file::{Block, Mode, Moment, Part, ProgramFile},
    phase::{Phase, timeline},
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
pub fn list(visitor: &Visitor, programs: &[ProgramFile], now: DateTime<Utc>) -> Markup {
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
            @for program in programs {
                @let phase = Phase::of(program, now);
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
                    p.hint { (next(program, phase, &visitor.zone)) }
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
fn next(program: &ProgramFile, phase: Phase, reader: &Zone) -> Markup {
    let cohort = program.cohort.as_ref();
    let moment = |of: fn(&super::file::Cohort) -> Option<Moment>| cohort.and_then(of);
    html! {
        @match phase {
            Phase::Planned => "Planned. The dates are not final yet.",
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
                @if let Some(results) = moment(|c| c.results_on) {
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
            Phase::Closed => "This cohort has ended.",
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

/// The page of a program. `is_draft`: it is a preview that only coordinators see.
pub fn program(
    visitor: &Visitor,
    program: &ProgramFile,
    is_draft: bool,
    now: DateTime<Utc>,
) -> Markup {
    let phase = Phase::of(program, now);
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
                    p { (next(program, phase, &visitor.zone)) }
                    @if {
                        program.mode != Mode::Slots
                            && matches!(phase, Phase::Open | Phase::AlwaysOpen)
                    } {
                        p { "To take part, write to the coordinators." }
                    }
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

/// `number` tells its heading from others.
fn text(number: usize, block: &Block) -> Markup {
    let id = format!("text-{number}");
    html! {
        section.prose aria-labelledby=(id) {
            h2 id=(id) {
                (block.title)
                @match block.role {
                    Part::Mentee => span.hint { " for mentees" },
                    Part::Mentor => span.hint { " for mentors" },
                    Part::Both => {}
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
