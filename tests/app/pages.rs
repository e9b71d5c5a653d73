use diesel::connection::SimpleConnection;
use serde_json::json;

use crate::support::{Browser, TestApp, between};

const MONDAY: &str = "2026-03-02T08:00:00Z";

#[actix_web::test]
async fn every_page_takes_the_same_number_of_queries_however_much_there_is() {
    let app = TestApp::at(MONDAY).await;
    let (ada, bea) = (app.alumnus("Ada").await, app.student("Bea").await);
    let browser = app.signed_in(&bea).await;
    let own = app.signed_in(&ada).await;
    let paths = [
        "/alumni",
        "/alumni/ada",
        "/alumni/ada/resume",
        "/alumni/ada/open-times.ics",
        "/me",
        "/api/v1/alumni",
        "/api/v1/alumni/ada/services/resume/slots?from=2026-03-02&until=2026-04-02",
    ];
    let own_paths = [
        "/me",
        "/me/availability",
        "/me/services",
        "/me/settings",
        "/me/week?from=2026-03-02",
        "/me/record",
        "/me/waitlist",
        "/me/webhooks",
    ];
    let count = async || {
        let mut counts = Vec::new();
        for (browser, paths) in [(&browser, &paths[..]), (&own, &own_paths[..])] {
            for path in paths {
                let before = app.app.db.queries();
                assert_eq!(browser.get(path).await.status, 200, "{path}");
                counts.push((*path, app.app.db.queries() - before));
            }
        }
        counts
    };
    // The worker asks now and then as well; the smaller of several counts is the page's own.
    let least = async || {
        let mut best = count().await;
        for _ in 0..3 {
            for (best, again) in best.iter_mut().zip(count().await) {
                best.1 = best.1.min(again.1);
            }
        }
        best
    };
    let few = least().await;
    for number in 0..11 {
        let other = app.alumnus(&format!("Alumnus {number}")).await;
        app.offer(
            &other,
            "talk",
            json!({ "kind": "networking", "duration_minutes": 60 }),
        )
        .await;
    }
    app.offer(
        &ada,
        "talk",
        json!({ "kind": "networking", "duration_minutes": 60 }),
    )
    .await;
    for hour in 9..14 {
        assert_eq!(
            app.book(&bea, &ada, &format!("2026-03-05T{hour:02}:00:00Z"))
                .await
                .0,
            201
        );
    }
    let many = least().await;
    assert_eq!(few, many);
    println!("queries: {many:?}");
    assert!(many.iter().all(|(_, queries)| *queries <= 10), "{many:?}");
}

#[actix_web::test]
async fn the_calendar_page_says_both_times_the_day_shift_and_a_clock_change() {
    let app = TestApp::at("2026-10-20T08:00:00Z").await;
    let ada = app.alumnus("Ada").await;
    let visitor = app.visitor();
    let page = visitor
        .get("/alumni/ada/resume?day=2026-10-25&zone=America/Toronto")
        .await
        .body;
    assert!(
        page.contains("Clocks in Berlin go back one hour on Sunday 25 October."),
        "{page}"
    );
    let page = visitor
        .get("/alumni/ada/resume?day=2026-11-02&zone=Asia/Tokyo")
        .await
        .body;
    assert!(
        page.contains("<span>17:00</span><small>09:00</small>"),
        "{page}"
    );
    let page = visitor
        .get("/alumni/ada/resume?day=2026-11-01&zone=Pacific/Auckland")
        .await
        .body;
    assert!(
        page.contains("<span>00:30</span><small>Sat 12:30</small>"),
        "{page}"
    );
    // The choice is remembered, and an unknown zone is refused by name.
    assert!(visitor.get("/alumni").await.body.contains("Auckland time"));
    assert_eq!(visitor.get("/alumni?zone=Mars/Base").await.status, 400);
    assert_eq!(
        visitor.get("/alumni/ada/resume?at=nonsense").await.status,
        400
    );
    // A time that is gone, and a week without any.
    let gone = visitor
        .get("/alumni/ada/resume?at=2026-10-21T03:00:00Z")
        .await
        .body;
    assert!(gone.contains("no longer free"));
    app.set_hours(&ada, json!({ "weekly": [], "one_off": [{ "start": "2026-12-04T09:00:00Z", "end": "2026-12-04T10:00:00Z" }] })).await;
    let empty = visitor
        .get("/alumni/ada/resume?day=2026-11-17&zone=UTC")
        .await
        .body;
    assert!(
        empty.contains("No free times in these seven days")
            && empty.contains("Next free time: Fri 4 Dec, 09:00"),
        "{empty}"
    );
}

