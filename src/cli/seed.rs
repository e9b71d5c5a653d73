//! `almanac seed`: synthetic people and bookings for measuring, deterministic, in bulk.

use diesel::{Connection, RunQueryDsl, connection::SimpleConnection, sql_types};

use super::{Failure, Seed};
use crate::{clock::Clock, db::Conn, slots::index};

/// Every alumnus is bookable from 8 to 18 on weekdays; their bookings of half an hour lie on the
/// hours from last Monday on, at most 50 a week. Nobody is in two places: in each hour a student
/// meets at most one alumnus, since the shift from alumni to students is the same for all of them.
const STATEMENTS: [&str; 6] = [
    "insert into people (id, email, name, zone, roles, standing, joined_at) \
     select md5($1 || ' alumnus ' || i)::uuid, 'alumnus-' || i || '@seed.example.org', 'Alumnus ' || i, \
            (array['Europe/Berlin','America/New_York','Asia/Tokyo','Africa/Nairobi'])[1 + i % 4], array['alumnus'], 'active', now() \
     from generate_series(1, $2) i where $3 >= 0 and $4 >= 0 on conflict do nothing",
    "insert into people (id, email, name, zone, roles, standing, joined_at) \
     select md5($1 || ' student ' || i)::uuid, 'student-' || i || '@seed.example.org', 'Student ' || i, 'UTC', \
            array['student'], 'active', now() \
     from generate_series(1, $3) i where $2 >= 0 and $4 >= 0 on conflict do nothing",
    "with made as (insert into profiles (person_id, handle, headline, topics, languages) \
         select md5($1 || ' alumnus ' || i)::uuid, 'alumnus-' || i, 'Number ' || i || ' of many', \
                array[(array['data','games','policy','design','research'])[1 + i % 5]], array['English', (array['German','French','Hindi'])[1 + i % 3]] \
         from generate_series(1, $2) i where $3 >= 0 and $4 >= 0 on conflict do nothing returning person_id), \
     policy as (insert into availability (person_id, minimum_notice_minutes, horizon_days) \
         select person_id, 60, 90 from made on conflict do nothing) \
     insert into services (id, person_id, slug, kind, title, duration_minutes, increment_minutes, created_at) \
     select md5(person_id || ' ' || kind)::uuid, person_id, kind, kind, initcap(kind), 30, 30, now() \
     from made, unnest(array['resume', 'networking']) kind on conflict do nothing",
    "insert into hours (person_id, weekday, from_minute, until_minute) \
     select md5($1 || ' alumnus ' || i)::uuid, day, 480, 1080 \
     from generate_series(1, $2) i, generate_series(0, 4) day where $3 >= 0 and $4 >= 0 \
       and not exists (select from hours where person_id = md5($1 || ' alumnus ' || i)::uuid)",
    "insert into bookings (id, service_id, host_id, guest_id, status, starts_at, ends_at, service_title, goals, created_at, updated_at, asked_at) \
     select md5($1 || ' booking ' || a || ' ' || k)::uuid, md5(md5($1 || ' alumnus ' || a)::uuid || ' resume')::uuid, \
            md5($1 || ' alumnus ' || a)::uuid, md5($1 || ' student ' || (1 + (a + k * 7919) % $3))::uuid, 'confirmed', \
            t, t + interval '30 minutes', 'Resume', 'Seeded', now(), now(), now() \
     from generate_series(1, $2) a, generate_series(0, $4 - 1) k, \
          lateral (select date_trunc('week', now()) + make_interval(days => 7 * (k / 50) + (k % 50) / 10, hours => 8 + k % 10) as t) at \
     where $3 > 0 and a <= $3 on conflict do nothing",
    "insert into claims (booking_id, person_id, starts_at, ends_at, as_host, buffer_before_minutes, buffer_after_minutes) \
     select b.id, p.id, b.starts_at, b.ends_at, p.id = b.host_id, 0, 0 \
     from bookings b, lateral (values (b.host_id), (b.guest_id)) p(id) \
     where b.goals = 'Seeded' and $1 <> '' and $2 >= 0 and $3 >= 0 and $4 >= 0 \
       and not exists (select from claims c where c.booking_id = b.id) \
     order by p.id, b.starts_at",
];

/// Fills the database in one transaction. The same seed again adds nothing.
pub fn run(conn: &mut Conn, wanted: &Seed) -> Result<(), Failure> {
    if wanted.bookings > 0 && wanted.students < wanted.alumni {
        return Err(
            "--students: must be at least --alumni, so that nobody is in two places".into(),
        );
    }
    let began = std::time::Instant::now();
    conn.batch_execute("set statement_timeout = 0")?;
    let now = Clock::System.now();
    conn.transaction::<_, Failure, _>(|conn| {
        // Listings and constraints take longer row by row than at once, at the end.
        conn.batch_execute(
            "alter table profiles disable trigger listing_follows; \
             alter table bookings disable trigger user; \
             alter table claims disable trigger user; \
             alter table services disable trigger listing_follows; \
             alter table listings disable trigger count_words; \
             create temp table put_off on commit drop as \
                 select conrelid::regclass as of, conname as name, pg_get_constraintdef(oid) as definition from pg_constraint \
                 where conrelid in ('bookings'::regclass, 'claims'::regclass) and contype in ('f', 'x'); \
             do $$ declare c record; begin \
                 for c in select * from put_off loop execute format('alter table %s drop constraint %I', c.of, c.name); end loop; \
             end $$",
        )?;
        for statement in STATEMENTS {
            diesel::sql_query(statement)
                .bind::<sql_types::Text, _>(wanted.seed.to_string())
                .bind::<sql_types::Integer, _>(i32::try_from(wanted.alumni)?)
                .bind::<sql_types::Integer, _>(i32::try_from(wanted.students)?)
                .bind::<sql_types::Integer, _>(i32::try_from(wanted.bookings)?)
                .execute(conn)?;
        }
        conn.batch_execute(
            "select refresh_listing(p.person_id) from profiles p \
             where not exists (select from listings l where l.person_id = p.person_id); \
             insert into free_time_hosts (person_id) select person_id from profiles on conflict do nothing; \
             alter table profiles enable trigger listing_follows; \
             alter table bookings enable trigger user; \
             alter table claims enable trigger user; \
             alter table services enable trigger listing_follows; \
             alter table listings enable trigger count_words; \
             set local maintenance_work_mem = '256MB'; \
             do $$ declare c record; begin \
                 for c in select * from put_off loop execute format('alter table %s add constraint %I %s', c.of, c.name, c.definition); end loop; \
             end $$; \
             delete from vocabulary; \
             insert into vocabulary (kind, word, listed) \
                 select 'topic', w, count(*) from listings, unnest(topics) w group by w \
                 union all select 'language', w, count(*) from listings, unnest(languages) w group by w; \
             analyze",
        )?;
        index::fill(conn, now)?;
        index::store::renew_loads(conn, now)?;
        Ok(())
    })?;
    conn.batch_execute("vacuum analyze")?;
    println!(
        "{} alumni, {} students, {} bookings in {:.1} s",
        wanted.alumni,
        wanted.students,
        wanted.alumni * wanted.bookings,
        began.elapsed().as_secs_f64()
    );
    Ok(())
}
