//! The board and an alumnus's page, made from values already loaded.

use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::{DateTime, Utc};
use maud::{Markup, html};

use super::{Card, NextTime};
use crate::{
    html::{
        Page,
        form::{Field, address},
        icon,
        layout::Chrome,
        markdown,
        time::{self, instant},
    },
    people::visitor::Visitor,
    schedule::Zone,
    slots::{Host, Service, catalogue::Catalogue, filter::Search, rules::Standstill},
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
        p.zone-note data-zone=(visitor.zone.name()) data-chosen=(visitor.zone_is_chosen) {
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
    let initials: String = host
        .person
        .name
        .split_whitespace()
        .filter_map(|w| w.chars().next())
        .take(2)
        .collect();
    html! {
        @match &host.profile.thumbnail {
            Some(jpeg) => img .avatar
                src={ "data:image/jpeg;base64," (STANDARD.encode(jpeg)) }
                alt=""
                width="48"
                height="48";,
            None => span.avatar aria-hidden="true" { (initials) },
        }
    }
}

fn filters(board: &Board) -> Markup {
    let Board {
        search,
        catalogue,
        topics,
        languages,
        ..
    } = *board;
    let any = || std::iter::once(("", "Any".to_owned()));
    html! {
        form.filters method="get" action="/alumni" role="search" {
            ({
                Field::new("service", "Service", search.kind_word())
                    .kind("search")
                    .select(any().chain(catalogue.choices(search.kind_word())))
            })
            ({
                Field::new("topic", "Topic", &search.topic)
                    .kind("search")
                    .select(any().chain(topics.iter().map(|w| (w.as_str(), w.clone()))))
            })
            ({
                Field::new("language", "Language", &search.language)
                    .kind("search")
                    .select(
                        any().chain(languages.iter().map(|w| (w.as_str(), w.clone()))),
                    )
            })
            ({
                Field::new("q", "Keywords", &search.words)
                    .kind("search")
                    .longest(100)
                    .input()
            })
            button.button { (icon::search()) "Search" }
        }
    }
}

/// What the board needs besides its cards.
pub struct Board<'a> {
    pub search: &'a Search,
    pub catalogue: &'a Catalogue,
    pub topics: &'a [String],
    pub languages: &'a [String],
    pub total: i64,
    pub page: i64,
    pub per_page: i64,
    pub now: DateTime<Utc>,
}

pub fn board(visitor: &Visitor, cards: &[Card], board: &Board) -> Markup {
    let Board {
        search,
        total,
        page,
        per_page,
        now,
        ..
    } = *board;
    let at = |page: i64| {
        let query = [
            ("service", search.kind_word()),
            ("topic", search.topic.as_str()),
            ("language", search.language.as_str()),
            ("q", search.words.as_str()),
            ("page", &page.to_string()),
        ];
        address("/alumni", &query)
    };
    let pages = (total + per_page - 1) / per_page;
    let body = html! {
        @if visitor.person.is_none() && search.is_empty() && page == 1 {
            section.hero {
                h1 { "Half an hour with somebody who has been there" }
                p.lead {
                    "Alumni look at your resume, your portfolio or your plans. Pick a time that suits you, and it appears in both your calendars."
                }
                ol.steps {
                    li {
                        strong { "Pick a time" }
                        " from any card below. It is held for you for five minutes."
                    }
                    li {
                        strong { "Say what it is for" }
                        ", in a sentence or two."
                    }
                    li {
                        strong { "Meet" }
                        ". The invitation, with the link, is in your inbox."
                    }
                }
            }
        } @else {
            h1 { "Find a session" }
        }
        (filters(board))
        p {
            "Know when you are free? "
            a href="/find" { "Find a time first" }
            ", and see who is free then."
        }
        (zone_note(visitor, now))
        @if cards.is_empty() {
            div.empty {
                (icon::users())
                @if search.is_empty() {
                    p {
                        strong { "Nobody offers a service yet." }
                        " Alumni appear here as soon as they offer a service and times."
                    }
                } @else {
                    p {
                        strong { "Nobody matches your search." }
                        " Try fewer keywords or another topic."
                    }
                    p {
                        a.button.is-quiet href="/alumni" { "Show everybody" }
                    }
                }
            }
        } @else {
            p.count role="status" {
                (total)
                @if total == 1 { " alumnus" } @else { " alumni" }
            }
        }
        ul.cards {
            @for card in cards { (crate::slots::board::pages::card(card, &visitor.zone)) }
        }
        @if pages > 1 {
            nav.pager aria-label="Pages" {
                @if page > 1 {
                    a.button.is-quiet rel="prev" href=(at(page - 1)) { (icon::left()) "Previous" }
                }
                span { "Page " (page) " of " (pages) }
                @if page < pages {
                    a.button.is-quiet rel="next" href=(at(page + 1)) { "Next" (icon::right()) }
                }
            }
        }
    };
    Page {
        chrome: &visitor.chrome,
        title: "Find a session",
        body,
    }
    .render()
}

