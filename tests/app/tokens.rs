//! API tokens: named, listed, revoked, and gone when their time is over.

use almanac::people::Role;
use chrono::TimeDelta;
use serde_json::Value;

use crate::support::{TestApp, between};

const NOW: &str = "2027-03-01T08:00:00Z";

#[actix_web::test]
async fn a_token_is_made_once_seen_once_and_revoked() {
    let app = TestApp::at(NOW).await;
    let mut ada = app.student("Ada").await;
    let browser = app.signed_in(&ada).await;
    let nameless = browser
        .post("/me/tokens", &[("name", " "), ("days", "30")])
        .await;
    assert_eq!(nameless.status, 422);
    let odd = [("name", "Sheet"), ("days", "7")];
    assert_eq!(browser.post("/me/tokens", &odd).await.status, 400);
    let made = browser
        .post("/me/tokens", &[("name", "My <sheet>"), ("days", "30")])
        .await;
    assert_eq!(made.status, 200);
    let secret = between(&made.body, "code class=\"secret\">", "<")
        .expect("the secret")
        .to_owned();
    assert!(
        made.headers["cache-control"]
            .to_str()
            .unwrap()
            .contains("no-store")
    );
    let page = browser.get("/me/tokens").await.body;
    assert!(
        !page.contains(&secret) && page.contains("My &lt;sheet&gt;") && page.contains("never used")
    );

    ada.token = secret;
    let (status, list) = app.api("GET", "/me/tokens", Some(&ada), None).await;
    assert_eq!(status, 200);
    let tokens = list["tokens"].as_array().unwrap();
    let mine = tokens.iter().find(|t| t["name"] == "My <sheet>").unwrap();
    assert_eq!(mine["used_at"], "2027-03-01T08:00:00Z");
    assert_eq!(mine["expires_at"], "2027-03-31T08:00:00Z");
    // Another's is not found, by either way.
    let eve = app.student("Eve").await;
    let path = format!("/me/tokens/{}", mine["id"].as_str().unwrap());
    assert_eq!(app.api("DELETE", &path, Some(&eve), None).await.0, 404);
    let theirs = app.signed_in(&eve).await;
    assert_eq!(
        theirs.post(&format!("{path}/revoke"), &[]).await.status,
        404
    );

    // Its time is over.
    app.advance(TimeDelta::days(30));
    assert_eq!(app.api("GET", "/me/tokens", Some(&ada), None).await.0, 401);
    let browser = app.signed_in(&ada).await;
    assert!(browser.get("/me/tokens").await.body.contains("Expired"));
    assert_eq!(
        browser.post(&format!("{path}/revoke"), &[]).await.status,
        303
    );
    assert!(
        !browser
            .get("/me/tokens")
            .await
            .body
            .contains("My &lt;sheet&gt;")
    );
    let written = "select count(*) from audit_log where action in ('token_made', 'token_revoked') and detail = '“My <sheet>”'";
    assert_eq!(app.count(written).await, 2);
}

#[actix_web::test]
async fn a_token_can_revoke_itself_and_there_are_twenty_at_most() {
    let app = TestApp::at(NOW).await;
    let ada = app.student("Ada").await;
    let browser = app.signed_in(&ada).await;
    for _ in 1..20 {
        let made = browser
            .post("/me/tokens", &[("name", "One"), ("days", "never")])
            .await;
        assert_eq!(made.status, 200);
    }
    let one_more = browser
        .post("/me/tokens", &[("name", "One"), ("days", "never")])
        .await;
    assert_eq!(one_more.status, 422);
    let (_, list) = app.api("GET", "/me/tokens", Some(&ada), None).await;
    let own = list["tokens"]
        .as_array()
        .unwrap()
        .iter()
        .find(|t| t["name"] == "Test");
    let id = own.and_then(|t| t["id"].as_str()).unwrap().to_owned();
    let path = format!("/me/tokens/{id}");
    assert_eq!(
        app.api("DELETE", &path, Some(&ada), None).await,
        (204, Value::String(String::new()))
    );
    assert_eq!(app.api("DELETE", &path, Some(&ada), None).await.0, 401);
}

/// By the API as in the browser: roles are asked for with standing.
#[actix_web::test]
async fn a_lapsed_coordinator_covers_nobody_by_the_api() {
    let app = TestApp::at(NOW).await;
    let cleo = app.person("Cleo", "UTC", &[Role::Coordinator]).await;
    let body = serde_json::json!({ "url": "https://hooks.example.org/a", "covers_all": true });
    let ask = || app.api("POST", "/me/webhooks", Some(&cleo), Some(body.clone()));
    assert_eq!(ask().await.0, 201);
    let id = cleo.person.id;
    app.sql(move |conn| {
        use almanac::db::schema::people;
        use diesel::prelude::*;
        diesel::update(people::table.find(id))
            .set(people::standing.eq("lapsed"))
            .execute(conn)
    })
    .await;
    assert_eq!(ask().await.0, 403);
}
