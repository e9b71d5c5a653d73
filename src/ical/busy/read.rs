//! Reading a calendar: its events, what belongs together of them, and what could not be read.

use chrono::NaiveDate;

use super::{
    ReadError, ReadOptions, Reading, Skip,
    event::{ForeignEvent, Whose},
    series,
    zones::Zones,
};
use crate::{
    ical::content::{self, Component},
    schedule::{Budget, Span, Spans, Stamp},
};

/// Steps that one calendar, and one event of it, may cost: a second or so, and a tenth.
const CALENDAR_STEPS: u64 = 20_000_000;
const EVENT_STEPS: u64 = 2_000_000;
/// How many different things that could not be read are reported with their dates.
const MOST_DATED: usize = 50;
/// Most spans before they are merged.
const MOST_SPANS: usize = 500_000;

/// Reads what makes the owner busy.
pub fn read(bytes: &[u8], question: &ReadOptions) -> Result<Reading, ReadError> {
    let content = content::read(bytes)?;
    let mut reader = Reader {
        question,
        budget: Budget(CALENDAR_STEPS),
        spans: Vec::new(),
        reading: Reading {
            is_cut_off: content.is_cut_off,
            ..Reading::default()
        },
    };
    let mut events = Vec::new();
    for calendar in &content.calendars {
        let mut zones = Zones::new(calendar, question);
        let whose = Whose::of(calendar, question);
        for part in &calendar.parts {
            match part.name.as_str() {
                "VEVENT" => {
                    reader.reading.events += 1;
                    let mut notes = Vec::new();
                    let found = ForeignEvent::read(
                        part,
                        &mut zones,
                        &whose,
                        &mut notes,
                        &mut reader.budget,
                    );
                    for note in notes {
                        reader.skip(note, found.as_ref().ok().map(|e| e.start.local.date()));
                    }
                    match found {
                        Ok(event) => events.push(event),
                        Err(reason) => reader.skip(reason, date_of(part)),
                    }
                }
                "VFREEBUSY" => reader.free_busy(part, &mut zones)?,
                _ => {}
            }
        }
        for name in zones.unknown {
            reader.skip(Skip::UnknownZone(&name), None);
        }
    }
    if content.is_cut_off {
        reader.skip(Skip::CutOff, None);
    }
    events.retain(|event| event.uid.is_empty() || !(question.is_own)(&event.uid));
    for series in series::series_of(events) {
        let mut budget = Budget(EVENT_STEPS.min(reader.budget.0));
        let before = budget.0;
        let found = series.busy(question, &mut budget);
        reader.budget.0 -= before - budget.0;
        match found {
            Ok(spans) => reader.add(spans)?,
            Err(_) if before < EVENT_STEPS => return Err(ReadError::TooCostly),
            Err(error) => {
                reader.skip(Skip::Rule(error), series.date());
                reader.add(series.first_times(question))?;
            }
        }
    }
    let clipped = reader.spans.iter().map(|span| {
        let window = question.window;
        Span::new(span.start.max(window.start), span.end.min(window.end))
    });
    reader.reading.busy = Spans::merged(clipped).as_slice().to_vec();
    Ok(reader.reading)
}

/// The date of an event that cannot be read, if that much can.
fn date_of(part: &Component) -> Option<NaiveDate> {
    let dated = ["DTSTART", "DTEND", "RECURRENCE-ID"].into_iter();
    let mut values = dated
        .filter_map(|name| part.property(name))
        .map(|p| &p.value);
    values.find_map(|value| {
        let digits: String = value
            .chars()
            .filter(|c| *c != '-')
            .take_while(char::is_ascii_digit)
            .take(8)
            .collect();
        Some(Stamp::parse(&digits)?.date())
    })
}

struct Reader<'a> {
    question: &'a ReadOptions<'a>,
    budget: Budget,
    spans: Vec<Span>,
    reading: Reading,
}

impl Reader<'_> {
    /// Counts what could not be read.
    fn skip(&mut self, reason: Skip<'_>, date: Option<NaiveDate>) {
        let skipped = &mut self.reading.skipped;
        let dated = date.map(|date| format!("{reason} ({})", date.format("%-d %b %Y")));
        let text = match dated {
            Some(dated) if skipped.len() < MOST_DATED || skipped.contains_key(&dated) => dated,
            _ => reason.to_string(),
        };
        *skipped.entry(text).or_default() += 1;
    }

    fn add(&mut self, spans: Vec<Span>) -> Result<(), ReadError> {
        let inside = spans.into_iter().filter(|s| s.meets(&self.question.window));
        self.spans.extend(inside);
        if self.spans.len() > MOST_SPANS {
            self.spans = Spans::merged(std::mem::take(&mut self.spans))
                .as_slice()
                .to_vec();
        }
        if self.spans.len() > MOST_SPANS {
            return Err(ReadError::TooCostly);
        }
        Ok(())
    }

    /// Published busy time (RFC 5545 §3.6.4).
    fn free_busy(&mut self, part: &Component, zones: &mut Zones) -> Result<(), ReadError> {
        for property in part.all("FREEBUSY") {
            if property.is("FBTYPE", "FREE") {
                continue;
            }
            for text in property.value.split(',').filter(|t| !t.trim().is_empty()) {
                match zones.period(text, property, &mut self.budget) {
                    Some((start, length)) => {
                        self.add(vec![Span::new(start.instant(), length.end_of(&start))])?
                    }
                    None => self.skip(Skip::BadPeriod, None),
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
#[path = "read_tests.rs"]
mod tests;
