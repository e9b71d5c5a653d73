use std::io::{Read, Write};

use futures_util::future::join_all;

use crate::support::{TestApp, answer};

const MONDAY: &str = "2026-03-02T08:00:00Z";

/// Every route of the sources that takes a POST from a page.
fn posted_routes() -> Vec<String> {
    let mut routes = Vec::new();
    for file in glob(&format!("{}/src", env!("CARGO_MANIFEST_DIR"))) {
        let source = std::fs::read_to_string(&file).unwrap();
        for rest in source.split("resource(\"").skip(1) {
            let (path, rest) = rest.split_once('"').unwrap();
            let chain = rest
                .split("resource(\"")
                .next()
                .unwrap()
                .split(';')
                .next()
                .unwrap();
            if chain.contains("post()") && !path.starts_with("/api") {
                routes.push(
                    path.replace("/admin/mail/{id}", "/admin/mail/1")
                        .replace("{id}", "0e1f8f6e-0000-4000-8000-000000000000")
                        .replace("{token}", "AAAA")
                        .replace("{slug}", "resume"),
                );
            }
        }
    }
    routes
}

fn glob(folder: &str) -> Vec<std::path::PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        if entry.path().is_dir() {
            files.extend(glob(entry.path().to_str().unwrap()));
        } else if entry.path().extension().is_some_and(|e| e == "rs") {
            files.push(entry.path());
        }
    }
    files
}

#[actix_web::test]
async fn a_board_for_members_shows_nobody_else_anything() {
    let app = TestApp::with(
        MONDAY,
        &[
            ("ALMANAC_BOARD", "members"),
            ("ALMANAC_CONTACT", "office@example.org"),
        ],
    )
    .await;
    let ada = app.alumnus("Ada").await;
    let pages = [
        "/",
        "/alumni",
        "/alumni/ada",
        "/alumni/ada/resume",
        "/alumni/ada/photo.jpg",
        "/alumni/ada/open-times.ics",
        "/find",
    ];
    let api = [
        "/alumni",
        "/alumni/ada",
        "/alumni/ada/services/resume/slots?from=2026-03-02&until=2026-03-03",
        "/slots?service=resume",
    ];
    let (stranger, member) = (app.visitor(), app.signed_in(&ada).await);
    // Who posts learns no more than who looks.
    let start = ("start", "2026-03-05T09:00:00Z");
    let page = member.get("/alumni/ada/resume?day=2026-03-05").await.body;
    let service = crate::support::between(&page, "name=\"service\" value=\"", "\"");
    let service = service.expect("the id of a service").to_owned();
    for service in [service.as_str(), "0e1f8f6e-0000-4000-8000-000000000000"] {
        let answer = stranger
            .post("/holds", &[("service", service), start])
            .await;
        assert!(
            answer.location.starts_with("/sign-in") && !answer.location.contains("ada"),
            "{}",
            answer.location
        );
    }
    for path in pages {
        let answer = stranger.get(path).await;
        assert!(
            answer.location.starts_with("/sign-in"),
            "{path}: {} {}",
            answer.status,
            answer.body
        );
        assert_ne!(member.get(path).await.status, 303, "{path}");
    }
    for path in api {
        assert_eq!(app.api("GET", path, None, None).await.0, 401, "{path}");
        let (status, answer) = app.api("GET", path, Some(&ada), None).await;
        assert_eq!(status, 200, "{path}: {answer}");
    }
    let text = stranger.get("/.well-known/security.txt").await;
    assert!(
        text.body
            .starts_with("Contact: mailto:office@example.org\nExpires: 20"),
        "{}",
        text.body
    );
    assert_eq!(stranger.get("/about").await.status, 200);
}

