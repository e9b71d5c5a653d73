//! The page on which a program is described, made from values already loaded.

use maud::{Markup, html};

use super::typed::{Typed, text_of};
use crate::{
    html::{
        Page,
        form::{self, Field as Control, zone_field},
        layout::{self, Chrome},
    },
    input::Problems,
    programs::file::ProgramFile,
};

/// What the page shows.
pub struct About<'a> {
    pub slug: &'a str,
    /// The version that is changed.
    pub number: i32,
    pub file: &'a ProgramFile,
    pub typed: &'a Typed,
    pub problems: &'a Problems,
    /// Why it was not saved.
    pub problem: Option<&'a str>,
    pub is_unsaved: bool,
}

pub fn about(chrome: &Chrome, shown: &About) -> Markup {
    let (typed, problems) = (shown.typed, shown.problems);
    let desk = format!("/coordinate/programs/{}", shown.slug);
    let body = html! {
        p {
            a href=(desk) { (shown.file.name) }
        }
        h1 { "About the program" }
        @if let Some(problem) = shown.problem {
            div.callout.is-wrong role="alert" {
                p { (problem) }
            }
        }
        (form::summary(problems))
        form.stack method="post" action={ (desk) "/about" } data-unsaved=(shown.is_unsaved) novalidate {
            (chrome.csrf_field())
            input type="hidden" name="number" value=(shown.number);
            section.card.stack aria-labelledby="program" {
                h2 #program { "Program" }
                ({
                    Control::new("name", "Name", &typed.name)
                        .longest(100)
                        .required()
                        .problems(problems)
                        .input()
                })
                ({
                    Control::new("summary", "In a sentence", &typed.summary)
                        .hint("What it does for whom. It stands in the list of programs.")
                        .longest(300)
                        .problems(problems)
                        .input()
                })
                (zone_field("zone", "Time zone", &typed.zone, problems))
                ({
                    Control::new("contacts", "Contacts", &typed.contacts)
                        .hint("One per line: an email address of the coordinators, such as team@example.org, or the web address of a channel.")
                        .required()
                        .problems(problems)
                        .text_area(3)
                })
            }
            @if !shown.file.blocks.is_empty() {
                section.card.stack aria-labelledby="texts" {
                    h2 #texts { "Texts" }
                    p.hint { "For the program’s page. Start a line with - for a list; leave an empty line between paragraphs." }
                    @for (at, (block, text)) in shown.file.blocks.iter().zip(&typed.texts).enumerate() {
                        @let name = text_of(at);
                        @let hint = match block.required {
                            true => "It has to be written before the program is published.",
                            false => "",
                        };
                        @let control = Control::new(&name, &block.title, text).hint(hint).problems(problems);
                        @if block.required { (control.required().text_area(6)) } @else { (control.text_area(6)) }
                    }
                }
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
        title: "About the program",
        body,
    }
    .render()
}
