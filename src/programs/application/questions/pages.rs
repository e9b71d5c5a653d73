//! Questions with their controls, and answers in words.

use maud::{Markup, html};

use crate::{
    html::form::{self as controls, Field as Control},
    input::{self, Problems},
    programs::{
        application::{
            Answers, CohortRole, attachment,
            form::{self, DAYS, HOURS},
        },
        file::{Field, FieldKind, ProgramFile, Reader},
    },
};

/// Who reads an answer, in words.
fn read_by(field: &Field) -> String {
    let has = |reader| field.readers.contains(&reader);
    let mut readers = vec!["you"];
    if has(Reader::Coordinators) {
        readers.push("the coordinators");
    }
    if has(Reader::Reviewers) {
        readers.push("the reviewers");
    }
    if has(Reader::Cohort) {
        readers.push("the members of your cohort");
    }
    let mut words = match readers.as_slice() {
        [] | [_] => "Only you read this.".to_owned(),
        [most @ .., last] => format!("Read by {} and {last}.", most.join(", ")),
    };
    if has(Reader::Match) {
        words.push_str(" Used for matching.");
    }
    words
}

/// One question with its control. `skills`: those of the catalogue.
pub fn question(
    field: &Field,
    answers: &Answers,
    skills: &[String],
    problems: &Problems,
) -> Markup {
    let name = form::control(field);
    let given = answers.of(&field.name);
    let first = given.first().map_or("", String::as_str);
    let readers = read_by(field);
    let hint = match field.help.is_empty() {
        true => readers,
        false => format!("{} {readers}", field.help),
    };
    let control = |value, hint| {
        let control = Control::new(&name, &field.label, value)
            .hint(hint)
            .question()
            .problems(problems);
        match field.required {
            true => control.required(),
            false => control,
        }
    };
    match field.kind {
        FieldKind::ShortText => control(first, &hint).longest(300).input(),
        FieldKind::PersonToExclude => {
            let hint = format!("{hint} A name, and where they work, is enough.");
            control(first, &hint).longest(300).input()
        }
        FieldKind::LongText => control(first, &hint).longest(5000).text_area(5),
        FieldKind::Number => control(first, &hint).longest(20).input(),
        FieldKind::Date => control(first, &hint).kind("date").input(),
        FieldKind::Link => control(first, &hint).kind("url").longest(500).input(),
        FieldKind::File => file(field, &name, &hint, given, problems),
        _ if form::is_of_catalogue(field) && skills.is_empty() => {
            let hint = format!("{hint} Separate them with commas.");
            control(&given.join(", "), &hint).longest(1300).input()
        }
        _ if form::is_of_catalogue(field) => {
            of_catalogue(field, &name, &hint, given, skills, problems)
        }
        FieldKind::OneOf => choice(field, &name, &hint, problems, |option| {
            html! {
                label.tick {
                    input
                        type="radio"
                        name=(name)
                        value=(option)
                        required[field.required]
                        checked[given.iter().any(|g| g == option)];
                    span { (option) }
                }
            }
        }),
        FieldKind::YesNo => {
            let boxes = [("yes", "Yes"), ("no", "No")];
            group(
                field,
                &name,
                &hint,
                problems,
                &html! {
                    @for (value, label) in boxes {
                        label.tick {
                            input
                                type="radio"
                                name=(name)
                                value=(value)
                                required[field.required]
                                checked[first == value];
                            span { (label) }
                        }
                    }
                },
            )
        }
        FieldKind::SeveralOf | FieldKind::SkillsWanted | FieldKind::SkillsOffered => {
            choice(field, &name, &hint, problems, |option| {
                controls::tick_box(&name, option, option, given.iter().any(|g| g == option))
            })
        }
        FieldKind::Ranking => ranking(field, &name, &hint, given, problems),
        FieldKind::WeeklyTimes => weekly_times(field, &name, &hint, given, problems),
    }
}

/// A file to choose, beside the one that is there.
fn file(field: &Field, name: &str, hint: &str, given: &[String], problems: &Problems) -> Markup {
    let hint = format!("{hint} PDF, DOCX, PNG or JPEG, up to 10 MB.");
    let there = match (attachment::named(given), given) {
        (Some((_, name)), _) => Some(name),
        (None, [address]) => Some(address.as_str()),
        _ => None,
    };
    let control = Control::new(name, &field.label, "")
        .hint(&hint)
        .question()
        .problems(problems)
        .kind("file");
    let control = match field.required && there.is_none() {
        true => control.required(),
        false => control,
    };
    let kept = attachment::named(given).map(|(id, _)| id);
    html! {
        div.attachment data-required=[field.required.then_some(name)] {
            (control.input())
            p.row data-attached hidden[there.is_none()] {
                input type="hidden" name=(form::kept(field)) value=[kept] disabled[kept.is_none()];
                span {
                    "Attached: "
                    bdi data-attached-name { (there.unwrap_or_default()) }
                }
                (controls::tick_box(&form::removal(field), "yes", "Remove", false))
            }
        }
    }
}

