//! The list of bookings, made from values already loaded.

use maud::{Markup, html};

use super::{Entry, Party, Wanted};
use crate::{
    bookings::Status,
    html::{
        Page,
        form::{Field, address},
        icon,
        layout::Chrome,
        pager::pager,
        time,
    },
    schedule::Zone,
};

/// What a status is called in a list.
pub fn words(status: Status) -> &'static str {
    match status {
        Status::Held => "Held",
        Status::Pending => "Requested",
        Status::Confirmed => "Booked",
        Status::Cancelled => "Cancelled",
        Status::Expired => "Not answered",
        Status::Completed => "Took place",
        Status::NoShow => "No-show",
    }
}

/// Those that can be filtered by.
pub const LISTED: [Status; 6] = [
    Status::Pending,
    Status::Confirmed,
    Status::Completed,
    Status::NoShow,
    Status::Cancelled,
    Status::Expired,
];

pub fn ledger(
    chrome: &Chrome,
    wanted: &Wanted,
    entries: &[Entry],
    (page, has_more): (i64, bool),
    zone: &Zone,
) -> Markup {
    let (from, status) = (
        wanted.from.map(|from| from.to_string()).unwrap_or_default(),
        wanted.status.map_or("", Status::as_str),
    );
    let at = |page: i64| {
        let query = [
            ("q", wanted.words.as_str()),
            ("status", status),
            ("from", &from),
            ("page", &page.to_string()),
        ];
        address("/coordinate/bookings", &query)
    };
    let any = std::iter::once(("", "Any".to_owned()));
    let statuses = LISTED.map(|status| (status.as_str(), words(status).to_owned()));
    let body = html! {
        p {
            a href="/coordinate" { "Coordination" }
        }
        h1 { "All bookings" }
        p.hint {
            "Who meets whom and when. What people wrote to each other is not shown. Times in "
            (zone.city())
            " time."
        }
        form.fields.asks method="get" action="/coordinate/bookings" role="search" {
            ({
                Field::new("q", "Name or email address", &wanted.words)
                    .kind("search")
                    .longest(100)
                    .input()
            })
            ({
                Field::new("status", "Status", status)
                    .kind("search")
                    .select(any.chain(statuses))
            })
            (Field::new("from", "From date", &from).kind("date").filter().input())
            button.button.is-quiet { (icon::search()) "Show" }
        }
        @if entries.is_empty() {
            div.empty {
                (icon::calendar())
                p { "There are no such bookings." }
            }
        } @else {
            div.scroll tabindex="0" role="region" aria-label="Bookings" {
                table.records {
                    thead {
                        tr {
                            th scope="col" { "When" }
                            th scope="col" { "Service" }
                            th scope="col" { "Alumnus" }
                            th scope="col" { "Student" }
                            th scope="col" { "Status" }
                            th scope="col" { "Booked" }
                        }
                    }
                    tbody {
                        @for entry in entries {
                            tr {
                                th scope="row" {
                                    (time::moment(entry.span.start, zone))
                                    " "
                                    span.hint { (zone.local(entry.span.start).format("%Y")) }
                                }
                                td data-label="Service" { (entry.service_title) }
                                td data-label="Alumnus" { (party(&entry.host)) }
                                td data-label="Student" { (party(&entry.guest)) }
                                td data-label="Status" { (words(entry.status)) }
                                td data-label="Booked" {
                                    (time::short_date(zone.local(entry.booked_at).date_naive()))
                                }
                            }
                        }
                    }
                }
            }
        }
        (pager(page, has_more, at))
    };
    Page {
        chrome,
        title: "All bookings",
        body,
    }
    .render()
}

fn party(party: &Party) -> Markup {
    html! {
        a href={ "/coordinate/people/" (party.id) } {
            bdi { (party.name) }
        }
    }
}
