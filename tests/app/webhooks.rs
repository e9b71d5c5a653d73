//! Webhooks: signed events, tried again until they are taken.

use std::sync::{Arc, Mutex};

use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use almanac::{people::Role, webhooks};
use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::{
    applications::{WINTER, apply, decide, id_of, publish, release, until},
    programs::filled,
    support::{Somebody, TestApp, between},
};

const MONDAY: &str = "2026-03-02T08:00:00Z";
const SLOT: &str = "2026-03-05T09:00:00Z";

/// What came: id, timestamp, signature, body.
type Came = (String, i64, String, String);

/// A program that listens.
#[derive(Clone)]
struct Listener {
    came: Arc<Mutex<Vec<Came>>>,
    status: Arc<Mutex<u16>>,
    address: String,
}

impl Listener {
    async fn open() -> Self {
        let came: Arc<Mutex<Vec<Came>>> = Arc::default();
        let status = Arc::new(Mutex::new(204));
        let (c, s) = (Arc::clone(&came), Arc::clone(&status));
        let server = HttpServer::new(move || {
            let (c, s) = (Arc::clone(&c), Arc::clone(&s));
            App::new().default_service(web::to(move |request: HttpRequest, body: String| {
                let text = |name: &str| {
                    request
                        .headers()
                        .get(name)
                        .unwrap()
                        .to_str()
                        .unwrap()
                        .to_owned()
                };
                let timestamp = text("webhook-timestamp").parse().unwrap();
                c.lock().unwrap().push((
                    text("webhook-id"),
                    timestamp,
                    text("webhook-signature"),
                    body,
                ));
                let status = *s.lock().unwrap();
                async move {
                    HttpResponse::build(status.try_into().unwrap())
                        .insert_header(("location", "/elsewhere"))
                        .finish()
                }
            }))
        })
        .workers(1)
        .bind("127.0.0.1:0")
        .unwrap();
        let address = format!(
            "http://127.0.0.1:{}/hook?token=secret",
            server.addrs()[0].port()
        );
        actix_web::rt::spawn(server.run());
        Self {
            came,
            status,
            address,
        }
    }

    async fn wait_for(&self, count: usize) -> Vec<Came> {
        for _ in 0..400 {
            let came = self.came.lock().unwrap().clone();
            if came.len() >= count {
                return came;
            }
            tokio::time::sleep(std::time::Duration::from_millis(25)).await;
        }
        panic!("only {:?} came", self.came.lock().unwrap());
    }
}

async fn add(app: &TestApp, who: &Somebody, to: &Listener, covers_all: bool) -> (String, Vec<u8>) {
    let body = json!({ "url": to.address, "covers_all": covers_all });
    let (status, webhook) = app.api("POST", "/me/webhooks", Some(who), Some(body)).await;
    assert_eq!(status, 201, "{webhook}");
    let secret = webhook["secret"]
        .as_str()
        .unwrap()
        .strip_prefix("whsec_")
        .unwrap();
    (
        webhook["id"].as_str().unwrap().to_owned(),
        STANDARD.decode(secret).unwrap(),
    )
}

