//! The page of fair use.

use maud::{Markup, html};

use crate::{
    html::{
        Page,
        form::{self, Field},
        layout::Chrome,
    },
    input::Problems,
};

/// `caps` as typed: in total, with the same alumnus.
pub fn fair_use(chrome: &Chrome, caps: &[String; 2], problems: &Problems) -> Markup {
    let body = html! {
        div.narrow {
            p {
                a href="/coordinate" { "Coordination" }
            }
            h1 { "Fair use" }
            p.lead {
                "How many sessions and requests a student can have open at a time, so that there is something left for everybody."
            }
            (form::summary(problems))
            form.card.stack method="post" action="/coordinate/fair-use" {
                (chrome.csrf_field())
                ({
                    Field::new("open_per_guest", "In total", &caps[0])
                        .hint("Leave empty for no limit.")
                        .problems(problems)
                        .number(1, 200)
                })
                ({
                    Field::new("open_per_pair", "With the same alumnus", &caps[1])
                        .hint("Leave empty for no limit.")
                        .problems(problems)
                        .number(1, 200)
                })
                div.row {
                    button.button { "Save" }
                }
            }
            p.hint { "Existing bookings stay. Alumni set their own limits per day and week." }
        }
    };
    Page {
        chrome,
        title: "Fair use",
        body,
    }
    .render()
}
