//! Reliability instead of stars: how often somebody kept, cancelled late or missed a session, and what
//! follows from two or four of the latter within thirty days.

use chrono::TimeDelta;

use super::store;
use crate::{
    db::{PersonId, Tx},
    jobs::{self, Job},
    people::{self, Standing, audit::By, coordinate::place, rules::Placement},
};

/// Late cancellations and no-shows count together for so long.
pub const WINDOW: TimeDelta = TimeDelta::days(30);
/// So many of them lead to a warning, and so many to a pause.
pub const WARNS_AT: i64 = 2;
pub const PAUSES_AT: i64 = 4;

/// Sessions on one side, as host or as guest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub struct Side {
    pub attended: i64,
    pub cancelled_late: i64,
    pub missed: i64,
}

impl Side {
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// What is counted of one person.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub struct Reliability {
    /// Sessions given.
    pub as_host: Side,
    /// Sessions booked.
    pub as_guest: Side,
    /// Late cancellations and no-shows of the last thirty days that nobody has forgiven.
    pub strikes: i64,
}

/// After a late cancellation or a no-show of somebody, who is locked: warns at two within thirty days,
/// pauses at four. A coordinator lifts the pause.
pub fn weigh(tx: &mut Tx, person: PersonId) -> diesel::QueryResult<()> {
    let now = tx.now()?;
    let strikes = store::reliability(tx, person, now)?.strikes;
    if strikes >= PAUSES_AT {
        let paused = people::store::person(tx, person)?;
        if paused.standing == Standing::Active {
            let wanted = Placement {
                roles: paused.roles.clone(),
                standing: Standing::Lapsed,
            };
            place::put(tx, &By::MACHINE, &paused, &wanted)?;
            return jobs::enqueue(
                tx,
                &[Job::Strikes {
                    person,
                    strikes,
                    at: now,
                }],
                now,
            );
        }
    } else if strikes == WARNS_AT {
        return jobs::enqueue(
            tx,
            &[Job::Strikes {
                person,
                strikes,
                at: now,
            }],
            now,
        );
    }
    Ok(())
}
