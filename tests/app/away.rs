//! Somebody is shut out with sessions ahead: who hears of it, and how a coordinator ends them.

use almanac::{bookings::away, people::Role};
use chrono::TimeDelta;
use diesel::connection::SimpleConnection;
use serde_json::json;

use crate::support::{Somebody, TestApp, connect};

const NOW: &str = "2027-03-01T08:00:00Z";

async fn placed(app: &TestApp, desk: &Somebody, who: &Somebody, role: &str, standing: &str) {
    let browser = app.signed_in(desk).await;
    let path = format!("/coordinate/people/{}", who.person.id);
    let answer = browser
        .post(&path, &[("role", role), ("standing", standing)])
        .await;
    assert_eq!(answer.status, 303, "{}", answer.body);
}

#[actix_web::test]
async fn the_other_side_and_a_coordinator_hear_and_all_can_be_cancelled() {
    let app = TestApp::at(NOW).await;
    let cleo = app
        .person("Cleo", "Europe/Berlin", &[Role::Coordinator])
        .await;
    let ada = app.alumnus("Ada").await;
    let (bea, cem) = (app.student("Bea").await, app.student("Cem").await);
    assert_eq!(app.book(&bea, &ada, "2027-03-01T12:00:00Z").await.0, 201);
    assert_eq!(app.book(&cem, &ada, "2027-03-03T09:00:00Z").await.0, 201);
    let path = format!("/coordinate/people/{}", ada.person.id);
    app.act(away::tell).await;
    assert_eq!(app.count("select count(*) from absences").await, 0);
    placed(&app, &cleo, &ada, "alumnus", "suspended").await;
    app.act(away::tell).await;
    app.act(away::tell).await;
    let uncertain = app
        .letters_with("Subject: May not take place: Resume review with Ada", 2)
        .await;
    assert_eq!(uncertain.len(), 2);
    assert!(
        uncertain.iter().any(|l| l.contains("To: Bea"))
            && uncertain.iter().any(|l| l.contains("To: Cem"))
    );
    let desk = app.letters_with("has 2 upcoming sessions", 1).await;
    assert!(
        desk.len() == 1
            && desk[0].contains("To: Cleo")
            && desk[0].contains(&format!("{path}/record"))
    );

    // Within the hours in which it would be late, leaving costs Bea nothing.
    let (_, own) = app.api("GET", "/bookings", Some(&bea), None).await;
    let id = own["bookings"][0]["id"].as_str().unwrap().to_owned();
    app.sql(|conn| {
        use almanac::db::schema::bookings;
        use diesel::prelude::*;
        diesel::update(bookings::table)
            .set(bookings::change_notice_hours.eq(24))
            .execute(conn)
    })
    .await;
    let body = serde_json::json!({ "reason": "Too uncertain" });
    let (status, answer) = app
        .api(
            "POST",
            &format!("/bookings/{id}/cancel"),
            Some(&bea),
            Some(body),
        )
        .await;
    assert_eq!(status, 200, "{answer}");
    assert_eq!(
        app.count("select count(*) from bookings where cancelled_late")
            .await,
        0
    );

    let browser = app.signed_in(&cleo).await;
    let record = browser.get(&format!("{path}/record")).await.body;
    assert!(
        record.contains("Cancel all sessions") && record.contains("Cem") && !record.contains("Bea")
    );
    let cancel = format!("{path}/cancel-sessions");
    let without = browser.post(&cancel, &[("reason", " ")]).await;
    assert_eq!(without.status, 422);
    assert_eq!(
        app.signed_in(&bea)
            .await
            .post(&cancel, &[("reason", "x")])
            .await
            .status,
        403
    );
    assert_eq!(
        browser
            .post(&cancel, &[("reason", "Ada has left us")])
            .await
            .status,
        303
    );
    let cancelled = app
        .letters_with("A coordinator has cancelled this session", 2)
        .await;
    assert_eq!(cancelled.len(), 2, "one to each side");
    for letter in &cancelled {
        assert!(letter.contains("Ada has left us"), "{letter}");
    }
    assert_eq!(app.count("select count(*) from claims").await, 0);
    assert_eq!(
        app.count("select count(*) from audit_log where action = 'sessions_cancelled'")
            .await,
        1
    );
    // Nothing is left to cancel.
    assert_eq!(
        browser.post(&cancel, &[("reason", "Again")]).await.status,
        303
    );
    let (_, own) = app.api("GET", "/bookings", Some(&cem), None).await;
    let id = own["bookings"][0]["id"].as_str().unwrap();
    let page = app
        .signed_in(&cem)
        .await
        .get(&format!("/bookings/{id}"))
        .await
        .body;
    assert!(page.contains("a coordinator"), "{page}");
}

