//! What everybody may say about themselves.

use crate::support::TestApp;

const MONDAY: &str = "2026-03-02T08:00:00Z";

#[actix_web::test]
async fn who_reads_twelve_hours_is_shown_them_on_pages_and_in_letters() {
    let app = TestApp::at(MONDAY).await;
    let (ada, bea) = (app.alumnus("Ada").await, app.student("Bea").await);
    let own = app.signed_in(&bea).await;
    let settings = |clock| [("name", "Bea"), ("zone", "Europe/Berlin"), ("clock", clock)];
    let wrong = own.post("/me/settings", &settings("13")).await;
    assert_eq!(wrong.status, 422);
    assert!(wrong.body.contains("must be 12 or 24"), "{}", wrong.body);
    assert_eq!(own.post("/me/settings", &settings("12")).await.status, 303);
    let again = own.get("/me/settings").await.body;
    assert!(
        again.contains("<option value=\"12\" selected>2:30 pm</option>"),
        "{again}"
    );

    let calendar = own.get("/alumni/ada/resume").await.body;
    assert!(calendar.contains("2:00\u{a0}pm"), "{calendar}");
    assert!(
        !calendar.contains(">14:00<") && !calendar.contains(">14<i>"),
        "{calendar}"
    );
    app.book(&bea, &ada, "2026-03-05T13:00:00Z").await;
    let dashboard = own.get("/me").await.body;
    assert!(
        dashboard.contains("2:00\u{a0}pm to 2:30\u{a0}pm"),
        "{dashboard}"
    );
    app.letters_with("2:00\u{a0}pm to 2:30\u{a0}pm", 1).await;
    // The host reads what they always did.
    app.letters_with("14:00 to 14:30", 1).await;
}
