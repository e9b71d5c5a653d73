//! The week of an alumnus, made from values already loaded.

use chrono::{Days, NaiveDate};
use maud::{Markup, html};

use crate::{
    html::{Page, layout::Chrome, time},
    slots::editor::week::{Week, picture},
};

/// `chosen`: the day that a phone shows.
pub fn week(chrome: &Chrome, week: &Week, chosen: NaiveDate) -> Markup {
    let zone = &week.rules.zone;
    let link = |date: NaiveDate| format!("/me/week?from={date}");
    let last = week.first + Days::new(6);
    let title = time::days(week.first, last);
    let body = html! {
        h1 { "My week" }
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
        (picture(week, Some(chosen)))
    };
    Page {
        chrome,
        title: &format!("My week, {title}"),
        body,
    }
    .render()
}
