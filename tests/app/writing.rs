//! Writing a program in the browser: its form in blocks, its dates, and who is told when it is published.

use almanac::{
    people::Role,
    programs::{
        builder::typed::{self, Block},
        file::{FieldKind, read::read},
    },
};

use crate::{
    applications::{
        TABLE, WINTER, apply, decide, id_of, in_winter, publish, release, until, worked,
    },
    programs::filled,
    support::{Answer, Browser, TestApp, between},
};

const DESK: &str = "/coordinate/programs/ectmp";

/// The latest version of the file.
async fn text(lead: &Browser) -> String {
    lead.get(&format!("{DESK}/file.toml")).await.body
}

/// What the builder sends for blocks.
fn sent(blocks: &[Block], more: &[(&str, &str)]) -> Vec<(String, String)> {
    let mut all = Vec::new();
    for Block { key, field } in blocks {
        let mut put = |name: &str, value: &str| all.push((name.to_owned(), value.to_owned()));
        put("block", key);
        put(&format!("label-{key}"), &field.label);
        put(&format!("help-{key}"), &field.help);
        put(&format!("kind-{key}"), field.kind.as_str());
        put(&format!("role-{key}"), field.role.as_str());
        put(&format!("options-{key}"), &field.options.join("\r\n"));
        if field.required {
            put(&format!("required-{key}"), "yes");
        }
        for reader in &field.readers {
            put(&format!("reader-{key}"), reader.as_str());
        }
    }
    all.extend(
        more.iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned())),
    );
    all
}

/// The keys of the blocks of a page, in order.
fn keys(page: &str) -> Vec<&str> {
    let mark = "name=\"block\" value=\"";
    let at = page
        .match_indices(mark)
        .map(|(at, _)| &page[at + mark.len()..]);
    at.map(|rest| rest.split('"').next().unwrap()).collect()
}

async fn send(lead: &Browser, blocks: &[Block], more: &[(&str, &str)]) -> Answer {
    let fields = sent(blocks, more);
    let fields: Vec<(&str, &str)> = fields
        .iter()
        .map(|(n, v)| (n.as_str(), v.as_str()))
        .collect();
    lead.post(&format!("{DESK}/form"), &fields).await
}

#[actix_web::test]
async fn a_form_is_built_in_blocks_without_a_script() {
    let (app, lead) = in_winter().await;
    let lea = app.signed_in(&lead).await;
    let before = text(&lea).await;
    let page = lea.get(&format!("{DESK}/form")).await.body;
    let mut blocks = typed::of(&read(&before).unwrap().file.fields);
    assert_eq!(keys(&page), ["0", "1", "2", "3", "4"]);
    let seen = ("number", "1");
    let same = blocks.clone();
    assert_eq!(
        send(&lea, &same, &[seen, ("action", "save")]).await.status,
        303
    );
    assert_eq!(
        text(&lea).await,
        before,
        "what was not changed stays byte for byte"
    );

    // One more, moved to the top; the first one is taken away.
    let add = [seen, ("action", "add"), ("add-kind", "ranking")];
    let page = send(&lea, &blocks, &add).await;
    assert_eq!(keys(&page.body), ["0", "1", "2", "3", "4", "n1"]);
    blocks.push(typed::new(FieldKind::Ranking, &blocks));
    let early = send(&lea, &blocks, &[seen, ("action", "save")]).await;
    assert_eq!(early.status, 422);
    assert!(
        early.body.contains("Question is required"),
        "{}",
        early.body
    );
    assert!(early.body.contains("at least two"), "{}", early.body);
    let new = blocks.last_mut().unwrap();
    new.field.label = "Which would help you most?".into();
    new.field.options = ["Advice", "Feedback", "A network"]
        .map(str::to_owned)
        .to_vec();
    let page = send(&lea, &blocks, &[seen, ("action", "remove-0")])
        .await
        .body;
    assert_eq!(keys(&page), ["1", "2", "3", "4", "n1"]);
    blocks.remove(0);
    let page = send(&lea, &blocks, &[seen, ("action", "up-n1")]).await.body;
    assert_eq!(keys(&page), ["1", "2", "3", "n1", "4"]);
    assert!(page.contains("Not saved yet") && text(&lea).await == before);
    let new = blocks.pop().unwrap();
    blocks.insert(0, new);
    let preview = send(&lea, &blocks, &[seen, ("action", "preview-mentee")])
        .await
        .body;
    assert!(
        preview.contains("First choice") && preview.contains("nothing is saved or sent"),
        "{preview}"
    );
    let saved = send(&lea, &blocks, &[seen, ("action", "save")]).await;
    assert_eq!(saved.status, 303, "{}", saved.body);
    let after = text(&lea).await;
    let first = after.find("[[field]]").unwrap();
    let expected = "[[field]]\nname = \"which-would-help-you-most\"";
    assert!(after[first..].starts_with(expected), "{after}");
    assert!(!after.contains("name = \"interests\"\nlabel"));
    // Matching used what is gone, and is told by name.
    let desk = lea.get(DESK).await.body;
    assert!(desk.contains("criterion[0]"), "{desk}");
    let preview = lea.get(&format!("{DESK}/form/preview?role=mentor")).await;
    assert!(preview.body.contains("Your experience, in a few lines"));

    // Two who build at once: the second one is told, and nothing is lost.
    let late = send(&lea, &same, &[seen, ("action", "save")]).await;
    assert_eq!(late.status, 409, "{}", late.body);
    assert!(late.body.contains("Somebody has saved another version"));
    assert_eq!(keys(&late.body), ["0", "1", "2", "3", "4"]);
}

