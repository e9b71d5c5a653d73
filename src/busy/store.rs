//! Every query that starts from foreign calendars or the busy time they make.

use chrono::{DateTime, TimeDelta, Utc};
use diesel::{prelude::*, sql_types};

use super::{BusyCalendar, Skipped};
use crate::{
    db::{
        BusyCalendarId, Conn, Kept, PersonId,
        schema::{busy_calendars, busy_times},
    },
    fetch::Validators,
    ical::busy::Reading,
    schedule::Span,
};

/// How long a fetch is under way at most.
const LEASE: TimeDelta = TimeDelta::seconds(120);

/// A person's calendars, oldest first.
pub fn of(conn: &mut Conn, person: PersonId) -> QueryResult<Vec<BusyCalendar>> {
    busy_calendars::table
        .filter(busy_calendars::person_id.eq(person))
        .order((busy_calendars::created_at, busy_calendars::id))
        .select(BusyCalendar::as_select())
        .load(conn)
}

/// The person's own calendar of that id.
pub fn own(
    conn: &mut Conn,
    id: BusyCalendarId,
    person: PersonId,
) -> QueryResult<Option<BusyCalendar>> {
    busy_calendars::table
        .find(id)
        .filter(busy_calendars::person_id.eq(person))
        .select(BusyCalendar::as_select())
        .first(conn)
        .optional()
}

pub fn calendar(conn: &mut Conn, id: BusyCalendarId) -> QueryResult<Option<BusyCalendar>> {
    busy_calendars::table
        .find(id)
        .select(BusyCalendar::as_select())
        .first(conn)
        .optional()
}

pub fn insert(conn: &mut Conn, calendar: &BusyCalendar) -> QueryResult<()> {
    diesel::insert_into(busy_calendars::table)
        .values((
            busy_calendars::id.eq(calendar.id),
            busy_calendars::person_id.eq(calendar.person_id),
            busy_calendars::label.eq(&calendar.label),
            busy_calendars::address.eq(&calendar.address),
            busy_calendars::address_hash.eq(&calendar.address_hash),
            busy_calendars::host.eq(&calendar.host),
            busy_calendars::created_at.eq(calendar.created_at),
            busy_calendars::next_at.eq(calendar.next_at),
        ))
        .execute(conn)
        .map(drop)
}

pub fn delete(conn: &mut Conn, id: BusyCalendarId, person: PersonId) -> QueryResult<bool> {
    let own = busy_calendars::table
        .find(id)
        .filter(busy_calendars::person_id.eq(person));
    diesel::delete(own).execute(conn).map(|rows| rows > 0)
}

pub fn set_choices(
    conn: &mut Conn,
    id: BusyCalendarId,
    keep_offering: bool,
    count_free: bool,
) -> QueryResult<()> {
    diesel::update(busy_calendars::table.find(id))
        .set((
            busy_calendars::keep_offering.eq(keep_offering),
            busy_calendars::count_free.eq(count_free),
        ))
        .execute(conn)
        .map(drop)
}

/// Lets the next fetch bring the whole calendar.
pub fn read_anew(conn: &mut Conn, id: BusyCalendarId, now: DateTime<Utc>) -> QueryResult<()> {
    diesel::update(busy_calendars::table.find(id))
        .set((
            busy_calendars::etag.eq(""),
            busy_calendars::last_modified.eq(""),
            busy_calendars::next_at.eq(now),
        ))
        .execute(conn)
        .map(drop)
}

pub fn set_next(conn: &mut Conn, ids: &[BusyCalendarId], at: DateTime<Utc>) -> QueryResult<()> {
    diesel::update(busy_calendars::table.filter(busy_calendars::id.eq_any(ids)))
        .set(busy_calendars::next_at.eq(at))
        .execute(conn)
        .map(drop)
}

/// When a calendar was last asked for, whatever came of it.
pub fn last_tried(conn: &mut Conn, id: BusyCalendarId) -> QueryResult<Option<DateTime<Utc>>> {
    let leased: Option<DateTime<Utc>> = busy_calendars::table
        .find(id)
        .select(busy_calendars::leased_until)
        .first(conn)?;
    Ok(leased.map(|until| until - LEASE))
}

pub fn set_told(conn: &mut Conn, id: BusyCalendarId, now: DateTime<Utc>) -> QueryResult<()> {
    diesel::update(busy_calendars::table.find(id))
        .set(busy_calendars::told_at.eq(now))
        .execute(conn)
        .map(drop)
}

#[derive(QueryableByName)]
struct Leased {
    #[diesel(sql_type = sql_types::Uuid)]
    id: BusyCalendarId,
}

