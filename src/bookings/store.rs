//! Every query that starts from bookings.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use diesel::{prelude::*, sql_types};

use super::{
    Booking, BookingChange, FairUse, Line, Meeting, Settlement, Status, jobs::BookingLetter, rules,
};
use crate::{
    db::{
        BookingId, Conn, GroupId, Kept, PersonId, ServiceId,
        schema::{
            booking_changes, booking_keys, bookings, fair_use, people, profiles, reminders,
            services, settlements,
        },
    },
    jobs,
    people::{Person, rules::LONGEST_REMINDER},
    schedule::Span,
};

/// As `Booking::is_event`.
macro_rules! is_event {
    () => {
        bookings::status
            .eq_any(Status::STANDS)
            .or(bookings::cancelled_at.is_not_null())
    };
}

pub fn insert(conn: &mut Conn, booking: &Booking) -> QueryResult<()> {
    diesel::insert_into(bookings::table)
        .values(booking)
        .execute(conn)
        .map(drop)
}

pub fn booking(conn: &mut Conn, id: BookingId) -> QueryResult<Option<Booking>> {
    bookings::table
        .find(id)
        .select(Booking::as_select())
        .first(conn)
        .optional()
}

/// The UIDs of the events of bookings that a person is or was in, holds left out.
pub fn uids_of(conn: &mut Conn, person: PersonId) -> QueryResult<Vec<uuid::Uuid>> {
    bookings::table
        .filter(
            bookings::host_id
                .eq(person)
                .or(bookings::guest_id.eq(person)),
        )
        .filter(is_event!())
        .select((bookings::id, bookings::group_id))
        .load::<(BookingId, Option<GroupId>)>(conn)
        .map(|rows| {
            let uid =
                |(id, group): (BookingId, Option<GroupId>)| group.map_or(id.0, |group| group.0);
            rows.into_iter().map(uid).collect()
        })
}

/// The booking that a key of this guest stands for, and the hash of the request that it stood for.
pub fn by_key(
    conn: &mut Conn,
    guest: PersonId,
    key: &str,
) -> QueryResult<Option<(Booking, Option<Vec<u8>>)>> {
    booking_keys::table
        .find((guest, key))
        .inner_join(bookings::table)
        .select((Booking::as_select(), booking_keys::request_hash))
        .first(conn)
        .optional()
}

/// Keeps the key of a booking that was just made.
pub fn keep_key(
    conn: &mut Conn,
    booking: &Booking,
    key: &str,
    request_hash: Option<&[u8]>,
) -> QueryResult<()> {
    diesel::insert_into(booking_keys::table)
        .values((
            booking_keys::guest_id.eq(booking.guest_id),
            booking_keys::key.eq(key),
            booking_keys::request_hash.eq(request_hash),
            booking_keys::booking_id.eq(booking.id),
        ))
        .execute(conn)
        .map(drop)
}

/// Puts `after` in the place of `before`, if that is still how the booking stands; else nothing is found.
pub fn replace(conn: &mut Conn, before: &Booking, after: &Booking) -> QueryResult<()> {
    let found = bookings::table
        .find(before.id)
        .filter(bookings::status.eq(before.status))
        .filter(bookings::sequence.eq(before.sequence));
    diesel::update(found).set(after).execute(conn).and_then(one)
}

/// Adds a line to the history of a booking and queues letters, in this order.
pub fn note(conn: &mut Conn, event: &BookingChange, letters: &[BookingLetter]) -> QueryResult<()> {
    let booking = event.booking;
    let queueing = jobs::queueing(["$10", "$11", "$2"]);
    let (work, order) = jobs::columns(letters);
    Kept(
        diesel::sql_query(format!(
            "with noted as ( \
                 insert into booking_changes (booking_id, at, by, what, note, sequence, starts_at, ends_at, status, is_heard) \
                 values ($1, $2, $3, $4, $5, $6, $7, $8, $9, false) \
             ) {queueing}"
        ))
        .bind::<sql_types::Uuid, _>(booking.id)
        .bind::<sql_types::Timestamptz, _>(event.at)
        .bind::<sql_types::Nullable<sql_types::Uuid>, _>(event.by)
        .bind::<sql_types::Text, _>(event.what)
        .bind::<sql_types::Text, _>(event.note.to_owned())
        .bind::<sql_types::Integer, _>(booking.sequence)
        .bind::<sql_types::Timestamptz, _>(booking.starts_at)
        .bind::<sql_types::Timestamptz, _>(booking.ends_at)
        .bind::<sql_types::Text, _>(booking.status)
        .bind::<sql_types::Array<sql_types::Jsonb>, _>(work)
        .bind::<sql_types::Array<sql_types::Nullable<sql_types::Text>>, _>(order),
    )
    .execute(conn)
}

