//! Inside a cohort: who is in it, milestones, spaces, prompts and events, in pages, letters and feeds.

use almanac::{people::Role, programs::digest};
use chrono::TimeDelta;

use crate::{
    applications::{apply, decide, id_of, in_winter, publish, release, until, worked},
    programs::filled,
    support::{self, Browser, Somebody, TestApp, invitation},
};

const HOME: &str = "/cohorts/ectmp/2027";
const PLAN: &str = "/coordinate/programs/ectmp/cohorts/2027/activities";

/// A cohort that has begun, with its lead, a mentee, a mentor and somebody who was not selected.
struct Running {
    app: TestApp,
    lead: Somebody,
    mentee: Somebody,
    mentor: Somebody,
    rejected: Somebody,
}

async fn running() -> Running {
    let (app, lead) = in_winter().await;
    app.advance(TimeDelta::days(6));
    let (mentee, mentor) = (app.student("Sam").await, app.alumnus("Ada").await);
    let rejected = app.student("Rex").await;
    let pages = [
        apply(&app, &mentee, "mentee").await,
        apply(&app, &mentor, "mentor").await,
        apply(&app, &rejected, "mentee").await,
    ];
    app.advance(until(&app, "2027-03-15T14:00:00Z"));
    let desk = app.signed_in(&lead).await;
    // Selected, and not told yet: outside.
    decide(&desk, &[id_of(&pages[0]), id_of(&pages[1])], "selected").await;
    decide(&desk, &[id_of(&pages[2])], "not_selected").await;
    assert_eq!(app.signed_in(&mentee).await.get(HOME).await.status, 404);
    assert_eq!(release(&desk, "now").await.status, 303);
    app.advance(until(&app, "2027-04-05T12:00:00Z"));
    Running {
        app,
        lead,
        mentee,
        mentor,
        rejected,
    }
}

/// An event on 12 April at 17:00 in Toronto, for an hour.
fn event<'a>(title: &'a str, role: &'a str) -> [(&'a str, &'a str); 7] {
    [
        ("kind", "event"),
        ("role", role),
        ("title", title),
        ("words", "Bring questions."),
        ("starts", "2027-04-12T17:00"),
        ("minutes", "60"),
        ("location", "https://example.org/meet"),
    ]
}

/// The calendar in the letter with that subject; waits for it.
async fn calendar(app: &TestApp, subject: &str) -> String {
    app.letters_with(&format!("Subject: {subject}"), 1).await;
    let letters = app.post.letters();
    let letter = letters
        .iter()
        .find(|letter| letter.contains(&format!("Subject: {subject}")));
    invitation(letter.expect("it has just been there"))
}

/// The value of a line of a calendar.
fn line(calendar: &str, name: &str) -> String {
    support::line(calendar, name)
        .trim_start_matches(':')
        .to_owned()
}

/// Where the first activity with that title is.
async fn activity(browser: &Browser, title: &str) -> String {
    let home = browser.get(HOME).await.body;
    let before = home.split(&format!(">{title}<")).next().unwrap();
    let link = before.rsplit("href=\"").next().unwrap();
    link.split('"').next().unwrap().to_owned()
}

#[actix_web::test]
async fn a_cohort_is_seen_by_its_members_and_staff_alone() {
    let Running {
        app,
        lead,
        mentee,
        mentor,
        rejected,
    } = running().await;
    let stranger = app.student("Bea").await;
    let other = app.person("Otto", "UTC", &[Role::Coordinator]).await;
    let space = |name: &str| format!("{HOME}/spaces/{name}");
    // Home, and the spaces for all, mentors and mentees.
    for (who, expected) in [
        (&mentee, [200, 200, 404, 200]),
        (&mentor, [200, 200, 200, 404]),
        (&lead, [200, 200, 200, 200]),
        (&rejected, [404; 4]),
        (&stranger, [404; 4]),
        (&other, [404; 4]),
    ] {
        let browser = app.signed_in(who).await;
        let pages = [
            HOME.to_owned(),
            space("all"),
            space("mentors"),
            space("mentees"),
        ];
        for (path, expected) in pages.iter().zip(expected) {
            let status = browser.get(path).await.status;
            assert_eq!(status, expected, "{} {path}", who.person.name);
        }
    }
    let home = app.signed_in(&mentee).await.get(HOME).await.body;
    assert!(home.contains("Ada") && !home.contains("Rex"), "{home}");
}

