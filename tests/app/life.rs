//! What happens to a booking after it was made: answered, moved, cancelled late, forgotten.

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::support::{Somebody, TestApp, between, header, invitation, unquoted};

pub const MONDAY: &str = "2026-03-02T08:00:00Z";
const SLOT: &str = "2026-03-05T09:00:00Z";

/// Ada answers each request for a resume review, and wants to know a day before.
pub async fn with_approval(app: &TestApp) -> Somebody {
    let ada = app.alumnus("Ada").await;
    app.offer(
        &ada,
        "resume",
        json!({ "kind": "resume", "title": "Resume review", "duration_minutes": 30, "approval": true, "change_notice_hours": 24 }),
    )
    .await;
    ada
}

pub async fn post(
    app: &TestApp,
    who: &Somebody,
    booking: &Value,
    what: &str,
    body: Value,
) -> (u16, Value) {
    let path = format!("/bookings/{}/{what}", booking["id"].as_str().unwrap());
    app.api("POST", &path, Some(who), Some(body)).await
}

/// The letters once there are so many, each once: a clock that jumps ends leases, and then a letter goes
/// twice, under the same Message-ID. Without those that ask how a session went.
pub async fn distinct(app: &TestApp, count: usize) -> Vec<String> {
    for wanted in count.. {
        let mut known = std::collections::HashSet::new();
        let mut letters = app.post.wait_for(wanted).await;
        letters.retain(|l| known.insert(header(l, "Message-ID").map(str::to_owned)));
        letters.retain(|l| !l.contains("Subject: How did it go?"));
        if letters.len() >= count {
            return letters;
        }
    }
    unreachable!("waiting for letters that do not come fails")
}

pub fn to<'a>(letters: &'a [String], name: &str) -> Vec<&'a String> {
    let to = format!("To: {name} <");
    letters.iter().filter(|l| l.contains(&to)).collect()
}

#[actix_web::test]
async fn a_request_keeps_its_time_until_it_is_answered() {
    let app = TestApp::at(MONDAY).await;
    let ada = with_approval(&app).await;
    let (bea, cem) = (app.student("Bea").await, app.student("Cem").await);
    let (status, request) = app.book(&bea, &ada, SLOT).await;
    assert_eq!(
        (
            status,
            request["status"].as_str(),
            request["answer_by"].as_str()
        ),
        (201, Some("pending"), Some("2026-03-04T08:00:00Z"))
    );
    assert_eq!(app.book(&cem, &ada, SLOT).await.1["code"], "slot_taken");
    let letters = distinct(&app, 2).await;
    for letter in &letters {
        let event = invitation(letter);
        assert!(
            event.contains("METHOD:REQUEST")
                && event.contains("STATUS:TENTATIVE")
                && !event.contains("VALARM"),
            "{event}"
        );
    }
    // From the mail's page, without signing in; the page changes nothing, somebody else's key neither.
    let text = unquoted(to(&letters, "Ada")[0]);
    let query = between(&text, "/answer?", "\r\n").expect("a link to answer");
    assert!(!unquoted(to(&letters, "Bea")[0]).contains("/answer?"));
    let path = format!("/bookings/{}/answer", request["id"].as_str().unwrap());
    let key = query
        .strip_prefix("key=")
        .unwrap()
        .replace("%2D", "-")
        .replace("%5F", "_");
    let shown = app.visitor().get(&format!("{path}?{query}")).await;
    assert_eq!(shown.status, 200);
    assert!(
        shown.body.contains("asked for a session: Resume review")
            && shown.body.contains("10:00 to 10:30"),
        "{}",
        shown.body
    );
    assert_eq!(app.signed_in(&cem).await.get(&path).await.status, 404);
    let wrong = app.signed_in(&bea).await.get(&path).await;
    assert_eq!(wrong.status, 409, "it is not hers to answer");
    // Asking for more needs words, and keeps the time another two days.
    let asked = app
        .visitor()
        .post(&path, &[("key", &key), ("answer", "ask"), ("note", " ")])
        .await;
    assert_eq!(asked.status, 422);
    app.advance(TimeDelta::hours(24));
    let asked = app
        .visitor()
        .post(
            &path,
            &[("key", &key), ("answer", "ask"), ("note", "Which role?")],
        )
        .await;
    assert_eq!(asked.status, 200, "{}", asked.body);
    let (_, now) = app
        .api(
            "GET",
            &format!("/bookings/{}", request["id"].as_str().unwrap()),
            Some(&bea),
            None,
        )
        .await;
    assert_eq!(
        (
            now["answer_by"].as_str(),
            now["asked_for_more"].as_str(),
            now["sequence"].as_i64()
        ),
        (Some("2026-03-05T08:00:00Z"), Some("Which role?"), Some(0))
    );
    // She says more, and the host hears of it.
    let bea_browser = app.signed_in(&bea).await;
    let said = path.replace("/answer", "/said");
    assert!(bea_browser.get(&said).await.body.contains("Which role?"));
    assert_eq!(bea_browser.post(&said, &[("goals", "")]).await.status, 422);
    assert_eq!(
        bea_browser
            .post(&said, &[("goals", "Product designer")])
            .await
            .status,
        303
    );
    let letters = distinct(&app, 4).await;
    let text = unquoted(letters.last().unwrap());
    assert!(
        text.contains("Bea added details") && text.contains("Product designer"),
        "{text}"
    );
    // A hundred approvals on two servers: one.
    let twin = app.twin().await;
    let tries = (0..100).map(|n| {
        let at = if n % 2 == 0 { &app } else { &twin };
        post(at, &ada, &request, "approve", json!({}))
    });
    let mut tries: Vec<u16> = futures_util::future::join_all(tries)
        .await
        .into_iter()
        .map(|(status, _)| status)
        .collect();
    tries.sort_unstable();
    assert_eq!((tries[0], tries[1], tries[99]), (200, 409, 409));
    let letters = distinct(&app, 4).await;
    let both = [letters, twin.post.letters()].concat();
    let event = both
        .iter()
        .filter(|l| l.contains("text/calendar"))
        .map(|l| invitation(l))
        .find(|e| e.contains("SEQUENCE:1"));
    assert!(event.is_none_or(|e| e.contains("STATUS:CONFIRMED")));
    assert_eq!(
        app.count("select count(*) from booking_changes where what = 'approved'")
            .await,
        1
    );
}

