//! Routes of coordinators: requests, domains, roles and standing.

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Data, Path, ServiceConfig, get, post, resource},
};

use chrono::{DateTime, Utc};

use super::{
    Wanted, pages,
    place::{self, PlaceError},
    store,
};
use crate::{
    app::App,
    db::{JoinRequestId, PersonId},
    error::Error,
    html::{Notice, form::Fields, pager},
    input::{self, Problems, Reader},
    people::{
        self, Role, Roles, Standing,
        audit::{AuditAction, record},
        join::{self, Decision},
        rules::{self, Placement},
        visitor::{Form, Visitor, csv_file, page, see_other},
    },
};

const PER_PAGE: i64 = 50;
/// People in one file.
const MOST_IN_A_FILE: i64 = 20_000;

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(resource("/coordinate").route(get().to(overview_page)))
        .service(resource("/coordinate/requests/{id}").route(post().to(decide)))
        .service(resource("/coordinate/domains").route(post().to(add_domain)))
        .service(resource("/coordinate/domains/remove").route(post().to(remove_domain)))
        .service(resource("/coordinate/people").route(get().to(people_page)))
        .service(resource("/coordinate/people.csv").route(get().to(people_file)))
        .service(
            resource("/coordinate/people/{id}")
                .route(get().to(person_page))
                .route(post().to(place_person)),
        );
}

async fn overview_page(app: Data<App>, visitor: Visitor) -> Result<HttpResponse, Error> {
    overview(&app, &visitor, StatusCode::OK, "", &Problems::default()).await
}

async fn overview(
    app: &App,
    visitor: &Visitor,
    status: StatusCode,
    domain: &str,
    problems: &Problems,
) -> Result<HttpResponse, Error> {
    visitor.coordinating()?;
    let since = app.now() - rules::UNDO;
    let (requests, declined, domains, (count, _)) = app
        .read::<_, Error>(move |conn| {
            Ok((
                people::join::store::open_requests(conn)?,
                people::join::store::declined_since(conn, since)?,
                people::join::store::domains(conn)?,
                people::store::counts(conn)?,
            ))
        })
        .await?;
    let markup = pages::coordinate(
        &visitor.chrome,
        &pages::Overview {
            requests: &requests,
            declined: &declined,
            domains: &domains,
            people: count,
            zone: &visitor.zone,
        },
        domain,
        problems,
    );
    Ok(page(status, markup))
}

async fn decide(
    app: Data<App>,
    form: Form,
    id: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    form.visitor.coordinating()?;
    let by = form.visitor.by();
    let id: JoinRequestId = id.parse().map_err(|_| Error::NotFound)?;
    let mut reader = Reader::default();
    let reason = reader.paragraphs("reason", form.fields.one("reason")?, 1000);
    if !reader.problems.is_empty() {
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        return overview(&app, &form.visitor, status, "", &reader.problems).await;
    }
    let (decision, done) = match form.fields.one("decision")? {
        "approve" => (Some(true), "Approved. We are emailing them."),
        "decline" => (
            Some(false),
            "Declined. We will email them in ten minutes; until then you can undo it.",
        ),
        "undo" => (None, "Undone. The request is waiting again."),
        _ => {
            return Err(Error::bad_request(
                "decision",
                "must be approve, decline or undo",
            ));
        }
    };
    app.transaction(move |tx| match decision {
        Some(approved) => {
            let reason = if approved {
                String::new()
            } else {
                reason.clone()
            };
            join::decide(tx, id, &by, &Decision { approved, reason })
        }
        None => join::reopen(tx, id, &by),
    })
    .await?;
    Ok(see_other(&request, "/coordinate", Some(Notice::new(done))))
}

async fn add_domain(
    app: Data<App>,
    form: Form,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    form.visitor.coordinating()?;
    let by = form.visitor.by();
    let ignores_dots = form.fields.is_ticked("ignores_dots");
    let typed = form.fields.one("domain")?;
    let Some(domain) = people::rules::domain(typed) else {
        let problems = Problems::one("domain", "must look like students.example.org");
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        return overview(&app, &form.visitor, status, &input::line(typed), &problems).await;
    };
    app.transaction::<_, Error>(move |tx| {
        let now = tx.now()?;
        people::join::store::add_domain(tx, &domain, ignores_dots, now)?;
        Ok(record::record(
            tx,
            &by,
            AuditAction::DomainAdded,
            None,
            &domain,
        )?)
    })
    .await?;
    Ok(see_other(&request, "/coordinate", Some(Notice::SAVED)))
}

async fn remove_domain(
    app: Data<App>,
    form: Form,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    form.visitor.coordinating()?;
    let by = form.visitor.by();
    let domain = form.fields.one("domain")?.to_owned();
    app.transaction::<_, Error>(move |tx| {
        if people::join::store::remove_domain(tx, &domain)? {
            record::record(tx, &by, AuditAction::DomainRemoved, None, &domain)?;
        }
        Ok(())
    })
    .await?;
    Ok(see_other(&request, "/coordinate", Some(Notice::REMOVED)))
}

