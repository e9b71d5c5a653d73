//! The pages of coordinators about people, made from values already loaded.

use maud::{Markup, html};

use super::{AWAY, Listed, Wanted};
use crate::{
    html::{
        Page,
        form::{self, Field, tick_box},
        icon,
        layout::Chrome,
        pager::pager,
        time,
    },
    input::Problems,
    mail::report::Trouble,
    people::{JoinRequest, Person, Role, Standing, join::store::OpenDomain, trouble::store::Noted},
    schedule::Zone,
};

/// What coordinators start from.
pub struct Overview<'a> {
    /// Requests to join that wait, and those declined so lately that it can be undone.
    pub requests: &'a [JoinRequest],
    pub declined: &'a [JoinRequest],
    pub domains: &'a [OpenDomain],
    /// How many people have an account.
    pub people: i64,
    pub zone: &'a Zone,
}

/// `domain`: what was typed for a new one.
pub fn coordinate(
    chrome: &Chrome,
    overview: &Overview,
    domain: &str,
    problems: &Problems,
) -> Markup {
    let Overview {
        requests,
        declined,
        domains,
        people,
        zone,
    } = *overview;
    let body = html! {
        h1 { "Coordination" }
        (form::summary(problems))
        (to_join(chrome, requests, declined, zone))
        div.columns {
            (open_domains(chrome, domains, domain, problems))
            section.card aria-labelledby="people" {
                h2 #people { "People" }
                p { (people) " people have an account." }
                p.row {
                    a.button.is-quiet href="/coordinate/people" { (icon::users()) "Find people" }
                    a.button.is-quiet href="/coordinate/import" { (icon::plus()) "Import" }
                    a.button.is-quiet href="/coordinate/invitations" { (icon::mail()) "Invite" }
                }
            }
        }
    };
    Page {
        chrome,
        title: "Coordination",
        body,
    }
    .render()
}

