//! Sessions that several guests share: seats are raced like slots, the host has one event.

use chrono::TimeDelta;
use diesel::connection::SimpleConnection;
use serde_json::{Value, json};

use crate::{
    free_times::assert_agree,
    support::{Somebody, TestApp, between, header, invitation, unquoted},
    waitlist::look,
};

const MONDAY: &str = "2026-03-02T08:00:00Z";
const SLOT: &str = "2026-03-05T09:00:00Z";

async fn with_seats(app: &TestApp, seats: u32) -> Somebody {
    let ada = app.alumnus("Ada").await;
    let service = json!({ "kind": "resume", "title": "Resume evening", "duration_minutes": 30, "increment_minutes": 15, "seats": seats });
    app.offer(&ada, "resume", service).await;
    ada
}

async fn slots(app: &TestApp, host: &Somebody) -> Vec<String> {
    let path = format!(
        "/alumni/{}/services/resume/slots?from=2026-03-05&until=2026-03-06&zone=UTC",
        host.handle
    );
    let (_, answer) = app.api("GET", &path, None, None).await;
    let starts = answer["slots"].as_array().unwrap().iter();
    starts
        .map(|s| s["start"].as_str().unwrap().to_owned())
        .collect()
}

async fn cancel(app: &TestApp, who: &Somebody, booking: &Value) -> (u16, Value) {
    let path = format!("/bookings/{}/cancel", booking["id"].as_str().unwrap());
    app.api("POST", &path, Some(who), Some(json!({ "reason": "Sorry" })))
        .await
}

/// The calendar parts of the letters to somebody, in the order they came, each letter once.
fn events(app: &TestApp, name: &str) -> Vec<String> {
    let mut known = std::collections::HashSet::new();
    let letters = app.post.letters();
    let mine = letters
        .iter()
        .filter(|l| l.contains(&format!("To: {name} <")) && l.contains("text/calendar"));
    mine.filter(|l| known.insert(header(l, "Message-ID").map(str::to_owned)))
        .map(|l| invitation(l))
        .collect()
}

#[actix_web::test]
async fn the_last_seat_is_raced_like_a_slot() {
    let app = TestApp::at(MONDAY).await;
    let twin = app.twin().await;
    let ada = with_seats(&app, 5).await;
    let mut students = Vec::new();
    for n in 0..24 {
        students.push(app.student(&format!("Student {n}")).await);
    }
    for round in 0..4 {
        let start = format!("2026-03-05T{:02}:00:00Z", 9 + round);
        let tries = students.iter().enumerate().map(|(n, student)| {
            let at = if n % 2 == 0 { &app } else { &twin };
            at.book(student, &ada, &start)
        });
        let mut answers: Vec<u16> = futures_util::future::join_all(tries)
            .await
            .into_iter()
            .map(|(status, answer)| {
                assert!(status == 201 || answer["code"] == "slot_taken", "{answer}");
                status
            })
            .collect();
        answers.sort_unstable();
        assert_eq!(
            (answers.iter().filter(|s| **s == 201).count(), answers[23]),
            (5, 409)
        );
    }
    let overlaps = "select count(*) from claims a join claims b on a.person_id = b.person_id and a.booking_id < b.booking_id \
                    and a.starts_at < b.ends_at and b.starts_at < a.ends_at";
    assert_eq!(app.count(overlaps).await, 0);
    assert_eq!(
        app.count("select count(*) from claims where as_host").await,
        4
    );
    assert_eq!(
        app.count(
            "select count(distinct (group_id, seat)) from bookings where seat between 1 and 5"
        )
        .await,
        20
    );
}

