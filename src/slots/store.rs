//! Every query that starts from services, availability, hours, one-off times or claims.

use std::collections::BTreeMap;

use chrono::{DateTime, Days, NaiveDate, Utc};
use diesel::{prelude::*, sql_types};

use super::{
    Booked, Claim, Host, HostPolicy, OneOff, RulesOf, Service, ServiceKind, board::Search,
};
use crate::{
    db::{
        BookingId, Conn, OneOffId, PersonId, ServiceId,
        schema::{
            availability, bookings, claims, hours, one_off_times, people, profiles, services,
        },
        types::Words,
    },
    people::{Person, PublishedProfile, Role, Roles, Standing, store::like},
    schedule::{Rules, Span, Window, Zone},
};

type HostRow = (Person, PublishedProfile, Option<HostPolicy>);

fn host_of((person, profile, policy): HostRow) -> Host {
    Host {
        person,
        profile,
        policy: policy.unwrap_or_default(),
    }
}

/// The alumni of those handles or ids who may be seen: alumni in good standing, on the board.
macro_rules! listed_hosts {
    () => {
        people::table
            .inner_join(profiles::table)
            .left_join(availability::table)
            .filter(people::standing.eq(Standing::Active))
            .filter(people::roles.contains(Roles::new([Role::Alumnus])))
            .filter(profiles::unlisted_at.is_null())
            .select((
                Person::as_select(),
                PublishedProfile::as_select(),
                Option::<HostPolicy>::as_select(),
            ))
    };
}

pub fn listed(conn: &mut Conn, handle: &str) -> QueryResult<Host> {
    listed_hosts!()
        .filter(profiles::handle.eq(handle))
        .first::<HostRow>(conn)
        .map(host_of)
}

pub fn listed_by_id(conn: &mut Conn, id: PersonId) -> QueryResult<Option<Host>> {
    listed_hosts!()
        .filter(people::id.eq(id))
        .first::<HostRow>(conn)
        .map(host_of)
        .optional()
}

/// The host, listed or not, for the own editor.
pub fn own(conn: &mut Conn, id: PersonId) -> QueryResult<Host> {
    people::table
        .inner_join(profiles::table)
        .left_join(availability::table)
        .filter(people::id.eq(id))
        .select((
            Person::as_select(),
            PublishedProfile::as_select(),
            Option::<HostPolicy>::as_select(),
        ))
        .first::<HostRow>(conn)
        .map(host_of)
}

#[derive(QueryableByName)]
struct BoardRow {
    #[diesel(sql_type = sql_types::Uuid)]
    id: PersonId,
    #[diesel(sql_type = sql_types::BigInt)]
    total: i64,
}

/// A page of the board and how many alumni there are in all. Fair: those whom few have booked
/// lately come first, ties in an order that changes daily; whoever is paused comes last.
pub fn board(
    conn: &mut Conn,
    search: &Search,
    (limit, offset): (i64, i64),
    now: DateTime<Utc>,
) -> QueryResult<(Vec<Host>, i64)> {
    let words: Vec<String> = search.words.split_whitespace().take(5).map(like).collect();
    let ids: Vec<BoardRow> = diesel::sql_query(
        "select p.id, count(*) over () as total \
         from people p join profiles pr on pr.person_id = p.id \
         left join (select host_id, count(*) as load from bookings \
                    where status = 'confirmed' and starts_at > $1 - interval '30 days' group by host_id) lately \
           on lately.host_id = p.id \
         where p.standing = 'active' and p.roles @> array['alumnus'] and pr.unlisted_at is null \
           and exists (select from services s where s.person_id = p.id and s.closed_at is null \
                       and ($2 = '' or s.kind = $2)) \
           and ($3 = '' or exists (select from unnest(pr.topics) t where lower(t) = lower($3))) \
           and ($4 = '' or exists (select from unnest(pr.languages) l where lower(l) = lower($4))) \
           and not exists (select from unnest($5::text[]) w where not \
               (p.name || ' ' || pr.headline || ' ' || pr.employer || ' ' || pr.field || ' ' || \
                array_to_string(pr.topics, ' ') || ' ' || pr.bio) ilike w) \
         order by pr.paused_at is not null, coalesce(lately.load, 0), \
                  md5(p.id::text || to_char($1, 'YYYY-MM-DD')), p.id \
         limit $6 offset $7",
    )
    .bind::<sql_types::Timestamptz, _>(now)
    .bind::<sql_types::Text, _>(search.kind.map_or("", ServiceKind::as_str))
    .bind::<sql_types::Text, _>(&search.topic)
    .bind::<sql_types::Text, _>(&search.language)
    .bind::<sql_types::Array<sql_types::Text>, _>(words)
    .bind::<sql_types::BigInt, _>(limit)
    .bind::<sql_types::BigInt, _>(offset)
    .load(conn)?;
    let total = ids.first().map_or(0, |row| row.total);
    let wanted: Vec<PersonId> = ids.iter().map(|row| row.id).collect();
    let mut hosts: Vec<Host> = listed_hosts!()
        .filter(people::id.eq_any(&wanted))
        .load::<HostRow>(conn)?
        .into_iter()
        .map(host_of)
        .collect();
    hosts.sort_by_key(|host| wanted.iter().position(|id| *id == host.person.id));
    Ok((hosts, total))
}

