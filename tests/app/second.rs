//! The second factor: link and code, recovery, and what takes a fresh proof.

use almanac::people::Role;
use chrono::TimeDelta;
use totp_rs::{Builder, Secret};

use crate::support::{Browser, Somebody, TestApp, between};

const NOW: &str = "2027-03-01T08:00:00Z";

fn code(app: &TestApp, secret: &str) -> String {
    let secret = Secret::try_from_base32(secret.replace(' ', "")).unwrap();
    let builder = Builder::new()
        .with_secret(secret)
        .with_account_name("a")
        .with_issuer(Some("b"));
    builder
        .build()
        .unwrap()
        .generate(app.now().timestamp() as u64)
        .to_string()
}

/// Turns it on. Returns the secret and the recovery codes.
async fn turned_on(app: &TestApp, browser: &Browser) -> (String, Vec<String>) {
    assert_eq!(browser.post("/me/second-factor", &[]).await.status, 303);
    let page = browser.get("/me/second-factor").await.body;
    assert!(page.contains("data:image/png;base64,"), "{page}");
    let secret = between(&page, "<code class=\"secret\">", "<")
        .unwrap()
        .to_owned();
    let wrong = browser
        .post("/me/second-factor/confirm", &[("code", "000000")])
        .await;
    assert_eq!(wrong.status, 422);
    let on = browser
        .post(
            "/me/second-factor/confirm",
            &[("code", &code(app, &secret))],
        )
        .await;
    assert_eq!(on.status, 200, "{}", on.body);
    let codes = on
        .body
        .split("<code>")
        .skip(1)
        .map(|rest| rest.split('<').next().unwrap().to_owned());
    (secret, codes.collect())
}

/// A browser in which the link was used, and nothing more.
async fn with_link(app: &TestApp, who: &Somebody) -> Browser {
    let browser = app.visitor();
    let path = app.sign_in_path(&who.person.email).await;
    let answer = browser.post(&path, &[]).await;
    assert_eq!(
        (answer.status, answer.location.as_str()),
        (303, "/second-factor?next=%2Fme")
    );
    browser
}

#[actix_web::test]
async fn the_link_alone_no_longer_signs_in() {
    let app = TestApp::at(NOW).await;
    let cleo = app.person("Cleo", "UTC", &[Role::Coordinator]).await;
    let first = app.signed_in(&cleo).await;
    let (secret, codes) = turned_on(&app, &first).await;
    assert_eq!(codes.len(), 10);
    app.post.wait_for(1).await; // The clock jumps only after the letter is noted.
    assert!(
        !first.get("/me/second-factor").await.body.contains(&secret),
        "shown once"
    );

    app.advance(TimeDelta::minutes(2));
    let browser = with_link(&app, &cleo).await;
    // Nobody is signed in: no page, no way to join, no change.
    for path in ["/me", "/coordinate", "/me/second-factor", "/join"] {
        let answer = browser.get(path).await;
        assert_eq!(answer.status, 303, "{path}");
        assert!(
            answer.location.starts_with("/sign-in?next="),
            "{path}: {}",
            answer.location
        );
    }
    assert_eq!(
        browser.post("/me/second-factor/remove", &[]).await.location,
        "/sign-in?next=%2Fme"
    );
    assert!(
        browser
            .get("/sign-in")
            .await
            .location
            .starts_with("/second-factor")
    );
    let fields = |code: &str| {
        vec![
            ("code".to_owned(), code.to_owned()),
            ("next".to_owned(), "//evil.example".to_owned()),
        ]
    };
    let send = async |browser: &Browser, code: &str| {
        let fields = fields(code);
        let fields: Vec<(&str, &str)> = fields
            .iter()
            .map(|(n, v)| (n.as_str(), v.as_str()))
            .collect();
        browser.post("/second-factor", &fields).await
    };
    assert_eq!(send(&browser, "123456").await.status, 422);
    let right = code(&app, &secret);
    let answer = send(&browser, &right).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    assert!(!answer.location.contains("evil"));
    assert_eq!(browser.get("/coordinate").await.status, 200);
    // The same code is good once.
    let again = with_link(&app, &cleo).await;
    assert_eq!(send(&again, &right).await.status, 422);
    // A recovery code is, too, however it is typed.
    let typed = codes[0].to_uppercase().replace('-', " ");
    assert_eq!(send(&again, &typed).await.status, 303);
    let third = with_link(&app, &cleo).await;
    assert_eq!(send(&third, &codes[0]).await.status, 422);
    assert!(
        again
            .get("/me/second-factor")
            .await
            .body
            .contains("9 of 10")
    );

    app.post.wait_for(2).await;
    // Guessing is slow, whoever guesses, and then the right code has to wait as well.
    let mut statuses = Vec::new();
    for _ in 0..6 {
        statuses.push(send(&third, "111111").await.body.contains("too often"));
    }
    assert!(statuses.contains(&true));
    app.advance(TimeDelta::minutes(3));
    assert_eq!(send(&third, &code(&app, &secret)).await.status, 303);
    assert_eq!(
        third.post("/me/second-factor/remove", &[]).await.status,
        303
    );
    assert_eq!(
        app.signed_in(&cleo).await.get("/coordinate").await.status,
        200
    );
    let letters = app.post.wait_for(3).await;
    for subject in [
        "Two-step verification is on",
        "A recovery code was used",
        "Two-step verification is off",
    ] {
        assert!(
            letters.iter().any(|l| l.contains(subject)),
            "{subject} in {letters:?}"
        );
    }
}