#[actix_web::test]
async fn a_group_is_one_event_to_its_host_and_nobody_sees_the_others() {
    let app = TestApp::at(MONDAY).await;
    let ada = with_seats(&app, 3).await;
    let (bea, cem, dan) = (
        app.student("Bea").await,
        app.student("Cem").await,
        app.student("Dan").await,
    );
    assert!(
        slots(&app, &ada)
            .await
            .contains(&"2026-03-05T09:15:00Z".to_owned())
    );
    let (_, first) = app.book(&bea, &ada, SLOT).await;
    // The time is still offered, those that overlap it are not.
    let offered = slots(&app, &ada).await;
    assert!(
        offered.contains(&SLOT.to_owned()) && !offered.contains(&"2026-03-05T09:15:00Z".to_owned()),
        "{offered:?}"
    );
    assert_eq!(app.book(&cem, &ada, "2026-03-05T09:15:00Z").await.0, 409);
    assert_eq!(
        app.book(&bea, &ada, SLOT).await.1["code"],
        "guest_busy",
        "one seat each"
    );
    let (_, second) = app.book(&cem, &ada, SLOT).await;
    let (_, third) = app.book(&dan, &ada, SLOT).await;
    assert_eq!(
        (first["uid"].as_str(), first["seats"].as_i64()),
        (second["uid"].as_str(), Some(3))
    );
    assert!(!slots(&app, &ada).await.contains(&SLOT.to_owned()), "full");
    app.post.wait_for(6).await;
    let hosts = events(&app, "Ada");
    let uid = format!("UID:{}", first["uid"].as_str().unwrap());
    for (n, event) in hosts.iter().enumerate() {
        assert!(
            event.contains(&uid)
                && event.contains(&format!("SEQUENCE:{n}\r\n"))
                && event.contains("METHOD:REQUEST"),
            "{n}: {event}"
        );
    }
    assert_eq!(hosts.len(), 3);
    for (name, others) in [("Bea", ["Cem", "Dan"]), ("Cem", ["Bea", "Dan"])] {
        let letters = app.post.letters();
        let mine: Vec<&String> = letters
            .iter()
            .filter(|l| l.contains(&format!("To: {name} <")))
            .collect();
        for letter in mine {
            let all = format!("{}{}", unquoted(letter), invitation(letter));
            assert!(others.iter().all(|other| !all.contains(other)), "{all}");
            assert!(all.contains(&uid));
        }
        let who = if name == "Bea" {
            (&bea, &first)
        } else {
            (&cem, &second)
        };
        let page = app
            .signed_in(who.0)
            .await
            .get(&format!("/bookings/{}", who.1["id"].as_str().unwrap()))
            .await
            .body;
        assert!(
            page.contains("A group of up to 3") && others.iter().all(|other| !page.contains(other)),
            "{page}"
        );
    }
    let browser = app.signed_in(&ada).await;
    let page = browser
        .get(&format!("/bookings/{}", first["id"].as_str().unwrap()))
        .await
        .body;
    assert!(
        page.contains("3 of 3 seats") && page.contains("Cem") && page.contains("/move"),
        "{page}"
    );
    assert!(browser.get("/me").await.body.contains("and 2 more"));
    // The one whose seat carried the host's time goes: the time stays the group's, the seat is free.
    assert_eq!(cancel(&app, &bea, &first).await.0, 200);
    assert_eq!(
        app.count("select count(*) from claims where as_host and expires_at is null")
            .await,
        1
    );
    assert!(slots(&app, &ada).await.contains(&SLOT.to_owned()));
    app.post.wait_for(8).await;
    let hosts = events(&app, "Ada");
    assert!(
        hosts[3].contains("METHOD:REQUEST")
            && hosts[3].contains("SEQUENCE:3\r\n")
            && hosts[3].contains("STATUS:CONFIRMED"),
        "{}",
        hosts[3]
    );
    assert!(events(&app, "Bea")[1].contains("METHOD:CANCEL"));
    // The address in the host's calendar leads to a seat that is had.
    let link = between(&hosts[3], "/bookings/", "\r\n").unwrap().to_owned();
    let led = browser.get(&format!("/bookings/{link}")).await;
    assert_eq!(
        (led.status, link.as_str()),
        (303, first["uid"].as_str().unwrap())
    );
    assert_ne!(
        led.location,
        format!("/bookings/{}", first["id"].as_str().unwrap())
    );
    assert_eq!(
        app.signed_in(&cem)
            .await
            .get(&format!("/bookings/{link}"))
            .await
            .status,
        404
    );
    // Whatever becomes of the service, who joins meets the others on their terms.
    let changed = json!({ "kind": "resume", "title": "Another title", "location": "Elsewhere", "duration_minutes": 60, "increment_minutes": 15, "seats": 9 });
    app.offer(&ada, "resume", changed).await;
    let eve = app.student("Eve").await;
    let (status, fourth) = app.book(&eve, &ada, SLOT).await;
    assert_eq!(status, 201, "{fourth}");
    for part in ["service_title", "location", "end", "seats"] {
        assert_eq!(fourth[part], second[part], "{part}");
    }
    let fay = app.student("Fay").await;
    assert_eq!(
        app.book(&fay, &ada, SLOT).await.0,
        409,
        "three seats are three"
    );
    let moved = format!("/bookings/{}/reschedule", fourth["id"].as_str().unwrap());
    let noon = json!({ "start": "2026-03-05T12:00:00Z" });
    let (status, answer) = app.api("POST", &moved, Some(&eve), Some(noon)).await;
    assert_eq!(
        (status, answer["code"].as_str()),
        (409, Some("wrong_state")),
        "a guest gives up the seat and takes another"
    );
    // One event in the host's feed, and one reminder.
    let feed = async |who: &Somebody| {
        let (_, answer) = app.api("GET", "/me/feed", Some(who), None).await;
        reqwest::get(answer["url"].as_str().unwrap())
            .await
            .unwrap()
            .text()
            .await
            .unwrap()
            .replace("\r\n ", "")
    };
    let text = feed(&ada).await;
    assert!(
        text.matches("BEGIN:VEVENT").count() == 1
            && text.contains("SEQUENCE:4\r\n")
            && text.contains(&uid),
        "{text}"
    );
    // The host ends it for everybody: one CANCEL to each.
    let (status, _) = cancel(&app, &ada, &third).await;
    assert_eq!(status, 200);
    assert_eq!(
        app.count("select count(*) from bookings where status = 'confirmed'")
            .await,
        0
    );
    assert_eq!(app.count("select count(*) from claims").await, 0);
    app.post.wait_for(14).await;
    for name in ["Cem", "Dan", "Eve"] {
        let own = events(&app, name);
        assert!(
            own.len() == 2 && own[1].contains("METHOD:CANCEL") && own[1].contains(&uid),
            "{name}: {own:?}"
        );
    }
    let hosts = events(&app, "Ada");
    assert_eq!(
        hosts.iter().filter(|e| e.contains("METHOD:CANCEL")).count(),
        1,
        "{hosts:?}"
    );
    let sequence = |event: &String| {
        between(event, "SEQUENCE:", "\r\n")
            .unwrap()
            .parse::<i32>()
            .unwrap()
    };
    assert!(
        hosts
            .windows(2)
            .all(|pair| sequence(&pair[0]) < sequence(&pair[1])),
        "{hosts:?}"
    );
    let text = feed(&ada).await;
    assert!(
        text.matches("BEGIN:VEVENT").count() == 1 && text.contains("STATUS:CANCELLED"),
        "{text}"
    );
    assert!(
        slots(&app, &ada)
            .await
            .contains(&"2026-03-05T09:15:00Z".to_owned())
    );
}

