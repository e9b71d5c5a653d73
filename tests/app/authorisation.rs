//! Every route, asked by everybody: who may, who is sent to sign in, who hears no, and who is told nothing.

use std::collections::HashSet;

use almanac::{
    db::{ApiTokenId, PersonId, ServiceId, schema::services},
    keys,
    people::{
        self, Role, Roles, Standing,
        coordinate::place,
        rules::Placement,
        token::{self, ApiToken},
    },
};
use diesel::{QueryDsl, RunQueryDsl, connection::SimpleConnection};

use crate::support::{Somebody, TestApp, connect};

/// A program with a milestone and a space.
const LED: &str = "[program]
[settings.spaces]
value = [\"all\"]
[[milestone]]
name = \"first\"
role = \"both\"
after = \"P1M\"
words = \"Meet.\"
[[field]]
name = \"cv\"
label = \"Your resume\"
role = \"both\"
kind = \"file\"
readers = [\"coordinators\"]
";
const MONDAY: &str = "2026-03-02T08:00:00Z";

/// Who may use a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Who {
    /// Also who is not signed in.
    Everyone,
    /// Whoever has proved an address.
    Proved,
    /// Whoever has proved an address and has no account.
    Newcomer,
    /// Whoever is signed in, lapsed or not.
    Member,
    /// Students, lapsed or not.
    Student,
    /// Students who are not lapsed.
    Guest,
    /// Alumni, lapsed or not: it is their own.
    Alumnus,
    Coordinator,
    /// Coordinators, and Ada, who leads a program.
    Keeper,
    Admin,
    /// The two of the session that it names.
    Party,
    /// Ada alone, whose it is.
    Ada,
    /// Sam alone, whose it is.
    Sam,
}

use Who::{
    Ada, Admin, Alumnus, Coordinator, Everyone, Guest, Keeper, Member, Newcomer, Party, Proved,
    Sam, Student,
};

/// All there are; one that is added to the sources has to be added here.
const ROUTES: [(Who, &str); 301] = [
    (Everyone, "GET /"),
    (Everyone, "GET /.well-known/security.txt"),
    (Everyone, "GET /about"),
    (Admin, "GET /admin/audit"),
    (Admin, "GET /admin/mail"),
    (Admin, "GET /admin/identity"),
    (Admin, "POST /admin/identity"),
    (Admin, "POST /admin/identity/logo"),
    (Admin, "POST /admin/identity/logo/remove"),
    (Admin, "POST /admin/mail/{id}"),
    (Everyone, "GET /alumni"),
    (Everyone, "GET /alumni/{handle}"),
    (Everyone, "GET /alumni/{handle}/open-times.ics"),
    (Everyone, "GET /alumni/{handle}/photo.jpg"),
    (Everyone, "GET /alumni/{handle}/{service}"),
    (Everyone, "GET /api/openapi.json"),
    (Everyone, "GET /api/v1/alumni"),
    (Everyone, "GET /api/v1/alumni/{handle}"),
    (
        Everyone,
        "GET /api/v1/alumni/{handle}/services/{service}/slots",
    ),
    (Member, "GET /api/v1/bookings"),
    (Guest, "POST /api/v1/bookings"),
    (Party, "GET /api/v1/bookings/{id}"),
    (Party, "PUT /api/v1/bookings/{id}/agenda"),
    (Party, "POST /api/v1/bookings/{id}/approve"),
    (Party, "POST /api/v1/bookings/{id}/ask-for-more"),
    (Party, "POST /api/v1/bookings/{id}/cancel"),
    (Party, "POST /api/v1/bookings/{id}/decline"),
    (Party, "POST /api/v1/bookings/{id}/files"),
    (Sam, "DELETE /api/v1/bookings/{id}/files/{file}"),
    (Party, "GET /api/v1/bookings/{id}/files/{file}"),
    (Party, "POST /api/v1/bookings/{id}/help"),
    (Party, "GET /api/v1/bookings/{id}/invite.ics"),
    (Party, "POST /api/v1/bookings/{id}/notes"),
    (Sam, "DELETE /api/v1/bookings/{id}/notes/{note}"),
    (Party, "GET /api/v1/bookings/{id}/preparation"),
    (Party, "POST /api/v1/bookings/{id}/report"),
    (Party, "POST /api/v1/bookings/{id}/reschedule"),
    (Party, "POST /api/v1/bookings/{id}/say-more"),
    (Party, "POST /api/v1/bookings/{id}/thanks"),
    (Alumnus, "GET /api/v1/me/availability"),
    (Alumnus, "PUT /api/v1/me/availability"),
    (Member, "GET /api/v1/me/feed"),
    (Member, "POST /api/v1/me/feed/rotate"),
    (Member, "GET /api/v1/me/reliability"),
    (Alumnus, "PUT /api/v1/me/services/{service}"),
    (Member, "GET /api/v1/me/tokens"),
    (Ada, "DELETE /api/v1/me/tokens/{id}"),
    (Member, "GET /api/v1/me/waitlist"),
    (Student, "POST /api/v1/me/waitlist"),
    (Sam, "DELETE /api/v1/me/waitlist/{id}"),
    (Member, "GET /api/v1/me/webhooks"),
    (Member, "POST /api/v1/me/webhooks"),
    (Ada, "DELETE /api/v1/me/webhooks/{id}"),
    (Ada, "GET /api/v1/me/webhooks/{id}/deliveries"),
    (
        Ada,
        "POST /api/v1/me/webhooks/{id}/deliveries/{delivery}/replay",
    ),
    (Ada, "POST /api/v1/me/webhooks/{id}/test"),
    (Everyone, "GET /api/v1/service-kinds"),
    (Everyone, "GET /api/v1/slots"),
    (Party, "GET /bookings/{id}"),
    (Party, "POST /bookings/{id}/agenda"),
    (Party, "GET /bookings/{id}/answer"),
    (Party, "POST /bookings/{id}/answer"),
    (Party, "GET /bookings/{id}/cancel"),
    (Party, "POST /bookings/{id}/cancel"),
    (Party, "POST /bookings/{id}/files"),
    (Party, "GET /bookings/{id}/files/{file}"),
    (Sam, "POST /bookings/{id}/files/{file}/remove"),
    (Party, "POST /bookings/{id}/help"),
    (Ada, "GET /bookings/{id}/guest.jpg"),
    (Party, "GET /bookings/{id}/invite.ics"),
    (Party, "GET /bookings/{id}/move"),
    (Party, "POST /bookings/{id}/move"),
    (Party, "POST /bookings/{id}/notes"),
    (Sam, "POST /bookings/{id}/notes/{note}/remove"),
    (Party, "POST /bookings/{id}/report"),
    (Party, "GET /bookings/{id}/said"),
    (Party, "POST /bookings/{id}/said"),
    (Party, "POST /bookings/{id}/thanks"),
    (Everyone, "GET /calendar/{token}.ics"),
    (Coordinator, "GET /coordinate"),
    (Coordinator, "POST /coordinate/domains"),
    (Coordinator, "POST /coordinate/domains/remove"),
    (Coordinator, "GET /coordinate/fair-use"),
    (Coordinator, "POST /coordinate/fair-use"),
    (Coordinator, "GET /coordinate/import"),
    (Coordinator, "POST /coordinate/import"),
    (Coordinator, "POST /coordinate/import/confirm"),
    (Coordinator, "GET /coordinate/bookings"),
    (Coordinator, "GET /coordinate/activity"),
    (Coordinator, "GET /coordinate/activity.csv"),
    (Coordinator, "GET /coordinate/invitations"),
    (Coordinator, "POST /coordinate/invitations"),
    (Coordinator, "POST /coordinate/invitations/{id}/withdraw"),
    (Coordinator, "GET /coordinate/people.csv"),
    (Coordinator, "GET /coordinate/people"),
    (Coordinator, "GET /coordinate/people/{id}"),
    (Coordinator, "POST /coordinate/people/{id}"),
    (Coordinator, "POST /coordinate/people/{id}/cancel-sessions"),
    (Coordinator, "GET /coordinate/people/{id}/data"),
    (Coordinator, "GET /coordinate/people/{id}/data/delete"),
    (Coordinator, "POST /coordinate/people/{id}/data/delete"),
    (Coordinator, "POST /coordinate/people/{id}/data/export"),
    (Coordinator, "GET /coordinate/people/{id}/record"),
    (Keeper, "GET /coordinate/programs"),
    (Coordinator, "POST /coordinate/programs"),
    (Coordinator, "GET /coordinate/programs/{slug}"),
    (Coordinator, "POST /coordinate/programs/{slug}"),
    (Coordinator, "GET /coordinate/programs/{slug}/compare"),
    (Coordinator, "GET /coordinate/programs/{slug}/file.toml"),
    (Coordinator, "GET /coordinate/programs/{slug}/preview"),
    (Coordinator, "GET /coordinate/programs/{slug}/about"),
    (Coordinator, "POST /coordinate/programs/{slug}/about"),
    (Coordinator, "GET /coordinate/programs/{slug}/form"),
    (Coordinator, "POST /coordinate/programs/{slug}/form"),
    (Coordinator, "GET /coordinate/programs/{slug}/form/preview"),
    (Coordinator, "GET /coordinate/programs/{slug}/dates"),
    (Coordinator, "POST /coordinate/programs/{slug}/dates"),
    (Coordinator, "POST /coordinate/programs/{slug}/publish"),
    (Coordinator, "POST /coordinate/programs/{slug}/unpublish"),
    (Coordinator, "GET /coordinate/programs/{slug}/rehearsal"),
    (Coordinator, "POST /coordinate/programs/{slug}/rehearsal"),
    (Coordinator, "GET /coordinate/programs/{slug}/staff"),
    (Coordinator, "POST /coordinate/programs/{slug}/staff"),
    (
        Coordinator,
        "POST /coordinate/programs/{slug}/staff/{id}/remove",
    ),
    (Coordinator, "POST /coordinate/programs/{slug}/lead"),
    (Ada, "GET /coordinate/programs/{slug}/cohorts"),
    (Ada, "POST /coordinate/programs/{slug}/cohorts"),
    (Ada, "GET /coordinate/programs/{slug}/cohorts/{cohort}"),
    (
        Ada,
        "POST /coordinate/programs/{slug}/cohorts/{cohort}/archive",
    ),
    (
        Ada,
        "POST /coordinate/programs/{slug}/cohorts/{cohort}/reopen",
    ),
    (
        Ada,
        "GET /coordinate/programs/{slug}/cohorts/{cohort}/applications",
    ),
    (
        Ada,
        "GET /coordinate/programs/{slug}/cohorts/{cohort}/applications.csv",
    ),
    (
        Ada,
        "GET /coordinate/programs/{slug}/cohorts/{cohort}/applications.xlsx",
    ),
    (
        Ada,
        "POST /coordinate/programs/{slug}/cohorts/{cohort}/filters",
    ),
    (
        Ada,
        "POST /coordinate/programs/{slug}/cohorts/{cohort}/filters/{id}/remove",
    ),
    (
        Ada,
        "GET /coordinate/programs/{slug}/cohorts/{cohort}/applications/{id}",
    ),
    (
        Ada,
        "GET /coordinate/programs/{slug}/cohorts/{cohort}/applications/{id}/files/{file}",
    ),
    (
        Ada,
        "POST /coordinate/programs/{slug}/cohorts/{cohort}/applications/{id}/review",
    ),
    (
        Ada,
        "POST /coordinate/programs/{slug}/cohorts/{cohort}/applications/{id}/filing",
    ),
    (
        Ada,
        "POST /coordinate/programs/{slug}/cohorts/{cohort}/decide",
    ),
    (
        Ada,
        "POST /coordinate/programs/{slug}/cohorts/{cohort}/undo",
    ),
    (
        Ada,
        "GET /coordinate/programs/{slug}/cohorts/{cohort}/results",
    ),
    (
        Ada,
        "POST /coordinate/programs/{slug}/cohorts/{cohort}/release",
    ),
    (Ada, "GET /cohorts/{slug}/{cohort}"),
    (Ada, "POST /cohorts/{slug}/{cohort}/milestones"),
    (Ada, "POST /cohorts/{slug}/{cohort}/digest"),
    (Ada, "GET /cohorts/{slug}/{cohort}/spaces/{space}"),
    (Ada, "POST /cohorts/{slug}/{cohort}/spaces/{space}"),
    (Ada, "GET /cohorts/{slug}/{cohort}/posts/{id}"),
    (Ada, "POST /cohorts/{slug}/{cohort}/posts/{id}"),
    (Ada, "POST /cohorts/{slug}/{cohort}/posts/{id}/remove"),
    (Ada, "GET /cohorts/{slug}/{cohort}/activities/{id}"),
    (Ada, "POST /cohorts/{slug}/{cohort}/activities/{id}/rsvp"),
    (
        Ada,
        "GET /cohorts/{slug}/{cohort}/activities/{id}/event.ics",
    ),
    (
        Ada,
        "GET /coordinate/programs/{slug}/cohorts/{cohort}/activities",
    ),
    (
        Ada,
        "POST /coordinate/programs/{slug}/cohorts/{cohort}/activities",
    ),
    (
        Ada,
        "GET /coordinate/programs/{slug}/cohorts/{cohort}/activities/{id}",
    ),
    (
        Ada,
        "POST /coordinate/programs/{slug}/cohorts/{cohort}/activities/{id}",
    ),
    (
        Ada,
        "POST /coordinate/programs/{slug}/cohorts/{cohort}/activities/{id}/cancel",
    ),
    (
        Ada,
        "POST /coordinate/programs/{slug}/cohorts/{cohort}/activities/{id}/attendance",
    ),
    (Ada, "GET /api/v1/programs/{slug}/cohorts/{cohort}"),
    (
        Ada,
        "GET /api/v1/programs/{slug}/cohorts/{cohort}/applications",
    ),
    (
        Ada,
        "POST /api/v1/programs/{slug}/cohorts/{cohort}/decisions",
    ),
    (Ada, "POST /api/v1/programs/{slug}/cohorts/{cohort}/release"),
    (Sam, "GET /applications/{id}"),
    (Sam, "GET /applications/{id}/files/{file}"),
    (Sam, "GET /applications/{id}/withdraw"),
    (Sam, "POST /applications/{id}/withdraw"),
    (Sam, "POST /applications/{id}/discard"),
    (Sam, "POST /applications/{id}/agree"),
    (Sam, "POST /applications/{id}/seat"),
    (Member, "GET /me/applications"),
    (Member, "GET /programs/{slug}/apply"),
    (Member, "POST /programs/{slug}/apply"),
    (Member, "GET /api/v1/me/applications"),
    (Member, "POST /api/v1/programs/{slug}/applications"),
    (Coordinator, "POST /coordinate/requests/{id}"),
    (Coordinator, "GET /coordinate/topics"),
    (Coordinator, "POST /coordinate/topics"),
    (Coordinator, "GET /coordinate/topics/edit"),
    (Coordinator, "POST /coordinate/topics/rename"),
    (Coordinator, "POST /coordinate/topics/merge"),
    (Coordinator, "POST /coordinate/topics/remove"),
    (Coordinator, "GET /coordinate/services"),
    (Coordinator, "GET /coordinate/services/{kind}"),
    (Coordinator, "POST /coordinate/services/{kind}"),
    (Coordinator, "POST /coordinate/services/{kind}/offered"),
    (Coordinator, "POST /coordinate/services/{kind}/up"),
    (Coordinator, "POST /coordinate/services/{kind}/merge"),
    (Coordinator, "GET /coordinate/sessions"),
    (Coordinator, "POST /coordinate/sessions/{id}"),
    (Everyone, "GET /email/{token}"),
    (Everyone, "POST /email/{token}"),
    (Everyone, "GET /logo/{print}"),
    (Everyone, "GET /embed/{handle}"),
    (Everyone, "GET /favicon.ico"),
    (Everyone, "GET /find"),
    (Everyone, "GET /healthz"),
    (Everyone, "GET /invitations/{token}"),
    (Everyone, "POST /invitations/{token}"),
    (Guest, "POST /holds"),
    (Everyone, "GET /holds/new"),
    (Sam, "GET /holds/{id}"),
    (Sam, "POST /holds/{id}"),
    (Sam, "POST /holds/{id}/back"),
    (Sam, "POST /holds/{id}/leave"),
    (Sam, "POST /holds/{id}/release"),
    (Proved, "GET /join"),
    (Newcomer, "POST /join"),
    (Member, "GET /me"),
    (Alumnus, "GET /me/availability"),
    (Alumnus, "POST /me/availability"),
    (Alumnus, "POST /me/availability/dates"),
    (Alumnus, "POST /me/availability/dates/remove"),
    (Alumnus, "POST /me/availability/once"),
    (Alumnus, "POST /me/availability/zone"),
    (Alumnus, "GET /me/set-up"),
    (Alumnus, "POST /me/set-up/{step}"),
    (Alumnus, "POST /me/availability/once/remove"),
    (Alumnus, "GET /me/availability/why"),
    (Member, "GET /me/busy"),
    (Member, "POST /me/busy"),
    (Member, "POST /me/busy/file"),
    (Ada, "POST /me/busy/{id}/choices"),
    (Ada, "POST /me/busy/{id}/read"),
    (Ada, "POST /me/busy/{id}/remove"),
    (Member, "GET /me/calendar"),
    (Member, "POST /me/calendar/rotate"),
    (Member, "GET /me/data"),
    (Member, "GET /me/data/delete"),
    (Member, "POST /me/data/delete"),
    (Member, "POST /me/data/export"),
    (Member, "GET /me/email"),
    (Member, "POST /me/email"),
    (Student, "GET /me/introduction"),
    (Student, "POST /me/introduction"),
    (Student, "POST /me/introduction/photo"),
    (Student, "POST /me/introduction/photo/remove"),
    (Student, "GET /me/introduction/photo.jpg"),
    (Member, "POST /me/passkeys"),
    (Member, "POST /me/passkeys/add"),
    (Ada, "POST /me/passkeys/{id}/remove"),
    (Alumnus, "GET /me/profile"),
    (Alumnus, "POST /me/profile"),
    (Alumnus, "POST /me/profile/listing"),
    (Alumnus, "POST /me/profile/pause"),
    (Alumnus, "POST /me/profile/photo"),
    (Alumnus, "POST /me/profile/photo/remove"),
    (Member, "GET /me/record"),
    (Member, "GET /me/second-factor"),
    (Member, "POST /me/second-factor"),
    (Member, "POST /me/second-factor/app/remove"),
    (Member, "POST /me/second-factor/codes"),
    (Member, "POST /me/second-factor/confirm"),
    (Member, "POST /me/second-factor/remove"),
    (Alumnus, "GET /me/services"),
    (Alumnus, "GET /me/services/{slug}"),
    (Alumnus, "POST /me/services/{slug}"),
    (Alumnus, "POST /me/services/{slug}/open"),
    (Member, "GET /me/settings"),
    (Member, "POST /me/settings"),
    (Member, "POST /me/settings/reminders"),
    (Member, "GET /me/tokens"),
    (Member, "POST /me/tokens"),
    (Ada, "POST /me/tokens/{id}/revoke"),
    (Member, "GET /me/waitlist"),
    (Sam, "POST /me/waitlist/{id}/end"),
    (Member, "GET /me/webhooks"),
    (Member, "POST /me/webhooks"),
    (Ada, "GET /me/webhooks/{id}"),
    (Ada, "POST /me/webhooks/{id}/deliveries/{delivery}/replay"),
    (Ada, "POST /me/webhooks/{id}/remove"),
    (Ada, "POST /me/webhooks/{id}/test"),
    (Alumnus, "GET /me/week"),
    (Everyone, "GET /metrics"),
    (Everyone, "GET /privacy"),
    (Member, "POST /privacy/agree"),
    (Everyone, "GET /programs"),
    (Everyone, "GET /programs/{slug}"),
    (Everyone, "GET /api/v1/programs"),
    (Everyone, "GET /api/v1/programs/{slug}"),
    (Everyone, "GET /readyz"),
    (Everyone, "GET /robots.txt"),
    (Member, "GET /second-factor"),
    (Member, "POST /second-factor"),
    (Member, "POST /second-factor/passkey"),
    (Everyone, "GET /sign-in"),
    (Everyone, "POST /sign-in"),
    (Everyone, "GET /sign-in/{token}"),
    (Everyone, "POST /sign-in/{token}"),
    (Everyone, "POST /sign-out"),
    (Member, "POST /sign-out/everywhere"),
    (Everyone, "GET /static/{print}/{name}"),
    (Everyone, "GET /status"),
    (Everyone, "POST /theme"),
    (Student, "GET /waitlist"),
    (Student, "POST /waitlist"),
    (Everyone, "GET /zones"),
    (Coordinator, "POST /me/settings/coordinator-mail"),
    (Everyone, "GET /unsubscribe/{token}"),
    (Everyone, "POST /unsubscribe/{token}"),
];

/// What is sent along where a request without it cannot be read, which is said to everybody. In forms, too.
const BODIES: [(&str, &str); 23] = [
    (
        "POST /api/v1/programs/{slug}/cohorts/{cohort}/decisions",
        r#"{"applications":[],"decision":null}"#,
    ),
    (
        "POST /cohorts/{slug}/{cohort}/milestones",
        r#"{"name":"first","done":"yes"}"#,
    ),
    (
        "POST /api/v1/programs/{slug}/applications",
        r#"{"role":"mentee"}"#,
    ),
    ("POST /applications/{id}/seat", r#"{"answer":"take"}"#),
    (
        "POST /api/v1/bookings",
        r#"{"alumnus":"ada","service":"resume","start":"2026-03-05T13:00:00Z","goals":"x"}"#,
    ),
    (
        "PUT /api/v1/bookings/{id}/agenda",
        r#"{"words":"x","version":0}"#,
    ),
    ("POST /api/v1/bookings/{id}/help", r#"{"help":"a_lot"}"#),
    (
        "POST /api/v1/bookings/{id}/notes",
        r#"{"words":"x","shared":true}"#,
    ),
    (
        "POST /api/v1/bookings/{id}/report",
        r#"{"outcome":"attended"}"#,
    ),
    (
        "POST /api/v1/bookings/{id}/reschedule",
        r#"{"start":"2026-03-05T11:00:00Z"}"#,
    ),
    (
        "POST /api/v1/bookings/{id}/say-more",
        r#"{"goals":"x","help_wanted":"x","answers":[],"material_link":""}"#,
    ),
    ("POST /api/v1/bookings/{id}/ask-for-more", r#"{"note":"x"}"#),
    ("POST /api/v1/bookings/{id}/thanks", r#"{"words":"x"}"#),
    ("PUT /api/v1/me/availability", r#"{"zone":"UTC"}"#),
    (
        "PUT /api/v1/me/services/{service}",
        r#"{"kind":"resume","title":"x","duration_minutes":30}"#,
    ),
    (
        "POST /api/v1/me/waitlist",
        r#"{"kind":"resume","zone":"UTC","weekly":[],"until":"2026-04-01"}"#,
    ),
    (
        "POST /api/v1/me/webhooks",
        r#"{"url":"https://example.org/"}"#,
    ),
    (
        "POST /bookings/{id}/agenda",
        r#"{"agenda":"x","version":"0"}"#,
    ),
    ("POST /bookings/{id}/help", r#"{"help":"a_lot"}"#),
    (
        "POST /bookings/{id}/move",
        r#"{"start":"2026-03-05T11:00:00Z"}"#,
    ),
    (
        "POST /bookings/{id}/notes",
        r#"{"remark":"x","shared":"yes"}"#,
    ),
    (
        "POST /bookings/{id}/report",
        r#"{"outcome":"attended","note":""}"#,
    ),
    (
        "POST /holds",
        r#"{"service":"{held}","start":"2026-03-05T12:00:00Z"}"#,
    ),
];

/// `METHOD path` of every route in the sources.
pub fn routes_of_sources() -> HashSet<String> {
    let mut routes = HashSet::new();
    for crate::architecture::Source { text: source, .. } in crate::architecture::sources() {
        let plain: String = source.split_whitespace().collect::<Vec<_>>().join(" ");
        for (mark, ends) in [("resource(", ";"), (".route( ", ")"), (".route(\"", ")")] {
            for rest in plain.split(mark).skip(1) {
                let rest = if mark.ends_with('"') {
                    &format!("\"{rest}")
                } else {
                    rest
                };
                let Some((path, chain)) = rest
                    .trim_start()
                    .strip_prefix('"')
                    .and_then(|r| r.split_once('"'))
                else {
                    continue;
                };
                let chain = chain.split(ends).next().unwrap_or_default();
                for method in ["get", "post", "put", "delete", "patch"] {
                    let is_named = format!(" {chain}").contains(&format!("{method}()"))
                        || chain.contains(&format!("web::{method}("));
                    if path.starts_with('/') && is_named {
                        routes.insert(format!("{} {path}", method.to_uppercase()));
                    }
                }
            }
        }
        for described in plain.split("#[utoipa::path(").skip(1) {
            let (method, rest) = described.split_once(", path = \"").unwrap();
            let path = rest.split('"').next().unwrap();
            routes.insert(format!("{} {path}", method.to_uppercase()));
        }
    }
    routes
}

#[test]
fn no_route_escapes() {
    let listed: HashSet<String> = ROUTES
        .iter()
        .map(|(_, route)| (*route).to_owned())
        .collect();
    let found = routes_of_sources();
    let missing: Vec<_> = found.difference(&listed).collect();
    let gone: Vec<_> = listed.difference(&found).collect();
    assert!(
        missing.is_empty() && gone.is_empty(),
        "who may use {missing:?}? where are {gone:?}?"
    );
}

/// Who asks.
struct Actor {
    name: String,
    /// None: nobody is signed in.
    somebody: Option<Somebody>,
    /// An address without an account.
    is_newcomer: bool,
}

impl Actor {
    /// What a route is expected to say, without what it is about.
    fn may(&self, who: Who) -> bool {
        let person = self.somebody.as_ref().map(|s| &s.person);
        let person = person.filter(|p| p.standing != Standing::Suspended);
        let is_active = person.is_some_and(|p| p.standing == Standing::Active);
        let is = |role| person.is_some_and(|p| p.is(role));
        match who {
            Everyone => true,
            Proved => person.is_some() || self.is_newcomer,
            Newcomer => self.is_newcomer,
            Member => person.is_some(),
            Student => is(Role::Student),
            Guest => is_active && is(Role::Student),
            Alumnus => is(Role::Alumnus),
            Coordinator => is_active && (is(Role::Coordinator) || is(Role::Admin)),
            Keeper => self.may(Coordinator) || self.may(Ada),
            Admin => is_active && is(Role::Admin),
            Party => self.name == "Ada" || self.name == "Sam",
            Ada => self.name == "Ada",
            Sam => self.name == "Sam",
        }
    }

    fn is_shut_out(&self) -> bool {
        let somebody = self.somebody.as_ref();
        somebody.is_some_and(|s| s.person.standing == Standing::Suspended)
    }

    fn is_signed_in(&self) -> bool {
        self.may(Member)
    }
}

/// A site with two who meet, what is theirs, and everybody else.
struct World {
    app: TestApp,
    actors: Vec<Actor>,
    ids: Vec<(&'static str, String)>,
    /// The id of Ada's service.
    service: String,
    http: reqwest::Client,
}

impl World {
    async fn of(app: TestApp) -> Self {
        let (ada, sam) = (app.alumnus("Ada").await, app.student("Sam").await);
        let (_, booked) = app.book(&sam, &ada, "2026-03-05T09:00:00Z").await;
        let booking = booked["id"].as_str().unwrap().to_owned();
        let file = reqwest::Client::new()
            .post(format!(
                "{}/api/v1/bookings/{booking}/files?name=cv.pdf",
                app.origin
            ))
            .bearer_auth(&sam.token)
            .body("%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n")
            .send()
            .await
            .unwrap();
        let file: serde_json::Value = file.json().await.unwrap();
        let file = file["files"][0]["id"].as_str().unwrap().to_owned();
        let browser = app.signed_in(&sam).await;
        let held = browser.hold(&ada, "resume", "2026-03-05T10:00:00Z").await;
        let hold = held
            .location
            .trim_start_matches("/holds/")
            .split('?')
            .next()
            .unwrap()
            .to_owned();
        let target = app.student("Target").await;
        let [
            note,
            busy,
            hook,
            delivery,
            wish,
            token,
            passkey,
            led,
            left,
            application,
            post,
            own,
        ] = std::array::from_fn(|_| PersonId::random().to_string());
        let (host, guest) = (ada.person.id, sam.person.id);
        let sql = format!(
            "insert into photos (person_id, jpeg, sha256) values ('{guest}', 'x', sha256('x'));
             insert into booking_notes (id, booking_id, person_id, is_shared, words, at) values ('{note}', '{booking}', '{guest}', true, 'x', '{MONDAY}');
             insert into busy_calendars (id, person_id, label, host, created_at) values ('{busy}', '{host}', 'x', 'example.org', '{MONDAY}');
             insert into webhooks (id, person_id, host, address, secret, covers_all, created_at) values ('{hook}', '{host}', 'example.org', 'x', 'x', false, '{MONDAY}');
             insert into webhook_deliveries (id, webhook_id, created_at) values ('{delivery}', '{hook}', '{MONDAY}');
             insert into api_tokens (token_hash, person_id, created_at, id, name) values ('another', '{host}', '{MONDAY}', '{token}', 'x');
             insert into programs (id, slug, created_at) values ('{wish}', 'resume', '{MONDAY}');
             insert into program_versions (program_id, number, text, made_at) values ('{wish}', 1, '[program]', '{MONDAY}');
             insert into programs (id, slug, created_at) values ('{left}', 'left', '{MONDAY}'), ('{led}', 'led', '{MONDAY}');
             insert into program_versions (program_id, number, text, made_at) values ('{left}', 1, '[program]', '{MONDAY}'), ('{led}', 1, '{LED}', '{MONDAY}');
             update programs set published = 1;
             insert into program_staff (program_id, person_id, role, since) values ('{led}', '{host}', 'lead', '{MONDAY}');
             insert into cohorts (id, program_id, slug, name, version, zone, status, is_rolling, starts_on, created_at)
                 values ('{led}', '{led}', 'one', 'One', 1, 'UTC', 'confirmed', false, '2026-03-01', '{MONDAY}');
             insert into applications (id, cohort_id, person_id, role, status, version, answers, agreed, is_only, started_at, saved_at, submitted_at)
                 values ('{application}', '{led}', '{guest}', 'mentee', 'submitted', 1, jsonb_build_object('cv', jsonb_build_array('{file}', 'cv.pdf')), '{{}}', true, '{MONDAY}', '{MONDAY}', '{MONDAY}');
             insert into application_files (id, application_id, person_id, field, name, kind, bytes, added_at)
                 values ('{file}', '{application}', '{guest}', 'cv', 'cv.pdf', 'pdf', 1, '{MONDAY}');
             insert into seats (cohort_id, role, number) values ('{led}', 'mentor', 1);
             insert into applications (id, cohort_id, person_id, role, status, version, answers, agreed, is_only, started_at, saved_at, submitted_at, decision, seat, released_at)
                 values ('{own}', '{led}', '{host}', 'mentor', 'submitted', 1, '{{}}', '{{}}', true, '{MONDAY}', '{MONDAY}', '{MONDAY}', 'selected', 1, '{MONDAY}');
             insert into posts (id, cohort_id, space, author_id, title, words, at, last_at) values ('{post}', '{led}', 'all', '{host}', 'x', 'x', '{MONDAY}', '{MONDAY}');
             insert into activities (id, cohort_id, kind, role, title, words, starts_at, ends_at, created_at, changed_at)
                 values ('{post}', '{led}', 'event', 'both', 'x', 'x', '2026-04-01T10:00:00Z', '2026-04-01T11:00:00Z', '{MONDAY}', '{MONDAY}');
             insert into passkeys (id, person_id, name, credential, created_at) values ('{passkey}', '{host}', 'x', '{{}}', '{MONDAY}');
             insert into wishes (id, guest_id, kind, zone, weekly, until_on, asked_at) values ('{wish}', '{guest}', 'resume', 'UTC', '[]', '2026-04-01', '{MONDAY}');"
        );
        app.sql(move |conn| conn.batch_execute(&sql)).await;
        let mut actors = vec![
            Actor {
                name: "stranger".into(),
                somebody: None,
                is_newcomer: false,
            },
            Actor {
                name: "newcomer".into(),
                somebody: None,
                is_newcomer: true,
            },
        ];
        let student = [Role::Student];
        for (name, roles, standing) in [
            ("student", &student[..], Standing::Active),
            ("lapsed student", &student, Standing::Lapsed),
            ("suspended student", &student, Standing::Suspended),
            ("alumnus", &[Role::Alumnus], Standing::Active),
            ("lapsed alumnus", &[Role::Alumnus], Standing::Lapsed),
            ("coordinator", &[Role::Coordinator], Standing::Active),
            ("lapsed coordinator", &[Role::Coordinator], Standing::Lapsed),
            ("admin", &[Role::Admin], Standing::Active),
            ("lapsed admin", &[Role::Admin], Standing::Lapsed),
            ("suspended admin", &[Role::Admin], Standing::Suspended),
        ] {
            let mut somebody = app.person(name, "UTC", roles).await;
            let before = somebody.person.clone();
            let wanted = Placement {
                roles: Roles::new(roles.iter().copied()),
                standing,
            };
            app.act(move |tx| {
                place::put(tx, &almanac::people::audit::By::MACHINE, &before, &wanted)
            })
            .await;
            somebody.person.standing = standing;
            actors.push(Actor {
                name: name.into(),
                somebody: Some(somebody),
                is_newcomer: false,
            });
        }
        for (name, somebody) in [("Sam", sam), ("Ada", ada)] {
            actors.push(Actor {
                name: name.into(),
                somebody: Some(somebody),
                is_newcomer: false,
            });
        }
        let ids = vec![
            ("/bookings/{id}", format!("/bookings/{booking}")),
            ("/holds/{id}", format!("/holds/{hold}")),
            (
                "/coordinate/people/{id}",
                format!("/coordinate/people/{}", target.person.id),
            ),
            (
                "/coordinate/sessions/{id}",
                format!("/coordinate/sessions/{booking}"),
            ),
            ("/admin/mail/{id}", "/admin/mail/1".into()),
            ("/tokens/{id}", format!("/tokens/{token}")),
            ("/webhooks/{id}", format!("/webhooks/{hook}")),
            ("/waitlist/{id}", format!("/waitlist/{wish}")),
            ("/busy/{id}", format!("/busy/{busy}")),
            ("/passkeys/{id}", format!("/passkeys/{passkey}")),
            (
                "/coordinate/programs/{slug}/cohorts/{cohort}",
                "/coordinate/programs/led/cohorts/one".into(),
            ),
            (
                "/coordinate/programs/{slug}/cohorts",
                "/coordinate/programs/led/cohorts".into(),
            ),
            (
                "/coordinate/programs/{slug}/lead",
                "/coordinate/programs/left/lead".into(),
            ),
            (
                "/api/v1/programs/{slug}/cohorts/{cohort}",
                "/api/v1/programs/led/cohorts/one".into(),
            ),
            ("/applications/{id}", format!("/applications/{application}")),
            ("/cohorts/{slug}/{cohort}", "/cohorts/led/one".into()),
            ("/posts/{id}", format!("/posts/{post}")),
            ("/activities/{id}", format!("/activities/{post}")),
            ("{space}", "all".into()),
            ("{delivery}", delivery),
            ("{note}", note),
            ("{file}", file),
            ("{handle}", "ada".into()),
            ("{service}", "resume".into()),
            ("{kind}", "other".into()),
            ("{slug}", "resume".into()),
            ("{token}", "AAAA".into()),
            ("{print}", "0".into()),
            ("{name}", "almanac.css".into()),
            ("{id}", PersonId::random().to_string()),
        ];
        let service = app
            .sql(|conn| {
                services::table
                    .select(services::id)
                    .first::<ServiceId>(conn)
            })
            .await;
        Self {
            app,
            actors,
            ids,
            service: service.to_string(),
            http: reqwest::Client::builder()
                .redirect(reqwest::redirect::Policy::none())
                .build()
                .unwrap(),
        }
    }

    /// Status and location of what one of them hears who has just come in.
    async fn ask(&self, actor: &Actor, route: &str) -> (u16, String) {
        let (method, path) = route.split_once(' ').unwrap();
        let mut path = path.to_owned();
        for (name, id) in &self.ids {
            path = path.replace(name, id);
        }
        let body = BODIES.iter().find(|(of, _)| *of == route);
        let body = body
            .map_or("{}", |(_, body)| body)
            .replace("{held}", &self.service);
        let mut body: serde_json::Value = serde_json::from_str(&body).unwrap();
        let secret = keys::random_token();
        let (hash, now) = (keys::hash(&secret), self.app.now());
        let id = actor.somebody.as_ref().map(|s| s.person.id);
        let is_api = path.starts_with("/api/");
        if id.is_some() || actor.is_newcomer {
            self.app
                .act(move |tx| {
                    if let (true, Some(person_id)) = (is_api, id) {
                        let token = ApiToken {
                            id: ApiTokenId::random(),
                            token_hash: hash.clone(),
                            person_id,
                            name: "Test".into(),
                            created_at: now,
                            expires_at: None,
                            used_at: None,
                        };
                        return token::store::insert(tx, &token);
                    }
                    let session = people::sign_in::store::Session {
                        token_hash: hash.clone(),
                        person_id: id,
                        email: "somebody@example.org".into(),
                        user_agent: String::new(),
                        created_at: now,
                        seen_at: now,
                        expires_at: now + chrono::TimeDelta::days(1),
                        proved_at: now,
                        awaits_second: false,
                        next: String::new(),
                        about: String::new(),
                    };
                    people::sign_in::store::insert_session(tx, &session)
                })
                .await;
        }
        let mut request = self.http.request(
            method.parse().unwrap(),
            format!("{}{path}", self.app.origin),
        );
        if is_api {
            if id.is_some() {
                request = request.bearer_auth(&secret);
            }
            if method == "POST" && path.ends_with("/files") {
                request = request.body("%PDF-1.7\n%%EOF\n");
            } else if method != "GET" {
                request = request.json(&body);
            }
        } else {
            let cookie = match (id, actor.is_newcomer) {
                (None, false) => format!("guest.{secret}"),
                _ => secret,
            };
            let csrf = self.app.app.keys.csrf(&cookie);
            request = request.header("cookie", format!("almanac={cookie}"));
            let is_upload = path.ends_with("/photo")
                || path.ends_with("/busy/file")
                || path.ends_with("/files");
            if method == "POST" && is_upload {
                let body = format!(
                    "--mark\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\n{csrf}\r\n--mark--\r\n"
                );
                request = request
                    .header("content-type", "multipart/form-data; boundary=mark")
                    .body(body);
            } else if method == "POST" {
                body["csrf"] = csrf.into();
                request = request.form(&body);
            }
        }
        let answer = request.send().await.unwrap();
        let location = answer
            .headers()
            .get("location")
            .map(|l| l.to_str().unwrap().to_owned());
        (answer.status().as_u16(), location.unwrap_or_default())
    }

    /// What is wrong with the answer, if anything.
    async fn try_out(&self, actor: &Actor, (who, route): (Who, &str)) -> Option<String> {
        let (status, location) = self.ask(actor, route).await;
        let is_way_to_sign_in =
            location.starts_with("/sign-in") || (actor.is_newcomer && location == "/join");
        let is_sent_to_sign_in = status == 401 || (status == 303 && is_way_to_sign_in);
        let is_of_somebody = matches!(who, Party | Ada | Sam);
        let (expected, is_right) = if actor.is_shut_out() {
            // Their cookie is worth nothing, so no form of theirs is taken.
            (
                "to be nobody",
                who == Everyone || is_sent_to_sign_in || status == 403,
            )
        } else if actor.may(who) {
            let is_shut = is_sent_to_sign_in
                || matches!(status, 401 | 403)
                || (is_of_somebody && status == 404);
            ("a way in", !is_shut && status < 500)
        } else if !actor.is_signed_in() || who == Newcomer {
            ("to be asked to sign in", is_sent_to_sign_in)
        } else if is_of_somebody {
            // Or that it is for others altogether.
            (
                "nothing",
                status == 404
                    || (status == 403 && (route.contains("/me/") || route.ends_with("/cohorts"))),
            )
        } else {
            // Ada hears that nobody books themselves.
            let is_own = who == Guest && actor.name == "Ada" && status == 422;
            ("a refusal", status == 403 || is_own)
        };
        (!is_right).then(|| {
            format!(
                "{route}: {} expected {expected}, got {status} {location}",
                actor.name
            )
        })
    }
}

/// Forgets everybody. The worker may be at the same tables; one of the two goes first.
fn empty(app: &TestApp) {
    let mut conn = connect(&app.database);
    let done = (0..10).any(|_| conn.batch_execute("truncate people, jobs cascade").is_ok());
    assert!(done, "the worker lets go now and then");
}

async fn try_all_out(are_wanted: impl Fn(&str) -> bool) {
    let mut world = World::of(TestApp::at(MONDAY).await).await;
    let mut wrong = Vec::new();
    for (who, route) in ROUTES.into_iter().filter(|(_, route)| are_wanted(route)) {
        let (may, may_not): (Vec<&Actor>, Vec<&Actor>) =
            world.actors.iter().partition(|actor| actor.may(who));
        for actor in may_not.into_iter().chain(may) {
            wrong.extend(world.try_out(actor, (who, route)).await);
        }
        let changes = !route.starts_with("GET");
        if changes && matches!(who, Party | Ada | Sam) {
            let app = world.app;
            empty(&app);
            world = World::of(app).await;
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[actix_web::test]
async fn every_page_is_for_whom_it_says() {
    try_all_out(|route| !route.contains(" /api/")).await;
}

#[actix_web::test]
async fn every_call_is_for_whom_it_says() {
    try_all_out(|route| route.contains(" /api/")).await;
}
