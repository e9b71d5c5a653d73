use chrono::TimeDelta;
use serde_json::json;

use crate::support::{Answer, TestApp, answer};

const MONDAY: &str = "2026-03-02T08:00:00Z";

async fn get(app: &TestApp, url: &str, headers: &[(&str, &str)]) -> Answer {
    let url = if url.starts_with('/') {
        format!("{}{url}", app.origin)
    } else {
        url.to_owned()
    };
    let mut request = reqwest::Client::new().get(url);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    answer(request).await
}

fn text<'a>(answer: &'a Answer, name: &str) -> &'a str {
    answer.headers.get(name).map_or("", |v| v.to_str().unwrap())
}

#[actix_web::test]
async fn a_feed_has_validators_and_only_the_owners_sessions() {
    let app = TestApp::at(MONDAY).await;
    let (ada, bea, cem) = (
        app.alumnus("Ada").await,
        app.student("Bea").await,
        app.student("Cem").await,
    );
    app.book(&bea, &ada, "2026-03-05T09:00:00Z").await;
    app.book(&cem, &ada, "2026-03-05T10:00:00Z").await;
    let url = app.api("GET", "/me/feed", Some(&bea), None).await.1["url"]
        .as_str()
        .unwrap()
        .to_owned();
    let first = get(
        &app,
        &url,
        &[
            ("cookie", "almanac=x"),
            ("range", "bytes=0-1"),
            ("accept", "image/png"),
        ],
    )
    .await;
    assert_eq!(first.status, 200);
    assert_eq!(text(&first, "content-type"), "text/calendar; charset=utf-8");
    assert_eq!(text(&first, "cache-control"), "private, no-cache");
    assert!(first.headers.get("set-cookie").is_none());
    assert_eq!(first.body.matches("BEGIN:VEVENT").count(), 1);
    assert!(!first.body.contains("ATTENDEE") && !first.body.contains("Cem"));
    app.advance(TimeDelta::minutes(7));
    let second = get(&app, &url, &[]).await;
    assert_eq!(first.body, second.body);
    let (tag, changed) = (
        text(&second, "etag").to_owned(),
        text(&second, "last-modified").to_owned(),
    );
    for (name, value, status) in [
        ("if-none-match", tag.clone(), 304),
        ("if-none-match", format!("\"x\", W/{tag}"), 304),
        ("if-none-match", "*".into(), 304),
        ("if-none-match", "\"x\"".into(), 200),
        ("if-modified-since", changed, 304),
        (
            "if-modified-since",
            "Mon, 02 Mar 2026 07:00:00 GMT".into(),
            200,
        ),
        ("if-modified-since", "junk".into(), 200),
    ] {
        let answer = get(&app, &url, &[(name, &value)]).await;
        assert_eq!(answer.status, status, "{name}: {value}");
        assert_eq!(text(&answer, "etag"), tag);
        assert_eq!(answer.body.is_empty(), status == 304);
    }
    let head = answer(reqwest::Client::new().head(&url)).await;
    assert_eq!(
        (head.status, text(&head, "etag"), head.body.as_str()),
        (200, tag.as_str(), "")
    );
    assert_eq!(answer(reqwest::Client::new().post(&url)).await.status, 405);
}

