//! Milestones of a cohort as its members have them.

use chrono::NaiveDate;

use crate::programs::{
    application::CohortRole,
    file::{Milestone, ProgramFile, Severity},
};

/// A milestone with its day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due<'a> {
    pub milestone: &'a Milestone,
    pub day: NaiveDate,
}

/// The milestones of somebody with those roles, counted from the start of a cohort, in order. Staff sees all.
pub fn milestones<'a>(
    file: &'a ProgramFile,
    roles: &[CohortRole],
    starts_on: Option<NaiveDate>,
) -> Vec<Due<'a>> {
    let Some(starts_on) = starts_on else {
        return Vec::new();
    };
    let is_for = |milestone: &Milestone| {
        roles.is_empty() || roles.iter().any(|role| role.is_of(milestone.role))
    };
    let mut all: Vec<Due> = file
        .milestones
        .iter()
        .filter(|milestone| milestone.severity != Severity::Off && is_for(milestone))
        .filter_map(|milestone| {
            let day = milestone.after?.after(starts_on)?;
            Some(Due { milestone, day })
        })
        .collect();
    all.sort_by_key(|due| due.day);
    all
}
