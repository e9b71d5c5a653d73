use chrono::TimeDelta;
use serde_json::json;

use crate::support::{Somebody, TestApp, between, header, invitation, unquoted};

const MONDAY: &str = "2026-03-02T08:00:00Z";
const SLOT: &str = "2026-03-05T09:00:00Z";

async fn service_id(app: &TestApp, slug: &'static str) -> String {
    use almanac::db::schema::services;
    use diesel::prelude::*;
    app.sql(move |conn| {
        services::table
            .filter(services::slug.eq(slug))
            .select(services::id)
            .first::<almanac::db::ServiceId>(conn)
    })
    .await
    .to_string()
}

#[actix_web::test]
async fn a_student_taps_a_time_says_what_for_and_has_it() {
    let app = TestApp::at(MONDAY).await;
    let (ada, bea) = (app.alumnus("Ada Lovelace").await, app.student("Bea").await);
    app.offer(&ada, "resume", json!({ "kind": "resume", "title": "Resume review", "duration_minutes": 30, "needs_file": true,
        "location": "https://meet.example.org/ada", "questions": [{ "label": "Which job?", "required": true }] })).await;
    let browser = app.signed_in(&bea).await;

    let board = browser.get("/alumni").await.body;
    let first = between(&board, "<a class=\"time\" href=\"", "\"").expect("a time on the card");
    let calendar = browser.get(&first.replace("&amp;", "&")).await.body;
    assert!(calendar.contains("Hold this time and continue"));
    let service = service_id(&app, "resume").await;
    let held = browser
        .post("/holds", &[("service", &service), ("start", SLOT)])
        .await;
    assert_eq!(held.status, 303, "{}", held.body);
    let form = browser.get(&held.location).await.body;
    // 09:00 UTC is 04:00 in Toronto and 10:00 in Berlin.
    assert!(
        form.contains("04:00 to 04:30") && form.contains("10:00 to 10:30") && form.contains("5:00")
    );

    let refused = browser
        .post(
            &held.location,
            &[("goals", ""), ("help_wanted", "Kept words")],
        )
        .await;
    assert_eq!(refused.status, 422);
    assert!(
        refused.body.contains("Kept words") && refused.body.contains("“Which job?” is required")
    );
    let fields = [
        ("goals", "Get hired"),
        ("answer_0", "Designer"),
        ("material_link", "https://files.example.org/cv"),
    ];
    let done = browser.post(&held.location, &fields).await;
    assert!(done.location.starts_with("/bookings/"), "{}", done.body);
    // Once more, by the back button: the same booking.
    assert_eq!(
        browser.post(&held.location, &fields).await.location,
        done.location
    );
    let page = browser.get(&done.location).await.body;
    assert!(
        page.contains("Get hired")
            && page.contains("Join the meeting")
            && page.contains("Booked. We are emailing")
    );

    let letters = app.post.wait_for(2).await;
    let to_bea = letters
        .iter()
        .find(|l| l.contains("To: Bea <bea@example.org>"))
        .expect("a letter to Bea");
    let to_ada = letters
        .iter()
        .find(|l| l.contains("<ada-lovelace@example.org>"))
        .expect("a letter to Ada");
    assert_eq!(
        header(to_bea, "Subject"),
        Some("Booked for Thu 5 Mar, 04:00: Resume review with Ada Lovelace")
    );
    assert!(unquoted(to_bea).contains("04:00 to 04:30, Toronto time (EST, UTC-5)"));
    assert!(unquoted(to_ada).contains("10:00 to 10:30, Berlin time (CET, UTC+1)"));
    let event = invitation(to_bea);
    for line in [
        "METHOD:REQUEST",
        "SEQUENCE:0",
        "STATUS:CONFIRMED",
        "DTSTART:20260305T090000Z",
        "DTEND:20260305T093000Z",
        "ORGANIZER;CN=Almanac:mailto:almanac@example.org",
    ] {
        assert!(event.contains(line), "{line} in {event}");
    }
    assert!(event.contains("ATTENDEE;CN=Bea;") && !event.contains("ada-lovelace@example.org"));
    assert_eq!(
        app.count("select count(*) from claims where expires_at is null")
            .await,
        2
    );
    assert_eq!(app.count("select count(*) from bookings").await, 1);
}

