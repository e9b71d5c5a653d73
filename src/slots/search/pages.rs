//! The page that finds a time first, made from values already loaded.

use std::collections::{BTreeMap, HashMap};

use chrono::NaiveDate;
use maud::{Markup, html};

use super::{Form, Found};
use crate::{
    db::PersonId,
    html::{
        Page,
        form::{address, summary},
        icon,
        time::{self, instant},
    },
    people::visitor::Visitor,
    slots::{
        finder::{self, Finder},
        pages::face,
    },
};

/// What the page shows below the search.
pub struct Findings<'a> {
    pub answers: &'a [Found],
    /// The query of the next page.
    pub next: Option<String>,
    pub is_first: bool,
    /// What would do if nothing was found, and what it lets go.
    pub nearest: Option<(&'static str, Form, Vec<Found>)>,
    /// Small pictures of those who have one.
    pub faces: HashMap<PersonId, Vec<u8>>,
}

pub fn find(visitor: &Visitor, finder: &Finder, findings: &Findings) -> Markup {
    let body = html! {
        h1 { "Find a session" }
        (summary(finder.problems))
        (finder::pages::finder(visitor, finder))
        @if !finder.problems.is_empty() {} @else if findings.answers.is_empty() {
            (nothing(visitor, finder.form, findings))
        } @else {
            (days(visitor, findings, findings.answers))
            nav.pager aria-label="Pages" {
                @if !findings.is_first {
                    a.button.is-quiet href=(address("/find", &finder.form.query())) {
                        (icon::left())
                        "Back to the first times"
                    }
                }
                @if let Some(next) = &findings.next {
                    a.button.is-quiet rel="next" href=(next) { "Later times" (icon::right()) }
                }
            }
            p.hint {
                "You can bookmark this page or share its address. It always shows what is free at the time."
            }
        }
    };
    Page {
        chrome: &visitor.chrome,
        title: "Free times",
        body,
    }
    .render()
}

/// Answers by the day on which they begin for the reader; each alumnus once a day, in the order of their
/// first time of it.
fn days(visitor: &Visitor, findings: &Findings, answers: &[Found]) -> Markup {
    let mut days: BTreeMap<NaiveDate, Vec<Vec<&Found>>> = BTreeMap::new();
    for answer in answers {
        let day = visitor.zone.local(answer.slot.start).date_naive();
        let rows = days.entry(day).or_default();
        match rows.iter_mut().find(|row| row[0].person == answer.person) {
            Some(row) => row.push(answer),
            None => rows.push(vec![answer]),
        }
    }
    html! {
        @for (day, rows) in days {
            section.found aria-labelledby={ "day-" (day) } {
                h2 id={ "day-" (day) } { (time::long_date(day)) }
                ul.answers {
                    @for row in rows {
                        li.answer { (row_of(visitor, findings, &row)) }
                    }
                }
            }
        }
        @if visitor.person.is_none() {
            p.hint {
                "A time you choose is held for you for five minutes. You will be asked to sign in first."
            }
        } @else {
            p.hint { "A time you choose is held for you for five minutes." }
        }
    }
}

/// An alumnus, and the times of a day.
fn row_of(visitor: &Visitor, findings: &Findings, times: &[&Found]) -> Markup {
    let first = times[0];
    html! {
        ({
            face(
                &first.name,
                first.person,
                findings.faces.get(&first.person).map(Vec::as_slice),
            )
        })
        div {
            p {
                a href={ "/alumni/" (first.handle) } {
                    strong {
                        bdi { (first.name) }
                    }
                }
            }
            @if !first.headline.is_empty() {
                p.hint { (first.headline) }
            }
        }
        ul.slots {
            @for found in times {
                li { (slot(visitor, found)) }
            }
        }
    }
}

/// A time that is held by pressing it.
fn slot(visitor: &Visitor, found: &Found) -> Markup {
    html! {
        form method="post" action="/holds" {
            (visitor.chrome.csrf_field())
            input type="hidden" name="service" value=(found.service);
            button.slot name="start" value=(instant(found.slot.start)) {
                span.sr-only { "Hold " }
                time datetime=(instant(found.slot.start)) {
                    (time::clock(found.slot.start, &visitor.zone))
                }
                span.sr-only { " with " (found.name) }
                small { (found.title) " · " (found.slot.length().num_minutes()) " min" }
            }
        }
    }
}

fn nothing(visitor: &Visitor, form: &Form, findings: &Findings) -> Markup {
    html! {
        div.empty {
            (icon::calendar())
            p {
                strong { "Nobody is free then." }
                @if findings.nearest.is_none() { " Try other days, or another service." }
            }
            p {
                "You can bookmark this search and look again later. Times come free when somebody cancels."
            }
            p {
                a   .button
                    href=({
                        address(
                            "/waitlist",
                            &[
                                ("kind", form.search.kind_word()),
                                ("topic", &form.search.topic),
                            ],
                        )
                    })
                { "Join the waitlist" }
            }
        }
        @if let Some((lets_go, form, answers)) = &findings.nearest {
            section aria-labelledby="nearest" {
                h2 #nearest { "Free " (lets_go) }
                (days(visitor, findings, answers))
                p {
                    a.button.is-quiet href=(address("/find", &form.query())) { "Show all of these" }
                }
            }
        }
    }
}
