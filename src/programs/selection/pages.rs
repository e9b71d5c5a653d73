//! The page of results, made from values already loaded.

use chrono::{DateTime, Utc};
use maud::{Markup, html};

use super::letter::Written;
use crate::{
    html::{Page, icon, time},
    people::visitor::Visitor,
    programs::{
        application::{CohortRole, Decision, pages::both, store::Funnel},
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
        p.lead {
            "Everybody hears at one moment, and gets one letter each. Until then nobody but the staff knows of a decision."
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

fn numbers(results: &Results) -> Markup {
    html! {
        section aria-labelledby="numbers" {
            h2 #numbers { "Decisions" }
            div.scroll tabindex="0" role="region" aria-label="Decisions" {
                table {
                    thead {
                        tr {
                            td {}
                            @for head in {
                                [
                                    "Received",
                                    "Selected",
                                    "Wait-listed",
                                    "Not selected",
                                    "No decision",
                                ]
                            } {
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
                                        funnel.selected + funnel.offered,
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
                    " The results are out since "
                    (time::moment(at, &visitor.zone))
                    "."
                }
            }
            @if may && cohort.released_at.is_some() && can_offer(results) {
                form.stack method="post" action=(path) {
                    (visitor.chrome.csrf_field())
                    p { "There are free seats, and people on the wait-list." }
                    div.row {
                        button.button.is-quiet name="action" value="offer" { "Offer the free seats" }
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
                    p { "First:" }
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

/// Whether there is somebody on a wait-list for whom there is a seat.
fn can_offer(results: &Results) -> bool {
    let cohort = &results.access.cohort;
    let limits = [cohort.mentee_seats, cohort.mentor_seats];
    results.funnel.iter().zip(limits).any(|(funnel, limit)| {
        let taken = funnel.selected + funnel.offered;
        funnel.wait_listed > 0 && limit.is_none_or(|limit| taken < i64::from(limit))
    })
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
