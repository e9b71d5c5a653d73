//! Pages on which alumni edit their own times: the week, days off, one-off times.

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
        form::{self, Field},
        icon,
        layout::Chrome,
        time,
    },
    input::Problems,
    schedule::{Rules, Span, Window, Zone},
    slots::{
        Booked, Host, OneOff,
        rules::{OverrideForm, WEEKDAYS, WeekForm},
    },
};

/// Everything the editor shows.
pub struct Editor<'a> {
    pub host: &'a Host,
    pub week: &'a WeekForm,
    pub problems: &'a Problems,
    /// The rules as they would be with what is typed.
    pub rules: &'a Rules,
    pub overrides: &'a BTreeMap<NaiveDate, Vec<Window>>,
    pub one_offs: &'a [OneOff],
    pub booked: &'a [Booked],
    /// What other calendars say of the coming days.
    pub busy: &'a [Span],
    /// Slots that would follow, by service title; shown before saving.
    pub preview: Option<&'a [Preview]>,
    /// Bookings that the new hours would no longer hold; asked about before saving.
    pub stranded: &'a [Booked],
    /// Whether that is because of days off, not of the week.
    pub is_about_days_off: bool,
    pub days_off: &'a OverrideForm,
    pub once: &'a str,
    pub now: DateTime<Utc>,
}

/// Asks where somebody lives before they say when they are free.
pub fn where_you_live(chrome: &Chrome, typed: &str, problems: &Problems) -> Markup {
    let body = html! {
        div.narrow {
            h1 { "Where do you live?" }
            p.lead {
                "Your hours are in your own time zone, and students see them in theirs. Choose yours first."
            }
            (form::summary(problems))
            form.stack method="post" action="/me/availability/zone" {
                (chrome.csrf_field())
                (form::zone_field("zone", "Time zone", typed, problems))
                div.row {
                    button.button { "Continue" }
                }
            }
        }
    };
    Page {
        chrome,
        title: "Where do you live?",
        body,
    }
    .render()
}

/// The times that a service would be offered at.
#[derive(Clone, Debug)]
pub struct Preview {
    pub title: String,
    pub slots: Vec<Span>,
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
            ", where it is "
            (time::clock(editor.now, &zone))
            " now. "
            a href="/me/settings" { "Change time zone" }
        }
        p.row {
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
            (weekly(editor))
            (limits(editor))
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
                button
                    .button
                    .is-quiet
                    name="action"
                    value="preview"
                    formaction="/me/availability#preview"
                { "Preview" }
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

/// The hours of each day of the week.
fn weekly(editor: &Editor) -> Markup {
    html! {
        section.card aria-labelledby="weekly" {
            h2 #weekly { "Every week" }
            p.hint {
                span.painter-hint hidden {
                    "Drag over the hours in which you can be booked, or type them below. "
                }
                "Type hours as you would say them: 9–12, 13:30–17. You can enter several times a day. Leave a day empty if you are not available."
            }
            // Where there is a script, hours can be painted here.
            div.painter hidden {}
            div.week {
                @for (day, (word, name)) in WEEKDAYS.iter().enumerate() {
                    div.week-day data-windows=[minutes(&editor.week.weekly[day])] {
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
            div #coming aria-live="polite" {
                h3 { "The coming seven days" }
                (picture(editor, &editor.host.person.zone()))
            }
        }
    }
}

/// The windows of a day as minutes, as in `540-720 780-1020`, for the script. None of what is not understood.
fn minutes(typed: &str) -> Option<String> {
    let windows = typed::windows(typed).ok()?;
    let one = |window: &Window| format!("{}-{}", window.from, window.until);
    Some(windows.iter().map(one).collect::<Vec<_>>().join(" "))
}

/// How much, how soon and how far ahead a host can be booked.
fn limits(editor: &Editor) -> Markup {
    html! {
        section.card aria-labelledby="limits" {
            h2 #limits { "Limits" }
            div.fields.is-aligned {
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
                    Field::new("horizon_days", "Days ahead", &editor.week.horizon_days)
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
    }
}

/// The switch that pauses everything.
pub fn pause(chrome: &Chrome, host: &Host) -> Markup {
    let is_paused = !host.is_open();
    let fields = html! {
        (chrome.csrf_field())
        input type="hidden" name="next" value=(chrome.path);
    };
    html! {
        @if is_paused {
            form.row method="post" action="/me/profile/pause" {
                (fields)
                @if let Some(until) = host.profile.paused_until {
                    span.hint {
                        "Paused until "
                        ({
                            time::short_date(
                                host.person.zone().local(until).date_naive(),
                            )
                        })
                    }
                }
                button.button name="paused" value="no" { (icon::play()) "Resume bookings" }
            }
        } @else {
            details.pause {
                summary.button.is-quiet { (icon::pause()) "Pause bookings" }
                form.card.stack method="post" action="/me/profile/pause" {
                    (fields)
                    p.hint { "Nobody can book new times with you. Existing bookings stay." }
                    ({
                        Field::new("until", "Until", "")
                            .kind("date")
                            .hint(
                                "Bookings resume by themselves on that day. Leave empty to resume them yourself.",
                            )
                            .input()
                    })
                    div.row {
                        button.button name="paused" value="yes" { "Pause" }
                    }
                }
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

fn preview(services: &[Preview], zone: &Zone) -> Markup {
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
            @for Preview { title, slots } in services {
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
                            .push(time::clock(slot.start, zone));
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
    let week = Week {
        first: today,
        today,
        rules: editor.rules,
        sessions: &sessions,
        busy: editor.busy,
    };
    week::picture(&week, None)
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
