//! What coordinators see of people and bookings, and the numbers.

use almanac::people::Role;
use chrono::TimeDelta;
use serde_json::json;

use crate::support::{TestApp, between};

const MONDAY: &str = "2026-03-02T08:00:00Z";

#[actix_web::test]
async fn people_are_found_by_role_standing_and_activity_and_go_into_a_file() {
    let app = TestApp::at(MONDAY).await;
    let (ada, bea) = (app.alumnus("Ada").await, app.student("Bea").await);
    app.student("=Cem").await;
    let coordinator = app.person("Cora", "UTC", &[Role::Coordinator]).await;
    assert_eq!(app.book(&bea, &ada, "2026-03-05T09:00:00Z").await.0, 201);
    app.signed_in(&bea).await;
    app.advance(TimeDelta::days(20));
    let desk = app.signed_in(&coordinator).await;
    let found = async |query: &str| -> Vec<&'static str> {
        let page = desk.get(&format!("/coordinate/people?{query}")).await;
        assert_eq!(page.status, 200, "{query}: {}", page.body);
        let names = ["Ada", "Bea", "=Cem", "Cora"];
        let is_there = |name: &&str| page.body.contains(&format!("<bdi>{name}</bdi></a></th>"));
        names.into_iter().filter(is_there).collect()
    };
    assert_eq!(found("role=student").await, ["Bea", "=Cem"]);
    assert_eq!(found("role=alumnus").await, ["Ada"]);
    assert_eq!(found("activity=here").await, ["Bea", "Cora"]);
    assert_eq!(found("activity=away&role=student").await, ["=Cem"]);
    assert_eq!(found("standing=lapsed").await, Vec::<&str>::new());
    assert_eq!(found("q=bea%40").await, ["Bea"]);
    for wrong in ["role=king", "standing=x", "activity=x"] {
        let answer = desk.get(&format!("/coordinate/people?{wrong}")).await;
        assert_eq!(answer.status, 400, "{wrong}");
    }
    let file = desk.get("/coordinate/people.csv?role=student").await;
    assert_eq!(file.status, 200);
    assert!(file.body.contains("\n\"'=Cem\","), "{}", file.body);
    let text = file.body.replace('"', "");
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 3, "{lines:?}");
    assert!(
        lines.iter().any(|line| line.starts_with("'=Cem,")),
        "{lines:?}"
    );
    let of_bea = lines.iter().find(|line| line.starts_with("Bea,")).unwrap();
    assert!(of_bea.ends_with(",1,2026-03-02"), "{of_bea}");
}

#[actix_web::test]
async fn all_bookings_are_listed_with_their_dates_and_never_their_words() {
    let app = TestApp::at(MONDAY).await;
    let (ada, ben) = (app.alumnus("Ada").await, app.alumnus("Ben").await);
    let (bea, cem) = (app.student("Bea").await, app.student("Cem").await);
    let coordinator = app.person("Cora", "UTC", &[Role::Coordinator]).await;
    let (_, first) = app.book(&bea, &ada, "2026-03-05T09:00:00Z").await;
    assert_eq!(app.book(&cem, &ben, "2026-03-06T09:00:00Z").await.0, 201);
    let cancel = format!("/bookings/{}/cancel", first["id"].as_str().unwrap());
    let reason = json!({ "reason": "A private reason" });
    assert_eq!(
        app.api("POST", &cancel, Some(&bea), Some(reason)).await.0,
        200
    );
    let desk = app.signed_in(&coordinator).await;
    let rows = async |query: &str| {
        let page = desk.get(&format!("/coordinate/bookings?{query}")).await;
        assert_eq!(page.status, 200, "{query}");
        for word in ["private reason", "A job"] {
            assert!(!page.body.contains(word), "{word}");
        }
        page.body.matches("<th scope=\"row\">").count()
    };
    assert_eq!(rows("").await, 2);
    assert_eq!(rows("status=cancelled").await, 1);
    assert_eq!(rows("q=cem").await, 1);
    assert_eq!(rows("q=Ada").await, 1);
    assert_eq!(rows("q=nobody").await, 0);
    assert_eq!(rows("from=2026-03-06").await, 1);
    assert_eq!(desk.get("/coordinate/bookings?status=x").await.status, 400);
    assert_eq!(desk.get("/coordinate/bookings?from=soon").await.status, 400);
    let seen = "select count(*) from audit_log where action = 'bookings_listed'";
    assert!(app.count(seen).await >= 6);
}

