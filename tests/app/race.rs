//! What waits for a lock decides by the time when it has it, whichever server it waits on: a hold that ends
//! meanwhile is over.

use std::{
    sync::mpsc,
    time::{Duration, Instant},
};

use almanac::{bookings::store::unclaimed, db::PersonId, error::Error};
use chrono::TimeDelta;
use diesel::{RunQueryDsl, connection::SimpleConnection, sql_query};
use rand::{RngExt, SeedableRng, rngs::StdRng, seq::IndexedRandom};
use serde_json::{Value, json};

use crate::{
    life::{MONDAY, post, with_approval},
    support::{Browser, Somebody, TestApp, connect},
};

/// Keeps somebody's row locked, as a slow transaction of another server would, until it is dropped.
pub struct Locked(
    Option<mpsc::Sender<()>>,
    Option<std::thread::JoinHandle<()>>,
);

impl Locked {
    pub fn of(app: &TestApp, who: &Somebody) -> Self {
        let (url, id) = (app.database.clone(), who.person.id);
        let (release, released) = mpsc::channel::<()>();
        let (locked, is_locked) = mpsc::channel();
        let thread = std::thread::spawn(move || {
            let mut conn = connect(&url);
            let lock = format!("begin; select from people where id = '{id}' for no key update");
            conn.batch_execute(&lock).expect("a lock");
            locked.send(()).expect("somebody waits for it");
            let _ = released.recv(); // Dropped, it is released as well.
            conn.batch_execute("rollback").expect("a rollback");
        });
        is_locked.recv().expect("a lock");
        Self(Some(release), Some(thread))
    }
}

impl Drop for Locked {
    fn drop(&mut self) {
        self.0 = None;
        self.1.take().map(std::thread::JoinHandle::join);
    }
}

/// Nobody has two sessions at once, and each booking has the claims that it must have.
pub async fn assert_nobody_is_double_booked(app: &TestApp, after: &str) {
    let overlaps = "select count(*) from bookings a join bookings b on a.id < b.id and a.status in ('pending', 'confirmed') and b.status in ('pending', 'confirmed') \
        and tstzrange(a.starts_at, a.ends_at) && tstzrange(b.starts_at, b.ends_at) \
        and (a.host_id in (b.host_id, b.guest_id) or a.guest_id in (b.host_id, b.guest_id)) \
        and (a.group_id is null or a.group_id is distinct from b.group_id)";
    assert_eq!(app.count(overlaps).await, 0, "{after}");
    let wrong = app.sql(unclaimed).await;
    assert!(wrong.is_empty(), "{after}: {wrong:?}");
}

const NINE: &str = "2026-03-05T09:00:00Z";
const ELEVEN: &str = "2026-03-05T11:00:00Z";

/// A student who is locked before that host: locks are taken in the order of ids, and whoever waits for the
/// student does not keep the host from others.
async fn student_before(app: &TestApp, host: &Somebody) -> Somebody {
    for number in 0.. {
        let student = app.student(&format!("Bea {number}")).await;
        if student.person.id.0 < host.person.id.0 {
            return student;
        }
    }
    unreachable!("some id is smaller")
}

/// A moment in which a request that was sent has come as far as the lock.
async fn a_moment() {
    tokio::time::sleep(Duration::from_millis(250)).await;
}

async fn confirm(browser: &Browser, hold: &str) -> u16 {
    browser.post(hold, &[("goals", "A job")]).await.status
}

/// Bea's hold ends while she confirms it and the lock is somebody else's; Cem books `start` meanwhile.
/// Returns what Bea hears.
async fn confirmed_late(app: &TestApp, start: &str) -> u16 {
    let (ada, cem) = (app.alumnus("Ada").await, app.student("Cem").await);
    let bea = student_before(app, &ada).await;
    let browser = app.signed_in(&bea).await;
    let hold = browser.hold(&ada, "resume", NINE).await.location;
    let lock = Locked::of(app, &bea);
    let confirming = confirm(&browser, &hold);
    let meanwhile = async {
        a_moment().await;
        app.advance(TimeDelta::minutes(6));
        assert_eq!(app.book(&cem, &ada, start).await.0, 201);
        drop(lock);
    };
    let (heard, ()) = tokio::join!(confirming, meanwhile);
    assert_nobody_is_double_booked(app, "a late confirmation").await;
    let dee = app.student("Dee").await;
    assert_eq!(app.book(&dee, &ada, NINE).await.0, 409);
    assert_nobody_is_double_booked(app, "the next booking").await;
    heard
}

