//! The desk of a cohort, made from values already loaded.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use maud::{Markup, html};

use super::{Cohort, archive::PastCohort};
use crate::{
    html::{
        Page,
        form::{self as controls, Field},
        icon, time,
    },
    input::Problems,
    people::visitor::Visitor,
    programs::{
        application::{CohortRole, store::Funnel},
        file::ProgramFile,
        phase::Phase,
        review::pages::head,
        staff::{
            StaffRole,
            access::{Access, CohortAccess},
        },
    },
};

/// What the desk of a cohort shows.
pub struct Desk<'a> {
    pub access: &'a CohortAccess,
    pub file: &'a ProgramFile,
    /// Mentees and mentors.
    pub funnel: [Funnel; 2],
    /// How many applications the reader is to read, and has not.
    pub mine: i64,
    pub now: DateTime<Utc>,
}

pub fn desk(visitor: &Visitor, desk: &Desk) -> Markup {
    let access = desk.access;
    let cohort = &access.cohort;
    let phase = cohort.phase(desk.now);
    let at = |path: &str| {
        let (slug, cohort) = (&access.program.slug, &cohort.slug);
        format!("/coordinate/programs/{slug}/cohorts/{cohort}{path}")
    };
    let body = html! {
        (head(access, &desk.file.name, ""))
        p.row {
            span.badge.is-open[phase.is_open()] { (phase.words()) }
            @if let Some(closes) = cohort.closes_at.filter(|at| phase == Phase::Open && *at > desk.now) {
                span.hint { "Applications close in " (time::roughly(closes - desk.now)) "." }
            }
        }
        (timeline(cohort, desk.now))
        div.columns {
            div.stack {
                section aria-labelledby="funnel" {
                    h2 #funnel { "Applications" }
                    div.funnels {
                        @for (role, funnel) in CohortRole::ALL.iter().zip(desk.funnel) {
                            (funnel_of(cohort, *role, &funnel))
                        }
                    }
                }
                (needs(desk, &at))
            }
            aside.stack {
                section.card.stack aria-labelledby="about" {
                    h2 #about { "Settings" }
                    p {
                        "Dates, seats, form and letters are set in the program file, version "
                        (cohort.version)
                        "."
                    }
                    p.row {
                        a href={ "/cohorts/" (access.program.slug) "/" (cohort.slug) } {
                            "As members see it"
                        }
                        a href={ "/coordinate/programs/" (access.program.slug) } { "Program file" }
                        a href={ "/coordinate/programs/" (access.program.slug) "/staff" } {
                            "Who runs it"
                        }
                    }
                }
                @if access.role == StaffRole::Lead { (archiving(visitor, desk, &at)) }
            }
        }
    };
    Page {
        chrome: &visitor.chrome,
        title: &desk.file.name,
        body,
    }
    .render()
}

/// A date of the timeline.
struct Mark {
    label: &'static str,
    day: NaiveDate,
    is_over: bool,
}

/// The dates of a cohort in their order, with today among them.
fn timeline(cohort: &Cohort, now: DateTime<Utc>) -> Markup {
    let zone = cohort.zone();
    let today = zone.local(now).date_naive();
    let moment = |label, at: Option<DateTime<Utc>>, is_end: bool| {
        let at = at?;
        // An end is named by the last moment before it.
        let shown = if is_end {
            at - TimeDelta::seconds(1)
        } else {
            at
        };
        Some(Mark {
            label,
            day: zone.local(shown).date_naive(),
            is_over: at <= now,
        })
    };
    let day = |label, day: Option<NaiveDate>, counts: bool| {
        let day = day?;
        Some(Mark {
            label,
            day,
            is_over: day < today || counts && day == today,
        })
    };
    let marks = [
        moment("Open", cohort.opens_at, false),
        moment("Close", cohort.closes_at, true),
        moment("Results", cohort.results_at, false),
        day("Start", cohort.starts_on, true),
        day("End", cohort.ends_on, false),
    ];
    let mut marks: Vec<Mark> = marks.into_iter().flatten().collect();
    if marks.is_empty() {
        return html! {};
    }
    let place = marks.iter().take_while(|mark| mark.is_over).count();
    let mark = Mark {
        label: "Today",
        day: today,
        is_over: false,
    };
    marks.insert(place, mark);
    html! {
        ol.timeline.is-wide aria-label="Dates" {
            @for (number, mark) in marks.iter().enumerate() {
                li.is-over[mark.is_over].is-today[number == place] {
                    strong { (mark.label) }
                    span { (time::short_date(mark.day)) }
                }
            }
        }
    }
}

