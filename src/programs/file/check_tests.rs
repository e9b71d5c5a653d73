//! The linter against the mistakes that real programs have published, and against whatever comes.

use chrono::{Datelike, NaiveDate};
use proptest::prelude::*;
use toml_edit::DocumentMut;

use super::check::check;
use crate::programs::file::{
    lint::{Finding, Weight, is_blocked},
    read::{read, with_slug},
    template,
};

fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// A template with everything filled in that its document leaves open.
fn filled(name: &str) -> String {
    let text = template::named(name).unwrap();
    let mut document: DocumentMut = text.parse().unwrap();
    document["program"]["zone"] = toml_edit::value("America/New_York");
    let contacts = r#"a = [{ channel = "email", address = "mentoring@example.org" }]"#;
    let contacts: DocumentMut = contacts.parse().unwrap();
    document["program"]["contacts"] = contacts["a"].clone();
    if let Some(cohort) = document.get_mut("cohort") {
        for (key, value) in [
            ("name", "2024"),
            ("applications_open", "2024-01-15"),
            ("applications_close", "2024-02-15"),
            ("results_on", "2024-03-15"),
            ("starts_on", "2024-04-01"),
            ("ends_on", "2024-07-31"),
        ] {
            cohort[key] = toml_edit::value(value);
        }
    }
    for block in document["block"]
        .as_array_of_tables_mut()
        .unwrap()
        .iter_mut()
    {
        if block["text"].as_str() == Some("") {
            block["text"] = toml_edit::value("Here is what you need to know.");
        }
    }
    document.to_string()
}

fn blocking(text: &str) -> Vec<(&'static str, String)> {
    check(text, None)
        .into_iter()
        .filter(|f| f.severity == Weight::Blocks)
        .map(|f| (f.code, f.place))
        .collect()
}

/// A valid file with one thing changed.
fn changed(name: &str, change: impl FnOnce(&mut DocumentMut)) -> String {
    let mut document: DocumentMut = filled(name).parse().unwrap();
    change(&mut document);
    document.to_string()
}

fn found(findings: &[Finding], code: &str, place: &str) -> bool {
    findings.iter().any(|f| f.code == code && f.place == place)
}

#[test]
fn templates_leave_open_what_their_documents_do_and_nothing_else_is_wrong() {
    let open = |name: &str| -> Vec<String> {
        let blocking = blocking(template::named(name).unwrap());
        assert!(
            blocking.iter().all(|(code, _)| *code == "open"),
            "{name}: {blocking:?}"
        );
        let place = |(_, place): (&str, String)| place.trim_start_matches("program.").to_owned();
        blocking.into_iter().map(place).collect()
    };
    let cohort = ["applications_open", "applications_close", "results_on"];
    let of_cohort = |keys: &[&str]| {
        keys.iter()
            .map(|k| format!("cohort.{k}"))
            .collect::<Vec<_>>()
    };
    let with = |more: Vec<String>| [vec!["zone".to_owned(), "contacts".to_owned()], more].concat();
    let texts =
        |numbers: std::ops::Range<usize>| numbers.map(|n| format!("block[{n}].text")).collect();
    let dates = of_cohort(&[&cohort[..], &["ends_on"]].concat());
    assert_eq!(open("ectmp"), with([dates, texts(1..7)].concat()));
    assert_eq!(open("mind-to-mind"), with(vec![]));
    assert_eq!(open("ieca-mentor-match"), with(texts(1..2)));
    assert_eq!(open("palta"), with(texts(2..3)));
    assert_eq!(open("wsyas"), with(texts(2..4)));
    let dates = [&["name"][..], &cohort, &["starts_on", "ends_on"]].concat();
    assert_eq!(open("ctan"), with(of_cohort(&dates)));
    for name in template::names() {
        assert_eq!(blocking(&filled(name)), [], "{name}");
        // Every value without a sentence of the document is said to be ours.
        let text = template::named(name).unwrap();
        let reading = read(text).unwrap();
        let silent = reading.file.settings.iter().filter(|(_, s)| {
            s.source.is_empty() && s.severity != crate::programs::file::Severity::Off
        });
        for (setting, _) in silent {
            let place = format!("settings.{setting}");
            assert!(
                found(&check(text, None), "default", &place),
                "{name}: {place}"
            );
        }
    }
}

