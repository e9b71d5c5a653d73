//! The page of a rehearsal, made from values already loaded.

use maud::{Markup, html};

use super::{Event, EventKind, Rehearsal, play::RehearsalError};
use crate::{
    html::{
        Page,
        form::{self, Field},
        icon, time,
    },
    input::Problems,
    people::visitor::Visitor,
    programs::staff::access::Access,
};

/// What the page shows.
pub struct Rehearsing<'a> {
    pub access: &'a Access,
    /// As they were typed.
    pub people: &'a str,
    pub seed: &'a str,
    /// None: nothing has been played yet.
    pub played: Option<&'a Result<Rehearsal, RehearsalError>>,
}

pub fn rehearsal(visitor: &Visitor, shown: &Rehearsing, problems: &Problems) -> Markup {
    let slug = shown.access.program.slug.as_str();
    let body = html! {
        p {
            a href={ "/coordinate/programs/" (slug) } { (shown.access.program.name) }
        }
        h1 { "Rehearsal" }
        p.lead {
            "Plays the latest version with invented people: every date, email and task from the first day to the last. Nobody real hears of it, and nothing is kept."
        }
        (form::summary(problems))
        form.card.row method="post" action={ "/coordinate/programs/" (slug) "/rehearsal" } {
            (visitor.chrome.csrf_field())
            ({
                Field::new("people", "Number of people", shown.people)
                    .required()
                    .problems(problems)
                    .number(2, 200)
            })
            ({
                Field::new("seed", "Scenario number", shown.seed)
                    .hint("Use the same number to see the same result again.")
                    .required()
                    .problems(problems)
                    .number(0, 1_000_000)
            })
            button.button { (icon::play()) "Rehearse" }
        }
        @match shown.played {
            None => {}
            Some(Err(error)) => {
                div.callout.is-wrong role="alert" {
                    @for line in error.to_string().lines() {
                        p { (crate::input::sentence(line)) }
                    }
                }
            }
            Some(Ok(rehearsal)) => (played(visitor, rehearsal)),
        }
    };
    Page {
        chrome: &visitor.chrome,
        title: "Rehearsal",
        body,
    }
    .render()
}

fn played(visitor: &Visitor, rehearsal: &Rehearsal) -> Markup {
    let totals = &rehearsal.totals;
    let problems = rehearsal
        .events
        .iter()
        .filter(|event| event.kind == EventKind::Problem);
    let problems: Vec<&Event> = problems.collect();
    let numbers = [
        ("Mentees", totals.mentees),
        ("Mentors", totals.mentors),
        ("Applications", totals.applications),
        ("Selected", totals.selected),
        ("Results sent together", totals.results),
        ("Emails", totals.mails),
    ];
    html! {
        @if problems.is_empty() {
            div.card role="status" {
                p { (icon::check()) " Nothing would go wrong." }
            }
        } @else {
            div.callout.is-wrong role="alert" {
                p {
                    strong { "This would go wrong:" }
                }
                ul {
                    @for problem in &problems {
                        li { (crate::input::sentence(&problem.what)) }
                    }
                }
            }
        }
        dl.facts {
            @for (label, number) in numbers {
                dt { (label) }
                dd { (number) }
            }
        }
        h2 { "What happens" }
        ol.rehearsal {
            @for event in &rehearsal.events {
                li.is-big[matches!(event.kind, EventKind::State | EventKind::Deadline)] {
                    span.hint { (time::moment(event.at, &visitor.zone)) }
                    span.badge { (kind(event.kind)) }
                    span {
                        @if !event.who.is_empty() {
                            strong { (event.who) }
                            " "
                        }
                        (words(event))
                    }
                }
            }
        }
    }
}

fn kind(kind: EventKind) -> &'static str {
    match kind {
        EventKind::State => "State",
        EventKind::Deadline => "Deadline",
        EventKind::Task => "Task",
        EventKind::Action => "Action",
        EventKind::Refused => "Refused",
        EventKind::Mail => "Email",
        EventKind::Problem => "Problem",
    }
}

fn words(event: &Event) -> String {
    let words = match event.kind {
        EventKind::State => event.what.replace('_', " "),
        // Without the word for its kind, which programs read.
        EventKind::Mail => match event.what.split_once(": ") {
            Some((_, subject)) => format!("gets “{subject}”"),
            None => event.what.clone(),
        },
        _ => event.what.clone(),
    };
    match event.who.is_empty() {
        true => crate::input::sentence(&words),
        false => words,
    }
}
