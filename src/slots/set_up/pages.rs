//! The pages of setting up, made from values already loaded.

use chrono::{DateTime, Utc};
use maud::{Markup, html};

use super::{PRESETS, Preset, Progress, Step};
use crate::{
    html::{
        Page,
        form::{self, Field},
        icon,
        layout::Chrome,
        time,
    },
    input::Problems,
    people::rules::ProfileForm,
    schedule::Span,
    slots::{catalogue::Catalogue, rules::ServiceForm},
};

/// What a step is called in the checklist.
fn name(step: Step) -> &'static str {
    match step {
        Step::Zone => "Where you live",
        Step::Profile => "Who you are",
        Step::Service => "What you offer",
        Step::Hours => "When you are free",
    }
}

/// The steps, with a tick at each that is done.
pub fn checklist(progress: &Progress, here: Option<Step>) -> Markup {
    html! {
        ol.checklist {
            @for step in Step::ALL {
                @let is_done = progress.is_done(step);
                li.is-done[is_done] aria-current=[(here == Some(step)).then_some("step")] {
                    span.tick aria-hidden="true" {
                        @if is_done { (icon::check()) }
                    }
                    a href={ "/me/set-up?step=" (step.word()) } { (name(step)) }
                    @if is_done {
                        span.sr-only { " (done)" }
                    }
                }
            }
        }
    }
}

/// A page of one question. `question` is the form's inside.
fn ask(
    chrome: &Chrome,
    progress: &Progress,
    step: Step,
    title: &str,
    problems: &Problems,
    question: &Markup,
) -> Markup {
    let body = html! {
        div.set-up {
            aside aria-label="Steps" { (checklist(progress, Some(step))) }
            div {
                h1 { (title) }
                (form::summary(problems))
                form.stack method="post" action={ "/me/set-up/" (step.word()) } {
                    (chrome.csrf_field())
                    (question)
                }
            }
        }
    };
    Page {
        chrome,
        title,
        body,
    }
    .render()
}

pub fn zone(chrome: &Chrome, progress: &Progress, typed: &str, problems: &Problems) -> Markup {
    let question = html! {
        p.lead { "Your hours are in your own time zone, and students see them in theirs." }
        (form::zone_field("zone", "Time zone", typed, problems))
        div.row {
            button.button { "Continue" }
        }
    };
    ask(
        chrome,
        progress,
        Step::Zone,
        "Where do you live?",
        problems,
        &question,
    )
}

pub fn profile(
    chrome: &Chrome,
    progress: &Progress,
    values: &ProfileForm,
    problems: &Problems,
) -> Markup {
    let question = html! {
        p.lead { "This is what students see first. You can add a photo and more later." }
        ({
            Field::new("headline", "What you do, in a line", &values.headline)
                .hint("For example: Product designer who used to teach.")
                .required()
                .longest(120)
                .problems(problems)
                .input()
        })
        ({
            Field::new("employer", "Where you work", &values.employer)
                .longest(80)
                .problems(problems)
                .input()
        })
        div.row {
            button.button { "Continue" }
        }
    };
    ask(
        chrome,
        progress,
        Step::Profile,
        "Who are you?",
        problems,
        &question,
    )
}

/// Asks for a first service; of services without a place, for that alone.
pub fn service(
    chrome: &Chrome,
    progress: &Progress,
    catalogue: &Catalogue,
    values: &ServiceForm,
    problems: &Problems,
) -> Markup {
    let place = Field::new("location", "Meeting link or place", &values.location)
        .hint("Shown only to you and the people who book.")
        .required()
        .longest(300)
        .problems(problems)
        .input();
    let titles: Vec<&str> = progress.placeless().map(|s| s.title.as_str()).collect();
    if !titles.is_empty() {
        let question = html! {
            p.lead { "Every session needs a place. Where do you meet for " (titles.join(", ")) "?" }
            (place)
            div.row {
                button.button { "Continue" }
            }
        };
        let title = "Where do you meet?";
        return ask(chrome, progress, Step::Service, title, problems, &question);
    }
    let question = html! {
        p.lead { "Choose one to begin with. You can change it and add others later." }
        fieldset.choices {
            legend.sr-only { "What you offer" }
            @for (number, entry) in catalogue.offered().enumerate() {
                @let word = entry.kind.as_str();
                label {
                    input
                        type="radio"
                        name="kind"
                        value=(word)
                        checked[values.kind == word || values.kind.is_empty() && number == 0];
                    (icon::of_kind(&entry.icon))
                    span {
                        strong { (entry.title) }
                        span.hint { "30 minutes" }
                    }
                }
            }
        }
        (place)
        div.row {
            button.button { "Continue" }
        }
    };
    ask(
        chrome,
        progress,
        Step::Service,
        "What do you offer?",
        problems,
        &question,
    )
}