#[actix_web::test]
async fn held_seats_come_back_and_the_hosts_time_stays_with_those_who_come() {
    let app = TestApp::at(MONDAY).await;
    let ada = with_seats(&app, 2).await;
    let (bea, cem, dan) = (
        app.student("Bea").await,
        app.student("Cem").await,
        app.student("Dan").await,
    );
    let (bea_browser, cem_browser) = (app.signed_in(&bea).await, app.signed_in(&cem).await);
    let held = bea_browser.hold(&ada, "resume", SLOT).await;
    app.advance(TimeDelta::minutes(3));
    let second = cem_browser.hold(&ada, "resume", SLOT).await;
    assert_eq!((held.status, second.status), (303, 303));
    assert_eq!(
        app.book(&dan, &ada, SLOT).await.0,
        409,
        "both seats are held"
    );
    // Bea's runs out, Cem's goes on and is taken.
    app.advance(TimeDelta::minutes(2) + TimeDelta::seconds(1));
    let page = app
        .visitor()
        .get(&format!("/alumni/{}/resume?day=2026-03-05", ada.handle))
        .await
        .body;
    assert!(page.contains("1 seat left"), "{page}");
    // Not to who has one of its seats.
    let page = cem_browser
        .get(&format!("/alumni/{}/resume?day=2026-03-05", ada.handle))
        .await
        .body;
    assert!(!page.contains("seat left"), "{page}");
    let booked = cem_browser
        .post(&second.location, &[("goals", "A job")])
        .await;
    assert_eq!(booked.status, 303, "{}", booked.body);
    let (status, answer) = app.book(&dan, &ada, SLOT).await;
    assert_eq!(status, 201, "{answer}");
    assert_eq!(
        app.count("select count(*) from claims where as_host and expires_at is null")
            .await,
        1
    );
    let late = bea_browser
        .post(&held.location, &[("goals", "A job")])
        .await;
    assert_eq!(late.status, 409, "too late for a seat");
    // Approval and seats do not go together.
    let both = json!({ "kind": "resume", "duration_minutes": 30, "seats": 3, "approval": true });
    assert_eq!(
        app.api("PUT", "/me/services/resume", Some(&ada), Some(both))
            .await
            .0,
        422
    );
    for seats in [1, 31] {
        let bad = json!({ "kind": "resume", "duration_minutes": 30, "seats": seats });
        assert_eq!(
            app.api("PUT", "/me/services/resume", Some(&ada), Some(bad))
                .await
                .0,
            422
        );
    }
}

