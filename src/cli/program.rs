//! `almanac program`: program files, checked, taken in, given out and compared.

use std::{
    fs::File,
    io::{Read, Write},
    path::Path,
};

use chrono::NaiveDate;

use super::{Failure, ProgramCommand, database::open_database};
use crate::{
    clock::Clock,
    config::Config,
    db::{self, Conn, private::Purpose, scratch::Scratch},
    people::audit::By,
    programs::{
        self, After, Draft,
        file::{
            check::check,
            difference::{Difference, differences},
            lint::{Finding, is_blocked},
            read::LARGEST,
            schema::schema,
            template,
        },
        rehearsal::{
            Rehearsal,
            play::{self, PEOPLE},
        },
    },
};

/// Prints the names of the templates, or one of them.
pub fn print_template(name: Option<&str>) -> Result<(), Failure> {
    let text = match name {
        None => template::names().map(|name| format!("{name}\n")).collect(),
        Some(name) => template::named(name)
            .ok_or_else(|| {
                let known: Vec<&str> = template::names().collect();
                format!(
                    "there is no template {name}; there are {}",
                    known.join(", ")
                )
            })?
            .to_owned(),
    };
    print(&text)
}

/// Prints the JSON Schema.
pub fn print_schema() -> Result<(), Failure> {
    print(&format!("{}\n", serde_json::to_string_pretty(&schema())?))
}

/// Prints what is wrong with a file. Fails if anything blocks.
pub fn check_file(file: &Path, is_json: bool, today: Option<NaiveDate>) -> Result<(), Failure> {
    let findings = check(&read(file)?, today);
    let mut lines = String::new();
    for finding in &findings {
        let line = match is_json {
            true => serde_json::to_string(finding)?,
            false => in_words(file, finding),
        };
        lines.push_str(&line);
        lines.push('\n');
    }
    print(&lines)?;
    match is_blocked(&findings) {
        true => Err(format!("{}: it cannot be published as it is", file.display()).into()),
        false => Ok(()),
    }
}

fn in_words(file: &Path, finding: &Finding) -> String {
    let place = match finding.place.as_str() {
        "" => String::new(),
        place => format!(" {place}"),
    };
    format!(
        "{}:{}:{place} {} ({}): {}",
        file.display(),
        finding.line.max(1),
        finding.code,
        finding.severity.as_str(),
        finding.message
    )
}

/// Plays a cohort, and prints what happens, a line each; the last line has the totals. Fails if something would go wrong.
pub fn rehearse(config: &Config, file: &Path, people: usize, seed: u64) -> Result<(), Failure> {
    if !PEOPLE.contains(&people) {
        let (least, most) = (PEOPLE.start(), PEOPLE.end());
        return Err(format!("--people must be {least} to {most}").into());
    }
    let text = read(file)?;
    let (private, url) = open_database(config, Purpose::Command)?;
    let scratch = Scratch::beside(&url)?;
    let played = play::rehearse(scratch.url(), config, &text, people, seed);
    drop(scratch);
    drop(private);
    let Rehearsal { events, totals } = played?;
    let mut lines = String::new();
    for event in &events {
        lines.push_str(&serde_json::to_string(event)?);
        lines.push('\n');
    }
    let last = serde_json::json!({ "kind": "totals", "totals": totals });
    print(&format!("{lines}{last}\n"))?;
    match totals.problems {
        0 => Ok(()),
        1 => Err("1 thing would go wrong; it is of the kind “problem”".into()),
        many => Err(format!("{many} things would go wrong; they are of the kind “problem”").into()),
    }
}

/// Runs what needs the database.
pub fn run(conn: &mut Conn, wanted: &ProgramCommand) -> Result<(), Failure> {
    match wanted {
        ProgramCommand::Import { file, slug } => import(conn, file, slug.as_deref()),
        ProgramCommand::Export { slug } => export(conn, slug),
        ProgramCommand::Diff { before, after } => diff(before, after, |slug| {
            Ok(programs::store::latest(conn, slug)?.map(|version| version.text))
        }),
        ProgramCommand::Template { .. }
        | ProgramCommand::Schema
        | ProgramCommand::Check { .. }
        | ProgramCommand::Rehearse { .. } => {
            unreachable!("done without this database")
        }
    }
}

/// Takes a file in as a draft.
fn import(conn: &mut Conn, file: &Path, slug: Option<&str>) -> Result<(), Failure> {
    let text = read(file)?;
    let imported = Draft::read(&text, slug).and_then(|draft| {
        db::transaction(conn, &Clock::System, |tx| {
            programs::import(tx, &By::MACHINE, &draft, After::Anything)
        })
    });
    let imported = imported.map_err(|error| told(file, error))?;
    println!("{}", imported.in_words());
    Ok(())
}

fn told(file: &Path, error: programs::ImportError) -> String {
    match error {
        programs::ImportError::Unreadable(findings) => {
            let lines = findings.iter().map(|finding| in_words(file, finding));
            lines.collect::<Vec<_>>().join("\n")
        }
        other => other.to_string(),
    }
}

/// Prints the latest version of a program.
fn export(conn: &mut Conn, slug: &str) -> Result<(), Failure> {
    let latest = programs::store::latest(conn, slug)?;
    let latest = latest.ok_or_else(|| format!("there is no program {slug}"))?;
    print(&latest.text)
}

/// Prints what two files or programs differ in, a line each.
pub fn diff(
    before: &str,
    after: &str,
    mut stored: impl FnMut(&str) -> Result<Option<String>, Failure>,
) -> Result<(), Failure> {
    let mut text = |name: &str| -> Result<String, Failure> {
        if Path::new(name).is_file() {
            return read(Path::new(name));
        }
        stored(name)?.ok_or_else(|| format!("there is no file and no program {name}").into())
    };
    let (first, second) = (text(before)?, text(after)?);
    let found = differences(&first, &second).map_err(|findings| {
        let lines: Vec<String> = findings.iter().map(|f| f.message.clone()).collect();
        lines.join("\n")
    })?;
    let lines: String = found.iter().map(in_lines).collect();
    print(&lines)
}

fn in_lines(difference: &Difference) -> String {
    let show = |sign: char, value: &Option<String>| {
        value.as_ref().map_or_else(String::new, |value| {
            format!("{sign} {} = {value}\n", difference.place)
        })
    };
    show('-', &difference.before) + &show('+', &difference.after)
}

fn read(file: &Path) -> Result<String, Failure> {
    let mut bytes = Vec::new();
    // A byte more than is read tells that there is more.
    File::open(file)
        .and_then(|file| file.take(LARGEST as u64 + 1).read_to_end(&mut bytes))
        .map_err(|error| format!("{}: {error}", file.display()))?;
    String::from_utf8(bytes)
        .map_err(|_| format!("{}: it is not text in UTF-8", file.display()).into())
}

/// To standard output; whoever reads may stop early.
fn print(text: &str) -> Result<(), Failure> {
    match std::io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        written => Ok(written?),
    }
}
