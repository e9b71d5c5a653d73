//! Everything about a person in one file, and their end: nothing of them is left but that there was somebody.

use std::io::Read;

use almanac::{
    people::{Role, audit::By},
    personal_data::{
        erase::{self, EraseError},
        retention,
        tables::{Erase, Export, OF_NOBODY, ONLY_WHO, PARTS},
    },
};
use chrono::TimeDelta;
use diesel::{QueryableByName, RunQueryDsl, connection::SimpleConnection, sql_query, sql_types};
use serde_json::Value;

use crate::support::{Mood, Somebody, TestApp, between, header, unquoted};

const MONDAY: &str = "2026-03-02T08:00:00Z";
const SLOT: &str = "2026-03-05T09:00:00Z";
const LATER: &str = "2026-03-05T10:00:00Z";
const PDF: &[u8] = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n";

#[derive(QueryableByName)]
struct Column {
    #[diesel(sql_type = sql_types::Text)]
    table: String,
    #[diesel(sql_type = sql_types::Text)]
    column: String,
}

async fn columns(app: &TestApp, sql: &'static str) -> Vec<(String, String)> {
    let found: Vec<Column> = app.sql(move |conn| sql_query(sql).load(conn)).await;
    found.into_iter().map(|c| (c.table, c.column)).collect()
}

#[actix_web::test]
async fn no_table_keeps_to_itself_what_it_holds_about_people() {
    let app = TestApp::at(MONDAY).await;
    let all = columns(
        &app,
        r#"select table_name::text as "table", column_name::text as "column" from information_schema.columns
           where table_schema = 'public'"#,
    )
    .await;
    for (table, _) in &all {
        let is_told =
            PARTS.iter().any(|part| part.table == table) || OF_NOBODY.contains(&table.as_str());
        assert!(is_told, "what does {table} hold about people?");
    }
    for part in &PARTS {
        let Export::Without(hidden) = part.export else {
            continue;
        };
        for column in hidden {
            let known = (part.table.to_owned(), (*column).to_owned());
            assert!(all.contains(&known), "{} has no {column}", part.table);
        }
    }
    let mut of_people = columns(
        &app,
        r#"select c.conrelid::regclass::text as "table", a.attname::text as "column" from pg_constraint c
           join pg_attribute a on a.attrelid = c.conrelid and a.attnum = any (c.conkey)
           where c.contype = 'f' and c.confrelid = 'people'::regclass"#,
    )
    .await;
    assert!(of_people.len() > 30);
    of_people.extend(all.into_iter().filter(|(_, column)| column == "email"));
    for (table, column) in of_people {
        let is_told = ONLY_WHO.contains(&(&table, &column))
            || PARTS.iter().any(|part| {
                let update = if let Erase::Blank(update) = part.erase {
                    update
                } else {
                    ""
                };
                part.table == table && (part.rows.contains(&column) || update.contains(&column))
            });
        assert!(is_told, "whose rows are those of {table}.{column}?");
    }
}

