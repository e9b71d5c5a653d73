//! Reading applications: who may, what they see, scores and notes, files, the API.

use almanac::{people::Role, programs::staff::StaffRole};
use chrono::TimeDelta;
use serde_json::json;

use crate::{
    applications::{TABLE, WINTER, apply, id_of, in_winter, publish, typed},
    programs::filled,
    support::TestApp,
};

#[actix_web::test]
async fn applications_are_scored_tagged_assigned_sorted_and_given_out() {
    let (app, lead) = in_winter().await;
    app.advance(TimeDelta::days(6));
    let (sam, bea) = (app.student("Sam").await, app.student("=Bea").await);
    let (first, second) = (
        apply(&app, &sam, "mentee").await,
        apply(&app, &bea, "mentee").await,
    );
    let desk = app.signed_in(&lead).await;
    let at = |page: &str, path: &str| format!("{TABLE}/{}{path}", id_of(page));
    let wrong = desk
        .post(
            &at(&first, "/review"),
            &[("score-overall", "6"), ("note", "Good")],
        )
        .await;
    assert_eq!(wrong.status, 422);
    assert!(
        wrong.body.contains("Good") || wrong.body.contains("must be"),
        "{}",
        wrong.body
    );
    for (page, points) in [(&first, "2"), (&second, "5")] {
        let saved = desk
            .post(
                &at(page, "/review"),
                &[("score-overall", points), ("note", "Good goals")],
            )
            .await;
        assert_eq!(saved.status, 303, "{}", saved.body);
    }
    let me = lead.person.id.to_string();
    let filed = desk
        .post(
            &at(&second, "/filing"),
            &[("tags", "strong, Strong, north"), ("reviewer", &me)],
        )
        .await;
    assert_eq!(filed.status, 303);
    let stranger = sam.person.id.to_string();
    let refused = desk
        .post(
            &at(&second, "/filing"),
            &[("tags", ""), ("reviewer", &stranger)],
        )
        .await;
    assert_eq!(refused.status, 422);
    let best = desk.get(&format!("{TABLE}?sort=score")).await.body;
    assert!(best.find("=Bea") < best.find("Sam"), "{best}");
    let mine = desk
        .get(&format!("{TABLE}?mine=yes&tag=north&q=my+way"))
        .await
        .body;
    assert!(
        mine.contains("1 application") && mine.contains("100%"),
        "{mine}"
    );
    let next = desk
        .get(&format!("{TABLE}/{}?sort=score", id_of(&second)))
        .await
        .body;
    assert!(next.contains("rel=\"next\""), "{next}");

    let csv = desk.get(&format!("{TABLE}.csv")).await.body;
    assert!(
        csv.contains("\"'=Bea\"") && csv.contains("Education; Research"),
        "{csv}"
    );
    assert_eq!(csv.matches("Sam").count(), 1);
    let book = desk.get(&format!("{TABLE}.xlsx")).await;
    assert_eq!(book.status, 200);
    let saved = desk
        .post(
            "/coordinate/programs/ectmp/cohorts/2027/filters",
            &[("name", "Open ones"), ("decision", "open")],
        )
        .await;
    assert_eq!(saved.location, format!("{TABLE}?decision=open"));
    assert!(desk.get(TABLE).await.body.contains("Open ones"));
}

/// Reviewers read without names where a program has it so, until the results are out.
#[actix_web::test]
async fn reviewers_see_no_names_where_a_program_has_it_so() {
    let app = TestApp::at(WINTER).await;
    let lead = app.person("Lea", "UTC", &[Role::Coordinator]).await;
    let blind = "[settings.review_without_names]\nvalue = true\nseverity = \"hard\"\nsource = \"x\"\n\n[settings.both_roles]";
    publish(
        &app,
        &filled().replacen("[settings.both_roles]", blind, 1),
        &lead,
    )
    .await;
    app.advance(TimeDelta::days(6));
    let sam = app.student("Samuel").await;
    let page = apply(&app, &sam, "mentee").await;
    let reviewer = app.student("Rae").await;
    let fields = [
        ("email", reviewer.person.email.as_str()),
        ("role", "reviewer"),
    ];
    app.signed_in(&lead)
        .await
        .post("/coordinate/programs/ectmp/staff", &fields)
        .await;
    let browser = app.signed_in(&reviewer).await;
    let read = format!("{TABLE}/{}", id_of(&page));
    for path in [
        TABLE,
        &read,
        &format!("{TABLE}.csv"),
        &format!("{TABLE}?sort=name"),
    ] {
        let body = browser.get(path).await.body.to_lowercase();
        assert!(!body.contains("samuel"), "{path}");
    }
    let found = browser.get(&format!("{TABLE}?q=samuel")).await.body;
    assert!(found.contains("0 applications"), "{found}");
    assert!(
        app.signed_in(&lead)
            .await
            .get(TABLE)
            .await
            .body
            .contains("Samuel")
    );
}