#[actix_web::test]
async fn a_hold_that_ends_while_its_guest_waits_is_taken_anew_with_both_claims() {
    let app = TestApp::at(MONDAY).await;
    assert_eq!(confirmed_late(&app, ELEVEN).await, 303);
}

#[actix_web::test]
async fn a_hold_that_ends_while_its_guest_waits_is_lost_to_whoever_booked_meanwhile() {
    let app = TestApp::at(MONDAY).await;
    assert_eq!(confirmed_late(&app, NINE).await, 409);
}

#[actix_web::test]
async fn a_request_that_runs_out_while_its_host_waits_is_not_approved() {
    let app = TestApp::at(MONDAY).await;
    let ada = with_approval(&app).await;
    let (bea, cem) = (student_before(&app, &ada).await, app.student("Cem").await);
    let (_, asked) = app.book(&bea, &ada, NINE).await;
    app.advance(TimeDelta::hours(47) + TimeDelta::minutes(59));
    let lock = Locked::of(&app, &bea);
    let approving = post(&app, &ada, &asked, "approve", json!({}));
    let meanwhile = async {
        a_moment().await;
        app.advance(TimeDelta::minutes(2));
        assert_eq!(app.book(&cem, &ada, "2026-03-06T11:00:00Z").await.0, 201);
        drop(lock);
    };
    let ((status, answer), ()) = tokio::join!(approving, meanwhile);
    assert_eq!((status, &answer["code"]), (409, &json!("wrong_state")));
    assert_nobody_is_double_booked(&app, "a late approval").await;
}

#[actix_web::test]
async fn a_server_whose_clock_is_behind_does_not_keep_a_hold_alive() {
    let app = TestApp::at(MONDAY).await;
    let behind = app.ahead(TimeDelta::seconds(-30)).await;
    let (ada, bea, cem) = (
        app.alumnus("Ada").await,
        app.student("Bea").await,
        app.student("Cem").await,
    );
    let browser = behind.signed_in(&bea).await;
    let hold = browser.hold(&ada, "resume", NINE).await.location;
    app.advance(TimeDelta::minutes(5) + TimeDelta::seconds(10));
    assert_eq!(app.book(&cem, &ada, NINE).await.0, 201);
    assert_eq!(confirm(&browser, &hold).await, 409);
    assert_nobody_is_double_booked(&app, "two clocks").await;
}

/// Whoever writes to the database, and however.
#[actix_web::test]
async fn the_database_refuses_a_booking_without_its_claims_and_a_claim_without_its_booking() {
    let app = TestApp::at(MONDAY).await;
    let asks = with_approval(&app).await;
    let ben = app.alumnus("Ben").await;
    let (bea, cem) = (app.student("Bea").await, app.student("Cem").await);
    assert_eq!(app.book(&bea, &asks, NINE).await.0, 201);
    assert_eq!(app.book(&cem, &ben, NINE).await.0, 201);
    let (_, gone) = app.book(&cem, &ben, ELEVEN).await;
    assert_eq!(post(&app, &cem, &gone, "cancel", json!({})).await.0, 200);
    let browser = app.signed_in(&cem).await;
    assert_eq!(browser.hold(&ben, "resume", ELEVEN).await.status, 303);
    let of_any = "insert into claims (booking_id, person_id, starts_at, ends_at, as_host, buffer_before_minutes, buffer_after_minutes) \
                  select id, host_id, starts_at + interval '3 days', ends_at + interval '3 days', true, 0, 0 from bookings where status =";
    let tries = [
        "delete from claims where as_host".to_owned(),
        "delete from claims where not as_host".to_owned(),
        "update bookings set status = 'confirmed', hold_expires_at = null where status = 'held'".to_owned(),
        "update bookings set status = 'confirmed', cancelled_at = null where status = 'cancelled'".to_owned(),
        "update bookings set status = 'cancelled', cancelled_at = now() where status = 'confirmed'".to_owned(),
        "update bookings set starts_at = starts_at + interval '1 hour', ends_at = ends_at + interval '1 hour'".to_owned(),
        "update claims set ends_at = ends_at - interval '5 minutes'".to_owned(),
        "update claims set expires_at = now() where expires_at is null".to_owned(),
        "update claims set as_host = not as_host".to_owned(),
        "update bookings set guest_id = host_id, host_id = guest_id".to_owned(),
        format!("{of_any} 'cancelled'"),
        format!("{of_any} 'expired' or true"),
    ];
    let url = app.database.clone();
    let refused = actix_web::web::block(move || {
        let mut conn = connect(&url);
        let tried = tries.into_iter().map(|sql| {
            let outcome = sql_query(&sql).execute(&mut conn);
            (sql, outcome.map_err(|error| error.to_string()))
        });
        tried.collect::<Vec<_>>()
    })
    .await
    .unwrap();
    for (sql, outcome) in refused {
        let error = outcome.expect_err(&sql);
        assert!(
            error.contains("claim") || error.contains("duplicate key"),
            "{sql}: {error}"
        );
    }
    assert_nobody_is_double_booked(&app, "all of that").await;
}

