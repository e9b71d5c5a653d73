//! Calendar arithmetic, pure: spans of time, zones, repetitions, and the slots that follow from rules.
//!
//! Nothing here asks the clock, the database or the network; `now` is an argument.

pub mod foreign_zone;
pub mod free;
pub mod interval;
pub mod recurrence;
pub mod slots;
pub mod stamp;
pub mod zone;

pub use foreign_zone::Clocks;
pub use free::{Free, Limits};
pub use interval::{Span, Spans};
pub use recurrence::{Budget, Recurrence, RecurrenceError, Until};
pub use slots::{Diary, Engagement, Offer, Policy, Refusal, Rules, Window};
pub use stamp::Stamp;
pub use zone::{HourCycle, Zone};
