//! The pages on which coordinators keep programs, made from values already loaded.

use chrono::{DateTime, Utc};
use maud::{Markup, html};

use crate::{
    html::{
        Page,
        form::{self, Field, address},
        icon,
        layout::{self, Chrome},
        time,
    },
    input::Problems,
    programs::{
        cohort::{Cohort, follow::Concerned},
        file::{
            difference::Difference,
            lint::{Finding, Weight, is_blocked},
            template,
        },
        staff::{StaffRole, access::Access},
        store::{Made, Program, Version},
    },
    schedule::Zone,
};

/// What was typed to begin a program.
#[derive(Clone, Debug, Default)]
pub struct Typed {
    pub template: String,
    pub slug: String,
}

/// A program in the list.
pub struct Listed {
    pub program: Program,
    pub version: Version,
    /// As the latest version names it.
    pub name: String,
    /// How many findings keep the latest version from being published.
    pub blocks: usize,
}

pub fn list(
    chrome: &Chrome,
    programs: &[Listed],
    may_begin: bool,
    typed: &Typed,
    problems: &Problems,
) -> Markup {
    let body = html! {
        p {
            a href="/coordinate" { "Coordination" }
        }
        h1 { "Programs" }
        p.lead {
            "A program is a file: its dates, rules, forms and texts. Begin with a template, or with a file that you have."
        }
        (form::summary(problems))
        div.columns {
            section aria-labelledby="all" {
                h2 #all { "Your programs" }
                @if programs.is_empty() {
                    div.empty {
                        (icon::users())
                        p { "There are no programs yet." }
                    }
                }
                ul.cards.is-single {
                    @for listed in programs {
                        li.card {
                            h3 {
                                a href={ "/coordinate/programs/" (listed.program.slug) } {
                                    @if listed.name.is_empty() { (listed.program.slug) } @else {
                                        (listed.name)
                                    }
                                }
                            }
                            p.row {
                                (state(&listed.program, &listed.version))
                                @if listed.blocks > 0 {
                                    span.hint { (to_settle(listed.blocks)) }
                                }
                            }
                        }
                    }
                }
            }
            @if may_begin {
                div.stack {
                    form.card.stack method="post" action="/coordinate/programs" {
                        (chrome.csrf_field())
                        h2 { "From a template" }
                        ({
                            let names = template::titles();
                            Field::new("template", "Template", &typed.template)
                                .required()
                                .problems(problems)
                                .select(names)
                        })
                        ({
                            Field::new("slug", "Address", &typed.slug)
                                .hint(
                                    "What stands in the program’s address, as in spring-mentoring. Leave empty for the template’s own.",
                                )
                                .longest(60)
                                .problems(problems)
                                .input()
                        })
                        div.row {
                            button.button { (icon::plus()) "Begin" }
                        }
                    }
                    form
                        .card
                        .stack
                        method="post"
                        action="/coordinate/programs"
                        enctype="multipart/form-data"
                    {
                        (chrome.csrf_field())
                        h2 { "From a file" }
                        ({
                            Field::new("file", "Program file", "")
                                .hint(
                                    "A .toml file. If the site has the program already, this becomes its next version.",
                                )
                                .required()
                                .problems(problems)
                                .kind("file")
                                .input()
                        })
                        div.row {
                            button.button.is-quiet { "Upload" }
                        }
                    }
                }
            }
        }
    };
    Page {
        chrome,
        title: "Programs",
        body,
    }
    .render()
}

fn state(program: &Program, latest: &Version) -> Markup {
    html! {
        @match program.published {
            Some(number) if number == latest.number => span.badge.is-open { "Published" },
            Some(number) => {
                span.badge.is-open { "Published: version " (number) }
                span.badge { "Draft: version " (latest.number) }
            }
            None => span.badge { "Draft" },
        }
    }
}

fn to_settle(blocks: usize) -> String {
    match blocks {
        1 => "1 thing to settle before publishing".into(),
        many => format!("{many} things to settle before publishing"),
    }
}

/// A program as coordinators edit it.
pub struct Desk<'a> {
    pub program: &'a Program,
    /// What the reader may do with it.
    pub access: &'a Access,
    pub cohorts: &'a [Cohort],
    pub now: DateTime<Utc>,
    pub latest: &'a Version,
    /// The versions, the latest first.
    pub versions: &'a [Made],
    /// The file as it stands in the editor.
    pub text: &'a str,
    /// What is wrong with that.
    pub findings: &'a [Finding],
    /// Why it was not saved.
    pub problem: Option<&'a str>,
    /// Whether the editor shows something that is not saved.
    pub is_unsaved: bool,
    /// Who would be written to if the latest version were published now.
    pub concerned: &'a Concerned,
    pub zone: &'a Zone,
}

