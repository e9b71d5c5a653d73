//! The pages of applicants, made from values already loaded.

use chrono::{DateTime, Utc};
use maud::{Markup, html};

use super::{
    Answers, Application, ApplicationStatus, CohortRole, Decision, form,
    questionnaire::pages::{answers, question},
    store::Own,
};
use crate::{
    html::{
        Page,
        form::{self as controls, address},
        icon, time,
    },
    input::Problems,
    people::{Person, Standing, visitor::Visitor},
    programs::{
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

/// A moment, or of midnight the day that begins then.
fn day_or_moment(at: DateTime<Utc>, zone: &Zone, reader: &Zone) -> Markup {
    html! {
        @if last_minute(at, zone) == at { (both(at, zone, reader)) } @else {
            strong { (time::long_date(zone.local(at).date_naive())) }
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
            @for field in form::questions(file, role) {
                (question(field, apply.answers, problems))
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
                            apply.agreed.contains(&acknowledgement.name),
                        ))
                        (controls::group_problem(&name, problems))
                    }
                }
            }
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

/// Where an application stands, in a few words, as its author may know it.
pub fn standing(application: &Application) -> &'static str {
    match (application.status, application.released()) {
        (ApplicationStatus::Draft, _) => "Not sent yet",
        (ApplicationStatus::Withdrawn, _) => "Withdrawn",
        (ApplicationStatus::Submitted, None) => "Received",
        (ApplicationStatus::Submitted, Some(decision)) => match decision {
            Decision::Selected => "You are in",
            Decision::WaitListed => "On the wait-list",
            Decision::NotSelected => "Not selected",
            Decision::Offered => "A place is free for you",
            Decision::Declined => "You declined the place",
        },
    }
}

/// What happens next, and when.
fn next(
    application: &Application,
    cohort: &Cohort,
    visitor: &Visitor,
    now: DateTime<Utc>,
) -> Markup {
    let zone = cohort.zone();
    let phase = cohort.phase(now);
    html! {
        @match (application.status, application.released()) {
            (ApplicationStatus::Draft, _) if phase.is_open() => {
                @match cohort.closes_at {
                    Some(at) => {
                        "Finish it by "
                        (both(last_minute(at, &zone), &zone, &visitor.zone))
                        "."
                    }
                    None => "Nobody sees it before you send it.",
                }
            }
            (ApplicationStatus::Draft, _) => "Applications have closed, and it was not sent.",
            (ApplicationStatus::Withdrawn, _) if phase.is_open() => "You can apply again as long as applications are open.",
            (ApplicationStatus::Withdrawn, _) => "Nobody reads it any more.",
            (ApplicationStatus::Submitted, None) => {
                @match cohort.results_at.filter(|at| *at > now && !cohort.is_rolling) {
                    Some(at) => {
                        "You will hear the result on "
                        (day_or_moment(at, &zone, &visitor.zone))
                        ", together with everybody else."
                    }
                    None => "We are reviewing your application and will email you.",
                }
            }
            (ApplicationStatus::Submitted, Some(Decision::Selected)) => {
                @match cohort.starts_on.filter(|_| phase == Phase::Decided) {
                    Some(day) => {
                        "It starts on "
                        strong { (time::long_date(day)) }
                        "."
                    }
                    None => "Everything about it is on the page of your cohort.",
                }
            }
            (ApplicationStatus::Submitted, Some(Decision::WaitListed)) => "If somebody withdraws, we write to whoever is next.",
            (ApplicationStatus::Submitted, Some(Decision::NotSelected)) => "You can apply again for the next cohort.",
            (ApplicationStatus::Submitted, Some(Decision::Offered)) => {
                @if let Some(until) = application.offered_until {
                    "We keep it for you until "
                    (both(until, &visitor.zone, &visitor.zone))
                    "."
                }
            }
            (ApplicationStatus::Submitted, Some(Decision::Declined)) => "It has gone to somebody else.",
        }
    }
}

/// The name of a program with its cohort.
fn name_of(name: &str, cohort: &Cohort) -> String {
    match cohort.is_rolling {
        true => name.to_owned(),
        false => format!("{name} {}", cohort.name),
    }
}

/// The applications of the visitor.
pub fn list(visitor: &Visitor, own: &[Own], now: DateTime<Utc>) -> Markup {
    let body = html! {
        h1 { "Applications" }
        @if own.is_empty() {
            div.empty {
                (icon::users())
                p { "You have not applied to a program." }
                p {
                    a.button href="/programs" { "See the programs" }
                }
            }
        }
        ul.cards.is-single {
            @for Own { application, cohort, program_name, .. } in own {
                li.card.stack {
                    h2 {
                        a href={ "/applications/" (application.id) } { (name_of(program_name, cohort)) }
                    }
                    p.row {
                        (badge(application))
                        span.hint { (application.role.words()) }
                    }
                    p { (next(application, cohort, visitor, now)) }
                }
            }
        }
    };
    Page {
        chrome: &visitor.chrome,
        title: "Applications",
        body,
    }
    .render()
}