#[actix_web::test]
async fn who_is_back_and_away_again_is_told_again() {
    let app = TestApp::at(NOW).await;
    let cleo = app
        .person("Cleo", "Europe/Berlin", &[Role::Coordinator])
        .await;
    let ada = app.alumnus("Ada").await;
    let bea = app.student("Bea").await;
    assert_eq!(app.book(&bea, &ada, "2027-03-05T12:00:00Z").await.0, 201);
    placed(&app, &cleo, &bea, "student", "lapsed").await;
    app.act(away::tell).await;
    app.letters_with("Subject: May not take place: Resume review with Bea", 1)
        .await;
    placed(&app, &cleo, &bea, "student", "active").await;
    app.act(away::tell).await;
    assert_eq!(app.count("select count(*) from absences").await, 0);
    app.advance(TimeDelta::minutes(1));
    placed(&app, &cleo, &bea, "student", "lapsed").await;
    app.act(away::tell).await;
    app.letters_with("Subject: May not take place: Resume review with Bea", 2)
        .await;
}

#[actix_web::test]
async fn a_request_that_is_overdue_keeps_nothing_from_being_cancelled() {
    let app = TestApp::at(NOW).await;
    let cleo = app
        .person("Cleo", "Europe/Berlin", &[Role::Coordinator])
        .await;
    let ada = app.alumnus("Ada").await;
    let (bea, cem) = (app.student("Bea").await, app.student("Cem").await);
    assert_eq!(app.book(&bea, &ada, "2027-03-05T09:00:00Z").await.0, 201);
    let asking = json!({ "kind": "resume", "duration_minutes": 30, "title": "Resume review", "location": "", "approval": true });
    app.offer(&ada, "resume", asking).await;
    assert_eq!(app.book(&cem, &ada, "2027-03-05T11:00:00Z").await.0, 201);
    let desk = app.signed_in(&cleo).await;
    // Past the time to answer, before anybody has come round to end it.
    let mut conn = connect(&app.database);
    conn.batch_execute(
        "update bookings set hold_expires_at = '2027-03-01T07:00:00Z' where status = 'pending'",
    )
    .unwrap();
    let path = format!("/coordinate/people/{}/cancel-sessions", ada.person.id);
    let answer = desk.post(&path, &[("reason", "Ada has left us")]).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    assert_eq!(
        app.count("select count(*) from bookings where status in ('pending', 'confirmed')")
            .await,
        0
    );
    assert_eq!(app.count("select count(*) from claims").await, 0);
}

#[actix_web::test]
async fn a_group_ends_for_everybody_in_it() {
    let app = TestApp::at(NOW).await;
    let cleo = app
        .person("Cleo", "Europe/Berlin", &[Role::Coordinator])
        .await;
    let ada = app.alumnus("Ada").await;
    let group = json!({ "kind": "resume", "duration_minutes": 30, "title": "Resume review", "location": "", "seats": 4 });
    app.offer(&ada, "resume", group).await;
    let mut guests = Vec::new();
    for name in ["Bea", "Cem", "Dan"] {
        guests.push(app.student(name).await);
    }
    for guest in &guests {
        assert_eq!(app.book(guest, &ada, "2027-03-05T09:00:00Z").await.0, 201);
    }
    let desk = app.signed_in(&cleo).await;
    let path = format!("/coordinate/people/{}/cancel-sessions", ada.person.id);
    assert_eq!(
        desk.post(&path, &[("reason", "Ada has left us")])
            .await
            .status,
        303
    );
    assert_eq!(
        app.count("select count(*) from bookings where status = 'confirmed'")
            .await,
        0
    );
    assert_eq!(app.count("select count(*) from claims").await, 0);
    let cancelled = app
        .letters_with("A coordinator has cancelled this session", 4)
        .await;
    assert_eq!(cancelled.len(), 4, "one to each");
    let letters = app.post.letters();
    let to_host = |l: &&String| l.contains("To: Ada") && l.contains("is no longer coming");
    assert_eq!(
        letters.iter().filter(to_host).count(),
        0,
        "the host hears once"
    );
}
