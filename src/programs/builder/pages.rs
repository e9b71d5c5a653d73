//! The builder of a form, made from values already loaded.

use maud::{Markup, html};

use super::typed::{Block, MOST};
use crate::{
    html::{
        Page,
        form::{self, Field as Control, tick_box},
        icon,
        layout::{self, Chrome},
    },
    input::Problems,
    programs::{
        application::{Answers, CohortRole, answering::pages::questions},
        file::{FieldKind, Part, ProgramFile, Reader, lint::Finding},
    },
};

/// What the builder shows.
pub struct Builder<'a> {
    pub slug: &'a str,
    /// The latest version, and the program as that has it.
    pub number: i32,
    pub file: &'a ProgramFile,
    pub blocks: &'a [Block],
    pub problems: &'a Problems,
    /// What is wrong with the questions of the file.
    pub findings: &'a [Finding],
    /// Why it was not saved.
    pub problem: Option<&'a str>,
    /// Whether it shows something that is not saved.
    pub is_unsaved: bool,
    /// The key of the question that has just been added.
    pub newest: Option<&'a str>,
    /// How many people have answered a form of the cohort that takes applications.
    pub answered: i64,
}

impl Builder<'_> {
    /// The names of what matching makes of a question.
    fn criteria(&self, name: &str) -> Vec<&str> {
        let uses = self.file.criteria.iter().filter(|criterion| {
            !name.is_empty()
                && [&criterion.mentee_field, &criterion.mentor_field].contains(&&name.to_owned())
        });
        uses.map(|criterion| criterion.name.as_str()).collect()
    }
}

pub fn builder(chrome: &Chrome, shown: &Builder) -> Markup {
    let desk = format!("/coordinate/programs/{}", shown.slug);
    let at = |place: &str| format!("{desk}/form{place}");
    let body = html! {
        p {
            a href=(desk) { (shown.file.name) }
        }
        h1 { "Application form" }
        p.lead { "What applicants are asked, in this order. Open a question to change it." }
        @if let Some(problem) = shown.problem {
            div.callout.is-wrong role="alert" {
                p { (problem) }
            }
        }
        (form::summary(shown.problems))
        @if shown.answered > 0 {
            div.callout {
                p {
                    (people(shown.answered))
                    " answered this cohort’s form so far. Their answers stay. Questions that you change or add are asked of people who apply after you publish."
                }
            }
        }
        form.stack.builder method="post" action=(at("")) data-unsaved=(shown.is_unsaved) novalidate {
            (chrome.csrf_field())
            input type="hidden" name="number" value=(shown.number);
            // Enter in a field presses the first button: the one that saves nothing and loses nothing.
            button.sr-only name="action" value="show" tabindex="-1" { "Show" }
            @if shown.blocks.is_empty() {
                div.empty {
                    (icon::pen())
                    p { "There are no questions yet. Add the first one below." }
                }
            }
            ol.plain.question-list data-blocks {
                @for (place, block) in shown.blocks.iter().enumerate() {
                    (one(shown, block, place, &at))
                }
            }
            @if shown.blocks.len() < MOST {
                div.card.row.add-block {
                    div.field {
                        label for="add-kind" { "New question" }
                        select id="add-kind" name="add-kind" {
                            @for kind in FieldKind::ALL {
                                option value=(kind.as_str()) { (kind.words()) }
                            }
                        }
                    }
                    button.button.is-quiet name="action" value="add" formaction=(at("#new")) {
                        (icon::plus())
                        "Add"
                    }
                }
            }
            div.row.save-bar {
                button.button name="action" value="save" { "Save as a draft" }
                button.button.is-quiet name="action" value="preview-mentee" formtarget="_blank" {
                    "Preview as a mentee"
                }
                button.button.is-quiet name="action" value="preview-mentor" formtarget="_blank" {
                    "Preview as a mentor"
                }
                span.hint role="status" data-unsaved-note hidden[!shown.is_unsaved] { "Not saved yet" }
            }
        }
        (layout::desk_script())
    };
    Page {
        chrome,
        title: "Application form",
        body,
    }
    .render()
}

fn people(count: i64) -> String {
    match count {
        1 => "1 person has".into(),
        many => format!("{many} people have"),
    }
}