#[actix_web::test]
async fn a_request_that_nobody_answers_ends_to_the_second_and_both_are_told() {
    let app = TestApp::at(MONDAY).await;
    let ada = with_approval(&app).await;
    let (bea, cem) = (app.student("Bea").await, app.student("Cem").await);
    let (_, request) = app.book(&bea, &ada, SLOT).await;
    let (_, declined) = app.book(&bea, &ada, "2026-03-06T09:00:00Z").await;
    assert_eq!(
        post(
            &app,
            &ada,
            &declined,
            "decline",
            json!({ "note": "Too busy, sorry" })
        )
        .await
        .1["status"],
        "cancelled"
    );
    distinct(&app, 6).await;
    app.advance(TimeDelta::hours(48) - TimeDelta::seconds(1));
    assert_eq!(
        app.book(&cem, &ada, SLOT).await.0,
        409,
        "kept for another second"
    );
    app.advance(TimeDelta::seconds(1));
    assert_eq!(
        post(&app, &ada, &request, "approve", json!({})).await.0,
        409,
        "over"
    );
    let (status, _) = app.book(&cem, &ada, SLOT).await;
    assert_eq!(status, 201, "free for others at once");
    let letters = distinct(&app, 10).await;
    let told: Vec<&String> = letters
        .iter()
        .filter(|l| unquoted(l).contains("not answered in time"))
        .collect();
    assert_eq!(told.len(), 2, "{letters:?}");
    for letter in told {
        let event = invitation(letter);
        assert!(
            event.contains("METHOD:CANCEL")
                && event.contains("SEQUENCE:1")
                && event.contains("STATUS:CANCELLED")
        );
    }
    let page = app
        .signed_in(&bea)
        .await
        .get(&format!("/bookings/{}", request["id"].as_str().unwrap()))
        .await;
    assert!(page.body.contains("Not answered in time"), "{}", page.body);
}

