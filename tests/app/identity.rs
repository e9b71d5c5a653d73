//! The site under a name, a colour and a logo of its own.

use std::io::Cursor;

use almanac::people::Role;

use crate::support::{TestApp, between};

const MONDAY: &str = "2026-03-02T08:00:00Z";

#[actix_web::test]
async fn pages_letters_and_calendars_carry_the_name_and_look_an_administrator_gives() {
    let app = TestApp::at(MONDAY).await;
    let (ada, bea) = (app.alumnus("Ada").await, app.student("Bea").await);
    let admin = app.person("Ida", "Europe/Berlin", &[Role::Admin]).await;
    let own = app.signed_in(&admin).await;
    let fields = |name, accent, contact| {
        [
            ("name", name),
            ("accent", accent),
            ("contact", contact),
            ("privacy", ""),
        ]
    };
    // A colour that nobody could read is refused, and what was typed stays.
    let bright = fields("Career Office", "#ffd400", "careers@example.org");
    let refused = own.post("/admin/identity", &bright).await;
    assert_eq!(refused.status, 422);
    assert!(refused.body.contains("too light to read") && refused.body.contains("#ffd400"));
    assert!(
        app.visitor()
            .get("/alumni")
            .await
            .body
            .contains(" · Almanac</title>")
    );

    let fine = fields("Career Office", "#1b3a8c", "careers@example.org");
    assert_eq!(own.post("/admin/identity", &fine).await.status, 303);
    let page = app.visitor().get("/alumni").await.body;
    assert!(page.contains(" · Career Office</title>"), "{page}");
    assert!(page.contains("careers@example.org"));
    let style = between(&page, "rel=\"stylesheet\" href=\"", "\"").unwrap();
    let styles = app.visitor().get(style).await;
    assert!(styles.body.contains("light-dark(#1b3a8c"), "{style}");

    let mut logo = Cursor::new(Vec::new());
    image::RgbImage::new(1000, 200)
        .write_to(&mut logo, image::ImageFormat::Png)
        .unwrap();
    let no_picture = own
        .upload("/admin/identity/logo", "logo.svg", b"<svg/>")
        .await;
    assert_eq!(no_picture.status, 422);
    let uploaded = own
        .upload("/admin/identity/logo", "logo.png", logo.get_ref())
        .await;
    assert_eq!(uploaded.status, 303);
    let page = app.visitor().get("/alumni").await.body;
    let path = format!("/logo/{}", between(&page, "src=\"/logo/", "\"").unwrap());
    let shown = app
        .visitor()
        .http
        .get(format!("{}{path}", app.origin))
        .send()
        .await
        .unwrap();
    let picture = image::load_from_memory(&shown.bytes().await.unwrap()).unwrap();
    assert_eq!((picture.width(), picture.height()), (480, 96));

    let (_, booking) = app.book(&bea, &ada, "2026-03-05T09:00:00Z").await;
    let letters = app.letters_with("Booked for", 2).await;
    assert!(
        letters
            .iter()
            .all(|letter| letter.contains("Career Office")),
        "{letters:?}"
    );
    let event = format!("/bookings/{}/invite.ics", booking["id"].as_str().unwrap());
    let event = app.signed_in(&bea).await.get(&event).await.body;
    assert!(
        event.contains("SUMMARY:Resume review with Ada (Career Office)"),
        "{event}"
    );
    let asked = [("email", bea.person.email.as_str()), ("next", "/me")];
    assert!(app.visitor().post("/sign-in", &asked).await.status < 400);
    let mail = app.letters_with("Sign in to Career Office", 1).await;
    assert!(!mail[0].contains("Almanac"), "{}", mail[0]);
    let about = app.visitor().get("/about").await.body;
    assert!(!about.contains("Almanac"), "{about}");
    // Another server beside this one says the same before long.
    let other = app.twin().await;
    other.app.refresh_brand().await.unwrap();
    assert_eq!(other.app.brand().identity, app.app.brand().identity);
    let changes = "select count(*) from audit_log where action = 'settings_changed'";
    assert_eq!(app.count(changes).await, 2);
    assert_eq!(
        own.post("/admin/identity/logo/remove", &[]).await.status,
        303
    );
    assert!(!app.visitor().get("/alumni").await.body.contains("/logo/"));
}
