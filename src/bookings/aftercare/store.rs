//! Queries about what comes after sessions: reports, thanks, reliability, how they have helped.

use chrono::{DateTime, TimeDelta, Utc};
use diesel::{
    dsl::{exists, not},
    prelude::*,
    sql_types,
};

use super::{Help, Outcome, Reliability, STRIKES_COUNT, Side};
use crate::{
    bookings::{Booking, Settlement, Status},
    db::{
        BookingId, Conn, Kept, PersonId, ServiceId,
        schema::{bookings, feedback, people, reports, settlements, thanks},
    },
    schedule::Span,
};

/// How it went, as one of the two says.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = reports)]
pub struct Report {
    pub booking_id: BookingId,
    pub person_id: PersonId,
    pub outcome: Outcome,
    pub note: String,
}

pub fn save_report(
    conn: &mut Conn,
    booking: BookingId,
    by: PersonId,
    outcome: Outcome,
    note: &str,
    at: DateTime<Utc>,
) -> QueryResult<()> {
    let said = (
        reports::outcome.eq(outcome),
        reports::note.eq(note),
        reports::at.eq(at),
    );
    diesel::insert_into(reports::table)
        .values((
            reports::booking_id.eq(booking),
            reports::person_id.eq(by),
            said,
        ))
        .on_conflict((reports::booking_id, reports::person_id))
        .do_update()
        .set(said)
        .execute(conn)
        .map(drop)
}

/// What has been said about these sessions.
pub fn reports(conn: &mut Conn, of: &[BookingId]) -> QueryResult<Vec<Report>> {
    reports::table
        .filter(reports::booking_id.eq_any(of))
        .order((reports::booking_id, reports::at))
        .select(Report::as_select())
        .load(conn)
}

/// What host and guest have said.
pub fn said(conn: &mut Conn, booking: &Booking) -> QueryResult<(Option<Outcome>, Option<Outcome>)> {
    let all = reports(conn, &[booking.id])?;
    let of = |person| {
        all.iter()
            .find(|report| report.person_id == person)
            .map(|report| report.outcome)
    };
    Ok((of(booking.host_id), of(booking.guest_id)))
}

/// What it has come to.
pub fn settlement(conn: &mut Conn, of: BookingId) -> QueryResult<Settlement> {
    settlements::table
        .find(of)
        .select(Settlement::as_select())
        .first(conn)
        .optional()
        .map(Option::unwrap_or_default)
}

pub fn put_settlement(conn: &mut Conn, of: BookingId, to: &Settlement) -> QueryResult<()> {
    diesel::insert_into(settlements::table)
        .values((settlements::booking_id.eq(of), to))
        .on_conflict(settlements::booking_id)
        .do_update()
        .set(to)
        .execute(conn)
        .map(drop)
}

/// A session that ended before `since` and is not settled; none that waits for a coordinator.
pub fn unsettled(conn: &mut Conn, since: DateTime<Utc>) -> QueryResult<Option<Booking>> {
    bookings::table
        .filter(bookings::status.eq(Status::Confirmed))
        .filter(bookings::starts_at.le(since)) // For the index.
        .filter(bookings::ends_at.le(since))
        .filter(not(exists(
            settlements::table.filter(settlements::booking_id.eq(bookings::id)),
        )))
        .order(bookings::starts_at)
        .select(Booking::as_select())
        .first(conn)
        .optional()
}

/// All sessions that are over and not settled, in order.
pub fn all_over(conn: &mut Conn, now: DateTime<Utc>) -> QueryResult<Vec<Booking>> {
    bookings::table
        .filter(bookings::status.eq(Status::Confirmed))
        .filter(bookings::ends_at.le(now))
        .order((bookings::starts_at, bookings::id))
        .select(Booking::as_select())
        .load(conn)
}

/// Sessions that ended within a day and whose two are asked now, a hundred at most.
pub fn just_over(conn: &mut Conn, now: DateTime<Utc>) -> QueryResult<Vec<Booking>> {
    let found: Vec<BookingId> = bookings::table
        .filter(bookings::status.eq(Status::Confirmed))
        .filter(bookings::starts_at.gt(now - TimeDelta::hours(25)))
        .filter(bookings::starts_at.le(now))
        .filter(bookings::ends_at.le(now))
        .filter(bookings::asked_at.is_null())
        .order(bookings::starts_at)
        .limit(100)
        .select(bookings::id)
        .for_update()
        .skip_locked()
        .load(conn)?;
    if found.is_empty() {
        return Ok(Vec::new());
    }
    diesel::update(bookings::table.filter(bookings::id.eq_any(found)))
        .set(bookings::asked_at.eq(now))
        .returning(Booking::as_returning())
        .get_results(conn)
}