pub fn hours(
    chrome: &Chrome,
    progress: &Progress,
    chosen: Option<&Preset>,
    problems: &Problems,
) -> Markup {
    let question = html! {
        p.lead {
            "Choose hours to begin with. You can change them, pause, or take days off at any time."
        }
        fieldset.choices {
            legend.sr-only { "Hours" }
            @for (number, preset) in PRESETS.iter().enumerate() {
                label {
                    input
                        type="radio"
                        name="hours"
                        value=(preset.word)
                        checked[
                            chosen
                                .map_or(number == 0, |chosen| chosen.word == preset.word)
                        ];
                    (icon::clock())
                    span {
                        strong { (preset.name) }
                        span.hint { (preset.hours) }
                    }
                }
            }
            label {
                input type="radio" name="hours" value="own";
                (icon::calendar())
                span {
                    strong { "Other hours" }
                    span.hint { "Paint or type your own week" }
                }
            }
        }
        div.row {
            button.button { "See what students will see" }
        }
    };
    ask(
        chrome,
        progress,
        Step::Hours,
        "When are you free?",
        problems,
        &question,
    )
}

/// What would be offered with those hours, before it is.
pub fn preview(
    chrome: &Chrome,
    progress: &Progress,
    preset: &Preset,
    offered: &[(String, Vec<Span>)],
) -> Markup {
    let zone = progress.host.person.zone();
    let question = html! {
        p.lead { (preset.name) ": " (preset.hours) ", " (zone.city()) " time. Nothing is published yet." }
        @for (title, slots) in offered {
            section.card {
                h2 { (title) }
                @if slots.is_empty() {
                    p { "There are no times in the next two weeks." }
                }
                ul.times {
                    @for slot in slots.iter().take(6) {
                        li {
                            span.time { (time::span(*slot, &zone)) }
                        }
                    }
                }
                @if slots.len() > 6 {
                    p.hint { "And " (slots.len() - 6) " more in the next two weeks." }
                }
            }
        }
        input type="hidden" name="hours" value=(preset.word);
        div.row {
            button.button name="action" value="publish" { "Publish these times" }
            a href="/me/set-up?step=hours" { "Choose other hours" }
        }
    };
    let title = "This is what students will see";
    ask(
        chrome,
        progress,
        Step::Hours,
        title,
        &Problems::default(),
        &question,
    )
}

/// All is done.
pub fn live(chrome: &Chrome, progress: &Progress, origin: &str, now: DateTime<Utc>) -> Markup {
    let handle = &progress.host.profile.handle;
    let link = format!("{origin}/alumni/{handle}");
    let zone = progress.host.person.zone();
    let body = html! {
        div.set-up {
            aside aria-label="Steps" { (checklist(progress, None)) }
            div {
                @if progress.host.is_open() {
                    h1 { "You are live" }
                    p.lead {
                        "Students can book you now. You will get an email and an invitation as soon as somebody does."
                    }
                } @else {
                    h1 { "You are ready" }
                    p.lead { "Bookings are paused. Resume them when you want to be booked." }
                }
                p.row {
                    a.button href={ "/alumni/" (handle) } { "See your page" }
                    button.button.is-quiet type="button" data-copy-text=(link) hidden {
                        (icon::copy())
                        "Copy link"
                    }
                }
                h2 { "Good to do next" }
                ul.plain {
                    @if progress.host.profile.thumbnail.is_none() {
                        li {
                            a href="/me/profile" { "Add a photo" }
                            span.hint { " Students look for a face." }
                        }
                    }
                    li {
                        a href="/me/busy" { "Connect your calendar" }
                        span.hint { " Times when you are busy are not offered." }
                    }
                    li {
                        a href="/me/calendar" { "Subscribe to your sessions" }
                        span.hint { " In Google, Apple or Outlook." }
                    }
                    li {
                        a href="/me/availability" { "Change your hours" }
                        span.hint { " Times are in " (time::zone_in_words(&zone, now)) "." }
                    }
                }
            }
        }
    };
    Page {
        chrome,
        title: "You are live",
        body,
    }
    .render()
}
