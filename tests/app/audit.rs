//! Who changed or saw what of whom can be looked up, and is written down with the change.

use almanac::people::Role;

use crate::support::{TestApp, between};

const NOW: &str = "2027-03-01T08:00:00Z";

#[actix_web::test]
async fn what_coordinators_change_and_see_is_written_down() {
    let app = TestApp::at(NOW).await;
    let coordinator = app
        .person("Cleo", "Europe/Berlin", &[Role::Coordinator])
        .await;
    let admin = app.person("Root", "Europe/Berlin", &[Role::Admin]).await;
    let student = app.student("Sam").await;
    let desk = app.signed_in(&coordinator).await;
    let place = format!("/coordinate/people/{}", student.person.id);
    assert_eq!(desk.get(&place).await.status, 200);
    let wanted = [
        ("role", "student"),
        ("role", "alumnus"),
        ("standing", "lapsed"),
    ];
    assert_eq!(desk.post(&place, &wanted).await.status, 303);
    // Nothing changed, so nothing is written.
    assert_eq!(desk.post(&place, &wanted).await.status, 303);
    assert_eq!(desk.get(&format!("{place}/record")).await.status, 200);
    let domain = [("domain", "Students.example.org")];
    assert_eq!(desk.post("/coordinate/domains", &domain).await.status, 303);
    let caps = [("open_per_guest", "3"), ("open_per_pair", "")];
    assert_eq!(desk.post("/coordinate/fair-use", &caps).await.status, 303);
    assert_eq!(desk.get("/admin/audit").await.status, 403);
    // A refusal changes nothing and is not said to have.
    let refused = [("role", "admin"), ("standing", "active")];
    assert_eq!(desk.post(&place, &refused).await.status, 403);

    let office = app.signed_in(&admin).await;
    let page = office.get("/admin/audit").await;
    assert_eq!(page.status, 200, "{}", page.body);
    let rows: Vec<&str> = page.body.split("<tr>").skip(2).collect();
    let expected = [
        (
            "changed settings",
            "open at a time: 3 a student, none with one alumnus",
        ),
        ("added a domain", "students.example.org"),
        ("looked at a record", ""),
        ("changed standing", "active → lapsed"),
        ("changed roles", "student → student, alumnus"),
        ("looked at an account", ""),
    ];
    assert_eq!(rows.len(), expected.len(), "{}", page.body);
    for (row, (what, detail)) in rows.iter().zip(expected) {
        assert!(row.contains(what) && row.contains(detail), "{row}");
        assert!(row.contains("Cleo") && row.contains("127.0.0.1"), "{row}");
    }
    let of_sam = format!("/admin/audit?person={}", student.person.id);
    let body = office.get(&of_sam).await.body;
    assert!(body.contains("looked at a record") && !body.contains("added a domain"));
    assert_eq!(
        between(&body, "<h1>", "</h1>"),
        Some("Audit log: <bdi>Sam</bdi>")
    );
    assert_eq!(office.get("/admin/audit?before=x").await.status, 400);
}

#[actix_web::test]
async fn the_log_is_only_ever_added_to() {
    use diesel::RunQueryDsl;
    let app = TestApp::at(NOW).await;
    for sql in ["delete from audit_log", "update audit_log set detail = ''"] {
        let mut conn = crate::support::connect(&app.database);
        let refused = diesel::sql_query(sql).execute(&mut conn).unwrap_err();
        assert!(
            refused.to_string().contains("only ever added to"),
            "{refused}"
        );
    }
}

/// Whoever waits for a lock while their roles are taken away has none when it is their turn.
#[actix_web::test]
async fn rights_are_asked_under_the_lock() {
    let app = TestApp::at(NOW).await;
    let root = app.person("Root", "UTC", &[Role::Admin]).await;
    let mallory = app.person("Mallory", "UTC", &[Role::Admin]).await;
    let sam = app.student("Sam").await;
    let (office, hers) = (app.signed_in(&root).await, app.signed_in(&mallory).await);
    let path = |who: &crate::support::Somebody| format!("/coordinate/people/{}", who.person.id);
    let (down, up) = (path(&mallory), path(&sam));
    let held = app.act(|tx| {
        almanac::people::store::lock_admins(tx)?;
        diesel::connection::SimpleConnection::batch_execute(&mut **tx, "select pg_sleep(1.5)")
    });
    let demoted = async {
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        let student = [("role", "student"), ("standing", "suspended")];
        office.post(&down, &student).await.status
    };
    let promoted = async {
        tokio::time::sleep(std::time::Duration::from_millis(700)).await;
        let admin = [
            ("role", "student"),
            ("role", "admin"),
            ("standing", "active"),
        ];
        hers.post(&up, &admin).await.status
    };
    let ((), demoted, promoted) = tokio::join!(held, demoted, promoted);
    assert_eq!((demoted, promoted), (303, 403));
}
