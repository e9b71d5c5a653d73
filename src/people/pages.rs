//! Pages about accounts, made from values already loaded.

use chrono::{DateTime, Utc};
use maud::{Markup, html};

use super::{
    JoinRequest, Person, Role, Standing,
    rules::{self, Newcomer, ProfileForm, Settings},
    store::Session,
};
use crate::{
    html::{
        Page,
        form::{self, Field, tick_box, zone_field},
        icon,
        layout::Chrome,
        time,
    },
    input::Problems,
    mail::report::Trouble,
    schedule::Zone,
};

pub fn sign_in(chrome: &Chrome, next: &str, email: &str, problems: &Problems) -> Markup {
    let body = html! {
        div.narrow {
            h1 { "Sign in or join" }
            p.lead { "Enter your email address and we will send you a link. There is no password to remember." }
            (form::summary(problems))
            form.stack method="post" action="/sign-in" {
                (chrome.csrf_field())
                input type="hidden" name="next" value=(next);
                (Field::new("email", "Email address", email).kind("email").autocomplete("email").longest(254).required().problems(problems).input())
                button.button { (icon::mail()) "Send me a link" }
            }
            p.hint { "New here? Do the same. Depending on your email address, you can join straight away or a coordinator looks at your request first." }
        }
    };
    Page {
        chrome,
        title: "Sign in",
        body,
    }
    .render()
}

pub fn link_sent(chrome: &Chrome, email: &str) -> Markup {
    let body = html! {
        div.narrow {
            h1 { "Check your email" }
            p.lead { "We have sent a link to " strong { bdi { (email) } } ". You can use it once, within ten minutes." }
            p { "No email after a minute or two? Check your spam folder, or " a href="/sign-in" { "ask for another link" } "." }
        }
    };
    Page {
        chrome,
        title: "Check your email",
        body,
    }
    .render()
}

/// The page that a mailed link opens. Mail scanners open it too, so it takes a button to get in.
pub fn redeem(chrome: &Chrome, token: &str) -> Markup {
    let body = html! {
        div.narrow {
            h1 { "Sign in" }
            p.lead { "Select the button to finish signing in." }
            form.stack method="post" action={ "/sign-in/" (token) } {
                (chrome.csrf_field())
                button.button { "Sign in" }
            }
        }
    };
    Page {
        chrome,
        title: "Sign in",
        body,
    }
    .render()
}

pub fn link_is_over(chrome: &Chrome) -> Markup {
    let body = html! {
        div.narrow {
            h1 { "This link no longer works" }
            p.lead { "A sign-in link can be used once, within ten minutes. Ask for a new one." }
            p { a.button href="/sign-in" { "Ask for a new link" } }
        }
    };
    Page {
        chrome,
        title: "This link no longer works",
        body,
    }
    .render()
}

pub fn join(
    chrome: &Chrome,
    email: &str,
    is_listed: bool,
    newcomer: &Newcomer,
    problems: &Problems,
) -> Markup {
    let body = html! {
        div.narrow {
            h1 { @if is_listed { "Welcome! Tell us about yourself" } @else { "Ask to join" } }
            p.lead {
                @if is_listed { "Your address " strong { bdi { (email) } } " is at one of our domains, so you can join as a student as soon as you have filled this in." }
                @else { "We do not recognise the address " strong { bdi { (email) } } " yet. Tell the coordinators who you are. They will decide, and you will get an email." }
            }
            (form::summary(problems))
            form.stack method="post" action="/join" {
                (chrome.csrf_field())
                (Field::new("name", "Your name", &newcomer.name).autocomplete("name").longest(rules::LONGEST_NAME).required().problems(problems).input())
                (zone_field("zone", "Your time zone", &newcomer.zone, problems))
                fieldset {
                    legend { "You are" }
                    label.tick { input type="radio" name="role" value="student" checked[newcomer.role != "alumnus"]; span { "a student looking for sessions" } }
                    label.tick { input type="radio" name="role" value="alumnus" checked[newcomer.role == "alumnus"]; span { "an alumnus offering sessions" @if is_listed { " (a coordinator decides)" } } }
                }
                (Field::new("message", "Anything the coordinators should know", &newcomer.message).hint("For example, your year and department.").longest(1000).problems(problems).text_area(3))
                p.hint { "By joining you agree to our " a href="/privacy" { "privacy notice" } "." }
                button.button { @if is_listed { "Create account" } @else { "Ask to join" } }
            }
        }
    };
    Page {
        chrome,
        title: "Join",
        body,
    }
    .render()
}

