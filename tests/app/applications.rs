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
const WINTER: &str = "2027-01-10T12:00:00Z";
const TABLE: &str = "/coordinate/programs/ectmp/cohorts/2027/applications";

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
fn typed<'a>(role: &'a str, action: &'a str) -> Vec<(&'a str, &'a str)> {
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

/// Seats are persons: eight mentees, and not nine, whichever way and however many at once.
#[actix_web::test]
async fn a_cohort_is_never_over_filled() {
    let (app, lead) = in_winter().await;
    app.advance(TimeDelta::days(6));
    let mut ids = Vec::new();
    for number in 0..10 {
        let student = app.student(&format!("Student {number}")).await;
        ids.push(id_of(&apply(&app, &student, "mentee").await).to_owned());
    }
    app.advance(TimeDelta::days(40));
    let twin = app.twin().await;
    let (one, other) = (app.signed_in(&lead).await, twin.signed_in(&lead).await);
    let all: Vec<&str> = ids.iter().map(String::as_str).collect();
    let full = decide(&one, &all, "selected").await;
    assert_eq!(full.location, TABLE);
    let said = one.get(TABLE).await.body;
    assert!(
        said.contains("There are no seats left for 2 of them. Nothing was changed."),
        "{said}"
    );
    assert_eq!(
        app.count("select count(*) from applications where seat is not null")
            .await,
        0
    );
    // Two servers select one each, all at once.
    let races = all.iter().enumerate().map(|(number, id)| {
        let lead = if number % 2 == 0 { &one } else { &other };
        async move { decide(lead, &[id], "selected").await.location }
    });
    let won = futures_util::future::join_all(races).await;
    let won = won
        .iter()
        .filter(|location| location.contains("undo="))
        .count();
    assert_eq!(won, 8);
    assert_eq!(
        app.count("select count(distinct seat) from applications where decision = 'selected'")
            .await,
        8
    );
    // What was decided together is taken back together.
    let open = one.get(&format!("{TABLE}?decision=open")).await.body;
    assert!(open.contains("2 applications"), "{open}");
    let undo = decide(&one, &all[..3], "not_selected").await.location;
    let batch = undo.split("undo=").nth(1).unwrap().to_owned();
    assert!(one.get(&undo).await.body.contains("Undo"));
    let path = "/coordinate/programs/ectmp/cohorts/2027/undo";
    assert_eq!(one.post(path, &[("batch", &batch)]).await.status, 303);
    assert_eq!(
        app.count("select count(*) from applications where decision = 'selected'")
            .await,
        8
    );
    assert_eq!(
        app.count("select count(*) from applications where decision = 'not_selected'")
            .await,
        0
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

/// Nobody knows of a decision before the one moment, and then everybody hears once.
#[actix_web::test]
async fn results_are_nowhere_before_they_are_released_and_then_everybody_hears_once() {
    let (app, lead) = in_winter().await;
    app.advance(TimeDelta::days(6));
    let mut people = Vec::new();
    for (name, role) in [
        ("Sam", "mentee"),
        ("Bea", "mentee"),
        ("Cem", "mentee"),
        ("Ada", "mentor"),
    ] {
        let somebody = match role {
            "mentee" => app.student(name).await,
            _ => app.alumnus(name).await,
        };
        let page = apply(&app, &somebody, role).await;
        people.push((somebody, page));
    }
    app.letters_with("Application received", 4).await;
    let desk = app.signed_in(&lead).await;
    let early = release(&desk, "now").await;
    assert_eq!(early.status, 409);
    assert!(
        early.body.contains("Applications have not closed yet."),
        "{}",
        early.body
    );
    app.advance(until(&app, "2027-02-16T05:00:00Z"));
    let desk = app.signed_in(&lead).await;
    let undecided = release(&desk, "now").await;
    assert!(
        undecided
            .body
            .contains("4 applications have no decision yet.")
    );
    let of = |number: usize| id_of(&people[number].1);
    decide(&desk, &[of(0), of(3)], "selected").await;
    decide(&desk, &[of(1)], "wait_listed").await;
    decide(&desk, &[of(2)], "not_selected").await;
    let planned = release(&desk, "plan").await;
    assert_eq!(planned.status, 303, "{}", planned.body);
    let stuck = decide(&desk, &[of(2)], "selected").await;
    assert_eq!(stuck.location, TABLE);

    // Every page and answer that applicants can ask for, as it was before anything was decided about them.
    app.advance(until(&app, "2027-03-15T13:59:59Z"));
    worked(&app).await;
    let words = [
        "You are in",
        "wait-list",
        "Not selected",
        "selected\"",
        "wait_listed",
        "not_selected",
    ];
    for (somebody, page) in &people {
        let browser = app.signed_in(somebody).await;
        for path in [
            page.as_str(),
            "/me",
            "/me/applications",
            "/programs",
            "/programs/ectmp",
        ] {
            let body = browser.get(path).await.body;
            for word in words {
                assert!(!body.contains(word), "{path} says {word}");
            }
        }
        for path in ["/me/applications", "/programs/ectmp"] {
            let (_, body) = app.api("GET", path, Some(somebody), None).await;
            for word in words {
                assert!(!body.to_string().contains(word), "{path} says {word}");
            }
        }
    }
    assert_eq!(app.post.letters().len(), 4);

    app.advance(TimeDelta::seconds(1));
    worked(&app).await;
    let letters = app.post.wait_for(8).await;
    for (subject, count) in [
        ("You are in: ECT", 2),
        ("You are on the wait-list: ECT", 1),
        ("Your application to ECT", 1),
    ] {
        let found = app.letters_with(subject, count).await;
        assert_eq!(found.len(), count, "{subject}");
    }
    worked(&app).await;
    assert_eq!(letters.len(), 8);
    let shown = async |number: usize| {
        let browser = app.signed_in(&people[number].0).await;
        browser.get(&people[number].1).await.body
    };
    assert!(shown(0).await.contains("You are in"));
    assert!(shown(1).await.contains("On the wait-list"));
    assert!(shown(2).await.contains("Not selected"));
    let (_, mine) = app
        .api("GET", "/me/applications", Some(&people[3].0), None)
        .await;
    assert_eq!(mine["applications"][0]["result"], "selected");
    let again = release(&app.signed_in(&lead).await, "now").await;
    assert_eq!(again.status, 409);
}

/// A seat that becomes free is kept for whoever is first on the wait-list, and passed on if they do not answer.
#[actix_web::test]
async fn a_withdrawal_offers_the_seat_to_the_head_of_the_wait_list() {
    let (app, lead) = in_winter().await;
    app.advance(TimeDelta::days(6));
    let mut people = Vec::new();
    for name in ["Sam", "Bea", "Cem"] {
        let student = app.student(name).await;
        let page = apply(&app, &student, "mentee").await;
        people.push((student, page));
    }
    app.advance(until(&app, "2027-03-15T14:00:00Z"));
    let desk = app.signed_in(&lead).await;
    let of = |number: usize| id_of(&people[number].1);
    decide(&desk, &[of(0)], "selected").await;
    decide(&desk, &[of(2)], "wait_listed").await;
    decide(&desk, &[of(1)], "wait_listed").await;
    assert_eq!(release(&desk, "now").await.status, 303);
    app.letters_with("You are on the wait-list", 2).await;

    let sam = app.signed_in(&people[0].0).await;
    assert_eq!(
        sam.post(&format!("{}/withdraw", people[0].1), &[])
            .await
            .status,
        303
    );
    let offered = app
        .letters_with("A place in ECT Mentorship Program is free for you", 1)
        .await;
    assert!(offered[0].contains("cem@"), "{}", offered[0]);
    let cem = app.signed_in(&people[2].0).await;
    assert!(
        cem.get("/me")
            .await
            .body
            .contains("A place in ECT Mentorship Program is free for you")
    );
    let page = cem.get(&people[2].1).await.body;
    assert!(page.contains("Take the place"), "{page}");
    // Nobody answers for them, and a look changes nothing.
    let bea = app.signed_in(&people[1].0).await;
    let seat = format!("{}/seat", people[2].1);
    assert_eq!(bea.post(&seat, &[("answer", "take")]).await.status, 404);

    app.advance(TimeDelta::hours(73));
    worked(&app).await;
    app.letters_with("A place in ECT Mentorship Program is free for you", 2)
        .await;
    assert_eq!(cem.post(&seat, &[("answer", "take")]).await.status, 409);
    let seat = format!("{}/seat", people[1].1);
    assert_eq!(bea.post(&seat, &[("answer", "take")]).await.status, 303);
    assert!(bea.get(&people[1].1).await.body.contains("You are in"));
    app.letters_with("You are in: ECT", 2).await;
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

/// Results that are planned go out at the date that people have last been told.
#[actix_web::test]
async fn a_planned_release_follows_a_postponed_date() {
    let (app, lead) = in_winter().await;
    app.advance(TimeDelta::days(6));
    let page = apply(&app, &app.student("Sam").await, "mentee").await;
    app.advance(until(&app, "2027-03-01T00:00:00Z"));
    let desk = app.signed_in(&lead).await;
    decide(&desk, &[id_of(&page)], "selected").await;
    assert_eq!(release(&desk, "plan").await.status, 303);
    let later = filled().replace("2027-03-15T10:00:00", "2027-03-16T10:00:00");
    publish(&app, &later, &lead).await;
    app.advance(until(&app, "2027-03-15T20:00:00Z"));
    worked(&app).await;
    let told = "select count(*) from applications where released_at is not null";
    assert_eq!(app.count(told).await, 0);
    app.advance(until(&app, "2027-03-16T14:00:00Z"));
    worked(&app).await;
    assert_eq!(app.count(told).await, 1);
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

/// Nobody judges themselves, whatever they may do with others.
#[actix_web::test]
async fn staff_neither_read_nor_decide_about_their_own_application() {
    let (app, lead) = in_winter().await;
    app.advance(TimeDelta::days(6));
    let page = apply(&app, &lead, "mentor").await;
    apply(&app, &app.student("Sam").await, "mentee").await;
    let desk = app.signed_in(&lead).await;
    let table = desk.get(TABLE).await.body;
    assert!(
        table.contains("1 application") && table.contains("Sam"),
        "{table}"
    );
    let id = id_of(&page);
    assert_eq!(desk.get(&format!("{TABLE}/{id}")).await.status, 404);
    let review = [("score-overall", "5"), ("note", "")];
    assert_eq!(
        desk.post(&format!("{TABLE}/{id}/review"), &review)
            .await
            .status,
        404
    );
    assert_eq!(decide(&desk, &[id], "selected").await.status, 404);
}

/// A wait-list is in the order in which people were put on it, also after something was taken back.
#[actix_web::test]
async fn a_wait_list_keeps_its_order() {
    let (app, lead) = in_winter().await;
    app.advance(TimeDelta::days(6));
    let mut ids = Vec::new();
    for number in 0..5 {
        let student = app.student(&format!("Student {number}")).await;
        ids.push(id_of(&apply(&app, &student, "mentee").await).to_owned());
    }
    ids.reverse();
    let all: Vec<&str> = ids.iter().map(String::as_str).collect();
    let desk = app.signed_in(&lead).await;
    decide(&desk, &all, "wait_listed").await;
    let order = async || {
        let found: Vec<Id> = app
            .sql(|conn| {
                diesel::RunQueryDsl::load(
                    diesel::sql_query("select id::text as id from applications order by place"),
                    conn,
                )
            })
            .await;
        found.into_iter().map(|found| found.id).collect::<Vec<_>>()
    };
    assert_eq!(order().await, ids);
    let undo = decide(&desk, &all[..1], "selected").await.location;
    let batch = undo.split("undo=").nth(1).unwrap();
    let path = "/coordinate/programs/ectmp/cohorts/2027/undo";
    assert_eq!(desk.post(path, &[("batch", batch)]).await.status, 303);
    assert_eq!(order().await, ids);
    // What has happened since is not overwritten, and nothing is no change.
    let undo = decide(&desk, &all[..1], "selected").await.location;
    let batch = undo.split("undo=").nth(1).unwrap();
    decide(&desk, &all[..1], "open").await;
    decide(&desk, &all[..1], "selected").await;
    desk.post(path, &[("batch", batch)]).await;
    assert!(desk.get(TABLE).await.body.contains("cannot be taken back"));
    assert!(
        !decide(&desk, &all[..1], "selected")
            .await
            .location
            .contains("undo=")
    );
}

#[derive(diesel::QueryableByName)]
struct Id {
    #[diesel(sql_type = diesel::sql_types::Text)]
    id: String,
}

/// Seats that there are more of are offered as well, and fewer than are taken there cannot be.
#[actix_web::test]
async fn more_seats_go_to_the_wait_list_and_fewer_than_taken_are_refused() {
    let (app, lead) = in_winter().await;
    let small = filled()
        .replace("pairs = 8", "pairs = 1")
        .replace("seats = 16", "seats = 2");
    publish(&app, &small, &lead).await;
    app.advance(TimeDelta::days(6));
    let mut ids = Vec::new();
    for name in ["Sam", "Bea", "Cem"] {
        ids.push(id_of(&apply(&app, &app.student(name).await, "mentee").await).to_owned());
    }
    app.advance(until(&app, "2027-03-15T14:00:00Z"));
    let desk = app.signed_in(&lead).await;
    decide(&desk, &[&ids[0]], "selected").await;
    decide(&desk, &[&ids[1], &ids[2]], "wait_listed").await;
    let archive = "/coordinate/programs/ectmp/cohorts/2027/archive";
    assert_eq!(desk.post(archive, &[("pairs", "1")]).await.status, 409);
    assert_eq!(release(&desk, "now").await.status, 303);
    let two = filled()
        .replace("pairs = 8", "pairs = 2")
        .replace("seats = 16", "seats = 4");
    publish(&app, &two, &lead).await;
    app.letters_with("A place in ECT Mentorship Program is free for you", 1)
        .await;
    publish(&app, &filled(), &lead).await;
    app.letters_with("A place in ECT Mentorship Program is free for you", 2)
        .await;
    let taken = "select count(*) from applications where seat is not null";
    assert_eq!(app.count(taken).await, 3);
    // Archived, nothing changes any more.
    assert_eq!(desk.post(archive, &[("pairs", "1")]).await.status, 303);
    let sam = "select count(*) from applications where status = 'withdrawn'";
    assert_eq!(app.count(sam).await, 0);
    let stopped = decide(&desk, &[&ids[0]], "not_selected").await;
    assert_eq!(stopped.location, TABLE);
    assert!(
        desk.get(TABLE)
            .await
            .body
            .contains("The cohort has been archived.")
    );
}

/// Results that cannot go out when they are due are told to the leads, and to nobody else.
#[actix_web::test]
async fn a_release_that_is_blocked_is_told_to_the_leads() {
    let (app, lead) = in_winter().await;
    app.advance(TimeDelta::days(6));
    let page = apply(&app, &app.student("Sam").await, "mentee").await;
    app.letters_with("Application received", 1).await;
    app.advance(until(&app, "2027-03-01T00:00:00Z"));
    let desk = app.signed_in(&lead).await;
    decide(&desk, &[id_of(&page)], "selected").await;
    assert_eq!(release(&desk, "plan").await.status, 303);
    // Applications are taken again, until later than the results were planned for.
    let reopened = filled()
        .replace(
            "applications_close = 2027-02-15",
            "applications_close = 2027-03-20",
        )
        .replace(
            "results_on = 2027-03-15T10:00:00",
            "results_on = 2027-03-22T10:00:00",
        );
    publish(&app, &reopened, &lead).await;
    apply(&app, &app.student("Bea").await, "mentee").await;
    app.advance(until(&app, "2027-03-22T14:00:00Z"));
    worked(&app).await;
    let told = app
        .letters_with("Results not sent: ECT Mentorship Program 2027", 1)
        .await;
    assert!(
        told[0].contains("1 application has no decision yet.") && told[0].contains("lea@"),
        "{}",
        told[0]
    );
    let out = "select count(*) from applications where released_at is not null";
    assert_eq!(app.count(out).await, 0);
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