fn dates<'a>(change: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut all = vec![
        ("name", "2027"),
        ("status", "confirmed"),
        ("applications_open", "2027-01-15"),
        ("applications_open_time", "09:00"),
        ("applications_close", "2027-02-15"),
        ("applications_close_time", ""),
        ("results_on", "2027-03-15"),
        ("results_on_time", "10:00"),
        ("starts_on", "2027-04-01"),
        ("ends_on", "2027-07-31"),
        ("pairs", "8"),
        ("seats", "16"),
    ];
    for (name, value) in change {
        match all.iter_mut().find(|(known, _)| known == name) {
            Some(field) => field.1 = value,
            None => all.push((name, value)),
        }
    }
    all
}

#[actix_web::test]
async fn dates_are_picked_in_fields_and_those_concerned_are_told_how_many() {
    let (app, lead) = in_winter().await;
    app.advance(until(&app, "2027-01-20T14:00:00Z"));
    let lea = app.signed_in(&lead).await;
    let student = app.student("Sam").await;
    apply(&app, &student, "mentee").await;
    let path = format!("{DESK}/dates");
    let page = lea.get(&path).await.body;
    assert!(
        page.contains("value=\"2027-02-15\"") && page.contains("Toronto time"),
        "{page}"
    );

    // What cannot be is said beside the field, saved or not.
    let early = [
        ("number", "1"),
        ("action", "check"),
        ("results_on", "2027-02-01"),
    ];
    let wrong = lea.post(&path, &dates(&early)).await;
    assert_eq!(wrong.status, 200);
    let beside = between(&wrong.body, "data-findings=\"results_on\"", "</div>").unwrap();
    assert!(beside.contains("problem"), "{beside}");
    let odd = [
        ("number", "1"),
        ("action", "save"),
        ("starts_on", "2027-02-30"),
    ];
    let odd = lea.post(&path, &dates(&odd)).await;
    assert_eq!(odd.status, 422);
    assert!(odd.body.contains("2027-02-30"), "{}", odd.body);

    let later = [
        ("number", "1"),
        ("action", "save"),
        ("applications_close", "2027-02-20"),
    ];
    assert_eq!(lea.post(&path, &dates(&later)).await.status, 303);
    let text = text(&lea).await;
    assert!(text.contains("applications_close = 2027-02-20"), "{text}");
    let desk = lea.get(DESK).await.body;
    assert!(
        desk.contains("Dates have changed: 1 applicant will get an email."),
        "{desk}"
    );
    let letters = "select count(*) from jobs where job->>'kind' = 'dates_changed'";
    assert_eq!(app.count(letters).await, 0);
    let published = lea
        .post(&format!("{DESK}/publish"), &[("number", "2")])
        .await;
    assert_eq!(published.status, 303, "{}", published.body);
    assert_eq!(app.count(letters).await, 1);
}

/// Milestones that change while a cohort runs: whoever is in hears of it once, and what is done stays done.
#[actix_web::test]
async fn members_hear_of_milestones_that_change() {
    let app = TestApp::at(WINTER).await;
    let lead = app.person("Lea", "UTC", &[Role::Coordinator]).await;
    publish(&app, &filled(), &lead).await;
    app.advance(until(&app, "2027-01-20T14:00:00Z"));
    let (student, mentor) = (app.student("Sam").await, app.alumnus("Ada").await);
    let mentee = apply(&app, &student, "mentee").await;
    let other = apply(&app, &mentor, "mentor").await;
    app.advance(until(&app, "2027-03-15T13:00:00Z"));
    let lea = app.signed_in(&lead).await;
    decide(&lea, &[id_of(&mentee), id_of(&other)], "selected").await;
    release(&lea, "plan").await;
    app.advance(until(&app, "2027-03-15T14:00:01Z"));
    worked(&app).await;
    app.advance(until(&app, "2027-04-10T14:00:00Z"));
    let lea = app.signed_in(&lead).await;
    assert_eq!(lea.get(TABLE).await.status, 200);
    let letters = "select count(*) from jobs where job->>'kind' = 'milestones_changed'";
    let before = filled();
    let at = before.find("[[milestone]]").expect("there are milestones");
    let role = between(&before[at..], "role = \"", "\"").unwrap();
    let words = between(&before[at..], "words = \"", "\"").unwrap();
    let after = before.replacen(words, "Something else entirely.", 1);
    publish(&app, &after, &lead).await;
    let told = match role {
        "both" => 2,
        _ => 1,
    };
    assert_eq!(app.count(letters).await, told);
    publish(
        &app,
        &after.replace("Two or three sentences", "Three sentences"),
        &lead,
    )
    .await;
    assert_eq!(
        app.count(letters).await,
        told,
        "another text of the file is no milestone"
    );
}

