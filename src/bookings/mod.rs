//! Holds and bookings: a guest's claim on a slot, from the tap on a time to the cancellation.
//!
//! A booking is cancelled, never deleted. Which slots there are is `slots`.
//!
//! Each noun within has a folder with files of the same names: `preparation/store.rs` has the queries of
//! preparations, `waitlist/pages.rs` the pages of the waitlist.

pub mod activity;
pub mod aftercare;
pub mod api;
pub mod away;
pub mod book;
pub mod change;
pub mod dashboard;
pub mod event;
pub mod fair_use;
pub mod free;
pub mod group;
pub mod hold;
pub mod jobs;
pub mod ledger;
pub mod letters;
pub mod mail;
pub mod pages;
pub mod preparation;
pub mod remind;
pub mod rules;
pub mod state;
pub mod store;
pub mod take;
pub mod waitlist;
pub mod web;
pub mod week;

use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;

use crate::{
    db::{BookingId, GroupId, MentorshipId, PersonId, ServiceId, WishId, schema, types::Words},
    people::Person,
    schedule::Span,
    slots::Questions,
    word_enum,
};

word_enum! {
    /// A line of a booking's history.
    ChangeKind {
        Asked = "asked",
        Booked = "booked",
        Approved = "approved",
        Declined = "declined",
        AskedForMore = "asked_for_more",
        SaidMore = "said_more",
        Moved = "moved",
        Cancelled = "cancelled",
        CancelledLate = "cancelled_late",
        Expired = "expired",
        SaidAttended = "said_attended",
        SaidNoShow = "said_no_show",
        SaidOther = "said_other",
        Completed = "completed",
        NoShow = "no_show",
    }
}

word_enum! {
    Status {
        /// A time is held for a guest who has not confirmed yet.
        Held = "held",
        /// A request keeps its time until the host answers.
        Pending = "pending",
        Confirmed = "confirmed",
        Cancelled = "cancelled",
        /// A hold that was let go or ran out, or a request that was not answered in time.
        Expired = "expired",
        /// It is over, and nobody says that somebody did not attend.
        Completed = "completed",
        /// One of the two did not attend.
        NoShow = "no_show",
    }
}

impl Status {
    /// Of a session that takes place or has, or of somebody who was to be there.
    pub const HAD: [Self; 3] = [Self::Confirmed, Self::Completed, Self::NoShow];
    /// Of what is in the calendars of the two and not off.
    pub const STANDS: [Self; 4] = [
        Self::Pending,
        Self::Confirmed,
        Self::Completed,
        Self::NoShow,
    ];

    /// Of what does not take place.
    pub fn is_off(self) -> bool {
        matches!(self, Self::Cancelled | Self::Expired)
    }
}

/// How long after booking a mistake can be mended, however close the session is.
pub const GRACE: TimeDelta = TimeDelta::minutes(10);

/// A hold or a booking.
#[derive(Clone, Debug, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = schema::bookings)]
#[diesel(treat_none_as_default_value = false)] // So that the statement is kept prepared.
#[diesel(treat_none_as_null = true)]
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
    pub change_notice_hours: i16,
    pub answer_within_hours: i16,
    pub cancelled_late: bool,
    pub asked_for_more: String,
    /// What it is held for, or was.
    pub wish_id: Option<WishId>,
    /// The session with several guests that it is a seat in; which one, of how many.
    pub group_id: Option<GroupId>,
    pub seat: Option<i16>,
    pub seats: Option<i16>,
    /// The pair that it is a session of; None: the marketplace.
    pub mentorship_id: Option<MentorshipId>,
}

impl Booking {
    pub fn span(&self) -> Span {
        Span::new(self.starts_at, self.ends_at)
    }

    /// The UID of its calendar event, which all of a group share.
    pub fn uid(&self) -> String {
        self.group_id
            .map_or_else(|| self.id.to_string(), |group| group.to_string())
    }

    /// Whether it is a hold that still keeps its time.
    pub fn is_held(&self, now: DateTime<Utc>) -> bool {
        self.status == Status::Held && self.hold_expires_at.is_some_and(|end| end > now)
    }

    /// Whether the two have it in their calendars, if only as cancelled. Holds never get there.
    pub fn is_event(&self) -> bool {
        match self.status {
            status if Status::STANDS.contains(&status) => true,
            _ => self.cancelled_at.is_some(),
        }
    }