#[actix_web::test]
async fn the_board_filters_marks_and_spreads_fairly() {
    let app = TestApp::at(MONDAY).await;
    let (ada, ben, bea) = (
        app.alumnus("Ada").await,
        app.alumnus("Ben").await,
        app.student("Bea").await,
    );
    let (member, stranger) = (app.signed_in(&bea).await, app.visitor());
    let first_to = async |browser: &Browser, query: &str| {
        let page = browser.get(&format!("/alumni{query}")).await.body;
        let names: Vec<String> = ["Ada", "Ben", "Cleo"]
            .iter()
            .filter(|n| page.contains(&format!("<bdi>{n}</bdi>")))
            .map(|n| (*n).to_owned())
            .collect();
        let place = |name: &str| {
            page.find(&format!("<bdi>{name}</bdi>"))
                .unwrap_or(usize::MAX)
        };
        (names, place("Ada") < place("Ben"))
    };
    let first = async |query: &str| first_to(&member, query).await;
    let before = first_to(&stranger, "").await;
    // Whoever is booked goes behind.
    app.book(&bea, &ada, "2026-03-05T09:00:00Z").await;
    assert!(!first("").await.1);
    for hour in 10..12 {
        app.book(&bea, &ben, &format!("2026-03-05T{hour}:00:00Z"))
            .await;
    }
    assert!(first("").await.1);
    // Strangers see the order of a moment ago, but nobody who has hidden meanwhile.
    assert_eq!(first_to(&stranger, "").await, before);
    let hide = "update profiles set unlisted_at = now() where handle = 'ben'";
    app.sql(move |conn| conn.batch_execute(hide)).await;
    assert_eq!(first_to(&stranger, "").await.0, ["Ada"]);
    let show = "update profiles set unlisted_at = null where handle = 'ben'";
    app.sql(move |conn| conn.batch_execute(show)).await;
    let own = app.signed_in(&ada).await;
    let profile = [
        ("headline", "Designs <b>things</b>"),
        ("employer", ""),
        ("field", ""),
        ("topics", "Games, UX"),
        ("languages", "German"),
        ("bio", "**Hi** <script>alert(1)</script>"),
        ("links", ""),
    ];
    assert_eq!(own.post("/me/profile", &profile).await.status, 303);
    for (query, names) in [
        ("?topic=games", vec!["Ada"]),
        ("?language=German", vec!["Ada"]),
        ("?q=designs", vec!["Ada"]),
        ("?q=des%25ns", vec![]),
        ("?service=resume", vec!["Ada", "Ben"]),
        ("?service=interview", vec![]),
    ] {
        assert_eq!(first(query).await.0, names, "{query}");
    }
    let page = app.visitor().get("/alumni/ada").await.body;
    assert!(
        page.contains("Designs &lt;b&gt;")
            && page.contains("<strong>Hi</strong>")
            && !page.contains("<script>alert")
    );
    own.post("/me/profile/pause", &[("paused", "yes")]).await;
    let board = member.get("/alumni").await.body;
    assert!(
        board.contains("Not taking bookings")
            && board.find("<bdi>Ben").unwrap() < board.find("<bdi>Ada").unwrap()
    );
    app.set_hours(&ben, json!({ "weekly": [] })).await;
    assert!(
        app.visitor()
            .get("/alumni")
            .await
            .body
            .contains("No free times at the moment")
    );
    app.set_hours(&ben, json!({ "weekly": [{ "day": "thu", "from": "11:00", "until": "11:30" }], "horizon_days": 4 })).await;
    assert!(
        app.visitor()
            .get("/alumni")
            .await
            .body
            .contains("Fully booked for now")
    );
    own.post("/me/profile/listing", &[("listed", "no")]).await;
    assert_eq!(app.visitor().get("/alumni/ada").await.status, 404);
    assert_eq!(app.api("GET", "/alumni/ada", None, None).await.0, 404);
}

