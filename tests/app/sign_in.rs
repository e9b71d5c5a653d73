use almanac::people::Role;
use chrono::TimeDelta;

use crate::{
    join::newcomer,
    support::{TestApp, between, unquoted},
};

pub const NOON: &str = "2026-03-02T12:00:00Z";

/// The path of the sign-in link in a letter.
pub fn link(letter: &str) -> String {
    let text = unquoted(letter);
    let token = between(&text, "/sign-in/", "\r\n").expect("a link in the letter");
    format!("/sign-in/{token}")
}

#[actix_web::test]
async fn a_mailed_link_signs_in_once_and_only_by_its_button() {
    let app = TestApp::at(NOON).await;
    let ada = app.alumnus("Ada").await;
    app.agreed(&ada).await;
    let browser = app.visitor();
    assert_eq!(
        browser
            .post(
                "/sign-in",
                &[("email", "Ada@Example.org "), ("next", "/me/services")]
            )
            .await
            .status,
        200
    );
    let path = link(&app.post.wait_for(1).await[0]);
    // A scanner opens it, twice, and once without its body.
    for method in ["GET", "HEAD", "GET"] {
        let http = app.visitor().http;
        let request = http.request(method.parse().unwrap(), format!("{}{path}", app.origin));
        assert!(
            matches!(crate::support::answer(request).await.status, 200 | 405),
            "{method}"
        );
    }
    let entered = browser.post(&path, &[]).await;
    assert_eq!(
        (entered.status, entered.location.as_str()),
        (303, "/me/services")
    );
    assert!(browser.get("/me").await.body.contains("My times"));
    assert_eq!(app.visitor().post(&path, &[]).await.status, 404);
    assert_eq!(app.visitor().get(&path).await.status, 404);
    assert_eq!(ada.person.email, "ada@example.org");
}

#[actix_web::test]
async fn a_link_lives_ten_minutes_and_all_links_of_an_address_end_together() {
    let app = TestApp::at(NOON).await;
    let bea = app.student("Bea").await;
    let first = app.sign_in_path(&bea.person.email).await;
    let second = app.sign_in_path(&bea.person.email).await;
    app.advance(TimeDelta::minutes(10) - TimeDelta::seconds(1));
    assert_eq!(app.visitor().post(&first, &[]).await.status, 303);
    assert_eq!(app.visitor().post(&second, &[]).await.status, 404);
    let third = app.sign_in_path(&bea.person.email).await;
    app.advance(TimeDelta::minutes(10));
    assert_eq!(app.visitor().post(&third, &[]).await.status, 404);
    assert_eq!(app.visitor().post("/sign-in/AAAA", &[]).await.status, 404);
}

#[actix_web::test]
async fn of_two_who_redeem_a_link_at_once_one_gets_in() {
    let app = TestApp::at(NOON).await;
    let bea = app.student("Bea").await;
    let path = app.sign_in_path(&bea.person.email).await;
    let (one, other) = (app.visitor(), app.visitor());
    let (one, other) = tokio::join!(one.post(&path, &[]), other.post(&path, &[]));
    let mut statuses = [one.status, other.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [303, 404]);
}

#[actix_web::test]
async fn known_and_unknown_addresses_hear_the_same() {
    let app = TestApp::at(NOON).await;
    app.student("Bea").await;
    let ask = async |email: &str| {
        let answer = app.visitor().post("/sign-in", &[("email", email)]).await;
        let token = between(&answer.body, "name=\"csrf\" value=\"", "\"")
            .unwrap()
            .to_owned();
        (
            answer.status,
            answer.body.replace(email, "").replace(&token, ""),
        )
    };
    assert_eq!(
        ask("bea@example.org").await,
        ask("nobody@example.org").await
    );
    // Both get an email, so the time it takes tells nothing either.
    assert_eq!(app.post.wait_for(2).await.len(), 2);
    let odd = app
        .visitor()
        .post("/sign-in", &[("email", "a@b>,<c@d.org")])
        .await;
    assert_eq!(odd.status, 422);
    assert!(odd.body.contains("must look like"));
}

