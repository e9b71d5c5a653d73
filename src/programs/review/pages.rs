//! The pages on which applications are read, made from values already loaded.

use maud::{Markup, html};

use super::{
    rules::{self, Filter, Sort, short},
    store::{Neighbours, Row, SavedFilter, Written},
};
use crate::{
    db::PersonId,
    html::{
        Page,
        form::{self as controls, Field, Fields, tick_box},
        icon, pager, time,
    },
    input::Problems,
    people::{Person, visitor::Visitor},
    programs::{
        application::{
            Application, CohortRole, Decision, questions::pages::answers, store::Happened,
        },
        file::{ProgramFile, RubricLine},
        staff::{StaffRole, access::CohortAccess},
    },
};

/// What the table of applications shows.
pub struct Table<'a> {
    pub access: &'a CohortAccess,
    pub file: &'a ProgramFile,
    pub rows: &'a [Row],
    /// How many the filter shows on all pages.
    pub count: i64,
    pub tags: &'a [String],
    pub filters: &'a [SavedFilter],
    pub filter: &'a Filter,
    pub paging: (i64, bool),
    pub is_blind: bool,
    /// What the last decision can be taken back by.
    pub undo: Option<&'a str>,
}

/// The decisions that are made by hand.
pub const BY_HAND: [Decision; 3] = [
    Decision::Selected,
    Decision::WaitListed,
    Decision::NotSelected,
];

fn at(access: &CohortAccess, path: &str) -> String {
    let (slug, cohort) = (&access.program.slug, &access.cohort.slug);
    format!("/coordinate/programs/{slug}/cohorts/{cohort}{path}")
}

/// The way back to the cohort, and between its pages.
pub fn head(access: &CohortAccess, name: &str, current: &str) -> Markup {
    let tabs = [
        ("", "Overview"),
        ("/applications", "Applications"),
        ("/results", "Results"),
        ("/activities", "Events"),
    ];
    html! {
        p {
            a href="/coordinate/programs" { "Programs" }
        }
        h1 {
            (name)
            @if !access.cohort.is_rolling { " " (access.cohort.name) }
        }
        nav.tabs aria-label="Cohort" {
            @for (path, label) in tabs {
                a href=(at(access, path)) aria-current=[(path == current).then_some("page")] {
                    (label)
                }
            }
        }
    }
}

/// The table of applications.
pub fn list(visitor: &Visitor, table: &Table) -> Markup {
    let access = table.access;
    let path = at(access, "/applications");
    let may_decide = access.role == StaffRole::Lead
        && (access.cohort.release_at.is_none() || access.cohort.released_at.is_some());
    let body = html! {
        (head(access, &table.file.name, "/applications"))
        @if {
            access.role == StaffRole::Lead && access.cohort.released_at.is_some()
                && !access.cohort.is_rolling
        } {
            p.hint { "The results are out. Decisions can no longer be changed here." }
        }
        @if let Some(batch) = table.undo {
            form.callout.row method="post" action=(at(access, "/undo")) {
                (visitor.chrome.csrf_field())
                input type="hidden" name="batch" value=(batch);
                input type="hidden" name="back" value=(table.filter.at(&path, table.paging.0));
                span { "Decided. Nobody hears before you release the results." }
                button.button.is-small.is-quiet { "Undo" }
            }
        }
        (filters(visitor, table, &path))
        p.row.is-apart {
            span {
                (table.count)
                @if table.count == 1 { " application" } @else { " applications" }
            }
            span.row {
                a href=(table.filter.at(&format!("{path}.csv"), 1)) { "CSV" }
                a href=(table.filter.at(&format!("{path}.xlsx"), 1)) { "Excel" }
            }
        }
        @if table.rows.is_empty() {
            div.empty {
                (icon::users())
                @if table.filter.is_empty() {
                    p { "No applications have been received yet." }
                } @else {
                    p { "No application fits these filters." }
                    p {
                        a.button.is-quiet href=(path) { "Clear filters" }
                    }
                }
            }
        } @else {
            form method="post" action=(at(access, "/decide")) {
                (visitor.chrome.csrf_field())
                input type="hidden" name="back" value=(table.filter.at(&path, table.paging.0));
                @let can_decide = table.rows.iter().any(|row| row.released_at.is_none());
                (rows(visitor, table, may_decide && can_decide))
                @if may_decide && can_decide { (decide_bar()) }
            }
        }
        ({
            pager::pager(
                table.paging.0,
                table.paging.1,
                |number| { table.filter.at(&path, number) },
            )
        })
    };
    Page {
        chrome: &visitor.chrome,
        title: "Applications",
        body,
    }
    .render()
}