/// How many came how far in a role, as bars with their numbers.
fn funnel_of(cohort: &Cohort, role: CohortRole, funnel: &Funnel) -> Markup {
    let seats = match role {
        CohortRole::Mentee => cohort.mentee_seats,
        CohortRole::Mentor => cohort.mentor_seats,
    };
    let bars = [
        ("Started", funnel.started),
        ("Received", funnel.received),
        ("Selected", funnel.selected + funnel.offered),
        ("Wait-listed", funnel.wait_listed),
        ("Not selected", funnel.not_selected),
        ("Withdrawn", funnel.withdrawn),
    ];
    let most = bars
        .iter()
        .map(|(_, count)| *count)
        .max()
        .unwrap_or(0)
        .max(1);
    html! {
        section.card.stack {
            h3 { (role.plural()) }
            dl.bars {
                @for (label, count) in bars {
                    div {
                        dt { (label) }
                        dd {
                            meter min="0" max=(most) value=(count) aria-hidden="true" {}
                            " "
                            strong { (count) }
                            @if let Some(seats) = seats.filter(|_| label == "Selected") {
                                span.hint {
                                    " of "
                                    (seats)
                                    @if seats == 1 { " seat" } @else { " seats" }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// What waits for the staff.
fn needs(desk: &Desk, at: &impl Fn(&str) -> String) -> Markup {
    let sum = |of: fn(&Funnel) -> i64| desk.funnel.iter().map(of).sum::<i64>();
    let phase = desk.access.cohort.phase(desk.now);
    let (doubtful, undecided) = (sum(|f| f.doubtful), sum(|f| f.undecided));
    let untold = sum(|f| f.untold);
    let is_after_close = matches!(
        phase,
        Phase::Reviewing | Phase::Decided | Phase::Running | Phase::AlwaysOpen
    );
    let applications = |count: i64| match count {
        1 => "1 application".to_owned(),
        many => format!("{many} applications"),
    };
    let mut needs: Vec<(String, String, &str)> = Vec::new();
    if phase == Phase::Planned {
        let words =
            "The cohort is only planned, so nobody can apply. Set its status to “confirmed”.";
        let file = format!("/coordinate/programs/{}", desk.access.program.slug);
        needs.push((words.into(), file, "Open the file"));
    }
    if desk.mine > 0 {
        let words = format!("{} for you to review", applications(desk.mine));
        needs.push((words, at("/applications?mine=yes"), "Read"));
    }
    if doubtful > 0 {
        let words = format!("{} with eligibility in doubt", applications(doubtful));
        needs.push((words, at("/applications?doubt=yes"), "Check"));
    }
    if undecided > 0 && is_after_close {
        let words = format!("{} without a decision", applications(undecided));
        needs.push((words, at("/applications?decision=open"), "Decide"));
    }
    if untold > 0 && undecided == 0 && is_after_close && desk.access.cohort.release_at.is_none() {
        needs.push(("The results can be released".into(), at("/results"), "Look"));
    }
    html! {
        section aria-labelledby="needs" {
            h2 #needs { "Needs you" }
            @if needs.is_empty() {
                p { (icon::check()) " Nothing at the moment." }
            }
            @for (words, href, label) in &needs {
                p.card.row.is-apart {
                    span { (words) }
                    a.button.is-small href=(href) { (label) }
                }
            }
        }
    }
}

fn archiving(visitor: &Visitor, desk: &Desk, at: &impl Fn(&str) -> String) -> Markup {
    let cohort = &desk.access.cohort;
    html! {
        @if cohort.archived_at.is_some() {
            form.card.stack method="post" action=(at("/reopen")) {
                (visitor.chrome.csrf_field())
                h2 { "Archived" }
                p { "Nothing changes in it any more." }
                div.row {
                    button.button.is-quiet { "Reopen" }
                }
            }
        } @else {
            details.card {
                summary { "Archive this cohort" }
                form.stack method="post" action=(at("/archive")) {
                    (visitor.chrome.csrf_field())
                    p {
                        "The program’s page shows how many took part. Nothing changes in it any more, and nobody can apply. You can reopen it."
                    }
                    ({
                        let pairs = cohort.pairs.unwrap_or(0).to_string();
                        Field::new("pairs", "Number of pairs", &pairs)
                            .required()
                            .number(0, 10_000)
                    })
                    div.row {
                        button.button.is-quiet { "Archive" }
                    }
                }
            }
        }
    }
}

/// The cohorts of a program.
pub fn list(
    visitor: &Visitor,
    access: &Access,
    cohorts: &[Cohort],
    typed: &PastCohort,
    problems: &Problems,
    now: DateTime<Utc>,
) -> Markup {
    let slug = access.program.slug.as_str();
    let path = format!("/coordinate/programs/{slug}/cohorts");
    let body = html! {
        p {
            a href={ "/coordinate/programs/" (slug) } { (slug) }
        }
        h1 { "Cohorts" }
        p.lead { "A cohort begins when a program file with its name and dates is published." }
        (controls::summary(problems))
        div.columns {
            div {
                @if cohorts.is_empty() {
                    div.empty {
                        (icon::calendar())
                        p { "There are no cohorts yet." }
                    }
                }
                ul.cards.is-single {
                    @for cohort in cohorts {
                        li.card.row.is-apart {
                            span {
                                strong {
                                    a href={ (path) "/" (cohort.slug) } { (cohort.name) }
                                }
                                @if let Some(day) = cohort.starts_on {
                                    br;
                                    span.hint { "Starts on " (time::long_date(day)) }
                                }
                            }
                            @let phase = cohort.phase(now);
                            span.badge.is-open[phase.is_open()] {
                                @if phase == Phase::Archived { "Archived" } @else { (phase.words()) }
                            }
                        }
                    }
                }
            }
            @if access.role == StaffRole::Lead {
                form.card.stack method="post" action=(path) {
                    (visitor.chrome.csrf_field())
                    h2 { "Add a past cohort" }
                    p.hint {
                        "One that was over before the program came here. The program’s page lists it."
                    }
                    ({
                        Field::new("name", "Name", &typed.name)
                            .required()
                            .longest(80)
                            .problems(problems)
                            .input()
                    })
                    ({
                        Field::new("pairs", "Pairs", &typed.pairs)
                            .problems(problems)
                            .number(0, 100_000)
                    })
                    ({
                        Field::new("mentees", "Mentees", &typed.mentees)
                            .problems(problems)
                            .number(0, 100_000)
                    })
                    ({
                        Field::new("mentors", "Mentors", &typed.mentors)
                            .problems(problems)
                            .number(0, 100_000)
                    })
                    div.row {
                        button.button.is-quiet { (icon::plus()) "Add" }
                    }
                }
            }
        }
    };
    Page {
        chrome: &visitor.chrome,
        title: "Cohorts",
        body,
    }
    .render()
}
