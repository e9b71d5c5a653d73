//! Taking members in from a spreadsheet: choosing the file, looking at what it does.

use maud::{Markup, html};

use super::plan::Plan;
use crate::{
    html::{
        form::Field,
        icon,
        layout::{Chrome, Page},
    },
    input::Problems,
};

/// How many problems with a file are shown.
const SHOWN: usize = 200;

/// Asks for a file. `problems`: everything that is wrong with the one that was chosen.
pub fn choose(chrome: &Chrome, problems: &[String]) -> Markup {
    let title = "Import members";
    let body = html! {
        div.narrow {
            p {
                a href="/coordinate/people" { "People" }
            }
            h1 { (title) }
            p.lead {
                "Import members from a spreadsheet saved as CSV. You will see what would change before anything does."
            }
            @if !problems.is_empty() {
                div.callout.is-wrong role="alert" {
                    p {
                        strong { "Nothing was imported." }
                        " Correct these in the file and choose it again:"
                    }
                    ul {
                        @for problem in problems.iter().take(SHOWN) {
                            li { (problem) }
                        }
                    }
                    @if problems.len() > SHOWN {
                        p { "And " (problems.len() - SHOWN) " more." }
                    }
                }
            }
            form
                .card
                .stack
                method="post"
                action="/coordinate/import"
                enctype="multipart/form-data"
            {
                (chrome.csrf_field())
                ({
                    Field::new("file", "Spreadsheet", "")
                        .hint("A .csv file with up to about 2,000 people.")
                        .required()
                        .problems(&Problems::default())
                        .kind("file")
                        .input()
                })
                div.row {
                    button.button { "Preview" }
                }
            }
            section aria-labelledby="columns" {
                h2 #columns { "The columns" }
                div.scroll tabindex="0" role="region" aria-label="Columns" {
                    table {
                        thead {
                            tr {
                                th scope="col" { "Column" }
                                th scope="col" { "What it contains" }
                            }
                        }
                        tbody {
                            tr {
                                th scope="row" { "email" }
                                td {
                                    "Email address, as in ada@example.org. It identifies the person."
                                }
                            }
                            tr {
                                th scope="row" { "name" }
                                td { "Full name" }
                            }
                            tr {
                                th scope="row" { "roles" }
                                td { "student, alumnus, or both with a space between them" }
                            }
                            tr {
                                th scope="row" { "zone" }
                                td { "Time zone, as in Europe/Berlin. Optional." }
                            }
                            tr {
                                th scope="row" { "graduates_on" }
                                td { "Graduation date, as in 2027-06-30. Optional." }
                            }
                            tr {
                                th scope="row" { "standing" }
                                td { "active, lapsed or suspended. Optional." }
                            }
                        }
                    }
                }
                p.hint {
                    "People in the file get the roles it gives them, and no others. People who are not in it stay as they are. Nobody is sent an email."
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

/// What a file would do. `table`: the file, to be sent again when it is decided.
pub fn preview(chrome: &Chrome, plan: &Plan, table: &str) -> Markup {
    let lines = plan.in_words();
    let title = "Import these members?";
    let body = html! {
        div.narrow {
            p {
                a href="/coordinate/import" { "Choose another file" }
            }
            h1 { (title) }
            p.lead { (plan.summary()) "." }
            @if lines.is_empty() {
                p { "Everybody in the file is already a member, with the same details." }
                p {
                    a.button href="/coordinate/people" { "Back to people" }
                }
            } @else {
                form.stack method="post" action="/coordinate/import/confirm" {
                    (chrome.csrf_field())
                    input type="hidden" name="table" value=(table);
                    input type="hidden" name="print" value=(plan.print());
                    div.row {
                        button.button { (icon::check()) "Import" }
                        a.button.is-quiet href="/coordinate/people" { "Cancel" }
                    }
                }
                div.scroll tabindex="0" role="region" aria-label="Changes" {
                    table {
                        thead {
                            tr {
                                th scope="col" { "Line" }
                                th scope="col" { "What changes" }
                            }
                        }
                        tbody {
                            @for (line, words) in &lines {
                                tr {
                                    td { (line) }
                                    td { (words) }
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
        title,
        body,
    }
    .render()
}
