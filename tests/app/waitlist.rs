//! The waitlist: what becomes free is held for the first whom it suits, and passes on.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use almanac::{
    bookings::{
        change::{ChangeError, cancel},
        waitlist::offer,
    },
    db,
};
use chrono::TimeDelta;
use diesel::connection::{Connection, InstrumentationEvent};
use rand::{RngExt, SeedableRng, rngs::StdRng, seq::IndexedRandom};
use serde_json::{Value, json};

use crate::support::{Somebody, TestApp, between, connect, header, unquoted};

const MONDAY: &str = "2026-03-02T08:00:00Z";
const THURSDAY: &str = "2026-03-05T09:00:00Z";

fn whole_week() -> Value {
    let days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    let window = |day: &&str| json!({ "day": day, "from": "00:00", "until": "24:00" });
    json!(days.iter().map(window).collect::<Vec<_>>())
}

async fn wish(app: &TestApp, who: &Somebody, more: Value) -> (u16, Value) {
    let mut body =
        json!({ "zone": "America/Toronto", "weekly": whole_week(), "until": "2026-03-20" });
    for (name, value) in more.as_object().unwrap() {
        body[name] = value.clone();
    }
    app.api("POST", "/me/waitlist", Some(who), Some(body)).await
}

/// As the worker does it, without waiting for its round.
pub async fn look(app: &TestApp) {
    let now = app.now();
    app.sql(move |conn| {
        let hosts = almanac::bookings::store::sweep(conn, now)?;
        almanac::slots::index::store::note_growth(conn, &hosts, now)
    })
    .await;
    while app
        .app
        .transaction(offer::look_at_one)
        .await
        .expect("the waitlist is served")
    {}
}

/// What is held for somebody from the waitlist.
async fn offer(app: &TestApp, who: &Somebody) -> Option<(String, String)> {
    let (_, list) = app.api("GET", "/me/waitlist", Some(who), None).await;
    let offers = list["waitlist"].as_array().unwrap();
    let held: Vec<_> = offers.iter().filter(|w| !w["offer"].is_null()).collect();
    assert!(held.len() < 2, "one at a time: {list}");
    held.first().map(|w| {
        let text = |name: &str| w["offer"][name].as_str().unwrap().to_owned();
        (text("hold"), text("start"))
    })
}

/// Ada has one time a day, Thursday's is taken by Zoe.
async fn full(app: &TestApp) -> (Somebody, Somebody, Value) {
    let ada = app.alumnus("Ada").await;
    let weekly = json!([{ "day": "thu", "from": "10:00", "until": "10:30" }]);
    app.set_hours(&ada, json!({ "weekly": weekly, "horizon_days": 5 }))
        .await;
    let zoe = app.student("Zoe").await;
    let (status, booking) = app.book(&zoe, &ada, THURSDAY).await;
    assert_eq!(status, 201, "{booking}");
    (ada, zoe, booking)
}

async fn cancel(app: &TestApp, who: &Somebody, booking: &Value) {
    let path = format!("/bookings/{}/cancel", booking["id"].as_str().unwrap());
    let (status, answer) = app.api("POST", &path, Some(who), Some(json!({}))).await;
    assert_eq!(status, 200, "{answer}");
}