/// Many people at once on two servers whose clocks are three seconds apart, with rows locked by others and
/// holds that end meanwhile. `ROUNDS` and `LOCKED_MS` make it longer.
#[actix_web::test]
async fn whatever_waits_for_locks_nobody_is_double_booked() {
    let setting = |name: &str, default: u64| {
        let set = std::env::var(name).ok();
        set.and_then(|n| n.parse().ok()).unwrap_or(default)
    };
    let (rounds, longest) = (setting("ROUNDS", 8), setting("LOCKED_MS", 300));
    let app = TestApp::at(MONDAY).await;
    let ahead = app.ahead(TimeDelta::seconds(3)).await;
    let ada = with_approval(&app).await;
    let ben = app.alumnus("Ben").await;
    let (ada, ben) = (&ada, &ben);
    let hosts = [ada, ben];
    let mut students = Vec::new();
    for name in ["Bea", "Cem", "Dee", "Eli"] {
        let student = app.student(name).await;
        let browsers = [
            app.signed_in(&student).await,
            ahead.signed_in(&student).await,
        ];
        students.push((student, browsers));
    }
    let mut rng = StdRng::seed_from_u64(11);
    let mut seen = std::collections::BTreeMap::<(&str, u16), usize>::new();
    let began = Instant::now();
    for round in 0..rounds {
        // Everybody wants the same few times.
        let day = 3 + round % 3;
        let times = [NINE, ELEVEN].map(|at| at.replace("-05T", &format!("-0{day}T")));
        let locked: Vec<Locked> = [ada, ben, &students[0].0, &students[1].0]
            .into_iter()
            .filter(|_| rng.random_range(0..3) == 0)
            .map(|who| Locked::of(&app, who))
            .collect();
        let mut acts = Vec::new();
        for (student, browsers) in &students {
            let (host, start) = (
                *hosts.choose(&mut rng).unwrap(),
                times.choose(&mut rng).unwrap(),
            );
            let browser = browsers.choose(&mut rng).unwrap();
            let site = if rng.random() { &app } else { &ahead };
            let kind = rng.random_range(0..4);
            let pause = Duration::from_millis(rng.random_range(0..=longest / 4));
            acts.push(async move {
                let mut done: Vec<(&str, u16)> = Vec::new();
                if kind == 0 {
                    let (status, booked) = site.book(student, host, start).await;
                    done.push(("book", status));
                    tokio::time::sleep(pause).await;
                    if status == 201 {
                        let (answered, _) = post(site, ada, &booked, "approve", json!({})).await;
                        done.push(("approve", answered));
                        let later = start.replace(":00:00Z", ":30:00Z");
                        let (moved, _) = post(
                            site,
                            student,
                            &booked,
                            "reschedule",
                            json!({ "start": later }),
                        )
                        .await;
                        done.push(("move", moved));
                    }
                    return done;
                }
                let page = format!("/alumni/{}/resume?day={}", host.handle, &start[..10]);
                let page = browser.get(&page).await.body;
                let Some(service) =
                    crate::support::between(&page, "name=\"service\" value=\"", "\"")
                else {
                    return done; // Nothing is left on this day.
                };
                let fields = [("service", service), ("start", start.as_str())];
                let held = browser.post("/holds", &fields).await;
                done.push(("hold", held.status));
                if held.status != 303 {
                    return done;
                }
                let hold = held.location;
                if kind >= 2 {
                    done.push((
                        "leave",
                        browser.post(&format!("{hold}/leave"), &[]).await.status,
                    ));
                    tokio::time::sleep(pause).await;
                }
                if kind == 3 {
                    done.push((
                        "back",
                        browser.post(&format!("{hold}/back"), &[]).await.status,
                    ));
                }
                tokio::time::sleep(pause).await;
                done.push(("confirm", confirm(browser, &hold).await));
                done
            });
        }
        let clock = async {
            // A hold ends in one of these steps, or in none.
            for _ in 0..6 {
                tokio::time::sleep(Duration::from_millis(rng.random_range(0..=longest / 6))).await;
                app.advance(TimeDelta::seconds(rng.random_range(0..90)));
            }
            drop(locked);
        };
        let (done, ()) = tokio::join!(futures_util::future::join_all(acts), clock);
        for (what, status) in done.into_iter().flatten() {
            assert!(
                matches!(status, 200 | 201 | 204 | 303 | 404 | 409 | 422),
                "{what}: {status}"
            );
            *seen.entry((what, status)).or_default() += 1;
        }
        assert_nobody_is_double_booked(&app, &format!("round {round}")).await;
        // Half of them make room.
        if round % 2 == 1 {
            free(
                &app,
                &students
                    .iter()
                    .map(|(student, _)| student)
                    .collect::<Vec<_>>(),
            )
            .await;
        }
    }
    eprintln!("{rounds} rounds in {:?}: {seen:?}", began.elapsed());
    let confirmed = seen
        .iter()
        .filter(|((what, status), _)| *what == "confirm" && *status == 303);
    assert!(
        confirmed.count() > 0,
        "nobody has confirmed anything: {seen:?}"
    );
}

