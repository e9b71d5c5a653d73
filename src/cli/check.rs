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

/// Prints the state of everything, and if wanted each booking whose claims are wrong; an error if something
/// is wrong.
pub fn run(config: &Config, shows_bookings: bool) -> Result<(), Failure> {
    let mut is_well = true;
    let mut say = |name: &str, ok: bool, text: String| {
        is_well &= ok;
        println!("{} {name}: {text}", if ok { "ok   " } else { "WRONG" });
    };
    say(
        "configuration",
        true,
        format!("serves {} at {}", config.address(), config.listen),
    );
    say(
        "secret",
        config.secret_key().is_ok(),
        config
            .secret_key()
            .map_or_else(|e| e.to_string(), |_| "there".into()),
    );
    match config.open_to_others() {
        Ok(open) if open.is_empty() => say("files", true, "closed to other users".into()),
        Ok(open) => say(
            "files",
            false,
            format!(
                "other users of this machine can read {} (of {}); the next start will prevent that",
                open[0].display(),
                open.len()
            ),
        ),
        Err(error) => say("files", false, error.to_string()),
    }
    let database = open_database(config, Purpose::Command).and_then(|(private, url)| {
        let mut conn = db::connect(&url)?;
        let schema = db::schema_of(&mut conn)?;
        Ok((private, schema, url))
    });
    match &database {
        Ok((private, schema, url)) => {
            say(
                "database",
                true,
                if private.is_some() {
                    "private, responding".into()
                } else {
                    "responding".into()
                },
            );
            let text = match schema {
                Schema::Current => "up to date",
                Schema::Older => "at an older version: run `almanac migrate`",
                Schema::Newer => "at a newer version than this program: install that version",
            };
            let is_current = *schema == Schema::Current;
            say("migrations", is_current, text.into());
            if is_current {
                match unclaimed(url, shows_bookings) {
                    Ok(0) => say(
                        "claims",
                        true,
                        "every booking has its claims on the time of both people".into(),
                    ),
                    Ok(count) => say(
                        "claims",
                        false,
                        format!(
                            "{count} bookings lack a claim or have a wrong one; \
                             `almanac check --bookings` lists them"
                        ),
                    ),
                    Err(error) => say("claims", false, error.to_string()),
                }
                match unknown_zones(url) {
                    Ok(unknown) if unknown.is_empty() => {
                        say("people's zones", true, "all are known".into());
                    }
                    Ok(unknown) => say(
                        "people's zones",
                        false,
                        format!(
                            "the zone data does not include {}: UTC is used instead; update tzdata",
                            unknown.join(", ")
                        ),
                    ),
                    Err(error) => say("people's zones", false, error.to_string()),
                }
                match compare_free_times(url) {
                    Ok((0, hosts)) => say(
                        "free times",
                        true,
                        format!("index and engine agree for {hosts} alumni"),
                    ),
                    Ok((differences, hosts)) => say(
                        "free times",
                        false,
                        format!(
                            "index and engine differ in {differences} services of {hosts} alumni"
                        ),
                    ),
                    Err(error) => say("free times", false, error.to_string()),
                }
            }
        }
        Err(error) => say("database", false, error.to_string()),
    }
    let zones_ok = zone::version() >= OLDEST_ZONES;
    let advice = if zones_ok {
        ""
    } else {
        ", too old: update tzdata"
    };
    say(
        "zone data",
        zones_ok,
        format!("{} ({}){advice}", zone::version(), zone::source()),
    );
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let mail = Mailer::new(config);
    match &mail {
        Ok(Mailer::Files(folder)) => say(
            "mail",
            true,
            format!("no ALMANAC_SMTP_URL: emails are in {}", folder.display()),
        ),
        Ok(mailer) => {
            let probed = runtime.block_on(mailer.probe());
            let text = match &probed {
                Ok(()) => "the server is responding".to_owned(),
                Err(problem) => problem.clone(),
            };
            say("mail", probed.is_ok(), text);
        }
        Err(error) => say("mail", false, error.to_string()),
    }
    let free = statvfs(&config.data_dir).map(|s| s.blocks_available() * s.fragment_size());
    match free {
        Ok(free) => say(
            "disk",
            free >= LEAST_FREE,
            format!(
                "{} MB free for {}",
                free / 1024 / 1024,
                config.data_dir.display()
            ),
        ),
        Err(error) => say(
            "disk",
            false,
            format!("{}: {error}", config.data_dir.display()),
        ),
    }
    if is_well {
        Ok(())
    } else {
        Err("something is wrong".into())
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
