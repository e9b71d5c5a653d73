//! The page of the privacy notice, made from values already loaded.

use chrono::{DateTime, Utc};
use maud::{Markup, html};

use super::PrivacyNotice;
use crate::{
    html::{
        Page, form, icon,
        markdown::{self, HeadingLevel},
        time,
    },
    input::Problems,
    people::visitor::Visitor,
};

/// The notice; whoever is signed in can agree to it, or sees when they did. `next`: the page that they are on
/// the way to.
pub fn notice(
    visitor: &Visitor,
    notice: &PrivacyNotice,
    agreed: Option<DateTime<Utc>>,
    next: Option<&str>,
    problems: &Problems,
) -> Markup {
    let chrome = &visitor.chrome;
    let asks = visitor.person.is_some() && agreed.is_none();
    let body = html! {
        div.narrow {
            h1 { "Privacy notice" }
            (form::summary(problems))
            @if asks {
                p.lead {
                    "Please read this once. You can find it again at the bottom of every page."
                }
            }
            div.prose { (markdown::render(&notice.text, HeadingLevel::H2)) }
            @if let Some(at) = agreed {
                p.hint { "You agreed to this on " (time::moment(at, &visitor.zone)) "." }
            }
            @if asks {
                form.card.stack method="post" action="/privacy/agree" {
                    (chrome.csrf_field())
                    input type="hidden" name="version" value=(notice.version);
                    input type="hidden" name="next" value=(next.unwrap_or("/me"));
                    div.row {
                        button.button { (icon::check()) "I agree" }
                        a.button.is-quiet href=(next.unwrap_or("/me")) { "Not now" }
                    }
                    p.hint {
                        "If you do not agree, you can "
                        a href="/me/data/delete" { "delete your account" }
                        "."
                    }
                }
            }
            p.hint { "Version " (notice.version) }
        }
    };
    Page {
        chrome,
        title: "Privacy notice",
        body,
    }
    .render()
}