/// Keeps thanks. Returns whether they are the first.
pub fn thank(
    conn: &mut Conn,
    booking: BookingId,
    from: PersonId,
    to: PersonId,
    words: &str,
    at: DateTime<Utc>,
) -> QueryResult<bool> {
    diesel::insert_into(thanks::table)
        .values((
            thanks::booking_id.eq(booking),
            thanks::from_id.eq(from),
            thanks::to_id.eq(to),
            thanks::words.eq(words),
            thanks::at.eq(at),
        ))
        .on_conflict_do_nothing()
        .execute(conn)
        .map(|rows| rows > 0)
}

/// The thanks within a session: who, and what they say.
pub fn thanks_in(conn: &mut Conn, booking: BookingId) -> QueryResult<Vec<(PersonId, String)>> {
    thanks::table
        .filter(thanks::booking_id.eq(booking))
        .order(thanks::at)
        .select((thanks::from_id, thanks::words))
        .load(conn)
}

/// Thanks to somebody: when, from whom, what they say; the last two hundred, latest first.
pub fn thanks_to(
    conn: &mut Conn,
    person: PersonId,
) -> QueryResult<Vec<(DateTime<Utc>, String, String)>> {
    thanks::table
        .inner_join(people::table.on(people::id.eq(thanks::from_id)))
        .filter(thanks::to_id.eq(person))
        .order((thanks::at.desc(), thanks::booking_id))
        .limit(200)
        .select((thanks::at, people::name, thanks::words))
        .load(conn)
}

pub fn save_help(
    conn: &mut Conn,
    booking: BookingId,
    help: Help,
    at: DateTime<Utc>,
) -> QueryResult<()> {
    let said = (feedback::help.eq(help), feedback::at.eq(at));
    diesel::insert_into(feedback::table)
        .values((feedback::booking_id.eq(booking), said))
        .on_conflict(feedback::booking_id)
        .do_update()
        .set(said)
        .execute(conn)
        .map(drop)
}

pub fn help_of(conn: &mut Conn, booking: BookingId) -> QueryResult<Option<Help>> {
    feedback::table
        .find(booking)
        .select(feedback::help)
        .first(conn)
        .optional()
}

/// How many sessions of a kind were completed, and how many of their guests say what of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Helped {
    /// As the catalogue calls it.
    pub kind: String,
    pub sessions: i64,
    pub answers: Vec<(Help, i64)>,
}

#[derive(QueryableByName)]
struct HelpedRow {
    #[diesel(sql_type = sql_types::Text)]
    title: String,
    #[diesel(sql_type = sql_types::Nullable<sql_types::Text>)]
    help: Option<Help>,
    #[diesel(sql_type = sql_types::BigInt)]
    count: i64,
}

/// The sessions that began since, by kind.
pub fn helped(conn: &mut Conn, since: DateTime<Utc>) -> QueryResult<Vec<Helped>> {
    let rows: Vec<HelpedRow> = Kept(
        diesel::sql_query(
            "select k.title, f.help, count(*) as count from bookings b join services s on s.id = b.service_id \
             join service_kinds k on k.kind = s.kind left join feedback f on f.booking_id = b.id \
             where b.status = 'completed' and b.starts_at >= $1 \
             group by k.position, k.kind, k.title, f.help order by k.position, k.kind, f.help",
        )
        .bind::<sql_types::Timestamptz, _>(since),
    )
    .load(conn)?;
    let mut all: Vec<Helped> = Vec::new();
    for HelpedRow { title, help, count } in rows {
        if all.last().is_none_or(|last| last.kind != title) {
            all.push(Helped {
                kind: title,
                sessions: 0,
                answers: Vec::new(),
            });
        }
        let last = all.last_mut().expect("there is one now");
        last.sessions += count;
        last.answers.extend(help.map(|help| (help, count)));
    }
    Ok(all)
}

/// Sums over the sessions that somebody has given.
#[derive(Clone, Copy, Debug, Default, QueryableByName)]
pub struct Given {
    #[diesel(sql_type = sql_types::BigInt)]
    pub sessions: i64,
    #[diesel(sql_type = sql_types::BigInt)]
    pub minutes: i64,
    #[diesel(sql_type = sql_types::BigInt)]
    pub people: i64,
}

pub fn given(conn: &mut Conn, host: PersonId) -> QueryResult<Given> {
    Kept(
        diesel::sql_query(
            "select count(*) as sessions, coalesce(sum(minutes), 0)::bigint as minutes, \
                    (select count(distinct guest_id) from bookings where host_id = $1 and status = 'completed') as people \
             from (select extract(epoch from max(ends_at) - min(starts_at)) / 60 as minutes from bookings \
                   where host_id = $1 and status = 'completed' group by coalesce(group_id, id)) given",
        )
        .bind::<sql_types::Uuid, _>(host),
    )
    .load::<Given>(conn)?
    .pop()
    .ok_or(diesel::result::Error::NotFound)
}

