//! The states of a booking, and who may do what in which of them. Pure.
//!
//! ```text
//! held ── confirm ──> confirmed ── move ──> confirmed
//!   │       └──────> pending ── approve ──^   │
//!   │                  │ decline, cancel      │ cancel
//!   └── let go, time   │ time                 │
//!          v           v                      v
//!       expired     expired, cancelled     cancelled
//!
//! confirmed, once it is over ── the two agree, time, a coordinator ──> completed, no_show
//! ```

use chrono::{DateTime, Utc};

use super::{Booking, Status};
use crate::db::PersonId;

/// Who does something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Actor {
    Host,
    Guest,
    /// The clock.
    Time,
    Coordinator,
}

impl Actor {
    pub const ALL: [Self; 4] = [Self::Host, Self::Guest, Self::Time, Self::Coordinator];

    /// The side of a person; none of somebody else.
    pub fn of(person: PersonId, booking: &Booking) -> Option<Self> {
        if person == booking.host_id {
            Some(Self::Host)
        } else {
            (person == booking.guest_id).then_some(Self::Guest)
        }
    }
}

/// What is done to a booking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// A hold becomes a booking.
    Confirm,
    /// A hold becomes a request.
    Ask,
    Approve,
    Decline,
    /// The request is kept longer, until the guest has said more.
    AskForMore,
    /// The guest adds to the request.
    SayMore,
    Move,
    Cancel,
    Expire,
    /// One of the two says how it went.
    Report,
    /// It is settled that both attended, or that nobody was at fault.
    Complete,
    /// It is settled that one did not attend.
    Miss,
}

impl Action {
    pub const ALL: [Self; 12] = [
        Self::Confirm,
        Self::Ask,
        Self::Approve,
        Self::Decline,
        Self::AskForMore,
        Self::SayMore,
        Self::Move,
        Self::Cancel,
        Self::Expire,
        Self::Report,
        Self::Complete,
        Self::Miss,
    ];
}

/// The state after it, or None where this is not for them to do.
pub fn after(status: Status, action: Action, actor: Actor) -> Option<Status> {
    match (status, action, actor) {
        (Status::Held, Action::Confirm, Actor::Guest) => Some(Status::Confirmed),
        (Status::Held, Action::Ask, Actor::Guest) => Some(Status::Pending),
        (Status::Held, Action::Expire, Actor::Guest | Actor::Time) => Some(Status::Expired),
        (Status::Pending, Action::Approve, Actor::Host) => Some(Status::Confirmed),
        (Status::Pending, Action::Decline, Actor::Host) => Some(Status::Cancelled),
        (Status::Pending, Action::AskForMore, Actor::Host) => Some(Status::Pending),
        (Status::Pending, Action::SayMore, Actor::Guest) => Some(Status::Pending),
        (Status::Pending, Action::Cancel, Actor::Guest) => Some(Status::Cancelled),
        (Status::Pending, Action::Expire, Actor::Time) => Some(Status::Expired),
        (Status::Confirmed, Action::Move, Actor::Host | Actor::Guest) => Some(Status::Confirmed),
        (Status::Confirmed, Action::Cancel, Actor::Host | Actor::Guest) => Some(Status::Cancelled),
        // Of somebody who may not take part.
        (Status::Pending | Status::Confirmed, Action::Cancel, Actor::Coordinator) => {
            Some(Status::Cancelled)
        }
        (Status::Confirmed, Action::Report, Actor::Host | Actor::Guest) => Some(Status::Confirmed),
        // Who is said not to have come may object; a coordinator decides.
        (Status::NoShow, Action::Report, Actor::Host | Actor::Guest) => Some(Status::NoShow),
        (Status::Confirmed, Action::Complete, _) => Some(Status::Completed),
        (Status::NoShow, Action::Complete, Actor::Coordinator) => Some(Status::Completed),
        (Status::Confirmed, Action::Miss, Actor::Time | Actor::Coordinator) => Some(Status::NoShow),
        (Status::Completed | Status::NoShow, Action::Miss, Actor::Coordinator) => {
            Some(Status::NoShow)
        }
        _ => None,
    }
}