#[actix_web::test]
async fn a_student_has_five_requests_open_and_no_more() {
    let app = TestApp::at(MONDAY).await;
    let ada = with_approval(&app).await;
    let bea = app.student("Bea").await;
    let at = |hour: u32| format!("2026-03-05T{hour:02}:00:00Z");
    let mut requests = Vec::new();
    for hour in 8..13 {
        let (status, request) = app.book(&bea, &ada, &at(hour)).await;
        assert_eq!(status, 201);
        requests.push(request);
    }
    let (status, refused) = app.book(&bea, &ada, &at(13)).await;
    assert_eq!(
        (status, refused["code"].as_str()),
        (422, Some("too_many_requests"))
    );
    assert_eq!(
        post(&app, &bea, &requests[0], "cancel", json!({})).await.1["cancelled_late"],
        false
    );
    assert_eq!(app.book(&bea, &ada, &at(13)).await.0, 201);
}

#[actix_web::test]
async fn the_deadline_holds_to_the_second_and_after_it_one_can_still_tell_them() {
    let app = TestApp::at(MONDAY).await;
    let ada = app.alumnus("Ada").await;
    app.offer(&ada, "resume", json!({ "kind": "resume", "title": "Resume review", "duration_minutes": 30, "change_notice_hours": 24 })).await;
    let bea = app.student("Bea").await;
    let (_, booking) = app.book(&bea, &ada, SLOT).await;
    let (_, other) = app.book(&bea, &ada, "2026-03-05T13:00:00Z").await;
    assert_eq!(booking["deadline"], "2026-03-04T09:00:00Z");
    app.advance(TimeDelta::hours(49));
    let to = |start: &str| json!({ "start": start });
    assert_eq!(
        post(
            &app,
            &bea,
            &booking,
            "reschedule",
            to("2026-03-05T09:30:00Z")
        )
        .await
        .0,
        200,
        "at the deadline"
    );
    let (_, booking) = app
        .api(
            "GET",
            &format!("/bookings/{}", booking["id"].as_str().unwrap()),
            Some(&bea),
            None,
        )
        .await;
    app.advance(TimeDelta::minutes(30) + TimeDelta::seconds(1));
    for (what, body) in [
        ("reschedule", to("2026-03-06T09:00:00Z")),
        ("cancel", json!({})),
    ] {
        let (status, refused) = post(&app, &bea, &booking, what, body).await;
        assert_eq!(
            (status, refused["code"].as_str()),
            (409, Some("too_late")),
            "{what}"
        );
    }
    let browser = app.signed_in(&bea).await;
    let path = format!("/bookings/{}", booking["id"].as_str().unwrap());
    assert_eq!(browser.get(&format!("{path}/move")).await.status, 409);
    assert!(
        browser
            .get(&format!("{path}/cancel"))
            .await
            .body
            .contains("The deadline for cancelling has passed")
    );
    assert_eq!(
        browser
            .post(&format!("{path}/cancel"), &[("reason", "x")])
            .await
            .status,
        409
    );
    let told = browser
        .post(
            &format!("{path}/cancel"),
            &[("reason", "x"), ("late", "yes")],
        )
        .await;
    assert_eq!(told.status, 303);
    assert_eq!(
        app.count("select count(*) from bookings where cancelled_late")
            .await,
        1
    );
    // In time is not late, whatever is said.
    let (_, cancelled) = post(&app, &bea, &other, "cancel", json!({ "late": true })).await;
    assert_eq!(
        (
            cancelled["status"].as_str(),
            cancelled["cancelled_late"].as_bool()
        ),
        (Some("cancelled"), Some(false))
    );
}

/// Ten minutes after booking a mistake is mended for free, however close the session is; then it is late.
#[actix_web::test]
async fn a_mistake_is_mended_within_ten_minutes_even_inside_the_deadline() {
    let app = TestApp::at(MONDAY).await;
    let (ada, bea) = (app.alumnus("Ada").await, app.student("Bea").await);
    app.sql(|conn| {
        let notice = "update services set change_notice_hours = 120";
        diesel::connection::SimpleConnection::batch_execute(conn, notice)
    })
    .await;
    for (minutes, is_late) in [(10, false), (11, true)] {
        let (status, booking) = app.book(&bea, &ada, "2026-03-05T09:00:00Z").await;
        assert_eq!(status, 201, "{booking}");
        app.advance(TimeDelta::minutes(minutes));
        let (status, moved) = post(
            &app,
            &bea,
            &booking,
            "reschedule",
            json!({ "start": "2026-03-05T09:30:00Z" }),
        )
        .await;
        assert_eq!(status, if is_late { 409 } else { 200 }, "{moved}");
        let (status, cancelled) =
            post(&app, &bea, &booking, "cancel", json!({ "late": is_late })).await;
        assert_eq!(
            (status, cancelled["cancelled_late"].as_bool()),
            (200, Some(is_late))
        );
    }
}

