//! What waits to be done when an account has ended: the last letter.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::jobs::Work;

/// To somebody whose account is no more.
#[derive(Debug, Serialize, Deserialize)]
pub struct AccountErased {
    pub email: String,
    pub at: DateTime<Utc>,
    /// Somebody else did it.
    #[serde(default)]
    pub by_other: bool,
    /// So many sessions and requests were cancelled.
    #[serde(default)]
    pub cancelled: usize,
}

impl Work for AccountErased {
    fn kind() -> &'static str {
        "account_erased"
    }

    fn is_of_erased(&self) -> bool {
        true
    }
}
