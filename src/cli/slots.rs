//! `almanac slots`: the engine of the site, as a tool (CALENDARS.md section 3).

use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, BufRead, BufReader, BufWriter, Write},
    path::Path,
};

use chrono::{DateTime, NaiveDate, SecondsFormat, TimeDelta, Utc};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Failure;
use crate::{
    schedule::{Diary, Engagement, Offer, Policy, Rules, Span, Window, Zone},
    slots::{editor::typed, rules::WEEKDAYS},
};

/// Longest stretch of time a case may ask for.
const LONGEST: TimeDelta = TimeDelta::days(366 * 5);

#[derive(Deserialize)]
#[serde(untagged)]
enum Day {
    Number(u8),
    Word(String),
}

#[derive(Deserialize)]
struct Weekly {
    day: Day,
    #[serde(flatten)]
    hours: Hours,
}

#[derive(Deserialize)]
struct Hours {
    #[serde(alias = "from")]
    start: String,
    #[serde(alias = "until")]
    end: String,
}

#[derive(Deserialize)]
struct Override {
    date: NaiveDate,
    windows: Vec<Hours>,
}

#[derive(Deserialize)]
struct Period {
    from: String,
    #[serde(alias = "until")]
    to: String,
}

#[derive(Deserialize)]
struct Case {
    host_tz: String,
    #[serde(default)]
    weekly: Vec<Weekly>,
    #[serde(default)]
    overrides: Vec<Override>,
    slot_minutes: i64,
    increment_minutes: Option<i64>,
    #[serde(default)]
    buffer_before: i64,
    #[serde(default)]
    buffer_after: i64,
    #[serde(default)]
    min_notice_minutes: i64,
    horizon_minutes: Option<i64>,
    now: DateTime<Utc>,
    #[serde(default)]
    busy: Vec<(DateTime<Utc>, DateTime<Utc>)>,
    #[serde(default)]
    bookings: Vec<(DateTime<Utc>, DateTime<Utc>)>,
    window: Period,
}

/// Reads cases from a file or standard input, prints an answer for each.
pub fn run(file: Option<&Path>) -> Result<(), Failure> {
    let input: Box<dyn BufRead> = match file {
        Some(path) => Box::new(BufReader::new(
            File::open(path).map_err(|e| format!("{}: {e}", path.display()))?,
        )),
        None => Box::new(io::stdin().lock()),
    };
    let mut out = BufWriter::new(io::stdout().lock());
    for line in input.lines() {
        let line = line?;
        if !line.trim().is_empty() {
            writeln!(out, "{}", answer(&line))?;
        }
    }
    Ok(out.flush()?)
}

/// The answer to one case.
///
/// ```
/// let case = r#"{"id":7,"host_tz":"Europe/Berlin","weekly":[{"day":"mon","start":"09:00","end":"10:00"}],
///     "slot_minutes":30,"now":"2027-03-01T00:00:00Z","window":{"from":"2027-03-29","to":"2027-03-30"}}"#;
/// let answer = almanac::cli::slots::answer(case).to_string();
/// assert_eq!(answer, r#"{"id":7,"slots":["2027-03-29T07:00:00Z","2027-03-29T07:30:00Z"]}"#);
/// ```
pub fn answer(line: &str) -> Value {
    let value: Result<Value, _> = serde_json::from_str(line);
    let id = value
        .as_ref()
        .ok()
        .and_then(|v| v.get("id"))
        .cloned()
        .unwrap_or(Value::Null);
    let case = value
        .and_then(serde_json::from_value::<Case>)
        .map_err(|e| e.to_string());
    match case.and_then(|case| slots(&case)) {
        Ok(slots) => {
            let text = |at: &DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::AutoSi, true);
            json!({ "id": id, "slots": slots.iter().map(text).collect::<Vec<_>>() })
        }
        Err(error) => json!({ "id": id, "error": error }),
    }
}

