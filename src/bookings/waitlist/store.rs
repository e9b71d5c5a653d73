//! Every query that starts from wishes.

use std::collections::HashSet;

use chrono::{DateTime, TimeDelta, Utc};
use diesel::{prelude::*, sql_types};

use super::{Weekly, Wish};
use crate::{
    bookings::{Booking, Status},
    db::{
        BookingId, Conn, Kept, PersonId, ServiceId, WishId,
        schema::{bookings, newly_free, people, profiles, services, wish_offers, wishes},
        types::Words,
    },
    people::{Role, Roles, Standing},
    schedule::Span,
    slots::ServiceKind,
};

/// How long ago sessions can be and still count in the order.
const OF_LATE: TimeDelta = TimeDelta::days(90);
/// Whoever graduates within this time counts as having had one session fewer.
const GRADUATES_SOON: TimeDelta = TimeDelta::days(180);
/// How many hosts are looked at for a new wish, those with the soonest times.
const MOST_LOOKED_AT: i64 = 200;

pub fn insert(conn: &mut Conn, wish: &Wish) -> QueryResult<()> {
    diesel::insert_into(wishes::table)
        .values(wish)
        .execute(conn)
        .map(drop)
}

/// A wish of the same guest that waits for just the same.
pub fn same(conn: &mut Conn, wish: &Wish) -> QueryResult<Option<Wish>> {
    wishes::table
        .filter(wishes::guest_id.eq(wish.guest_id))
        .filter(wishes::ended_at.is_null())
        .filter(wishes::service_id.is_not_distinct_from(wish.service_id))
        .filter(wishes::kind.eq(&wish.kind))
        .filter(wishes::topics.eq(&wish.topics))
        .filter(wishes::zone.eq(&wish.zone))
        .filter(wishes::weekly.eq(&wish.weekly))
        .filter(wishes::until_on.eq(wish.until_on))
        .select(Wish::as_select())
        .first(conn)
        .optional()
}

/// How many wishes of a guest wait.
pub fn count_open(conn: &mut Conn, guest: PersonId) -> QueryResult<i64> {
    wishes::table
        .filter(wishes::guest_id.eq(guest))
        .filter(wishes::ended_at.is_null())
        .count()
        .get_result(conn)
}

/// The guest's own wish; anybody else's is not found.
pub fn own(conn: &mut Conn, id: WishId, guest: PersonId) -> QueryResult<Option<Wish>> {
    wishes::table
        .find(id)
        .filter(wishes::guest_id.eq(guest))
        .select(Wish::as_select())
        .first(conn)
        .optional()
}

/// What is held for a wish, expired or not.
pub fn held_for(conn: &mut Conn, id: WishId) -> QueryResult<Vec<Booking>> {
    bookings::table
        .filter(bookings::wish_id.eq(id))
        .filter(bookings::status.eq(Status::Held))
        .select(Booking::as_select())
        .load(conn)
}

/// A time that is held for somebody, and whom it is with.
#[derive(Clone, Debug, Queryable)]
pub struct Held {
    pub booking: Booking,
    pub host_name: String,
}

/// What is held for somebody's wishes now.
pub fn offers(conn: &mut Conn, guest: PersonId, now: DateTime<Utc>) -> QueryResult<Vec<Held>> {
    bookings::table
        .inner_join(people::table.on(people::id.eq(bookings::host_id)))
        .filter(bookings::guest_id.eq(guest))
        .filter(bookings::wish_id.is_not_null())
        .filter(bookings::status.eq(Status::Held))
        .filter(bookings::hold_expires_at.gt(now))
        .order(bookings::starts_at)
        .select((Booking::as_select(), people::name))
        .load(conn)
}

/// Ends a wish that is open: fulfilled with a booking, or not.
pub fn end(
    conn: &mut Conn,
    id: WishId,
    booking: Option<BookingId>,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::update(wishes::table.find(id).filter(wishes::ended_at.is_null()))
        .set((wishes::ended_at.eq(now), wishes::booking_id.eq(booking)))
        .execute(conn)
        .map(drop)
}

