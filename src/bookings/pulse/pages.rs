//! The numbers as bars, each with the number beside it, made from values already loaded.

use chrono::{DateTime, Utc};
use maud::{Markup, html};

use super::{DAYS, Pulse};
use crate::html::{Page, icon, layout::Chrome, time};

/// A bar as long as its share of the largest.
fn bar(value: i64, largest: i64) -> Markup {
    let width = value * 100 / largest.max(1);
    html! {
        svg.bar viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true" {
            rect width=(width) height="10" {}
        }
    }
}

pub fn pulse(chrome: &Chrome, pulse: &Pulse, now: DateTime<Utc>) -> Markup {
    let body = html! {
        p {
            a href="/coordinate" { "Coordination" }
        }
        div.title-row {
            h1 { "Pulse" }
            a.button.is-quiet.is-small href="/coordinate/pulse.csv" {
                (icon::download())
                "Download as CSV"
            }
        }
        p.lead { "How much is offered, booked and waited for." }
        div.columns.is-even { (weeks(pulse)) (load(pulse)) }
        (demand(pulse, now))
    };
    Page {
        chrome,
        title: "Pulse",
        body,
    }
    .render()
}

fn weeks(pulse: &Pulse) -> Markup {
    let largest = pulse.weeks.iter().map(|week| week.sessions).max();
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
                    @for week in &pulse.weeks {
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

fn load(pulse: &Pulse) -> Markup {
    let largest = pulse.load.iter().map(|host| host.sessions).max();
    let largest = largest.unwrap_or_default();
    html! {
        section.card aria-labelledby="load" {
            h2 #load { "Who is asked most" }
            @if pulse.load.is_empty() {
                p { "There were no sessions in the last " (DAYS) " days." }
            } @else {
                table.numbers-table {
                    thead {
                        tr {
                            th scope="col" { "Alumnus" }
                            td {}
                            th scope="col" { "Last " (DAYS) " days" }
                            th scope="col" { "Wished" }
                        }
                    }
                    tbody {
                        @for host in &pulse.load {
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

fn demand(pulse: &Pulse, now: DateTime<Utc>) -> Markup {
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
                        @for kind in &pulse.demand {
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