#[actix_web::test]
async fn a_freed_time_is_held_for_the_first_in_order_and_passes_on() {
    let app = TestApp::at(MONDAY).await;
    let (ada, zoe, booking) = full(&app).await;
    let (bea, cem, dan) = (
        app.student("Bea").await,
        app.student("Cem").await,
        app.student("Dan").await,
    );
    // Bea asks first but only for Fridays; Cem for this alumna; Dan for anybody.
    let friday = json!([{ "day": "fri", "from": "00:00", "until": "24:00" }]);
    assert_eq!(
        wish(&app, &bea, json!({ "kind": "resume", "weekly": friday }))
            .await
            .0,
        201
    );
    app.advance(TimeDelta::minutes(1));
    assert_eq!(
        wish(
            &app,
            &cem,
            json!({ "alumnus": ada.handle, "service": "resume" })
        )
        .await
        .0,
        201
    );
    app.advance(TimeDelta::minutes(1));
    assert_eq!(wish(&app, &dan, json!({ "kind": "resume" })).await.0, 201);
    look(&app).await;
    assert_eq!(offer(&app, &cem).await, None, "nothing is free");
    // In the moment it is freed it is Cem's: nobody else can be quicker.
    cancel(&app, &zoe, &booking).await;
    let (hold, start) = offer(&app, &cem).await.expect("an offer");
    assert_eq!(start, THURSDAY);
    assert_eq!(app.book(&zoe, &ada, THURSDAY).await.1["code"], "slot_taken");
    for who in [&bea, &dan] {
        assert_eq!(offer(&app, who).await, None);
    }
    let letters = app.post.wait_for(5).await;
    let told = letters
        .iter()
        .find(|l| l.contains("To: Cem"))
        .expect("a letter");
    let text = unquoted(told);
    assert!(
        text.contains(&format!("/holds/{hold}")) && text.contains("Take this time"),
        "{text}"
    );
    // Tapping elsewhere, or leaving the page, gives nothing back.
    let browser = app.signed_in(&cem).await;
    let page = browser.get(&format!("/holds/{hold}")).await.body;
    assert!(
        page.contains("From the waitlist") && !page.contains("data-seconds"),
        "{page}"
    );
    assert_eq!(
        browser
            .post(&format!("/holds/{hold}/leave"), &[])
            .await
            .status,
        204
    );
    app.advance(TimeDelta::hours(2) - TimeDelta::seconds(1));
    look(&app).await;
    assert!(offer(&app, &cem).await.is_some(), "one second is left");
    app.advance(TimeDelta::seconds(1));
    look(&app).await;
    assert_eq!(offer(&app, &cem).await, None);
    let (hold, start) = offer(&app, &dan).await.expect("it passes on");
    assert_eq!(start, THURSDAY);
    // Dan takes it; the wish is fulfilled, and Cem still waits.
    let browser = app.signed_in(&dan).await;
    let taken = browser
        .post(&format!("/holds/{hold}"), &[("goals", "A job")])
        .await;
    assert_eq!(taken.status, 303, "{}", taken.body);
    let (_, list) = app.api("GET", "/me/waitlist", Some(&dan), None).await;
    assert_eq!(list["waitlist"][0]["booking"], hold, "{list}");
    // Dan cancels: Cem had this very time before, so nobody is offered it again.
    let (_, bookings) = app.api("GET", "/bookings", Some(&dan), None).await;
    cancel(&app, &dan, &bookings["bookings"][0]).await;
    look(&app).await;
    assert_eq!(offer(&app, &cem).await, None);
    assert_eq!(
        app.book(&zoe, &ada, THURSDAY).await.0,
        201,
        "free for everybody"
    );
}

#[actix_web::test]
async fn new_hours_are_offered_too_to_those_with_the_fewest_sessions_first() {
    let app = TestApp::at(MONDAY).await;
    let (ada, zoe, _) = full(&app).await;
    let eve = app.student("Eve").await;
    // Zoe asks first, but has a session; Eve has none.
    wish(&app, &zoe, json!({ "kind": "resume" })).await;
    app.advance(TimeDelta::minutes(1));
    wish(
        &app,
        &eve,
        json!({ "kind": "resume", "topics": ["Design"] }),
    )
    .await;
    let weekly = json!([{ "day": "thu", "from": "10:00", "until": "10:30" }, { "day": "fri", "from": "10:00", "until": "10:30" }]);
    app.set_hours(&ada, json!({ "weekly": weekly, "horizon_days": 5 }))
        .await;
    look(&app).await;
    let friday = "2026-03-06T09:00:00Z".to_owned();
    assert_eq!(
        offer(&app, &eve).await,
        None,
        "Ada does not speak of design"
    );
    let (_, start) = offer(&app, &zoe).await.expect("an offer");
    assert_eq!(start, friday);
    // Withdrawn, it passes on at once; with the topic, Eve would have been first.
    let browser = app.signed_in(&ada).await;
    let profile = [
        ("name", "Ada"),
        ("headline", "Designer"),
        ("topics", "design"),
    ];
    let saved = browser.post("/me/profile", &profile).await;
    assert_eq!(saved.status, 303, "{}", saved.body);
    let (_, list) = app.api("GET", "/me/waitlist", Some(&zoe), None).await;
    let id = list["waitlist"][0]["id"].as_str().unwrap();
    assert_eq!(
        app.api("DELETE", &format!("/me/waitlist/{id}"), Some(&eve), None)
            .await
            .0,
        404
    );
    assert_eq!(
        app.api("DELETE", &format!("/me/waitlist/{id}"), Some(&zoe), None)
            .await
            .0,
        204
    );
    assert_eq!(
        offer(&app, &eve).await.map(|(_, start)| start),
        Some(friday)
    );
}