#[actix_web::test]
async fn a_group_counts_as_one_session_of_its_host() {
    let app = TestApp::at(MONDAY).await;
    let ada = with_seats(&app, 3).await;
    let late = json!({ "kind": "resume", "title": "Resume evening", "duration_minutes": 30, "seats": 3, "change_notice_hours": 168 });
    app.offer(&ada, "resume", late).await;
    let mut guests = Vec::new();
    for name in ["Bea", "Cem", "Dan"] {
        guests.push(app.student(name).await);
    }
    let mut seats = Vec::new();
    for start in ["2026-03-02T10:00:00Z", SLOT] {
        for guest in &guests {
            let (status, seat) = app.book(guest, &ada, start).await;
            assert_eq!(status, 201, "{seat}");
            seats.push(seat);
        }
    }
    // Cancelled late for all three: one strike, and no warning.
    app.advance(TimeDelta::minutes(11));
    let path = format!("/bookings/{}/cancel", seats[4]["id"].as_str().unwrap());
    assert_eq!(
        app.api("POST", &path, Some(&ada), Some(json!({ "late": true })))
            .await
            .0,
        200
    );
    let counted = async || app.api("GET", "/me/reliability", Some(&ada), None).await.1;
    assert_eq!(
        (
            counted().await["strikes"].as_i64(),
            counted().await["as_host"]["cancelled_late"].as_i64()
        ),
        (Some(1), Some(1))
    );
    // The other one took place: half an hour given to three people.
    app.advance(TimeDelta::hours(3));
    for (guest, seat) in guests.iter().zip(&seats) {
        let path = format!("/bookings/{}/report", seat["id"].as_str().unwrap());
        for who in [guest, &ada] {
            assert_eq!(
                app.api(
                    "POST",
                    &path,
                    Some(who),
                    Some(json!({ "outcome": "attended" }))
                )
                .await
                .0,
                200
            );
        }
    }
    assert_eq!(counted().await["as_host"]["attended"], 1);
    let record = app.signed_in(&ada).await.get("/me/record").await.body;
    let number = |name: &str| {
        between(&record, &format!("<dt>{name}</dt><dd>"), "<")
            .unwrap()
            .to_owned()
    };
    assert_eq!(
        [number("Hours"), number("Sessions"), number("People")],
        ["0.5", "1", "3"]
    );
}

