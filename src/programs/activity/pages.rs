//! The pages of what is on in a cohort, made from values already loaded.

use chrono::{DateTime, Utc};
use maud::{Markup, html};

use super::{
    Activity, ActivityKind, Rsvp,
    rules::Typed,
    store::{Answered, Listed},
};
use crate::{
    db::PersonId,
    html::{
        Page,
        form::{self, Field, tick_box},
        icon, time,
    },
    input::{self, Problems},
    people::{Person, visitor::Visitor},
    programs::{
        application::CohortRole,
        file::Part,
        member::Inside,
        review::pages::head,
        staff::{StaffRole, access::CohortAccess},
    },
    schedule::{Span, Zone},
};

/// Whether an activity is for somebody; staff sees all.
pub fn is_for(activity: &Activity, inside: &Inside) -> bool {
    inside.staff.is_some() || inside.roles.iter().any(|role| role.is_of(activity.role))
}

/// An activity in the list of what is on.
pub fn listed(visitor: &Visitor, inside: &Inside, listed: &Listed, now: DateTime<Utc>) -> Markup {
    let activity = &listed.activity;
    html! {
        @if is_for(activity, inside) {
            li.card.stack {
                h3 {
                    a href=(inside.at(&format!("/activities/{}", activity.id))) { (activity.title) }
                }
                (when(activity, &visitor.zone))
                @if activity.cancelled_at.is_some() {
                    p {
                        span.badge.is-wrong { "Cancelled" }
                    }
                } @else { (rsvp(visitor, inside, listed, now)) }
            }
        }
    }
}

fn when(activity: &Activity, zone: &Zone) -> Markup {
    html! {
        @match activity.starts_at.zip(activity.ends_at) {
            Some((starts, ends)) => {
                p { (icon::calendar()) " " (time::span(Span::new(starts, ends), zone)) }
            }
            None => p.hint { "A prompt, in your own time" },
        }
    }
}

fn rsvp(visitor: &Visitor, inside: &Inside, listed: &Listed, now: DateTime<Utc>) -> Markup {
    let activity = &listed.activity;
    let is_ahead = activity.ends_at.is_some_and(|ends| ends > now);
    html! {
        @if is_ahead && !inside.roles.is_empty() && inside.is_open() {
            form.row method="post" action=(inside.at(&format!("/activities/{}/rsvp", activity.id))) {
                (visitor.chrome.csrf_field())
                span { "Are you coming?" }
                @for answer in Rsvp::ALL {
                    @let is_given = listed.answer == Some(*answer);
                    button
                        .button
                        .is-small
                        .is-quiet[!is_given]
                        name="answer"
                        value=(answer.as_str())
                        aria-pressed=(is_given.to_string())
                    {
                        (answer.words())
                        span.sr-only { ": " (activity.title) }
                    }
                }
            }
        }
    }
}

/// The page of an activity for members.
pub fn activity(visitor: &Visitor, inside: &Inside, listed: &Listed, now: DateTime<Utc>) -> Markup {
    let activity = &listed.activity;
    let body = html! {
        p {
            a href=(inside.at("")) { (inside.file.name) }
        }
        h1 { (activity.title) }
        (when(activity, &visitor.zone))
        @if activity.cancelled_at.is_some() {
            p {
                span.badge.is-wrong { "Cancelled" }
            }
        }
        @if !activity.words.is_empty() {
            p.said { (activity.words) }
        }
        @if input::is_web_address(&activity.location) {
            p {
                a.button href=(activity.location) rel="noopener noreferrer" {
                    (icon::video())
                    "Join the meeting"
                }
            }
        } @else if !activity.location.is_empty() {
            p { (icon::pin()) " " (activity.location) }
        }
        @if activity.cancelled_at.is_none() { (rsvp(visitor, inside, listed, now)) }
        @if activity.kind == ActivityKind::Event {
            p {
                a href=(inside.at(&format!("/activities/{}/event.ics", activity.id))) {
                    "Calendar file"
                }
            }
        }
    };
    Page {
        chrome: &visitor.chrome,
        title: &activity.title,
        body,
    }
    .render()
}

