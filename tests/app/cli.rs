use std::{
    io::Write,
    process::{Command, Output, Stdio},
};

/// Runs the program in a folder of its own.
fn almanac(folder: &std::path::Path, arguments: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_almanac"))
        .args(arguments)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap())
        .env("ALMANAC_DATA_DIR", folder)
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(input.as_bytes())
        .unwrap();
    child.wait_with_output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    // The database's own user has to be able to enter.
    std::fs::set_permissions(
        folder.path(),
        std::os::unix::fs::PermissionsExt::from_mode(0o755),
    )
    .unwrap();
    folder
}

#[test]
fn slots_answers_each_line_and_bad_ones_with_an_error() {
    let folder = folder();
    let input = concat!(
        r#"{"id":"a","host_tz":"America/Vancouver","weekly":[{"day":4,"start":"09:00","end":"10:00"}],"slot_minutes":60,"increment_minutes":60,"now":"2027-01-01T00:00:00Z","horizon_minutes":100000,"window":{"from":"2027-01-15T00:00:00Z","to":"2027-01-16T00:00:00Z"},"extra":1}"#,
        "\n",
        r#"{"id":2,"host_tz":"UTC","weekly":[{"day":0,"start":"10:00","end":"09:00"}],"slot_minutes":60,"now":"2027-01-01T00:00:00Z","window":{"from":"2027-01-15","to":"2027-01-16"}}"#,
        "\n",
        "junk\n",
    );
    let output = almanac(folder.path(), &["slots"], input);
    let lines: Vec<String> = text(&output.stdout).lines().map(str::to_owned).collect();
    // British Columbia is at UTC-7 all year since 2026.
    assert_eq!(lines[0], r#"{"id":"a","slots":["2027-01-15T16:00:00Z"]}"#);
    assert!(
        lines[1].contains(r#""id":2"#) && lines[1].contains("error"),
        "{}",
        lines[1]
    );
    assert!(lines[2].contains("error"));
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn people_are_imported_all_or_none_and_settings_are_checked() {
    let folder = folder();
    let csv = folder.path().join("people.csv");
    std::fs::write(&csv, "email,name,roles,zone,graduates_on,standing\nada@example.org,Ada,alumnus,Europe/Berlin,,\nnot an address,Bea,student,,,\ncem@example.org,Cem,wizard,Mars/Base,2026-02-30,gone\n").unwrap();
    let import = ["person", "import", csv.to_str().unwrap()];
    let output = almanac(folder.path(), &import, "");
    let errors = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1));
    for word in [
        "line 3, column email: “not an address” is not an address",
        "line 4, column roles: must be",
        "line 4, column zone: is not",
        "line 4, column graduates_on",
        "line 4, column standing: must be",
        "nothing was imported",
    ] {
        assert!(errors.contains(word), "{word} in {errors}");
    }
    let link = almanac(
        folder.path(),
        &["sign-in-link", "--email", "ada@example.org"],
        "",
    );
    assert!(text(&link.stderr).contains("nobody with the address"));
    std::fs::write(&csv, "email,name,roles,zone,graduates_on,standing\nada@example.org,Ada,alumnus coordinator,Europe/Berlin,,\nbea@example.org,Bea,student,,2027-06-30,lapsed\n").unwrap();
    assert!(text(&almanac(folder.path(), &import, "").stdout).contains("2 people imported"));
    std::fs::write(&csv, "email,name,roles\nada@example.org,Ada,alumnus\ncem@example.org,Cem,student\nADA@example.org,Ada,student\n").unwrap();
    let output = almanac(folder.path(), &import, "");
    assert!(text(&output.stderr).contains("line 4, column email: is the same as in line 2"));
    std::fs::write(&csv, "email,name,roles\nada@example.org,Ada,alumnus\nnew@example.org,New,student\nbea@example.org,Bea,student\n").unwrap();
    let preview = ["person", "import", "--preview", csv.to_str().unwrap()];
    for _ in 0..2 {
        let said = text(&almanac(folder.path(), &preview, "").stdout);
        for words in [
            "line 2: ada@example.org: roles: alumnus, coordinator → alumnus\n",
            "line 3: new@example.org is new: New, student\n",
            "1 new, 1 changed, 1 unchanged; this was a preview, nothing was changed",
        ] {
            assert!(said.contains(words), "{words} in {said}");
        }
        assert!(!said.contains("bea@"), "{said}");
    }
    // Somebody has a second account for one mailbox: allowed, and said.
    let another = folder.path().join("another.csv");
    std::fs::write(
        &another,
        "email,name,roles\nbea+too@example.org,Bea,student\n",
    )
    .unwrap();
    let another = ["person", "import", another.to_str().unwrap()];
    let output = almanac(folder.path(), &another, "");
    assert!(output.status.success());
    let note = "note: bea+too@example.org and bea@example.org are one mailbox";
    assert!(text(&output.stderr).contains(note));

    let person = |arguments: &[&str]| {
        let arguments = [&["person"], arguments].concat();
        almanac(folder.path(), &arguments, "")
    };
    let moved = ["change-email", "--email", "bea+too@example.org", "--to"];
    let taken = person(&[&moved[..], &["ada@example.org"]].concat());
    assert!(text(&taken.stderr).contains("ada@example.org already has an account"));
    let moved = person(&[&moved[..], &["bo@example.org"]].concat());
    assert!(
        text(&moved.stdout).contains("is now bo@example.org"),
        "{moved:?}"
    );
    let file = folder.path().join("bo.zip");
    let export = [
        "export",
        "--email",
        "bo@example.org",
        file.to_str().unwrap(),
    ];
    assert!(person(&export).status.success());
    assert!(std::fs::read(&file).unwrap().starts_with(b"PK"));
    // A file that is there already is not written over.
    assert!(text(&person(&export).stderr).contains("exists"));
    let erase = ["erase", "--email", "bo@example.org"];
    assert!(text(&person(&erase).stdout).contains("bo@example.org has been deleted"));
    assert!(text(&person(&erase).stderr).contains("nobody with the address"));
    let said = text(&almanac(folder.path(), &import, "").stdout);
    assert!(
        said.contains("3 people imported: 1 new, 1 changed, 1 unchanged"),
        "{said}"
    );
    let add = [
        "person",
        "add",
        "--email",
        "ada@example.org",
        "--name",
        "Ada",
        "--role",
        "student",
    ];
    let shown = text(&almanac(folder.path(), &add, "").stdout);
    assert!(
        shown.contains("alumnus") && shown.contains("student") && !shown.contains("coordinator"),
        "{shown}"
    );
    let link = almanac(
        folder.path(),
        &["sign-in-link", "--email", "Ada@example.org"],
        "",
    );
    assert!(text(&link.stdout).starts_with("http://127.0.0.1:8080/sign-in/"));
    assert!(
        text(&almanac(folder.path(), &["token", "--email", "ada@example.org"], "").stdout)
            .trim()
            .len()
            == 43
    );
    let check = almanac(folder.path(), &["check"], "");
    assert_eq!(check.status.code(), Some(0), "{}", text(&check.stdout));
    let seed = almanac(
        folder.path(),
        &[
            "seed",
            "--alumni",
            "20",
            "--students",
            "20",
            "--bookings",
            "5",
        ],
        "",
    );
    assert!(
        text(&seed.stdout).contains("20 alumni, 20 students, 100 bookings"),
        "{}",
        text(&seed.stderr)
    );
    assert_eq!(
        almanac(folder.path(), &["person", "add"], "").status.code(),
        Some(2)
    );
}

#[test]
fn an_unknown_setting_stops_the_start() {
    let folder = folder();
    let output = Command::new(env!("CARGO_BIN_EXE_almanac"))
        .arg("check")
        .env("ALMANAC_TYPO", "1")
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("ALMANAC_TYPO: not a setting of Almanac"));
}

