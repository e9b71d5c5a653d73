use almanac::{
    error::Error,
    mail::report::{Report, Trouble},
    people::{sign_in, trouble},
};
use chrono::TimeDelta;
use diesel::{RunQueryDsl, connection::SimpleConnection};

use crate::{
    life::distinct,
    support::{Mood, TestApp, header, invitation},
};

const MONDAY: &str = "2026-03-02T08:00:00Z";

#[actix_web::test]
async fn letters_wait_for_a_server_that_is_down_and_go_in_order() {
    let app = TestApp::at(MONDAY).await;
    let (ada, bea) = (app.alumnus("Ada").await, app.student("Bea").await);
    app.post.set_mood(Mood::Down);
    let (status, booking) = app.book(&bea, &ada, "2026-03-05T09:00:00Z").await;
    assert_eq!(status, 201);
    let path = format!("/bookings/{}/cancel", booking["id"].as_str().unwrap());
    assert_eq!(
        app.api("POST", &path, Some(&bea), Some(serde_json::json!({})))
            .await
            .0,
        200
    );
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    assert_eq!(
        app.count("select count(*) from jobs where failed_at is null")
            .await,
        4
    );
    app.post.set_mood(Mood::Kind);
    app.advance(TimeDelta::hours(2));
    app.app.bell.notify_one();
    let letters = app.post.wait_for(4).await;
    for name in ["Ada", "Bea"] {
        let own: Vec<String> = letters
            .iter()
            .filter(|l| l.contains(&format!("To: {name} <")))
            .map(|l| invitation(l))
            .collect();
        assert!(
            own[0].contains("METHOD:REQUEST") && own[1].contains("METHOD:CANCEL"),
            "{name}"
        );
        assert!(
            own[0].contains("SEQUENCE:0") && own[1].contains("SEQUENCE:1"),
            "{name}"
        );
    }
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    assert_eq!(app.count("select count(*) from jobs").await, 0);
}

#[actix_web::test]
async fn a_letter_taken_but_not_acknowledged_is_sent_again_the_same() {
    let app = TestApp::at(MONDAY).await;
    let bea = app.student("Bea").await;
    let ada = app.alumnus("Ada").await;
    app.post.set_mood(Mood::DropAfterData);
    app.book(&bea, &ada, "2026-03-05T09:00:00Z").await;
    app.post.wait_for(2).await;
    app.post.set_mood(Mood::Kind);
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    app.advance(TimeDelta::minutes(5));
    app.app.bell.notify_one();
    let letters = app.post.wait_for(4).await;
    for name in ["Ada", "Bea"] {
        let own: Vec<&String> = letters
            .iter()
            .filter(|l| l.contains(&format!("To: {name} <")))
            .collect();
        assert_eq!(own.len(), 2);
        assert_eq!(header(own[0], "Message-ID"), header(own[1], "Message-ID"));
        assert_eq!(header(own[0], "Date"), header(own[1], "Date"));
        assert_eq!(invitation(own[0]), invitation(own[1]));
    }
}

#[actix_web::test]
async fn a_refused_letter_is_shown_to_the_administrator_who_decides() {
    let app = TestApp::at(MONDAY).await;
    let admin = app
        .person("Root", "UTC", &[almanac::people::Role::Admin])
        .await;
    app.post.set_mood(Mood::NoSuchMailbox);
    app.visitor()
        .post("/sign-in", &[("email", "gone@example.org")])
        .await;
    for _ in 0..100 {
        if app
            .count("select count(*) from jobs where failed_at is not null")
            .await
            == 1
        {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(30)).await;
    }
    let desk = app.signed_in(&admin).await;
    let page = desk.get("/admin/mail").await.body;
    assert!(
        page.contains("Sign-in link") && page.contains("no such mailbox"),
        "{page}"
    );
    let path = format!(
        "/admin/mail/{}",
        crate::support::between(&page, "/admin/mail/", "\"").unwrap()
    );
    app.post.set_mood(Mood::Kind);
    assert_eq!(desk.post(&path, &[("action", "retry")]).await.status, 303);
    assert_eq!(app.post.wait_for(1).await.len(), 1);
    assert_eq!(desk.post(&path, &[("action", "discard")]).await.status, 404);
}

