//! Reads the sources and keeps what STYLE promises: pure files ask nobody, rooms look down, only
//! stores and verbs speak to the database.

use std::{fs, path::PathBuf};

const ROOMS: [&str; 8] = [
    "people",
    "slots",
    "bookings",
    "busy",
    "feeds",
    "webhooks",
    "personal_data",
    "roster",
];
const FOUNDATIONS: [&str; 15] = [
    "fetch",
    "schedule",
    "ical",
    "db",
    "jobs",
    "mail",
    "html",
    "json",
    "input",
    "app",
    "clock",
    "config",
    "error",
    "uploads",
    "spreadsheet",
];

pub fn sources() -> Vec<(String, String)> {
    fn walk(folder: PathBuf, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap().flatten() {
            if entry.path().is_dir() {
                walk(entry.path(), found);
            } else {
                found.push(entry.path());
            }
        }
    }
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    walk(root.clone(), &mut files);
    files
        .into_iter()
        .map(|file| {
            (
                file.strip_prefix(&root)
                    .unwrap()
                    .to_str()
                    .unwrap()
                    .to_owned(),
                fs::read_to_string(&file).unwrap(),
            )
        })
        .collect()
}

/// Modules of this crate that a source names.
fn named(source: &str) -> Vec<String> {
    let code: String = source
        .lines()
        .filter(|l| !l.trim_start().starts_with("//"))
        .collect::<Vec<_>>()
        .join("\n");
    let mut names = Vec::new();
    for rest in code.split("crate::").skip(1) {
        if let Some(group) = rest.strip_prefix('{') {
            let mut depth = 1;
            let mut word = String::new();
            for c in group.chars() {
                match c {
                    '{' => depth += 1,
                    '}' => depth -= 1,
                    _ => {}
                }
                if depth == 0 {
                    break;
                }
                if depth == 1 && c.is_ascii_lowercase() || c == '_' {
                    word.push(c);
                } else if !word.is_empty() && depth == 1 {
                    names.push(std::mem::take(&mut word));
                } else {
                    word.clear();
                }
                if depth == 2 && c == '{' && !word.is_empty() {
                    names.push(std::mem::take(&mut word));
                }
            }
            names.push(word);
        } else {
            names.push(
                rest.chars()
                    .take_while(|c| c.is_ascii_lowercase() || *c == '_')
                    .collect(),
            );
        }
    }
    names
}

#[test]
fn rooms_look_down() {
    for (file, source) in sources() {
        let module = file.split(['/', '.']).next().unwrap();
        let Some(place) = ROOMS.iter().position(|room| *room == module) else {
            continue;
        };
        for above in ROOMS[place + 1..]
            .iter()
            .chain(&["server", "worker", "cli"])
        {
            assert!(
                !named(&source).contains(&(*above).to_owned()),
                "{file} looks up to {above}"
            );
        }
    }
}

#[test]
fn foundations_have_never_heard_of_a_room() {
    for (file, source) in sources() {
        let module = file.split(['/', '.']).next().unwrap();
        // `app` limits bookings per person and knows persons by their ids only.
        if FOUNDATIONS.contains(&module) {
            for room in ROOMS {
                assert!(
                    !named(&source).contains(&room.to_owned()),
                    "{file} has heard of {room}"
                );
            }
        }
    }
}

#[test]
fn pure_files_ask_nobody() {
    for (file, source) in sources() {
        let name = file.rsplit('/').next().unwrap();
        if name.ends_with("_tests.rs") {
            continue;
        }
        let is_pure = file.starts_with("schedule/")
            || file.starts_with("ical/")
            || matches!(
                name,
                "rules.rs" | "typed.rs" | "markdown.rs" | "photo.rs" | "event.rs" | "input.rs"
            )
            || (name == "mail.rs" || name.starts_with("pages"));
        if is_pure {
            for asked in [
                "diesel::", "Utc::now", "Clock::", "async fn", "Conn,", "Conn>", "Conn)",
            ] {
                assert!(!source.contains(asked), "{file} asks {asked}");
            }
        }
    }
}

#[test]
fn only_stores_query_and_only_the_clock_knows_the_time() {
    for (file, source) in sources() {
        let name = file.rsplit('/').next().unwrap();
        let may_query = name.starts_with("store")
            || file.starts_with("db/")
            || file.starts_with("jobs/")
            || file.starts_with("cli/");
        if !may_query {
            for query in [
                "diesel::insert_into",
                "diesel::update",
                "diesel::delete",
                "sql_query",
                "::table",
            ] {
                assert!(
                    !source.contains(query),
                    "{file} has a query of its own: {query}"
                );
            }
        }
        if file != "clock.rs" {
            assert!(
                !source.contains("Utc::now()"),
                "{file} reads the system's clock"
            );
        }
        assert!(
            !source.to_lowercase().contains("at time zone"),
            "{file} does zone arithmetic in SQL"
        );
        if file != "schedule/zone.rs" {
            assert!(
                !source.contains("jiff"),
                "{file} does zone arithmetic of its own"
            );
        }
    }
}

/// A transaction reads the time under its locks: whoever has one is handed no time from before the queue.
#[test]
fn transactions_are_handed_no_time() {
    for (file, source) in sources() {
        for function in source.split("fn ").skip(1) {
            let signature = function.split('{').next().unwrap();
            let has_both =
                signature.contains("tx: &mut Tx") && signature.contains("now: DateTime<Utc>");
            assert!(!has_both, "{file}: {signature}");
        }
    }
}

/// What was `now` before a lock may be a second ago under it: it is asked for again.
#[test]
fn no_time_from_before_a_lock_is_used_under_it() {
    let locks = [
        "store::lock(",
        "store::lock_host(",
        "hold::lock(",
        "hold::lock_named(",
    ];
    for (file, source) in sources() {
        for function in source.split("fn ").skip(1) {
            let name = function.split('(').next().unwrap();
            let Some(last) = locks.iter().filter_map(|l| function.rfind(l)).max() else {
                continue;
            };
            let before = function[..last].contains("let now = tx.now()");
            let after = &function[last..];
            let used = after.find("now").is_some();
            let is_asked_again = after
                .find("let now = tx.now()")
                .is_some_and(|asked| !after[..asked].contains("now"));
            assert!(!before || !used || is_asked_again, "{file}: {name}");
        }
    }
}
