//! Programs: files on the command line and in the browser, versions, publishing, public pages.

use std::process::Command;

use almanac::people::Role;
use diesel::connection::SimpleConnection;

use crate::support::{TestApp, between};

const WINTER: &str = "2027-01-10T12:00:00Z";

/// A program that can be published: the template with everything filled in that it leaves open.
pub fn filled() -> String {
    let template = almanac::programs::file::template::named("ectmp").unwrap();
    let mut text = template
        .replace("zone = \"\"", "zone = \"America/Toronto\"")
        .replace(
            "contacts = []",
            "contacts = [{ channel = \"email\", address = \"ectmp@example.org\" }]",
        )
        .replace("name = \"2024\"", "name = \"2027\"")
        .replace("status = \"planned\"", "status = \"confirmed\"")
        .replace(
            "applications_open = \"\"",
            "applications_open = 2027-01-15T09:00:00",
        )
        .replace(
            "applications_close = \"\"",
            "applications_close = 2027-02-15",
        )
        .replace("results_on = \"\"", "results_on = 2027-03-15T10:00:00")
        .replace("starts_on = 2024-04-01", "starts_on = 2027-04-01")
        .replace("ends_on = \"\"", "ends_on = 2027-07-31");
    while let Some(at) = text.find("text = \"\"") {
        text.replace_range(at..at + 9, "text = \"Here is what you need to know.\"");
    }
    text
}

struct Ran {
    code: Option<i32>,
    out: String,
    err: String,
}

