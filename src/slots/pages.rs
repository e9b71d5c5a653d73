//! What several pages about alumni share, and pages that explain the site, made from values already loaded.

use std::collections::BTreeMap;

use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::{DateTime, Utc};
use maud::{Markup, html};

use super::{Host, Service, rules::WEEKDAYS};
use crate::{
    db::PersonId,
    html::{
        Page,
        form::{self, Field, address, tick_box},
        icon,
        layout::Chrome,
        time::{self, instant},
    },
    input::Problems,
    people::visitor::Visitor,
    schedule::Zone,
};

/// The page on which a time of a service is chosen.
pub fn time_address(handle: &str, service: &str, at: DateTime<Utc>) -> String {
    address(
        &format!("/alumni/{handle}/{service}"),
        &[("at", &instant(at))],
    )
}

/// Says in which zone times are shown, and how to change that. The script fills in the browser's
/// zone where nobody has chosen one.
pub fn zone_note(visitor: &Visitor, now: DateTime<Utc>) -> Markup {
    let next = &visitor.chrome.path;
    html! {
        p   .zone-note
            data-zone=(visitor.zone.name())
            data-chosen=(visitor.zone_is_chosen)
            data-own=(visitor.person.is_some())
        {
            (icon::globe())
            span {
                "Times in "
                strong { (time::zone_in_words(&visitor.zone, now)) }
                "."
            }
            " "
            a href=(address("/zones", &[("next", next)])) { "Change" }
        }
    }
}

/// A portrait for a card, or the initials.
pub fn portrait(host: &Host) -> Markup {
    face(
        &host.person.name,
        host.person.id,
        host.profile.thumbnail.as_deref(),
    )
}

/// A small picture of somebody, or the initials.
pub fn face(name: &str, of: PersonId, thumbnail: Option<&[u8]>) -> Markup {
    html! {
        @match thumbnail {
            Some(jpeg) => img .avatar
                src={ "data:image/jpeg;base64," (STANDARD.encode(jpeg)) }
                alt=""
                width="48"
                height="48";,
            None => (initials(name, of)),
        }
    }
}

/// Initials in a circle, in a colour that is always the same for one person.
pub fn initials(name: &str, of: PersonId) -> Markup {
    let letters: String = name
        .split_whitespace()
        .filter_map(|w| w.chars().next())
        .take(2)
        .collect();
    let hue = of.0.as_bytes()[0] % 6;
    html! {
        span.avatar.{ "hue-" (hue) } aria-hidden="true" { (letters) }
    }
}

/// What a session is like: how long, online, with how many, with which document.
fn facts(service: &Service) -> Vec<String> {
    let mut facts = vec![format!("{} minutes", service.duration_minutes)];
    if crate::input::is_web_address(&service.location) {
        facts.push("Online".into());
    }
    facts.extend(
        service
            .seats
            .map(|seats| format!("A group of up to {seats}")),
    );
    if service.needs_file {
        facts.push("Asks for a document, such as a resume".into());
    }
    facts
}

/// What booking binds one to: whether it is a request, and until when it can be changed.
fn policy(service: &Service) -> Vec<String> {
    let approval = service.approval.then(|| {
        format!(
            "Needs approval, which takes up to {}",
            hours(service.answer_within_hours)
        )
    });
    let change = match service.seats {
        Some(_) => "Can be cancelled",
        None => "Can be moved or cancelled",
    };
    let change = match service.change_notice_hours {
        0 => format!("{change} until it starts"),
        notice => format!("{change} until {} before", hours(notice)),
    };
    approval.into_iter().chain([change]).collect()
}

fn hours(count: i16) -> String {
    match count {
        1 => "1 hour".into(),
        _ => format!("{count} hours"),
    }
}

/// What a session is like, for a page that says in sentences what booking it binds one to.
pub fn facts_list(service: &Service) -> Markup {
    items(facts(service))
}

/// All there is to know before booking. Where exactly it is, only those who book learn.
pub fn facts_and_policy(service: &Service) -> Markup {
    items(facts(service).into_iter().chain(policy(service)))
}

fn items(facts: impl IntoIterator<Item = String>) -> Markup {
    html! {
        ul.facts-list {
            @for fact in facts {
                li { (fact) }
            }
        }
    }
}

/// How the site works, for a first-time visitor.
pub fn about(chrome: &Chrome) -> Markup {
    let body = html! {
        div.narrow.prose {
            h1 { "How it works" }
            p.lead {
                (chrome.brand.identity.name)
                " brings students and alumni together for sessions of 30 to 60 minutes."
            }
            h2 { "For students" }
            p {
                "Look through the alumni, filter by what you need, and pick a time. All times are shown in your own time zone, with theirs beside them. A time you pick is held for you for five minutes while you say what the session is for. When you confirm, both of you get an invitation that works with any calendar."
            }
            p {
                "Something came up? Use the link in the email to cancel, and the time is free for somebody else at once."
            }
            h2 #alumni { "For alumni" }
            p {
                "Say which services you offer and when you are free: every week, or just “Thursday 18:00 to 20:00”. Minimum notice, buffers, and limits per day and week let you decide how much you take on, and one button pauses bookings."
            }
            h2 { "For calendars" }
            p {
                "You can subscribe to your sessions in Google, Apple, Outlook and other calendars, at a secret address. Calendars check for changes a few times a day. For changes at short notice, rely on the emails."
            }
            p {
                a.button href="/alumni" { "Find a session" }
            }
        }
    };
    Page {
        chrome,
        title: "How it works",
        body,
    }
    .render()
}

