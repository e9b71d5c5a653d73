//! Cohorts and who is in them: applying, windows, reviewing, deciding, releasing, the wait-list, who may see what.

use almanac::{
    people::Role,
    programs::{
        self, After, Draft,
        selection::{release, seat},
        staff::StaffRole,
    },
};
use chrono::TimeDelta;
use serde_json::json;

use crate::{
    programs::filled,
    support::{Answer, Browser, Somebody, TestApp, between},
};

/// Five days before applications open at 9:00 in Toronto on 15 January 2027.
pub const WINTER: &str = "2027-01-10T12:00:00Z";
pub const TABLE: &str = "/coordinate/programs/ectmp/cohorts/2027/applications";

/// Publishes a program file with `lead` as its lead.
pub async fn publish(app: &TestApp, text: &str, lead: &Somebody) {
    let (text, lead) = (text.to_owned(), lead.person.id);
    app.act(move |tx| {
        let by = almanac::people::audit::By::MACHINE;
        let draft = Draft::read(&text, None).expect("it can be read");
        let imported = programs::import(tx, &by, &draft, After::Anything).expect("taken in");
        programs::publish(tx, &by, &imported.slug, imported.version).expect("published");
        let program = programs::store::program(tx, &imported.slug)?.expect("it is there");
        let now = tx.now()?;
        programs::staff::store::put(tx, program.id, lead, StaffRole::Lead, now)
    })
    .await;
}

/// What is typed into the form of ECTMP.
pub fn typed<'a>(role: &'a str, action: &'a str) -> Vec<(&'a str, &'a str)> {
    let mut fields = vec![
        ("role", role),
        ("action", action),
        ("f-interests", "Education"),
        ("f-interests", "Research"),
        ("f-goals", "To find my way."),
        ("f-topics", "Skills"),
        ("f-expectations", "Listening"),
        ("agree-code-of-conduct", "yes"),
    ];
    if role == "mentor" {
        fields.push(("f-experience", "Ten years of teaching."));
    }
    fields
}

pub async fn apply(app: &TestApp, who: &Somebody, role: &str) -> String {
    let browser = app.signed_in(who).await;
    let sent = browser
        .post("/programs/ectmp/apply", &typed(role, "submit"))
        .await;
    assert_eq!(sent.status, 303, "{}", sent.body);
    sent.location
}

/// The id of an application from its page.
pub fn id_of(path: &str) -> &str {
    path.strip_prefix("/applications/").expect("its page")
}

pub async fn decide(lead: &Browser, ids: &[&str], decision: &str) -> Answer {
    let mut fields = vec![("decision", decision), ("back", TABLE)];
    fields.extend(ids.iter().map(|id| ("id", *id)));
    lead.post("/coordinate/programs/ectmp/cohorts/2027/decide", &fields)
        .await
}

pub async fn release(lead: &Browser, action: &str) -> Answer {
    let path = "/coordinate/programs/ectmp/cohorts/2027/release";
    lead.post(path, &[("action", action)]).await
}

pub async fn in_winter() -> (TestApp, Somebody) {
    let app = TestApp::at(WINTER).await;
    let lead = app.person("Lea", "UTC", &[Role::Coordinator]).await;
    publish(&app, &filled(), &lead).await;
    (app, lead)
}

/// What the background worker does about programs.
pub async fn worked(app: &TestApp) {
    app.act(|tx| {
        while release::release_due(tx).map_err(|_| diesel::result::Error::RollbackTransaction)? {}
        while seat::lapse_one(tx).map_err(|_| diesel::result::Error::RollbackTransaction)? {}
        Ok(())
    })
    .await;
}

pub fn until(app: &TestApp, instant: &str) -> TimeDelta {
    let instant: chrono::DateTime<chrono::Utc> = instant.parse().unwrap();
    instant - app.now()
}