#[actix_web::test]
async fn a_time_that_its_host_cancels_is_not_offered_to_the_next() {
    let app = TestApp::at(MONDAY).await;
    let (ada, _, booking) = full(&app).await;
    let cem = app.student("Cem").await;
    wish(&app, &cem, json!({ "kind": "resume" })).await;
    cancel(&app, &ada, &booking).await;
    look(&app).await;
    assert_eq!(offer(&app, &cem).await, None);
    // Another time of hers is.
    let weekly = json!([{ "day": "thu", "from": "10:00", "until": "11:00" }]);
    app.set_hours(&ada, json!({ "weekly": weekly, "horizon_days": 5 }))
        .await;
    look(&app).await;
    let (_, start) = offer(&app, &cem).await.expect("an offer");
    assert_eq!(start, "2026-03-05T09:30:00Z");
}

#[actix_web::test]
async fn whoever_moves_away_is_not_offered_the_time_they_left() {
    let app = TestApp::at(MONDAY).await;
    let ada = app.alumnus("Ada").await;
    let weekly = json!([{ "day": "thu", "from": "10:00", "until": "11:00" }]);
    app.set_hours(&ada, json!({ "weekly": weekly, "horizon_days": 5 }))
        .await;
    let (zoe, cem) = (app.student("Zoe").await, app.student("Cem").await);
    let (_, booking) = app.book(&zoe, &ada, THURSDAY).await;
    assert_eq!(app.book(&cem, &ada, "2026-03-05T09:30:00Z").await.0, 201);
    wish(&app, &zoe, json!({ "kind": "resume" })).await;
    let (_, others) = app.api("GET", "/bookings", Some(&cem), None).await;
    cancel(&app, &cem, &others["bookings"][0]).await;
    let (hold, _) = offer(&app, &zoe).await.expect("Zoe waits for more");
    let given = app
        .signed_in(&zoe)
        .await
        .post(&format!("/holds/{hold}/release"), &[])
        .await;
    assert_eq!(given.status, 303);
    let path = format!("/bookings/{}/reschedule", booking["id"].as_str().unwrap());
    let body = json!({ "start": "2026-03-05T09:30:00Z" });
    assert_eq!(app.api("POST", &path, Some(&zoe), Some(body)).await.0, 200);
    look(&app).await;
    assert_eq!(offer(&app, &zoe).await, None);
}

