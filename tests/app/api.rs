use serde_json::json;

use crate::support::{TestApp, answer};

const MONDAY: &str = "2026-03-02T08:00:00Z";

#[actix_web::test]
async fn alumni_and_slots_are_listed_to_everybody() {
    let app = TestApp::at(MONDAY).await;
    app.alumnus("Ada").await;
    app.alumnus("Ben").await;
    app.person("Not yet", "UTC", &[almanac::people::Role::Alumnus])
        .await;
    let (status, page) = app.api("GET", "/alumni?limit=1", None, None).await;
    assert_eq!(
        (status, page["alumni"].as_array().map(Vec::len)),
        (200, Some(1))
    );
    let cursor = page["next_cursor"].as_str().unwrap();
    let (_, rest) = app
        .api(
            "GET",
            &format!("/alumni?limit=1&cursor={cursor}"),
            None,
            None,
        )
        .await;
    assert_ne!(rest["alumni"][0]["handle"], page["alumni"][0]["handle"]);
    assert_eq!(rest["next_cursor"], json!(null));
    assert_eq!(
        page["alumni"][0]["next_slot"]["start"],
        "2026-03-02T09:00:00Z"
    );
    let (_, none) = app
        .api(
            "GET",
            "/alumni?free_from=2026-03-02T20:00:00Z&free_until=2026-03-03T06:00:00Z",
            None,
            None,
        )
        .await;
    assert_eq!(none["alumni"], json!([]));
    let (_, two) = app
        .api(
            "GET",
            "/alumni?free_from=2026-03-07&free_until=2026-03-08&zone=Europe/Berlin",
            None,
            None,
        )
        .await;
    assert_eq!(two["alumni"].as_array().map(Vec::len), Some(2));
    for path in [
        "/alumni?service=portfolio",
        "/alumni?topic=x",
        "/alumni?q=100%25",
    ] {
        assert_eq!(
            app.api("GET", path, None, None).await.1["alumni"],
            json!([]),
            "{path}"
        );
    }
    let (_, slots) = app.api("GET", "/alumni/ada/services/resume/slots?from=2026-03-28&until=2026-03-30&zone=America/Toronto", None, None).await;
    // Berlin's clocks go forward on the 29th, Toronto's went on the 8th.
    assert_eq!(slots["slots"][0]["start"], "2026-03-28T04:00:00-04:00");
    assert_eq!(slots["slots"][16]["start"], "2026-03-29T03:00:00-04:00");
    assert_eq!(slots["duration_minutes"], 30);
}

#[actix_web::test]
async fn bad_requests_name_the_field_and_change_nothing() {
    let app = TestApp::at(MONDAY).await;
    let (ada, bea) = (app.alumnus("Ada").await, app.student("Bea").await);
    let slots = "/alumni/ada/services/resume/slots";
    for (path, status) in [
        (format!("{slots}?from=2026-02-30&until=2026-03-05"), 400),
        (format!("{slots}?from=2026-03-01&until=2026-06-30"), 400),
        (format!("{slots}?from=2026-03-05&until=2026-03-05"), 400),
        (
            format!("{slots}?from=2026-03-01&until=2026-03-05&zone=Mars/Base"),
            400,
        ),
        (
            format!("{slots}?from=2026-03-01&from=2026-03-02&until=2026-03-05"),
            400,
        ),
        (format!("{slots}?from=2026-03-01&until=2026-03-05&x=1"), 400),
        (format!("{slots}?from=%00&until=2026-03-05"), 400),
        ("/alumni/%00".into(), 400),
        ("/alumni?limit=0".into(), 400),
        ("/alumni?cursor=zzz".into(), 400),
        ("/alumni?service=haircut".into(), 400),
        ("/alumni/nobody".into(), 404),
        ("/nothing".into(), 404),
        ("/bookings".into(), 401),
    ] {
        let (found, body) = app.api("GET", &path, None, None).await;
        assert_eq!(found, status, "{path}: {body}");
        assert_eq!(body["status"], status, "{path}: {body}");
        assert!(
            body["code"].is_string() && body["detail"].is_string(),
            "{path}: {body}"
        );
    }
    let hours = |more: serde_json::Value| {
        let mut body = json!({ "zone": "UTC", "weekly": [{ "day": "mon", "from": "09:00", "until": "10:00" }] });
        for (name, value) in more.as_object().unwrap() {
            body[name] = value.clone();
        }
        body
    };
    for (more, field) in [
        (json!({ "zone": "EST5" }), "zone"),
        (
            json!({ "weekly": [{ "day": "mon", "from": "10:00", "until": "09:00" }] }),
            "weekly",
        ),
        (
            json!({ "weekly": [{ "day": "mon", "from": "9:00", "until": "10:00" }] }),
            "weekly",
        ),
        (
            json!({ "weekly": [{ "day": "monday", "from": "09:00", "until": "10:00" }] }),
            "weekly",
        ),
        (
            json!({ "weekly": vec![json!({ "day": "mon", "from": "09:00", "until": "10:00" }); 1000] }),
            "weekly",
        ),
        (
            json!({ "overrides": [{ "date": "2026-02-30", "windows": [] }] }),
            "overrides",
        ),
        (
            json!({ "one_off": [{ "start": "2026-03-05T10:00:00Z", "end": "2026-03-05T09:00:00Z" }] }),
            "one_off",
        ),
        (
            json!({ "buffer_before_minutes": -5 }),
            "buffer_before_minutes",
        ),
        (
            json!({ "minimum_notice_minutes": 1_000_000_000 }),
            "minimum_notice_minutes",
        ),
        (json!({ "horizon_days": 0 }), "horizon_days"),
        (json!({ "max_per_day": 0 }), "max_per_day"),
    ] {
        let (status, body) = app
            .api(
                "PUT",
                "/me/availability",
                Some(&ada),
                Some(hours(more.clone())),
            )
            .await;
        assert_eq!(
            (status, body["fields"][0]["field"].as_str()),
            (422, Some(field)),
            "{more}: {body}"
        );
    }
    for service in [
        json!({ "kind": "resume", "duration_minutes": 29 }),
        json!({ "kind": "resume", "duration_minutes": 61 }),
        json!({ "kind": "resume", "duration_minutes": 30, "increment_minutes": 0 }),
        json!({ "kind": "resume", "duration_minutes": 30, "answer_within_hours": 0 }),
        json!({ "kind": "resume", "duration_minutes": 30, "title": "x".repeat(1_000) }),
    ] {
        assert_eq!(
            app.api(
                "PUT",
                "/me/services/resume",
                Some(&ada),
                Some(service.clone())
            )
            .await
            .0,
            422,
            "{service}"
        );
    }
    for body in [
        json!({ "alumnus": "ada", "service": "resume", "start": "2026-03-05T09:00:00Z", "goals": "x", "status": "confirmed" }),
        json!({ "alumnus": "ada", "service": "resume", "start": "yesterday", "goals": "x" }),
        json!({ "alumnus": "ada", "service": ["resume"], "start": "2026-03-05T09:00:00Z", "goals": "x" }),
        json!({ "alumnus": "ada\u{0}", "service": "resume", "start": "2026-03-05T09:00:00Z", "goals": "x" }),
    ] {
        assert_eq!(
            app.api("POST", "/bookings", Some(&bea), Some(body.clone()))
                .await
                .0,
            400,
            "{body}"
        );
    }
    let too_long = json!({ "alumnus": "ada", "service": "resume", "start": "2026-03-05T09:00:00Z", "goals": "x".repeat(3_000) });
    assert_eq!(
        app.api("POST", "/bookings", Some(&bea), Some(too_long))
            .await
            .0,
        422
    );
    let huge = json!({ "goals": "x".repeat(1_000_000) });
    assert_eq!(
        app.api("POST", "/bookings", Some(&bea), Some(huge)).await.0,
        413
    );
    let request = reqwest::Client::new()
        .post(format!("{}/api/v1/bookings", app.origin))
        .bearer_auth(&bea.token);
    assert_eq!(
        answer(request.header("content-type", "text/plain").body("{}"))
            .await
            .status,
        415
    );
    assert_eq!(app.count("select count(*) from bookings").await, 0);
    assert_eq!(app.count("select count(*) from hours").await, 7);
}

