//! In a real browser: headless Chromium through chromedriver.

use std::{
    process::{Child, Command, Stdio},
    time::Duration,
};

use thirtyfour::prelude::*;

use serde_json::json;

use crate::support::TestApp;

const MONDAY: &str = "2026-03-02T08:00:00Z";

/// A browser and its driver, ended together.
struct Chromium {
    driver: WebDriver,
    process: Child,
}

impl Chromium {
    async fn open(arguments: &[&str]) -> Self {
        let port = std::net::TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let process = Command::new("chromedriver")
            .arg(format!("--port={port}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect(
                "the browser tests need chromedriver: apt-get install chromium chromium-driver",
            );
        let mut capabilities = DesiredCapabilities::chrome();
        let usual = [
            "--headless=new",
            "--no-sandbox",
            "--disable-dev-shm-usage",
            "--disable-gpu",
            "--disable-background-networking",
            "--window-size=1280,900",
        ];
        for argument in usual.iter().chain(arguments) {
            capabilities.add_arg(argument).unwrap();
        }
        for _ in 0..100 {
            match WebDriver::new(format!("http://127.0.0.1:{port}"), capabilities.clone()).await {
                Ok(driver) => {
                    driver
                        .set_implicit_wait_timeout(Duration::from_secs(5))
                        .await
                        .unwrap();
                    return Self { driver, process };
                }
                Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
            }
        }
        panic!("chromedriver never answered");
    }

    async fn go(&self, app: &TestApp, path: &str) {
        self.driver
            .goto(format!("{}{path}", app.origin))
            .await
            .unwrap();
    }

    async fn find(&self, css: &str) -> WebElement {
        self.driver
            .find(By::Css(css))
            .await
            .unwrap_or_else(|e| panic!("{css}: {e}"))
    }

    async fn sign_in(&self, app: &TestApp, who: &crate::support::Somebody) {
        self.go(app, &app.sign_in_path(&who.person.email).await)
            .await;
        self.find("main form button").await.click().await.unwrap();
        self.find(".toast").await;
    }

    async fn text(&self) -> String {
        self.find("main").await.text().await.unwrap()
    }

    async fn close(mut self) {
        self.driver.quit().await.unwrap();
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

async fn three_clicks_and_one_text(arguments: &[&str]) {
    let app = TestApp::at(MONDAY).await;
    book_in_three_clicks(&app, arguments).await.close().await;
}

/// Bea books Ada. Returns the browser, on the page of the session.
async fn book_in_three_clicks(app: &TestApp, arguments: &[&str]) -> Chromium {
    let (_, bea) = (app.alumnus("Ada").await, app.student("Bea").await);
    let browser = Chromium::open(arguments).await;
    browser.sign_in(app, &bea).await;
    browser.go(app, "/alumni").await;
    browser.find("a.time").await.click().await.unwrap();
    browser.find(".wanted button").await.click().await.unwrap();
    browser
        .find("#goals")
        .await
        .send_keys("A second opinion")
        .await
        .unwrap();
    browser.find("#confirm button").await.click().await.unwrap();
    browser.find(".toast").await;
    let text = browser.text().await;
    assert!(
        text.contains("Booked. We are emailing") && text.contains("A second opinion"),
        "{text}"
    );
    assert_eq!(
        app.count("select count(*) from bookings where status = 'confirmed'")
            .await,
        1
    );
    browser
}

#[actix_web::test]
async fn from_a_card_to_booked_in_three_clicks_and_one_text() {
    three_clicks_and_one_text(&[]).await;
}

#[actix_web::test]
async fn the_same_without_javascript() {
    three_clicks_and_one_text(&["--blink-settings=scriptEnabled=false"]).await;
}

async fn five_clicks_for_a_stranger(arguments: &[&str]) {
    let app = TestApp::at(MONDAY).await;
    app.alumnus("Ada").await;
    app.sql(|conn| {
        let domain =
            "insert into email_domains (domain, added_at) values ('uni.example.org', now())";
        diesel::connection::SimpleConnection::batch_execute(conn, domain)
    })
    .await;
    let browser = Chromium::open(arguments).await;
    browser.go(&app, "/").await;
    let click = async |css: &str| browser.find(css).await.click().await.unwrap();
    let type_in = async |css: &str, text: &str| {
        browser.find(css).await.send_keys(text).await.unwrap();
    };
    click("a.time").await;
    let wanted = browser.find(".wanted h2").await.text().await.unwrap();
    type_in(".wanted [name=email]", "bea@uni.example.org").await;
    click(".wanted button").await;
    let letters = app.post.wait_for(1).await;
    let mailed = crate::sign_in::link(letters.last().unwrap());
    browser.go(&app, &mailed).await; // The third click.
    type_in("[name=name]", "Bea").await;
    let zone = browser.find("[name=zone]").await;
    if zone.value().await.unwrap().unwrap_or_default().is_empty() {
        zone.send_keys("Europe/Berlin").await.unwrap();
    }
    click("main form.stack button.button").await;
    type_in("#goals", "A second opinion").await;
    click("#confirm button").await;
    browser.find("a[href$='/invite.ics']").await;
    let text = browser.text().await;
    let day = wanted.split(',').next().unwrap();
    assert!(
        text.contains("Booked. We are emailing") && text.contains(day),
        "{wanted}: {text}"
    );
    let booked = "select count(*) from bookings where status = 'confirmed'";
    assert_eq!(app.count(booked).await, 1);
    browser.close().await;
}

#[actix_web::test]
async fn a_stranger_on_a_trusted_domain_books_in_five_clicks() {
    five_clicks_for_a_stranger(&[]).await;
    five_clicks_for_a_stranger(&["--blink-settings=scriptEnabled=false"]).await;
}

#[actix_web::test]
async fn the_same_by_keyboard() {
    let app = TestApp::at(MONDAY).await;
    let (_, bea) = (app.alumnus("Ada").await, app.student("Bea").await);
    let browser = Chromium::open(&[]).await;
    browser.sign_in(&app, &bea).await;
    browser.go(&app, "/alumni").await;
    // Tab reaches the time, the button, the text and the confirmation, in that order of pages.
    let tab_to = async |css: &str| {
        for _ in 0..80 {
            let is_there = browser
                .driver
                .execute(
                    format!("return document.activeElement?.matches({css:?})"),
                    vec![],
                )
                .await
                .unwrap();
            if is_there.json() == &serde_json::json!(true) {
                return;
            }
            browser
                .driver
                .active_element()
                .await
                .unwrap()
                .send_keys(Key::Tab + "")
                .await
                .unwrap();
        }
        panic!("tab never reached {css}");
    };
    let press = async |keys: &str| {
        browser
            .driver
            .active_element()
            .await
            .unwrap()
            .send_keys(keys)
            .await
            .unwrap()
    };
    let enter = async || {
        browser
            .driver
            .active_element()
            .await
            .unwrap()
            .send_keys(Key::Enter + "")
            .await
            .unwrap()
    };
    tab_to("a.time").await;
    enter().await;
    browser.find(".wanted").await;
    tab_to(".wanted button").await;
    enter().await;
    browser.find("#goals").await;
    tab_to("#goals").await;
    press("By keyboard").await;
    tab_to("#confirm button").await;
    enter().await;
    browser.find(".toast").await;
    assert!(browser.text().await.contains("By keyboard"));
    browser.close().await;
}

#[actix_web::test]
async fn a_hold_counts_down_and_leaving_its_page_gives_it_back() {
    let app = TestApp::at(MONDAY).await;
    let (_, bea) = (app.alumnus("Ada").await, app.student("Bea").await);
    let browser = Chromium::open(&[]).await;
    browser.sign_in(&app, &bea).await;
    browser.go(&app, "/alumni/ada/resume").await;
    // Another day is swapped in without loading the page anew.
    browser
        .driver
        .execute("window.still = true", vec![])
        .await
        .unwrap();
    let days = browser.driver.find_all(By::Css("a.day")).await.unwrap();
    days[3].click().await.unwrap();
    tokio::time::sleep(Duration::from_millis(500)).await;
    let still = browser
        .driver
        .execute(
            "return window.still === true && location.search.includes('day=')",
            vec![],
        )
        .await
        .unwrap();
    assert_eq!(still.json(), &serde_json::json!(true));
    browser.find("button.slot").await.click().await.unwrap();
    browser.find(".countdown").await;
    tokio::time::sleep(Duration::from_millis(2200)).await;
    assert!(
        browser
            .find(".countdown strong")
            .await
            .text()
            .await
            .unwrap()
            .starts_with("4:5")
    );
    let held = "select count(*) from claims where expires_at > '2026-03-02T08:00:10Z'";
    assert_eq!(app.count(held).await, 2);
    browser.go(&app, "/alumni").await;
    for _ in 0..100 {
        if app.count(held).await == 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(app.count(held).await, 0, "the hold ends in a moment");
    browser.driver.back().await.unwrap();
    browser.find(".countdown").await;
    for _ in 0..100 {
        if app.count(held).await == 2 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(app.count(held).await, 2, "coming back takes it up again");
    browser.close().await;
}

#[actix_web::test]
async fn what_is_hard_to_take_back_asks_first() {
    let app = TestApp::at(MONDAY).await;
    let bea = app.student("Bea").await;
    let browser = Chromium::open(&[]).await;
    browser.sign_in(&app, &bea).await;
    browser.go(&app, "/me/calendar").await;
    let address = async || browser.find("#url").await.value().await.unwrap();
    let before = address().await;
    let rotate = "form[action='/me/calendar/rotate'] button";
    browser.find(rotate).await.click().await.unwrap();
    browser
        .find("dialog button[value=no]")
        .await
        .click()
        .await
        .unwrap();
    assert_eq!(address().await, before);
    browser.find(rotate).await.click().await.unwrap();
    browser
        .find("dialog button[value=yes]")
        .await
        .click()
        .await
        .unwrap();
    browser.find(".toast").await;
    assert_ne!(address().await, before);
    browser.close().await;
}

#[actix_web::test]
async fn axe_finds_nothing_in_either_theme_and_nothing_breaks_when_narrow() {
    let script = std::env::var("AXE_SCRIPT").unwrap_or_else(|_| {
        format!(
            "{}/target/axe/node_modules/axe-core/axe.min.js",
            env!("CARGO_MANIFEST_DIR")
        )
    });
    let axe = std::fs::read_to_string(&script).unwrap_or_else(|e| {
        panic!("{script}: {e}; `.ci/install test` fetches axe-core, or set AXE_SCRIPT")
    });
    let app = TestApp::at(MONDAY).await;
    let everything = almanac::people::Role::ALL;
    let ada = app.alumnus("Ada").await;
    let bea = app.person("Bea", "America/Toronto", everything).await;
    let (_, booking) = app.book(&bea, &ada, "2026-03-05T09:00:00Z").await;
    let booking = format!("/bookings/{}", booking["id"].as_str().unwrap());
    // One that is over, and a wish.
    let (_, over) = app.book(&bea, &ada, "2026-03-02T10:00:00Z").await;
    let over = format!("/bookings/{}", over["id"].as_str().unwrap());
    let thursdays = json!([{ "day": "thu", "from": "18:00", "until": "20:00" }]);
    let wish =
        json!({ "kind": "resume", "zone": "UTC", "weekly": thursdays, "until": "2026-03-20" });
    assert_eq!(
        app.api("POST", "/me/waitlist", Some(&bea), Some(wish))
            .await
            .0,
        201
    );
    app.advance(chrono::TimeDelta::hours(3));
    let browser = Chromium::open(&[]).await;
    browser.sign_in(&app, &bea).await;
    browser.go(&app, "/alumni/ada/resume?day=2026-03-06").await;
    browser.find("button.slot").await.click().await.unwrap();
    browser.find(".countdown").await;
    let hold = browser
        .driver
        .current_url()
        .await
        .unwrap()
        .path()
        .to_owned();
    let [cancel, moving] = ["cancel", "move"].map(|page| format!("{booking}/{page}"));
    let moved = format!("{moving}?start=2026-03-05T10:00:00Z");
    // A request to her, and one of hers.
    let on_request = json!({ "kind": "resume", "title": "Resume review", "duration_minutes": 30, "approval": true, "change_notice_hours": 24 });
    let cem = app.student("Cem").await;
    app.set_hours(&bea, json!({})).await;
    app.offer(&bea, "resume", on_request.clone()).await;
    app.offer(&ada, "resume", on_request).await;
    let mut requests = Vec::new();
    for (guest, host, start, page) in [
        (&cem, &bea, "2026-03-09T14:00:00Z", "answer"),
        (&bea, &ada, "2026-03-10T14:00:00Z", "said"),
    ] {
        let (status, request) = app.book(guest, host, start).await;
        assert_eq!(status, 201, "{request}");
        requests.push(format!(
            "/bookings/{}/{page}",
            request["id"].as_str().unwrap()
        ));
    }
    let [answer, said] = requests.try_into().expect("two");
    // A program and its desk, somebody's account, and an invitation.
    let file = crate::programs::filled()
        .replace("name = \"2027\"", "name = \"2026\"")
        .replace("2027-01-15T09:00:00", "2026-02-15T09:00:00")
        .replace(
            "applications_close = 2027-02-15",
            "applications_close = 2026-03-20",
        )
        .replace("2027-03-15T10:00:00", "2026-04-01T10:00:00")
        .replace("starts_on = 2027-04-01", "starts_on = 2026-04-10")
        .replace("ends_on = 2027-07-31", "ends_on = 2026-07-31");
    crate::applications::publish(&app, &file, &bea).await;
    let applied = crate::applications::apply(&app, &cem, "mentee").await;
    let of_program = "/coordinate/programs/ectmp/cohorts/2026";
    let reading = format!("{of_program}{applied}");
    let [desk, table, results, planning] =
        ["", "/applications", "/results", "/activities"].map(|page| format!("{of_program}{page}"));
    let staff = app.signed_in(&bea).await;
    let words = [("title", "Hello"), ("words", "Welcome, all of you.")];
    let thread = staff.post("/cohorts/ectmp/2026/spaces/all", &words).await;
    let event = [
        ("kind", "event"),
        ("role", "both"),
        ("title", "Kick-off"),
        ("words", "Bring questions."),
        ("starts", "2026-04-12T17:00"),
        ("minutes", "60"),
        ("location", "https://example.org/meet"),
    ];
    assert_eq!(staff.post(&planning, &event).await.status, 303);
    let listed = staff.get(&planning).await.body;
    let planned = crate::support::between(&listed, &format!("href=\"{planning}/"), "\"").unwrap();
    let planned = format!("{planning}/{planned}");
    let shown = planned.replace("/coordinate/programs/ectmp/cohorts/", "/cohorts/ectmp/");
    let account = format!("/coordinate/people/{}", cem.person.id);
    let [record, data] = ["record", "data"].map(|page| format!("{account}/{page}"));
    let fields = [
        ("emails", "eli@example.org"),
        ("role", "alumnus"),
        ("message", "Do join"),
    ];
    let inviting = app.signed_in(&bea).await;
    inviting.post("/coordinate/invitations", &fields).await;
    let invited = app.letters_with("has invited you", 1).await;
    let token = crate::support::between(&invited[0], "/invitations/", "\r\n").unwrap();
    let invitation = format!("/invitations/{token}");
    let paths = [
        "/programs",
        "/programs/ectmp",
        "/coordinate/programs/ectmp",
        "/coordinate/programs/ectmp/preview",
        "/coordinate/programs/ectmp/form",
        "/coordinate/programs/ectmp/form/preview?role=mentor",
        "/coordinate/programs/ectmp/dates",
        "/coordinate/programs/ectmp/about",
        "/programs/ectmp/apply?role=mentor",
        "/me/applications",
        "/coordinate/programs/ectmp/staff",
        "/coordinate/programs/ectmp/cohorts",
        "/coordinate/programs/ectmp/rehearsal",
        &desk,
        &table,
        &reading,
        &results,
        &planning,
        &planned,
        "/cohorts/ectmp/2026",
        "/cohorts/ectmp/2026/spaces/all",
        &thread.location,
        &shown,
        "/coordinate/import",
        &account,
        &record,
        &data,
        &invitation,
        "/me/set-up",
        "/me/data",
        "/me/email",
        "/privacy",
        "/",
        "/alumni/ada",
        "/alumni/ada/resume?day=2026-03-06",
        &hold,
        "/me",
        &booking,
        &cancel,
        &moving,
        &moved,
        &answer,
        &said,
        "/me/availability",
        "/me/services",
        "/me/services/new",
        "/me/services/new?kind=resume",
        "/coordinate/services",
        "/coordinate/topics",
        "/coordinate/services/new",
        "/me/profile",
        "/me/settings",
        "/me/introduction",
        "/coordinate/bookings",
        "/coordinate/activity",
        "/admin/identity",
        &over,
        "/me/week",
        "/me/record",
        "/me/waitlist",
        "/waitlist",
        "/me/webhooks",
        "/coordinate/sessions",
        "/coordinate/fair-use",
        "/coordinate/programs",
        "/me/calendar",
        "/find",
        "/me/busy",
        "/me/availability/why?time=12:30",
        "/coordinate",
        "/coordinate/invitations",
        "/coordinate/people",
        "/admin/mail",
        "/admin/audit",
        "/me/tokens",
        "/me/second-factor",
        "/second-factor",
        "/about",
        "/zones",
        "/status",
        "/nothing-here",
    ];
    for theme in ["light", "dark"] {
        browser.go(&app, "/about").await;
        browser
            .find(&format!("button[value={theme}]"))
            .await
            .click()
            .await
            .unwrap();
        browser.find(&format!("html[data-theme={theme}]")).await;
        for path in paths {
            browser.go(&app, path).await;
            browser.driver.execute(axe.as_str(), vec![]).await.unwrap();
            let found = browser
                .driver
                .execute_async("axe.run().then(r => arguments[0](r.violations.map(v => v.id + ': ' + v.nodes.map(n => n.target.join(' ')).join(', '))))", vec![])
                .await
                .unwrap();
            assert_eq!(found.json(), &serde_json::json!([]), "{path} in {theme}");
        }
    }
    browser
        .driver
        .set_window_rect(0, 0, 320, 800)
        .await
        .unwrap();
    for path in paths {
        browser.go(&app, path).await;
        // The window cannot be made narrower than 500 pixels, so the page is put into a frame of 320.
        let over = browser
            .driver
            .execute("const r = document.documentElement; r.style.width = '320px'; return Math.max(0, r.scrollWidth - Math.max(320, r.clientWidth))", vec![])
            .await
            .unwrap();
        assert_eq!(over.json(), &serde_json::json!(0), "{path} at 320 pixels");
    }
    browser.close().await;
}

#[actix_web::test]
async fn a_passkey_is_added_and_signs_in() {
    let app = TestApp::with(MONDAY, &[("ALMANAC_BASE_URL", "by name")]).await;
    let ada = app.alumnus("Ada").await;
    app.agreed(&ada).await;
    let browser = Chromium::open(&[]).await;
    let device = json!({ "options": {
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": true,
        "hasUserVerification": true, "isUserVerified": true, "automaticPresenceSimulation": true
    } });
    let cdp = browser.driver.cdp();
    cdp.send_raw("WebAuthn.enable", json!({})).await.unwrap();
    cdp.send_raw("WebAuthn.addVirtualAuthenticator", device)
        .await
        .unwrap();
    browser.sign_in(&app, &ada).await;
    browser.go(&app, "/me/second-factor").await;
    browser
        .find("form[action='/me/passkeys'] button")
        .await
        .click()
        .await
        .unwrap();
    browser
        .find("#name")
        .await
        .send_keys("My laptop")
        .await
        .unwrap();
    browser
        .find("form[data-passkey] button")
        .await
        .click()
        .await
        .unwrap();
    browser.find(".secret-list").await;
    let code = browser
        .find(".secret-list code")
        .await
        .text()
        .await
        .unwrap();
    browser.go(&app, "/me/second-factor").await;
    let text = browser.text().await;
    assert!(
        text.contains("My laptop") && text.contains("never used") && text.contains("10 of 10 left"),
        "{text}"
    );
    // The same device is not added twice.
    browser
        .find("form[action='/me/passkeys'] button")
        .await
        .click()
        .await
        .unwrap();
    browser
        .find("#name")
        .await
        .send_keys("Again")
        .await
        .unwrap();
    browser
        .find("form[data-passkey] button")
        .await
        .click()
        .await
        .unwrap();
    browser
        .driver
        .query(By::Css("[role=alert]:not([hidden])"))
        .first()
        .await
        .unwrap();
    assert!(browser.text().await.contains("already has a passkey"));

    // The link alone no longer signs in; the passkey does.
    browser.driver.delete_all_cookies().await.unwrap();
    browser
        .go(&app, &app.sign_in_path("ada@example.org").await)
        .await;
    browser
        .find("main form button")
        .await
        .click()
        .await
        .unwrap();
    browser
        .find("form[data-passkey] button")
        .await
        .click()
        .await
        .unwrap();
    browser.find(".toast").await;
    browser.go(&app, "/me/second-factor").await;
    assert!(browser.text().await.contains("last used"));

    // So does a recovery code, and what is no passkey at all does not.
    let other = app.visitor();
    let path = app.sign_in_path("ada@example.org").await;
    assert!(
        other
            .post(&path, &[])
            .await
            .location
            .starts_with("/second-factor")
    );
    assert_eq!(other.get("/second-factor").await.status, 200);
    for credential in ["", "{}", "not JSON"] {
        let refused = other
            .post(
                "/second-factor/passkey",
                &[("credential", credential), ("next", "/me")],
            )
            .await;
        assert_eq!(refused.status, 422, "{}", refused.body);
        assert!(refused.body.contains("was not accepted"));
    }
    assert_eq!(
        other
            .post("/second-factor", &[("code", &code), ("next", "/me")])
            .await
            .location,
        "/me"
    );

    // With the last factor the codes go.
    browser
        .find("form[action$='/remove'] button")
        .await
        .click()
        .await
        .unwrap();
    browser
        .find("dialog .is-danger")
        .await
        .click()
        .await
        .unwrap();
    browser.find(".toast").await;
    assert!(!browser.text().await.contains("Recovery codes"));
    assert_eq!(app.count("select count(*) from recovery_codes").await, 0);
    app.letters_with("A passkey was added", 1).await;
    app.letters_with("Two-step verification is off", 1).await;
    browser.close().await;
}

/// A web server before the site, as the README has it; ended when dropped.
struct Nginx {
    process: Child,
    _folder: tempfile::TempDir,
}

impl Nginx {
    fn start(port: u16, site: &str) -> Self {
        let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md"));
        let readme = readme.unwrap();
        let recipe = crate::support::between(&readme, "```nginx\n", "```").unwrap();
        let recipe = recipe.replace("http://127.0.0.1:8080", site);
        let folder = tempfile::tempdir().unwrap();
        let at = folder.path().display();
        let text = format!(
            "daemon off;\nmaster_process off;\npid {at}/pid;\nerror_log {at}/errors;\nevents {{}}\nhttp {{\n\
             access_log off;\nclient_body_temp_path {at}/a;\nproxy_temp_path {at}/b;\nfastcgi_temp_path {at}/c;\n\
             uwsgi_temp_path {at}/d;\nscgi_temp_path {at}/e;\nserver {{\nlisten 127.0.0.1:{port};\n{recipe}\n}}\n}}\n"
        );
        let config = folder.path().join("nginx.conf");
        std::fs::write(&config, text).unwrap();
        let process = Command::new("/usr/sbin/nginx")
            .arg("-c")
            .arg(&config)
            .stderr(Stdio::null())
            .spawn()
            .expect("this test needs nginx: apt-get install nginx-light");
        Self {
            process,
            _folder: folder,
        }
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[actix_web::test]
async fn the_same_under_a_path_behind_nginx() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = free.local_addr().unwrap().port();
    drop(free);
    let base = format!("http://localhost:{port}/almanac");
    let settings = [
        ("ALMANAC_BASE_URL", base.as_str()),
        ("ALMANAC_TRUSTED_PROXIES", "127.0.0.1"),
    ];
    let mut app = TestApp::with(MONDAY, &settings).await;
    let direct = std::mem::replace(&mut app.origin, base.clone());
    let _nginx = Nginx::start(port, &direct);
    let browser = book_in_three_clicks(&app, &[]).await;
    let address = browser.driver.current_url().await.unwrap();
    assert!(
        address.as_str().starts_with(&format!("{base}/bookings/")),
        "{address}"
    );
    // Styled, since statics come from below the path too; and nothing leads out of it.
    let serif = browser
        .find("h1")
        .await
        .css_value("font-family")
        .await
        .unwrap();
    assert!(
        !serif.is_empty() && serif != "\"Times New Roman\"",
        "{serif}"
    );
    let source = browser.driver.source().await.unwrap();
    for attribute in [" href=\"/", " action=\"/", " src=\"/"] {
        for rest in source.split(attribute).skip(1) {
            assert!(
                rest.starts_with("almanac"),
                "{attribute}{}",
                &rest[..rest.len().min(40)]
            );
        }
    }
    // Letters, the feed and what is sent away all know where the site is.
    let letters = app.letters_with("Resume review", 2).await;
    let link = format!("{base}/bookings/");
    assert!(
        letters
            .iter()
            .all(|l| crate::support::unquoted(l).contains(&link))
    );
    browser.go(&app, "/me/calendar").await;
    let feed = browser.driver.source().await.unwrap();
    let feed =
        crate::support::between(&feed, &format!("{base}/calendar/"), ".ics").map(str::to_owned);
    let feed = feed.expect("the address of the feed");
    let answer = reqwest::get(format!("{base}/calendar/{feed}.ics"))
        .await
        .unwrap();
    assert_eq!(answer.status(), 200);
    assert!(
        answer.text().await.unwrap().contains(
            &format!("URL:{base}/bookings/")
                .chars()
                .take(60)
                .collect::<String>()
        )
    );
    // A proxy that takes the path off itself is as good, and machines ask by any name.
    let http = reqwest::Client::new();
    let ask = async |path: &str, host: &str| {
        let request = http.get(format!("{direct}{path}")).header("host", host);
        request.send().await.unwrap().status().as_u16()
    };
    let own = format!("localhost:{port}");
    assert_eq!(ask("/about", &own).await, 200);
    assert_eq!(ask("/almanac/about", &own).await, 200);
    assert_eq!(ask("/almanacs", &own).await, 404);
    for path in ["/healthz", "/readyz"] {
        assert_eq!(ask(path, "10.0.0.7:8080").await, 200);
    }
    assert_eq!(ask("/about", "10.0.0.7:8080").await, 400);
    browser.close().await;
}

/// Windows takes a page's colours away for people who need high contrast.
#[actix_web::test]
async fn without_our_colours_chosen_asked_and_booked_are_told_apart() {
    let app = TestApp::at(MONDAY).await;
    let (ada, bea) = (app.alumnus("Ada").await, app.student("Bea").await);
    let browser = Chromium::open(&[]).await;
    browser.sign_in(&app, &bea).await;
    let features = json!({"features": [{"name": "forced-colors", "value": "active"}]});
    let cdp = browser.driver.cdp();
    cdp.send_raw("Emulation.setEmulatedMedia", features)
        .await
        .unwrap();
    let colours = async |css: &str, property: &str| {
        let element = browser.find(css).await;
        element.css_value(property).await.unwrap()
    };
    browser
        .go(
            &app,
            &format!("/alumni/{}/resume?day=2026-03-05", ada.handle),
        )
        .await;
    let chosen = colours("a.day[aria-current]", "background-color").await;
    let other = colours("a.day:not([aria-current])", "background-color").await;
    assert_ne!(chosen, other);
    assert_eq!(app.book(&bea, &ada, "2026-03-05T09:00:00Z").await.0, 201);
    browser.sign_in(&app, &ada).await;
    browser.go(&app, "/me/availability").await;
    let booked = colours(".is-session > .entry", "background-color").await;
    let offered = colours(".is-offered", "background-color").await;
    assert_ne!(booked, offered);
    let service = json!({ "kind": "resume", "title": "Resume review", "duration_minutes": 30, "approval": true });
    app.offer(&ada, "resume", service).await;
    let (_, asked) = app.book(&bea, &ada, "2026-03-05T11:00:00Z").await;
    assert_eq!(asked["status"], "pending");
    browser.go(&app, "/me/week").await;
    let asked = colours(".is-asked > .entry", "background-color").await;
    let booked = colours(".is-session > .entry", "background-color").await;
    assert_ne!(asked, booked);
    browser.close().await;
}

/// Hours are painted by mouse, by keys and by finger, and are those that would be typed.
#[actix_web::test]
async fn painted_hours_are_those_that_would_be_typed() {
    let app = TestApp::at(MONDAY).await;
    let ada = app.alumnus("Ada").await;
    let browser = Chromium::open(&[]).await;
    browser.sign_in(&app, &ada).await;
    let open = async || {
        app.set_hours(&ada, json!({ "weekly": [] })).await;
        browser.go(&app, "/me/availability").await;
    };
    let save = async || {
        let button = browser.find("button[value=save]").await;
        button.scroll_into_view().await.unwrap();
        button.click().await.unwrap();
        browser.find(".toast").await;
        app.api("GET", "/me/availability", Some(&ada), None).await.1["weekly"].clone()
    };
    let cell =
        |day: usize, minute: usize| format!(".painter [data-column='{day}'][data-at='{minute}']");
    open().await;
    for day in ["tue", "wed"] {
        let field = browser.find(&format!("#{day}")).await;
        field.send_keys("9 to 10:30").await.unwrap();
    }
    let typed = save().await;
    assert_eq!(typed.as_array().map(Vec::len), Some(2), "{typed}");

    open().await;
    let (first, last) = (
        browser.find(&cell(1, 540)).await,
        browser.find(&cell(2, 600)).await,
    );
    first.scroll_into_view().await.unwrap();
    let chain = browser.driver.action_chain();
    chain
        .click_and_hold_element(&first)
        .move_to_element_center(&last)
        .release()
        .perform()
        .await
        .unwrap();
    // What students would see is shown before it is saved.
    browser.find("#preview").await;
    browser.find("#coming .is-offered").await;
    assert_eq!(save().await, typed, "by mouse");

    open().await;
    let focus = format!("document.querySelector(\"{}\").focus()", cell(0, 540));
    browser.driver.execute(focus, vec![]).await.unwrap();
    let press = async |keys: &str| {
        let active = browser.driver.active_element().await.unwrap();
        active.send_keys(keys).await.unwrap();
    };
    // WebDriver's codes of Shift, up, right and down; Shift is held until the end of what is sent.
    let (shift, up, right, down) = ("\u{e008}", "\u{e013}", "\u{e014}", "\u{e015}");
    press(right).await;
    press(" ").await;
    press(&format!("{shift}{down}{down}")).await;
    press(&format!("{up}{up}{right} ")).await;
    press(&format!("{shift}{down}{down}")).await;
    assert_eq!(save().await, typed, "by keys");

    open().await;
    let cdp = browser.driver.cdp();
    let place = async |css: String| {
        let script = format!(
            "const e = document.querySelector(\"{css}\"); e.scrollIntoView({{ block: 'center' }}); \
             const r = e.getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2]"
        );
        let at = browser.driver.execute(script, vec![]).await.unwrap();
        (at.json()[0].clone(), at.json()[1].clone())
    };
    let touch = async |kind: &str, points: serde_json::Value| {
        let event = json!({ "type": kind, "touchPoints": points });
        cdp.send_raw("Input.dispatchTouchEvent", event)
            .await
            .unwrap();
    };
    place(cell(2, 600)).await;
    let (x, y) = place(cell(1, 540)).await;
    touch("touchStart", json!([{ "x": x, "y": y }])).await;
    // Without scrolling in between: a finger is down.
    let script = format!(
        "const r = document.querySelector(\"{}\").getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2]",
        cell(2, 600)
    );
    let end = browser.driver.execute(script, vec![]).await.unwrap();
    let (x, y) = (end.json()[0].clone(), end.json()[1].clone());
    touch("touchMove", json!([{ "x": x, "y": y }])).await;
    touch("touchEnd", json!([])).await;
    assert_eq!(save().await, typed, "by finger");
    browser.close().await;
}