#[actix_web::test]
async fn a_wish_is_asked_for_on_a_page_and_bad_ones_say_why() {
    let app = TestApp::at(MONDAY).await;
    let (ada, _, _) = full(&app).await;
    let bea = app.student("Bea").await;
    let browser = app.signed_in(&bea).await;
    let page = browser
        .get(&format!("/alumni/{}/resume", ada.handle))
        .await
        .body;
    let form = between(&page, "action=\"/waitlist\"", "</form>").expect("a form");
    let host = format!("name=\"alumnus\" value=\"{}\"", ada.handle);
    assert!(form.contains(&host), "{form}");
    let path = format!("?alumnus={}&service=resume", ada.handle);
    let form = browser.get(&format!("/waitlist{path}")).await;
    assert!(
        form.status == 200 && form.body.contains("Resume review with"),
        "{}",
        form.body
    );
    let wrong = browser
        .post(
            "/waitlist",
            &[
                ("kind", "resume"),
                ("hours", "late"),
                ("until_on", "2025-01-01"),
            ],
        )
        .await;
    assert_eq!(wrong.status, 422);
    for words in [
        "must be times such as",
        "choose at least one",
        "in the next 180 days",
        "value=\"late\"",
    ] {
        assert!(wrong.body.contains(words), "{words}: {}", wrong.body);
    }
    let right = [
        ("alumnus", ada.handle.as_str()),
        ("service", "resume"),
        ("day", "thu"),
        ("day", "fri"),
        ("hours", "3–6"),
        ("until_on", "2026-03-20"),
    ];
    assert_eq!(browser.post("/waitlist", &right).await.status, 303);
    let list = browser.get("/me/waitlist").await.body;
    assert!(list.contains("Thu, Fri 03:00–06:00"), "{list}");
    for n in 0..5 {
        let topic = json!([format!("topic {n}")]);
        let (status, answer) = wish(&app, &bea, json!({ "kind": "resume", "topics": topic })).await;
        assert_eq!(status, if n < 4 { 201 } else { 422 }, "{answer}");
    }
    let none = wish(&app, &ada, json!({ "kind": "resume" })).await;
    assert_eq!(none.0, 403);
    for bad in [
        json!({ "kind": "resume", "zone": "Mars" }),
        json!({ "kind": "resume", "weekly": [] }),
        json!({ "alumnus": "x" }),
        json!({ "kind": "resume", "until": "2027-03-20" }),
    ] {
        assert_eq!(wish(&app, &bea, bad.clone()).await.0, 422, "{bad}");
    }
}

