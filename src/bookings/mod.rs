//! Holds and bookings: a guest's claim on a slot, from the tap on a time to the cancellation.
//!
//! A booking is cancelled, never deleted. Which slots there are is `slots`.

pub mod api;
pub mod book;
pub mod cancel;
pub mod event;
pub mod hold;
pub mod mail;
pub mod pages;
pub mod rules;
pub mod store;
pub mod web;

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use crate::{
    db::{BookingId, PersonId, ServiceId, schema, types::Words},
    people::Person,
    schedule::Span,
    slots::Questions,
    word_enum,
};

word_enum! {
    Status {
        /// A time is kept for a guest who has not confirmed yet.
        Held = "held",
        Confirmed = "confirmed",
        Cancelled = "cancelled",
        /// A hold that was let go or ran out.
        Expired = "expired",
    }
}

/// A hold or a booking.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = schema::bookings)]
#[diesel(treat_none_as_default_value = false)] // So that the statement is kept prepared.
pub struct Booking {
    pub id: BookingId,
    pub service_id: ServiceId,
    pub host_id: PersonId,
    pub guest_id: PersonId,
    pub status: Status,
    pub starts_at: DateTime<Utc>,
    pub ends_at: DateTime<Utc>,
    pub service_title: String,
    pub location: String,
    pub goals: String,
    pub help_wanted: String,
    pub questions: Questions,
    pub answers: Words,
    pub material_link: String,
    pub sequence: i32,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub hold_expires_at: Option<DateTime<Utc>>,
    pub cancelled_at: Option<DateTime<Utc>>,
    pub cancelled_by: Option<PersonId>,
    pub cancel_reason: String,
    pub idempotency_key: Option<String>,
    pub request_hash: Option<Vec<u8>>,
}

impl Booking {
    pub fn span(&self) -> Span {
        Span::new(self.starts_at, self.ends_at)
    }

    /// Whether it is a hold that still keeps its time.
    pub fn is_held(&self, now: DateTime<Utc>) -> bool {
        self.status == Status::Held && self.hold_expires_at.is_some_and(|end| end > now)
    }

    pub fn involves(&self, person: PersonId) -> bool {
        self.host_id == person || self.guest_id == person
    }
}

/// A booking with the two people in it.
#[derive(Clone, Debug)]
pub struct Meeting {
    pub booking: Booking,
    pub host: Person,
    pub host_handle: String,
    pub guest: Person,
}

impl Meeting {
    /// The side of `reader`, then the other.
    pub fn sides(&self, reader: PersonId) -> (&Person, &Person) {
        if reader == self.booking.host_id {
            (&self.host, &self.guest)
        } else {
            (&self.guest, &self.host)
        }
    }
}

/// What a guest says when booking.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Preparation {
    pub goals: String,
    pub help_wanted: String,
    pub answers: Vec<String>,
    pub material_link: String,
}