/// The mistakes of the documents themselves, each put into a file.
#[test]
fn each_mistake_of_a_real_program_is_found_by_name() {
    let set = |key: &'static str, value: &'static str| {
        move |d: &mut DocumentMut| d["cohort"][key] = toml_edit::value(value)
    };
    let block = |number: usize, text: &'static str| {
        move |d: &mut DocumentMut| {
            let blocks = d["block"].as_array_of_tables_mut().unwrap();
            blocks.get_mut(number).unwrap()["text"] = toml_edit::value(text);
        }
    };
    // Opens and closes on the same day, a year early.
    let one_day = changed("ectmp", |d| {
        set("applications_open", "2023-02-15")(d);
        set("applications_close", "2023-02-15")(d);
    });
    let findings = check(&one_day, None);
    assert!(
        found(&findings, "dates_order", "cohort.applications_close"),
        "{findings:#?}"
    );
    assert!(found(&findings, "year", "cohort.applications_open"));
    assert!(found(&findings, "year", "cohort.applications_close"));
    // Impossible orders, and a time that no clock shows.
    for (code, key, value) in [
        ("dates_order", "results_on", "2024-02-14"),
        ("dates_order", "starts_on", "2024-03-14"),
        ("dates_order", "ends_on", "2024-04-01"),
        ("year", "ends_on", "2034-07-31"),
        ("no_such_time", "applications_close", "2024-03-10T02:30:00"),
        ("dates_order", "results_on", "2024-02-15T10:00:00"),
        ("bad_value", "applications_close", "2024-02-15T17:00:60"),
        ("bad_value", "applications_close", "2024-2-5T9:1"),
        ("bad_value", "applications_close", "2024-02-30"),
        ("bad_value", "applications_close", "2024-02-15T17:00:00Z"),
    ] {
        let findings = check(&changed("ectmp", set(key, value)), None);
        assert!(
            found(&findings, code, &format!("cohort.{key}")),
            "{key} = {value}: {findings:#?}"
        );
        assert!(is_blocked(&findings), "{key} = {value}");
    }
    // On one day with times it can open and close, and results may come out on the day of the close.
    let fine = changed("ectmp", |d| {
        set("applications_open", "2024-02-15T09:00:00")(d);
        set("applications_close", "2024-02-15T17:00:00")(d);
        set("results_on", "2024-02-15T17:00:00")(d);
    });
    assert_eq!(blocking(&fine), []);
    let fine = changed("ectmp", set("results_on", "2024-02-15"));
    assert_eq!(blocking(&fine), []);
    // “Four months”, April to August.
    let five = changed("ectmp", |d| {
        set("ends_on", "2024-08-31")(d);
        block(
            0,
            "You stay in your match for four months (April - August).",
        )(d);
    });
    let findings = check(&five, None);
    assert!(
        found(&findings, "words_and_dates", "block[0].text"),
        "{findings:#?}"
    );
    assert!(!is_blocked(&findings), "words are the coordinator's");
    let four = changed(
        "ectmp",
        block(0, "You stay in your match for four months (April - July)."),
    );
    assert!(!found(
        &check(&four, None),
        "words_and_dates",
        "block[0].text"
    ));
    let year = changed("ectmp", block(0, "Applications open on February 15, 2023."));
    assert!(found(
        &check(&year, None),
        "words_and_dates",
        "block[0].text"
    ));
    // 16 pairs and 16 seats; a tentative text and a confirmed cohort.
    let pairs = changed("ectmp", |d| d["cohort"]["pairs"] = toml_edit::value(16));
    assert!(found(
        &check(&pairs, None),
        "seats_and_pairs",
        "cohort.seats"
    ));
    let tentative = changed("ectmp", |d| {
        set("status", "confirmed")(d);
        block(0, "There are tentatively two cohorts a year.")(d);
    });
    assert!(found(
        &check(&tentative, None),
        "tentative",
        "block[0].text"
    ));
    // Nothing where people need something; what was to be filled in; a heading twice.
    for (code, text) in [
        ("open", ""),
        (
            "angle_brackets",
            "Use this <Sample Mentoring Tracking Sheet> to log each session.",
        ),
        ("placeholder", "Write to Sarah ([email protected])."),
        ("placeholder", "The deadline is TBD."),
    ] {
        let findings = blocking(&changed("wsyas", block(3, text)));
        assert_eq!(findings, [(code, "block[3].text".to_owned())], "{text}");
    }
    let twice = changed(
        "wsyas",
        block(
            0,
            "# Mentor Registration\n\nText.\n\n## Mentor Registration",
        ),
    );
    assert!(found(&check(&twice, None), "heading_twice", "block[0]"));
    // Contacts that reach nobody.
    for (code, address) in [
        ("placeholder", "[email protected]"),
        ("contact_broken", "the coordinators"),
        ("contact_broken", "team@mentoring.invalid"),
    ] {
        let broken = changed("ieca-mentor-match", |d| {
            let contacts = d["program"]["contacts"].as_array_mut().unwrap();
            contacts
                .get_mut(0)
                .unwrap()
                .as_inline_table_mut()
                .unwrap()
                .insert("address", address.into());
        });
        let place = "program.contacts[0].address".to_owned();
        assert_eq!(blocking(&broken), [(code, place)], "{address}");
    }
}