/// Whatever students and Ada do: nobody is skipped, nothing is offered to two, nothing is held after its time.
#[actix_web::test]
async fn whatever_happens_nobody_is_skipped() {
    let seed: u64 = std::env::var("SEED")
        .ok()
        .and_then(|s| s.parse().ok())
        .unwrap_or(7);
    let rounds: usize = std::env::var("ACTIONS")
        .ok()
        .and_then(|s| s.parse().ok())
        .unwrap_or(60);
    let mut random = StdRng::seed_from_u64(seed);
    let app = TestApp::at(MONDAY).await;
    let twin = app.twin().await;
    let ada = app.alumnus("Ada").await;
    app.set_hours(&ada, json!({ "horizon_days": 3, "weekly": [
        { "day": "tue", "from": "10:00", "until": "11:30" }, { "day": "wed", "from": "10:00", "until": "11:30" },
        { "day": "thu", "from": "10:00", "until": "11:30" } ] })).await;
    let mut students = Vec::new();
    for name in ["Bea", "Cem", "Dan", "Eve", "Fay"] {
        students.push(app.student(name).await);
    }
    for round in 0..rounds {
        app.advance(TimeDelta::seconds(1)); // What is held now was held in this round.
        let at = if random.random_bool(0.5) { &app } else { &twin };
        let who = students.choose(&mut random).unwrap();
        match random.random_range(0..6) {
            0 => {
                wish(at, who, json!({ "kind": "resume", "until": "2026-08-01" })).await;
            }
            1 | 2 => {
                let (_, slots) = at
                    .api(
                        "GET",
                        &format!(
                            "/alumni/{}/services/resume/slots?from={}&until={}&zone=UTC",
                            ada.handle,
                            app.now().format("%Y-%m-%d"),
                            (app.now() + TimeDelta::days(5)).format("%Y-%m-%d")
                        ),
                        None,
                        None,
                    )
                    .await;
                if let Some(slot) = slots["slots"].as_array().unwrap().choose(&mut random) {
                    at.book(who, &ada, slot["start"].as_str().unwrap()).await;
                }
            }
            3 => {
                let (_, all) = at.api("GET", "/bookings", Some(who), None).await;
                let open: Vec<&Value> = all["bookings"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .filter(|b| b["status"] == "confirmed")
                    .collect();
                if let Some(booking) = open.choose(&mut random) {
                    let path = format!("/bookings/{}/cancel", booking["id"].as_str().unwrap());
                    at.api("POST", &path, Some(who), Some(json!({}))).await;
                }
            }
            4 => {
                if let Some((hold, _)) = offer(at, who).await {
                    at.signed_in(who)
                        .await
                        .post(&format!("/holds/{hold}"), &[("goals", "A job")])
                        .await;
                }
            }
            _ => app.advance(TimeDelta::minutes(random.random_range(1..180))),
        }
        look(at).await;
        let now = app.now();
        let wrong = app.sql(move |conn| {
            use diesel::RunQueryDsl;
            #[derive(diesel::QueryableByName, Debug)]
            struct Row {
                #[diesel(sql_type = diesel::sql_types::BigInt)]
                overlaps: i64,
                #[diesel(sql_type = diesel::sql_types::BigInt)]
                twice: i64,
                #[diesel(sql_type = diesel::sql_types::BigInt)]
                skipped: i64,
                #[diesel(sql_type = diesel::sql_types::BigInt)]
                late: i64,
            }
            // Skipped: a time is held for a wish while an earlier one of somebody with no more sessions,
            // to whom it was never offered, had nothing held at that moment.
            diesel::sql_query(
                "select (select count(*) from claims a join claims b on a.person_id = b.person_id and a.booking_id < b.booking_id \
                            and a.starts_at < b.ends_at and b.starts_at < a.ends_at) as overlaps, \
                        (select count(*) from (select guest_id from bookings where wish_id is not null and status = 'held' \
                            and hold_expires_at > $1 group by guest_id having count(*) > 1) d) as twice, \
                        (select count(*) from bookings b join wishes mine on mine.id = b.wish_id \
                            join wishes other on other.asked_at < mine.asked_at and other.guest_id <> mine.guest_id and other.ended_at is null \
                         where b.status = 'held' and b.hold_expires_at > $1 and b.created_at = $1 \
                           and not exists (select from wish_offers o where o.wish_id = other.id and o.starts_at = b.starts_at) \
                           and not exists (select from bookings h where h.guest_id = other.guest_id and h.wish_id is not null \
                                           and h.status = 'held' and h.hold_expires_at > $1) \
                           and not exists (select from claims c where c.person_id = other.guest_id and c.starts_at < b.ends_at and c.ends_at > b.starts_at) \
                           and (select count(*) from bookings s where s.guest_id = other.guest_id and s.status in ('confirmed', 'completed', 'no_show', 'pending')) \
                            <= (select count(*) from bookings s where s.guest_id = mine.guest_id and s.status in ('confirmed', 'completed', 'no_show', 'pending'))) as skipped, \
                        (select count(*) from bookings where wish_id is not null and status = 'held' and hold_expires_at <= $1) as late",
            )
            .bind::<diesel::sql_types::Timestamptz, _>(now)
            .get_result::<Row>(conn)
        }).await;
        assert_eq!(
            (wrong.overlaps, wrong.twice, wrong.skipped, wrong.late),
            (0, 0, 0, 0),
            "SEED={seed}, round {round}: {wrong:?}"
        );
    }
    assert!(
        app.count("select count(*) from wish_offers").await > 2,
        "offers were made"
    );
    let twice = app
        .post
        .letters()
        .iter()
        .filter(|l| header(l, "Subject").is_some_and(|s| s.contains("A time for you")))
        .count();
    assert!(twice > 0 || !twin.post.letters().is_empty());
}

/// A guest with something else all week is looked at under the host's lock: the questions do not grow with the
/// host's hours.
#[actix_web::test]
async fn a_wish_that_nothing_suits_takes_the_same_few_queries_however_much_is_free() {
    let app = TestApp::at(MONDAY).await;
    let ada = app.alumnus("Ada").await;
    let bea = app.student("Bea").await;
    assert_eq!(wish(&app, &bea, json!({ "kind": "resume" })).await.0, 201);
    app.is_busy(&bea, "2026-03-02", "2026-06-02").await;
    let mut counts = Vec::new();
    for until in ["10:00", "18:00"] {
        let day = |day: &str| json!({ "day": day, "from": "09:00", "until": until });
        let weekly: Vec<Value> = ["mon", "tue", "wed", "thu", "fri"].map(day).to_vec();
        app.set_hours(&ada, json!({ "weekly": weekly, "horizon_days": 30 }))
            .await;
        let before = app.app.db.queries();
        look(&app).await;
        counts.push(app.app.db.queries() - before);
        assert_eq!(offer(&app, &bea).await, None);
    }
    // A few come and go with the rounds of the index.
    assert!(counts[1] < counts[0] + 10, "{counts:?}");
    assert!(counts[0] < 50, "{counts:?}");
}

/// Dozens may wait who have something else then; who cancels does not wait for all of them to be looked at.
#[actix_web::test]
async fn cancelling_takes_the_same_few_queries_however_many_wait() {
    let app = TestApp::at(MONDAY).await;
    let ada = app.alumnus("Ada").await;
    let day = |day: &str| json!({ "day": day, "from": "09:00", "until": "17:00" });
    let weekly: Vec<Value> = ["mon", "tue", "wed", "thu", "fri"].map(day).to_vec();
    app.set_hours(&ada, json!({ "weekly": weekly, "horizon_days": 30 }))
        .await;
    let (cem, dan) = (app.student("Cem").await, app.student("Dan").await);
    let mut counts = Vec::new();
    let mut names = (0..).map(|n| format!("Bea {n}"));
    for (guest, day, more) in [(&cem, "09", 1), (&dan, "10", 30)] {
        for name in names.by_ref().take(more) {
            let bea = app.student(&name).await;
            assert_eq!(wish(&app, &bea, json!({ "kind": "resume" })).await.0, 201);
            app.is_busy(&bea, "2026-03-02", "2026-06-02").await;
        }
        look(&app).await;
        let start = format!("2026-03-{day}T10:00:00Z");
        let (status, booking) = app.book(guest, &ada, &start).await;
        assert_eq!(status, 201, "{booking}");
        // On a connection of its own: the worker's rounds are not counted.
        let count = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&count);
        let mut conn = connect(&app.database);
        conn.set_instrumentation(move |event: InstrumentationEvent<'_>| {
            if matches!(event, InstrumentationEvent::StartQuery { .. }) {
                counted.fetch_add(1, Ordering::Relaxed);
            }
        });
        let id = booking["id"].as_str().unwrap().parse().unwrap();
        let (by, how) = (guest.person.id, cancel::How::default());
        db::transaction(&mut conn, app.app.clock(), |tx| {
            cancel::cancel(tx, id, by, &how)
        })
        .unwrap();
        counts.push(count.load(Ordering::Relaxed));
    }
    assert_eq!(counts[0], counts[1], "{counts:?}");
}

