//! The pages of joining.

use maud::{Markup, html};

use crate::{
    html::{
        Page,
        form::{self, Field, zone_field},
        layout::Chrome,
        time,
    },
    input::Problems,
    people::{
        JoinRequest, Role,
        errand::Errand,
        join::Welcome,
        rules::{self, Newcomer},
        sign_in,
    },
    schedule::Zone,
};

/// Asks for one of the two roles; student unless alumnus was chosen.
pub fn role_choice(legend: &str, chosen: &str, student: &Markup, alumnus: &Markup) -> Markup {
    let is_alumnus = chosen == Role::Alumnus.as_str();
    html! {
        fieldset {
            legend { (legend) }
            @for (role, is_chosen, words) in {
                [
                    (Role::Student, !is_alumnus, student),
                    (Role::Alumnus, is_alumnus, alumnus),
                ]
            } {
                label.tick {
                    input type="radio" name="role" value=(role.as_str()) checked[is_chosen];
                    span { (words) }
                }
            }
        }
    }
}

/// Who is asked to join, and where the form goes.
pub struct Joining<'a> {
    pub chrome: &'a Chrome,
    pub action: &'a str,
    pub email: &'a str,
    pub welcome: Welcome,
    pub errand: &'a Errand,
}

pub fn join(joining: &Joining, newcomer: &Newcomer, problems: &Problems) -> Markup {
    let Joining {
        chrome,
        action,
        email,
        welcome,
        errand,
    } = *joining;
    let body = html! {
        div.narrow {
            h1 {
                @if welcome == Welcome::Unknown { "Ask to join" } @else {
                    "Welcome! Tell us about yourself"
                }
            }
            p.lead {
                @match welcome {
                    Welcome::Invited(role) => {
                        "You have been invited to join as "
                        (role.with_article())
                        " with the address "
                        strong {
                            bdi { (email) }
                        }
                        "."
                    }
                    Welcome::Listed => {
                        "Your address "
                        strong {
                            bdi { (email) }
                        }
                        " is at one of our domains, so you can join as a student as soon as you have filled this in."
                    }
                    Welcome::Unknown => {
                        "We do not recognise the address "
                        strong {
                            bdi { (email) }
                        }
                        " yet. Tell the coordinators who you are. They will decide, and you will get an email."
                    }
                }
            }
            ({
                let then = match welcome {
                    Welcome::Invited(_) => {
                        "We’ll hold this time for you as soon as you have joined."
                    }
                    Welcome::Listed => {
                        "We’ll hold this time for you as soon as you have joined as a student."
                    }
                    Welcome::Unknown => {
                        "A coordinator has to let you in first, so we cannot hold this time yet."
                    }
                };
                sign_in::pages::about(errand, then)
            })
            (form::summary(problems))
            form.stack method="post" action=(action) {
                (chrome.csrf_field())
                ({
                    Field::new("name", "Your name", &newcomer.name)
                        .autocomplete("name")
                        .longest(rules::LONGEST_NAME)
                        .required()
                        .problems(problems)
                        .input()
                })
                (zone_field("zone", "Your time zone", &newcomer.zone, problems))
                @if !matches!(welcome, Welcome::Invited(_)) {
                    ({
                        let student = html! {
                            "a student looking for sessions"
                        };
                        let alumnus = html! {
                            "an alumnus offering sessions" @ if welcome ==
                            Welcome::Listed { " (a coordinator decides)" }
                        };
                        role_choice("You are", &newcomer.role, &student, &alumnus)
                    })
                    ({
                        Field::new(
                                "message",
                                "Anything the coordinators should know",
                                &newcomer.message,
                            )
                            .hint("For example, your year and department.")
                            .longest(1000)
                            .problems(problems)
                            .text_area(3)
                    })
                }
                p.hint {
                    "By joining you agree to our "
                    a href="/privacy" { "privacy notice" }
                    "."
                }
                button.button {
                    @if welcome == Welcome::Unknown { "Ask to join" } @else { "Create account" }
                }
            }
        }
    };
    Page {
        chrome,
        title: "Join",
        body,
    }
    .render()
}

pub fn request_waits(
    chrome: &Chrome,
    request: &JoinRequest,
    zone: &Zone,
    may_browse: bool,
) -> Markup {
    let body = html! {
        div.narrow {
            h1 { "Your request is waiting" }
            p.lead {
                "A coordinator will look at it. You asked to join on "
                (time::moment(request.asked_at, zone))
                " ("
                (time::zone_in_words(zone, request.asked_at))
                ") and will get an email when they have decided."
            }
            @if may_browse {
                p {
                    "In the meantime, you can "
                    a href="/alumni" { "see who offers what" }
                    "."
                }
            }
        }
    };
    Page {
        chrome,
        title: "Your request is waiting",
        body,
    }
    .render()
}
