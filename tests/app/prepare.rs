//! Preparing a session: files, agenda, notes, and the one letter about them.

use almanac::{bookings::preparation::prepare, uploads};
use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::support::{Browser, Somebody, TestApp, between};

const MONDAY: &str = "2026-03-02T08:00:00Z";
const SLOT: &str = "2026-03-05T09:00:00Z";
const PDF: &[u8] = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n";

pub async fn with_file(app: &TestApp) -> Somebody {
    let ada = app.alumnus("Ada").await;
    let service = json!({ "kind": "resume", "title": "Resume review", "duration_minutes": 30, "needs_file": true });
    app.offer(&ada, "resume", service).await;
    ada
}

pub async fn send(
    app: &TestApp,
    who: &Somebody,
    booking: &Value,
    name: &str,
    bytes: &[u8],
) -> (u16, Value) {
    let answer = reqwest::Client::new()
        .post(format!(
            "{}/api/v1/bookings/{}/files{}",
            app.origin,
            id(booking),
            almanac::html::form::address("", &[("name", name)])
        ))
        .bearer_auth(&who.token)
        .body(bytes.to_vec())
        .send()
        .await
        .unwrap();
    let status = answer.status().as_u16();
    (status, answer.json().await.unwrap_or_default())
}

fn id(booking: &Value) -> &str {
    booking["id"].as_str().unwrap()
}

async fn preparation(app: &TestApp, who: &Somebody, booking: &Value) -> (u16, Value) {
    let path = format!("/bookings/{}/preparation", id(booking));
    app.api("GET", &path, Some(who), None).await
}

/// As the worker does it, without waiting for its round.
async fn tell(app: &TestApp) {
    app.act(prepare::tell).await;
    app.act(prepare::nudge).await;
    app.app.bell.notify_one();
}

/// Sends a form with a file as browsers do.
async fn post_file(
    browser: &Browser,
    path: &str,
    fields: &[(&str, &str)],
    (name, bytes): (&str, &[u8]),
) -> reqwest::Response {
    let page = browser.get("/about").await.body;
    let token = between(&page, "name=\"csrf\" value=\"", "\"").unwrap();
    let mut body = Vec::new();
    for (field, value) in [("csrf", token)].iter().chain(fields) {
        body.extend(
            format!(
                "--mark\r\nContent-Disposition: form-data; name=\"{field}\"\r\n\r\n{value}\r\n"
            )
            .bytes(),
        );
    }
    body.extend(format!("--mark\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\nContent-Type: application/pdf\r\n\r\n").bytes());
    body.extend_from_slice(bytes);
    body.extend(b"\r\n--mark--\r\n");
    browser
        .http
        .post(format!("{}{path}", browser.origin))
        .header("content-type", "multipart/form-data; boundary=mark")
        .body(body)
        .send()
        .await
        .unwrap()
}

