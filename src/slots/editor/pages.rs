//! What an alumnus edits: the week, days off, one-off times, services.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use maud::{Markup, html};

use super::{
    typed,
    week::{self, Entry, Week},
};
use crate::{
    html::{
        Page,
        form::{self, Field, address, tick_box},
        icon,
        layout::Chrome,
        time,
    },
    input::Problems,
    schedule::{Rules, Span, Zone},
    slots::{
        Booked, Host, OneOff, Service,
        catalogue::Catalogue,
        rules::{OverrideForm, ServiceForm, WEEKDAYS, WeekForm},
    },
};

/// Everything the editor shows.
pub struct Editor<'a> {
    pub host: &'a Host,
    pub week: &'a WeekForm,
    pub problems: &'a Problems,
    /// The rules as they would be with what is typed.
    pub rules: &'a Rules,
    pub overrides: &'a BTreeMap<NaiveDate, Vec<crate::schedule::Window>>,
    pub one_offs: &'a [OneOff],
    pub booked: &'a [Booked],
    /// What other calendars say of the coming days.
    pub busy: &'a [Span],
    /// Slots that would follow, by service title; shown before saving.
    pub preview: Option<&'a [(String, Vec<Span>)]>,
    /// Bookings that the new hours would no longer hold; asked about before saving.
    pub stranded: &'a [Booked],
    /// Whether that is because of days off, not of the week.
    pub is_about_days_off: bool,
    pub days_off: &'a OverrideForm,
    pub once: &'a str,
    pub now: DateTime<Utc>,
}

pub fn editor(chrome: &Chrome, editor: &Editor) -> Markup {
    let zone = editor.host.person.zone();
    let body = html! {
        div.title-row {
            h1 { "My times" }
            (pause(chrome, editor.host))
        }
        p.lead {
            "When can you be booked? Times are in "
            (time::zone_in_words(&zone, editor.now))
            ". "
            a href="/me/settings" { "Change time zone" }
        }
        p.row {
            a.button.is-quiet.is-small href="/me/week" { (icon::calendar()) "Your week" }
            a.button.is-quiet.is-small href="/me/busy" { (icon::calendar()) "Connected calendars" }
            a.button.is-quiet.is-small href="/me/availability/why" {
                (icon::search())
                "Why is a time not offered?"
            }
        }
        (form::summary(editor.problems))
        (once(chrome, editor, &zone))
        (stranded(editor, &zone))
        form #week.stack method="post" action="/me/availability" {
            (chrome.csrf_field())
            // Enter in a field presses the first button: preview, which changes nothing.
            button.sr-only name="action" value="preview" tabindex="-1" aria-hidden="true" {
                "Preview"
            }
            section.card aria-labelledby="weekly" {
                h2 #weekly { "Every week" }
                p.hint {
                    "Type hours as you would say them: 9–12, 13:30–17. You can enter several times a day. Leave a day empty if you are not available."
                }
                div.week {
                    @for (day, (word, name)) in WEEKDAYS.iter().enumerate() {
                        div.week-day {
                            ({
                                Field::new(word, name, &editor.week.weekly[day])
                                    .kind("search")
                                    .problems(editor.problems)
                                    .input()
                            })
                            button
                                .button
                                .is-quiet
                                .is-small
                                name="action"
                                value={ "copy-" (word) }
                                data-copy=(word)
                            {
                                (icon::copy())
                                "Copy to weekdays"
                                span.sr-only { " from " (name) }
                            }
                        }
                    }
                }
                (picture(editor, &zone))
            }
            section.card aria-labelledby="limits" {
                h2 #limits { "Limits" }
                div.fields {
                    ({
                        Field::new(
                                "notice_hours",
                                "Minimum notice, in hours",
                                &editor.week.notice_hours,
                            )
                            .hint(
                                "Students cannot book sessions that start sooner than this.",
                            )
                            .required()
                            .problems(editor.problems)
                            .input()
                    })
                    ({
                        Field::new(
                                "horizon_days",
                                "Days ahead",
                                &editor.week.horizon_days,
                            )
                            .hint("Students cannot book further ahead than this.")
                            .required()
                            .problems(editor.problems)
                            .number(1, 365)
                    })
                    ({
                        Field::new(
                                "buffer_before_minutes",
                                "Buffer before, in minutes",
                                &editor.week.buffer_before,
                            )
                            .required()
                            .problems(editor.problems)
                            .number(0, 240)
                    })
                    ({
                        Field::new(
                                "buffer_after_minutes",
                                "Buffer after, in minutes",
                                &editor.week.buffer_after,
                            )
                            .required()
                            .problems(editor.problems)
                            .number(0, 240)
                    })
                    ({
                        Field::new(
                                "max_per_day",
                                "Maximum sessions a day",
                                &editor.week.max_per_day,
                            )
                            .problems(editor.problems)
                            .number(1, 50)
                    })
                    ({
                        Field::new(
                                "max_per_week",
                                "Maximum sessions a week",
                                &editor.week.max_per_week,
                            )
                            .problems(editor.problems)
                            .number(1, 200)
                    })
                    ({
                        Field::new(
                                "wished_per_month",
                                "Sessions you would like each month",
                                &editor.week.wished_per_month,
                            )
                            .hint("You appear higher in the list until you reach this.")
                            .problems(editor.problems)
                            .number(1, 100)
                    })
                }
            }
            @if let Some(preview) = editor.preview {
                (crate::slots::editor::pages::preview(preview, &zone))
            }
            div.row {
                @if editor.stranded.is_empty() || editor.is_about_days_off {
                    button.button name="action" value="save" { "Save" }
                } @else {
                    button.button name="action" value="save-anyway" {
                        "Save and keep these bookings"
                    }
                }
                button.button.is-quiet name="action" value="preview" { "Preview" }
            }
        }
        (days_off(chrome, editor))
    };
    Page {
        chrome,
        title: "My times",
        body,
    }
    .render()
}

