//! The form of an application, made from values already loaded.

use chrono::{DateTime, Utc};
use maud::{Markup, html};

use crate::{
    html::{
        Page,
        form::{self as controls},
        time,
    },
    input::Problems,
    people::{Person, Standing, visitor::Visitor},
    programs::{
        application::{
            Answers, Application, ApplicationStatus, CohortRole, form, questions::pages::question,
        },
        cohort::{Cohort, store::Running},
        file::ProgramFile,
        phase::{Phase, last_minute},
    },
    schedule::Zone,
};

/// What the form is filled with.
pub struct Apply<'a> {
    pub running: &'a Running,
    pub file: &'a ProgramFile,
    pub role: CohortRole,
    pub answers: &'a Answers,
    /// The names of what is ticked.
    pub agreed: &'a [String],
    pub application: Option<&'a Application>,
    /// Theirs in the other role, where one person may have one only.
    pub other: Option<&'a Application>,
    pub person: &'a Person,
    /// Those of the catalogue, where the form asks for some.
    pub skills: &'a [String],
    pub now: DateTime<Utc>,
}

/// A moment on the clocks of the program, and on the reader's where they show something else.
pub fn both(at: DateTime<Utc>, zone: &Zone, reader: &Zone) -> Markup {
    html! {
        strong { (time::moment(at, zone)) }
        ", "
        (zone.city())
        " time"
        @if time::differ(at, zone, reader) {
            " ("
            (time::moment(at, reader))
            " in "
            (reader.city())
            ")"
        }
    }
}

/// The form. `said`: why it was not sent.
pub fn apply(visitor: &Visitor, apply: &Apply, problems: &Problems, said: Option<&str>) -> Markup {
    let (cohort, file, role) = (&apply.running.cohort, apply.file, apply.role);
    let phase = cohort.phase(apply.now);
    let title = format!("Apply as a {}", role.as_str());
    let slug = apply.running.program.as_str();
    let body = html! {
        p {
            a href={ "/programs/" (slug) } { (file.name) }
        }
        h1 { (title) }
        @if let Some(said) = said {
            div.callout.is-wrong role="alert" {
                p { (said) }
            }
        }
        @if let Some(other) = apply.other {
            div.callout role="status" {
                p {
                    "You have "
                    @if other.status == ApplicationStatus::Draft { "begun to apply" } @else { "applied" }
                    " as a "
                    (other.role.as_str())
                    ". In this program one person takes one role. "
                    a href={ "/applications/" (other.id) } { "Your other application" }
                }
            }
        } @else if apply.person.standing != Standing::Active {
            div.callout.is-wrong role="status" {
                p { "Your membership has lapsed. Ask a coordinator to renew it, then apply." }
            }
        } @else if !phase.is_open() {
            (not_open(cohort, phase, visitor))
        } @else {
            p.lead {
                @match cohort.closes_at {
                    Some(at) => {
                        "Apply by "
                        (both(last_minute(at, &cohort.zone()), &cohort.zone(), &visitor.zone))
                        ". You can change or withdraw your application until then."
                    }
                    None => "Take your time: what you type is saved as a draft.",
                }
            }
            (questionnaire(visitor, apply, problems))
        }
    };
    Page {
        chrome: &visitor.chrome,
        title: &title,
        body,
    }
    .render()
}

/// Why nobody can apply now.
fn not_open(cohort: &Cohort, phase: Phase, visitor: &Visitor) -> Markup {
    html! {
        div.callout role="status" {
            p {
                @match (phase, cohort.opens_at) {
                    (Phase::Announced, Some(at)) => {
                        "Applications open "
                        (both(at, &cohort.zone(), &visitor.zone))
                        "."
                    }
                    (Phase::Planned | Phase::Announced, _) => "Applications are not open yet.",
                    _ => "Applications have closed.",
                }
            }
        }
    }
}

fn questionnaire(visitor: &Visitor, apply: &Apply, problems: &Problems) -> Markup {
    let (file, role) = (apply.file, apply.role);
    let slug = apply.running.program.as_str();
    let status = apply.application.map(|found| found.status);
    let is_sent = status == Some(ApplicationStatus::Submitted);
    let progress = form::progress(file, role, apply.answers);
    let saved = apply.application.map(|found| found.saved_at);
    html! {
        (controls::summary(problems))
        form
            .stack
            .application
            method="post"
            action={ "/programs/" (slug) "/apply" }
            enctype="multipart/form-data"
            novalidate
            data-autosave[!is_sent]
            data-saved=[saved.map(time::instant)]
        {
            (visitor.chrome.csrf_field())
            input type="hidden" name="role" value=(role.as_str());
            // Enter in a field presses the first button: saving, which sends nothing.
            @if !is_sent {
                button.sr-only name="action" value="save" tabindex="-1" { "Save the draft" }
            }
            @if progress.required > 0 {
                p.row.progress {
                    progress max=(progress.required) value=(progress.answered) aria-label="Required questions answered" {}
                    span data-progress {
                        (progress.answered)
                        " of "
                        (progress.required)
                        " required questions answered"
                    }
                }
            }
            (questions(file, role, apply.answers, apply.agreed, apply.skills, problems))
            p.hint.save-state data-save-state aria-live="polite" {
                @if let (Some(saved), false) = (saved, is_sent) {
                    "Draft saved "
                    (time::moment(saved, &visitor.zone))
                    "."
                }
            }
            div.row {
                @if !is_sent {
                    button.button.is-quiet name="action" value="save" { "Save draft" }
                }
                button.button name="action" value="submit" {
                    @if is_sent { "Send the changes" } @else { "Send application" }
                }
            }
        }
        @if let Some(draft) = apply.application.filter(|found| found.status == ApplicationStatus::Draft) {
            form
                method="post"
                action={ "/applications/" (draft.id) "/discard" }
                data-confirm="What you have typed will be deleted."
            {
                (visitor.chrome.csrf_field())
                button.link { "Delete this draft" }
            }
        }
    }
}

/// The questions for a role, and what is to be agreed to.
pub fn questions(
    file: &ProgramFile,
    role: CohortRole,
    answers: &Answers,
    agreed: &[String],
    skills: &[String],
    problems: &Problems,
) -> Markup {
    html! {
            @for field in form::questions(file, role) {
                (question(field, answers, skills, problems))
            }
            @let all = form::acknowledgements(file, role).collect::<Vec<_>>();
            @if !all.is_empty() {
                fieldset {
                    legend { "What you agree to" }
                    @for acknowledgement in all {
                        @let name = form::agreement(acknowledgement);
                        (controls::tick_box(
                            &name,
                            "yes",
                            &acknowledgement.words,
                            agreed.contains(&acknowledgement.name),
                        ))
                        (controls::group_problem(&name, problems))
                    }
                }
            }
    }
}
