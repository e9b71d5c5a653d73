//! What comes after a session: how it went, disagreement, reliability, thanks.

use almanac::{bookings::aftercare::report, people::Role};
use chrono::TimeDelta;
use diesel::connection::SimpleConnection;
use serde_json::{Value, json};

use crate::support::{Somebody, TestApp, connect};

const MONDAY: &str = "2026-03-02T08:00:00Z";

fn path(booking: &Value, what: &str) -> String {
    format!("/bookings/{}/{what}", booking["id"].as_str().unwrap())
}

async fn report(
    app: &TestApp,
    who: &Somebody,
    booking: &Value,
    outcome: &str,
    note: &str,
) -> (u16, Value) {
    let body = json!({ "outcome": outcome, "note": note });
    app.api("POST", &path(booking, "report"), Some(who), Some(body))
        .await
}

/// As the worker does it, without waiting for its round.
async fn settle(app: &TestApp) {
    while app
        .app
        .transaction(report::settle_one)
        .await
        .expect("sessions are settled")
    {}
}

async fn held(app: &TestApp, ada: &Somebody, bea: &Somebody, start: &str) -> Value {
    let (status, booking) = app.book(bea, ada, start).await;
    assert_eq!(status, 201, "{booking}");
    booking
}

#[actix_web::test]
async fn a_session_that_both_attended_is_settled_thanked_for_and_booked_again() {
    let app = TestApp::at(MONDAY).await;
    let ada = app.alumnus("Ada").await;
    let (bea, cem) = (app.student("Bea").await, app.student("Cem").await);
    let booking = held(&app, &ada, &bea, "2026-03-05T09:00:00Z").await;
    let (status, early) = report(&app, &bea, &booking, "attended", "").await;
    assert_eq!((status, early["code"].as_str()), (409, Some("wrong_state")));
    app.advance(TimeDelta::days(3) + TimeDelta::minutes(89));
    assert_eq!(
        report(&app, &bea, &booking, "attended", "").await.0,
        409,
        "one minute is left"
    );
    app.advance(TimeDelta::minutes(1));
    // Both are asked, once.
    let asked = app.letters_with("Subject: How did it go?", 2).await;
    assert_eq!(asked.len(), 2);
    assert_eq!(report(&app, &cem, &booking, "attended", "").await.0, 404);
    let (status, said) = report(&app, &ada, &booking, "attended", "").await;
    assert_eq!((status, said["status"].as_str()), (200, Some("confirmed")));
    let browser = app.signed_in(&bea).await;
    let page = browser.get("/me").await.body;
    assert!(page.contains("How did it go?"), "{page}");
    let address = path(&booking, "report");
    let wordless = browser
        .post(&address, &[("outcome", "other"), ("note", " ")])
        .await;
    assert_eq!(wordless.status, 422);
    assert_eq!(
        browser
            .post(&address, &[("outcome", "attended")])
            .await
            .status,
        303
    );
    let (status, settled) = report(&app, &ada, &booking, "no_show", "").await;
    assert_eq!(
        (status, settled["code"].as_str()),
        (409, Some("wrong_state"))
    );
    assert!(!browser.get("/me").await.body.contains("How did it go?"));
    // Thanks, once; help, changed; and times to meet again, a week later at the same time first.
    let words = [("words", "That <b>helped</b> me")];
    assert_eq!(
        browser.post(&path(&booking, "thanks"), &words).await.status,
        303
    );
    assert_eq!(
        browser.post(&path(&booking, "thanks"), &words).await.status,
        409
    );
    for help in ["a_little", "a_lot"] {
        assert_eq!(
            browser
                .post(&path(&booking, "help"), &[("help", help)])
                .await
                .status,
            303
        );
    }
    let (status, _) = app
        .api(
            "POST",
            &path(&booking, "help"),
            Some(&ada),
            Some(json!({ "help": "a_lot" })),
        )
        .await;
    assert_eq!(status, 409, "it is for the student to say");
    assert_eq!(
        app.count("select count(*) from feedback where help = 'a_lot'")
            .await,
        1
    );
    let thanks = app.letters_with("Subject: Thanks from Bea", 1).await;
    assert!(thanks[0].contains("That <b>helped</b> me"), "{}", thanks[0]);
    let own = path(&booking, "");
    let page = browser.get(own.trim_end_matches('/')).await;
    assert!(page.body.contains("That &lt;b&gt;helped"), "{}", page.body);
    assert!(
        page.body.contains("value=\"2026-03-12T09:00:00Z\""),
        "{}",
        page.body
    );
    let given = app.signed_in(&ada).await.get("/me/record").await.body;
    assert!(
        given.contains("0.5") && given.contains("That &lt;b&gt;helped"),
        "{given}"
    );
    let (_, counted) = app.api("GET", "/me/reliability", Some(&ada), None).await;
    assert_eq!(counted["as_host"]["attended"], 1);
    // Its event stays as it was in both calendars.
    assert_eq!(
        app.api(
            "GET",
            &format!("/bookings/{}", booking["id"].as_str().unwrap()),
            Some(&bea),
            None
        )
        .await
        .1["sequence"],
        0
    );
}