/// The switch that pauses everything.
pub fn pause(chrome: &Chrome, host: &Host) -> Markup {
    let is_paused = !host.is_open();
    html! {
        form method="post" action="/me/profile/pause" {
            (chrome.csrf_field())
            input type="hidden" name="next" value=(chrome.path);
            @if is_paused {
                button.button name="paused" value="no" { (icon::play()) "Resume bookings" }
            } @else {
                button.button.is-quiet name="paused" value="yes" { (icon::pause()) "Pause bookings" }
            }
        }
    }
}

fn once(chrome: &Chrome, editor: &Editor, zone: &Zone) -> Markup {
    html! {
        section.card aria-labelledby="once-title" {
            h2 #once-title { "One-off times" }
            form.quick method="post" action="/me/availability/once" {
                (chrome.csrf_field())
                ({
                    Field::new("once", "Day and hours", editor.once)
                        .kind("search")
                        .hint(
                            "For example: Thursday 18 to 20, tomorrow 9–11, or 3 December 14–16.",
                        )
                        .problems(editor.problems)
                        .input()
                })
                button.button.is-quiet { (icon::plus()) "Offer" }
            }
            @if !editor.one_offs.is_empty() {
                ul.plain {
                    @for once in editor.one_offs {
                        li.row {
                            span { (time::span(Span::new(once.starts_at, once.ends_at), zone)) }
                            form method="post" action="/me/availability/once/remove" {
                                (chrome.csrf_field())
                                button.link name="id" value=(once.id) {
                                    "Remove"
                                    span.sr-only { " " (time::moment(once.starts_at, zone)) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn stranded(editor: &Editor, zone: &Zone) -> Markup {
    html! {
        @if !editor.stranded.is_empty() {
            div.callout.is-wrong role="alert" {
                p {
                    strong { "These bookings are outside your new hours." }
                    " They stay booked. Cancel them one by one if you have to."
                }
                ul {
                    @for b in editor.stranded {
                        li {
                            a href=(b.path) { (time::span(b.span, zone)) }
                            ": "
                            (b.title)
                            " with "
                            bdi { (b.with) }
                        }
                    }
                }
            }
        }
    }
}

fn preview(services: &[(String, Vec<Span>)], zone: &Zone) -> Markup {
    html! {
        section #preview.card aria-labelledby="preview-title" {
            h2 #preview-title { "Preview: what students will see" }
            p.hint { "Nothing is saved yet." }
            @if services.is_empty() {
                p {
                    "You do not offer a service yet. "
                    a href="/me/services" { "Offer one" }
                    "."
                }
            }
            @for (title, slots) in services {
                h3 { (title) }
                @if slots.is_empty() {
                    p { "There are no times in the next two weeks." }
                }
                @let mut days: BTreeMap<NaiveDate, Vec<String>> = BTreeMap::new();
                @for slot in slots {
                    @let local = zone.local(slot.start);
                    ({
                        days.entry(local.date_naive())
                            .or_default()
                            .push(local.format("%H:%M").to_string());
                        ""
                    })
                }
                dl.facts {
                    @for (date, times) in &days {
                        dt { (time::short_date(*date)) }
                        dd { (times.join(" · ")) }
                    }
                }
            }
        }
    }
}

/// The coming seven days.
fn picture(editor: &Editor, zone: &Zone) -> Markup {
    let today = zone.local(editor.now).date_naive();
    let session = |booked: &Booked| Entry {
        span: booked.span,
        path: booked.path.clone(),
        title: format!("{} with {}", booked.title, booked.with),
        is_asked: false,
    };
    let sessions: Vec<_> = editor.booked.iter().map(session).collect();
    week::picture(&Week {
        first: today,
        today,
        rules: editor.rules,
        sessions: &sessions,
        busy: editor.busy,
    })
}

fn days_off(chrome: &Chrome, editor: &Editor) -> Markup {
    html! {
        section.card aria-labelledby="days-off" {
            h2 #days-off { "Days off and different hours" }
            p.hint {
                "For holidays or travel. On these days, these hours replace your weekly hours."
            }
            form.fields method="post" action="/me/availability/dates" {
                (chrome.csrf_field())
                ({
                    Field::new("first", "First day", &editor.days_off.first)
                        .kind("date")
                        .required()
                        .problems(editor.problems)
                        .input()
                })
                ({
                    Field::new("last", "Last day", &editor.days_off.last)
                        .kind("date")
                        .problems(editor.problems)
                        .input()
                })
                ({
                    Field::new("hours", "Hours", &editor.days_off.hours)
                        .hint("Leave empty to take the days off.")
                        .problems(editor.problems)
                        .input()
                })
                @if editor.is_about_days_off {
                    button.button name="action" value="save-anyway" {
                        "Add and keep these bookings"
                    }
                } @else {
                    button.button.is-quiet { (icon::plus()) "Add" }
                }
            }
            @if !editor.overrides.is_empty() {
                ul.plain {
                    @for (date, windows) in editor.overrides {
                        li.row {
                            span {
                                strong { (time::long_date(*date)) }
                                " "
                                @if windows.is_empty() { "day off" } @else { (typed::show(windows)) }
                            }
                            form method="post" action="/me/availability/dates/remove" {
                                (chrome.csrf_field())
                                button.link name="date" value=(date) {
                                    "Remove"
                                    span.sr-only { " " (date) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

pub fn services(
    chrome: &Chrome,
    host: &Host,
    services: &[Service],
    catalogue: &Catalogue,
) -> Markup {
    let body = html! {
        div.title-row {
            h1 { "My services" }
            a.button href="/me/services/new" { (icon::plus()) "Offer a service" }
        }
        p.lead {
            "What students can book with you. "
            a href={ "/alumni/" (host.profile.handle) } { "See your page" }
            " as they do."
        }
        @if services.is_empty() {
            div.empty {
                (icon::calendar())
                p {
                    strong { "You do not offer any services yet." }
                    " Start with what people ask you about most: half an hour on a resume, perhaps."
                }
                p {
                    a.button href="/me/services/new" { "Offer your first service" }
                }
            }
        }
        ul.cards {
            @for service in services {
                li.card {
                    h2 { (service.title) }
                    p.hint.kind {
                        (icon::of_kind(catalogue.icon(&service.kind)))
                        (catalogue.title(&service.kind))
                        " · "
                        (service.duration_minutes)
                        " minutes"
                        @if service.approval { " · needs your approval" }
                        @if let Some(seats) = service.seats { " · up to " (seats) " students" }
                        @if service.closed_at.is_some() { " · not offered at the moment" }
                    }
                    @if !service.description.is_empty() {
                        p { (service.description) }
                    }
                    div.row {
                        a.button.is-quiet href={ "/me/services/" (service.slug) } {
                            "Edit"
                            span.sr-only { " " (service.title) }
                        }
                        form method="post" action={ "/me/services/" (service.slug) "/open" } {
                            (chrome.csrf_field())
                            @if service.closed_at.is_some() {
                                button.button.is-quiet name="open" value="yes" { "Offer again" }
                            } @else {
                                button.button.is-quiet name="open" value="no" { "Stop offering" }
                            }
                        }
                    }
                }
            }
        }
    };
    Page {
        chrome,
        title: "My services",
        body,
    }
    .render()
}

/// Begins a new service with what it is about.
pub fn choose_kind(chrome: &Chrome, catalogue: &Catalogue) -> Markup {
    let body = html! {
        div.narrow {
            p {
                a href="/me/services" { "My services" }
            }
            h1 { "Offer a service" }
            @if catalogue.offered().next().is_none() {
                div.empty {
                    (icon::calendar())
                    p {
                        strong { "There is nothing to choose from yet." }
                        " The coordinators of this site decide what alumni can offer. Please ask them to add a kind of service."
                    }
                }
            } @else {
                p.lead { "What is it about?" }
            }
            ul.kinds {
                @for entry in catalogue.offered() {
                    li {
                        a href=(address("/me/services/new", &[("kind", entry.kind.as_str())])) {
                            (icon::of_kind(&entry.icon))
                            (entry.title)
                        }
                    }
                }
            }
        }
    };
    Page {
        chrome,
        title: "Offer a service",
        body,
    }
    .render()
}

pub fn service(
    chrome: &Chrome,
    service: Option<&Service>,
    values: &ServiceForm,
    catalogue: &Catalogue,
    problems: &Problems,
) -> Markup {
    let slug = service.map(|service| service.slug.as_str());
    let before = service.map_or("", |service| service.kind.as_str());
    let action = format!("/me/services/{}", slug.unwrap_or("new"));
    let title = if slug.is_some() {
        "Edit a service"
    } else {
        "Offer a service"
    };
    let body = html! {
        div.narrow {
            p {
                a href="/me/services" { "My services" }
            }
            h1 { (title) }
            (form::summary(problems))
            form.stack method="post" action=(action) {
                (chrome.csrf_field())
                ({
                    Field::new("kind", "Kind", &values.kind)
                        .required()
                        .problems(problems)
                        .select(catalogue.choices(before))
                })
                ({
                    Field::new("title", "Title", &values.title)
                        .hint("Leave empty to use the name of the kind.")
                        .longest(80)
                        .problems(problems)
                        .input()
                })
                ({
                    Field::new(
                            "description",
                            "What you do in the session",
                            &values.description,
                        )
                        .longest(1000)
                        .problems(problems)
                        .text_area(4)
                })
                div.fields {
                    ({
                        Field::new(
                                "duration_minutes",
                                "Length, in minutes",
                                &values.duration_minutes,
                            )
                            .hint("From 30 to 60.")
                            .required()
                            .problems(problems)
                            .number(30, 60)
                    })
                    ({
                        Field::new(
                                "increment_minutes",
                                "Minutes between start times",
                                &values.increment_minutes,
                            )
                            .hint("Leave empty for back-to-back sessions.")
                            .problems(problems)
                            .number(5, 240)
                    })
                }
                ({
                    Field::new("location", "Meeting link or place", &values.location)
                        .hint("Shown only to you and the people who book.")
                        .longest(300)
                        .problems(problems)
                        .input()
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
                ({
                    tick_box(
                        "needs_file",
                        "yes",
                        "Ask for a document, such as a resume",
                        values.needs_file,
                    )
                })
                ({
                    tick_box(
                        "approval",
                        "yes",
                        "I answer each request before it is booked",
                        values.approval,
                    )
                })
                div.fields {
                    ({
                        Field::new(
                                "answer_within_hours",
                                "Time to answer a request, in hours",
                                &values.answer_within_hours,
                            )
                            .hint(
                                "The time is held until then. Leave empty for 48 hours.",
                            )
                            .problems(problems)
                            .number(1, 168)
                    })
                    ({
                        Field::new(
                                "change_notice_hours",
                                "Deadline for changes, in hours before the start",
                                &values.change_notice_hours,
                            )
                            .hint(
                                "Cancelling after this counts as late. Leave empty to allow changes until the session starts.",
                            )
                            .problems(problems)
                            .number(0, 168)
                    })
                }
                ({
                    Field::new("seats", "Seats", &values.seats)
                        .hint(
                            "For a group: how many students share one session, 2 to 30. They do not see each other’s names or email addresses. Leave empty for one student.",
                        )
                        .problems(problems)
                        .number(2, 30)
                })
                button.button { "Save" }
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