fn decide_bar() -> Markup {
    html! {
        div.row.decide-bar {
            span { "Mark selected as:" }
            @for decision in BY_HAND {
                button.button.is-small.is-quiet name="decision" value=(decision.as_str()) {
                    (decision.words())
                }
            }
            button.button.is-small.is-quiet name="decision" value="open" { "No decision" }
        }
    }
}

fn filters(visitor: &Visitor, table: &Table, path: &str) -> Markup {
    let filter = table.filter;
    let decisions = [("", "Any decision"), ("open", "No decision yet")]
        .into_iter()
        .chain(Decision::ALL.iter().map(|d| (d.as_str(), d.words())))
        .map(|(value, label)| (value, label.to_owned()));
    let roles = std::iter::once(("", "Both roles".to_owned())).chain(
        CohortRole::ALL
            .iter()
            .map(|s| (s.as_str(), s.plural().to_owned())),
    );
    let tags = std::iter::once(("", "Any tag".to_owned()))
        .chain(table.tags.iter().map(|tag| (tag.as_str(), tag.clone())));
    let sorts = [
        (Sort::Submitted, "First received"),
        (Sort::Name, "Name"),
        (Sort::Score, "Best score"),
    ];
    let sorts = sorts
        .into_iter()
        .filter(|(sort, _)| *sort != Sort::Name || !table.is_blind)
        .map(|(sort, label)| (sort.as_str(), label.to_owned()));
    html! {
        @if !table.filters.is_empty() {
            p.row {
                @for saved in table.filters {
                    form
                        .row
                        method="post"
                        action=(at(table.access, &format!("/filters/{}/remove", saved.id)))
                    {
                        (visitor.chrome.csrf_field())
                        a.badge href={ (path) "?" (saved.query) } { (saved.name) }
                        button.link {
                            (icon::trash())
                            span.sr-only { "Remove the filter " (saved.name) }
                        }
                    }
                }
            }
        }
        form.filters.row method="get" action=(path) {
            ({
                Field::new("role", "Role", filter.role.map_or("", CohortRole::as_str))
                    .filter()
                    .select(roles)
            })
            ({
                Field::new("decision", "Decision", &filter.decision)
                    .filter()
                    .select(decisions)
            })
            @if !table.tags.is_empty() {
                (Field::new("tag", "Tag", &filter.tag).filter().select(tags))
            }
            ({
                Field::new("sort", "Sort by", filter.sort.as_str())
                    .filter()
                    .select(sorts)
            })
            (Field::new("q", "Search", &filter.words).filter().kind("search").input())
            (tick_box("doubt", "yes", "Eligibility in doubt", filter.is_doubtful))
            (tick_box("mine", "yes", "Assigned to me", filter.is_mine))
            button.button.is-small { "Filter" }
            @if !filter.is_empty() {
                a.button.is-small.is-quiet href=(path) { "Clear filters" }
            }
        }
        @if !filter.is_empty() {
            details {
                summary { "Save these filters" }
                form.row method="post" action=(at(table.access, "/filters")) {
                    (visitor.chrome.csrf_field())
                    (hidden(filter))
                    (Field::new("name", "Name", "").longest(60).required().input())
                    button.button.is-small.is-quiet { "Save" }
                }
            }
        }
    }
}