#[actix_web::test]
async fn an_address_gets_five_links_and_any_of_them_works() {
    let app = TestApp::at(NOON).await;
    app.student("Bea").await;
    for _ in 0..8 {
        assert_eq!(
            app.visitor()
                .post("/sign-in", &[("email", "bea@example.org")])
                .await
                .status,
            200
        );
    }
    // However it is spelled, it is one mailbox.
    for odd in ["bea+1@example.org", "b.ea@example.org", "Bea+x@Example.org"] {
        app.visitor().post("/sign-in", &[("email", odd)]).await;
    }
    let letters = app.post.wait_for(5).await;
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    assert_eq!(app.post.letters().len(), 5);
    // Many at once get no more than one after the other.
    app.student("Cem").await;
    let asked = [("email", "cem@example.org")];
    let visitors: Vec<_> = (0..10).map(|_| app.visitor()).collect();
    futures_util::future::join_all(visitors.iter().map(|v| v.post("/sign-in", &asked))).await;
    assert_eq!(
        app.count("select count(*) from sign_in_links where email like 'cem@%'")
            .await,
        5
    );
    assert_eq!(
        app.visitor().post(&link(&letters[0]), &[]).await.status,
        303
    );
}

#[actix_web::test]
async fn a_suspended_person_is_out_at_once_and_a_lapsed_one_keeps_everything() {
    let app = TestApp::at("2026-03-02T08:00:00Z").await;
    let chair = app.person("Chair", "UTC", &[Role::Coordinator]).await;
    let (ada, bea) = (app.alumnus("Ada").await, app.student("Bea").await);
    assert_eq!(app.book(&bea, &ada, "2026-03-04T09:00:00Z").await.0, 201);
    let (desk, browser) = (app.signed_in(&chair).await, app.signed_in(&bea).await);
    let place = format!("/coordinate/people/{}", bea.person.id);
    let set = async |standing: &str| {
        desk.post(&place, &[("role", "student"), ("standing", standing)])
            .await
            .status
    };
    assert_eq!(set("lapsed").await, 303);
    assert!(browser.get("/me").await.body.contains("has lapsed"));
    assert_eq!(app.book(&bea, &ada, "2026-03-05T09:00:00Z").await.0, 403);
    assert_eq!(
        app.api("GET", "/bookings", Some(&bea), None).await.1["bookings"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    assert_eq!(set("suspended").await, 303);
    assert!(browser.get("/me").await.location.starts_with("/sign-in"));
    assert_eq!(app.api("GET", "/bookings", Some(&bea), None).await.0, 401);
    // A coordinator makes no coordinators, and nobody else places anybody.
    assert_eq!(
        desk.post(&place, &[("role", "admin"), ("standing", "active")])
            .await
            .status,
        403
    );
    let path = format!("/coordinate/people/{}", ada.person.id);
    assert_eq!(
        app.signed_in(&ada)
            .await
            .post(&path, &[("role", "admin"), ("standing", "active")])
            .await
            .status,
        403
    );
    assert_eq!(
        app.count("select count(*) from people where 'admin' = any(roles)")
            .await,
        0
    );
}

#[actix_web::test]
async fn signing_out_everywhere_ends_all_sessions_and_old_ones_end_by_themselves() {
    let app = TestApp::at(NOON).await;
    let bea = app.student("Bea").await;
    let (one, other) = (app.signed_in(&bea).await, app.signed_in(&bea).await);
    assert_eq!(one.post("/sign-out", &[]).await.status, 303);
    assert_eq!(one.get("/me").await.status, 303);
    assert_eq!(other.get("/me").await.status, 200);
    let third = app.signed_in(&bea).await;
    let unused = app.sign_in_path(&bea.person.email).await;
    assert_eq!(app.api("GET", "/bookings", Some(&bea), None).await.0, 200);
    assert_eq!(other.post("/sign-out/everywhere", &[]).await.status, 303);
    assert_eq!(third.get("/me").await.status, 303);
    // Neither a token of the API nor a link in the mailbox is left.
    assert_eq!(app.api("GET", "/bookings", Some(&bea), None).await.0, 401);
    assert_eq!(app.visitor().post(&unused, &[]).await.status, 404);
    let last = app.signed_in(&bea).await;
    app.advance(TimeDelta::days(20));
    assert_eq!(last.get("/me").await.status, 200);
    app.advance(TimeDelta::days(22));
    assert_eq!(last.get("/me").await.status, 303);
}

#[actix_web::test]
async fn a_cookie_from_before_is_worth_nothing_after() {
    let app = TestApp::at(NOON).await;
    let bea = app.student("Bea").await;
    let client = || {
        reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap()
    };
    let cookie_of = |answer: &crate::support::Answer| {
        let cookies = answer.headers.get_all("set-cookie");
        cookies
            .iter()
            .filter_map(|c| c.to_str().ok()?.split(';').next().map(str::to_owned))
            .find(|c| c.starts_with("almanac="))
    };
    let get = async |path: &str, cookie: &str| {
        let request = client()
            .get(format!("{}{path}", app.origin))
            .header("cookie", cookie);
        crate::support::answer(request).await
    };
    // One that somebody else chose, and one that the site gave before.
    let first = get("/about", "almanac=").await;
    let given = cookie_of(&first).expect("a cookie for the form");
    for preset in [
        "almanac=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA".to_owned(),
        given,
    ] {
        let path = app.sign_in_path(&bea.person.email).await;
        let page = get(&path, &preset).await;
        let own = cookie_of(&page).unwrap_or_else(|| preset.clone());
        let token = between(&page.body, "name=\"csrf\" value=\"", "\"")
            .unwrap()
            .to_owned();
        let request = client()
            .post(format!("{}{path}", app.origin))
            .header("cookie", &own)
            .form(&[("csrf", token)]);
        let entered = crate::support::answer(request).await;
        assert_eq!(entered.status, 303, "{}", entered.body);
        let new = cookie_of(&entered).expect("a new cookie");
        assert!(new != preset && new != own);
        for old in [&preset, &own] {
            assert_eq!(get("/me", old).await.status, 303, "{old}");
        }
        assert_eq!(get("/me", &new).await.status, 200);
        // Signing out ends it, and the old one does not come back.
        let page = get("/me", &new).await;
        let token = between(&page.body, "name=\"csrf\" value=\"", "\"")
            .unwrap()
            .to_owned();
        let request = client()
            .post(format!("{}/sign-out", app.origin))
            .header("cookie", &new)
            .form(&[("csrf", token)]);
        assert_eq!(crate::support::answer(request).await.status, 303);
        assert_eq!(get("/me", &new).await.status, 303);
    }
}

#[actix_web::test]
async fn the_privacy_notice_is_agreed_to_once_and_again_when_it_changes() {
    let app = TestApp::with(NOON, &[("ALMANAC_CONTACT", "office@example.org")]).await;
    app.student("Ada").await;
    let page = app.visitor().get("/privacy").await;
    assert_eq!(page.status, 200);
    assert!(page.body.contains("mailto:office@example.org") && page.body.contains("2 years"));
    assert!(!page.body.contains("I agree"));

    let browser = app.visitor();
    let link = app.sign_in_path("ada@example.org").await;
    let asked = browser.post(&link, &[]).await;
    assert_eq!(asked.location, "/privacy?next=%2Fme");
    let page = browser.get(&asked.location).await.body;
    let version = between(&page, "name=\"version\" value=\"", "\"")
        .unwrap()
        .to_owned();
    let stale = browser
        .post("/privacy/agree", &[("version", "older"), ("next", "/me")])
        .await;
    assert_eq!(stale.status, 422);
    assert!(stale.body.contains("has changed; please"));
    for _ in 0..2 {
        let agreed = browser
            .post("/privacy/agree", &[("version", &version), ("next", "/me")])
            .await;
        assert_eq!((agreed.status, agreed.location.as_str()), (303, "/me"));
    }
    assert!(
        browser
            .get("/privacy")
            .await
            .body
            .contains("You agreed to this on")
    );
    assert_eq!(app.count("select count(*) from consents").await, 1);
    let link = app.sign_in_path("ada@example.org").await;
    assert_eq!(app.visitor().post(&link, &[]).await.location, "/me");

    // Another text asks again.
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "Ours. Write to {contact}.").unwrap();
    let other = app
        .twin_with(&[("ALMANAC_PRIVACY_FILE", file.path().to_str().unwrap())])
        .await;
    let link = other.sign_in_path("ada@example.org").await;
    let again = other.visitor().post(&link, &[]).await;
    assert_eq!(again.location, "/privacy?next=%2Fme");
    assert!(
        other
            .visitor()
            .get("/privacy")
            .await
            .body
            .contains("Ours. Write to almanac@example.org.")
    );

    // Joining is agreeing.
    let newcomer = newcomer(&app, "bea@uni.example.org").await;
    let domain = "insert into email_domains (domain, added_at) values ('uni.example.org', now())";
    app.sql(move |conn| diesel::connection::SimpleConnection::batch_execute(conn, domain))
        .await;
    let fields = [
        ("name", "Bea"),
        ("zone", "UTC"),
        ("role", "student"),
        ("message", ""),
    ];
    assert_eq!(newcomer.post("/join", &fields).await.location, "/alumni");
    assert_eq!(app.count("select count(*) from consents").await, 2);
}

#[actix_web::test]
async fn an_address_is_changed_by_who_reads_both() {
    let app = TestApp::at(NOON).await;
    let ada = app.student("Ada").await;
    let bea = app.student("Bea").await;
    let browser = app.signed_in(&ada).await;
    let ask = |email: &'static str| {
        let browser = &browser;
        async move { browser.post("/me/email", &[("email", email)]).await }
    };
    let same = ask("ada@example.org").await;
    assert!(
        same.status == 422 && same.body.contains("is already your address"),
        "{}",
        same.body
    );
    assert_eq!(ask("nobody").await.status, 422);
    let link = |letter: &str| {
        let token = between(&unquoted(letter), "/email/", "\r\n")
            .unwrap()
            .to_owned();
        format!("/email/{token}")
    };
    // One of another's account is asked for without a word, and refused to who confirms it.
    assert_eq!(ask("bea@example.org").await.status, 200);
    let taken = link(&app.post.wait_for(1).await[0]);
    let refused = browser.post(&taken, &[]).await;
    assert!(
        refused.status == 422 && refused.body.contains("already has an account"),
        "{}",
        refused.body
    );

    let unused = app.sign_in_path("ada@example.org").await;
    assert_eq!(ask(" Ada+New@Example.org").await.status, 200);
    let letter = app.post.wait_for(2).await[1].clone();
    assert!(letter.contains("To: Ada <ada+new@example.org>"), "{letter}");
    let path = link(&letter);
    assert_eq!(app.visitor().get(&format!("{path}x")).await.status, 404);
    // Whoever reads the new mailbox alone may be a stranger, or somebody else here.
    assert!(
        app.visitor()
            .get(&path)
            .await
            .location
            .starts_with("/sign-in?next=")
    );
    assert!(
        app.visitor()
            .post(&path, &[])
            .await
            .location
            .starts_with("/sign-in?next=")
    );
    let other = app.signed_in(&bea).await;
    for answer in [other.get(&path).await, other.post(&path, &[]).await] {
        assert_eq!(answer.status, 404);
    }
    let page = browser.get(&path).await;
    assert!(
        page.status == 200 && page.body.contains("ada+new@example.org"),
        "{}",
        page.body
    );
    assert_eq!(browser.post(&path, &[]).await.location, "/me/settings");
    for answer in [browser.get(&path).await, browser.post(&path, &[]).await] {
        assert_eq!(answer.status, 404);
    }
    let told = app.post.wait_for(3).await[2].clone();
    assert!(
        told.contains("To: Ada <ada@example.org>") && told.contains("was changed"),
        "{told}"
    );
    assert_eq!(app.visitor().post(&unused, &[]).await.status, 404);
    assert!(
        browser
            .get("/me/settings")
            .await
            .body
            .contains("ada+new@example.org")
    );
    assert_eq!(
        app.count("select count(*) from people where email = 'ada+new@example.org'")
            .await,
        1
    );

    // An address that goes and comes back opens no old link.
    app.advance(TimeDelta::seconds(2));
    assert_eq!(ask("ada@example.org").await.status, 200);
    let back = link(&app.post.wait_for(4).await[3]);
    assert_eq!(browser.post(&back, &[]).await.location, "/me/settings");
    assert_eq!(browser.post(&path, &[]).await.status, 404);
    app.post.wait_for(5).await;

    // An hour is enough.
    assert_eq!(ask("ada.new@example.org").await.status, 200);
    let late = link(&app.post.wait_for(6).await[5]);
    app.advance(TimeDelta::minutes(61));
    assert_eq!(browser.post(&late, &[]).await.status, 404);
    // And without a fresh proof nothing is asked for.
    let stale = browser.get("/me/email").await;
    assert!(
        stale.location.starts_with("/second-factor"),
        "{}",
        stale.location
    );
}