#[actix_web::test]
async fn its_host_moves_a_group_for_everybody_in_it() {
    let app = TestApp::at(MONDAY).await;
    let ada = with_seats(&app, 4).await;
    let ben = app.alumnus("Ben").await;
    app.offer(
        &ben,
        "resume",
        json!({ "kind": "resume", "title": "Resume review", "duration_minutes": 30 }),
    )
    .await;
    let (bea, cem, dan) = (
        app.student("Bea").await,
        app.student("Cem").await,
        app.student("Dan").await,
    );
    let mut seats = Vec::new();
    for guest in [&bea, &cem] {
        seats.push(app.book(guest, &ada, SLOT).await.1);
    }
    // Cem has something else at eleven; Dan is about to take a seat.
    assert_eq!(app.book(&cem, &ben, "2026-03-05T11:00:00Z").await.0, 201);
    let browser = app.signed_in(&dan).await;
    let held = browser.hold(&ada, "resume", SLOT).await;
    let path = format!("/bookings/{}/reschedule", seats[0]["id"].as_str().unwrap());
    let to = async |start: &str| {
        app.api("POST", &path, Some(&ada), Some(json!({ "start": start })))
            .await
    };
    let (status, answer) = to("2026-03-05T11:00:00Z").await;
    assert_eq!(
        (status, answer["code"].as_str()),
        (409, Some("guest_busy")),
        "{answer}"
    );
    let pages = app.signed_in(&ada).await;
    let move_page = format!("/bookings/{}/move", seats[0]["id"].as_str().unwrap());
    let page = pages.get(&move_page).await.body;
    assert!(
        page.contains("2026-03-05T12:00:00Z") && !page.contains("2026-03-05T11:00:00Z"),
        "{page}"
    );
    // A quarter of an hour later overlaps its own time, which does not stand in its way.
    let (status, answer) = to("2026-03-05T09:15:00Z").await;
    assert_eq!(status, 200, "{answer}");
    let at = "select count(*) from bookings where status = 'confirmed' and sequence = 1 and starts_at = '2026-03-05T09:15Z'";
    assert_eq!(app.count(at).await, 2);
    let claims = "select count(*) from claims where starts_at = '2026-03-05T09:15Z'";
    assert_eq!(
        app.count(claims).await,
        3,
        "one of each guest, one of the host"
    );
    let overlaps = "select count(*) from claims a join claims b on a.person_id = b.person_id and a.booking_id < b.booking_id \
                    and a.starts_at < b.ends_at and b.starts_at < a.ends_at";
    assert_eq!(app.count(overlaps).await, 0);
    let late = browser.post(&held.location, &[("goals", "A job")]).await;
    assert_eq!(late.status, 409, "no seat is left at a time that is over");
    assert_agree(&app, "moving a group").await;
    // Each hears once: the same event at another time.
    app.post.wait_for(9).await;
    for (name, before) in [("Bea", 1), ("Cem", 2), ("Ada", 2)] {
        let events = events(&app, name);
        assert_eq!(events.len(), before + 1, "{name}: {events:?}");
        let last = events.last().unwrap();
        assert!(
            last.contains("METHOD:REQUEST")
                && last.contains("DTSTART:20260305T091500Z")
                && last.contains(seats[0]["uid"].as_str().unwrap()),
            "{last}"
        );
    }
    let hosts = events(&app, "Ada");
    assert!(hosts[2].contains("SEQUENCE:2\r\n"), "{}", hosts[2]);
    // The seat can still be taken, at the new time.
    assert_eq!(app.book(&dan, &ada, "2026-03-05T09:15:00Z").await.0, 201);
    assert!(!slots(&app, &ada).await.contains(&SLOT.to_owned()));
}

#[actix_web::test]
async fn nobody_is_offered_a_seat_in_a_group_that_its_host_ends() {
    let app = TestApp::at(MONDAY).await;
    let ada = with_seats(&app, 2).await;
    let (bea, cem, dan) = (
        app.student("Bea").await,
        app.student("Cem").await,
        app.student("Dan").await,
    );
    let (_, seat) = app.book(&bea, &ada, SLOT).await;
    let browser = app.signed_in(&cem).await;
    browser.hold(&ada, "resume", SLOT).await;
    let day = json!({ "alumnus": ada.handle, "service": "resume", "zone": "UTC", "until": "2026-03-05",
                      "weekly": [{ "day": "thu", "from": "09:00", "until": "09:30" }] });
    let (status, wish) = app.api("POST", "/me/waitlist", Some(&dan), Some(day)).await;
    assert_eq!(status, 201, "{wish}");
    assert_eq!(cancel(&app, &ada, &seat).await.0, 200);
    look(&app).await;
    assert_eq!(
        app.count("select count(*) from bookings where status in ('held', 'confirmed')")
            .await,
        0
    );
    assert_eq!(app.count("select count(*) from claims").await, 0);
}

