//! Reliability instead of stars: how often somebody kept, cancelled late or missed a session, and what
//! follows from two or four of the latter within thirty days.

use super::{jobs::Strikes, store};
use crate::{
    db::{PersonId, Tx},
    jobs,
    people::{self, Standing, audit::By, coordinate::place, rules::Placement},
};

/// How many of them lead to a warning, and how many to a pause.
pub const WARNS_AT: i64 = 2;
pub const PAUSES_AT: i64 = 4;

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
            return warn(tx, person, strikes);
        }
    } else if strikes == WARNS_AT {
        return warn(tx, person, strikes);
    }
    Ok(())
}

fn warn(tx: &mut Tx, person: PersonId, strikes: i64) -> diesel::QueryResult<()> {
    let at = tx.now()?;
    let letter = Strikes {
        person,
        strikes,
        at,
    };
    jobs::enqueue(tx, &[letter], at)
}