#[actix_web::test]
async fn who_did_not_come_hears_of_it_may_object_and_a_coordinator_decides() {
    let app = TestApp::at(MONDAY).await;
    let ada = app.alumnus("Ada").await;
    let bea = app.student("Bea").await;
    let cora = app.person("Cora", "UTC", &[Role::Coordinator]).await;
    let booking = held(&app, &ada, &bea, "2026-03-05T09:00:00Z").await;
    app.advance(TimeDelta::days(4));
    report(&app, &ada, &booking, "no_show", "I waited").await;
    let told = app.letters_with("Did you miss it?", 1).await;
    assert!(
        told[0].contains("I waited") && told[0].contains("To: Bea"),
        "{}",
        told[0]
    );
    app.advance(TimeDelta::days(6) + TimeDelta::minutes(89));
    settle(&app).await;
    let one = format!("/bookings/{}", booking["id"].as_str().unwrap());
    let status = async |who: &Somebody| app.api("GET", &one, Some(who), None).await.1;
    assert_eq!(status(&bea).await["status"], "confirmed");
    app.advance(TimeDelta::minutes(1));
    settle(&app).await;
    assert_eq!(status(&bea).await["status"], "no_show");
    let (_, counted) = app.api("GET", "/me/reliability", Some(&bea), None).await;
    assert_eq!(
        (
            counted["as_guest"]["missed"].as_i64(),
            counted["strikes"].as_i64()
        ),
        (Some(1), Some(1))
    );
    // She objects; nothing counts while a coordinator looks at it.
    assert_eq!(
        report(&app, &bea, &booking, "attended", "I was in the other room")
            .await
            .0,
        200
    );
    assert_eq!(status(&bea).await["disputed"], true);
    let (_, counted) = app.api("GET", "/me/reliability", Some(&bea), None).await;
    assert_eq!(counted["strikes"], 0);
    app.letters_with("Please decide", 1).await;
    let browser = app.signed_in(&cora).await;
    assert!(browser.get("/me").await.body.contains("1 disputed session"));
    let page = browser.get("/coordinate/sessions").await.body;
    assert!(
        page.contains("I waited") && page.contains("I was in the other room"),
        "{page}"
    );
    let address = format!("/coordinate/sessions/{}", booking["id"].as_str().unwrap());
    assert_eq!(
        app.signed_in(&bea)
            .await
            .post(&address, &[("decision", "nobody")])
            .await
            .status,
        403
    );
    assert_eq!(
        browser
            .post(&address, &[("decision", "nobody"), ("note", "Two rooms")])
            .await
            .status,
        303
    );
    assert_eq!(
        browser
            .post(&address, &[("decision", "guest")])
            .await
            .status,
        409,
        "decided before"
    );
    let settled = status(&ada).await;
    assert_eq!(
        (
            settled["status"].as_str(),
            settled["disputed"].as_bool(),
            settled["absent"].as_str()
        ),
        (Some("completed"), Some(false), None)
    );
    assert_eq!(
        app.letters_with("A coordinator has decided: nobody was at fault", 2)
            .await
            .len(),
        2
    );
    assert_eq!(report(&app, &bea, &booking, "attended", "").await.0, 409);
    let page = browser
        .get(&format!("/coordinate/people/{}/record", bea.person.id))
        .await
        .body;
    assert!(page.contains("Record for"), "{page}");
}

