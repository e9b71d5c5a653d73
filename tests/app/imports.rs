//! Foreign calendars as busy time, and servers that mean no good.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use almanac::{busy::importer, clock::Clock, db::Tx};
use chrono::TimeDelta;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use crate::support::{Somebody, TestApp};

const MONDAY: &str = "2026-03-02T08:00:00Z";
const ALLOWED: [(&str, &str); 1] = [("ALMANAC_IMPORT_ALLOW", "127.0.0.0/8")];

/// A server that gives one answer to everything, or one to each method, and remembers what it was asked.
#[derive(Clone)]
struct Server {
    port: u16,
    answer: Arc<Mutex<Vec<u8>>>,
    by_method: Arc<Mutex<HashMap<String, Vec<u8>>>>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Server {
    async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = Self {
            port: listener.local_addr().unwrap().port(),
            answer: Arc::default(),
            by_method: Arc::default(),
            asked: Arc::default(),
        };
        let shared = server.clone();
        actix_web::rt::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let shared = shared.clone();
                actix_web::rt::spawn(async move {
                    let mut request = vec![0; 8192];
                    let length = stream.read(&mut request).await.unwrap_or(0);
                    shared
                        .asked
                        .lock()
                        .unwrap()
                        .push(String::from_utf8_lossy(&request[..length]).into_owned());
                    let method = String::from_utf8_lossy(&request[..length]);
                    let method = method.split(' ').next().unwrap_or_default().to_owned();
                    let of_method = shared.by_method.lock().unwrap().get(&method).cloned();
                    let answer = of_method.unwrap_or_else(|| shared.answer.lock().unwrap().clone());
                    // Who hangs up early is no concern of ours.
                    let _ = stream.write_all(&answer).await;
                    let _ = stream.shutdown().await;
                });
            }
        });
        server
    }

    fn url(&self) -> String {
        format!("http://127.0.0.1:{}/secret/basic.ics", self.port)
    }

    fn says(&self, head: &str, body: &[u8]) {
        *self.answer.lock().unwrap() = Self::answer(head, body);
    }

    fn says_to(&self, method: &str, head: &str, body: &[u8]) {
        let answer = Self::answer(head, body);
        self.by_method
            .lock()
            .unwrap()
            .insert(method.to_owned(), answer);
    }

    fn answer(head: &str, body: &[u8]) -> Vec<u8> {
        let head = format!(
            "HTTP/1.1 {head}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
            body.len()
        );
        [head.as_bytes(), body].concat()
    }

    fn asked(&self) -> usize {
        self.asked.lock().unwrap().len()
    }
}

fn calendar(events: &str) -> Vec<u8> {
    format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{events}END:VCALENDAR\r\n").into_bytes()
}

const LUNCH: &str = "BEGIN:VEVENT\r\nUID:lunch\r\nDTSTART;TZID=Europe/Berlin:20260305T100000\r\nDTEND;TZID=Europe/Berlin:20260305T103000\r\nSUMMARY:Secret lunch <script>\r\nEND:VEVENT\r\n";

async fn slots(app: &TestApp, host: &Somebody) -> Vec<String> {
    let path = format!(
        "/alumni/{}/services/resume/slots?from=2026-03-05&until=2026-03-06&zone=UTC",
        host.handle
    );
    let (_, body) = app.api("GET", &path, None, None).await;
    let starts = body["slots"].as_array().unwrap().iter();
    starts
        .map(|s| s["start"].as_str().unwrap()[11..16].to_owned())
        .collect()
}

