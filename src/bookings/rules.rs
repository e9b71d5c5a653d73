//! Decisions about bookings; every fact is an argument.

use chrono::{DateTime, Datelike, Days, TimeDelta, Timelike, Utc};

use super::{Booking, FairUse, Preparation, Settlement, Status, aftercare::Outcome, state::Actor};
use crate::{
    db::PersonId,
    error::Error,
    html::form::Fields,
    input::{Problems, Reader},
    people::{Person, Role, Standing},
    schedule::Span,
    slots::{Host, Question, Service, Terms},
};

/// How long a time that somebody chose is held.
pub const HOLD: TimeDelta = TimeDelta::minutes(5);
/// How long after its page is left a time is released; reloading it comes back sooner.
pub const LEAVING: TimeDelta = TimeDelta::seconds(4);
/// The most requests of a guest that can wait for answers.
pub const MOST_REQUESTS: i64 = 5;
/// How long after its time a cancelled booking stays in feeds.
pub const CANCELLED_STAYS: TimeDelta = TimeDelta::days(7);
/// How far back feeds reach.
pub const FEED_REACHES_BACK: TimeDelta = TimeDelta::days(90);

/// How long the two have to say how it went; then what was said by then stands.
pub const TIME_TO_SAY: TimeDelta = TimeDelta::days(7);
/// How long somebody who was counted as absent may object.
pub const TIME_TO_OBJECT: TimeDelta = TimeDelta::days(30);

/// How long after the session files and notes can still be added.
const STILL_OPEN: TimeDelta = TimeDelta::days(7);

/// Why somebody may not book with somebody at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Barrier {
    #[error("only {} can book this; ask a coordinator to add that role if it is yours", .0.plural())]
    NotForYou(Role),
    #[error("your membership has lapsed; ask a coordinator to renew it")]
    GuestPaused,
    #[error("you cannot book your own service")]
    Yourself,
    #[error("this service is not offered at the moment")]
    Closed,
    #[error("this alumnus is not taking new sessions at the moment")]
    HostPaused,
    #[error(
        "you already have {MOST_REQUESTS} requests waiting for an answer; wait for an answer or withdraw one"
    )]
    TooManyRequests,
    #[error(
        "you have reached the limit of upcoming sessions; you can book again after one of them"
    )]
    TooManyOpen,
    #[error(
        "you have reached the limit of upcoming sessions with this alumnus; book with somebody else"
    )]
    TooManyWithHost,
    #[error(
        "you have cancelled {MOST_CANCELLED} sessions with this alumnus in the last 24 hours; try again later"
    )]
    TooManyCancelled,
}

/// What can be done about a session beforehand, in words. Who has a seat in a group cannot move it for the others.
pub fn changeable(is_seat: bool) -> &'static str {
    if is_seat {
        "cancelled"
    } else {
        "moved or cancelled"
    }
}

/// How many sessions with one host may be cancelled within a day before no more can be booked: the host is told
/// of each twice.
pub const MOST_CANCELLED: i64 = 6;

impl FairUse {
    /// Whether somebody with this many open, `with_host` of them with this host, may have one more.
    pub fn allows(&self, open: i64, with_host: i64) -> Result<(), Barrier> {
        if self.open_per_guest.is_some_and(|cap| open >= cap.into()) {
            return Err(Barrier::TooManyOpen);
        }
        if self
            .open_per_pair
            .is_some_and(|cap| with_host >= cap.into())
        {
            return Err(Barrier::TooManyWithHost);
        }
        Ok(())
    }
}

/// Whether `guest` may book this service of `host` at all on those terms, whatever the time.
pub fn may_meet(
    guest: &Person,
    host: &Host,
    service: &Service,
    terms: &Terms,
) -> Result<(), Barrier> {
    if guest.id == host.person.id {
        return Err(Barrier::Yourself);
    }
    if guest.standing != Standing::Active {
        return Err(Barrier::GuestPaused);
    }
    if !guest.is(terms.audience) {
        return Err(Barrier::NotForYou(terms.audience));
    }
    if service.closed_at.is_some() || service.program_id != terms.program {
        return Err(Barrier::Closed);
    }
    if !host.is_open() {
        return Err(Barrier::HostPaused);
    }
    Ok(())
}