pub fn desk(chrome: &Chrome, desk: &Desk) -> Markup {
    let slug = desk.program.slug.as_str();
    let at = |path: &str| format!("/coordinate/programs/{slug}{path}");
    let is_published = desk.program.published == Some(desk.latest.number);
    let body = html! {
        p {
            a href="/coordinate/programs" { "Programs" }
        }
        div.title-row {
            h1 { (desk.program.name) }
            div.row {
                @if desk.program.published.is_some() {
                    a.button.is-quiet.is-small href={ "/programs/" (slug) } { "Published page" }
                }
                @if desk.access.role == StaffRole::Lead {
                    a.button.is-quiet.is-small href=(at("/about")) { (icon::pen()) "About" }
                    a.button.is-quiet.is-small href=(at("/dates")) { (icon::calendar()) "Dates" }
                    a.button.is-quiet.is-small href=(at("/form")) { (icon::pen()) "Application form" }
                }
                a.button.is-quiet.is-small href=(at("/preview")) { (icon::search()) "Preview" }
                a.button.is-quiet.is-small href=(at("/rehearsal")) { (icon::play()) "Rehearse" }
                a.button.is-quiet.is-small href=(at("/file.toml")) { (icon::download()) "Download" }
            }
        }
        p.row { (state(desk.program, desk.latest)) }
        @if desk.access.is_leaderless {
            form.callout.row method="post" action=(at("/lead")) {
                (chrome.csrf_field())
                span { "Nobody leads this program yet. Only its own staff reads applications." }
                button.button.is-small { "Lead this program" }
            }
        }
        @if let Some(problem) = desk.problem {
            div.callout.is-wrong role="alert" {
                p { (problem) }
            }
        }
        div.columns {
            form.stack method="post" action=(at("")) data-unsaved=(desk.is_unsaved) {
                (chrome.csrf_field())
                input type="hidden" name="number" value=(desk.latest.number);
                // Enter in a field presses the first button: checking, which changes nothing.
                div.field {
                    label for="text" { "Program file" }
                    p.hint id="hint-text" {
                        "TOML. "
                        code { "\"\"" }
                        " means open. Checking saves nothing; saving makes a new version and publishes nothing."
                    }
                    textarea
                        .code
                        id="text"
                        name="text"
                        rows="30"
                        spellcheck="false"
                        autocapitalize="off"
                        readonly[desk.access.role != StaffRole::Lead]
                        aria-describedby="hint-text"
                    { "\n" (desk.text) }
                }
                @if desk.access.role == StaffRole::Lead {
                    div.row {
                        button.button.is-quiet name="action" value="check" { "Check" }
                        button.button name="action" value="save" { "Save as a draft" }
                        span.hint role="status" data-unsaved-note hidden[!desk.is_unsaved] { "Not saved yet" }
                    }
                } @else {
                    p.hint { "Leads can change it." }
                }
            }
            aside.stack {
                (cohorts(desk, slug))
                (findings(desk.findings))
                @if desk.access.role == StaffRole::Lead {
                    section.card #publishing aria-labelledby="publish" {
                        h2 #publish { "Publishing" }
                        @if desk.is_unsaved {
                            p { "Save these changes first, then publish." }
                        } @else if is_blocked(desk.findings) {
                            p { "Fix what is listed above, then publish." }
                        } @else if is_published {
                            p { "This version is published." }
                        } @else {
                            @let told = told(desk.concerned);
                            form.stack method="post" action=(at("/publish")) data-confirm=[told.as_deref()] {
                                (chrome.csrf_field())
                                p { "Then anybody who can see the site sees its page." }
                                @if let Some(told) = &told {
                                    p {
                                        strong { (told) }
                                    }
                                }
                                @if {
                                    desk.findings
                                        .iter()
                                        .any(|finding| finding.code == "planned")
                                } {
                                    p {
                                        strong { "Nobody can apply yet" }
                                        ": the cohort is only planned. Set cohort.status to “confirmed” to open it."
                                    }
                                }
                                button.button name="number" value=(desk.latest.number) {
                                    "Publish version "
                                    (desk.latest.number)
                                }
                            }
                        }
                        @if desk.program.published.is_some() {
                            form
                                method="post"
                                action=(at("/unpublish"))
                                data-confirm="Its page will no longer be found. All versions stay here."
                            {
                                (chrome.csrf_field())
                                button.link { "Take it off the site" }
                            }
                        }
                    }
                }
                (versions(desk, slug))
            }
        }
        (layout::desk_script())
    };
    Page {
        chrome,
        title: &desk.program.name,
        body,
    }
    .render()
}