#[actix_web::test]
async fn no_form_counts_without_this_browsers_token() {
    let app = TestApp::at(MONDAY).await;
    let ada = app.person("Ada", "UTC", almanac::people::Role::ALL).await;
    let (browser, other) = (app.signed_in(&ada).await, app.signed_in(&ada).await);
    let page = other.get("/about").await.body;
    let foreign = crate::support::between(&page, "name=\"csrf\" value=\"", "\"")
        .unwrap()
        .to_owned();
    let page = browser.get("/about").await.body;
    let own = crate::support::between(&page, "name=\"csrf\" value=\"", "\"")
        .unwrap()
        .to_owned();
    let mut routes = posted_routes();
    // Mail programs have neither cookie nor token: the address is the proof.
    routes.retain(|path| !path.starts_with("/unsubscribe/"));
    assert!(routes.len() >= 25, "{routes:?}");
    for path in &routes {
        let multipart = [
            "/me/profile/photo",
            "/me/introduction/photo",
            "/me/busy/file",
        ]
        .contains(&path.as_str());
        for token in ["", "AAAA", &foreign] {
            if multipart {
                continue; // Tried with photos and calendars.
            }
            assert_eq!(
                browser.post_bare(path, &[("csrf", token)]).await.status,
                403,
                "{path} with {token:?}"
            );
        }
        for (name, value) in [
            ("origin", "https://evil.example"),
            ("origin", "null"),
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
        ] {
            let request = browser
                .http
                .post(format!("{}{path}", app.origin))
                .header(name, value)
                .form(&[("csrf", &own)]);
            assert_eq!(answer(request).await.status, 403, "{path} from {value}");
        }
        let plain = browser
            .http
            .post(format!("{}{path}", app.origin))
            .header("content-type", "text/plain")
            .body(format!("csrf={own}"));
        assert!(
            matches!(answer(plain).await.status, 400 | 403 | 415),
            "{path} as text"
        );
    }
    assert_eq!(app.count("select count(*) from sessions").await, 2);
}

#[actix_web::test]
async fn every_answer_carries_the_headers() {
    let app = TestApp::at(MONDAY).await;
    let ada = app.alumnus("Ada").await;
    let url = app.api("GET", "/me/feed", Some(&ada), None).await.1["url"]
        .as_str()
        .unwrap()
        .replace(&app.origin, "");
    for path in [
        "/",
        "/alumni/ada",
        "/nothing",
        "/me",
        "/api/v1/alumni",
        "/api/v1/nothing",
        "/static/x/almanac.css",
        "/healthz",
        &url,
        "/sign-in/x",
    ] {
        let found = app.visitor().get(path).await;
        let text = |name: &str| {
            found
                .headers
                .get(name)
                .map_or("", |v| v.to_str().unwrap())
                .to_owned()
        };
        assert!(
            text("content-security-policy").contains("default-src 'none'")
                && !text("content-security-policy").contains("unsafe"),
            "{path}"
        );
        assert_eq!(text("x-content-type-options"), "nosniff", "{path}");
        assert!(
            ["same-origin", "no-referrer"].contains(&text("referrer-policy").as_str()),
            "{path}"
        );
        assert!(text("access-control-allow-origin").is_empty(), "{path}");
        assert!(found.status < 500, "{path}");
        if found.body.starts_with("<!DOCTYPE") {
            assert_eq!(text("cache-control"), "no-store", "{path}");
            assert!(
                !found.body.contains(" style=")
                    && !found.body.contains("<style")
                    && !found.body.contains("<script>"),
                "{path}"
            );
        }
    }
    assert_eq!(
        app.visitor().get("/sign-in/x").await.headers["referrer-policy"],
        "no-referrer"
    );
}

#[actix_web::test]
async fn cookies_are_strict_where_the_site_is_https() {
    let app = TestApp::with(
        MONDAY,
        &[("ALMANAC_BASE_URL", "https://almanac.example.org")],
    )
    .await;
    let address = app.origin.clone();
    let found = reqwest::Client::new()
        .get(format!("{address}/"))
        .header("host", "almanac.example.org")
        .send()
        .await
        .unwrap();
    let cookie = found.headers()["set-cookie"].to_str().unwrap().to_owned();
    for part in [
        "__Host-almanac=",
        "; Secure",
        "; HttpOnly",
        "SameSite=Lax",
        "Path=/",
    ] {
        assert!(cookie.contains(part), "{part} in {cookie}");
    }
    assert!(!cookie.contains("Domain"));
    assert!(
        found.headers()["strict-transport-security"]
            .to_str()
            .unwrap()
            .contains("max-age")
    );
    let evil = reqwest::Client::new()
        .get(format!("{address}/"))
        .header("host", "evil.example")
        .send()
        .await
        .unwrap();
    assert_eq!(evil.status(), 400);
    // Links in mails are the configured site's, whatever the request says.
    let request = reqwest::Client::new()
        .post(format!("{address}/sign-in"))
        .header("x-forwarded-host", "evil.example");
    assert_eq!(
        request
            .form(&[("email", "a@example.org")])
            .send()
            .await
            .unwrap()
            .status(),
        403
    );
}