#[actix_web::test]
async fn a_search_finds_the_seats_that_are_left() {
    let app = TestApp::at(MONDAY).await;
    let ada = with_seats(&app, 2).await;
    app.set_hours(&ada, json!({ "weekly": [{ "day": "thu", "from": "10:00", "until": "11:00" }], "horizon_days": 5 }))
        .await;
    let (bea, cem) = (app.student("Bea").await, app.student("Cem").await);
    let found = async |more: &str| {
        let path = format!("/slots?service=resume&from=2026-03-03&until=2026-03-07&zone=UTC{more}");
        let (status, answer) = app.api("GET", &path, None, None).await;
        assert_eq!(status, 200, "{answer}");
        let starts = answer["slots"].as_array().unwrap().iter();
        let starts = starts.map(|s| s["start"].as_str().unwrap().to_owned());
        (starts.collect::<Vec<_>>(), answer["next_cursor"].clone())
    };
    let (_, seat) = app.book(&bea, &ada, "2026-03-05T09:15:00Z").await;
    let late = "2026-03-05T09:15:00Z".to_owned();
    let one = std::slice::from_ref(&late);
    assert_eq!(found("").await.0, one, "the hour is not free any more");
    assert_eq!(found("&topic=ships").await.0, [""; 0]);
    assert_eq!(found("&limit=1").await.0, one);
    let (_, free) = app
        .api(
            "GET",
            "/alumni?service=resume&free_from=2026-03-03&free_until=2026-03-07",
            None,
            None,
        )
        .await;
    assert_eq!(free["alumni"][0]["handle"], ada.handle.as_str(), "{free}");
    // Not for who has a seat already, nor for its host.
    let find = "/find?service=resume&from=2026-03-03&until=2026-03-07";
    for (who, sees) in [(&bea, false), (&cem, true), (&ada, false)] {
        let page = app.signed_in(who).await.get(find).await.body;
        assert_eq!(page.contains(&late), sees, "{page}");
    }
    assert_eq!(app.book(&cem, &ada, &late).await.0, 201);
    assert_eq!(found("").await.0, [""; 0], "both seats are had");
    assert_eq!(cancel(&app, &bea, &seat).await.0, 200);
    assert_eq!(found("").await.0, one);
    // Too late for it once the host asks for more notice.
    let notice = json!({ "weekly": [{ "day": "thu", "from": "10:00", "until": "11:00" }], "minimum_notice_minutes": 5760, "horizon_days": 5 });
    app.set_hours(&ada, notice).await;
    assert_eq!(found("").await.0, [""; 0]);
}

/// Whoever writes to the database: of a group one seat carries the claim of its host for all.
#[actix_web::test]
async fn the_database_refuses_a_seat_whose_host_is_not_claimed() {
    let app = TestApp::at(MONDAY).await;
    let ada = with_seats(&app, 3).await;
    let (bea, cem) = (app.student("Bea").await, app.student("Cem").await);
    assert_eq!(app.book(&bea, &ada, SLOT).await.0, 201);
    assert_eq!(app.book(&cem, &ada, SLOT).await.0, 201);
    let carrier = "(select booking_id from claims where as_host)";
    let tries = [
        format!("delete from bookings where id = {carrier}"),
        format!("update bookings set group_id = gen_random_uuid() where id = {carrier}"),
        format!("update bookings set group_id = null, seat = null, seats = null where id = {carrier}"),
        "with p as (update bookings set status = 'pending' returning id) delete from claims where booking_id in (select id from p)".to_owned(),
        "delete from claims where as_host".to_owned(),
        "truncate claims".to_owned(),
    ];
    for sql in tries {
        let text = sql.clone();
        let tried = app.app.read::<_, almanac::error::Error>(move |conn| {
            Ok(conn
                .batch_execute(&text)
                .err()
                .map(|error| error.to_string()))
        });
        let error = tried
            .await
            .unwrap()
            .unwrap_or_else(|| panic!("{sql} is taken"));
        assert!(
            ["claim", "group", "check constraint"]
                .iter()
                .any(|word| error.contains(word)),
            "{sql}: {error}"
        );
    }
    assert_eq!(app.count("select count(*) from claims").await, 3);
}

/// One seat that was just taken does not make the others' session any less close.
#[actix_web::test]
async fn a_host_who_ends_a_group_late_is_late_whichever_seat_is_named() {
    let app = TestApp::at(MONDAY).await;
    let ada = with_seats(&app, 3).await;
    let (bea, cem) = (app.student("Bea").await, app.student("Cem").await);
    let late = json!({ "kind": "resume", "title": "Resume evening", "duration_minutes": 30, "seats": 3, "change_notice_hours": 168 });
    app.offer(&ada, "resume", late).await;
    assert_eq!(app.book(&bea, &ada, SLOT).await.0, 201);
    app.advance(TimeDelta::minutes(11));
    let (_, fresh) = app.book(&cem, &ada, SLOT).await;
    let path = format!("/bookings/{}/cancel", fresh["id"].as_str().unwrap());
    let (status, refused) = app.api("POST", &path, Some(&ada), Some(json!({}))).await;
    assert_eq!((status, refused["code"].as_str()), (409, Some("too_late")));
}
