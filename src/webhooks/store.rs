//! Every query that starts from webhooks and their deliveries.

use chrono::{DateTime, TimeDelta, Utc};
use diesel::{prelude::*, sql_types};

use super::{
    ApplicationChange, BookingChange, Delivery, Happened, LEASE, Line, Webhook,
    rules::{application_event_type, event_type},
};
use crate::{
    bookings::ChangeKind,
    db::{
        BookingId, Conn, DeliveryId, GroupId, PersonId, WebhookId,
        schema::{
            application_changes, applications, booking_changes, bookings, cohorts, people,
            profiles, program_staff, programs, webhook_deliveries, webhooks,
        },
    },
    fetch::Response,
    people::{Person, Standing, second_factor},
    programs::staff::StaffRole,
};

pub fn insert(conn: &mut Conn, webhook: &Webhook) -> QueryResult<()> {
    diesel::insert_into(webhooks::table)
        .values(webhook)
        .execute(conn)
        .map(drop)
}

pub fn count(conn: &mut Conn, owner: PersonId) -> QueryResult<i64> {
    webhooks::table
        .filter(webhooks::person_id.eq(owner))
        .count()
        .get_result(conn)
}

/// Somebody's webhooks, oldest first.
pub fn of(conn: &mut Conn, owner: PersonId) -> QueryResult<Vec<Webhook>> {
    webhooks::table
        .filter(webhooks::person_id.eq(owner))
        .order((webhooks::created_at, webhooks::id))
        .select(Webhook::as_select())
        .load(conn)
}

/// Somebody's own webhook; anybody else's is not found.
pub fn own(conn: &mut Conn, id: WebhookId, owner: PersonId) -> QueryResult<Option<Webhook>> {
    webhooks::table
        .find(id)
        .filter(webhooks::person_id.eq(owner))
        .select(Webhook::as_select())
        .first(conn)
        .optional()
}

pub fn remove(conn: &mut Conn, id: WebhookId, owner: PersonId) -> QueryResult<bool> {
    diesel::delete(
        webhooks::table
            .find(id)
            .filter(webhooks::person_id.eq(owner)),
    )
    .execute(conn)
    .map(|rows| rows > 0)
}

pub fn enable(conn: &mut Conn, id: WebhookId) -> QueryResult<()> {
    diesel::update(webhooks::table.find(id))
        .set(webhooks::disabled_at.eq(None::<DateTime<Utc>>))
        .execute(conn)
        .map(drop)
}

/// Stops calling a webhook that is gone, or that has taken nothing since.
pub fn disable(
    conn: &mut Conn,
    id: WebhookId,
    since: DateTime<Utc>,
    is_gone: bool,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let taken = webhook_deliveries::table
        .filter(webhook_deliveries::webhook_id.eq(id))
        .filter(webhook_deliveries::delivered_at.gt(since));
    let works: bool = diesel::select(diesel::dsl::exists(taken)).get_result(conn)?;
    if is_gone || !works {
        diesel::update(webhooks::table.find(id))
            .set(webhooks::disabled_at.eq(now))
            .execute(conn)?;
    }
    Ok(())
}

pub fn insert_test(
    conn: &mut Conn,
    delivery: DeliveryId,
    id: WebhookId,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::insert_into(webhook_deliveries::table)
        .values((
            webhook_deliveries::id.eq(delivery),
            webhook_deliveries::webhook_id.eq(id),
            webhook_deliveries::created_at.eq(now),
            webhook_deliveries::next_at.eq(now),
        ))
        .execute(conn)
        .map(drop)
}

/// Lets a delivery begin again. Returns whether there was one.
pub fn replay(
    conn: &mut Conn,
    id: WebhookId,
    delivery: DeliveryId,
    now: DateTime<Utc>,
) -> QueryResult<bool> {
    diesel::update(
        webhook_deliveries::table
            .find(delivery)
            .filter(webhook_deliveries::webhook_id.eq(id)),
    )
    .set((
        webhook_deliveries::next_at.eq(now),
        webhook_deliveries::attempts.eq(0),
        webhook_deliveries::delivered_at.eq(None::<DateTime<Utc>>),
    ))
    .execute(conn)
    .map(|rows| rows > 0)
}