/// How many changes of a booking are somebody's own since then.
pub fn changes_by(
    conn: &mut Conn,
    id: BookingId,
    by: PersonId,
    since: DateTime<Utc>,
) -> QueryResult<i64> {
    booking_changes::table
        .filter(booking_changes::booking_id.eq(id))
        .filter(booking_changes::by.eq(by))
        .filter(booking_changes::at.gt(since))
        .count()
        .get_result(conn)
}

/// The history of a booking, oldest first.
pub fn history(conn: &mut Conn, id: BookingId) -> QueryResult<Vec<Line>> {
    booking_changes::table
        .filter(booking_changes::booking_id.eq(id))
        .order(booking_changes::id)
        .select(Line::as_select())
        .load(conn)
}

/// How many requests of a guest wait for an answer.
pub fn open_requests(conn: &mut Conn, guest: PersonId, now: DateTime<Utc>) -> QueryResult<i64> {
    bookings::table
        .filter(bookings::guest_id.eq(guest))
        .filter(bookings::hold_expires_at.gt(now))
        .filter(bookings::status.eq(Status::Pending))
        .count()
        .get_result(conn)
}

/// How many sessions and requests to come a guest has, and how many of them with that host.
pub fn open_bookings(
    conn: &mut Conn,
    guest: PersonId,
    host: PersonId,
    now: DateTime<Utc>,
) -> QueryResult<(i64, i64)> {
    let all: Vec<PersonId> = bookings::table
        .filter(bookings::guest_id.eq(guest))
        .filter(bookings::status.eq_any([Status::Pending, Status::Confirmed]))
        .filter(bookings::ends_at.gt(now))
        .select(bookings::host_id)
        .load(conn)?;
    let with_host = all.iter().filter(|id| **id == host).count();
    Ok((all.len() as i64, with_host as i64))
}

/// How many sessions with that host a guest has cancelled since then, requests among them.
pub fn cancelled_since(
    conn: &mut Conn,
    guest: PersonId,
    host: PersonId,
    since: DateTime<Utc>,
) -> QueryResult<i64> {
    bookings::table
        .filter(bookings::guest_id.eq(guest))
        .filter(bookings::host_id.eq(host))
        .filter(bookings::cancelled_by.eq(guest))
        .filter(bookings::cancelled_at.gt(since))
        .count()
        .get_result(conn)
}

pub fn fair_use(conn: &mut Conn) -> QueryResult<FairUse> {
    fair_use::table.select(FairUse::as_select()).first(conn)
}

pub fn set_fair_use(conn: &mut Conn, caps: &FairUse) -> QueryResult<()> {
    diesel::update(fair_use::table)
        .set(caps)
        .execute(conn)
        .map(drop)
}

/// A request that nobody has answered in time.
pub fn overdue_request(conn: &mut Conn, now: DateTime<Utc>) -> QueryResult<Option<Booking>> {
    bookings::table
        .filter(bookings::hold_expires_at.le(now))
        .filter(bookings::status.eq(Status::Pending))
        .order(bookings::hold_expires_at)
        .select(Booking::as_select())
        .first(conn)
        .optional()
}

/// The requests of those people that nobody has answered in time, as host or as guest.
pub fn overdue_requests_of(
    conn: &mut Conn,
    of: [PersonId; 2],
    now: DateTime<Utc>,
) -> QueryResult<Vec<Booking>> {
    bookings::table
        .filter(bookings::status.eq(Status::Pending))
        .filter(bookings::hold_expires_at.le(now))
        .filter(
            bookings::host_id
                .eq_any(of)
                .or(bookings::guest_id.eq_any(of)),
        )
        .order((bookings::hold_expires_at, bookings::id))
        .select(Booking::as_select())
        .load(conn)
}

/// Ends a hold. Returns whether it was one.
pub fn expire(conn: &mut Conn, id: BookingId, now: DateTime<Utc>) -> QueryResult<bool> {
    diesel::update(
        bookings::table
            .find(id)
            .filter(bookings::status.eq(Status::Held)),
    )
    .set((
        bookings::status.eq(Status::Expired),
        bookings::updated_at.eq(now),
    ))
    .execute(conn)
    .map(|rows| rows > 0)
}

pub fn set_hold_expiry(
    conn: &mut Conn,
    id: BookingId,
    expires_at: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::update(
        bookings::table
            .find(id)
            .filter(bookings::status.eq(Status::Held)),
    )
    .set(bookings::hold_expires_at.eq(expires_at))
    .execute(conn)
    .and_then(one)
}

