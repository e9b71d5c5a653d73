//! The pages of applicants, made from values already loaded.

use chrono::{DateTime, Utc};
use maud::{Markup, html};

use super::{
    Application, ApplicationStatus, Decision, answering::pages::both, form,
    questions::pages::answers, store::Own,
};
use crate::{
    html::{
        Page,
        form::{self as controls, address},
        icon, time,
    },
    input::Problems,
    people::visitor::Visitor,
    programs::{
        cohort::Cohort,
        file::ProgramFile,
        phase::{Phase, last_minute},
    },
    schedule::Zone,
};

/// A moment, or of midnight the day that begins then.
fn day_or_moment(at: DateTime<Utc>, zone: &Zone, reader: &Zone) -> Markup {
    html! {
        @if last_minute(at, zone) == at { (both(at, zone, reader)) } @else {
            strong { (time::long_date(zone.local(at).date_naive())) }
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
            (answers(
                file,
                application.role,
                &application.answers,
                (&format!("/applications/{id}/files"), false),
                |_| true,
            ))
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