fn badge(application: &Application) -> Markup {
    let is_good = matches!(
        application.released(),
        Some(Decision::Selected | Decision::Offered)
    );
    html! {
        span.badge.is-open[is_good] { (standing(application)) }
    }
}

/// An application as its author sees it.
pub fn application(
    visitor: &Visitor,
    own: &Own,
    file: &ProgramFile,
    problems: &Problems,
    now: DateTime<Utc>,
) -> Markup {
    let Own {
        application,
        cohort,
        program,
        ..
    } = own;
    let id = application.id;
    let phase = cohort.phase(now);
    let form_path = address(
        &format!("/programs/{program}/apply"),
        &[("role", application.role.as_str())],
    );
    let may_edit = phase.is_open()
        && application.released().is_none()
        && !(application.status == ApplicationStatus::Submitted && cohort.is_rolling);
    let is_current = application.status == ApplicationStatus::Submitted;
    let is_over = matches!(
        application.released(),
        Some(Decision::NotSelected | Decision::Declined)
    );
    let body = html! {
        p {
            a href="/me/applications" { "Applications" }
        }
        h1 { (name_of(&file.name, cohort)) }
        section.card.stack aria-labelledby="standing" {
            h2 #standing { (standing(application)) }
            p { (next(application, cohort, visitor, now)) }
            @if application.released() == Some(Decision::Offered) {
                form.row method="post" action={ "/applications/" (id) "/seat" } {
                    (visitor.chrome.csrf_field())
                    button.button name="answer" value="take" { (icon::check()) "Take the place" }
                    button.button.is-quiet name="answer" value="decline" { "Decline" }
                }
            }
            div.row {
                @if may_edit {
                    a.button.is-quiet.is-small href=(form_path) {
                        @match application.status {
                            ApplicationStatus::Draft => "Continue",
                            ApplicationStatus::Submitted => "Change my answers",
                            ApplicationStatus::Withdrawn => "Apply again",
                        }
                    }
                }
                @if is_current && !is_over {
                    a.button.is-quiet.is-small href={ "/applications/" (id) "/withdraw" } {
                        "Withdraw"
                    }
                }
                @if application.is_in() {
                    a.button.is-small href={ "/cohorts/" (program) "/" (cohort.slug) } {
                        "Open your cohort"
                    }
                }
                a.button.is-quiet.is-small href={ "/programs/" (program) } { "The program" }
            }
        }
        @let open = form::to_agree(file, application.role, &application.agreed);
        @if is_current && !open.is_empty() && phase != Phase::Archived {
            (controls::summary(problems))
            form.card.stack method="post" action={ "/applications/" (id) "/agree" } {
                (visitor.chrome.csrf_field())
                h2 { "What you agree to has changed" }
                @for acknowledgement in &open {
                    @let name = form::agreement(acknowledgement);
                    (controls::tick_box(&name, "yes", &acknowledgement.words, false))
                    (controls::group_problem(&name, problems))
                }
                div.row {
                    button.button { "Agree" }
                }
            }
        }
        section aria-labelledby="answers" {
            h2 #answers { "Your answers" }
            p.hint { "As a " (application.role.as_str()) "." }
            (answers(file, application.role, &application.answers, |_| true))
        }
    };
    Page {
        chrome: &visitor.chrome,
        title: &file.name,
        body,
    }
    .render()
}

/// Asks before an application is withdrawn.
pub fn withdraw(visitor: &Visitor, own: &Own, file: &ProgramFile, now: DateTime<Utc>) -> Markup {
    let id = own.application.id;
    let has_seat = own.application.released().is_some_and(Decision::has_seat);
    let body = html! {
        h1 { "Withdraw your application?" }
        p { (name_of(&file.name, &own.cohort)) }
        @if has_seat {
            p { "Your place goes to whoever is next on the wait-list. You cannot take it back." }
        } @else if own.cohort.phase(now).is_open() {
            p { "The coordinators will no longer read it. You can apply again as long as applications are open." }
        } @else {
            p { "The coordinators will no longer read it. Applications have closed, so you cannot apply again." }
        }
        form.row method="post" action={ "/applications/" (id) "/withdraw" } {
            (visitor.chrome.csrf_field())
            button.button.is-danger { "Withdraw" }
            a.button.is-quiet href={ "/applications/" (id) } { "Keep it" }
        }
    };
    Page {
        chrome: &visitor.chrome,
        title: "Withdraw your application?",
        body,
    }
    .render()
}
