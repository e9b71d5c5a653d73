//! What administrators decide on and look into: mail that could not be sent, the audit log.

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Data, Path, ServiceConfig, get, post, resource},
};
use maud::{Markup, html};

use crate::{
    app::App,
    db::PersonId,
    error::Error,
    html::{
        Notice, Page,
        form::{self, Fields},
        icon, time,
    },
    jobs,
    people::{
        self, Person, Role,
        audit::{self, AuditAction, Entry, record},
        visitor::{Form, Visitor, page, see_other},
    },
};

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(resource("/admin/mail").route(get().to(mail_page)))
        .service(resource("/admin/mail/{id}").route(post().to(decide)))
        .service(resource("/admin/audit").route(get().to(audit_page)));
}

/// What administrators call a kind of work.
pub fn title(kind: &str) -> &'static str {
    match kind {
        "sign_in_link" => "Sign-in link",
        "join_asked" => "Request to join, to a coordinator",
        "join_decided" => "Answer to a request to join",
        "invited" => "Invitation to join",
        "account_changed" => "Change to an account",
        "confirm_email" => "Confirmation of a new email address",
        "mail_trouble" => "Undelivered emails, to a coordinator",
        "booking_letter" => "Booking, request or change",
        "reminder" => "Reminder of a session",
        "digest" => "What was added to a session",
        "nudge" => "Reminder to add a document",
        "waitlist_offer" => "Offer from the waitlist",
        "after" => "How a session went",
        "strikes" => "Missed sessions",
        "away" => "A session that may not take place",
        "away_with_sessions" => "Sessions of somebody who lost access, to a coordinator",
        "calendar_failing" => "A calendar that cannot be read",
        "account_erased" => "A deleted account",
        "staff_appointed" => "A role in running a program",
        "dates_changed" => "New dates of a program",
        "cohort_digest" => "New in cohorts",
        "milestones_changed" => "New milestones of a cohort",
        "application_received" => "Receipt of an application",
        "result_released" => "Result of an application",
        "event_news" => "Event of a program",
        "release_blocked" => "Results that could not go out, to a lead",
        "seat_offered" => "Offer of a place in a program",
        _ => "An email this version does not know",
    }
}

async fn mail_page(app: Data<App>, visitor: Visitor) -> Result<HttpResponse, Error> {
    visitor.having(Role::Admin)?;
    let by = visitor.by();
    let (failed, (waiting, _)) = app
        .transaction::<_, Error>(move |tx| {
            record::record(tx, &by, AuditAction::MailViewed, None, "")?;
            Ok((jobs::failed(tx)?, jobs::backlog(tx)?))
        })
        .await?;
    let chrome = &visitor.chrome;
    let body = html! {
        p { a href="/coordinate" { "Coordination" } }
        h1 { "Emails that could not be sent" }
        p.lead { "Emails waiting to be sent or tried again: " (waiting) "." }
        @if failed.is_empty() { div.empty { (icon::mail()) p { "There are no failed emails. Emails that a mail server rejects for good, or for a whole day, appear here." } } }
        ul.cards {
            @for job in &failed {
                li.card {
                    h2 { (title(jobs::kind(&job.job))) }
                    p { (job.last_error) }
                    p.hint { "Created " (time::moment(job.created_at, &visitor.zone)) ", tried " (job.attempts) " times" }
                    form.row method="post" action={ "/admin/mail/" (job.id) } {
                        (chrome.csrf_field())
                        button.button name="action" value="retry" { "Try again" }
                        button.button.is-quiet name="action" value="discard" { "Discard" }
                    }
                }
            }
        }
    };
    Ok(page(
        StatusCode::OK,
        Page {
            chrome,
            title: "Emails that could not be sent",
            body,
        }
        .render(),
    ))
}

