//! What everybody may say about themselves.

use diesel::connection::SimpleConnection;

use crate::{life::with_approval, support::TestApp};

const MONDAY: &str = "2026-03-02T08:00:00Z";

#[actix_web::test]
async fn who_reads_twelve_hours_is_shown_them_on_pages_and_in_letters() {
    let app = TestApp::at(MONDAY).await;
    let (ada, bea) = (app.alumnus("Ada").await, app.student("Bea").await);
    let own = app.signed_in(&bea).await;
    let settings = |clock| [("name", "Bea"), ("zone", "Europe/London"), ("clock", clock)];
    let wrong = own.post("/me/settings", &settings("13")).await;
    assert_eq!(wrong.status, 422);
    assert!(wrong.body.contains("must be 12 or 24"), "{}", wrong.body);
    assert_eq!(own.post("/me/settings", &settings("12")).await.status, 303);
    let again = own.get("/me/settings").await.body;
    assert!(
        again.contains("<option value=\"12\" selected>2:30 pm</option>"),
        "{again}"
    );

    let is_in_halves = |page: &str| {
        // Her own time and the host's, who is an hour ahead.
        page.contains("1:00\u{a0}pm")
            && page.contains("2:00\u{a0}pm")
            && [">14:00", ", 14:00"]
                .iter()
                .all(|time| !page.contains(time))
    };
    let calendar = own.get("/alumni/ada/resume").await.body;
    assert!(is_in_halves(&calendar), "{calendar}");
    assert!(!calendar.contains(">14<i>"), "{calendar}");
    let (_, booking) = app.book(&bea, &ada, "2026-03-05T13:00:00Z").await;
    let page = format!("/bookings/{}", booking["id"].as_str().unwrap());
    let page = own.get(&page).await.body;
    assert!(is_in_halves(&page), "{page}");
    let dashboard = own.get("/me").await.body;
    assert!(
        dashboard.contains("1:00\u{a0}pm to 1:30\u{a0}pm"),
        "{dashboard}"
    );
    let letters = app.letters_with("1:00\u{a0}pm to 1:30\u{a0}pm", 1).await;
    assert!(is_in_halves(&letters[0]), "{}", letters[0]);
    // The host reads what they always did.
    app.letters_with("14:00 to 14:30", 1).await;
}

fn png() -> Vec<u8> {
    let mut png = std::io::Cursor::new(Vec::new());
    image::DynamicImage::new_rgb8(80, 60)
        .write_to(&mut png, image::ImageFormat::Png)
        .unwrap();
    png.into_inner()
}

#[actix_web::test]
async fn what_students_show_of_themselves_is_seen_by_their_hosts_alone() {
    let app = TestApp::at(MONDAY).await;
    let (ada, bea) = (with_approval(&app).await, app.student("Bea").await);
    let own = app.signed_in(&bea).await;
    let fields = |links| [("programme", "MA Learning Design"), ("links", links)];
    let five = own
        .post(
            "/me/introduction",
            &fields("a.example.org\nb.example.org\nc.example.org\nd.example.org\ne.example.org"),
        )
        .await;
    assert_eq!(five.status, 422);
    assert!(five.body.contains("can have at most four entries"));
    assert!(five.body.contains("value=\"MA Learning Design\""));
    let saved = own
        .post("/me/introduction", &fields("portfolio.example.org/bea"))
        .await;
    assert_eq!(saved.status, 303);
    let send = async |bytes: &[u8]| own.upload("/me/introduction/photo", "a.png", bytes).await;
    assert_eq!(send(b"<svg onload=alert(1)>").await.status, 422);
    assert_eq!(send(&png()).await.status, 303);
    for page in [
        "introduction",
        "email",
        "data",
        "tokens",
        "second-factor",
        "webhooks",
    ] {
        let page = own.get(&format!("/me/{page}")).await.body;
        let here = "<a href=\"/me/settings\" aria-current=\"page\">Settings";
        assert!(page.contains(here), "{page}");
    }
    assert_eq!(own.get("/me/introduction/photo.jpg").await.status, 200);

    let (_, request) = app.book(&bea, &ada, "2026-03-05T09:00:00Z").await;
    let page = format!("/bookings/{}", request["id"].as_str().unwrap());
    let photo = format!("{page}/guest.jpg");
    let host = app.signed_in(&ada).await;
    for shown in ["/me", &page, &format!("{page}/answer")] {
        let body = host.get(shown).await.body;
        assert!(body.contains("MA Learning Design"), "{shown}: {body}");
        assert!(body.contains("href=\"https://portfolio.example.org/bea\""));
        // By the link in an email nobody is signed in, so that page has none.
        assert_eq!(
            body.contains(&photo),
            !shown.ends_with("/answer"),
            "{shown}"
        );
    }
    assert_eq!(host.get(&photo).await.status, 200);
    let eve = app.signed_in(&app.student("Eve").await).await;
    for other in [&own, &eve] {
        assert_eq!(other.get(&photo).await.status, 404);
        assert!(!other.get(&page).await.body.contains("MA Learning Design"));
    }
}

#[actix_web::test]
async fn a_photo_for_hosts_is_on_no_profile() {
    let app = TestApp::at(MONDAY).await;
    let bea = app.student("Bea").await;
    let own = app.signed_in(&bea).await;
    let png = png();
    let sent = own.upload("/me/introduction/photo", "a.png", &png).await;
    assert_eq!(sent.status, 303);
    // Bea becomes an alumna: what she showed to her hosts is not for everybody.
    let becomes = "update people set roles = '{student,alumnus}' where email = 'bea@example.org'; \
         insert into profiles (person_id, handle) select id, 'bea' from people where email = 'bea@example.org' \
         on conflict do nothing";
    app.sql(move |conn| conn.batch_execute(becomes)).await;
    let public = "/alumni/bea/photo.jpg";
    assert_eq!(app.visitor().get(public).await.status, 404);
    // From then on there is one photo, which is changed on the profile.
    let page = own.get("/me/introduction").await.body;
    assert!(page.contains("The photo on your profile"), "{page}");
    assert!(!page.contains("type=\"file\""), "{page}");
    let refused = own.upload("/me/introduction/photo", "a.png", &png).await;
    assert_eq!(refused.status, 403);
    let refused = own.post("/me/introduction/photo/remove", &[]).await;
    assert_eq!(refused.status, 403);
    let sent = own.upload("/me/profile/photo", "a.png", &png).await;
    assert_eq!(sent.status, 303);
    assert_eq!(app.visitor().get(public).await.status, 200);
    // Whoever is no alumna any more has a photo for hosts again.
    let leaves = "update people set roles = '{student}' where email = 'bea@example.org'";
    app.sql(move |conn| conn.batch_execute(leaves)).await;
    assert_eq!(app.visitor().get(public).await.status, 404);
}
