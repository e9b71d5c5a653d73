//! What waits to be done about the waitlist: letters.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{db::BookingId, jobs::Work};

/// To a student: a time is held for them.
#[derive(Debug, Serialize, Deserialize)]
pub struct WaitlistOffer {
    pub booking: BookingId,
    pub at: DateTime<Utc>,
}

impl Work for WaitlistOffer {
    fn kind() -> &'static str {
        "waitlist_offer"
    }
}