#[test]
fn busy_prints_what_the_importer_reads() {
    let folder = folder();
    let ask = |content: &[u8]| {
        let file = folder.path().join("a.ics");
        std::fs::write(&file, content).unwrap();
        let file = file.to_str().unwrap();
        let window = [
            "--from",
            "2027-03-01T00:00:00Z",
            "--until",
            "2027-04-30T00:00:00Z",
        ];
        let arguments = [&["busy", file][..], &window, &["--zone", "Europe/Berlin"]].concat();
        almanac(folder.path(), &arguments, "")
    };
    let event = "BEGIN:VEVENT\nUID:a\nDTSTART;TZID=W. Europe Standard Time:20270326T090000\nDTEND;TZID=W. Europe Standard Time:20270326T100000\nRRULE:FREQ=WEEKLY;COUNT=2\nEND:VEVENT\n";
    let found = ask(
        format!("BEGIN:VCALENDAR\n{event}BEGIN:VEVENT\nEND:VEVENT\nEND:VCALENDAR\n").as_bytes(),
    );
    assert!(found.status.success());
    assert_eq!(
        text(&found.stdout),
        concat!(
            r#"{"busy":[["2027-03-26T08:00:00Z","2027-03-26T09:00:00Z"],["2027-04-02T07:00:00Z","2027-04-02T08:00:00Z"]],"#,
            r#""skipped":[{"reason":"an event without a start is ignored"}]}"#,
            "\n"
        )
    );
    assert_eq!(ask(b"<!doctype html>").status.code(), Some(2));
    assert_eq!(ask(b"").status.code(), Some(2));
    let huge = format!("BEGIN:VCALENDAR\n{}END:VCALENDAR\n", event.repeat(20_001));
    assert_eq!(ask(huge.as_bytes()).status.code(), Some(3));
    assert_eq!(ask(&vec![b'x'; 11 << 20]).status.code(), Some(3));
}