/// Topics and languages on offer, the most frequent first, for the filters.
pub fn vocabulary(conn: &mut Conn) -> QueryResult<(Vec<String>, Vec<String>)> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = sql_types::Array<sql_types::Nullable<sql_types::Text>>)]
        topics: Words,
        #[diesel(sql_type = sql_types::Array<sql_types::Nullable<sql_types::Text>>)]
        languages: Words,
    }
    let row: Row = diesel::sql_query(
        "select coalesce((select array_agg(w order by w) from (select w from profiles, unnest(topics) w \
                 where unlisted_at is null group by w order by count(*) desc, w limit 40) t), '{}') as topics, \
                coalesce((select array_agg(w order by w) from (select w from profiles, unnest(languages) w \
                 where unlisted_at is null group by w order by count(*) desc, w limit 40) l), '{}') as languages",
    )
    .get_result(conn)?;
    Ok((row.topics.0, row.languages.0))
}

// Services

/// The open services of those people, oldest first.
pub fn open_services(conn: &mut Conn, of: &[PersonId]) -> QueryResult<Vec<Service>> {
    services::table
        .filter(services::person_id.eq_any(of))
        .filter(services::closed_at.is_null())
        .order((services::created_at, services::id))
        .select(Service::as_select())
        .load(conn)
}

/// All services of one person, open ones first.
pub fn services_of(conn: &mut Conn, of: PersonId) -> QueryResult<Vec<Service>> {
    services::table
        .filter(services::person_id.eq(of))
        .order((
            services::closed_at.desc().nulls_first(),
            services::created_at,
            services::id,
        ))
        .select(Service::as_select())
        .load(conn)
}

pub fn own_service(conn: &mut Conn, of: PersonId, slug: &str) -> QueryResult<Option<Service>> {
    services::table
        .filter(services::person_id.eq(of))
        .filter(services::slug.eq(slug))
        .select(Service::as_select())
        .first(conn)
        .optional()
}

pub fn open_service(conn: &mut Conn, of: PersonId, slug: &str) -> QueryResult<Service> {
    services::table
        .filter(services::person_id.eq(of))
        .filter(services::slug.eq(slug))
        .filter(services::closed_at.is_null())
        .select(Service::as_select())
        .first(conn)
}

pub fn service(conn: &mut Conn, id: ServiceId) -> QueryResult<Option<Service>> {
    services::table
        .find(id)
        .select(Service::as_select())
        .first(conn)
        .optional()
}

pub fn put_service(conn: &mut Conn, service: &Service) -> QueryResult<()> {
    diesel::insert_into(services::table)
        .values(service)
        .on_conflict(services::id)
        .do_update()
        .set(service)
        .execute(conn)
        .map(drop)
}

pub fn set_closed(conn: &mut Conn, id: ServiceId, since: Option<DateTime<Utc>>) -> QueryResult<()> {
    diesel::update(services::table.find(id))
        .set(services::closed_at.eq(since))
        .execute(conn)
        .map(drop)
}

// Availability

#[derive(Queryable)]
struct HoursRow {
    person_id: PersonId,
    weekday: Option<i16>,
    on_date: Option<NaiveDate>,
    from_minute: Option<i16>,
    until_minute: Option<i16>,
}

/// The rules of those people, given with their zones: whatever matters from `from` on.
pub fn rules(
    conn: &mut Conn,
    of: &[(PersonId, Zone)],
    from: DateTime<Utc>,
) -> QueryResult<RulesOf> {
    let ids: Vec<PersonId> = of.iter().map(|(id, _)| *id).collect();
    let first = from.date_naive() - Days::new(2);
    let mut rules: RulesOf = of
        .iter()
        .map(|(id, zone)| (*id, Rules::closed(zone.clone())))
        .collect();
    let rows: Vec<HoursRow> = hours::table
        .filter(hours::person_id.eq_any(&ids))
        .filter(hours::on_date.is_null().or(hours::on_date.ge(first)))
        .order((hours::from_minute, hours::id))
        .select((
            hours::person_id,
            hours::weekday,
            hours::on_date,
            hours::from_minute,
            hours::until_minute,
        ))
        .load(conn)?;
    for row in rows {
        let rules = rules
            .get_mut(&row.person_id)
            .expect("only these people were asked for");
        let minute = |n: Option<i16>| n.map_or(0, i16::unsigned_abs);
        let window = Window::new(minute(row.from_minute), minute(row.until_minute));
        let windows = match (row.weekday, row.on_date) {
            (Some(day), _) => &mut rules.weekly[usize::from(day.unsigned_abs()) % 7],
            (None, Some(date)) => rules.overrides.entry(date).or_default(),
            (None, None) => continue, // The table's check excludes it.
        };
        windows.extend(window);
    }
    let once: Vec<OneOff> = one_off_times::table
        .filter(one_off_times::person_id.eq_any(&ids))
        .filter(one_off_times::ends_at.gt(from))
        .order(one_off_times::starts_at)
        .select(OneOff::as_select())
        .load(conn)?;
    for time in once {
        let rules = rules
            .get_mut(&time.person_id)
            .expect("only these people were asked for");
        rules.one_off.push(Span::new(time.starts_at, time.ends_at));
    }
    Ok(rules)
}