fn almanac(folder: &std::path::Path, database: Option<&str>, arguments: &[&str]) -> Ran {
    let mut command = Command::new(env!("CARGO_BIN_EXE_almanac"));
    command
        .args(arguments)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap())
        .env("ALMANAC_DATA_DIR", folder)
        .env(
            "ALMANAC_SECRET",
            "the key of all tests, which is long enough",
        )
        .current_dir(folder);
    if let Some(database) = database {
        command.env("DATABASE_URL", database);
    }
    let output = command.output().unwrap();
    Ran {
        code: output.status.code(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

#[actix_web::test]
async fn program_files_are_checked_taken_in_given_out_and_compared_on_the_command_line() {
    let app = TestApp::at(WINTER).await;
    let folder = tempfile::tempdir().unwrap();
    let database = app.database.clone();
    let run = |arguments: &[&str]| almanac(folder.path(), None, arguments);
    let with_database = |arguments: &[&str]| almanac(folder.path(), Some(&database), arguments);
    let names = run(&["program", "template"]);
    assert_eq!(
        names.out,
        "ectmp\nmind-to-mind\nieca-mentor-match\npalta\nwsyas\nctan\n"
    );
    assert_eq!(run(&["program", "template", "nope"]).code, Some(1));
    let schema: serde_json::Value = serde_json::from_str(&run(&["program", "schema"]).out).unwrap();
    assert_eq!(schema["properties"]["program"]["required"][0], "slug");

    // A template is not ready, and says why, a line each.
    let template = run(&["program", "template", "palta"]).out;
    std::fs::write(folder.path().join("palta.toml"), &template).unwrap();
    let checked = run(&["program", "check", "palta.toml", "--json"]);
    assert_eq!(checked.code, Some(1), "{}", checked.err);
    let findings: Vec<serde_json::Value> = checked
        .out
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let blocking = findings.iter().filter(|f| f["severity"] == "blocks");
    let places: Vec<&str> = blocking.map(|f| f["where"].as_str().unwrap()).collect();
    assert_eq!(
        places,
        ["program.zone", "program.contacts", "block[2].text"]
    );
    assert!(
        findings
            .iter()
            .all(|f| f["message"].as_str().unwrap().ends_with('.'))
    );
    let words = run(&["program", "check", "palta.toml"]);
    assert!(
        words
            .out
            .contains("palta.toml:12: program.zone open (blocks): "),
        "{}",
        words.out
    );

    std::fs::write(folder.path().join("ready.toml"), filled()).unwrap();
    let ready = run(&["program", "check", "ready.toml", "--today", "2027-01-10"]);
    assert_eq!(ready.code, Some(0), "{}{}", ready.out, ready.err);
    let past = run(&["program", "check", "ready.toml", "--today", "2027-05-01"]);
    assert_eq!(past.code, Some(0));
    assert!(
        past.out.contains("cohort.starts_on past (warns)"),
        "{}",
        past.out
    );

    // Byte for byte, comments and all; the same file again is no new version.
    for (file, slug, text) in [
        ("palta.toml", "palta", &template),
        ("ready.toml", "ectmp", &filled()),
    ] {
        let imported = with_database(&["program", "import", file]);
        assert_eq!(imported.code, Some(0), "{}", imported.err);
        assert!(
            imported.out.contains("version 1 is in as a draft"),
            "{}",
            imported.out
        );
        assert_eq!(&with_database(&["program", "export", slug]).out, text);
        let again = with_database(&["program", "import", file]);
        assert!(
            again.out.contains("version 1 is the same file"),
            "{}",
            again.out
        );
    }
    with_database(&["program", "import", "palta.toml", "--slug", "palta-west"]);
    let west = with_database(&["program", "export", "palta-west"]).out;
    assert_eq!(west, template.replacen("\"palta\"", "\"palta-west\"", 1));
    assert_eq!(
        with_database(&["program", "export", "nobody"]).code,
        Some(1)
    );
    let different = with_database(&["program", "diff", "palta.toml", "palta-west"]);
    assert_eq!(
        different.out,
        "- program.slug = \"palta\"\n+ program.slug = \"palta-west\"\n"
    );
    std::fs::write(folder.path().join("broken.toml"), "[program\n").unwrap();
    let broken = with_database(&["program", "import", "broken.toml"]);
    assert_eq!(broken.code, Some(1));
    assert!(
        broken.err.contains("broken.toml:1: syntax"),
        "{}",
        broken.err
    );
    assert_eq!(app.count("select count(*) from program_versions").await, 3);
    // Drafts are nobody's business.
    let visitor = app.visitor();
    assert_eq!(visitor.get("/programs/ectmp").await.status, 404);
    assert_eq!(app.api("GET", "/programs/ectmp", None, None).await.0, 404);
    assert!(
        visitor
            .get("/programs")
            .await
            .body
            .contains("no programs at the moment")
    );
}

#[actix_web::test]
async fn a_coordinator_comes_from_a_template_to_a_published_program() {
    let app = TestApp::at(WINTER).await;
    let chair = app
        .person("Chair", "Europe/Berlin", &[Role::Coordinator])
        .await;
    let desk = app.signed_in(&chair).await;
    let begun = desk
        .post(
            "/coordinate/programs",
            &[("template", "ectmp"), ("slug", "spring")],
        )
        .await;
    assert_eq!(begun.location, "/coordinate/programs/spring");
    let page = desk.get("/coordinate/programs/spring").await.body;
    assert!(page.contains("To settle before publishing (12)"), "{page}");
    assert!(!page.contains("Publish version"));
    let publish = async |number: &str| {
        let path = "/coordinate/programs/spring/publish";
        desk.post(path, &[("number", number)]).await
    };
    assert_eq!(publish("1").await.status, 422);
    assert_eq!(publish("2").await.status, 404);
    for wrong in [("template", "nope"), ("slug", "A b"), ("slug", "spring")] {
        let fields = [("template", "palta"), wrong];
        let fields = if wrong.0 == "template" {
            &fields[1..]
        } else {
            &fields[..]
        };
        assert_eq!(
            desk.post("/coordinate/programs", fields).await.status,
            422,
            "{wrong:?}"
        );
    }

    let file = filled().replace("slug = \"ectmp\"", "slug = \"spring\"");
    let send = async |number: &str, action: &str, text: &str| {
        let fields = [("number", number), ("action", action), ("text", text)];
        desk.post("/coordinate/programs/spring", &fields).await
    };
    // Checking saves nothing, whatever is typed; what is no TOML stays in the editor.
    let checked = send("1", "check", "[program").await;
    assert!(checked.status == 200 && checked.body.contains("This is not TOML"));
    assert_eq!(send("1", "save", "[program").await.status, 422);
    assert!(
        send("1", "check", &file)
            .await
            .body
            .contains("Save these changes first, then publish.")
    );
    // As a browser sends it.
    let saved = send("1", "save", &file.replace('\n', "\r\n")).await;
    assert_eq!(
        saved.location, "/coordinate/programs/spring",
        "{}",
        saved.body
    );
    assert_eq!(
        send("1", "save", &file.replace("2027-02-15", "2027-02-16"))
            .await
            .status,
        409
    );
    // Its address stays what it is, and what was typed stays in the editor.
    let other = send(
        "2",
        "save",
        &file.replace("slug = \"spring\"", "slug = \"other\""),
    )
    .await;
    assert_eq!(other.status, 422);
    assert!(other.body.contains("cannot be changed") && other.body.contains("&quot;other&quot;"));
    let kept = desk.get("/coordinate/programs/spring/file.toml").await;
    assert_eq!(kept.body, file);
    let changed = desk
        .get("/coordinate/programs/spring/compare?before=1&after=2")
        .await
        .body;
    assert!(changed.contains("cohort.applications_close") && changed.contains("2027-02-15"));
    let preview = desk.get("/coordinate/programs/spring/preview").await.body;
    assert!(preview.contains("This is a preview"));
    assert_eq!(app.visitor().get("/programs/spring").await.status, 404);
    assert_eq!(publish("2").await.status, 303);

    // The page says dates in the program's zone and in the reader's, and answers from the settings.
    let reader = app.visitor();
    reader.get("/programs?zone=Europe/Berlin").await;
    let page = reader.get("/programs/spring").await.body;
    assert!(
        page.contains("Opens soon") && page.contains("Fri 15 Jan, 09:00"),
        "{page}"
    );
    assert!(
        page.contains("Toronto time") && page.contains("Fri 15 Jan, 15:00 in Berlin"),
        "{page}"
    );
    assert!(
        page.contains("From Thursday 1 April 2027 to Saturday 31 July 2027: four months."),
        "{page}"
    );
    assert!(
        page.contains("room for 8 pairs, 16 people in all"),
        "{page}"
    );
    assert!(page.contains("You agree on it with your mentor or mentee within the first month. We recommend 1 to 2 hours a month."));
    assert!(page.contains("mailto:ectmp@example.org"));
    app.advance(chrono::TimeDelta::days(10));
    let page = reader.get("/programs").await.body;
    assert!(
        page.contains("Open for applications") && page.contains("Mon 15 Feb, 23:59"),
        "{page}"
    );
    let (status, body) = app.api("GET", "/programs/spring", None, None).await;
    assert_eq!(
        (status, &body["phase"]),
        (200, &serde_json::json!("open")),
        "{body}"
    );
    assert_eq!(body["cohort"]["applications_close"], "2027-02-16T05:00:00Z");
    assert_eq!(body["form"][0]["kind"], "several_of");
    let (_, all) = app.api("GET", "/programs", None, None).await;
    assert_eq!(all["programs"].as_array().unwrap().len(), 1);

    // A new version changes nothing until it is published; taken off, it is found no longer.
    let next = file.replace("ends_on = 2027-07-31", "ends_on = 2027-08-31");
    let saved = send("2", "save", &next).await;
    assert_eq!(
        saved.location, "/coordinate/programs/spring",
        "{}",
        saved.body
    );
    assert!(
        reader
            .get("/programs/spring")
            .await
            .body
            .contains("four months")
    );
    assert_eq!(publish("3").await.location, "/coordinate/programs/spring");
    let page = reader.get("/programs/spring").await.body;
    assert!(page.contains("31 August 2027: five months."), "{page}");
    let off = desk
        .post("/coordinate/programs/spring/unpublish", &[])
        .await;
    assert_eq!(off.status, 303);
    assert_eq!(reader.get("/programs/spring").await.status, 404);
    let log = "select count(*) from audit_log where action in ('program_changed', 'program_published', 'program_unpublished')";
    assert_eq!(app.count(log).await, 6);
}

#[actix_web::test]
async fn a_program_file_can_be_uploaded_and_of_two_who_save_at_once_one_does() {
    let app = TestApp::at(WINTER).await;
    let chair = app.person("Chair", "UTC", &[Role::Coordinator]).await;
    let desk = app.signed_in(&chair).await;
    let sent = desk
        .upload("/coordinate/programs", "spring.toml", filled().as_bytes())
        .await;
    assert_eq!(sent.location, "/coordinate/programs/ectmp", "{}", sent.body);
    for wrong in [&b"\xff\xfe"[..], b"[program", &[b'#'; 300 * 1024]] {
        let sent = desk.upload("/coordinate/programs", "x.toml", wrong).await;
        assert_eq!(sent.status, 422, "{}", sent.body);
    }
    let saves = (0..8).map(|n| {
        let text = filled().replace("name = \"2027\"", &format!("name = \"{n}\""));
        let desk = &desk;
        async move {
            let fields = [("number", "1"), ("action", "save"), ("text", text.as_str())];
            desk.post("/coordinate/programs/ectmp", &fields)
                .await
                .status
        }
    });
    let statuses = futures_util::future::join_all(saves).await;
    assert_eq!(
        statuses.iter().filter(|s| **s == 303).count(),
        1,
        "{statuses:?}"
    );
    assert_eq!(
        statuses.iter().filter(|s| **s == 409).count(),
        7,
        "{statuses:?}"
    );
    assert_eq!(app.count("select count(*) from program_versions").await, 2);
    // What is published is a version that is there.
    let absent = |conn: &mut almanac::db::Tx| {
        Ok::<_, almanac::db::DbError>(conn.batch_execute("update programs set published = 9")?)
    };
    assert!(app.app.db.transaction(absent).await.is_err());
    let page = desk.get("/coordinate/programs").await.body;
    assert!(
        between(&page, "/coordinate/programs/ectmp", "</li>")
            .unwrap()
            .contains("Draft")
    );
}

#[actix_web::test]
async fn line_ends_stay_as_they_are() {
    let app = TestApp::at(WINTER).await;
    let chair = app.person("Chair", "UTC", &[Role::Coordinator]).await;
    let desk = app.signed_in(&chair).await;
    let text = format!("\u{feff}{}", filled().replace('\n', "\r\n"));
    desk.upload("/coordinate/programs", "spring.toml", text.as_bytes())
        .await;
    let kept = desk.get("/coordinate/programs/ectmp/file.toml").await;
    assert_eq!(
        kept.body.trim_start_matches('\u{feff}'),
        text.trim_start_matches('\u{feff}')
    );
    let fields = [("number", "1"), ("action", "save"), ("text", text.as_str())];
    let saved = desk.post("/coordinate/programs/ectmp", &fields).await;
    assert_eq!(saved.location, "/coordinate/programs/ectmp");
    assert_eq!(app.count("select count(*) from program_versions").await, 1);
    let renamed = almanac::programs::file::read::with_slug(&text, "autumn");
    assert_eq!(renamed, text.replacen("\"ectmp\"", "\"autumn\"", 1));
}

/// A whole cohort on the command line: everybody hears once, at one moment, and none of it is left behind.
#[actix_web::test]
async fn a_cohort_is_rehearsed_on_a_clock_and_a_database_of_its_own() {
    let app = TestApp::at(WINTER).await;
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("ready.toml"), filled()).unwrap();
    let rehearse = |arguments: &[&str]| {
        let all = [&["program", "rehearse", "ready.toml"], arguments].concat();
        almanac(folder.path(), Some(&app.database), &all)
    };
    let ran = rehearse(&["--people", "70", "--seed", "7"]);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    let lines: Vec<serde_json::Value> = ran
        .out
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let totals = &lines.last().unwrap()["totals"];
    assert_eq!(
        (&totals["mentees"], &totals["mentors"], &totals["results"]),
        (&40.into(), &30.into(), &70.into())
    );
    assert_eq!(totals["selected"], 16);
    let events = &lines[..lines.len() - 1];
    assert!(
        events
            .windows(2)
            .all(|two| two[0]["at"].as_str() <= two[1]["at"].as_str())
    );
    let of = |kind: &str, begins: &str| -> Vec<&serde_json::Value> {
        let fits = |event: &&serde_json::Value| {
            event["kind"] == kind && event["what"].as_str().unwrap().starts_with(begins)
        };
        events.iter().filter(fits).collect()
    };
    // 10 in the morning in Toronto, after the clocks have changed.
    let results = of("mail", "result_released");
    let first = results
        .iter()
        .filter(|mail| mail["at"] == "2027-03-15T14:00:00Z");
    assert_eq!(first.count(), 70);
    assert!(
        results
            .iter()
            .all(|mail| mail["at"].as_str().unwrap() >= "2027-03-15T14:00:00Z")
    );
    assert_eq!(of("mail", "application_received").len(), 70);
    // Before the window and after it.
    assert_eq!(of("refused", "applications").len(), 2);
    assert_eq!(of("mail", "seat_offered").len(), 4);
    assert_eq!(of("task", "cadence").len(), 1);
    assert_eq!(of("problem", "").len(), 0);
    let states: Vec<&str> = of("state", "")
        .iter()
        .map(|event| event["what"].as_str().unwrap())
        .collect();
    assert_eq!(
        states,
        [
            "announced",
            "open",
            "reviewing",
            "decided",
            "running",
            "closed"
        ]
    );
    // The same seed plays the same, another one another.
    assert_eq!(rehearse(&["--people", "70", "--seed", "7"]).out, ran.out);
    assert_ne!(rehearse(&["--people", "70", "--seed", "8"]).out, ran.out);
    let left = app
        .count("select count(*) from pg_database where datname like current_database() || '_scratch_%'")
        .await;
    assert_eq!(left, 0);
    assert_eq!(app.count("select count(*) from people").await, 0);

    // What would go wrong is said: a letter that names what the program does not say.
    let broken = filled().replace(
        "ends_on = 2027-07-31",
        "ends_on = 2027-07-31\n[settings.term]\nvalue = \"P4M\"",
    );
    std::fs::write(
        folder.path().join("ready.toml"),
        broken.replace("starts on {starts_on}", "starts on {start}"),
    )
    .unwrap();
    let wrong = rehearse(&["--people", "7"]);
    assert_eq!(wrong.code, Some(1));
    assert!(
        wrong.err.contains("A letter has no variable {start}"),
        "{}",
        wrong.err
    );
    assert_eq!(rehearse(&["--people", "1"]).code, Some(1));
}

/// Each of the six templates, with what its document leaves open filled in, is played to its end.
#[actix_web::test]
async fn every_program_is_rehearsed_in_the_browser() {
    let app = TestApp::at(WINTER).await;
    let lead = app.person("Lea", "UTC", &[Role::Coordinator]).await;
    let browser = app.signed_in(&lead).await;
    let fields = [("template", "palta"), ("slug", "")];
    assert_eq!(
        browser.post("/coordinate/programs", &fields).await.status,
        303
    );
    let path = "/coordinate/programs/palta/rehearsal";
    assert!(
        browser
            .get(path)
            .await
            .body
            .contains("Nobody real hears of it")
    );
    let open = browser.post(path, &[("people", "12"), ("seed", "1")]).await;
    assert_eq!(open.status, 422);
    assert!(
        open.body.contains("cannot be published as it is"),
        "{}",
        open.body
    );
    for slug in ["ectmp", "ieca-mentor-match", "palta", "wsyas", "ctan"] {
        let text = crate::programs::ready(slug);
        let (status, body) = save(&browser, slug, &text).await;
        assert_eq!(status, 303, "{slug} {body}");
        let path = format!("/coordinate/programs/{slug}/rehearsal");
        let played = browser
            .post(&path, &[("people", "14"), ("seed", "3")])
            .await;
        assert_eq!(played.status, 200, "{slug} {}", played.body);
        assert!(
            played.body.contains("Nothing would go wrong."),
            "{slug} {}",
            played.body
        );
    }
    let wrong = browser.post(path, &[("people", "1"), ("seed", "x")]).await;
    assert_eq!(wrong.status, 422);
}

/// Begins a program with a template, and saves a file as its next version.
async fn save(browser: &crate::support::Browser, slug: &str, text: &str) -> (u16, String) {
    let fields = [("template", slug), ("slug", "")];
    browser.post("/coordinate/programs", &fields).await;
    let fields = [("text", text), ("number", "1"), ("action", "save")];
    let saved = browser
        .post(&format!("/coordinate/programs/{slug}"), &fields)
        .await;
    (saved.status, saved.body)
}

/// A template with what its document leaves open.
pub fn ready(name: &str) -> String {
    if name == "ectmp" {
        return filled();
    }
    let template = almanac::programs::file::template::named(name).unwrap();
    let mut text = template
        .replace("zone = \"\"", "zone = \"America/Toronto\"")
        .replace(
            "contacts = []",
            "contacts = [{ channel = \"email\", address = \"team@example.org\" }]",
        )
        .replace("status = \"planned\"", "status = \"confirmed\"")
        .replace("[cohort]\nname = \"\"", "[cohort]\nname = \"2027\"")
        .replace(
            "applications_open = \"\"",
            "applications_open = 2027-01-15T09:00:00",
        )
        .replace(
            "applications_close = \"\"",
            "applications_close = 2027-02-15",
        )
        .replace("results_on = \"\"", "results_on = 2027-03-15T10:00:00")
        .replace("starts_on = \"\"", "starts_on = 2027-04-01")
        .replace("ends_on = \"\"", "ends_on = 2027-05-31");
    while let Some(at) = text.find("text = \"\"") {
        text.replace_range(at..at + 9, "text = \"Here is what you need to know.\"");
    }
    text
}