#[actix_web::test]
async fn names_cannot_break_out_of_headers_or_events() {
    let app = TestApp::at(MONDAY).await;
    let (ada, bea) = (app.alumnus("Ada").await, app.student("Bea").await);
    let cruel = "Eve\r\nBcc: spy@example.org\r\nEND:VEVENT\"; X=\u{2028}\u{202e}";
    let (host, guest) = (ada.person.id, bea.person.id);
    app.sql(move |conn| {
        use almanac::people::{rules::CheckedSettings, store};
        for (person, zone) in [(guest, "UTC"), (host, "Europe/Berlin")] {
            let settings = CheckedSettings {
                name: cruel.into(),
                zone: zone.into(),
                graduates_on: None,
                twelve_hours: false,
            };
            store::update_settings(conn, person, &settings)?;
        }
        Ok(())
    })
    .await;
    app.book(&bea, &ada, "2026-03-05T09:00:00Z").await;
    for letter in app.post.wait_for(2).await {
        let (head, _) = letter.split_once("\r\n\r\n").unwrap();
        assert!(!head.contains("\r\nBcc:"), "{head}");
        let event = invitation(&letter);
        assert_eq!(event.matches("\r\nEND:VEVENT\r\n").count(), 1, "{event}");
        assert!(!event.contains('\u{202e}') && !event.contains('\u{2028}'));
    }
}

#[actix_web::test]
async fn a_letter_has_what_calendars_need() {
    let app = TestApp::at(MONDAY).await;
    let (ada, bea) = (app.alumnus("Ada").await, app.student("Zoë").await);
    app.book(&bea, &ada, "2026-03-05T09:00:00Z").await;
    for letter in app.post.wait_for(2).await {
        for name in ["From", "To", "Subject", "Date", "Message-ID"] {
            assert_eq!(letter.matches(&format!("{name}: ")).count(), 1, "{name}");
        }
        let (head, _) = letter.split_once("\r\n\r\n").unwrap();
        assert!(
            head.is_ascii() && head.contains("Auto-Submitted: auto-generated"),
            "{head}"
        );
        assert!(letter.contains("multipart/alternative"));
        let [plain, html, calendar] = [
            "text/plain",
            "text/html",
            "text/calendar; method=REQUEST; charset=utf-8",
        ]
        .map(|kind| {
            letter
                .find(&format!("Content-Type: {kind}"))
                .unwrap_or_else(|| panic!("{kind}"))
        });
        assert!(plain < html && html < calendar);
    }
}

#[actix_web::test]
async fn letters_and_invitations_to_the_letter() {
    let app = TestApp::at(MONDAY).await;
    let (ada, bea) = (app.alumnus("Ada").await, app.student("Bea").await);
    let (_, booking) = app.book(&bea, &ada, "2026-03-05T09:00:00Z").await;
    let id = booking["id"].as_str().unwrap().to_owned();
    app.post.wait_for(2).await;
    app.advance(TimeDelta::hours(3));
    let path = format!("/bookings/{id}/cancel");
    let reason = serde_json::json!({ "reason": "Ill, sorry" });
    assert_eq!(
        app.api("POST", &path, Some(&ada), Some(reason)).await.0,
        200
    );
    for (number, letter) in distinct(&app, 4).await.iter().enumerate() {
        let reader = if letter.contains("To: Ada <") {
            "ada"
        } else {
            "bea"
        };
        let news = if number < 2 { "booked" } else { "cancelled" };
        let plain = crate::support::unquoted(letter).replace('\r', "");
        let plain = crate::support::between(&plain, "\n\nBooked", "\n\n-- \n")
            .or_else(|| crate::support::between(&plain, "\n\nCancelled", "\n\n-- \n"))
            .expect("the plain part");
        let text = format!("{plain}\n\n{}", invitation(letter).replace('\r', ""));
        let text = text
            .replace(&id, "ID")
            .replace(&app.origin, "https://almanac.example.org");
        let text = match crate::support::between(&text, "?key=", "\n") {
            Some(key) => text.replace(key, "KEY"),
            None => text.clone(),
        };
        insta::assert_snapshot!(format!("{news}_{reader}"), text);
    }
}