/// Ends the wishes whose last date is over everywhere.
pub fn end_old(conn: &mut Conn, now: DateTime<Utc>) -> QueryResult<usize> {
    diesel::update(
        wishes::table
            .filter(wishes::ended_at.is_null())
            .filter(wishes::until_on.lt((now - TimeDelta::days(2)).date_naive())),
    )
    .set(wishes::ended_at.eq(now))
    .execute(conn)
}

/// A wish with, for one alumnus's service, their name and the service's title; and what is held for it.
#[derive(Clone, Debug)]
pub struct Listed {
    pub wish: Wish,
    pub of: Option<(String, String)>,
    pub held: Option<(BookingId, DateTime<Utc>, DateTime<Utc>)>,
}

/// The wishes of a guest, open ones first, then the latest; fifty at most.
pub fn listed(conn: &mut Conn, guest: PersonId, now: DateTime<Utc>) -> QueryResult<Vec<Listed>> {
    type Row = (Wish, Option<String>, Option<String>);
    let rows: Vec<Row> = wishes::table
        .left_join(services::table.left_join(people::table))
        .filter(wishes::guest_id.eq(guest))
        .order((
            wishes::ended_at.desc().nulls_first(),
            wishes::asked_at.desc(),
        ))
        .limit(50)
        .select((
            Wish::as_select(),
            people::name.nullable(),
            services::title.nullable(),
        ))
        .load(conn)?;
    type Held = (
        Option<WishId>,
        BookingId,
        DateTime<Utc>,
        Option<DateTime<Utc>>,
    );
    let held: Vec<Held> = bookings::table
        .filter(bookings::guest_id.eq(guest))
        .filter(bookings::wish_id.is_not_null())
        .filter(bookings::status.eq(Status::Held))
        .filter(bookings::hold_expires_at.gt(now))
        .select((
            bookings::wish_id,
            bookings::id,
            bookings::starts_at,
            bookings::hold_expires_at,
        ))
        .load(conn)?;
    let listed = |(wish, name, title): Row| {
        let offer = held.iter().find(|row| row.0 == Some(wish.id));
        Listed {
            held: offer.and_then(|row| Some((row.1, row.2, row.3?))),
            of: name.zip(title),
            wish,
        }
    };
    Ok(rows.into_iter().map(listed).collect())
}

/// The service of that name of the alumnus with that handle: its title, and the alumnus's name.
pub fn named_service(
    conn: &mut Conn,
    handle: &str,
    slug: &str,
) -> QueryResult<Option<(String, String)>> {
    services::table
        .inner_join(people::table.inner_join(profiles::table))
        .filter(people::standing.eq(Standing::Active))
        .filter(people::roles.contains(Roles::new([Role::Alumnus])))
        .filter(profiles::unlisted_at.is_null())
        .filter(profiles::handle.eq(handle))
        .filter(services::slug.eq(slug))
        .filter(services::closed_at.is_null())
        .filter(services::program_id.is_null())
        .select((services::title, people::name))
        .first(conn)
        .optional()
}

/// Whether anybody waits for what a host offers.
pub fn is_waited_for(conn: &mut Conn, host: PersonId) -> QueryResult<bool> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = sql_types::Bool)]
        is_waited_for: bool,
    }
    let rows: Vec<Row> = Kept(
        diesel::sql_query(
            "select exists (select from services s join wishes w on w.kind = s.kind \
             where s.person_id = $1 and s.closed_at is null and s.program_id is null and w.ended_at is null \
               and (w.service_id is null or w.service_id = s.id)) as is_waited_for",
        )
        .bind::<sql_types::Uuid, _>(host),
    )
    .load(conn)?;
    Ok(rows.iter().any(|row| row.is_waited_for))
}

