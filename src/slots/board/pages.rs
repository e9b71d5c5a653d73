//! The board and an alumnus's page, made from values already loaded.

use chrono::{DateTime, Utc};
use maud::{DOCTYPE, Markup, html};

use super::{Card, NextTime};
use crate::{
    html::{
        Page,
        form::{address, summary},
        icon,
        layout::{Chrome, Preview},
        markdown::{self, HeadingLevel},
        pager::pager,
        time::{self, instant},
    },
    people::visitor::Visitor,
    schedule::Zone,
    slots::{
        Host, Service,
        catalogue::Catalogue,
        finder::{self, Finder},
        pages::{facts_and_policy, portrait, time_address, zone_note},
        rules::Standstill,
        search::Form,
    },
};

/// A page of the board.
pub struct Board<'a> {
    pub cards: &'a [Card],
    /// How many match in all, where that is counted.
    pub total: Option<i64>,
    pub page: i64,
    pub has_more: bool,
}

pub fn board(visitor: &Visitor, finder: &Finder, board: &Board) -> Markup {
    let form = finder.form;
    let is_welcome = visitor.person.is_none() && form.is_empty() && board.page == 1;
    let body = html! {
        @if is_welcome {
            div.hero {
                h1 { "Half an hour with somebody who has been there" }
                p.lead {
                    "Alumni look at your resume, your portfolio or your plans. Pick a time, and it is in both your calendars."
                }
            }
        } @else {
            h1 { "Find a session" }
        }
        (summary(finder.problems))
        (finder::pages::finder(visitor, finder))
        @if !finder.problems.is_empty() {} @else if board.cards.is_empty() { (nobody(form)) } @else {
            p.count role="status" {
                @match board.total {
                    Some(1) => "1 alumnus",
                    Some(total) => { (total) " alumni" }
                    None => "Free at these times, soonest first",
                }
            }
        }
        ul.cards {
            @for card in board.cards { (crate::slots::board::pages::card(card, &visitor.zone)) }
        }
        ({
            pager(
                board.page,
                board.has_more,
                |page| {
                    let page = page.to_string();
                    let query = form
                        .query()
                        .into_iter()
                        .chain([("page", page.as_str())]);
                    address("/alumni", &query.collect::<Vec<_>>())
                },
            )
        })
        @if visitor.person.is_none() {
            aside.invitation aria-labelledby="invitation" {
                h2 #invitation { "Have you been there yourself?" }
                p {
                    "Half an hour of yours can open a door. You decide when, for what, and how often."
                }
                p {
                    a.button.is-quiet href="/about#alumni" { "How it works for alumni" }
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

fn nobody(form: &Form) -> Markup {
    html! {
        div.empty {
            (icon::users())
            @if form.is_empty() {
                p {
                    strong { "Nobody offers a service yet." }
                    " Alumni appear here as soon as they offer a service and times."
                }
            } @else if form.has_times() {
                p {
                    strong { "Nobody who matches is free then." }
                    " Try other times, or join the waitlist and we will hold a time for you when one comes free."
                }
                p.row.is-centred {
                    a   .button
                        href=({
                            address(
                                "/waitlist",
                                &[
                                    ("kind", form.search.kind_word()),
                                    ("topic", &form.search.topic),
                                ],
                            )
                        })
                    { "Join the waitlist" }
                    a.button.is-quiet href="/alumni" { "Show everybody" }
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
    }
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
            @let others = services
                .iter()
                .filter(|s| !next.iter().any(|time| time.service == s.slug));
            ul.tags aria-label="Also offers" {
                @if others.clone().next().is_some() {
                    li.hint { "Also:" }
                }
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
                aside.stack {
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
                    p.hint {
                        a href={ "/alumni/" (handle) "/open-times.ics" } {
                            "Free times as a calendar feed"
                        }
                    }
                }
                div.stack {
                    @if !profile.bio.is_empty() {
                        section.prose aria-label="About" { (markdown::render(&profile.bio, HeadingLevel::H2)) }
                    }
                    (offered(handle, services, catalogue))
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
            }
        }
    };
    Page {
        chrome: &visitor.chrome,
        title: &host.person.name,
        body,
    }
    .linked(&preview_of(host, services))
}

/// The services of an alumnus, a row each.
fn offered(handle: &str, services: &[Service], catalogue: &Catalogue) -> Markup {
    html! {
        section aria-labelledby="services" {
            h2 #services { "Services" }
            @if services.is_empty() {
                p { "There are no services at the moment." }
            }
            ul.offered {
                @for service in services {
                    li.card {
                        div {
                            h3 {
                                a href={ "/alumni/" (handle) "/" (service.slug) } { (service.title) }
                            }
                            p.hint.kind {
                                (icon::of_kind(catalogue.icon(&service.kind)))
                                (catalogue.title(&service.kind))
                            }
                            @if !service.description.is_empty() {
                                p { (service.description) }
                            }
                            (facts_and_policy(service))
                        }
                        a.button.is-quiet href={ "/alumni/" (handle) "/" (service.slug) } {
                            (icon::calendar())
                            "Choose a time"
                            span.sr-only { ": " (service.title) }
                        }
                    }
                }
            }
        }
    }
}

/// What chats show of a link to somebody's page.
fn preview_of(host: &Host, services: &[Service]) -> Preview {
    let titles: Vec<&str> = services.iter().map(|s| s.title.as_str()).collect();
    let headline = host.profile.profile.headline.as_str();
    let parts = [headline, &titles.join(", "), "Pick a time."];
    let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    Preview {
        description: parts.join(" · "),
        picture: host
            .profile
            .thumbnail
            .is_some()
            .then(|| format!("/alumni/{}/photo.jpg", host.profile.handle)),
    }
}

/// Next times for another site's page: nothing but links that open here.
pub fn embedded(chrome: &Chrome, card: &Card, zone: &Zone, now: DateTime<Utc>) -> Markup {
    let Card { host, next, .. } = card;
    let handle = &host.profile.handle;
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { "Free times of " (host.person.name) }
                link rel="stylesheet" href=(chrome.brand.style);
                base target="_blank";
            }
            body.is-embedded {
                main {
                    h1 {
                        "Meet "
                        bdi { (host.person.name) }
                    }
                    @if next.is_empty() {
                        p { "There are no free times at the moment." }
                    } @else {
                        ul.times {
                            @for time in next {
                                @let service = card
                                    .services
                                    .iter()
                                    .find(|s| s.slug == time.service);
                                li {
                                    a   .time
                                        href=(time_address(handle, &time.service, time.slot.start))
                                    {
                                        time datetime=(instant(time.slot.start)) {
                                            (time::moment(time.slot.start, zone))
                                        }
                                        @if let Some(service) = service {
                                            span { (service.title) }
                                        }
                                    }
                                }
                            }
                        }
                        p.hint { "Times in " (time::zone_in_words(zone, now)) "." }
                    }
                    p {
                        a href={ "/alumni/" (handle) } {
                            "All times on "
                            (chrome.brand.identity.name)
                        }
                    }
                }
            }
        }
    }
}