#[actix_web::test]
async fn rotation_kills_the_old_address_at_once() {
    let app = TestApp::at(MONDAY).await;
    let bea = app.student("Bea").await;
    let url = async |method: &str, path: &str| {
        app.api(method, path, Some(&bea), None).await.1["url"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let old = url("GET", "/me/feed").await;
    assert_eq!(url("GET", "/me/feed").await, old);
    assert_eq!(
        get(&app, &old, &[])
            .await
            .body
            .matches("BEGIN:VEVENT")
            .count(),
        0
    );
    let new = url("POST", "/me/feed/rotate").await;
    assert_ne!(old, new);
    let (dead, wrong) = (
        get(&app, &old, &[]).await,
        get(&app, "/calendar/never-was.ics", &[]).await,
    );
    assert_eq!((dead.status, &dead.body), (404, &wrong.body));
    assert_eq!(get(&app, &new, &[]).await.status, 200);
    // The token itself is nowhere in the database.
    let token = new
        .rsplit('/')
        .next()
        .unwrap()
        .trim_end_matches(".ics")
        .to_owned();
    let person = bea.person.clone();
    let stored = app
        .sql(move |conn| almanac::feeds::store::owner(conn, &almanac::keys::hash(&token)))
        .await;
    assert_eq!(stored.map(|(owner, _)| owner.id), Some(person.id));
    app.sql(move |conn| {
        use almanac::people::{self, Role, Roles, Standing};
        people::store::place(
            conn,
            &person,
            &Roles::new([Role::Student]),
            Standing::Suspended,
        )
    })
    .await;
    assert_eq!(get(&app, &new, &[]).await.status, 404);
}

#[actix_web::test]
async fn a_cancelled_session_stays_a_week_after_its_time() {
    let app = TestApp::at(MONDAY).await;
    let (ada, bea) = (app.alumnus("Ada").await, app.student("Bea").await);
    let (_, booking) = app.book(&bea, &ada, "2026-03-05T09:00:00Z").await;
    let url = app.api("GET", "/me/feed", Some(&ada), None).await.1["url"]
        .as_str()
        .unwrap()
        .to_owned();
    let before = get(&app, &url, &[]).await;
    app.advance(TimeDelta::hours(1));
    let path = format!("/bookings/{}/cancel", booking["id"].as_str().unwrap());
    app.api("POST", &path, Some(&ada), Some(json!({ "reason": "Ill" })))
        .await;
    let cancelled = get(&app, &url, &[("if-none-match", text(&before, "etag"))]).await;
    assert_eq!(cancelled.status, 200);
    for line in [
        "STATUS:CANCELLED",
        "SEQUENCE:1",
        "TRANSP:TRANSPARENT",
        "DTSTAMP:20260302T090000Z",
    ] {
        assert!(cancelled.body.contains(line), "{line}");
    }
    app.advance(TimeDelta::days(10));
    assert_eq!(
        get(&app, &url, &[])
            .await
            .body
            .matches("BEGIN:VEVENT")
            .count(),
        1
    );
    app.advance(TimeDelta::days(1));
    let gone = get(
        &app,
        &url,
        &[("if-modified-since", text(&cancelled, "last-modified"))],
    )
    .await;
    assert_eq!(
        (gone.status, gone.body.matches("BEGIN:VEVENT").count()),
        (200, 0)
    );
}

#[actix_web::test]
async fn open_times_are_public_and_lead_to_their_booking() {
    let app = TestApp::at(MONDAY).await;
    let (ada, bea) = (app.alumnus("Ada").await, app.student("Bea").await);
    let count = async || {
        get(&app, "/alumni/ada/open-times.ics", &[])
            .await
            .body
            .matches("BEGIN:VEVENT")
            .count()
    };
    let before = count().await;
    app.book(&bea, &ada, "2026-03-05T09:00:00Z").await;
    assert_eq!(count().await, before - 1);
    let feed = get(&app, "/alumni/ada/open-times.ics", &[])
        .await
        .body
        .replace("\r\n ", "");
    assert!(
        feed.contains(&format!("URL:{}/alumni/ada/resume?at=2026", app.origin))
            && !feed.contains("Bea")
    );
    assert_eq!(
        get(&app, "/alumni/nobody/open-times.ics", &[]).await.status,
        404
    );
}

/// Written once, then kept until something changes that it depends on.
#[actix_web::test]
async fn open_times_are_kept_until_they_change() {
    let app = TestApp::at("2027-03-01T08:00:00Z").await;
    let ada = app.alumnus("Ada").await;
    let client = reqwest::Client::new();
    let address = format!("{}/alumni/{}/open-times.ics", app.origin, ada.handle);
    let get = async |tag: Option<String>| {
        let mut request = client.get(&address);
        if let Some(tag) = tag {
            request = request.header("if-none-match", tag);
        }
        crate::support::answer(request).await
    };
    let first = get(None).await;
    let tag = first.headers["etag"].to_str().unwrap().to_owned();
    assert_eq!(get(Some(tag.clone())).await.status, 304);
    assert_eq!(get(None).await.body, first.body);
    let time = "2027-03-02T09:00:00Z";
    assert!(first.body.contains("DTSTART:20270302T090000Z"));
    let bea = app.student("Bea").await;
    assert_eq!(app.book(&bea, &ada, time).await.0, 201);
    let second = get(Some(tag)).await;
    assert_eq!(second.status, 200);
    assert!(!second.body.contains("DTSTART:20270302T090000Z"));
    // A new name is one, too.
    app.offer(&ada, "resume", serde_json::json!({ "kind": "resume", "duration_minutes": 30, "title": "Two pages", "location": "" })).await;
    assert!(get(None).await.body.contains("Free: Two pages with Ada"));
}
