//! The outbox: the `Job` enum and its queue, which is a table.
//!
//! A change and the letters about it are written in one transaction; a worker does the rest. Jobs
//! are leased, so a worker that dies loses nothing; jobs of the same order word wait for each other.

use chrono::{DateTime, TimeDelta, Utc};
use diesel::{prelude::*, sql_types};
use serde::{Deserialize, Serialize};

use crate::db::{
    BookingId, BusyCalendarId, Conn, GroupId, JoinRequestId, Kept, PersonId, SignInLinkId,
    schema::jobs,
};

/// Work that can wait. What a letter tells is fixed when it is queued, so that sending it twice
/// sends the same letter twice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Job {
    SignInLink {
        link: SignInLinkId,
    },
    JoinAsked {
        request: JoinRequestId,
        coordinator: PersonId,
    },
    JoinDecided {
        request: JoinRequestId,
    },
    BookingLetter(BookingLetter),
    Reminder(Reminder),
    /// What the other one has prepared since.
    Digest {
        booking: BookingId,
        reader: PersonId,
        since: DateTime<Utc>,
        at: DateTime<Utc>,
    },
    /// To a guest: something that the service asks for is missing.
    Nudge {
        booking: BookingId,
        at: DateTime<Utc>,
    },
    /// To a student: a time is held for them.
    WaitlistOffer {
        booking: BookingId,
        at: DateTime<Utc>,
    },
    After(AfterLetter),
    /// To somebody who cancelled late or missed several sessions within thirty days.
    Strikes {
        person: PersonId,
        strikes: i64,
        at: DateTime<Utc>,
    },
    /// To the other side of a session whose one side may not take part.
    Away {
        booking: BookingId,
        reader: PersonId,
        at: DateTime<Utc>,
    },
    /// To a coordinator: somebody who may not take part has so many sessions ahead.
    AwayWithSessions {
        person: PersonId,
        reader: PersonId,
        count: i64,
        at: DateTime<Utc>,
    },
    /// To somebody, about how they sign in.
    AccountChanged {
        person: PersonId,
        change: AccountChange,
        at: DateTime<Utc>,
        /// None: to the address they have.
        to: Option<String>,
    },
    /// To the address that an account is to have.
    ConfirmEmail {
        person: PersonId,
        /// The one that it had when this was asked for.
        from: String,
        email: String,
        at: DateTime<Utc>,
    },
    /// To somebody whose account is no more.
    AccountErased {
        email: String,
        at: DateTime<Utc>,
        /// Somebody else did it.
        #[serde(default)]
        by_other: bool,
        /// So many sessions and requests were cancelled.
        #[serde(default)]
        cancelled: usize,
    },
    /// To a coordinator: somebody's address gives mail back, or they do not want it.
    MailTrouble {
        person: PersonId,
        reader: PersonId,
        at: DateTime<Utc>,
    },
    /// To the owner of a foreign calendar that cannot be read.
    CalendarFailing {
        calendar: BusyCalendarId,
    },
}

/// What has changed about how somebody signs in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountChange {
    SecondFactorAdded,
    SecondFactorRemoved,
    RecoveryCodeUsed,
    RecoveryCodesMade,
    EmailChanged,
    PasskeyAdded,
    PasskeyRemoved,
    AppRemoved,
    DataExported,
}

/// A letter to one of the two about what happened to their booking.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BookingLetter {
    pub booking: BookingId,
    pub reader: PersonId,
    pub news: News,
    /// The SEQUENCE of the event when this happened.
    pub sequence: i32,
    pub starts_at: DateTime<Utc>,
    pub ends_at: DateTime<Utc>,
    /// Where it was before it was moved.
    #[serde(default)]
    pub was: Option<(DateTime<Utc>, DateTime<Utc>)>,
    /// What whoever did it says.
    #[serde(default)]
    pub note: String,
    /// The group whose event it is about; to its host all of it comes in order.
    #[serde(default)]
    pub group: Option<GroupId>,
    /// Those of the two whose accounts are erased meanwhile, as they were: their calendar and the other one's
    /// still have to hear of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub erased: Vec<Erased>,
    /// When it happened: DTSTAMP of the invitation, Date of the letter.
    pub at: DateTime<Utc>,
}

/// Somebody whose account is no more, as they were.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Erased {
    pub person: PersonId,
    pub name: String,
    pub email: String,
    pub zone: String,
}

/// To one of the two, some time before their session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reminder {
    pub booking: BookingId,
    pub reader: PersonId,
    pub minutes: i32,
    /// Of the session as it was when this was decided; one that was moved meanwhile is not reminded of.
    pub starts_at: DateTime<Utc>,
    /// When it was decided: Date of the letter.
    pub at: DateTime<Utc>,
}