/// The skills of the catalogue to tick, and room for others.
fn of_catalogue(
    field: &Field,
    name: &str,
    hint: &str,
    given: &[String],
    skills: &[String],
    problems: &Problems,
) -> Markup {
    let others: Vec<&str> = given
        .iter()
        .filter(|word| !skills.contains(word))
        .map(String::as_str)
        .collect();
    let boxes = html! {
        div.skills {
            @for skill in skills {
                (controls::tick_box(name, skill, skill, given.contains(skill)))
            }
        }
        div.field {
            label for={ (name) "-others" } { "Others" }
            p.hint id={ (name) "-others-hint" } { "Separate them with commas." }
            input
                id={ (name) "-others" }
                name=(name)
                value=(others.join(", "))
                maxlength="1300"
                autocomplete="off"
                aria-describedby={ (name) "-others-hint" };
        }
    };
    group(field, name, hint, problems, &boxes)
}

/// A group of boxes or buttons.
fn group(field: &Field, name: &str, hint: &str, problems: &Problems, boxes: &Markup) -> Markup {
    html! {
        fieldset.choice aria-describedby={ (name) "-hint" } data-required=[field.required.then_some(name)] {
            legend {
                (field.label)
                @if !field.required {
                    span.optional { " optional" }
                }
            }
            p.hint id={ (name) "-hint" } { (hint) }
            (controls::group_problem(name, problems))
            (boxes)
        }
    }
}

fn choice(
    field: &Field,
    name: &str,
    hint: &str,
    problems: &Problems,
    one: impl Fn(&str) -> Markup,
) -> Markup {
    let boxes = html! {
        @for option in &field.options { (one(option)) }
    };
    group(field, name, hint, problems, &boxes)
}

const PLACES: [&str; 5] = ["First", "Second", "Third", "Fourth", "Fifth"];

fn ranking(field: &Field, name: &str, hint: &str, given: &[String], problems: &Problems) -> Markup {
    let places = field.options.len().min(PLACES.len());
    let boxes = html! {
        @for (number, place) in PLACES.iter().take(places).enumerate() {
            @let chosen = given.get(number).map_or("", String::as_str);
            div.field {
                label for={ (name) "-" (number) } { (place) " choice" }
                select id={ (name) "-" (number) } name=(name) {
                    option value="" selected[chosen.is_empty()] { "None" }
                    @for option in &field.options {
                        option value=(option) selected[option == chosen] { (option) }
                    }
                }
            }
        }
    };
    group(field, name, hint, problems, &boxes)
}

fn weekly_times(
    field: &Field,
    name: &str,
    hint: &str,
    given: &[String],
    problems: &Problems,
) -> Markup {
    let boxes = html! {
        div.scroll tabindex="0" role="region" aria-label=(field.label) {
            table.times {
                thead {
                    tr {
                        td {}
                        @for (_, day) in DAYS {
                            th scope="col" { (day) }
                        }
                    }
                }
                tbody {
                    @for hour in HOURS {
                        tr {
                            th scope="row" { (hour) ":00" }
                            @for (day, label) in DAYS {
                                @let value = format!("{day}-{hour:02}");
                                td {
                                    label {
                                        input
                                            type="checkbox"
                                            name=(name)
                                            value=(value)
                                            checked[given.contains(&value)];
                                        span.sr-only { (label) " " (hour) ":00" }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    };
    group(field, name, hint, problems, &boxes)
}

/// Answers beside their questions; of those that `may_read` allows. `files`: the path below which files are, and whether
/// their names would say whose they are.
pub fn answers(
    file: &ProgramFile,
    role: CohortRole,
    answers: &Answers,
    files: (&str, bool),
    may_read: impl Fn(&Field) -> bool,
) -> Markup {
    html! {
        dl.answers {
            @for field in form::questions(file, role).filter(|field| may_read(field)) {
                dt { (field.label) }
                dd { (answer(field, answers.of(&field.name), files)) }
            }
        }
    }
}

/// An answer in words.
fn answer(field: &Field, given: &[String], (files, is_blind): (&str, bool)) -> Markup {
    html! {
        @match (given, field.kind) {
            ([], _) => span.hint { "No answer" },
            ([text, ..], FieldKind::LongText) => p.said { (text) },
            ([id, name], FieldKind::File) => {
                a href={ (files) "/" (id) } {
                    @if is_blind { "Open the file" } @else { bdi { (name) } }
                }
            }
            ([link, ..], FieldKind::Link | FieldKind::File) => {
                @if input::is_web_address(link) {
                    a href=(link) rel="noopener noreferrer nofollow" { (link) }
                } @else { (link) }
            }
            ([text, ..], FieldKind::YesNo) => @if text == "yes" { "Yes" } @else { "No" },
            (all, FieldKind::Ranking) => {
                ol {
                    @for one in all {
                        li { (one) }
                    }
                }
            }
            (all, FieldKind::WeeklyTimes) => (hours(all)),
            (all, _) => bdi { (all.join(", ")) },
        }
    }
}

/// Hours of a week by day, as in `Mon 9, 10; Tue 14`.
fn hours(given: &[String]) -> String {
    let days = DAYS.iter().filter_map(|(day, label)| {
        let hours: Vec<String> = given
            .iter()
            .filter_map(|text| text.strip_prefix(day)?.strip_prefix('-'))
            .map(|hour| format!("{hour}:00"))
            .collect();
        (!hours.is_empty()).then(|| format!("{label} {}", hours.join(", ")))
    });
    days.collect::<Vec<_>>().join("; ")
}