/// Who reads what is decided by what people were told when they answered, and by what stands there now.
#[actix_web::test]
async fn answers_are_read_and_searched_by_those_alone_of_whom_their_authors_were_told() {
    let (app, lead) = in_winter().await;
    app.advance(TimeDelta::days(6));
    let secret = filled().replacen(
        "name = \"goals\"\nlabel = \"What do you want to reach, or help somebody reach?\"\nrole = \"both\"\nkind = \"long_text\"\nrequired = true\nreaders = [\"coordinators\", \"reviewers\", \"match\"]",
        "name = \"goals\"\nlabel = \"What do you want to reach, or help somebody reach?\"\nrole = \"both\"\nkind = \"long_text\"\nrequired = true\nreaders = [\"coordinators\"]",
        1,
    );
    assert_ne!(secret, filled());
    publish(&app, &secret, &lead).await;
    apply(&app, &app.student("Sam").await, "mentee").await;
    let rae = app.student("Rae").await;
    let fields = [("email", rae.person.email.as_str()), ("role", "reviewer")];
    let desk = app.signed_in(&lead).await;
    desk.post("/coordinate/programs/ectmp/staff", &fields).await;
    publish(&app, &filled(), &lead).await;
    let reviewer = app.signed_in(&rae).await;
    for (browser, is_read) in [(&reviewer, false), (&desk, true)] {
        let found = browser.get(&format!("{TABLE}?q=find+my+way")).await.body;
        assert_eq!(found.contains("1 application"), is_read, "{found}");
        let csv = browser.get(&format!("{TABLE}.csv")).await.body;
        assert_eq!(csv.contains("To find my way."), is_read, "{csv}");
    }
    let keys = desk.get(&format!("{TABLE}?q=expectations")).await.body;
    assert!(
        keys.contains("0 applications"),
        "names of questions are no answers"
    );
}

/// Hidden from reviewers also where a version before hid nothing, and where people hear one by one.
#[actix_web::test]
async fn names_are_hidden_from_the_version_on_that_hides_them() {
    let (app, lead) = in_winter().await;
    app.advance(TimeDelta::days(6));
    let page = apply(&app, &app.student("Samuel").await, "mentee").await;
    let blind = "[settings.review_without_names]\nvalue = true\nseverity = \"hard\"\nsource = \"x\"\n\n[settings.both_roles]";
    publish(
        &app,
        &filled().replacen("[settings.both_roles]", blind, 1),
        &lead,
    )
    .await;
    let rae = app.student("Rae").await;
    let fields = [("email", rae.person.email.as_str()), ("role", "reviewer")];
    app.signed_in(&lead)
        .await
        .post("/coordinate/programs/ectmp/staff", &fields)
        .await;
    let reviewer = app.signed_in(&rae).await;
    let read = reviewer.get(&format!("{TABLE}/{}", id_of(&page))).await;
    assert_eq!(read.status, 200);
    assert!(
        !read.body.to_lowercase().contains("samuel"),
        "{}",
        read.body
    );
}

#[actix_web::test]
async fn one_question_takes_one_text_and_a_workbook_all_of_it() {
    let (app, lead) = in_winter().await;
    app.advance(TimeDelta::days(6));
    let sam = app.student("Sam").await;
    let browser = app.signed_in(&sam).await;
    let long = "x".repeat(4000);
    let mut many = typed("mentee", "submit");
    many.extend((0..12).map(|_| ("f-goals", long.as_str())));
    let sent = browser.post("/programs/ectmp/apply", &many).await;
    assert_eq!(sent.status, 422);
    assert!(sent.body.contains("must be one text"));
    apply(&app, &sam, "mentee").await;
    let desk = app.signed_in(&lead).await;
    assert_eq!(desk.get(&format!("{TABLE}.xlsx")).await.status, 200);
}