/// Why something cannot be done to a booking now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WrongState {
    #[error("this session has already been cancelled")]
    Cancelled,
    #[error("this request was not answered in time")]
    Expired,
    #[error("this request is still waiting for an answer; to change it, withdraw it and ask again")]
    Pending,
    #[error("this request has already been approved")]
    Confirmed,
    #[error("this session was never booked")]
    Held,
    #[error("this session has already started")]
    Begun,
    #[error("this session is not over yet")]
    NotOver,
    #[error("this session is over, and how it went has been settled")]
    Settled,
    #[error("this has already been done")]
    Done,
    #[error("this is a group session; give up your seat and book another time")]
    Group,
    #[error("only the other person can do this")]
    NotYours,
}

/// The state after it, as things stand at `now`.
pub fn may(
    booking: &Booking,
    action: Action,
    actor: Actor,
    now: DateTime<Utc>,
) -> Result<Status, WrongState> {
    let Some(next) = after(booking.status, action, actor) else {
        let is_for_other = Actor::ALL
            .iter()
            .any(|other| after(booking.status, action, *other).is_some());
        return Err(match booking.status {
            _ if is_for_other => WrongState::NotYours,
            Status::Cancelled => WrongState::Cancelled,
            Status::Expired if booking.cancelled_at.is_some() => WrongState::Expired,
            Status::Pending => WrongState::Pending,
            Status::Confirmed => WrongState::Confirmed,
            Status::Held | Status::Expired => WrongState::Held,
            Status::Completed | Status::NoShow => WrongState::Settled,
        });
    };
    let is_over = booking.hold_expires_at.is_some_and(|end| end <= now);
    match action {
        Action::Expire => Ok(next),
        Action::Report | Action::Complete | Action::Miss if booking.ends_at > now => {
            Err(WrongState::NotOver)
        }
        Action::Report | Action::Complete | Action::Miss => Ok(next),
        // Its host moves a group, for everybody in it.
        Action::Move if booking.group_id.is_some() && actor == Actor::Guest => {
            Err(WrongState::Group)
        }
        _ if booking.status == Status::Pending && is_over => Err(WrongState::Expired),
        _ if booking.starts_at <= now => Err(WrongState::Begun),
        _ => Ok(next),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The whole table: whatever is not listed cannot be done.
    #[test]
    fn who_may_do_what_when() {
        use Action::*;
        use Actor::*;
        use Status::*;
        let table = [
            (Held, Confirm, Guest, Confirmed),
            (Held, Ask, Guest, Pending),
            (Held, Expire, Guest, Expired),
            (Held, Expire, Time, Expired),
            (Pending, Approve, Host, Confirmed),
            (Pending, Decline, Host, Cancelled),
            (Pending, AskForMore, Host, Pending),
            (Pending, SayMore, Guest, Pending),
            (Pending, Cancel, Guest, Cancelled),
            (Pending, Expire, Time, Expired),
            (Confirmed, Move, Host, Confirmed),
            (Confirmed, Move, Guest, Confirmed),
            (Confirmed, Cancel, Host, Cancelled),
            (Confirmed, Cancel, Guest, Cancelled),
            (Pending, Cancel, Coordinator, Cancelled),
            (Confirmed, Cancel, Coordinator, Cancelled),
            (Confirmed, Report, Host, Confirmed),
            (Confirmed, Report, Guest, Confirmed),
            (Confirmed, Complete, Host, Completed),
            (Confirmed, Complete, Guest, Completed),
            (Confirmed, Complete, Time, Completed),
            (Confirmed, Complete, Coordinator, Completed),
            (Confirmed, Miss, Time, NoShow),
            (Confirmed, Miss, Coordinator, NoShow),
            (NoShow, Report, Host, NoShow),
            (NoShow, Report, Guest, NoShow),
            (NoShow, Complete, Coordinator, Completed),
            (NoShow, Miss, Coordinator, NoShow),
            (Completed, Miss, Coordinator, NoShow),
        ];
        for status in Status::ALL {
            for action in Action::ALL {
                for actor in Actor::ALL {
                    let listed = table
                        .iter()
                        .find(|row| (row.0, row.1, row.2) == (*status, action, actor));
                    assert_eq!(
                        after(*status, action, actor),
                        listed.map(|row| row.3),
                        "{status:?} {action:?} {actor:?}"
                    );
                }
            }
        }
    }
}