#[actix_web::test]
async fn every_change_is_one_signed_event_for_who_listens() {
    let app = TestApp::with(MONDAY, &[("ALMANAC_WEBHOOK_ALLOW", "127.0.0.0/8")]).await;
    let ada = app.alumnus("Ada").await;
    let (bea, cem) = (app.student("Bea").await, app.student("Cem").await);
    let cora = app.person("Cora", "UTC", &[Role::Coordinator]).await;
    let (hers, all, cems) = (
        Listener::open().await,
        Listener::open().await,
        Listener::open().await,
    );
    let (id, secret) = add(&app, &bea, &hers, false).await;
    add(&app, &cora, &all, true).await;
    add(&app, &cem, &cems, false).await;
    let refused = json!({ "url": hers.address, "covers_all": true });
    assert_eq!(
        app.api("POST", "/me/webhooks", Some(&bea), Some(refused))
            .await
            .0,
        403
    );
    let (_, booking) = app.book(&bea, &ada, SLOT).await;
    let path = |what: &str| format!("/bookings/{}/{what}", booking["id"].as_str().unwrap());
    hers.wait_for(1).await;
    app.api(
        "POST",
        &path("reschedule"),
        Some(&bea),
        Some(json!({ "start": "2026-03-05T10:00:00Z" })),
    )
    .await;
    hers.wait_for(2).await;
    app.api(
        "POST",
        &path("cancel"),
        Some(&ada),
        Some(json!({ "reason": "Between us" })),
    )
    .await;
    let came = hers.wait_for(3).await;
    let bodies: Vec<Value> = came
        .iter()
        .map(|c| serde_json::from_str(&c.3).unwrap())
        .collect();
    let types: Vec<&str> = bodies.iter().map(|b| b["type"].as_str().unwrap()).collect();
    assert_eq!(
        types,
        ["booking.booked", "booking.moved", "booking.cancelled"]
    );
    assert_eq!(bodies[1]["data"]["start"], "2026-03-05T10:00:00Z");
    assert_eq!(
        (
            bodies[2]["data"]["status"].as_str(),
            bodies[2]["data"]["by"].as_str(),
            bodies[2]["data"]["sequence"].as_i64()
        ),
        (Some("cancelled"), Some("alumnus"), Some(2))
    );
    assert!(
        !came[2].3.contains("Between us")
            && bodies[2]["text"]
                .as_str()
                .unwrap()
                .starts_with("Cancelled: Resume review")
    );
    for (id, timestamp, signature, body) in &came {
        assert_eq!(
            *signature,
            webhooks::rules::signature(&secret, id, *timestamp, body)
        );
        assert_eq!(*timestamp, app.now().timestamp());
    }
    assert_eq!(all.wait_for(3).await.len(), 3);
    assert!(
        cems.came.lock().unwrap().is_empty(),
        "none of Cem's business"
    );
    // A coordinator no more hears nothing more.
    let person = cora.person.clone();
    app.sql(move |conn| {
        almanac::people::store::place(
            conn,
            &person,
            &almanac::people::Roles::new([Role::Student]),
            person.standing,
        )
    })
    .await;
    app.book(&bea, &ada, "2026-03-06T09:00:00Z").await;
    hers.wait_for(4).await;
    assert_eq!(all.came.lock().unwrap().len(), 3);
    // The log, and once more under the same id.
    let browser = app.signed_in(&bea).await;
    let log = browser.get(&format!("/me/webhooks/{id}")).await.body;
    assert!(
        log.contains("booking.moved")
            && log.contains("delivered (204)")
            && !log.contains("token=secret"),
        "{log}"
    );
    let replay = between(&log, &format!("/me/webhooks/{id}/deliveries/"), "/replay").unwrap();
    let path = format!("/me/webhooks/{id}/deliveries/{replay}/replay");
    assert_eq!(app.signed_in(&cem).await.post(&path, &[]).await.status, 404);
    assert_eq!(browser.post(&path, &[]).await.status, 303);
    let came = hers.wait_for(5).await;
    assert_eq!((&came[4].0, &came[4].3), (&came[3].0, &came[3].3));
    assert_eq!(
        app.signed_in(&cem)
            .await
            .get(&format!("/me/webhooks/{id}"))
            .await
            .status,
        404
    );
    assert_eq!(
        browser
            .post(&format!("/me/webhooks/{id}/remove"), &[])
            .await
            .status,
        303
    );
    assert!(
        browser
            .get("/me/webhooks")
            .await
            .body
            .contains("no webhooks yet")
    );
}