#[actix_web::test]
async fn an_application_is_begun_saved_sent_changed_withdrawn_and_sent_again() {
    let (app, _) = in_winter().await;
    let student = app.student("Sam").await;
    let browser = app.signed_in(&student).await;
    let page = browser.get("/programs/ectmp/apply?role=mentee").await;
    assert!(page.body.contains("Applications open"), "{}", page.body);
    app.advance(until(&app, "2027-01-15T14:00:00Z"));
    let program = browser.get("/programs/ectmp").await.body;
    assert!(program.contains("Apply as a mentee") && program.contains("Apply as a mentor"));

    // A draft keeps what there is, by itself and at a press, and is never called received.
    let path = "/programs/ectmp/apply";
    let begun = [
        ("role", "mentee"),
        ("action", "autosave"),
        ("f-goals", "To find"),
    ];
    assert_eq!(browser.post(path, &begun).await.status, 204);
    let form = browser.get("/programs/ectmp/apply?role=mentee").await.body;
    assert!(form.contains("To find") && form.contains("1 of 4 required questions answered"));
    let me = browser.get("/me").await.body;
    assert!(
        me.contains("Finish your application to ECT Mentorship Program"),
        "{me}"
    );
    let early = [
        ("role", "mentee"),
        ("action", "submit"),
        ("f-goals", "To find my way."),
    ];
    let wrong = browser.post(path, &early).await;
    assert_eq!(wrong.status, 422);
    assert!(
        wrong
            .body
            .contains("You can only apply if you agree to this"),
        "{}",
        wrong.body
    );
    assert!(wrong.body.contains("To find my way."));
    let list = browser.get("/me/applications").await.body;
    assert!(list.contains("Not sent yet") && !list.contains("Received"));
    assert_eq!(app.count("select count(*) from jobs").await, 0);

    let sent = browser.post(path, &typed("mentee", "submit")).await;
    assert_eq!(
        (sent.status, sent.location.starts_with("/applications/")),
        (303, true)
    );
    let page = browser.get(&sent.location).await.body;
    assert!(
        page.contains("Received") && page.contains("You will hear the result"),
        "{page}"
    );
    let letters = app
        .letters_with("Application received: ECT Mentorship Program 2027", 1)
        .await;
    assert!(letters[0].contains("Results: "), "{}", letters[0]);

    // In one role only, as this program has it.
    let other = browser.post(path, &typed("mentor", "submit")).await;
    assert_eq!(other.status, 409);
    assert!(other.body.contains("withdraw that first"), "{}", other.body);

    // Other answers take the place of the first ones; no second letter goes out.
    let mut changed = typed("mentee", "submit");
    changed[4] = ("f-goals", "To change my way.");
    assert_eq!(browser.post(path, &changed).await.status, 303);
    assert!(
        browser
            .get(&sent.location)
            .await
            .body
            .contains("To change my way.")
    );

    let withdraw = format!("{}/withdraw", sent.location);
    assert!(
        browser
            .get(&withdraw)
            .await
            .body
            .contains("You can apply again")
    );
    assert_eq!(browser.post(&withdraw, &[]).await.status, 303);
    assert!(browser.get(&sent.location).await.body.contains("Withdrawn"));
    assert_eq!(
        browser.post(path, &typed("mentor", "submit")).await.status,
        303
    );
    assert_eq!(
        app.count("select count(*) from applications where status = 'submitted'")
            .await,
        1
    );
    // Somebody else finds nothing there.
    let stranger = app.signed_in(&app.student("Bea").await).await;
    assert_eq!(stranger.get(&sent.location).await.status, 404);
    assert_eq!(stranger.post(&withdraw, &[]).await.status, 404);
}

