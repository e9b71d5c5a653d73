//! Pages about accounts, made from values already loaded.

use maud::{Markup, html};

use super::{
    JoinRequest, Person, Role,
    rules::{self, Newcomer, Settings},
    store::Session,
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
    schedule::Zone,
};

pub fn sign_in(chrome: &Chrome, next: &str, email: &str, problems: &Problems) -> Markup {
    let body = html! {
        div.narrow {
            h1 { "Sign in or join" }
            p.lead { "Enter your email address and we will send you a link. There is no password to remember." }
            (form::summary(problems))
            form.stack method="post" action="/sign-in" {
                (chrome.csrf_field())
                input type="hidden" name="next" value=(next);
                (Field::new("email", "Email address", email).kind("email").autocomplete("email").longest(254).required().problems(problems).input())
                button.button { (icon::mail()) "Send me a link" }
            }
            p.hint { "New here? Do the same. Depending on your email address, you can join straight away or a coordinator looks at your request first." }
        }
    };
    Page {
        chrome,
        title: "Sign in",
        body,
    }
    .render()
}

pub fn link_sent(chrome: &Chrome, email: &str) -> Markup {
    let body = html! {
        div.narrow {
            h1 { "Check your email" }
            p.lead { "We have sent a link to " strong { bdi { (email) } } ". You can use it once, within ten minutes." }
            p { "No email after a minute or two? Check your spam folder, or " a href="/sign-in" { "ask for another link" } "." }
        }
    };
    Page {
        chrome,
        title: "Check your email",
        body,
    }
    .render()
}

/// The page that a mailed link opens. Mail scanners open it too, so it takes a button to get in.
pub fn redeem(chrome: &Chrome, token: &str) -> Markup {
    let body = html! {
        div.narrow {
            h1 { "Sign in" }
            p.lead { "Select the button to finish signing in." }
            form.stack method="post" action={ "/sign-in/" (token) } {
                (chrome.csrf_field())
                button.button { "Sign in" }
            }
        }
    };
    Page {
        chrome,
        title: "Sign in",
        body,
    }
    .render()
}

pub fn link_is_over(chrome: &Chrome) -> Markup {
    let body = html! {
        div.narrow {
            h1 { "This link no longer works" }
            p.lead { "A sign-in link can be used once, within ten minutes. Ask for a new one." }
            p { a.button href="/sign-in" { "Ask for a new link" } }
        }
    };
    Page {
        chrome,
        title: "This link no longer works",
        body,
    }
    .render()
}

pub fn join(
    chrome: &Chrome,
    email: &str,
    is_listed: bool,
    newcomer: &Newcomer,
    problems: &Problems,
) -> Markup {
    let body = html! {
        div.narrow {
            h1 { @if is_listed { "Welcome! Tell us about yourself" } @else { "Ask to join" } }
            p.lead {
                @if is_listed { "Your address " strong { bdi { (email) } } " is at one of our domains, so you can join as a student as soon as you have filled this in." }
                @else { "We do not recognise the address " strong { bdi { (email) } } " yet. Tell the coordinators who you are. They will decide, and you will get an email." }
            }
            (form::summary(problems))
            form.stack method="post" action="/join" {
                (chrome.csrf_field())
                (Field::new("name", "Your name", &newcomer.name).autocomplete("name").longest(rules::LONGEST_NAME).required().problems(problems).input())
                (zone_field("zone", "Your time zone", &newcomer.zone, problems))
                fieldset {
                    legend { "You are" }
                    label.tick { input type="radio" name="role" value="student" checked[newcomer.role != "alumnus"]; span { "a student looking for sessions" } }
                    label.tick { input type="radio" name="role" value="alumnus" checked[newcomer.role == "alumnus"]; span { "an alumnus offering sessions" @if is_listed { " (a coordinator decides)" } } }
                }
                (Field::new("message", "Anything the coordinators should know", &newcomer.message).hint("For example, your year and department.").longest(1000).problems(problems).text_area(3))
                p.hint { "By joining you agree to our " a href="/privacy" { "privacy notice" } "." }
                button.button { @if is_listed { "Create account" } @else { "Ask to join" } }
            }
        }
    };
    Page {
        chrome,
        title: "Join",
        body,
    }
    .render()
}

