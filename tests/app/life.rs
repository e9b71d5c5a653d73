//! What happens to a booking after it was made: answered, moved, cancelled late, forgotten.

use chrono::TimeDelta;
use diesel::RunQueryDsl;
use rand::{RngExt, SeedableRng, rngs::StdRng, seq::IndexedRandom};
use serde_json::{Value, json};

use crate::support::{Somebody, TestApp, between, header, invitation, unquoted};

const MONDAY: &str = "2026-03-02T08:00:00Z";
const SLOT: &str = "2026-03-05T09:00:00Z";

/// Ada answers each request for a resume review, and wants to know a day before.
async fn with_approval(app: &TestApp) -> Somebody {
    let ada = app.alumnus("Ada").await;
    app.offer(
        &ada,
        "resume",
        json!({ "kind": "resume", "title": "Resume review", "duration_minutes": 30, "approval": true, "change_notice_hours": 24 }),
    )
    .await;
    ada
}

async fn post(
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
async fn distinct(app: &TestApp, count: usize) -> Vec<String> {
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

fn to<'a>(letters: &'a [String], name: &str) -> Vec<&'a String> {
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
        shown.body.contains("asks for Resume review") && shown.body.contains("10:00 to 10:30"),
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
        text.contains("Bea has said more") && text.contains("Product designer"),
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
            .contains("It is late")
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
            && asking.body.contains("Move it to this time?"),
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
    assert!(unquoted(moved).contains("Before"), "{moved}");
    assert!(header(moved, "Subject").is_some());
    let page = app
        .signed_in(&ada)
        .await
        .get(&format!("/bookings/{}", booking["id"].as_str().unwrap()))
        .await;
    assert!(
        page.body.contains("What happened") && page.body.contains("moved it to"),
        "{}",
        page.body
    );
}

fn to_events(letters: &[String], name: &str) -> Vec<String> {
    to(letters, name)
        .into_iter()
        .map(|letter| invitation(letter))
        .collect()
}