#[actix_web::test]
async fn two_who_differ_wait_for_a_coordinator_however_long() {
    let app = TestApp::at(MONDAY).await;
    let ada = app.alumnus("Ada").await;
    let bea = app.student("Bea").await;
    let booking = held(&app, &ada, &bea, "2026-03-05T09:00:00Z").await;
    app.advance(TimeDelta::days(4));
    report(&app, &ada, &booking, "no_show", "").await;
    let (_, said) = report(&app, &bea, &booking, "no_show", "").await;
    assert_eq!(
        (said["status"].as_str(), said["disputed"].as_bool()),
        (Some("confirmed"), Some(true))
    );
    assert_eq!(
        report(&app, &bea, &booking, "attended", "").await.0,
        409,
        "it is for a coordinator now"
    );
    app.advance(TimeDelta::days(20));
    settle(&app).await;
    assert_eq!(
        app.count(
            "select count(*) from bookings join settlements on booking_id = id where status = 'confirmed' and disputed_at is not null"
        )
        .await,
        1
    );
}

/// Ends the minutes in which a mistake can be mended, while the clock stands.
async fn booked_long_ago(app: &TestApp) {
    app.sql(|conn| {
        let earlier = "update bookings set created_at = created_at - interval '11 minutes'";
        diesel::connection::SimpleConnection::batch_execute(conn, earlier)
    })
    .await;
}

#[actix_web::test]
async fn two_late_cancellations_warn_and_four_pause_until_a_coordinator_forgives() {
    let app = TestApp::at(MONDAY).await;
    let ada = app.alumnus("Ada").await;
    app.offer(&ada, "resume", json!({ "kind": "resume", "title": "Resume review", "duration_minutes": 30, "change_notice_hours": 168 })).await;
    let bea = app.student("Bea").await;
    let cora = app.person("Cora", "UTC", &[Role::Coordinator]).await;
    for hour in 9..13 {
        let booking = held(&app, &ada, &bea, &format!("2026-03-05T{hour:02}:00:00Z")).await;
        booked_long_ago(&app).await;
        let late = json!({ "reason": "Sorry", "late": true });
        let (status, answer) = app
            .api("POST", &path(&booking, "cancel"), Some(&bea), Some(late))
            .await;
        assert_eq!(
            (status, answer["cancelled_late"].as_bool()),
            (200, Some(true))
        );
    }
    assert_eq!(
        app.letters_with("Subject: Please keep your sessions", 1)
            .await
            .len(),
        1
    );
    assert_eq!(app.letters_with("Subject: Booking is", 1).await.len(), 1);
    let (status, refused) = app.book(&bea, &ada, "2026-03-06T09:00:00Z").await;
    assert_eq!(status, 403, "{refused}");
    let page = app.signed_in(&bea).await.get("/me").await.body;
    assert!(page.contains("Booking is paused."), "{page}");
    let browser = app.signed_in(&cora).await;
    assert!(
        browser
            .get("/coordinate/sessions")
            .await
            .body
            .contains("4, paused")
    );
    let place = format!("/coordinate/people/{}", bea.person.id);
    assert_eq!(
        browser
            .post(&place, &[("role", "student"), ("standing", "active")])
            .await
            .status,
        303
    );
    let booking = held(&app, &ada, &bea, "2026-03-06T09:00:00Z").await;
    booked_long_ago(&app).await;
    let late = json!({ "late": true });
    app.api("POST", &path(&booking, "cancel"), Some(&bea), Some(late))
        .await;
    let (_, counted) = app.api("GET", "/me/reliability", Some(&bea), None).await;
    assert_eq!(
        (
            counted["strikes"].as_i64(),
            counted["as_guest"]["cancelled_late"].as_i64()
        ),
        (Some(0), Some(5)),
        "the clock stands where she was forgiven"
    );
    app.advance(TimeDelta::hours(1));
    let booking = held(&app, &ada, &bea, "2026-03-06T10:00:00Z").await;
    booked_long_ago(&app).await;
    app.api(
        "POST",
        &path(&booking, "cancel"),
        Some(&bea),
        Some(json!({ "late": true })),
    )
    .await;
    let (_, counted) = app.api("GET", "/me/reliability", Some(&bea), None).await;
    assert_eq!(counted["strikes"], 1);
}

/// What one says again is no news, and nobody floods the other's mailbox by changing their mind.
#[actix_web::test]
async fn reports_that_alternate_are_bounded() {
    let app = TestApp::at(MONDAY).await;
    let (ada, bea) = (app.alumnus("Ada").await, app.student("Bea").await);
    let booking = held(&app, &ada, &bea, "2026-03-05T09:00:00Z").await;
    app.advance(TimeDelta::days(4));
    let mut heard = Vec::new();
    for turn in 0..40 {
        let outcome = ["no_show", "no_show", "other", "other"][turn % 4];
        heard.push(report(&app, &bea, &booking, outcome, "So it was").await.0);
    }
    assert!(heard.contains(&409), "{heard:?}");
    let said = "select count(*) from booking_changes where what like 'said_%'";
    assert_eq!(app.count(said).await, 12);
}

