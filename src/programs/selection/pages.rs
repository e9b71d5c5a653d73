//! The page of results, made from values already loaded.

use chrono::{DateTime, Utc};
use maud::{Markup, html};

use super::letter::Written;
use crate::{
    html::{Page, icon, time},
    people::visitor::Visitor,
    programs::{
        application::{CohortRole, Decision, answering::pages::both, store::Funnel},
        file::ProgramFile,
        review::pages::head,
        staff::{StaffRole, access::CohortAccess},
    },
};

/// A letter as somebody would get it, or the variable that nothing stands for.
pub struct Preview {
    pub decision: Decision,
    pub role: CohortRole,
    pub letter: Result<Written, String>,
}

/// What the page of results shows.
pub struct Results<'a> {
    pub access: &'a CohortAccess,
    pub file: &'a ProgramFile,
    /// Mentees and mentors.
    pub funnel: [Funnel; 2],
    /// What keeps the results back, a sentence each.
    pub blocks: &'a [String],
    pub previews: &'a [Preview],
    pub now: DateTime<Utc>,
}

pub fn results(visitor: &Visitor, results: &Results) -> Markup {
    let access = results.access;
    let body = html! {
        (head(access, &results.file.name, "/results"))
        @if access.cohort.released_at.is_none() {
            p.lead {
                "Everybody hears at one moment, and gets one email each. Until then nobody but the staff knows of a decision."
            }
        }
        div.columns {
            div.stack {
                (numbers(results))
                section aria-labelledby="letters" {
                    h2 #letters { "The letters" }
                    p.hint { "As somebody called Ada Example would get them." }
                    @for preview in results.previews { (letter(preview)) }
                }
            }
            aside.stack { (release(visitor, results)) }
        }
    };
    Page {
        chrome: &visitor.chrome,
        title: "Results",
        body,
    }
    .render()
}

const HEADS: [&str; 6] = [
    "Received",
    "Selected",
    "Offered a seat",
    "Wait-listed",
    "Not selected",
    "No decision",
];

fn numbers(results: &Results) -> Markup {
    html! {
        section aria-labelledby="numbers" {
            h2 #numbers { "Decisions" }
            div.scroll tabindex="0" role="region" aria-label="Decisions by role" {
                table {
                    thead {
                        tr {
                            td {}
                            @for head in HEADS {
                                th.is-number scope="col" { (head) }
                            }
                        }
                    }
                    tbody {
                        @for (role, funnel) in CohortRole::ALL.iter().zip(results.funnel) {
                            tr {
                                th scope="row" { (role.plural()) }
                                @for count in {
                                    [
                                        funnel.received,
                                        funnel.selected,
                                        funnel.offered,
                                        funnel.wait_listed,
                                        funnel.not_selected,
                                        funnel.undecided,
                                    ]
                                } {
                                    td.is-number { (count) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn release(visitor: &Visitor, results: &Results) -> Markup {
    let access = results.access;
    let cohort = &access.cohort;
    let (slug, name) = (&access.program.slug, &cohort.slug);
    let path = format!("/coordinate/programs/{slug}/cohorts/{name}/release");
    let untold: i64 = results.funnel.iter().map(|funnel| funnel.untold).sum();
    let may = access.role == StaffRole::Lead;
    html! {
        section.card.stack aria-labelledby="release" {
            h2 #release { "Release" }
            @if let Some(at) = cohort.released_at {
                p {
                    (icon::check())
                    " The results were released on "
                    (time::moment(at, &visitor.zone))
                    "."
                }
            }
            @let offers = offers(results);
            @if may && cohort.released_at.is_some() && offers > 0 {
                form
                    .stack
                    method="post"
                    action=(path)
                    data-confirm="They get an email at once, and have three days to answer."
                {
                    (visitor.chrome.csrf_field())
                    p {
                        "There are free seats. "
                        @if offers == 1 { "1 person" } @else { (offers) " people" }
                        " on the wait-list can have one."
                    }
                    div.row {
                        button.button.is-quiet name="action" value="offer" {
                            "Send "
                            (offers)
                            @if offers == 1 { " offer" } @else { " offers" }
                        }
                    }
                }
            }
            @if let (Some(at), None) = (cohort.release_at, cohort.released_at) {
                p {
                    "They go out by themselves "
                    (both(at, &cohort.zone(), &visitor.zone))
                    ". Decisions cannot be changed until then."
                }
                @if may {
                    form method="post" action=(path) {
                        (visitor.chrome.csrf_field())
                        button.button.is-quiet name="action" value="cancel" { "Cancel the release" }
                    }
                }
            } @else if !results.blocks.is_empty() {
                @if cohort.released_at.is_none() || untold > 0 {
                    p { "Before you can release:" }
                    ul {
                        @for block in results.blocks {
                            li { (block) }
                        }
                    }
                }
            } @else if may {
                form
                    .stack
                    method="post"
                    action=(path)
                    data-confirm="Everybody hears at once. This cannot be undone."
                {
                    (visitor.chrome.csrf_field())
                    p {
                        @if untold == 1 { "1 letter goes out." } @else { (untold) " letters go out." }
                        " This cannot be undone."
                    }
                    div.row {
                        button.button name="action" value="now" { "Release now" }
                        @if let Some(at) = {
                            cohort
                                .results_at
                                .filter(|at| *at > results.now && !cohort.is_rolling)
                        } {
                            button.button.is-quiet name="action" value="plan" {
                                "Release on "
                                (time::moment(at, &cohort.zone()))
                            }
                        }
                    }
                }
            } @else {
                p { "A lead can release the results." }
            }
        }
    }
}

/// How many of those on the wait-lists there is a seat for.
fn offers(results: &Results) -> i64 {
    let cohort = &results.access.cohort;
    let limits = [cohort.mentee_seats, cohort.mentor_seats];
    let of = |(funnel, limit): (&Funnel, Option<i32>)| {
        let taken = funnel.selected + funnel.offered;
        let free = limit.map_or(i64::MAX, |limit| i64::from(limit) - taken);
        funnel.wait_listed.min(free.max(0))
    };
    results.funnel.iter().zip(limits).map(of).sum()
}

fn letter(preview: &Preview) -> Markup {
    html! {
        details.card {
            summary { (preview.decision.words()) ", to a " (preview.role.as_str()) }
            @match &preview.letter {
                Ok(letter) => {
                    p {
                        strong { (letter.subject) }
                    }
                    @for paragraph in &letter.paragraphs {
                        p.said { (paragraph) }
                    }
                    p {
                        span.badge { "Your application" }
                    }
                }
                Err(variable) => {
                    p.problem {
                        "It names {"
                        (variable)
                        "}, and the program does not say what that is."
                    }
                }
            }
        }
    }
}
