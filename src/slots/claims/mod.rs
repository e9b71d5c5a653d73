//! What is taken of people's time, by bookings, holds and imported events.

pub mod store;
