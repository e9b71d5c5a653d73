//! The pages on which coordinators edit the catalogue, made from values already loaded.

use maud::{Markup, html};

use super::{Catalogue, Entry, rules::EntryForm};
use crate::{
    html::{
        Page,
        form::{self, Field, tick_box},
        icon,
        layout::Chrome,
    },
    input::Problems,
};

pub fn list(chrome: &Chrome, catalogue: &Catalogue) -> Markup {
    let retired: Vec<&Entry> = catalogue
        .0
        .iter()
        .filter(|entry| entry.retired_at.is_some())
        .collect();
    let body = html! {
        p {
            a href="/coordinate" { "Coordination" }
        }
        div.title-row {
            h1 { "Kinds of service" }
            a.button href="/coordinate/services/new" { (icon::plus()) "Add a kind" }
        }
        p.lead { "What alumni can offer and students can look for, in this order." }
        @if catalogue.offered().next().is_none() {
            div.empty {
                (icon::calendar())
                p {
                    strong { "No kinds of service are offered." }
                    " Alumni cannot offer anything new until you add one or offer one again."
                }
            }
        }
        ul.cards.is-single.is-close {
            @for (place, entry) in catalogue.offered().enumerate() {
                (card(chrome, entry, place > 0))
            }
        }
        @if !retired.is_empty() {
            section aria-labelledby="retired" {
                h2 #retired { "No longer offered" }
                p.hint {
                    "Existing services of these kinds can still be booked and edited. Nobody can add new ones."
                }
                ul.cards.is-single.is-close {
                    @for entry in retired { (card(chrome, entry, false)) }
                }
            }
        }
    };
    Page {
        chrome,
        title: "Kinds of service",
        body,
    }
    .render()
}

/// What a new service of it asks for, in a line.
fn asks_for(entry: &Entry) -> String {
    let file = entry.needs_file.then(|| "Asks for a document".to_owned());
    let questions = match entry.questions.0.len() {
        0 => None,
        1 => Some("1 question".to_owned()),
        n => Some(format!("{n} questions")),
    };
    let parts: Vec<String> = file.into_iter().chain(questions).collect();
    match parts.is_empty() {
        true => "No questions or documents".into(),
        false => parts.join(" · "),
    }
}

fn card(chrome: &Chrome, entry: &Entry, may_move_up: bool) -> Markup {
    let address = format!("/coordinate/services/{}", entry.kind.as_str());
    let named = html! {
        span.sr-only { " " (entry.title) }
    };
    html! {
        li.card.row.is-apart {
            div.kind {
                (icon::of_kind(&entry.icon))
                div {
                    @if entry.retired_at.is_some() {
                        h3 { (entry.title) }
                    } @else {
                        h2 { (entry.title) }
                    }
                    p.hint { (asks_for(entry)) }
                }
            }
            div.row {
                @if may_move_up {
                    form method="post" action={ (address) "/up" } {
                        (chrome.csrf_field())
                        button.button.is-quiet.is-small { (icon::up()) "Move up" (named) }
                    }
                }
                a.button.is-quiet.is-small href=(address) { "Edit" (named) }
                form method="post" action={ (address) "/offered" } {
                    (chrome.csrf_field())
                    @if entry.retired_at.is_some() {
                        button.button.is-quiet.is-small name="offered" value="yes" {
                            "Offer again"
                            (named)
                        }
                    } @else {
                        button.button.is-quiet.is-small name="offered" value="no" {
                            "Stop offering"
                            (named)
                        }
                    }
                }
            }
        }
    }
}

pub fn entry(
    chrome: &Chrome,
    word: Option<&str>,
    catalogue: &Catalogue,
    values: &EntryForm,
    problems: &Problems,
) -> Markup {
    let title = match word {
        Some(_) => "Edit a kind of service",
        None => "Add a kind of service",
    };
    let body = html! {
        div.narrow {
            p {
                a href="/coordinate/services" { "Kinds of service" }
            }
            h1 { (title) }
            (form::summary(problems))
            form.stack method="post" action={ "/coordinate/services/" (word.unwrap_or("new")) } {
                (chrome.csrf_field())
                ({
                    Field::new("title", "Name", &values.title)
                        .hint("For example, Salary negotiation.")
                        .longest(60)
                        .required()
                        .problems(problems)
                        .input()
                })
                fieldset.icons {
                    legend { "Icon" }
                    (form::group_problem("icon", problems))
                    div.icon-choices {
                        @for (known, name) in icon::kinds() {
                            label title=(name) {
                                input
                                    type="radio"
                                    name="icon"
                                    value=(known)
                                    required
                                    checked[known == values.icon];
                                (icon::of_kind(known))
                                span.sr-only { (name) }
                            }
                        }
                    }
                }
                h2 { "What it asks for" }
                p.hint {
                    "New services of this kind start with these settings. The alumni who offer them can change them. Existing services stay as they are."
                }
                ({
                    tick_box(
                        "needs_file",
                        "yes",
                        "Ask for a document, such as a resume",
                        values.needs_file,
                    )
                })
                ({
                    Field::new(
                            "questions",
                            "Questions for the student",
                            &values.questions,
                        )
                        .hint(
                            "One per line, up to six. Add * to the end of a question that must be answered.",
                        )
                        .problems(problems)
                        .text_area(3)
                })
                button.button { "Save" }
            }
            @if let Some(word) = word { (merge(chrome, catalogue, word)) }
        }
    };
    Page {
        chrome,
        title,
        body,
    }
    .render()
}

/// Makes services of this kind ones of another.
fn merge(chrome: &Chrome, catalogue: &Catalogue, word: &str) -> Markup {
    let others: Vec<(&str, String)> = catalogue
        .offered()
        .filter(|entry| entry.kind.as_str() != word)
        .map(|entry| (entry.kind.as_str(), entry.title.clone()))
        .collect();
    html! {
        @if !others.is_empty() {
            form.card.stack
                method="post"
                action={ "/coordinate/services/" (word) "/merge" }
                data-confirm="All services of this kind become ones of the other kind. This cannot be undone."
            {
                (chrome.csrf_field())
                h2 { "Merge into another kind" }
                ({
                    Field::new("into", "Into", "")
                        .hint("Services and what people wait for become ones of that kind. Bookings stay as they are.")
                        .required()
                        .select(others)
                })
                div.row {
                    button.button.is-quiet { "Merge" }
                }
            }
        }
    }
}
