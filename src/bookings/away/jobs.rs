//! What waits to be done about people who may not take part: letters.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    db::{BookingId, PersonId},
    jobs::Work,
};

/// To the other side of a session whose one side may not take part.
#[derive(Debug, Serialize, Deserialize)]
pub struct Away {
    pub booking: BookingId,
    pub reader: PersonId,
    pub at: DateTime<Utc>,
}

impl Work for Away {
    fn kind() -> &'static str {
        "away"
    }
}

/// To a coordinator: somebody who may not take part has so many sessions ahead.
#[derive(Debug, Serialize, Deserialize)]
pub struct AwayWithSessions {
    pub person: PersonId,
    pub reader: PersonId,
    pub count: i64,
    pub at: DateTime<Utc>,
}

impl Work for AwayWithSessions {
    fn kind() -> &'static str {
        "away_with_sessions"
    }
}
