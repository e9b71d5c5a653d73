//! Every query that starts from services, availability, hours or one-off times.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Days, NaiveDate, Utc};
use diesel::{prelude::*, sql_types};

use super::{Host, HostPolicy, OneOff, OpenGroup, RulesOf, Service, filter::Search, search};
use crate::{
    db::{
        BookingId, Conn, Kept, OneOffId, Paging, PersonId, ServiceId, Tx,
        schema::{
            availability, bookings, hours, one_off_times, people, profiles, services,
            unconfirmed_zones,
        },
        types::Words,
    },
    people::{Person, PublishedProfile, Role, Roles, Standing},
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

macro_rules! offered {
    () => {
        services::table
            .inner_join(people::table.on(people::id.eq(services::person_id)))
            .inner_join(profiles::table.on(profiles::person_id.eq(services::person_id)))
            .left_join(availability::table.on(availability::person_id.eq(services::person_id)))
            .filter(people::standing.eq(Standing::Active))
            .filter(people::roles.contains(Roles::new([Role::Alumnus])))
            .filter(profiles::unlisted_at.is_null())
            .select((
                Service::as_select(),
                (
                    Person::as_select(),
                    PublishedProfile::as_select(),
                    Option::<HostPolicy>::as_select(),
                ),
            ))
    };
}

/// A service, open or not, and its host, if that may be seen.
pub fn offered(conn: &mut Conn, id: ServiceId) -> QueryResult<(Service, Host)> {
    offered!()
        .filter(services::id.eq(id))
        .first::<(Service, HostRow)>(conn)
        .map(|(service, host)| (service, host_of(host)))
}

/// The open service of that name, and its host with that handle, if they may be seen.
pub fn offered_as(conn: &mut Conn, handle: &str, slug: &str) -> QueryResult<(Service, Host)> {
    offered!()
        .filter(profiles::handle.eq(handle))
        .filter(services::slug.eq(slug))
        .filter(services::closed_at.is_null())
        .filter(services::program_id.is_null())
        .first::<(Service, HostRow)>(conn)
        .map(|(service, host)| (service, host_of(host)))
}

/// Locks the host with that handle and the guest, in id order. Returns those that exist.
pub fn lock_host(tx: &mut Tx, handle: &str, guest: PersonId) -> QueryResult<Vec<Person>> {
    tx.locked();
    let host = profiles::table
        .filter(profiles::handle.eq(handle))
        .select(profiles::person_id)
        .single_value();
    people::table
        .filter(
            people::id
                .nullable()
                .eq(host)
                .or(people::id.nullable().eq(guest)),
        )
        .order(people::id)
        .select(Person::as_select())
        .for_no_key_update()
        .load(&mut **tx)
}

/// The host, listed or not, for the own editor.
pub fn own(conn: &mut Conn, id: PersonId) -> QueryResult<Host> {
    let found = hosts(conn, &[id])?.pop();
    found.ok_or(diesel::result::Error::NotFound)
}

/// As [`own`], with whether they have said where they live.
pub fn own_and_zone(conn: &mut Conn, id: PersonId) -> QueryResult<(Host, bool)> {
    let (person, profile, policy, has_zone) = people::table
        .inner_join(profiles::table)
        .left_join(availability::table)
        .left_join(unconfirmed_zones::table)
        .filter(people::id.eq(id))
        .select((
            Person::as_select(),
            PublishedProfile::as_select(),
            Option::<HostPolicy>::as_select(),
            unconfirmed_zones::person_id.nullable().is_null(),
        ))
        .first::<(Person, PublishedProfile, Option<HostPolicy>, bool)>(conn)?;
    Ok((host_of((person, profile, policy)), has_zone))
}

/// Those of the people who have a profile, listed or not.
pub fn hosts(conn: &mut Conn, of: &[PersonId]) -> QueryResult<Vec<Host>> {
    let rows = people::table
        .inner_join(profiles::table)
        .left_join(availability::table)
        .filter(people::id.eq_any(of))
        .order(people::id)
        .select((
            Person::as_select(),
            PublishedProfile::as_select(),
            Option::<HostPolicy>::as_select(),
        ))
        .load::<HostRow>(conn)?;
    Ok(rows.into_iter().map(host_of).collect())
}

#[derive(QueryableByName)]
struct BoardRow {
    #[diesel(sql_type = sql_types::Uuid)]
    id: PersonId,
    #[diesel(sql_type = sql_types::BigInt)]
    total: i64,
}

/// Who stands on a page of the board.
pub struct BoardPage {
    /// In order.
    pub people: Vec<PersonId>,
    /// How many alumni match in all.
    pub total: i64,
}

/// A page of the board. Fair: those who are asked too little come first, ties in an order that changes daily;
/// whoever is paused comes last.
pub fn board(
    conn: &mut Conn,
    search: &Search,
    page: Paging,
    now: DateTime<Utc>,
) -> QueryResult<BoardPage> {
    let (tags, words) = (search.tags(), search.patterns());
    let has = search::store::conditions(&tags, &words, "$2", "$3");
    let ids: Vec<BoardRow> = Kept(
        diesel::sql_query(format!(
            "select person_id as id, count(*) over () as total from listings where true{has} \
             order by paused, load / 25, uuid_hash_extended(person_id, $1), person_id limit $4 offset $5"
        ))
        .bind::<sql_types::BigInt, _>(now.timestamp() / 86_400)
        .bind::<sql_types::Array<sql_types::Text>, _>(tags)
        .bind::<sql_types::Array<sql_types::Text>, _>(words)
        .bind::<sql_types::BigInt, _>(page.limit)
        .bind::<sql_types::BigInt, _>(page.offset),
    )
    .load(conn)?;
    Ok(BoardPage {
        total: ids.first().map_or(0, |row| row.total),
        people: ids.into_iter().map(|row| row.id).collect(),
    })
}

/// Those of the people who may be seen, in the same order.
pub fn listed_by_ids(conn: &mut Conn, wanted: &[PersonId]) -> QueryResult<Vec<Host>> {
    let mut hosts: Vec<Host> = listed_hosts!()
        .filter(people::id.eq_any(wanted))
        .load::<HostRow>(conn)?
        .into_iter()
        .map(host_of)
        .collect();
    hosts.sort_by_key(|host| wanted.iter().position(|id| *id == host.person.id));
    Ok(hosts)
}

/// What filters choose from, in one query.
#[derive(Debug, QueryableByName)]
pub struct Filters {
    #[diesel(sql_type = sql_types::Jsonb)]
    pub catalogue: super::catalogue::Catalogue,
    /// The forty topics that are listed most, in the order of the alphabet.
    #[diesel(sql_type = sql_types::Array<sql_types::Nullable<sql_types::Text>>)]
    pub topics: Words,
    /// As many languages, likewise.
    #[diesel(sql_type = sql_types::Array<sql_types::Nullable<sql_types::Text>>)]
    pub languages: Words,
}

pub fn filters(conn: &mut Conn) -> QueryResult<Filters> {
    Kept(diesel::sql_query(
        "select (select coalesce(jsonb_agg(k order by position, kind), '[]') from service_kinds k) as catalogue, \
                array(select word from (select word from vocabulary where kind = 'topic' \
                      order by listed desc, word limit 40) t order by word) as topics, \
                array(select word from (select word from vocabulary where kind = 'language' \
                      order by listed desc, word limit 40) l order by word) as languages",
    ))
    .get_result(conn)
}

// Services

/// The open services of those people, oldest first.
pub fn open_services(conn: &mut Conn, of: &[PersonId]) -> QueryResult<Vec<Service>> {
    services::table
        .filter(services::person_id.eq_any(of))
        .filter(services::closed_at.is_null())
        .filter(services::program_id.is_null())
        .order((services::created_at, services::id))
        .select(Service::as_select())
        .load(conn)
}

/// The groups of services that meet within a window and have seats left, in order of their times.
pub fn open_groups<'a>(
    conn: &mut Conn,
    services: impl IntoIterator<Item = &'a Service>,
    window: Span,
    now: DateTime<Utc>,
) -> QueryResult<HashMap<ServiceId, Vec<OpenGroup>>> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = sql_types::Uuid)]
        service_id: ServiceId,
        #[diesel(sql_type = sql_types::Timestamptz)]
        starts_at: DateTime<Utc>,
        #[diesel(sql_type = sql_types::Timestamptz)]
        ends_at: DateTime<Utc>,
        #[diesel(sql_type = sql_types::BigInt)]
        had: i64,
        #[diesel(sql_type = sql_types::SmallInt)]
        seats: i16,
    }
    let shared = services.into_iter().filter(|s| s.seats.is_some());
    let shared: Vec<ServiceId> = shared.map(|s| s.id).collect();
    if shared.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<Row> = Kept(
        diesel::sql_query(
            "select service_id, starts_at, ends_at, count(*) as had, max(seats) as seats from bookings \
             where service_id = any($1) and group_id is not null and starts_at >= $2 and starts_at < $3 \
               and (status = 'confirmed' or status = 'held' and hold_expires_at > $4) \
             group by service_id, group_id, starts_at, ends_at having count(*) < max(seats) order by starts_at",
        )
        .bind::<sql_types::Array<sql_types::Uuid>, _>(shared)
        .bind::<sql_types::Timestamptz, _>(window.start)
        .bind::<sql_types::Timestamptz, _>(window.end)
        .bind::<sql_types::Timestamptz, _>(now),
    )
    .load(conn)?;
    let mut open: HashMap<ServiceId, Vec<OpenGroup>> = HashMap::new();
    for row in rows {
        open.entry(row.service_id).or_default().push(OpenGroup {
            span: Span::new(row.starts_at, row.ends_at),
            seats_left: i64::from(row.seats) - row.had,
        });
    }
    Ok(open)
}