/// A life with a word of its own in everything that can be written. Returns those words.
async fn live(
    app: &TestApp,
    sam: &Somebody,
    ada: &Somebody,
    booking: &str,
) -> (Vec<&'static str>, Vec<&'static str>) {
    let (guest, host, id) = (sam.person.id, ada.person.id, booking.to_owned());
    let sql = format!(
        "insert into join_requests (id, email, name, zone, role, message, asked_at) values (gen_random_uuid(), 'sam@example.org', 'SamCanary', 'UTC', 'student', 'GuestMessage', '{MONDAY}');
         update bookings set goals = 'GuestGoals', help_wanted = 'GuestHelp', answers = '{{GuestAnswer}}', material_link = 'https://example.org/GuestLink', asked_for_more = 'HostAsked', location = 'HostPlace' where id = '{id}';
         update services set description = 'HostDescription', location = 'HostPlace' where person_id = '{host}';
         update profiles set handle = 'hosthandle', headline = 'HostHeadline', employer = 'HostEmployer', field = 'HostField', topics = '{{HostTopic}}', languages = '{{HostTongue}}', bio = 'HostBio', links = '{{https://example.org/HostLink}}', thumbnail = 'x' where person_id = '{host}';
         insert into photos (person_id, jpeg, sha256) values ('{host}', 'HostPicture', 'x');
         insert into booking_notes (id, booking_id, person_id, is_shared, words, at) values (gen_random_uuid(), '{id}', '{guest}', false, 'GuestNote', '{MONDAY}'), (gen_random_uuid(), '{id}', '{host}', true, 'HostNote', '{MONDAY}');
         insert into booking_agendas (booking_id, words, version, person_id, at) values ('{id}', 'GuestAgenda', 1, '{guest}', '{MONDAY}');
         insert into thanks (booking_id, from_id, to_id, words, at) values ('{id}', '{guest}', '{host}', 'GuestThanks', '{MONDAY}');
         insert into reports (booking_id, person_id, outcome, note, at) values ('{id}', '{guest}', 'other', 'GuestReport', '{MONDAY}'), ('{id}', '{host}', 'other', 'HostReport', '{MONDAY}');
         insert into booking_changes (booking_id, at, by, what, note, sequence, starts_at, ends_at, status) values ('{id}', '{MONDAY}', '{guest}', 'moved', 'GuestChange', 1, '{SLOT}', '{LATER}', 'confirmed'), ('{id}', '{MONDAY}', '{host}', 'moved', 'HostChange', 1, '{SLOT}', '{LATER}', 'confirmed');
         insert into feedback (booking_id, help, at) values ('{id}', 'a_lot', '{MONDAY}');
         insert into wishes (id, guest_id, kind, topics, zone, weekly, until_on, asked_at) values (gen_random_uuid(), '{guest}', 'resume', '{{GuestTopic}}', 'UTC', '[]', '2026-04-01', '{MONDAY}');
         insert into busy_calendars (id, person_id, label, host, created_at) values (gen_random_uuid(), '{host}', 'HostLabel', 'hostcalendar.example.org', '{MONDAY}');
         insert into webhooks (id, person_id, host, address, secret, covers_all, created_at) values (gen_random_uuid(), '{host}', 'hosthook.example.org', 'x', 'HookSecret', false, '{MONDAY}');
         insert into second_factors (person_id, secret, made_at, last_step) values ('{guest}', 'FactorSecret', '{MONDAY}', 0);
         insert into jobs (job, created_at, run_at, failed_at, last_error) values ('{{\"kind\": \"strikes\", \"person\": \"{guest}\", \"strikes\": 1, \"at\": \"{MONDAY}\"}}', '{MONDAY}', '{MONDAY}', '{MONDAY}', 'sam@example.org is unknown');"
    );
    app.sql(move |conn| conn.batch_execute(&sql)).await;
    (
        vec![
            "sam@example.org",
            "SamCanary",
            "GuestMessage",
            "GuestGoals",
            "GuestHelp",
            "GuestAnswer",
            "GuestLink",
            "GuestNote",
            "GuestAgenda",
            "GuestThanks",
            "GuestReport",
            "GuestChange",
            "GuestTopic",
            "Guest CV.pdf",
        ],
        vec![
            "ada@example.org",
            "AdaCanary",
            "hosthandle",
            "HostAsked",
            "HostPlace",
            "HostDescription",
            "HostHeadline",
            "HostEmployer",
            "HostField",
            "HostTopic",
            "HostTongue",
            "HostBio",
            "HostLink",
            "HostNote",
            "HostReport",
            "HostChange",
            "HostLabel",
            "hostcalendar",
            "hosthook",
        ],
    )
}

/// All that the database holds, as text.
async fn everything(app: &TestApp) -> String {
    let tables = columns(
        app,
        r#"select table_name::text as "table", '' as "column" from information_schema.tables where table_schema = 'public'"#,
    )
    .await;
    let mut all = String::new();
    for (table, _) in tables {
        let sql = format!(
            r#"select '{table}' as "table", to_jsonb(t)::text as "column" from "{table}" t"#
        );
        let rows: Vec<Column> = app.sql(move |conn| sql_query(sql.clone()).load(conn)).await;
        all.extend(
            rows.into_iter()
                .map(|row| format!("{} {}\n", row.table, row.column)),
        );
    }
    all
}