/// The requests to join.
fn to_join(
    chrome: &Chrome,
    requests: &[JoinRequest],
    declined: &[JoinRequest],
    zone: &Zone,
) -> Markup {
    html! {
        section aria-labelledby="requests" {
            h2 #requests { "Requests to join" }
            @if requests.is_empty() {
                div.empty {
                    (icon::users())
                    p {
                        "There are no requests. New ones appear here, and you get an email for each."
                    }
                }
            }
            ul.cards {
                @for request in requests {
                    li.card {
                        h3 {
                            bdi { (request.name) }
                        }
                        p {
                            bdi { (request.email) }
                            " · as "
                            @if request.role == Role::Alumnus { "an alumnus" } @else { "a student" }
                        }
                        @if !request.message.is_empty() {
                            blockquote { (request.message) }
                        }
                        p.hint { "Asked " (time::moment(request.asked_at, zone)) }
                        form.stack method="post" action={ "/coordinate/requests/" (request.id) } {
                            (chrome.csrf_field())
                            button.button name="decision" value="approve" {
                                (icon::check())
                                "Approve"
                                span.sr-only { " " (request.name) }
                            }
                            details {
                                summary {
                                    "Decline"
                                    span.sr-only { " " (request.name) }
                                }
                                div.stack {
                                    label for={ "reason-" (request.id) } {
                                        "Reason"
                                        span.optional { " optional" }
                                    }
                                    textarea
                                        id={ "reason-" (request.id) }
                                        name="reason"
                                        aria-describedby={ "hint-" (request.id) }
                                        rows="2"
                                        maxlength="1000" {}
                                    p.hint id={ "hint-" (request.id) } {
                                        "This goes into the email, which we send in ten minutes."
                                    }
                                    button.button.is-danger name="decision" value="decline" {
                                        "Decline request"
                                    }
                                }
                            }
                        }
                    }
                }
            }
            @if !declined.is_empty() {
                h3 { "Declined in the last ten minutes" }
                ul.plain.stack {
                    @for request in declined {
                        li.row {
                            span {
                                bdi { (request.name) }
                                " ("
                                bdi { (request.email) }
                                ")"
                            }
                            form method="post" action={ "/coordinate/requests/" (request.id) } {
                                (chrome.csrf_field())
                                button.button.is-quiet.is-small name="decision" value="undo" {
                                    "Undo"
                                    span.sr-only { " " (request.name) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// The domains that can join straight away.
fn open_domains(
    chrome: &Chrome,
    domains: &[OpenDomain],
    domain: &str,
    problems: &Problems,
) -> Markup {
    html! {
        section.card aria-labelledby="domains" {
            h2 #domains { "Domains that can join straight away" }
            p {
                "Anybody with an email address at one of these domains can join as a student straight away. Everybody else has to ask."
            }
            p.hint {
                "Each mailbox has one account: ada+jobs@… counts as ada@…. With some providers, a.da@… does too."
            }
            ul.plain {
                @for OpenDomain { domain, ignores_dots } in domains {
                    li.row {
                        span {
                            "@"
                            (domain)
                            @if *ignores_dots {
                                br;
                                span.hint { "Dots before the @ do not matter" }
                            }
                        }
                        form
                            method="post"
                            action="/coordinate/domains/remove"
                            data-confirm={
                                "New people from "
                                (domain)
                                " will have to ask from now on. Existing members stay."
                            }
                        {
                            (chrome.csrf_field())
                            input type="hidden" name="domain" value=(domain);
                            button.link {
                                "Remove"
                                span.sr-only { " " (domain) }
                            }
                        }
                    }
                }
                @if domains.is_empty() {
                    li.hint { "There are no domains yet, so everybody has to ask." }
                }
            }
            form.stack method="post" action="/coordinate/domains" {
                (chrome.csrf_field())
                ({
                    Field::new("domain", "Domain", domain)
                        .hint("For example, students.example.org.")
                        .longest(253)
                        .required()
                        .problems(problems)
                        .input()
                })
                ({
                    tick_box(
                        "ignores_dots",
                        "yes",
                        "Dots before the @ do not matter, as with Gmail",
                        false,
                    )
                })
                button.button.is-quiet { (icon::plus()) "Add" }
            }
        }
    }
}

pub fn people(
    chrome: &Chrome,
    people: &[Listed],
    wanted: &Wanted,
    (page, has_more): (i64, bool),
    zone: &Zone,
) -> Markup {
    let (role, standing) = (
        wanted.role.map_or("", Role::as_str),
        wanted.standing.map_or("", Standing::as_str),
    );
    let activity = match wanted.is_here {
        None => "",
        Some(true) => "here",
        Some(false) => "away",
    };
    let at = |path: &str, page: &str| {
        let query = [
            ("q", wanted.words.as_str()),
            ("role", role),
            ("standing", standing),
            ("activity", activity),
            ("page", page),
        ];
        form::address(path, &query)
    };
    let here = |page: i64| at("/coordinate/people", &page.to_string());
    let any = || std::iter::once(("", "Any".to_owned()));
    let roles = Role::ALL
        .iter()
        .map(|role| (role.as_str(), role.as_str().to_owned()));
    let standings = [Standing::Active, Standing::Lapsed, Standing::Suspended];
    let standings = standings.map(|s| (s.as_str(), s.as_str().to_owned()));
    let activities = [
        ("here", format!("Here in the last {AWAY} days")),
        ("away", format!("Away for {AWAY} days")),
    ];
    let body = html! {
        p {
            a href="/coordinate" { "Coordination" }
        }
        div.title-row {
            h1 { "People" }
            div.row {
                a.button.is-quiet.is-small href=(at("/coordinate/people.csv", "")) {
                    (icon::download())
                    "Download as CSV"
                }
                a.button.is-quiet.is-small href="/coordinate/import" { (icon::plus()) "Import" }
                a.button.is-small href="/coordinate/invitations" { (icon::mail()) "Invite" }
            }
        }
        form.fields.asks method="get" action="/coordinate/people" role="search" {
            ({
                Field::new("q", "Name or email address", &wanted.words)
                    .kind("search")
                    .longest(100)
                    .input()
            })
            ({
                Field::new("role", "Role", role)
                    .kind("search")
                    .select(any().chain(roles))
            })
            ({
                Field::new("standing", "Standing", standing)
                    .kind("search")
                    .select(any().chain(standings))
            })
            ({
                Field::new("activity", "Activity", activity)
                    .kind("search")
                    .select(any().chain(activities))
            })
            button.button.is-quiet { (icon::search()) "Show" }
        }
        @if people.is_empty() {
            div.empty {
                (icon::users())
                p { "Nobody matches." }
            }
        } @else {
            div.scroll tabindex="0" role="region" aria-label="People" {
                table.records {
                    thead {
                        tr {
                            th scope="col" { "Name" }
                            th scope="col" { "Email address" }
                            th scope="col" { "Roles" }
                            th scope="col" { "Standing" }
                            th scope="col" { "Sessions" }
                            th scope="col" { "Last here" }
                        }
                    }
                    tbody {
                        @for Listed { person, sessions, seen_at } in people {
                            tr {
                                th scope="row" {
                                    a href={ "/coordinate/people/" (person.id) } {
                                        bdi { (person.name) }
                                    }
                                }
                                td {
                                    bdi { (person.email) }
                                }
                                td data-label="Roles" {
                                    ({
                                        person
                                            .roles
                                            .iter()
                                            .map(Role::as_str)
                                            .collect::<Vec<_>>()
                                            .join(", ")
                                    })
                                }
                                td data-label="Standing" { (person.standing.as_str()) }
                                td data-label="Sessions" { (sessions) }
                                td data-label="Last here" {
                                    @match seen_at {
                                        Some(at) => (time::short_date(zone.local(*at).date_naive())),
                                        None => "–",
                                    }
                                }
                            }
                        }
                    }
                }
            }
            p.hint { "Sessions of the last 30 days and those to come." }
        }
        (pager(page, has_more, here))
    };
    Page {
        chrome,
        title: "People",
        body,
    }
    .render()
}

/// What is left of somebody.
fn erased(chrome: &Chrome, person: &Person) -> Markup {
    let body = html! {
        div.narrow {
            p {
                a href="/coordinate/people" { "People" }
            }
            h1 { (person.name) }
            p.lead {
                "This account has been deleted. Past sessions stay on record, without a name."
            }
            @if chrome.is_admin {
                p {
                    a href={ "/admin/audit?person=" (person.id) } { "Audit log of this account" }
                }
            }
        }
    };
    Page {
        chrome,
        title: &person.name,
        body,
    }
    .render()
}

pub fn person(
    chrome: &Chrome,
    person: &Person,
    trouble: Option<&Noted>,
    problems: &Problems,
) -> Markup {
    if person.is_erased() {
        return erased(chrome, person);
    }
    let body = html! {
        div.narrow {
            p {
                a href="/coordinate/people" { "People" }
            }
            h1 {
                bdi { (person.name) }
            }
            p.lead {
                bdi { (person.email) }
                " · "
                (person.zone.replace('_', " "))
                " · joined "
                (person.joined_at.format("%-d %B %Y"))
            }
            @if let Some(Noted { trouble, said, since }) = trouble {
                div.callout.is-wrong role="status" {
                    p {
                        @match trouble {
                            Trouble::Bounce => {
                                strong { "Emails to this address bounce." }
                                " This person misses invitations and changes. Ask them for another address."
                            }
                            Trouble::Complaint => strong { "They have marked an email as spam." },
                        }
                    }
                    p.hint {
                        "Since "
                        (since.format("%-d %B %Y"))
                        @if !said.is_empty() { ": " (said) }
                    }
                }
            }
            p {
                a href={ "/coordinate/people/" (person.id) "/record" } {
                    "Record and upcoming sessions"
                }
            }
            p {
                a href={ "/coordinate/people/" (person.id) "/data" } { "Personal data" }
            }
            @if chrome.is_admin {
                p {
                    a href={ "/admin/audit?person=" (person.id) } { "Audit log of this account" }
                }
            }
            (form::summary(problems))
            form.stack.card method="post" action={ "/coordinate/people/" (person.id) } {
                (chrome.csrf_field())
                fieldset {
                    legend { "Roles" }
                    @for role in Role::ALL {
                        @if {
                            chrome.is_admin
                                || matches!(role, Role::Student | Role::Alumnus)
                                || person.is(*role)
                        } {
                            ({
                                tick_box(
                                    "role",
                                    role.as_str(),
                                    role.as_str(),
                                    person.is(*role),
                                )
                            })
                        }
                    }
                }
                fieldset {
                    legend { "Standing" }
                    @for (standing, meaning) in {
                        [
                            (Standing::Active, "active"),
                            (
                                Standing::Lapsed,
                                "lapsed: can sign in, but cannot book or be booked; nothing is deleted",
                            ),
                            (
                                Standing::Suspended,
                                "suspended: signed out at once and cannot sign in again",
                            ),
                        ]
                    } {
                        label.tick {
                            input
                                type="radio"
                                name="standing"
                                value=(standing.as_str())
                                checked[person.standing == standing];
                            span { (meaning) }
                        }
                    }
                }
                button.button { "Save" }
            }
        }
    };
    Page {
        chrome,
        title: &person.name,
        body,
    }
    .render()
}
