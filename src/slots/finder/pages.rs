//! The search above people and times, made from values already loaded.

use chrono::{Datelike, Days, NaiveDate, Weekday};
use maud::{Markup, html};

use super::{Finder, View};
use crate::{
    html::{
        form::{Field, address},
        icon, time,
    },
    people::visitor::Visitor,
    slots::{
        ServiceKind,
        pages::zone_note,
        search::{
            Form,
            count::{Count, NIGHT, PARTS},
        },
    },
};

impl Finder<'_> {
    /// The address at which this form is looked for.
    fn link(&self, form: &Form) -> String {
        address(self.view.path(), &form.query())
    }

    /// As it is, at other times.
    fn at(&self, from: &str, until: &str, after: &str, before: &str) -> Form {
        Form {
            from: from.to_owned(),
            until: until.to_owned(),
            after: after.to_owned(),
            before: before.to_owned(),
            ..self.form.clone()
        }
    }

    /// As it is, within a part of a day.
    fn within(&self, date: NaiveDate, part: usize) -> Form {
        let date = date.to_string();
        self.at(&date, &date, PARTS[part].after, PARTS[part].before)
    }

    /// When most people look for a time, and what it is called.
    fn presets(&self, today: NaiveDate) -> Vec<(&'static str, Form)> {
        let until_sunday = 6 - u64::from(today.weekday().num_days_from_monday());
        let sunday = today + Days::new(until_sunday);
        let saturday = match today.weekday() {
            Weekday::Sun => today,
            _ => sunday - Days::new(1),
        };
        let (sunday, saturday, today) =
            (sunday.to_string(), saturday.to_string(), today.to_string());
        let [_, morning, _, evening] = PARTS;
        let is_weekend = today == saturday;
        let mut presets = vec![
            ("Any time", self.at("", "", "", "")),
            ("This week", self.at(&today, &sunday, "", "")),
            ("Mornings", self.at("", "", morning.after, morning.before)),
            ("Evenings", self.at("", "", evening.after, evening.before)),
        ];
        // On a weekend that is what is left of the week.
        if !is_weekend {
            presets.push(("Weekend", self.at(&saturday, &sunday, "", "")));
        }
        presets
    }
}

pub fn finder(visitor: &Visitor, finder: &Finder) -> Markup {
    html! {
        div.finder {
            div.stack { (form(finder)) (services(finder)) (presets(visitor, finder)) }
            (week(visitor, finder))
        }
        div.row.is-apart { (switch(finder)) (zone_note(visitor, finder.now)) }
    }
}

fn form(finder: &Finder) -> Markup {
    let Finder {
        form,
        problems,
        overview,
        ..
    } = finder;
    let filters = &overview.filters;
    let any = || std::iter::once(("", "Any".to_owned()));
    let search = &form.search;
    let lengths =
        [("45", "45 minutes or more"), ("60", "An hour")].map(|(n, words)| (n, words.to_owned()));
    let is_open = !search.topic.is_empty()
        || !search.language.is_empty()
        || !form.length.is_empty()
        || !problems.is_empty();
    html! {
        form method="get" action=(finder.view.path()) role="search" {
            div.search {
                label.sr-only for="q" { "Keywords" }
                input
                    type="search"
                    id="q"
                    name="q"
                    value=(search.words)
                    maxlength="100"
                    placeholder="Company or name";
                button.button { (icon::search()) "Search" }
            }
            details open[is_open] {
                summary { "More filters" }
                div.fields {
                    ({
                        Field::new("service", "Service", search.kind_word())
                            .kind("search")
                            .select(
                                any()
                                    .chain(
                                        finder
                                            .overview
                                            .filters
                                            .catalogue
                                            .choices(search.kind_word()),
                                    ),
                            )
                    })
                    ({
                        Field::new("topic", "Topic", &search.topic)
                            .kind("search")
                            .select(
                                any()
                                    .chain(
                                        filters.topics.0.iter().map(|w| (w.as_str(), w.clone())),
                                    ),
                            )
                    })
                    ({
                        Field::new("language", "Language", &search.language)
                            .kind("search")
                            .select(
                                any()
                                    .chain(
                                        filters.languages.0.iter().map(|w| (w.as_str(), w.clone())),
                                    ),
                            )
                    })
                    ({
                        Field::new("length", "Length", &form.length)
                            .kind("search")
                            .select(any().chain(lengths))
                    })
                    ({
                        Field::new("from", "From date", &form.from)
                            .kind("date")
                            .filter()
                            .problems(problems)
                            .input()
                    })
                    ({
                        Field::new("until", "To date", &form.until)
                            .kind("date")
                            .filter()
                            .problems(problems)
                            .input()
                    })
                    ({
                        Field::new("after", "Starts from", &form.after)
                            .kind("time")
                            .filter()
                            .problems(problems)
                            .input()
                    })
                    ({
                        Field::new("before", "Starts before", &form.before)
                            .kind("time")
                            .filter()
                            .problems(problems)
                            .input()
                    })
                }
                div.row {
                    button.button.is-quiet { "Apply" }
                    @if !form.is_empty() {
                        a href=(finder.view.path()) { "Clear filters" }
                    }
                }
            }
        }
    }
}

