//! Taking a time: the two are locked, the time is judged under the lock, and what is claimed is claimed for both.

use chrono::{DateTime, Utc};
use diesel::OptionalExtension;
use serde_json::json;

use super::{
    Booking, Meeting, Preparation, Settlement, Status, group,
    rules::{self, Barrier},
    store,
};
use crate::{
    db::{BookingId, DbError, GroupId, PersonId, ServiceId, Tx, violates},
    error::Error,
    html::time,
    input::Problems,
    people::{self, Person, Role},
    schedule::{Offer, Refusal, Rules, Span},
    slots::{self, Claim, Host, PersonTime, Pledge, Service, Taken, Terms, claims, index},
};

/// Why a time cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum BookError {
    /// Taken, with the nearest times that are free.
    #[error("this time is no longer free")]
    Taken { alternatives: Vec<Span> },
    #[error("you are busy at this time")]
    GuestBusy,
    #[error("{0}")]
    NotOffered(Refusal),
    #[error("{0}")]
    Barred(Barrier),
    #[error(transparent)]
    Invalid(#[from] Problems),
    #[error("this idempotency key has already been used for a different request")]
    KeyReused,
    #[error("this time is no longer held for you")]
    HoldOver,
    #[error("there is no such service or hold")]
    NotFound,
    #[error(transparent)]
    Database(DbError),
}

impl From<DbError> for BookError {
    fn from(error: DbError) -> Self {
        match error {
            // The safety net: whoever got past the lock some other way is stopped here.
            DbError::Query(error)
                if violates(&error, "claims_no_overlap") || violates(&error, "bookings_seat") =>
            {
                Self::Taken {
                    alternatives: Vec::new(),
                }
            }
            DbError::Query(error) if violates(&error, "bookings_open_per_guest") => {
                Self::Barred(Barrier::TooManyOpen)
            }
            DbError::Query(error) if violates(&error, "bookings_open_per_pair") => {
                Self::Barred(Barrier::TooManyWithHost)
            }
            other => Self::Database(other),
        }
    }
}

impl From<diesel::result::Error> for BookError {
    fn from(error: diesel::result::Error) -> Self {
        DbError::Query(error).into()
    }
}

impl crate::db::AsQueryError for BookError {
    fn as_query_error(&self) -> Option<&diesel::result::Error> {
        match self {
            Self::Database(error) => error.as_query_error(),
            _ => None,
        }
    }
}

impl From<BookError> for Error {
    fn from(error: BookError) -> Self {
        let detail = error.to_string();
        match error {
            BookError::Taken { alternatives } => {
                let show = |s: &Span| json!({ "start": time::instant(s.start), "end": time::instant(s.end) });
                let alternatives = json!(alternatives.iter().map(show).collect::<Vec<_>>());
                Self::Conflict {
                    code: "slot_taken",
                    detail,
                    alternatives,
                }
            }
            BookError::GuestBusy => Self::Conflict {
                code: "guest_busy",
                detail,
                alternatives: serde_json::Value::Null,
            },
            BookError::NotOffered(_) => Self::Refused {
                code: "not_offered",
                detail,
            },
            BookError::Barred(Barrier::NotForYou(_) | Barrier::GuestPaused) => {
                Self::Forbidden(detail)
            }
            BookError::Barred(Barrier::TooManyRequests) => Self::Refused {
                code: "too_many_requests",
                detail,
            },
            BookError::Barred(Barrier::TooManyCancelled) => Self::Refused {
                code: "too_many_cancelled",
                detail,
            },
            BookError::Barred(Barrier::TooManyOpen | Barrier::TooManyWithHost) => Self::Refused {
                code: "too_many_open",
                detail,
            },
            BookError::Barred(_) => Self::Refused {
                code: "not_offered",
                detail,
            },
            BookError::Invalid(problems) => Self::Unprocessable(problems),
            BookError::KeyReused => Self::Refused {
                code: "idempotency_key_reused",
                detail,
            },
            BookError::HoldOver => Self::Conflict {
                code: "hold_over",
                detail,
                alternatives: serde_json::Value::Null,
            },
            BookError::NotFound => Self::NotFound,
            BookError::Database(error) => error.into(),
        }
    }
}

/// A time that may be had.
#[derive(Debug)]
pub struct Judged {
    pub span: Span,
    /// What is taken of both around it, as far as the index of free time will ask, too.
    pub taken: Taken,
    /// For a service that several guests share.
    pub seat: Option<Seat>,
    /// The first seat of the group that is joined: whatever becomes of the service, all meet on its terms.
    pub terms: Option<Box<Booking>>,
}

