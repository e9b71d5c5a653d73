//! The page on what cannot be done to a booking, made from values already loaded.

use maud::{Markup, html};

use crate::{
    bookings::{Meeting, Status, event, state::Action},
    db::PersonId,
    html::{Page, layout::Chrome},
    input::sentence,
};

/// It cannot be done, and why, to one of the two.
pub fn cannot(
    chrome: &Chrome,
    meeting: &Meeting,
    reader: PersonId,
    action: Action,
    reason: &str,
) -> Markup {
    let title = match action {
        Action::Move => "This session cannot be moved",
        Action::Approve | Action::Decline | Action::AskForMore => "This request cannot be answered",
        Action::SayMore => "Nothing can be added now",
        _ => "This session cannot be cancelled",
    };
    let booking = &meeting.booking;
    let body = html! {
        div.narrow {
            h1 { (title) }
            p.lead { (event::title(meeting, reader)) }
            p { (sentence(reason)) }
            div.row {
                a.button href={ "/bookings/" (booking.id) } { "Open the session" }
                @if action == Action::Move && booking.status == Status::Confirmed {
                    a.button.is-quiet href={ "/bookings/" (booking.id) "/cancel" } {
                        "Tell them you cannot make it"
                    }
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