#[actix_web::test]
async fn files_are_for_the_two_alone_and_what_they_are_is_told_by_their_content() {
    let app = TestApp::at(MONDAY).await;
    let ada = with_file(&app).await;
    let (bea, cem) = (app.student("Bea").await, app.student("Cem").await);
    let (_, booking) = app.book(&bea, &ada, SLOT).await;
    let bad: [(&str, &[u8]); 5] = [
        ("resume.pdf", b"<html><script>alert(1)</script>"),
        (
            "a.png",
            b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        ),
        ("a.docx", b"PK\x03\x04 and nothing more"),
        ("a.exe", b"MZ"),
        ("empty.pdf", b""),
    ];
    for (name, bytes) in bad {
        let (status, answer) = send(&app, &bea, &booking, name, bytes).await;
        assert_eq!(
            (status, answer["code"].as_str()),
            (422, Some("invalid")),
            "{name}: {answer}"
        );
    }
    assert_eq!(
        send(
            &app,
            &bea,
            &booking,
            "big.pdf",
            &vec![b'%'; uploads::LARGEST + 1]
        )
        .await
        .0,
        413
    );
    assert_eq!(send(&app, &cem, &booking, "a.pdf", PDF).await.0, 404);
    let hostile = "../../etc/\"Lebenslauf\" Größe\r\nX: y.html";
    let (status, answer) = send(&app, &bea, &booking, hostile, PDF).await;
    assert_eq!(status, 201, "{answer}");
    assert_eq!(answer["files"][0]["name"], "Lebenslauf Größe X y.pdf");
    let file = answer["files"][0]["id"].as_str().unwrap();
    let path = format!("/bookings/{}/files/{file}", id(&booking));
    let got = app
        .signed_in(&ada)
        .await
        .http
        .get(format!("{}{path}", app.origin))
        .send()
        .await
        .unwrap();
    assert_eq!(got.status().as_u16(), 200);
    let header = |name: &str| got.headers()[name].to_str().unwrap().to_owned();
    assert!(
        header("content-disposition").starts_with("attachment; filename=\"Lebenslauf Gr"),
        "{}",
        header("content-disposition")
    );
    assert!(
        header("content-disposition").contains("filename*=UTF-8''Lebenslauf%20Gr%C3%B6"),
        "{}",
        header("content-disposition")
    );
    assert_eq!(
        (
            header("content-type").as_str(),
            header("x-content-type-options").as_str()
        ),
        ("application/pdf", "nosniff")
    );
    let policy = header("content-security-policy");
    assert_eq!(policy, "default-src 'none'; sandbox");
    assert_eq!(got.bytes().await.unwrap(), PDF);
    for other in [&cem] {
        assert_eq!(app.signed_in(other).await.get(&path).await.status, 404);
        assert_eq!(
            app.signed_in(other)
                .await
                .post(&format!("{path}/remove"), &[])
                .await
                .status,
            404
        );
        assert_eq!(preparation(&app, other, &booking).await.0, 404);
    }
    assert_eq!(app.visitor().get(&path).await.status, 303, "to sign in");
    // A second version; only its owner removes it.
    send(&app, &bea, &booking, "again.pdf", PDF).await;
    let (_, both) = preparation(&app, &ada, &booking).await;
    assert_eq!(both["files"].as_array().unwrap().len(), 2);
    assert_eq!(
        app.signed_in(&ada)
            .await
            .post(&format!("{path}/remove"), &[])
            .await
            .status,
        404
    );
    assert_eq!(
        app.signed_in(&bea)
            .await
            .post(&format!("{path}/remove"), &[])
            .await
            .status,
        303
    );
    assert_eq!(app.signed_in(&bea).await.get(&path).await.status, 404);
    // Thirty days after the session nothing is left.
    app.advance(TimeDelta::days(34));
    let now = app.now();
    let gone = app.sql(move |conn| prepare::outdated(conn, now)).await;
    assert_eq!(gone.len(), 2);
    assert_eq!(
        preparation(&app, &bea, &booking).await.1["files"],
        json!([])
    );
    let (status, late) = send(&app, &bea, &booking, "late.pdf", PDF).await;
    assert_eq!((status, late["code"].as_str()), (409, Some("wrong_state")));
}

#[actix_web::test]
async fn a_resume_comes_with_the_booking_and_is_not_lost_when_something_else_is_wrong() {
    let app = TestApp::at(MONDAY).await;
    let ada = with_file(&app).await;
    let bea = app.student("Bea").await;
    let browser = app.signed_in(&bea).await;
    let hold = browser.hold(&ada, "resume", SLOT).await.location;
    let form = browser.get(&hold).await.body;
    assert!(
        form.contains("multipart/form-data") && form.contains("type=\"file\""),
        "{form}"
    );
    let bad = post_file(
        &browser,
        &hold,
        &[("goals", "A job")],
        ("resume.pdf", b"<html>"),
    )
    .await;
    assert_eq!(bad.status().as_u16(), 422);
    let text = bad.text().await.unwrap();
    assert!(
        text.contains("does not change its type") && text.contains("A job"),
        "{text}"
    );
    let half = post_file(&browser, &hold, &[("goals", "")], ("resume.pdf", PDF)).await;
    assert_eq!(half.status().as_u16(), 422);
    let text = half.text().await.unwrap();
    assert!(text.contains("resume.pdf</a>"), "{text}");
    let done = post_file(&browser, &hold, &[("goals", "A job")], ("", b"")).await;
    assert_eq!(done.status().as_u16(), 303);
    let booking = json!({ "id": hold.strip_prefix("/holds/").unwrap() });
    let (_, prepared) = preparation(&app, &ada, &booking).await;
    assert_eq!(prepared["files"][0]["name"], "resume.pdf", "{prepared}");
    // Nothing was digested: the booking itself has told.
    assert_eq!(app.count("select count(*) from digests").await, 0);
    // Without the token of this browser nothing is read at all.
    let strange = app.visitor();
    let refused = post_file(&strange, &hold, &[("goals", "A job")], ("resume.pdf", PDF)).await;
    assert_eq!(refused.status().as_u16(), 303, "to sign in");
}

