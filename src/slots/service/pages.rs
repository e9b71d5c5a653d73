//! Pages on which alumni edit their services, made from values already loaded.

use maud::{Markup, html};

use crate::{
    html::{
        Page,
        form::{self, Field, address, tick_box},
        icon,
        layout::Chrome,
    },
    input::Problems,
    slots::{Host, Service, catalogue::Catalogue, rules::ServiceForm},
};

pub fn services(
    chrome: &Chrome,
    host: &Host,
    services: &[Service],
    catalogue: &Catalogue,
) -> Markup {
    let body = html! {
        div.title-row {
            h1 { "My services" }
            a.button href="/me/services/new" { (icon::plus()) "Offer a service" }
        }
        p.lead {
            "What students can book with you. "
            a href={ "/alumni/" (host.profile.handle) } { "See your page" }
            " as they do."
        }
        @if services.is_empty() {
            div.empty {
                (icon::calendar())
                p {
                    strong { "You do not offer any services yet." }
                    " Start with what people ask you about most: half an hour on a resume, perhaps."
                }
                p {
                    a.button href="/me/services/new" { "Offer your first service" }
                }
            }
        }
        ul.cards {
            @for service in services {
                li.card {
                    h2 { (service.title) }
                    p.hint.kind {
                        (icon::of_kind(catalogue.icon(&service.kind)))
                        (catalogue.title(&service.kind))
                        " · "
                        (service.duration_minutes)
                        " minutes"
                        @if service.approval { " · needs your approval" }
                        @if let Some(seats) = service.seats { " · up to " (seats) " students" }
                        @if service.closed_at.is_some() { " · not offered at the moment" }
                    }
                    @if !service.description.is_empty() {
                        p { (service.description) }
                    }
                    @if service.location.is_empty() {
                        p.state.is-wrong {
                            (icon::pin())
                            a href={ "/me/services/" (service.slug) "#location" } {
                                "Add a meeting link or place"
                            }
                        }
                    }
                    div.row {
                        a.button.is-quiet href={ "/me/services/" (service.slug) } {
                            "Edit"
                            span.sr-only { " " (service.title) }
                        }
                        form method="post" action={ "/me/services/" (service.slug) "/open" } {
                            (chrome.csrf_field())
                            @if service.closed_at.is_some() {
                                button.button.is-quiet name="open" value="yes" { "Offer again" }
                            } @else {
                                button.button.is-quiet name="open" value="no" { "Stop offering" }
                            }
                        }
                    }
                }
            }
        }
    };
    Page {
        chrome,
        title: "My services",
        body,
    }
    .render()
}

/// Begins a new service with what it is about.
pub fn choose_kind(chrome: &Chrome, catalogue: &Catalogue) -> Markup {
    let body = html! {
        div.narrow {
            p {
                a href="/me/services" { "My services" }
            }
            h1 { "Offer a service" }
            @if catalogue.offered().next().is_none() {
                div.empty {
                    (icon::calendar())
                    p {
                        strong { "There is nothing to choose from yet." }
                        " The coordinators of this site decide what alumni can offer. Please ask them to add a kind of service."
                    }
                }
            } @else {
                p.lead { "What is it about?" }
            }
            ul.kinds {
                @for entry in catalogue.offered() {
                    li {
                        a href=(address("/me/services/new", &[("kind", entry.kind.as_str())])) {
                            (icon::of_kind(&entry.icon))
                            (entry.title)
                        }
                    }
                }
            }
        }
    };
    Page {
        chrome,
        title: "Offer a service",
        body,
    }
    .render()
}

pub fn service(
    chrome: &Chrome,
    service: Option<&Service>,
    values: &ServiceForm,
    catalogue: &Catalogue,
    problems: &Problems,
) -> Markup {
    let slug = service.map(|service| service.slug.as_str());
    let before = service.map_or("", |service| service.kind.as_str());
    let action = format!("/me/services/{}", slug.unwrap_or("new"));
    let title = if slug.is_some() {
        "Edit a service"
    } else {
        "Offer a service"
    };
    let body = html! {
        div.narrow {
            p {
                a href="/me/services" { "My services" }
            }
            h1 { (title) }
            (form::summary(problems))
            form.stack method="post" action=(action) {
                (chrome.csrf_field())
                ({
                    Field::new("kind", "Kind", &values.kind)
                        .required()
                        .problems(problems)
                        .select(catalogue.choices(before))
                })
                ({
                    Field::new("title", "Title", &values.title)
                        .hint("Leave empty to use the name of the kind.")
                        .longest(80)
                        .problems(problems)
                        .input()
                })
                ({
                    Field::new(
                            "description",
                            "What you do in the session",
                            &values.description,
                        )
                        .longest(1000)
                        .problems(problems)
                        .text_area(4)
                })
                div.fields {
                    ({
                        Field::new(
                                "duration_minutes",
                                "Length, in minutes",
                                &values.duration_minutes,
                            )
                            .hint("From 30 to 60.")
                            .required()
                            .problems(problems)
                            .number(30, 60)
                    })
                    ({
                        Field::new(
                                "increment_minutes",
                                "Minutes between start times",
                                &values.increment_minutes,
                            )
                            .hint("Leave empty for back-to-back sessions.")
                            .problems(problems)
                            .number(5, 240)
                    })
                }
                ({
                    Field::new("location", "Meeting link or place", &values.location)
                        .hint("Shown only to you and the people who book.")
                        .required()
                        .longest(300)
                        .problems(problems)
                        .input()
                })
                ({
                    Field::new(
                            "questions",
                            "Questions for the student",
                            &values.questions,
                        )
                        .hint(
                            "One per line, up to six. Add * to the end of a question that must be answered.",
                        )
                        .problems(problems)
                        .text_area(3)
                })
                ({
                    tick_box(
                        "needs_file",
                        "yes",
                        "Ask for a document, such as a resume",
                        values.needs_file,
                    )
                })
                ({
                    tick_box(
                        "approval",
                        "yes",
                        "I answer each request before it is booked",
                        values.approval,
                    )
                })
                div.fields {
                    ({
                        Field::new(
                                "answer_within_hours",
                                "Time to answer a request, in hours",
                                &values.answer_within_hours,
                            )
                            .hint(
                                "The time is held until then. Leave empty for 48 hours.",
                            )
                            .problems(problems)
                            .number(1, 168)
                    })
                    ({
                        Field::new(
                                "change_notice_hours",
                                "Deadline for changes, in hours before the start",
                                &values.change_notice_hours,
                            )
                            .hint(
                                "Cancelling after this counts as late. Leave empty to allow changes until the session starts.",
                            )
                            .problems(problems)
                            .number(0, 168)
                    })
                }
                ({
                    Field::new("seats", "Seats", &values.seats)
                        .hint(
                            "For a group: how many students share one session, 2 to 30. They do not see each other’s names or email addresses. Leave empty for one student.",
                        )
                        .problems(problems)
                        .number(2, 30)
                })
                button.button { "Save" }
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