/// What the pages of planning show.
pub struct Planning<'a> {
    pub access: &'a CohortAccess,
    pub typed: &'a Typed,
    pub problems: &'a Problems,
    pub now: DateTime<Utc>,
}

impl Planning<'_> {
    fn at(&self, path: &str) -> String {
        let (slug, cohort) = (&self.access.program.slug, &self.access.cohort.slug);
        format!("/coordinate/programs/{slug}/cohorts/{cohort}/activities{path}")
    }
}

/// An activity as it is typed, in a zone.
pub fn as_typed(activity: &Activity, zone: &Zone) -> Typed {
    let minutes = activity
        .starts_at
        .zip(activity.ends_at)
        .map(|(starts, ends)| (ends - starts).num_minutes());
    let local = |at: DateTime<Utc>| zone.local(at).format("%Y-%m-%dT%H:%M").to_string();
    Typed {
        kind: activity.kind.as_str().into(),
        role: activity.role.as_str().into(),
        title: activity.title.clone(),
        words: activity.words.clone(),
        starts: activity.starts_at.map(local).unwrap_or_default(),
        minutes: minutes.unwrap_or(60).to_string(),
        location: activity.location.clone(),
    }
}

/// Everything that is on, and the form for more.
pub fn plan(visitor: &Visitor, planning: &Planning, all: &[Activity]) -> Markup {
    let access = planning.access;
    let zone = access.cohort.zone();
    let body = html! {
        (head(access, &access.program.name, "/activities"))
        (form::summary(planning.problems))
        div.columns {
            div {
                @if all.is_empty() {
                    div.empty {
                        (icon::calendar())
                        p {
                            "Nothing is on yet. Prompts are done in one’s own time; events have a time, and people say whether they come."
                        }
                    }
                }
                ul.cards.is-single {
                    @for activity in all {
                        li.card.stack {
                            h2 {
                                a href=(planning.at(&format!("/{}", activity.id))) {
                                    (activity.title)
                                }
                            }
                            (when(activity, &zone))
                            p.row {
                                span.badge { (whom(activity.role)) }
                                @if activity.cancelled_at.is_some() {
                                    span.badge.is-wrong { "Cancelled" }
                                }
                            }
                        }
                    }
                }
            }
            @if access.role == StaffRole::Lead && access.cohort.archived_at.is_none() {
                (fields(visitor, planning, &planning.at(""), "Add"))
            }
        }
    };
    Page {
        chrome: &visitor.chrome,
        title: "Events",
        body,
    }
    .render()
}

fn whom(role: Part) -> &'static str {
    match role {
        Part::Both => "Everybody",
        Part::Mentee => "Mentees",
        Part::Mentor => "Mentors",
    }
}

fn fields(visitor: &Visitor, planning: &Planning, action: &str, label: &str) -> Markup {
    let (typed, problems) = (planning.typed, planning.problems);
    let zone = planning.access.cohort.zone();
    let city = format!("In {} time. Only for an event.", zone.city());
    html! {
        form.card.stack method="post" action=(action) {
            (visitor.chrome.csrf_field())
            h2 { (label) }
            ({
                Field::new("kind", "Kind", &typed.kind)
                    .required()
                    .problems(problems)
                    .select([
                        (
                            "event",
                            "Event: has a time, people say whether they come".to_owned(),
                        ),
                        ("prompt", "Prompt: in one’s own time".to_owned()),
                    ])
            })
            ({
                Field::new("role", "For", &typed.role)
                    .required()
                    .problems(problems)
                    .select([
                        ("both", "Everybody".to_owned()),
                        ("mentee", "Mentees".to_owned()),
                        ("mentor", "Mentors".to_owned()),
                    ])
            })
            ({
                Field::new("title", "Title", &typed.title)
                    .required()
                    .longest(150)
                    .problems(problems)
                    .input()
            })
            ({
                Field::new("words", "Description", &typed.words)
                    .longest(5000)
                    .problems(problems)
                    .text_area(5)
            })
            ({
                Field::new("starts", "Starts", &typed.starts)
                    .hint(&city)
                    .kind("datetime-local")
                    .problems(problems)
                    .input()
            })
            ({
                Field::new("minutes", "Length, in minutes", &typed.minutes)
                    .problems(problems)
                    .number(15, 480)
            })
            ({
                Field::new("location", "Meeting link or place", &typed.location)
                    .longest(500)
                    .problems(problems)
                    .input()
            })
            div.row {
                button.button { (label) }
            }
        }
    }
}