/// Queues new changes for the webhooks that should receive them: webhooks of the two, and those of
/// coordinators that listen to everything. Returns how many changes were looked at, `most` or fewer; several
/// workers look at different ones.
pub fn hear(conn: &mut Conn, most: i64) -> QueryResult<usize> {
    Ok(hear_of_bookings(conn, most)? + hear_of_applications(conn, most)?)
}

/// Changes of applications are for their authors, except what is decided and not released, and for those who lead the
/// program.
fn hear_of_applications(conn: &mut Conn, most: i64) -> QueryResult<usize> {
    diesel::sql_query(
        "with unheard as ( \
             select id from application_changes where not is_heard order by id limit $1 for update skip locked \
         ), queued as ( \
             insert into webhook_deliveries (id, webhook_id, application_change_id, created_at, next_at) \
             select gen_random_uuid(), w.id, c.id, c.at, c.at \
             from unheard join application_changes c using (id) join applications a on a.id = c.application_id \
                 join cohorts k on k.id = a.cohort_id \
                 join webhooks w on (w.person_id = a.person_id and c.what <> 'decided') or exists ( \
                     select from program_staff s \
                     where s.program_id = k.program_id and s.person_id = w.person_id and s.role = 'lead' \
                         and s.person_id <> a.person_id) \
                 join people p on p.id = w.person_id \
             where w.disabled_at is null and w.created_at <= c.at and p.standing <> 'suspended' \
         ) \
         update application_changes set is_heard = true where id in (select id from unheard)",
    )
    .bind::<sql_types::BigInt, _>(most)
    .execute(conn)
}

fn hear_of_bookings(conn: &mut Conn, most: i64) -> QueryResult<usize> {
    diesel::sql_query(
            "with unheard as ( \
                 select id from booking_changes where not is_heard order by id limit $1 for update skip locked \
             ), queued as ( \
                 insert into webhook_deliveries (id, webhook_id, change_id, created_at, next_at) \
                 select gen_random_uuid(), w.id, c.id, c.at, c.at \
                 from unheard join booking_changes c using (id) join bookings b on b.id = c.booking_id \
                     join webhooks w on w.person_id in (b.host_id, b.guest_id) or w.covers_all \
                     join people p on p.id = w.person_id \
                 where w.disabled_at is null and w.created_at <= c.at and p.standing <> 'suspended' \
                     and (w.person_id in (b.host_id, b.guest_id) or p.roles && array['coordinator', 'admin']) \
             ) \
             update booking_changes set is_heard = true where id in (select id from unheard)",
        )
    .bind::<sql_types::BigInt, _>(most)
    .execute(conn)
}

/// Takes up to `most` deliveries that are due; several workers take different ones.
pub fn lease(conn: &mut Conn, most: i64, now: DateTime<Utc>) -> QueryResult<Vec<Delivery>> {
    let due: Vec<DeliveryId> = webhook_deliveries::table
        .filter(webhook_deliveries::next_at.le(now))
        .order(webhook_deliveries::next_at)
        .limit(most)
        .select(webhook_deliveries::id)
        .for_update()
        .skip_locked()
        .load(conn)?;
    if due.is_empty() {
        return Ok(Vec::new());
    }
    diesel::update(webhook_deliveries::table.filter(webhook_deliveries::id.eq_any(due)))
        .set((
            webhook_deliveries::next_at.eq(now + LEASE),
            webhook_deliveries::attempts.eq(webhook_deliveries::attempts + 1),
        ))
        .returning(Delivery::as_returning())
        .get_results(conn)
}

