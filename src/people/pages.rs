//! Pages about accounts, made from values already loaded.

use maud::{Markup, html};

use super::{
    Person, Role,
    rules::{self, Settings},
    sign_in::store::Session,
};
use crate::{
    html::{
        Page,
        form::{self, Field, tick_box, zone_field},
        icon,
        layout::Chrome,
        time,
    },
    input::Problems,
};

/// Somebody's settings as they stand.
pub struct Stored<'a> {
    pub person: &'a Person,
    pub sessions: &'a [Session],
    /// The session that asks, by its hash.
    pub this: Option<&'a [u8]>,
    /// How many minutes before a session they are reminded.
    pub reminders: &'a [i32],
    pub is_unsubscribed: bool,
}

pub fn settings(
    chrome: &Chrome,
    stored: &Stored,
    form_values: &Settings,
    problems: &Problems,
) -> Markup {
    let Stored {
        person,
        reminders,
        is_unsubscribed,
        ..
    } = *stored;
    let body = html! {
        h1 { "Settings" }
        (form::summary(problems))
        div.flow {
            (own(chrome, person, form_values, problems))
            (reminding(chrome, reminders))
            (calendars(chrome))
            @if person.is(Role::Alumnus) {
                section.card aria-labelledby="profile" {
                    h2 #profile { "Your profile" }
                    p { "What students see when they look for sessions." }
                    p {
                        a.button.is-quiet href="/me/profile" { (icon::user()) "Edit profile" }
                    }
                }
            }
            @if person.is(Role::Student) {
                section.card aria-labelledby="introduction" {
                    h2 #introduction { "Introduce yourself" }
                    p { "Your programme, a photo and links, for the alumni you meet." }
                    p {
                        a.button.is-quiet href="/me/introduction" {
                            (icon::user())
                            "Edit introduction"
                        }
                    }
                }
            }
            @if person.coordinating().is_ok() { (coordinator_mail(chrome, is_unsubscribed)) }
            section.card aria-labelledby="second" {
                h2 #second { "Two-step verification" }
                p {
                    "Sign in with the link in your email and a passkey or a code from an app on your phone."
                }
                p {
                    a.button.is-quiet href="/me/second-factor" {
                        "Manage"
                        span.sr-only { " two-step verification" }
                    }
                }
            }
            section.card aria-labelledby="data" {
                h2 #data { "Your data" }
                p { "Download a copy of your data, or delete your account." }
                p {
                    a.button.is-quiet href="/me/data" {
                        "Manage"
                        span.sr-only { " your data" }
                    }
                }
            }
            (devices(chrome, stored))
        }
    };
    Page {
        chrome,
        title: "Settings",
        body,
    }
    .render()
}

/// Name, zone and graduation.
fn own(chrome: &Chrome, person: &Person, form_values: &Settings, problems: &Problems) -> Markup {
    html! {
        section.card aria-labelledby="you" {
            h2 #you { "You" }
            form.stack method="post" action="/me/settings" {
                (chrome.csrf_field())
                ({
                    Field::new("name", "Name", &form_values.name)
                        .autocomplete("name")
                        .longest(rules::LONGEST_NAME)
                        .required()
                        .problems(problems)
                        .input()
                })
                (zone_field("zone", "Time zone", &form_values.zone, problems))
                ({
                    let clocks = [("24", "14:30"), ("12", "2:30 pm")];
                    Field::new("clock", "Times are shown as", &form_values.clock)
                        .required()
                        .problems(problems)
                        .select(
                            clocks
                                .into_iter()
                                .map(|(word, shown)| (word, shown.to_owned())),
                        )
                })
                @if person.is(Role::Alumnus) {
                    p.hint {
                        "Your weekly hours are in this time zone. Sessions that are already booked do not move."
                    }
                }
                @if person.is(Role::Student) {
                    ({
                        Field::new(
                                "graduates_on",
                                "Graduation date",
                                &form_values.graduates_on,
                            )
                            .kind("date")
                            .problems(problems)
                            .input()
                    })
                }
                p.hint {
                    "You sign in with "
                    bdi { (person.email) }
                    ". "
                    a href="/me/email" { "Change email address" }
                }
                button.button { "Save" }
            }
        }
    }
}