/// Takes calendars that are due: up to `most` addresses, each with all calendars that have it, so that
/// one fetch does for all of them. Those of suspended people wait.
pub fn lease(conn: &mut Conn, most: i64, now: DateTime<Utc>) -> QueryResult<Vec<BusyCalendar>> {
    let leased: Vec<Leased> = Kept(
        diesel::sql_query(
            "with due as ( \
                 select c.id, c.address_hash from busy_calendars c \
                 where c.next_at <= $1 and exists (select from people p where p.id = c.person_id and p.standing <> 'suspended') \
                 order by c.next_at limit $3 for update of c skip locked \
             ) \
             update busy_calendars set leased_until = $2, next_at = $2 \
             where address_hash in (select address_hash from due) and next_at <= $1 + interval '10 minutes' returning id",
        )
        .bind::<sql_types::Timestamptz, _>(now)
        .bind::<sql_types::Timestamptz, _>(now + LEASE)
        .bind::<sql_types::BigInt, _>(most),
    )
    .load(conn)?;
    let ids: Vec<BusyCalendarId> = leased.into_iter().map(|row| row.id).collect();
    busy_calendars::table
        .filter(busy_calendars::id.eq_any(ids))
        .order((busy_calendars::address_hash, busy_calendars::id))
        .select(BusyCalendar::as_select())
        .load(conn)
}

/// Replaces the busy time that a calendar makes.
pub fn replace_times(conn: &mut Conn, calendar: &BusyCalendar, spans: &[Span]) -> QueryResult<()> {
    diesel::delete(busy_times::table.filter(busy_times::calendar_id.eq(calendar.id)))
        .execute(conn)?;
    for part in spans.chunks(5000) {
        let rows: Vec<_> = part
            .iter()
            .map(|span| {
                (
                    busy_times::calendar_id.eq(calendar.id),
                    busy_times::person_id.eq(calendar.person_id),
                    busy_times::starts_at.eq(span.start),
                    busy_times::ends_at.eq(span.end),
                )
            })
            .collect();
        diesel::insert_into(busy_times::table)
            .values(rows)
            .execute(conn)?;
    }
    Ok(())
}

/// Notes that a calendar was read.
pub fn note_read(
    conn: &mut Conn,
    id: BusyCalendarId,
    reading: &Reading,
    validators: &Validators,
    next_at: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::update(busy_calendars::table.find(id))
        .set((
            busy_calendars::etag.eq(&validators.etag),
            busy_calendars::last_modified.eq(&validators.last_modified),
            busy_calendars::events.eq(i32::try_from(reading.events).unwrap_or(i32::MAX)),
            busy_calendars::skipped.eq(Skipped(reading.skipped.clone())),
            busy_calendars::read_at.eq(now),
            well(next_at, now),
        ))
        .execute(conn)
        .map(drop)
}

/// Notes that a calendar has not changed.
pub fn note_unchanged(
    conn: &mut Conn,
    id: BusyCalendarId,
    next_at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::update(busy_calendars::table.find(id))
        .set(well(Some(next_at), now))
        .execute(conn)
        .map(drop)
}

type Well = (
    diesel::dsl::Eq<busy_calendars::checked_at, DateTime<Utc>>,
    diesel::dsl::Eq<busy_calendars::next_at, Option<DateTime<Utc>>>,
    diesel::dsl::Eq<busy_calendars::failures, i32>,
    diesel::dsl::Eq<busy_calendars::failing_since, Option<DateTime<Utc>>>,
    diesel::dsl::Eq<busy_calendars::told_at, Option<DateTime<Utc>>>,
);

fn well(next_at: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Well {
    (
        busy_calendars::checked_at.eq(now),
        busy_calendars::next_at.eq(next_at),
        busy_calendars::failures.eq(0),
        busy_calendars::failing_since.eq(None),
        busy_calendars::told_at.eq(None),
    )
}

/// Counts a failure. Returns the calendar as it is then; none if it is gone.
pub fn note_failure(
    conn: &mut Conn,
    id: BusyCalendarId,
    next_at: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> QueryResult<Option<BusyCalendar>> {
    let since =
        diesel::dsl::sql::<sql_types::Nullable<sql_types::Timestamptz>>("coalesce(failing_since, ")
            .bind::<sql_types::Timestamptz, _>(now)
            .sql(")");
    diesel::update(busy_calendars::table.find(id))
        .set((
            busy_calendars::failures.eq(busy_calendars::failures + 1),
            busy_calendars::failing_since.eq(since),
            busy_calendars::next_at.eq(next_at),
        ))
        .returning(BusyCalendar::as_returning())
        .get_result(conn)
        .optional()
}

/// Lets other calendars of a host that does not answer wait a while.
pub fn spare_host(conn: &mut Conn, host: &str, until: DateTime<Utc>) -> QueryResult<()> {
    diesel::update(
        busy_calendars::table
            .filter(busy_calendars::host.eq(host))
            .filter(busy_calendars::next_at.lt(until)),
    )
    .set(busy_calendars::next_at.eq(until))
    .execute(conn)
    .map(drop)
}

/// The coming busy spans of a person, each with the label of its calendar.
pub fn coming(conn: &mut Conn, person: PersonId, within: Span) -> QueryResult<Vec<(Span, String)>> {
    let rows: Vec<(DateTime<Utc>, DateTime<Utc>, String)> = busy_times::table
        .inner_join(busy_calendars::table)
        .filter(busy_times::person_id.eq(person))
        .filter(busy_times::ends_at.gt(within.start))
        .filter(busy_times::starts_at.lt(within.end))
        .order((busy_times::starts_at, busy_times::ends_at))
        .select((
            busy_times::starts_at,
            busy_times::ends_at,
            busy_calendars::label,
        ))
        .load(conn)?;
    let labelled = rows
        .into_iter()
        .map(|(start, end, label)| (Span::new(start, end), label));
    Ok(labelled.collect())
}
