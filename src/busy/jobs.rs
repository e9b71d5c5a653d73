//! What waits to be done about connected calendars: letters.

use serde::{Deserialize, Serialize};

use crate::{db::BusyCalendarId, jobs::Work};

/// To the owner of a calendar that cannot be read.
#[derive(Debug, Serialize, Deserialize)]
pub struct CalendarFailing {
    pub calendar: BusyCalendarId,
}

impl Work for CalendarFailing {
    fn kind() -> &'static str {
        "calendar_failing"
    }
}