#[actix_web::test]
async fn what_one_prepares_reaches_the_other_in_one_letter() {
    let app = TestApp::at(MONDAY).await;
    let ada = with_file(&app).await;
    let bea = app.student("Bea").await;
    let (_, booking) = app.book(&bea, &ada, SLOT).await;
    let path = |what: &str| format!("/bookings/{}/{what}", id(&booking));
    let agenda = |words: &str, version: i32| json!({ "words": words, "version": version });
    let (status, _) = app
        .api(
            "PUT",
            &path("agenda"),
            Some(&bea),
            Some(agenda("One: the summary", 0)),
        )
        .await;
    assert_eq!(status, 200);
    app.advance(TimeDelta::minutes(5));
    send(&app, &bea, &booking, "resume.pdf", PDF).await;
    let note = |words: &str, shared: bool| json!({ "words": words, "shared": shared });
    app.api(
        "POST",
        &path("notes"),
        Some(&bea),
        Some(note("See page two", true)),
    )
    .await;
    app.api(
        "POST",
        &path("notes"),
        Some(&bea),
        Some(note("Ask about pay", false)),
    )
    .await;
    app.advance(TimeDelta::minutes(10) - TimeDelta::seconds(1));
    tell(&app).await;
    assert_eq!(
        app.count("select count(*) from digests").await,
        1,
        "a second is left"
    );
    app.advance(TimeDelta::seconds(1));
    tell(&app).await;
    let letters = app.letters_with("Subject: New for your session:", 1).await;
    let text = &letters[0];
    for words in ["To: Ada", "One: the summary", "See page two", "resume.pdf"] {
        assert!(text.contains(words), "{words}: {text}");
    }
    assert!(!text.contains("Ask about pay"), "{text}");
    // Hers alone on every page, too.
    let (_, hosts) = preparation(&app, &ada, &booking).await;
    let (_, own) = preparation(&app, &bea, &booking).await;
    assert_eq!(
        (
            hosts["notes"].as_array().unwrap().len(),
            own["notes"].as_array().unwrap().len()
        ),
        (1, 2)
    );
    assert!(
        !app.signed_in(&ada)
            .await
            .get(path("").trim_end_matches('/'))
            .await
            .body
            .contains("Ask about pay")
    );
    // Both write the agenda: the second sees what the first wrote, and loses nothing.
    app.api(
        "PUT",
        &path("agenda"),
        Some(&ada),
        Some(agenda("Two: the format", 1)),
    )
    .await;
    let (status, overtaken) = app
        .api("PUT", &path("agenda"), Some(&bea), Some(agenda("Three", 1)))
        .await;
    assert_eq!(
        (status, overtaken["code"].as_str()),
        (409, Some("overtaken"))
    );
    let again = app
        .signed_in(&bea)
        .await
        .post(&path("agenda"), &[("agenda", "Three"), ("version", "1")])
        .await;
    assert_eq!(again.status, 409);
    assert!(
        again.body.contains("Two: the format") && again.body.contains(">Three</textarea>"),
        "{}",
        again.body
    );
    assert!(again.body.contains("name=\"version\" value=\"2\""));
}