/// About a session that is over: to one of its two, or to a coordinator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AfterLetter {
    pub booking: BookingId,
    pub reader: PersonId,
    pub news: AfterNews,
    #[serde(default)]
    pub note: String,
    /// When it happened: Date of the letter.
    pub at: DateTime<Utc>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AfterNews {
    /// How did it go?
    Asked,
    /// The other one says that the reader did not come.
    SaidNoShow,
    /// The other one says that it went some other way.
    SaidOther,
    /// To a coordinator: the two say different things.
    Disputed,
    /// A coordinator has decided.
    Decided,
    /// The reader was counted as absent.
    Counted,
    Thanks,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum News {
    Asked,
    AskedForMore,
    SaidMore,
    Confirmed,
    Moved,
    Declined,
    Cancelled,
    /// A request was not answered in time.
    Expired,
    /// To the host of a group: one more comes.
    SeatTaken,
    /// To the host of a group: one fewer comes.
    SeatLeft,
}

impl News {
    /// Whether a session is taken out of calendars by it.
    pub fn is_end(self) -> bool {
        matches!(self, Self::Declined | Self::Cancelled | Self::Expired)
    }
}

impl Job {
    /// Whether it has in it who somebody was whose account is erased.
    pub fn is_of_erased(&self) -> bool {
        match self {
            Self::AccountErased { .. } => true,
            Self::BookingLetter(letter) => !letter.erased.is_empty(),
            _ => false,
        }
    }

    /// How long another attempt may be away: somebody waits for a link to sign in, also where a server lets
    /// strangers wait for five minutes before it takes their letter (greylisting).
    pub fn longest_wait(&self) -> TimeDelta {
        match self {
            Self::SignInLink { .. } => TimeDelta::minutes(1),
            _ => TimeDelta::hours(2),
        }
    }

    /// Jobs of the same word are done one after the other: REQUEST before CANCEL.
    fn order(&self) -> Option<String> {
        match self {
            Self::BookingLetter(letter) => {
                let event = letter.group.map_or(letter.booking.0, |group| group.0);
                Some(format!("{event} {}", letter.reader))
            }
            Self::Reminder(reminder) => Some(format!("{} {}", reminder.booking, reminder.reader)),
            _ => None,
        }
    }
}

/// A job that this worker has until its lease ends.
#[derive(Debug)]
pub struct Leased {
    pub id: i64,
    pub job: Job,
    pub attempts: i32,
    pub created_at: DateTime<Utc>,
}

/// A worker has a job for so long; longer than any attempt may take.
const LEASE: TimeDelta = TimeDelta::seconds(120);

/// The statement that queues jobs now, given what stands for the columns and the time.
pub fn queueing([jobs, order, now]: [&str; 3]) -> String {
    format!(
        "insert into jobs (job, in_order, created_at, run_at) select job, in_order, {now}, {now} \
         from unnest({jobs}, {order}) with ordinality q (job, in_order, nr) order by nr"
    )
}

/// Jobs as the two columns of the table: what is to be done, and the word that orders it.
pub fn columns(jobs: &[Job]) -> (Vec<serde_json::Value>, Vec<Option<String>>) {
    let json = |job| serde_json::to_value(job).expect("a job is plain data");
    (
        jobs.iter().map(json).collect(),
        jobs.iter().map(Job::order).collect(),
    )
}

/// Queues jobs, in this order, to be done from now on.
pub fn enqueue(conn: &mut Conn, jobs: &[Job], now: DateTime<Utc>) -> QueryResult<()> {
    let (work, order) = columns(jobs);
    Kept(
        diesel::sql_query(queueing(["$1", "$2", "$3"]))
            .bind::<sql_types::Array<sql_types::Jsonb>, _>(work)
            .bind::<sql_types::Array<sql_types::Nullable<sql_types::Text>>, _>(order)
            .bind::<sql_types::Timestamptz, _>(now),
    )
    .execute(conn)
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = sql_types::BigInt)]
    id: i64,
    #[diesel(sql_type = sql_types::Jsonb)]
    job: serde_json::Value,
    #[diesel(sql_type = sql_types::Integer)]
    attempts: i32,
    #[diesel(sql_type = sql_types::Timestamptz)]
    created_at: DateTime<Utc>,
}

/// A job that this version cannot read waits so long for one that can: two run side by side while one
/// takes over from the other.
const UNREAD_WAITS: TimeDelta = TimeDelta::minutes(10);

/// Takes up to `most` due jobs. One that cannot be read is put off, and given up after a day.
pub fn lease(conn: &mut Conn, most: i64, now: DateTime<Utc>) -> QueryResult<Vec<Leased>> {
    let rows: Vec<Row> = Kept(diesel::sql_query(
        "update jobs set leased_until = $2, attempts = attempts + 1 \
         where id in ( \
             select id from jobs due \
             where failed_at is null and run_at <= $1 and (leased_until is null or leased_until <= $1) \
               and (in_order is null or not exists ( \
                   select from jobs earlier where earlier.in_order = due.in_order \
                   and earlier.id < due.id and earlier.failed_at is null)) \
             order by run_at, id limit $3 for update skip locked) \
         returning id, job, attempts, created_at",
    )
    .bind::<sql_types::Timestamptz, _>(now)
    .bind::<sql_types::Timestamptz, _>(now + LEASE)
    .bind::<sql_types::BigInt, _>(most)).load(conn)?;
    let mut leased = Vec::with_capacity(rows.len());
    for Row {
        id,
        job,
        attempts,
        created_at,
    } in rows
    {
        match serde_json::from_value(job) {
            Ok(job) => leased.push(Leased {
                id,
                job,
                attempts,
                created_at,
            }),
            Err(error) => {
                let error = format!("cannot be read: {error}");
                if now - created_at < TimeDelta::days(1) {
                    put_back(conn, id, &error, now + UNREAD_WAITS)?;
                } else {
                    give_up(conn, id, &error, now)?;
                }
            }
        }
    }
    Ok(leased)
}