#[test]
fn what_does_not_fit_together_is_found_by_name() {
    let field = |d: &mut DocumentMut, number: usize, key: &str, value: toml_edit::Item| {
        d["field"]
            .as_array_of_tables_mut()
            .unwrap()
            .get_mut(number)
            .unwrap()[key] = value;
    };
    // A criterion whose field is gone; a required field nobody may see.
    let gone = changed("ectmp", |d| {
        field(d, 0, "name", toml_edit::value("passions"))
    });
    let places = [0, 0].map(|_| ());
    assert_eq!(blocking(&gone).len(), places.len());
    assert!(found(
        &check(&gone, None),
        "criterion_field",
        "criterion[0].mentee_field"
    ));
    let nobody = changed("ectmp", |d| {
        field(d, 1, "readers", toml_edit::value(toml_edit::Array::new()))
    });
    assert_eq!(
        blocking(&nobody),
        [("nobody_reads", "field[1].readers".to_owned())]
    );
    // A letter whose variable does not exist.
    let letter = changed("ectmp", |d| {
        let letters = d["letter"].as_array_of_tables_mut().unwrap();
        letters.get_mut(1).unwrap()["text"] = toml_edit::value("Dear {first_name},");
    });
    assert_eq!(
        blocking(&letter),
        [("letter_variable", "letter[1].text".to_owned())]
    );
    // A term that is counted from a date nobody asks for.
    let anchor = changed("wsyas", |d| {
        field(d, 0, "required", toml_edit::value(false))
    });
    assert_eq!(
        blocking(&anchor),
        [("anchor_field", "settings.anchor_field".to_owned())]
    );
    let anchor = changed("wsyas", |d| {
        field(d, 0, "name", toml_edit::value("born_on"))
    });
    assert_eq!(
        blocking(&anchor),
        [("anchor_field", "settings.anchor_field".to_owned())]
    );
    // A benchmark past the end is no mistake, a milestone past it is said.
    let late = changed("ectmp", |d| {
        let milestones = d["milestone"].as_array_of_tables_mut().unwrap();
        milestones.get_mut(3).unwrap()["after"] = toml_edit::value("P9M");
    });
    assert!(found(
        &check(&late, None),
        "after_the_end",
        "milestone[3].after"
    ));
    // Keys that are not known, names that come twice, and values that are none.
    let typo = changed("ectmp", |d| {
        d["cohort"]["applicatons_close"] = toml_edit::value("2024-02-20")
    });
    assert_eq!(
        blocking(&typo),
        [("unknown_key", "cohort.applicatons_close".to_owned())]
    );
    let twice = changed("ectmp", |d| {
        field(d, 1, "name", toml_edit::value("interests"))
    });
    assert!(found(
        &check(&twice, None),
        "duplicate_name",
        "field[1].name"
    ));
    let value = changed("ectmp", |d| {
        d["settings"]["matching"]["value"] = toml_edit::value("magic")
    });
    assert_eq!(
        blocking(&value)[0],
        ("bad_value", "settings.matching.value".to_owned())
    );
    // A line is named; and what has passed, on a day that is given.
    let line = filled("ectmp")
        .lines()
        .position(|l| l.starts_with("pairs"))
        .unwrap()
        + 1;
    let pairs = changed("ectmp", |d| d["cohort"]["pairs"] = toml_edit::value(0));
    let finding = check(&pairs, None)
        .into_iter()
        .find(|f| f.code == "bad_value")
        .unwrap();
    assert_eq!(
        (finding.place.as_str(), finding.line),
        ("cohort.pairs", line)
    );
    let past = check(&filled("ectmp"), Some(date("2024-02-16")));
    assert!(found(&past, "past", "cohort.applications_close"));
    assert!(!found(&past, "past", "cohort.starts_on"));
    assert_eq!(check("= nothing", None)[0].code, "syntax");
}

