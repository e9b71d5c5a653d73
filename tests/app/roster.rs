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