#[actix_web::test]
async fn the_pulse_counts_sessions_demand_and_load() {
    let app = TestApp::at(MONDAY).await;
    let (ada, bea) = (app.alumnus("Ada").await, app.student("Bea").await);
    let coordinator = app
        .person("Cora", "Europe/Berlin", &[Role::Coordinator])
        .await;
    for start in [
        "2026-03-05T09:00:00Z",
        "2026-03-06T09:00:00Z",
        "2026-03-10T09:00:00Z",
    ] {
        assert_eq!(app.book(&bea, &ada, start).await.0, 201);
    }
    let thursdays = json!([{ "day": "thu", "from": "05:00", "until": "06:00" }]);
    let wish =
        json!({ "kind": "resume", "zone": "UTC", "weekly": thursdays, "until": "2026-03-20" });
    assert_eq!(
        app.api("POST", "/me/waitlist", Some(&bea), Some(wish))
            .await
            .0,
        201
    );
    app.advance(TimeDelta::days(9));
    let desk = app.signed_in(&coordinator).await;
    let page = desk.get("/coordinate/activity").await;
    assert_eq!(page.status, 200);
    assert!(page.body.contains("up to 9 days"), "{}", page.body);
    let file = desk.get("/coordinate/activity.csv").await.body;
    let file = file.replace('"', "");
    // Weeks begin on Monday in the reader's zone; the session at 9:00 of the second is over.
    for line in ["2026-03-02,2,0", "2026-03-09,1,0", "Ada,3,"] {
        assert!(file.lines().any(|l| l == line), "{line}: {file}");
    }
    let resume = file
        .lines()
        .find(|line| line.starts_with("Resume"))
        .unwrap();
    assert!(resume.ends_with(",1,1,3,1,2026-03-02"), "{resume}");
}

/// Only one page may stand in somebody else's frame.
#[actix_web::test]
async fn free_times_can_be_shown_on_another_site_and_nothing_else_can() {
    let app = TestApp::at(MONDAY).await;
    app.alumnus("Ada").await;
    let visitor = app.visitor();
    let framed = async |path: &str| {
        let answer = visitor
            .http
            .get(format!("{}{path}", app.origin))
            .send()
            .await
            .unwrap();
        let header = |name: &str| {
            let value = answer
                .headers()
                .get(name)
                .map(|v| v.to_str().unwrap().to_owned());
            value.unwrap_or_default()
        };
        let (policy, options) = (header("content-security-policy"), header("x-frame-options"));
        (
            policy.contains("frame-ancestors *"),
            options == "DENY",
            answer.text().await.unwrap(),
        )
    };
    let (may, is_denied, body) = framed("/embed/ada").await;
    assert!(may && !is_denied);
    assert!(
        !body.contains("<form") && !body.contains("<script"),
        "{body}"
    );
    // Nobody has chosen a zone within a frame, so it is the host's.
    assert!(body.contains("Times in Berlin time"), "{body}");
    assert!(between(&body, "<base target=\"", "\"") == Some("_blank"));
    for path in ["/alumni/ada", "/", "/embed/nobody"] {
        let (may, is_denied, _) = framed(path).await;
        assert!(!may && is_denied, "{path}");
    }
    let page = visitor.get("/alumni/ada").await.body;
    assert!(
        page.contains("property=\"og:title\" content=\"Ada\""),
        "{page}"
    );
}
