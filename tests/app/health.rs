//! What is wrong shows where machines and people look.

use chrono::TimeDelta;
use diesel::connection::SimpleConnection;

use crate::support::{Mood, TestApp, answer, connect};

const NOW: &str = "2027-03-01T08:00:00Z";

#[actix_web::test]
async fn a_locked_table_is_told_until_it_is_free() {
    let app = TestApp::at(NOW).await;
    let browser = app.visitor();
    assert_eq!(browser.get("/readyz").await.body, "ready\n");
    assert!(browser.get("/status").await.body.contains("Everything is"));
    let mut conn = connect(&app.database);
    conn.batch_execute("begin; lock table bookings in exclusive mode")
        .unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(2100)).await;
    let ready = browser.get("/readyz").await;
    assert_eq!(ready.status, 503);
    assert_eq!(ready.body, "not ready\na database table is locked\n");
    let status = browser.get("/status").await;
    assert_eq!(status.status, 503);
    assert!(
        status.body.contains("A database table is locked."),
        "{}",
        status.body
    );
    conn.batch_execute("rollback").unwrap();
    assert_eq!(browser.get("/readyz").await.status, 200);
}

#[actix_web::test]
async fn a_database_of_another_version_is_told() {
    let app = TestApp::at(NOW).await;
    let browser = app.visitor();
    let mut conn = connect(&app.database);
    conn.batch_execute(
        "insert into __diesel_schema_migrations (version) values ('29990101000000')",
    )
    .unwrap();
    let newer = browser.get("/readyz").await;
    assert!(
        newer.status == 503 && newer.body.contains("newer version"),
        "{newer:?}"
    );
    conn.batch_execute("delete from __diesel_schema_migrations where version > '2027'")
        .unwrap();
    assert_eq!(browser.get("/readyz").await.status, 200);
}

#[actix_web::test]
async fn mail_that_does_not_go_out_is_told_and_turns_nobody_away() {
    let app = TestApp::at(NOW).await;
    app.post.set_mood(Mood::Down);
    let browser = app.visitor();
    let ada = app.alumnus("Ada").await;
    let bea = app.student("Bea").await;
    assert_eq!(app.book(&bea, &ada, "2027-03-02T09:00:00Z").await.0, 201);
    let tried = "select count(*) from jobs where last_error <> ''";
    for _ in 0..200 {
        if app.count(tried).await > 0 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }
    assert_eq!(browser.get("/readyz").await.body, "ready\n");
    app.advance(TimeDelta::minutes(11));
    let ready = browser.get("/readyz").await;
    assert_eq!(ready.status, 200);
    assert!(
        ready.body.starts_with("ready\nemails are not being sent: "),
        "{}",
        ready.body
    );
    let status = browser.get("/status").await;
    assert_eq!(status.status, 200);
    assert!(
        status.body.contains("Emails are not being sent")
            && status.body.contains("The oldest has waited since")
    );
}

#[actix_web::test]
async fn measurements_are_for_the_networks_of_the_setting() {
    let app = TestApp::at(NOW).await;
    let metrics = format!("{}/metrics", app.origin);
    let http = reqwest::Client::new();
    assert_eq!(answer(http.get(&metrics)).await.status, 200);
    // A proxy on the same machine that is not trusted passes on whom it likes.
    for name in ["x-forwarded-for", "forwarded"] {
        let passed_on = http.get(&metrics).header(name, "for=203.0.113.9");
        assert_eq!(answer(passed_on).await.status, 404, "{name}");
    }
    let closed = TestApp::with(NOW, &[("ALMANAC_METRICS_ALLOW", "10.0.0.0/8")]).await;
    let metrics = format!("{}/metrics", closed.origin);
    assert_eq!(answer(http.get(&metrics)).await.status, 404);
    let trusting = [
        ("ALMANAC_METRICS_ALLOW", "203.0.113.0/24"),
        ("ALMANAC_TRUSTED_PROXIES", "127.0.0.1"),
    ];
    let behind = TestApp::with(NOW, &trusting).await;
    let metrics = format!("{}/metrics", behind.origin);
    let from = |client| answer(http.get(&metrics).header("x-forwarded-for", client));
    assert_eq!(from("203.0.113.9").await.status, 200);
    assert_eq!(from("198.51.100.9").await.status, 404);
}