/// What must touch one row, and touches none, finds nothing.
fn one(rows: usize) -> QueryResult<()> {
    match rows {
        1 => Ok(()),
        _ => Err(diesel::result::Error::NotFound),
    }
}

/// A booking whose claims on time are not as they must be.
#[derive(Debug, QueryableByName)]
pub struct Unclaimed {
    #[diesel(sql_type = sql_types::Uuid)]
    pub id: BookingId,
    #[diesel(sql_type = sql_types::Text)]
    pub status: String,
    #[diesel(sql_type = sql_types::Timestamptz)]
    pub starts_at: DateTime<Utc>,
    #[diesel(sql_type = sql_types::Text)]
    pub problem: String,
}

/// Bookings whose claims are not as they must be, soonest first. There are none, unless somebody has gone
/// around the triggers that guard them.
pub fn unclaimed(conn: &mut Conn) -> QueryResult<Vec<Unclaimed>> {
    diesel::sql_query(
        "select b.id, b.status, b.starts_at, p.problem \
         from bookings b cross join lateral (select problem_of_claims(b) as problem offset 0) p \
         where p.problem is not null order by b.starts_at, b.id",
    )
    .load(conn)
}

/// Who is touched when the guest holds a time: the host of the service, and those of the guest's other
/// holds, expired or not.
pub fn hosts_touched(
    conn: &mut Conn,
    service: ServiceId,
    guest: PersonId,
) -> QueryResult<Vec<PersonId>> {
    let held = bookings::table
        .filter(bookings::guest_id.eq(guest))
        .filter(bookings::hold_expires_at.is_not_null())
        .filter(bookings::status.eq(Status::Held))
        .filter(bookings::wish_id.is_null())
        .select(bookings::host_id);
    services::table
        .filter(services::id.eq(service))
        .select(services::person_id)
        .union(held)
        .load(conn)
}

/// The guest's own holds, expired or not; not what is held for a wish.
pub fn holds_of(conn: &mut Conn, guest: PersonId) -> QueryResult<Vec<Booking>> {
    bookings::table
        .filter(bookings::guest_id.eq(guest))
        .filter(bookings::hold_expires_at.is_not_null())
        .filter(bookings::status.eq(Status::Held))
        .filter(bookings::wish_id.is_null())
        .select(Booking::as_select())
        .load(conn)
}

diesel::alias!(people as hosts: Hosts, people as guests: Guests);

macro_rules! meetings {
    () => {
        bookings::table
            .inner_join(hosts.on(hosts.field(people::id).eq(bookings::host_id)))
            .inner_join(guests.on(guests.field(people::id).eq(bookings::guest_id)))
            .inner_join(profiles::table.on(profiles::person_id.eq(bookings::host_id)))
            .left_join(settlements::table.on(settlements::booking_id.eq(bookings::id)))
            .select((
                Booking::as_select(),
                Option::<Settlement>::as_select(),
                hosts.fields(<Person as Selectable<diesel::pg::Pg>>::construct_selection()),
                profiles::handle,
                guests.fields(<Person as Selectable<diesel::pg::Pg>>::construct_selection()),
            ))
    };
}

type MeetingRow = (Booking, Option<Settlement>, Person, String, Person);

fn meeting_of((booking, settlement, host, host_handle, guest): MeetingRow) -> Meeting {
    Meeting {
        booking,
        settlement: settlement.unwrap_or_default(),
        host,
        host_handle,
        guest,
    }
}

pub fn meeting(conn: &mut Conn, id: BookingId) -> QueryResult<Option<Meeting>> {
    meetings!()
        .filter(bookings::id.eq(id))
        .first::<MeetingRow>(conn)
        .map(meeting_of)
        .optional()
}

/// Those bookings with their people, soonest first.
pub fn meetings(conn: &mut Conn, ids: &[BookingId]) -> QueryResult<Vec<Meeting>> {
    Ok(meetings!()
        .filter(bookings::id.eq_any(ids))
        .order((bookings::starts_at, bookings::id))
        .load::<MeetingRow>(conn)?
        .into_iter()
        .map(meeting_of)
        .collect())
}

/// The booking if the person is in it; anybody else's is not found.
pub fn meeting_of_person(conn: &mut Conn, id: BookingId, person: PersonId) -> QueryResult<Meeting> {
    meetings!()
        .filter(bookings::id.eq(id))
        .filter(
            bookings::host_id
                .eq(person)
                .or(bookings::guest_id.eq(person)),
        )
        .first::<MeetingRow>(conn)
        .map(meeting_of)
}

