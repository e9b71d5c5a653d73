//! The JSON API of applying.

use std::collections::BTreeMap;

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Path},
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::{
    Answers, ApplicationStatus, CohortRole, Decision,
    apply::{self, ApplyError, Wanted},
    form,
    store::{self, Own},
    web::current,
};
use crate::{
    app::App,
    db::ApplicationId,
    error::Error,
    html::form::Fields,
    input::Problems,
    json::{self, Json, Problem, endpoints::Endpoint},
    people::visitor::ApiCaller,
    programs::file::{Field, FieldKind, ProgramFile},
};

pub fn endpoints() -> Vec<Endpoint> {
    crate::endpoints![apply_to_program, list_applications]
}

/// An application that is sent.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewApplication {
    role: CohortRole,
    /// By the names of the form's fields: a text, a number, yes or no, or a list of texts.
    #[serde(default)]
    #[schema(value_type = Object)]
    answers: BTreeMap<String, Value>,
    /// The names of what is agreed to.
    #[serde(default)]
    acknowledgements: Vec<String>,
}

/// An application.
#[derive(Debug, Serialize, ToSchema)]
pub struct ApplicationBody {
    id: ApplicationId,
    program: String,
    cohort: String,
    role: CohortRole,
    status: ApplicationStatus,
    /// None until it is released.
    result: Option<Decision>,
    submitted_at: Option<DateTime<Utc>>,
    /// Until when a place is kept.
    offered_until: Option<DateTime<Utc>>,
    /// By the names of fields, each a list of texts.
    answers: Answers,
}

/// A list of them.
#[derive(Debug, Serialize, ToSchema)]
pub struct ApplicationsBody {
    applications: Vec<ApplicationBody>,
}

impl ApplicationBody {
    fn new(own: Own) -> Self {
        let Own {
            application,
            cohort,
            program,
            ..
        } = own;
        let result = application.released();
        let offered_until = application.offered_until;
        Self {
            id: application.id,
            program,
            cohort: cohort.slug,
            role: application.role,
            status: application.status,
            result,
            submitted_at: application.submitted_at,
            offered_until: offered_until.filter(|_| result == Some(Decision::Offered)),
            answers: application.answers,
        }
    }
}

/// An answer as texts; none where it is nothing that an answer can be.
fn texts(value: &Value) -> Option<Vec<String>> {
    let text = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(true) => Some("yes".to_owned()),
        Value::Bool(false) => Some("no".to_owned()),
        _ => None,
    };
    match value {
        Value::Null => Some(Vec::new()),
        Value::Array(all) => all.iter().map(text).collect(),
        one => Some(vec![text(one)?]),
    }
}

/// What was sent, as the form has it.
fn read(file: &ProgramFile, body: &NewApplication) -> Result<Answers, Problems> {
    let mut problems = Problems::default();
    let known = |name: &String| form::questions(file, body.role).any(|field| field.name == *name);
    let is_file = |name: &String| {
        form::questions(file, body.role)
            .any(|field| field.name == *name && field.kind == FieldKind::File)
    };
    for (name, value) in &body.answers {
        let name = crate::input::line(name);
        if !known(&name) {
            problems.add(format!("answers.{name}"), "is not a field of this form");
        } else if is_file(&name) && texts(value).is_some_and(|texts| texts.len() > 1) {
            let problem =
                "must be the web address of a file; files themselves are sent on the site";
            problems.add(format!("answers.{name}"), problem);
        } else if texts(value).is_none() {
            let problem = "must be a text, a number, true, false or a list of them";
            problems.add(format!("answers.{name}"), problem);
        }
    }
    let acknowledged = form::acknowledgements(file, body.role);
    let names: Vec<&String> = acknowledged.map(|one| &one.name).collect();
    if body
        .acknowledgements
        .iter()
        .any(|name| !names.contains(&name))
    {
        problems.add(
            "acknowledgements",
            "must be names of acknowledgements of this role",
        );
    }
    let given = |field: &Field| {
        let value = body.answers.get(&field.name);
        let all = value.and_then(texts).unwrap_or_default();
        match field.kind {
            // One text, as it is typed in the form.
            FieldKind::LongText | FieldKind::ShortText => all,
            _ => all
                .into_iter()
                .filter(|text| !text.trim().is_empty())
                .collect(),
        }
    };
    problems.or(form::answers(file, body.role, given))
}

/// The problems of a form as those of a body.
fn as_members(problems: &Problems) -> Problems {
    let mut members = Problems::default();
    for (field, problem) in problems.iter() {
        match (field.strip_prefix("f-"), field.strip_prefix("agree-")) {
            (Some(name), _) => members.add(format!("answers.{name}"), problem),
            (_, Some(name)) => members.add("acknowledgements", format!("must have {name} in it")),
            _ => members.add(field, problem),
        }
    }
    members
}

#[utoipa::path(post, path = "/api/v1/programs/{slug}/applications", tag = "programs",
    params(("slug" = String, Path, description = "The slug of the program")),
    request_body = NewApplication,
    responses((status = 201, body = ApplicationBody), (status = 404, body = Problem),
        (status = 409, body = Problem, description = "`closed`, `already_applied`, `changed`"),
        (status = 422, body = Problem, description = "Names the field")),
    security(("token" = [])))]
pub async fn apply_to_program(
    caller: ApiCaller,
    app: Data<App>,
    slug: Path<String>,
    body: Json<NewApplication>,
) -> Result<HttpResponse, Error> {
    let (running, file) = current(&app, &slug).await?;
    let body = body.0;
    let answers = read(&file, &body).map_err(Error::Unprocessable)?;
    let person = caller.person.clone();
    let own = app
        .transaction(move |tx| {
            let wanted = Wanted {
                role: body.role,
                answers: answers.clone(),
                agreed: body.acknowledgements.clone(),
                cohort: &running.cohort,
                file: &file,
            };
            let id = apply::submit(tx, &person, &wanted, false)?;
            store::own(tx, id, person.id)?.ok_or(ApplyError::NotFound)
        })
        .await;
    let own = own.map_err(|error| match error {
        ApplyError::Invalid(problems) => Error::Unprocessable(as_members(&problems)),
        error => error.into(),
    })?;
    Ok(HttpResponse::Created().json(ApplicationBody::new(own)))
}

#[utoipa::path(get, path = "/api/v1/me/applications", tag = "programs",
    responses((status = 200, body = ApplicationsBody, description = "Your own, the latest first"), (status = 401, body = Problem)),
    security(("token" = [])))]
pub async fn list_applications(
    caller: ApiCaller,
    app: Data<App>,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    json::only(&Fields::parse(request.query_string())?, &[])?;
    let id = caller.person.id;
    let own = app
        .read::<_, Error>(move |conn| Ok(store::of_person(conn, id)?))
        .await?;
    Ok(HttpResponse::Ok().json(ApplicationsBody {
        applications: own.into_iter().map(ApplicationBody::new).collect(),
    }))
}