fn unpack(bytes: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut zip = zip::ZipArchive::new(std::io::Cursor::new(bytes)).expect("a ZIP file");
    (0..zip.len())
        .map(|number| {
            let mut file = zip.by_index(number).unwrap();
            let mut content = Vec::new();
            file.read_to_end(&mut content).unwrap();
            (file.name().unwrap().into_owned(), content)
        })
        .collect()
}

async fn send_file(app: &TestApp, who: &Somebody, booking: &str) {
    let answer = reqwest::Client::new()
        .post(format!(
            "{}/api/v1/bookings/{booking}/files?name=Guest+CV.pdf",
            app.origin
        ))
        .bearer_auth(&who.token)
        .body(PDF)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 201);
}

async fn rename(app: &TestApp, who: &Somebody, name: &'static str) {
    let id = who.person.id;
    let sql = format!("update people set name = '{name}' where id = '{id}'");
    app.sql(move |conn| conn.batch_execute(&sql)).await;
}

fn uploaded(app: &TestApp) -> usize {
    std::fs::read_dir(app.app.config.data_dir.join("uploads")).map_or(0, Iterator::count)
}

#[actix_web::test]
async fn a_copy_has_all_and_after_the_end_there_is_nothing() {
    let app = TestApp::at(MONDAY).await;
    let (ada, sam) = (app.alumnus("Ada").await, app.student("Sam").await);
    let (status, booked) = app.book(&sam, &ada, SLOT).await;
    assert_eq!(status, 201, "{booked}");
    let booking = booked["id"].as_str().unwrap().to_owned();
    let (status, more) = app.book(&sam, &ada, LATER).await;
    assert_eq!(status, 201, "{more}");
    send_file(&app, &sam, &booking).await;
    app.post.wait_for(4).await;
    rename(&app, &sam, "SamCanary").await;
    rename(&app, &ada, "AdaCanary").await;
    let (of_sam, of_ada) = live(&app, &sam, &ada, &booking).await;
    // The first session is over, the second one ahead.
    let sql = format!(
        "insert into settlements (booking_id, settled_at) values ('{booking}', '{MONDAY}'); update bookings set status = 'completed' where id = '{booking}'; delete from claims where booking_id = '{booking}'"
    );
    app.sql(move |conn| conn.batch_execute(&sql)).await;

    for (who, words, others) in [(&sam, &of_sam, "GuestNote"), (&ada, &of_ada, "HostBio")] {
        let browser = app.signed_in(who).await;
        assert_eq!(browser.get("/me/data").await.status, 200);
        let page = browser.get("/me/data").await.body;
        let csrf = between(&page, "name=\"csrf\" value=\"", "\"").unwrap();
        let answer = browser
            .http
            .post(format!("{}/me/data/export", app.origin))
            .form(&[("csrf", csrf)])
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.headers()["content-type"], "application/zip");
        let files = unpack(&answer.bytes().await.unwrap());
        let names: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
        let json = String::from_utf8(files[1].1.clone()).unwrap();
        if who.handle.is_empty() {
            assert_eq!(names, ["README.txt", "data.json", "files/1-Guest CV.pdf"]);
            assert_eq!(files[2].1, PDF);
        } else {
            assert_eq!(names, ["README.txt", "data.json", "photo.jpg"]);
        }
        for word in words {
            assert!(json.contains(word), "{word} is not in the copy: {json}");
        }
        let data: Value = serde_json::from_str(&json).unwrap();
        assert_eq!(data["account"][0]["id"], who.person.id.to_string());
        for secret in ["token_hash", "Secret", "HostPicture", "\"jpeg\""] {
            assert!(!json.contains(secret), "{secret}: {json}");
        }
        let strangers = if others == "GuestNote" {
            "HostBio"
        } else {
            "GuestNote"
        };
        assert!(!json.contains(strangers), "{json}");
    }

    let browser = app.signed_in(&sam).await;
    let page = browser.get("/me/data/delete").await;
    assert!(
        page.body
            .contains("One upcoming session or request will be cancelled"),
        "{}",
        page.body
    );
    assert_eq!(browser.post("/me/data/delete", &[]).await.status, 422);
    assert_eq!(uploaded(&app), 1);
    let gone = browser
        .post("/me/data/delete", &[("confirmation", "yes")])
        .await;
    assert_eq!((gone.status, gone.location.as_str()), (303, "/"));
    assert_eq!(uploaded(&app), 0);
    assert_eq!(browser.get("/me").await.status, 303);
    assert_eq!(app.api("GET", "/bookings", Some(&sam), None).await.0, 401);

    // Both calendars hear that the session ahead is off, Sam's under the address that was.
    let to_sam = app.letters_with(": Resume review with AdaCanary", 1).await;
    assert_eq!(
        header(&to_sam[0], "To"),
        Some("SamCanary <sam@example.org>")
    );
    let to_ada = app.letters_with(": Resume review with SamCanary", 1).await;
    assert!(
        to_ada[0].contains("They have deleted their account."),
        "{}",
        to_ada[0]
    );
    // An attempt that was under way may have gone on beside the one that was let loose here.
    let mut known = std::collections::HashSet::new();
    let mut letters = app.post.letters();
    letters.retain(|l| known.insert(header(l, "Message-ID").map(str::to_owned)));
    let ends = letters
        .iter()
        .filter(|l| l.contains("text/calendar; method=CANCEL"));
    assert_eq!(ends.count(), 2);
    app.letters_with("Your account has been deleted", 1).await;
    drained(&app).await;
    let all = everything(&app).await;
    for word in &of_sam {
        let line = all.lines().find(|line| line.contains(word));
        assert!(line.is_none(), "{word} is left: {line:?}");
    }

    // The other one still has the record.
    let theirs = app.signed_in(&ada).await;
    let page = theirs.get(&format!("/bookings/{booking}")).await;
    assert!(
        page.status == 200 && page.body.contains("Former member"),
        "{}",
        page.body
    );
    assert!(page.body.contains("Resume review"));

    // And now Ada, by the command line's way.
    let id = ada.person.id;
    let files = app
        .app
        .transaction::<_, EraseError>(move |tx| erase::erase(tx, &By::MACHINE, id))
        .await
        .unwrap();
    assert!(files.is_empty());
    let letters = app.letters_with("Your account has been deleted", 2).await;
    assert!(unquoted(&letters[1]).contains("A coordinator has deleted your account"));
    drained(&app).await;
    let all = everything(&app).await;
    for word in &of_ada {
        let line = all.lines().find(|line| line.contains(word));
        assert!(line.is_none(), "{word} is left: {line:?}");
    }
    assert_eq!(app.visitor().get("/alumni/hosthandle").await.status, 404);
    // Whoever comes again is somebody new.
    let again = app
        .app
        .transaction::<_, EraseError>(move |tx| erase::erase(tx, &By::MACHINE, id))
        .await;
    assert!(matches!(again, Err(EraseError::NotFound)));
}

