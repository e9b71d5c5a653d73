//! Cohorts: intakes of a program, each with its dates, its seats and its state.

pub mod archive;
pub mod follow;
pub mod pages;
pub mod rules;
pub mod store;
pub mod web;

use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;

use crate::{
    db::{CohortId, ProgramId, schema::cohorts},
    programs::{
        file::CohortStatus,
        phase::{Dates, Phase},
    },
    schedule::Zone,
};

/// A cohort as it is kept.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = cohorts)]
pub struct Cohort {
    pub id: CohortId,
    pub program_id: ProgramId,
    pub slug: String,
    pub name: String,
    /// Of the program file by which it runs.
    pub version: i32,
    zone: String,
    pub status: CohortStatus,
    /// Whether people come and go at any time, and each hears on their own.
    pub is_rolling: bool,
    pub opens_at: Option<DateTime<Utc>>,
    /// Applications are taken up to but not including this moment.
    pub closes_at: Option<DateTime<Utc>>,
    pub results_at: Option<DateTime<Utc>>,
    pub starts_on: Option<NaiveDate>,
    /// The last day.
    pub ends_on: Option<NaiveDate>,
    /// The target.
    pub pairs: Option<i32>,
    /// In persons; none: no limit.
    pub mentee_seats: Option<i32>,
    pub mentor_seats: Option<i32>,
    /// When the results are to go out by themselves.
    pub release_at: Option<DateTime<Utc>>,
    pub released_at: Option<DateTime<Utc>>,
    pub archived_at: Option<DateTime<Utc>>,
}

impl Cohort {
    /// The zone of its dates; UTC should the zone data have lost its name.
    pub fn zone(&self) -> Zone {
        Zone::named(&self.zone).unwrap_or_else(|_| {
            tracing::error!(cohort = %self.id, zone = self.zone, "the zone data do not know this zone; UTC is used");
            Zone::utc()
        })
    }

    pub fn dates(&self) -> Dates {
        Dates {
            status: self.status,
            opens_at: self.opens_at,
            closes_at: self.closes_at,
            results_at: self.results_at,
            starts_on: self.starts_on,
            ends_on: self.ends_on,
        }
    }

    /// Where it stands.
    pub fn phase(&self, now: DateTime<Utc>) -> Phase {
        if self.archived_at.is_some() {
            return Phase::Archived;
        }
        if self.is_rolling {
            return match self.status {
                CohortStatus::Planned => Phase::Planned,
                CohortStatus::Confirmed => Phase::AlwaysOpen,
            };
        }
        // Results are out when they have been released, whatever was planned; and nobody applies after that.
        let by_dates = Phase::of_dates(&self.dates(), &self.zone(), now);
        match (by_dates, self.released_at.is_some()) {
            (Phase::Decided | Phase::Running, false) => Phase::Reviewing,
            (Phase::Open | Phase::Reviewing, true) => Phase::Decided,
            (phase, _) => phase,
        }
    }
}