/// Whether the owner of a webhook may hear of a booking now: it is their own, or they coordinate and listen
/// to everything. Whoever is suspended hears of nothing. Asked with each attempt, so that rights that end
/// take along what is queued and what is sent again. Where a second factor is required, whoever has none
/// coordinates nothing.
pub fn may_hear(
    conn: &mut Conn,
    webhook: &Webhook,
    happened: &Happened,
    requires_second: bool,
) -> QueryResult<bool> {
    let owner: Person = people::table
        .find(webhook.person_id)
        .select(Person::as_select())
        .first(conn)?;
    Ok(match happened {
        _ if owner.standing == Standing::Suspended => false,
        Happened::Test => true,
        Happened::Application(change) => {
            let leads: bool = diesel::select(diesel::dsl::exists(
                program_staff::table
                    .filter(program_staff::program_id.eq(change.program_id))
                    .filter(program_staff::person_id.eq(owner.id))
                    .filter(program_staff::role.eq(StaffRole::Lead)),
            ))
            .get_result(conn)?;
            let is_trusted =
                !requires_second || second_factor::store::has(conn, webhook.person_id)?;
            let is_known = change.what != "decided";
            (owner.id == change.author_id && is_known)
                || (owner.id != change.author_id && leads && is_trusted)
        }
        Happened::Booking(happened) => {
            let is_own = [happened.host_id, happened.guest_id].contains(&owner.id);
            let covers_it = webhook.covers_all && owner.coordinating().is_ok();
            let is_trusted =
                is_own || !requires_second || second_factor::store::has(conn, webhook.person_id)?;
            is_own || (covers_it && is_trusted)
        }
    })
}

/// The webhook of a delivery and what has happened.
pub fn details(conn: &mut Conn, delivery: &Delivery) -> QueryResult<(Webhook, Happened)> {
    let webhook = webhooks::table
        .find(delivery.webhook_id)
        .select(Webhook::as_select())
        .first(conn)?;
    if let Some(change) = delivery.application_change_id {
        let change = application_change(conn, change)?;
        return Ok((webhook, Happened::Application(Box::new(change))));
    }
    let Some(change) = delivery.change_id else {
        return Ok((webhook, Happened::Test));
    };
    let (hosts, guests) = diesel::alias!(people as hosts, people as guests);
    let happened = booking_changes::table
        .inner_join(bookings::table)
        .inner_join(hosts.on(hosts.field(people::id).eq(bookings::host_id)))
        .inner_join(guests.on(guests.field(people::id).eq(bookings::guest_id)))
        .inner_join(profiles::table.on(profiles::person_id.eq(bookings::host_id)))
        .filter(booking_changes::id.eq(change))
        .select((
            (
                booking_changes::what,
                booking_changes::at,
                booking_changes::by,
                booking_changes::status,
                booking_changes::sequence,
                booking_changes::starts_at,
                booking_changes::ends_at,
            ),
            (bookings::id, bookings::group_id, bookings::service_title),
            (
                bookings::host_id,
                hosts.field(people::name),
                profiles::handle,
            ),
            (bookings::guest_id, guests.field(people::name)),
        ))
        .first(conn)
        .map(
            |((what, at, by, status, sequence, starts_at, ends_at), booking, host, guest)| {
                let (booking_id, group_id, service_title): (BookingId, Option<GroupId>, String) =
                    booking;
                let (host_id, host_name, host_handle): (PersonId, String, String) = host;
                let (guest_id, guest_name): (PersonId, String) = guest;
                BookingChange {
                    what,
                    at,
                    by,
                    status,
                    sequence,
                    starts_at,
                    ends_at,
                    booking_id,
                    group_id,
                    service_title,
                    host_id,
                    host_name,
                    host_handle,
                    guest_id,
                    guest_name,
                }
            },
        )?;
    Ok((webhook, Happened::Booking(Box::new(happened))))
}

