//! Joining: at once with an address of a listed domain, else by a coordinator's decision; and what goes on after it.

use almanac::people::Role;
use chrono::TimeDelta;
use diesel::connection::SimpleConnection;

use crate::{
    sign_in::{NOON, link},
    support::{TestApp, between},
};

#[actix_web::test]
async fn a_listed_domain_enters_at_once_and_everybody_else_asks() {
    let app = TestApp::at(NOON).await;
    let chair = app.person("Chair", "UTC", &[Role::Coordinator]).await;
    let desk = app.signed_in(&chair).await;
    assert_eq!(
        desk.post("/coordinate/domains", &[("domain", "@Campus.example.org")])
            .await
            .status,
        303
    );
    assert_eq!(
        desk.post("/coordinate/domains", &[("domain", "not a domain")])
            .await
            .status,
        422
    );

    let dana = app.visitor();
    let path = app.sign_in_path("dana@campus.example.org").await;
    assert_eq!(dana.post(&path, &[]).await.location, "/join");
    let joined = dana
        .post(
            "/join",
            &[
                ("name", "Dana"),
                ("zone", "Asia/Tokyo"),
                ("role", "student"),
            ],
        )
        .await;
    assert_eq!((joined.status, joined.location.as_str()), (303, "/alumni"));
    assert!(dana.get("/me").await.body.contains("My sessions"));

    let eli = app.visitor();
    let path = app.sign_in_path("eli@elsewhere.example.org").await;
    eli.post(&path, &[]).await;
    let wrong = eli
        .post(
            "/join",
            &[("name", " "), ("zone", "Mars/Base"), ("role", "student")],
        )
        .await;
    assert_eq!(wrong.status, 422);
    assert!(wrong.body.contains("Your name is required") && wrong.body.contains("not a time zone"));
    let asked = eli
        .post(
            "/join",
            &[
                ("name", "Eli"),
                ("zone", "UTC"),
                ("role", "alumnus"),
                ("message", "2019"),
            ],
        )
        .await;
    assert_eq!(asked.location, "/join");
    assert!(eli.get("/join").await.body.contains("waiting"));
    assert!(app.post.wait_for(1).await[0].contains("To: Chair <chair@example.org>"));

    // It waits for the coordinator on their own first page, too.
    assert!(desk.get("/me").await.body.contains("1 request to join"));
    let page = desk.get("/coordinate").await.body;
    let request = between(&page, "/coordinate/requests/", "\"")
        .unwrap()
        .to_owned();
    let path = format!("/coordinate/requests/{request}");
    assert_eq!(
        desk.post(&path, &[("decision", "approve")]).await.status,
        303
    );
    assert_eq!(
        desk.post(&path, &[("decision", "decline")]).await.status,
        404
    );
    assert!(app.post.wait_for(2).await[1].contains("Welcome to Almanac"));
    let eli = app.visitor();
    let path = app.sign_in_path("eli@elsewhere.example.org").await;
    // They have not seen the privacy notice yet.
    assert_eq!(eli.post(&path, &[]).await.location, "/privacy?next=%2Fme");
    assert!(eli.get("/me").await.body.contains("My times"));
}

