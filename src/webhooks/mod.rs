//! Webhooks as in Standard Webhooks 1.0: every change of a booking or an application is an event with an id, a
//! timestamp and an HMAC signature, tried again until it is taken.
//!
//! Bookings and applications know nothing of it: what is to be delivered follows from their histories, of which each
//! change is looked at once.

pub mod api;
pub mod change;
pub mod deliver;
pub mod pages;
pub mod rules;
pub mod store;
pub mod web;

use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;

use crate::{
    bookings::{ChangeKind, Status},
    db::{
        ApplicationId, BookingId, DeliveryId, GroupId, PersonId, ProgramId, WebhookId,
        schema::{webhook_deliveries, webhooks},
    },
    programs::application::{ApplicationStatus, CohortRole, Decision},
};

/// The most webhooks of one person.
pub const MOST: i64 = 10;
/// What is said of an address that is none, to forms and to the API.
pub const NO_ADDRESS: &str = "must look like https://hooks.example.org/secret";
/// How long deliveries are listed.
pub const LOG_STAYS: TimeDelta = TimeDelta::days(30);
/// How long a worker has a delivery; longer than any attempt takes.
pub const LEASE: TimeDelta = TimeDelta::seconds(60);

/// An address that is told what happens.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = webhooks)]
pub struct Webhook {
    pub id: WebhookId,
    pub person_id: PersonId,
    /// Of the address, to be shown.
    pub host: String,
    /// Encrypted.
    pub address: Vec<u8>,
    /// Encrypted.
    pub secret: Vec<u8>,
    pub covers_all: bool,
    pub created_at: DateTime<Utc>,
    pub disabled_at: Option<DateTime<Utc>>,
}

/// One event for one webhook.
#[derive(Clone, Copy, Debug, Queryable, Selectable)]
#[diesel(table_name = webhook_deliveries)]
pub struct Delivery {
    pub id: DeliveryId,
    pub webhook_id: WebhookId,
    pub change_id: Option<i64>,
    /// None of both: a test.
    pub application_change_id: Option<i64>,
    pub created_at: DateTime<Utc>,
    pub attempts: i32,
}

/// What an event is about.
#[derive(Clone, Debug)]
pub enum Happened {
    Test,
    Booking(Box<BookingChange>),
    Application(Box<ApplicationChange>),
}

/// A change of an application with what an event says of it.
#[derive(Clone, Debug, Queryable)]
pub struct ApplicationChange {
    pub what: String,
    pub at: DateTime<Utc>,
    pub by: Option<PersonId>,
    /// The decision after it.
    pub decision: Option<Decision>,
    pub application_id: ApplicationId,
    pub author_id: PersonId,
    pub role: CohortRole,
    pub status: ApplicationStatus,
    /// When its author was told of a decision.
    pub released_at: Option<DateTime<Utc>>,
    pub program_id: ProgramId,
    pub cohort: String,
    pub program: String,
    pub program_name: String,
}

/// A change of a booking with what an event says of it.
#[derive(Clone, Debug)]
pub struct BookingChange {
    pub what: ChangeKind,
    pub at: DateTime<Utc>,
    pub by: Option<PersonId>,
    /// After it.
    pub status: Status,
    pub sequence: i32,
    pub starts_at: DateTime<Utc>,
    pub ends_at: DateTime<Utc>,
    pub booking_id: BookingId,
    pub group_id: Option<GroupId>,
    pub service_title: String,
    pub host_id: PersonId,
    pub host_name: String,
    pub host_handle: String,
    pub guest_id: PersonId,
    pub guest_name: String,
}

/// A line of the log of a webhook.
#[derive(Clone, Debug)]
pub struct Line {
    pub id: DeliveryId,
    pub created_at: DateTime<Utc>,
    pub next_at: Option<DateTime<Utc>>,
    pub attempts: i32,
    pub delivered_at: Option<DateTime<Utc>>,
    pub last_status: Option<i16>,
    pub last_error: String,
    /// The type of the event.
    pub event: String,
}
