//! What administrators decide on: mail that could not be sent.

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Data, Path, ServiceConfig, get, post, resource},
};
use maud::html;

use crate::{
    app::App,
    error::Error,
    html::{Notice, Page, icon, time},
    jobs,
    people::{
        Role,
        visitor::{Form, Visitor, page, see_other},
    },
};

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(resource("/admin/mail").route(get().to(mail_page)))
        .service(resource("/admin/mail/{id}").route(post().to(decide)));
}

async fn mail_page(app: Data<App>, visitor: Visitor) -> Result<HttpResponse, Error> {
    visitor.having(Role::Admin)?;
    let (failed, (waiting, _)) = app
        .read::<_, Error>(|conn| Ok((jobs::failed(conn)?, jobs::backlog(conn)?)))
        .await?;
    let chrome = &visitor.chrome;
    let body = html! {
        p { a href="/coordinate" { "Coordinate" } }
        h1 { "Mail that could not be sent" }
        p.lead { (waiting) " letters are waiting to be sent or to be tried again." }
        @if failed.is_empty() { div.empty { (icon::mail()) p { "Nothing was given up. Letters that a mail server refuses for good, or for a whole day, appear here." } } }
        ul.cards {
            @for job in &failed {
                li.card {
                    h2 { (job.job["kind"].as_str().unwrap_or("unknown").replace('_', " ")) }
                    p { (job.last_error) }
                    p.hint { "From " (time::moment(job.created_at, &visitor.zone)) ", tried " (job.attempts) " times" }
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
            title: "Mail that could not be sent",
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
    let id = *id;
    let is_retry = match form.fields.one("action")? {
        "retry" => true,
        "discard" => false,
        _ => return Err(Error::bad_request("action", "must be retry or discard")),
    };
    let found = app
        .transaction::<_, Error>(move |tx| {
            let now = tx.now()?;
            Ok(if is_retry {
                jobs::revive(tx, id, now)?
            } else {
                jobs::discard(tx, id)?
            })
        })
        .await?;
    if !found {
        return Err(Error::NotFound);
    }
    let notice = if is_retry {
        Notice::MailRevived
    } else {
        Notice::MailDiscarded
    };
    Ok(see_other(&request, "/admin/mail", Some(notice)))
}
