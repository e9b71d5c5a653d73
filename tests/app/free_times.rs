//! The index of free times never differs from the engine, whatever happens.

use almanac::{db::DbError, slots::index};
use chrono::TimeDelta;
use rand::{Rng, RngExt, SeedableRng, rngs::StdRng};
use serde_json::json;

use crate::support::{Somebody, TestApp, between};

const MONDAY: &str = "2026-10-19T08:00:00Z";

pub async fn assert_agree(app: &TestApp, after: &str) {
    let now = app.now();
    let compared = app
        .app
        .read::<_, DbError>(move |conn| Ok(index::compare(conn, None, now)?))
        .await
        .unwrap();
    assert!(
        compared.differences.is_empty(),
        "after {after}: {:?}",
        compared.differences
    );
}

fn some_hours(rng: &mut StdRng) -> serde_json::Value {
    let days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    let mut weekly = Vec::new();
    for day in days {
        if rng.random_bool(0.6) {
            let from = rng.random_range(0..40) * 30;
            let until = (from + rng.random_range(1..17) * 30).min(1440);
            let clock = |m: i32| format!("{:02}:{:02}", m / 60, m % 60);
            weekly.push(json!({ "day": day, "from": clock(from), "until": clock(until) }));
        }
    }
    let zones = [
        "Europe/Berlin",
        "America/Toronto",
        "Pacific/Auckland",
        "Asia/Kathmandu",
    ];
    let cap = |rng: &mut StdRng, most: i64| rng.random_bool(0.5).then(|| rng.random_range(1..most));
    let date = format!("2026-10-{}", rng.random_range(20..32));
    json!({
        "zone": zones[rng.random_range(0..zones.len())],
        "weekly": weekly,
        "overrides": if rng.random_bool(0.5) { json!([{ "date": date, "windows": [{ "from": "10:00", "until": "12:00" }] }]) } else { json!([]) },
        "one_off": if rng.random_bool(0.5) { json!([{ "start": "2026-10-24T18:00:00Z", "end": "2026-10-25T06:00:00Z" }]) } else { json!([]) },
        "buffer_before_minutes": rng.random_range(0..4) * 10,
        "buffer_after_minutes": rng.random_range(0..4) * 10,
        "minimum_notice_minutes": rng.random_range(0..3) * 300,
        "horizon_days": rng.random_range(3..25),
        "max_per_day": cap(rng, 3),
        "max_per_week": cap(rng, 5),
    })
}

/// Saves a profile by its form: what searches ask for changes with it.
async fn describe(app: &TestApp, who: &Somebody, topics: &str, languages: &str) {
    let profile = [
        ("headline", "Designs things"),
        ("employer", ""),
        ("field", ""),
        ("topics", topics),
        ("languages", languages),
        ("bio", ""),
        ("links", ""),
    ];
    let browser = app.signed_in(who).await;
    let answer = browser.post("/me/profile", &profile).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
}

/// How often something changes; more with CHANGES set.
fn changes() -> usize {
    std::env::var("CHANGES")
        .ok()
        .and_then(|n| n.parse().ok())
        .unwrap_or(150)
}