/// Every pair of claims of one person that overlap, buffers of hosts included.
const OVERLAPS: &str = "select count(*) from claims a join claims b on a.person_id = b.person_id and a.booking_id < b.booking_id \
    where tstzrange(a.starts_at - make_interval(mins => a.buffer_before_minutes), a.ends_at + make_interval(mins => a.buffer_after_minutes)) \
       && tstzrange(b.starts_at, b.ends_at)";

#[actix_web::test]
async fn students_race_for_overlapping_times_on_two_servers_and_one_wins() {
    let app = TestApp::at(MONDAY).await;
    let twin = app.twin().await;
    let ada = app.alumnus("Ada").await;
    app.set_hours(
        &ada,
        json!({ "buffer_after_minutes": 15, "max_per_day": 1 }),
    )
    .await;
    app.offer(&ada, "talk", json!({ "kind": "networking", "title": "Talk", "duration_minutes": 60, "increment_minutes": 30 })).await;
    let mut students = Vec::new();
    for number in 0..50 {
        students.push(app.student(&format!("Student {number}")).await);
    }
    for round in 0..20 {
        let day = format!("2026-03-{:02}", 5 + round);
        let attempts = students.iter().enumerate().map(|(number, student)| {
            let site = if number % 2 == 0 { &app } else { &twin };
            // Three overlapping times of two services.
            let (service, time) = [("resume", "09:00"), ("talk", "09:00"), ("talk", "08:30")][number % 3];
            let body = json!({ "alumnus": ada.handle, "service": service, "start": format!("{day}T{time}:00Z"), "goals": "Race" });
            site.api("POST", "/bookings", Some(student), Some(body))
        });
        let answers = futures_util::future::join_all(attempts).await;
        let won = answers.iter().filter(|(status, _)| *status == 201).count();
        assert_eq!(won, 1, "round {round}: {answers:?}");
        for (status, body) in answers.iter().filter(|(status, _)| *status != 201) {
            assert_eq!(
                (*status, body["code"].as_str()),
                (409, Some("slot_taken")),
                "{body}"
            );
            assert_eq!(
                body["alternatives"].as_array().map(Vec::len),
                Some(3),
                "{body}"
            );
        }
    }
    assert_eq!(app.count(OVERLAPS).await, 0);
    assert_eq!(app.count("select count(*) from bookings").await, 20);
    // A letter that is sent and not yet noted as sent would count twice.
    while app.count("select count(*) from jobs").await > 0 {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert_eq!(app.post.letters().len() + twin.post.letters().len(), 40);
}

#[actix_web::test]
async fn nobody_is_in_two_places_whatever_the_role() {
    let app = TestApp::at(MONDAY).await;
    let (ada, ben, bea) = (
        app.alumnus("Ada").await,
        app.alumnus("Ben").await,
        app.student("Bea").await,
    );
    // Ada studies as well, and books Ben at a time at which she could be booked.
    let place = ada.person.clone();
    app.sql(move |conn| {
        use almanac::people::{self, Role, Roles, Standing};
        people::store::place(
            conn,
            &place,
            &Roles::new([Role::Alumnus, Role::Student]),
            Standing::Active,
        )
    })
    .await;
    assert_eq!(app.book(&ada, &ben, SLOT).await.0, 201);
    assert_eq!(app.book(&bea, &ada, SLOT).await.0, 409);
    assert_eq!(app.book(&bea, &ada, "2026-03-05T09:30:00Z").await.0, 201);
    let (status, body) = app.book(&bea, &ben, "2026-03-05T09:30:00Z").await;
    assert_eq!((status, body["code"].as_str()), (409, Some("guest_busy")));
    assert_eq!(app.book(&ada, &ada, "2026-03-05T12:00:00Z").await.0, 422);
    assert_eq!(app.book(&ben, &ada, "2026-03-05T12:00:00Z").await.0, 403);
}

#[actix_web::test]
async fn the_constraint_stops_whoever_gets_past_the_lock() {
    let app = TestApp::at(MONDAY).await;
    let (ada, bea) = (app.alumnus("Ada").await, app.student("Bea").await);
    assert_eq!(app.book(&bea, &ada, SLOT).await.0, 201);
    let error = app
        .app
        .db
        .transaction::<(), almanac::db::DbError>(|conn| {
            use diesel::connection::SimpleConnection;
            Ok(conn.batch_execute(
                "insert into bookings select gen_random_uuid(), service_id, host_id, guest_id, status, starts_at, ends_at, service_title from bookings; \
                 insert into claims select b.id, c.person_id, c.starts_at, c.ends_at, c.as_host, 0, 0, null from claims c, bookings b where b.id <> c.booking_id",
            )?)
        })
        .await;
    assert!(error.is_err());
}

#[actix_web::test]
async fn forty_submits_at_once_on_two_connections_are_all_answered() {
    let app = TestApp::with(MONDAY, &[("ALMANAC_POOL", "2")]).await;
    let ada = app.alumnus("Ada").await;
    let mut students = Vec::new();
    for number in 0..40 {
        students.push(app.student(&format!("Student {number}")).await);
    }
    let answers =
        futures_util::future::join_all(students.iter().map(|s| app.book(s, &ada, SLOT))).await;
    let count = |wanted: u16| {
        answers
            .iter()
            .filter(|(status, _)| *status == wanted)
            .count()
    };
    assert_eq!((count(201), count(409)), (1, 39), "{answers:?}");
}

#[actix_web::test]
async fn the_same_key_is_the_same_booking() {
    let app = TestApp::at(MONDAY).await;
    let (ada, bea) = (app.alumnus("Ada").await, app.student("Bea").await);
    let body =
        json!({ "alumnus": ada.handle, "service": "resume", "start": SLOT, "goals": "A job" });
    let post = |body: serde_json::Value| {
        app.api_with_key("POST", "/bookings", Some(&bea), Some(body), Some("k-1"))
    };
    let (one, other) = tokio::join!(post(body.clone()), post(body.clone()));
    assert_eq!((one.0, &one.1), (201, &other.1));
    assert_eq!(post(body.clone()).await, one);
    let mut changed = body;
    changed["goals"] = json!("Another");
    assert_eq!(post(changed).await.1["code"], "idempotency_key_reused");
    assert_eq!(app.post.wait_for(2).await.len(), 2);
}

async fn hold(
    app: &TestApp,
    who: &Somebody,
    start: &str,
) -> (crate::support::Browser, crate::support::Answer) {
    let browser = app.signed_in(who).await;
    let service = service_id(app, "resume").await;
    let answer = browser
        .post("/holds", &[("service", &service), ("start", start)])
        .await;
    (browser, answer)
}

#[actix_web::test]
async fn a_hold_keeps_its_time_for_five_minutes() {
    let app = TestApp::at(MONDAY).await;
    let (ada, bea, cem) = (
        app.alumnus("Ada").await,
        app.student("Bea").await,
        app.student("Cem").await,
    );
    let (browser, held) = hold(&app, &bea, SLOT).await;
    assert_eq!(app.book(&cem, &ada, SLOT).await.0, 409);
    let (_, refused) = hold(&app, &cem, SLOT).await;
    assert_eq!(refused.status, 409);
    assert!(
        refused.body.contains("The nearest free times")
            && refused.body.matches("class=\"slot\"").count() == 3
    );
    // Nobody else sees the hold.
    assert_eq!(
        app.signed_in(&cem).await.get(&held.location).await.status,
        404
    );
    app.advance(TimeDelta::minutes(5) - TimeDelta::seconds(1));
    assert_eq!(app.book(&cem, &ada, SLOT).await.0, 409);
    app.advance(TimeDelta::seconds(1));
    // Run out, but nobody took it: confirming still works, twice is one booking.
    let late = browser
        .post(&held.location, &[("goals", "Slow typist")])
        .await;
    assert!(late.location.starts_with("/bookings/"), "{}", late.body);
    let again = browser
        .post(&held.location, &[("goals", "Slow typist")])
        .await;
    assert_eq!(again.location, late.location);
    assert_eq!(
        app.count("select count(*) from bookings where status = 'confirmed'")
            .await,
        1
    );
}

#[actix_web::test]
async fn a_hold_that_ran_out_goes_to_whoever_comes() {
    let app = TestApp::at(MONDAY).await;
    let (ada, bea, cem) = (
        app.alumnus("Ada").await,
        app.student("Bea").await,
        app.student("Cem").await,
    );
    let (browser, held) = hold(&app, &bea, SLOT).await;
    app.advance(TimeDelta::minutes(5));
    assert_eq!(app.book(&cem, &ada, SLOT).await.0, 201);
    let late = browser.post(&held.location, &[("goals", "Too late")]).await;
    assert_eq!(late.status, 409);
    assert!(late.body.contains("The nearest free times"));
    assert!(
        browser
            .get(&held.location)
            .await
            .body
            .contains("no longer held")
    );
}

#[actix_web::test]
async fn leaving_gives_the_time_back_and_one_guest_holds_one_time() {
    let app = TestApp::at(MONDAY).await;
    let (ada, bea, cem) = (
        app.alumnus("Ada").await,
        app.student("Bea").await,
        app.student("Cem").await,
    );
    let (browser, held) = hold(&app, &bea, SLOT).await;
    assert_eq!(
        browser
            .post(&format!("{}/leave", held.location), &[])
            .await
            .status,
        204
    );
    assert_eq!(
        browser
            .post(&format!("{}/back", held.location), &[])
            .await
            .status,
        204
    );
    app.advance(TimeDelta::seconds(30));
    assert_eq!(app.book(&cem, &ada, SLOT).await.0, 409);
    browser.post(&format!("{}/leave", held.location), &[]).await;
    app.advance(TimeDelta::seconds(5));
    assert_eq!(app.book(&cem, &ada, SLOT).await.0, 201);

    let (browser, first) = hold(&app, &bea, "2026-03-05T10:00:00Z").await;
    let (_, second) = hold(&app, &bea, "2026-03-05T11:00:00Z").await;
    assert_eq!(app.book(&cem, &ada, "2026-03-05T10:00:00Z").await.0, 201);
    let answer = browser
        .post(&format!("{}/release", second.location), &[])
        .await;
    assert_eq!(
        (answer.status, answer.location.as_str()),
        (303, "/alumni/ada/resume")
    );
    assert_eq!(app.book(&cem, &ada, "2026-03-05T11:00:00Z").await.0, 201);
    assert_eq!(
        browser
            .post(&first.location, &[("goals", "x")])
            .await
            .status,
        409
    );
}

#[actix_web::test]
async fn either_side_cancels_from_the_mail_and_only_by_the_button() {
    let app = TestApp::at(MONDAY).await;
    let (ada, bea) = (app.alumnus("Ada").await, app.student("Bea").await);
    let (_, booking) = app.book(&bea, &ada, SLOT).await;
    let letters = app.post.wait_for(2).await;
    let to_ada = letters.iter().find(|l| l.contains("To: Ada <")).unwrap();
    let text = unquoted(to_ada);
    let query = between(&text, "/cancel?", "\r\n").expect("a link to cancel");
    let path = format!("/bookings/{}/cancel", booking["id"].as_str().unwrap());
    let key = query
        .strip_prefix("key=")
        .unwrap()
        .replace("%2D", "-")
        .replace("%5F", "_");
    // Scanners follow every link of both letters, in every way, at once.
    let links: Vec<String> = letters
        .iter()
        .flat_map(|letter| {
            let text = unquoted(letter);
            let found = text.split(&app.origin).skip(1);
            found
                .map(|rest| {
                    rest.split(['"', '\r', '<', ' '])
                        .next()
                        .unwrap()
                        .replace("&amp;", "&")
                })
                .collect::<Vec<_>>()
        })
        .collect();
    assert!(
        links.iter().filter(|l| l.contains("/cancel?key=")).count() >= 4,
        "{links:?}"
    );
    let visitor = app.visitor();
    let opened = links
        .iter()
        .flat_map(|l| [("GET", l), ("HEAD", l), ("GET", l)]);
    let opened = futures_util::future::join_all(opened.map(|(method, link)| {
        let address = format!("{}{link}", app.origin);
        crate::support::answer(visitor.http.request(method.parse().unwrap(), address))
    }))
    .await;
    assert!(opened.iter().all(|a| a.status < 500), "{opened:?}");
    assert_eq!(
        app.count("select count(*) from bookings where status = 'confirmed' and sequence = 0")
            .await,
        1
    );
    assert_eq!(visitor.get(&format!("{path}?{query}")).await.status, 200);
    // Guessed, shortened, of another booking: nothing there.
    let (_, other) = app.book(&bea, &ada, "2026-03-06T09:00:00Z").await;
    let other = format!("/bookings/{}/cancel", other["id"].as_str().unwrap());
    for (path, key) in [
        (&path, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
        (&path, &key[1..]),
        (&other, &key),
    ] {
        assert_eq!(app.visitor().post(path, &[("key", key)]).await.status, 404);
    }
    let done = app
        .visitor()
        .post(&path, &[("key", &key), ("reason", "Ill, sorry")])
        .await;
    assert_eq!(done.status, 200);
    assert!(done.body.contains("<h1>Cancelled</h1>"));
    assert_eq!(
        app.visitor().post(&path, &[("key", &key)]).await.status,
        404
    );
    let letters = app.post.wait_for(6).await;
    let to_bea = letters.iter().rfind(|l| l.contains("To: Bea <")).unwrap();
    assert!(
        unquoted(to_bea).contains("Ada has cancelled this session")
            && unquoted(to_bea).contains("Ill, sorry")
    );
    let event = invitation(to_bea);
    assert!(
        event.contains("METHOD:CANCEL")
            && event.contains("SEQUENCE:1")
            && event.contains("STATUS:CANCELLED")
            && !event.contains("VALARM")
    );
    // The time is free again, and a booking that has begun cannot be cancelled.
    assert_eq!(app.book(&bea, &ada, SLOT).await.0, 201);
    app.advance(TimeDelta::days(10));
    let late = app.signed_in(&bea).await.post(&other, &[]).await;
    assert_eq!(late.status, 409);
}

#[actix_web::test]
async fn only_what_is_offered_can_be_booked() {
    let app = TestApp::at(MONDAY).await;
    let (ada, bea) = (app.alumnus("Ada").await, app.student("Bea").await);
    for start in [
        "2026-03-05T09:00:01Z", // off the grid
        "2026-03-05T16:00:00Z", // after hours
        "2026-03-02T08:30:00Z", // inside the notice
        "2026-03-01T09:00:00Z", // past
        "2026-08-05T09:00:00Z", // beyond the horizon
    ] {
        let (status, body) = app.book(&bea, &ada, start).await;
        assert_eq!(
            (status, body["code"].as_str()),
            (422, Some("not_offered")),
            "{start}: {body}"
        );
    }
    assert_eq!(
        app.book(&bea, &ada, "2026-03-05T10:00:00+01:00").await.0,
        201
    );
    app.signed_in(&ada)
        .await
        .post("/me/profile/pause", &[("paused", "yes")])
        .await;
    assert_eq!(app.book(&bea, &ada, "2026-03-06T09:00:00Z").await.0, 422);
    let slots = app
        .api(
            "GET",
            "/alumni/ada/services/resume/slots?from=2026-03-05&until=2026-03-07",
            None,
            None,
        )
        .await;
    assert_eq!(slots.1["slots"], json!([]));
}

#[actix_web::test]
async fn a_pause_with_an_end_is_over_by_itself() {
    let app = TestApp::at(MONDAY).await;
    let (ada, bea) = (app.alumnus("Ada").await, app.student("Bea").await);
    let own = app.signed_in(&ada).await;
    for wrong in ["2026-03-02", "2026-02-01", "soon"] {
        let pause = [("paused", "yes"), ("until", wrong)];
        let answer = own.post("/me/profile/pause", &pause).await;
        assert_eq!(answer.status, 422, "{wrong}");
    }
    let pause = [("paused", "yes"), ("until", "2026-03-04")];
    assert_eq!(own.post("/me/profile/pause", &pause).await.status, 303);
    assert!(own.get("/me").await.body.contains("Paused until Wed 4 Mar"));
    let page = app.visitor().get("/alumni/ada/resume?zone=UTC").await.body;
    assert!(page.contains("can be booked again on"), "{page}");
    assert_eq!(app.book(&bea, &ada, "2026-03-06T09:00:00Z").await.0, 422);
    let resume = async || {
        let now = app.now();
        app.sql(move |conn| almanac::people::profile::store::resume(conn, now))
            .await;
    };
    app.advance(TimeDelta::hours(38));
    resume().await;
    assert_eq!(app.book(&bea, &ada, "2026-03-06T09:00:00Z").await.0, 422);
    // Midnight in Berlin is an hour before that of UTC.
    app.advance(TimeDelta::hours(1));
    resume().await;
    assert_eq!(app.book(&bea, &ada, "2026-03-06T09:00:00Z").await.0, 201);
}

#[actix_web::test]
async fn a_change_of_hours_keeps_bookings_and_says_which_are_stranded() {
    let app = TestApp::at(MONDAY).await;
    let (ada, bea) = (app.alumnus("Ada").await, app.student("Bea").await);
    app.book(&bea, &ada, "2026-03-05T14:00:00Z").await;
    let browser = app.signed_in(&ada).await;
    let away = [("first", "2026-03-05"), ("last", ""), ("hours", "")];
    let asked = browser.post("/me/availability/dates", &away).await;
    assert!(
        asked.status == 409
            && asked.body.contains("Add and keep these bookings")
            && asked.body.contains("Bea")
    );
    let fields = |action| {
        let mut fields = vec![
            ("mon", "9-12"),
            ("thu", "9-12, 18-20"),
            ("buffer_before_minutes", "0"),
            ("buffer_after_minutes", "0"),
            ("notice_hours", "1"),
            ("horizon_days", "30"),
            ("action", action),
        ];
        fields.extend(
            [
                "tue",
                "wed",
                "fri",
                "sat",
                "sun",
                "max_per_day",
                "max_per_week",
            ]
            .map(|f| (f, "")),
        );
        fields
    };
    let preview = browser.post("/me/availability", &fields("preview")).await;
    assert!(preview.status == 200 && preview.body.contains("Preview: what students will see"));
    let asked = browser.post("/me/availability", &fields("save")).await;
    assert_eq!(asked.status, 409);
    assert!(
        asked.body.contains("outside your new hours")
            && asked.body.contains("Bea")
            && asked.body.contains("18-20")
    );
    assert_eq!(
        browser
            .post("/me/availability", &fields("save-anyway"))
            .await
            .status,
        303
    );
    assert_eq!(
        app.count("select count(*) from bookings where status = 'confirmed'")
            .await,
        1
    );
    let copied = browser.post("/me/availability", &fields("copy-thu")).await;
    assert_eq!(copied.body.matches("value=\"9-12, 18-20\"").count(), 5);
    let mut wrong = fields("save");
    wrong[0].1 = "12-9";
    let wrong = browser.post("/me/availability", &wrong).await;
    assert!(wrong.status == 422 && wrong.body.contains("end after they begin"));
    assert_eq!(
        browser
            .post("/me/availability/once", &[("once", "Saturday 18 to 20")])
            .await
            .status,
        303
    );
    let slots = app
        .api(
            "GET",
            "/alumni/ada/services/resume/slots?from=2026-03-07&until=2026-03-08",
            None,
            None,
        )
        .await
        .1;
    assert_eq!(slots["slots"].as_array().map(Vec::len), Some(4));
    assert_eq!(slots["slots"][0]["start"], "2026-03-07T18:00:00+01:00");
    let away = [
        ("first", "2026-03-09"),
        ("last", "2026-03-12"),
        ("hours", ""),
    ];
    assert_eq!(
        browser.post("/me/availability/dates", &away).await.status,
        303
    );
    let slots = app
        .api(
            "GET",
            "/alumni/ada/services/resume/slots?from=2026-03-09&until=2026-03-13",
            None,
            None,
        )
        .await
        .1;
    assert_eq!(slots["slots"], json!([]));
}

#[actix_web::test]
async fn a_host_who_moves_keeps_the_instants_of_what_is_booked() {
    let app = TestApp::at("2026-10-20T08:00:00Z").await;
    let (ada, bea) = (app.alumnus("Ada").await, app.student("Bea").await);
    // On both sides of the change of Berlin's clocks on 25 October: 10:00 there.
    let booked = ["2026-10-23T08:00:00Z", "2026-10-27T09:00:00Z"];
    for start in booked {
        assert_eq!(app.book(&bea, &ada, start).await.0, 201);
    }
    app.set_hours(&ada, json!({ "zone": "America/Toronto" }))
        .await;
    let (_, list) = app.api("GET", "/bookings", Some(&bea), None).await;
    let starts: Vec<&str> = list["bookings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|b| b["start"].as_str().unwrap())
        .collect();
    assert_eq!(starts.len(), 2);
    for (shown, start) in starts.iter().zip(booked) {
        let instant = |t: &str| t.parse::<chrono::DateTime<chrono::FixedOffset>>().unwrap();
        assert_eq!(instant(shown), instant(start));
    }
    // Hours are Toronto's now, 9 to 17 by its clocks, which change a week later.
    let slots = async |from: &str, until: &str| {
        let path = format!("/alumni/ada/services/resume/slots?from={from}&until={until}&zone=UTC");
        let (_, body) = app.api("GET", &path, None, None).await;
        body["slots"].as_array().unwrap()[0]["start"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    assert_eq!(
        slots("2026-10-29", "2026-10-30").await,
        "2026-10-29T13:00:00Z"
    );
    assert_eq!(
        slots("2026-11-03", "2026-11-04").await,
        "2026-11-03T14:00:00Z"
    );
    // What was booked still takes its time: two hours before Toronto's day begins, nothing changed.
    assert_eq!(app.count("select count(*) from claims").await, 4);
    assert_eq!(
        app.count("select count(*) from bookings where sequence > 0")
            .await,
        0
    );
}

#[actix_web::test]
async fn one_guest_does_not_flood_a_host_with_bookings() {
    let app = TestApp::at(MONDAY).await;
    let (ada, bea) = (app.alumnus("Ada").await, app.student("Bea").await);
    let book_and_cancel = async || {
        let (status, booking) = app.book(&bea, &ada, "2026-03-05T09:00:00Z").await;
        if status == 201 {
            let path = format!("/bookings/{}/cancel", booking["id"].as_str().unwrap());
            let (cancelled, _) = app
                .api("POST", &path, Some(&bea), Some(serde_json::json!({})))
                .await;
            assert_eq!(cancelled, 200);
        }
        (status, booking)
    };
    for _ in 0..6 {
        assert_eq!(book_and_cancel().await.0, 201);
    }
    let (status, problem) = book_and_cancel().await;
    assert_eq!(
        (status, &problem["code"]),
        (422, &"too_many_cancelled".into()),
        "{problem}"
    );
    assert!(
        problem["detail"]
            .as_str()
            .unwrap()
            .contains("in the last 24 hours"),
        "{problem}"
    );
    app.advance(chrono::TimeDelta::days(1) + chrono::TimeDelta::minutes(1));
    assert_eq!(book_and_cancel().await.0, 201);
}

/// The database says how long sessions take: on the marketplace, and where a program says so.
#[actix_web::test]
async fn only_a_programs_sessions_are_shorter_than_half_an_hour_or_longer_than_one() {
    use diesel::{Connection, RunQueryDsl};
    let app = TestApp::at(MONDAY).await;
    let (ada, bea) = (app.alumnus("Ada").await, app.student("Bea").await);
    app.book(&bea, &ada, SLOT).await;
    let takes = async |minutes: i32, pair: &str| {
        let statement = format!(
            "update bookings set ends_at = starts_at + interval '{minutes} minutes', mentorship_id = {pair}"
        );
        app.sql(move |conn| {
            // Tried and taken back.
            let tried = conn.transaction(|conn| {
                diesel::sql_query(&statement).execute(conn)?;
                Err::<(), _>(diesel::result::Error::RollbackTransaction)
            });
            Ok(tried == Err(diesel::result::Error::RollbackTransaction))
        })
        .await
    };
    let pair = "gen_random_uuid()";
    for (minutes, on_marketplace, in_program) in [
        (14, false, false),
        (15, false, true),
        (30, true, true),
        (60, true, true),
        (61, false, true),
        (480, false, true),
        (481, false, false),
    ] {
        assert_eq!(takes(minutes, "null").await, on_marketplace, "{minutes}");
        assert_eq!(takes(minutes, pair).await, in_program, "{minutes}");
    }
}