#[derive(QueryableByName)]
struct WishRow {
    #[diesel(sql_type = sql_types::Uuid)]
    id: WishId,
    #[diesel(sql_type = sql_types::Uuid)]
    guest_id: PersonId,
    #[diesel(sql_type = sql_types::Nullable<sql_types::Uuid>)]
    service_id: Option<ServiceId>,
    #[diesel(sql_type = sql_types::Text)]
    kind: ServiceKind,
    #[diesel(sql_type = sql_types::Array<sql_types::Nullable<sql_types::Text>>)]
    topics: Words,
    #[diesel(sql_type = sql_types::Text)]
    zone: String,
    #[diesel(sql_type = sql_types::Jsonb)]
    weekly: Weekly,
    #[diesel(sql_type = sql_types::Date)]
    until_on: chrono::NaiveDate,
    #[diesel(sql_type = sql_types::Timestamptz)]
    asked_at: DateTime<Utc>,
}

/// Who waits for what a host offers and has nothing held for them, in the order in which they are served.
pub fn waiting(conn: &mut Conn, host: PersonId, now: DateTime<Utc>) -> QueryResult<Vec<Wish>> {
    let rows: Vec<WishRow> = Kept(
        diesel::sql_query(
            "select w.id, w.guest_id, w.service_id, w.kind, w.topics, w.zone, w.weekly, w.until_on, w.asked_at \
             from wishes w join people g on g.id = w.guest_id join listings l on l.person_id = $1 \
             where w.ended_at is null and w.guest_id <> $1 and g.standing = 'active' and 'student' = any (g.roles) \
               and exists (select from services s where s.person_id = $1 and s.closed_at is null and s.program_id is null \
                           and s.kind = w.kind and (w.service_id is null or w.service_id = s.id)) \
               and (w.topics = '{}' or w.topics && array(select lower(t) from unnest(l.topics) t)) \
               and not exists (select from bookings b where b.guest_id = w.guest_id and b.wish_id is not null \
                               and b.status = 'held' and b.hold_expires_at > $2) \
             order by (select count(*) from bookings b where b.guest_id = w.guest_id and b.starts_at > $3 \
                       and b.status in ('pending', 'confirmed', 'completed', 'no_show')) \
                      - (g.graduates_on between $2::date and $4::date)::integer, \
                      w.asked_at, w.id",
        )
        .bind::<sql_types::Uuid, _>(host)
        .bind::<sql_types::Timestamptz, _>(now)
        .bind::<sql_types::Timestamptz, _>(now - OF_LATE)
        .bind::<sql_types::Timestamptz, _>(now + GRADUATES_SOON),
    )
    .load(conn)?;
    let wish = |row: WishRow| Wish {
        id: row.id,
        guest_id: row.guest_id,
        service_id: row.service_id,
        kind: row.kind,
        topics: row.topics,
        zone: row.zone,
        weekly: row.weekly,
        until_on: row.until_on,
        asked_at: row.asked_at,
        ended_at: None,
        booking_id: None,
    };
    Ok(rows.into_iter().map(wish).collect())
}

/// Whether a wish is open, and nothing is held for its guest, who is locked.
pub fn still_waits(conn: &mut Conn, wish: &Wish, now: DateTime<Utc>) -> QueryResult<bool> {
    let held = bookings::table
        .filter(bookings::guest_id.eq(wish.guest_id))
        .filter(bookings::wish_id.is_not_null())
        .filter(bookings::status.eq(Status::Held))
        .filter(bookings::hold_expires_at.gt(now));
    let waits = wishes::table
        .find(wish.id)
        .filter(wishes::ended_at.is_null())
        .filter(diesel::dsl::not(diesel::dsl::exists(held)));
    diesel::select(diesel::dsl::exists(waits)).get_result(conn)
}

/// The times that were offered to these wishes before.
pub fn offered(
    conn: &mut Conn,
    of: &[WishId],
) -> QueryResult<HashSet<(WishId, ServiceId, DateTime<Utc>)>> {
    wish_offers::table
        .filter(wish_offers::wish_id.eq_any(of))
        .select((
            wish_offers::wish_id,
            wish_offers::service_id,
            wish_offers::starts_at,
        ))
        .load_iter::<(WishId, ServiceId, DateTime<Utc>), diesel::connection::DefaultLoadingMode>(
            conn,
        )?
        .collect()
}