/// A seat in a session with several guests.
#[derive(Clone, Copy, Debug)]
pub struct Seat {
    pub group: GroupId,
    pub number: i16,
    pub of: i16,
    /// Whether the group meets already, so that the host's time is claimed.
    pub joins: bool,
    /// Whoever left and comes back goes on with the SEQUENCE of the event that they had.
    pub sequence: i32,
}

/// A service and the two who would meet, both locked until the transaction ends.
pub struct Locked {
    pub host: Host,
    pub guest: Person,
    pub service: Service,
    pub rules: Rules,
}

impl Locked {
    /// Claims the time of a booking for both, and keeps the index of free time in step. Only what is
    /// confirmed counts as a session. Who joins a group claims their own time only.
    pub fn claim(&self, tx: &mut Tx, booking: &Booking, judged: Judged) -> Result<(), BookError> {
        let now = tx.now()?;
        let span = booking.span();
        if let Some(seat) = judged.seat.filter(|seat| seat.joins) {
            group::store::claim_for_guests(tx, &[booking])?;
            group::store::settle_claim(tx, seat.group, now)?;
            if self.guest.is(Role::Alumnus) {
                index::refresh_people(
                    tx,
                    &[PersonTime {
                        person: self.guest.id,
                        span,
                    }],
                )?;
            }
            return Ok(());
        }
        let mut taken = judged.taken;
        let claims = claims(self, booking);
        taken.claims.extend(claims.clone());
        let sessions = i32::from(booking.status == Status::Confirmed);
        let pledge = Pledge {
            booking: booking.id,
            claims: &claims,
            sessions,
        };
        index::claim(tx, &self.host, &self.rules, &taken, &pledge)?;
        if self.guest.is(Role::Alumnus) {
            index::refresh_people(
                tx,
                &[PersonTime {
                    person: self.guest.id,
                    span,
                }],
            )?;
        }
        Ok(())
    }

    /// The booking with the two people in it.
    pub fn meeting(self, booking: Booking) -> Meeting {
        Meeting {
            booking,
            settlement: Settlement::default(),
            host: self.host.person,
            host_handle: self.host.profile.handle,
            guest: self.guest,
        }
    }
}

/// Locks the guest and those hosts, the service's among them, in id order, and reads what decides as it
/// stands under the lock.
pub fn lock(
    tx: &mut Tx,
    service: ServiceId,
    mut hosts: Vec<PersonId>,
    guest: PersonId,
    terms: &Terms,
) -> Result<Locked, BookError> {
    hosts.push(guest);
    let people = people::store::lock(tx, &hosts)?;
    let found = slots::store::offered(tx, service).optional()?;
    locked(tx, people, found, guest, terms)
}

/// As `lock`, for the service of that name of the host with that handle.
pub fn lock_named(
    tx: &mut Tx,
    handle: &str,
    slug: &str,
    guest: PersonId,
    terms: &Terms,
) -> Result<Locked, BookError> {
    let people = slots::store::lock_host(tx, handle, guest)?;
    let found = slots::store::offered_as(tx, handle, slug).optional()?;
    locked(tx, people, found, guest, terms)
}

/// The two of a booking, who are locked already, and its service as it was booked; whether they may
/// meet is settled.
pub fn lock_as_booked(tx: &mut Tx, booking: &Booking) -> Result<Locked, BookError> {
    let mut service = slots::store::service(tx, booking.service_id)?.ok_or(BookError::NotFound)?;
    service.seats = booking.seats;
    let minutes = booking.span().length().num_minutes();
    service.duration_minutes = i16::try_from(minutes).expect("sessions last eight hours at most");
    let host = slots::store::own(tx, booking.host_id)?;
    let now = tx.now()?;
    let guest = people::store::person(tx, booking.guest_id)?;
    let rules = slots::store::rules_of(tx, &host, now)?;
    Ok(Locked {
        host,
        guest,
        service,
        rules,
    })
}

fn locked(
    tx: &mut Tx,
    people: Vec<Person>,
    found: Option<(Service, Host)>,
    guest: PersonId,
    terms: &Terms,
) -> Result<Locked, BookError> {
    let now = tx.now()?;
    let (service, host) = found.ok_or(BookError::NotFound)?;
    let guest = people
        .into_iter()
        .find(|p| p.id == guest)
        .ok_or(BookError::NotFound)?;
    rules::may_meet(&guest, &host, &service, terms).map_err(BookError::Barred)?;
    let rules = slots::store::rules_of(tx, &host, now)?;
    Ok(Locked {
        host,
        guest,
        service,
        rules,
    })
}

