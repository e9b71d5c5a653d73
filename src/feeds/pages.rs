//! The page about one's own feed.

use maud::{Markup, html};

use crate::html::{Page, icon, layout::Chrome};

/// `url` is the secret address.
pub fn calendar(chrome: &Chrome, url: &str) -> Markup {
    let webcal = url
        .replacen("https://", "webcal://", 1)
        .replacen("http://", "webcal://", 1);
    let body = html! {
        div.narrow {
            p {
                a href="/me/settings" { "Settings" }
            }
            h1 { "Your calendar address" }
            p.lead { "Subscribe once, and your sessions appear in the calendar you already use." }
            div.card.stack {
                div.field {
                    label for="url" { "Secret address" }
                    input #url type="text" readonly value=(url) data-select="";
                }
                div.row {
                    a.button href=(webcal) { (icon::calendar()) "Subscribe" }
                    button.button.is-quiet type="button" data-copy-text=(url) hidden {
                        (icon::copy())
                        "Copy"
                    }
                }
                p.hint {
                    "Google Calendar: under “Other calendars”, choose “From URL”. Outlook: choose “Add calendar”, then “Subscribe from web”. Apple: use the button above."
                }
            }
            p {
                "Calendars check for changes a few times a day, some only once. For changes at short notice, rely on the emails."
            }
            section.card aria-labelledby="rotate" {
                h2 #rotate { "Has somebody else seen it?" }
                p {
                    "Anybody who knows the address can see your sessions. If you make a new one, the old one stops working at once and you will need to subscribe again."
                }
                form
                    method="post"
                    action="/me/calendar/rotate"
                    data-confirm="Your current address will stop working at once, in every calendar that uses it."
                {
                    (chrome.csrf_field())
                    button.button.is-quiet { "Make a new address" }
                }
            }
        }
    };
    Page {
        chrome,
        title: "Your calendar address",
        body,
    }
    .render()
}