fn application_change(conn: &mut Conn, id: i64) -> QueryResult<ApplicationChange> {
    application_changes::table
        .inner_join(
            applications::table.on(applications::id.eq(application_changes::application_id)),
        )
        .inner_join(cohorts::table.on(cohorts::id.eq(applications::cohort_id)))
        .inner_join(programs::table.on(programs::id.eq(cohorts::program_id)))
        .filter(application_changes::id.eq(id))
        .select((
            application_changes::what,
            application_changes::at,
            application_changes::by,
            application_changes::after,
            applications::id,
            applications::person_id,
            applications::role,
            applications::status,
            applications::released_at,
            programs::id,
            cohorts::slug,
            programs::slug,
            programs::name,
        ))
        .first(conn)
}

pub fn note_taken(
    conn: &mut Conn,
    id: DeliveryId,
    answer: &Response,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::update(webhook_deliveries::table.find(id))
        .set((
            webhook_deliveries::next_at.eq(None::<DateTime<Utc>>),
            webhook_deliveries::delivered_at.eq(now),
            webhook_deliveries::last_status.eq(status(answer)),
            webhook_deliveries::last_error.eq(""),
        ))
        .execute(conn)
        .map(drop)
}

/// Notes a failed attempt, and when the next one comes; None: it is given up.
pub fn note_failed(
    conn: &mut Conn,
    id: DeliveryId,
    answer: &Response,
    next: Option<DateTime<Utc>>,
) -> QueryResult<()> {
    diesel::update(webhook_deliveries::table.find(id))
        .set((
            webhook_deliveries::next_at.eq(next),
            webhook_deliveries::last_status.eq(status(answer)),
            webhook_deliveries::last_error.eq(&answer.error),
        ))
        .execute(conn)
        .map(drop)
}

fn status(answer: &Response) -> Option<i16> {
    answer.status.and_then(|status| i16::try_from(status).ok())
}

/// The log of a webhook, latest first; a hundred at most.
pub fn log(conn: &mut Conn, of: WebhookId) -> QueryResult<Vec<Line>> {
    let rows: Vec<Row> = webhook_deliveries::table
        .left_join(booking_changes::table)
        .left_join(application_changes::table)
        .filter(webhook_deliveries::webhook_id.eq(of))
        .order((
            webhook_deliveries::created_at.desc(),
            webhook_deliveries::change_id.desc(),
        ))
        .limit(100)
        .select((
            webhook_deliveries::id,
            webhook_deliveries::created_at,
            webhook_deliveries::next_at,
            webhook_deliveries::attempts,
            webhook_deliveries::delivered_at,
            webhook_deliveries::last_status,
            webhook_deliveries::last_error,
            booking_changes::what.nullable(),
            application_changes::what.nullable(),
        ))
        .load(conn)?;
    let line = |(
        id,
        created_at,
        next_at,
        attempts,
        delivered_at,
        last_status,
        last_error,
        booking,
        application,
    ): Row| Line {
        id,
        created_at,
        next_at,
        attempts,
        delivered_at,
        last_status,
        last_error,
        event: match (booking, application) {
            (Some(what), _) => event_type(what),
            (None, Some(what)) => application_event_type(&what),
            (None, None) => "test".to_owned(),
        },
    };
    Ok(rows.into_iter().map(line).collect())
}

type Row = (
    DeliveryId,
    DateTime<Utc>,
    Option<DateTime<Utc>>,
    i32,
    Option<DateTime<Utc>>,
    Option<i16>,
    String,
    Option<ChangeKind>,
    Option<String>,
);

/// Forgets what was delivered or given up long ago.
pub fn forget(conn: &mut Conn, now: DateTime<Utc>, stays: TimeDelta) -> QueryResult<usize> {
    diesel::delete(
        webhook_deliveries::table
            .filter(webhook_deliveries::next_at.is_null())
            .filter(webhook_deliveries::created_at.lt(now - stays)),
    )
    .execute(conn)
}