/// Who is asked for, and which page of them.
fn wanted(query: &Fields) -> Result<(Wanted, i64), Error> {
    let role = query.some("role")?.map(|word| {
        Role::parse(word).ok_or_else(|| Error::bad_request("role", "must be one of the roles"))
    });
    let standing = query.some("standing")?.map(|word| {
        let wrong = || Error::bad_request("standing", "must be active, lapsed or suspended");
        Standing::parse(word).ok_or_else(wrong)
    });
    let is_here = match query.one("activity")? {
        "" => None,
        "here" => Some(true),
        "away" => Some(false),
        _ => return Err(Error::bad_request("activity", "must be here or away")),
    };
    let number = pager::page_number(query)?;
    let wanted = Wanted {
        words: input::line(query.one("q")?).chars().take(100).collect(),
        role: role.transpose()?,
        standing: standing.transpose()?,
        is_here,
    };
    Ok((wanted, number))
}

async fn people_page(
    app: Data<App>,
    visitor: Visitor,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    visitor.coordinating()?;
    let query = Fields::parse(request.query_string())?;
    let (wanted, number) = wanted(&query)?;
    let (asked, by, now) = (wanted.clone(), visitor.by(), app.now());
    let mut people = app
        .transaction::<_, Error>(move |tx| {
            // What was looked for may be an address: it is not noted.
            let detail = format!("page {number}");
            record::record(tx, &by, AuditAction::PeopleListed, None, &detail)?;
            let paging = pager::and_one_more(number, PER_PAGE);
            Ok(store::search(tx, &asked, paging, now)?)
        })
        .await?;
    let paging = (number, pager::cut(&mut people, PER_PAGE));
    let markup = pages::people(&visitor.chrome, &people, &wanted, paging, &visitor.zone);
    Ok(page(StatusCode::OK, markup))
}

/// Those who are asked for as a table, for a spreadsheet program.
async fn people_file(
    app: Data<App>,
    visitor: Visitor,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    visitor.coordinating()?;
    visitor.fresh(app.now())?;
    let (wanted, _) = wanted(&Fields::parse(request.query_string())?)?;
    let (by, now) = (visitor.by(), app.now());
    let people = app
        .transaction::<_, Error>(move |tx| {
            record::record(tx, &by, AuditAction::PeopleListed, None, "as a file")?;
            let paging = pager::and_one_more(1, MOST_IN_A_FILE);
            Ok(store::search(tx, &wanted, paging, now)?)
        })
        .await?;
    if people.len() as i64 > MOST_IN_A_FILE {
        let problem = format!("are more than {MOST_IN_A_FILE}; choose a role or standing");
        return Err(Error::unprocessable("people", &problem));
    }
    let heads = [
        "name",
        "email",
        "roles",
        "standing",
        "zone",
        "joined",
        "sessions",
        "last_seen",
    ];
    let mut rows = vec![heads.map(str::to_owned).to_vec()];
    rows.extend(people.iter().map(|listed| {
        let person = &listed.person;
        let roles: Vec<&str> = person.roles.iter().map(Role::as_str).collect();
        let day = |at: DateTime<Utc>| at.format("%Y-%m-%d").to_string();
        vec![
            person.name.clone(),
            person.email.clone(),
            roles.join(" "),
            person.standing.as_str().to_owned(),
            person.zone.clone(),
            day(person.joined_at),
            listed.sessions.to_string(),
            listed.seen_at.map(day).unwrap_or_default(),
        ]
    }));
    csv_file("people.csv", &rows)
}

async fn person_page(
    app: Data<App>,
    visitor: Visitor,
    id: Path<String>,
) -> Result<HttpResponse, Error> {
    visitor.coordinating()?;
    let by = visitor.by();
    let id: PersonId = id.parse().map_err(|_| Error::NotFound)?;
    let (person, trouble) = app
        .transaction::<_, Error>(move |tx| {
            let person = people::store::person(tx, id)?;
            record::record(tx, &by, AuditAction::PersonViewed, Some(id), "")?;
            Ok((person, people::trouble::store::trouble(tx, id)?))
        })
        .await?;
    Ok(page(
        StatusCode::OK,
        pages::person(
            &visitor.chrome,
            &person,
            trouble.as_ref(),
            &Problems::default(),
        ),
    ))
}

async fn place_person(
    app: Data<App>,
    form: Form,
    id: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let by = form.visitor.coordinating()?.id;
    form.visitor.fresh(app.now())?;
    let id: PersonId = id.parse().map_err(|_| Error::NotFound)?;
    let roles = form
        .fields
        .all("role")
        .map(|word| {
            Role::parse(word)
                .ok_or_else(|| Error::bad_request("role", "must be one of the listed roles"))
        })
        .collect::<Result<Vec<_>, _>>()?;
    let standing = Standing::parse(form.fields.one("standing")?)
        .ok_or_else(|| Error::bad_request("standing", "must be active, lapsed or suspended"))?;
    let wanted = Placement {
        roles: Roles::new(roles),
        standing,
    };
    let from = form.visitor.by();
    let placed = app
        .transaction(move |tx| place::place(tx, &from, by, id, &wanted))
        .await;
    match placed {
        Ok(()) => Ok(see_other(
            &request,
            &format!("/coordinate/people/{id}"),
            Some(Notice::SAVED),
        )),
        Err(PlaceError::Refused(person, reason)) => {
            let markup = pages::person(
                &form.visitor.chrome,
                &person,
                None,
                &Problems::one("roles", reason),
            );
            Ok(page(StatusCode::FORBIDDEN, markup))
        }
        Err(PlaceError::NotFound) => Err(Error::NotFound),
        Err(PlaceError::Database(error)) => Err(error.into()),
    }
}
