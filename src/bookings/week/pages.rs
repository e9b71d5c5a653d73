//! The week of an alumnus, made from values already loaded.

use chrono::{Days, NaiveDate};
use maud::{Markup, html};

use crate::{
    html::{Page, layout::Chrome, time},
    slots::editor::week::{Week, picture},
};

pub fn week(chrome: &Chrome, week: &Week) -> Markup {
    let zone = &week.rules.zone;
    let link = |date: NaiveDate| format!("/me/week?from={date}");
    let last = week.first + Days::new(6);
    let title = format!(
        "{} to {}",
        time::short_date(week.first),
        time::short_date(last)
    );
    let body = html! {
        h1 { "Your week" }
        nav.pager aria-label="Weeks" {
            a.button.is-quiet.is-small href=(link(week.first - Days::new(7))) { "Previous week" }
            strong { (title) }
            a.button.is-quiet.is-small href=(link(week.first + Days::new(7))) { "Next week" }
        }
        p.hint {
            "Times in "
            (time::zone_in_words(zone, zone.instant(week.first, 720)))
            ", the time zone of your hours. "
            a href="/me/availability" { "Change your hours" }
            " · "
            a href="/me/busy" { "Connected calendars" }
        }
        (picture(week))
        div.days {
            @for day in 0..7u64 {
                @let date = week.first + Days::new(day);
                @let of_day = |start| zone.local(start).date_naive() == date;
                @let offered = week.offered(date);
                section aria-labelledby={ "day-" (date) } {
                    h2 id={ "day-" (date) } {
                        (time::long_date(date))
                        @if date == week.today {
                            " "
                            span.badge { "Today" }
                        }
                    }
                    ul.plain {
                        @for entry in week.sessions.iter().filter(|entry| of_day(entry.span.start)) {
                            li {
                                strong {
                                    (time::clock(entry.span.start, zone))
                                    " to "
                                    (time::clock(entry.span.end, zone))
                                }
                                " "
                                a href=(entry.path) { (entry.title) }
                            }
                        }
                        @for span in week.busy.iter().filter(|span| of_day(span.start)) {
                            li.hint {
                                (time::clock(span.start, zone))
                                " to "
                                (time::clock(span.end, zone))
                                " busy in another calendar"
                            }
                        }
                        li.hint {
                            @if offered.is_empty() { "No hours offered." } @else {
                                "Offered: "
                                ({
                                    offered
                                        .iter()
                                        .map(|span| {
                                            format!(
                                                "{} to {}",
                                                time::clock(span.start, zone),
                                                time::clock(span.end, zone),
                                            )
                                        })
                                        .collect::<Vec<_>>()
                                        .join(", ")
                                })
                            }
                        }
                    }
                }
            }
        }
    };
    Page {
        chrome,
        title: &format!("Your week, {title}"),
        body,
    }
    .render()
}