/// Whoever shows a form anew has not seen what others saved meanwhile.
#[actix_web::test]
async fn a_form_that_is_shown_anew_is_of_the_version_that_was_seen() {
    let (app, lead) = in_winter().await;
    let lea = app.signed_in(&lead).await;
    let seen = ("number", "1");
    let blocks = typed::of(&read(&text(&lea).await).unwrap().file.fields);
    let mut other = blocks.clone();
    other.swap(0, 1);
    assert_eq!(
        send(&lea, &other, &[seen, ("action", "save")]).await.status,
        303
    );
    let after = text(&lea).await;
    let page = send(&lea, &blocks, &[seen, ("action", "down-2")])
        .await
        .body;
    assert!(page.contains("name=\"number\" value=\"1\""), "{page}");
    assert_eq!(
        send(&lea, &blocks, &[seen, ("action", "save")])
            .await
            .status,
        409
    );
    assert_eq!(text(&lea).await, after);

    let path = format!("{DESK}/dates");
    for action in ["check", "save", "save"] {
        let stale = [
            ("number", "1"),
            ("action", action),
            ("pairs", "9"),
            ("seats", "18"),
        ];
        let page = lea.post(&path, &dates(&stale)).await;
        assert!(
            page.body.contains("name=\"number\" value=\"1\""),
            "{}",
            page.body
        );
    }
    assert_eq!(text(&lea).await, after);
    for odd in [&["0", "+0"][..], &["0", "00"], &["n+5"]] {
        let fields: Vec<(&str, &str)> = odd
            .iter()
            .map(|key| ("block", *key))
            .chain([seen, ("action", "save")])
            .collect();
        assert_eq!(
            lea.post(&format!("{DESK}/form"), &fields).await.status,
            400,
            "{odd:?}"
        );
    }
}

/// From a template to a published cohort, without a look at its file.
#[actix_web::test]
async fn a_program_is_written_in_the_browser_alone() {
    let app = TestApp::at(WINTER).await;
    let lead = app.person("Lea", "UTC", &[Role::Coordinator]).await;
    let lea = app.signed_in(&lead).await;
    let begun = lea
        .post(
            "/coordinate/programs",
            &[("template", "ectmp"), ("slug", "")],
        )
        .await;
    assert_eq!(begun.status, 303, "{}", begun.body);
    let about = format!("{DESK}/about");
    let page = lea.get(&about).await.body;
    assert!(
        page.contains("It has to be written before the program is published."),
        "{page}"
    );
    let count = page.matches("<textarea").count() - 1;
    let texts: Vec<String> = (0..count).map(|at| format!("text-{at}")).collect();
    let mut fields = vec![
        ("number", "1"),
        ("action", "save"),
        ("name", "ECT Mentorship Program"),
        ("summary", "For students."),
        ("zone", "America/Toronto"),
    ];
    fields.extend(
        texts
            .iter()
            .map(|name| (name.as_str(), "Here is what you need to know.")),
    );
    let mut wrong = fields.clone();
    wrong.push(("contacts", "call us"));
    let wrong = lea.post(&about, &wrong).await;
    assert_eq!(wrong.status, 422);
    assert!(
        wrong.body.contains("“call us” is neither"),
        "{}",
        wrong.body
    );
    fields.push((
        "contacts",
        "team@example.org\nhttps://example.slack.com/mentoring",
    ));
    let saved = lea.post(&about, &fields).await;
    assert_eq!(saved.status, 303, "{}", saved.body);
    let all = dates(&[("number", "2"), ("action", "save")]);
    assert_eq!(lea.post(&format!("{DESK}/dates"), &all).await.status, 303);
    let desk = lea.get(DESK).await.body;
    assert!(desk.contains("Publish version 3"), "{desk}");
    let published = lea
        .post(&format!("{DESK}/publish"), &[("number", "3")])
        .await;
    assert_eq!(published.status, 303, "{}", published.body);
    let page = app.visitor().get("/programs/ectmp").await.body;
    assert!(page.contains("team@example.org") && page.contains("Here is what you need to know."));
}