/// Waits until no job is left.
async fn drained(app: &TestApp) {
    for _ in 0..200 {
        if app.count("select count(*) from jobs").await == 0 {
            return;
        }
        app.app.bell.notify_one();
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }
    panic!("jobs are left");
}

#[actix_web::test]
async fn coordinators_act_for_members_and_the_last_administrator_stays() {
    let app = TestApp::at(MONDAY).await;
    let cleo = app.person("Cleo", "UTC", &[Role::Coordinator]).await;
    let root = app.person("Root", "UTC", &[Role::Admin]).await;
    let (sam, eve) = (app.student("Sam").await, app.student("Eve").await);
    let path = |who: &Somebody| format!("/coordinate/people/{}/data", who.person.id);

    let stranger = app.signed_in(&eve).await;
    assert_eq!(stranger.get(&path(&sam)).await.status, 403);
    assert_eq!(
        stranger
            .post(&format!("{}/export", path(&sam)), &[])
            .await
            .status,
        403
    );
    assert_eq!(
        stranger
            .post(
                &format!("{}/delete", path(&sam)),
                &[("confirmation", "yes")]
            )
            .await
            .status,
        403
    );
    let desk = app.signed_in(&cleo).await;
    assert_eq!(desk.get(&path(&root)).await.status, 403);
    assert_eq!(
        desk.post(
            &format!("{}/delete", path(&root)),
            &[("confirmation", "yes")]
        )
        .await
        .status,
        403
    );
    assert_eq!(desk.get(&path(&sam)).await.status, 200);
    // A coordinator's copy is without what was written for sessions, and its owner hears of it.
    let ada = app.alumnus("Ada").await;
    let (_, booked) = app.book(&sam, &ada, SLOT).await;
    live(&app, &sam, &ada, booked["id"].as_str().unwrap()).await;
    let page = desk.get(&path(&sam)).await.body;
    let csrf = between(&page, "name=\"csrf\" value=\"", "\"").unwrap();
    let copy = desk
        .http
        .post(format!("{}{}/export", app.origin, path(&sam)))
        .form(&[("csrf", csrf)])
        .send()
        .await
        .unwrap();
    let files = unpack(&copy.bytes().await.unwrap());
    let json = String::from_utf8(files[1].1.clone()).unwrap();
    for word in [
        "GuestGoals",
        "GuestHelp",
        "GuestAnswer",
        "GuestLink",
        "GuestNote",
        "HostNote",
        "GuestAgenda",
        "GuestThanks",
        "GuestReport",
        "GuestChange",
        "HostChange",
        "HostReport",
    ] {
        assert!(!json.contains(word), "{word}: {json}");
    }
    assert!(files.len() == 2 && json.contains("sam@example.org") && json.contains("GuestTopic"));
    app.letters_with("A coordinator downloaded your data", 1)
        .await;
    // What matters is done soon after a proof, or not at all.
    app.advance(TimeDelta::minutes(16));
    let stale = desk
        .post(
            &format!("{}/delete", path(&sam)),
            &[("confirmation", "yes")],
        )
        .await;
    assert_eq!(stale.status, 303);
    assert!(
        stale.location.as_str().starts_with("/second-factor"),
        "{}",
        stale.location.as_str()
    );
    let desk = app.signed_in(&cleo).await;
    let gone = desk
        .post(
            &format!("{}/delete", path(&sam)),
            &[("confirmation", "yes")],
        )
        .await;
    assert_eq!(
        (gone.status, gone.location.as_str()),
        (303, "/coordinate/people")
    );
    for page in [path(&sam), format!("{}/delete", path(&sam))] {
        assert_eq!(desk.get(&page).await.status, 404);
    }
    assert!(!desk.get("/coordinate/people").await.body.contains("Former"));
    let place = format!("/coordinate/people/{}", sam.person.id);
    let back = [("role", "student"), ("standing", "active")];
    assert_eq!(desk.post(&place, &back).await.status, 403);

    let office = app.signed_in(&root).await;
    assert!(
        office
            .get("/me/data")
            .await
            .body
            .contains("only administrator")
    );
    let refused = office
        .post("/me/data/delete", &[("confirmation", "yes")])
        .await;
    assert_eq!(refused.status, 422);
    assert!(
        refused.body.contains("appoint another one first"),
        "{}",
        refused.body
    );
    let log = office.get("/admin/audit").await.body;
    assert!(log.contains("downloaded personal data") && log.contains("deleted an account"));
}