#[actix_web::test]
async fn milestones_are_per_role_counted_from_the_start_and_stay_done() {
    let Running {
        app, lead, mentee, ..
    } = running().await;
    let browser = app.signed_in(&mentee).await;
    let home = browser.get(HOME).await.body;
    assert!(
        home.contains("Agree on how often you meet") && home.contains("1 May"),
        "{home}"
    );
    let done = [("name", "cadence"), ("done", "yes")];
    let path = format!("{HOME}/milestones");
    assert_eq!(browser.post(&path, &done).await.status, 303);
    assert!(browser.get(HOME).await.body.contains("Undo"));
    assert_eq!(
        browser
            .post(&path, &[("name", "nothing"), ("done", "yes")])
            .await
            .status,
        404
    );
    assert_eq!(
        browser
            .post(&path, &[("name", "cadence"), ("done", "perhaps")])
            .await
            .status,
        400
    );
    // The outline changes, and what is done stays done.
    let later = filled().replacen("after = \"P1M\"", "after = \"P2M\"", 1);
    publish(&app, &later, &lead).await;
    let home = browser.get(HOME).await.body;
    assert!(home.contains("1 Jun") && home.contains("Undo"), "{home}");
    assert_eq!(app.count("select count(*) from milestones_done").await, 1);
}

#[actix_web::test]
async fn members_talk_in_threads_that_others_cannot_reach() {
    let Running {
        app,
        lead,
        mentee,
        mentor,
        ..
    } = running().await;
    let (sam, ada) = (app.signed_in(&mentee).await, app.signed_in(&mentor).await);
    let all = format!("{HOME}/spaces/all");
    let blank = sam.post(&all, &[("title", "Hello"), ("words", " ")]).await;
    assert_eq!(blank.status, 422);
    assert!(blank.body.contains("value=\"Hello\""));
    let words = [
        ("title", "Hello"),
        ("words", "I am <b>Sam</b>."),
        ("announcement", "yes"),
    ];
    let thread = sam.post(&all, &words).await.location;
    let page = ada.get(&thread).await.body;
    assert!(
        page.contains("I am &lt;b&gt;Sam") && !page.contains("Announcement"),
        "{page}"
    );
    assert_eq!(
        ada.post(&thread, &[("words", "Welcome!")]).await.status,
        303
    );
    assert!(sam.get(&thread).await.body.contains("Welcome!"));
    // A thread of the mentors is not there for a mentee, whichever way.
    let theirs = format!("{HOME}/spaces/mentors");
    let hidden = ada
        .post(&theirs, &[("title", "Among us"), ("words", "Hm.")])
        .await
        .location;
    assert_eq!(sam.get(&hidden).await.status, 404);
    assert_eq!(sam.post(&hidden, &[("words", "Me too")]).await.status, 404);
    assert!(!sam.get(HOME).await.body.contains("Among us"));
    // One’s own can be removed, a lead removes anybody’s, and replies stay.
    let remove = format!("{thread}/remove");
    assert_eq!(ada.post(&remove, &[]).await.status, 404);
    let desk = app.signed_in(&lead).await;
    assert_eq!(desk.post(&remove, &[]).await.status, 303);
    let page = sam.get(&thread).await.body;
    assert!(
        page.contains("This post was removed.") && page.contains("Welcome!"),
        "{page}"
    );
    assert!(!page.contains("I am &lt;b&gt;Sam"));
    let news = [
        ("title", "Kick-off"),
        ("words", "Monday."),
        ("announcement", "yes"),
    ];
    let told = desk.post(&all, &news).await.location;
    assert!(sam.get(&told).await.body.contains("Announcement"));
}

