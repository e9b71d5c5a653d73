//! Reads the sources and keeps what STYLE promises: arrows point down, files know no circle, pure files ask
//! nobody, only stores query, and only `web` shows pages.

mod arrows;

use std::collections::{BTreeMap, BTreeSet};

use arrows::Arrow;
pub use arrows::{Source, sources};
use syn::{
    ExprPath,
    visit::{self, Visit},
};

/// What is not yet as it should be, as the tests below say it. This list may only become shorter.
const NOT_YET: &[&str] = &[];

/// Fails for what is wrong and not listed, and for what is listed and no longer wrong.
fn assert_all_right(rule: &str, wrong: impl IntoIterator<Item = String>) {
    let wrong: BTreeSet<String> = wrong.into_iter().map(|w| format!("{rule}: {w}")).collect();
    let listed = NOT_YET.iter().filter(|entry| entry.starts_with(rule));
    let listed: BTreeSet<String> = listed.map(|entry| (*entry).to_owned()).collect();
    let new: Vec<_> = wrong.difference(&listed).collect();
    assert!(new.is_empty(), "{new:#?}");
    let mended: Vec<_> = listed.difference(&wrong).collect();
    assert!(
        mended.is_empty(),
        "mended, so take it off the list: {mended:#?}"
    );
}

/// The modules that the map in `lib.rs` lists, lowest first: foundations, rooms, roof. In each group, each may
/// use those before it.
fn from_the_ground_up(sources: &[Source]) -> Vec<String> {
    let map = &sources
        .iter()
        .find(|s| s.path == "lib.rs")
        .expect("there is a map")
        .text;
    let mut groups = vec![Vec::new()];
    for line in map.lines() {
        let Some(line) = line.strip_prefix("//! ") else {
            continue;
        };
        if line.starts_with("THE ") {
            groups.push(Vec::new());
        } else if let Some(name) = line
            .strip_prefix("- `")
            .and_then(|rest| rest.split('`').next())
        {
            groups
                .last_mut()
                .expect("one was put in")
                .push(name.to_owned());
        }
    }
    groups.into_iter().rev().flatten().collect()
}

#[test]
fn the_map_lists_every_module_once() {
    let sources = sources();
    let mut listed = from_the_ground_up(&sources);
    listed.sort();
    let there: BTreeSet<&str> = sources.iter().map(Source::house_part).collect();
    let there: Vec<&str> = there
        .into_iter()
        .filter(|part| !["", "main"].contains(part))
        .collect();
    assert_eq!(listed, there);
}

#[test]
fn arrows_point_down() {
    let sources = sources();
    let order = from_the_ground_up(&sources);
    let height = |file: &str| {
        let part = file
            .split(['/', '.'])
            .next()
            .expect("a path has a first part");
        order.iter().position(|name| name == part)
    };
    let arrows = arrows::arrows(&sources);
    let up = arrows
        .iter()
        .filter(|arrow| height(&arrow.to) > height(&arrow.from) && arrow.from != "main.rs");
    let up: BTreeSet<String> = up
        .map(|arrow| format!("{} -> {}", arrow.from, arrow.to))
        .collect();
    assert_all_right("up", up);
}

#[test]
fn files_know_no_circle() {
    let circles = arrows::circles(&arrows::arrows(&sources()));
    let circles = circles
        .iter()
        .map(|files| files.iter().cloned().collect::<Vec<_>>().join(" "));
    assert_all_right("circle", circles);
}

/// HTML is made for `web`, and routes are for the roof: a verb that named either would know who asks.
#[test]
fn verbs_know_nothing_of_http() {
    let named = |arrow: &Arrow, name: &str| arrow.to.ends_with(&format!("/{name}.rs"));
    let wrong = arrows::arrows(&sources()).into_iter().filter(|arrow| {
        let from = arrow
            .from
            .rsplit('/')
            .next()
            .expect("a path has a last part");
        let shows = ["pages.rs", "web.rs", "week.rs"].contains(&from);
        let is_roof = arrow.from.starts_with("server/");
        let routes = named(arrow, "web") || named(arrow, "api");
        (named(arrow, "pages") && !shows && !is_roof)
            || (routes && !is_roof && !["web.rs", "api.rs"].contains(&from))
    });
    let wrong: BTreeSet<String> = wrong
        .map(|arrow| format!("{} -> {}", arrow.from, arrow.to))
        .collect();
    assert_all_right("http", wrong);
}

/// Counts what speaks to the database: a table's columns, or a statement.
#[derive(Default)]
struct Queries(BTreeMap<String, usize>);

