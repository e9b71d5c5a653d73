//! A running site is saved at one moment and put back elsewhere, with the program run as its users run it.

use std::{
    path::Path,
    process::{Command, Output},
};

use almanac::db::{
    self,
    private::{Private, Purpose},
};
use diesel::{QueryableByName, RunQueryDsl, connection::SimpleConnection, sql_query, sql_types};

use crate::{prepare, support::TestApp};

const MONDAY: &str = "2026-03-02T08:00:00Z";

fn almanac(database: Option<&str>, data_dir: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_almanac"));
    command
        .args(arguments)
        .env("ALMANAC_DATA_DIR", data_dir)
        .env(
            "ALMANAC_SECRET",
            "the key of all tests, which is long enough",
        )
        .env_remove("DATABASE_URL")
        .current_dir(data_dir);
    if let Some(database) = database {
        command.env("DATABASE_URL", database);
    }
    command.output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[derive(QueryableByName, Debug)]
struct Found {
    #[diesel(sql_type = sql_types::BigInt)]
    bookings: i64,
    #[diesel(sql_type = sql_types::BigInt)]
    half: i64,
    #[diesel(sql_type = sql_types::BigInt)]
    lowest: i64,
}

const FOUND: &str = "select (select count(*) from bookings) as bookings, \
    (select count(*) from bookings b where problem_of_claims(b) is not null \
        or (b.status = 'confirmed' and not exists (select from booking_changes c where c.booking_id = b.id))) as half, \
    (select coalesce(min(sequence), 0) from bookings)::bigint as lowest";

#[actix_web::test]
async fn a_site_under_load_is_saved_whole_and_its_feeds_do_not_go_back() {
    let app = TestApp::at(MONDAY).await;
    let ada = prepare::with_file(&app).await;
    let bea = app.student("Bea").await;
    let (_, booking) = app.book(&bea, &ada, "2026-03-05T09:00:00Z").await;
    let portfolio = b"%PDF-1.4 a portfolio";
    assert_eq!(
        prepare::send(&app, &bea, &booking, "a.pdf", portfolio)
            .await
            .0,
        201
    );
    let url = app.api("GET", "/me/feed", Some(&bea), None).await.1["url"].clone();
    let before = reqwest::get(url.as_str().unwrap()).await.unwrap();
    let before = before.text().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("site.zip");

    // Bookings go on while it is saved.
    let students = futures_util::future::join_all((0..12).map(|n| {
        let app = &app;
        async move { app.student(&format!("Student {n}")).await }
    }))
    .await;
    let load = futures_util::future::join_all(students.iter().enumerate().map(|(n, student)| {
        let (app, ada) = (&app, &ada);
        async move {
            let mut booked = 0;
            for day in 3..7 {
                let start = format!("2026-03-{day:02}T{:02}:{:02}:00Z", 9 + n / 2, 30 * (n % 2));
                booked += usize::from(app.book(student, ada, &start).await.0 == 201);
            }
            booked
        }
    }));
    let (database, data_dir) = (app.database.clone(), app.app.config.data_dir.clone());
    let saving = actix_web::web::block({
        let file = file.clone();
        move || {
            std::thread::sleep(std::time::Duration::from_millis(150));
            almanac(
                Some(&database),
                &data_dir,
                &["backup", file.to_str().unwrap()],
            )
        }
    });
    let (_, saved) = tokio::join!(load, saving);
    let saved = saved.unwrap();
    assert!(saved.status.success(), "{}", text(&saved.stderr));
    assert!(
        text(&saved.stdout).contains("and 1 files as of"),
        "{}",
        text(&saved.stdout)
    );
    use std::os::unix::fs::PermissionsExt;
    assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);

    // Elsewhere: an empty machine with a private database of its own.
    let other = tempfile::tempdir().unwrap();
    std::fs::set_permissions(other.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    let place = other.path().to_owned();
    let name = file.to_str().unwrap().to_owned();
    let found = actix_web::web::block(move || {
        let restore =
            |more: &[&str]| almanac(None, &place, &[&["restore", name.as_str()], more].concat());
        let restored = restore(&[]);
        assert!(restored.status.success(), "{}", text(&restored.stderr));
        // What is there is not written over without being told to.
        let again = restore(&[]);
        assert!(
            text(&again.stderr).contains("--force"),
            "{}",
            text(&again.stderr)
        );
        let forced = restore(&["--force"]);
        assert!(forced.status.success(), "{}", text(&forced.stderr));
        let checked = almanac(None, &place, &["check"]);
        let said = text(&checked.stdout);
        assert!(said.contains("ok    claims"), "{said}");
        assert!(said.contains("ok    free times"), "{said}");
        let uploads: Vec<_> = std::fs::read_dir(place.join("uploads"))
            .unwrap()
            .flatten()
            .collect();
        assert_eq!(uploads.len(), 1);
        assert_eq!(
            std::fs::read(uploads[0].path()).unwrap(),
            b"%PDF-1.4 a portfolio"
        );
        let private = Private::start(&place, Purpose::Command).unwrap();
        let found: Found = sql_query(FOUND)
            .get_result(&mut db::connect(private.url()).unwrap())
            .unwrap();
        found
    })
    .await
    .unwrap();
    assert_eq!(found.half, 0, "{found:?}");
    assert!(found.bookings >= 1 && found.lowest >= 1000, "{found:?}");
    // Twice restored is no more than once.
    assert!(found.lowest < 2000, "{found:?}");
    let highest = |text: &str| {
        let lines = text
            .lines()
            .filter_map(|line| line.strip_prefix("SEQUENCE:"));
        lines
            .map(|n| n.trim().parse::<i64>().unwrap())
            .max()
            .unwrap()
    };
    assert!(found.lowest > highest(&before));
}

#[test]
fn what_is_no_backup_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("x.zip");
    std::fs::write(&file, "no archive").unwrap();
    let refused = almanac(None, folder.path(), &["restore", file.to_str().unwrap()]);
    assert!(
        text(&refused.stderr).contains("is not a backup"),
        "{}",
        text(&refused.stderr)
    );
    let refused = almanac(None, folder.path(), &["backup", file.to_str().unwrap()]);
    assert!(
        text(&refused.stderr).contains("already exists"),
        "{}",
        text(&refused.stderr)
    );
    assert_eq!(std::fs::read(&file).unwrap(), b"no archive");
}

