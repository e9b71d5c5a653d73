//! Pages about unsubscribing from letters.

use maud::{Markup, html};

use crate::html::layout::{Chrome, Page};

pub fn ask(chrome: &Chrome, token: &str) -> Markup {
    let title = "Stop these emails?";
    let body = html! {
        div.narrow {
            h1 { (title) }
            p.lead {
                "You will no longer get emails about things that need a coordinator’s decision. You will still get emails about your own bookings."
            }
            form method="post" action={ "/unsubscribe/" (token) } {
                div.row {
                    button.button { "Stop these emails" }
                }
            }
        }
    };
    Page {
        chrome,
        title,
        body,
    }
    .render()
}

pub fn left(chrome: &Chrome) -> Markup {
    let title = "These emails have stopped";
    let body = html! {
        div.narrow {
            h1 { (title) }
            p.lead {
                "You can turn them on again in your "
                a href="/me/settings" { "settings" }
                "."
            }
        }
    };
    Page {
        chrome,
        title,
        body,
    }
    .render()
}