#[actix_web::test]
async fn an_event_is_answered_invited_to_moved_cancelled_and_in_the_feed() {
    let Running {
        app,
        lead,
        mentee,
        mentor,
        rejected,
    } = running().await;
    let desk = app.signed_in(&lead).await;
    let wrong = [
        ("kind", "event"),
        ("role", "both"),
        ("title", "x"),
        ("words", ""),
        ("starts", "soon"),
        ("minutes", "5"),
        ("location", ""),
    ];
    let refused = desk.post(PLAN, &wrong).await;
    assert_eq!(refused.status, 422);
    assert!(
        refused.body.contains("must be a date and time"),
        "{}",
        refused.body
    );
    assert_eq!(
        desk.post(PLAN, &event("Kick-off", "both")).await.status,
        303
    );
    assert_eq!(
        desk.post(PLAN, &event("For mentors", "mentor"))
            .await
            .status,
        303
    );
    let mut prompt = event("Write down a goal", "both");
    prompt[0] = ("kind", "prompt");
    assert_eq!(desk.post(PLAN, &prompt).await.status, 303);

    let sam = app.signed_in(&mentee).await;
    let home = sam.get(HOME).await.body;
    assert!(
        home.contains("Kick-off") && !home.contains("For mentors"),
        "{home}"
    );
    assert!(home.contains("A prompt, in your own time"));
    let path = activity(&sam, "Kick-off").await;
    let rsvp = format!("{path}/rsvp");
    let rex = app.signed_in(&rejected).await;
    assert_eq!(rex.post(&rsvp, &[("answer", "yes")]).await.status, 404);
    assert_eq!(sam.post(&rsvp, &[("answer", "sure")]).await.status, 400);
    assert_eq!(sam.post(&rsvp, &[("answer", "yes")]).await.status, 303);
    let invited = calendar(&app, "Event: Kick-off").await;
    assert_eq!(line(&invited, "METHOD"), "REQUEST");
    assert_eq!(line(&invited, "DTSTART"), "20270412T210000Z");
    assert!(
        line(&invited, "ORGANIZER").contains("CN=Almanac"),
        "{invited}"
    );
    let uid = line(&invited, "UID");
    let (_, feed) = app.api("GET", "/me/feed", Some(&mentee), None).await;
    let feed = feed["url"].as_str().unwrap().to_owned();
    let feed = feed[feed.find("/calendar/").unwrap()..].to_owned();
    let read = async || app.visitor().get(&feed).await.body.replace("\r\n ", "");
    assert!(read().await.contains(&uid) && read().await.contains("SUMMARY:Kick-off"));

    // Moved: the same event with a higher SEQUENCE; cancelled: out of the calendar.
    let edit = format!("{PLAN}/{}", path.rsplit('/').next().unwrap());
    let mut other = event("Kick-off", "both");
    other[0] = ("kind", "prompt");
    let refused = desk.post(&edit, &other).await;
    assert_eq!(refused.status, 422);
    assert!(
        refused.body.contains("cannot be changed"),
        "{}",
        refused.body
    );
    let mut later = event("Kick-off", "both");
    later[4] = ("starts", "2027-04-13T17:00");
    assert_eq!(desk.post(&edit, &later).await.status, 303);
    let moved = calendar(&app, "Changed: Kick-off").await;
    assert_eq!(
        (line(&moved, "UID"), line(&moved, "SEQUENCE")),
        (uid.clone(), "1".into())
    );
    assert!(read().await.contains("DTSTART:20270413T210000Z"));
    assert_eq!(desk.post(&format!("{edit}/cancel"), &[]).await.status, 303);
    let off = calendar(&app, "Cancelled: Kick-off").await;
    assert_eq!(
        (line(&off, "METHOD"), line(&off, "UID")),
        ("CANCEL".into(), uid)
    );
    assert!(read().await.contains("STATUS:CANCELLED"));
    assert_eq!(sam.post(&rsvp, &[("answer", "no")]).await.status, 409);

    // Who came is noted afterwards.
    let ada = app.signed_in(&mentor).await;
    let path = activity(&ada, "For mentors").await;
    assert_eq!(
        ada.post(&format!("{path}/rsvp"), &[("answer", "maybe")])
            .await
            .status,
        303
    );
    app.advance(TimeDelta::days(8));
    assert_eq!(
        ada.post(&format!("{path}/rsvp"), &[("answer", "no")])
            .await
            .status,
        409
    );
    let desk = app.signed_in(&lead).await;
    let edit = format!("{PLAN}/{}", path.rsplit('/').next().unwrap());
    let here = mentor.person.id.to_string();
    assert_eq!(
        desk.post(&format!("{edit}/attendance"), &[("present", &here)])
            .await
            .status,
        303
    );
    assert_eq!(
        app.count("select count(*) from attendances where attended")
            .await,
        1
    );
    worked(&app).await;
}