#[actix_web::test]
async fn no_session_is_over_without_a_settlement_nor_settled_without_being_over() {
    let app = TestApp::at(MONDAY).await;
    let (ada, bea) = (app.alumnus("Ada").await, app.student("Bea").await);
    held(&app, &ada, &bea, "2026-03-05T10:00:00Z").await;
    held(&app, &ada, &bea, "2026-03-05T11:00:00Z").await;
    let attempts = [
        "update bookings set status = 'completed'",
        "update bookings set status = 'no_show'",
        "insert into settlements (booking_id, settled_at) select id, now() from bookings",
        "insert into settlements (booking_id, settled_at) select id, now() from bookings; update bookings set status = 'no_show'",
        "insert into settlements (booking_id, settled_at, absent) select id, now(), host_id from bookings; update bookings set status = 'completed'",
        "insert into settlements (booking_id, disputed_at) select id, now() from bookings order by id limit 1; \
         update settlements set booking_id = (select id from bookings order by id desc limit 1)",
        // Somebody who was not in it.
        "insert into settlements (booking_id, settled_at, absent) select b.id, now(), p.id from bookings b \
         join people p on p.id not in (b.host_id, b.guest_id); update bookings set status = 'no_show'",
    ];
    app.student("Cem").await;
    for attempt in attempts {
        let database = app.database.clone();
        let said = actix_web::web::block(move || {
            connect(&database).batch_execute(&format!("begin; {attempt}; commit"))
        })
        .await
        .expect("a thread");
        let said = format!("{:?}", said.expect_err(attempt));
        assert!(
            said.contains("and its settlement disagree") || said.contains("one booking for good"),
            "{attempt}: {said}"
        );
    }
    app.sql(|conn| {
        conn.batch_execute(
            "update bookings set status = 'no_show'; \
             insert into settlements (booking_id, settled_at, absent) select id, now(), host_id from bookings",
        )
    })
    .await;
}

/// What needs somebody is answered where they see it first.
#[actix_web::test]
async fn the_dashboard_shows_what_is_next_and_answers_in_place() {
    let app = TestApp::at(MONDAY).await;
    let ada = app.alumnus("Ada").await;
    app.offer(&ada, "portfolio", json!({ "kind": "portfolio", "title": "Portfolio review", "duration_minutes": 30, "approval": true })).await;
    let bea = app.student("Bea").await;
    held(&app, &ada, &bea, "2026-03-05T09:00:00Z").await;
    let ask = json!({ "alumnus": ada.handle, "service": "portfolio", "start": "2026-03-05T10:00:00Z", "goals": "Two projects" });
    let (status, asked) = app.api("POST", "/bookings", Some(&bea), Some(ask)).await;
    assert_eq!(status, 201, "{asked}");

    let browser = app.signed_in(&ada).await;
    let page = browser.get("/me").await.body;
    for words in [
        "Next up",
        "In 3 days",
        "Waiting for you",
        "Two projects",
        "Approve",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    let answer = format!("/bookings/{}/answer", asked["id"].as_str().unwrap());
    assert!(page.contains(&format!("action=\"{answer}\"")), "{page}");
    // What the host asks waits for the guest, then for the host again.
    let guest = app.signed_in(&bea).await;
    let ask = [("answer", "ask"), ("note", "Which two?")];
    assert_eq!(browser.post(&answer, &ask).await.status, 303);
    assert!(!browser.get("/me").await.body.contains("id=\"needs-you\""));
    let page = guest.get("/me").await.body;
    assert!(
        page.contains("has a question about Portfolio review") && page.contains("Which two?"),
        "{page}"
    );
    let said = format!("/bookings/{}/said", asked["id"].as_str().unwrap());
    let more = [("goals", "Both of last year")];
    assert_eq!(guest.post(&said, &more).await.status, 303);
    assert!(!guest.get("/me").await.body.contains("id=\"needs-you\""));
    assert!(browser.get("/me").await.body.contains("Both of last year"));
    let approved = browser.post(&answer, &[("answer", "approve")]).await;
    assert_eq!(approved.status, 303, "{}", approved.body);
    assert!(!browser.get("/me").await.body.contains("id=\"needs-you\""));
    // To the other it is a session like any.
    let other = app.signed_in(&bea).await.get("/me").await.body;
    assert!(
        other.contains("Next up") && other.contains("Upcoming"),
        "{other}"
    );
}