#[test]
fn another_slug_changes_nothing_else() {
    let text = template::named("palta").unwrap();
    let renamed = with_slug(text, "palta-west");
    assert_eq!(renamed, text.replacen("\"palta\"", "\"palta-west\"", 1));
    assert_eq!(read(&renamed).unwrap().file.slug, "palta-west");
}

/// Whether the dates of a file are impossible, by what the text says, in its plainest reading.
fn is_impossible(text: &str) -> bool {
    let Ok(document) = text.parse::<DocumentMut>() else {
        return false;
    };
    let day = |key: &str| {
        let text = document.get("cohort")?.get(key)?.as_str()?.to_owned();
        NaiveDate::parse_from_str(text.get(..10)?, "%Y-%m-%d").ok()
    };
    let keys = [
        "applications_open",
        "applications_close",
        "results_on",
        "starts_on",
        "ends_on",
    ];
    let days: Vec<NaiveDate> = keys.iter().filter_map(|key| day(key)).collect();
    let is_out_of_order = days.windows(2).any(|pair| pair[0] > pair[1]);
    let start = day("starts_on");
    let is_far = |date: &NaiveDate| start.is_some_and(|s| (s.year() - date.year()).abs() > 1);
    is_out_of_order || days[..days.len().saturating_sub(2)].iter().any(is_far)
}

/// An edit that somebody might make, or that nobody would.
fn edit() -> impl Strategy<Value = (usize, usize, String)> {
    let words = prop_oneof![
        "[0-9]{4}-[0-9]{2}-[0-9]{2}",
        "20(23|24|25)-0[1-9]-[0-2][0-9]",
        Just("\"".to_owned()),
        Just("[[field]]\n".to_owned()),
        Just("[cohort]\n".to_owned()),
        Just("true".to_owned()),
        Just("99999999999999999999".to_owned()),
        Just("<Name of Form>".to_owned()),
        Just("{x}".to_owned()),
        Just("\u{202e}é\u{0}".to_owned()),
        "\\PC{0,12}",
    ];
    (any::<prop::sample::Index>(), 0_usize..40, words)
        .prop_map(|(at, length, words)| (at.index(usize::MAX), length, words))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn edits_never_break_the_linter_nor_hide_impossible_dates(
        name in prop::sample::select(vec!["ectmp", "ctan", "wsyas"]),
        edits in prop::collection::vec(edit(), 1..6),
        dates in prop::collection::vec((0_usize..5, 0_i64..900), 0..4),
    ) {
        let mut document: DocumentMut = filled(name).parse().unwrap();
        if let Some(cohort) = document.get_mut("cohort") {
            let keys = ["applications_open", "applications_close", "results_on", "starts_on", "ends_on"];
            for (key, days) in dates {
                let day = date("2023-06-01") + chrono::TimeDelta::days(days);
                cohort[keys[key]] = toml_edit::value(day.to_string());
            }
        }
        let mut text = document.to_string();
        prop_assert!(!is_impossible(&text) || is_blocked(&check(&text, None)), "{text}");
        for (at, length, words) in edits {
            let mut from = at % (text.len() + 1);
            while !text.is_char_boundary(from) {
                from -= 1;
            }
            let mut until = (from + length).min(text.len());
            while !text.is_char_boundary(until) {
                until += 1;
            }
            text.replace_range(from..until, &words);
        }
        let findings = check(&text, Some(date("2024-02-16")));
        prop_assert!(!is_impossible(&text) || is_blocked(&findings), "{text}");
    }
}