#[actix_web::test]
async fn odd_requests_are_refused_quickly() {
    let app = TestApp::at(MONDAY).await;
    let browser = app.visitor();
    for (path, status) in [
        ("/alumni?q=%00", 400),
        ("/alumni?q=%FF", 400),
        ("/alumni?q=%ED%A0%80", 400),
        ("/alumni/%00", 400),
        ("/alumni/%FF", 400),
        ("/alumni?q=a&q=b", 400),
        ("/alumni?page=-1", 400),
        ("/alumni?page=99999999999999999999", 400),
        ("/alumni?page=%D9%A3", 400),
        ("/static/x/../../Cargo.toml", 404),
        ("/static/x/%2e%2e%2fCargo.toml", 404),
        ("/static/x/..%5cx", 404),
        ("/bookings/1.css", 404),
        ("/holds/zzz", 404),
        ("/alumni/a/b/c", 404),
        ("/me/../etc", 404),
        ("/alumni?q={{7*7}}${7*7}%25n{0}", 200),
        ("/alumni?topic='%20or%201=1--", 200),
        ("/alumni?q=%25_%5C", 200),
    ] {
        assert_eq!(browser.get(path).await.status, status, "{path}");
    }
    assert!(
        browser
            .get("/alumni?q={{7*7}}")
            .await
            .body
            .contains("{{7*7}}")
    );
    let long = format!("/alumni?q={}", "x".repeat(20_000));
    assert_eq!(browser.get(&long).await.status, 413);
    for next in [
        "//evil.example",
        "/\\evil.example",
        "https://evil.example",
        "javascript:alert(1)",
        "/%09//evil",
        "%0d%0aX: y",
    ] {
        let page = browser
            .get(&format!(
                "/sign-in?next={}",
                almanac::html::form::encode(next)
            ))
            .await
            .body;
        assert!(page.contains("name=\"next\" value=\"/me\""), "{next}");
    }
    let many: Vec<(String, String)> = (0..5_000)
        .map(|n| (format!("f{n}"), String::new()))
        .collect();
    let request = browser
        .http
        .post(format!("{}/sign-in", app.origin))
        .form(&many);
    assert_eq!(answer(request).await.status, 413);
    let request = browser
        .http
        .post(format!("{}/sign-in", app.origin))
        .form(&[("email", "x".repeat(1_000_000))]);
    assert_eq!(answer(request).await.status, 413);
    for method in ["TRACE", "OPTIONS", "DELETE", "PATCH", "HEAD"] {
        let request = browser
            .http
            .request(method.parse().unwrap(), format!("{}/holds", app.origin));
        assert!(
            matches!(answer(request).await.status, 404 | 405),
            "{method}"
        );
    }
    // Two lengths, and half a request.
    let address = app.origin.trim_start_matches("http://").to_owned();
    let status = actix_web::web::block(move || {
        let mut stream = std::net::TcpStream::connect(&address).unwrap();
        let request = format!("POST /sign-in HTTP/1.1\r\nHost: {address}\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = [0; 12];
        stream.read_exact(&mut answer).unwrap();
        String::from_utf8_lossy(&answer).into_owned()
    })
    .await
    .unwrap();
    assert!(status.starts_with("HTTP/1.1 4"), "{status}");
}

#[actix_web::test]
async fn a_network_that_knocks_too_often_waits() {
    let app = TestApp::with(MONDAY, &[("ALMANAC_RATE_LIMIT", "on")]).await;
    let visitor = app.visitor();
    let page = visitor.get("/about").await.body;
    let token = crate::support::between(&page, "name=\"csrf\" value=\"", "\"")
        .unwrap()
        .to_owned();
    let mut statuses = Vec::new();
    for number in 0..70 {
        let email = format!("a{number}@example.org");
        // A forged address helps nobody while no proxy is trusted.
        let request = visitor
            .http
            .post(format!("{}/sign-in", app.origin))
            .header("x-forwarded-for", format!("10.0.0.{number}"));
        statuses.push(answer(request.form(&[("csrf", token.as_str()), ("email", &email)])).await);
    }
    assert!(statuses[..60].iter().all(|a| a.status == 200));
    let last = statuses.last().unwrap();
    assert_eq!(last.status, 429);
    assert!(last.headers.contains_key("retry-after"));
    // Another server, or this one after a restart, has not forgotten it.
    let twin = app.twin_with(&[("ALMANAC_RATE_LIMIT", "on")]).await;
    let there = twin.visitor();
    let ask = || there.post("/sign-in", &[("email", "one@example.org")]);
    assert_eq!(ask().await.status, 429);
    app.advance(chrono::TimeDelta::seconds(11));
    assert_eq!(ask().await.status, 200);
    assert_eq!(ask().await.status, 429);
}

#[actix_web::test]
async fn looking_has_a_limit_that_is_told() {
    let app = TestApp::with(MONDAY, &[("ALMANAC_RATE_LIMIT", "on")]).await;
    let client = reqwest::Client::new();
    let ask = |path: &str| answer(client.get(format!("{}{path}", app.origin)));
    let first = ask("/about").await;
    assert_eq!(first.headers["ratelimit-limit"], "3000");
    assert_eq!(first.headers["ratelimit-remaining"], "2999");
    let mut left = 2999;
    while left > 0 {
        let at_once = left.min(32);
        for answer in join_all((0..at_once).map(|_| ask("/nothing"))).await {
            assert_eq!(answer.status, 404);
        }
        left -= at_once;
    }
    let refused = ask("/nothing").await;
    assert_eq!(refused.status, 429);
    assert_eq!(refused.headers["retry-after"], "1");
    // Whoever watches over the site is not shut out.
    assert_eq!(ask("/healthz").await.status, 200);
    // Two hundredths of a second are two more.
    app.advance(chrono::TimeDelta::milliseconds(20));
    let after = [
        ask("/nothing").await,
        ask("/nothing").await,
        ask("/nothing").await,
    ];
    assert_eq!(after.map(|a| a.status), [404, 404, 429]);
}

#[actix_web::test]
async fn a_database_that_is_away_is_said_and_comes_back() {
    let app = TestApp::at(MONDAY).await;
    app.alumnus("Ada").await;
    assert_eq!(app.visitor().get("/readyz").await.status, 200);
    let (_, name) = app
        .database
        .rsplit_once('/')
        .map(|(a, b)| (a.to_owned(), b.to_owned()))
        .unwrap();
    let server = app.database.replace(&format!("/{name}"), "/postgres");
    let shut = async |allow: bool| {
        let (server, name) = (server.clone(), name.clone());
        actix_web::web::block(move || {
            use diesel::connection::SimpleConnection;
            let mut conn = crate::support::connect(&server);
            conn.batch_execute(&format!("alter database {name} allow_connections {allow}"))
                .unwrap();
            conn.batch_execute(&format!(
                "select pg_terminate_backend(pid) from pg_stat_activity where datname = '{name}'"
            ))
            .unwrap();
        })
        .await
        .unwrap();
    };
    // Connections that are killed are replaced without anybody noticing.
    shut(true).await;
    assert_eq!(app.visitor().get("/alumni").await.status, 200);
    shut(false).await;
    for path in ["/alumni", "/api/v1/alumni", "/readyz"] {
        let answer = app.visitor().get(path).await;
        assert_eq!(answer.status, 503, "{path}");
        assert!(answer.headers.contains_key("retry-after"), "{path}");
    }
    assert_eq!(app.visitor().get("/healthz").await.status, 200);
    shut(true).await;
    assert_eq!(app.visitor().get("/alumni").await.status, 200);
}

#[actix_web::test]
async fn a_panic_is_one_answer_and_the_rest_lives() {
    use actix_web::{App, middleware::from_fn, test, web};
    let app = TestApp::at(MONDAY).await;
    let boom = || async {
        if app_is_broken() {
            panic!("a secret of the code");
        }
        "never"
    };
    let site = App::new()
        .app_data(app.app.clone())
        .wrap(from_fn(almanac::server::answers::finish))
        .route("/boom", web::get().to(boom));
    let service = test::init_service(site).await;
    let request = test::TestRequest::get()
        .uri("/boom")
        .insert_header(("host", "localhost"))
        .to_request();
    let answer = match test::try_call_service(&service, request).await {
        Ok(answer) => answer.into_parts().1,
        Err(error) => error.as_response_error().error_response(),
    };
    assert_eq!(answer.status(), 500);
    let body = actix_web::body::to_bytes(answer.into_body())
        .await
        .unwrap_or_else(|_| panic!("no body"));
    let body = String::from_utf8_lossy(&body);
    assert!(
        body.contains("Something went wrong") && !body.contains("a secret"),
        "{body}"
    );
    // On a database thread the same: one error, and the thread goes on.
    for _ in 0..8 {
        let broken = app
            .app
            .read::<(), almanac::error::Error>(|_| panic!("again"))
            .await;
        assert!(matches!(broken, Err(almanac::error::Error::Internal(_))));
    }
    assert_eq!(app.visitor().get("/alumni").await.status, 200);
}

/// Keeps the compiler from knowing that the handler never answers.
fn app_is_broken() -> bool {
    std::hint::black_box(true)
}

#[actix_web::test]
async fn the_default_port_may_be_said_and_left_out() {
    let settings = [("ALMANAC_BASE_URL", "https://almanac.example.org")];
    let app = TestApp::with(MONDAY, &settings).await;
    let http = reqwest::Client::new();
    let ask = async |host: &str| {
        let request = http
            .get(format!("{}/about", app.origin))
            .header("host", host);
        let answer = request.send().await.unwrap();
        let hidden = answer.headers().contains_key("x-robots-tag");
        (answer.status().as_u16(), hidden)
    };
    assert_eq!(ask("almanac.example.org").await, (200, false));
    assert_eq!(ask("Almanac.example.org:443").await, (200, false));
    for other in [
        "almanac.example.org:80",
        "evil.example",
        "almanac.example.org.evil.example",
    ] {
        assert_eq!(ask(other).await.0, 400, "{other}");
    }
    let page = app.visitor().get("/robots.txt").await.body;
    assert!(
        page.contains("Disallow: /me\n") && !page.contains("Disallow: /\n"),
        "{page}"
    );
    assert!(!page.contains("/calendar"), "{page}");
    // Pages with people on them are not to be found.
    let answer = reqwest::get(format!("{}/alumni", app.origin))
        .await
        .unwrap();
    assert_eq!(answer.headers()["x-robots-tag"], "noindex");
}

/// Dates that chrono can hold and no zone can show.
#[actix_web::test]
async fn instants_beyond_all_calendars_are_refused_and_nothing_breaks() {
    let app = TestApp::at(MONDAY).await;
    let (ada, bea) = (app.alumnus("Ada").await, app.student("Bea").await);
    let (_, booking) = app.book(&bea, &ada, "2026-03-05T09:00:00Z").await;
    let own = app.signed_in(&bea).await;
    let service = own.service(&ada, "resume", "2026-03-05").await;
    let booking = booking["id"].as_str().unwrap();
    let far = [
        "+262142-12-31T23:59:59Z",
        "-262143-01-01T00:00:00Z",
        "9999-12-31T23:59:59Z",
        "0001-01-01T00:00:00Z",
    ];
    for at in far {
        let at = at.replace('+', "%2B").replace(':', "%3A");
        for path in [
            format!("/alumni/ada/resume?at={at}&zone=America/Los_Angeles"),
            format!("/bookings/{booking}/move?start={at}"),
            format!("/holds/new?service={service}&start={at}"),
        ] {
            let answer = own.get(&path).await;
            let expected = if path.starts_with("/holds") { 422 } else { 400 };
            assert_eq!(answer.status, expected, "{path}: {}", answer.body);
        }
    }
    for path in [
        "/find?after=24:00",
        "/find?after=10:00&before=10:00",
        "/alumni?from=x&page=3",
    ] {
        assert_eq!(own.get(path).await.status, 422, "{path}");
    }
}
