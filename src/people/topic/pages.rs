//! The pages on which coordinators edit the catalogue of topics, made from values already loaded.

use maud::{Markup, html};

use super::Topic;
use crate::{
    html::{
        Page,
        form::{self, Field, address},
        icon,
        layout::Chrome,
    },
    input::Problems,
};

pub fn list(
    chrome: &Chrome,
    topics: &[Topic],
    others: &[(String, i64)],
    typed: &str,
    problems: &Problems,
) -> Markup {
    let edit = |word: &str| address("/coordinate/topics/edit", &[("topic", word)]);
    let body = html! {
        p {
            a href="/coordinate" { "Coordination" }
        }
        h1 { "Topics and skills" }
        p.lead {
            "One list for everything: alumni list these on their profiles, and application forms suggest them as skills."
        }
        (form::summary(problems))
        div.columns {
            section aria-labelledby="catalogue" {
                h2 #catalogue { "The list" }
                @if topics.is_empty() {
                    div.empty {
                        (icon::pen())
                        p { "There are no topics yet. Add one, or take up what alumni list already." }
                    }
                }
                ul.plain.topics {
                    @for topic in topics {
                        li.row.is-apart {
                            span {
                                strong { (topic.name) }
                                span.hint {
                                    " "
                                    (alumni(topic.listed))
                                    @if !topic.aliases.is_empty() {
                                        " · also: "
                                        (some(&topic.aliases))
                                    }
                                }
                            }
                            a href=(edit(&topic.name)) {
                                "Edit"
                                span.sr-only { " " (topic.name) }
                            }
                        }
                    }
                }
            }
            aside.stack {
                form.card.stack method="post" action="/coordinate/topics" {
                    (chrome.csrf_field())
                    ({
                        Field::new("topic", "New topic", typed)
                            .longest(40)
                            .required()
                            .problems(problems)
                            .input()
                    })
                    div.row {
                        button.button { (icon::plus()) "Add" }
                    }
                }
                @if !others.is_empty() {
                    section.card.stack aria-labelledby="others" {
                        h2 #others { "Also on profiles" }
                        p.hint { "Words of alumni that are not on the list. Add them, or merge them into what means the same." }
                        ul.plain.topics {
                            @for (word, listed) in others {
                                li.row.is-apart {
                                    span {
                                        (word)
                                        span.hint { " " (alumni(*listed)) }
                                    }
                                    span.row {
                                        form method="post" action="/coordinate/topics" {
                                            (chrome.csrf_field())
                                            button.link name="topic" value=(word) {
                                                "Add"
                                                span.sr-only { " " (word) }
                                            }
                                        }
                                        // Into what, if there is nothing?
                                        @if !topics.is_empty() {
                                            a href=(edit(word)) {
                                                "Merge"
                                                span.sr-only { " " (word) }
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
    };
    Page {
        chrome,
        title: "Topics and skills",
        body,
    }
    .render()
}

/// Some of many words.
fn some(words: &[String]) -> String {
    match words.get(5..) {
        Some([_, ..]) => format!("{} and {} more", words[..5].join(", "), words.len() - 5),
        _ => words.join(", "),
    }
}

fn alumni(count: i64) -> String {
    match count {
        0 => "on no profile".into(),
        1 => "on 1 profile".into(),
        many => format!("on {many} profiles"),
    }
}

/// What is typed to change a topic.
pub struct Typed<'a> {
    pub name: &'a str,
    pub into: &'a str,
}

/// One topic, or a word that is none yet.
pub fn edit(
    chrome: &Chrome,
    word: &str,
    topics: &[Topic],
    typed: &Typed,
    problems: &Problems,
) -> Markup {
    let topic = topics.iter().find(|topic| topic.name == word);
    let others = topics.iter().filter(|other| other.name != word);
    let body = html! {
        div.narrow.stack {
            p {
                a href="/coordinate/topics" { "Topics and skills" }
            }
            h1 { (word) }
            @if let Some(topic) = topic {
                p.hint {
                    (crate::input::sentence(&alumni(topic.listed)))
                    @if !topic.aliases.is_empty() { " Also called: " (topic.aliases.join(", ")) "." }
                }
            }
            (form::summary(problems))
            @if topic.is_some() {
                form.card.stack method="post" action="/coordinate/topics/rename" {
                    (chrome.csrf_field())
                    input type="hidden" name="topic" value=(word);
                    h2 { "Rename" }
                    ({
                        Field::new("name", "New name", typed.name)
                            .hint("Profiles that list it keep it, under the new name. The old name is still understood.")
                            .longest(40)
                            .required()
                            .problems(problems)
                            .input()
                    })
                    div.row {
                        button.button { "Rename" }
                    }
                }
            }
            @if topic.is_none() {
                form.card.stack method="post" action="/coordinate/topics" {
                    (chrome.csrf_field())
                    p { "This word is on profiles, and not on the list of topics yet." }
                    div.row {
                        button.button name="topic" value=(word) { (icon::plus()) "Add it to the list" }
                    }
                }
            }
            @if others.clone().next().is_some() {
                form.card.stack
                    method="post"
                    action="/coordinate/topics/merge"
                    data-confirm={ "Merge “" (word) "” into the topic that you have chosen? This cannot be undone." }
                {
                    (chrome.csrf_field())
                    input type="hidden" name="topic" value=(word);
                    h2 { "Merge" }
                    ({
                        let choose = ("", "Choose a topic".to_owned());
                        let all = others.map(|other| (other.name.as_str(), other.name.clone()));
                        Field::new("into", "Into", typed.into)
                            .hint("Profiles that list it will list the other topic instead.")
                            .required()
                            .problems(problems)
                            .select(std::iter::once(choose).chain(all))
                    })
                    div.row {
                        button.button { "Merge" }
                    }
                }
            }
            @if topic.is_some() {
                form
                    method="post"
                    action="/coordinate/topics/remove"
                    data-confirm="Forms no longer suggest it. Profiles that list it keep it."
                {
                    (chrome.csrf_field())
                    button.link name="topic" value=(word) { "Remove from the list" }
                }
            }
        }
    };
    Page {
        chrome,
        title: word,
        body,
    }
    .render()
}
