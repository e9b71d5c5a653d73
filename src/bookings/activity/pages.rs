//! The numbers as bars, each with the number beside it, made from values already loaded.

use chrono::{DateTime, Utc};
use maud::{Markup, html};

use super::{Activity, DAYS};
use crate::{
    bookings::aftercare::{Help, store::Helped},
    html::{Page, icon, layout::Chrome, time},
};

/// Sums of fewer answers are not shown: they could tell who said what.
const FEWEST_ANSWERS: i64 = 5;

/// A bar as long as its share of the largest.
fn bar(value: i64, largest: i64) -> Markup {
    let width = value * 100 / largest.max(1);
    html! {
        svg.bar viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true" {
            rect width=(width) height="10" {}
        }
    }
}

pub fn activity(chrome: &Chrome, activity: &Activity, now: DateTime<Utc>) -> Markup {
    let body = html! {
        p {
            a href="/coordinate" { "Coordination" }
        }
        div.title-row {
            h1 { "Activity" }
            a.button.is-quiet.is-small href="/coordinate/activity.csv" {
                (icon::download())
                "Download as CSV"
            }
        }
        p.lead { "How much is offered, booked and waited for." }
        div.columns.is-even { (weeks(activity)) (load(activity)) }
        (demand(activity, now))
        (helped(&activity.helped))
    };
    Page {
        chrome,
        title: "Activity",
        body,
    }
    .render()
}

fn weeks(activity: &Activity) -> Markup {
    let largest = activity.weeks.iter().map(|week| week.sessions).max();
    let largest = largest.unwrap_or_default();
    html! {
        section.card aria-labelledby="weeks" {
            h2 #weeks { "Sessions each week" }
            table.numbers-table {
                thead {
                    tr {
                        th scope="col" { "Week of" }
                        td {}
                        th scope="col" { "Sessions" }
                        th scope="col" { "No-shows" }
                    }
                }
                tbody {
                    @for week in activity.weeks.iter().skip_while(|week| week.sessions == 0) {
                        tr {
                            th scope="row" { (week.monday.format("%-d %b")) }
                            td { (bar(week.sessions, largest)) }
                            td { (week.sessions) }
                            td { (week.no_shows) }
                        }
                    }
                }
            }
        }
    }
}

fn load(activity: &Activity) -> Markup {
    let largest = activity.load.iter().map(|host| host.sessions).max();
    let largest = largest.unwrap_or_default();
    html! {
        section.card aria-labelledby="load" {
            h2 #load { "Who is asked most" }
            @if activity.load.is_empty() {
                p { "There were no sessions in the last " (DAYS) " days." }
            } @else {
                table.numbers-table {
                    thead {
                        tr {
                            th scope="col" { "Alumnus" }
                            td {}
                            th scope="col" { "Last " (DAYS) " days" }
                            th scope="col" { "Aims for" }
                        }
                    }
                    tbody {
                        @for host in &activity.load {
                            tr {
                                th scope="row" {
                                    a href={ "/alumni/" (host.handle) } {
                                        bdi { (host.name) }
                                    }
                                }
                                td { (bar(host.sessions, largest)) }
                                td { (host.sessions) }
                                td {
                                    @match host.wished {
                                        Some(wished) => (wished),
                                        None => "–",
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn demand(activity: &Activity, now: DateTime<Utc>) -> Markup {
    html! {
        section.card aria-labelledby="demand" {
            h2 #demand { "Supply and demand" }
            p.hint {
                "Alumni who are listed and not paused; free time of the coming "
                (DAYS)
                " days; sessions of the last "
                (DAYS)
                "; waitlist entries that have not had an offer."
            }
            div.scroll tabindex="0" role="region" aria-label="Supply and demand in numbers" {
                table.numbers-table {
                    thead {
                        tr {
                            th scope="col" { "Service" }
                            th scope="col" { "Alumni" }
                            th scope="col" { "With free time" }
                            th scope="col" { "Sessions" }
                            th scope="col" { "Waiting" }
                            th scope="col" { "Waiting for" }
                        }
                    }
                    tbody {
                        @for kind in &activity.demand {
                            tr {
                                th scope="row" { (kind.title) }
                                td { (kind.hosts) }
                                td { (kind.free) }
                                td { (kind.sessions) }
                                td { (kind.waiting) }
                                td {
                                    @match kind.waiting_since {
                                        Some(since) => { "up to " (time::length(now - since)) }
                                        None => "–",
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// What students said, by kind of service.
fn helped(helped: &[Helped]) -> Markup {
    html! {
        section.card aria-labelledby="helped" {
            h2 #helped { "How sessions help" }
            p.hint {
                "Sessions in the last year, and what students said about them. Results with fewer than "
                (FEWEST_ANSWERS)
                " answers are not shown."
            }
            @if helped.is_empty() {
                p { "No session has been completed yet." }
            } @else {
                div.scroll tabindex="0" role="region" aria-labelledby="helped" {
                    table.numbers-table {
                        thead {
                            tr {
                                td {}
                                th scope="col" { "Sessions" }
                                @for help in Help::ALL {
                                    th scope="col" { (help.label()) }
                                }
                            }
                        }
                        tbody {
                            @for row in helped {
                                @let all: i64 = row
                                    .answers
                                    .iter()
                                    .map(|(_, count)| count)
                                    .sum();
                                tr {
                                    th scope="row" { (row.kind) }
                                    td { (row.sessions) }
                                    @if all < FEWEST_ANSWERS {
                                        td.hint colspan="4" { "too few answers" }
                                    } @else {
                                        @for help in Help::ALL {
                                            td {
                                                ({
                                                    row.answers
                                                        .iter()
                                                        .find(|(h, _)| h == help)
                                                        .map_or(0, |(_, count)| *count)
                                                })
                                            }
                                        }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}