#[actix_web::test]
async fn either_side_moves_it_and_calendars_follow() {
    let app = TestApp::at(MONDAY).await;
    let (ada, bea, cem) = (
        app.alumnus("Ada").await,
        app.student("Bea").await,
        app.student("Cem").await,
    );
    let (_, booking) = app.book(&bea, &ada, SLOT).await;
    assert_eq!(app.book(&cem, &ada, "2026-03-05T11:00:00Z").await.0, 201);
    app.post.wait_for(4).await;
    let to = |start: &str| json!({ "start": start });
    let code = |(status, body): (u16, Value)| (status, body["code"].as_str().map(str::to_owned));
    // Guests stay within what is offered; nobody moves onto somebody else.
    for (who, start, status, expected) in [
        (&bea, "2026-03-05T20:00:00Z", 422, "not_offered"),
        (&bea, "2026-03-05T11:00:00Z", 409, "slot_taken"),
        (&ada, "2026-03-05T11:00:00Z", 409, "slot_taken"),
        (&ada, "2026-03-05T20:00:00Z", 422, "unusual_time"),
        (&ada, "2026-03-01T09:00:00Z", 422, "not_offered"),
    ] {
        let answer = code(post(&app, who, &booking, "reschedule", to(start)).await);
        assert_eq!(answer, (status, Some(expected.to_owned())), "{start}");
    }
    assert_eq!(
        post(
            &app,
            &cem,
            &booking,
            "reschedule",
            to("2026-03-05T09:30:00Z")
        )
        .await
        .0,
        404
    );
    // In the browser: choose, see old and new, move.
    let browser = app.signed_in(&bea).await;
    let path = format!("/bookings/{}/move", booking["id"].as_str().unwrap());
    let choices = browser.get(&path).await;
    assert!(
        choices.body.contains("2026-03-05T09:30:00Z")
            && !choices.body.contains("2026-03-05T11:00:00Z"),
        "{}",
        choices.body
    );
    let asking = browser
        .get(&format!("{path}?start=2026-03-05T09:30:00Z"))
        .await;
    assert!(
        asking
            .body
            .contains("Thursday 5 March 2026, 04:30 to 05:00")
            && asking.body.contains("Move the session to this time?"),
        "{}",
        asking.body
    );
    assert_eq!(
        browser
            .post(&path, &[("start", "2026-03-05T09:30:00Z")])
            .await
            .status,
        303
    );
    // The host, once warned, outside the hours.
    let browser = app.signed_in(&ada).await;
    let warned = browser
        .post(&path, &[("start", "2026-03-05T20:00:00Z")])
        .await;
    assert_eq!(warned.status, 422);
    assert!(warned.body.contains("Are you sure?"), "{}", warned.body);
    assert_eq!(
        browser
            .post(&path, &[("start", "2026-03-05T20:00:00Z"), ("sure", "yes")])
            .await
            .status,
        303
    );
    assert_eq!(
        app.book(&cem, &ada, SLOT).await.0,
        201,
        "the old time is free"
    );
    let (_, cancelled) = post(&app, &bea, &booking, "cancel", json!({})).await;
    assert_eq!(
        (cancelled["sequence"].as_i64(), cancelled["start"].as_str()),
        (Some(3), Some("2026-03-05T20:00:00Z"))
    );
    // The letters of each reader in order: one UID, SEQUENCE from 0 to 3, one ORGANIZER.
    let letters = app.post.wait_for(12).await;
    let uid = format!("UID:{}", booking["uid"].as_str().unwrap());
    for name in ["Ada", "Bea"] {
        let events: Vec<String> = to_events(&letters, name)
            .into_iter()
            .filter(|e| e.contains(&uid))
            .collect();
        let line = |event: &String, name: &str| {
            event
                .lines()
                .find(|l| l.starts_with(name))
                .unwrap_or_default()
                .to_owned()
        };
        let told: Vec<(String, String, String)> = events
            .iter()
            .map(|e| (line(e, "SEQUENCE"), line(e, "DTSTART"), line(e, "METHOD")))
            .collect();
        let row = |n: &str, at: &str, method: &str| {
            (
                format!("SEQUENCE:{n}"),
                format!("DTSTART:20260305T{at}00Z"),
                format!("METHOD:{method}"),
            )
        };
        assert_eq!(
            told,
            [
                row("0", "0900", "REQUEST"),
                row("1", "0930", "REQUEST"),
                row("2", "2000", "REQUEST"),
                row("3", "2000", "CANCEL")
            ]
        );
        assert!(
            events
                .iter()
                .all(|e| line(e, "ORGANIZER") == line(&events[0], "ORGANIZER"))
        );
    }
    let moved = letters
        .iter()
        .find(|l| unquoted(l).contains("This session has a new time"))
        .unwrap();
    assert!(unquoted(moved).contains("Previously"), "{moved}");
    assert!(header(moved, "Subject").is_some());
    let page = app
        .signed_in(&ada)
        .await
        .get(&format!("/bookings/{}", booking["id"].as_str().unwrap()))
        .await;
    assert!(
        page.body.contains("History") && page.body.contains("moved it to"),
        "{}",
        page.body
    );
}

