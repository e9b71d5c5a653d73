//! Files that answer questions of applications: how they come in, who gets them, when they go.

use almanac::programs::{
    application::attachment::attach::outdated,
    staff::{self, StaffRole},
    store,
};

use crate::{
    applications::{TABLE, WINTER, id_of, publish, typed, until},
    programs::filled,
    support::{TestApp, between},
};

const APPLY: &str = "/programs/ectmp/apply";
const PDF: &[u8] = b"%PDF-1.7 a resume";

/// The form of ECTMP with a question for a file, which coordinators read.
fn with_a_file() -> String {
    let question = "\n[[field]]\nname = \"resume\"\nlabel = \"Your resume\"\nrole = \"both\"\nkind = \"file\"\n\
         required = true\nreaders = [\"coordinators\"]\n";
    filled() + question
}

#[actix_web::test]
async fn a_resume_comes_with_an_application_and_is_read_by_those_who_may() {
    let app = TestApp::at(WINTER).await;
    let lead = app.alumnus("Lea").await;
    publish(&app, &with_a_file(), &lead).await;
    app.advance(until(&app, "2027-01-20T14:00:00Z"));
    let (student, reviewer) = (app.student("Sam").await, app.alumnus("Rex").await);
    let sam = app.signed_in(&student).await;
    let form = sam.get(&format!("{APPLY}?role=mentee")).await.body;
    assert!(form.contains("type=\"file\"") && form.contains("PDF, DOCX, PNG or JPEG"));

    // What is no document is refused in words, and nothing else is lost.
    let fields = typed("mentee", "submit");
    let wrong = [("f-resume", "resume.pdf", &b"<html>"[..])];
    let refused = sam.upload_with(APPLY, &fields, &wrong).await;
    assert_eq!(refused.status, 422);
    assert!(
        refused.body.contains("must be a PDF, DOCX, PNG or JPEG"),
        "{}",
        refused.body
    );
    assert!(refused.body.contains("To find my way."));
    let missing = sam.post(APPLY, &fields).await;
    assert_eq!(missing.status, 422, "the resume is required");

    // A browser sends it by itself once it is chosen; then the form need not bring it again.
    let chosen = [("f-resume", "../My Resume.pdf", PDF)];
    let by_itself = [("role", "mentee"), ("action", "autosave")];
    let attached = sam.upload_with(APPLY, &by_itself, &chosen).await;
    assert_eq!(attached.status, 200, "{}", attached.body);
    assert!(attached.body.contains("My Resume.pdf"), "{}", attached.body);
    let form = sam.get(&format!("{APPLY}?role=mentee")).await.body;
    assert!(
        form.contains("Attached: ") && form.contains("1 of 5 required questions answered"),
        "{form}"
    );
    let sent = sam.post(APPLY, &fields).await;
    assert_eq!(sent.status, 303, "{}", sent.body);

    let id = id_of(&sent.location).to_owned();
    let page = sam.get(&sent.location).await.body;
    let file = between(&page, &format!("/applications/{id}/files/"), "\"")
        .expect("a link")
        .to_owned();
    let own = sam.get(&format!("/applications/{id}/files/{file}")).await;
    assert_eq!((own.status, own.body.as_bytes()), (200, PDF));
    let disposition = own.headers["content-disposition"].to_str().unwrap();
    assert!(disposition.contains("My Resume.pdf"), "{disposition}");

    // Coordinators of the program read it, reviewers do not: the question does not say so. Nor does anybody else.
    let rex = reviewer.person.id;
    app.act(move |tx| {
        let program = store::program(tx, "ectmp")?.expect("it is there");
        let now = tx.now()?;
        staff::store::put(tx, program.id, rex, StaffRole::Reviewer, now)
    })
    .await;
    let for_staff = format!("{TABLE}/{id}/files/{file}");
    assert_eq!(
        app.signed_in(&lead)
            .await
            .get(&for_staff)
            .await
            .body
            .as_bytes(),
        PDF
    );
    assert!(
        app.signed_in(&lead)
            .await
            .get(&format!("{TABLE}/{id}"))
            .await
            .body
            .contains(&for_staff)
    );
    let rex = app.signed_in(&reviewer).await;
    assert_eq!(rex.get(&for_staff).await.status, 404);
    assert_eq!(
        rex.get(&format!("/applications/{id}/files/{file}"))
            .await
            .status,
        404
    );
    let csv = app
        .signed_in(&lead)
        .await
        .get("/coordinate/programs/ectmp/cohorts/2027/applications.csv")
        .await;
    assert!(csv.body.contains("My Resume.pdf"), "{}", csv.body);
}

/// A file that took the place of another one counts; the other one is kept for a day, as one that came with a form that
/// could not be sent.
#[actix_web::test]
async fn the_file_that_the_answer_names_stays_and_the_others_go() {
    let app = TestApp::at(WINTER).await;
    let lead = app.alumnus("Lea").await;
    publish(&app, &with_a_file(), &lead).await;
    app.advance(until(&app, "2027-01-20T14:00:00Z"));
    let student = app.student("Sam").await;
    let sam = app.signed_in(&student).await;
    let fields = typed("mentee", "submit");
    let resume = |name| [("f-resume", name, PDF)];
    let sent = sam.upload_with(APPLY, &fields, &resume("one.pdf")).await;
    assert_eq!(sent.status, 303, "{}", sent.body);

    // A change that cannot be sent yet keeps the file that came with it.
    let mut early = fields.clone();
    early.retain(|(name, _)| *name != "f-goals");
    let refused = sam.upload_with(APPLY, &early, &resume("two.pdf")).await;
    assert_eq!(refused.status, 422);
    assert!(refused.body.contains("two.pdf"), "{}", refused.body);
    let kept = between(&refused.body, "name=\"kept-resume\" value=\"", "\"")
        .expect("its id")
        .to_owned();
    let mut whole = fields.clone();
    whole.push(("kept-resume", &kept));
    assert_eq!(sam.post(APPLY, &whole).await.status, 303);
    assert!(sam.get(&sent.location).await.body.contains("two.pdf"));

    assert_eq!(gone(&app).await, 0);
    app.advance(chrono::TimeDelta::days(2));
    assert_eq!(gone(&app).await, 1);
    let zip = sam.get("/me/data").await;
    assert_eq!(zip.status, 200);

    // A form that names a file of somebody else attaches nothing.
    let other = app.signed_in(&app.student("Olga").await).await;
    let stolen = other.post(APPLY, &whole).await;
    assert_eq!(stolen.status, 422, "the resume is still missing");
}

/// How many files have to go.
async fn gone(app: &TestApp) -> usize {
    let now = app.now();
    app.act(move |tx| outdated(tx, now)).await.len()
}