/// A choice in a row of which one is made.
fn chip(words: &str, link: &str, is_chosen: bool) -> Markup {
    html! {
        a.chip href=(link) aria-current=[is_chosen.then_some("true")] { (words) }
    }
}

fn services(finder: &Finder) -> Markup {
    let of = |word: &str| {
        let mut form = finder.form.clone();
        form.search.kind = ServiceKind::parse(word);
        form
    };
    let chosen = finder.form.search.kind_word();
    html! {
        nav.chips aria-label="Services" {
            (chip("All services", &finder.link(&of("")), chosen.is_empty()))
            @for (word, title) in finder.overview.filters.catalogue.choices(chosen) {
                (chip(&title, &finder.link(&of(word)), chosen == word))
            }
        }
    }
}

fn presets(visitor: &Visitor, finder: &Finder) -> Markup {
    let today = visitor.zone.local(finder.now).date_naive();
    html! {
        nav.chips aria-label="Times" {
            @for (words, form) in finder.presets(today) {
                (chip(words, &finder.link(&form), form == *finder.form))
            }
        }
    }
}

/// How many are free when, each number a way to who that is.
fn week(visitor: &Visitor, finder: &Finder) -> Markup {
    let today = visitor.zone.local(finder.now).date_naive();
    let counts = finder.overview.week.iter().flat_map(|(_, counts)| counts);
    let most = counts.map(|count| count.alumni).max().unwrap_or_default();
    html! {
        table.free-week {
            caption { "Who is free in the next seven days" }
            thead {
                tr {
                    td {}
                    @for (date, _) in &finder.overview.week {
                        th scope="col" {
                            span { (date.format("%a")) }
                            " "
                            strong.is-today[*date == today] { (date.day()) }
                        }
                    }
                }
            }
            tbody {
                @let is_night_used = finder
                    .overview
                    .week
                    .iter()
                    .any(|(_, counts)| counts[NIGHT].alumni > 0);
                @let parts = PARTS.iter().enumerate();
                @for (number, part) in parts.filter(|(n, _)| *n != NIGHT || is_night_used) {
                    tr.is-night[number == NIGHT] {
                        th scope="row" { (part.name) }
                        @for (date, counts) in &finder.overview.week {
                            td { (cell(finder, *date, number, counts[number], most)) }
                        }
                    }
                }
            }
        }
    }
}

fn cell(finder: &Finder, date: NaiveDate, part: usize, count: Count, most: usize) -> Markup {
    let form = finder.within(date, part);
    let is_chosen = form == *finder.form;
    // In quarters of the busiest.
    let level = match (count.alumni * 4).div_ceil(most.max(1)) {
        0 => "is-none",
        1 => "is-few",
        2 => "is-some",
        3 => "is-many",
        _ => "is-most",
    };
    html! {
        @if count.alumni == 0 && !is_chosen {
            span.(level) {
                span.sr-only { "Nobody" }
                span aria-hidden="true" { "·" }
            }
        } @else {
            a   class=(level)
                href=(finder.link(&form))
                aria-current=[is_chosen.then_some("true")]
                aria-label={
                    (time::short_date(date))
                    ", "
                    (PARTS[part].name.to_lowercase())
                    ": "
                    (count.alumni)
                    @if count.has_more { " or more" }
                    @if count.alumni == 1 && !count.has_more { " alumnus" } @else { " alumni" }
                }
            {
                (count.alumni)
                @if count.has_more { "+" }
            }
        }
    }
}

/// The same, as people or as times.
fn switch(finder: &Finder) -> Markup {
    html! {
        nav.switch aria-label="Show" {
            @for (view, words) in [(View::People, "People"), (View::Times, "Times")] {
                a   href=(address(view.path(), &finder.form.query()))
                    aria-current=[(view == finder.view).then_some("page")]
                { (words) }
            }
        }
    }
}