fn card(card: &Card, zone: &Zone) -> Markup {
    let Card {
        host,
        services,
        next,
        standstill,
    } = card;
    let handle = &host.profile.handle;
    let profile = &host.profile.profile;
    let work = [profile.field.as_str(), profile.employer.as_str()];
    let work: Vec<&str> = work.into_iter().filter(|w| !w.is_empty()).collect();
    html! {
        li.card.alumnus {
            div.card-head {
                (portrait(host))
                div {
                    h2 {
                        a href={ "/alumni/" (handle) } {
                            bdi { (host.person.name) }
                        }
                    }
                    @if !profile.headline.is_empty() {
                        p { (profile.headline) }
                    }
                    @if !work.is_empty() {
                        p.hint { (work.join(" · ")) }
                    }
                }
            }
            (next_times(handle, next, *standstill, services, zone))
            // Those with times above are named there.
            @let others = services.iter().filter(|s| !next.iter().any(|time| time.service == s.slug));
            ul.tags aria-label="Also offers" {
                @for service in others {
                    li {
                        a href={ "/alumni/" (handle) "/" (service.slug) } {
                            (service.title)
                            " · "
                            (service.duration_minutes)
                            " min"
                        }
                    }
                }
            }
        }
    }
}

/// Times that begin a booking, or why there are none.
fn next_times(
    handle: &str,
    next: &[NextTime],
    standstill: Option<Standstill>,
    services: &[Service],
    zone: &Zone,
) -> Markup {
    html! {
        @match standstill {
            Some(Standstill::Paused) => p.state { (icon::pause()) "Not taking bookings" },
            Some(Standstill::Full) => p.state { (icon::calendar()) "Fully booked for now" },
            Some(Standstill::NoTimes) => p.state { (icon::calendar()) "No free times at the moment" },
            None => {
                ul.times aria-label="Next times" {
                    @for next in next {
                        @let service = services.iter().find(|s| s.slug == next.service);
                        li {
                            a.time href=(time_address(handle, &next.service, next.slot.start)) {
                                time datetime=(instant(next.slot.start)) {
                                    (time::moment(next.slot.start, zone))
                                }
                                @if let Some(service) = service {
                                    span { (service.title) " · " (service.duration_minutes) " min" }
                                }
                            }
                        }
                    }
                }
            }
        }
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
            @for fact in facts { li { (fact) } }
        }
    }
}