pub fn request_waits(
    chrome: &Chrome,
    request: &JoinRequest,
    zone: &Zone,
    may_browse: bool,
) -> Markup {
    let body = html! {
        div.narrow {
            h1 { "Your request is waiting" }
            p.lead { "A coordinator will look at it. You asked to join on " (time::moment(request.asked_at, zone)) " (" (time::zone_in_words(zone, request.asked_at)) ") and will get an email when they have decided." }
            @if may_browse { p { "In the meantime, you can " a href="/alumni" { "see who offers what" } "." } }
        }
    };
    Page {
        chrome,
        title: "Your request is waiting",
        body,
    }
    .render()
}

pub fn settings(
    chrome: &Chrome,
    person: &Person,
    form_values: &Settings,
    (sessions, reminders): (&[Session], &[i32]),
    is_unsubscribed: bool,
    this: Option<&[u8]>,
    problems: &Problems,
) -> Markup {
    let zone = person.zone();
    let body = html! {
        h1 { "Settings" }
        (form::summary(problems))
        div.columns {
            section.card aria-labelledby="you" {
                h2 #you { "You" }
                form.stack method="post" action="/me/settings" {
                    (chrome.csrf_field())
                    (Field::new("name", "Name", &form_values.name).autocomplete("name").longest(rules::LONGEST_NAME).required().problems(problems).input())
                    (zone_field("zone", "Time zone", &form_values.zone, problems))
                    @if person.is(Role::Alumnus) {
                        p.hint { "Your weekly hours are in this time zone. Sessions that are already booked do not move." }
                    }
                    @if person.is(Role::Student) {
                        (Field::new("graduates_on", "Graduation date", &form_values.graduates_on).kind("date").problems(problems).input())
                    }
                    p.hint { "You sign in with " bdi { (person.email) } ". " a href="/me/email" { "Change email address" } }
                    button.button { "Save" }
                }
            }
            div.stack {
                section.card aria-labelledby="calendar" {
                    h2 #calendar { "Your calendar" }
                    p { "Subscribe to your sessions in the calendar you already use." }
                    p { a.button.is-quiet href="/me/calendar" { (icon::calendar()) "Calendar address" } }
                    p { "Connect the calendars you use, so that nobody can book you while you are busy." }
                    p { a.button.is-quiet href="/me/busy" { (icon::calendar()) "Connected calendars" } }
                    p { a href="/me/webhooks" { "Webhooks for other programs" } }
                    p { a href="/me/tokens" { "API tokens" } }
                }
                @if person.is(Role::Alumnus) {
                    section.card aria-labelledby="profile" {
                        h2 #profile { "Your profile" }
                        p { "What students see when they look for sessions." }
                        p { a.button.is-quiet href="/me/profile" { (icon::user()) "Edit profile" } }
                    }
                }
                section.card aria-labelledby="reminders" {
                    h2 #reminders { "Reminders" }
                    form.stack method="post" action="/me/settings/reminders" {
                        (chrome.csrf_field())
                        fieldset {
                            legend { "An email before each session" }
                            @for (minutes, label) in rules::REMINDERS {
                                (tick_box("minutes", &minutes.to_string(), label, reminders.contains(&minutes)))
                            }
                        }
                        div.row { button.button.is-quiet { "Save" } }
                    }
                }
                @if person.coordinating().is_ok() {
                    section.card aria-labelledby="coordinator-mail" {
                        h2 #coordinator-mail { "Coordinator emails" }
                        form.stack method="post" action="/me/settings/coordinator-mail" {
                            (chrome.csrf_field())
                            (tick_box("wanted", "on", "Email me when something needs a decision", !is_unsubscribed))
                            p.hint { "Requests to join, disputed sessions, and members whose sessions need attention. You can also find them under " a href="/coordinate" { "Coordinate" } "." }
                            div.row { button.button.is-quiet { "Save" } }
                        }
                    }
                }
                section.card aria-labelledby="second" {
                    h2 #second { "Two-step verification" }
                    p { "Sign in with the link in your email and a passkey or a code from an app on your phone." }
                    p { a.button.is-quiet href="/me/second-factor" { "Manage" span.sr-only { " two-step verification" } } }
                }
                section.card aria-labelledby="data" {
                    h2 #data { "Your data" }
                    p { "Download a copy of your data, or delete your account." }
                    p { a.button.is-quiet href="/me/data" { "Manage" span.sr-only { " your data" } } }
                }
                section.card aria-labelledby="devices" {
                    h2 #devices { "Where you are signed in" }
                    ul.plain {
                        @for session in sessions {
                            li {
                                strong { (device(&session.user_agent)) }
                                @if Some(session.token_hash.as_slice()) == this { " (this device)" }
                                br;
                                span.hint { "last used " (time::moment(session.seen_at, &zone)) }
                            }
                        }
                    }
                    div.row {
                        form method="post" action="/sign-out" { (chrome.csrf_field()) button.button.is-quiet { "Sign out" } }
                        form method="post" action="/sign-out/everywhere" data-confirm="This signs you out on all devices, including this one, and revokes your API tokens." { (chrome.csrf_field()) button.button.is-quiet { "Sign out everywhere" } }
                    }
                }
            }
        }
    };
    Page {
        chrome,
        title: "Settings",
        body,
    }
    .render()
}