async fn free(app: &TestApp, students: &[&Somebody]) {
    for student in students {
        let (_, own) = app.api("GET", "/bookings", Some(student), None).await;
        for booking in own["bookings"].as_array().map_or(&[][..], Vec::as_slice) {
            let is_open = |b: &Value| matches!(b["status"].as_str(), Some("pending" | "confirmed"));
            if is_open(booking) {
                post(app, student, booking, "cancel", json!({ "late": true })).await;
            }
        }
    }
    // Whoever cancels late so often is paused; here they go on.
    app.sql(|conn| sql_query("update people set standing = 'active'").execute(conn))
        .await;
}

/// Two who want the same rows in opposite order: Postgres ends one of them, who is tried again, also where a
/// handler speaks of `Error` and not of a verb's own.
#[actix_web::test]
async fn a_deadlock_is_tried_again_however_the_error_is_typed() {
    let app = TestApp::at(MONDAY).await;
    let (ada, bea) = (app.student("Ada").await, app.student("Bea").await);
    let lock_both = |first: PersonId, second: PersonId| {
        app.app.transaction::<_, Error>(move |tx| {
            for id in [first, second] {
                sql_query("select pg_sleep(0.2) from people where id = $1 for update")
                    .bind::<diesel::sql_types::Uuid, _>(id)
                    .execute(&mut **tx)?;
            }
            Ok(())
        })
    };
    let (one, other) = tokio::join!(
        lock_both(ada.person.id, bea.person.id),
        lock_both(bea.person.id, ada.person.id)
    );
    one.unwrap();
    other.unwrap();
}