    /// Whether it ended before it was more than a request: it is held until then.
    pub fn ended_as_request(&self) -> bool {
        self.is_off() && self.hold_expires_at.is_some()
    }

    /// Whether the meeting does not take place.
    pub fn is_off(&self) -> bool {
        self.status.is_off()
    }

    /// Whether it took place, or should have.
    pub fn is_over(&self, now: DateTime<Utc>) -> bool {
        match self.status {
            Status::Completed | Status::NoShow => true,
            Status::Confirmed => self.ends_at <= now,
            _ => false,
        }
    }

    /// Until when it can be moved, or cancelled without counting as late: its notice before it starts, or ten minutes
    /// after it was booked, whichever is later.
    pub fn deadline(&self) -> DateTime<Utc> {
        let notice = self.starts_at - TimeDelta::hours(self.change_notice_hours.into());
        notice.max((self.created_at + GRACE).min(self.starts_at))
    }

    /// Whether it is closer than its notice.
    pub fn is_within_notice(&self, now: DateTime<Utc>) -> bool {
        now > self.starts_at - TimeDelta::hours(self.change_notice_hours.into())
    }

    /// Whether the deadline has passed.
    pub fn is_late(&self, now: DateTime<Utc>) -> bool {
        now > self.deadline()
    }

    pub fn involves(&self, person: PersonId) -> bool {
        self.host_id == person || self.guest_id == person
    }
}

/// What a session comes to once the two have said how it went; all is None until then.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset,
)]
#[diesel(table_name = schema::settlements)]
#[diesel(treat_none_as_null = true)]
pub struct Settlement {
    /// Since when it waits for a coordinator.
    pub disputed_at: Option<DateTime<Utc>>,
    pub settled_at: Option<DateTime<Utc>>,
    /// The coordinator who settled it.
    pub settled_by: Option<PersonId>,
    /// Who did not attend.
    pub absent: Option<PersonId>,
}

impl Settlement {
    /// Whether a coordinator has to decide.
    pub fn is_disputed(&self) -> bool {
        self.disputed_at.is_some()
    }
}

/// A booking with the two people in it.
#[derive(Clone, Debug)]
pub struct Meeting {
    pub booking: Booking,
    pub settlement: Settlement,
    pub host: Person,
    pub host_handle: String,
    pub guest: Person,
}

impl Meeting {
    /// Gives somebody whose account was erased the name and address that they had, for a last letter.
    pub fn remember(&mut self, erased: &jobs::Erased) {
        for side in [&mut self.host, &mut self.guest] {
            if side.id == erased.person {
                side.name.clone_from(&erased.name);
                side.email.clone_from(&erased.email);
                side.zone.clone_from(&erased.zone);
            }
        }
    }

    /// The side of `reader`, then the other.
    pub fn sides(&self, reader: PersonId) -> (&Person, &Person) {
        if reader == self.booking.host_id {
            (&self.host, &self.guest)
        } else {
            (&self.guest, &self.host)
        }
    }
}

/// A line of a booking's history.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = schema::booking_changes)]
pub struct Line {
    pub at: DateTime<Utc>,
    /// None: time did it.
    pub by: Option<PersonId>,
    pub what: ChangeKind,
    pub note: String,
    pub starts_at: DateTime<Utc>,
    pub ends_at: DateTime<Utc>,
}

/// How much one student may have open at a time; None: no cap.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Queryable, Selectable, AsChangeset)]
#[diesel(table_name = schema::fair_use)]
#[diesel(treat_none_as_null = true)]
pub struct FairUse {
    pub open_per_guest: Option<i16>,
    pub open_per_pair: Option<i16>,
}

/// What a guest says when booking.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Preparation {
    pub goals: String,
    pub help_wanted: String,
    pub answers: Vec<String>,
    pub material_link: String,
}

/// The address of a booking's page.
pub fn path(booking: &Booking) -> String {
    format!("/bookings/{}", booking.id)
}

/// What has happened to a booking, which stands as it is now.
#[derive(Clone, Copy, Debug)]
pub struct BookingChange<'a> {
    pub booking: &'a Booking,
    /// None: time did it.
    pub by: Option<PersonId>,
    pub what: ChangeKind,
    pub note: &'a str,
    /// Of a group: its other seats go the same way, so its host hears with the last of them.
    pub is_about_all_seats: bool,
    /// Where it was before it was moved.
    pub was: Option<Span>,
    pub at: DateTime<Utc>,
}
