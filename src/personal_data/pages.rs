//! Pages about what is kept about a person, made from values already loaded.

use maud::{Markup, html};

use crate::{
    html::{Page, form, icon, layout::Chrome},
    input::Problems,
    people::Person,
};

/// Whose data a page is about, and where it is.
pub struct Subject<'a> {
    pub person: &'a Person,
    pub is_own: bool,
}

impl Subject<'_> {
    /// The path of the first page; the others are below it.
    pub fn path(&self) -> String {
        if self.is_own {
            "/me/data".to_owned()
        } else {
            format!("/coordinate/people/{}/data", self.person.id)
        }
    }

    fn back(&self) -> Markup {
        html! {
            @if self.is_own {
                p {
                    a href="/me/settings" { "Settings" }
                }
            } @else {
                p {
                    a href={ "/coordinate/people/" (self.person.id) } {
                        bdi { (self.person.name) }
                    }
                }
            }
        }
    }
}

pub fn overview(chrome: &Chrome, subject: &Subject, may_delete: bool) -> Markup {
    let path = subject.path();
    let body = html! {
        div.narrow {
            (subject.back())
            h1 {
                @if subject.is_own { "Your data" } @else { "Personal data" }
            }
            section.card.stack aria-labelledby="copy" {
                h2 #copy { "Download a copy" }
                @if subject.is_own {
                    p {
                        "Everything we keep about you, in one ZIP file: your account, your sessions and what you wrote (as JSON), and the files you added."
                    }
                } @else {
                    p {
                        "The account of "
                        bdi { (subject.person.name) }
                        " as JSON in a ZIP file, without notes, files or what was written for sessions. Give it only to them. The audit log records that you downloaded it, and they get an email."
                    }
                }
                form method="post" action={ (path) "/export" } {
                    (chrome.csrf_field())
                    button.button { (icon::download()) "Download" }
                }
            }
            section.card.stack aria-labelledby="delete" {
                h2 #delete {
                    @if subject.is_own { "Delete your account" } @else { "Delete this account" }
                }
                p {
                    "Upcoming sessions will be cancelled, and everything written or uploaded with this account will be deleted. Other people keep a record of past sessions, without "
                    @if subject.is_own { "your" } @else { "this person’s" }
                    " name."
                }
                @if may_delete {
                    p {
                        a.button.is-quiet href={ (path) "/delete" } { (icon::trash()) "Delete…" }
                    }
                } @else {
                    p { "This is the only administrator. Appoint another one first." }
                }
            }
            p.hint {
                "The "
                a href="/privacy" { "privacy notice" }
                " explains what we keep, why and for how long."
            }
        }
    };
    let title = if subject.is_own {
        "Your data"
    } else {
        "Personal data"
    };
    Page {
        chrome,
        title,
        body,
    }
    .render()
}

/// Asks once more, since it cannot be undone. `ahead`: the sessions that are cancelled by it.
pub fn delete(chrome: &Chrome, subject: &Subject, ahead: i64, problems: &Problems) -> Markup {
    let path = subject.path();
    let title = if subject.is_own {
        "Delete your account"
    } else {
        "Delete this account"
    };
    let body = html! {
        div.narrow {
            p {
                a href=(path) {
                    @if subject.is_own { "Your data" } @else { "Personal data" }
                }
            }
            h1 { (title) }
            @if !subject.is_own {
                p.lead {
                    bdi { (subject.person.name) }
                    ", "
                    bdi { (subject.person.email) }
                }
            }
            (form::summary(problems))
            ul {
                li {
                    @match ahead {
                        0 => "There are no upcoming sessions to cancel.",
                        1 => "One upcoming session or request will be cancelled. Everybody in it will get an email.",
                        more => {
                            (more)
                            " upcoming sessions and requests will be cancelled. Everybody in them will get an email."
                        }
                    }
                }
                li { "Profile, services, hours, goals, notes, thanks and files will be deleted." }
                li {
                    "Other people will still see when there was a session, without "
                    @if subject.is_own { "your" } @else { "this person’s" }
                    " name."
                }
                li {
                    @if subject.is_own { "You can join again later, as a new member." } @else {
                        "They can join again later, as a new member."
                    }
                }
            }
            form #confirmation.stack.card method="post" action={ (path) "/delete" } {
                (chrome.csrf_field())
                ({
                    form::tick_box(
                        "confirmation",
                        "yes",
                        "I understand that this cannot be undone",
                        false,
                    )
                })
                div.row {
                    button.button.is-danger { (icon::trash()) (title) }
                    a.button.is-quiet href=(path) { "Cancel" }
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
