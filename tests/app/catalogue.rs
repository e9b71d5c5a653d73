use almanac::{
    clock::Clock,
    db::Tx,
    people::Role,
    slots::{
        catalogue,
        rules::ServiceForm,
        service::{self, ServiceError},
    },
};
use diesel::{connection::SimpleConnection, prelude::*};
use serde_json::{Value, json};

use crate::support::{Browser, Somebody, TestApp};

const MONDAY: &str = "2026-03-02T08:00:00Z";
const LIST: &str = "/coordinate/services";

async fn coordinator(app: &TestApp) -> Browser {
    let who = app.person("Cleo", "UTC", &[Role::Coordinator]).await;
    app.signed_in(&who).await
}

/// The words of the catalogue as the API lists them, those that are offered first.
async fn words(app: &TestApp) -> (Vec<String>, Vec<String>) {
    let (status, body) = app.api("GET", "/service-kinds", None, None).await;
    assert_eq!(status, 200);
    let kinds = body["kinds"].as_array().expect("an array");
    let of = |active: bool| {
        let some = kinds.iter().filter(|kind| kind["active"] == active);
        some.map(|kind| kind["kind"].as_str().expect("a word").to_owned())
            .collect()
    };
    (of(true), of(false))
}

/// What is left of the alumni when the board shows one kind only.
async fn found(app: &TestApp, kind: &str) -> usize {
    let path = format!("/alumni?service={kind}");
    let (status, body) = app.api("GET", &path, None, None).await;
    assert_eq!(status, 200);
    body["alumni"].as_array().expect("an array").len()
}

const SALARY: [(&str, &str); 4] = [
    ("title", "Salary negotiation"),
    ("icon", "money"),
    ("needs_file", "yes"),
    ("questions", "What are you offered? *\nWhere?"),
];