#[actix_web::test]
async fn the_first_view_is_light() {
    let app = TestApp::at(MONDAY).await;
    for number in 0..20 {
        app.alumnus(&format!("Alumnus {number}")).await;
    }
    let http = reqwest::Client::new();
    for path in ["/", "/alumni/alumnus-1/resume"] {
        let fetch = async |path: &str| {
            let answer = http
                .get(format!("{}{path}", app.origin))
                .header("accept-encoding", "br, gzip")
                .send()
                .await
                .unwrap();
            assert_eq!(answer.status(), 200, "{path}");
            let head: usize = answer
                .headers()
                .iter()
                .map(|(n, v)| n.as_str().len() + v.len() + 4)
                .sum();
            (head + answer.bytes().await.unwrap().len(), path.to_owned())
        };
        let page = app.visitor().get(path).await.body;
        let assets: Vec<&str> = page
            .split(['"'])
            .filter(|part| part.starts_with("/static/"))
            .collect();
        assert!(
            !page.contains("src=\"http") && !page.contains("href=\"https://"),
            "nothing from elsewhere"
        );
        let mut total = fetch(path).await.0;
        for asset in &assets {
            total += fetch(asset).await.0;
        }
        println!("{path}: {total} bytes in {} requests", assets.len() + 1);
        assert!(total < 60_000, "{path}: {total} bytes");
        assert!(assets.len() < 6, "{path}: {assets:?}");
    }
}

#[actix_web::test]
async fn the_picker_begins_with_ones_own_and_recent_zones_each_once() {
    let app = TestApp::at(MONDAY).await;
    let bea = app.student("Bea").await;
    let browser = app.signed_in(&bea).await;
    for zone in [
        "Asia/Kathmandu",
        "Europe/Berlin",
        "Pacific/Apia",
        "Asia/Kathmandu",
    ] {
        browser.get(&format!("/alumni?zone={zone}")).await;
    }
    let page = browser.get("/zones").await.body;
    let first = between(&page, "recent and common ones", "All time zones").unwrap();
    let cities: Vec<&str> = first
        .split("<span>")
        .skip(1)
        .map(|rest| rest.split('<').next().unwrap())
        .collect();
    let own = bea.person.zone().city();
    assert_eq!(cities[..4], ["Kathmandu", &own, "Apia", "Berlin"]);
    let mut once = cities.clone();
    once.sort();
    once.dedup();
    assert_eq!(once.len(), cities.len());
    assert!(browser.get("/me").await.body.contains("Kathmandu time"));
}

#[actix_web::test]
async fn the_typeface_of_headings_is_the_sites_own() {
    let app = TestApp::at(MONDAY).await;
    let page = app.visitor().get("/about").await;
    let policy = page.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("font-src 'self'"), "{policy}");
    let font = between(&page.body, "rel=\"preload\" href=\"", "\"").expect("a font");
    let answer = app.visitor().get(font).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.headers["content-type"], "font/woff2");
    assert!(
        answer.headers["cache-control"]
            .to_str()
            .unwrap()
            .contains("immutable")
    );
    let style = between(&page.body, "rel=\"stylesheet\" href=\"", "\"").unwrap();
    let style = app.visitor().get(style).await.body;
    assert!(style.contains(&format!("url(../{})", font.trim_start_matches("/static/"))));
}