/// A second before and after each end of the window, in three zones, also where clocks change between them.
#[actix_web::test]
async fn a_window_opens_and_closes_to_the_second_in_the_programs_zone() {
    let windows = [
        (
            "Pacific/Auckland",
            "2027-03-31T20:00:00Z",
            "2027-04-11T12:00:00Z",
        ),
        (
            "America/Toronto",
            "2027-03-10T14:00:00Z",
            "2027-03-15T04:00:00Z",
        ),
        ("UTC", "2027-03-10T09:00:00Z", "2027-03-15T00:00:00Z"),
    ];
    for (zone, opens, closes) in windows {
        let app = TestApp::at(WINTER).await;
        let lead = app.person("Lea", "UTC", &[Role::Coordinator]).await;
        let (open, close) = match zone {
            // Both are written as clocks show it there; that night they go back.
            "Pacific/Auckland" => ("2027-04-01T09:00:00", "2027-04-11"),
            _ => ("2027-03-10T09:00:00", "2027-03-14"),
        };
        let text = filled()
            .replace("America/Toronto", zone)
            .replace("2027-01-15T09:00:00", open)
            .replace(
                "applications_close = 2027-02-15",
                &format!("applications_close = {close}"),
            )
            .replace(
                "results_on = 2027-03-15T10:00:00",
                "results_on = 2027-04-20",
            )
            .replace("starts_on = 2027-04-01", "starts_on = 2027-05-01")
            .replace("ends_on = 2027-07-31", "ends_on = 2027-08-31");
        publish(&app, &text, &lead).await;
        let student = app.student("Sam").await;
        let path = "/programs/ectmp/applications";
        let body = json!({ "role": "mentee", "answers": { "interests": ["Education"], "goals": "x",
            "topics": ["Skills"], "expectations": ["Listening"] }, "acknowledgements": ["code-of-conduct"] });
        let ask = async || {
            app.api("POST", path, Some(&student), Some(body.clone()))
                .await
        };
        app.advance(until(&app, opens) - TimeDelta::seconds(1));
        let (status, problem) = ask().await;
        assert_eq!(
            (status, &problem["code"]),
            (409, &json!("closed")),
            "{zone} {problem}"
        );
        app.advance(TimeDelta::seconds(1));
        let (status, sent) = ask().await;
        assert_eq!(status, 201, "{zone} {sent}");
        assert_eq!(
            (&sent["status"], &sent["result"]),
            (&json!("submitted"), &json!(null))
        );
        assert_eq!(ask().await.1["code"], "already_applied");
        let sql = "update applications set status = 'withdrawn', withdrawn_at = submitted_at";
        app.sql(move |conn| diesel::connection::SimpleConnection::batch_execute(conn, sql))
            .await;
        app.advance(until(&app, closes) - TimeDelta::seconds(1));
        assert_eq!(ask().await.0, 201, "{zone}");
        app.sql(move |conn| diesel::connection::SimpleConnection::batch_execute(conn, sql))
            .await;
        app.advance(TimeDelta::seconds(1));
        assert_eq!(ask().await.1["code"], "closed", "{zone}");
    }
}

#[actix_web::test]
async fn the_api_names_the_field_that_is_wrong() {
    let (app, _) = in_winter().await;
    app.advance(TimeDelta::days(6));
    let student = app.student("Sam").await;
    let path = "/programs/ectmp/applications";
    let answers = json!({ "interests": ["Education", "Cooking"], "goals": 7, "topics": { "a": 1 }, "odd": "x" });
    let body = json!({ "role": "mentee", "answers": answers, "acknowledgements": ["odd"] });
    let (status, problem) = app.api("POST", path, Some(&student), Some(body)).await;
    assert_eq!(status, 422);
    let fields: Vec<&str> = problem["fields"]
        .as_array()
        .unwrap()
        .iter()
        .map(|field| field["field"].as_str().unwrap())
        .collect();
    assert_eq!(
        fields,
        ["answers.odd", "answers.topics", "acknowledgements"]
    );
    let body = json!({ "role": "mentee", "answers": { "interests": ["Cooking"], "goals": "x", "topics": ["Skills"] } });
    let (status, problem) = app.api("POST", path, Some(&student), Some(body)).await;
    assert_eq!(status, 422);
    let text = problem["fields"].to_string();
    for field in [
        "answers.interests",
        "answers.expectations",
        "acknowledgements",
    ] {
        assert!(text.contains(field), "{text}");
    }
    let (_, none) = app
        .api("GET", "/me/applications", Some(&student), None)
        .await;
    assert_eq!(none, json!({ "applications": [] }));
    let body = json!({ "role": "mentee", "seat": 1 });
    assert_eq!(
        app.api("POST", path, Some(&student), Some(body)).await.0,
        400
    );
}