/// Bookings of a person, cancelled ones among them, that end after `since`, soonest first.
pub fn meetings_since(
    conn: &mut Conn,
    person: PersonId,
    since: DateTime<Utc>,
    limit: i64,
) -> QueryResult<Vec<Meeting>> {
    Ok(meetings!()
        .filter(
            bookings::host_id
                .eq(person)
                .or(bookings::guest_id.eq(person)),
        )
        .filter(is_event!())
        .filter(bookings::ends_at.gt(since))
        .order((bookings::starts_at, bookings::id))
        .limit(limit)
        .load::<MeetingRow>(conn)?
        .into_iter()
        .map(meeting_of)
        .collect())
}

/// How many sessions the two have had, either way round.
pub fn met(conn: &mut Conn, one: PersonId, other: PersonId) -> QueryResult<i64> {
    let pair = [one, other];
    bookings::table
        .filter(bookings::host_id.eq_any(pair))
        .filter(bookings::guest_id.eq_any(pair))
        .filter(bookings::status.eq(Status::Completed))
        .count()
        .get_result(conn)
}

/// What takes place of a person's sessions and requests within a span, in order.
pub fn meetings_within(conn: &mut Conn, person: PersonId, span: Span) -> QueryResult<Vec<Meeting>> {
    Ok(meetings!()
        .filter(
            bookings::host_id
                .eq(person)
                .or(bookings::guest_id.eq(person)),
        )
        .filter(bookings::status.eq_any(Status::STANDS))
        .filter(bookings::starts_at.lt(span.end))
        .filter(bookings::ends_at.gt(span.start))
        .order((bookings::starts_at, bookings::id))
        .load::<MeetingRow>(conn)?
        .into_iter()
        .map(meeting_of)
        .collect())
}

/// A page of a person's bookings, soonest first, each with the slug of its service.
pub fn meetings_page(
    conn: &mut Conn,
    person: PersonId,
    limit: i64,
    offset: i64,
) -> QueryResult<Vec<(Meeting, String)>> {
    let rows: Vec<MeetingRow> = meetings!()
        .filter(
            bookings::host_id
                .eq(person)
                .or(bookings::guest_id.eq(person)),
        )
        .filter(is_event!())
        .order((bookings::starts_at, bookings::id))
        .limit(limit)
        .offset(offset)
        .load(conn)?;
    let wanted: Vec<ServiceId> = rows.iter().map(|row| row.0.service_id).collect();
    let slugs: HashMap<ServiceId, String> = services::table
        .filter(services::id.eq_any(wanted))
        .select((services::id, services::slug))
        .load::<(ServiceId, String)>(conn)?
        .into_iter()
        .collect();
    let with_slug = |row: MeetingRow| {
        let slug = slugs[&row.0.service_id].clone(); // Every booking has its service.
        (meeting_of(row), slug)
    };
    Ok(rows.into_iter().map(with_slug).collect())
}

/// Past and cancelled ones, latest first.
pub fn past_meetings(
    conn: &mut Conn,
    person: PersonId,
    now: DateTime<Utc>,
    limit: i64,
) -> QueryResult<Vec<Meeting>> {
    Ok(meetings!()
        .filter(
            bookings::host_id
                .eq(person)
                .or(bookings::guest_id.eq(person)),
        )
        .filter(
            bookings::cancelled_at.is_not_null().or(bookings::status
                .eq_any(Status::HAD)
                .and(bookings::ends_at.le(now))),
        )
        .order((bookings::starts_at.desc(), bookings::id))
        .limit(limit)
        .load::<MeetingRow>(conn)?
        .into_iter()
        .map(meeting_of)
        .collect())
}

/// How many sessions wait for a coordinator's decision.
pub fn count_disputed(conn: &mut Conn) -> QueryResult<i64> {
    settlements::table
        .filter(settlements::disputed_at.is_not_null())
        .count()
        .get_result(conn)
}

/// Sessions about which the two say different things, longest waiting first; a hundred at most.
pub fn disputed(conn: &mut Conn) -> QueryResult<Vec<Meeting>> {
    Ok(meetings!()
        .filter(settlements::disputed_at.is_not_null())
        .order((settlements::disputed_at, bookings::id))
        .limit(100)
        .load::<MeetingRow>(conn)?
        .into_iter()
        .map(meeting_of)
        .collect())
}