/// Declining can be taken back for ten minutes; the letter waits as long, and says why.
#[actix_web::test]
async fn a_declined_request_can_be_taken_back_before_anybody_hears_of_it() {
    let app = TestApp::at(NOON).await;
    let chair = app.person("Chair", "UTC", &[Role::Coordinator]).await;
    let desk = app.signed_in(&chair).await;
    let eli = app.visitor();
    let path = app.sign_in_path("eli@elsewhere.example.org").await;
    eli.post(&path, &[]).await;
    let fields = [("name", "Eli"), ("zone", "UTC"), ("role", "alumnus")];
    assert_eq!(eli.post("/join", &fields).await.location, "/join");
    app.post.wait_for(1).await;
    let page = desk.get("/coordinate").await.body;
    let request = between(&page, "/coordinate/requests/", "\"")
        .unwrap()
        .to_owned();
    let path = format!("/coordinate/requests/{request}");
    let decline = [
        ("decision", "decline"),
        ("reason", "We know nobody of that name."),
    ];
    let undo = [("decision", "undo")];
    let heard = async || {
        app.app.bell.notify_one();
        tokio::time::sleep(std::time::Duration::from_millis(400)).await;
        let letters = app.post.letters();
        letters
            .into_iter()
            .filter(|l| l.contains("Subject: Your request to join"))
            .collect::<Vec<_>>()
    };

    assert_eq!(desk.post(&path, &decline).await.status, 303);
    app.advance(TimeDelta::minutes(9));
    assert!(
        desk.get("/coordinate")
            .await
            .body
            .contains("Declined in the last ten minutes")
    );
    assert_eq!(desk.post(&path, &undo).await.status, 303);
    app.advance(TimeDelta::minutes(2));
    assert!(heard().await.is_empty(), "it was taken back");

    assert_eq!(desk.post(&path, &decline).await.status, 303);
    app.advance(TimeDelta::minutes(9));
    assert!(heard().await.is_empty(), "it can still be taken back");
    app.advance(TimeDelta::minutes(1));
    assert_eq!(desk.post(&path, &undo).await.status, 409);
    app.app.bell.notify_one();
    let letters = app.letters_with("Subject: Your request to join", 1).await;
    assert!(
        letters[0].contains("We know nobody of that name."),
        "{}",
        letters[0]
    );
    assert_eq!(heard().await.len(), 1);
    assert_eq!(
        app.count("select count(*) from audit_log where action = 'request_reopened'")
            .await,
        1
    );
}

pub async fn newcomer(app: &TestApp, email: &str) -> crate::support::Browser {
    let browser = app.visitor();
    let path = app.sign_in_path(email).await;
    assert_eq!(browser.post(&path, &[]).await.location, "/join");
    browser
}

#[actix_web::test]
async fn one_mailbox_has_one_account() {
    let app = TestApp::at("2026-03-02T08:00:00Z").await;
    let chair = app.person("Chair", "UTC", &[Role::Coordinator]).await;
    let desk = app.signed_in(&chair).await;
    let dotty = [("domain", "dots.example.org"), ("ignores_dots", "yes")];
    desk.post("/coordinate/domains", &dotty).await;
    desk.post("/coordinate/domains", &[("domain", "plain.example.org")])
        .await;
    assert!(
        desk.get("/coordinate")
            .await
            .body
            .contains("Dots before the @ do not matter")
    );
    let fields = [("name", "Dana"), ("zone", "UTC"), ("role", "student")];
    for (email, status) in [
        ("da.na@dots.example.org", 303),
        ("dana@dots.example.org", 422),
        ("d.ana+jobs@dots.example.org", 422),
        ("dana2@dots.example.org", 303),
        ("da.na+a@plain.example.org", 303),
        ("da.na+b@plain.example.org", 422),
        ("dana@plain.example.org", 303),
        // Where everybody asks it is the same: one request waits.
        ("eli+a@elsewhere.example.org", 303),
        ("eli+b@elsewhere.example.org", 303),
    ] {
        let joined = newcomer(&app, email).await.post("/join", &fields).await;
        assert_eq!(joined.status, status, "{email}: {}", joined.body);
        if status == 422 {
            assert!(
                joined.body.contains("with a slightly different address")
                    && joined.body.contains("value=\"Dana\"")
            );
        }
    }
}

