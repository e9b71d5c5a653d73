//! What waits to be done about preparations: letters.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    db::{BookingId, PersonId},
    jobs::Work,
};

/// To one of the two: what the other one has prepared since.
#[derive(Debug, Serialize, Deserialize)]
pub struct Digest {
    pub booking: BookingId,
    pub reader: PersonId,
    pub since: DateTime<Utc>,
    pub at: DateTime<Utc>,
}

impl Work for Digest {
    fn kind() -> &'static str {
        "digest"
    }
}

/// To a guest: something that the service asks for is missing.
#[derive(Debug, Serialize, Deserialize)]
pub struct Nudge {
    pub booking: BookingId,
    pub at: DateTime<Utc>,
}

impl Work for Nudge {
    fn kind() -> &'static str {
        "nudge"
    }
}