#[actix_web::test]
async fn the_index_agrees_with_the_engine_after_any_change() {
    let app = TestApp::at(MONDAY).await;
    let mut rng = StdRng::seed_from_u64(rand::rng().next_u64());
    let mut hosts = Vec::new();
    for name in ["Ada", "Ben", "Cem"] {
        let host = app.alumnus(name).await;
        app.offer(&host, "talk", json!({ "kind": "networking", "title": "Talk", "duration_minutes": 60, "increment_minutes": 45 })).await;
        hosts.push(host);
    }
    // One of them studies as well: what she books takes her time as a host.
    let place = hosts[0].person.clone();
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
    let guests = [
        app.student("Dora").await,
        hosts[0].clone(),
        app.student("Eve").await,
    ];
    let mut booked: Vec<(String, usize)> = Vec::new();
    let pick = |rng: &mut StdRng, of: &[Somebody]| rng.random_range(0..of.len());
    for step in 0..changes() {
        let kind = rng.random_range(0..12);
        let host = &hosts[pick(&mut rng, &hosts)];
        let what = match kind {
            0 | 1 => {
                let body = some_hours(&mut rng);
                let (status, answer) = app
                    .api("PUT", "/me/availability", Some(host), Some(body.clone()))
                    .await;
                assert_eq!(status, 200, "{answer}");
                format!("hours {body}")
            }
            2 => {
                let browser = app.signed_in(host).await;
                let paused = if rng.random_bool(0.5) { "yes" } else { "no" };
                browser
                    .post("/me/profile/pause", &[("paused", paused)])
                    .await;
                format!("pause {paused}")
            }
            3 if !booked.is_empty() => {
                let (id, guest) = booked.swap_remove(rng.random_range(0..booked.len()));
                app.api(
                    "POST",
                    &format!("/bookings/{id}/cancel"),
                    Some(&guests[guest]),
                    Some(json!({})),
                )
                .await;
                "cancel".into()
            }
            4 => {
                let minutes = rng.random_range(1..700);
                app.advance(TimeDelta::minutes(minutes));
                format!("{minutes} minutes")
            }
            10 => {
                let mut some = |of: [&'static str; 3]| {
                    let chosen = of.into_iter().filter(|_| rng.random_bool(0.5));
                    chosen.collect::<Vec<_>>().join(", ")
                };
                let topics = some(["Games", "UX", "Data"]);
                let languages = some(["German", "English", "Hindi"]);
                describe(&app, host, &topics, &languages).await;
                format!("profile {topics} {languages}")
            }
            11 => {
                let kind = ["networking", "interview"][rng.random_range(0..2)];
                let minutes = [30, 45, 60][rng.random_range(0..3)];
                app.offer(host, "talk", json!({ "kind": kind, "title": "Talk", "duration_minutes": minutes, "increment_minutes": 45 })).await;
                format!("a service of {kind}")
            }
            _ => {
                let service = ["resume", "talk"][rng.random_range(0..2)];
                let path = format!(
                    "/alumni/{}/services/{service}/slots?from=2026-10-19&until=2026-11-15",
                    host.handle
                );
                let (_, body) = app.api("GET", &path, None, None).await;
                let slots = body["slots"].as_array().cloned().unwrap_or_default();
                if slots.is_empty() {
                    continue;
                }
                let start = slots[rng.random_range(0..slots.len())]["start"]
                    .as_str()
                    .unwrap()
                    .to_owned();
                let guest = pick(&mut rng, &guests);
                if kind == 5 {
                    let browser = app.signed_in(&guests[guest]).await;
                    let path = format!("/alumni/{}/{service}", host.handle);
                    let page = browser.get(&path).await.body;
                    if let Some(id) = between(&page, "name=\"service\" value=\"", "\"") {
                        let wanted = [("service", id), ("start", &start)];
                        browser.post("/holds", &wanted).await;
                    }
                } else {
                    let body = json!({ "alumnus": host.handle, "service": service, "start": start, "goals": "x" });
                    let (status, body) = app
                        .api("POST", "/bookings", Some(&guests[guest]), Some(body))
                        .await;
                    if status == 201 {
                        booked.push((body["id"].as_str().unwrap().to_owned(), guest));
                    }
                }
                format!("booking {start}")
            }
        };
        assert_agree(&app, &format!("step {step}, {what}")).await;
    }
    assert!(app.count("select count(*) from free_times").await > 0);
    // A bulk fill writes what the small steps wrote.
    let before = app
        .count("select count(*) from free_times where ends_at > now()")
        .await;
    let now = app.now();
    app.sql(move |conn| {
        use diesel::connection::SimpleConnection;
        conn.batch_execute(
            "delete from free_times; update free_time_hosts set renew_at = 'epoch'",
        )?;
        index::fill(conn, now)
    })
    .await;
    assert_agree(&app, "filling it at once").await;
    assert!(app.count("select count(*) from free_times").await > 0 || before == 0);
}