/// The ways to calendars and other programs.
fn calendars(chrome: &Chrome) -> Markup {
    html! {
        section.card aria-labelledby="calendar" {
            h2 #calendar { "Your calendar" }
            p { "Subscribe to your sessions in the calendar you already use." }
            p {
                a.button.is-quiet href="/me/calendar" { (icon::calendar()) "Calendar address" }
            }
            p {
                @if chrome.is_alumnus {
                    "Connect the calendars you use, so that nobody can book you while you are busy."
                } @else {
                    "Connect the calendars you use, so that you are not offered times when you are busy."
                }
            }
            p {
                a.button.is-quiet href="/me/busy" { (icon::calendar()) "Connected calendars" }
            }
            p {
                a href="/me/webhooks" { "Webhooks for other programs" }
            }
            p {
                a href="/me/tokens" { "API tokens" }
            }
        }
    }
}

/// When letters remind of sessions.
fn reminding(chrome: &Chrome, reminders: &[i32]) -> Markup {
    html! {
        section.card aria-labelledby="reminders" {
            h2 #reminders { "Reminders" }
            form.stack method="post" action="/me/settings/reminders" {
                (chrome.csrf_field())
                fieldset {
                    legend { "An email before each session" }
                    @for (minutes, label) in rules::REMINDERS {
                        ({
                            tick_box(
                                "minutes",
                                &minutes.to_string(),
                                label,
                                reminders.contains(&minutes),
                            )
                        })
                    }
                }
                div.row {
                    button.button.is-quiet { "Save" }
                }
            }
        }
    }
}

/// Whether a coordinator wants letters.
fn coordinator_mail(chrome: &Chrome, is_unsubscribed: bool) -> Markup {
    html! {
        section.card aria-labelledby="coordinator-mail" {
            h2 #coordinator-mail { "Coordinator emails" }
            form.stack method="post" action="/me/settings/coordinator-mail" {
                (chrome.csrf_field())
                ({
                    tick_box(
                        "wanted",
                        "on",
                        "Email me when something needs a decision",
                        !is_unsubscribed,
                    )
                })
                p.hint {
                    "Requests to join, disputed sessions, and members whose sessions need attention. You can also find them under "
                    a href="/coordinate" { "Coordination" }
                    "."
                }
                div.row {
                    button.button.is-quiet { "Save" }
                }
            }
        }
    }
}

/// Where they are signed in.
fn devices(chrome: &Chrome, stored: &Stored) -> Markup {
    let Stored {
        person,
        sessions,
        this,
        ..
    } = *stored;
    let zone = person.zone();
    html! {
        section.card aria-labelledby="devices" {
            h2 #devices { "Where you are signed in" }
            ul.plain {
                @for session in sessions {
                    li {
                        strong { (device(&session.user_agent)) }
                        @if Some(session.token_hash.as_slice()) == this { " (this device)" }
                        br;
                        span.hint { "last used " (time::moment(session.seen_at, &zone)) }
                    }
                }
            }
            div.row {
                form method="post" action="/sign-out" {
                    (chrome.csrf_field())
                    button.button.is-quiet { "Sign out" }
                }
                form
                    method="post"
                    action="/sign-out/everywhere"
                    data-confirm="This signs you out on all devices, including this one, and revokes your API tokens."
                {
                    (chrome.csrf_field())
                    button.button.is-quiet { "Sign out everywhere" }
                }
            }
        }
    }
}

/// A browser in two words, from its user agent.
fn device(user_agent: &str) -> String {
    let pick = |names: &[(&'static str, &'static str)]| {
        names
            .iter()
            .find(|(mark, _)| user_agent.contains(mark))
            .map(|(_, name)| *name)
    };
    let browser = pick(&[
        ("Edg/", "Edge"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ]);
    let system = pick(&[
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Windows", "Windows"),
        ("Mac OS", "Mac"),
        ("Linux", "Linux"),
    ]);
    match (browser, system) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(one), None) | (None, Some(one)) => one.to_owned(),
        (None, None) => "A browser".to_owned(),
    }
}