/// Puts another job in the place of one.
pub fn replace(conn: &mut Conn, id: i64, job: &Job) -> QueryResult<()> {
    let json = serde_json::to_value(job).expect("a job is plain data");
    diesel::update(jobs::table.find(id))
        .set(jobs::job.eq(json))
        .execute(conn)
        .map(drop)
}

/// Forgets a job that is done.
pub fn finish(conn: &mut Conn, id: i64) -> QueryResult<()> {
    diesel::delete(jobs::table.find(id)).execute(conn).map(drop)
}

/// Lets a job be tried again at `run_at`.
pub fn put_back(conn: &mut Conn, id: i64, error: &str, run_at: DateTime<Utc>) -> QueryResult<()> {
    diesel::update(jobs::table.find(id))
        .set((
            jobs::run_at.eq(run_at),
            jobs::leased_until.eq(None::<DateTime<Utc>>),
            jobs::last_error.eq(error),
        ))
        .execute(conn)
        .map(drop)
}

/// Leaves a job for an administrator to decide on.
pub fn give_up(conn: &mut Conn, id: i64, error: &str, now: DateTime<Utc>) -> QueryResult<()> {
    diesel::update(jobs::table.find(id))
        .set((
            jobs::failed_at.eq(now),
            jobs::leased_until.eq(None::<DateTime<Utc>>),
            jobs::last_error.eq(error),
        ))
        .execute(conn)
        .map(drop)
}

/// How long to wait before the next attempt: doubling from 15 seconds to an hour, with `jitter`
/// (0 to 1) spreading it by a quarter either way, so that a recovering server is not stormed.
pub fn backoff(attempts: i32, jitter: f64) -> TimeDelta {
    let base = 15.0 * 2f64.powi(attempts.clamp(1, 10) - 1);
    let seconds = base.min(3600.0) * (0.75 + jitter / 2.0);
    TimeDelta::milliseconds((seconds * 1000.0) as i64)
}

/// A job that was given up.
#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = jobs)]
pub struct Failed {
    pub id: i64,
    pub job: serde_json::Value,
    pub created_at: DateTime<Utc>,
    pub attempts: i32,
    pub last_error: String,
}

/// The jobs given up last, newest first, at most a hundred.
pub fn failed(conn: &mut Conn) -> QueryResult<Vec<Failed>> {
    jobs::table
        .filter(jobs::failed_at.is_not_null())
        .order((jobs::failed_at.desc(), jobs::id.desc()))
        .limit(100)
        .select(Failed::as_select())
        .load(conn)
}

/// Tries a job that was given up once more, from the beginning. Returns whether there was one.
pub fn revive(conn: &mut Conn, id: i64, now: DateTime<Utc>) -> QueryResult<bool> {
    diesel::update(jobs::table.find(id).filter(jobs::failed_at.is_not_null()))
        .set((
            jobs::failed_at.eq(None::<DateTime<Utc>>),
            jobs::run_at.eq(now),
            jobs::attempts.eq(0),
            jobs::created_at.eq(now),
        ))
        .execute(conn)
        .map(|rows| rows > 0)
}

/// Drops a job that was given up. Returns whether there was one.
pub fn discard(conn: &mut Conn, id: i64) -> QueryResult<bool> {
    diesel::delete(jobs::table.find(id).filter(jobs::failed_at.is_not_null()))
        .execute(conn)
        .map(|rows| rows > 0)
}

/// Since when the letter has been waiting that waits longest and was tried in vain.
pub fn waiting_since(conn: &mut Conn) -> QueryResult<Option<DateTime<Utc>>> {
    jobs::table
        .filter(jobs::failed_at.is_null())
        .filter(jobs::last_error.ne(""))
        .select(diesel::dsl::min(jobs::created_at))
        .first(conn)
}

/// How many jobs wait, and how many were given up.
pub fn backlog(conn: &mut Conn) -> QueryResult<(i64, i64)> {
    jobs::table
        .select((
            diesel::dsl::count(jobs::id).aggregate_filter(jobs::failed_at.is_null()),
            diesel::dsl::count(jobs::id).aggregate_filter(jobs::failed_at.is_not_null()),
        ))
        .first(conn)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_an_hour() {
        assert_eq!(backoff(1, 0.5), TimeDelta::seconds(15));
        assert_eq!(backoff(3, 0.5), TimeDelta::seconds(60));
        assert_eq!(backoff(50, 0.5), TimeDelta::seconds(3600));
        assert!(backoff(1, 0.0) < backoff(1, 1.0));
    }
}