/// A filter as hidden fields of a form.
fn hidden(filter: &Filter) -> Markup {
    let ticked = |is_ticked| if is_ticked { "yes" } else { "" };
    let fields = [
        ("role", filter.role.map_or("", CohortRole::as_str)),
        ("decision", &filter.decision),
        ("tag", &filter.tag),
        ("doubt", ticked(filter.is_doubtful)),
        ("mine", ticked(filter.is_mine)),
        ("q", &filter.words),
        ("sort", filter.sort.as_str()),
    ];
    html! {
        @for (name, value) in fields.into_iter().filter(|(_, value)| !value.is_empty()) {
            input type="hidden" name=(name) value=(value);
        }
    }
}

fn rows(visitor: &Visitor, table: &Table, may_decide: bool) -> Markup {
    let path = at(table.access, "/applications");
    html! {
        div.scroll tabindex="0" role="region" aria-label="Applications" {
            table.applications {
                thead {
                    tr {
                        @if may_decide {
                            th scope="col" {
                                span.sr-only { "Choose" }
                            }
                        }
                        th scope="col" { "Applicant" }
                        th scope="col" { "Role" }
                        th scope="col" { "Received" }
                        th.is-number scope="col" { "Score" }
                        th scope="col" { "Decision" }
                        th scope="col" { "Tags" }
                        th scope="col" { "Reviewer" }
                    }
                }
                tbody {
                    @for row in table.rows {
                        @let name = match table.is_blind {
                            true => format!("Applicant {}", short(row.id)),
                            false => row.name.clone(),
                        };
                        tr {
                            @if may_decide {
                                td {
                                    @if row.released_at.is_none() {
                                        label {
                                            input type="checkbox" name="id" value=(row.id);
                                            span.sr-only { (name) }
                                        }
                                    }
                                }
                            }
                            th scope="row" {
                                a href=(table.filter.at(&format!("{path}/{}", row.id), 1)) {
                                    bdi { (name) }
                                }
                                @if !row.doubts.is_empty() {
                                    br;
                                    span.badge.is-wrong { "Check eligibility" }
                                }
                            }
                            td { (row.role.words()) }
                            td { (time::moment(row.submitted_at, &visitor.zone)) }
                            td.is-number {
                                @match row.score {
                                    Some(score) => {
                                        (score)
                                        "%"
                                        span.hint { " (" (row.reviews) ")" }
                                    }
                                    None => "–",
                                }
                            }
                            td { (decision(row.decision, row.place)) }
                            td { (row.tags.0.join(", ")) }
                            td {
                                @if let Some(reviewer) = &row.reviewer {
                                    bdi { (reviewer) }
                                } @else { "–" }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn decision(decision: Option<Decision>, place: Option<i32>) -> Markup {
    html! {
        @match decision {
            None => "–",
            Some(decision) => {
                span.badge.is-open[decision == Decision::Selected] {
                    (decision.words())
                    @if let Some(place) = place { " " (place) }
                }
            }
        }
    }
}

/// What the page of an application shows to the staff.
pub struct Reads<'a> {
    pub access: &'a CohortAccess,
    /// With the form that was answered.
    pub file: &'a ProgramFile,
    /// By which it is scored now.
    pub rubric: &'a [RubricLine],
    pub application: &'a Application,
    pub author: &'a Person,
    pub reviews: &'a [Written],
    pub history: &'a [Happened],
    pub staff: &'a [(Person, StaffRole)],
    pub around: Neighbours,
    pub filter: &'a Filter,
    pub is_blind: bool,
    pub reader: PersonId,
    /// What was typed as a review and could not be saved.
    pub typed: Option<&'a Fields>,
}

impl Reads<'_> {
    /// The path below which the files of the application are.
    fn files(&self) -> String {
        let id = self.application.id;
        at(self.access, &format!("/applications/{id}/files"))
    }
}

pub fn application(visitor: &Visitor, reads: &Reads, problems: &Problems) -> Markup {
    let (access, found) = (reads.access, reads.application);
    let table = at(access, "/applications");
    let name = match reads.is_blind {
        true => format!("Applicant {}", short(found.id)),
        false => reads.author.name.clone(),
    };
    let may_decide = access.role == StaffRole::Lead
        && found.released_at.is_none()
        && (access.cohort.release_at.is_none() || access.cohort.released_at.is_some());
    let neighbour = |id: Option<crate::db::ApplicationId>, label: &str, rel: &str| {
        html! {
            @if let Some(id) = id {
                a   .button
                    .is-quiet
                    .is-small
                    rel=(rel)
                    href=(reads.filter.at(&format!("{table}/{id}"), 1))
                { (label) }
            }
        }
    };
    let body = html! {
        p {
            a href=(reads.filter.at(&table, 1)) { "Applications" }
        }
        div.title-row {
            h1 {
                bdi { (name) }
            }
            nav.row aria-label="Applications beside this one" {
                (neighbour(reads.around.before, "Previous", "prev"))
                (neighbour(reads.around.after, "Next", "next"))
            }
        }
        p.row {
            span.badge { (found.role.words()) }
            @if found.decision.is_some() { (decision(found.decision, found.place)) }
            @if !reads.is_blind {
                span.hint { (reads.author.email) }
            }
        }
        @if !found.doubts.is_empty() {
            div.callout {
                p {
                    strong { "Check whether they may apply" }
                }
                ul {
                    @for doubt in found.doubts.lines() {
                        li { (doubt) }
                    }
                }
            }
        }
        (controls::summary(problems))
        div.columns {
            div.stack {
                section aria-labelledby="answers" {
                    h2 #answers { "Answers" }
                    ({
                        answers(
                            reads.file,
                            found.role,
                            &found.answers,
                            (&reads.files(), reads.is_blind),
                            |field| { rules::may_read(field, access.role) },
                        )
                    })
                }
                (reviews(reads))
                (history(reads, visitor))
            }
            aside.stack {
                @if may_decide { (decide(visitor, reads)) }
                @if access.role.may(StaffRole::Reviewer) {
                    (own_review(visitor, reads, problems))
                    (filing(visitor, reads, problems))
                }
            }
        }
    };
    Page {
        chrome: &visitor.chrome,
        title: &name,
        body,
    }
    .render()
}

fn decide(visitor: &Visitor, reads: &Reads) -> Markup {
    let path = at(
        reads.access,
        &format!("/applications/{}", reads.application.id),
    );
    html! {
        form.card.stack method="post" action=(at(reads.access, "/decide")) {
            (visitor.chrome.csrf_field())
            h2 { "Decision" }
            input type="hidden" name="id" value=(reads.application.id);
            input type="hidden" name="back" value=(reads.filter.at(&path, 1));
            p.hint { "Nobody hears before you release the results." }
            div.row {
                @for decision in BY_HAND {
                    @let is_made = reads.application.decision == Some(decision);
                    button
                        .button
                        .is-small
                        .is-quiet[!is_made]
                        name="decision"
                        value=(decision.as_str())
                        aria-pressed=(is_made.to_string())
                    { (decision.words()) }
                }
                @if reads.application.decision.is_some() {
                    button.button.is-small.is-quiet name="decision" value="open" { "No decision" }
                }
            }
        }
    }
}

fn own_review(visitor: &Visitor, reads: &Reads, problems: &Problems) -> Markup {
    let own = reads.reviews.iter().find(|own| own.by == reads.reader);
    let is_stale = own.is_some_and(|own| is_stale(own, reads.application));
    let own = own.map(|own| own.review.clone()).unwrap_or_default();
    let typed = |name: &str| reads.typed.and_then(|typed| typed.one(name).ok());
    let path = at(
        reads.access,
        &format!("/applications/{}/review", reads.application.id),
    );
    html! {
        form.card.stack method="post" action=(path) {
            (visitor.chrome.csrf_field())
            (hidden(reads.filter))
            h2 { "Your review" }
            @if is_stale {
                p.callout {
                    "The answers have changed since. Save the review again to have it count."
                }
            }
            @for line in reads.rubric {
                @let name = rules::control(line);
                @let points = own
                    .scores
                    .get(&line.name)
                    .map_or_else(String::new, u32::to_string);
                @let range = format!("0 to {} points", line.points);
                ({
                    Field::new(&name, &line.words, typed(&name).unwrap_or(&points))
                        .hint(&range)
                        .problems(problems)
                        .number(0, line.points.into())
                })
            }
            ({
                Field::new("note", "Note", typed("note").unwrap_or(&own.note))
                    .hint(
                        "For the staff of this program. The applicant is given it if they ask for their data.",
                    )
                    .longest(5000)
                    .problems(problems)
                    .text_area(4)
            })
            ({
                tick_box(
                    "conflict",
                    "yes",
                    "I have a conflict of interest",
                    reads
                        .typed
                        .map_or(own.is_conflicted, |typed| typed.is_ticked("conflict")),
                )
            })
            div.row {
                button.button { "Save review" }
            }
        }
    }
}

fn filing(visitor: &Visitor, reads: &Reads, problems: &Problems) -> Markup {
    let path = at(
        reads.access,
        &format!("/applications/{}/filing", reads.application.id),
    );
    let reviewer = reads.application.reviewer_id;
    let reviewer = reviewer.map_or_else(String::new, |id| id.to_string());
    let ids: Vec<(String, String)> = reads
        .staff
        .iter()
        .map(|(person, _)| (person.id.to_string(), person.name.clone()))
        .collect();
    let choices = std::iter::once(("", "Nobody".to_owned()))
        .chain(ids.iter().map(|(id, name)| (id.as_str(), name.clone())));
    html! {
        form.card.stack method="post" action=(path) {
            (visitor.chrome.csrf_field())
            (hidden(reads.filter))
            h2 { "Organise" }
            (Field::new("reviewer", "Assigned to", &reviewer).filter().select(choices))
            ({
                Field::new("tags", "Tags", &reads.application.tags.0.join(", "))
                    .hint("With commas between them.")
                    .longest(500)
                    .problems(problems)
                    .input()
            })
            div.row {
                button.button.is-quiet { "Save" }
            }
        }
    }
}

/// Whether a review is about answers that have been changed since.
fn is_stale(written: &Written, application: &Application) -> bool {
    application
        .submitted_at
        .is_some_and(|at| written.saved_at < at)
}

fn reviews(reads: &Reads) -> Markup {
    let others = reads.reviews.iter().filter(|one| one.by != reads.reader);
    let others: Vec<_> = others.collect();
    html! {
        @if !others.is_empty() {
            section aria-labelledby="reviews" {
                h2 #reviews { "Other reviews" }
                ul.cards.is-single {
                    @for one in others {
                        @let review = &one.review;
                        li.card.stack {
                            p.row {
                                strong {
                                    bdi { (one.name) }
                                }
                                @if is_stale(one, reads.application) {
                                    span.badge { "About earlier answers" }
                                }
                                @if review.is_conflicted {
                                    span.badge { "Conflict of interest" }
                                } @else if let Some(total) = review.total {
                                    span.badge { (total) "%" }
                                }
                            }
                            @if !review.note.is_empty() {
                                p.said { (review.note) }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn history(reads: &Reads, visitor: &Visitor) -> Markup {
    html! {
        details.past {
            summary {
                h2 { "History" }
            }
            ul.plain {
                @for happened in reads.history {
                    li {
                        (time::moment(happened.at, &visitor.zone))
                        ": "
                        (words(&happened.what, happened.decision))
                        @if let Some(by) = happened.by.as_ref().filter(|_| !reads.is_blind) {
                            ", "
                            bdi { (by) }
                        }
                    }
                }
            }
        }
    }
}

/// What happened, in words.
fn words(what: &str, decision: Option<Decision>) -> String {
    match (what, decision) {
        ("submitted", _) => "Received".into(),
        ("changed", _) => "Answers changed".into(),
        ("withdrawn", _) => "Withdrawn".into(),
        ("released", Some(decision)) => format!("Result sent: {}", decision.words()),
        ("agreed", _) => "Agreed to what had changed".into(),
        ("accepted", _) => "Took the place".into(),
        ("declined", _) => "Declined the place".into(),
        ("lapsed", _) => "Did not answer in time".into(),
        (_, Some(decision)) => decision.words().into(),
        _ => "No decision".into(),
    }
}