/// An alumnus's own page. `times` are the next ones by service.
pub fn alumnus(
    visitor: &Visitor,
    card: &Card,
    catalogue: &Catalogue,
    now: DateTime<Utc>,
) -> Markup {
    let Card {
        host,
        services,
        next,
        standstill,
    } = card;
    let profile = &host.profile.profile;
    let handle = &host.profile.handle;
    let facts = [
        ("Works at", profile.employer.clone()),
        ("Field", profile.field.clone()),
        ("Topics", profile.topics.0.join(", ")),
        ("Languages", profile.languages.0.join(", ")),
        ("Time zone", time::zone_in_words(&host.person.zone(), now)),
    ];
    let body = html! {
        div.profile {
            header.profile-head {
                @if host.profile.thumbnail.is_some() {
                    img .portrait
                        src={ "/alumni/" (handle) "/photo.jpg" }
                        alt={ "Photo of " (host.person.name) }
                        width="160"
                        height="160";
                } @else { (portrait(host)) }
                div {
                    h1 {
                        bdi { (host.person.name) }
                    }
                    @if !profile.headline.is_empty() {
                        p.lead { (profile.headline) }
                    }
                }
            }
            div.columns {
                div.stack {
                    @if !profile.bio.is_empty() {
                        section.prose aria-label="About" { (markdown::render(&profile.bio)) }
                    }
                    dl.facts {
                        @for (name, value) in facts {
                            @if !value.is_empty() {
                                dt { (name) }
                                dd { (value) }
                            }
                        }
                        @if !profile.links.0.is_empty() {
                            dt { "Links" }
                            dd {
                                @for link in &profile.links.0 {
                                    a href=(link) rel="noopener noreferrer nofollow" {
                                        (link.trim_start_matches("https://"))
                                    }
                                    br;
                                }
                            }
                        }
                    }
                }
                div.stack {
                    section.card aria-labelledby="next" {
                        h2 #next { "Next times" }
                        (zone_note(visitor, now))
                        ({
                            next_times(
                                handle,
                                next,
                                *standstill,
                                services,
                                &visitor.zone,
                            )
                        })
                    }
                    section aria-labelledby="services" {
                        h2 #services { "Services" }
                        @if services.is_empty() {
                            p { "There are no services at the moment." }
                        }
                        ul.cards.is-single {
                            @for service in services {
                                li.card {
                                    h3 {
                                        a href={ "/alumni/" (handle) "/" (service.slug) } {
                                            (service.title)
                                        }
                                    }
                                    p.hint.kind {
                                        (icon::of_kind(catalogue.icon(&service.kind)))
                                        (catalogue.title(&service.kind))
                                    }
                                    (facts_and_policy(service))
                                    @if !service.description.is_empty() {
                                        p { (service.description) }
                                    }
                                    p {
                                        a   .button
                                            .is-quiet
                                            href={ "/alumni/" (handle) "/" (service.slug) }
                                        { (icon::calendar()) "All times" }
                                    }
                                }
                            }
                        }
                        p.hint {
                            a href={ "/alumni/" (handle) "/open-times.ics" } {
                                "Free times as a calendar feed"
                            }
                        }
                    }
                }
            }
        }
    };
    Page {
        chrome: &visitor.chrome,
        title: &host.person.name,
        body,
    }
    .render()
}

/// How the site works, for a first-time visitor.
pub fn about(chrome: &Chrome) -> Markup {
    let body = html! {
        div.narrow.prose {
            h1 { "How it works" }
            p.lead {
                "Almanac brings students and alumni together for sessions of 30 to 60 minutes."
            }
            h2 { "For students" }
            p {
                "Look through the alumni, filter by what you need, and pick a time. All times are shown in your own time zone, with theirs beside them. A time you pick is held for you for five minutes while you say what the session is for. When you confirm, both of you get an invitation that works with any calendar."
            }
            p {
                "Something came up? Use the link in the email to cancel, and the time is free for somebody else at once."
            }
            h2 { "For alumni" }
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

/// All zones to choose from; `next` is the page to show in the chosen one.
pub fn zones(
    chrome: &Chrome,
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
                    placeholder="City or region, such as Lisbon"
                    autofocus;
                button.button.is-quiet { (icon::search()) "Search" }
            }
            @if found.is_empty() {
                div.empty {
                    (icon::globe())
                    p { "No time zone matches that name. Try the largest city near you." }
                }
            }
            ul.zones {
                @for name in found {
                    @if let Ok(zone) = Zone::named(name) {
                        li {
                            a href=(link(name)) {
                                span { (name.replace('_', " ")) }
                                span.hint { (time::clock(now, &zone)) }
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