#[actix_web::test]
async fn faces_stand_beside_times() {
    let app = TestApp::at(MONDAY).await;
    let ada = app.alumnus("Ada").await;
    app.alumnus("Bob").await;
    let id = ada.person.id;
    app.sql(move |conn| {
        let sql = format!("update profiles set thumbnail = 'Face' where person_id = '{id}'");
        diesel::connection::SimpleConnection::batch_execute(conn, &sql)
    })
    .await;
    let page = app.visitor().get("/find").await.body;
    assert!(page.contains("data:image/jpeg;base64,RmFjZQ=="), "{page}");
    assert!(page.contains("aria-hidden=\"true\">B</span>"), "{page}");
}

#[actix_web::test]
async fn a_photo_is_kept_small_and_square() {
    let app = TestApp::at(MONDAY).await;
    let ada = app.alumnus("Ada").await;
    let own = app.signed_in(&ada).await;
    let page = own.get("/me/profile").await.body;
    let token = between(&page, "name=\"csrf\" value=\"", "\"").unwrap();
    let mut png = std::io::Cursor::new(Vec::new());
    image::DynamicImage::new_rgb8(800, 600)
        .write_to(&mut png, image::ImageFormat::Png)
        .unwrap();
    let send = async |token: &str, bytes: &[u8]| {
        let mark = "xXmarkXx";
        let mut body = format!("--{mark}\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\n{token}\r\n--{mark}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\\\"b.png\"\r\nContent-Type: image/png\r\n\r\n").into_bytes();
        body.extend_from_slice(bytes);
        body.extend_from_slice(format!("\r\n--{mark}--\r\n").as_bytes());
        let request = own
            .http
            .post(format!("{}/me/profile/photo", app.origin))
            .header(
                "content-type",
                format!("multipart/form-data; boundary={mark}"),
            );
        request.body(body).send().await.unwrap().status().as_u16()
    };
    assert_eq!(send("wrong", png.get_ref()).await, 403);
    assert_eq!(send(token, b"<svg onload=alert(1)>").await, 422);
    assert_eq!(send(token, png.get_ref()).await, 303);
    let photo = own
        .http
        .get(format!("{}/alumni/ada/photo.jpg", app.origin))
        .send()
        .await
        .unwrap();
    assert_eq!(photo.headers()["content-type"], "image/jpeg");
    let bytes = photo.bytes().await.unwrap();
    let picture = image::load_from_memory(&bytes).unwrap();
    assert_eq!((picture.width(), picture.height()), (512, 512));
    assert!(
        app.visitor()
            .get("/alumni")
            .await
            .body
            .contains("data:image/jpeg;base64,")
    );
    assert_eq!(own.post("/me/profile/photo/remove", &[]).await.status, 303);
    assert_eq!(own.get("/alumni/ada/photo.jpg").await.status, 404);
}

#[actix_web::test]
async fn the_week_shows_hours_sessions_and_what_keeps_busy_elsewhere_across_a_clock_change() {
    let app = TestApp::at("2026-03-26T08:00:00Z").await;
    let (ada, bea) = (app.alumnus("Ada").await, app.student("Bea").await);
    // Nine in Berlin is 8:00 UTC before the change and 7:00 UTC after it, on Sunday the 29th.
    for start in ["2026-03-27T08:00:00Z", "2026-03-30T07:00:00Z"] {
        assert_eq!(app.book(&bea, &ada, start).await.0, 201);
    }
    let own = app.signed_in(&ada).await;
    let week = own.get("/me/week").await;
    assert_eq!(week.status, 200);
    assert!(
        week.body.contains("09:00 to 09:30") && week.body.contains("Resume review with Bea"),
        "{}",
        week.body
    );
    assert!(week.body.contains("Offered: 09:00 to 17:00") && week.body.contains("from=2026-03-30"));
    let next = own.get("/me/week?from=2026-04-01").await;
    assert!(
        next.body.contains("09:00 to 09:30") && next.body.contains("Monday 30 March"),
        "{}",
        next.body
    );
    assert_eq!(own.get("/me/week?from=soon").await.status, 400);
    assert_eq!(app.signed_in(&bea).await.get("/me/week").await.status, 403);
}