pub fn to_events(letters: &[String], name: &str) -> Vec<String> {
    to(letters, name)
        .into_iter()
        .map(|letter| invitation(letter))
        .collect()
}

#[actix_web::test]
async fn caps_of_fair_use_hold_for_students_and_pairs_under_load() {
    let app = TestApp::at(MONDAY).await;
    let (ada, eva) = (app.alumnus("Ada").await, app.alumnus("Eva").await);
    let bea = app.student("Bea").await;
    let cora = app
        .person("Cora", "UTC", &[almanac::people::Role::Coordinator])
        .await;
    let coordinator = app.signed_in(&cora).await;
    let caps = [("open_per_guest", "3"), ("open_per_pair", "2")];
    let wrong = coordinator
        .post("/coordinate/fair-use", &[("open_per_guest", "no")])
        .await;
    assert_eq!(wrong.status, 422, "{}", wrong.body);
    let bea_browser = app.signed_in(&bea).await;
    assert_eq!(
        bea_browser.post("/coordinate/fair-use", &caps).await.status,
        403
    );
    assert_eq!(
        coordinator.post("/coordinate/fair-use", &caps).await.status,
        303
    );
    // Eight at once on two servers, with one alumnus: two; with the other: one more.
    let twin = app.twin().await;
    for (host, most) in [(&ada, 2), (&eva, 1)] {
        let tries = (8..16).map(|hour| {
            let at = if hour % 2 == 0 { &app } else { &twin };
            let start = format!("2026-03-05T{hour:02}:00:00Z");
            let bea = bea.clone();
            async move { at.book(&bea, host, &start).await }
        });
        let answers = futures_util::future::join_all(tries).await;
        let booked = answers.iter().filter(|(status, _)| *status == 201).count();
        assert_eq!(booked, most, "{answers:?}");
        let refused = answers.iter().filter(|(status, _)| *status != 201);
        for (status, body) in refused {
            assert!(
                *status == 422 && body["code"] == "too_many_open" || body["code"] == "guest_busy",
                "{body}"
            );
        }
    }
    // Said before the form is filled; a session that is over, or cancelled, makes room.
    let held = bea_browser
        .hold(&ada, "resume", "2026-03-06T09:00:00Z")
        .await;
    assert!(
        held.status == 422 && held.body.contains("the limit of upcoming sessions"),
        "{}",
        held.body
    );
    app.advance(TimeDelta::days(4));
    assert_eq!(app.book(&bea, &ada, "2026-03-09T09:00:00Z").await.0, 201);
}