#[actix_web::test]
async fn free_times_that_are_written_while_topics_change_are_found_by_the_new_ones() {
    let app = TestApp::at(MONDAY).await;
    let ada = app.alumnus("Ada").await;
    let id = ada.person.id;
    // The times are written anew, and not committed until the profile has had time to change.
    let write = app.act(move |tx| {
        use diesel::connection::SimpleConnection;
        almanac::people::store::lock(tx, &[id])?;
        tx.batch_execute("delete from free_times")?;
        index::refresh(tx, id)?;
        std::thread::sleep(std::time::Duration::from_millis(600));
        Ok(())
    });
    let describe = async {
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        describe(&app, &ada, "Games", "").await;
    };
    tokio::join!(write, describe);
    assert_agree(&app, "both").await;
    let (_, found) = app.api("GET", "/slots?topic=games", None, None).await;
    assert!(!found["slots"].as_array().unwrap().is_empty(), "{found}");
}

#[actix_web::test]
async fn a_booking_that_races_a_change_of_hours_lies_within_them_or_was_first() {
    let app = TestApp::at(MONDAY).await;
    let twin = app.twin().await;
    let ada = app.alumnus("Ada").await;
    let students = [
        app.student("Bea").await,
        app.student("Cem").await,
        app.student("Dan").await,
    ];
    for round in 0..12 {
        app.set_hours(&ada, json!({})).await;
        let day = format!("2026-10-{}", 20 + round % 10);
        let starts = ["09:00", "09:30", "14:00"].map(|time| format!("{day}T{time}:00Z"));
        let close = async {
            let (status, _) = twin
                .api(
                    "PUT",
                    "/me/availability",
                    Some(&ada),
                    Some(json!({ "zone": "Europe/Berlin", "weekly": [] })),
                )
                .await;
            assert_eq!(status, 200);
        };
        let book = futures_util::future::join_all(
            students
                .iter()
                .zip(&starts)
                .map(|(student, start)| app.book(student, &ada, start)),
        );
        let ((), answers) = futures_util::future::join(close, book).await;
        for (status, body) in answers {
            assert!([201, 409, 422].contains(&status), "{body}");
        }
        assert_agree(&app, "a race").await;
        // Nobody gets in after the change.
        assert_eq!(
            app.book(&students[0], &ada, &format!("{day}T12:00:00Z"))
                .await
                .0,
            422
        );
    }
}

#[actix_web::test]
async fn an_expired_hold_gives_its_time_back_to_the_index() {
    let app = TestApp::at(MONDAY).await;
    let (ada, bea) = (app.alumnus("Ada").await, app.student("Bea").await);
    let browser = app.signed_in(&bea).await;
    let held = browser.hold(&ada, "resume", "2026-10-20T08:00:00Z").await;
    assert_eq!(held.status, 303, "{}", held.body);
    let covering = "select count(*) from free_times where starts_at <= '2026-10-20T08:00:00Z' and ends_at >= '2026-10-20T08:30:00Z'";
    assert_eq!(app.count(covering).await, 0);
    app.advance(TimeDelta::minutes(6));
    while app.act(index::sweep).await {}
    assert_eq!(app.count(covering).await, 1);
    assert_eq!(app.count("select count(*) from claims").await, 0);
    assert_agree(&app, "a sweep").await;
    drop(ada);
}

