//! Calendar arithmetic, pure: spans of time, zones, and the slots that follow from rules.
//!
//! Nothing here asks the clock, the database or the network; `now` is an argument.

pub mod interval;
pub mod slots;
pub mod zone;

pub use interval::{Span, Spans};
pub use slots::{Diary, Engagement, Offer, Policy, Refusal, Rules, Window};
pub use zone::Zone;