/// What is new comes in one letter a day, in the morning of whoever reads it, to those whom it concerns.
#[actix_web::test]
async fn what_is_new_comes_once_a_day() {
    let on = running().await;
    let app = &on.app;
    // How often somebody was told so far: each morning queues a letter, which is gone once it is sent.
    let told = |count: usize| app.letters_with("New in ECT Mentorship Program 2027", count);
    let tell = || app.act(digest::tell::tell);
    let (lea, sam) = (
        app.signed_in(&on.lead).await,
        app.signed_in(&on.mentee).await,
    );
    let news = [
        ("title", "Kick-off"),
        ("words", "We begin on Monday at nine."),
        ("announcement", "yes"),
    ];
    assert_eq!(
        lea.post(&format!("{HOME}/spaces/all"), &news).await.status,
        303
    );
    let secret = [("title", "Among us"), ("words", "Only mentees read this.")];
    assert_eq!(
        sam.post(&format!("{HOME}/spaces/mentees"), &secret)
            .await
            .status,
        303
    );
    assert_eq!(
        lea.post(PLAN, &event("First talk", "mentor")).await.status,
        303
    );

    // Before eight in the morning of whoever reads it nothing comes.
    app.advance(until(app, "2027-04-06T05:30:00Z"));
    tell().await;
    assert_eq!(told(0).await.len(), 0);
    // Eight in Berlin, and then in Toronto.
    app.advance(until(app, "2027-04-06T06:05:00Z"));
    tell().await;
    assert_eq!(told(1).await.len(), 1);
    app.advance(until(app, "2027-04-06T12:05:00Z"));
    futures_util::future::join_all([tell(), tell(), tell()]).await;
    let letters = told(2).await;
    assert_eq!(letters.len(), 2, "the two who are in, once each");
    let to = |name: &str| {
        let found = letters
            .iter()
            .find(|letter| letter.contains(&format!("{name}@example.org")));
        support::unquoted(found.expect("a letter"))
    };
    for letter in [to("sam"), to("ada")] {
        assert!(letter.contains("We begin on Monday at nine."), "{letter}");
        assert!(!letter.contains("Only mentees read this."), "{letter}");
    }
    assert!(to("ada").contains("First talk") && !to("ada").contains("Among us"));
    assert!(
        !to("sam").contains("First talk"),
        "one hears nothing of one's own words, or of what is for others"
    );

    // The same day nothing more; the next day what came since.
    let ada = app.signed_in(&on.mentor).await;
    let more = [("title", "A question"), ("words", "Who brings the cake?")];
    assert_eq!(
        ada.post(&format!("{HOME}/spaces/all"), &more).await.status,
        303
    );
    app.advance(TimeDelta::hours(2));
    tell().await;
    assert_eq!(told(2).await.len(), 2);
    app.advance(TimeDelta::days(1));
    tell().await;
    assert_eq!(told(3).await.len(), 3, "the author hears nothing of it");

    // Whoever wants none gets none.
    let sam = app.signed_in(&on.mentee).await;
    assert_eq!(
        sam.post(&format!("{HOME}/digest"), &[("digest", "off")])
            .await
            .status,
        303
    );
    assert!(sam.get(HOME).await.body.contains("Email me what is new"));
    assert_eq!(
        lea.post(&format!("{HOME}/spaces/all"), &news).await.status,
        303
    );
    app.advance(TimeDelta::days(1));
    tell().await;
    assert_eq!(told(4).await.len(), 4, "Ada alone");
}