/// Within a cancellation five guests are tried at most, and whoever comes after them waits for the worker.
#[actix_web::test]
async fn whoever_comes_after_five_that_a_cap_bars_is_offered_the_time_by_the_worker() {
    let app = TestApp::at(MONDAY).await;
    let (ada, ben) = (app.alumnus("Ada").await, app.alumnus("Ben").await);
    let zoe = app.student("Zoe").await;
    let window = |day: &str, until: &str| json!({ "day": day, "from": "10:00", "until": until });
    let weekly = json!([window("thu", "10:30"), window("fri", "16:00")]);
    app.set_hours(&ada, json!({ "weekly": weekly, "horizon_days": 5 }))
        .await;
    let (status, booking) = app.book(&zoe, &ada, THURSDAY).await;
    assert_eq!(status, 201, "{booking}");
    let caps = almanac::bookings::FairUse {
        open_per_guest: None,
        open_per_pair: Some(1),
    };
    app.sql(move |conn| almanac::bookings::store::set_fair_use(conn, &caps).map(drop))
        .await;
    let thursday = json!({ "alumnus": ada.handle, "service": "resume", "zone": "Europe/Berlin", "weekly": [window("thu", "10:30")] });
    // Each has one session ahead, so that who asked first comes first; six of them with Ada.
    for number in 0..6 {
        let barred = app.student(&format!("Bea {number}")).await;
        let start = format!("2026-03-06T{:02}:00:00Z", 9 + number);
        assert_eq!(app.book(&barred, &ada, &start).await.0, 201, "{start}");
        assert_eq!(wish(&app, &barred, thursday.clone()).await.0, 201);
        app.advance(TimeDelta::seconds(1));
    }
    let yan = app.student("Yan").await;
    assert_eq!(app.book(&yan, &ben, "2026-03-06T09:00:00Z").await.0, 201);
    assert_eq!(wish(&app, &yan, thursday).await.0, 201);
    look(&app).await;
    assert_eq!(offer(&app, &yan).await, None);

    let id = booking["id"].as_str().unwrap().parse().unwrap();
    let (by, how) = (zoe.person.id, cancel::How::default());
    let mut conn = connect(&app.database);
    let in_it = db::transaction::<_, ChangeError>(&mut conn, app.app.clock(), |tx| {
        cancel::cancel(tx, id, by, &how)?;
        let offers = almanac::bookings::waitlist::store::offers(tx, yan.person.id, app.now())?;
        Ok(offers.len())
    })
    .unwrap();
    assert_eq!(in_it, 0, "five were tried, and none of them may have it");
    look(&app).await;
    assert!(offer(&app, &yan).await.is_some());
}