#[derive(QueryableByName)]
struct Counts {
    #[diesel(sql_type = sql_types::Uuid)]
    person_id: PersonId,
    #[diesel(sql_type = sql_types::Array<sql_types::BigInt>)]
    counts: Vec<i64>,
}

/// Of each person named `p`: kept, cancelled late and missed as host, the same as guest, and strikes.
///
/// A group is one session of its host, however many seats it had.
const COUNTS: &str = "select p.id as person_id, array[ \
        count(distinct coalesce(b.group_id, b.id)) filter (where b.host_id = p.id and b.status = 'completed'), \
        count(distinct coalesce(b.group_id, b.id)) filter (where b.host_id = p.id and b.cancelled_late and b.cancelled_by = p.id), \
        count(distinct coalesce(b.group_id, b.id)) filter (where b.host_id = p.id and s.absent = p.id and s.disputed_at is null), \
        count(*) filter (where b.guest_id = p.id and b.status = 'completed'), \
        count(*) filter (where b.guest_id = p.id and b.cancelled_late and b.cancelled_by = p.id), \
        count(*) filter (where b.guest_id = p.id and s.absent = p.id and s.disputed_at is null), \
        count(distinct case when b.host_id = p.id then coalesce(b.group_id, b.id) else b.id end) filter (where \
            (b.cancelled_late and b.cancelled_by = p.id and b.cancelled_at > greatest($1, p.forgiven_at)) \
            or (s.absent = p.id and s.disputed_at is null and b.ends_at > greatest($1, p.forgiven_at)))] as counts ";

impl Counts {
    fn reliability(&self) -> Reliability {
        let side = |from: usize| Side {
            attended: self.counts[from],
            cancelled_late: self.counts[from + 1],
            missed: self.counts[from + 2],
        };
        Reliability {
            as_host: side(0),
            as_guest: side(3),
            strikes: self.counts[6],
        }
    }
}

pub fn reliability(
    conn: &mut Conn,
    person: PersonId,
    now: DateTime<Utc>,
) -> QueryResult<Reliability> {
    let query = format!(
        "{COUNTS} from people p left join bookings b on b.host_id = p.id or b.guest_id = p.id \
         left join settlements s on s.booking_id = b.id where p.id = $2 group by p.id"
    );
    let rows: Vec<Counts> = Kept(
        diesel::sql_query(query)
            .bind::<sql_types::Timestamptz, _>(now - STRIKES_COUNT)
            .bind::<sql_types::Uuid, _>(person),
    )
    .load(conn)?;
    rows.first()
        .map(Counts::reliability)
        .ok_or(diesel::result::Error::NotFound)
}

/// Who has missed or cancelled late within thirty days, most often first, with their names; fifty at most.
pub fn unreliable(
    conn: &mut Conn,
    now: DateTime<Utc>,
) -> QueryResult<Vec<(PersonId, String, Reliability)>> {
    let query = format!(
        "with them as ( \
             select cancelled_by as id from bookings where cancelled_late and cancelled_at > $1 \
             union select s.absent from settlements s join bookings b on b.id = s.booking_id \
                   where s.absent is not null and s.settled_at > $1 and b.ends_at > $1) \
         select * from ({COUNTS} from them join people p using (id) \
                        join bookings b on b.host_id = p.id or b.guest_id = p.id \
                        left join settlements s on s.booking_id = b.id group by p.id) c \
         order by counts[7] desc, person_id limit 50"
    );
    let rows: Vec<Counts> =
        Kept(diesel::sql_query(query).bind::<sql_types::Timestamptz, _>(now - STRIKES_COUNT))
            .load(conn)?;
    let ids: Vec<PersonId> = rows.iter().map(|row| row.person_id).collect();
    let names: std::collections::HashMap<PersonId, String> = people::table
        .filter(people::id.eq_any(ids))
        .select((people::id, people::name))
        .load::<(PersonId, String)>(conn)?
        .into_iter()
        .collect();
    let named = |row: &Counts| {
        let name = names[&row.person_id].clone(); // Whoever is counted is there.
        (row.person_id, name, row.reliability())
    };
    Ok(rows.iter().map(named).collect())
}

/// What is known of a session that is over.
#[derive(Clone, Debug, Default)]
pub struct After {
    pub reports: Vec<Report>,
    pub thanks: Vec<(PersonId, String)>,
    pub help: Option<Help>,
    /// The service and times of it that the guest can have next.
    pub follow_up: Option<(ServiceId, Vec<Span>)>,
}