/// What was thought of answers that have been changed since no longer counts.
#[actix_web::test]
async fn reviews_of_earlier_answers_do_not_count() {
    let (app, lead) = in_winter().await;
    app.advance(TimeDelta::days(6));
    let sam = app.student("Sam").await;
    let page = apply(&app, &sam, "mentee").await;
    let desk = app.signed_in(&lead).await;
    let read = format!("{TABLE}/{}", id_of(&page));
    let review = [("score-overall", "5"), ("note", "")];
    desk.post(&format!("{read}/review"), &review).await;
    assert!(desk.get(TABLE).await.body.contains("100%"));
    app.advance(TimeDelta::hours(1));
    apply(&app, &sam, "mentee").await;
    assert!(!desk.get(TABLE).await.body.contains("100%"));
    assert!(
        desk.get(&read)
            .await
            .body
            .contains("The answers have changed since")
    );
    // A rubric that changes is the one that is asked for and kept.
    let rubric = "[[rubric]]\nname = \"fit\"\nrole = \"both\"\nwords = \"Does it fit?\"\npoints = 10\n\n[[letter]]";
    publish(&app, &filled().replacen("[[letter]]", rubric, 1), &lead).await;
    assert!(desk.get(&read).await.body.contains("Does it fit?"));
    let review = [("score-fit", "5"), ("note", "")];
    assert_eq!(
        desk.post(&format!("{read}/review"), &review).await.status,
        303
    );
    assert!(desk.get(TABLE).await.body.contains("50%"));
}

/// Who sees an application, its table and its cohort: everybody, asked for everything.
#[actix_web::test]
async fn applications_are_read_by_their_author_and_the_staff_of_their_program_alone() {
    let (app, lead) = in_winter().await;
    let other_lead = app.person("Otto", "UTC", &[Role::Coordinator]).await;
    let other = filled().replace("slug = \"ectmp\"", "slug = \"other\"");
    publish(&app, &other, &other_lead).await;
    app.advance(TimeDelta::days(6));
    let (sam, bea) = (app.student("Sam").await, app.student("Bea").await);
    let page = apply(&app, &sam, "mentee").await;
    apply(&app, &bea, "mentee").await;
    let desk = app.signed_in(&lead).await;
    let staff = "/coordinate/programs/ectmp/staff";
    let (reviewer, reader) = (app.student("Rae").await, app.alumnus("Rob").await);
    for (who, role) in [(&reviewer, "reviewer"), (&reader, "reader")] {
        let fields = [("email", who.person.email.as_str()), ("role", role)];
        assert_eq!(desk.post(staff, &fields).await.status, 303);
    }
    app.letters_with("You help to run ECT Mentorship Program", 2)
        .await;
    let admin = app.person("Root", "UTC", &[Role::Admin]).await;
    let id = id_of(&page).to_owned();
    let cohort = "/coordinate/programs/ectmp/cohorts/2027";
    let reads = [
        "",
        "/applications",
        "/applications.csv",
        "/applications.xlsx",
        "/results",
    ];
    let mut reads: Vec<String> = reads.iter().map(|path| format!("{cohort}{path}")).collect();
    reads.push(format!("{TABLE}/{id}"));
    let posts = [
        (format!("{TABLE}/{id}/review"), StaffRole::Reviewer),
        (format!("{TABLE}/{id}/filing"), StaffRole::Reviewer),
        (format!("{cohort}/decide"), StaffRole::Lead),
        (format!("{cohort}/release"), StaffRole::Lead),
        (format!("{cohort}/archive"), StaffRole::Lead),
    ];
    for (who, own) in [
        (&sam, None),
        (&bea, None),
        (&other_lead, None),
        (&admin, None),
        (&reader, Some(StaffRole::Reader)),
        (&reviewer, Some(StaffRole::Reviewer)),
        (&lead, Some(StaffRole::Lead)),
    ] {
        let browser = app.signed_in(who).await;
        let name = &who.person.name;
        for path in &reads {
            let expected = if own.is_some() { 200 } else { 404 };
            assert_eq!(browser.get(path).await.status, expected, "{name} {path}");
        }
        for (path, needed) in &posts {
            let status = browser
                .post(
                    path,
                    &[
                        ("note", ""),
                        ("action", "no"),
                        ("decision", "no"),
                        ("pairs", "x"),
                    ],
                )
                .await
                .status;
            match own {
                None => assert_eq!(status, 404, "{name} {path}"),
                Some(own) if own.may(*needed) => {
                    assert!(status != 403 && status != 404, "{name} {path} {status}")
                }
                Some(_) => assert_eq!(status, 403, "{name} {path}"),
            }
        }
        let expected = if who.person.id == sam.person.id {
            200
        } else {
            404
        };
        assert_eq!(browser.get(&page).await.status, expected, "{name}");
    }
    // An application of another cohort is not found, nor is anything of it in another's table.
    let otto = app.signed_in(&other_lead).await;
    let theirs = "/coordinate/programs/other/cohorts/2027";
    assert_eq!(
        otto.get(&format!("{theirs}/applications/{id}"))
            .await
            .status,
        404
    );
    for query in ["", "?q=Sam", "?sort=score", "?role=mentee", "?page=2"] {
        let table = otto.get(&format!("{theirs}/applications{query}")).await;
        assert!(
            !table.body.contains("Bea") && table.body.contains("0 applications"),
            "{query}"
        );
    }
    let moved = otto
        .post(
            &format!("{theirs}/decide"),
            &[("decision", "selected"), ("id", &id), ("back", "/me")],
        )
        .await;
    assert_eq!(moved.status, 404);
    assert_eq!(
        app.count("select count(*) from applications where decision is not null")
            .await,
        0
    );
}

