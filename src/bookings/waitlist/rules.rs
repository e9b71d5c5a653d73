//! What a wish may ask for: one set of rules for the form and for the API.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use super::{NewWish, WishOf, WishWindow};
use crate::{
    input::{self, Problems},
    schedule::Zone,
    slots::{catalogue::Catalogue, editor::typed},
};

/// How far ahead a wish may reach.
const FURTHEST: TimeDelta = TimeDelta::days(180);
const MOST_TOPICS: usize = 10;
const LONGEST_TOPIC: usize = 100;
const MOST_WINDOWS: usize = 7 * typed::MOST_WINDOWS;

/// What somebody asks for, read and not yet judged.
#[derive(Clone, Debug)]
pub struct AskedWish {
    /// Handle of the alumnus and slug of the service; None: anybody.
    pub of: Option<(String, String)>,
    /// A word of the catalogue, if it is one; needed without `of`. Of a kind that is no longer offered there may
    /// still be services to wait for.
    pub kind: Option<String>,
    pub topics: Vec<String>,
    pub zone: Zone,
    pub weekly: Vec<WishWindow>,
    /// None if it could not be read, which is among the problems already.
    pub until_on: Option<NaiveDate>,
}

/// What the fields are called where they were filled in, for the problems with them.
#[derive(Clone, Copy, Debug)]
pub struct FieldNames {
    pub kind: &'static str,
    pub topics: &'static str,
    pub weekly: &'static str,
    pub until_on: &'static str,
}

impl AskedWish {
    /// The wish, or what is wrong with it besides the problems found in reading it. What is said twice counts once.
    pub fn checked(
        self,
        names: FieldNames,
        mut problems: Problems,
        catalogue: &Catalogue,
        now: DateTime<Utc>,
    ) -> Result<NewWish, Problems> {
        let word = self.kind.filter(|word| !word.is_empty());
        let entry = word.as_ref().and_then(|word| catalogue.find(word));
        let of = match (self.of, entry) {
            (Some((handle, slug)), _) => Some(WishOf::Service { handle, slug }),
            (None, Some(entry)) => Some(WishOf::Kind(entry.kind.clone())),
            (None, None) => {
                let problem = match word {
                    None => "is required; choose one",
                    Some(_) => "must be one from the list",
                };
                problems.add(names.kind, problem);
                None
            }
        };
        let topics = self.topics.iter().map(|topic| input::line(topic));
        let topics: Vec<String> = topics.filter(|topic| !topic.is_empty()).collect();
        if topics.len() > MOST_TOPICS {
            problems.add(names.topics, "can have at most 10 entries");
        }
        if topics
            .iter()
            .any(|topic| topic.chars().count() > LONGEST_TOPIC)
        {
            problems.add(names.topics, "must each be at most 100 characters long");
        }
        let mut weekly = self.weekly;
        weekly.sort_unstable_by_key(|window| (window.day, window.from, window.until));
        weekly.dedup();
        if weekly.is_empty() && problems.of(names.weekly).is_none() {
            problems.add(names.weekly, "are required; choose at least one");
        }
        if weekly.len() > MOST_WINDOWS {
            problems.add(names.weekly, "can have at most 84 time ranges");
        }
        let today = self.zone.local(now).date_naive();
        let until_on = self.until_on.unwrap_or(today);
        if problems.of(names.until_on).is_none() && !(today..=today + FURTHEST).contains(&until_on)
        {
            problems.add(names.until_on, "must be a date in the next 180 days");
        }
        let Some(of) = of else {
            return Err(problems);
        };
        problems.or(NewWish {
            of,
            topics,
            zone: self.zone.name().to_owned(),
            weekly,
            until_on,
        })
    }
}