pub fn note_offer(
    conn: &mut Conn,
    wish: WishId,
    service: ServiceId,
    starts_at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::insert_into(wish_offers::table)
        .values((
            wish_offers::wish_id.eq(wish),
            wish_offers::service_id.eq(service),
            wish_offers::starts_at.eq(starts_at),
            wish_offers::offered_at.eq(now),
        ))
        .execute(conn)
        .map(drop)
}

/// Notes a time that a guest has had and gave up, so that none of their wishes is offered it.
pub fn note_given_up(conn: &mut Conn, booking: &Booking, now: DateTime<Utc>) -> QueryResult<()> {
    Kept(
        diesel::sql_query(
            "insert into wish_offers (wish_id, service_id, starts_at, offered_at) \
             select id, $2, $3, $4 from wishes where guest_id = $1 and ended_at is null on conflict do nothing",
        )
        .bind::<sql_types::Uuid, _>(booking.guest_id)
        .bind::<sql_types::Uuid, _>(booking.service_id)
        .bind::<sql_types::Timestamptz, _>(booking.starts_at)
        .bind::<sql_types::Timestamptz, _>(now),
    )
    .execute(conn)
}

/// The times to come of sessions that a host has cancelled or declined.
pub fn given_up_by_host(
    conn: &mut Conn,
    host: PersonId,
    now: DateTime<Utc>,
) -> QueryResult<Vec<Span>> {
    let rows: Vec<(DateTime<Utc>, DateTime<Utc>)> = bookings::table
        .filter(bookings::host_id.eq(host))
        .filter(bookings::cancelled_by.eq(host))
        .filter(bookings::starts_at.gt(now))
        .select((bookings::starts_at, bookings::ends_at))
        .load(conn)?;
    Ok(rows
        .into_iter()
        .map(|(start, end)| Span::new(start, end))
        .collect())
}

/// A host whose free time may have grown, the longest ago; several workers find different ones.
pub fn next_newly_free(conn: &mut Conn) -> QueryResult<Option<PersonId>> {
    newly_free::table
        .order(newly_free::since)
        .select(newly_free::person_id)
        .for_update()
        .skip_locked()
        .first(conn)
        .optional()
}

/// Notes that a host has been looked at.
pub fn looked_at(conn: &mut Conn, host: PersonId) -> QueryResult<()> {
    diesel::delete(newly_free::table.find(host))
        .execute(conn)
        .map(drop)
}

/// Forgets what has grown while nobody waits for anything.
pub fn look_at_nobody(conn: &mut Conn) -> QueryResult<()> {
    Kept(diesel::sql_query(
        "delete from newly_free where not exists (select from wishes where ended_at is null)",
    ))
    .execute(conn)
}

/// Lets those hosts be looked at who may have a time for a new wish, the soonest first.
pub fn look_at_hosts_for(
    conn: &mut Conn,
    wish: &Wish,
    spans: &[Span],
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let starts: Vec<DateTime<Utc>> = spans.iter().map(|span| span.start).collect();
    let ends: Vec<DateTime<Utc>> = spans.iter().map(|span| span.end).collect();
    Kept(
        diesel::sql_query(
            "insert into newly_free (person_id, since) \
             select f.person_id, $3 from free_times f join unnest($1, $2) w (starts_at, ends_at) \
               on f.starts_at < w.ends_at and f.ends_at > w.starts_at \
             where f.ends_at > $3 and f.person_id in ( \
                 select person_id from services s where s.kind = $4 and s.closed_at is null and s.program_id is null \
                 and ($5 is null or s.id = $5)) \
             group by f.person_id order by min(f.starts_at) limit $6 \
             on conflict do nothing",
        )
        .bind::<sql_types::Array<sql_types::Timestamptz>, _>(starts)
        .bind::<sql_types::Array<sql_types::Timestamptz>, _>(ends)
        .bind::<sql_types::Timestamptz, _>(now)
        .bind::<sql_types::Text, _>(wish.kind.clone())
        .bind::<sql_types::Nullable<sql_types::Uuid>, _>(wish.service_id)
        .bind::<sql_types::BigInt, _>(MOST_LOOKED_AT),
    )
    .execute(conn)
}