#[test]
fn a_bounce_marks_its_address() {
    let folder = folder();
    let add = |email: &str| {
        let made = [
            "person", "add", "--email", email, "--name", "Bea", "--role", "student",
        ];
        assert!(almanac(folder.path(), &made, "").status.success());
    };
    add("bea@example.org");
    let bounce = "MIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=x\r\n\r\n--x\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mail.example.org\r\n\r\nFinal-Recipient: rfc822; bea@example.org\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\nFinal-Recipient: rfc822; zed@example.org\r\nAction: failed\r\nStatus: 5.1.1\r\n--x--\r\n";
    let said = text(&almanac(folder.path(), &["bounce"], bounce).stdout);
    assert!(said.contains("bea@example.org: bounce noted"), "{said}");
    assert!(
        said.contains("zed@example.org: bounce, but nobody here"),
        "{said}"
    );
    let said = almanac(
        folder.path(),
        &["bounce"],
        "Subject: hello\r\n\r\nhow are you?",
    );
    assert!(said.status.success() && text(&said.stdout).contains("neither a bounce"));
}

#[test]
fn match_prints_the_best_pairs_with_a_proof_and_checks_one() {
    let folder = folder();
    let run = |arguments: &[&str], input: &str| almanac(folder.path(), arguments, input);
    let instance = r#"{"mode":"assign","capacities":[1,2],"scores":[[8,5],[9,null],[null,4],[3,3]],"seats":3,"pins":[[2,1]],"seed":7}"#;
    let output = run(&["match"], instance);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let result: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        result["pairs"],
        serde_json::json!([[0, 1, 5], [1, 0, 9], [2, 1, 4]])
    );
    assert_eq!(
        (&result["total"], &result["optimal"]),
        (&18.into(), &true.into())
    );
    assert_eq!(
        result["unmatched"],
        serde_json::json!([{ "mentee": 3, "reason": "seats_taken" }])
    );
    std::fs::write(folder.path().join("result.json"), &output.stdout).unwrap();
    let checked = run(&["match", "--check", "result.json"], instance);
    assert!(checked.status.success(), "{}", text(&checked.stderr));
    for (number, other) in [
        ("18", "19"),
        ("[1,0,9]", "[3,0,3]"),
        ("\"seat_dual\":", "\"seat_dual\":1"),
    ] {
        let changed = text(&output.stdout).replacen(number, other, 1);
        std::fs::write(folder.path().join("changed.json"), changed).unwrap();
        let refused = run(&["match", "--check", "changed.json"], instance);
        assert_eq!(refused.status.code(), Some(1), "{number}");
    }
    let bad = run(&["match"], &instance.replace("[2,1]", "[2,0]"));
    assert_eq!(bad.status.code(), Some(1));
    assert!(
        text(&bad.stderr).contains("pins[0]"),
        "{}",
        text(&bad.stderr)
    );

    let lists =
        r#"{"mode":"stable","proposers":[[0],[0,1]],"receivers":[[1,0],[1]],"capacities":[1,1]}"#;
    let output = run(&["match"], lists);
    assert_eq!(text(&output.stdout).trim(), r#"{"pairs":[[1,0]]}"#);
    std::fs::write(folder.path().join("stable.json"), &output.stdout).unwrap();
    assert!(
        run(&["match", "--check", "stable.json"], lists)
            .status
            .success()
    );
    std::fs::write(folder.path().join("stable.json"), r#"{"pairs":[[0,0]]}"#).unwrap();
    assert_eq!(
        run(&["match", "--check", "stable.json"], lists)
            .status
            .code(),
        Some(1)
    );
}