/// Many random actions of everybody on two servers: nobody is ever in two places, the index agrees with
/// the engine, SEQUENCE never falls, and whoever follows letters or the feed has just what the database has.
#[actix_web::test]
async fn whatever_everybody_does_calendars_agree_with_the_database() {
    let actions = std::env::var("ACTIONS")
        .ok()
        .and_then(|n| n.parse().ok())
        .unwrap_or(150);
    let app = TestApp::at(MONDAY).await;
    let mut rng = StdRng::seed_from_u64(7);
    let ada = with_approval(&app).await;
    let ben = app.alumnus("Ben").await;
    // Gil's sessions are for three at a time.
    let gil = app.alumnus("Gil").await;
    let shared =
        json!({ "kind": "resume", "title": "Resume hour", "duration_minutes": 30, "seats": 3 });
    app.offer(&gil, "resume", shared).await;
    let double = app.double().await;
    let students = [
        app.student("Bea").await,
        app.student("Cem").await,
        app.student("Dee").await,
    ];
    let everybody: Vec<&Somebody> = [&ada, &ben, &gil].into_iter().chain(&students).collect();
    // Reminders carry no event.
    app.sql(|conn| diesel::sql_query("update people set reminders = '{}'").execute(conn))
        .await;
    let mut bookings: Vec<Value> = Vec::new();
    for _ in 0..actions {
        let start = format!(
            "2026-03-{:02}T{:02}:{}:00Z",
            rng.random_range(3..8),
            rng.random_range(7..18),
            ["00", "30"].choose(&mut rng).unwrap()
        );
        let who = *everybody.choose(&mut rng).unwrap();
        let at = if rng.random() { &app } else { &double };
        let (status, answer) = match (rng.random_range(0..8), bookings.choose(&mut rng)) {
            (1, Some(booking)) => {
                post(
                    at,
                    who,
                    booking,
                    "cancel",
                    json!({ "late": rng.random::<bool>() }),
                )
                .await
            }
            (2 | 3, Some(booking)) => {
                post(
                    at,
                    who,
                    booking,
                    "reschedule",
                    json!({ "start": start, "sure": rng.random::<bool>() }),
                )
                .await
            }
            (4 | 5, Some(booking)) => post(at, &ada, booking, "approve", json!({})).await,
            (6, Some(booking)) => post(at, &ada, booking, "decline", json!({})).await,
            (7, _) if rng.random_range(0..6) == 0 => {
                app.advance(TimeDelta::minutes(rng.random_range(1..120)));
                (200, Value::Null)
            }
            _ => {
                let host = *[&ada, &ben, &gil, &gil].choose(&mut rng).unwrap();
                at.book(students.choose(&mut rng).unwrap(), host, &start)
                    .await
            }
        };
        assert!(
            matches!(status, 200 | 201 | 404 | 409 | 422),
            "{status} {answer}"
        );
        if status == 201 {
            bookings.push(answer);
        }
    }
    // What the worker would do within seconds.
    let now = app.now();
    while app
        .app
        .transaction(move |conn| almanac::bookings::answer::expire_one(conn, now))
        .await
        .unwrap()
    {}
    let overlaps = "select count(*) from bookings a join bookings b on a.id < b.id and a.status in ('pending', 'confirmed') and b.status in ('pending', 'confirmed') \
        and tstzrange(a.starts_at, a.ends_at) && tstzrange(b.starts_at, b.ends_at) \
        and (a.host_id = b.host_id and a.group_id is distinct from b.group_id or a.guest_id = b.guest_id)";
    assert_eq!(app.count(overlaps).await, 0);
    let claims = "select count(*) from bookings b where (status in ('pending', 'confirmed')) <> (2 = (select count(*) from claims c where c.starts_at = b.starts_at \
        and (c.booking_id = b.id or c.as_host and c.booking_id in (select id from bookings g where g.group_id = b.group_id)) \
        and c.person_id in (b.host_id, b.guest_id) and (c.as_host or c.booking_id = b.id))) \
        and (b.group_id is null or b.status = 'confirmed')";
    assert_eq!(app.count(claims).await, 0);
    let alone = "select count(*) from claims c where as_host and not exists (select from bookings b where b.id = c.booking_id and b.status in ('pending', 'confirmed'))";
    assert_eq!(app.count(alone).await, 0);
    let crowds = "select count(*) from (select group_id from bookings where status = 'confirmed' group by group_id having group_id is not null and count(*) > 3) c";
    assert_eq!(app.count(crowds).await, 0);
    let falls = "select count(*) from booking_changes a join booking_changes b on a.booking_id = b.booking_id and a.id < b.id and a.sequence > b.sequence";
    assert_eq!(app.count(falls).await, 0);
    // Once all letters are out: replayed, the last one of each event counts.
    for _ in 0..2000 {
        if app.count("select count(*) from jobs").await == 0 {
            break;
        }
        app.app.bell.notify_one();
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }
    assert_eq!(app.count("select count(*) from jobs").await, 0);
    let letters = distinct(&app, 1).await;
    for somebody in everybody {
        let name = &somebody.person.name;
        let mut calendar = std::collections::BTreeMap::new();
        for event in to_events(&letters, name) {
            let line = |name: &str| {
                event
                    .lines()
                    .find_map(|l| l.strip_prefix(name))
                    .unwrap_or_default()
                    .trim()
                    .to_owned()
            };
            let (uid, sequence): (String, i64) = (line("UID:"), line("SEQUENCE:").parse().unwrap());
            let known: Option<&(i64, String, String)> = calendar.get(&uid);
            assert!(
                known.is_none_or(|(before, ..)| *before < sequence),
                "{name} {uid}"
            );
            calendar.insert(uid, (sequence, line("DTSTART:"), line("STATUS:")));
        }
        let from_mail: Vec<String> = calendar
            .iter()
            .map(|(uid, (sequence, start, status))| format!("{uid} {sequence} {start} {status}"))
            .collect();
        let id = somebody.person.id;
        let stored: Vec<String> = app
            .sql(move |conn| {
                use almanac::db::schema::bookings;
                use diesel::prelude::*;
                let of_theirs = bookings::host_id.eq(id).or(bookings::guest_id.eq(id));
                let all: Vec<almanac::bookings::Booking> = bookings::table
                    .filter(of_theirs)
                    .order((bookings::created_at, bookings::sequence))
                    .select(almanac::bookings::Booking::as_select())
                    .load(conn)?;
                // All seats of a group are one event: to its host with the group's SEQUENCE.
                let mut events = std::collections::BTreeMap::new();
                for booking in all.iter().filter(|b| b.is_event()) {
                    let status = match booking.status {
                        almanac::bookings::Status::Pending => "TENTATIVE",
                        almanac::bookings::Status::Confirmed => "CONFIRMED",
                        _ => "CANCELLED",
                    };
                    let sequence = match booking.group_id {
                        Some(group) if booking.host_id == id => {
                            almanac::bookings::store_group::sequence(conn, group)?
                        }
                        _ => booking.sequence,
                    };
                    let start = booking.starts_at.format("%Y%m%dT%H%M%SZ").to_string();
                    let event = (status != "CANCELLED", sequence, start, status);
                    let known = events.entry(booking.uid()).or_insert_with(|| event.clone());
                    if (event.0, event.1) > (known.0, known.1) {
                        *known = event;
                    }
                }
                let mut rows: Vec<String> = events
                    .into_iter()
                    .map(|(uid, (_, sequence, start, status))| {
                        format!("{uid} {sequence} {start} {status}")
                    })
                    .collect();
                rows.sort();
                Ok(rows)
            })
            .await;
        assert_eq!(from_mail, stored, "{name}");
        let (_, feed) = app.api("GET", "/me/feed", Some(somebody), None).await;
        let url = feed["url"]
            .as_str()
            .unwrap()
            .replace("webcal://", "http://");
        let feed = reqwest::get(&url).await.unwrap().text().await.unwrap();
        let mut from_feed: Vec<String> = feed
            .split("BEGIN:VEVENT")
            .skip(1)
            .map(|event| {
                let line = |name: &str| {
                    event
                        .lines()
                        .find_map(|l| l.strip_prefix(name))
                        .unwrap_or_default()
                        .trim()
                        .to_owned()
                };
                format!(
                    "{} {} {} {}",
                    line("UID:"),
                    line("SEQUENCE:"),
                    line("DTSTART:"),
                    line("STATUS:")
                )
            })
            .collect();
        from_feed.sort();
        assert_eq!(from_feed, stored, "{name}'s feed");
    }
    crate::free_times::assert_agree(&app, "a life").await;
}

