//! Whatever everybody does: random actions of random people, and what must hold after them.

use chrono::TimeDelta;
use diesel::RunQueryDsl;
use rand::{RngExt, SeedableRng, rngs::StdRng, seq::IndexedRandom};
use serde_json::{Value, json};

use crate::{
    life::{MONDAY, distinct, post, to_events, with_approval},
    race::{Locked, assert_nobody_is_double_booked},
    support::{Somebody, TestApp, line},
};

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
    // Another server, whose own clock is ahead.
    let double = app.ahead(TimeDelta::seconds(3)).await;
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
        app.advance(TimeDelta::seconds(1));
        let who = *everybody.choose(&mut rng).unwrap();
        let at = if rng.random() { &app } else { &double };
        // Sometimes a row is locked by somebody slow, and a deadline passes meanwhile.
        let slow = (rng.random_range(0..6) == 0).then(|| Locked::of(&app, who));
        let (mut later, mut action) = (rng.random_range(0..90), rng.random_range(0..8));
        if slow.is_none() {
            later = 0;
        } else if action == 7 {
            action = 0; // The clock moves as it is.
        }
        let while_slow = async {
            if slow.is_some() {
                tokio::time::sleep(std::time::Duration::from_millis(40)).await;
                app.advance(TimeDelta::minutes(later));
            }
            drop(slow);
        };
        let acting = async {
            match (action, bookings.choose(&mut rng)) {
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
            }
        };
        let ((status, answer), ()) = tokio::join!(acting, while_slow);
        assert!(
            matches!(status, 200 | 201 | 404 | 409 | 422),
            "{status} {answer}"
        );
        if status == 201 {
            bookings.push(answer);
        }
    }
    // What the worker would do within seconds.
    while app
        .app
        .transaction(almanac::bookings::change::answer::expire_one)
        .await
        .unwrap()
    {}
    assert_nobody_is_double_booked(&app, "everything").await;
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
            let line = |name| line(&event, name);
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
                            almanac::bookings::group::store::sequence(conn, group)?
                        }
                        _ => booking.sequence,
                    };
                    let start = booking.starts_at.format("%Y%m%dT%H%M%SZ").to_string();
                    // Of seats that were given up the last, since a group moves with who is in it.
                    let rank = (status != "CANCELLED", sequence, booking.cancelled_at);
                    let event = (rank, start, status);
                    let known = events.entry(booking.uid()).or_insert_with(|| event.clone());
                    if event.0 > known.0 {
                        *known = event;
                    }
                }
                let mut rows: Vec<String> = events
                    .into_iter()
                    .map(|(uid, ((_, sequence, _), start, status))| {
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
                let line = |name| line(event, name);
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
