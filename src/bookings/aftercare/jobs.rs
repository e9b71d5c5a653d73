//! What waits to be done about sessions that are over: letters.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    db::{BookingId, PersonId},
    jobs::Work,
};

/// About a session that is over: to one of its two, or to a coordinator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AfterLetter {
    pub booking: BookingId,
    pub reader: PersonId,
    pub news: AfterNews,
    #[serde(default)]
    pub note: String,
    /// When it happened: Date of the letter.
    pub at: DateTime<Utc>,
}

impl Work for AfterLetter {
    fn kind() -> &'static str {
        "after"
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AfterNews {
    /// How did it go?
    Asked,
    /// The other one says that the reader did not come.
    SaidNoShow,
    /// The other one says that it went some other way.
    SaidOther,
    /// To a coordinator: the two say different things.
    Disputed,
    /// A coordinator has decided.
    Decided,
    /// The reader was counted as absent.
    Counted,
    Thanks,
}

/// To somebody who cancelled late or missed several sessions within thirty days.
#[derive(Debug, Serialize, Deserialize)]
pub struct Strikes {
    pub person: PersonId,
    pub strikes: i64,
    pub at: DateTime<Utc>,
}

impl Work for Strikes {
    fn kind() -> &'static str {
        "strikes"
    }
}