/// Decides over reminders now, besides the worker, which does so every few seconds.
async fn remind(app: &TestApp) {
    let now = app.now();
    app.sql(move |conn| almanac::bookings::remind::remind(conn, now))
        .await;
}

#[actix_web::test]
async fn everybody_is_reminded_once_of_what_stands() {
    // Across the clock change in Toronto on 8 March, for a host in Auckland.
    let app = TestApp::at("2026-03-06T08:00:00Z").await;
    let ada = app.alumnus("Ada").await;
    let zia = app
        .person("Zia", "Pacific/Auckland", &[almanac::people::Role::Student])
        .await;
    let bea = app.student("Bea").await;
    let (_, kept) = app.book(&bea, &ada, "2026-03-08T14:00:00Z").await;
    let (_, moved) = app.book(&zia, &ada, "2026-03-08T15:00:00Z").await;
    let (_, cancelled) = app.book(&zia, &ada, "2026-03-08T12:00:00Z").await;
    distinct(&app, 6).await;
    let soon = |letters: &[String]| {
        let soon = letters
            .iter()
            .filter(|l| header(l, "Subject").is_some_and(|s| s.starts_with("Soon")));
        soon.cloned().collect::<Vec<_>>()
    };
    app.advance(TimeDelta::hours(30) - TimeDelta::seconds(1));
    remind(&app).await;
    assert_eq!(
        app.count("select count(*) from reminders").await,
        2,
        "only the session at noon is due"
    );
    app.advance(TimeDelta::seconds(1));
    remind(&app).await;
    assert_eq!(app.count("select count(*) from reminders").await, 4);
    // 15:00 is moved onto the next day after it was due for 14:00, before its own hour.
    app.advance(TimeDelta::hours(2));
    remind(&app).await;
    assert_eq!(app.count("select count(*) from reminders").await, 6);
    distinct(&app, 12).await;
    assert_eq!(
        post(
            &app,
            &zia,
            &moved,
            "reschedule",
            json!({ "start": "2026-03-09T15:00:00Z" })
        )
        .await
        .0,
        200
    );
    assert_eq!(
        post(&app, &zia, &cancelled, "cancel", json!({})).await.0,
        200
    );
    let letters = distinct(&app, 6 + 6 + 4).await;
    assert_eq!(soon(&letters).len(), 6, "{letters:?}");
    // The worker sleeps over 13:00, the last hour: half an hour late is still of use.
    app.advance(TimeDelta::hours(21) + TimeDelta::minutes(30));
    remind(&app).await;
    remind(&app).await;
    let letters = distinct(&app, 18).await;
    let last: Vec<String> = soon(&letters).split_off(6);
    assert_eq!(last.len(), 2);
    for letter in &last {
        let text = unquoted(letter);
        assert!(
            text.contains("begins in 30 minutes") && letter.contains(kept["id"].as_str().unwrap()),
            "{text}"
        );
    }
    let to_bea = to(&last, "Bea")[0];
    assert!(
        unquoted(to_bea).contains("10:00 to 10:30"),
        "Toronto has summer time now: {}",
        unquoted(to_bea)
    );
    // The moved one is reminded of anew, a day before, and an hour before.
    app.advance(TimeDelta::hours(2));
    remind(&app).await;
    distinct(&app, 20).await;
    app.advance(TimeDelta::hours(23));
    remind(&app).await;
    let letters = distinct(&app, 22).await;
    assert_eq!(soon(&letters).len(), 12);
    let about = |booking: &Value| {
        let id = booking["id"].as_str().unwrap();
        soon(&letters)
            .iter()
            .filter(|l| header(l, "Message-ID").is_some_and(|m| m.contains(id)))
            .count()
    };
    assert_eq!((about(&kept), about(&moved), about(&cancelled)), (4, 6, 2));
    // Made within the day: no reminder of a day, one of an hour; none at all for who wants none.
    let browser = app.signed_in(&bea).await;
    assert_eq!(
        browser.post("/me/settings/reminders", &[]).await.status,
        303
    );
    assert_eq!(app.book(&bea, &ada, "2026-03-10T09:00:00Z").await.0, 201);
    distinct(&app, 24).await;
    app.advance(TimeDelta::hours(18));
    remind(&app).await;
    let letters = distinct(&app, 25).await;
    assert_eq!(soon(&letters).len(), 13, "{:?}", app.now());
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
    let page = bea_browser
        .get(&format!("/alumni/{}/resume?day=2026-03-06", ada.handle))
        .await
        .body;
    let service = between(&page, "name=\"service\" value=\"", "\"").expect("a form");
    let held = bea_browser
        .post(
            "/holds",
            &[("service", service), ("start", "2026-03-06T09:00:00Z")],
        )
        .await;
    assert!(
        held.status == 422 && held.body.contains("as many sessions open"),
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
    let page = browser
        .get(&format!("/alumni/{}/resume?day=2026-03-06", ada.handle))
        .await
        .body;
    let service = between(&page, "name=\"service\" value=\"", "\"").expect("a form");
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
        let held = browser
            .post("/holds", &[("service", service), ("start", start)])
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

/// Over the changes of spring and autumn, in Toronto, Auckland and Berlin, and for a reader in UTC.
#[actix_web::test]
async fn reminders_come_once_and_say_the_right_hour_over_every_clock_change() {
    let cases = [
        (
            "2026-03-06T08:00:00Z",
            "2026-03-08T14:00:00Z",
            ["10:00 to 10:30", "03:00 to 03:30", "14:00 to 14:30"],
        ),
        (
            "2026-10-30T08:00:00Z",
            "2026-11-01T14:00:00Z",
            ["09:00 to 09:30", "03:00 to 03:30", "14:00 to 14:30"],
        ),
        (
            "2026-04-03T08:00:00Z",
            "2026-04-04T14:00:00Z",
            ["10:00 to 10:30", "02:00 to 02:30", "14:00 to 14:30"],
        ),
        (
            "2026-09-24T08:00:00Z",
            "2026-09-26T14:30:00Z",
            ["10:30 to 11:00", "03:30 to 04:00", "14:30 to 15:00"],
        ),
        (
            "2026-03-27T08:00:00Z",
            "2026-03-29T14:00:00Z",
            ["10:00 to 10:30", "03:00 to 03:30", "14:00 to 14:30"],
        ),
    ];
    for (begin, start, hours) in cases {
        let app = TestApp::at(begin).await;
        let student = almanac::people::Role::Student;
        let readers = [
            app.student("Bea").await,
            app.person("Zia", "Pacific/Auckland", &[student]).await,
            app.person("Uli", "UTC", &[student]).await,
        ];
        let mut hosts = Vec::new();
        for (reader, name) in readers.iter().zip(["Ada", "Eva", "Ida"]) {
            let host = app.alumnus(name).await;
            let (status, answer) = app.book(reader, &host, start).await;
            assert_eq!(status, 201, "{start}: {answer}");
            hosts.push(host);
        }
        distinct(&app, 6).await;
        let at = start.parse::<chrono::DateTime<chrono::Utc>>().unwrap();
        let count = async || app.count("select count(*) from reminders").await;
        for (before, so_far) in [(TimeDelta::hours(24), 0), (TimeDelta::hours(1), 6)] {
            app.advance(at - before - TimeDelta::seconds(1) - app.now());
            remind(&app).await;
            assert_eq!(count().await, so_far, "{start}: a second is left");
            app.advance(TimeDelta::seconds(1));
            remind(&app).await;
            remind(&app).await;
            assert_eq!(count().await, so_far + 6, "{start}");
        }
        let letters = distinct(&app, 18).await;
        assert_eq!(letters.len(), 18, "{start}");
        for (reader, hour) in readers.iter().zip(hours) {
            let own = to(&letters, &reader.person.name);
            let soon = own
                .iter()
                .filter(|l| header(l, "Subject").is_some_and(|s| s.starts_with("Soon")));
            let texts: Vec<String> = soon.map(|l| unquoted(l)).collect();
            assert!(
                texts.len() == 2 && texts.iter().all(|t| t.contains(hour)),
                "{start} {hour}: {texts:?}"
            );
        }
    }
}