/// A browser in two words, from its user agent.
fn device(user_agent: &str) -> String {
    let pick = |names: &[(&'static str, &'static str)]| {
        names
            .iter()
            .find(|(mark, _)| user_agent.contains(mark))
            .map(|(_, name)| *name)
    };
    let browser = pick(&[
        ("Edg/", "Edge"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ]);
    let system = pick(&[
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Windows", "Windows"),
        ("Mac OS", "Mac"),
        ("Linux", "Linux"),
    ]);
    match (browser, system) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(one), None) | (None, Some(one)) => one.to_owned(),
        (None, None) => "A browser".to_owned(),
    }
}

pub fn profile(
    chrome: &Chrome,
    handle: &str,
    values: &ProfileForm,
    has_photo: bool,
    unlisted_at: Option<DateTime<Utc>>,
    problems: &Problems,
) -> Markup {
    let body = html! {
        h1 { "Your profile" }
        p.lead { "This is what students see. " a href={ "/alumni/" (handle) } { "View your page" } "." }
        (form::summary(problems))
        div.columns {
            section.card {
                form.stack method="post" action="/me/profile" {
                    (chrome.csrf_field())
                    (Field::new("headline", "Headline", &values.headline).hint("One line under your name, such as: Product designer, class of 2019.").longest(120).problems(problems).input())
                    (Field::new("employer", "Employer", &values.employer).longest(80).problems(problems).input())
                    (Field::new("field", "Field", &values.field).hint("For example: learning design, data, education policy.").longest(80).problems(problems).input())
                    (Field::new("topics", "Topics", &values.topics).hint("Up to twelve, separated by commas. Students filter by them.").longest(500).problems(problems).input())
                    (Field::new("languages", "Languages", &values.languages).hint("The languages you can hold a session in, separated by commas.").longest(300).problems(problems).input())
                    (Field::new("bio", "About you", &values.bio).hint("You can use Markdown: **bold**, lists, links.").longest(rules::LONGEST_BIO).problems(problems).text_area(8))
                    (Field::new("links", "Links", &values.links).hint("One web address per line, such as https://example.org/portfolio.").problems(problems).text_area(3))
                    button.button { "Save" }
                }
            }
            div.stack {
                section.card aria-labelledby="photo" {
                    h2 #photo { "Photo" }
                    @if has_photo {
                        img.portrait src={ "/alumni/" (handle) "/photo.jpg" } alt="Your photo" width="160" height="160";
                        form method="post" action="/me/profile/photo/remove" data-confirm="Your photo will be deleted." { (chrome.csrf_field()) button.button.is-quiet { (icon::trash()) "Remove" } }
                    }
                    form.stack method="post" action="/me/profile/photo" enctype="multipart/form-data" {
                        (chrome.csrf_field())
                        div.field {
                            label for="file" { @if has_photo { "Choose another photo" } @else { "Choose a photo" } }
                            p.hint { "JPEG, PNG or WebP, up to 8 MB and 24 megapixels. We crop it to a square and remove location and camera data." }
                            input type="file" id="file" name="file" accept="image/jpeg,image/png,image/webp" required;
                        }
                        button.button.is-quiet { "Upload" }
                    }
                }
                section.card aria-labelledby="listing" {
                    h2 #listing { "Your listing" }
                    @if unlisted_at.is_some() {
                        p { "You are not listed. Nobody can find or book you." }
                    } @else {
                        p { "You are listed under Alumni as soon as you offer a service. If you hide your profile, sessions that are already booked stay." }
                    }
                    form method="post" action="/me/profile/listing" {
                        (chrome.csrf_field())
                        button.button.is-quiet name="listed" value=(if unlisted_at.is_some() { "yes" } else { "no" }) {
                            @if unlisted_at.is_some() { "List my profile" } @else { "Hide my profile" }
                        }
                    }
                }
            }
        }
    };
    Page {
        chrome,
        title: "Your profile",
        body,
    }
    .render()
}

