//! The page that finds a time first, made from values already loaded.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use maud::{Markup, html};

use super::{Form, Found};
use crate::{
    html::{
        Page,
        form::{Field, address, summary},
        icon,
        time::{self, instant},
    },
    input::Problems,
    people::visitor::Visitor,
    schedule::Zone,
    slots::{board::pages::zone_note, catalogue::Catalogue},
};

/// What the page shows.
pub struct Findings<'a> {
    pub form: &'a Form,
    pub problems: &'a Problems,
    pub catalogue: &'a Catalogue,
    pub topics: &'a [String],
    pub languages: &'a [String],
    pub answers: &'a [Found],
    /// The query of the next page.
    pub next: Option<String>,
    pub is_first: bool,
    /// What would do if nothing was found, and what it lets go.
    pub nearest: Option<(&'static str, Form, Vec<Found>)>,
    pub now: DateTime<Utc>,
}

pub fn find(visitor: &Visitor, findings: &Findings) -> Markup {
    let body = html! {
        h1 { "Find a time" }
        p.lead { "Say when it suits you and see who is free then." }
        (summary(findings.problems))
        (form(findings))
        (zone_note(visitor, findings.now))
        @if !findings.problems.is_empty() {} @else if findings.answers.is_empty() {
            (nothing(visitor, findings))
        } @else {
            (days(visitor, findings.answers))
            nav.pager aria-label="Pages" {
                @if !findings.is_first {
                    a.button.is-quiet href=(address("/find", &findings.form.query())) {
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
        title: "Find a time",
        body,
    }
    .render()
}

fn form(findings: &Findings) -> Markup {
    let Findings {
        form,
        problems,
        topics,
        languages,
        ..
    } = findings;
    let any = || std::iter::once(("", "Any".to_owned()));
    let search = &form.search;
    let lengths =
        [("45", "45 minutes or more"), ("60", "An hour")].map(|(n, words)| (n, words.to_owned()));
    html! {
        form.card.finder method="get" action="/find" role="search" {
            div.fields {
                ({
                    Field::new("service", "Service", search.kind_word())
                        .kind("search")
                        .select(
                            any().chain(findings.catalogue.choices(search.kind_word())),
                        )
                })
                ({
                    Field::new("from", "From date", &form.from)
                        .kind("date")
                        .problems(problems)
                        .input()
                })
                ({
                    Field::new("until", "To date", &form.until)
                        .kind("date")
                        .problems(problems)
                        .input()
                })
                ({
                    Field::new("after", "Earliest start", &form.after)
                        .kind("time")
                        .problems(problems)
                        .input()
                })
                ({
                    Field::new("before", "Latest end", &form.before)
                        .kind("time")
                        .problems(problems)
                        .input()
                })
            }
            details
                open[
                    !(search.topic.is_empty() && search.language.is_empty()
                        && search.words.is_empty() && form.length.is_empty())
                ]
            {
                summary { "More filters" }
                div.fields {
                    ({
                        Field::new("topic", "Topic", &search.topic)
                            .kind("search")
                            .select(
                                any().chain(topics.iter().map(|w| (w.as_str(), w.clone()))),
                            )
                    })
                    ({
                        Field::new("language", "Language", &search.language)
                            .kind("search")
                            .select(
                                any()
                                    .chain(languages.iter().map(|w| (w.as_str(), w.clone()))),
                            )
                    })
                    ({
                        Field::new("length", "Length", &form.length)
                            .kind("search")
                            .select(any().chain(lengths))
                    })
                    ({
                        Field::new("q", "Keywords", &search.words)
                            .kind("search")
                            .longest(100)
                            .input()
                    })
                }
            }
            div.row {
                button.button { (icon::search()) "Show free times" }
                a href="/find" { "Clear filters" }
            }
        }
    }
}

/// Answers by the day on which they begin for the reader.
fn days(visitor: &Visitor, answers: &[Found]) -> Markup {
    let mut days: BTreeMap<NaiveDate, Vec<&Found>> = BTreeMap::new();
    for answer in answers {
        let day = visitor.zone.local(answer.slot.start).date_naive();
        days.entry(day).or_default().push(answer);
    }
    html! {
        @for (day, answers) in days {
            section.found aria-labelledby={ "day-" (day) } {
                h2 id={ "day-" (day) } { (time::long_date(day)) }
                ul.answers {
                    @for answer in answers {
                        li { (crate::slots::search::pages::answer(visitor, answer)) }
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

fn answer(visitor: &Visitor, answer: &Found) -> Markup {
    let zone: &Zone = &visitor.zone;
    html! {
        form.answer method="post" action="/holds" {
            (visitor.chrome.csrf_field())
            input type="hidden" name="service" value=(answer.service);
            button.slot name="start" value=(instant(answer.slot.start)) {
                span.sr-only { "Hold " }
                time datetime=(instant(answer.slot.start)) { (time::clock(answer.slot.start, zone)) }
                span.sr-only { " with " (answer.name) ", " (answer.title) }
            }
            div {
                p {
                    a href={ "/alumni/" (answer.handle) } {
                        strong {
                            bdi { (answer.name) }
                        }
                    }
                    @if !answer.headline.is_empty() {
                        span.hint { " · " (answer.headline) }
                    }
                }
                p.hint {
                    a href={ "/alumni/" (answer.handle) "/" (answer.slug) } { (answer.title) }
                    " · "
                    (time::length(answer.slot.length()))
                }
            }
        }
    }
}

fn nothing(visitor: &Visitor, findings: &Findings) -> Markup {
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
                                ("kind", findings.form.search.kind_word()),
                                ("topic", &findings.form.search.topic),
                            ],
                        )
                    })
                { "Join the waitlist" }
            }
        }
        @if let Some((lets_go, form, answers)) = &findings.nearest {
            section aria-labelledby="nearest" {
                h2 #nearest { "Free " (lets_go) }
                (days(visitor, answers))
                p {
                    a.button.is-quiet href=(address("/find", &form.query())) { "Show all of these" }
                }
            }
        }
    }
}