/// The rules of one host.
pub fn rules_of(conn: &mut Conn, host: &Host, from: DateTime<Utc>) -> QueryResult<Rules> {
    let id = host.person.id;
    let mut rules = rules(conn, &[(id, host.person.zone())], from)?;
    Ok(rules.remove(&id).expect("this person was asked for"))
}

pub fn put_policy(conn: &mut Conn, of: PersonId, policy: &HostPolicy) -> QueryResult<()> {
    diesel::insert_into(availability::table)
        .values((availability::person_id.eq(of), policy))
        .on_conflict(availability::person_id)
        .do_update()
        .set(policy)
        .execute(conn)
        .map(drop)
}

/// Replaces the weekly hours.
pub fn put_weekly(conn: &mut Conn, of: PersonId, weekly: &[Vec<Window>; 7]) -> QueryResult<()> {
    diesel::delete(
        hours::table
            .filter(hours::person_id.eq(of))
            .filter(hours::weekday.is_not_null()),
    )
    .execute(conn)?;
    let rows: Vec<_> = weekly
        .iter()
        .enumerate()
        .flat_map(|(day, windows)| windows.iter().map(move |w| (day, w)))
        .map(|(day, w)| {
            (
                hours::person_id.eq(of),
                hours::weekday.eq(day as i16),
                hours::from_minute.eq(w.from as i16),
                hours::until_minute.eq(w.until as i16),
            )
        })
        .collect();
    diesel::insert_into(hours::table)
        .values(rows)
        .execute(conn)
        .map(drop)
}

/// Replaces the hours of those dates; without windows a date is closed.
pub fn put_overrides(
    conn: &mut Conn,
    of: PersonId,
    overrides: &BTreeMap<NaiveDate, Vec<Window>>,
) -> QueryResult<()> {
    let dates: Vec<NaiveDate> = overrides.keys().copied().collect();
    diesel::delete(
        hours::table
            .filter(hours::person_id.eq(of))
            .filter(hours::on_date.eq_any(&dates)),
    )
    .execute(conn)?;
    let mut rows = Vec::new();
    for (date, windows) in overrides {
        let mut add = |from: Option<i16>, until: Option<i16>| {
            rows.push((
                hours::person_id.eq(of),
                hours::on_date.eq(*date),
                hours::from_minute.eq(from),
                hours::until_minute.eq(until),
            ));
        };
        for w in windows {
            add(Some(w.from as i16), Some(w.until as i16));
        }
        if windows.is_empty() {
            add(None, None);
        }
    }
    diesel::insert_into(hours::table)
        .values(rows)
        .execute(conn)
        .map(drop)
}

/// Lets the weekly hours hold again on a date; on all dates without one.
pub fn remove_overrides(conn: &mut Conn, of: PersonId, date: Option<NaiveDate>) -> QueryResult<()> {
    let all = hours::table
        .filter(hours::person_id.eq(of))
        .filter(hours::on_date.is_not_null());
    match date {
        Some(date) => diesel::delete(all.filter(hours::on_date.eq(date))).execute(conn),
        None => diesel::delete(all).execute(conn),
    }
    .map(drop)
}

pub fn count_overrides(conn: &mut Conn, of: PersonId, from: NaiveDate) -> QueryResult<i64> {
    hours::table
        .filter(hours::person_id.eq(of))
        .filter(hours::on_date.ge(from))
        .select(diesel::dsl::count(hours::on_date).aggregate_distinct())
        .get_result(conn)
}

pub fn one_offs(conn: &mut Conn, of: PersonId, from: DateTime<Utc>) -> QueryResult<Vec<OneOff>> {
    one_off_times::table
        .filter(one_off_times::person_id.eq(of))
        .filter(one_off_times::ends_at.gt(from))
        .order((one_off_times::starts_at, one_off_times::id))
        .select(OneOff::as_select())
        .load(conn)
}