/// Lets the importer work until nothing is due. The worker may have been quicker.
async fn settle(app: &TestApp) {
    for _ in 0..3 {
        while importer::round(&app.app).await.unwrap() > 0 {}
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}

async fn failures(app: &TestApp) -> i64 {
    app.count("select coalesce(sum(failures), 0)::bigint as count from busy_calendars")
        .await
}

#[actix_web::test]
async fn a_foreign_calendar_keeps_its_owner_busy_and_nothing_else_of_it_is_kept() {
    let app = TestApp::with(MONDAY, &ALLOWED).await;
    let (ada, bea) = (app.alumnus("Ada").await, app.student("Bea").await);
    let (_, booking) = app.book(&bea, &ada, "2026-03-05T12:00:00Z").await;
    let own = format!(
        "BEGIN:VEVENT\r\nUID:{}\r\nDTSTART:20260305T140000Z\r\nDTEND:20260305T150000Z\r\nEND:VEVENT\r\n",
        booking["id"].as_str().unwrap()
    );
    let server = Server::open().await;
    server.says(
        "200 OK\r\nETag: \"one\"\r\nContent-Type: text/calendar",
        &calendar(&format!("{LUNCH}{own}BEGIN:VEVENT\r\nEND:VEVENT\r\n")),
    );
    let desk = app.signed_in(&ada).await;
    let added = desk
        .post("/me/busy", &[("address", &server.url()), ("label", "Work")])
        .await;
    assert_eq!(added.status, 303, "{}", added.body);
    settle(&app).await;
    // 10:00 in Berlin is 09:00 UTC; what is ours by its UID does not count twice.
    let free = slots(&app, &ada).await;
    assert!(
        !free.contains(&"09:00".into())
            && free.contains(&"09:30".into())
            && free.contains(&"14:00".into()),
        "{free:?}"
    );
    assert_eq!(app.book(&bea, &ada, "2026-03-05T09:00:00Z").await.0, 409);
    let page = desk.get("/me/busy").await.body;
    assert!(
        page.contains("Work")
            && page.contains("3 events")
            && page.contains("an event without a start"),
        "{page}"
    );
    assert!(!page.contains("secret/basic") && !page.contains("lunch"));
    assert_eq!(
        app.count(
            "select count(*) from busy_calendars where encode(address, 'escape') like '%secret%'"
        )
        .await,
        0
    );
    // A second look asks whether it has changed.
    app.advance(TimeDelta::hours(2));
    server.says("304 Not Modified", b"");
    settle(&app).await;
    assert!(
        server
            .asked
            .lock()
            .unwrap()
            .last()
            .unwrap()
            .to_lowercase()
            .contains("if-none-match: \"one\"")
    );
    assert_eq!(
        (
            failures(&app).await,
            slots(&app, &ada).await.contains(&"09:00".into())
        ),
        (0, false)
    );
    // Removing it frees the time.
    let id = crate::support::between(&page, "/me/busy/", "/")
        .unwrap()
        .to_owned();
    let other = app.signed_in(&bea).await;
    assert_eq!(
        other
            .post(&format!("/me/busy/{id}/remove"), &[])
            .await
            .status,
        404
    );
    assert_eq!(
        desk.post(&format!("/me/busy/{id}/remove"), &[])
            .await
            .status,
        303
    );
    assert!(slots(&app, &ada).await.contains(&"09:00".into()));
    assert_eq!(app.count("select count(*) from busy_times").await, 0);
}

#[actix_web::test]
async fn whatever_goes_wrong_the_last_good_copy_counts_and_its_owner_is_told() {
    let app = TestApp::with(MONDAY, &ALLOWED).await;
    let ada = app.alumnus("Ada").await;
    app.set_hours(&ada, serde_json::json!({ "minimum_notice_minutes": 0 }))
        .await;
    let server = Server::open().await;
    server.says("200 OK", &calendar(LUNCH));
    let desk = app.signed_in(&ada).await;
    desk.post("/me/busy", &[("address", &server.url())]).await;
    settle(&app).await;
    let page = desk.get("/me/busy").await.body;
    let id = crate::support::between(&page, "/me/busy/", "/")
        .unwrap()
        .to_owned();
    let bomb = {
        use std::io::Write;
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        gzip.write_all(&vec![b' '; 40 << 20]).unwrap();
        gzip.finish().unwrap()
    };
    let cut = calendar(LUNCH);
    let mut seen = 0;
    for (head, body) in [
        ("500 Oops", &b"no"[..]),
        ("404 Not Found", b""),
        ("429 Slow down\r\nRetry-After: 60", b""),
        ("200 OK", b"<!doctype html><p>Sign in</p>"),
        ("200 OK", b""),
        ("200 OK", &cut[..60]),
        ("200 OK\r\nContent-Encoding: gzip", &bomb),
        ("200 OK\r\nContent-Encoding: gzip", b"not gzip"),
        ("302 Found\r\nLocation: file:///etc/passwd", b""),
        ("302 Found\r\nLocation: http://169.254.169.254/latest", b""),
        ("302 Found\r\nLocation: http://[::1]/x", b""),
        ("302 Found\r\nLocation: /again", b""),
    ] {
        server.says(head, body);
        app.advance(TimeDelta::hours(26));
        settle(&app).await;
        let now = failures(&app).await;
        assert!(now > seen, "{head}: {now}");
        seen = now;
        assert_eq!(
            app.count("select count(*) from busy_times").await,
            1,
            "{head}"
        );
    }
    // One neutral sentence, whatever it was; two days later a letter.
    let page = desk.get("/me/busy").await.body;
    assert!(
        page.contains("not been able to read it since") && page.contains("Out of date"),
        "{page}"
    );
    // Ids and ports elsewhere on the page have any digits.
    let said = page
        .split("<p")
        .find(|p| p.contains("not been able to read it since"));
    let said = said
        .and_then(|p| p.split("</p>").next())
        .expect("a paragraph");
    for detail in ["169.254", "500", "404", "gzip", "passwd"] {
        assert!(!said.contains(detail), "{said}");
    }
    app.app.bell.notify_one();
    let letters = app.post.wait_for(1).await;
    assert!(crate::support::unquoted(&letters[0]).contains("not been able to read"));
    assert_eq!(app.count("select count(*) from jobs").await, 0);
    // The choice to offer nothing meanwhile.
    let (_, body) = app
        .api(
            "GET",
            "/alumni/ada/services/resume/slots?from=2026-03-20&until=2026-04-03",
            None,
            None,
        )
        .await;
    assert!(!body["slots"].as_array().unwrap().is_empty());
    assert_eq!(
        desk.post(&format!("/me/busy/{id}/choices"), &[("stop", "yes")])
            .await
            .status,
        303
    );
    let ask = || {
        app.api(
            "GET",
            "/alumni/ada/services/resume/slots?from=2026-03-20&until=2026-04-03",
            None,
            None,
        )
    };
    assert!(ask().await.1["slots"].as_array().unwrap().is_empty());
    server.says("200 OK", &calendar(LUNCH));
    app.advance(TimeDelta::hours(26));
    settle(&app).await;
    assert!(!ask().await.1["slots"].as_array().unwrap().is_empty());
    assert!(desk.get("/me/busy").await.body.contains("Up to date"));
    // What is gone is not asked for again.
    server.says("410 Gone", b"");
    app.advance(TimeDelta::hours(26));
    settle(&app).await;
    let asked = server.asked();
    app.advance(TimeDelta::days(9));
    settle(&app).await;
    assert_eq!(server.asked(), asked);
    assert!(
        desk.get("/me/busy")
            .await
            .body
            .contains("have stopped trying")
    );
}

#[actix_web::test]
async fn the_own_network_is_not_reached() {
    let app = TestApp::at(MONDAY).await;
    let ada = app.alumnus("Ada").await;
    let server = Server::open().await;
    server.says("200 OK", &calendar(LUNCH));
    let desk = app.signed_in(&ada).await;
    let port = server.port;
    let mut pages = Vec::new();
    for address in [
        format!("http://127.0.0.1:{port}/"),
        format!("http://localhost:{port}/"),
        format!("http://2130706433:{port}/"),
        format!("http://[::ffff:127.0.0.1]:{port}/"),
        "http://127.0.0.1:1/".to_owned(),
    ] {
        assert_eq!(
            desk.post("/me/busy", &[("address", &address), ("label", "x")])
                .await
                .status,
            303,
            "{address}"
        );
        settle(&app).await;
        assert_eq!((server.asked(), failures(&app).await), (0, 1), "{address}");
        let page = desk.get("/me/busy").await.body;
        let id = crate::support::between(&page, "/me/busy/", "/")
            .unwrap()
            .to_owned();
        let shown = crate::support::between(&page, "not been able to read it", "</p>").unwrap();
        // When it is tried next is spread by chance.
        pages.push(shown.split("Next try").next().unwrap().to_owned());
        desk.post(&format!("/me/busy/{id}/remove"), &[]).await;
    }
    pages.dedup();
    assert_eq!(pages.len(), 1, "open and closed look the same: {pages:?}");
    for bad in [
        "",
        "nonsense",
        "ftp://example.org/a.ics",
        "file:///etc/passwd",
    ] {
        let answer = desk
            .post("/me/busy", &[("address", bad), ("label", "Kept")])
            .await;
        assert_eq!(answer.status, 422, "{bad}");
        assert!(answer.body.contains("Kept") && answer.body.contains("must look like"));
    }
}

#[actix_web::test]
async fn one_fetch_does_for_everybody_and_nobody_has_too_many() {
    let app = TestApp::with(MONDAY, &ALLOWED).await;
    let server = Server::open().await;
    server.says("200 OK", &calendar(LUNCH));
    for name in ["Ada", "Ben", "Cem"] {
        let who = app.alumnus(name).await;
        // All at once, before anything is fetched.
        let (keys, id) = (app.app.clone(), who.person.id);
        let later = Clock::standing_at(app.now() + TimeDelta::minutes(1));
        let source = almanac::fetch::Source::typed(&server.url(), "", "").unwrap();
        app.app
            .transaction(move |tx| {
                let tx = &mut Tx::on(tx, &later);
                almanac::busy::calendar::add_address(tx, &keys.keys, id, "x", &source)
            })
            .await
            .unwrap();
    }
    app.advance(TimeDelta::minutes(2));
    settle(&app).await;
    assert_eq!(server.asked(), 1);
    assert_eq!(
        app.count("select count(distinct person_id) from busy_times")
            .await,
        3
    );
    let dan = app.alumnus("Dan").await;
    let desk = app.signed_in(&dan).await;
    for number in 0..11 {
        let answer = desk
            .post(
                "/me/busy",
                &[
                    ("address", &format!("https://calendar.example/{number}")),
                    ("label", ""),
                ],
            )
            .await;
        assert_eq!(
            answer.status,
            if number < 10 { 303 } else { 422 },
            "{number}: {}",
            answer.body
        );
    }
}

#[actix_web::test]
async fn a_file_is_read_at_once() {
    let app = TestApp::at(MONDAY).await;
    let (ada, bea) = (app.alumnus("Ada").await, app.student("Bea").await);
    let send_with = async |who: &Somebody, body: Vec<u8>, token: Option<&str>| {
        let browser = app.signed_in(who).await;
        let page = browser.get("/me/busy").await.body;
        let own = crate::support::between(&page, "name=\"csrf\" value=\"", "\"").unwrap();
        let token = token.unwrap_or(own).to_owned();
        let mut form = b"--x\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\n".to_vec();
        form.extend(token.as_bytes());
        form.extend(b"\r\n--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\\\"<b>.ics\"\r\nContent-Type: text/calendar\r\n\r\n");
        form.extend(body);
        form.extend(b"\r\n--x--\r\n");
        let request = browser
            .http
            .post(format!("{}/me/busy/file", app.origin))
            .header("content-type", "multipart/form-data; boundary=x")
            .body(form);
        (crate::support::answer(request).await, browser)
    };
    let send = async |who: &Somebody, body: Vec<u8>| send_with(who, body, None).await;
    for token in ["", "AAAA"] {
        let (answer, _) = send_with(&ada, calendar(LUNCH), Some(token)).await;
        assert_eq!(answer.status, 403, "{token:?}");
    }
    let (answer, browser) = send(&ada, calendar(LUNCH)).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    assert!(!slots(&app, &ada).await.contains(&"09:00".into()));
    let page = browser.get("/me/busy").await.body;
    assert!(
        page.contains("1 event.") && !page.contains("<b>.ics"),
        "{page}"
    );
    // What is taken of a student's time is respected as well.
    assert_eq!(
        send(&bea, calendar(&LUNCH.replace("T10", "T11")))
            .await
            .0
            .status,
        303
    );
    let (status, body) = app.book(&bea, &ada, "2026-03-05T10:00:00Z").await;
    assert_eq!((status, body["code"].as_str()), (409, Some("guest_busy")));
    for (body, problem) in [
        (b"<html>".to_vec(), "is not a calendar"),
        (calendar(LUNCH)[..80].to_vec(), "is incomplete"),
        (calendar(&"BEGIN:VEVENT\r\n".repeat(20_001)), "too large"),
    ] {
        let (answer, _) = send(&ada, body).await;
        assert_eq!(answer.status, 422);
        assert!(answer.body.contains(problem), "{problem}: {}", answer.body);
    }
    assert_eq!(send(&ada, vec![b'x'; 11 << 20]).await.0.status, 413);
}

#[actix_web::test]
async fn a_password_goes_to_its_own_server_and_nowhere_else() {
    let app = TestApp::with(MONDAY, &ALLOWED).await;
    let ada = app.alumnus("Ada").await;
    let desk = app.signed_in(&ada).await;
    let (own, other) = (Server::open().await, Server::open().await);
    other.says("200 OK\r\nContent-Type: text/calendar", &calendar(LUNCH));
    own.says(&format!("302 Found\r\nLocation: {}", other.url()), b"");
    let url = own.url();
    let typed = [
        ("address", url.as_str()),
        ("user", "ada"),
        ("password", "päss:w/rd"),
    ];
    assert_eq!(desk.post("/me/busy", &typed).await.status, 303);
    settle(&app).await;
    assert!(!slots(&app, &ada).await.contains(&"09:00".into()));
    // RFC 7617, of UTF-8.
    let proof = "authorization: Basic YWRhOnDDpHNzOncvcmQ=";
    let has = |server: &Server, words: &str| {
        let asked = server.asked.lock().unwrap();
        let words = words.to_lowercase();
        asked
            .iter()
            .any(|request| request.to_lowercase().contains(&words))
    };
    assert!(has(&own, proof) && !has(&other, "authorization"));
    // Nowhere in the clear, neither in the database nor on the page.
    let kept = "select count(*) from busy_calendars where position('w/rd'::bytea in address) > 0 or host like '%@%'";
    assert_eq!(app.count(kept).await, 0);
    let page = desk.get("/me/busy").await.body;
    assert!(!page.contains("w/rd") && !page.contains("ada@"), "{page}");
}

#[actix_web::test]
async fn a_caldav_server_is_asked_for_its_calendars() {
    let app = TestApp::with(MONDAY, &ALLOWED).await;
    let ada = app.alumnus("Ada").await;
    let desk = app.signed_in(&ada).await;
    let server = Server::open().await;
    server.says_to(
        "GET",
        "405 Method Not Allowed\r\nDAV: 1, 3, calendar-access",
        b"",
    );
    let list = r#"<?xml version="1.0"?><d:multistatus xmlns:d="DAV:" xmlns:cal="urn:ietf:params:xml:ns:caldav">
        <d:response><d:href>/dav/ada/</d:href><d:propstat><d:prop><d:resourcetype><d:collection/></d:resourcetype></d:prop></d:propstat></d:response>
        <d:response><d:href>/dav/ada/work/</d:href><d:propstat><d:prop><d:resourcetype><d:collection/><cal:calendar/></d:resourcetype></d:prop></d:propstat></d:response>
        </d:multistatus>"#;
    server.says_to("PROPFIND", "207 Multi-Status", list.as_bytes());
    let events = |status: &str| {
        format!(
            r#"<?xml version="1.0"?><multistatus xmlns="DAV:"><response><href>/dav/ada/work/1.ics</href>{status}<propstat><prop>
            <C:calendar-data xmlns:C="urn:ietf:params:xml:ns:caldav">{}</C:calendar-data></prop></propstat></response></multistatus>"#,
            String::from_utf8(calendar(LUNCH))
                .unwrap()
                .replace('<', "&lt;")
        )
    };
    server.says_to("REPORT", "207 Multi-Status", events("").as_bytes());
    let url = format!("http://127.0.0.1:{}/dav/ada/", server.port);
    assert_eq!(
        desk.post("/me/busy", &[("address", &url)]).await.status,
        303
    );
    settle(&app).await;
    assert_eq!(failures(&app).await, 0);
    assert!(!slots(&app, &ada).await.contains(&"09:00".into()));
    {
        let asked = server.asked.lock().unwrap();
        let report = asked
            .iter()
            .find(|request| request.starts_with("REPORT /dav/ada/work/ "));
        let report = report.unwrap();
        assert!(
            report.contains("<c:time-range start=\"20260301T"),
            "{report}"
        );
    }
    assert_eq!(app.count("select count(*) from busy_times").await, 1);
    // What is only a part of a calendar is none: the last good copy counts.
    let part = events("<status>HTTP/1.1 507 Insufficient Storage</status>");
    server.says_to("REPORT", "207 Multi-Status", part.as_bytes());
    app.advance(TimeDelta::hours(3));
    settle(&app).await;
    assert_eq!(failures(&app).await, 1);
    assert!(!slots(&app, &ada).await.contains(&"09:00".into()));
    // One that is elsewhere is not asked for, nor is it left out without a word.
    let elsewhere = list.replace("/dav/ada/work/", "https://other.example/work/");
    server.says_to("PROPFIND", "207 Multi-Status", elsewhere.as_bytes());
    app.advance(TimeDelta::hours(3));
    settle(&app).await;
    assert_eq!(failures(&app).await, 2);
    assert!(!slots(&app, &ada).await.contains(&"09:00".into()));
}
