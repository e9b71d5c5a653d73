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
            @if self.is_own { p { a href="/me/settings" { "Settings" } } }
            @else { p { a href={ "/coordinate/people/" (self.person.id) } { bdi { (self.person.name) } } } }
        }
    }
}

pub fn overview(chrome: &Chrome, subject: &Subject, may_delete: bool) -> Markup {
    let path = subject.path();
    let body = html! {
        div.narrow {
            (subject.back())
            h1 { @if subject.is_own { "Your data" } @else { "Personal data" } }
            section.card.stack aria-labelledby="copy" {
                h2 #copy { "Download a copy" }
                @if subject.is_own {
                    p { "Everything we keep about you, in one ZIP file: your account, your sessions and what you wrote as JSON, and the files you added." }
                } @else {
                    p { "Everything we keep about " bdi { (subject.person.name) } ", in one ZIP file: JSON, and the files they added. Give it to nobody but them. The audit log keeps that you downloaded it." }
                }
                form method="post" action={ (path) "/export" } {
                    (chrome.csrf_field())
                    button.button { (icon::download()) "Download" }
                }
            }
            section.card.stack aria-labelledby="delete" {
                h2 #delete { @if subject.is_own { "Delete your account" } @else { "Delete this account" } }
                p { "Sessions ahead are cancelled, and the account and what was written and uploaded with it are deleted. People who were met keep the record that there was a session, without a name." }
                @if may_delete {
                    p { a.button.is-quiet href={ (path) "/delete" } { (icon::trash()) "Delete…" } }
                } @else {
                    p { "This is the only administrator. Make somebody else one first." }
                }
            }
            p.hint { "What we keep, why and for how long is said in the " a href="/privacy" { "privacy notice" } "." }
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
            p { a href=(path) { @if subject.is_own { "Your data" } @else { "Personal data" } } }
            h1 { (title) }
            @if !subject.is_own { p.lead { bdi { (subject.person.name) } ", " bdi { (subject.person.email) } } }
            (form::summary(problems))
            ul {
                li {
                    @match ahead {
                        0 => "There are no sessions ahead.",
                        1 => "One session or request ahead is cancelled. Everybody in it gets an email.",
                        more => { (more) " sessions and requests ahead are cancelled. Everybody in them gets an email." },
                    }
                }
                li { "Profile, services, hours, goals, notes, thanks and files are deleted." }
                li { "People who were met still see when there was a session, without a name." }
                li { @if subject.is_own { "You can join again later, as somebody new." } @else { "They can join again later, as somebody new." } }
            }
            form.stack.card method="post" action={ (path) "/delete" } {
                (chrome.csrf_field())
                (form::tick_box("sure", "yes", "I understand that this cannot be undone", false))
                div.row {
                    button.button.is-danger { (icon::trash()) (title) }
                    a.button.is-quiet href=(path) { "Keep it" }
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