#[actix_web::test]
async fn instants_that_no_database_knows_are_refused() {
    let app = TestApp::at(MONDAY).await;
    let ada = app.alumnus("Ada").await;
    let bea = app.student("Bea").await;
    let (_, booking) = app.book(&bea, &ada, SLOT).await;
    let browser = app.signed_in(&bea).await;
    let service = browser.service(&ada, "resume", "2026-03-06").await;
    for start in [
        "-9999-01-01T00:00:00Z",
        "-4714-01-01T00:00:00Z",
        "0000-01-01T00:00:00Z",
        "+10000-01-01T00:00:00Z",
    ] {
        assert_eq!(app.book(&bea, &ada, start).await.0, 422, "{start}");
        let moved = post(
            &app,
            &bea,
            &booking,
            "reschedule",
            json!({ "start": start }),
        )
        .await;
        assert_eq!(moved.0, 422, "{start}");
        let sure = json!({ "start": start, "sure": true });
        let moved = post(&app, &ada, &booking, "reschedule", sure).await;
        assert_eq!(moved.0, 422, "{start}: {}", moved.1);
        let held = browser
            .post("/holds", &[("service", &service), ("start", start)])
            .await;
        assert_eq!(held.status, 422, "{start}");
        let path = format!("/bookings/{}/move", booking["id"].as_str().unwrap());
        let status = browser.post(&path, &[("start", start)]).await.status;
        assert!(matches!(status, 400 | 422), "{start}: {status}");
        let end = start.replace("T00", "T01");
        let body = json!({ "zone": "UTC", "one_off": [{ "start": start, "end": end }] });
        let (status, answer) = app
            .api("PUT", "/me/availability", Some(&ada), Some(body))
            .await;
        assert_eq!(status, 422, "{answer}");
    }
}

#[actix_web::test]
async fn a_host_who_cancels_closes_the_time_for_others_too() {
    let app = TestApp::at(MONDAY).await;
    let ada = app.alumnus("Ada").await;
    let (bea, cem) = (app.student("Bea").await, app.student("Cem").await);
    app.offer(
        &ada,
        "resume",
        json!({ "kind": "resume", "title": "Resume review", "duration_minutes": 30, "increment_minutes": 30 }),
    )
    .await;
    // Berlin, an hour ahead of UTC; a one-off time late on Thursday.
    let hours = json!({ "weekly": [{ "day": "thu", "from": "09:00", "until": "11:00" }], "one_off": [{ "start": "2026-03-05T20:00:00Z", "end": "2026-03-05T21:30:00Z" }], "horizon_days": 20 });
    app.set_hours(&ada, hours).await;
    let slots = async || {
        let path = format!(
            "/alumni/{}/services/resume/slots?from=2026-03-05&until=2026-03-13&zone=UTC",
            ada.handle
        );
        let (_, answer) = app.api("GET", &path, None, None).await;
        let starts = answer["slots"].as_array().unwrap().iter();
        let starts = starts.map(|s| s["start"].as_str().unwrap()[8..16].to_owned());
        starts.collect::<Vec<_>>()
    };
    let all = [
        "05T08:00", "05T08:30", "05T09:00", "05T09:30", "05T20:00", "05T20:30", "05T21:00",
        "12T08:00", "12T08:30", "12T09:00", "12T09:30",
    ];
    assert_eq!(slots().await, all);
    let without = |gone: &[&str]| -> Vec<&str> {
        let left = all.iter().filter(|start| !gone.contains(start));
        left.copied().collect()
    };
    // Ticked as the page comes; a guest is not asked.
    let browser = app.signed_in(&ada).await;
    let (_, booking) = app.book(&bea, &ada, "2026-03-05T08:30:00Z").await;
    let path = format!("/bookings/{}/cancel", booking["id"].as_str().unwrap());
    let page = browser.get(&path).await.body;
    assert!(
        page.contains("name=\"close\" value=\"yes\" checked"),
        "{page}"
    );
    let page = app.signed_in(&bea).await.get(&path).await.body;
    assert!(!page.contains("name=\"close\""), "{page}");
    assert_eq!(browser.post(&path, &[("close", "yes")]).await.status, 303);
    assert_eq!(slots().await, without(&["05T08:30"]));
    assert_eq!(
        app.book(&cem, &ada, "2026-03-05T08:30:00Z").await.1["code"],
        "not_offered"
    );
    // Within a one-off time.
    let (_, booking) = app.book(&bea, &ada, "2026-03-05T20:30:00Z").await;
    let close = json!({ "close": true });
    assert_eq!(post(&app, &ada, &booking, "cancel", close).await.0, 200);
    assert_eq!(slots().await, without(&["05T08:30", "05T20:30"]));
    // Not closed unless asked for; a guest closes nothing.
    let (_, booking) = app.book(&bea, &ada, "2026-03-05T09:30:00Z").await;
    assert_eq!(post(&app, &ada, &booking, "cancel", json!({})).await.0, 200);
    let (_, booking) = app.book(&bea, &ada, "2026-03-12T09:00:00Z").await;
    let close = json!({ "close": true });
    assert_eq!(post(&app, &bea, &booking, "cancel", close).await.0, 200);
    assert_eq!(slots().await, without(&["05T08:30", "05T20:30"]));
    crate::free_times::assert_agree(&app, "closing a time").await;
    // It is an override like any other, to be taken back.
    let (_, kept) = app.api("GET", "/me/availability", Some(&ada), None).await;
    assert_eq!(
        kept["overrides"],
        json!([{ "date": "2026-03-05", "windows": [{ "from": "09:00", "until": "09:30" }, { "from": "10:00", "until": "11:00" }] }])
    );
}