/// A form that says Monday a thousand times means Monday; and form and API refuse the same.
#[actix_web::test]
async fn a_day_counts_once_however_often_a_form_says_it() {
    let app = TestApp::at(MONDAY).await;
    let bea = app.student("Bea").await;
    let browser = app.signed_in(&bea).await;
    let mut fields = vec![
        ("kind", "resume"),
        ("topic", ""),
        ("hours", "9-10, 11-12, 13-14"),
        ("until_on", "2026-03-20"),
    ];
    fields.extend(std::iter::repeat_n(("day", "mon"), 900));
    let answer = browser.post("/waitlist", &fields).await;
    assert_eq!(answer.status, 303);
    let windows = "select sum(jsonb_array_length(weekly)) as count from wishes";
    assert_eq!(app.count(windows).await, 3);

    let topics = ["x"; 11].join(",");
    fields.truncate(4);
    fields.push(("day", "mon"));
    fields[1].1 = &topics;
    let page = browser.post("/waitlist", &fields).await;
    assert_eq!(page.status, 422);
    let body = json!({ "kind": "resume", "topics": vec!["x"; 11] });
    let (status, answer) = wish(&app, &bea, body).await;
    let field = &answer["fields"][0];
    assert_eq!((status, field["field"].as_str()), (422, Some("topics")));
    assert!(
        field.to_string().contains("can have at most 10"),
        "{answer}"
    );
    assert!(page.body.contains("can have at most 10"));
}

#[actix_web::test]
async fn an_empty_week_asks_what_would_suit_and_puts_one_on_the_waitlist() {
    let app = TestApp::at(MONDAY).await;
    let (ada, bea) = (app.alumnus("Ada").await, app.student("Bea").await);
    let friday = json!([{ "day": "fri", "from": "09:00", "until": "10:00" }]);
    app.set_hours(
        &ada,
        json!({ "weekly": friday, "minimum_notice_minutes": 10080 }),
    )
    .await;
    let browser = app.signed_in(&bea).await;
    let page = browser.get("/alumni/ada/resume?day=2026-03-02").await.body;
    let form = between(&page, "action=\"/waitlist\"", "</form>").expect("a form");
    assert!(form.contains("name=\"alumnus\" value=\"ada\""), "{form}");
    assert!(
        form.contains("name=\"until_on\"") && form.contains("2026-04-01"),
        "{form}"
    );
    let fields = [
        ("alumnus", "ada"),
        ("service", "resume"),
        ("day", "mon"),
        ("hours", "17-19"),
        ("until_on", "2026-04-01"),
    ];
    let asked = browser.post("/waitlist", &fields).await;
    assert_eq!(asked.location, "/me/waitlist", "{}", asked.body);
    // Whoever cannot wait for one is shown the way, not the form.
    let page = app
        .visitor()
        .get("/alumni/ada/resume?day=2026-03-02")
        .await
        .body;
    assert!(!page.contains("action=\"/waitlist\"") && page.contains("/waitlist?alumnus=ada"));
}
