//! What waits to be done about bookings: letters. What a letter tells is fixed when it is queued, so that
//! sending it twice sends the same letter twice.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    db::{BookingId, GroupId, PersonId},
    jobs::Work,
};

/// A letter to one of the two about what happened to their booking.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BookingLetter {
    pub booking: BookingId,
    pub reader: PersonId,
    pub news: News,
    /// The SEQUENCE of the event when this happened.
    pub sequence: i32,
    pub starts_at: DateTime<Utc>,
    pub ends_at: DateTime<Utc>,
    /// Where it was before it was moved.
    #[serde(default)]
    pub was: Option<(DateTime<Utc>, DateTime<Utc>)>,
    /// What whoever did it says.
    #[serde(default)]
    pub note: String,
    /// The group whose event it is about; to its host all of it comes in order.
    #[serde(default)]
    pub group: Option<GroupId>,
    /// Those of the two whose accounts are erased meanwhile, as they were: their calendar and the other one's
    /// still have to hear of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub erased: Vec<Erased>,
    /// When it happened: DTSTAMP of the invitation, Date of the letter.
    pub at: DateTime<Utc>,
}

impl Work for BookingLetter {
    fn kind() -> &'static str {
        "booking_letter"
    }

    /// REQUEST before CANCEL.
    fn order(&self) -> Option<String> {
        let event = self.group.map_or(self.booking.0, |group| group.0);
        Some(format!("{event} {}", self.reader))
    }

    fn is_of_erased(&self) -> bool {
        !self.erased.is_empty()
    }
}

/// Somebody whose account is no more, as they were.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Erased {
    pub person: PersonId,
    pub name: String,
    pub email: String,
    pub zone: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum News {
    Asked,
    AskedForMore,
    SaidMore,
    Confirmed,
    Moved,
    Declined,
    Cancelled,
    /// A request was not answered in time.
    Expired,
    /// To the host of a group: one more comes.
    SeatTaken,
    /// To the host of a group: one fewer comes.
    SeatLeft,
}

impl News {
    /// Whether a session is taken out of calendars by it.
    pub fn is_end(self) -> bool {
        matches!(self, Self::Declined | Self::Cancelled | Self::Expired)
    }
}

/// To one of the two, some time before their session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reminder {
    pub booking: BookingId,
    pub reader: PersonId,
    pub minutes: i32,
    /// Of the session as it was when this was decided; one that was moved meanwhile is not reminded of.
    pub starts_at: DateTime<Utc>,
    /// When it was decided: Date of the letter.
    pub at: DateTime<Utc>,
}

impl Work for Reminder {
    fn kind() -> &'static str {
        "reminder"
    }

    fn order(&self) -> Option<String> {
        Some(format!("{} {}", self.booking, self.reader))
    }
}