/// Doubt about who may apply is noted for a coordinator and refuses nobody.
#[actix_web::test]
async fn doubt_goes_to_review_and_refuses_nobody() {
    let (app, lead) = in_winter().await;
    app.advance(TimeDelta::days(6));
    let alumnus = app.alumnus("Ada").await;
    let page = apply(&app, &alumnus, "mentee").await;
    let browser = app.signed_in(&alumnus).await;
    assert!(!browser.get(&page).await.body.contains("Is not a student"));
    let lead = app.signed_in(&lead).await;
    let table = lead.get(&format!("{TABLE}?doubt=yes")).await.body;
    assert!(
        table.contains("Ada") && table.contains("Check eligibility"),
        "{table}"
    );
    let read = lead.get(&format!("{TABLE}/{}", id_of(&page))).await.body;
    assert!(read.contains("Is not a student on this site."), "{read}");
    let desk = lead
        .get("/coordinate/programs/ectmp/cohorts/2027")
        .await
        .body;
    assert!(
        desk.contains("1 application with eligibility in doubt"),
        "{desk}"
    );
}

/// A hundred send at once to two servers as the window closes: each is in or too late, and nobody is both.
#[actix_web::test]
async fn a_hundred_race_the_close_on_two_servers() {
    let (app, _) = in_winter().await;
    app.advance(TimeDelta::days(6));
    let mut people = Vec::new();
    for number in 0..100 {
        people.push(app.student(&format!("Student {number}")).await);
    }
    app.advance(until(&app, "2027-02-16T05:00:00Z") - TimeDelta::milliseconds(1));
    let twin = app.twin().await;
    let body = json!({ "role": "mentee", "answers": { "interests": ["Education"], "goals": "x",
        "topics": ["Skills"], "expectations": ["Listening"] }, "acknowledgements": ["code-of-conduct"] });
    let path = "/programs/ectmp/applications";
    let sent = people.iter().enumerate().map(|(number, who)| {
        let (server, body) = (if number % 2 == 0 { &app } else { &twin }, body.clone());
        let app = &app;
        async move {
            // The window closes while half of them are on their way.
            if number == 50 {
                app.advance(TimeDelta::milliseconds(1));
            }
            server.api("POST", path, Some(who), Some(body)).await.0
        }
    });
    let answers = futures_util::future::join_all(sent).await;
    let is_in = answers.iter().filter(|status| **status == 201).count();
    let is_late = answers.iter().filter(|status| **status == 409).count();
    assert_eq!(is_in + is_late, 100, "{answers:?}");
    assert!(is_late >= 50, "{answers:?}");
    let kept = app
        .count("select count(*) from applications where status = 'submitted'")
        .await;
    assert_eq!(kept, is_in as i64);
    let too_late = "select count(*) from applications where submitted_at >= '2027-02-16T05:00:00Z'";
    assert_eq!(app.count(too_late).await, 0);
    let letters = app.letters_with("Application received", is_in).await;
    assert_eq!(letters.len(), is_in);
}