#[actix_web::test]
async fn another_ones_booking_is_not_there() {
    let app = TestApp::at(MONDAY).await;
    let (ada, bea, eve) = (
        app.alumnus("Ada").await,
        app.student("Bea").await,
        app.student("Eve").await,
    );
    let (_, booking) = app.book(&bea, &ada, "2026-03-05T09:00:00Z").await;
    let id = booking["id"].as_str().unwrap();
    let unknown = almanac::db::BookingId::random().to_string();
    let page = app.signed_in(&eve).await;
    for path in ["", "/invite.ics"] {
        let (own, theirs) = (
            format!("/bookings/{id}{path}"),
            format!("/bookings/{unknown}{path}"),
        );
        assert_eq!(app.api("GET", &own, Some(&bea), None).await.0, 200);
        assert_eq!(app.api("GET", &own, Some(&ada), None).await.0, 200);
        assert_eq!(
            app.api("GET", &own, Some(&eve), None).await,
            app.api("GET", &theirs, Some(&eve), None).await
        );
        assert_eq!(page.get(&own).await.status, 404);
    }
    let cancel = format!("/bookings/{id}/cancel");
    assert_eq!(
        app.api("POST", &cancel, Some(&eve), Some(json!({})))
            .await
            .0,
        404
    );
    assert_eq!(page.post(&cancel, &[]).await.status, 404);
    assert_eq!(
        app.api("GET", "/bookings", Some(&eve), None).await.1["bookings"],
        json!([])
    );
    assert_eq!(
        app.api(
            "PUT",
            "/me/availability",
            Some(&eve),
            Some(json!({ "zone": "UTC" }))
        )
        .await
        .0,
        403
    );
    let (status, cancelled) = app
        .api(
            "POST",
            &cancel,
            Some(&ada),
            Some(json!({ "reason": "Ill" })),
        )
        .await;
    assert_eq!(
        (
            status,
            cancelled["sequence"].as_i64(),
            cancelled["status"].as_str()
        ),
        (200, Some(1), Some("cancelled"))
    );
    assert_eq!(
        app.api("POST", &cancel, Some(&ada), Some(json!({})))
            .await
            .1["code"],
        "wrong_state"
    );
}

#[actix_web::test]
async fn the_description_has_every_route() {
    let app = TestApp::at(MONDAY).await;
    let document = app.visitor().get("/api/openapi.json").await.body;
    let document: serde_json::Value = serde_json::from_str(&document).unwrap();
    let mut described = std::collections::BTreeSet::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        let methods = methods.as_object().unwrap().keys();
        described.extend(methods.map(|method| format!("{} {path}", method.to_uppercase())));
    }
    // A handler that has a description and is not among its room's endpoints answers nothing.
    let mut written = crate::authorisation::routes_of_sources();
    written.retain(|route| route.contains(" /api/v1/"));
    assert_eq!(described, written.into_iter().collect());
}