/// The same by the API: every action names its cohort, and an application of another is not there.
#[actix_web::test]
async fn a_cohort_is_run_by_the_api() {
    let (app, lead) = in_winter().await;
    let other = filled().replace("slug = \"ectmp\"", "slug = \"other\"");
    publish(&app, &other, &lead).await;
    app.advance(TimeDelta::days(6));
    let (sam, bea) = (app.student("Sam").await, app.student("Bea").await);
    let first = apply(&app, &sam, "mentee").await;
    apply(&app, &bea, "mentee").await;
    let cohort = "/programs/ectmp/cohorts/2027";
    let list = format!("{cohort}/applications?limit=1&sort=name");
    assert_eq!(app.api("GET", &list, Some(&sam), None).await.0, 404);
    assert_eq!(app.api("GET", &list, None, None).await.0, 401);
    let (status, page) = app.api("GET", &list, Some(&lead), None).await;
    assert_eq!(status, 200, "{page}");
    assert_eq!(page["applications"][0]["name"], "Bea");
    assert_eq!(
        page["applications"][0]["answers"]["goals"][0],
        "To find my way."
    );
    let next = format!("{list}&cursor={}", page["next_cursor"].as_str().unwrap());
    let (_, page) = app.api("GET", &next, Some(&lead), None).await;
    assert_eq!(
        (&page["applications"][0]["name"], &page["next_cursor"]),
        (&json!("Sam"), &json!(null))
    );
    assert_eq!(
        app.api(
            "GET",
            &format!("{cohort}/applications?odd=1"),
            Some(&lead),
            None
        )
        .await
        .0,
        400
    );

    let id = id_of(&first);
    let body = |decision: &str| Some(json!({ "applications": [id], "decision": decision }));
    let decisions = format!("{cohort}/decisions");
    let elsewhere = "/programs/other/cohorts/2027/decisions";
    assert_eq!(
        app.api("POST", elsewhere, Some(&lead), body("selected"))
            .await
            .0,
        404
    );
    assert_eq!(
        app.api("POST", &decisions, Some(&lead), body("offered"))
            .await
            .0,
        422
    );
    assert_eq!(
        app.api("POST", &decisions, Some(&sam), body("selected"))
            .await
            .0,
        404
    );
    assert_eq!(
        app.api("POST", &decisions, Some(&lead), body("selected"))
            .await
            .0,
        200
    );
    let (_, desk) = app.api("GET", cohort, Some(&lead), None).await;
    assert_eq!(
        (&desk["phase"], &desk["mentees"]["selected"]),
        (&json!("open"), &json!(1))
    );
    let release = format!("{cohort}/release");
    let (status, blocked) = app.api("POST", &release, Some(&lead), None).await;
    assert_eq!((status, &blocked["code"]), (409, &json!("blocked")));
    assert!(
        blocked["detail"]
            .as_str()
            .unwrap()
            .contains("1 application has no decision yet.")
    );
}