#[actix_web::test]
async fn a_time_is_closed_while_a_clock_goes_back() {
    let app = TestApp::at("2026-10-20T08:00:00Z").await;
    let ada = app.alumnus("Ada").await;
    let bea = app.student("Bea").await;
    let hours = json!({ "weekly": [{ "day": "sun", "from": "00:00", "until": "06:00" }], "minimum_notice_minutes": 0, "horizon_days": 6 });
    app.set_hours(&ada, hours).await;
    let service = json!({ "kind": "resume", "title": "Resume review", "duration_minutes": 30, "increment_minutes": 15 });
    app.offer(&ada, "resume", service).await;
    // 02:45 before the change, 02:15 after it.
    let (status, booking) = app.book(&bea, &ada, "2026-10-25T00:45:00Z").await;
    assert_eq!(status, 201, "{booking}");
    let close = json!({ "close": true });
    assert_eq!(post(&app, &ada, &booking, "cancel", close).await.0, 200);
    let path = format!(
        "/alumni/{}/services/resume/slots?from=2026-10-25&until=2026-10-26&zone=UTC",
        ada.handle
    );
    let (_, answer) = app.api("GET", &path, None, None).await;
    let slots = answer["slots"].as_array().unwrap();
    let starts: Vec<&str> = slots.iter().map(|s| s["start"].as_str().unwrap()).collect();
    assert!(
        starts.contains(&"2026-10-24T22:00:00Z") || starts.contains(&"2026-10-25T04:00:00Z"),
        "the rest of the night stays: {starts:?}"
    );
    let is_free = |start: &&&str| ("2026-10-25T00:15:01Z".."2026-10-25T01:15:00Z").contains(*start);
    assert_eq!(starts.iter().find(is_free), None, "{starts:?}");
    crate::free_times::assert_agree(&app, "closing a time in a fold").await;
}

#[actix_web::test]
async fn moving_asks_what_booking_asks() {
    let app = TestApp::at(MONDAY).await;
    let (ada, bea) = (app.alumnus("Ada").await, app.student("Bea").await);
    let (_, booking) = app.book(&bea, &ada, SLOT).await;
    let to = |who, start: &'static str| {
        let (app, booking) = (&app, &booking);
        async move {
            let wanted = json!({ "start": start, "sure": true });
            post(app, who, booking, "reschedule", wanted).await.0
        }
    };
    // Calendars know no such year, and no such second.
    for start in [
        "9999-03-05T10:00:00Z",
        "2031-03-05T10:00:00Z",
        "2026-03-05T10:00:00.5Z",
        "2026-03-05T10:00:07Z",
    ] {
        assert_eq!(to(&ada, start).await, 422, "{start}");
    }
    let set = |what: &'static str| {
        app.sql(move |conn| diesel::RunQueryDsl::execute(diesel::sql_query(what), conn))
    };
    set("update profiles set paused_at = now()").await;
    assert_eq!(to(&bea, "2026-03-05T11:00:00Z").await, 422, "paused");
    assert_eq!(
        to(&ada, "2026-03-05T12:00:00Z").await,
        200,
        "a host keeps moving what is booked"
    );
    set("update profiles set paused_at = null, unlisted_at = now()").await;
    assert_eq!(to(&bea, "2026-03-05T11:00:00Z").await, 422, "not listed");
    set("update profiles set unlisted_at = null").await;
    set("update people set standing = 'lapsed' where name = 'Bea'").await;
    assert_eq!(to(&bea, "2026-03-05T11:00:00Z").await, 403, "lapsed");
    set("update people set standing = 'active'").await;
    assert_eq!(to(&bea, "2026-03-05T11:00:00Z").await, 200);
}