#[actix_web::test]
async fn a_double_click_on_join_lets_in() {
    let app = TestApp::at("2026-03-02T08:00:00Z").await;
    let chair = app.person("Chair", "UTC", &[Role::Coordinator]).await;
    let desk = app.signed_in(&chair).await;
    desk.post("/coordinate/domains", &[("domain", "students.example.org")])
        .await;
    let browser = newcomer(&app, "dana@students.example.org").await;
    let page = browser.get("/join").await.body;
    let token = between(&page, "name=\"csrf\" value=\"", "\"")
        .unwrap()
        .to_owned();
    let fields = [
        ("csrf", token.as_str()),
        ("name", "Dana"),
        ("zone", "UTC"),
        ("role", "student"),
    ];
    let (one, other) = tokio::join!(
        browser.post_bare("/join", &fields),
        browser.post_bare("/join", &fields)
    );
    assert_eq!(
        (one.status, other.status),
        (303, 303),
        "{} {}",
        one.body,
        other.body
    );
    assert_eq!(
        (one.location.as_str(), other.location.as_str()),
        ("/alumni", "/alumni")
    );
    assert_eq!(
        app.count("select count(*) from people where email like 'dana@%'")
            .await,
        1
    );
    assert_eq!(browser.get("/me").await.status, 200);
}

#[actix_web::test]
async fn two_of_one_name_are_approved_at_once() {
    let app = TestApp::at("2026-03-02T08:00:00Z").await;
    let chair = app.person("Chair", "UTC", &[Role::Coordinator]).await;
    let desk = app.signed_in(&chair).await;
    let fields = [("name", "Same Name"), ("zone", "UTC"), ("role", "alumnus")];
    let mut requests = Vec::new();
    for number in 0..8 {
        let browser = newcomer(&app, &format!("same{number}@elsewhere.example.org")).await;
        assert_eq!(browser.post("/join", &fields).await.location, "/join");
    }
    let page = desk.get("/coordinate").await.body;
    for rest in page.split("action=\"/coordinate/requests/").skip(1) {
        requests.push(format!(
            "/coordinate/requests/{}",
            rest.split('"').next().unwrap()
        ));
    }
    assert_eq!(requests.len(), 8);
    let approve = [("decision", "approve")];
    for pair in requests.chunks(2) {
        let (one, other) =
            tokio::join!(desk.post(&pair[0], &approve), desk.post(&pair[1], &approve));
        assert_eq!(
            (one.status, other.status),
            (303, 303),
            "{} {}",
            one.body,
            other.body
        );
    }
    assert_eq!(
        app.count("select count(distinct handle) from profiles where handle like 'same-name%'")
            .await,
        8
    );
}

#[actix_web::test]
async fn what_began_before_joining_is_no_fresh_proof_and_goes_with_the_address() {
    let app = TestApp::at(NOON).await;
    let chair = app.person("Chair", "UTC", &[Role::Coordinator]).await;
    let desk = app.signed_in(&chair).await;
    desk.post("/coordinate/domains", &[("domain", "students.example.org")])
        .await;
    let email = "dana@students.example.org";
    let fields = [("name", "Dana"), ("zone", "UTC"), ("role", "student")];
    let early = newcomer(&app, email).await;
    app.advance(TimeDelta::days(2));
    // Whoever joins late has proved the address two days ago.
    let joined = early.post("/join", &fields).await;
    assert_eq!(joined.location, "/alumni", "{}", joined.body);
    let stale = early.post("/me/data/export", &[]).await;
    assert!(
        stale.location.starts_with("/second-factor"),
        "{}",
        stale.location
    );

    // And what another browser had begun ends with the first sign-in to the account.
    let other = app.visitor();
    app.sql(|conn| {
        conn.batch_execute(
            "insert into sessions select 'x'::bytea, null, email, 'old', created_at, seen_at, expires_at, proved_at, false \
             from sessions where email like 'dana@%' limit 1",
        )
    })
    .await;
    other.post(&app.sign_in_path(email).await, &[]).await;
    assert_eq!(
        app.count("select count(*) from sessions where user_agent = 'old'")
            .await,
        0
    );
}