/// What an acknowledgement says is agreed to anew when it changes, and dates that change are told.
#[actix_web::test]
async fn what_changes_after_applying_is_asked_and_told_anew() {
    let (app, lead) = in_winter().await;
    app.advance(TimeDelta::days(6));
    let sam = app.student("Sam").await;
    let page = apply(&app, &sam, "mentee").await;
    app.letters_with("Application received", 1).await;
    let changed = filled()
        .replace("I will help to make this", "I promise to make this")
        .replace(
            "results_on = 2027-03-15T10:00:00",
            "results_on = 2027-03-20T10:00:00",
        );
    publish(&app, &changed, &lead).await;
    let letters = app
        .letters_with("New dates: ECT Mentorship Program 2027", 1)
        .await;
    assert!(letters[0].contains("20 Mar"), "{}", letters[0]);
    let browser = app.signed_in(&sam).await;
    let shown = browser.get(&page).await.body;
    assert!(
        shown.contains("What you agree to has changed") && shown.contains("I promise"),
        "{shown}"
    );
    let agree = format!("{page}/agree");
    assert_eq!(browser.post(&agree, &[]).await.status, 422);
    assert_eq!(
        browser
            .post(&agree, &[("agree-code-of-conduct", "yes")])
            .await
            .status,
        303
    );
    assert!(
        !browser
            .get(&page)
            .await
            .body
            .contains("What you agree to has changed")
    );
    // Planned dates are told to nobody.
    let planned = changed
        .replace("status = \"confirmed\"", "status = \"planned\"")
        .replace("name = \"2027\"", "name = \"2028\"");
    publish(&app, &planned, &lead).await;
    let (status, _) = app
        .api(
            "POST",
            "/programs/ectmp/applications",
            Some(&sam),
            Some(json!({ "role": "mentee" })),
        )
        .await;
    assert_eq!(status, 409);
    worked(&app).await;
    assert_eq!(app.post.letters().len(), 2);
}

/// Where nobody decides, whoever may is in at once, also in both roles; who may not goes to review.
#[actix_web::test]
async fn who_enrols_in_an_evergreen_program_is_in_at_once() {
    let app = TestApp::at(WINTER).await;
    let lead = app.person("Lea", "UTC", &[Role::Coordinator]).await;
    let template = almanac::programs::file::template::named("ieca-mentor-match").unwrap();
    let mut text = template
        .replace("zone = \"\"", "zone = \"America/Toronto\"")
        .replace(
            "contacts = []",
            "contacts = [{ channel = \"email\", address = \"match@example.org\" }]",
        );
    while let Some(at) = text.find("text = \"\"") {
        text.replace_range(at..at + 9, "text = \"Here is what you need to know.\"");
    }
    publish(&app, &text, &lead).await;
    let ada = app.alumnus("Ada").await;
    let (_, program) = app
        .api("GET", "/programs/ieca-mentor-match", None, None)
        .await;
    let form = program["form"].as_array().unwrap();
    for role in ["mentee", "mentor"] {
        let mut answers = serde_json::Map::new();
        for field in form
            .iter()
            .filter(|field| field["role"] == role || field["role"] == "both")
        {
            answers.insert(
                field["name"].as_str().unwrap().to_owned(),
                json!("Ethics, Testing"),
            );
        }
        let agreed = format!("role-of-{role}");
        let body = json!({ "role": role, "answers": answers, "acknowledgements": [agreed] });
        let path = "/programs/ieca-mentor-match/applications";
        let (status, sent) = app.api("POST", path, Some(&ada), Some(body)).await;
        assert_eq!(
            (status, &sent["result"]),
            (201, &json!("selected")),
            "{sent}"
        );
    }
    app.letters_with("You are in", 2).await;
}

#[actix_web::test]
async fn a_cohort_is_archived_with_its_numbers_and_past_ones_are_added() {
    let (app, lead) = in_winter().await;
    let desk = app.signed_in(&lead).await;
    let cohorts = "/coordinate/programs/ectmp/cohorts";
    let past = [
        ("name", "Pilot 2021"),
        ("pairs", "16"),
        ("mentees", "16"),
        ("mentors", "16"),
    ];
    assert_eq!(desk.post(cohorts, &past).await.status, 303);
    assert_eq!(desk.post(cohorts, &past).await.status, 422);
    let page = desk.get("/programs/ectmp").await.body;
    assert!(
        page.contains("Pilot 2021") && page.contains("16 pairs, 16 mentees and 16 mentors"),
        "{page}"
    );
    let archive = format!("{cohorts}/2027/archive");
    assert_eq!(desk.post(&archive, &[("pairs", "8")]).await.status, 303);
    assert!(
        desk.get("/programs/ectmp")
            .await
            .body
            .contains("This cohort has ended")
    );
    app.advance(TimeDelta::days(6));
    let sam = app.student("Sam").await;
    let browser = app.signed_in(&sam).await;
    let closed = browser
        .post("/programs/ectmp/apply", &typed("mentee", "submit"))
        .await;
    assert_eq!(closed.status, 409);
    assert_eq!(
        desk.post(&format!("{cohorts}/2027/reopen"), &[])
            .await
            .status,
        303
    );
    apply(&app, &sam, "mentee").await;
}

