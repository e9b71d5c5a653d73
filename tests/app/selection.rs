//! Who is in: seats, decisions that are taken back, the one moment of release, the wait-list.

use chrono::TimeDelta;

use crate::{
    applications::{TABLE, apply, decide, id_of, in_winter, publish, release, until, worked},
    programs::filled,
};

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