#[actix_web::test]
async fn a_stranger_who_asks_for_an_impossible_time_is_told_so() {
    let app = TestApp::at("2026-03-02T08:00:00Z").await;
    let ada = app.alumnus("Ada").await;
    let browser = app.visitor();
    let service = browser.service(&ada, "resume", "2026-03-05").await;
    for start in [
        "+262142-12-31T23:59:59Z",
        "-9999-01-01T00:00:00Z",
        "2026-03-05T09:00:30Z",
    ] {
        browser.get("/alumni/ada?zone=Asia/Tokyo").await;
        let fields = [("service", service.as_str()), ("start", start)];
        assert_eq!(browser.post("/holds", &fields).await.status, 422, "{start}");
    }
}

/// A stranger taps a time, signs in by mail and joins: the time is named on each page and held as soon as they are in.
#[actix_web::test]
async fn the_time_that_a_stranger_chose_waits_through_sign_in_and_joining() {
    const START: &str = "2026-03-05T09:00:00Z";
    let app = TestApp::at("2026-03-02T08:00:00Z").await;
    let ada = app.alumnus("Ada").await;
    app.sql(|conn| {
        let domain =
            "insert into email_domains (domain, added_at) values ('uni.example.org', now())";
        diesel::connection::SimpleConnection::batch_execute(conn, domain)
    })
    .await;
    let fields = [
        ("name", "Bea"),
        ("zone", "Europe/Berlin"),
        ("role", "student"),
    ];
    for (number, is_taken) in [(0, false), (1, true)] {
        let browser = app.visitor();
        let tapped = browser.hold(&ada, "resume", START).await;
        assert_eq!(tapped.status, 303);
        let asked = browser.get(&tapped.location).await;
        let about = "Resume review with Ada, Thu 5 Mar, 09:00";
        assert!(asked.body.contains(about), "{}", asked.body);
        let hidden = |name: &str| {
            let begins = format!("name=\"{name}\" value=\"");
            between(&asked.body, &begins, "\"")
                .unwrap()
                .replace("&amp;", "&")
        };
        let email = format!("bea{number}@uni.example.org");
        let (next, sealed) = (hidden("next"), hidden("about"));
        let sent = browser
            .post(
                "/sign-in",
                &[("email", &email), ("next", &next), ("about", &sealed)],
            )
            .await;
        assert!(sent.body.contains(about), "{}", sent.body);
        let letters = app.post.wait_for(number + 1).await;
        let path = link(letters.last().unwrap());
        // Opened somewhere else, perhaps: what it is about came with the link.
        let phone = app.visitor();
        let join = phone.get(&path).await;
        assert!(join.body.contains(about), "{}", join.body);
        assert!(join.body.contains("Create account"), "{}", join.body);
        if is_taken {
            let cem = app.student("Cem").await;
            assert_eq!(app.book(&cem, &ada, START).await.0, 201);
        }
        // What is filled in wrongly is said, and the link still works.
        let wrong = phone.post(&path, &[("name", ""), ("zone", "UTC")]).await;
        assert_eq!(wrong.status, 422);
        assert!(wrong.body.contains("Your name is required") && wrong.body.contains(about));
        let joined = phone.post(&path, &fields).await;
        assert!(
            joined.location.starts_with("/holds/new?"),
            "{}",
            joined.location
        );
        let held = phone.get(&joined.location).await;
        if is_taken {
            assert_eq!(held.status, 409);
            assert!(held.body.contains("no longer free"), "{}", held.body);
            assert_eq!(held.body.matches("name=\"start\"").count(), 3);
        } else {
            assert_eq!(held.status, 303, "{}", held.body);
            let form = phone.get(&held.location).await;
            assert!(form.body.contains("is held for you"), "{}", form.body);
            assert_eq!(phone.post("/holds/none/release", &[]).await.status, 404);
            let release = format!("{}/release", held.location);
            assert_eq!(phone.post(&release, &[]).await.status, 303);
            // The same address in the hands of somebody else holds nothing.
            let dan = app.student("Dan").await;
            let other = app.signed_in(&dan).await;
            let shown = other.get(&joined.location).await;
            assert_eq!(shown.status, 303);
            assert!(shown.location.starts_with("/alumni/ada/resume?at="));
            let holds = "select count(*) from bookings where status = 'held'";
            assert_eq!(app.count(holds).await, 0);
            // An hour later nothing says whom they wanted to meet.
            let kept = "select (select count(*) from sessions where about <> '') + (select count(*) from sign_in_links where about <> '') as count";
            assert!(app.count(kept).await > 0);
            let later = app.now() + TimeDelta::minutes(61);
            app.act(move |tx| almanac::people::sign_in::store::forget_errands(tx, later))
                .await;
            assert_eq!(app.count(kept).await, 0);
        }
    }
}

