//! `almanac check`: one line each, and whether something is wrong.

use nix::sys::statvfs::statvfs;

use super::{Failure, database::open_database};
use crate::{
    bookings::{self, store::Unclaimed},
    clock::Clock,
    config::Config,
    db::{self, Schema, private::Purpose},
    mail::Mailer,
    people,
    schedule::{Zone, zone},
    slots::index,
};

/// The zone data that a booking site needs at least.
const OLDEST_ZONES: &str = "2026f";
const LEAST_FREE: u64 = 500 * 1024 * 1024;

/// What was looked at, whether it is well, and how it is.
struct Finding {
    name: &'static str,
    is_well: bool,
    text: String,
}

impl Finding {
    fn new(name: &'static str, is_well: bool, text: impl Into<String>) -> Self {
        Self {
            name,
            is_well,
            text: text.into(),
        }
    }

    /// Nothing is well that cannot be looked at.
    fn or_failed<E: std::fmt::Display>(name: &'static str, found: Result<Self, E>) -> Self {
        found.unwrap_or_else(|error| Self::new(name, false, error.to_string()))
    }
}

/// Prints the state of everything, and if wanted each booking whose claims are wrong; an error if something
/// is wrong.
pub fn run(config: &Config, shows_bookings: bool) -> Result<(), Failure> {
    let mut is_well = true;
    let mut say = |finding: Finding| {
        is_well &= finding.is_well;
        let mark = if finding.is_well { "ok   " } else { "WRONG" };
        println!("{mark} {}: {}", finding.name, finding.text);
    };
    let serves = format!("serves {} at {}", config.address(), config.listen);
    say(Finding::new("configuration", true, serves));
    let secret = config.secret_key();
    say(Finding::or_failed(
        "secret",
        secret.map(|_| Finding::new("secret", true, "there")),
    ));
    say(Finding::or_failed("files", files(config)));
    // The private server runs for as long as it is held.
    let database = open_database(config, Purpose::Command).and_then(|(private, url)| {
        let schema = db::schema_of(&mut db::connect(&url)?)?;
        Ok((private, schema, url))
    });
    match &database {
        Ok((private, schema, url)) => {
            let whose = if private.is_some() { "private, " } else { "" };
            say(Finding::new("database", true, format!("{whose}responding")));
            say(migrations(*schema));
            if *schema == Schema::Current {
                say(Finding::or_failed("claims", claims(url, shows_bookings)));
                say(Finding::or_failed("people's zones", peoples_zones(url)));
                say(Finding::or_failed("free times", free_times(url)));
            }
        }
        Err(error) => say(Finding::new("database", false, error.to_string())),
    }
    say(zone_data());
    say(Finding::or_failed("mail", mail(config)));
    say(disk(config));
    if is_well {
        Ok(())
    } else {
        Err("something is wrong".into())
    }
}

fn files(config: &Config) -> std::io::Result<Finding> {
    let open = config.open_to_others()?;
    let text = match open.first() {
        None => "closed to other users".to_owned(),
        Some(first) => format!(
            "other users of this machine can read {} (of {}); the next start will prevent that",
            first.display(),
            open.len()
        ),
    };
    Ok(Finding::new("files", open.is_empty(), text))
}

fn migrations(schema: Schema) -> Finding {
    let text = match schema {
        Schema::Current => "up to date",
        Schema::Older => "at an older version: run `almanac migrate`",
        Schema::Newer => "at a newer version than this program: install that version",
    };
    Finding::new("migrations", schema == Schema::Current, text)
}

fn claims(url: &str, shows_bookings: bool) -> Result<Finding, Failure> {
    let count = unclaimed(url, shows_bookings)?;
    let text = match count {
        0 => "every booking has its claims on the time of both people".to_owned(),
        count => format!(
            "{count} bookings lack a claim or have a wrong one; `almanac check --bookings` lists them"
        ),
    };
    Ok(Finding::new("claims", count == 0, text))
}

fn peoples_zones(url: &str) -> Result<Finding, Failure> {
    let unknown = unknown_zones(url)?;
    let text = match unknown.is_empty() {
        true => "all are known".to_owned(),
        false => format!(
            "the zone data does not include {}: UTC is used instead; update tzdata",
            unknown.join(", ")
        ),
    };
    Ok(Finding::new("people's zones", unknown.is_empty(), text))
}

fn free_times(url: &str) -> Result<Finding, Failure> {
    let (differences, hosts) = compare_free_times(url)?;
    let text = match differences {
        0 => format!("index and engine agree for {hosts} alumni"),
        _ => format!("index and engine differ in {differences} services of {hosts} alumni"),
    };
    Ok(Finding::new("free times", differences == 0, text))
}

fn zone_data() -> Finding {
    let is_recent = zone::version() >= OLDEST_ZONES;
    let advice = if is_recent {
        ""
    } else {
        ", too old: update tzdata"
    };
    let text = format!("{} ({}){advice}", zone::version(), zone::source());
    Finding::new("zone data", is_recent, text)
}

fn mail(config: &Config) -> Result<Finding, Failure> {
    let mailer = Mailer::new(config)?;
    if let Mailer::Files(folder) = &mailer {
        let text = format!("no ALMANAC_SMTP_URL: emails are in {}", folder.display());
        return Ok(Finding::new("mail", true, text));
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    Ok(match runtime.block_on(mailer.probe()) {
        Ok(()) => Finding::new("mail", true, "the server is responding"),
        Err(problem) => Finding::new("mail", false, problem),
    })
}

fn disk(config: &Config) -> Finding {
    let folder = config.data_dir.display();
    match statvfs(&config.data_dir).map(|s| s.blocks_available() * s.fragment_size()) {
        Ok(free) => {
            let text = format!("{} MB free for {folder}", free / 1024 / 1024);
            Finding::new("disk", free >= LEAST_FREE, text)
        }
        Err(error) => Finding::new("disk", false, format!("{folder}: {error}")),
    }
}

/// Zones that somebody has and the zone data do not know.
fn unknown_zones(url: &str) -> Result<Vec<String>, Failure> {
    let mut zones = people::store::zones(&mut db::connect(url)?)?;
    zones.retain(|name| Zone::named(name).is_err());
    Ok(zones)
}

/// How many bookings do not have the claims that they must have; each is printed where `shows` asks for it.
fn unclaimed(url: &str, shows: bool) -> Result<usize, Failure> {
    let found = bookings::store::unclaimed(&mut db::connect(url)?)?;
    for booking in found.iter().filter(|_| shows) {
        let Unclaimed {
            id,
            status,
            starts_at,
            problem,
        } = booking;
        println!("      {starts_at:?} {id} is {status} and {problem}");
    }
    Ok(found.len())
}

/// Compares the index of free times with the engine for every alumnus. Returns in how many services
/// they differ, and how many alumni there are; the first differences are printed.
fn compare_free_times(url: &str) -> Result<(usize, usize), Failure> {
    let mut conn = db::connect(url)?;
    let (mut differences, mut hosts, mut after) = (0, 0, None);
    loop {
        let now = Clock::System.now();
        let compared = conn
            .build_transaction()
            .repeatable_read()
            .run(|conn| index::compare(conn, after, now))?;
        for difference in compared
            .differences
            .iter()
            .take(10_usize.saturating_sub(differences))
        {
            println!("      {difference}");
        }
        differences += compared.differences.len();
        hosts += compared.hosts;
        after = match compared.last {
            Some(last) => Some(last),
            None => return Ok((differences, hosts)),
        };
    }
}