#[actix_web::test]
async fn a_backup_of_an_older_version_is_brought_to_this_one() {
    let app = TestApp::at(MONDAY).await;
    let migrations = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
    let newest = std::fs::read_dir(migrations)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .max()
        .unwrap();
    let down = std::fs::read_to_string(newest.join("down.sql")).unwrap();
    let name = newest.file_name().unwrap().to_str().unwrap();
    let version = name.split('_').next().unwrap().replace('-', "");
    app.sql(move |conn| {
        conn.batch_execute(&down)?;
        conn.batch_execute(&format!(
            "delete from __diesel_schema_migrations where version = '{version}'"
        ))
    })
    .await;
    let database = app.database.clone();
    let (restored, checked) = actix_web::web::block(move || {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("old.zip");
        let name = file.to_str().unwrap();
        let saved = almanac(Some(&database), folder.path(), &["backup", name]);
        assert!(saved.status.success(), "{}", text(&saved.stderr));
        let other = tempfile::tempdir().unwrap();
        let open = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(other.path(), open).unwrap();
        let restored = almanac(None, other.path(), &["restore", name]);
        (restored, almanac(None, other.path(), &["check"]))
    })
    .await
    .unwrap();
    assert!(
        text(&restored.stdout).contains("this version of Almanac: 1\n"),
        "{restored:?}"
    );
    assert!(
        text(&checked.stdout).contains("ok    migrations"),
        "{checked:?}"
    );
}