/// A mailed link lets a newcomer join with the press that uses it, and asks the coordinators where the domain is nobody's.
#[actix_web::test]
async fn a_newcomer_joins_on_the_page_that_the_link_opens() {
    let app = TestApp::at(NOON).await;
    app.sql(|conn| {
        conn.batch_execute(
            "insert into email_domains (domain, added_at) values ('uni.example.org', now())",
        )
    })
    .await;
    let fields = [("name", "Bea"), ("zone", "UTC"), ("role", "student")];
    let bea = app.visitor();
    let path = app.sign_in_path("bea@uni.example.org").await;
    assert!(bea.get(&path).await.body.contains("Create account"));
    assert_eq!(bea.post(&path, &fields).await.location, "/alumni");
    assert!(bea.get("/me").await.body.contains("My sessions"));
    // Neither the link nor the session of the moment before goes on.
    assert_eq!(app.visitor().post(&path, &fields).await.status, 404);
    let sessions = "select count(*) from sessions where person_id is null";
    assert_eq!(app.count(sessions).await, 0);
    // She has an account now, so the next link only signs in.
    let path = app.sign_in_path("bea@uni.example.org").await;
    let page = app.visitor().get(&path).await.body;
    assert!(page.contains("finish signing in") && !page.contains("Create account"));

    let eli = app.visitor();
    let path = app.sign_in_path("eli@elsewhere.example.org").await;
    assert!(eli.get(&path).await.body.contains("Ask to join"));
    assert_eq!(eli.post(&path, &fields).await.location, "/join");
    assert!(eli.get("/join").await.body.contains("waiting"));
    // Another link of theirs leads back to the request that waits, whatever is filled in.
    let path = app.sign_in_path("eli@elsewhere.example.org").await;
    assert!(!eli.get(&path).await.body.contains("Ask to join"));
    let elsewhere = app.visitor();
    assert_eq!(elsewhere.post(&path, &fields).await.location, "/join");
    assert!(elsewhere.get("/join").await.body.contains("waiting"));
    assert_eq!(app.count("select count(*) from join_requests").await, 1);
    // A mailbox that has an account under another spelling is told so, and the link stays.
    let path = app.sign_in_path("bea+again@uni.example.org").await;
    let taken = eli.post(&path, &fields).await;
    assert_eq!(taken.status, 422);
    assert!(taken.body.contains("slightly different address") && taken.body.contains("\"Bea\""));
    assert_eq!(eli.get(&path).await.status, 200);
}