#[actix_web::test]
async fn lone_dots_and_endless_lines_arrive_as_they_were_typed() {
    let app = TestApp::at(MONDAY).await;
    let (ada, bea) = (app.alumnus("Ada").await, app.student("Bea").await);
    let long = "x".repeat(1200);
    let goals = format!("first\n.\n..\n.dot\n{long}");
    let body = serde_json::json!({ "alumnus": ada.handle, "service": "resume", "start": "2026-03-05T09:00:00Z", "goals": goals });
    assert_eq!(
        app.api("POST", "/bookings", Some(&bea), Some(body)).await.0,
        201
    );
    for letter in app.post.wait_for(2).await {
        assert!(
            letter.lines().all(|line| line.len() <= 998),
            "RFC 5322 §2.1.1"
        );
        let text = crate::support::unquoted(&letter).replace('\r', "");
        assert!(text.contains(&format!("> first\n> .\n> ..\n> .dot\n> {long}\n")));
        assert!(invitation(&letter).contains(&long));
    }
}

#[actix_web::test]
async fn a_job_of_a_newer_version_waits_for_it_and_is_given_up_after_a_day() {
    let app = TestApp::at(MONDAY).await;
    let now = app.now();
    app.sql(move |conn| {
        diesel::sql_query("insert into jobs (job, created_at, run_at) values ('{\"kind\": \"of_tomorrow\"}', $1, $1)")
            .bind::<diesel::sql_types::Timestamptz, _>(now)
            .execute(conn)
    })
    .await;
    let unread =
        "select count(*) from jobs where last_error like 'cannot be read%' and failed_at is null";
    let given_up = "select count(*) from jobs where failed_at is not null";
    for (wait, query) in [(TimeDelta::zero(), unread), (TimeDelta::days(1), given_up)] {
        app.advance(wait);
        for _ in 0..100 {
            if app.count(query).await == 1 {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
        assert_eq!(app.count(query).await, 1, "{query}");
    }
}

/// Mail servers as they are: particular about names, slow with strangers, silent without TLS.
#[actix_web::test]
async fn the_link_to_sign_in_arrives_whatever_the_mail_server_is_like() {
    for mood in [Mood::Strict, Mood::OnlyTls, Mood::Greylisting] {
        let app = TestApp::at(MONDAY).await;
        let ada = app.alumnus("Ada").await;
        app.post.set_mood(mood);
        let asked = [("email", ada.person.email.as_str())];
        app.visitor().post("/sign-in", &asked).await;
        if mood == Mood::Greylisting {
            retried(&app).await;
        }
        let letters = app.post.wait_for(1).await;
        assert!(letters[0].contains("/sign-in/"), "{mood:?}");
    }
}

/// Waits for a failed attempt, and lets a minute pass: by then it is tried again.
async fn retried(app: &TestApp) {
    for _ in 0..200 {
        let tried = "select count(*) from jobs where attempts > 0 and leased_until is null and failed_at is null";
        if app.count(tried).await == 1 {
            app.advance(chrono::TimeDelta::minutes(1));
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }
    panic!("nothing was tried in vain");
}

#[actix_web::test]
async fn a_server_that_refuses_to_be_greeted_has_not_refused_the_letter() {
    let app = TestApp::at(MONDAY).await;
    let ada = app.alumnus("Ada").await;
    app.post.set_mood(Mood::Hostile);
    let asked = [("email", ada.person.email.as_str())];
    app.visitor().post("/sign-in", &asked).await;
    retried(&app).await;
    app.post.set_mood(Mood::Kind);
    app.post.wait_for(1).await;
}

#[actix_web::test]
async fn an_address_that_gives_mail_back_is_marked_until_mail_arrives() {
    let app = TestApp::at(MONDAY).await;
    let cleo = app
        .person("Cleo", "UTC", &[almanac::people::Role::Coordinator])
        .await;
    let bea = app.student("Bea").await;
    let desk = app.signed_in(&cleo).await;
    let path = format!("/coordinate/people/{}", bea.person.id);
    app.post.set_mood(Mood::NoSuchMailbox);
    let asked = [("email", bea.person.email.as_str())];
    app.visitor().post("/sign-in", &asked).await;
    for _ in 0..200 {
        if app.count("select count(*) from mail_troubles").await == 1 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }
    let page = desk.get(&path).await.body;
    assert!(page.contains("Emails to this address bounce"), "{page}");
    assert!(page.contains("no such mailbox"), "{page}");
    // Nothing else arrived in that mood either.
    app.sql(|conn| conn.batch_execute("truncate mail_troubles, jobs"))
        .await;
    app.post.set_mood(Mood::Kind);
    let report = Report {
        email: bea.person.email.clone(),
        trouble: Trouble::Bounce,
        detail: "no such mailbox".into(),
    };
    for _ in 0..2 {
        let report = report.clone();
        let noted = app
            .app
            .transaction::<_, Error>(move |tx| Ok(trouble::note(tx, &report)?));
        assert_eq!(noted.await.unwrap(), Some(bea.person.id));
    }
    let told = app.letters_with("Emails to Bea bounce", 1).await;
    let way_out = crate::support::between(&told[0], "List-Unsubscribe: <", ">").unwrap();
    let way_out = way_out.replace("\r\n ", "");
    assert!(told[0].contains("List-Unsubscribe-Post: List-Unsubscribe=One-Click"));

    // One click, without a cookie, and no more such letters; a GET changes nothing.
    let path_out = way_out.strip_prefix(&app.origin).unwrap();
    let nobody = app.visitor();
    assert!(
        nobody
            .get(path_out)
            .await
            .body
            .contains("Stop these emails?")
    );
    assert_eq!(app.count("select count(*) from unsubscribed").await, 0);
    let clicked = nobody
        .post_bare(path_out, &[("List-Unsubscribe", "One-Click")])
        .await;
    assert_eq!(clicked.status, 200, "{}", clicked.body);
    assert_eq!(app.count("select count(*) from unsubscribed").await, 1);
    assert_eq!(nobody.post_bare("/unsubscribe/AAAA", &[]).await.status, 404);
    let settings = desk.get("/me/settings").await.body;
    assert!(settings.contains("Email me when something needs a decision"));
    let again = desk
        .post("/me/settings/coordinator-mail", &[("wanted", "on")])
        .await;
    assert_eq!(again.status, 303);
    assert_eq!(app.count("select count(*) from unsubscribed").await, 0);

    // Whoever signs in by a link gets mail.
    let email = bea.person.email.clone();
    let signed_in = app.app.transaction::<_, Error>(move |tx| {
        let link = sign_in::make_link(tx, &email, "/me")?;
        sign_in::redeem(tx, link, "")
    });
    assert!(signed_in.await.unwrap().is_some());
    assert!(!desk.get(&path).await.body.contains("bounce"));
}

/// A letter about what is gone is dropped, and does not count as sent.
#[actix_web::test]
async fn a_letter_about_what_is_gone_does_not_count_as_sent() {
    let app = TestApp::at(MONDAY).await;
    let metrics = format!("{}/metrics", app.origin);
    let dropped = async || -> f64 {
        let text = reqwest::get(&metrics).await.unwrap().text().await.unwrap();
        let line = text
            .lines()
            .find_map(|line| line.strip_prefix("mail_total{outcome=\"dropped\"} "));
        line.map_or(0.0, |count| count.parse().unwrap())
    };
    let before = dropped().await;
    let id = "5b1c4e1e-93a3-4c55-8a0e-1f6a3ad1c001";
    app.sql(move |conn| {
        conn.batch_execute(&format!(
            "insert into jobs (job, created_at, run_at) values \
             ('{{\"kind\": \"reminder\", \"booking\": \"{id}\", \"reader\": \"{id}\", \"minutes\": 60, \
                \"starts_at\": \"{MONDAY}\", \"at\": \"{MONDAY}\"}}', '{MONDAY}', '{MONDAY}')"
        ))
    })
    .await;
    app.app.bell.notify_one();
    for _ in 0..200 {
        if app.count("select count(*) from jobs").await == 0 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }
    assert_eq!(app.count("select count(*) from jobs").await, 0);
    assert!(dropped().await > before);
    assert!(app.post.letters().is_empty());
}
