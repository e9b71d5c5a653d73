//! `almanac busy`: what the importer reads from a foreign calendar, as a tool.

use std::{fmt, fs::File, io::Read};

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde_json::json;

use super::{Busy, Failure};
use crate::{
    ical::{
        busy::{self, ReadError, ReadOptions},
        content::{ContentError, MOST_BYTES},
    },
    schedule::{Span, Zone},
};

/// Longest stretch of time that may be asked about.
const LONGEST: TimeDelta = TimeDelta::days(366 * 5);

/// A calendar that cannot be read, with the exit code that says which way.
#[derive(Debug)]
pub struct Unreadable(ReadError);

impl Unreadable {
    /// 2: no calendar in the file; 3: too costly to read.
    pub fn exit_code(&self) -> u8 {
        match self.0 {
            ReadError::Content(ContentError::NoCalendar) => 2,
            ReadError::Content(ContentError::TooLarge) | ReadError::TooCostly => 3,
        }
    }
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Unreadable {}

pub fn run(wanted: &Busy) -> Result<(), Failure> {
    let zone = Zone::named(&wanted.zone).map_err(|unknown| format!("--zone {unknown}"))?;
    if wanted.until <= wanted.from || wanted.until - wanted.from > LONGEST {
        return Err("--until: must be after --from, by at most five years".into());
    }
    let mut bytes = Vec::new();
    // A byte more than is read tells that there is more.
    let most = MOST_BYTES as u64 + 1;
    File::open(&wanted.file)
        .and_then(|file| file.take(most).read_to_end(&mut bytes))
        .map_err(|error| format!("{}: {error}", wanted.file.display()))?;
    let owner: Vec<String> = wanted.owner.iter().map(|e| e.to_lowercase()).collect();
    let question = ReadOptions {
        window: Span::new(wanted.from, wanted.until),
        zone: &zone,
        count_free: false,
        is_own: &|_| false,
        owner: &owner,
    };
    let reading = busy::read::read(&bytes, &question).map_err(Unreadable)?;
    let show = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::AutoSi, true);
    let busy = reading.busy.iter().map(|s| [show(s.start), show(s.end)]);
    let skipped = reading.skipped.iter().flat_map(|(reason, count)| {
        std::iter::repeat_n(json!({ "reason": reason }), *count as usize)
    });
    println!(
        "{}",
        json!({ "busy": busy.collect::<Vec<_>>(), "skipped": skipped.collect::<Vec<_>>() })
    );
    Ok(())
}
