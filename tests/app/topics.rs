//! The catalogue of topics and skills: one list for profiles and for the forms of programs.

use almanac::people::Role;

use crate::{
    applications::{WINTER, publish, typed, until},
    programs::filled,
    support::{Browser, TestApp},
};

const LIST: &str = "/coordinate/topics";

async fn topics(app: &TestApp, of: &str) -> String {
    let (_, profile) = app.api("GET", &format!("/alumni/{of}"), None, None).await;
    profile["topics"].to_string()
}

async fn list(browser: &Browser, topics: &str) {
    let saved = browser.post("/me/profile", &[("topics", topics)]).await;
    assert_eq!(saved.status, 303, "{}", saved.body);
}

#[actix_web::test]
async fn topics_are_added_renamed_and_merged_without_loss() {
    let app = TestApp::at("2026-03-02T08:00:00Z").await;
    let (ada, ben) = (app.alumnus("Ada").await, app.alumnus("Ben").await);
    let lea = app.person("Lea", "UTC", &[Role::Coordinator]).await;
    let (a, b, lea) = (
        app.signed_in(&ada).await,
        app.signed_in(&ben).await,
        app.signed_in(&lea).await,
    );
    list(&a, "ux design, Rust").await;
    list(&b, "User experience, Teaching").await;
    let page = lea.get(LIST).await.body;
    assert!(
        page.contains("ux design") && page.contains("User experience"),
        "{page}"
    );

    // With an empty list there is nothing to merge into, and a page that says what can be done instead.
    assert!(!page.contains(">Merge<"), "{page}");
    let word = lea.get(&format!("{LIST}/edit?topic=Teaching")).await.body;
    assert!(
        word.contains("Add it to the list") && !word.contains("<h2>Merge"),
        "{word}"
    );
    assert_eq!(lea.post(LIST, &[("topic", "UX design")]).await.status, 303);
    assert_eq!(
        topics(&app, "ada").await,
        r#"["UX design","Rust"]"#,
        "as it is written in the catalogue"
    );
    let twice = lea.post(LIST, &[("topic", "ux DESIGN")]).await;
    assert_eq!(twice.status, 422);
    assert!(
        twice.body.contains("already in the catalogue"),
        "{}",
        twice.body
    );
    assert_eq!(lea.post(LIST, &[("topic", "a, b")]).await.status, 422);

    let renamed = [("topic", "UX design"), ("name", "Experience design")];
    assert_eq!(
        lea.post(&format!("{LIST}/rename"), &renamed).await.status,
        303
    );
    assert_eq!(topics(&app, "ada").await, r#"["Experience design","Rust"]"#);
    let merged = [("topic", "User experience"), ("into", "Experience design")];
    assert_eq!(
        lea.post(&format!("{LIST}/merge"), &merged).await.status,
        303
    );
    assert_eq!(
        topics(&app, "ben").await,
        r#"["Experience design","Teaching"]"#
    );
    let itself = [
        ("topic", "Experience design"),
        ("into", "Experience design"),
    ];
    assert_eq!(
        lea.post(&format!("{LIST}/merge"), &itself).await.status,
        422
    );
    // Whoever types an old word means the new one, and lists it once.
    list(&b, "UX Design, user experience, Teaching").await;
    assert_eq!(
        topics(&app, "ben").await,
        r#"["Experience design","Teaching"]"#
    );
    let page = lea.get(LIST).await.body;
    assert!(
        page.contains("on 2 profiles") && page.contains("user experience, ux design"),
        "{page}"
    );
    assert_eq!(a.get(LIST).await.status, 403);
}

#[actix_web::test]
async fn forms_propose_the_skills_of_the_catalogue() {
    let app = TestApp::at(WINTER).await;
    let lead = app.person("Lea", "UTC", &[Role::Coordinator]).await;
    let question = "\n[[field]]\nname = \"skills\"\nlabel = \"What do you want to learn?\"\nrole = \"both\"\n\
         kind = \"skills_wanted\"\nreaders = [\"coordinators\", \"match\"]\n";
    publish(&app, &(filled() + question), &lead).await;
    app.advance(until(&app, "2027-01-20T14:00:00Z"));
    let lea = app.signed_in(&lead).await;
    for topic in ["Data analysis", "Public speaking"] {
        assert_eq!(lea.post(LIST, &[("topic", topic)]).await.status, 303);
    }
    let renamed = [("topic", "Public speaking"), ("name", "Presenting")];
    assert_eq!(
        lea.post(&format!("{LIST}/rename"), &renamed).await.status,
        303
    );
    let sam = app.signed_in(&app.student("Sam").await).await;
    let form = sam.get("/programs/ectmp/apply?role=mentee").await.body;
    assert!(
        form.contains("value=\"Data analysis\"") && form.contains("value=\"Presenting\""),
        "{form}"
    );
    let mut fields = typed("mentee", "submit");
    fields.extend([
        ("f-skills", "Data analysis"),
        ("f-skills", "public speaking, data ANALYSIS, Sewing"),
    ]);
    let sent = sam.post("/programs/ectmp/apply", &fields).await;
    assert_eq!(sent.status, 303, "{}", sent.body);
    let page = sam.get(&sent.location).await.body;
    assert!(page.contains("Data analysis, Presenting, Sewing"), "{page}");
}

/// What a stale page asks for loses no topic, and a word that nobody uses is none.
#[actix_web::test]
async fn a_word_that_is_another_one_by_now_takes_no_topic_along() {
    let app = TestApp::at("2026-03-02T08:00:00Z").await;
    let ada = app.alumnus("Ada").await;
    list(&app.signed_in(&ada).await, "ml, İstanbul").await;
    let lea = app.person("Lea", "UTC", &[Role::Coordinator]).await;
    let lea = app.signed_in(&lea).await;
    for topic in ["Machine learning", "Data", "İstanbul"] {
        assert_eq!(lea.post(LIST, &[("topic", topic)]).await.status, 303);
    }
    let merge = async |word: &str, into: &str| {
        let fields = [("topic", word), ("into", into)];
        lea.post(&format!("{LIST}/merge"), &fields).await.status
    };
    assert_eq!(merge("ml", "Machine learning").await, 303);
    assert_eq!(merge("ml", "Data").await, 422, "it means something already");
    assert_eq!(merge("", "Data").await, 404);
    assert_eq!(merge("nobody’s", "Data").await, 404);
    assert_eq!(
        topics(&app, "ada").await,
        r#"["Machine learning","İstanbul"]"#
    );
    let renamed = [("topic", "İstanbul"), ("name", "Istanbul")];
    assert_eq!(
        lea.post(&format!("{LIST}/rename"), &renamed).await.status,
        303
    );
    assert_eq!(lea.post(LIST, &[("topic", "İSTANBUL")]).await.status, 422);
}