/// Whether the service of a booking asks for a document, as it is now.
pub fn asks_for_file(conn: &mut Conn, of: BookingId) -> QueryResult<bool> {
    services::table
        .inner_join(bookings::table)
        .filter(bookings::id.eq(of))
        .select(services::needs_file)
        .first(conn)
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
        .filter(services::program_id.is_null())
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

#[derive(QueryableByName)]
struct HoursRow {
    #[diesel(sql_type = sql_types::Uuid)]
    person_id: PersonId,
    #[diesel(sql_type = sql_types::Nullable<sql_types::SmallInt>)]
    weekday: Option<i16>,
    #[diesel(sql_type = sql_types::Nullable<sql_types::Date>)]
    on_date: Option<NaiveDate>,
    #[diesel(sql_type = sql_types::Nullable<sql_types::SmallInt>)]
    from_minute: Option<i16>,
    #[diesel(sql_type = sql_types::Nullable<sql_types::SmallInt>)]
    until_minute: Option<i16>,
    #[diesel(sql_type = sql_types::Nullable<sql_types::Timestamptz>)]
    starts_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = sql_types::Nullable<sql_types::Timestamptz>)]
    ends_at: Option<DateTime<Utc>>,
}

/// The rules of those people, given with their zones: whatever matters from `from` on.
pub fn rules(
    conn: &mut Conn,
    of: &[(PersonId, Zone)],
    from: DateTime<Utc>,
) -> QueryResult<RulesOf> {
    let ids: Vec<PersonId> = of.iter().map(|(id, _)| *id).collect();
    let mut rules: RulesOf = of
        .iter()
        .map(|(id, zone)| (*id, Rules::closed(zone.clone())))
        .collect();
    let rows: Vec<HoursRow> = Kept(diesel::sql_query(
        "select person_id, weekday, on_date, from_minute, until_minute, null::timestamptz as starts_at, null::timestamptz as ends_at \
         from hours where person_id = any($1) and (on_date is null or on_date >= $2) \
         union all \
         select person_id, null, null, null, null, starts_at, ends_at from one_off_times where person_id = any($1) and ends_at > $3 \
         order by from_minute, starts_at",
    )
    .bind::<sql_types::Array<sql_types::Uuid>, _>(&ids)
    .bind::<sql_types::Date, _>(from.date_naive() - Days::new(2))
    .bind::<sql_types::Timestamptz, _>(from)).load(conn)?;
    for row in rows {
        let rules = rules
            .get_mut(&row.person_id)
            .expect("only these people were asked for");
        let minute = |n: Option<i16>| n.map_or(0, i16::unsigned_abs);
        let window = Window::new(minute(row.from_minute), minute(row.until_minute));
        if let (Some(start), Some(end)) = (row.starts_at, row.ends_at) {
            rules.one_off.push(Span::new(start, end));
        } else if let Some(day) = row.weekday {
            rules.weekly[usize::from(day.unsigned_abs()) % 7].extend(window);
        } else if let Some(date) = row.on_date {
            rules.overrides.entry(date).or_default().extend(window);
        }
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

/// Removes those of the person's one-off times; all without ids.
pub fn remove_one_offs(conn: &mut Conn, of: PersonId, ids: Option<&[OneOffId]>) -> QueryResult<()> {
    let all = one_off_times::table.filter(one_off_times::person_id.eq(of));
    match ids {
        Some(ids) => diesel::delete(all.filter(one_off_times::id.eq_any(ids))).execute(conn),
        None => diesel::delete(all).execute(conn),
    }
    .map(drop)
}