#[actix_web::test]
async fn words_of_long_ago_are_forgotten() {
    let app = TestApp::at(MONDAY).await;
    let (ada, sam) = (app.alumnus("Ada").await, app.student("Sam").await);
    let (_, booked) = app.book(&sam, &ada, SLOT).await;
    let booking = booked["id"].as_str().unwrap().to_owned();
    live(&app, &sam, &ada, &booking).await;
    let sql = "update join_requests set decided_at = asked_at, approved = false; update wishes set ended_at = asked_at";
    app.sql(move |conn| conn.batch_execute(sql)).await;
    let words = [
        "GuestGoals",
        "GuestHelp",
        "GuestAnswer",
        "GuestLink",
        "HostAsked",
        "GuestNote",
        "HostNote",
        "GuestAgenda",
        "GuestThanks",
        "GuestReport",
        "HostReport",
        "GuestChange",
        "HostChange",
        "GuestMessage",
        "GuestTopic",
        "sam@example.org is unknown",
    ];
    // A day before it is time.
    app.advance(TimeDelta::days(29));
    assert!(!app.act(|tx| retention::forget(tx, 30)).await);
    let all = everything(&app).await;
    for word in words {
        assert!(all.contains(word), "{word} is gone too soon");
    }
    app.advance(TimeDelta::days(5));
    assert!(!app.act(|tx| retention::forget(tx, 30)).await);
    let all = everything(&app).await;
    for word in words {
        assert!(!all.contains(word), "{word} is still there");
    }
    // What somebody shows of themselves is theirs to change, and that there was a session is on record.
    assert!(all.contains("HostBio") && all.contains(&booking));
}