/// What the server says of a deadlock, a time-out or a lost connection is in its own language.
#[actix_web::test]
async fn a_german_server_is_understood() {
    let app = TestApp::at(MONDAY).await;
    let (ada, bea) = (app.student("Ada").await, app.student("Bea").await);
    let (server, name) = app.database.rsplit_once('/').unwrap();
    let (server, name) = (format!("{server}/postgres"), name.to_owned());
    let on_server = async |statement: String| {
        let server = server.clone();
        let run = move || {
            use diesel::connection::SimpleConnection;
            crate::support::connect(&server)
                .batch_execute(&statement)
                .unwrap();
        };
        actix_web::web::block(run).await.unwrap();
    };
    // New connections speak German; those that are open go.
    on_server(format!(
        "alter database {name} set lc_messages = 'de_DE.UTF-8'; \
         select pg_terminate_backend(pid) from pg_stat_activity where datname = '{name}'"
    ))
    .await;
    let said = app
        .app
        .transaction::<_, Error>(|tx| Ok(sql_query("select 1 / 0").execute(&mut **tx)?))
        .await;
    let said = format!("{:?}", said.unwrap_err());
    assert!(said.contains("Division durch Null"), "{said}");

    let lock_both = |first: PersonId, second: PersonId| {
        app.app.transaction::<_, Error>(move |tx| {
            for id in [first, second] {
                sql_query("select pg_sleep(0.2) from people where id = $1 for update")
                    .bind::<diesel::sql_types::Uuid, _>(id)
                    .execute(&mut **tx)?;
            }
            Ok(())
        })
    };
    let (one, other) = tokio::join!(
        lock_both(ada.person.id, bea.person.id),
        lock_both(bea.person.id, ada.person.id)
    );
    one.unwrap();
    other.unwrap();

    let slow = "set local statement_timeout = '4100ms'";
    let timed_out = app
        .app
        .transaction::<_, Error>(move |tx| {
            sql_query(slow).execute(&mut **tx)?;
            Ok(sql_query("select pg_sleep(6)").execute(&mut **tx)?)
        })
        .await;
    assert_eq!(timed_out.unwrap_err().code(), "unavailable");

    let end_own = "select pg_terminate_backend(pg_backend_pid())";
    let lost = app
        .app
        .transaction::<_, Error>(move |tx| Ok(sql_query(end_own).execute(&mut **tx)?))
        .await;
    assert_eq!(lost.unwrap_err().code(), "unavailable");
    let lost = app
        .app
        .read::<_, Error>(move |conn| Ok(sql_query(end_own).execute(conn)?))
        .await;
    assert_eq!(lost.unwrap_err().code(), "unavailable");
}

/// What a guest holds while their next hold waits for its lock is let go as well, and its host is locked for
/// that: the transaction begins again, now that there are two hosts.
#[actix_web::test]
async fn a_hold_that_appears_before_the_lock_is_let_go_under_its_hosts_lock() {
    use std::sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    };

    use almanac::{
        bookings::{hold::hold, take::BookError},
        db::schema::services,
        people::store,
    };
    use diesel::prelude::*;
    let app = TestApp::at(MONDAY).await;
    let (ada, cem) = (app.alumnus("Ada").await, app.alumnus("Cem").await);
    let bea = app.student("Bea").await;
    let service = async |host: &Somebody| {
        let host = host.person.id;
        app.sql(move |conn| {
            let of_host = services::table.filter(services::person_id.eq(host));
            of_host
                .select(services::id)
                .first::<almanac::db::ServiceId>(conn)
        })
        .await
    };
    let (of_ada, of_cem) = (service(&ada).await, service(&cem).await);
    let (guest, start) = (bea.person.id, "2026-03-05T09:00:00Z".parse().unwrap());
    let (locked, is_locked) = mpsc::channel();
    let first = app.app.transaction::<_, BookError>(move |tx| {
        store::lock(tx, &[guest])?;
        locked.send(()).expect("the test waits");
        sql_query("select pg_sleep(1)").execute(&mut **tx)?;
        hold(tx, of_cem, guest, start)
    });
    let tries = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&tries);
    let second = async {
        actix_web::web::block(move || is_locked.recv().unwrap())
            .await
            .unwrap();
        app.app
            .transaction::<_, BookError>(move |tx| {
                counted.fetch_add(1, Ordering::SeqCst);
                hold(tx, of_ada, guest, start)
            })
            .await
    };
    let (first, second) = tokio::join!(first, second);
    assert_eq!(first.unwrap().host_id, cem.person.id);
    assert_eq!(second.unwrap().host_id, ada.person.id);
    assert_eq!(tries.load(Ordering::SeqCst), 2);
    let held = "select count(*) from bookings where status = 'held'";
    assert_eq!(app.count(held).await, 1);
}