fn slots(case: &Case) -> Result<Vec<DateTime<Utc>>, String> {
    let zone = Zone::named(&case.host_tz).map_err(|e| format!("host_tz: {e}"))?;
    let mut rules = Rules::closed(zone.clone());
    for weekly in &case.weekly {
        let day = match &weekly.day {
            Day::Number(day) => usize::from(*day),
            Day::Word(word) => WEEKDAYS
                .iter()
                .position(|(w, _)| w == word)
                .ok_or("weekly: day must be 0 to 6 or mon to sun")?,
        };
        let windows = rules
            .weekly
            .get_mut(day)
            .ok_or("weekly: day must be 0 to 6 or mon to sun")?;
        windows.push(window(&weekly.hours)?);
    }
    let mut overrides: BTreeMap<NaiveDate, Vec<Window>> = BTreeMap::new();
    for date in &case.overrides {
        let windows = date
            .windows
            .iter()
            .map(window)
            .collect::<Result<Vec<_>, _>>()?;
        overrides.entry(date.date).or_default().extend(windows);
    }
    rules.overrides = overrides;
    let minutes = |field: &str, n: i64, least: i64| {
        (least..=10_000_000)
            .contains(&n)
            .then(|| TimeDelta::minutes(n))
            .ok_or_else(|| format!("{field}: must be a number of minutes from {least}"))
    };
    let buffers = (
        minutes("buffer_before", case.buffer_before, 0)?,
        minutes("buffer_after", case.buffer_after, 0)?,
    );
    let policy = Policy {
        length: minutes("slot_minutes", case.slot_minutes, 1)?,
        increment: minutes(
            "increment_minutes",
            case.increment_minutes.unwrap_or(case.slot_minutes),
            1,
        )?,
        buffer_before: buffers.0,
        buffer_after: buffers.1,
        minimum_notice: minutes("min_notice_minutes", case.min_notice_minutes, 0)?,
        horizon: minutes(
            "horizon_minutes",
            case.horizon_minutes.unwrap_or(10_000_000),
            0,
        )?,
        max_per_day: None,
        max_per_week: None,
    };
    let span = |(start, end): &(DateTime<Utc>, DateTime<Utc>)| Span::new(*start, *end);
    let engagements: Vec<Engagement> = case
        .bookings
        .iter()
        .map(|booking| Engagement {
            span: span(booking),
            buffer_before: buffers.0,
            buffer_after: buffers.1,
            as_host: true,
        })
        .collect();
    let diary = Diary::new(case.busy.iter().map(span), &engagements, []);
    let (from, until) = (
        moment(&case.window.from, &zone)?,
        moment(&case.window.to, &zone)?,
    );
    if until - from > LONGEST {
        return Err("window: longer than five years".into());
    }
    let offer = Offer {
        rules: &rules,
        policy: &policy,
        diary: &diary,
        now: case.now,
    };
    Ok(offer
        .slots(from, until)
        .iter()
        .map(|slot| slot.start)
        .collect())
}

fn window(hours: &Hours) -> Result<Window, String> {
    let time = |text: &str| {
        typed::exact_time(text).ok_or_else(|| format!("{text}: must be a time such as 09:00"))
    };
    Window::new(time(&hours.start)?, time(&hours.end)?).ok_or_else(|| {
        format!(
            "{} to {}: must end after it starts, at 24:00 at the latest",
            hours.start, hours.end
        )
    })
}

/// An instant, or the beginning of a date in the host's zone.
fn moment(text: &str, zone: &Zone) -> Result<DateTime<Utc>, String> {
    let instant = DateTime::parse_from_rfc3339(text)
        .map(|at| at.to_utc())
        .ok();
    instant
        .or_else(|| Some(zone.instant(text.parse::<NaiveDate>().ok()?, 0)))
        .ok_or_else(|| format!("window: {text} is neither an instant nor a date"))
}