#[actix_web::test]
async fn a_search_over_everybody_finds_the_soonest_times_that_can_be_booked() {
    let app = TestApp::at(MONDAY).await;
    let bea = app.student("Bea").await;
    let mut hosts = Vec::new();
    for (name, from, topics, languages) in [
        ("Ada", "18:00", "design", "English, German"),
        ("Ben", "08:00", "data", "English"),
        ("Cem", "18:00", "design, data", "Turkish"),
    ] {
        let host = app.alumnus(name).await;
        let until = format!("{}:00", from[..2].parse::<u32>().unwrap() + 3);
        let day = |day: &str| json!({ "day": day, "from": from, "until": until });
        let notice = if name == "Cem" { 1440 } else { 60 };
        let body = json!({ "zone": "Europe/Berlin", "weekly": [day("tue"), day("thu")], "minimum_notice_minutes": notice });
        assert_eq!(
            app.api("PUT", "/me/availability", Some(&host), Some(body))
                .await
                .0,
            200
        );
        let browser = app.signed_in(&host).await;
        let fields = [
            ("headline", "Here"),
            ("topics", topics),
            ("languages", languages),
            ("bio", "Likes 100% rye"),
        ];
        let saved = browser.post("/me/profile", &fields).await;
        assert_eq!(saved.status, 303, "{}", saved.body);
        hosts.push(host);
    }
    app.offer(
        &hosts[0],
        "talk",
        json!({ "kind": "networking", "title": "Talk", "duration_minutes": 60 }),
    )
    .await;
    let search = async |query: &str| {
        let (status, body) = app.api("GET", &format!("/slots?{query}"), None, None).await;
        assert_eq!(status, 200, "{body}");
        let slots = body["slots"].as_array().unwrap().clone();
        let text = |slot: &serde_json::Value| {
            let [start, alumnus, service] =
                ["start", "alumnus", "service"].map(|k| slot[k].as_str().unwrap().to_owned());
            format!("{} {alumnus} {service}", &start[5..16])
        };
        slots.iter().map(text).collect::<Vec<_>>()
    };
    // Tuesday 20 October: Ben in the morning, then Ada; Cem wants a day's notice, until 10:00 of that day.
    let all = search("until=2026-10-21&zone=Europe/Berlin").await;
    assert_eq!(
        all[..2],
        ["10-20T08:00 ben resume", "10-20T08:30 ben resume"]
    );
    assert_eq!(all.len(), 6, "{all:?}");
    assert!(
        all[2..]
            .iter()
            .all(|a| a.contains("18:") || a.contains("19:")),
        "{all:?}"
    );
    assert!(all.iter().any(|a| a == "10-20T18:00 cem resume"), "{all:?}");
    assert_eq!(
        search("topic=DATA&language=turkish&zone=Europe/Berlin&limit=1").await,
        ["10-20T18:00 cem resume"]
    );
    assert_eq!(
        search("service=networking&limit=1").await,
        ["10-20T16:00 ada talk"]
    );
    assert_eq!(search("q=100%25&limit=1").await.len(), 1);
    assert_eq!(search("q=50%25").await, [""; 0]);
    // Each of them can be booked, and is gone then; with cursors every answer comes once.
    let mut cursor = String::new();
    let mut seen = Vec::new();
    loop {
        let (_, body) = app
            .api(
                "GET",
                &format!(
                    "/slots?limit=3&from=2026-10-20T00:00:00Z&until=2026-10-30T00:00:00Z{cursor}"
                ),
                None,
                None,
            )
            .await;
        seen.extend(body["slots"].as_array().unwrap().clone());
        match body["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    let starts: Vec<&str> = seen.iter().map(|s| s["start"].as_str().unwrap()).collect();
    assert!(starts.is_sorted(), "{starts:?}");
    // Three hosts, two days of each of two weeks, two a day of each host.
    assert_eq!(seen.len(), 24);
    let booked = &seen[0];
    let body = json!({ "alumnus": booked["alumnus"], "service": booked["service"], "start": booked["start"], "goals": "x" });
    assert_eq!(
        app.api("POST", "/bookings", Some(&bea), Some(body)).await.0,
        201
    );
    let again = search("limit=1&from=2026-10-20T00:00:00Z").await;
    assert_eq!(again, ["10-20T06:30 ben resume"]);
    // A pause hides at once.
    app.signed_in(&hosts[1])
        .await
        .post("/me/profile/pause", &[("paused", "yes")])
        .await;
    assert!(search("").await.iter().all(|a| !a.contains("ben")));
    for (query, field) in [
        ("from=soon", "from"),
        ("until=2028-01-01", "until"),
        ("cursor=x", "cursor"),
        ("limit=0", "limit"),
        ("service=magic", "service"),
        ("zone=Mars", "zone"),
        ("colour=red", "colour"),
    ] {
        let (status, body) = app.api("GET", &format!("/slots?{query}"), None, None).await;
        assert_eq!(
            (status, body["fields"][0]["field"].as_str()),
            (400, Some(field)),
            "{query}: {body}"
        );
    }

    // The page: in the reader's zone, by hours of the day, one tap from the hold.
    let browser = app.signed_in(&bea).await;
    let page = browser
        .get("/find?service=resume&from=2026-10-20&until=2026-10-23&after=11:30&before=13:00")
        .await
        .body;
    assert!(
        page.contains("Tuesday 20 October 2026")
            && page.contains(">12:00</time>")
            && page.contains("Ada"),
        "{page}"
    );
    assert!(!page.contains("Ben"));
    let service = between(&page, "name=\"service\" value=\"", "\"")
        .unwrap()
        .to_owned();
    let start = between(&page, "name=\"start\" value=\"", "\"")
        .unwrap()
        .to_owned();
    let held = browser
        .post("/holds", &[("service", &service), ("start", &start)])
        .await;
    assert_eq!(held.status, 303, "{}", held.body);
    assert!(held.location.starts_with("/holds/"));
    // Nobody at night: the nearest that would do.
    let night = browser
        .get("/find?from=2026-10-20&until=2026-10-22&after=02:00&before=03:00")
        .await
        .body;
    assert!(
        night.contains("Nobody is free then") && night.contains("at other times on these days")
    );
    let wrong = browser
        .get("/find?from=2026-10-20&until=2026-10-19&after=25:00")
        .await;
    assert_eq!(wrong.status, 422);
    assert!(wrong.body.contains("before the from date") && wrong.body.contains("25:00"));
}

#[actix_web::test]
async fn an_alumnus_sees_why_a_time_is_not_offered() {
    let app = TestApp::at("2026-10-19T08:10:00Z").await;
    let (ada, bea) = (app.alumnus("Ada").await, app.student("Bea").await);
    let limits = json!({ "buffer_after_minutes": 15, "max_per_week": 5, "overrides": [{ "date": "2026-10-22", "windows": [{ "from": "09:00", "until": "10:00" }] }], "horizon_days": 30 });
    app.set_hours(&ada, limits).await;
    assert_eq!(app.book(&bea, &ada, "2026-10-20T10:00:00Z").await.0, 201);
    let desk = app.signed_in(&ada).await;
    let why = async |query: &str| {
        let answer = desk.get(&format!("/me/availability/why?{query}")).await;
        assert_eq!(answer.status, 200, "{query}");
        answer.body
    };
    // Berlin is two hours ahead of UTC: booked from 12:00 to 12:30, quiet until 12:45 and from 11:45.
    let day = why("day=2026-10-20").await;
    for part in [
        "00:00 to 09:00",
        "Outside your weekly hours",
        "09:00 to 11:45",
        "Offered",
        "12:00 to 12:30",
        "with <bdi>Bea",
        "12:30 to 12:45",
        "Buffer around",
    ] {
        assert!(day.contains(part), "{part} in {day}");
    }
    for (query, sentence) in [
        (
            "day=2026-10-20&time=13:00",
            "can be booked for Resume review",
        ),
        (
            "day=2026-10-20&time=12:10",
            "is not offered. <a href=\"/bookings/",
        ),
        ("day=2026-10-20&time=11:30", "would overlap"),
        ("day=2026-10-20&time=13:10", "no session starts then"),
        ("day=2026-10-20&time=20:00", "Outside your weekly hours"),
        ("day=2026-10-22&time=11:00", "its own hours"),
        ("day=2026-10-19&time=10:00", "time has passed"),
        ("day=2026-10-19&time=10:30", "your minimum notice"),
        ("day=2026-11-30&time=10:00", "Further ahead"),
    ] {
        assert!(why(query).await.contains(sentence), "{query}");
    }
    app.set_hours(&ada, json!({ "max_per_day": 1 })).await;
    assert!(
        why("day=2026-10-20&time=15:00")
            .await
            .contains("your maximum sessions for this day")
    );
    desk.post("/me/profile/pause", &[("paused", "yes")]).await;
    assert!(
        why("day=2026-10-21&time=15:00")
            .await
            .contains("bookings are paused")
    );
    assert_eq!(
        desk.get("/me/availability/why?day=soon&time=25:00")
            .await
            .status,
        422
    );
    assert_eq!(
        app.signed_in(&bea)
            .await
            .get("/me/availability/why")
            .await
            .status,
        403
    );
}

/// Each number above the board is that of the alumni to whom it leads.
#[actix_web::test]
async fn the_numbers_of_the_week_are_those_of_who_is_shown() {
    let app = TestApp::at("2026-10-20T08:30:00Z").await;
    let hours = [
        (
            "Ada",
            json!([{ "day": "tue", "from": "09:00", "until": "11:00" }, { "day": "thu", "from": "11:30", "until": "12:30" }]),
        ),
        (
            "Ben",
            json!([{ "day": "thu", "from": "16:30", "until": "18:00" }, { "day": "sun", "from": "23:00", "until": "24:00" }]),
        ),
        (
            "Cleo",
            json!([{ "day": "sun", "from": "06:00", "until": "21:00" }]),
        ),
    ];
    for (name, weekly) in hours {
        let host = app.alumnus(name).await;
        app.set_hours(
            &host,
            json!({ "weekly": weekly, "minimum_notice_minutes": 0 }),
        )
        .await;
    }
    let counted = numbers_of_the_week(&app, "").await;
    // Ada's Tuesday has begun at half past ten; 11:30 on Thursday is in the morning, and so is a start at 12:00 in
    // the afternoon. Nobody is free at night, so it is not shown.
    let expected = [
        "Tue 20 Oct, morning: 1 alumnus",
        "Thu 22 Oct, morning: 1 alumnus",
        "Sun 25 Oct, morning: 1 alumnus",
        "Thu 22 Oct, afternoon: 2 alumni",
        "Sun 25 Oct, afternoon: 1 alumnus",
        "Thu 22 Oct, evening: 1 alumnus",
        "Sun 25 Oct, evening: 2 alumni",
    ];
    assert_eq!(counted, expected);
    // An hour fits nowhere: Ada offers half of one.
    assert_eq!(numbers_of_the_week(&app, "60").await, Vec::<String>::new());
}

/// The numbers above the board in words, for sessions of that length. Each is that of the alumni to whom it leads.
async fn numbers_of_the_week(app: &TestApp, length: &str) -> Vec<String> {
    let path = format!("/alumni?zone=Europe/Berlin&service=resume&length={length}");
    let page = app.visitor().get(&path).await.body;
    let cells = page.split("<td><a class=\"").skip(1);
    let mut counted = Vec::new();
    for cell in cells {
        let (link, words) = (
            between(cell, "href=\"", "\"")
                .unwrap()
                .replace("&amp;", "&"),
            between(cell, "aria-label=\"", "\"").unwrap(),
        );
        let number = between(words, ": ", " ").unwrap();
        let shown = app
            .visitor()
            .get(&format!("{link}&zone=Europe/Berlin"))
            .await
            .body;
        let cards = shown.matches("<li class=\"card alumnus\">").count();
        assert_eq!(cards.to_string(), number, "{words}: {link}");
        assert!(link.contains("service=resume"), "{link}");
        counted.push(words.to_owned());
    }
    counted
}
