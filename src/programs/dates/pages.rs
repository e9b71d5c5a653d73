//! The page on which the dates of a cohort are picked, made from values already loaded.

use chrono::{Days, NaiveDate};
use maud::{Markup, html};

use super::typed::{DATES, Typed, time_of};
use crate::{
    html::{
        Page,
        form::{self, Field as Control},
        layout::{self, Chrome},
    },
    input::Problems,
    programs::file::{CohortStatus, ProgramFile, lint::Finding},
};

/// What the page shows.
pub struct Dates<'a> {
    pub slug: &'a str,
    /// The latest version, and the program as that has it.
    pub number: i32,
    pub file: &'a ProgramFile,
    pub typed: &'a Typed,
    pub problems: &'a Problems,
    /// What is wrong with what was typed.
    pub findings: &'a [Finding],
    /// Why it was not saved.
    pub problem: Option<&'a str>,
    pub is_unsaved: bool,
    pub today: NaiveDate,
}

pub fn dates(chrome: &Chrome, shown: &Dates) -> Markup {
    let desk = format!("/coordinate/programs/{}", shown.slug);
    let typed = shown.typed;
    let body = html! {
        p {
            a href=(desk) { (shown.file.name) }
        }
        h1 { "Dates and seats" }
        p.lead { "For the next cohort, in " (shown.file.zone.city()) " time." }
        @if let Some(problem) = shown.problem {
            div.callout.is-wrong role="alert" {
                p { (problem) }
            }
        }
        (form::summary(shown.problems))
        form.stack method="post" action={ (desk) "/dates" } data-dates data-unsaved=(shown.is_unsaved) novalidate {
            (chrome.csrf_field())
            input type="hidden" name="number" value=(shown.number);
            button.sr-only name="action" value="check" tabindex="-1" { "Check" }
            (rails(shown))
            section.card.stack aria-labelledby="cohort" {
                h2 #cohort { "Cohort" }
                div.pair {
                    ({
                        field(shown, "name", "Name", &typed.name)
                            .hint("Another name begins another cohort. The one before stays as it is.")
                            .longest(80)
                            .required()
                            .input()
                    })
                    ({
                        let all = [
                            (CohortStatus::Planned.as_str(), "Planned: nobody can apply yet".to_owned()),
                            (CohortStatus::Confirmed.as_str(), "Confirmed".to_owned()),
                        ];
                        field(shown, "status", "Status", &typed.status).required().select(all)
                    })
                }
            }
            section.card.stack aria-labelledby="dates" {
                h2 #dates { "Dates" }
                p.hint { "A draft can leave them open; to publish, all of them are needed. Without a time, applications open when the day begins and close when it ends." }
                @for ((key, label, time_label), (date, time)) in DATES.iter().zip(&typed.dates) {
                    div.stack.is-close {
                        div.pair.is-narrow {
                            (field(shown, key, label, date).kind("date").required().input())
                            @if let Some(time_label) = time_label {
                                ({
                                    let key = time_of(key);
                                    field(shown, &key, time_label, time).kind("time").input()
                                })
                            }
                        }
                        (findings(shown, key))
                    }
                }
            }
            section.card.stack aria-labelledby="places" {
                h2 #places { "Seats" }
                div.pair {
                    (field(shown, "pairs", "Pairs", &typed.pairs).number(1, 10_000))
                    ({
                        field(shown, "seats", "Seats", &typed.seats)
                            .hint("In persons: two for each pair.")
                            .number(1, 20_000)
                    })
                }
                (findings(shown, "pairs"))
                (findings(shown, "seats"))
            }
            div.row.save-bar {
                button.button name="action" value="save" { "Save as a draft" }
                span.hint role="status" data-unsaved-note hidden[!shown.is_unsaved] { "Not saved yet" }
            }
        }
        (layout::desk_script())
    };
    Page {
        chrome,
        title: "Dates and seats",
        body,
    }
    .render()
}

fn field<'a>(shown: &'a Dates, name: &'a str, label: &'a str, value: &'a str) -> Control<'a> {
    Control::new(name, label, value).problems(shown.problems)
}

/// What is wrong with a value, beside it.
fn findings(shown: &Dates, key: &str) -> Markup {
    let place = format!("cohort.{key}");
    html! {
        div data-findings=(key) role="status" {
            @for finding in shown.findings.iter().filter(|finding| finding.place == place) {
                p.problem { (finding.message) }
            }
        }
    }
}

fn has_findings(shown: &Dates, key: &str) -> bool {
    let place = format!("cohort.{key}");
    shown.findings.iter().any(|finding| finding.place == place)
}

/// The dates on one line, by which a script picks them, too.
fn rails(shown: &Dates) -> Markup {
    let days: Vec<Option<NaiveDate>> = shown
        .typed
        .dates
        .iter()
        .map(|(date, _)| date.parse().ok())
        .collect();
    let set = || days.iter().flatten().copied();
    let first = set().min().unwrap_or(shown.today).min(shown.today) - Days::new(14);
    let last = set()
        .max()
        .unwrap_or(shown.today)
        .max(shown.today + Days::new(240))
        + Days::new(45);
    // A year that is wrong does not make days too small to be picked.
    let first = first.max(shown.today - Days::new(200));
    let last = last.min(first + Days::new(800));
    let number = |day: NaiveDate| (day - NaiveDate::default()).num_days();
    html! {
        div.rails.card data-rails hidden {
            @for ((key, label, _), day) in DATES.iter().zip(&days) {
                div.rail.is-wrong[has_findings(shown, key)] data-rail=(key) {
                    span { (label) }
                    input
                        type="range"
                        aria-label={ (label) " on the line" }
                        min=(number(first))
                        max=(number(last))
                        value=(number(day.unwrap_or(shown.today)))
                        disabled;
                    output {}
                }
            }
        }
    }
}