/// Whether the two may still meet at another time. The host may move a session while taking no new ones.
pub fn may_move(actor: Actor, guest: &Person, host: &Host) -> Result<(), Barrier> {
    if guest.standing != Standing::Active {
        return Err(Barrier::GuestPaused);
    }
    let is_listed = host.profile.unlisted_at.is_none() && host.is_open();
    if host.person.standing != Standing::Active || actor == Actor::Guest && !is_listed {
        return Err(Barrier::HostPaused);
    }
    Ok(())
}

impl Preparation {
    pub fn read(fields: &Fields, questions: &[Question]) -> Result<Self, Error> {
        let own = |name: &str| fields.one(name).map(str::to_owned);
        let answers = (0..questions.len())
            .map(|n| own(&format!("answer_{n}")))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            goals: own("goals")?,
            help_wanted: own("help_wanted")?,
            answers,
            material_link: own("material_link")?,
        })
    }

    /// Cleaned and checked against the questions; the first field is needed.
    pub fn checked(&self, questions: &[Question]) -> Result<Self, Problems> {
        let mut reader = Reader::default();
        let goals = reader.required_paragraphs("goals", &self.goals, 2000);
        let help_wanted = reader.paragraphs("help_wanted", &self.help_wanted, 2000);
        if self.answers.len() > questions.len() {
            reader.problems.add(
                "answers",
                format!("can have at most {} in number", questions.len()),
            );
        }
        let answers = questions
            .iter()
            .enumerate()
            .map(|(number, question)| {
                let name = format!("answer_{number}");
                let answer = self.answers.get(number).map_or("", String::as_str);
                if question.required {
                    reader.required_paragraphs(&name, answer, 2000)
                } else {
                    reader.paragraphs(&name, answer, 2000)
                }
            })
            .collect();
        let material_link = reader.link("material_link", &self.material_link);
        reader.problems.or(Self {
            goals,
            help_wanted,
            answers,
            material_link,
        })
    }
}

/// What the reports of the two come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Not all has been said.
    Open,
    Completed,
    /// That side did not attend.
    Absent(Actor),
    /// What they say differs: a coordinator decides.
    Disputed,
}

/// What they come to; once the time to say is over, what one says holds, and nothing said is attended.
pub fn verdict(host: Option<Outcome>, guest: Option<Outcome>, is_time_up: bool) -> Verdict {
    use Outcome::{Attended, NoShow, Other};
    match (host, guest) {
        (Some(Attended), Some(Attended)) | (Some(Other), Some(Other)) => Verdict::Completed,
        (Some(_), Some(_)) => Verdict::Disputed,
        _ if !is_time_up => Verdict::Open,
        (Some(NoShow), None) => Verdict::Absent(Actor::Guest),
        (None, Some(NoShow)) => Verdict::Absent(Actor::Host),
        _ => Verdict::Completed,
    }
}

/// Whether `person` may still object to having been absent.
pub fn may_object(settlement: &Settlement, person: PersonId, now: DateTime<Utc>) -> bool {
    settlement.absent == Some(person)
        && settlement.settled_by.is_none()
        && !settlement.is_disputed()
        && settlement
            .settled_at
            .is_some_and(|at| now < at + TIME_TO_OBJECT)
}

/// Whether a session can be at that time at all: on a whole minute, in a year that databases and calendars
/// know.
pub fn is_known(start: DateTime<Utc>) -> bool {
    (1..=9998).contains(&start.year()) && start.second() == 0 && start.nanosecond() == 0
}

/// How far ahead a host may move a session, whatever their horizon.
pub const FURTHEST_MOVE: Days = Days::new(366);

