//! Where a student says who they are, and how a host reads it; made from values already loaded.

use maud::{Markup, html};

use super::{
    Introduced,
    rules::{IntroductionForm, LONGEST_PROGRAMME},
};
use crate::{
    html::{
        Page,
        form::{self, Field},
        layout::Chrome,
    },
    input::Problems,
    people::{Person, profile::pages::photo},
};

pub fn introduction(
    chrome: &Chrome,
    own: &Introduced,
    values: &IntroductionForm,
    problems: &Problems,
) -> Markup {
    let body = html! {
        h1 { "Introduce yourself" }
        p.lead { "The alumni you book or ask for a session see this. Nobody else does." }
        (form::summary(problems))
        div.columns {
            section.card {
                form.stack method="post" action="/me/introduction" {
                    (chrome.csrf_field())
                    ({
                        Field::new("programme", "Programme and year", &values.programme)
                            .hint("For example: MA Learning Design, second year.")
                            .longest(LONGEST_PROGRAMME)
                            .problems(problems)
                            .input()
                    })
                    ({
                        Field::new("links", "Links", &values.links)
                            .hint(
                                "Up to four, one per line: a portfolio, a profile, a project.",
                            )
                            .problems(problems)
                            .text_area(4)
                    })
                    p.hint {
                        "Your name and graduation date are in your "
                        a href="/me/settings" { "settings" }
                        "."
                    }
                    button.button { "Save" }
                }
            }
            @if chrome.is_alumnus {
                section.card aria-labelledby="photo" {
                    h2 #photo { "Photo" }
                    p { "The photo on your profile is shown here, too." }
                    p {
                        a.button.is-quiet href="/me/profile" { "Edit profile" }
                    }
                }
            } @else {
                ({
                    photo(
                        chrome,
                        "/me/introduction/photo",
                        own.has_photo.then_some("/me/introduction/photo.jpg"),
                    )
                })
            }
        }
    };
    Page {
        chrome,
        title: "Introduce yourself",
        body,
    }
    .render()
}

/// What they study and when they graduate, in a line; nothing if they say neither.
pub fn studies(person: &Person, introduced: &Introduced) -> Option<String> {
    let programme = introduced.introduction.programme.as_str();
    let year = person
        .graduates_on
        .map(|date| format!("graduates in {}", date.format("%Y")));
    let parts = [Some(programme.to_owned()), year];
    let parts: Vec<String> = parts
        .into_iter()
        .flatten()
        .filter(|part| !part.is_empty())
        .collect();
    let line = parts.join(", ");
    let mut letters = line.chars();
    let first = letters.next()?;
    Some(first.to_uppercase().chain(letters).collect())
}

/// A student as a host sees them: the photo from `photo`, what they study, what they chose to show; nothing if they
/// show nothing.
pub fn introduced(person: &Person, introduced: &Introduced, photo: Option<&str>) -> Markup {
    let links = &introduced.introduction.links.0;
    let photo = photo.filter(|_| introduced.has_photo);
    let studies = studies(person, introduced);
    if photo.is_none() && studies.is_none() && links.is_empty() {
        return html! {};
    }
    html! {
        div.introduced {
            @if let Some(address) = photo {
                img.portrait src=(address) alt={ "Photo of " (person.name) } width="64" height="64";
            }
            div {
                @if let Some(studies) = studies {
                    p { (studies) }
                }
                @if !links.is_empty() {
                    ul.plain {
                        @for link in links {
                            li {
                                a href=(link) rel="noopener noreferrer nofollow" {
                                    (link.trim_start_matches("https://"))
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}
