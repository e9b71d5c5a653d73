//! Reminders: decided by what stands when they are due, each once, by the reader's clock.

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::{
    life::{distinct, post, to},
    support::{TestApp, header, unquoted},
};

/// Decides over reminders now, besides the worker, which does so every few seconds.
async fn remind(app: &TestApp) {
    app.act(almanac::bookings::remind::remind).await;
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
            .filter(|l| header(l, "Subject").is_some_and(|s| s.starts_with("Reminder")));
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
            text.contains("starts in 30 minutes") && letter.contains(kept["id"].as_str().unwrap()),
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
                .filter(|l| header(l, "Subject").is_some_and(|s| s.starts_with("Reminder")));
            let texts: Vec<String> = soon.map(|l| unquoted(l)).collect();
            assert!(
                texts.len() == 2 && texts.iter().all(|t| t.contains(hour)),
                "{start} {hour}: {texts:?}"
            );
        }
    }
}

#[actix_web::test]
async fn the_host_of_a_group_is_reminded_once_whoever_gives_up_a_seat() {
    let app = TestApp::at("2026-03-04T08:00:00Z").await;
    let ada = app.alumnus("Ada").await;
    app.offer(
        &ada,
        "resume",
        json!({ "kind": "resume", "title": "Resume evening", "duration_minutes": 30, "seats": 3 }),
    )
    .await;
    let (bea, cem) = (app.student("Bea").await, app.student("Cem").await);
    let slot = "2026-03-05T12:00:00Z";
    let (_, first) = app.book(&bea, &ada, slot).await;
    app.advance(TimeDelta::seconds(1));
    let (_, second) = app.book(&cem, &ada, slot).await;
    distinct(&app, 4).await;
    app.advance(TimeDelta::hours(4));
    remind(&app).await;
    // A day before: both guests and, by one of the seats, the host.
    let letters = distinct(&app, 7).await;
    let to_host: Vec<&String> = to(&letters, "Ada")
        .into_iter()
        .filter(|l| header(l, "Subject").unwrap().starts_with("Reminder"))
        .collect();
    assert_eq!(to_host.len(), 1, "{to_host:?}");
    assert!(
        header(to_host[0], "Subject")
            .unwrap()
            .contains("Resume evening (group)"),
        "{}",
        to_host[0]
    );
    for (seat, who) in [(&first, &bea), (&second, &cem)] {
        let text = unquoted(to_host[0]);
        let path = format!("/bookings/{}", seat["id"].as_str().unwrap());
        assert!(!text.contains(&who.person.name), "nobody's own: {text}");
        assert!(!text.contains(&path), "{text}");
    }
    assert_eq!(post(&app, &bea, &first, "cancel", json!({})).await.0, 200);
    app.advance(TimeDelta::minutes(30));
    remind(&app).await;
    let reminded = app
        .count("select count(*) from reminders where minutes = 1440")
        .await;
    assert_eq!(reminded, 3, "not again by the seat that is left");
}