/// Whether something can be added to the preparation of a session.
pub fn may_prepare(booking: &Booking, now: DateTime<Utc>) -> bool {
    match booking.status {
        Status::Held => booking.is_held(now),
        Status::Pending | Status::Confirmed | Status::Completed => {
            now < booking.ends_at + STILL_OPEN
        }
        Status::Cancelled | Status::Expired | Status::NoShow => false,
    }
}

/// Whether a slot lies within one of the spans.
pub fn suits(spans: &[Span], slot: &Span) -> bool {
    spans
        .iter()
        .any(|span| span.start <= slot.start && slot.end <= span.end)
}

/// Until when the time is held for a request that is made, or asked about, now: never past its start.
pub fn answer_by(starts_at: DateTime<Utc>, within_hours: i16, now: DateTime<Utc>) -> DateTime<Utc> {
    starts_at.min(now + TimeDelta::hours(within_hours.into()))
}

/// Whether a request waits for this one of the two: its host for an answer, its guest for the details that were
/// asked for.
pub fn waits_for(booking: &Booking, reader: PersonId) -> bool {
    let is_host = reader == booking.host_id;
    booking.status == Status::Pending && is_host == booking.asked_for_more.is_empty()
}

/// Whether how a session went is still to be said: nobody has settled it, and a coordinator need not.
pub fn is_open(booking: &Booking, settlement: &Settlement) -> bool {
    booking.status == Status::Confirmed && !settlement.is_disputed()
}

/// When a booking leaves the feeds of the two; none while it is to come.
pub fn leaves_feed_at(status: Status, ends_at: DateTime<Utc>) -> DateTime<Utc> {
    let stays = if status.is_off() {
        CANCELLED_STAYS
    } else {
        FEED_REACHES_BACK
    };
    ends_at + stays
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_that_must_be_answered_are() {
        let questions = [
            Question {
                label: "Which role?".into(),
                required: true,
            },
            Question {
                label: "Anything else?".into(),
                required: false,
            },
        ];
        let said = Preparation {
            goals: " A plan ".into(),
            answers: vec![" ".into()],
            ..Preparation::default()
        };
        assert!(
            said.checked(&questions)
                .unwrap_err()
                .of("answer_0")
                .is_some()
        );
        let said = Preparation {
            answers: vec!["Designer".into()],
            ..said
        };
        let checked = said.checked(&questions).unwrap();
        assert_eq!(
            (checked.goals.as_str(), checked.answers.as_slice()),
            ("A plan", &["Designer".to_owned(), String::new()][..])
        );
        let too_many = Preparation {
            answers: vec!["x".into(); 3],
            ..said
        };
        assert!(too_many.checked(&questions).is_err());
    }

    #[test]
    fn what_two_reports_come_to() {
        use Outcome::*;
        let cases = [
            (None, None, Verdict::Open, Verdict::Completed),
            (Some(Attended), None, Verdict::Open, Verdict::Completed),
            (None, Some(Other), Verdict::Open, Verdict::Completed),
            (
                Some(NoShow),
                None,
                Verdict::Open,
                Verdict::Absent(Actor::Guest),
            ),
            (
                None,
                Some(NoShow),
                Verdict::Open,
                Verdict::Absent(Actor::Host),
            ),
            (
                Some(Attended),
                Some(Attended),
                Verdict::Completed,
                Verdict::Completed,
            ),
            (
                Some(Other),
                Some(Other),
                Verdict::Completed,
                Verdict::Completed,
            ),
            (
                Some(NoShow),
                Some(NoShow),
                Verdict::Disputed,
                Verdict::Disputed,
            ),
            (
                Some(NoShow),
                Some(Attended),
                Verdict::Disputed,
                Verdict::Disputed,
            ),
            (
                Some(Attended),
                Some(Other),
                Verdict::Disputed,
                Verdict::Disputed,
            ),
        ];
        for (host, guest, early, late) in cases {
            assert_eq!(verdict(host, guest, false), early, "{host:?} {guest:?}");
            assert_eq!(verdict(host, guest, true), late, "{host:?} {guest:?}");
        }
    }
}