/// Runs the engine for that instant, as it stands under the lock; a group that meets then is joined if it
/// has a seat left.
pub fn judge(
    tx: &mut Tx,
    locked: &Locked,
    start: DateTime<Utc>,
    except: Option<BookingId>,
) -> Result<Judged, BookError> {
    let now = tx.now()?;
    if !rules::is_known(start) {
        return Err(BookError::NotOffered(Refusal::NotOffered));
    }
    let Some(of) = locked.service.seats else {
        return judge_alone(tx, locked, start, except);
    };
    group::store::lapse(tx, locked.service.id, start, now)?;
    let had = group::store::seats_at(tx, locked.service.id, start, except, now)?;
    let Some(group) = had.first().and_then(|booking| booking.group_id) else {
        let judged = judge_alone(tx, locked, start, except)?;
        let seat = Seat {
            group: GroupId::random(),
            number: 1,
            of,
            joins: false,
            sequence: 0,
        };
        return Ok(Judged {
            seat: Some(seat),
            ..judged
        });
    };
    let policy = locked.host.policy.for_service(&locked.service);
    slots::may_join(start, &policy, now).map_err(BookError::NotOffered)?;
    let span = had[0].span();
    let guest = locked.guest.id;
    let mut taken = claims::store::taken_within(tx, &[guest], span, now, except)?;
    taken.drop_expired(now);
    if taken.spans().next().is_some() {
        return Err(BookError::GuestBusy);
    }
    claims::store::drop_expired(tx, &[guest], now)?;
    let is_had = |number: &i16| had.iter().any(|booking| booking.seat == Some(*number));
    let of = had[0].seats.unwrap_or(of);
    let Some(number) = (1..=of).find(|number| !is_had(number)) else {
        let alternatives = alternatives(tx, locked, start, except)?;
        return Err(BookError::Taken { alternatives });
    };
    let seat = Seat {
        group,
        number,
        of,
        joins: true,
        sequence: group::store::next_sequence(tx, group, guest, except)?,
    };
    Ok(Judged {
        span,
        taken: Taken::default(),
        seat: Some(seat),
        terms: had.into_iter().next().map(Box::new),
    })
}

/// As `judge`, for a time that nobody has yet.
pub fn judge_alone(
    tx: &mut Tx,
    locked: &Locked,
    start: DateTime<Utc>,
    except: Option<BookingId>,
) -> Result<Judged, BookError> {
    let now = tx.now()?;
    let Locked {
        host,
        guest,
        service,
        rules,
    } = locked;
    let policy = host.policy.for_service(service);
    let wanted = Span::lasting(start, service.duration());
    let both = [host.person.id, guest.id];
    let around = index::concerned(host, wanted);
    let mut taken = claims::store::taken_within(tx, &both, around, index::HOLDS_COUNT, except)?;
    if taken.drop_expired(now) {
        // They no longer stand in the way of the constraint.
        let dropped = claims::store::drop_expired(tx, &both, now)?;
        index::refresh_people(tx, &dropped)?;
    }
    let diary = slots::diary(host.person.id, Some(guest.id), &taken);
    let offer = Offer {
        rules,
        policy: &policy,
        diary: &diary,
        now,
    };
    match offer.may_book(start) {
        Ok(span) => Ok(Judged {
            span,
            taken,
            seat: None,
            terms: None,
        }),
        Err(Refusal::GuestBusy) => Err(BookError::GuestBusy),
        Err(Refusal::Taken | Refusal::DayFull | Refusal::WeekFull) => {
            let alternatives = alternatives(tx, locked, start, except)?;
            Err(BookError::Taken { alternatives })
        }
        Err(refusal) => Err(BookError::NotOffered(refusal)),
    }
}

/// The three free slots nearest to `start`, in order, out of all that is ahead.
fn alternatives(
    tx: &mut Tx,
    locked: &Locked,
    start: DateTime<Utc>,
    except: Option<BookingId>,
) -> Result<Vec<Span>, BookError> {
    let now = tx.now()?;
    let Locked {
        host,
        guest,
        service,
        rules,
    } = locked;
    let policy = host.policy.for_service(service);
    let both = [host.person.id, guest.id];
    let ahead = Span::new(now, now + host.policy.horizon());
    let taken = claims::store::taken(tx, &both, ahead, now, except)?;
    let diary = slots::diary(host.person.id, Some(guest.id), &taken);
    let offer = Offer {
        rules,
        policy: &policy,
        diary: &diary,
        now,
    };
    Ok(nearest(&offer, start))
}

