//! The page of who runs a program, made from values already loaded.

use maud::{Markup, html};

use super::{StaffRole, access::Access};
use crate::{
    html::{
        Page,
        form::{self, Field},
        icon,
    },
    input::Problems,
    people::{Person, visitor::Visitor},
};

/// `typed`: an address and a role.
pub fn staff(
    visitor: &Visitor,
    access: &Access,
    all: &[(Person, StaffRole)],
    typed: (&str, &str),
    problems: &Problems,
) -> Markup {
    let slug = access.program.slug.as_str();
    let at = |path: &str| format!("/coordinate/programs/{slug}{path}");
    let is_lead = access.role == StaffRole::Lead && !access.is_leaderless;
    let body = html! {
        p {
            a href=(at("")) { (slug) }
        }
        h1 { "Who runs it" }
        p.lead {
            "Only the people below read what applicants write. Leads can hand the program over at any time."
        }
        (form::summary(problems))
        @if access.is_leaderless {
            form.callout.stack method="post" action=(at("/lead")) {
                (visitor.chrome.csrf_field())
                p { "Nobody leads this program yet." }
                div.row {
                    button.button.is-small { "Lead this program" }
                }
            }
        }
        div.columns {
            ul.cards.is-single {
                @for (person, role) in all {
                    li.card.row.is-apart {
                        span {
                            strong {
                                bdi { (person.name) }
                            }
                            br;
                            span.hint { (role.words()) ", " (person.email) }
                        }
                        @if is_lead {
                            form
                                method="post"
                                action=(at(&format!("/staff/{}/remove", person.id)))
                                data-confirm="They will no longer see this program’s applications."
                            {
                                (visitor.chrome.csrf_field())
                                button.link {
                                    "Remove"
                                    span.sr-only { " " (person.name) }
                                }
                            }
                        }
                    }
                }
            }
            @if is_lead {
                form.card.stack method="post" action=(at("/staff")) {
                    (visitor.chrome.csrf_field())
                    h2 { "Add somebody, or change a role" }
                    ({
                        Field::new("email", "Email address", typed.0)
                            .hint("Of somebody with an account on this site.")
                            .kind("email")
                            .required()
                            .problems(problems)
                            .input()
                    })
                    ({
                        let roles = StaffRole::ALL
                            .iter()
                            .map(|role| (role.as_str(), role.about().to_owned()));
                        Field::new(
                                "role",
                                "Role",
                                if typed.1.is_empty() { "reviewer" } else { typed.1 },
                            )
                            .required()
                            .problems(problems)
                            .select(roles)
                    })
                    div.row {
                        button.button { (icon::plus()) "Save" }
                    }
                }
            }
        }
    };
    Page {
        chrome: &visitor.chrome,
        title: "Who runs it",
        body,
    }
    .render()
}