#[actix_web::test]
async fn roles_and_secrets_take_a_fresh_proof() {
    let app = TestApp::at(NOW).await;
    let root = app.person("Root", "UTC", &[Role::Admin]).await;
    let bea = app.student("Bea").await;
    let browser = app.signed_in(&root).await;
    let place = format!("/coordinate/people/{}", bea.person.id);
    let wanted = [
        ("role", "student"),
        ("role", "alumnus"),
        ("standing", "active"),
    ];
    app.advance(TimeDelta::minutes(15));
    for (path, fields) in [
        (place.as_str(), &wanted[..]),
        ("/me/tokens", &[("name", "Sheet"), ("days", "30")][..]),
        ("/me/second-factor", &[][..]),
        (
            "/me/webhooks",
            &[("address", "https://hooks.example.org/a")][..],
        ),
    ] {
        let refused = browser.post(path, fields).await;
        assert_eq!(refused.status, 303, "{path}: {}", refused.body);
        assert!(
            refused.location.starts_with("/second-factor?next="),
            "{path}: {}",
            refused.location
        );
    }
    assert_eq!(
        app.count("select count(*) from people where 'alumnus' = any(roles)")
            .await,
        0
    );
    // A webhook's secret stands on its page.
    let webhook = format!("/me/webhooks/{}", bea.person.id);
    let asked = browser.get(&webhook).await;
    assert!(
        asked.location.starts_with("/second-factor?next="),
        "{}",
        asked.location
    );
    // Without an app it takes a link, which leads back.
    let asked = browser
        .get(&format!("/second-factor?next={place}"))
        .await
        .body;
    assert!(
        asked.contains("Email me a sign-in link") && asked.contains(&format!("value=\"{place}\"")),
        "{asked}"
    );
    let browser = app.signed_in(&root).await;
    assert_eq!(browser.post(&place, &wanted).await.location, place);
    // With one it takes a code.
    let (secret, _) = turned_on(&app, &browser).await;
    app.advance(TimeDelta::minutes(16));
    let fields = [("code", code(&app, &secret)), ("next", place.clone())];
    assert!(
        browser
            .post(&place, &wanted)
            .await
            .location
            .starts_with("/second-factor")
    );
    let fields: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (*n, v.as_str())).collect();
    assert_eq!(
        browser.post("/second-factor", &fields).await.location,
        place
    );
    assert_eq!(browser.post(&place, &wanted).await.location, place);
}

#[actix_web::test]
async fn where_it_is_required_powers_wait_for_it() {
    let app = TestApp::with(NOW, &[("ALMANAC_TWO_STEP", "required")]).await;
    let cleo = app
        .person("Cleo", "UTC", &[Role::Coordinator, Role::Student])
        .await;
    let browser = app.signed_in(&cleo).await;
    for path in ["/coordinate", "/coordinate/people"] {
        assert_eq!(browser.get(path).await.location, "/me/second-factor");
    }
    let fields = [("domain", "uni.example.org")];
    let refused = browser.post("/coordinate/domains", &fields).await;
    assert_eq!(refused.location, "/me/second-factor");
    let body = serde_json::json!({ "url": "https://example.org/hook", "covers_all": true });
    let (status, answer) = app
        .api("POST", "/me/webhooks", Some(&cleo), Some(body))
        .await;
    assert_eq!(status, 403, "{answer}");
    assert_eq!(answer["code"], "two_step_required");
    // What is their own goes on, and the way there is shown.
    let page = browser.get("/me").await;
    assert!(page.status == 200 && page.body.contains("href=\"/coordinate\""));
    let page = browser.get("/me/second-factor").await.body;
    assert!(page.contains("You need two-step verification"), "{page}");
    turned_on(&app, &browser).await;
    assert_eq!(browser.get("/coordinate").await.status, 200);
}

#[actix_web::test]
async fn removing_the_last_way_says_that_two_steps_are_off() {
    let app = TestApp::at(NOW).await;
    let cleo = app.person("Cleo", "UTC", &[Role::Coordinator]).await;
    let browser = app.signed_in(&cleo).await;
    turned_on(&app, &browser).await;
    app.letters_with("Two-step verification is on", 1).await;
    let page = browser.get("/me/second-factor").await.body;
    assert!(
        page.contains("This is the only method you have set up"),
        "{page}"
    );
    let answer = browser.post("/me/second-factor/app/remove", &[]).await;
    assert_eq!(answer.location, "/me/second-factor");
    let page = browser.get("/me/second-factor").await.body;
    assert!(page.contains("Two-step verification is off."), "{page}");
    app.letters_with("Two-step verification is off", 1).await;
    // A second press finds nothing to remove.
    let again = browser.post("/me/second-factor/app/remove", &[]).await;
    assert_eq!(again.status, 404);
}