/// One activity: its form, and who comes and came.
pub fn edit(
    visitor: &Visitor,
    planning: &Planning,
    activity: &Activity,
    members: &[(Person, CohortRole)],
    answers: &[Answered],
) -> Markup {
    let access = planning.access;
    let at = planning.at(&format!("/{}", activity.id));
    let may = access.role == StaffRole::Lead
        && access.cohort.archived_at.is_none()
        && activity.cancelled_at.is_none();
    let body = html! {
        p {
            a href=(planning.at("")) { "Events" }
        }
        h1 { (activity.title) }
        (when(activity, &access.cohort.zone()))
        @if activity.cancelled_at.is_some() {
            p {
                span.badge.is-wrong { "Cancelled" }
            }
        }
        (form::summary(planning.problems))
        div.columns {
            div.stack {
                @if activity.kind == ActivityKind::Event {
                    (attendance(visitor, planning, &at, members, answers, activity))
                } @else {
                    p.said { (activity.words) }
                }
            }
            @if may {
                aside.stack {
                    (fields(visitor, planning, &at, "Save"))
                    form
                        method="post"
                        action={ (at) "/cancel" }
                        data-confirm="Those who said they would come get an email."
                    {
                        (visitor.chrome.csrf_field())
                        button.link { "Cancel this activity" }
                    }
                }
            }
        }
    };
    Page {
        chrome: &visitor.chrome,
        title: &activity.title,
        body,
    }
    .render()
}

fn attendance(
    visitor: &Visitor,
    planning: &Planning,
    at: &str,
    members: &[(Person, CohortRole)],
    answers: &[Answered],
    activity: &Activity,
) -> Markup {
    let of = |id: PersonId| answers.iter().find(|given| given.person == id);
    let count = |wanted: Rsvp| {
        let given = answers.iter().filter(|given| given.answer == Some(wanted));
        given.count()
    };
    let is_over = activity
        .starts_at
        .is_some_and(|starts| starts <= planning.now);
    let invited = members.iter().filter(|(_, role)| role.is_of(activity.role));
    html! {
        section aria-labelledby="coming" {
            h2 #coming { "Who is coming" }
            p { (count(Rsvp::Yes)) " yes, " (count(Rsvp::Maybe)) " maybe, " (count(Rsvp::No)) " no" }
            form.stack method="post" action={ (at) "/attendance" } {
                (visitor.chrome.csrf_field())
                ul.plain {
                    @for (person, _) in invited {
                        @let given = of(person.id);
                        li.row.is-apart {
                            @if is_over && planning.access.role.may(StaffRole::Reviewer) {
                                ({
                                    tick_box(
                                        "present",
                                        &person.id.to_string(),
                                        &person.name,
                                        given.is_some_and(|given| given.attended == Some(true)),
                                    )
                                })
                            } @else {
                                bdi { (person.name) }
                            }
                            span.hint {
                                ({
                                    given
                                        .and_then(|given| given.answer)
                                        .map_or("No answer", Rsvp::words)
                                })
                            }
                        }
                    }
                }
                @if is_over && planning.access.role.may(StaffRole::Reviewer) {
                    p.hint { "Tick who came." }
                    div.row {
                        button.button.is-quiet { "Save attendance" }
                    }
                }
            }
        }
    }
}
