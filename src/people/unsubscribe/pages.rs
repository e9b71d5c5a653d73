//! Pages of the way out of letters.

use maud::{Markup, html};

use crate::html::layout::{Chrome, Page};

pub fn ask(chrome: &Chrome, token: &str) -> Markup {
    let title = "Stop these emails?";
    let body = html! {
        div.narrow {
            h1 { (title) }
            p.lead { "You will get no more email about what waits for a coordinator’s decision. Email about your own bookings still comes." }
            form method="post" action={ "/unsubscribe/" (token) } {
                div.row { button.button { "Stop these emails" } }
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
            p.lead { "You can turn them on again in your " a href="/me/settings" { "settings" } "." }
        }
    };
    Page {
        chrome,
        title,
        body,
    }
    .render()
}
