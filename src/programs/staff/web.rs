//! Routes on which leads say who runs a program.

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Data, Path, ServiceConfig, get, post, resource},
};

use super::{
    StaffRole, access,
    appoint::{self, StaffError},
    pages, store,
};
use crate::{
    app::App,
    db::PersonId,
    error::Error,
    html::Notice,
    input::{self, Problems},
    people::visitor::{Form, Visitor, page, see_other},
};

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(
            resource("/coordinate/programs/{slug}/staff")
                .route(get().to(staff_page))
                .route(post().to(add)),
        )
        .service(resource("/coordinate/programs/{slug}/staff/{id}/remove").route(post().to(remove)))
        .service(resource("/coordinate/programs/{slug}/lead").route(post().to(lead)));
}

fn staff_of(slug: &str) -> String {
    format!("/coordinate/programs/{slug}/staff")
}

async fn staff_page(
    app: Data<App>,
    visitor: Visitor,
    slug: Path<String>,
) -> Result<HttpResponse, Error> {
    show(
        &app,
        &visitor,
        &slug,
        StatusCode::OK,
        ("", ""),
        &Problems::default(),
    )
    .await
}

async fn show(
    app: &App,
    visitor: &Visitor,
    slug: &str,
    status: StatusCode,
    typed: (&str, &str),
    problems: &Problems,
) -> Result<HttpResponse, Error> {
    let access = access::program(app, visitor, slug, StaffRole::Reader).await?;
    let id = access.program.id;
    let all = app
        .read::<_, Error>(move |conn| Ok(store::all(conn, id)?))
        .await?;
    let markup = pages::staff(visitor, &access, &all, typed, problems);
    Ok(page(status, markup))
}

async fn add(
    app: Data<App>,
    form: Form,
    slug: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let access = access::program(&app, &form.visitor, &slug, StaffRole::Lead).await?;
    let typed = (form.fields.one("email")?.trim(), form.fields.one("role")?);
    let mut problems = Problems::default();
    let email = input::email(typed.0);
    if email.is_none() {
        problems.add("email", "must be an email address");
    }
    let role = StaffRole::parse(typed.1);
    if role.is_none() {
        problems.add("role", "must be one of the roles");
    }
    let unprocessable = StatusCode::UNPROCESSABLE_ENTITY;
    let (Some(email), Some(role)) = (email, role) else {
        return show(&app, &form.visitor, &slug, unprocessable, typed, &problems).await;
    };
    let (by, program) = (form.visitor.by(), access.program.id);
    let appointed = app
        .transaction(move |tx| appoint::appoint(tx, &by, program, &email, role))
        .await;
    let problem = match appointed {
        Ok(()) => {
            let notice = Some(Notice::new("Saved."));
            return Ok(see_other(&request, &staff_of(&slug), notice));
        }
        Err(StaffError::NoAccount) => {
            "Nobody on this site has that email address. Invite them to the site first."
        }
        Err(StaffError::LastLead) => "A program needs a lead. Make somebody else one first.",
        Err(StaffError::NotFound) => return Err(Error::NotFound),
        Err(StaffError::Database(error)) => return Err(error.into()),
    };
    problems.add("email", problem);
    show(&app, &form.visitor, &slug, unprocessable, typed, &problems).await
}

async fn remove(
    app: Data<App>,
    form: Form,
    path: Path<(String, String)>,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let (slug, person) = path.into_inner();
    let access = access::program(&app, &form.visitor, &slug, StaffRole::Lead).await?;
    let person: PersonId = person.parse().map_err(|_| Error::NotFound)?;
    let (by, program) = (form.visitor.by(), access.program.id);
    let dismissed = app
        .transaction(move |tx| appoint::dismiss(tx, &by, program, person))
        .await;
    let notice = match dismissed {
        Ok(()) => Notice::new("They no longer run this program."),
        Err(StaffError::LastLead) => {
            Notice::refusing("A program needs a lead. Make somebody else one first.")
        }
        Err(StaffError::Database(error)) => return Err(error.into()),
        Err(_) => return Err(Error::NotFound),
    };
    let is_own = form.visitor.person.as_ref().is_some_and(|p| p.id == person);
    let next = match is_own && dismissed.is_ok() {
        true => "/me".to_owned(),
        false => staff_of(&slug),
    };
    Ok(see_other(&request, &next, Some(notice)))
}

/// Leads a program that nobody leads.
async fn lead(
    app: Data<App>,
    form: Form,
    slug: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let email = form.visitor.coordinating()?.email.clone();
    let access = access::program(&app, &form.visitor, &slug, StaffRole::Lead).await?;
    let (by, program) = (form.visitor.by(), access.program.id);
    if access.is_leaderless {
        let appointed = app
            .transaction(move |tx| appoint::appoint(tx, &by, program, &email, StaffRole::Lead))
            .await;
        match appointed {
            Ok(()) => (),
            Err(StaffError::Database(error)) => return Err(error.into()),
            Err(_) => return Err(Error::NotFound),
        }
    }
    let notice = Some(Notice::new("You lead this program now."));
    Ok(see_other(&request, &staff_of(&slug), notice))
}