#[actix_web::test]
async fn a_kind_that_a_coordinator_adds_can_be_offered_and_found() {
    let app = TestApp::at(MONDAY).await;
    let ada = app.alumnus("Ada").await;
    let cleo = coordinator(&app).await;
    let added = cleo.post(&format!("{LIST}/new"), &SALARY).await;
    assert_eq!(added.status, 303, "{}", added.body);
    let list = cleo.get(LIST).await.body;
    assert!(list.contains("Asks for a document · 2 questions"), "{list}");
    let (offered, _) = words(&app).await;
    assert_eq!(
        offered,
        [
            "portfolio",
            "resume",
            "cover_letter",
            "networking",
            "job_hunting",
            "interview",
            "other",
            "salary_negotiation"
        ]
    );

    // A new service begins with what the kind asks for.
    let own = app.signed_in(&ada).await;
    assert!(
        own.get("/me/services/new")
            .await
            .body
            .contains("Salary negotiation")
    );
    let form = own
        .get("/me/services/new?kind=salary_negotiation")
        .await
        .body;
    assert!(form.contains("What are you offered? *\nWhere?"), "{form}");
    assert_eq!(own.get("/me/services/new?kind=chess").await.status, 400);
    let fields = [
        ("kind", "salary_negotiation"),
        ("duration_minutes", "45"),
        ("needs_file", "yes"),
        ("questions", "What are you offered? *"),
        ("location", "https://meet.example.org/ada"),
    ];
    // Every session needs a place.
    let placeless = own.post("/me/services/new", &fields[..4]).await;
    assert_eq!(placeless.status, 422);
    assert!(placeless.body.contains("Enter a meeting link or a place."));
    assert_eq!(own.post("/me/services/new", &fields).await.status, 303);
    assert_eq!(found(&app, "salary_negotiation").await, 1);
    assert_eq!(found(&app, "networking").await, 0);
    let board = app.visitor().get("/alumni").await.body;
    assert!(
        board.contains(r#"<option value="salary_negotiation">Salary negotiation"#),
        "{board}"
    );

    // A new name shows everywhere; the word stays.
    let renamed = [("title", "Pay"), ("icon", "money"), ("questions", "")];
    assert_eq!(
        cleo.post(&format!("{LIST}/salary_negotiation"), &renamed)
            .await
            .status,
        303
    );
    let page = app.visitor().get("/alumni/ada").await.body;
    assert!(
        page.contains("Pay</p>") && page.contains("<li>45 minutes</li>"),
        "{page}"
    );
    assert_eq!(found(&app, "salary_negotiation").await, 1);
    let audit = app
        .count("select count(*) from audit_log where action = 'service_kind_changed'")
        .await;
    assert_eq!(audit, 2);
}

#[actix_web::test]
async fn a_retired_kind_keeps_its_services_and_gets_no_new_ones() {
    let app = TestApp::at(MONDAY).await;
    let ada = app.alumnus("Ada").await;
    let bo = app.alumnus("Bo").await;
    app.offer(
        &bo,
        "resume",
        json!({ "kind": "networking", "title": "Talk", "duration_minutes": 30 }),
    )
    .await;
    let (cleo, own, other) = (
        coordinator(&app).await,
        app.signed_in(&ada).await,
        app.signed_in(&bo).await,
    );
    let retire = async |offered: &str| {
        let path = format!("{LIST}/resume/offered");
        assert_eq!(cleo.post(&path, &[("offered", offered)]).await.status, 303);
    };
    retire("no").await;
    retire("no").await;
    assert_eq!(words(&app).await.1, ["resume"]);
    assert!(cleo.get(LIST).await.body.contains("No longer offered"));
    assert!(
        !app.visitor()
            .get("/alumni")
            .await
            .body
            .contains(r#"<option value="resume""#)
    );

    // Ada's stays as it is, and can be edited.
    assert_eq!(found(&app, "resume").await, 1);
    let fields = [
        ("kind", "resume"),
        ("title", "Resumes"),
        ("duration_minutes", "30"),
        ("location", "Library, room 2"),
    ];
    assert_eq!(own.post("/me/services/resume", &fields).await.status, 303);
    // A new one cannot be of it, nor can one of another kind change to it.
    let refused = own.post("/me/services/new", &fields).await;
    assert_eq!(refused.status, 422);
    assert!(
        refused.body.contains("Kind must be one from the list."),
        "{}",
        refused.body
    );
    assert!(refused.body.contains("Resumes"));
    assert_eq!(other.post("/me/services/resume", &fields).await.status, 422);
    let put = json!({ "kind": "resume", "duration_minutes": 30 });
    let (status, body) = put_service(&app, &bo, put).await;
    assert_eq!(
        (status, &body["fields"][0]["field"]),
        (422, &json!("kind")),
        "{body}"
    );

    // Nor can one whose form was judged a moment before; a wish or a search for it says what it is for.
    let of = bo.person.id;
    app.sql(move |conn| {
        let catalogue = catalogue::store::all(conn)?;
        assert!(catalogue.choices("").all(|(word, _)| word != "resume"));
        assert!(
            catalogue
                .choices("resume")
                .any(|(word, _)| word == "resume")
        );
        let form = ServiceForm::new(catalogue.find("resume").expect("it is known"));
        let tx = &mut Tx::on(conn, &Clock::System);
        let saved = service::save(tx, of, None, form.draft(), true);
        assert!(matches!(saved, Err(ServiceError::Invalid(_))), "{saved:?}");
        Ok(())
    })
    .await;
    let search = app.visitor().get("/find?service=resume").await.body;
    assert!(
        search.contains(r#"<option value="resume" selected"#),
        "{search}"
    );

    retire("yes").await;
    assert!(words(&app).await.1.is_empty());
    assert_eq!(other.post("/me/services/resume", &fields).await.status, 303);
}

async fn put_service(app: &TestApp, who: &Somebody, body: Value) -> (u16, Value) {
    app.api("PUT", "/me/services/another", Some(who), Some(body))
        .await
}

#[actix_web::test]
async fn kinds_have_names_of_their_own_and_an_order() {
    let app = TestApp::at(MONDAY).await;
    let cleo = coordinator(&app).await;
    let bad = [
        (("", "money", ""), "Name is required."),
        (("Pay", "dragon", ""), "Icon</a> is required; choose one."),
        (
            ("resume REVIEW", "money", ""),
            "Name is already used by another kind of service.",
        ),
        (
            ("Pay", "money", "1\n2\n3\n4\n5\n6\n7"),
            "Questions for the student can have at most 6 entries.",
        ),
    ];
    for ((title, icon, questions), problem) in bad {
        let fields = [("title", title), ("icon", icon), ("questions", questions)];
        let again = cleo.post(&format!("{LIST}/new"), &fields).await;
        assert_eq!(again.status, 422, "{title}");
        assert!(again.body.contains(problem), "{problem}: {}", again.body);
        assert!(
            again.body.contains(&format!(r#"value="{title}""#)),
            "{}",
            again.body
        );
    }
    assert_eq!(words(&app).await.0.len(), 7);
    assert_eq!(cleo.get(&format!("{LIST}/chess")).await.status, 404);
    assert_eq!(
        cleo.post(&format!("{LIST}/chess"), &SALARY).await.status,
        404
    );
    assert_eq!(
        cleo.post(&format!("{LIST}/chess/up"), &[]).await.status,
        404
    );

    // What is retired does not count as a place.
    cleo.post(
        &format!("{LIST}/cover_letter/offered"),
        &[("offered", "no")],
    )
    .await;
    for word in ["portfolio", "networking", "other"] {
        assert_eq!(
            cleo.post(&format!("{LIST}/{word}/up"), &[]).await.status,
            303
        );
    }
    assert_eq!(
        words(&app).await.0,
        [
            "portfolio",
            "networking",
            "resume",
            "job_hunting",
            "other",
            "interview"
        ]
    );
}

#[actix_web::test]
async fn two_coordinators_at_once_add_one_kind() {
    let app = TestApp::at(MONDAY).await;
    let cleo = coordinator(&app).await;
    let new = format!("{LIST}/new");
    let both = futures_util::future::join_all((0..4).map(|_| cleo.post(&new, &SALARY))).await;
    let mut statuses: Vec<u16> = both.iter().map(|answer| answer.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [303, 422, 422, 422]);
}

#[actix_web::test]
async fn services_of_a_program_are_no_part_of_the_marketplace() {
    let app = TestApp::at(MONDAY).await;
    app.alumnus("Ada").await;
    assert_eq!(found(&app, "resume").await, 1);
    app.sql(|conn| conn.batch_execute("update services set program_id = gen_random_uuid()"))
        .await;
    assert_eq!(found(&app, "resume").await, 0);
    assert_eq!(app.count("select count(*) from listings").await, 0);
    app.sql(|conn| diesel::sql_query("update services set program_id = null").execute(conn))
        .await;
    assert_eq!(found(&app, "resume").await, 1);
}

#[actix_web::test]
async fn a_kind_that_is_merged_into_another_loses_no_service() {
    let app = TestApp::at(MONDAY).await;
    let ada = app.alumnus("Ada").await;
    let cleo = coordinator(&app).await;
    assert_eq!(
        (found(&app, "resume").await, found(&app, "portfolio").await),
        (1, 0)
    );
    let merge = |into: &'static str| {
        let path = format!("{LIST}/resume/merge");
        let cleo = &cleo;
        async move { cleo.post(&path, &[("into", into)]).await.status }
    };
    assert_eq!(merge("resume").await, 422);
    assert_eq!(merge("nothing").await, 404);
    assert_eq!(merge("portfolio").await, 303);
    assert_eq!(
        (found(&app, "resume").await, found(&app, "portfolio").await),
        (0, 1)
    );
    assert!(
        words(&app).await.1.contains(&"resume".to_owned()),
        "no longer offered"
    );
    let page = app
        .visitor()
        .get(&format!("/alumni/{}/resume", ada.handle))
        .await;
    assert_eq!(page.status, 200, "its address stays");
}