/// Coordinators invite by mail; whoever answers is in at once, as what they were invited as.
#[actix_web::test]
async fn whoever_is_invited_is_in_as_soon_as_they_answer() {
    let app = TestApp::at(NOON).await;
    let chair = app.person("Chair", "UTC", &[Role::Coordinator]).await;
    let ada = app.alumnus("Ada").await;
    let desk = app.signed_in(&chair).await;
    let invite = async |emails: &str, role: &str, message: &str| {
        let fields = [("emails", emails), ("role", role), ("message", message)];
        desk.post("/coordinate/invitations", &fields).await
    };
    let wrong = invite("eli@example.org, nobody", "alumnus", "Do join us").await;
    assert_eq!(wrong.status, 422);
    assert!(wrong.body.contains("“nobody” is not one") && wrong.body.contains("Do join us"));
    let invitations = "select count(*) from invitations";
    assert_eq!(app.count(invitations).await, 0);

    let both = format!("Eli@Example.org\n{}; fay@example.org", ada.person.email);
    let sent = invite(&both, "alumnus", "Do join us <b>").await;
    assert_eq!(sent.location, "/coordinate/invitations");
    let page = desk.get("/coordinate/invitations").await.body;
    assert!(
        page.contains("2 invitations are on their way. ada@example.org already has an account."),
        "{page}"
    );
    assert!(page.contains("eli@example.org") && page.contains("fay@example.org"));
    let letters = app.post.wait_for(2).await;
    let letter = letters
        .iter()
        .find(|l| l.contains("To: eli@example.org"))
        .unwrap();
    let text = crate::support::unquoted(letter);
    assert!(
        text.contains("Chair has invited you to join Almanac as an alumnus."),
        "{text}"
    );
    assert!(text.contains("Do join us <b>"), "{text}");
    let path_of = |text: &str| {
        format!(
            "/invitations/{}",
            between(text, "/invitations/", "\r\n").unwrap()
        )
    };
    let path = path_of(&text);

    let eli = app.visitor();
    let form = eli.get(&path).await;
    assert!(form.body.contains("invited to join as an alumnus") && !form.body.contains("You are<"));
    let fields = [("name", "Eli"), ("zone", "Asia/Tokyo"), ("role", "student")];
    assert_eq!(
        eli.post(&path, &[("name", ""), ("zone", "UTC"), ("role", "")])
            .await
            .status,
        422
    );
    let answers = futures_util::future::join_all(
        (0..4).map(|_| async { app.visitor().post(&path, &fields).await.status }),
    )
    .await;
    // Presses of one moment all lead in, to one account; later ones do not.
    assert!(answers.contains(&303), "{answers:?}");
    assert_eq!(app.visitor().get(&path).await.status, 404);
    assert_eq!(app.visitor().get("/invitations/AAAA").await.status, 404);
    let alumnus = "select count(*) from people where email = 'eli@example.org' and roles = '{alumnus}' and zone = 'Asia/Tokyo'";
    assert_eq!(app.count(alumnus).await, 1);

    // Fay types her address herself, and is let in as what she was invited as all the same.
    let fay = app.visitor();
    let link = app.sign_in_path("fay@example.org").await;
    assert!(
        fay.get(&link)
            .await
            .body
            .contains("invited to join as an alumnus")
    );
    fay.post(&link, &[("name", "Fay"), ("zone", "UTC")]).await;
    let fays =
        "select count(*) from people where email = 'fay@example.org' and roles = '{alumnus}'";
    assert_eq!(
        (app.count(fays).await, app.count(invitations).await),
        (1, 0)
    );

    // One that is withdrawn, replaced or a month old lets nobody in.
    invite("gus@example.org", "student", "").await;
    let first = path_of(&crate::support::unquoted(&app.post.wait_for(3).await[2]));
    invite("gus@example.org", "student", "").await;
    let second = path_of(&crate::support::unquoted(&app.post.wait_for(4).await[3]));
    assert_eq!(app.visitor().get(&first).await.status, 404);
    assert_eq!(app.visitor().get(&second).await.status, 200);
    let page = desk.get("/coordinate/invitations").await.body;
    let id = between(&page, "/coordinate/invitations/", "/withdraw").unwrap();
    let withdraw = format!("/coordinate/invitations/{id}/withdraw");
    assert_eq!(desk.post(&withdraw, &[]).await.status, 303);
    assert_eq!(app.visitor().post(&second, &fields).await.status, 404);
    assert_eq!(app.count("select count(*) from join_requests").await, 0);
    invite("gus@example.org", "student", "").await;
    let third = path_of(&crate::support::unquoted(&app.post.wait_for(5).await[4]));
    app.advance(TimeDelta::days(30));
    assert_eq!(app.visitor().get(&third).await.status, 404);
    assert_eq!(app.visitor().post(&third, &fields).await.status, 404);
    let now = app.now();
    app.act(move |tx| almanac::people::invitation::store::forget_old(tx, now))
        .await;
    assert_eq!(app.count(invitations).await, 0);
}