impl<'ast> Visit<'ast> for Queries {
    fn visit_expr_path(&mut self, path: &'ast ExprPath) {
        let parts: Vec<String> = path
            .path
            .segments
            .iter()
            .map(|s| s.ident.to_string())
            .collect();
        let statement = ["insert_into", "update", "delete", "sql_query", "select"];
        // By its own name, too, as after `use diesel::sql_query`.
        let is_statement = match parts.as_slice() {
            [name] => ["insert_into", "sql_query"].contains(&name.as_str()),
            [.., before, name] => before == "diesel" && statement.contains(&name.as_str()),
            [] => false,
        };
        if is_statement
            || (parts.len() > 1 && parts.iter().any(|part| part == "table" || part == "schema"))
        {
            *self.0.entry(parts.join("::")).or_default() += 1;
        }
        visit::visit_expr_path(self, path);
    }
}

#[test]
fn only_stores_query() {
    let mut wrong = Vec::new();
    for source in sources() {
        // The database, the queue and the command line are asked for by others and have no store of their own.
        let may =
            source.name() == "store.rs" || ["db", "jobs", "cli"].contains(&source.house_part());
        if may || source.path == "personal_data/tables.rs" {
            continue;
        }
        let mut queries = Queries::default();
        queries.visit_file(&source.code);
        wrong.extend(
            queries
                .0
                .into_keys()
                .map(|query| format!("{} {query}", source.path)),
        );
    }
    assert_all_right("query", wrong);
}

#[test]
fn pure_files_ask_nobody() {
    for source in sources() {
        let (file, name, source) = (&source.path, source.name(), &source.text);
        let is_pure = file.starts_with("schedule/")
            || file.starts_with("ical/")
            || matches!(
                name,
                "rules.rs" | "typed.rs" | "markdown.rs" | "photo.rs" | "event.rs" | "input.rs"
            )
            || matches!(name, "mail.rs" | "pages.rs" | "week.rs");
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
fn only_the_clock_knows_the_time_and_only_one_file_knows_zones() {
    for Source {
        path: file,
        text: source,
        ..
    } in sources()
    {
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

/// Links and feed addresses that are out there outlive an update: the number of what they are for stays theirs.
#[test]
fn what_tokens_are_for_keeps_its_number() {
    let mut numbers = BTreeMap::new();
    for source in sources() {
        let text = source.text.split("#[cfg(test)]").next().unwrap_or_default();
        for (before, after) in text
            .match_indices("Purpose = Purpose::numbered(")
            .map(|(at, said)| (&text[..at], &text[at + said.len()..]))
        {
            let name = before.rsplit("const ").next().unwrap_or_default();
            let number = after.split(')').next().unwrap_or_default();
            let name = name.trim_end_matches(": ").to_owned();
            let before = numbers.insert(number.parse::<u8>().expect("a number"), name);
            assert_eq!(before, None, "{number} is for two things");
        }
    }
    let known = [
        "SIGN_IN",
        "CSRF",
        "FEED",
        "CANCEL_LINK",
        "AT_REST",
        "FINGERPRINT",
        "ANSWER_LINK",
        "CHANGE_EMAIL",
        "UNSUBSCRIBE",
        "NOTICE",
        "ABOUT",
        "ARRIVED",
        "INVITATION",
    ];
    let known = (0u8..).zip(known.map(str::to_owned)).collect();
    assert_eq!(numbers, known);
}

/// A transaction reads the time under its locks: whoever has one is handed no time from before the queue.
#[test]
fn transactions_are_handed_no_time() {
    for Source {
        path: file,
        text: source,
        ..
    } in sources()
    {
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
        "take::lock(",
        "take::lock_named(",
    ];
    for Source {
        path: file,
        text: source,
        ..
    } in sources()
    {
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

/// What is work, by the names of the types.
#[derive(Default)]
struct Works(Vec<String>);

impl Visit<'_> for Works {
    fn visit_item_impl(&mut self, item: &syn::ItemImpl) {
        let is_work = item
            .trait_
            .as_ref()
            .is_some_and(|(path, _)| path.segments.last().is_some_and(|s| s.ident == "Work"));
        if let (true, syn::Type::Path(of)) = (is_work, &*item.self_ty) {
            let name = of.path.segments.last().expect("a type has a name");
            self.0.push(name.ident.to_string());
        }
    }
}

/// Work that the worker cannot read would wait for a day and be given up.
#[test]
fn the_worker_reads_every_kind_of_work() {
    let sources = sources();
    let worker = sources.iter().find(|s| s.path == "worker.rs").unwrap();
    let mut works = Works::default();
    for source in &sources {
        works.visit_file(&source.code);
    }
    assert!(works.0.len() > 10, "{:?}", works.0);
    let unread = works
        .0
        .into_iter()
        .filter(|name| !worker.text.contains(&format!("::{name}>(),")));
    assert_eq!(unread.collect::<Vec<_>>(), [""; 0]);
}
