//! The pages of inviting people.

use maud::{Markup, html};

use super::{
    Outcome,
    rules::{Invitees, LONGEST_MESSAGE},
    store::Invitation,
};
use crate::{
    html::{
        Page,
        form::{self, Field},
        icon,
        layout::Chrome,
        pager::pager,
        time,
    },
    input::Problems,
    people::{join::pages::role_choice, visitor::Visitor},
};

/// Asks whom to invite; below it those who have not answered, each with who invited them.
pub fn invite(
    visitor: &Visitor,
    waiting: &[(Invitation, String)],
    (number, has_more): (i64, bool),
    typed: &Invitees,
    problems: &Problems,
) -> Markup {
    let chrome = &visitor.chrome;
    let title = "Invite people";
    let body = html! {
        p {
            a href="/coordinate/people" { "People" }
        }
        h1 { (title) }
        p.lead {
            "They get an email with a link, and are in as soon as they have told us their name and time zone. An invitation lasts for 30 days."
        }
        (form::summary(problems))
        div.columns {
            form.card.stack method="post" action="/coordinate/invitations" {
                (chrome.csrf_field())
                ({
                    Field::new("emails", "Email addresses", &typed.emails)
                        .hint(
                            "One or many, up to 100 at once. Put each on its own line, or separate them with commas.",
                        )
                        .required()
                        .problems(problems)
                        .text_area(5)
                })
                ({
                    let [student, alumnus] = [
                        html! {
                            "students, who look for sessions"
                        },
                        html! {
                            "alumni, who offer sessions"
                        },
                    ];
                    role_choice("They join as", &typed.role, &student, &alumnus)
                })
                ({
                    Field::new("message", "Personal message", &typed.message)
                        .hint("Goes into the email, with your name.")
                        .longest(LONGEST_MESSAGE)
                        .problems(problems)
                        .text_area(3)
                })
                button.button { (icon::mail()) "Send invitations" }
            }
            section aria-labelledby="waiting" {
                h2 #waiting { "Not answered yet" }
                @if waiting.is_empty() {
                    div.empty {
                        (icon::mail())
                        p { "Nobody has an open invitation." }
                    }
                }
                ul.plain.stack {
                    @for (invitation, inviter) in waiting {
                        li.card.row.is-spread {
                            div {
                                strong {
                                    bdi { (invitation.email) }
                                }
                                p.hint {
                                    "As "
                                    (invitation.role.with_article())
                                    ", by "
                                    bdi { (inviter) }
                                    ", "
                                    ({
                                        time::short_date(
                                            visitor.zone.local(invitation.sent_at).date_naive(),
                                        )
                                    })
                                }
                            }
                            form
                                method="post"
                                action={ "/coordinate/invitations/" (invitation.id) "/withdraw" }
                            {
                                (chrome.csrf_field())
                                button.button.is-quiet.is-small {
                                    "Withdraw"
                                    span.sr-only { " the invitation to " (invitation.email) }
                                }
                            }
                        }
                    }
                }
                ({
                    pager(
                        number,
                        has_more,
                        |page| {
                            form::address(
                                "/coordinate/invitations",
                                &[("page", &page.to_string())],
                            )
                        },
                    )
                })
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

/// What came of it, in words.
pub fn invited(outcome: &Outcome) -> String {
    let mut words = match outcome.invited {
        0 => "Nobody was invited.".to_owned(),
        1 => "1 invitation is on its way.".to_owned(),
        many => format!("{many} invitations are on their way."),
    };
    match outcome.members.as_slice() {
        [] => (),
        [one] => words.push_str(&format!(" {one} already has an account.")),
        many => words.push_str(&format!(" {} people already have an account.", many.len())),
    }
    words
}

/// A link that lets nobody in, or no longer.
pub fn over(chrome: &Chrome) -> Markup {
    let body = html! {
        div.narrow {
            h1 { "This invitation no longer works" }
            p.lead {
                "It may have been accepted or withdrawn, or it is more than 30 days old. If you have joined already, sign in. Otherwise, you can still ask to join."
            }
            p {
                a.button href="/sign-in" { "Sign in or join" }
            }
        }
    };
    Page {
        chrome,
        title: "This invitation no longer works",
        body,
    }
    .render()
}
