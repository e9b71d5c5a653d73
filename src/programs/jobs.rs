//! What waits to be done about programs: letters.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    db::{ActivityId, ApplicationId, CohortId, PersonId, ProgramId},
    jobs::Work,
    programs::application::Decision,
};

/// To somebody who helps to run a program from now on.
#[derive(Debug, Serialize, Deserialize)]
pub struct StaffAppointed {
    pub program: ProgramId,
    pub person: PersonId,
    pub at: DateTime<Utc>,
}

impl Work for StaffAppointed {
    fn kind() -> &'static str {
        "staff_appointed"
    }
}

/// To somebody who has applied: dates of the cohort have changed.
#[derive(Debug, Serialize, Deserialize)]
pub struct DatesChanged {
    pub cohort: CohortId,
    pub person: PersonId,
    pub at: DateTime<Utc>,
}

impl Work for DatesChanged {
    fn kind() -> &'static str {
        "dates_changed"
    }
}

/// To a member of a cohort: its milestones have changed.
#[derive(Debug, Serialize, Deserialize)]
pub struct MilestonesChanged {
    pub cohort: CohortId,
    pub person: PersonId,
    pub at: DateTime<Utc>,
}

impl Work for MilestonesChanged {
    fn kind() -> &'static str {
        "milestones_changed"
    }
}

/// To a member of cohorts: what is new in them.
#[derive(Debug, Serialize, Deserialize)]
pub struct CohortDigest {
    pub person: PersonId,
    /// Of what came after it they have not been told.
    pub since: DateTime<Utc>,
    pub at: DateTime<Utc>,
}

impl Work for CohortDigest {
    fn kind() -> &'static str {
        "cohort_digest"
    }
}

/// To an applicant whose application is complete.
#[derive(Debug, Serialize, Deserialize)]
pub struct ApplicationReceived {
    pub application: ApplicationId,
    /// When it was sent.
    pub at: DateTime<Utc>,
}

impl Work for ApplicationReceived {
    fn kind() -> &'static str {
        "application_received"
    }
}

/// To an applicant: the result.
#[derive(Debug, Serialize, Deserialize)]
pub struct ResultReleased {
    pub application: ApplicationId,
    /// What came after it has a letter of its own.
    pub decision: Decision,
    /// When it was released, or a place was taken.
    pub at: DateTime<Utc>,
}

impl Work for ResultReleased {
    fn kind() -> &'static str {
        "result_released"
    }
}

/// To somebody on the wait-list: a seat is free.
#[derive(Debug, Serialize, Deserialize)]
pub struct SeatOffered {
    pub application: ApplicationId,
    pub at: DateTime<Utc>,
}

impl Work for SeatOffered {
    fn kind() -> &'static str {
        "seat_offered"
    }
}

/// To a lead: results that were to go out could not.
#[derive(Debug, Serialize, Deserialize)]
pub struct ReleaseBlocked {
    pub cohort: CohortId,
    pub person: PersonId,
    /// Why, a sentence each.
    pub blocks: Vec<String>,
    pub at: DateTime<Utc>,
}

impl Work for ReleaseBlocked {
    fn kind() -> &'static str {
        "release_blocked"
    }
}

/// To somebody who comes to an event: the invitation, a change of it, or its end.
#[derive(Debug, Serialize, Deserialize)]
pub struct EventNews {
    pub activity: ActivityId,
    pub person: PersonId,
    pub at: DateTime<Utc>,
}

impl Work for EventNews {
    fn kind() -> &'static str {
        "event_news"
    }

    /// Calendars take news in order.
    fn order(&self) -> Option<String> {
        Some(format!("event {} {}", self.activity, self.person))
    }
}