/// A reminder that is due now for the first time.
#[derive(Debug, QueryableByName)]
pub struct DueReminder {
    #[diesel(sql_type = sql_types::Uuid)]
    pub booking_id: BookingId,
    #[diesel(sql_type = sql_types::Uuid)]
    pub person_id: PersonId,
    #[diesel(sql_type = sql_types::Integer)]
    pub minutes: i32,
    #[diesel(sql_type = sql_types::Timestamptz)]
    pub starts_at: DateTime<Utc>,
    /// Whether the reader has heard nothing of the session since it was due.
    #[diesel(sql_type = sql_types::Bool)]
    pub is_useful: bool,
}

/// Notes the reminders of confirmed sessions that are due by `now` and were not noted before.
pub fn note_reminders(conn: &mut Conn, now: DateTime<Utc>) -> QueryResult<Vec<DueReminder>> {
    Kept(
        diesel::sql_query(
            "with due as ( \
                 select b.id, p.id as person_id, m.minutes, b.starts_at, \
                        b.updated_at < b.starts_at - make_interval(mins => m.minutes) as is_useful \
                 from bookings b join people p on p.id in (b.host_id, b.guest_id) \
                 cross join lateral unnest(p.reminders) m (minutes) \
                 where b.status = 'confirmed' and b.starts_at > $1 and b.starts_at <= $1 + $2 \
                   and (b.group_id is null or p.id = b.guest_id or not exists ( \
                       select from bookings o where o.group_id = b.group_id and o.status = 'confirmed' \
                       and (o.created_at, o.id) < (b.created_at, b.id))) \
                   and b.starts_at <= $1 + make_interval(mins => m.minutes) and p.standing <> 'suspended' \
                   and not exists (select from reminders r where r.booking_id = b.id and r.person_id = p.id \
                                   and r.starts_at = b.starts_at and r.minutes = m.minutes) \
                   and (b.group_id is null or not exists ( \
                       select from bookings o join reminders r on r.booking_id = o.id \
                       where o.group_id = b.group_id and r.person_id = p.id \
                         and r.starts_at = b.starts_at and r.minutes = m.minutes)) \
             ), noted as ( \
                 insert into reminders (booking_id, person_id, minutes, starts_at, decided_at) \
                 select id, person_id, minutes, starts_at, $1 from due on conflict do nothing \
                 returning booking_id, person_id, minutes \
             ) \
             select n.booking_id, n.person_id, n.minutes, d.starts_at, d.is_useful from noted n \
             join due d on d.id = n.booking_id and d.person_id = n.person_id and d.minutes = n.minutes",
        )
        .bind::<sql_types::Timestamptz, _>(now)
        .bind::<sql_types::Interval, _>(diesel::data_types::PgInterval::from_microseconds(
            i64::from(LONGEST_REMINDER) * 60_000_000,
        )),
    )
    .load(conn)
}

/// Forgets the reminders of sessions that are over.
pub fn forget_reminders(conn: &mut Conn, now: DateTime<Utc>) -> QueryResult<usize> {
    diesel::delete(
        reminders::table.filter(reminders::starts_at.lt(now - chrono::TimeDelta::days(7))),
    )
    .execute(conn)
}

/// Marks holds that ran out, and forgets those that did a day ago. Returns whose time is free again.
pub fn sweep(conn: &mut Conn, now: DateTime<Utc>) -> QueryResult<Vec<PersonId>> {
    diesel::delete(
        bookings::table
            .filter(bookings::status.eq(Status::Expired))
            .filter(bookings::cancelled_at.is_null())
            .filter(bookings::hold_expires_at.lt(now - chrono::TimeDelta::days(1))),
    )
    .execute(conn)?;
    diesel::update(
        bookings::table
            .filter(bookings::status.eq(Status::Held))
            .filter(bookings::hold_expires_at.le(now)),
    )
    .set((
        bookings::status.eq(Status::Expired),
        bookings::updated_at.eq(now),
    ))
    .returning(bookings::host_id)
    .get_results(conn)
}

/// When the feed of the person changed last: a booking did, or one left it.
pub fn feed_changed_at(
    conn: &mut Conn,
    person: PersonId,
    now: DateTime<Utc>,
) -> QueryResult<Option<DateTime<Utc>>> {
    let rows: Vec<(DateTime<Utc>, Status, DateTime<Utc>)> = bookings::table
        .filter(
            bookings::host_id
                .eq(person)
                .or(bookings::guest_id.eq(person)),
        )
        .filter(is_event!())
        .filter(bookings::ends_at.gt(now - rules::FEED_REACHES_BACK * 4))
        .select((bookings::updated_at, bookings::status, bookings::ends_at))
        .load(conn)?;
    let moments = rows
        .into_iter()
        .flat_map(|(changed, status, ends)| [changed, rules::leaves_feed_at(status, ends)]);
    Ok(moments.filter(|at| *at <= now).max())
}