/// What another browser began with an address is no way into the account that the address gets later; nor does a
/// request go on that nobody needs to decide any more.
#[actix_web::test]
async fn an_account_is_closed_to_what_was_begun_before_it() {
    let app = TestApp::at(NOON).await;
    let chair = app.person("Chair", "UTC", &[Role::Coordinator]).await;
    let desk = app.signed_in(&chair).await;
    // On a shared computer, somebody asks to join.
    let shared = app.visitor();
    let path = app.sign_in_path("gus@example.org").await;
    let fields = [("name", "Gus"), ("zone", "UTC"), ("role", "student")];
    assert_eq!(shared.post(&path, &fields).await.location, "/join");
    // A coordinator invites them; they accept at home, where the browser was set to another zone.
    let invitation = [
        ("emails", "gus@example.org"),
        ("role", "alumnus"),
        ("message", ""),
    ];
    desk.post("/coordinate/invitations", &invitation).await;
    let letters = app.letters_with("has invited you", 1).await;
    let token = between(&letters[0], "/invitations/", "\r\n").unwrap();
    let home = app.visitor();
    home.get("/?zone=America/Toronto").await;
    let fields = [("name", "Gus"), ("zone", "Asia/Tokyo"), ("role", "")];
    let accepted = home.post(&format!("/invitations/{token}"), &fields).await;
    assert_eq!(accepted.location, "/me");
    assert!(home.get("/me").await.body.contains("Tokyo time"));
    let again = shared.post("/join", &fields).await;
    assert!(again.location.starts_with("/sign-in"), "{}", again.location);
    let page = desk.get("/coordinate").await.body;
    assert!(page.contains("There are no requests."), "{page}");
}

#[actix_web::test]
async fn whoever_asked_and_is_invited_need_not_wait_and_approval_closes_what_was_begun() {
    let app = TestApp::at(NOON).await;
    let chair = app.person("Chair", "UTC", &[Role::Coordinator]).await;
    let desk = app.signed_in(&chair).await;
    let fields = [("name", "Gus"), ("zone", "UTC"), ("role", "student")];
    let ask = async |email: &str| {
        let browser = app.visitor();
        let path = app.sign_in_path(email).await;
        assert_eq!(browser.post(&path, &fields).await.location, "/join");
        browser
    };
    let gus = ask("gus@example.org").await;
    let invitation = [
        ("emails", "gus@example.org"),
        ("role", "alumnus"),
        ("message", ""),
    ];
    desk.post("/coordinate/invitations", &invitation).await;
    // In the browser that asked, and by a link of their own.
    assert!(
        gus.get("/join")
            .await
            .body
            .contains("invited to join as an alumnus")
    );
    let path = app.sign_in_path("gus@example.org").await;
    let elsewhere = app.visitor();
    assert!(
        elsewhere
            .get(&path)
            .await
            .body
            .contains("invited to join as an alumnus")
    );
    assert_eq!(elsewhere.post(&path, &fields).await.location, "/alumni");
    let alumnus =
        "select count(*) from people where email = 'gus@example.org' and roles = '{alumnus}'";
    assert_eq!(app.count(alumnus).await, 1);

    let hal = ask("hal@example.org").await;
    let page = desk.get("/coordinate").await.body;
    let request = between(&page, "/coordinate/requests/", "\"").unwrap();
    let path = format!("/coordinate/requests/{request}");
    desk.post(&path, &[("decision", "approve")]).await;
    assert!(hal.get("/join").await.location.starts_with("/sign-in"));
    assert!(
        hal.post("/join", &fields)
            .await
            .location
            .starts_with("/sign-in")
    );
}
