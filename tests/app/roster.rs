//! Members from a spreadsheet, in the browser.

use almanac::people::Role;

use crate::support::{TestApp, between};

const NOW: &str = "2026-11-24T09:00:00Z";

#[actix_web::test]
async fn a_spreadsheet_is_looked_at_before_it_is_taken_in() {
    let app = TestApp::at(NOW).await;
    let cleo = app.person("Cleo", "UTC", &[Role::Coordinator]).await;
    let browser = app.signed_in(&cleo).await;
    assert!(
        browser
            .get("/coordinate/people")
            .await
            .body
            .contains("/coordinate/import")
    );
    // Semicolons, other capitals, an empty row, the encoding of Windows, a domain with an umlaut.
    let file = b"E-Mail; Name ;Role;Time zone\r\nAnn@example.org;Ann \xd6;Student;Europe/Berlin\r\n;;;\r\neve@b\xfccher.example;Eve;alumnus;\r\n";
    let answer = browser
        .upload("/coordinate/import", "people.csv", file)
        .await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    for words in [
        "2 new, 0 changed, 0 unchanged",
        "ann@example.org is new: Ann \u{d6}, student",
        "eve@xn--bcher-kva.example is new: Eve, alumnus",
    ] {
        assert!(answer.body.contains(words), "{words} in {}", answer.body);
    }
    assert_eq!(
        app.count("select count(*) from people").await,
        1,
        "nothing is changed yet"
    );
    let table = "E-Mail; Name ;Role;Time zone\nAnn@example.org;Ann \u{d6};Student;Europe/Berlin\n;;;\neve@b\u{fc}cher.example;Eve;alumnus;\n";
    assert!(
        between(&answer.body, "name=\"table\" value=\"", "\"")
            .unwrap()
            .contains("Ann \u{d6}")
    );
    let print = between(&answer.body, "name=\"print\" value=\"", "\"").unwrap();
    let unseen = [("table", table), ("print", "another")];
    let refused = browser.post("/coordinate/import/confirm", &unseen).await;
    assert!(refused.status == 422 && refused.body.contains("since you looked"));
    let seen = [("table", table), ("print", print)];
    let done = browser.post("/coordinate/import/confirm", &seen).await;
    assert_eq!(done.location, "/coordinate/people");
    assert!(
        browser
            .get("/coordinate/people")
            .await
            .body
            .contains("Ann \u{d6}")
    );
    assert_eq!(app.count("select count(*) from people").await, 3);
    let again = browser
        .upload("/coordinate/import", "people.csv", file)
        .await;
    assert!(
        again.body.contains("0 new, 0 changed, 2 unchanged"),
        "{}",
        again.body
    );
    assert!(!again.body.contains("import/confirm"));
}

#[actix_web::test]
async fn what_is_wrong_with_a_spreadsheet_is_told_by_line_and_column() {
    let app = TestApp::at(NOW).await;
    let cleo = app.person("Cleo", "UTC", &[Role::Coordinator]).await;
    let browser = app.signed_in(&cleo).await;
    let told = async |file: &[u8]| {
        let answer = browser
            .upload("/coordinate/import", "people.csv", file)
            .await;
        assert_eq!(answer.status, 422, "{}", answer.body);
        answer.body
    };
    let body = told("email,name,roles,zone\nj\u{f6}rg@example.org,\"J\u{f6}rg\nthe first\",student,\nx@example.org,,wizard,Mars\n".as_bytes()).await;
    for words in [
        "line 2, column email: “j\u{f6}rg@example.org” is not an address",
        "line 4, column name:",
        "line 4, column roles: must be student, alumnus, coordinator or admin",
        "line 4, column zone:",
    ] {
        assert!(body.contains(words), "{words} in {body}");
    }
    assert!(told(b"").await.contains("the file is empty"));
    assert!(
        told(b"mail,nickname\n")
            .await
            .contains("column nickname is not one of")
    );
    assert!(told(b"PK\x03\x04").await.contains("save it as CSV"));
    assert!(told(b"\xD0\xCF\x11\xE0").await.contains("save it as CSV"));
    let swallowed = b"email,name,roles\na@example.org,\"Ann,student\nb@example.org,Bo,student\n";
    assert!(
        told(swallowed)
            .await
            .contains("is a quotation mark missing?")
    );
    // Coordinators make no coordinators, here neither.
    let body = told(b"email,name,roles\nzed@example.org,Zed,coordinator\n").await;
    assert!(body.contains("line 2:"), "{body}");
    let table = [
        ("table", "email,name,roles\nzed@example.org,Zed,admin\n"),
        ("print", ""),
    ];
    let forced = browser.post("/coordinate/import/confirm", &table).await;
    assert_eq!(forced.status, 422);
    assert_eq!(app.count("select count(*) from people").await, 1);
}

/// An alumnus whom a list names without a zone says where they live before any hours are taken from them.
#[actix_web::test]
async fn nobody_publishes_hours_in_a_zone_that_was_guessed() {
    let app = TestApp::at("2026-03-02T08:00:00Z").await;
    let cleo = app.person("Cleo", "UTC", &[Role::Coordinator]).await;
    let desk = app.signed_in(&cleo).await;
    let file = "email,name,roles,zone\nana@example.org,Ana,alumnus,\nben@example.org,Ben,alumnus,Europe/Berlin\n";
    let shown = desk
        .upload("/coordinate/import", "people.csv", file.as_bytes())
        .await;
    assert_eq!(shown.status, 200, "{}", shown.body);
    let print = between(&shown.body, "name=\"print\" value=\"", "\"").unwrap();
    let seen = [("table", file), ("print", print)];
    let done = desk.post("/coordinate/import/confirm", &seen).await;
    assert_eq!(done.status, 303, "{}", done.body);

    let enter = async |email: &str| {
        let browser = app.visitor();
        let path = app.sign_in_path(email).await;
        assert_eq!(browser.post(&path, &[]).await.status, 303);
        browser
    };
    let ana = enter("ana@example.org").await;
    assert!(
        ana.get("/me/availability")
            .await
            .body
            .contains("Where do you live?")
    );
    let once = [("once", "Thursday 18 to 20")];
    assert_eq!(ana.post("/me/availability/once", &once).await.status, 422);
    assert_eq!(app.count("select count(*) from one_off_times").await, 0);
    let odd = ana
        .post("/me/availability/zone", &[("zone", "Mars/Base")])
        .await;
    assert!(
        odd.status == 422 && odd.body.contains("Time zone is not a time zone we know"),
        "{}",
        odd.body
    );
    let said = ana
        .post("/me/availability/zone", &[("zone", "Asia/Tokyo")])
        .await;
    assert_eq!(said.status, 303);
    assert!(
        ana.get("/me/availability")
            .await
            .body
            .contains("Tokyo time")
    );
    assert_eq!(ana.post("/me/availability/once", &once).await.status, 303);
    // Thursday evening in Tokyo.
    let starts = "select count(*) from one_off_times where starts_at = '2026-03-05T09:00:00Z'";
    assert_eq!(app.count(starts).await, 1);
    let ben = enter("ben@example.org").await;
    assert!(
        ben.get("/me/availability")
            .await
            .body
            .contains("Berlin time")
    );
}
