//! Telling people what is new in their cohorts.

use std::collections::BTreeMap;

use chrono::{TimeDelta, Timelike};

use super::store;
use crate::{db::Tx, jobs, programs::jobs::CohortDigest, schedule::Zone};

/// From which hour on, on the clocks of whoever is told.
const FROM: u32 = 8;
/// And before which: what is written later waits for the next morning.
const UNTIL: u32 = 20;

/// What was written within this may not be there for everybody yet, and waits for the next letter.
const SETTLES: TimeDelta = TimeDelta::minutes(1);

/// Queues a letter to everybody to whom something is new and who has not had one today.
pub fn tell(tx: &mut Tx) -> diesel::QueryResult<()> {
    let now = tx.now()?;
    let mut since = BTreeMap::new();
    let mut told = Vec::new();
    let until = now - SETTLES;
    for one in store::waiting(tx, until)? {
        let zone = Zone::named(&one.zone).unwrap_or_else(|_| Zone::utc());
        let local = zone.local(now);
        let today = local.date_naive();
        if (FROM..UNTIL).contains(&local.hour()) && one.sent_on.is_none_or(|day| day < today) {
            since.insert(one.person_id, one.since);
            told.push((one.person_id, today));
        }
    }
    let told = store::note_sent(tx, &told, until)?;
    let letters: Vec<CohortDigest> = told
        .into_iter()
        .filter_map(|person| {
            Some(CohortDigest {
                person,
                since: *since.get(&person)?,
                at: until,
            })
        })
        .collect();
    jobs::enqueue(tx, &letters, now)
}