fn one(shown: &Builder, block: &Block, place: usize, at: &dyn Fn(&str) -> String) -> Markup {
    let Block { key, field } = block;
    let named = |what: &str| format!("{what}-{key}");
    let title = match field.label.as_str() {
        "" => "New question",
        label => label,
    };
    let has_problem = shown
        .problems
        .iter()
        .any(|(name, _)| name.ends_with(&format!("-{key}")));
    let prefix = format!("field[{place}]");
    let findings: Vec<&Finding> = shown
        .findings
        .iter()
        .filter(|finding| {
            finding.place == prefix || finding.place.starts_with(&format!("{prefix}."))
        })
        .collect();
    let is_newest = shown.newest == Some(key);
    // Nobody has had time to get a new one right.
    let findings = if field.label.is_empty() {
        Vec::new()
    } else {
        findings
    };
    let is_open = has_problem || !findings.is_empty() || field.label.is_empty();
    let criteria = shown.criteria(&field.name);
    let move_button = |how: &str, label: &str, icon: Markup| {
        html! {
            button.button.is-quiet.is-small.is-icon
                name="action"
                value={ (how) "-" (key) }
                formaction=(at(&format!("#block-{key}")))
                data-move=(how)
                title=(label)
            {
                (icon)
                span.sr-only { (label) ": " (title) }
            }
        }
    };
    html! {
        li.card.question-block id={ "block-" (key) } data-block data-newest[is_newest] {
            @if is_newest { a id="new" {} }
            input type="hidden" name="block" value=(key);
            span.grip data-grip hidden title="Drag to move" { (icon::grip()) }
            div.row.block-moves {
                (move_button("up", "Move up", icon::up()))
                (move_button("down", "Move down", icon::down()))
                (move_button("remove", "Remove", icon::trash()))
            }
            details open[is_open] {
                summary {
                    strong data-block-title { (title) }
                    span.hint data-block-facts {
                        (field.kind.words())
                        " · "
                        (field.role.words())
                        @if field.required { " · required" }
                    }
                }
                div.stack {
                    @for finding in &findings {
                        p.problem { (finding.message) }
                    }
                    ({
                        Control::new(&named("label"), "Question", &field.label)
                            .longest(300)
                            .required()
                            .problems(shown.problems)
                            .input()
                    })
                    ({
                        Control::new(&named("help"), "Help text", &field.help)
                            .hint("Shown under the question.")
                            .longest(500)
                            .problems(shown.problems)
                            .input()
                    })
                    div.pair {
                        ({
                            let kinds = FieldKind::ALL.iter().map(|kind| (kind.as_str(), kind.words().to_owned()));
                            Control::new(&named("kind"), "Answer", field.kind.as_str())
                                .required()
                                .problems(shown.problems)
                                .select(kinds)
                        })
                        ({
                            let parts = [Part::Both, Part::Mentee, Part::Mentor];
                            let parts = parts.iter().map(|part| (part.as_str(), part.words().to_owned()));
                            Control::new(&named("role"), "Asked of", field.role.as_str())
                                .required()
                                .problems(shown.problems)
                                .select(parts)
                        })
                    }
                    div.block-options {
                        ({
                            let options = field.options.join("\n");
                            Control::new(&named("options"), "Choices", &options)
                                .hint("One per line. Skills without choices are typed, with suggestions from the catalogue.")
                                .problems(shown.problems)
                                .text_area(5)
                        })
                    }
                    (tick_box(&named("required"), "yes", "An answer is required", field.required))
                    (readers(block, shown.problems))
                    @if !criteria.is_empty() {
                        p.hint { "Matching uses the answers for: " (criteria.join(", ")) "." }
                    }
                }
            }
        }
    }
}

fn readers(block: &Block, problems: &Problems) -> Markup {
    let name = format!("reader-{}", block.key);
    html! {
        fieldset.choice {
            legend { "Who reads the answer" }
            p.hint { "The applicant always does, and is told who else." }
            (form::group_problem(&name, problems))
            @for reader in Reader::ALL {
                (tick_box(
                    &name,
                    reader.as_str(),
                    reader.words(),
                    block.field.readers.contains(reader),
                ))
            }
        }
    }
}

/// The form as an applicant meets it. `is_saved`: whether it is one that can be looked at again.
pub fn preview(
    chrome: &Chrome,
    slug: &str,
    (file, skills): (&ProgramFile, &[String]),
    role: CohortRole,
    is_saved: bool,
) -> Markup {
    let title = format!("Apply as a {}", role.as_str());
    let other = role.other();
    let body = html! {
        div.callout role="status" {
            p {
                strong { "This is a preview." }
                " Try it out: nothing is saved or sent. "
                @if is_saved {
                    a href={ "/coordinate/programs/" (slug) "/form/preview?role=" (other.as_str()) } {
                        "Preview as a "
                        (other.as_str())
                    }
                }
            }
        }
        h1 { (title) }
        @if file.fields.iter().all(|field| !role.is_of(field.role)) {
            div.empty {
                (icon::pen())
                p { (role.plural()) " are asked nothing yet." }
            }
        }
        form.stack.application novalidate data-preview {
            (questions(file, role, &Answers::default(), &[], skills, &Problems::default()))
            div.row {
                button.button disabled { "Send application" }
            }
        }
    };
    Page {
        chrome,
        title: &title,
        body,
    }
    .render()
}