/// What coordinators start from.
pub fn coordinate(
    chrome: &Chrome,
    requests: &[JoinRequest],
    domains: &[(String, bool)],
    people: i64,
    zone: &Zone,
    domain: &str,
    problems: &Problems,
) -> Markup {
    let body = html! {
        h1 { "Coordinate" }
        p.row { a.button.is-quiet.is-small href="/coordinate/sessions" { (icon::calendar()) "Sessions" } }
        (form::summary(problems))
        section aria-labelledby="requests" {
            h2 #requests { "Requests to join" }
            @if requests.is_empty() {
                div.empty { (icon::users()) p { "There are no requests. New ones appear here, and you get an email for each." } }
            }
            ul.cards {
                @for request in requests {
                    li.card {
                        h3 { bdi { (request.name) } }
                        p { bdi { (request.email) } " · as " @if request.role == Role::Alumnus { "an alumnus" } @else { "a student" } }
                        @if !request.message.is_empty() { blockquote { (request.message) } }
                        p.hint { "Asked " (time::moment(request.asked_at, zone)) }
                        form.row method="post" action={ "/coordinate/requests/" (request.id) } {
                            (chrome.csrf_field())
                            button.button name="decision" value="approve" { (icon::check()) "Approve" }
                            button.button.is-quiet name="decision" value="decline" { "Decline" }
                        }
                    }
                }
            }
        }
        div.columns {
            section.card aria-labelledby="domains" {
                h2 #domains { "Domains that can join straight away" }
                p { "Anybody with an email address at one of these domains can join as a student straight away. Everybody else has to ask." }
                p.hint { "Each mailbox has one account: ada+jobs@… counts as ada@…. With some providers, a.da@… does too." }
                ul.plain {
                    @for (domain, ignores_dots) in domains {
                        li.row {
                            span { "@" (domain) @if *ignores_dots { br; span.hint { "Dots before the @ do not matter" } } }
                            form method="post" action="/coordinate/domains/remove" data-confirm={ "New people from " (domain) " will have to ask from now on. Existing members stay." } {
                                (chrome.csrf_field())
                                input type="hidden" name="domain" value=(domain);
                                button.link { "Remove" span.sr-only { " " (domain) } }
                            }
                        }
                    }
                    @if domains.is_empty() { li.hint { "There are no domains yet, so everybody has to ask." } }
                }
                form.stack method="post" action="/coordinate/domains" {
                    (chrome.csrf_field())
                    (Field::new("domain", "Domain", domain).hint("For example, students.example.org.").longest(253).required().problems(problems).input())
                    (tick_box("ignores_dots", "yes", "Dots before the @ do not matter, as with Gmail", false))
                    button.button.is-quiet { (icon::plus()) "Add" }
                }
            }
            section.card aria-labelledby="people" {
                h2 #people { "People" }
                p { (people) " people have an account." }
                p { a.button.is-quiet href="/coordinate/people" { (icon::users()) "Roles and standing" } }
                @if chrome.is_admin {
                    h2 { "Email" }
                    p { a.button.is-quiet href="/admin/mail" { (icon::mail()) "Emails that could not be sent" } }
                    h2 { "Audit log" }
                    p { a.button.is-quiet href="/admin/audit" { (icon::users()) "See who changed or viewed what" } }
                }
            }
        }
    };
    Page {
        chrome,
        title: "Coordinate",
        body,
    }
    .render()
}