/// Who hears of it when this version is published.
fn told(concerned: &Concerned) -> Option<String> {
    let people = |count: usize, one: &str| match count {
        1 => format!("1 {one}"),
        many => format!("{many} {one}s"),
    };
    let mut told = Vec::new();
    match concerned.dates.len() {
        0 => {}
        count => told.push(format!(
            "Dates have changed: {} will get an email.",
            people(count, "applicant")
        )),
    }
    match concerned.milestones.len() {
        0 => {}
        count => told.push(format!(
            "Milestones have changed: {} will get an email.",
            people(count, "member")
        )),
    }
    (!told.is_empty()).then(|| told.join(" "))
}

/// The cohorts, and who runs them.
fn cohorts(desk: &Desk, slug: &str) -> Markup {
    let path = format!("/coordinate/programs/{slug}/cohorts");
    html! {
        section.card aria-labelledby="cohorts" {
            h2 #cohorts { "Cohorts" }
            @if desk.cohorts.is_empty() {
                p.hint { "The first one begins when the program is published." }
            }
            ul.plain {
                @for cohort in desk.cohorts.iter().take(5) {
                    li.row.is-apart {
                        a href={ (path) "/" (cohort.slug) } { (cohort.name) }
                        span.badge { (cohort.phase(desk.now).words()) }
                    }
                }
            }
            p.row {
                a href=(path) { "All cohorts" }
                a href={ "/coordinate/programs/" (slug) "/staff" } { "Who runs it" }
            }
        }
    }
}

/// What is wrong, what blocks first.
fn findings(findings: &[Finding]) -> Markup {
    let of = |severity: Weight| findings.iter().filter(move |f| f.severity == severity);
    let line = |finding: &Finding| {
        html! {
            li data-line=(finding.line) data-weight=(finding.severity.as_str()) data-message=(finding.message) {
                strong { (finding.place) }
                @if finding.line > 0 {
                    " "
                    a.hint href={ "#text" } data-go=(finding.line) { "line " (finding.line) }
                }
                br;
                (finding.message)
            }
        }
    };
    html! {
        section.card #check aria-labelledby="findings" {
            h2 #findings { "Check" }
            @if findings.is_empty() {
                p { (icon::check()) " Nothing is wrong." }
            }
            @if of(Weight::Blocks).next().is_some() {
                h3 { "To settle before publishing (" (of(Weight::Blocks).count()) ")" }
                ul.plain.findings {
                    @for finding in of(Weight::Blocks) { (line(finding)) }
                }
            }
            @if of(Weight::Warns).next().is_some() {
                details {
                    summary { "To look at (" (of(Weight::Warns).count()) ")" }
                    ul.plain.findings {
                        @for finding in of(Weight::Warns) { (line(finding)) }
                    }
                }
            }
        }
    }
}

fn versions(desk: &Desk, slug: &str) -> Markup {
    html! {
        section.card aria-labelledby="versions" {
            h2 #versions { "Versions" }
            ol.plain reversed {
                @for Made { number, at, by } in desk.versions {
                    li {
                        strong { "Version " (number) }
                        @if desk.program.published == Some(*number) { " (published)" }
                        br;
                        span.hint {
                            (time::moment(*at, desk.zone))
                            @if let Some(author) = by {
                                ", "
                                bdi { (author) }
                            }
                        }
                        @if *number > 1 {
                            br;
                            a   href=({
                                    address(
                                        &format!("/coordinate/programs/{slug}/compare"),
                                        &[
                                            ("before", &(number - 1).to_string()),
                                            ("after", &number.to_string()),
                                        ],
                                    )
                                })
                            {
                                "What changed"
                                span.sr-only { " in version " (number) }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// What two versions differ in.
pub fn compare(
    chrome: &Chrome,
    slug: &str,
    (before, after): (i32, i32),
    differences: &[Difference],
) -> Markup {
    let title = format!("{slug}: version {before} and version {after}");
    let body = html! {
        p {
            a href={ "/coordinate/programs/" (slug) } { (slug) }
        }
        h1 { "Version " (before) " and version " (after) }
        @if differences.is_empty() {
            p { "They differ in nothing but comments or order." }
        } @else {
            div.scroll tabindex="0" role="region" aria-label="Differences" {
                table {
                    thead {
                        tr {
                            th scope="col" { "Where" }
                            th scope="col" { "Version " (before) }
                            th scope="col" { "Version " (after) }
                        }
                    }
                    tbody {
                        @for difference in differences {
                            tr {
                                th scope="row" { (difference.place) }
                                @for value in [&difference.before, &difference.after] {
                                    td {
                                        @match value {
                                            Some(value) => code { (value) },
                                            None => "–",
                                        }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    };
    Page {
        chrome,
        title: &title,
        body,
    }
    .render()
}