#[actix_web::test]
async fn who_has_sent_nothing_is_told_once() {
    let app = TestApp::at(MONDAY).await;
    let ada = with_file(&app).await;
    let (bea, cem) = (app.student("Bea").await, app.student("Cem").await);
    let (_, booking) = app.book(&bea, &ada, SLOT).await;
    let (_, other) = app.book(&cem, &ada, "2026-03-20T09:00:00Z").await;
    app.advance(TimeDelta::minutes(59));
    tell(&app).await;
    assert_eq!(
        app.count("select count(*) from bookings where nudged_at is not null")
            .await,
        0,
        "may still be at it"
    );
    app.advance(TimeDelta::minutes(1));
    tell(&app).await;
    tell(&app).await;
    let letters = app.letters_with("Subject: Please add", 1).await;
    assert!(
        letters.len() == 1 && letters[0].contains("To: Bea"),
        "{letters:?}"
    );
    let page = app
        .signed_in(&bea)
        .await
        .get(&format!("/bookings/{}", id(&booking)))
        .await
        .body;
    assert!(page.contains("would like to see your document"), "{page}");
    // Cem's is a week before, and by then he has one.
    send(&app, &cem, &other, "resume.pdf", PDF).await;
    app.advance(TimeDelta::days(12));
    tell(&app).await;
    assert_eq!(
        app.count("select count(*) from bookings where nudged_at is not null")
            .await,
        1
    );
}

/// Whoever holds a time, sends a file and lets go, again and again, fills no disk.
#[actix_web::test]
async fn files_have_a_quota_that_letting_go_does_not_give_back() {
    let app = TestApp::at(MONDAY).await;
    let ada = with_file(&app).await;
    let bea = app.student("Bea").await;
    let browser = app.signed_in(&bea).await;
    let large = [PDF, &vec![0; uploads::LARGEST - PDF.len()]].concat();
    let mut taken = 0;
    for number in 0..11 {
        let start = format!("2026-03-{:02}T09:00:00Z", 9 + number);
        let held = browser.hold(&ada, "resume", &start).await;
        assert_eq!(held.status, 303, "{}", held.body);
        let path = format!("{}/release", held.location);
        // Without what else is asked for it stays a hold, with its file.
        let sent = post_file(&browser, &held.location, &[], ("a.pdf", &large)).await;
        let kept = app.count("select count(*) from booking_files").await;
        assert!(sent.status() == 422);
        taken = kept;
        browser.post(&path, &[]).await;
    }
    assert_eq!(taken, 10, "a hundred megabytes");
    let refused = app
        .count("select count(*) from uploads where kept_at is null")
        .await;
    assert_eq!(refused, 0, "what is refused takes no room");
    // Two hours later the files of the holds go, and with them the room they took.
    app.advance(TimeDelta::hours(3));
    let gone = app
        .act(|tx| {
            let now = tx.now()?;
            prepare::outdated(tx, now)
        })
        .await;
    assert_eq!(gone.len(), 10);
}

#[actix_web::test]
async fn a_body_of_many_empty_parts_is_too_large_as_a_whole() {
    let app = TestApp::at(MONDAY).await;
    let ada = with_file(&app).await;
    let browser = app.signed_in(&ada).await;
    let page = browser.get("/about").await.body;
    let token = between(&page, "name=\"csrf\" value=\"", "\"").unwrap();
    let part = "--mark\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n\r\n";
    let mut body =
        format!("--mark\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\n{token}\r\n");
    while body.len() < 12 << 20 {
        body.push_str(part);
    }
    body.push_str("--mark--\r\n");
    let answer = browser
        .http
        .post(format!("{}/me/profile/photo", app.origin))
        .header("content-type", "multipart/form-data; boundary=mark")
        .body(body)
        .send()
        .await;
    // A server that hangs up before it has read all of it may be too quick for the client.
    assert!(answer.is_err() || answer.unwrap().status() == 413);
    assert_eq!(browser.get("/me").await.status, 200);
}

#[actix_web::test]
async fn a_disk_that_fails_is_no_mistake_of_the_visitors() {
    let app = TestApp::at(MONDAY).await;
    let ada = with_file(&app).await;
    let bea = app.student("Bea").await;
    let (_, booking) = app.book(&bea, &ada, SLOT).await;
    let folder = app.app.config.data_dir.join("uploads");
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(app.app.config.data_dir.as_path()).unwrap();
    std::fs::write(&folder, "in the way").unwrap();
    let (status, answer) = send(&app, &bea, &booking, "a.pdf", PDF).await;
    assert_eq!(
        (status, answer["code"].as_str()),
        (503, Some("unavailable")),
        "{answer}"
    );
    std::fs::remove_file(&folder).unwrap();
    assert_eq!(send(&app, &bea, &booking, "a.pdf", PDF).await.0, 201);
}