pub fn request_waits(
    chrome: &Chrome,
    request: &JoinRequest,
    zone: &Zone,
    may_browse: bool,
) -> Markup {
    let body = html! {
        div.narrow {
            h1 { "Your request is waiting" }
            p.lead { "A coordinator will look at it. You asked to join on " (time::moment(request.asked_at, zone)) " (" (time::zone_in_words(zone, request.asked_at)) ") and will get an email when they have decided." }
            @if may_browse { p { "In the meantime, you can " a href="/alumni" { "see who offers what" } "." } }
        }
    };
    Page {
        chrome,
        title: "Your request is waiting",
        body,
    }
    .render()
}

pub fn settings(
    chrome: &Chrome,
    person: &Person,
    form_values: &Settings,
    (sessions, reminders): (&[Session], &[i32]),
    is_unsubscribed: bool,
    this: Option<&[u8]>,
    problems: &Problems,
) -> Markup {
    let zone = person.zone();
    let body = html! {
        h1 { "Settings" }
        (form::summary(problems))
        div.columns {
            section.card aria-labelledby="you" {
                h2 #you { "You" }
                form.stack method="post" action="/me/settings" {
                    (chrome.csrf_field())
                    (Field::new("name", "Name", &form_values.name).autocomplete("name").longest(rules::LONGEST_NAME).required().problems(problems).input())
                    (zone_field("zone", "Time zone", &form_values.zone, problems))
                    @if person.is(Role::Alumnus) {
                        p.hint { "Your weekly hours are in this time zone. Sessions that are already booked do not move." }
                    }
                    @if person.is(Role::Student) {
                        (Field::new("graduates_on", "Graduation date", &form_values.graduates_on).kind("date").problems(problems).input())
                    }
                    p.hint { "You sign in with " bdi { (person.email) } ". " a href="/me/email" { "Change email address" } }
                    button.button { "Save" }
                }
            }
            div.stack {
                section.card aria-labelledby="calendar" {
                    h2 #calendar { "Your calendar" }
                    p { "Subscribe to your sessions in the calendar you already use." }
                    p { a.button.is-quiet href="/me/calendar" { (icon::calendar()) "Calendar address" } }
                    p { "Connect the calendars you use, so that nobody can book you while you are busy." }
                    p { a.button.is-quiet href="/me/busy" { (icon::calendar()) "Connected calendars" } }
                    p { a href="/me/webhooks" { "Webhooks for other programs" } }
                    p { a href="/me/tokens" { "API tokens" } }
                }
                @if person.is(Role::Alumnus) {
                    section.card aria-labelledby="profile" {
                        h2 #profile { "Your profile" }
                        p { "What students see when they look for sessions." }
                        p { a.button.is-quiet href="/me/profile" { (icon::user()) "Edit profile" } }
                    }
                }
                section.card aria-labelledby="reminders" {
                    h2 #reminders { "Reminders" }
                    form.stack method="post" action="/me/settings/reminders" {
                        (chrome.csrf_field())
                        fieldset {
                            legend { "An email before each session" }
                            @for (minutes, label) in rules::REMINDERS {
                                (tick_box("minutes", &minutes.to_string(), label, reminders.contains(&minutes)))
                            }
                        }
                        div.row { button.button.is-quiet { "Save" } }
                    }
                }
                @if person.coordinating().is_ok() {
                    section.card aria-labelledby="coordinator-mail" {
                        h2 #coordinator-mail { "Coordinator emails" }
                        form.stack method="post" action="/me/settings/coordinator-mail" {
                            (chrome.csrf_field())
                            (tick_box("wanted", "on", "Email me when something needs a decision", !is_unsubscribed))
                            p.hint { "Requests to join, disputed sessions, and members whose sessions need attention. You can also find them under " a href="/coordinate" { "Coordinate" } "." }
                            div.row { button.button.is-quiet { "Save" } }
                        }
                    }
                }
                section.card aria-labelledby="second" {
                    h2 #second { "Two-step verification" }
                    p { "Sign in with the link in your email and a passkey or a code from an app on your phone." }
                    p { a.button.is-quiet href="/me/second-factor" { "Manage" span.sr-only { " two-step verification" } } }
                }
                section.card aria-labelledby="data" {
                    h2 #data { "Your data" }
                    p { "Download a copy of your data, or delete your account." }
                    p { a.button.is-quiet href="/me/data" { "Manage" span.sr-only { " your data" } } }
                }
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
                        form method="post" action="/sign-out" { (chrome.csrf_field()) button.button.is-quiet { "Sign out" } }
                        form method="post" action="/sign-out/everywhere" data-confirm="This signs you out on all devices, including this one, and revokes your API tokens." { (chrome.csrf_field()) button.button.is-quiet { "Sign out everywhere" } }
                    }
                }
            }
        }
    };
    Page {
        chrome,
        title: "Settings",
        body,
    }
    .render()
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