#[actix_web::test]
async fn a_program_is_handed_over_and_keeps_a_lead() {
    let (app, lead) = in_winter().await;
    let next = app.student("Nia").await;
    let desk = app.signed_in(&lead).await;
    let staff = "/coordinate/programs/ectmp/staff";
    let leave = format!("{staff}/{}/remove", lead.person.id);
    desk.post(&leave, &[]).await;
    assert!(
        desk.get(staff)
            .await
            .body
            .contains("A program needs a lead")
    );
    let unknown = desk
        .post(staff, &[("email", "nobody@example.org"), ("role", "lead")])
        .await;
    assert_eq!(unknown.status, 422);
    let fields = [("email", next.person.email.as_str()), ("role", "lead")];
    assert_eq!(desk.post(staff, &fields).await.status, 303);
    assert_eq!(desk.post(&leave, &[]).await.location, "/me");
    assert_eq!(desk.get(staff).await.status, 404);
    // Without being a coordinator of the site.
    let browser = app.signed_in(&next).await;
    assert!(
        browser
            .get("/coordinate/programs")
            .await
            .body
            .contains("ECT Mentorship Program")
    );
    assert_eq!(browser.get("/coordinate/programs/ectmp").await.status, 200);
    assert_eq!(browser.get("/coordinate/people").await.status, 403);
    assert!(between(&browser.get(staff).await.body, "Lead", "nia").is_some());
}

/// A version of the file that the cohort cannot be as is refused in words.
#[actix_web::test]
async fn a_version_that_applications_contradict_is_not_published() {
    let (app, lead) = in_winter().await;
    let both = filled().replacen(
        "[settings.both_roles]\nvalue = false",
        "[settings.both_roles]\nvalue = true",
        1,
    );
    publish(&app, &both, &lead).await;
    app.advance(TimeDelta::days(6));
    let ada = app.alumnus("Ada").await;
    apply(&app, &ada, "mentee").await;
    apply(&app, &ada, "mentor").await;
    let desk = app.signed_in(&lead).await;
    let path = "/coordinate/programs/ectmp";
    for (text, words) in [
        (filled(), "Somebody has applied in both roles"),
        (
            both.replace("It starts on {starts_on}", "It ends on {ends_on}")
                .replace("starts_on = 2027-04-01", "starts_on = 2027-04-02"),
            "",
        ),
    ] {
        let number = app
            .count("select max(number)::bigint as count from program_versions")
            .await
            .to_string();
        let fields = [
            ("text", text.as_str()),
            ("number", &number),
            ("action", "save"),
        ];
        assert_eq!(desk.post(path, &fields).await.status, 303);
        let number = app
            .count("select max(number)::bigint as count from program_versions")
            .await
            .to_string();
        let answer = desk
            .post(&format!("{path}/publish"), &[("number", &number)])
            .await;
        match words {
            "" => assert_eq!(answer.status, 303, "{}", answer.body),
            words => {
                assert_eq!(answer.status, 409);
                assert!(answer.body.contains(words), "{}", answer.body);
            }
        }
    }
}

/// Answers that cannot be read are an error, and never none.
#[actix_web::test]
async fn answers_that_cannot_be_read_are_no_empty_answers() {
    let (app, _) = in_winter().await;
    app.advance(TimeDelta::days(6));
    let sam = app.student("Sam").await;
    let page = apply(&app, &sam, "mentee").await;
    let broken = "update applications set answers = '[1]'";
    app.sql(move |conn| diesel::connection::SimpleConnection::batch_execute(conn, broken))
        .await;
    assert_eq!(app.signed_in(&sam).await.get(&page).await.status, 500);
}