#[actix_web::test]
async fn what_is_not_taken_is_tried_again_and_what_is_gone_is_left_alone() {
    let app = TestApp::with(MONDAY, &[("ALMANAC_WEBHOOK_ALLOW", "127.0.0.0/8")]).await;
    let ada = app.alumnus("Ada").await;
    let listener = Listener::open().await;
    *listener.status.lock().unwrap() = 302;
    let (id, _) = add(&app, &ada, &listener, false).await;
    let test = format!("/me/webhooks/{id}/test");
    assert_eq!(app.api("POST", &test, Some(&ada), None).await.0, 202);
    let came = listener.wait_for(1).await;
    assert!(came[0].3.contains("\"type\":\"test\""));
    // The next attempt is reckoned from when the answer is noted: only then may the clock jump.
    let noted = async |sql| {
        for _ in 0..400 {
            if app.count(sql).await == 1 {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(25)).await;
        }
        panic!("not noted: {sql}");
    };
    noted("select count(*) from webhook_deliveries where last_status = 302").await;
    // Redirects are not followed; it comes again, under the same id, with a new timestamp.
    *listener.status.lock().unwrap() = 500;
    app.advance(TimeDelta::seconds(6));
    let came = listener.wait_for(2).await;
    assert!(came[1].0 == came[0].0 && came[1].1 > came[0].1 && came[1].2 != came[0].2);
    noted("select count(*) from webhook_deliveries where last_status = 500").await;
    *listener.status.lock().unwrap() = 503;
    app.advance(TimeDelta::minutes(6));
    listener.wait_for(3).await;
    noted("select count(*) from webhook_deliveries where last_status = 503").await;
    *listener.status.lock().unwrap() = 410;
    app.advance(TimeDelta::hours(1));
    listener.wait_for(4).await;
    let gone = async || {
        app.api("GET", "/me/webhooks", Some(&ada), None).await.1["webhooks"][0]["disabled_at"]
            .is_string()
    };
    for _ in 0..200 {
        if gone().await {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }
    assert!(gone().await);
    app.advance(TimeDelta::days(3));
    let bea = app.student("Bea").await;
    app.book(&bea, &ada, "2026-03-06T09:00:00Z").await;
    assert_eq!(
        app.count("select count(*) from webhook_deliveries").await,
        1,
        "it is stopped"
    );
    // A test starts it again.
    *listener.status.lock().unwrap() = 200;
    app.api("POST", &test, Some(&ada), None).await;
    listener.wait_for(5).await;
    assert!(!gone().await);
}

#[actix_web::test]
async fn nobody_feels_around_the_network_with_a_webhook() {
    let app = TestApp::at(MONDAY).await;
    let ada = app.alumnus("Ada").await;
    let listener = Listener::open().await;
    let (id, _) = add(&app, &ada, &listener, false).await;
    app.api("POST", &format!("/me/webhooks/{id}/test"), Some(&ada), None)
        .await;
    let path = format!("/me/webhooks/{id}/deliveries");
    for _ in 0..200 {
        let (_, log) = app.api("GET", &path, Some(&ada), None).await;
        if log["deliveries"][0]["last_error"] == "the address cannot be reached" {
            assert!(listener.came.lock().unwrap().is_empty());
            for bad in [
                "file:///etc/passwd",
                "http://user:pw@example.org/",
                "gopher://x/",
                "nonsense",
            ] {
                let body = json!({ "url": bad });
                assert_eq!(
                    app.api("POST", "/me/webhooks", Some(&ada), Some(body))
                        .await
                        .0,
                    422,
                    "{bad}"
                );
            }
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }
    panic!("no attempt was made");
}

/// Rights are asked with each attempt, not only when something is queued.
#[actix_web::test]
async fn whoever_may_no_longer_hear_of_something_does_not_hear_it_again() {
    let app = TestApp::with(MONDAY, &[("ALMANAC_WEBHOOK_ALLOW", "127.0.0.0/8")]).await;
    let (ada, bea) = (app.alumnus("Ada").await, app.student("Bea").await);
    let cora = app.person("Cora", "UTC", &[Role::Coordinator]).await;
    let (all, hers) = (Listener::open().await, Listener::open().await);
    let (id, _) = add(&app, &cora, &all, true).await;
    add(&app, &bea, &hers, false).await;
    app.book(&bea, &ada, SLOT).await;
    all.wait_for(1).await;
    hers.wait_for(1).await;
    let log = format!("/me/webhooks/{id}/deliveries");
    let (_, log) = app.api("GET", &log, Some(&cora), None).await;
    let delivery = log["deliveries"][0]["id"].as_str().unwrap().to_owned();
    app.sql(|conn| {
        diesel::RunQueryDsl::execute(
            diesel::sql_query("update people set roles = '{student}' where name = 'Cora'"),
            conn,
        )
    })
    .await;
    let replay = format!("/me/webhooks/{id}/deliveries/{delivery}/replay");
    let (status, answer) = app.api("POST", &replay, Some(&cora), None).await;
    assert!(status < 300, "{status} {answer}");
    let waits = "select count(*) from webhook_deliveries where next_at is not null";
    for _ in 0..200 {
        if app.count(waits).await == 0 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }
    let unsent = "select count(*) from webhook_deliveries where last_error like 'not sent%'";
    assert_eq!((app.count(waits).await, app.count(unsent).await), (0, 1));
    assert_eq!(all.wait_for(1).await.len(), 1);
}

/// A server of the version before queues by itself what it writes, and knows nothing of the mark.
#[actix_web::test]
async fn what_a_server_of_the_version_before_has_queued_is_not_sent_twice() {
    use diesel::connection::SimpleConnection;
    let app = TestApp::with(MONDAY, &[("ALMANAC_WEBHOOK_ALLOW", "127.0.0.0/8")]).await;
    let (ada, bea) = (app.alumnus("Ada").await, app.student("Bea").await);
    let hers = Listener::open().await;
    add(&app, &bea, &hers, false).await;
    app.book(&bea, &ada, SLOT).await;
    hers.wait_for(1).await;
    app.sql(|conn| {
        conn.batch_execute(
            "with noted as ( \
                 insert into booking_changes (booking_id, at, what, sequence, starts_at, ends_at, status) \
                 select booking_id, at, 'expired', sequence, starts_at, ends_at, status from booking_changes returning id, at \
             ) insert into webhook_deliveries (id, webhook_id, change_id, created_at, next_at) \
               select gen_random_uuid(), w.id, noted.id, noted.at, noted.at from noted, webhooks w",
        )
    })
    .await;
    hers.wait_for(2).await;
    app.book(&bea, &ada, "2026-03-05T11:00:00Z").await;
    let came = hers.wait_for(3).await;
    let types: Vec<bool> = came
        .iter()
        .map(|c| c.3.contains("booking.expired"))
        .collect();
    assert_eq!(types, [false, true, false], "{came:?}");
}

/// Ids are given before they are committed: what has the smaller one may come to light later.
#[actix_web::test]
async fn a_change_that_is_committed_late_is_heard_all_the_same() {
    use diesel::RunQueryDsl;
    let app = TestApp::with(MONDAY, &[("ALMANAC_WEBHOOK_ALLOW", "127.0.0.0/8")]).await;
    let (ada, bea) = (app.alumnus("Ada").await, app.student("Bea").await);
    let hers = Listener::open().await;
    add(&app, &bea, &hers, false).await;
    app.book(&bea, &ada, SLOT).await;
    hers.wait_for(1).await;
    let late = app.sql(|conn| {
        diesel::sql_query(
            "insert into booking_changes (booking_id, at, what, sequence, starts_at, ends_at, status, is_heard) \
             select booking_id, at, 'expired', sequence, starts_at, ends_at, status, false from booking_changes",
        )
        .execute(conn)?;
        diesel::sql_query("select pg_sleep(3)").execute(conn)
    });
    let meanwhile = async {
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        app.book(&bea, &ada, "2026-03-05T11:00:00Z").await;
        hers.wait_for(2).await
    };
    let (_, came) = tokio::join!(late, meanwhile);
    assert!(came[1].3.contains("booking.booked"), "{came:?}");
    let came = hers.wait_for(3).await;
    assert!(came[2].3.contains("booking.expired"), "{came:?}");
}

/// Applications: their authors hear of their own, and of decisions once they are out; whoever leads the program hears
/// of all of them, and nobody else does.
#[actix_web::test]
async fn applications_are_events_for_their_authors_and_the_leads() {
    let app = TestApp::with(WINTER, &[("ALMANAC_WEBHOOK_ALLOW", "127.0.0.0/8")]).await;
    let lead = app.person("Lea", "UTC", &[Role::Coordinator]).await;
    publish(&app, &filled(), &lead).await;
    app.advance(until(&app, "2027-01-20T14:00:00Z"));
    let (sam, cora) = (
        app.student("Sam").await,
        app.person("Cora", "UTC", &[Role::Coordinator]).await,
    );
    let [own, desk, other] = [
        Listener::open().await,
        Listener::open().await,
        Listener::open().await,
    ];
    add(&app, &sam, &own, false).await;
    add(&app, &lead, &desk, false).await;
    add(&app, &cora, &other, true).await;
    let page = apply(&app, &sam, "mentee").await;
    let types = |came: &[Came]| -> Vec<(String, Value, Value)> {
        let event = |came: &Came| serde_json::from_str::<Value>(&came.3).unwrap();
        let of = |event: Value| {
            let kind = event["type"].as_str().unwrap().to_owned();
            (
                kind,
                event["data"]["decision"].clone(),
                event["data"]["by"].clone(),
            )
        };
        came.iter().map(event).map(of).collect()
    };
    let event = |kind: &str, decision: Value, by: &str| (kind.to_owned(), decision, json!(by));
    let received = event("application.submitted", Value::Null, "applicant");
    assert_eq!(
        types(&own.wait_for(1).await),
        std::slice::from_ref(&received)
    );
    assert_eq!(
        types(&desk.wait_for(1).await),
        std::slice::from_ref(&received)
    );
    assert!(!own.came.lock().unwrap()[0].3.contains("To find my way."));

    app.advance(until(&app, "2027-03-15T14:00:00Z"));
    let lea = app.signed_in(&lead).await;
    decide(&lea, &[id_of(&page)], "selected").await;
    let decided = event("application.decided", json!("selected"), "staff");
    assert_eq!(
        types(&desk.wait_for(2).await),
        [received.clone(), decided.clone()]
    );
    assert_eq!(
        own.came.lock().unwrap().len(),
        1,
        "nothing before it is out"
    );
    assert_eq!(release(&lea, "now").await.status, 303);
    let out = event("application.released", json!("selected"), "staff");
    assert_eq!(
        types(&own.wait_for(2).await),
        [received.clone(), out.clone()]
    );
    assert_eq!(types(&desk.wait_for(3).await), [received, decided, out]);
    assert!(
        other.came.lock().unwrap().is_empty(),
        "another coordinator leads nothing here"
    );
    let log = app.signed_in(&sam).await.get("/me/webhooks").await;
    assert!(log.body.contains("applications"), "{}", log.body);
}