/// The three free slots nearest to `start`, in order.
fn nearest(offer: &Offer, start: DateTime<Utc>) -> Vec<Span> {
    let days = chrono::TimeDelta::days(3);
    let mut near = offer.slots(start - days, start + days);
    if near.len() < 3 {
        near = offer.next(offer.now, 200);
    }
    near.sort_by_key(|slot| (slot.start - start).abs());
    near.truncate(3);
    near.sort_unstable();
    near
}

/// The booking row that a time becomes.
pub fn row(
    locked: &Locked,
    judged: &Judged,
    status: Status,
    said: &Preparation,
    now: DateTime<Utc>,
) -> Booking {
    let slot = judged.span;
    let seat = judged.seat;
    let terms = judged.terms.as_ref();
    Booking {
        id: BookingId::random(),
        service_id: locked.service.id,
        host_id: locked.host.person.id,
        guest_id: locked.guest.id,
        status,
        starts_at: slot.start,
        ends_at: slot.end,
        service_title: terms
            .map_or(&locked.service.title, |t| &t.service_title)
            .clone(),
        location: terms
            .map_or(&locked.service.location, |t| &t.location)
            .clone(),
        goals: said.goals.clone(),
        help_wanted: said.help_wanted.clone(),
        questions: locked.service.questions.clone(),
        answers: crate::db::types::Words(said.answers.clone()),
        material_link: said.material_link.clone(),
        sequence: seat.map_or(0, |seat| seat.sequence),
        created_at: now,
        updated_at: now,
        hold_expires_at: match status {
            Status::Held => Some(now + rules::HOLD),
            Status::Pending => {
                let hours = locked.service.answer_within_hours;
                Some(rules::answer_by(slot.start, hours, now))
            }
            _ => None,
        },
        cancelled_at: None,
        cancelled_by: None,
        cancel_reason: String::new(),
        change_notice_hours: terms.map_or(locked.service.change_notice_hours, |t| {
            t.change_notice_hours
        }),
        answer_within_hours: locked.service.answer_within_hours,
        cancelled_late: false,
        asked_for_more: String::new(),
        wish_id: None,
        group_id: seat.map(|seat| seat.group),
        seat: seat.map(|seat| seat.number),
        seats: seat.map(|seat| seat.of),
        mentorship_id: None,
    }
}

/// One claim for the host, with the buffers of now, and one for the guest.
fn claims(locked: &Locked, booking: &Booking) -> [Claim; 2] {
    let claim = |person_id, as_host| Claim {
        person_id,
        starts_at: booking.starts_at,
        ends_at: booking.ends_at,
        as_host,
        buffer_before_minutes: if as_host {
            locked.host.policy.buffer_before_minutes
        } else {
            0
        },
        buffer_after_minutes: if as_host {
            locked.host.policy.buffer_after_minutes
        } else {
            0
        },
        // A request keeps its time until it is answered or ended, in so many words.
        expires_at: booking
            .hold_expires_at
            .filter(|_| booking.status == Status::Held),
    };
    [claim(booking.host_id, true), claim(booking.guest_id, false)]
}

/// Whether a guest, who is locked, may have one more session with a host.
pub fn is_fair(
    tx: &mut Tx,
    guest: PersonId,
    host: PersonId,
) -> diesel::QueryResult<Result<(), Barrier>> {
    let now = tx.now()?;
    let (open, with_host) = store::open_bookings(tx, guest, host, now)?;
    let allowed = store::fair_use(tx)?.allows(open, with_host);
    Ok(match allowed {
        Ok(()) => is_patient(tx, guest, host)?,
        barred => barred,
    })
}

/// Whether a guest, who is locked, has not cancelled too much with a host lately.
pub fn is_patient(
    tx: &mut Tx,
    guest: PersonId,
    host: PersonId,
) -> diesel::QueryResult<Result<(), Barrier>> {
    let since = tx.now()? - chrono::TimeDelta::days(1);
    let cancelled = store::cancelled_since(tx, guest, host, since)?;
    Ok(if cancelled < rules::MOST_CANCELLED {
        Ok(())
    } else {
        Err(Barrier::TooManyCancelled)
    })
}

/// Inserts a booking, with the group that it begins.
pub fn insert(tx: &mut Tx, booking: &Booking, judged: &Judged) -> Result<(), BookError> {
    if let Some(seat) = judged.seat.filter(|seat| !seat.joins) {
        group::store::insert(tx, seat.group)?;
    }
    Ok(store::insert(tx, booking)?)
}