pub fn add_one_offs(conn: &mut Conn, of: PersonId, spans: &[Span]) -> QueryResult<()> {
    let rows: Vec<OneOff> = spans
        .iter()
        .map(|span| OneOff {
            id: OneOffId::random(),
            person_id: of,
            starts_at: span.start,
            ends_at: span.end,
        })
        .collect();
    diesel::insert_into(one_off_times::table)
        .values(rows)
        .execute(conn)
        .map(drop)
}

/// Removes one of the person's one-off times; all without an id.
pub fn remove_one_offs(conn: &mut Conn, of: PersonId, id: Option<OneOffId>) -> QueryResult<()> {
    let all = one_off_times::table.filter(one_off_times::person_id.eq(of));
    match id {
        Some(id) => diesel::delete(all.filter(one_off_times::id.eq(id))).execute(conn),
        None => diesel::delete(all).execute(conn),
    }
    .map(drop)
}

// Claims

/// What counts of those people's claims around a span: nine days more on each side, so that
/// buffers and the caps of whole weeks are seen. Holds that have expired do not count, nor does
/// the booking `except`.
pub fn claims(
    conn: &mut Conn,
    of: &[PersonId],
    around: Span,
    now: DateTime<Utc>,
    except: Option<BookingId>,
) -> QueryResult<Vec<Claim>> {
    let margin = chrono::TimeDelta::days(9);
    let wide = around.widened(margin, margin);
    let mut query = claims::table
        .filter(claims::person_id.eq_any(of))
        .filter(claims::ends_at.gt(wide.start))
        .filter(claims::starts_at.lt(wide.end))
        .filter(claims::expires_at.is_null().or(claims::expires_at.gt(now)))
        .order((claims::starts_at, claims::booking_id))
        .select(Claim::as_select())
        .into_boxed();
    if let Some(except) = except {
        query = query.filter(claims::booking_id.ne(except));
    }
    query.load(conn)
}

/// The coming bookings of a host, soonest first, for the editor.
pub fn booked(conn: &mut Conn, host: PersonId, now: DateTime<Utc>) -> QueryResult<Vec<Booked>> {
    type Row = (BookingId, DateTime<Utc>, DateTime<Utc>, String, String);
    let rows: Vec<Row> = claims::table
        .inner_join(bookings::table)
        .inner_join(people::table.on(people::id.eq(bookings::guest_id)))
        .filter(claims::person_id.eq(host))
        .filter(claims::as_host)
        .filter(claims::expires_at.is_null())
        .filter(claims::ends_at.gt(now))
        .order((claims::starts_at, claims::booking_id))
        .select((
            claims::booking_id,
            claims::starts_at,
            claims::ends_at,
            bookings::service_title,
            people::name,
        ))
        .load(conn)?;
    let booked = rows
        .into_iter()
        .map(|(id, start, end, title, with)| Booked {
            path: format!("/bookings/{id}"),
            title,
            with,
            span: Span::new(start, end),
        });
    Ok(booked.collect())
}

pub fn insert_claims(conn: &mut Conn, both: &[Claim]) -> QueryResult<()> {
    diesel::insert_into(claims::table)
        .values(both)
        .execute(conn)
        .map(drop)
}

/// A hold's claims stay as a booking's, or until another moment.
pub fn set_expiry(
    conn: &mut Conn,
    booking: BookingId,
    expires_at: Option<DateTime<Utc>>,
) -> QueryResult<()> {
    diesel::update(claims::table.filter(claims::booking_id.eq(booking)))
        .set(claims::expires_at.eq(expires_at))
        .execute(conn)
        .map(drop)
}

pub fn drop_claims(conn: &mut Conn, booking: BookingId) -> QueryResult<()> {
    diesel::delete(claims::table.filter(claims::booking_id.eq(booking)))
        .execute(conn)
        .map(drop)
}

/// Drops the claims of holds of those people that have expired, both sides of each hold, so that
/// they no longer stand in the way of the constraint.
pub fn drop_expired(conn: &mut Conn, of: &[PersonId], now: DateTime<Utc>) -> QueryResult<()> {
    let theirs = diesel::alias!(claims as theirs);
    diesel::delete(
        claims::table.filter(
            claims::booking_id.eq_any(
                theirs
                    .filter(theirs.field(claims::person_id).eq_any(of))
                    .filter(theirs.field(claims::expires_at).le(now))
                    .select(theirs.field(claims::booking_id)),
            ),
        ),
    )
    .execute(conn)
    .map(drop)
}

/// Drops the claims of all holds that have expired.
pub fn drop_all_expired(conn: &mut Conn, now: DateTime<Utc>) -> QueryResult<()> {
    diesel::delete(claims::table.filter(claims::expires_at.le(now)))
        .execute(conn)
        .map(drop)
}
