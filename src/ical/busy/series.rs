//! What belongs together of a calendar's events: a series and the changes to its instances.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use super::{
    ReadOptions,
    event::{ForeignEvent, Named, are_same},
    moment::{Length, Moment},
};
use crate::schedule::{Budget, RecurrenceError, Span};

/// What belongs together: an event, what it was before, and the instances that were changed.
#[derive(Default)]
pub(super) struct Series {
    /// The newest ones; several if a calendar uses one UID for different events.
    masters: Vec<ForeignEvent>,
    changes: Vec<Change>,
}

/// What stands in the place of an instance.
struct Change {
    replaces: Named,
    /// Whether in the place of the later ones as well.
    with_later: bool,
    event: ForeignEvent,
}

/// The changes that hold, found by what they replace, and which of them have been met with.
struct Changes<'a> {
    all: Vec<&'a Change>,
    is_used: Vec<bool>,
}

/// The events by what belongs together, in the order of the calendar.
pub(super) fn series_of(events: Vec<ForeignEvent>) -> Vec<Series> {
    let mut by_uid: HashMap<String, usize> = HashMap::new();
    let mut all: Vec<Series> = Vec::new();
    for mut event in events {
        if event.uid.is_empty() {
            event.replaces = None;
        }
        let number = match by_uid.get(&event.uid) {
            Some(number) if !event.uid.is_empty() => *number,
            _ => {
                by_uid.insert(event.uid.clone(), all.len());
                all.push(Series::default());
                all.len() - 1
            }
        };
        match event.replaces.take() {
            Some((replaces, with_later)) => all[number].changes.push(Change {
                replaces,
                with_later,
                event,
            }),
            None => all[number].masters.push(event),
        }
    }
    for series in &mut all {
        let newest = series.masters.iter().map(|e| e.sequence).max().unwrap_or(0);
        series.masters.retain(|e| e.sequence == newest);
        let age = |change: &Change| (change.event.sequence, change.event.stamp.clone());
        series.changes.sort_by_cached_key(age);
    }
    all
}

impl Series {
    /// The time that it takes of its owner.
    pub(super) fn busy(
        &self,
        question: &ReadOptions,
        budget: &mut Budget,
    ) -> Result<Vec<Span>, RecurrenceError> {
        let mut changes = self.newest_changes(budget)?;
        let mut spans = Vec::new();
        for master in &self.masters {
            budget.spend(1 + changes.all.len() as u64)?;
            spans.extend(changes.busy_around(master, question, budget)?);
        }
        for (change, is_used) in changes.all.iter().zip(&changes.is_used) {
            if change.event.counts(question) {
                spans.extend(self.busy_of(change, *is_used, question, budget)?);
            }
        }
        Ok(spans)
    }

    /// Of several changes to one instance the newest: the later of equal ones.
    fn newest_changes(&self, budget: &mut Budget) -> Result<Changes<'_>, RecurrenceError> {
        let mut all: Vec<&Change> = Vec::new();
        for change in self.changes.iter().rev() {
            budget.spend(1 + all.len() as u64 / 8)?;
            if !all
                .iter()
                .any(|newer| are_same(&change.replaces, &newer.replaces))
            {
                all.push(change);
            }
        }
        Ok(Changes {
            is_used: vec![false; all.len()],
            all,
        })
    }

    /// The time that a change takes. `is_used`: an instance of the series was met with in its place.
    fn busy_of(
        &self,
        change: &Change,
        is_used: bool,
        question: &ReadOptions,
        budget: &mut Budget,
    ) -> Result<Vec<Span>, RecurrenceError> {
        let mut is_known = is_used;
        for master in &self.masters {
            is_known = is_known || master.has_instance(&change.replaces, budget)?;
        }
        let is_older = |master: &ForeignEvent| change.event.sequence < master.sequence;
        let is_stale = !is_known && !self.masters.is_empty() && self.masters.iter().all(is_older);
        if is_stale {
            return Ok(Vec::new());
        }
        let mut spans = vec![change.event.span(&change.event.start)];
        // One that replaces nothing and has a rule is a series that some program has cut off another.
        if !is_known && !change.event.rules.is_empty() {
            let instances = change
                .event
                .instances(question.window, TimeDelta::zero(), budget)?;
            for (at, length) in instances {
                spans.push(span(&at, &length.unwrap_or(change.event.length)));
            }
        }
        Ok(spans)
    }

    /// What it takes at least, when its rules cost too much to follow.
    pub(super) fn first_times(&self, question: &ReadOptions) -> Vec<Span> {
        let changes = self.changes.iter().map(|change| &change.event);
        let all = self.masters.iter().chain(changes);
        all.filter(|event| event.counts(question))
            .map(|event| event.span(&event.start))
            .collect()
    }

    /// The date on which it begins.
    pub(super) fn date(&self) -> Option<NaiveDate> {
        let changes = self.changes.iter().map(|change| &change.event);
        let first = self.masters.iter().chain(changes).next()?;
        Some(first.start.local.date())
    }
}

impl Changes<'_> {
    /// The time of the instances of `master` that are not changed one by one; later ones move with a change that
    /// says so. Notes which changes were met with.
    fn busy_around(
        &mut self,
        master: &ForeignEvent,
        question: &ReadOptions,
        budget: &mut Budget,
    ) -> Result<Vec<Span>, RecurrenceError> {
        let mut shifts: Vec<(DateTime<Utc>, &ForeignEvent)> = Vec::new();
        let mut named: HashMap<DateTime<Utc>, usize> = HashMap::new();
        let mut dated: HashMap<NaiveDate, usize> = HashMap::new();
        for (number, change) in self.all.iter().enumerate() {
            let instant = change.replaces.moment.instant();
            if change.with_later {
                shifts.push((instant, &change.event));
            }
            if change.replaces.moment.is_date || master.start.is_date {
                dated.insert(change.replaces.date, number);
            } else {
                named.insert(instant, number);
            }
        }
        shifts.sort_by_key(|(from, _)| *from);
        let moved = shifts
            .iter()
            .map(|(from, change)| (change.start.instant() - *from).abs() + change.length.reach());
        let furthest = moved.max().unwrap_or_default();
        let mut spans = Vec::new();
        for (at, own_length) in master.instances(question.window, furthest, budget)? {
            budget.spend(1)?;
            let instant = at.instant();
            let changed = named.get(&instant).or_else(|| dated.get(&at.local.date()));
            if let Some(number) = changed {
                self.is_used[*number] = true;
                continue;
            }
            match shifts.iter().rfind(|(from, _)| *from <= instant) {
                None if master.counts(question) => {
                    spans.push(span(&at, &own_length.unwrap_or(master.length)));
                }
                Some((from, change)) if change.counts(question) => {
                    // As far from its change as the instance was from the one that was changed.
                    let clocks = &change.start.clocks;
                    let apart = clocks.local(instant) - clocks.local(*from);
                    let start = change.start.at(change.start.local + apart);
                    spans.push(span(&start, &change.length));
                }
                None | Some(_) => {}
            }
        }
        Ok(spans)
    }
}

fn span(start: &Moment, length: &Length) -> Span {
    Span::new(start.instant(), length.end_of(start))
}