/// Zones that many people live in, from east to west.
const COMMON: [&str; 12] = [
    "Pacific/Auckland",
    "Australia/Sydney",
    "Asia/Tokyo",
    "Asia/Shanghai",
    "Asia/Kolkata",
    "Africa/Lagos",
    "Europe/Berlin",
    "Europe/London",
    "America/Sao_Paulo",
    "America/New_York",
    "America/Chicago",
    "America/Los_Angeles",
];

/// When somebody would have time, as typed.
pub struct When<'a> {
    /// Words of the ticked weekdays.
    pub days: &'a [String],
    pub hours: &'a str,
    pub until_on: &'a str,
}

/// Asks when a time on the waitlist would suit.
pub fn when_fields(when: &When, problems: &Problems, zone: &Zone, now: DateTime<Utc>) -> Markup {
    html! {
        fieldset {
            legend { "Days" }
            div.days {
                @for (word, name) in WEEKDAYS {
                    (tick_box("day", word, name, when.days.iter().any(|d| d == word)))
                }
            }
            (form::group_problem("day", problems))
        }
        ({
            Field::new("hours", "Hours", when.hours)
                .hint(
                    &format!(
                        "For example 17–21, or 8–10, 18–20. Leave empty for any time. Times in {}.",
                        time::zone_in_words(zone, now),
                    ),
                )
                .longest(100)
                .problems(problems)
                .input()
        })
        ({
            Field::new("until_on", "Stay on the waitlist until", when.until_on)
                .kind("date")
                .required()
                .problems(problems)
                .input()
        })
    }
}

/// Zones by the first part of their names, in the order of the alphabet; those without one last.
fn by_region<'a>(names: &[&'a str]) -> Vec<(&'a str, Vec<&'a str>)> {
    let mut regions: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut others = Vec::new();
    for name in names {
        match name.split_once('/') {
            Some((region, _)) => regions.entry(region).or_default().push(name),
            None => others.push(*name),
        }
    }
    let others = (!others.is_empty()).then_some(("Other", others));
    regions.into_iter().chain(others).collect()
}

/// A zone without its region: `Argentina, Buenos Aires`.
fn place(name: &str) -> String {
    let place = name.split_once('/').map_or(name, |(_, place)| place);
    place.replace('/', ", ").replace('_', " ")
}

/// Zones to choose from, those that are likely first; `next` is the page to show in the chosen one.
pub fn zones(
    chrome: &Chrome,
    likely: &[Zone],
    query: &str,
    found: &[&str],
    next: &str,
    now: DateTime<Utc>,
) -> Markup {
    let (path, rest) = next.split_once('?').unwrap_or((next, ""));
    let kept: Vec<&str> = rest
        .split('&')
        .filter(|p| !p.is_empty() && !p.starts_with("zone="))
        .collect();
    let mut first: Vec<&str> = Vec::new();
    for name in likely.iter().map(Zone::name).chain(COMMON) {
        if !first.contains(&name) {
            first.push(name);
        }
    }
    let link = |name: &str| {
        let mut pairs = kept.clone();
        let zone = format!("zone={}", name.replace('/', "%2F"));
        pairs.push(&zone);
        format!("{path}?{}", pairs.join("&"))
    };
    let body = html! {
        div.narrow {
            h1 { "Choose a time zone" }
            form.search method="get" action="/zones" role="search" {
                input type="hidden" name="next" value=(next);
                label.sr-only for="q" { "City or region" }
                input
                    type="search"
                    id="q"
                    name="q"
                    value=(query)
                    placeholder="City or region"
                    autofocus;
                button.button.is-quiet { (icon::search()) "Search" }
            }
            @if found.is_empty() {
                div.empty {
                    (icon::globe())
                    p { "No time zone matches that name. Try the largest city near you." }
                }
            }
            @let list = |names: &[&str]| {
                html! {
                    ul.zones { @ for name in names { @ if let Ok(zone) = Zone::named(name) {
                    li { a href = (link(name)) { span { (zone.city()) } span.hint {
                    (time::clock(now, & zone)) " · "(time::offset(* zone.local(now)
                    .offset())) } } } } } }
                }
            };
            @if query.is_empty() {
                h2 { "Yours, recent and common ones" }
                (list(&first))
                h2 { "All time zones" }
            }
            @for (region, names) in by_region(found) {
                details open[!query.is_empty()] {
                    summary {
                        (region)
                        span.hint { " " (names.len()) }
                    }
                    ul.zones {
                        @for name in names {
                            @if let Ok(zone) = Zone::named(name) {
                                li {
                                    a href=(link(name)) {
                                        span { (place(name)) }
                                        span.hint { (time::clock(now, &zone)) }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    };
    Page {
        chrome,
        title: "Choose a time zone",
        body,
    }
    .render()
}
