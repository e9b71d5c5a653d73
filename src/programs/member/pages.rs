//! The page of a cohort for its members, made from values already loaded.

use chrono::{DateTime, Utc};
use maud::{Markup, html};

use super::{
    Inside,
    rules::{Due, milestones},
};
use crate::{
    html::{Page, icon, time},
    people::{Person, visitor::Visitor},
    programs::{
        activity::{pages::listed, store::Listed},
        application::CohortRole,
        file::Severity,
        space::{Space, store::Thread},
    },
};

/// What the page of a cohort shows.
pub struct Home<'a> {
    pub inside: &'a Inside,
    /// The names of the milestones that the reader has reached.
    pub done: &'a [String],
    pub members: &'a [(Person, CohortRole)],
    pub activities: &'a [Listed],
    /// The spaces that the reader is in.
    pub spaces: &'a [Space],
    /// Their latest threads.
    pub threads: &'a [Thread],
    /// Whether the reader wants no daily letters.
    pub is_digest_off: bool,
    pub now: DateTime<Utc>,
}

/// The name of a program with its cohort, and the ways between its pages.
pub fn head(inside: &Inside, current: &str) -> Markup {
    html! {
        h1 {
            (inside.file.name)
            @if !inside.cohort.is_rolling { " " (inside.cohort.name) }
        }
        nav.tabs aria-label="Cohort" {
            a href=(inside.at("")) aria-current=[current.is_empty().then_some("page")] {
                "Overview"
            }
            @for space in crate::programs::space::of(inside) {
                @let path = format!("/spaces/{}", space.as_str());
                a href=(inside.at(&path)) aria-current=[(current == path).then_some("page")] {
                    (space.words())
                }
            }
            @if inside.staff.is_some() {
                a href={ "/coordinate/programs/" (inside.program) "/cohorts/" (inside.cohort.slug) } {
                    "Coordination"
                }
            }
        }
    }
}

pub fn home(visitor: &Visitor, home: &Home) -> Markup {
    let inside = home.inside;
    let body = html! {
        (head(inside, ""))
        div.columns {
            div.stack {
                (due(visitor, home))
                section aria-labelledby="on" {
                    h2 #on { "Events and prompts" }
                    @if home.activities.is_empty() {
                        p.hint { "Nothing is planned at the moment." }
                    }
                    ul.cards.is-single {
                        @for activity in home.activities {
                            (listed(visitor, inside, activity, home.now))
                        }
                    }
                }
            }
            aside.stack {
                @if !home.spaces.is_empty() { (talk(home)) }
                @if !inside.roles.is_empty() { (digest(visitor, home)) }
                (people(home))
            }
        }
    };
    Page {
        chrome: &visitor.chrome,
        title: &inside.file.name,
        body,
    }
    .render()
}

/// Whether the reader gets letters about what is new.
fn digest(visitor: &Visitor, home: &Home) -> Markup {
    let is_off = home.is_digest_off;
    html! {
        form.card.stack method="post" action=(home.inside.at("/digest")) {
            (visitor.chrome.csrf_field())
            p {
                @if is_off {
                    "You get no emails about what is new here."
                } @else {
                    "You get at most one email a day about what is new here."
                }
            }
            div.row {
                button.button.is-quiet.is-small
                    name="digest"
                    value=(if is_off { "on" } else { "off" })
                { @if is_off { "Email me what is new" } @else { "Stop these emails" } }
            }
        }
    }
}

fn due(visitor: &Visitor, home: &Home) -> Markup {
    let inside = home.inside;
    let all = milestones(&inside.file, &inside.roles, inside.cohort.starts_on);
    let today = inside.cohort.zone().local(home.now).date_naive();
    html! {
        @if !all.is_empty() {
            section aria-labelledby="milestones" {
                h2 #milestones { "Milestones" }
                ol.checklist {
                    @for due in &all {
                        @let is_done = home.done.contains(&due.milestone.name);
                        li.is-done[is_done] {
                            span.tick aria-hidden="true" {
                                @if is_done { (icon::check()) }
                            }
                            span {
                                (due.milestone.words)
                                br;
                                span.hint {
                                    "By "
                                    (time::long_date(due.day))
                                    @if is_late(inside, due) && !is_done && due.day < today {
                                        ", overdue"
                                    }
                                }
                            }
                            @if !inside.roles.is_empty() && inside.is_open() {
                                form method="post" action=(inside.at("/milestones")) {
                                    (visitor.chrome.csrf_field())
                                    input type="hidden" name="name" value=(due.milestone.name);
                                    button
                                        .link
                                        name="done"
                                        value=(if is_done { "no" } else { "yes" })
                                    {
                                        @if is_done { "Undo" } @else { "Mark as done" }
                                        span.sr-only { ": " (due.milestone.words) }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Whether it is said that somebody is late: only with what is binding, and only to those who have to do it.
fn is_late(inside: &Inside, due: &Due) -> bool {
    !inside.roles.is_empty() && due.milestone.severity == Severity::Hard
}

fn talk(home: &Home) -> Markup {
    html! {
        section.card aria-labelledby="talk" {
            h2 #talk { "Latest posts" }
            @if home.threads.is_empty() {
                p.hint { "Nobody has written anything yet." }
            }
            ul.plain {
                @for thread in home.threads {
                    li {
                        a href=(home.inside.at(&format!("/posts/{}", thread.id))) { (thread.title) }
                        br;
                        span.hint {
                            bdi { (thread.author) }
                            ", "
                            (thread.space.words())
                        }
                    }
                }
            }
            p.row {
                @for space in home.spaces {
                    a href=(home.inside.at(&format!("/spaces/{}", space.as_str()))) {
                        (space.words())
                    }
                }
            }
        }
    }
}

fn people(home: &Home) -> Markup {
    html! {
        section.card aria-labelledby="people" {
            h2 #people { "People" }
            @for role in CohortRole::ALL {
                @let some: Vec<&Person> = home
                    .members
                    .iter()
                    .filter(|(_, is)| is == role)
                    .map(|(person, _)| person)
                    .collect();
                @if !some.is_empty() {
                    h3 { (role.plural()) " (" (some.len()) ")" }
                    ul.plain {
                        @for person in some {
                            li {
                                bdi { (person.name) }
                            }
                        }
                    }
                }
            }
        }
    }
}