pub fn people(
    chrome: &Chrome,
    people: &[Person],
    words: &str,
    page: i64,
    has_more: bool,
) -> Markup {
    let at = |page: i64| {
        form::address(
            "/coordinate/people",
            &[("q", words), ("page", &page.to_string())],
        )
    };
    let body = html! {
        p { a href="/coordinate" { "Coordinate" } }
        div.row.is-apart {
            h1 { "People" }
            a.button.is-quiet href="/coordinate/import" { "Import" }
        }
        form.search method="get" action="/coordinate/people" role="search" {
            label.sr-only for="q" { "Name or email address" }
            input type="search" id="q" name="q" value=(words) placeholder="Name or email address";
            button.button.is-quiet { (icon::search()) "Search" }
        }
        @if people.is_empty() { div.empty { (icon::users()) p { "Nobody matches that name or email address." } } }
        @else {
            div.scroll tabindex="0" role="region" aria-label="People" {
                table.records {
                    thead { tr { th scope="col" { "Name" } th scope="col" { "Email address" } th scope="col" { "Roles" } th scope="col" { "Standing" } } }
                    tbody {
                        @for person in people {
                            tr {
                                th scope="row" { a href={ "/coordinate/people/" (person.id) } { bdi { (person.name) } } }
                                td { bdi { (person.email) } }
                                td { (person.roles.iter().map(Role::as_str).collect::<Vec<_>>().join(", ")) }
                                td { (person.standing.as_str()) }
                            }
                        }
                    }
                }
            }
        }
        nav.row aria-label="Pages" {
            @if page > 1 { a.button.is-quiet href=(at(page - 1)) { "Previous" } }
            @if has_more { a.button.is-quiet href=(at(page + 1)) { "Next" } }
        }
    };
    Page {
        chrome,
        title: "People",
        body,
    }
    .render()
}

/// What is left of somebody.
fn erased(chrome: &Chrome, person: &Person) -> Markup {
    let body = html! {
        div.narrow {
            p { a href="/coordinate/people" { "People" } }
            h1 { (person.name) }
            p.lead { "This account has been deleted. Past sessions stay on record, without a name." }
            @if chrome.is_admin { p { a href={ "/admin/audit?person=" (person.id) } { "Audit log of this account" } } }
        }
    };
    Page {
        chrome,
        title: &person.name,
        body,
    }
    .render()
}

pub fn person(
    chrome: &Chrome,
    person: &Person,
    trouble: Option<&(Trouble, String, DateTime<Utc>)>,
    problems: &Problems,
) -> Markup {
    if person.is_erased() {
        return erased(chrome, person);
    }
    let body = html! {
        div.narrow {
            p { a href="/coordinate/people" { "People" } }
            h1 { bdi { (person.name) } }
            p.lead { bdi { (person.email) } " · " (person.zone.replace('_', " ")) " · joined " (person.joined_at.format("%-d %B %Y")) }
            @if let Some((trouble, said, at)) = trouble {
                div.callout.is-wrong role="status" {
                    p {
                        @match trouble {
                            Trouble::Bounce => { strong { "Emails to this address bounce." } " This person misses invitations and changes. Ask them for another address." },
                            Trouble::Complaint => strong { "They have marked an email as spam." },
                        }
                    }
                    p.hint { "Since " (at.format("%-d %B %Y")) @if !said.is_empty() { ": " (said) } }
                }
            }
            p { a href={ "/coordinate/people/" (person.id) "/record" } { "Record and upcoming sessions" } }
            p { a href={ "/coordinate/people/" (person.id) "/data" } { "Personal data" } }
            @if chrome.is_admin { p { a href={ "/admin/audit?person=" (person.id) } { "Audit log of this account" } } }
            (form::summary(problems))
            form.stack.card method="post" action={ "/coordinate/people/" (person.id) } {
                (chrome.csrf_field())
                fieldset {
                    legend { "Roles" }
                    @for role in Role::ALL {
                        @if chrome.is_admin || matches!(role, Role::Student | Role::Alumnus) || person.is(*role) {
                            (tick_box("role", role.as_str(), role.as_str(), person.is(*role)))
                        }
                    }
                }
                fieldset {
                    legend { "Standing" }
                    @for (standing, meaning) in [
                        (Standing::Active, "active"),
                        (Standing::Lapsed, "lapsed: can sign in, but cannot book or be booked; nothing is deleted"),
                        (Standing::Suspended, "suspended: signed out at once and cannot sign in again"),
                    ] {
                        label.tick {
                            input type="radio" name="standing" value=(standing.as_str()) checked[person.standing == standing];
                            span { (meaning) }
                        }
                    }
                }
                button.button { "Save" }
            }
        }
    };
    Page {
        chrome,
        title: &person.name,
        body,
    }
    .render()
}