#[actix_web::test]
async fn two_who_leave_one_after_the_other_both_lose_the_session_from_their_calendars() {
    let app = TestApp::at(MONDAY).await;
    let (ada, sam) = (app.alumnus("Ada").await, app.student("Sam").await);
    let jan = app.student("Jan").await;
    let (status, _) = app.book(&sam, &ada, SLOT).await;
    assert_eq!(status, 201);
    app.post.wait_for(2).await;
    // Mail waits; among it a letter to somebody whose address ends like that of one who leaves.
    app.post.set_mood(Mood::Down);
    let browser = app.signed_in(&jan).await;
    rename_address(&app, &jan, "jan.sam@example.org").await;
    let asked = browser
        .post("/me/email", &[("email", "new.sam@example.org")])
        .await;
    assert_eq!(asked.status, 200);
    for who in [&ada, &sam] {
        let id = who.person.id;
        app.app
            .transaction::<_, EraseError>(move |tx| erase::erase(tx, &By::MACHINE, id))
            .await
            .unwrap();
    }
    app.post.set_mood(Mood::Kind);
    // An attempt that was under way is put back for later once more.
    for _ in 0..100 {
        let due = "update jobs set run_at = created_at, leased_until = null";
        app.sql(move |conn| conn.batch_execute(due)).await;
        app.app.bell.notify_one();
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        if app.count("select count(*) from jobs").await == 0 {
            break;
        }
    }
    drained(&app).await;
    // An attempt that was under way may have gone on beside the one that was let loose here.
    let mut known = std::collections::HashSet::new();
    let mut letters = app.post.letters();
    letters.retain(|l| known.insert(header(l, "Message-ID").map(str::to_owned)));
    let ends = letters
        .iter()
        .filter(|l| l.contains("text/calendar; method=CANCEL"));
    let mut to: Vec<&str> = ends.filter_map(|l| header(l, "To")).collect();
    to.sort_unstable();
    assert_eq!(to, ["Ada <ada@example.org>", "Sam <sam@example.org>"]);
    app.letters_with("Confirm your new email address", 1).await;
    app.letters_with("Your account has been deleted", 2).await;
}

async fn rename_address(app: &TestApp, who: &Somebody, email: &'static str) {
    let id = who.person.id;
    let sql = format!("update people set email = '{email}' where id = '{id}'");
    app.sql(move |conn| conn.batch_execute(&sql)).await;
}

#[actix_web::test]
async fn what_comes_in_after_the_end_goes_too() {
    let app = TestApp::at(MONDAY).await;
    let sam = app.student("Sam").await;
    let id = sam.person.id;
    app.app
        .transaction::<_, EraseError>(move |tx| erase::erase(tx, &By::MACHINE, id))
        .await
        .unwrap();
    // A request that was on its way writes the name back.
    rename(&app, &sam, "SamCanary").await;
    app.act(erase::erase_again).await;
    assert!(!everything(&app).await.contains("SamCanary"));
}

#[actix_web::test]
async fn what_a_mail_server_refuses_about_somebody_erased_is_not_kept() {
    let app = TestApp::at(MONDAY).await;
    let sam = app.student("Sam").await;
    app.post.set_mood(Mood::NoSuchMailbox);
    let id = sam.person.id;
    app.app
        .transaction::<_, EraseError>(move |tx| erase::erase(tx, &By::MACHINE, id))
        .await
        .unwrap();
    drained(&app).await;
    assert!(!everything(&app).await.contains("sam@example.org"));
}
