//! How hosts change their own times: weekly hours, days off, one-off times, policy.
//!
//! Every change takes the lock that booking takes, so that no booking lands outside the hours it
//! was offered from.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::{
    OneOff, index,
    rules::{Availability, MOST_DATES},
    store,
};
use crate::{
    db::{DbError, OneOffId, PersonId, Tx},
    people::{self, Person, rules::CheckedSettings},
    schedule::{Span, Window},
};

#[derive(Debug, thiserror::Error)]
pub enum AvailabilityError {
    #[error("more than {MOST_DATES} dates or times; remove some first")]
    TooMany,
    #[error("say where you live first, under My times")]
    NoZone,
    #[error(transparent)]
    Database(#[from] DbError),
}
crate::verb_error!(AvailabilityError);

impl From<AvailabilityError> for crate::error::Error {
    fn from(error: AvailabilityError) -> Self {
        match error {
            AvailabilityError::TooMany => Self::unprocessable("times", &error.to_string()),
            AvailabilityError::NoZone => Self::Refused {
                code: "zone_unconfirmed",
                detail: error.to_string(),
            },
            AvailabilityError::Database(error) => error.into(),
        }
    }
}

/// Replaces weekly hours and policy.
pub fn save(tx: &mut Tx, of: PersonId, wanted: &Availability) -> Result<(), AvailabilityError> {
    people::store::lock(tx, &[of])?;
    has_place(tx, of)?;
    store::put_policy(tx, of, &wanted.policy)?;
    store::put_weekly(tx, of, &wanted.weekly)?;
    Ok(index::refresh(tx, of)?)
}

/// Writes what everybody may change about themselves: hours are told by the clocks of the zone.
pub fn change_settings(
    tx: &mut Tx,
    of: PersonId,
    to: &CheckedSettings,
) -> Result<(), AvailabilityError> {
    let before = people::store::lock(tx, &[of])?;
    people::store::update_settings(tx, of, to)?;
    // A guess that came with the form and was sent back is still a guess.
    if before.iter().any(|person| person.zone != to.zone) {
        people::store::confirm_zone(tx, of)?;
    }
    Ok(index::refresh(tx, of)?)
}

/// Says where a host lives, as [`change_settings`] does.
pub fn confirm_zone(tx: &mut Tx, of: PersonId, zone: &str) -> Result<(), AvailabilityError> {
    let person = people::store::lock(tx, &[of])?
        .pop()
        .ok_or(diesel::result::Error::NotFound)?;
    people::store::confirm_zone(tx, of)?;
    change_settings(tx, of, &in_zone(&person, zone))
}

/// What the person has, with another zone.
fn in_zone(person: &Person, zone: &str) -> CheckedSettings {
    CheckedSettings {
        zone: zone.to_owned(),
        ..CheckedSettings::of(person)
    }
}

/// Hours mean nothing before it is known where their host lives.
fn has_place(tx: &mut Tx, of: PersonId) -> Result<(), AvailabilityError> {
    match people::store::has_unconfirmed_zone(tx, of)? {
        true => Err(AvailabilityError::NoZone),
        false => Ok(()),
    }
}

/// Everything at once, as the API sends it.
#[derive(Clone, Debug)]
pub struct Whole {
    pub zone: String,
    pub availability: Availability,
    pub overrides: BTreeMap<NaiveDate, Vec<Window>>,
    pub one_off: Vec<Span>,
}

pub fn replace(tx: &mut Tx, of: PersonId, wanted: &Whole) -> Result<(), AvailabilityError> {
    if wanted.overrides.len() > MOST_DATES || wanted.one_off.len() > MOST_DATES {
        return Err(AvailabilityError::TooMany);
    }
    let person = people::store::lock(tx, &[of])?
        .pop()
        .ok_or(diesel::result::Error::NotFound)?;
    people::store::update_settings(tx, of, &in_zone(&person, &wanted.zone))?;
    people::store::confirm_zone(tx, of)?;
    store::put_policy(tx, of, &wanted.availability.policy)?;
    store::put_weekly(tx, of, &wanted.availability.weekly)?;
    store::remove_overrides(tx, of, None)?;
    store::put_overrides(tx, of, &wanted.overrides)?;
    store::remove_one_offs(tx, of, None)?;
    store::add_one_offs(tx, of, &wanted.one_off)?;
    Ok(index::refresh(tx, of)?)
}

/// Other hours, or none, on those dates.
pub fn add_overrides(
    tx: &mut Tx,
    of: PersonId,
    overrides: &BTreeMap<NaiveDate, Vec<Window>>,
    today: NaiveDate,
) -> Result<(), AvailabilityError> {
    people::store::lock(tx, &[of])?;
    has_place(tx, of)?;
    if store::count_overrides(tx, of, today)? as usize + overrides.len() > MOST_DATES {
        return Err(AvailabilityError::TooMany);
    }
    store::put_overrides(tx, of, overrides)?;
    Ok(index::refresh(tx, of)?)
}

/// Takes a span out of the hours of its date and out of one-off times, so that nobody else books it.
pub fn close(tx: &mut Tx, of: PersonId, span: Span) -> Result<(), AvailabilityError> {
    people::store::lock(tx, &[of])?;
    let now = tx.now()?;
    let host = store::own(tx, of)?;
    let rules = store::rules_of(tx, &host, now)?;
    let overrides = rules.hours_without(span);
    let today = rules.zone.local(now).date_naive();
    let existing = store::count_overrides(tx, of, today)?;
    if existing as usize + overrides.len() > MOST_DATES {
        return Err(AvailabilityError::TooMany);
    }
    store::put_overrides(tx, of, &overrides)?;
    let mut met = store::one_offs(tx, of, now)?;
    met.retain(|once| Span::new(once.starts_at, once.ends_at).meets(&span));
    let ids: Vec<OneOffId> = met.iter().map(|once| once.id).collect();
    let around = |once: &OneOff| {
        let before = Span::new(once.starts_at, span.start);
        [before, Span::new(span.end, once.ends_at)]
    };
    let mut left: Vec<Span> = met.iter().flat_map(around).collect();
    left.retain(|part| !part.is_empty());
    store::remove_one_offs(tx, of, Some(&ids))?;
    store::add_one_offs(tx, of, &left)?;
    Ok(index::refresh(tx, of)?)
}

pub fn remove_override(
    tx: &mut Tx,
    of: PersonId,
    date: NaiveDate,
) -> Result<(), AvailabilityError> {
    people::store::lock(tx, &[of])?;
    store::remove_overrides(tx, of, Some(date))?;
    Ok(index::refresh(tx, of)?)
}

pub fn add_one_offs(tx: &mut Tx, of: PersonId, spans: &[Span]) -> Result<(), AvailabilityError> {
    people::store::lock(tx, &[of])?;
    has_place(tx, of)?;
    let now = tx.now()?;
    let existing = store::one_offs(tx, of, now)?;
    let is_new = |span: &&Span| {
        existing
            .iter()
            .all(|e| (e.starts_at, e.ends_at) != (span.start, span.end))
    };
    let added: Vec<Span> = spans.iter().filter(is_new).copied().collect();
    if existing.len() + added.len() > MOST_DATES {
        return Err(AvailabilityError::TooMany);
    }
    store::add_one_offs(tx, of, &added)?;
    Ok(index::refresh(tx, of)?)
}

pub fn remove_one_off(tx: &mut Tx, of: PersonId, id: OneOffId) -> Result<(), AvailabilityError> {
    people::store::lock(tx, &[of])?;
    store::remove_one_offs(tx, of, Some(&[id]))?;
    Ok(index::refresh(tx, of)?)
}