async fn decide(
    app: Data<App>,
    form: Form,
    id: Path<i64>,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    form.visitor.having(Role::Admin)?;
    let by = form.visitor.by();
    let id = *id;
    let is_retry = match form.fields.one("action")? {
        "retry" => true,
        "discard" => false,
        _ => return Err(Error::bad_request("action", "must be retry or discard")),
    };
    let found = app
        .transaction::<_, Error>(move |tx| {
            let now = tx.now()?;
            let (found, action) = if is_retry {
                (jobs::revive(tx, id, now)?, AuditAction::MailRetried)
            } else {
                (jobs::discard(tx, id)?, AuditAction::MailDiscarded)
            };
            if found {
                record::record(tx, &by, action, None, &id.to_string())?;
            }
            Ok(found)
        })
        .await?;
    if !found {
        return Err(Error::NotFound);
    }
    let notice = if is_retry {
        Notice::new("We will try to send the email again.")
    } else {
        Notice::new("The email has been discarded.")
    };
    Ok(see_other(&request, "/admin/mail", Some(notice)))
}

const ENTRIES: usize = 100;

async fn audit_page(
    app: Data<App>,
    visitor: Visitor,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    visitor.having(Role::Admin)?;
    let query = Fields::parse(request.query_string())?;
    let bad = |name: &str| Error::bad_request(name, "must be one from this log");
    let person: Option<PersonId> = query
        .some("person")?
        .map(|id| id.parse().map_err(|_| bad("person")))
        .transpose()?;
    let before: Option<i64> = query
        .some("before")?
        .map(|id| id.parse().map_err(|_| bad("before")))
        .transpose()?;
    let (mut entries, of) = app
        .read::<_, Error>(move |conn| {
            let of = person.map(|id| people::store::person(conn, id));
            let entries = audit::store::page(conn, person, before, ENTRIES as i64 + 1)?;
            Ok((entries, of.transpose()?))
        })
        .await?;
    let has_more = entries.len() > ENTRIES;
    entries.truncate(ENTRIES);
    let chrome = &visitor.chrome;
    let older = entries.last().filter(|_| has_more).map(|last| {
        let person = person.map(|id| id.to_string()).unwrap_or_default();
        let before = last.id.to_string();
        form::address("/admin/audit", &[("person", &person), ("before", &before)])
    });
    let body = html! {
        p { a href="/coordinate" { "Coordination" } }
        h1 { "Audit log" @if let Some(of) = &of { ": " bdi { (of.name) } } }
        p.lead { "Who changed roles, standing, domains and settings, and who looked at other people’s data. Entries cannot be changed." }
        @if of.is_some() { p { a href="/admin/audit" { "Show everybody" } } }
        @if entries.is_empty() { div.empty { (icon::users()) p { "There are no entries yet." } } }
        @else {
            div.scroll tabindex="0" role="region" aria-label="Audit log" {
                table.records {
                    thead { tr { th scope="col" { "When" } th scope="col" { "Who" } th scope="col" { "What" } th scope="col" { "About" } th scope="col" { "Network address" } } }
                    tbody {
                        @for Entry { at, network, action, detail, actor, subject, .. } in &entries {
                            tr {
                                td { (time::moment(*at, &visitor.zone)) }
                                td { (name_or(actor.as_ref(), "The site itself")) }
                                td { (action.words()) @if !detail.is_empty() { br; span.hint { bdi { (detail) } } } }
                                td { (name_or(subject.as_ref(), "")) }
                                td { (network) }
                            }
                        }
                    }
                }
            }
            @if let Some(older) = older { p { a.button.is-quiet href=(older) { "Older" } } }
        }
    };
    Ok(page(
        StatusCode::OK,
        Page {
            chrome,
            title: "Audit log",
            body,
        }
        .render(),
    ))
}

/// A name that leads to the entries of that person.
fn name_or(person: Option<&Person>, none: &str) -> Markup {
    html! {
        @match person {
            Some(person) => a href={ "/admin/audit?person=" (person.id) } { bdi { (person.name) } },
            None => (none),
        }
    }
}
