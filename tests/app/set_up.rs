//! Setting up, one question a page.

use chrono::TimeDelta;

use crate::support::{TestApp, connect};

const MONDAY: &str = "2026-03-02T08:00:00Z";

/// Somebody whom a coordinator has added: no zone, no profile, nothing on offer.
#[actix_web::test]
async fn a_new_alumnus_is_asked_one_question_a_page_until_they_are_live() {
    let app = TestApp::at(MONDAY).await;
    let ada = app.alumnus("Ada").await;
    let mut conn = connect(&app.database);
    diesel::connection::SimpleConnection::batch_execute(
        &mut conn,
        "insert into unconfirmed_zones select id from people; update people set zone = 'UTC'; \
         delete from hours; delete from services; update profiles set headline = ''",
    )
    .unwrap();
    let own = app.signed_in(&ada).await;
    assert!(own.get("/me").await.body.contains("Finish setting up"));
    let asks = async |title: &str| {
        let page = own.get("/me/set-up").await.body;
        assert!(
            page.contains(&format!("<h1>{title}</h1>")),
            "{title}: {page}"
        );
        page
    };
    asks("Where do you live?").await;
    let wrong = own.post("/me/set-up/zone", &[("zone", "")]).await;
    assert_eq!(wrong.status, 422);
    let said = async |step: &str, fields: &[(&str, &str)]| {
        let answer = own.post(&format!("/me/set-up/{step}"), fields).await;
        assert_eq!(answer.status, 303, "{step}: {}", answer.body);
    };
    said("zone", &[("zone", "Europe/Lisbon")]).await;

    asks("Who are you?").await;
    let wrong = own.post("/me/set-up/profile", &[("headline", " ")]).await;
    assert!(wrong.status == 422 && wrong.body.contains("Say what you do, in a line."));
    let profile = [("headline", "Product designer"), ("employer", "Fjordcraft")];
    said("profile", &profile).await;

    asks("What do you offer?").await;
    let placeless = [("kind", "resume"), ("location", "")];
    let wrong = own.post("/me/set-up/service", &placeless).await;
    assert!(wrong.status == 422 && wrong.body.contains("Enter a meeting link or a place."));
    said(
        "service",
        &[
            ("kind", "resume"),
            ("location", "https://meet.example.org/ada"),
        ],
    )
    .await;

    asks("When are you free?").await;
    assert_eq!(
        own.post("/me/set-up/hours", &[("hours", "never")])
            .await
            .status,
        422
    );
    let preview = own.post("/me/set-up/hours", &[("hours", "evening")]).await;
    assert_eq!(preview.status, 200);
    // Thursday evening in Lisbon; nothing is offered before it is published.
    assert!(
        preview
            .body
            .contains("Thursday 5 March 2026, 18:00 to 18:30"),
        "{}",
        preview.body
    );
    assert_eq!(app.count("select count(*) from hours").await, 0);
    said("hours", &[("hours", "evening"), ("action", "publish")]).await;
    asks("You are live").await;
    assert!(!own.get("/me").await.body.contains("Finish setting up"));
    let page = app
        .visitor()
        .get("/alumni/ada/resume-review?zone=Europe/Lisbon")
        .await
        .body;
    assert!(page.contains("2026-03-05T18:00:00Z"), "{page}");

    // What is asked first never replaces what is there: neither hours nor services.
    for (step, fields, own_page) in [
        (
            "hours",
            [("hours", "lunchtimes"), ("action", "publish")],
            "/me/availability",
        ),
        (
            "service",
            [("kind", "resume"), ("location", "Elsewhere")],
            "/me/services",
        ),
    ] {
        let answer = own.post(&format!("/me/set-up/{step}"), &fields).await;
        assert_eq!((answer.status, answer.location.as_str()), (303, own_page));
        let page = own.get(&format!("/me/set-up?step={step}")).await;
        assert_eq!((page.status, page.location.as_str()), (303, own_page));
    }
    assert_eq!(app.count("select count(*) from hours").await, 1);
    assert_eq!(app.count("select count(*) from services").await, 1);
    // A day off is no hours.
    app.set_hours(
        &ada,
        serde_json::json!({ "weekly": [], "overrides": [{ "date": "2026-03-06", "windows": [] }] }),
    )
    .await;
    asks("When are you free?").await;
    said("hours", &[("hours", "evening"), ("action", "publish")]).await;

    // A service without a place, as a program may leave one, is asked for it alone.
    diesel::connection::SimpleConnection::batch_execute(
        &mut conn,
        "update services set location = ''",
    )
    .unwrap();
    asks("Where do you meet?").await;
    said("service", &[("location", "Library, room 2")]).await;
    app.advance(TimeDelta::seconds(1));
    asks("You are live").await;
    assert_eq!(
        app.count("select count(*) from services where location = 'Library, room 2'")
            .await,
        1
    );
}
